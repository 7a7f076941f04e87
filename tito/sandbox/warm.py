"""The grader's side of a warm process: starts it, asks it for rooms, holds the ends of each."""

from __future__ import annotations

import contextlib
import json
import os
import select
import socket
import subprocess
import tempfile
import weakref
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import IO, Any

from tito.errors import ToolError
from tito.sandbox.base import Ending, Limits
from tito.sandbox.probe import Probed

__all__ = ["ENVIRONMENT", "SERVER", "WarmBackend", "WarmProcess", "WarmRoom", "warm_settings"]

SERVER = "tito.room.server:serve"
"""What runs in a room."""

WARM = ("numpy", "msgpack", "matplotlib.pyplot")
"""What every warm process has imported, beside the server."""

_START_SECONDS = 60.0
_ROOM_SECONDS = 20.0
_END_SECONDS = 20.0

ENVIRONMENT = {
    "LANG": "C.UTF-8",
    "MPLBACKEND": "Agg",
    # one thread: a fork takes only the caller's along, and OpenBLAS starts none in a new process namespace
    "OMP_NUM_THREADS": "1",
    "OPENBLAS_NUM_THREADS": "1",
    "MKL_NUM_THREADS": "1",
    "PATH": "/usr/bin:/bin",
}


def warm_settings(entry: str, extra: Sequence[Path]) -> dict[str, Any]:
    """What a warm process imports ahead, and where else it looks for that."""
    return {"warm": [*WARM, entry.partition(":")[0]], "path": [str(path) for path in extra]}


@dataclass
class WarmProcess:
    """How a backend wants its warm process run. `command` lacks the settings, which come last."""

    command: list[str]
    lent: tuple[int, ...] = ()
    """Descriptors that the command inherits and the grader closes."""
    user: int | None = None
    """Who runs the command, where that is not the grader."""
    environment: dict[str, str] = field(default_factory=dict)
    settings: dict[str, Any] = field(default_factory=dict)


class WarmBackend(Probed):
    """Rooms forked from one warm process. A subclass says how that process is run."""

    name = ""

    def __init__(self, entry: str = SERVER, extra: Sequence[Path] = ()) -> None:
        """`entry` is called in each room with its link; it and what it imports may lie in the folders `extra`."""
        self.entry = entry
        self.extra = tuple(path.resolve() for path in extra)
        self._control: socket.socket | None = None
        self._process: subprocess.Popen[bytes] | None = None
        self._complaints: IO[bytes] | None = None
        self._rooms: weakref.WeakSet[WarmRoom] = weakref.WeakSet()

    def plan(self) -> WarmProcess:
        """How to run the warm process.

        Raises:
            ToolError: it cannot be run here, with the reason and the remedy.
        """
        raise NotImplementedError

    def remedy(self, why: str) -> str:
        """What to do about a warm process or a room that did not start."""
        if "ModuleNotFoundError" in why:
            return "install it into the grader's Python"
        if "PermissionError" in why:
            return "Python, its packages and this one must be readable to all users (chmod -R a+rX)"
        return "docs/sandbox.md says what it needs"

    def request(self) -> dict[str, Any]:
        """What this backend adds to the request for a room."""
        return {}

    def stopped(self, process: subprocess.Popen[bytes]) -> None:
        """The warm process has been told to leave; `process` is waited for next."""

    def start(self) -> None:
        """Start the warm process and wait until it is warm.

        Raises:
            ToolError: it does not work here, with the reason and the remedy.
        """
        if self._process is not None:
            return
        self._control, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        self._complaints = tempfile.TemporaryFile()  # noqa: SIM115 - closed by close()
        with theirs:
            try:
                plan = self.plan()
                self._process = self._run(plan, theirs.fileno())
            except BaseException:
                self.close()
                raise
        why = self._why_not_ready()
        if why is not None:
            self.close()
            raise ToolError(f"{self.name}: its warm process did not start ({why}); {self.remedy(why)}")

    def _run(self, plan: WarmProcess, control: int) -> subprocess.Popen[bytes]:
        settings = {"control": control, "user": None, **warm_settings(self.entry, self.extra), **plan.settings}
        identity: dict[str, Any] = {}
        if plan.user is not None:
            identity = {"user": plan.user, "group": plan.user, "extra_groups": []}
        try:
            return subprocess.Popen(
                [*plan.command, json.dumps(settings)],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=self._complaints,
                env={**ENVIRONMENT, **plan.environment},
                cwd="/",
                pass_fds=(control, *plan.lent),
                start_new_session=True,
                **identity,
            )
        except OSError as error:
            raise ToolError(f"{self.name}: {plan.command[0]} cannot be run ({error.strerror})") from error
        finally:
            for descriptor in plan.lent:
                os.close(descriptor)

    def _why_not_ready(self) -> str | None:
        """Wait for the warm process to be ready; None when it is."""
        assert self._control is not None
        assert self._process is not None
        if not select.select([self._control], [], [], _START_SECONDS)[0]:
            return f"not ready after {_START_SECONDS:g} s"
        with contextlib.suppress(ConnectionError):
            if self._control.recv(64) == b"ready":
                return None
        with contextlib.suppress(subprocess.TimeoutExpired):
            self._process.wait(2.0)  # its last words come before its end
        return self._last_complaint()

    def _last_complaint(self) -> str:
        if self._complaints is None:
            return "it said nothing"
        self._complaints.seek(0)
        lines = self._complaints.read().decode(errors="replace").split("\n")
        return next((line.strip() for line in reversed(lines) if line.strip()), "it said nothing")

    def make_room(self, limits: Limits, entry: str) -> WarmRoom:
        """A fresh room, forked from the warm process."""
        if self._control is None:
            raise ToolError(f"{self.name}: not started; start it first")
        room = WarmRoom()
        try:
            request = {"limits": asdict(limits), "entry": entry, **self.request()}
            room.ask(self._control, request)
        except (OSError, EOFError) as error:
            room.discard()
            why = str(error) or self._last_complaint()
            self.close()
            raise ToolError(f"{self.name}: no room could be made ({why}); {self.remedy(why)}") from error
        self._rooms.add(room)
        return room

    def close(self) -> None:
        """End every room, then the warm process."""
        for room in list(self._rooms):
            room.end()
        if self._control is not None:
            self._control.close()  # the warm process leaves when it reads the end
            self._control = None
        if self._process is not None:
            self.stopped(self._process)
            try:
                self._process.wait(2.0)
            except subprocess.TimeoutExpired:
                self._process.kill()
                self._process.wait()
            self._process = None
        if self._complaints is not None:
            self._complaints.close()
            self._complaints = None


