"""What a room may use, and that its end leaves nothing behind, whatever ran inside."""

from __future__ import annotations

import contextlib
import dataclasses
import os
import time
from pathlib import Path

import psutil
import pytest

from tito.errors import ToolError
from tito.sandbox.base import MEGABYTE, Backend, Room
from tito.sandbox.keeper import INTERVAL

from .rooms import FORKED, KINDS, LIMITS, RaisedError, interrupt_when_it_prints, named, new_name, run, wait_until

BOMB = "import os\nwhile True:\n    try: os.fork()\n    except BaseException: pass\n"

WORKERS = (
    "import os, signal\n"
    "children = []\n"
    "for _ in range(4):\n"
    "    children.append(os.fork())\n"
    "    if children[-1] == 0:\n"
    "        while True: signal.pause()\n"
    "answer = None\n"
)

CALL_ME = "open('/proc/self/comm', 'w').write({name!r})\n"


def test_a_fork_bomb_stops_at_the_limit(backend: Backend) -> None:
    name = new_name()
    room = backend.room(dataclasses.replace(LIMITS, processes=20))
    code = CALL_ME.format(name=name) + (
        "import os, time\n"
        "answer = 0\n"
        "while answer < 200:\n"
        "    try:\n"
        "        if os.fork() == 0:\n"
        "            time.sleep(600)\n"
        "            os._exit(0)\n"
        "    except BlockingIOError:\n"
        "        break\n"
        "    answer += 1\n"
    )
    assert 10 <= run(room, code) <= 20  # the room is soon ended for them: see the next test
    room.end()
    assert wait_until(lambda: not named(name))


def test_a_room_that_stays_at_its_limit_of_processes_is_ended(backend: Backend) -> None:
    """It would take the processors from the rooms beside it for as long as a cell may run."""
    name = new_name()
    room = backend.room(dataclasses.replace(LIMITS, processes=20))
    begun = time.monotonic()
    with pytest.raises(EOFError):
        run(room, CALL_ME.format(name=name) + BOMB)
    ending = room.end()
    assert "processes running, of 20" in ending.reason
    assert wait_until(lambda: not named(name))
    assert time.monotonic() - begun < 30  # seconds on a machine that is not busy; the code itself never ends


def test_a_few_workers_may_stay(room: Room) -> None:
    run(room, WORKERS)
    time.sleep(1.0 + 4 * INTERVAL)  # longer than many may
    assert run(room, "answer = len(children)") == 4


def test_one_process_gets_no_more_memory(room: Room) -> None:
    with pytest.raises(RaisedError, match="MemoryError"):
        run(room, "kept = bytearray(400 * 1024 * 1024)")
    assert run(room, "kept = bytearray(100 * 1024 * 1024); answer = len(kept)") == 100 * MEGABYTE
    ending = room.end()
    assert ending.reason is None
    assert 100 * MEGABYTE <= ending.peak_memory < 200 * MEGABYTE


def test_many_processes_get_no_more_memory_than_one(backend: Backend) -> None:
    room = backend.room(LIMITS)
    code = """
        import os, time
        for _ in range(6):
            if os.fork() == 0:
                kept = bytearray(b"x" * (120 * 1024 * 1024))
                time.sleep(600)
                os._exit(0)
        time.sleep(600)
    """
    with pytest.raises(EOFError):
        run(room, code)
    ending = room.end()
    assert ending.reason == "used more than 300 MB of memory"
    assert ending.peak_memory > 300 * MEGABYTE


def test_a_file_cannot_grow_beyond_the_limit(forked_room: Room) -> None:
    with pytest.raises(RaisedError, match="File too large"):
        run(forked_room, "with open('big', 'wb') as file: file.write(bytes(5 * 1024 * 1024))")


def test_all_files_together_cannot(walled: Backend, walled_room: Room) -> None:
    code = """
        import os
        answer, folders = 0, (".", "/tmp", "/dev/shm")
        try:
            while answer < 100:
                with open(f"{folders[answer % 3]}/{answer}", "wb") as file:
                    file.write(bytes(1024 * 1024))
                answer += 1
        except OSError as error:
            assert error.errno == 28, error
    """
    places = 3 if walled.name == "docker" else 1  # Docker cannot bind one tmpfs in three places
    assert 12 * places <= run(walled_room, code) <= 16 * places


def test_endless_output_ends_with_the_time(backend: Backend) -> None:
    room = backend.room(dataclasses.replace(LIMITS, seconds=1.0))
    with pytest.raises(EOFError):
        run(room, "while True: print('x' * 1000)")
    assert room.end().reason == "ran longer than 1 s"


def test_processor_time_is_limited(backend: Backend) -> None:
    room = backend.room(dataclasses.replace(LIMITS, cpu_seconds=1))
    with pytest.raises(EOFError):
        run(room, "import os\nos.fork()\nwhile True: pass")
    ending = room.end()
    assert ending.reason == "used more than 1 s of processor time"
    assert ending.cpu_seconds >= 1.0


