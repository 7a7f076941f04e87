"""Deleting a class for good asks whoever sits at a terminal; Docker is played by a script on PATH."""

from __future__ import annotations

import os
import pty
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]

DOCKER = """#!/bin/sh
echo "$*" >>"${0%/*}/asked"
case "$*" in
*version*) echo 20.10.24 ;;
info*) echo 20.10.24 ;;
"volume ls"*) printf 'other_hub\\ntt_hub\\ntt_libraries\\ntt-home-ada\\ntt-home-Al.B\\n' ;;
"volume inspect"*) echo /volumes ;;
esac
"""
"""A Docker with a class of two; every image is there."""


@pytest.fixture
def machine(tmp_path: Path) -> Path:
    for name in ("docker", "docker-compose"):
        (tmp_path / name).write_text(DOCKER if name == "docker" else "#!/bin/sh\n", encoding="utf-8")
        (tmp_path / name).chmod(0o755)
    (tmp_path / "files").mkdir()
    (tmp_path / "files" / "settings.env").write_text("TINYTORCH_PROJECT=tt\nTINYTORCH_SOCKET=/dev/null\n")
    return tmp_path


def delete(machine: Path, typed: str | None) -> subprocess.CompletedProcess[str]:
    """Delete all work, as somebody who types this on a terminal, or as a program."""
    ours, theirs = pty.openpty()
    try:
        if typed is not None:
            os.write(ours, typed.encode())
        return subprocess.run(
            [sys.executable, "-m", "hub.up", "down", "--delete-all-work", "--files", str(machine / "files")],
            cwd=ROOT,
            env={"PATH": str(machine)},
            stdin=subprocess.DEVNULL if typed is None else theirs,
            capture_output=True,
            text=True,
            check=False,
            timeout=60,
        )
    finally:
        os.close(ours)
        os.close(theirs)


def deleted(machine: Path) -> list[str]:
    asked = (machine / "asked").read_text(encoding="utf-8").splitlines()
    return [line.split()[-1] for line in asked if line.startswith("volume rm")]


WORK = ["tt_hub", "tt_libraries", "tt-home-ada", "tt-home-Al.B"]


@pytest.mark.parametrize("typed", ["y\n", "\n", "tinytorch\n", "\x04"])
def test_whoever_types_something_else_keeps_everything(machine: Path, typed: str):
    done = delete(machine, typed)
    assert done.returncode == 6 and deleted(machine) == []
    assert "all homes (tt-home-NAME: 2) and the volumes tt_hub, tt_libraries:" in done.stdout
    assert done.stderr.count("\n") == 1 and "is not tt (nothing was deleted, what runs goes on)" in done.stderr
    assert not (machine / "files" / "secrets").exists()  # it asked before it did anything


def test_whoever_types_the_projects_name_deletes_it(machine: Path):
    done = delete(machine, "tt\n")
    assert (done.returncode, done.stderr, deleted(machine)) == (0, "", WORK)
    assert f"left: settings, secrets, first passwords, copies of the course: rm -r {machine / 'files'}; " in done.stdout


def test_a_program_is_not_asked(machine: Path):
    done = delete(machine, None)
    assert (done.returncode, done.stderr, deleted(machine)) == (0, "", WORK)
    assert "type" not in done.stdout
