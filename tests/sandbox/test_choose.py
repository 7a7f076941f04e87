"""Which kind of room is chosen, and that every one says why not."""

from __future__ import annotations

import logging

import pytest

from tito.errors import CourseFileError, ToolError
from tito.sandbox.choose import NAMES, choose, probe_all
from tito.sandbox.plain import PlainBackend

from .rooms import FORKED


def test_an_unknown_kind_is_named_with_those_there_are() -> None:
    with pytest.raises(CourseFileError, match=r"'jail'.*bubblewrap"):
        choose("jail", allow_plain=True)


def test_plain_must_be_allowed() -> None:
    with pytest.raises(ToolError, match="allow_plain = true"):
        choose("plain", allow_plain=False)
    with pytest.raises(ToolError, match="allow_plain = true"):
        PlainBackend(allow_plain=False).start()


def test_the_best_that_works_is_chosen_and_logged(caplog: pytest.LogCaptureFixture) -> None:
    best = next(name for name in NAMES if name in FORKED)
    with caplog.at_level(logging.INFO, logger="tito.sandbox"):
        backend = choose(None, allow_plain=True, image="no-such-image")
    backend.close()
    assert backend.name == best
    assert f"exam rooms: {best}; not docker: " in caplog.text


def test_what_does_not_work_says_why(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "")
    found = {probe.name: probe for probe in probe_all(allow_plain=False)}
    assert tuple(found) == NAMES
    assert "install Debian's bubblewrap" in found["bubblewrap"].why_not
    assert "install Docker" in found["docker"].why_not
    assert not found["bubblewrap"].works
    assert "allow_plain" in found["plain"].why_not
