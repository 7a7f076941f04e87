"""What does an exam room cost? Milliseconds from asking for one to its answer, and to end it, for every kind there is.

Beside them a bare fork of this process, which has the same modules loaded: what no walls at all would cost.

    .venv/bin/python benchmarks/rooms.py [--rooms 50] [--image NAME]
"""

from __future__ import annotations

import argparse
import os
import statistics
import time
from collections.abc import Callable

import matplotlib.pyplot  # noqa: F401 - as much memory as a warm process has
import numpy  # noqa: F401

from tito.errors import ToolError
from tito.sandbox.base import Backend
from tito.sandbox.bubblewrap import BubblewrapBackend
from tito.sandbox.docker import DockerBackend
from tito.sandbox.plain import PlainBackend
from tito.sandbox.probe import PROBE, PROBE_LIMITS, check_answer


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rooms", type=int, default=50)
    parser.add_argument("--image", default="", help="Docker's; this checkout's if none is named")
    options = parser.parse_args()
    print(
        f"load {os.getloadavg()[0]:.1f}; medians of {options.rooms} in a row, times of Docker of {options.rooms // 5}"
    )
    print(f"bare fork: {1000 * statistics.median(fork() for _ in range(options.rooms)):.1f} ms")
    kinds: dict[str, Callable[[], Backend]] = {
        "bubblewrap": lambda: BubblewrapBackend(PROBE),
        "plain": lambda: PlainBackend(True, PROBE),
        "docker": lambda: DockerBackend(options.image, PROBE),
    }
    for name, make in kinds.items():
        try:
            measure(name, make(), options.rooms if name != "docker" else max(3, options.rooms // 5))
        except ToolError as error:
            print(f"{name}: not measured ({error})")


def fork() -> float:
    """Seconds to fork this process and wait for the fork to end."""
    start = time.perf_counter()
    pid = os.fork()
    if pid == 0:
        os._exit(0)
    os.waitpid(pid, 0)
    return time.perf_counter() - start


def measure(name: str, backend: Backend, rooms: int) -> None:
    """Print what rooms of this kind cost, one after the other."""
    start = time.perf_counter()
    backend.start()
    starting, made, answered, ended = time.perf_counter() - start, [], [], []
    try:
        for _ in range(rooms):
            times = [time.perf_counter()]
            room = backend.room(PROBE_LIMITS)
            times.append(time.perf_counter())
            check_answer(name, room)
            times.append(time.perf_counter())
            room.end()
            times.append(time.perf_counter())
            for where, first, last in ((made, 0, 1), (answered, 1, 2), (ended, 2, 3)):
                where.append(1000 * (times[last] - times[first]))
    finally:
        backend.close()
    parts = ", ".join(
        f"{label} {statistics.median(where):.1f} ms"
        for label, where in (("made", made), ("answered", answered), ("ended", ended))
    )
    total = statistics.median(map(sum, zip(made, answered, ended, strict=True)))
    print(f"{name}: {total:.1f} ms a room ({parts}); once at the start {starting:.1f} s")


if __name__ == "__main__":
    main()
