"""Which kind of room is chosen, and that every one says why not."""

from __future__ import annotations

import logging
from pathlib import Path

import pytest
from pytest import MonkeyPatch

from tito.errors import CourseFileError, ToolError
from tito.sandbox.bubblewrap import BubblewrapBackend
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
    working = [name for name in NAMES if name in FORKED]
    assert working, "no kind of exam room works on this machine: install bubblewrap"
    with caplog.at_level(logging.INFO, logger="tito.sandbox"):
        backend = choose(None, allow_plain=True, image="no-such-image")
    backend.close()
    assert backend.name == working[0]
    assert f"exam rooms: {working[0]}; not docker: " in caplog.text


def test_what_does_not_work_says_why(monkeypatch: MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "")
    found = {probe.name: probe for probe in probe_all(allow_plain=False)}
    assert tuple(found) == NAMES
    assert "install Debian's bubblewrap" in found["bubblewrap"].why_not
    assert "install Docker" in found["docker"].why_not
    assert not found["bubblewrap"].works
    assert "allow_plain" in found["plain"].why_not


@pytest.mark.parametrize(
    ("said", "remedy"),
    [
        ("bwrap: Can't mount proc on /newroot/proc: Operation not permitted", "systempaths=unconfined"),
        ("bwrap: No permissions to create new namespace, likely because", "user.max_user_namespaces"),
        ("ModuleNotFoundError: No module named 'numpy'", "install it into the grader's Python"),
    ],
)
def test_bubblewrap_s_words_become_remedies(said: str, remedy: str, tmp_path: Path, monkeypatch: MonkeyPatch) -> None:
    program = tmp_path / "bwrap"
    program.write_text(f"#!/bin/sh\ncat >&2 <<'END'\n{said}\nEND\nexit 1\n")
    program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:/usr/bin:/bin")
    with pytest.raises(ToolError, match=remedy) as caught:
        BubblewrapBackend().start()
    assert said in str(caught.value)
