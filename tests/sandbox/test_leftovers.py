"""What killed graders left is removed, and nobody else's."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from tito.sandbox.leftovers import identity, is_alive, remove_folders


def test_only_folders_of_processes_that_are_no_more_are_removed(tmp_path: Path) -> None:
    command = [sys.executable, "-c", "from tito.sandbox.leftovers import identity; print(identity())"]
    gone = subprocess.check_output(command, text=True).strip()
    assert not is_alive(gone)
    assert is_alive(identity())
    for name in (f"x-{gone}-a", f"x-{identity()}-b", "y-1-0-c"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "file").touch()
    (tmp_path / "x-1-0-d").symlink_to(tmp_path / "y-1-0-c")
    remove_folders(tmp_path, "x-")
    assert sorted(path.name for path in tmp_path.iterdir()) == sorted([f"x-{identity()}-b", "x-1-0-d", "y-1-0-c"])


def test_two_graders_that_start_at_once_remove_one_leftover(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A pool's processes all start in one moment, and each looks for what a killed one left."""
    (tmp_path / "x-1-0-a").mkdir()
    found = tmp_path.glob

    def meanwhile(pattern: str) -> list[Path]:
        there = list(found(pattern))
        monkeypatch.undo()
        remove_folders(tmp_path, "x-")
        return there

    monkeypatch.setattr(Path, "glob", lambda _self, pattern: meanwhile(pattern))
    remove_folders(tmp_path, "x-")
    assert list(tmp_path.iterdir()) == []
