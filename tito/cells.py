"""What a notebook cell is for: nbgrader's flags, the export directives, its points.

Works on plain mappings, so that hostile notebooks can be asked the same questions as our own.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

__all__ = [
    "SCHEMA_VERSION",
    "default_exp",
    "directives",
    "grade_id",
    "has_solution_region",
    "is_exported",
    "is_graded",
    "is_locked",
    "is_solution",
    "nbgrader_metadata",
    "points",
]

Cell = Mapping[str, Any]

SCHEMA_VERSION = 3
"""Version of nbgrader's cell metadata that the course writes."""

_DIRECTIVE = re.compile(r"#\|\s*(\w+)\s*(.*?)\s*")


def nbgrader_metadata(cell: Cell) -> Mapping[str, Any]:
    """The cell's nbgrader metadata, empty when it has none or something else stands there."""
    metadata = cell.get("metadata")
    found = metadata.get("nbgrader") if isinstance(metadata, Mapping) else None
    return found if isinstance(found, Mapping) else {}


def grade_id(cell: Cell) -> str | None:
    """The cell's name in the gradebook, or None."""
    found = nbgrader_metadata(cell).get("grade_id")
    return found if isinstance(found, str) and found else None


def is_solution(cell: Cell) -> bool:
    """Does a student write in this cell?"""
    return nbgrader_metadata(cell).get("solution") is True


def is_graded(cell: Cell) -> bool:
    """Does this cell earn points?"""
    return nbgrader_metadata(cell).get("grade") is True


def is_locked(cell: Cell) -> bool:
    """Is this cell ours, restored whenever a student changed it?"""
    metadata = nbgrader_metadata(cell)
    return not is_solution(cell) and (is_graded(cell) or metadata.get("locked") is True)


def points(cell: Cell) -> float:
    """The most that the cell can earn."""
    found = nbgrader_metadata(cell).get("points", 0)
    return float(found) if is_graded(cell) and isinstance(found, int | float) else 0.0


def directives(cell: Cell) -> dict[str, str]:
    """The `#| name value` lines on top of a code cell, `{"export": "", "default_exp": "core.tensor"}` for example."""
    found: dict[str, str] = {}
    if cell.get("cell_type") != "code":
        return found
    for line in str(cell.get("source", "")).splitlines():
        match = _DIRECTIVE.fullmatch(line)
        if match:
            found[match[1]] = match[2]
        elif line.strip():
            break
    return found


def is_exported(cell: Cell) -> bool:
    """Does the cell's code become part of the library?"""
    return "export" in directives(cell)


def default_exp(cells: list[Cell]) -> str | None:
    """The library module that the notebook exports to, `core.tensor` for example."""
    return next((found["default_exp"] for found in map(directives, cells) if "default_exp" in found), None)


def has_solution_region(cell: Cell) -> bool:
    """Is there a region that releasing replaces by a stub?"""
    return "### BEGIN SOLUTION" in str(cell.get("source", ""))