class WarmRoom:
    """The grader's ends of one room."""

    KEEPER_DIED = "its keeper was killed"

    def __init__(self) -> None:
        self.link, self._room_link = socket.socketpair()
        self._status, self._room_status = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        self.stdout, self._room_stdout = os.pipe()
        self.stderr, self._room_stderr = os.pipe()
        self._closers = [weakref.finalize(self, os.close, end) for end in (self.stdout, self.stderr)]
        self._ending: Ending | None = None

    def ask(self, control: socket.socket, request: dict[str, Any]) -> None:
        """Have the warm process make the room.

        Raises:
            OSError, EOFError: it did not.
        """
        theirs = (self._room_link.fileno(), self._room_stdout, self._room_stderr, self._room_status.fileno())
        socket.send_fds(control, [json.dumps(request).encode()], theirs)
        self._close_theirs()
        self._status.settimeout(_ROOM_SECONDS)
        answer = self._hear()
        if answer is None:
            raise EOFError
        if "failed" in answer:
            raise OSError(answer["failed"])

    def interrupt(self) -> None:
        """Send SIGINT to the room's server."""
        with contextlib.suppress(OSError):
            self._status.send(b"interrupt")

    def end(self) -> Ending:
        """End all of the room and say how it ended. A second call says the same."""
        if self._ending is None:
            with contextlib.suppress(OSError):
                self._status.send(b"end")
            self._status.settimeout(_END_SECONDS)
            found = self._hear()
            self._ending = Ending(**found) if found is not None else Ending(self.KEEPER_DIED, 0.0, 0, True)
            self.link.close()
            self._status.close()
        return self._ending

    def _hear(self) -> dict[str, Any] | None:
        for _ in range(2):
            try:
                message = self._status.recv(65536)
            except ConnectionResetError:  # it left without reading the last word from here; its own is still to be had
                continue
            except OSError:
                break
            return json.loads(message) if message else None
        return None

    def _close_theirs(self) -> None:
        self._room_link.close()
        self._room_status.close()
        os.close(self._room_stdout)
        os.close(self._room_stderr)
        self._room_stdout = self._room_stderr = -1

    def discard(self) -> None:
        """Close the ends held here; a room whose status socket closes ends by itself."""
        if self._room_stdout >= 0:
            self._close_theirs()
        self.link.close()
        self._status.close()
        for close in self._closers:
            close()
