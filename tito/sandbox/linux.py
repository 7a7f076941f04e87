"""The system calls of containment that Python 3.11 has no name for: namespaces, mounts, capabilities, process flags."""

from __future__ import annotations

import ctypes
import os

__all__ = [
    "MS_BIND",
    "MS_NODEV",
    "MS_NOEXEC",
    "MS_NOSUID",
    "MS_PRIVATE",
    "MS_RDONLY",
    "MS_REC",
    "MS_REMOUNT",
    "drop_capabilities",
    "forbid_new_privileges",
    "mount",
    "prctl",
    "set_child_subreaper",
    "set_dumpable",
    "set_parent_death_signal",
    "sole_user_of_namespace",
    "unshare",
]

MS_RDONLY, MS_NOSUID, MS_NODEV, MS_NOEXEC, MS_REMOUNT = 0x1, 0x2, 0x4, 0x8, 0x20
MS_BIND, MS_REC, MS_PRIVATE = 0x1000, 0x4000, 0x40000

_NAMESPACES = {
    "mount": 0x00020000,
    "uts": 0x04000000,
    "ipc": 0x08000000,
    "user": 0x10000000,
    "pid": 0x20000000,
    "net": 0x40000000,
}

_PR_SET_PDEATHSIG, _PR_SET_DUMPABLE, _PR_CAPBSET_DROP = 1, 4, 24
_PR_SET_CHILD_SUBREAPER, _PR_SET_NO_NEW_PRIVS = 36, 38
_PR_CAP_AMBIENT, _PR_CAP_AMBIENT_CLEAR_ALL = 47, 4
_CAPABILITY_VERSION_3 = 0x20080522
_EINVAL = 22

_libc = ctypes.CDLL(None, use_errno=True)


def _check(result: int, what: str) -> None:
    if result < 0:
        number = ctypes.get_errno()
        raise OSError(number, f"{what}: {os.strerror(number)}")


def prctl(option: int, first: int = 0, second: int = 0) -> int:
    """`prctl(2)`; gives its result, negative when it failed."""
    values = (ctypes.c_ulong(value) for value in (first, second, 0, 0))
    return int(_libc.prctl(ctypes.c_int(option), *values))


def unshare(*names: str) -> None:
    """Leave the namespaces of these kinds for new ones. A new pid namespace begins with the next child."""
    flags = 0
    for name in names:
        flags |= _NAMESPACES[name]
    _check(_libc.unshare(ctypes.c_int(flags)), f"new namespaces ({', '.join(names)})")


def mount(source: str, target: str, kind: str, flags: int, data: str = "") -> None:
    """`mount(2)`."""
    texts = (source.encode(), target.encode(), kind.encode())
    result = _libc.mount(*texts, ctypes.c_ulong(flags), data.encode())
    _check(result, f"mounting {kind or source} on {target}")


def sole_user_of_namespace(uid: int, outer_uid: int, outer_gid: int) -> None:
    """Be `uid` in the user namespace just made, in which nobody else exists."""
    for name, text in (
        ("setgroups", "deny"),
        ("uid_map", f"{uid} {outer_uid} 1"),
        ("gid_map", f"{uid} {outer_gid} 1"),
    ):
        with open(f"/proc/self/{name}", "w") as file:  # noqa: PTH123 - the kernel takes it in one write
            file.write(text)


def set_dumpable(dumpable: bool) -> None:
    """May processes of the same user trace this one and read its files under /proc?"""
    _check(prctl(_PR_SET_DUMPABLE, int(dumpable)), "setting the dumpable flag")


def set_parent_death_signal(number: int) -> None:
    """Have this signal sent to this process when its parent ends."""
    _check(prctl(_PR_SET_PDEATHSIG, number), "setting the parent's death signal")


def set_child_subreaper() -> None:
    """Become the parent of descendants that lose theirs."""
    _check(prctl(_PR_SET_CHILD_SUBREAPER, 1), "becoming the subreaper")


def forbid_new_privileges() -> None:
    """No program started from here on gains anything by its set-user-id bit or file capabilities."""
    _check(prctl(_PR_SET_NO_NEW_PRIVS, 1), "forbidding new privileges")


class _Header(ctypes.Structure):
    _fields_ = (("version", ctypes.c_uint32), ("pid", ctypes.c_int))


class _Sets(ctypes.Structure):
    _fields_ = (("effective", ctypes.c_uint32), ("permitted", ctypes.c_uint32), ("inheritable", ctypes.c_uint32))


def drop_capabilities() -> None:
    """Give up every capability for good, in the bounding set too where that is allowed."""
    number = 0
    while prctl(_PR_CAPBSET_DROP, number) == 0:
        number += 1
    prctl(_PR_CAP_AMBIENT, _PR_CAP_AMBIENT_CLEAR_ALL)
    header = _Header(_CAPABILITY_VERSION_3, 0)
    sets = (_Sets * 2)()
    _check(_libc.capset(ctypes.byref(header), sets), "dropping capabilities")
