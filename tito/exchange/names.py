"""Which names files may have on their way through the exchange: they become paths on other people's machines."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable
from pathlib import PurePosixPath

from tito.errors import HandInError

__all__ = ["check_together", "checked_name"]

LONGEST_NAME = 200
"""Bytes of a whole path in UTF-8: with the folders before it, it still fits every file system."""

DEEPEST = 8


def checked_name(name: str) -> str:
    """The relative path `name`, with `/` between its parts and in one Unicode spelling (NFC).

    Raises:
        HandInError: it could lead out of its folder, hide something from a reader, or not be a file's name.
    """
    normal = unicodedata.normalize("NFC", name)
    problem = _problem(normal)
    if problem:
        raise HandInError(f"the file name {name[:80]!r} {problem}; rename the file (nothing was sent on)")
    return normal


def _problem(name: str) -> str | None:
    parts = name.split("/")
    rules = {
        "has characters that cannot be seen": not name.isprintable(),
        "has a backslash": "\\" in name,
        "is no plain relative path": any(part in {"", ".", ".."} for part in parts),
        "starts or ends with a space": any(part != part.strip() for part in parts),
        f"is longer than {LONGEST_NAME} bytes": len(name.encode(errors="replace")) > LONGEST_NAME,
        f"is more than {DEEPEST} folders deep": len(parts) > DEEPEST,
    }
    return next((problem for problem, broken in rules.items() if broken), None)


def check_together(names: Iterable[str]) -> None:
    """See that checked names can stand in one folder.

    Raises:
        HandInError: one comes twice, or is a file and a folder at once.
    """
    seen: set[str] = set()
    for name in names:
        if name in seen:
            raise HandInError(f"the file {name!r} is there twice; keep one of them (nothing was sent on)")
        seen.add(name)
    for name in seen:
        for folder in map(str, PurePosixPath(name).parents):
            if folder in seen:
                raise HandInError(f"{folder!r} is both a file and a folder; rename one (nothing was sent on)")
