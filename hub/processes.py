"""Every process that one start of the hub begot, so that stopping leaves none behind.

The hub stops its servers itself; this looks after it, ends what stayed, and cleans up after a start that was killed.
"""

from __future__ import annotations

import contextlib
import json
import os
import time
from collections.abc import Iterable
from pathlib import Path

import psutil

from tito.files import write_if_changed

__all__ = ["end", "end_family", "family", "living", "recall", "remember"]

LONGEST_DEATH = 20.0
"""Seconds that a busy machine may take to end what was killed."""


def family(pid: int) -> list[psutil.Process]:
    """The process `pid` and all its descendants that live now, parents first; empty when it is gone."""
    try:
        parent = psutil.Process(pid)
        return [parent, *parent.children(recursive=True)]
    except psutil.NoSuchProcess:
        return []


def living(processes: Iterable[psutil.Process]) -> list[psutil.Process]:
    """Those that run; not what has ended and waits for its parent to see it."""
    return [process for process in processes if _lives(process)]


def _lives(process: psutil.Process) -> bool:
    try:
        return process.is_running() and bool(process.status() != psutil.STATUS_ZOMBIE)
    except psutil.NoSuchProcess:  # it ended between the two questions
        return False


def end(processes: Iterable[psutil.Process], patience: float = 5.0) -> int:
    """Terminate those that still live, kill those that do not end within `patience` seconds; gives how many there were.

    A process number that has meanwhile gone to somebody else's process is not touched.
    """
    alive = living(processes)
    for process in alive:
        with contextlib.suppress(psutil.Error):
            process.terminate()
    for process in psutil.wait_procs(alive, timeout=patience)[1]:
        with contextlib.suppress(psutil.Error):
            process.kill()
    deadline = time.monotonic() + LONGEST_DEATH
    while living(alive) and time.monotonic() < deadline:  # not for those whose parent never looks: they are zombies
        psutil.wait_procs(alive, timeout=0.1)
    psutil.wait_procs(alive, timeout=0)
    return len(alive)


def end_family(known: Iterable[psutil.Process], patience: float) -> int:
    """End `known`, parents first, with all that they have begotten meanwhile; gives how many there were.

    The eldest is asked alone and given `patience` seconds: a hub stops its servers in order, but one that still lives
    when its proxy is ended begets another, of which nobody knows.
    """
    everyone = living(dict.fromkeys(each for process in living(known) for each in family(process.pid)))
    end(everyone[:1], patience)
    end(everyone)
    return len(everyone)


def remember(path: Path, processes: Iterable[psutil.Process]) -> None:
    """Write down the processes of this start, for a next one that finds this one killed."""
    found = []
    for process in processes:
        with contextlib.suppress(psutil.Error):
            found.append([process.pid, process.create_time()])
    write_if_changed(path, json.dumps(found) + "\n")


def recall(path: Path) -> list[psutil.Process]:
    """Those of the remembered processes that still run."""
    try:
        found = [(int(pid), float(created)) for pid, created in json.loads(path.read_text(encoding="utf-8"))]
    except (OSError, ValueError, TypeError):
        return []
    alive = []
    for pid, created in found:
        with contextlib.suppress(psutil.Error):
            process = psutil.Process(pid)
            if process.create_time() == created and pid != os.getpid():
                alive.append(process)
    return alive
