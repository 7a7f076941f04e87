"""Messages on a connected socket: four bytes of length and the body."""

from __future__ import annotations

import os
import socket
import struct
import time
from collections.abc import Callable

from tito.room.budget import MESSAGE_LIMIT, WireError

__all__ = ["Stream"]

_LOOKING = 0.0002
"""Seconds that either side looks for an answer before it sleeps."""

_AFTER_A_MISS = 8
"""Messages that are waited for asleep after one that did not come while it was looked for."""


class Stream:
    """Messages on a connected socket."""

    def __init__(self, link: socket.socket) -> None:
        self._link = link
        self._buffer = bytearray()
        self._asleep = 0  # messages that will be waited for without a look

    def send(self, body: bytes, until_ready: Callable[[], None] | None = None) -> None:
        """Send one message.

        `until_ready()` is called when the partner does not read, and returns when it does or raises; without it, that
        takes as long as it takes.

        Raises:
            WireError: it is too long, or the partner is gone.
        """
        if len(body) > MESSAGE_LIMIT:
            raise WireError(f"a message of {len(body)} bytes; at most {MESSAGE_LIMIT} are allowed")
        left = memoryview(struct.pack(">I", len(body)) + body)
        while left:
            try:
                left = left[self._link.send(left, 0 if until_ready is None else socket.MSG_DONTWAIT) :]
            except BlockingIOError:
                assert until_ready is not None
                until_ready()
            except OSError as error:
                raise WireError(f"the partner is gone: {error.strerror}") from None

    def receive(self, deadline: float | None = None, meanwhile: Callable[[float | None], None] | None = None) -> bytes:
        """The next message.

        `meanwhile(seconds)` is called before each wait and returns when the socket can be read or that time has
        passed; without it there is no deadline either.

        Raises:
            WireError: the partner is gone or announces too long a message.
            TimeoutError: `deadline` (on `time.monotonic`'s clock) passed first.
        """
        if deadline is not None and time.monotonic() >= deadline:
            raise TimeoutError  # also when messages lie here that were not read: their flood may have no end
        self._fill(4, deadline, meanwhile)
        (length,) = struct.unpack_from(">I", self._buffer)
        if length > MESSAGE_LIMIT:
            raise WireError(f"a message of {length} bytes was announced; at most {MESSAGE_LIMIT} are allowed")
        self._fill(4 + length, deadline, meanwhile)
        message = bytes(self._buffer[4 : 4 + length])
        del self._buffer[: 4 + length]
        return message

    def _fill(self, size: int, deadline: float | None, meanwhile: Callable[[float | None], None] | None) -> None:
        """Read until `size` bytes are there."""
        while len(self._buffer) < size:
            left = None if deadline is None else deadline - time.monotonic()
            if left is not None and left <= 0:
                raise TimeoutError
            chunk = self._look()
            if chunk is None:
                if meanwhile is not None:
                    meanwhile(left)
                chunk = self._recv(0 if meanwhile is None else socket.MSG_DONTWAIT)
            if chunk == b"":
                raise WireError("the partner hung up")
            self._buffer += chunk or b""

    def _look(self) -> bytes | None:
        """What comes at once, without sleeping: waking up takes longer than most answers. Others have the core first.

        Where the partner has no core to answer on, looking takes it away from somebody: then not for some messages.
        """
        if self._asleep:
            self._asleep -= 1
            return None
        end = time.monotonic() + _LOOKING
        while True:
            chunk = self._recv(socket.MSG_DONTWAIT)
            if chunk is not None:
                return chunk
            if time.monotonic() >= end:
                self._asleep = _AFTER_A_MISS
                return None
            os.sched_yield()

    def _recv(self, flags: int) -> bytes | None:
        """What is there; empty when the partner hung up, None when nothing came."""
        try:
            return self._link.recv(1 << 18, flags)
        except BlockingIOError:
            return None
        except OSError as error:
            raise WireError(f"the partner is gone: {error.strerror}") from None
