"""What a grader that was killed has left: told by who it was, a process id and that process's start time."""

from __future__ import annotations

import os
import shutil
from contextlib import suppress
from pathlib import Path

__all__ = ["identity", "is_alive", "remove_folders"]


def identity() -> str:
    """Who this process is, as long as the machine runs: `4711-1234567`."""
    return f"{os.getpid()}-{_started_at(os.getpid())}"


def is_alive(who: str) -> bool:
    """Is the process still there that gave this as its identity?"""
    pid, _, started = who.partition("-")
    return pid.isdigit() and _started_at(int(pid)) == started


def remove_folders(above: Path, prefix: str) -> None:
    """Remove this user's folders `<prefix><identity>-<anything>` of processes that are no more."""
    for folder in above.glob(f"{prefix}*"):
        who = folder.name.removeprefix(prefix).rpartition("-")[0]
        with suppress(FileNotFoundError):  # another grader starts too and has just removed it
            if not folder.is_symlink() and folder.stat().st_uid == os.geteuid() and not is_alive(who):
                shutil.rmtree(folder, ignore_errors=True)


def _started_at(pid: int) -> str:
    """When a process started, in the kernel's ticks; empty when there is none."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[19]
    except OSError:
        return ""
