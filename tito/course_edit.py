"""Changing course.toml by program: its comments and its order are kept, and it is checked before it is written.

The file stays the one place that says when something happens: a second file of overrides would have to be read
beside it.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import tomlkit
from tomlkit.items import Comment, Table, Whitespace

from tito.course import COURSE_FILE, Course
from tito.errors import CourseFileError, UnknownModuleError
from tito.files import locked, write_if_changed
from tito.modules import Module, find_module
from tito.schedule import Values, written

__all__ = ["Changes", "change_modules", "checked"]

Changes = Mapping[Module, Values]


def change_modules(course: Course, changes: Changes) -> Course:
    """Write `changes` into the `[modules.NN]` tables; gives the course as it is then.

    Raises:
        CourseFileError: the file would make no sense; it is as it was.
    """
    path = course.root / COURSE_FILE
    real = path.resolve()  # a course folder of `make serve` links to the checkout's
    with locked(real.parent):
        after = checked(real.read_text(encoding="utf-8"), changes, path)
        changed = Course.of(course.root, tomllib.loads(after))
        write_if_changed(real, after)
    return changed


def checked(text: str, changes: Changes, path: Path) -> str:
    """The text of the file `path` with `changes`.

    Raises:
        CourseFileError: it is written in a way that a program cannot edit.
    """
    after = edited(text, changes)
    if tomllib.loads(after) != _expected(tomllib.loads(text), changes):
        raise CourseFileError(f"{path}: its [modules] tables cannot be edited by program; write {_said(changes)}")
    return after


def edited(text: str, changes: Changes) -> str:
    """The text of a course.toml with `changes`; the same text where there is nothing to change."""
    document = tomlkit.parse(text)
    for module, values in changes.items():
        table = _table(document, module, create=any(value is not None for value in values.values()))
        for key, value in values.items():
            if table is None or table.get(key) == value:
                continue
            if value is None:
                table.pop(key)
            elif key in table:
                table[key] = value
            else:
                _add(table, key, value)
    return tomlkit.dumps(document)


def _table(document: tomlkit.TOMLDocument, module: Module, create: bool) -> Any:
    if "modules" not in document and create:
        document["modules"] = tomlkit.table(is_super_table=True)
    modules: Any = document.get("modules", {})
    for key in modules:
        if _number(key) == module.number:
            return modules[key]
    if not create:
        return None
    modules[f"{module.number:02d}"] = tomlkit.table()
    return modules[f"{module.number:02d}"]


def _number(key: str) -> int | None:
    try:
        return find_module(key).number
    except UnknownModuleError:
        return None


def _add(table: Any, key: str, value: Any) -> None:
    """Put a key after the last one. Comments at the table's end stay there: they are about the next table."""
    if not isinstance(table, Table):
        table[key] = value
        return
    body = table.value.body
    trailing: list[Any] = []
    while body and isinstance(body[-1][1], Comment | Whitespace):
        trailing.insert(0, body.pop())
    table[key] = value
    body.extend(trailing)


def _expected(values: dict[str, Any], changes: Changes) -> dict[str, Any]:
    """What the file should say then, without its comments."""
    for module, keys in changes.items():
        modules = values.get("modules", {})
        name = next((key for key in modules if _number(key) == module.number), f"{module.number:02d}")
        for key, value in keys.items():
            if value is not None:
                values.setdefault("modules", {}).setdefault(name, {})[key] = value
            else:
                modules.get(name, {}).pop(key, None)
    return values


def _said(changes: Changes) -> str:
    lines = [
        f"[modules.{module.number:02d}] {written(key, value)}"
        for module, keys in changes.items()
        for key, value in keys.items()
        if value is not None
    ]
    return f"{', '.join(lines) or 'it'} by hand (nothing was changed)"
