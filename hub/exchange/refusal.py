"""A request that is refused: a status and one line for whoever made it."""

from __future__ import annotations

from tornado.web import HTTPError

__all__ = ["RefusedError"]


class RefusedError(HTTPError):
    """Told to the caller as JSON, `{"error": line}`."""

    def __init__(self, status: int, line: str) -> None:
        super().__init__(status)
        self.line = line
