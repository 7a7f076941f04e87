"""Who the student's code runs as, where the grader is root: a user id that nobody has."""

from __future__ import annotations

import os
from pathlib import Path

__all__ = ["A_PROCESS", "can_administrate", "is_root", "unused_user"]

_FIRST = 1_880_000_000
"""Above what systemd and container managers hand out, as systemd's list of user ids has it."""

_PIDS = 1 << 22  # the most that Linux allows

A_PROCESS = 60
"""How many user ids each grader process has to itself."""

_NEEDED = (6, 7, 12, 21)  # CAP_SETGID, CAP_SETUID, CAP_NET_ADMIN, CAP_SYS_ADMIN


def is_root() -> bool:
    """Is this root, and of a machine or container that has other users? In a rootless container it has none."""
    return os.geteuid() == 0 and _exists(unused_user())


def can_administrate() -> bool:
    """Does this process hold the capabilities to mount and to become another user? Root in a container may not."""
    status = Path("/proc/self/status").read_text()
    line = next(line for line in status.splitlines() if line.startswith("CapEff:"))
    held = int(line.split()[1], 16)
    return all(held >> number & 1 for number in _NEEDED)


def unused_user(number: int = 0) -> int:
    """One of this grader process's own user ids; `number` counts on and comes round."""
    return _FIRST + os.getpid() % _PIDS * A_PROCESS + number % A_PROCESS


def _exists(uid: int) -> bool:
    """Does this user namespace have such a user at all?"""
    ranges = (map(int, line.split()) for line in Path("/proc/self/uid_map").read_text().splitlines())
    return any(first <= uid < first + length for first, _, length in ranges)
