"""Folders whose path is too long for a unix socket: worked around, or told in one line."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from tito.sockets import bind_in


@pytest.fixture
def deep(tmp_path: Path) -> Path:
    folder = tmp_path / ("long" * 15) / ("longer" * 15)
    folder.mkdir(parents=True)
    return folder


def test_a_socket_in_a_folder_with_a_long_path(deep: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with socket.socket(socket.AF_UNIX) as listener, socket.socket(socket.AF_UNIX) as caller:
        with pytest.raises(OSError, match="too long"):
            listener.bind(str(deep / "grader"))
        bind_in(listener, deep, "grader")
        assert (deep / "grader").is_socket()
        listener.listen()
        monkeypatch.chdir(deep)
        caller.connect("grader")


def test_the_demo_says_that_tmpdir_is_too_long(root: Path, deep: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-c", "from tito.cli import main; main()", "demo"],
        cwd=root,
        env=os.environ | {"TMPDIR": str(deep)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stderr.count("\n")) == (6, 1), done.stderr
    assert "too long a path" in done.stderr and "TMPDIR=/tmp" in done.stderr
    assert list(deep.iterdir()) == []
