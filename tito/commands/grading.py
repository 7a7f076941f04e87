"""Verbs for teaching assistants: grade and feedback."""

from __future__ import annotations

import json
import logging
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from importlib.util import find_spec
from pathlib import Path
from time import perf_counter

import typer
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn, track
from rich.table import Table

from tito import gradebook
from tito.addresses import BROKER, broker_url
from tito.commands.context import console, one_module, section_students
from tito.course import Course
from tito.errors import BrokerError, NotebookError, TitoError, ToolError
from tito.files import write_if_changed
from tito.grading.batch import Outcome, Pool, grade_class, report_line
from tito.grading.result import GradedSubmission
from tito.modules import Module

__all__ = ["feedback", "grade"]


def grade(
    text: str | None,
    student: str | None,
    collect: bool,
    section: str | None = None,
    *,
    force: bool = False,
    report: Path | None = None,
    farm: bool = False,
) -> None:
    module = one_module(text)
    course = Course.find()
    wanted = _wanted(course, student, section)
    if collect:
        gradebook.collect(course, module.label)
    students = _students(course, "submitted", module, wanted)
    pool = _farm(course, module, force) if farm else None
    with gradebook.inside(course.root), _log_file(course), _progress(len(students)) as advance:
        outcomes = grade_class(course, module, students, force=force, on_outcome=advance, pool=pool)
    if report is not None:
        lines = [json.dumps(report_line(outcome, module), sort_keys=True) for outcome in outcomes]
        write_if_changed(report, "".join(f"{line}\n" for line in lines))
    for outcome in outcomes:
        if outcome.state == "ungraded":
            typer.echo(f"tito: {_named(outcome)}", err=True)
        elif outcome.change is not None:
            before, after = outcome.change
            console.print(f"changed: {outcome.student} {before:g} -> {after:g}", soft_wrap=True)
    failed = [outcome.student for outcome in outcomes if outcome.state == "ungraded"]
    _print_scores(course, module, wanted, failed)
    _summary(outcomes)
    if failed:
        raise typer.Exit(TitoError.exit_code)


def feedback(text: str | None, student: str | None) -> None:
    module = one_module(text)
    course = Course.find()
    students = _students(course, "autograded", module, _wanted(course, student, None))
    for name in track(students, "Writing feedback", console=console, transient=True):
        gradebook.feedback(course, module.label, name)
    console.print(f"feedback on {module.label} is out for {', '.join(students)}", soft_wrap=True)


def _farm(course: Course, module: Module, force: bool) -> Pool:
    """The course's workers elsewhere.

    Raises:
        BrokerError: it has none.
        ToolError: what they need is not installed here.
    """
    broker = broker_url(course)
    if not broker:
        raise BrokerError(f"{course.root} has no farm; set {BROKER} or [farm] broker (nothing was changed)")
    if find_spec("celery") is None or find_spec("redis") is None:
        raise ToolError("--farm needs its packages: pip install 'tinytorch-course[farm]' (nothing was changed)")
    from tito.farm.pool import FarmPool

    return FarmPool(
        course.id, module.label, broker, fresh=force, tell=partial(console.print, soft_wrap=True, markup=False)
    )


@contextmanager
def _progress(total: int) -> Iterator[Callable[[Outcome], None]]:
    """A live bar with throughput and time left; on a pipe it stays silent."""
    speed = TextColumn("{task.fields[speed]}")
    columns = (TextColumn("Grading"), BarColumn(), MofNCompleteColumn(), speed, TimeRemainingColumn())
    with Progress(*columns, console=console, transient=True) as progress:
        task = progress.add_task("", total=total, speed="")
        started = perf_counter()

        def advance(_: Outcome) -> None:
            progress.advance(task)
            done = progress.tasks[0].completed
            progress.update(task, speed=f"{done / max(perf_counter() - started, 1e-3):.1f}/s")

        yield advance


@contextmanager
def _log_file(course: Course) -> Iterator[None]:
    """One line a submission in the course folder's grading.log."""
    log = logging.getLogger("tito.grading")
    handler = logging.FileHandler(course.root / "grading.log", encoding="utf-8")
    handler.setFormatter(logging.Formatter("%(asctime)s %(levelname)s %(message)s"))
    level, propagate = log.level, log.propagate
    log.addHandler(handler)
    log.setLevel(logging.INFO)
    log.propagate = False
    try:
        yield
    finally:
        log.removeHandler(handler)
        handler.close()
        log.setLevel(level)
        log.propagate = propagate


def _named(outcome: Outcome) -> str:
    """Why a submission could not be graded; its student stands there once."""
    named = outcome.reason.startswith(f"{outcome.student}'s ")
    return outcome.reason if named else f"{outcome.student}: {outcome.reason}"


def _kept(graded: Sequence[GradedSubmission]) -> str:
    """How many tests did not have to run again."""
    kept = sum(len(found.kept) for found in graded)
    return f" ({kept} of {sum(len(found.tests) for found in graded)} tests kept from before)" if kept else ""


def _summary(outcomes: Sequence[Outcome]) -> None:
    counts = {state: sum(outcome.state == state for outcome in outcomes) for state in ("graded", "current", "ungraded")}
    rooms = {outcome.graded.backend for outcome in outcomes if outcome.state == "graded" and outcome.graded}
    where = f" in {', '.join(sorted(rooms))} rooms" if rooms else ""
    where += _kept([outcome.graded for outcome in outcomes if outcome.state == "graded" and outcome.graded])
    text = f"{counts['graded']} graded{where}, {counts['current']} up to date, {counts['ungraded']} could not be graded"
    console.print(text, soft_wrap=True)
    if "plain" in rooms:
        console.print(
            "WARNING: plain rooms hold nothing back: a submission could read and change what you can. "
            "Install bubblewrap or Docker (`tito doctor`).",
            style="bold red",
            soft_wrap=True,
        )


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
