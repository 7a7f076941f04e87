"""What one server of each role may use: the tables [limits.student] and [limits.staff] of course.toml."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from tito.tables import Tables

__all__ = ["PATTERNS", "ROLES", "read_limits"]

ROLES = ("student", "staff")

PATTERNS = {
    "memory": r"[1-9]\d{0,5}[KMG]",
    "processors": r"\d{1,3}(\.\d+)?",
    "processes": r"[1-9]\d{1,5}",
    "disk": r"[1-9]\d{0,5}[MG]",
}
"""Each limit, and what its value looks like as text."""

_EXAMPLES = {"memory": '"1G" or "768M"', "processors": "1.5", "processes": "256", "disk": '"2G" or "500M"'}


def read_limits(tables: Tables) -> dict[str, dict[str, str]]:
    """The limits that course.toml sets, by role and name; what it leaves out has defaults elsewhere.

    Raises:
        CourseFileError: a role, a name or a value makes no sense.
    """
    found: dict[str, dict[str, str]] = {}
    for role, values in tables.table("limits").items():
        if role not in ROLES or not isinstance(values, dict):
            tables.fail(f"limits.{role}", "must be a table [limits.student] or [limits.staff]")
        found[role] = _read_role(tables, role, values)
    return found


def _read_role(tables: Tables, role: str, values: Mapping[str, Any]) -> dict[str, str]:
    for name, value in values.items():
        if name not in PATTERNS:
            tables.fail(f"limits.{role}.{name}", f"is no limit; {tables.remedy(name, set(PATTERNS))}")
        text = str(value)
        fits = re.fullmatch(PATTERNS[name], text) and not isinstance(value, bool)
        if not fits or (name == "processors" and float(text) <= 0):
            tables.fail(f"limits.{role}.{name}", f"must be such as {_EXAMPLES[name]}, got {value!r}")
    return {name: str(value) for name, value in values.items()}
