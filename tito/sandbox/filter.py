"""The system calls a room's processes do without: a seccomp filter, put together by hand.

It closes what namespaces and rlimits leave open: memory that can outlast its mapping in every process and so escapes
all counting (memfd, System V shared memory, shared anonymous mappings, message queues), sockets that know no network
namespace (AF_VSOCK), and corners of the kernel that no notebook needs.
"""

from __future__ import annotations

import ctypes
import errno
import os
import struct

from tito.sandbox import linux

__all__ = ["install_filter"]

# name: (x86_64, aarch64)
_FORBIDDEN = {
    "add_key": (248, 217),
    "bpf": (321, 280),
    "fsopen": (430, 430),
    "io_uring_setup": (425, 425),
    "keyctl": (250, 219),
    "memfd_create": (319, 279),
    "memfd_secret": (447, 447),
    "mount": (165, 40),
    "mq_open": (240, 180),
    "msgget": (68, 186),
    "open_by_handle_at": (304, 265),
    "open_tree": (428, 428),
    "perf_event_open": (298, 241),
    "pivot_root": (155, 41),
    "process_vm_readv": (310, 270),
    "process_vm_writev": (311, 271),
    "ptrace": (101, 117),
    "request_key": (249, 218),
    "semget": (64, 190),
    "setns": (308, 268),
    "shmget": (29, 194),
    "syslog": (103, 116),
    "umount2": (166, 39),
    "unshare": (272, 97),
    "userfaultfd": (323, 282),
}
_MMAP = (9, 222)
_SHARED_ANONYMOUS = 0x21  # MAP_SHARED | MAP_ANONYMOUS
_SOCKET = (41, 198)
_FAMILIES = (1, 2, 10)  # AF_UNIX, AF_INET, AF_INET6: all three bound to the room's own network namespace
_MACHINES = {"x86_64": (0, 0xC000003E), "aarch64": (1, 0xC00000B7)}

_PR_SET_SECCOMP, _SECCOMP_MODE_FILTER = 22, 2
_LOAD, _AND, _EQUAL, _AT_LEAST, _RETURN = 0x20, 0x54, 0x15, 0x35, 0x06
_ALLOW, _ERRNO, _KILL = 0x7FFF0000, 0x00050000, 0x80000000
_NUMBER_AT, _MACHINE_AT, _FIRST_AT, _FOURTH_AT = 0, 4, 16, 40
_X32 = 0x40000000  # x86_64's second set of numbers for the same calls


class _Program(ctypes.Structure):
    _fields_ = (("length", ctypes.c_ushort), ("code", ctypes.c_char_p))


def install_filter() -> None:
    """Forbid the calls above to this process and all it starts. Needs "no new privileges".

    Raises:
        OSError: the kernel takes no filter, or the processor's call numbers are not known here.
    """
    machine = os.uname().machine
    if machine not in _MACHINES:
        raise OSError(errno.ENOSYS, f"no system call filter is written for {machine}")
    code = _code(*_MACHINES[machine])
    program = _Program(len(code) // 8, code)
    address = ctypes.cast(ctypes.pointer(program), ctypes.c_void_p).value or 0
    if linux.prctl(_PR_SET_SECCOMP, _SECCOMP_MODE_FILTER, address) < 0:
        raise OSError(ctypes.get_errno(), "installing the system call filter")


def _code(column: int, machine: int) -> bytes:
    forbidden = [numbers[column] for numbers in _FORBIDDEN.values()]
    steps = [
        (_LOAD, 0, 0, _MACHINE_AT),
        (_EQUAL, 1, 0, machine),
        (_RETURN, 0, 0, _KILL),
        (_LOAD, 0, 0, _NUMBER_AT),
        (_AT_LEAST, 0, 1, _X32),
        (_RETURN, 0, 0, _KILL),
    ]
    for number in forbidden:
        steps += [(_EQUAL, 0, 1, number), (_RETURN, 0, 0, _ERRNO | errno.EPERM)]
    steps += [
        (_EQUAL, 0, 4, _MMAP[column]),
        (_LOAD, 0, 0, _FOURTH_AT),
        (_AND, 0, 0, _SHARED_ANONYMOUS),
        (_EQUAL, 0, 1, _SHARED_ANONYMOUS),
        (_RETURN, 0, 0, _ERRNO | errno.EPERM),
        (_LOAD, 0, 0, _NUMBER_AT),
        (_EQUAL, 1, 0, _SOCKET[column]),
        (_RETURN, 0, 0, _ALLOW),
        (_LOAD, 0, 0, _FIRST_AT),
    ]
    for family in _FAMILIES:
        steps += [(_EQUAL, 0, 1, family), (_RETURN, 0, 0, _ALLOW)]
    steps.append((_RETURN, 0, 0, _ERRNO | errno.EAFNOSUPPORT))
    return b"".join(struct.pack("=HBBI", *step) for step in steps)
