"""What the processes of a room use at this moment, read from a /proc."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Collection
from dataclasses import dataclass

__all__ = ["Usage", "descendants", "is_ending", "measure", "pids"]

_TICKS = os.sysconf("SC_CLK_TCK")
_TIMES = slice(11, 15)
_PF_EXITING = 0x4
_PAGE = os.sysconf("SC_PAGE_SIZE")


@dataclass
class Usage:
    """What some processes use together."""

    memory: int = 0
    """Bytes that belong to them alone; what several share counts once."""
    cpu_seconds: float = 0.0
    """Theirs and that of their children that have ended."""
    processes: int = 0


def pids(proc: int) -> list[int]:
    """All processes of the /proc open as `proc`."""
    return [int(name) for name in os.listdir(proc) if name.isdigit()]


def descendants(proc: int, ancestor: int) -> list[int]:
    """The processes that have `ancestor` above them."""
    children: dict[int, list[int]] = {}
    for pid in pids(proc):
        with contextlib.suppress(FileNotFoundError, ProcessLookupError):
            children.setdefault(int(_stat(proc, pid)[1]), []).append(pid)
    found: list[int] = []
    waiting = [ancestor]
    while waiting:
        below = children.get(waiting.pop(), [])
        found += below
        waiting += below
    return found


def measure(proc: int, processes: Collection[int]) -> Usage:
    """What these processes use together.

    Added up are their proportional shares of anonymous memory and of mapped files that lie in memory. Memory that no
    process maps (memfd and the like) cannot be seen from here: a room's filter forbids it.
    """
    usage = Usage(processes=len(processes))
    for pid in processes:
        with contextlib.suppress(FileNotFoundError, ProcessLookupError):  # it may go while it is looked at
            usage.cpu_seconds += sum(map(int, _stat(proc, pid)[_TIMES])) / _TICKS
            usage.memory += _memory(proc, pid)
    return usage


def _memory(proc: int, pid: int) -> int:
    try:
        rollup = _read(proc, pid, "smaps_rollup")
    except PermissionError:  # it has forbidden that it be looked into: what it could hold at most counts
        return int(_read(proc, pid, "statm").split()[0]) * _PAGE
    lines = (line.split() for line in rollup.splitlines())
    return sum(int(words[1]) * 1024 for words in lines if words[0] in ("Pss_Anon:", "Pss_Shmem:"))


def is_ending(proc: int, pid: int) -> bool:
    """Is this process on its way out? Its descriptors close before its parent can hear of it."""
    try:
        state, *_, flags = _stat(proc, pid)[:7]
    except (FileNotFoundError, ProcessLookupError):
        return True
    return state in "ZX" or bool(int(flags) & _PF_EXITING)


def _read(proc: int, pid: int, name: str) -> str:
    descriptor = os.open(f"{pid}/{name}", os.O_RDONLY | os.O_CLOEXEC, dir_fd=proc)
    with os.fdopen(descriptor, errors="replace") as file:
        return file.read()


def _stat(proc: int, pid: int) -> list[str]:
    """The fields of a process's `stat` behind its name, from the state on."""
    return _read(proc, pid, "stat").rpartition(")")[2].split()
