"""A roster as a CSV file, also as spreadsheets write it: byte order mark, semicolons, CRLF, Windows letters."""

from __future__ import annotations

import csv
from collections.abc import Iterable
from dataclasses import dataclass
from io import StringIO
from pathlib import Path

from tito.errors import RosterError

__all__ = ["Person", "Row", "read_rows", "roster_text"]

_REQUIRED = ("name", "id", "section", "role")
_OPTIONAL = ("first_name", "last_name", "email")
_SAME = {"user": "name", "username": "name", "user_name": "name", "sections": "section"}
_SEPARATOR = "+"
"""Between a TA's sections: a comma and a semicolon may separate columns."""


@dataclass(frozen=True)
class Person:
    """One line of the roster."""

    name: str
    """The user name: what they log in with and what their submissions are filed under."""
    role: str
    id: str = ""
    """The university's number."""
    sections: tuple[str, ...] = ()
    """A student has at most one; a TA without one sees all."""
    first_name: str = ""
    last_name: str = ""
    email: str = ""


@dataclass(frozen=True)
class Row:
    """A person and the line of the file that names them."""

    line: int
    person: Person


def read_rows(path: Path) -> list[Row]:
    """The people of a CSV file, unchecked but for its columns; empty lines are skipped.

    Raises:
        RosterError: the file or its heading cannot be read.
    """
    text = _text(path)
    heading, _, rest = text.partition("\n")
    skipped = 1 if heading.lower().startswith("sep=") else 0  # Excel's own first line
    text = rest if skipped else text
    delimiter = _delimiter(text.partition("\n")[0])
    reader = csv.reader(StringIO(text, newline=""), delimiter=delimiter, strict=True)
    try:
        columns = _columns(path, next(reader, []))
        rows = []
        for values in reader:
            if any(value.strip() for value in values):
                line = reader.line_num + skipped
                if len(values) > len(columns) and any(value.strip() for value in values[len(columns) :]):
                    raise RosterError.of(path, [f"line {line}: has {len(values)} values for {len(columns)} columns"])
                rows.append(Row(line, _person(dict(zip(columns, values, strict=False)))))
    except csv.Error as error:
        raise RosterError.of(path, [f"line {reader.line_num + skipped}: {error}"]) from None
    return rows


def roster_text(people: Iterable[Person]) -> str:
    """The people as a plain CSV file, sorted by name."""
    file = StringIO(newline="")
    writer = csv.writer(file, lineterminator="\n")
    writer.writerow([*_REQUIRED, *_OPTIONAL])
    for person in sorted(people, key=lambda person: person.name.lower()):
        sections = _SEPARATOR.join(person.sections)
        writer.writerow(
            [person.name, person.id, sections, person.role, person.first_name, person.last_name, person.email]
        )
    return file.getvalue()


def _text(path: Path) -> str:
    try:
        data = path.read_bytes()
    except OSError as error:
        raise RosterError.of(path, [f"cannot be read: {error.strerror}"]) from None
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        return data.decode("utf-16", errors="replace")
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError:
        return data.decode("cp1252", errors="replace")  # what Excel writes on a western Windows


def _delimiter(heading: str) -> str:
    return max(",;\t", key=heading.count)


def _columns(path: Path, heading: list[str]) -> list[str]:
    names = [name.strip().lower().replace(" ", "_") for name in heading]
    columns = [_SAME.get(name, name) for name in names]
    missing = [name for name in _REQUIRED if name not in columns]
    if missing:
        problem = f"line 1: column {missing[0]} is missing; the heading is {', '.join(_REQUIRED)}"
        raise RosterError.of(path, [f"{problem} and optionally {', '.join(_OPTIONAL)}"])
    for name in (*_REQUIRED, *_OPTIONAL):
        if columns.count(name) > 1:
            raise RosterError.of(path, [f"line 1: column {name} stands there twice"])
    return columns


def _person(values: dict[str, str]) -> Person:
    clean = {name: " ".join(value.split()) for name, value in values.items()}
    sections = tuple(part.strip() for part in clean.get("section", "").split(_SEPARATOR) if part.strip())
    others = {name: clean.get(name, "") for name in ("id", *_OPTIONAL)}
    return Person(clean.get("name", ""), clean.get("role", "").lower(), sections=sections, **others)
