"""Verbs for the term: show it, release early, hold back, shift."""

from __future__ import annotations

from datetime import UTC, datetime

from rich.table import Table

from tito import gradebook, term
from tito.class_copy import has_class, is_copy
from tito.commands.context import console, one_module
from tito.course import Course
from tito.errors import ToolError
from tito.hand_over import changed_in_browser, to_hand_over
from tito.release_client import change_by_service, service_known

__all__ = ["hold", "release", "shift", "show"]


def show() -> None:
    _show(Course.find())


def release(text: str, now: datetime | None = None) -> None:
    """Release a module now, whatever its date; a date to come, or none, is replaced by this moment."""
    _change("release", text, now=now)


def hold(text: str) -> None:
    """Keep a module back, whatever its date, until `release`."""
    _change("hold", text)


def shift(text: str, days: int, following: bool) -> None:
    """Put a module, or all from it on, `days` later than planned; the number counts from the plan, not from before."""
    _show(_change("shift", text, days, following))


def _change(verb: str, text: str, days: int = 0, following: bool = False, now: datetime | None = None) -> Course:
    """Do it here, or have the release service do it where what stands here is a class's copy; gives the course then."""
    course, module = Course.find(), one_module(text)
    if is_copy(course) and service_known():
        said = change_by_service(course, verb, module, days, following)
    else:
        for line in changed_in_browser(course):
            console.print(line, soft_wrap=True)
        course = Course.load(course.root)
        said = term.change(course, verb, text, now or datetime.now(UTC), days, following)
    console.print(said, soft_wrap=True)
    if verb != "shift":
        _tell_to_hand_over(course)
    return Course.load(course.root)


def _tell_to_hand_over(course: Course) -> None:
    told = to_hand_over(course)
    if told:
        console.print(told, soft_wrap=True)


def _show(course: Course) -> None:
    try:
        public, unknown = gradebook.published(course), ""
    except ToolError as error:
        public, unknown = set(), str(error)
    table = Table(title=f"{course.title} ({course.id}), times in {course.timezone.key}")
    for heading in ("module", "release", "due", "state"):
        table.add_column(heading, no_wrap=True)
    found = term.lines(course, public, datetime.now(UTC))
    for line in found:
        days = f", {line.days:+d} days" if line.days else ""
        dates = (term.local_time(course, moment) for moment in (line.release, line.due))
        table.add_row(line.module.label, *dates, line.state + days)
    console.print(table)
    if any(line.state == "overdue" for line in found) and not has_class(course):
        console.print("What is overdue, the hub's release service releases, or `python -m hub.release --once`.")
    if unknown:
        console.print(f"What was released by hand is not known: {unknown}", soft_wrap=True)
    if course.schedule.term_start is None:
        console.print("No term_start in course.toml: only what is written for a module has a date.")
    if has_class(course):
        console.print(
            "These states are this folder's, where nothing is released: the class's own stand on its page "
            "/services/release/ and in staff's terminals.",
            soft_wrap=True,
        )
    _tell_to_hand_over(course)
