"""A grader that is killed in the middle leaves no room behind."""

from __future__ import annotations

import signal
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

from .rooms import KINDS, named, new_name, wait_until

GRADER = """
import sys, time
from tests.sandbox.rooms import KINDS, LIMITS, run
backend = KINDS[sys.argv[1]]()
backend.start()
room = backend.room(LIMITS)
run(room, f"open('/proc/self/comm', 'w').write({sys.argv[2]!r})")
print("made", flush=True)
time.sleep(600)
"""


@pytest.mark.parametrize("kind", list(KINDS))
@pytest.mark.usefixtures("_started")
def test_a_killed_grader_takes_its_rooms_along(kind: str, root: object) -> None:
    name = new_name()
    command = [sys.executable, "-c", GRADER, kind, name]
    with subprocess.Popen(command, stdout=subprocess.PIPE, cwd=str(root)) as grader:
        assert grader.stdout is not None
        assert grader.stdout.readline() == b"made\n"
        assert named(name)
        grader.send_signal(signal.SIGKILL)
    assert wait_until(lambda: not named(name))
    backend = KINDS[kind]()  # the next grader removes what can be left: a container or a folder with nothing in it
    backend.start()
    backend.close()
    assert not list(Path(tempfile.gettempdir()).glob(f"tito-*-{grader.pid}-*"))
