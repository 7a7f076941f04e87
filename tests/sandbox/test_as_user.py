"""The same tests once more as an ordinary user, where they run as root: rooms are made in another way then.

Python may lie where only root can enter; the user then gets a view of the machine in which those folders are open.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

from tito.sandbox.python import python_files

from .rooms import KINDS

USER = 64_999

if os.geteuid() == 0 and "bubblewrap" in KINDS:

    def test_as_an_ordinary_user(root: Path) -> None:
        tests = [str(path) for path in sorted(Path(__file__).parent.glob("test_*.py")) if path != Path(__file__)]
        options = ["-q", "-p", "no:cacheprovider", "-p", "no:xdist"]
        pytest_command = [sys.executable, "-m", "pytest", *options, *tests]
        theirs = Path(f"/tmp/tito-user-{os.getpid()}")
        done = subprocess.run(
            [*as_user(root), *pytest_command, "--basetemp", str(theirs)],
            check=False,
            cwd=root,
            env={**os.environ, "HOME": "/tmp", "PYTHONDONTWRITEBYTECODE": "1", "CI": "true"},
            capture_output=True,
            text=True,
            timeout=1200,
        )
        shutil.rmtree(theirs, ignore_errors=True)
        assert done.returncode == 0, done.stdout + done.stderr


def as_user(root: Path) -> list[str]:
    """What, put before a command, runs it as a user who owns nothing, but can read Python and the checkout."""
    paths = [*python_files(), root]
    closed = sorted({top for path in paths if (top := _closed_folder_above(path)) is not None})
    options = ["--dev-bind", "/", "/"]
    for top in closed:
        options += ["--perms", "0755", "--tmpfs", str(top)]
    for path in paths:
        if _closed_folder_above(path) is not None:
            for above in reversed(path.parents):
                options += ["--dir", str(above)]
            options += ["--ro-bind", str(path), str(path)]
    bubblewrap, setpriv = shutil.which("bwrap"), shutil.which("setpriv")
    assert bubblewrap and setpriv
    identity = [f"--reuid={USER}", f"--regid={USER}", "--clear-groups"]
    return [bubblewrap, *options, "--", setpriv, *identity]


def _closed_folder_above(path: Path) -> Path | None:
    """The uppermost folder above that only its owner can enter."""
    return next((above for above in reversed(path.parents) if not above.stat().st_mode & 0o001), None)
