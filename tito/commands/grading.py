"""Verbs for teaching assistants: grade and feedback."""

from __future__ import annotations

from pathlib import Path

import typer
from rich.progress import track
from rich.table import Table

from tito import gradebook
from tito.commands.context import console, one_module
from tito.course import Course
from tito.errors import NotebookError, TitoError
from tito.modules import Module

__all__ = ["feedback", "grade"]


def grade(text: str | None, student: str | None, collect: bool) -> None:
    module = one_module(text)
    course = Course.find()
    if collect:
        gradebook.collect(course, module.label)
    failed: list[str] = []
    for name in track(_students(course, "submitted", module, student), "Grading", console=console, transient=True):
        try:
            gradebook.grade(course, module.label, name)
        except TitoError as error:
            failed.append(name)
            typer.echo(f"tito: {error}", err=True)
    _print_scores(course, module, student, failed)
    if failed:
        raise typer.Exit(TitoError.exit_code)


def feedback(text: str | None, student: str | None) -> None:
    module = one_module(text)
    course = Course.find()
    students = _students(course, "autograded", module, student)
    for name in track(students, "Writing feedback", console=console, transient=True):
        gradebook.feedback(course, module.label, name)
    console.print(f"feedback on {module.label} is out for {', '.join(students)}", soft_wrap=True)


def _students(course: Course, folder: str, module: Module, only: str | None) -> list[str]:
    found = sorted(path.parent.name for path in Path(course.root, folder).glob(f"*/{module.label}"))
    chosen = [name for name in found if only in {None, name}]
    if not chosen:
        whose = f"{only}'s" if only else "any"
        remedy = "tito grade NN --collect" if folder == "submitted" else "tito grade NN"
        raise NotebookError(f"{folder}/ has no {module.label} of {whose}; run `{remedy}` first (nothing was changed)")
    return chosen


def _print_scores(course: Course, module: Module, only: str | None, failed: list[str]) -> None:
    table = Table(title=module.label)
    table.add_column("student")
    for heading in ("points", "of", "late penalty"):
        table.add_column(heading, justify="right")
    for row in gradebook.scores(course, module.label):
        if only in {None, row.student} and row.student not in failed:
            points = "ungraded" if row.points is None else f"{row.points:g}"
            table.add_row(row.student, points, f"{row.max_points:g}", f"{row.penalty:g}" if row.penalty else "")
    for name in failed:
        table.add_row(name, "ungraded", "", "")
    console.print(table)
