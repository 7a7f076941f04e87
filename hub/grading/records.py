"""What the service notes for itself. Each can be lost: it then does something once more, and nothing wrong."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from tito.files import write_if_changed

__all__ = ["Attempts", "Summaries", "Summary", "read_json", "write_json"]


def read_json(path: Path) -> dict[str, Any]:
    """A file's object; an empty one where there is none or it cannot be read."""
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return found if isinstance(found, dict) else {}


def write_json(path: Path, values: dict[str, Any]) -> None:
    """Put an object into a file, whole or not at all.

    Raises:
        ToolError: it cannot be written.
    """
    write_if_changed(path, json.dumps(values, indent=1, sort_keys=True) + "\n")


class Attempts:
    """How often each submission was begun and not ended: what ends the service itself must not do so for ever."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def begin(self, number: str) -> int:
        """Count one more; gives how many there were before."""
        found = read_json(self.path)
        before = int(found.get(number, 0))
        write_json(self.path, {**found, number: before + 1})
        return before

    def end(self, number: str) -> None:
        found = read_json(self.path)
        if found.pop(number, None) is not None:
            write_json(self.path, found)


@dataclass(frozen=True)
class Summary:
    """What came of the visible tests of one submission; no tests where they could not be run."""

    passed: int
    tests: int


class Summaries:
    """By student, for the list of their submissions; the page on each is in the exchange."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def of(self, student: str) -> dict[str, Summary]:
        found = read_json(self.folder / f"{student}.json")
        return {number: Summary(**values) for number, values in found.items()}

    def note(self, student: str, number: str, summary: Summary) -> None:
        path = self.folder / f"{student}.json"
        write_json(path, {**read_json(path), number: asdict(summary)})
