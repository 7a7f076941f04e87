"""The hub's log: kept whole in a file, with what matters told on the terminal."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

__all__ = ["HubLog"]

LARGEST = 5 * 1024 * 1024
"""Bytes. A larger log is put aside at the next start, and the one before it is dropped."""

_WARNING = re.compile(r"^\[[WEC] [^\]]*JupyterHub (?!log:)[^\]]*\] (.*)")
"""A warning or worse of the hub's; not one of its lines about requests, which a mistyped address makes too."""

_REASON = re.compile(
    r"^(?:\[[EC] [^\]]*JupyterHub[^\]]*\] )?"
    r"((?<=\] ).+|(?:proxy|exchange|grading|libraries): .+|(?:\w+\.)*\w*(?:Error|Exit)\b.*)"
)
"""An error of the hub's or the proxy's, or the last line of a traceback."""

_SERVICES = ("proxy: ", "exchange: ", "grading: ", "libraries: ")

_EXPECTED = (
    "without SSL",
    "Received signal",
    "Found proxy pid file",
    "Proxy no longer running",
    "slow to become responsive",  # the browser shows that the server starts
    "stopped while the Hub was down",
    "Adding missing route for",  # a fresh proxy knows no service yet
    "to complete OAuth without confirmation",  # the services' pages are the course's own
)


class HubLog:
    """What one start of the hub writes; earlier starts' lines are skipped."""

    def __init__(self, path: Path) -> None:
        self.path = path
        if path.is_file() and path.stat().st_size > LARGEST:
            path.replace(path.with_suffix(".log.1"))
        path.touch()
        self._begin = self._told = path.stat().st_size

    def news(self) -> Iterator[str]:
        """The hub's warnings and errors since the last call, without their time stamps."""
        text = self._read(self._told)
        whole = text[: text.rfind(b"\n") + 1]
        self._told += len(whole)
        for line in whole.decode(errors="replace").splitlines():
            match = _WARNING.match(line)
            if match and not any(expected in line for expected in _EXPECTED):
                yield match[1]

    def why(self) -> str:
        """Why the hub failed, as far as it said, and where to read more; on one line."""
        lines = self._read(self._begin).decode(errors="replace").splitlines()
        reasons = [match[1].strip() for match in map(_REASON.match, lines) if match]
        said = [reason for reason in reasons if not any(expected in reason for expected in _EXPECTED)]
        said.sort(key=lambda reason: reason.startswith(_SERVICES))  # the hub only says that they failed
        return f"{said[-1] if said else 'it gave no reason'} (log: {self.path}; all work is kept)"

    def _read(self, start: int) -> bytes:
        with self.path.open("rb") as file:
            file.seek(start)
            return file.read()
