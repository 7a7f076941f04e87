"""One process beside each room: starts it, measures it, ends it, and tells the grader how it ended.

It stands outside the room's pid namespace, and dies with the room: the grader's end of the status socket is its only
tie to life. A room whose grader has gone ends at once.
"""

from __future__ import annotations

import contextlib
import json
import os
import select
import signal
import socket
import time
from dataclasses import dataclass
from typing import Any, NoReturn, Protocol

from tito.sandbox.base import MEGABYTE, Limits
from tito.sandbox.usage import Usage

__all__ = ["Inmates", "Order", "keep"]

INTERVAL = 0.25
"""Seconds between two looks at what a room uses."""

_MANY = 0.75
"""Of the processes that a room may have."""

_LONG = 1.0
"""Seconds that a room may have as many. A fork bomb stays at the limit, and takes processors from the room beside it,
whose time runs all the same; where all share them process by process, as in a container, sixty times what that gets."""


@dataclass(frozen=True)
class Order:
    """What the grader asks for. The last four are descriptors: the room's ends, and the keeper's of the status."""

    limits: Limits
    entry: str
    link: int
    stdout: int
    stderr: int
    status: int


class Inmates(Protocol):
    """The processes of a room, as a keeper handles them."""

    first: int
    """A pidfd that becomes readable when the room is over."""

    def measure(self) -> Usage:
        """What they use now."""

    def interrupt(self) -> None:
        """Send SIGINT to the room's server."""

    def finish(self) -> tuple[int | None, Usage]:
        """End them all. Gives the server's wait status, None if it had not ended by itself, and what they used."""


def keep(order: Order, make: Any) -> NoReturn:
    """Make the room by `make(order)` and stay with it to its end."""
    status = socket.socket(fileno=order.status)
    try:
        try:
            inmates: Inmates = make(order)
        except OSError as error:
            _tell(status, {"failed": str(error)})
            os._exit(1)
        for fd in (order.link, order.stdout, order.stderr):
            os.close(fd)
        _tell(status, {"started": True})
        reason, peak, asked = _watch(order.limits, inmates, status)
        wait_status, total = inmates.finish()
        outside = False
        if reason is None and wait_status is not None:
            reason = _how_it_ended(wait_status, order.limits)
            outside = os.WIFSIGNALED(wait_status) and os.WTERMSIG(wait_status) == signal.SIGKILL
        elif reason is None and not asked:
            reason, outside = "killed from outside, perhaps for want of memory", True
        peak.memory = max(peak.memory, total.memory)
        peak.cpu_seconds = max(peak.cpu_seconds, total.cpu_seconds)
        found = {"reason": reason, "cpu_seconds": peak.cpu_seconds, "peak_memory": peak.memory, "outside": outside}
        _tell(status, found)
    except Exception as error:  # a bug here; say so, since nobody reads this process's stderr
        _tell(status, {"reason": f"its keeper failed: {error!r}", "cpu_seconds": 0.0, "peak_memory": 0})
    finally:
        os._exit(0)


def _watch(limits: Limits, inmates: Inmates, status: socket.socket) -> tuple[str | None, Usage, bool]:
    """Stay until the room is over or must be.

    Gives the reason if it must be, the most that it used, and whether the grader asked for the end.
    """
    deadline = time.monotonic() + limits.seconds
    peak = Usage()
    last_few = time.monotonic()
    while True:
        left = deadline - time.monotonic()
        watched = [status.fileno(), inmates.first]
        ready = select.select(watched, [], [], max(0.0, min(INTERVAL, left)))[0]
        ending = status.fileno() in ready and not _obey(status, inmates)
        if inmates.first not in ready:
            now = inmates.measure()
            peak.memory = max(peak.memory, now.memory)
            peak.cpu_seconds = max(peak.cpu_seconds, now.cpu_seconds)
            if now.processes <= _MANY * limits.processes:
                last_few = time.monotonic()
            elif time.monotonic() - last_few > _LONG:
                return f"kept {now.processes} processes running, of {limits.processes} that it may have", peak, False
        if peak.memory > limits.memory:
            return f"used more than {limits.memory // MEGABYTE} MB of memory", peak, False
        if peak.cpu_seconds > limits.cpu_seconds:
            return _too_much_processor(limits), peak, False
        if ending or inmates.first in ready:
            return None, peak, ending and inmates.first not in ready  # it may have been dead when it was asked
        if time.monotonic() >= deadline:
            return f"ran longer than {limits.seconds:g} s", peak, False


def _obey(status: socket.socket, inmates: Inmates) -> bool:
    """Do what the grader says; False when that is to end the room, or when the grader has gone."""
    with contextlib.suppress(ConnectionError):
        if status.recv(64) == b"interrupt":
            inmates.interrupt()
            return True
    return False


def _tell(status: socket.socket, what: dict[str, Any]) -> None:
    with contextlib.suppress(OSError):  # nobody may be there any more
        status.send(json.dumps(what).encode())


def _how_it_ended(wait_status: int, limits: Limits) -> str | None:
    if not os.WIFSIGNALED(wait_status):
        return None
    number = os.WTERMSIG(wait_status)
    if number == signal.SIGXCPU:
        return _too_much_processor(limits)
    try:
        return f"killed by {signal.Signals(number).name}"
    except ValueError:
        return f"killed by signal {number}"


def _too_much_processor(limits: Limits) -> str:
    return f"used more than {limits.cpu_seconds} s of processor time"
