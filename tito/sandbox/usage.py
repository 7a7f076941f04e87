"""What the processes of a room use at this moment, read from a /proc."""

from __future__ import annotations

import os
from collections.abc import Iterable
from dataclasses import dataclass

__all__ = ["Usage", "descendants", "measure", "pids"]

_TICKS = os.sysconf("SC_CLK_TCK")
_PAGE = os.sysconf("SC_PAGE_SIZE")


@dataclass
class Usage:
    """What some processes use together."""

    memory: int = 0
    """Bytes that belong to them alone; what several share counts once."""
    cpu_seconds: float = 0.0
    """Theirs and that of their children that have ended."""


def pids(proc: int) -> list[int]:
    """All processes of the /proc open as `proc`."""
    return [int(name) for name in os.listdir(proc) if name.isdigit()]


def descendants(proc: int, ancestor: int) -> list[int]:
    """The processes that have `ancestor` above them."""
    children: dict[int, list[int]] = {}
    for pid in pids(proc):
        fields = _stat(proc, pid)
        if fields is not None:
            children.setdefault(int(fields[1]), []).append(pid)
    found: list[int] = []
    waiting = [ancestor]
    while waiting:
        below = children.get(waiting.pop(), [])
        found += below
        waiting += below
    return found


def measure(proc: int, processes: Iterable[int]) -> Usage:
    """What these processes use together.

    Added up are their proportional shares of anonymous memory and of mapped files that lie in memory. Memory that no
    process maps (memfd and the like) cannot be seen from here: a room's filter forbids it.
    """
    usage = Usage()
    for pid in processes:
        fields = _stat(proc, pid)
        if fields is None:
            continue
        usage.cpu_seconds += sum(map(int, fields[11:15])) / _TICKS
        try:
            rollup = _fields_of(_read(proc, pid, "smaps_rollup"))
        except PermissionError:  # it has forbidden that it be looked into: what it could hold at most counts
            usage.memory += int(_read(proc, pid, "statm").split()[0]) * _PAGE
        except (FileNotFoundError, ProcessLookupError):
            continue
        else:
            usage.memory += rollup.get("Pss_Anon", 0) + rollup.get("Pss_Shmem", 0)
    return usage


def _read(proc: int, pid: int, name: str) -> str:
    descriptor = os.open(f"{pid}/{name}", os.O_RDONLY | os.O_CLOEXEC, dir_fd=proc)
    with os.fdopen(descriptor, errors="replace") as file:
        return file.read()


def _stat(proc: int, pid: int) -> list[str] | None:
    """The fields of a process's `stat` behind its name, from the state on; None when it has gone."""
    try:
        return _read(proc, pid, "stat").rpartition(")")[2].split()
    except (FileNotFoundError, ProcessLookupError):
        return None


def _fields_of(rollup: str) -> dict[str, int]:
    """Bytes by name, of lines such as `Pss_Anon:   120 kB`."""
    lines = (line.split() for line in rollup.splitlines())
    return {words[0].rstrip(":"): int(words[1]) * 1024 for words in lines if words[-1:] == ["kB"]}
