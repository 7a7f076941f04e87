"""Reading course.toml's tables: each value that does not fit is named by file, table and key, on one line."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterable
from difflib import get_close_matches
from pathlib import Path
from typing import Any, NoReturn

from tito.errors import CourseFileError

__all__ = ["Tables", "near", "read_toml"]


def read_toml(path: Path) -> dict[str, Any]:
    """The values in the file `path`.

    Raises:
        CourseFileError: it is missing or no TOML; the line at fault is quoted.
    """
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise CourseFileError(f"{path} cannot be read: {error} (nothing was changed)") from None
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise CourseFileError(f"{path} {_reason(text, str(error))} (nothing was changed)") from None


def _reason(text: str, problem: str) -> str:
    """What is wrong with a line that the TOML parser refuses, in an instructor's words."""
    found = re.search(r" \(at line (\d+), column \d+\)$", problem)
    if found is None:
        return f"cannot be read: {problem}"
    line = text.splitlines()[int(found[1]) - 1].strip()
    if problem.startswith("Invalid date or datetime"):
        problem = "names a date or time that does not exist"
    return f"line {found[1]}: {line!r} cannot be read: {problem.removesuffix(found[0])}"


def near(key: str, known: Iterable[str]) -> str:
    """What somebody who wrote `key` most likely meant; empty if nothing known is like it."""
    return (get_close_matches(key, sorted(known), 1) or [""])[0]


class Tables:
    """Takes values out of the tables. Keys that nobody asked for are typing errors: see `refuse_unknown_keys`."""

    def __init__(self, path: Path, values: dict[str, Any]) -> None:
        self.path = path
        self.values = values
        self._asked: dict[str, set[str]] = {}

    def get(self, table: str, key: str, kind: Any, *default: Any) -> Any:
        """The value of a key; without a `default` the key must be there."""
        self._asked.setdefault(table, set()).add(key)
        value = self.table(table).get(key, *default[:1])
        if value is None and not default:
            self.fail(f"{table}.{key}", "is missing")
        if value is not None and not isinstance(value, kind):
            self.fail(f"{table}.{key}", f"has the wrong type: {value!r}")
        return value

    def number(self, table: str, key: str, default: float) -> float:
        """A number of at least 0."""
        value = self.get(table, key, (int, float), default)
        if isinstance(value, bool) or not 0 <= value < 1e6:
            self.fail(f"{table}.{key}", f"must be a number of at least 0, got {value!r}")
        return float(value)

    def days(self, table: str, key: str, default: int) -> int:
        """A whole number of days, at most a year."""
        value = self.get(table, key, (int, float), default)
        if isinstance(value, bool) or value != value // 1 or not 0 <= value <= 366:
            self.fail(f"{table}.{key}", f"must be a whole number of days from 0 to 366, got {value!r}")
        return int(value)

    def table(self, name: str) -> dict[str, Any]:
        """A whole table; an empty one where the file has none."""
        found = self.values.get(name, {})
        if not isinstance(found, dict):
            self.fail(name, f"must be a table, [{name}], got {found!r}")
        return dict(found)

    def refuse_unknown_keys(self) -> None:
        """Name the first key of a table read by `get` that nothing asked for; call it once all is read."""
        for table, known in self._asked.items():
            for key in self.table(table):
                if key not in known:
                    self.fail(f"{table}.{key}", f"is not a key of this table; {self.remedy(key, known)}")

    @staticmethod
    def remedy(key: str, known: set[str]) -> str:
        """What somebody who wrote `key` meant, or else could have written."""
        meant = near(key, known)
        return f"did you mean {meant}?" if meant else f"it has {', '.join(sorted(known))}"

    def fail(self, key: str, problem: str) -> NoReturn:
        """Refuse the file.

        Raises:
            CourseFileError: always.
        """
        raise CourseFileError(f"{self.path}: {key} {problem} (nothing was changed)")
