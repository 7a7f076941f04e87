"""Who is in the course: roster.csv beside course.toml for a class, course.toml's [roster] table for a handful.

The rule: staff are those of the table and of the file together, so that no import can lock an instructor out.
Students are those of the file alone as soon as there is one.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

from tito.errors import RosterError
from tito.roster_csv import Person, Row, read_rows
from tito.tables import Tables

__all__ = [
    "ROSTER_FILE",
    "Person",
    "Roster",
    "join_roster",
    "parse_roster",
    "read_roster",
    "read_table",
    "roster_path",
    "user_name_problem",
]

ROSTER_FILE = "roster.csv"

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")
_SECTION = re.compile(r"\w[\w .-]{0,63}")
_ROLES = {"instructor": "an instructor", "ta": "a TA", "student": "a student"}


def user_name_problem(name: object) -> str | None:
    """Why `name` cannot be a person's name in the course, or None.

    Names become folder names and parts of nbgrader's `name+assignment+time` submission folders.
    """
    if isinstance(name, str) and _NAME.fullmatch(name):
        return None
    return f"{name!r} must be 1 to 64 letters, digits, '.', '_' or '-', starting with a letter or digit"


@dataclass(frozen=True)
class Roster:
    """Everyone in the course, each with one role."""

    people: tuple[Person, ...]

    def names(self, role: str) -> tuple[str, ...]:
        """The names of those with `role`, in the roster's order."""
        return tuple(person.name for person in self.people if person.role == role)

    def sections(self, *roles: str) -> dict[str, tuple[str, ...]]:
        """Each section's people with one of `roles`, by section."""
        known = sorted({section for person in self.people for section in person.sections})
        return {
            section: tuple(person.name for person in self.people if person.role in roles and section in person.sections)
            for section in known
        }

    def students_of(self, person: Person) -> tuple[str, ...]:
        """The students a member of staff looks after: a TA's sections', else everybody."""
        if person.role != "ta" or not person.sections:
            return self.names("student")
        sections = set(person.sections)
        return tuple(one.name for one in self.people if one.role == "student" and sections & set(one.sections))

    def find(self, name: str) -> Person | None:
        """The person called `name`."""
        return next((person for person in self.people if person.name == name), None)


def roster_path(course_file: Path) -> Path:
    """Where the roster stands: beside the real course.toml, so that a course folder that links to it has the same."""
    return course_file.resolve().with_name(ROSTER_FILE)


def read_roster(tables: Tables) -> Roster:
    """The roster of a course.

    Raises:
        CourseFileError: somebody in the [roster] table has no usable name, or is there twice.
        RosterError: roster.csv cannot be read, or does not fit to the table.
    """
    table, path = read_table(tables), roster_path(tables.path)
    return join_roster(tables.path, table, parse_roster(path)) if path.is_file() else Roster(table)


def read_table(tables: Tables) -> tuple[Person, ...]:
    """Those in the [roster] table.

    Raises:
        CourseFileError: somebody has no usable name, or is there twice.
    """
    table = tuple(Person(name, role) for role in _ROLES for name in _listed(tables, f"{role}s"))
    _refuse_twins(tables, table)
    return table


def join_roster(course_file: Path, table: tuple[Person, ...], people: tuple[Person, ...]) -> Roster:
    """The roster that the table's staff and a file's people make.

    Raises:
        RosterError: somebody has one role here and another there.
    """
    staff = [person for person in table if person.role != "student"]
    in_file = {person.name.lower(): person for person in people}
    for person in staff:
        other = in_file.get(person.name.lower())
        if other is not None and (other.name, other.role) != (person.name, person.role):
            raise RosterError.of(
                roster_path(course_file),
                [
                    f"{other.name!r} is {_ROLES[other.role]} and {person.name!r} is {_ROLES[person.role]} "
                    "in course.toml's [roster]; one person has one role"
                ],
            )
    return Roster((*(person for person in staff if person.name.lower() not in in_file), *people))


def _listed(tables: Tables, key: str) -> tuple[str, ...]:
    names = tables.get("roster", key, list, [])
    for name in names:
        problem = user_name_problem(name)
        if problem:
            tables.fail(f"roster.{key}", problem)
    return tuple(names)


def _refuse_twins(tables: Tables, people: tuple[Person, ...]) -> None:
    everyone = [person.name.lower() for person in people]
    for name in everyone:
        if everyone.count(name) > 1:
            tables.fail("roster", f"names {name!r} twice; one person has one role, and case does not tell two apart")


def parse_roster(path: Path) -> tuple[Person, ...]:
    """The people in a CSV file.

    Raises:
        RosterError: a line of it cannot be used; `problems` has one line for each.
    """
    rows = read_rows(path)
    found = [(row.line, problem) for row in rows for problem in _problems(row)]
    found += _duplicates(rows, "name") + _duplicates(rows, "id")
    if found:
        raise RosterError.of(path, [f"line {line}: {problem}" for line, problem in sorted(found)])
    if not rows:
        raise RosterError.of(path, ["has no line with a person; an empty class is no roster"])
    return tuple(row.person for row in rows)


def _problems(row: Row) -> list[str]:
    person = row.person
    found = [f"name {problem}"] if (problem := user_name_problem(person.name)) else []
    if person.role not in _ROLES:
        found.append(f"role {person.role!r} of {person.name!r} is none of student, ta, instructor")
    for section in person.sections:
        if not _SECTION.fullmatch(section):
            found.append(f"section {section!r} must be letters, digits, spaces, '.', '_' or '-'")
    if person.role == "student" and len(person.sections) > 1:
        found.append(f"student {person.name!r} is in more than one section: {', '.join(person.sections)}")
    return found


def _duplicates(rows: list[Row], field: str) -> list[tuple[int, str]]:
    first: dict[str, int] = {}
    problems = []
    for row in rows:
        value = getattr(row.person, field).lower()
        if value and first.setdefault(value, row.line) != row.line:
            problems.append((row.line, f"{field} {value!r} stands in line {first[value]} already"))
    return problems
