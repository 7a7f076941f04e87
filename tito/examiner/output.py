"""What a room prints, kept up to a limit."""

from __future__ import annotations

import os
import time

__all__ = ["Output"]

_LIMIT = 100_000


class Output:
    """One stream of a room: its read end, and what came since it was last taken."""

    def __init__(self, descriptor: int, limit: int = _LIMIT) -> None:
        self._descriptor = descriptor
        self._limit = limit
        self._kept, self._seen = b"", 0
        self.ended = False
        os.set_blocking(descriptor, False)

    def fileno(self) -> int:
        """For `select`."""
        return self._descriptor

    def read(self, seconds: float = 0.2) -> None:
        """Read all that is there, for at most `seconds`: a room may print faster than we read."""
        until = time.monotonic() + seconds
        while not self.ended and time.monotonic() < until:
            try:
                chunk = os.read(self._descriptor, 1 << 16)
            except BlockingIOError:
                return
            except OSError:
                chunk = b""
            self.ended = not chunk
            self._seen += len(chunk)
            if len(self._kept) < self._limit:
                self._kept = (self._kept + chunk)[: self._limit]

    def read_rest(self) -> None:
        """Read what a room that has ended left behind."""
        self.read(1.0)
        self.ended = True

    def take(self) -> str:
        """What came since the last call, as text that any file can hold."""
        if not self.ended:
            self.read()
        text = self._kept.decode("utf-8", "replace")
        if self._seen > self._limit:
            text += f"\n... ({self._seen} bytes, cut at {self._limit})\n"
        self._kept, self._seen = b"", 0
        return text