def test_temporary_files_are_the_room_s(room: Room) -> None:
    code = "import os, tempfile\nanswer = tempfile.gettempdir(), os.path.dirname(os.environ['HOME'])"
    temporary, scratch = run(room, code)
    assert temporary == f"{scratch}/tmp"


def test_descriptors_are_limited(forked_room: Room) -> None:
    with pytest.raises(RaisedError, match="Too many open files"):
        run(forked_room, "import os\nkept = [os.open('/dev/null', 0) for _ in range(300)]")


@pytest.mark.parametrize("flee", ["os.setsid()", "os.setsid(); os.fork() and os._exit(0)"])
def test_what_daemonises_ends_with_the_room(forked: Backend, flee: str) -> None:
    name = new_name()
    room = forked.room(LIMITS)
    code = f"""
        import os, signal, time
        if os.fork() == 0:
            {flee}
            for number in range(1, 32):
                try: signal.signal(number, signal.SIG_IGN)
                except OSError: pass
            open('/proc/self/comm', 'w').write({name!r})
            os.closerange(0, 256)
            time.sleep(600)
            os._exit(0)
    """
    run(room, code)
    assert wait_until(lambda: len(named(name)) == 1)
    assert room.end().reason is None
    assert wait_until(lambda: not named(name))


def test_the_room_is_over_when_its_server_is(forked: Backend) -> None:
    name = new_name()
    room = forked.room(LIMITS)
    run(room, CALL_ME.format(name=name) + "import os, time\nif os.fork() == 0: time.sleep(600)\n")
    with pytest.raises(EOFError):
        run(room, "os.close(link.fileno()); os._exit(0)")
    assert wait_until(lambda: not named(name))
    assert room.end().reason is None


@pytest.mark.parametrize(
    ("code", "reason"),
    [
        ("import os; os._exit(7)", None),
        ("import os; os.closerange(0, 256)", None),
        ("import os; os.kill(os.getpid(), 9)", "killed by SIGKILL"),
        ("import os; os.abort()", "killed by SIGABRT"),
        ("import ctypes; ctypes.string_at(0)", "killed by SIGSEGV"),
    ],
)
def test_how_it_ended(forked: Backend, code: str, reason: str | None) -> None:
    room = forked.room(LIMITS)
    with pytest.raises(EOFError):
        run(room, code)
    ending = room.end()
    assert ending.reason == reason
    assert room.end() == ending


def test_an_interrupt_reaches_the_server(forked_room: Room) -> None:
    run(forked_room, "import _thread, threading, time")
    code = """
        try:
            print("waiting", flush=True)
            time.sleep(50)
            answer = "slept"
        except KeyboardInterrupt:
            answer = "interrupted"
    """
    interrupt_when_it_prints(forked_room)
    assert run(forked_room, code) == "interrupted"


def test_an_interrupt_of_a_room_that_has_ended_is_nothing(forked: Backend) -> None:
    room = forked.room(LIMITS)
    with pytest.raises(EOFError):
        run(room, "import os; os.abort()")
    room.interrupt()
    assert room.end().reason == "killed by SIGABRT"


def test_what_is_written_comes_through_apart(forked_room: Room) -> None:
    run(forked_room, "import os\nos.write(1, b'out'); os.write(2, b'err')")
    assert (os.read(forked_room.stdout, 10), os.read(forked_room.stderr, 10)) == (b"out", b"err")
    run(forked_room, "os.write(1, b'last')")
    forked_room.end()
    assert os.read(forked_room.stdout, 10) == b"last"
    assert os.read(forked_room.stdout, 10) == b""


def test_many_rooms_leave_nothing(forked: Backend) -> None:
    forked.room(LIMITS).end()
    descriptors, mounts, processes = _held()
    for number in range(50):
        room = forked.room(LIMITS)
        assert run(room, f"answer = {number}") == number
        assert room.end().reason is None
    del room
    assert wait_until(lambda: _held()[2] <= processes)
    assert _held()[:2] == (descriptors, mounts)


def _held() -> tuple[list[str], list[str], set[int]]:
    """The test's own descriptors, mounts (other than a Docker daemon's, and other tests' hosts), and its processes."""
    children = {process.pid for process in psutil.Process().children(recursive=True)}
    lines = Path("/proc/self/mountinfo").read_text().splitlines()
    mounts = [line for line in lines if "docker" not in line and "/netns" not in line]
    return sorted(map(str, Path("/proc/self/fd").iterdir())), mounts, children


@pytest.mark.parametrize("kind", FORKED)
def test_a_dead_warm_process_is_said_and_replaced(kind: str) -> None:
    others = set(psutil.Process().children(recursive=True))
    backend = KINDS[kind]()
    backend.start()
    room = backend.room(LIMITS)
    for process in set(psutil.Process().children(recursive=True)) - others:
        with contextlib.suppress(psutil.NoSuchProcess):
            process.kill()
    with pytest.raises(ToolError, match="no room could be made"):
        backend.room(LIMITS)
    assert room.end().reason is not None
    backend.start()
    room = backend.room(LIMITS)
    assert run(room, "answer = 3") == 3
    backend.close()
    assert room.end().reason is None
    assert wait_until(lambda: not set(psutil.Process().children(recursive=True)) - others)
