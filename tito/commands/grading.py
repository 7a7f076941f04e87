"""Verbs for teaching assistants: grade and feedback."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import typer
from rich.progress import track
from rich.table import Table

from tito import gradebook
from tito.commands.context import console, one_module, section_students
from tito.course import Course
from tito.errors import NotebookError, TitoError
from tito.modules import Module

__all__ = ["feedback", "grade"]


def grade(text: str | None, student: str | None, collect: bool, section: str | None = None) -> None:
    module = one_module(text)
    course = Course.find()
    wanted = _wanted(course, student, section)
    if collect:
        gradebook.collect(course, module.label)
    failed: list[str] = []
    for name in track(_students(course, "submitted", module, wanted), "Grading", console=console, transient=True):
        try:
            gradebook.grade(course, module.label, name)
        except TitoError as error:
            failed.append(name)
            typer.echo(f"tito: {error}", err=True)
    _print_scores(course, module, wanted, failed)
    if failed:
        raise typer.Exit(TitoError.exit_code)


def feedback(text: str | None, student: str | None) -> None:
    module = one_module(text)
    course = Course.find()
    students = _students(course, "autograded", module, _wanted(course, student, None))
    for name in track(students, "Writing feedback", console=console, transient=True):
        gradebook.feedback(course, module.label, name)
    console.print(f"feedback on {module.label} is out for {', '.join(students)}", soft_wrap=True)


@dataclass(frozen=True)
class _Wanted:
    """Whose submissions a command is about."""

    said: str
    names: frozenset[str] | None = None
    """None stands for everybody's."""

    def __contains__(self, name: str) -> bool:
        return self.names is None or name in self.names


def _wanted(course: Course, student: str | None, section: str | None) -> _Wanted:
    members = section_students(course, section)
    if student is None:
        return _Wanted(f"section {section}'s", frozenset(members)) if section else _Wanted("any")
    if section and student not in members:
        raise NotebookError(f"{student} is not in section {section} (nothing was changed)")
    return _Wanted(f"{student}'s", frozenset({student}))


def _students(course: Course, folder: str, module: Module, wanted: _Wanted) -> list[str]:
    found = sorted(path.parent.name for path in Path(course.root, folder).glob(f"*/{module.label}"))
    chosen = [name for name in found if name in wanted]
    if not chosen:
        remedy = "tito grade NN --collect" if folder == "submitted" else "tito grade NN"
        raise NotebookError(
            f"{folder}/ has no {module.label} of {wanted.said}; run `{remedy}` first (nothing was changed)"
        )
    return chosen


def _print_scores(course: Course, module: Module, wanted: _Wanted, failed: list[str]) -> None:
    table = Table(title=module.label)
    table.add_column("student")
    for heading in ("points", "of", "late penalty"):
        table.add_column(heading, justify="right")
    for row in gradebook.scores(course, module.label):
        if row.student in wanted and row.student not in failed:
            points = "ungraded" if row.points is None else f"{row.points:g}"
            table.add_row(row.student, points, f"{row.max_points:g}", f"{row.penalty:g}" if row.penalty else "")
    for name in failed:
        table.add_row(name, "ungraded", "", "")
    console.print(table)
