"""The small files that a start writes and others read: whole or not there, whatever ends the start."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from hub.prepare import password, write_access
from tito.exchange.client import ACCESS_FILE, Access


class Killed(BaseException):
    """A signal between two steps."""


@pytest.fixture
def killed(monkeypatch: pytest.MonkeyPatch) -> pytest.MonkeyPatch:
    """Every file is there and empty when its writer is killed."""

    def end(*_: object, **__: object) -> None:
        raise Killed

    monkeypatch.setattr(Path, "write_text", end)
    monkeypatch.setattr(Path, "replace", end)
    return monkeypatch


def test_a_first_start_that_is_killed_leaves_no_empty_password(tmp_path: Path, killed: pytest.MonkeyPatch) -> None:
    """With an empty one nobody could log in, at any later start."""
    with pytest.raises(Killed):
        password(tmp_path / "password")
    killed.undo()
    made = password(tmp_path / "password")
    assert len(made) == 9
    assert password(tmp_path / "password") == made
    assert (tmp_path / "password").stat().st_mode & 0o777 == 0o600


def test_an_empty_password_of_an_older_version_is_made_anew(tmp_path: Path) -> None:
    (tmp_path / "password").touch()
    assert len(password(tmp_path / "password")) == 9


def test_a_command_never_reads_half_of_the_exchanges_address(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """`tito grade` in a terminal while `make serve` starts again: it finds the old address or the new one."""
    monkeypatch.delenv("TINYTORCH_EXCHANGE_URL", raising=False)
    write_access(tmp_path, "http://127.0.0.1:1/", "before")
    found, opening = [], Path.open

    def meanwhile(self: Path, mode: str = "r", *rest: object, **more: object) -> object:
        file = opening(self, mode, *rest, **more)  # type: ignore[call-overload]
        if "w" in mode:
            found.append(Access.find(tmp_path).token)
        return file

    monkeypatch.setattr(Path, "open", meanwhile)
    write_access(tmp_path, "http://127.0.0.1:2/", "after")
    found.append(Access.find(tmp_path).token)
    assert set(found) <= {"before", "after"} and found[-1] == "after"
    assert json.loads((tmp_path / ACCESS_FILE).read_text(encoding="utf-8"))["url"] == "http://127.0.0.1:2/"
    assert (tmp_path / ACCESS_FILE).stat().st_mode & 0o777 == 0o600
