"""Tries a room for real: the smallest server there is says what it can do, and the grader believes only an answer."""

from __future__ import annotations

import json
import os
import socket
import threading
import time

from tito.errors import ToolError
from tito.sandbox.base import MEGABYTE, Limits, Room

__all__ = ["PROBE", "PROBE_LIMITS", "Probed", "check_answer", "serve"]

PROBE = "tito.sandbox.probe:serve"
PROBE_LIMITS = Limits(memory=512 * MEGABYTE, cpu_seconds=20, seconds=30.0)

_SUM = 499_500


class Probed:
    """What the kinds of rooms have in common: each is tried with a room of its own before it is believed."""

    name = ""
    entry = ""
    """What is called in each room with its link."""

    @property
    def probe_limits(self) -> Limits:
        """The limits of that room."""
        return PROBE_LIMITS

    def start(self) -> None:
        """Make ready; see `Backend.start`."""
        raise NotImplementedError

    def close(self) -> None:
        """End everything; see `Backend.close`."""
        raise NotImplementedError

    def make_room(self, limits: Limits, entry: str) -> Room:
        """A fresh room in which `entry` is called; see `Backend.room`."""
        raise NotImplementedError

    def room(self, limits: Limits) -> Room:
        """A fresh room.

        Raises:
            ToolError: none can be made any more; the backend is closed and can be started anew.
        """
        return self.make_room(limits, self.entry)

    def check(self) -> None:
        """Start it, and see a room answer.

        Raises:
            ToolError: no room answers; the backend is closed then.
        """
        self.start()
        room = self.make_room(self.probe_limits, PROBE)
        try:
            check_answer(self.name, room)
        except ToolError:
            self.close()
            raise
        finally:
            room.end()


def serve(link: socket.socket) -> None:
    """In the room: use numpy, a thread and the scratch folder, say how that went, and wait to be ended."""
    import numpy as np

    total = int(np.arange(1000, dtype=np.int64).sum())
    thread = threading.Thread(target=lambda: None)
    thread.start()
    thread.join()
    with open("probe", "w") as file:  # noqa: PTH123
        file.write("written")
    answer = {"sum": total, "user": os.getuid(), "variables": sorted(os.environ)}
    link.sendall(json.dumps(answer).encode() + b"\n")
    link.recv(1)


def check_answer(backend: str, room: Room) -> None:
    """On the grader's side: read the room's answer.

    Raises:
        ToolError: it gave none, or a wrong one.
    """
    answer = _read_line(room.link, time.monotonic() + PROBE_LIMITS.seconds)
    try:
        found = json.loads(answer)["sum"]
    except (ValueError, LookupError, TypeError):
        found = None
    if found != _SUM:
        raise ToolError(f"{backend}: a room was made but did not answer ({_last_words(room)}); it is not used")


def _read_line(link: socket.socket, deadline: float) -> bytes:
    answer = b""
    try:
        while not answer.endswith(b"\n"):
            link.settimeout(max(0.01, deadline - time.monotonic()))
            chunk = link.recv(4096)
            if not chunk:
                break
            answer += chunk
    except OSError:
        pass
    return answer


def _last_words(room: Room) -> str:
    os.set_blocking(room.stderr, False)
    try:
        lines = os.read(room.stderr, 65536).decode(errors="replace").split("\n")
    except BlockingIOError:
        lines = []
    return next((line.strip() for line in reversed(lines) if line.strip()), "it said nothing")
