"""Verbs for the roster: import a CSV file."""

from __future__ import annotations

from pathlib import Path

import typer

from tito import gradebook
from tito.class_copy import refuse_copy
from tito.commands.context import console
from tito.course import COURSE_FILE, Course
from tito.errors import RosterError
from tito.files import locked, write_if_changed
from tito.hand_over import to_hand_over
from tito.roster import Person, parse_roster, roster_path
from tito.roster_csv import roster_text

__all__ = ["import_roster"]


def import_roster(path: Path, dry_run: bool) -> None:
    """Make the people in `path` the course's roster; who is not in it loses access and nothing else."""
    course = Course.find()
    if not dry_run:
        refuse_copy(course)
    target = roster_path(course.root / COURSE_FILE)
    try:
        people = parse_roster(path)
    except RosterError as error:
        for problem in error.problems:
            typer.echo(f"tito: {path}: {problem}", err=True)
        typer.echo(f"tito: the roster is as it was ({len(error.problems)} to mend)", err=True)
        raise typer.Exit(error.exit_code) from None
    with locked(target.parent):
        after = course.with_roster(people)
        lines = _differences(course.roster.people, after.roster.people)
        if not dry_run:
            write_if_changed(target, roster_text(people))
    if not dry_run:
        gradebook.record_people(after)
    for line in lines:
        console.print(line, markup=False, soft_wrap=True)
    _tell(after, len(lines), dry_run)


def _differences(before: tuple[Person, ...], after: tuple[Person, ...]) -> list[str]:
    old, new = ({person.name: person for person in people} for people in (before, after))
    added = [f"+ {_said(new[name])}" for name in sorted(new.keys() - old.keys())]
    removed = [f"- {_said(old[name])}" for name in sorted(old.keys() - new.keys())]
    both = sorted(name for name in old.keys() & new.keys() if old[name] != new[name])
    return [*added, *removed, *(f"~ {_said(old[name])} -> {_said(new[name])}" for name in both)]


def _said(person: Person) -> str:
    named = " ".join(filter(None, [person.first_name, person.last_name]))
    about = [person.role, *(f"section {section}" for section in person.sections), person.id, named, person.email]
    return f"{person.name} ({', '.join(filter(None, about))})"


def _tell(course: Course, changes: int, dry_run: bool) -> None:
    roles = ((course.students, "student"), (course.tas, "TA"), (course.instructors, "instructor"))
    counts = ", ".join(f"{len(names)} {role}{'s' * (len(names) != 1)}" for names, role in roles)
    if dry_run:
        console.print(f"{changes} differences; nothing was changed. The roster would have {counts}.", soft_wrap=True)
    elif changes:
        told = to_hand_over(course) or "A hub that runs reads it when it is started again, under Docker at `make up`."
        console.print(f"The roster has {counts}. {told}", soft_wrap=True)
    else:
        console.print(f"The roster was the same already: {counts}. {to_hand_over(course)}".rstrip(), soft_wrap=True)
