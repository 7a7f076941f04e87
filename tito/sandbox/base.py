"""What every kind of exam room offers to the examiner, and what it promises about the code inside.

A room is one fresh process with numpy and `tito.room` loaded. It sees a read-only file system with Python, its
packages and `tito.room`, a writable scratch folder of its own, no network, no other process, and none of the grader's
environment. Whatever runs inside, `Room.end` leaves no process, file or container of it behind.
"""

from __future__ import annotations

import socket
from dataclasses import dataclass
from typing import Protocol

__all__ = ["Backend", "Ending", "Limits", "Room"]

MEGABYTE = 1024 * 1024


@dataclass(frozen=True)
class Limits:
    """What one room may use.

    Attributes:
        memory: bytes, all processes of the room together, beside what the warm process held before the fork.
        cpu_seconds: processor time of the whole room.
        seconds: wall time of the whole room; it is ended then, whatever it does.
        processes: processes and threads at a time.
        open_files: descriptors of one process.
        file_size: bytes of one file.
        scratch: bytes of all files in the scratch folder.
    """

    memory: int = 2048 * MEGABYTE
    cpu_seconds: int = 300
    seconds: float = 600.0
    processes: int = 64
    open_files: int = 256
    file_size: int = 64 * MEGABYTE
    scratch: int = 128 * MEGABYTE


@dataclass(frozen=True)
class Ending:
    """How a room ended and what it used. `reason` is None when it left by itself or was ended by the examiner."""

    reason: str | None
    """One short clause, such as `used more than 2048 MB of memory` or `killed by SIGSEGV`."""
    cpu_seconds: float
    peak_memory: int
    outside: bool = False
    """Something killed it that may have nothing to do with its code: the kernel for want of memory, a person."""


class Room(Protocol):
    """One running exam room."""

    @property
    def link(self) -> socket.socket:
        """The stream to `tito.room`'s server inside; non-blocking use is up to the caller."""

    @property
    def stdout(self) -> int:
        """Read end of what the room's processes write to descriptor 1."""

    @property
    def stderr(self) -> int:
        """Read end of what the room's processes write to descriptor 2."""

    def interrupt(self) -> None:
        """Send SIGINT to the room's first process; it may ignore it."""

    def end(self) -> Ending:
        """End whatever is left of the room, and close the link. Can be called twice; gives the same answer.

        What was printed last can still be read from `stdout` and `stderr`: they close when this object is forgotten.
        """


class Backend(Protocol):
    """A way of making rooms."""

    name: str
    """`docker`, `bubblewrap` or `plain`."""

    def start(self) -> None:
        """Make ready: start the warm process or the pool.

        Raises:
            ToolError: it does not work here, with the reason and the remedy.
        """

    def check(self) -> None:
        """Start it where it is not started, and see a room answer.

        Raises:
            ToolError: it does not work here, with the reason and the remedy; it is closed then.
        """

    def room(self, limits: Limits) -> Room:
        """A fresh room.

        Raises:
            ToolError: none can be made any more; the backend is closed then and can be started anew.
        """

    def close(self) -> None:
        """End everything that `start` and `room` made."""
