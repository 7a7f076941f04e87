"""What is to be graded fully by now: a pure function of course.toml, the hand-ins and the clock."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta

from hub.grading.inbox import Submission, by_work
from tito.course import Course
from tito.modules import Module

__all__ = ["closes", "due_by", "ends"]


def closes(course: Course, module: Module, student: str) -> datetime | None:
    """From when on a student's work can only lose: their due time, extension included, and the minutes of grace."""
    due = course.due(module, student)
    return None if due is None else due + timedelta(minutes=course.late.grace_minutes)


def ends(course: Course, module: Module, student: str) -> datetime | None:
    """From when on a student's work on a module earns nothing."""
    closed = closes(course, module, student)
    return None if closed is None else closed + timedelta(days=course.late.zero_after_days)


def due_by(course: Course, submissions: Iterable[Submission], now: datetime) -> dict[Module, list[Submission]]:
    """By module, the submission of each student of the course that counts once their time is over.

    It is the last one, late or not, as when staff collect. But one that came so late that it earns nothing never
    takes the place of one that earns something: nobody is there to ask.
    """
    students = set(course.students)
    found: dict[Module, list[Submission]] = {}
    for (student, module), works in by_work(submissions).items():
        closed = closes(course, module, student)
        if student not in students or closed is None or now < closed:
            continue
        end = ends(course, module, student) or closed
        worth = [work for work in works if work.received <= end]
        found.setdefault(module, []).append((worth or works)[-1])
    return dict(sorted(found.items()))
