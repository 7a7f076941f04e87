"""Verbs for the term: show it, release early, hold back, shift."""

from __future__ import annotations

from datetime import UTC, datetime

from rich.table import Table

from tito import gradebook, releases
from tito.class_copy import has_class, refuse_copy, to_hand_over
from tito.commands.context import console, one_module
from tito.course import Course
from tito.course_edit import change_modules
from tito.errors import ScheduleError, ToolError
from tito.modules import MODULES, Module
from tito.notebooks import authored_modules

__all__ = ["hold", "release", "shift", "show"]


def show() -> None:
    _show(Course.find())


def release(text: str, now: datetime | None = None) -> None:
    """Release a module now, whatever its date; a date to come, or none, is replaced by this moment."""
    course, module, now = _course_to_change(), one_module(text), now or datetime.now(UTC)
    since = _released(course, module)
    due = course.schedule.due(module)
    if not since and due is not None and due <= now:
        raise ScheduleError(
            f"{module.label} was due {_local(course, due)}; run `tito schedule shift {module.number:02d} --days N` "
            "first (nothing was changed)"
        )
    under_docker = has_class(course)
    if not since and not under_docker:
        releases.release_once(course, module, now)
    planned = course.schedule.release(module)
    if planned is None or planned > now:
        change_modules(course, {module: {"hold": None, "released": _released_minute(course, module, now)}})
    if since:
        console.print(f"{module.label} is released already ({since})")
    elif under_docker:
        console.print(
            f"{module.label} is due for release: the class's release service does it as soon as it reads that"
        )
        _tell_to_hand_over(course)
    else:
        console.print(f"{module.label} is released: students can fetch it")


def hold(text: str) -> None:
    """Keep a module back, whatever its date, until `release`."""
    course, module = _course_to_change(), one_module(text)
    since = _released(course, module)
    if since:
        raise ScheduleError(f"{module.label} is released ({since}) and may have been fetched (nothing was changed)")
    if course.schedule.held(module):
        console.print(f"{module.label} is held already; nothing was changed")
        return
    change_modules(course, {module: {"hold": True, "released": None}})
    console.print(f"{module.label} is held; `tito schedule release {module.number:02d}` releases it")
    _tell_to_hand_over(course)


def shift(text: str, days: int, following: bool) -> None:
    """Put a module, or all from it on, `days` later than planned; the number counts from the plan, not from before."""
    course, module = _course_to_change(), one_module(text)
    if abs(days) > 366:
        raise ScheduleError(f"--days {days} is more than a year (nothing was changed)")
    if course.schedule.due(module) is None and course.schedule.planned_release(module) is None:
        raise ScheduleError(f"{module.label} has no date to shift; set course.term_start (nothing was changed)")
    changes = course.schedule.shifted(module, days, following)
    journal = releases.read_journal(course)
    for other in changes:
        entry = journal.get(other.label)
        if entry is not None and entry.state == "released" and days:
            changes[other] = {**changes[other], "released": _minute(course, entry.at)}  # only its due date moves
    changed = change_modules(course, changes)
    moved = gradebook.record_due_dates(changed, releases.due_dates(changed))
    if changed.schedule == course.schedule and not moved:
        console.print("nothing was changed")
    _show(changed)


def _course_to_change() -> Course:
    """The course, where its dates may be changed.

    Raises:
        ToolError: this is a class's copy.
    """
    course = Course.find()
    refuse_copy(course)
    return course


def _tell_to_hand_over(course: Course) -> None:
    told = to_hand_over(course)
    if told:
        console.print(told, soft_wrap=True)


def _show(course: Course) -> None:
    journal = releases.read_journal(course)
    try:
        public, unknown = gradebook.published(course), ""
    except ToolError as error:
        public, unknown = set(), str(error)
    table = Table(title=f"{course.title} ({course.id}), times in {course.timezone.key}")
    for heading in ("module", "release", "due", "state"):
        table.add_column(heading, no_wrap=True)
    states = []
    for module in MODULES:
        entry = journal.get(module.label)
        out = entry.at if entry is not None and entry.state == "released" else None
        states.append("released" if out or module.label in public else _coming(course, module))
        days = course.schedule.shift_days(module)
        table.add_row(
            module.label,
            _local(course, out or course.schedule.planned_release(module)),
            _local(course, course.schedule.due(module)),
            states[-1] + (f", {days:+d} days" if days else ""),
        )
    console.print(table)
    if "overdue" in states:
        console.print("What is overdue, the hub's release service releases, or `python -m hub.release --once`.")
    if unknown:
        console.print(f"What was released by hand is not known: {unknown}", soft_wrap=True)
    if course.schedule.term_start is None:
        console.print("No term_start in course.toml: only what is written for a module has a date.")
    if has_class(course):
        console.print("These states are this folder's; a staff member's terminal tells the class's under Docker.")
    _tell_to_hand_over(course)


def _coming(course: Course, module: Module) -> str:
    """What stands between `module` and its release."""
    if course.schedule.held(module):
        return "held"
    if module not in authored_modules(course.root):
        return "not written"
    date = course.schedule.release(module)
    if date is None:
        return "no date"
    return "planned" if date > datetime.now(UTC) else "overdue"


def _released(course: Course, module: Module) -> str:
    """When and how `module` came out; an empty text when it did not."""
    entry = releases.read_journal(course).get(module.label)
    if entry is not None and entry.state == "released":
        return f"since {_local(course, entry.at)}"
    nbgraders = (course.root / gradebook.CONFIG).is_file()  # not where there are course.toml and the roster alone
    if entry is None and nbgraders and module.label in gradebook.published(course):
        return "by hand"
    return ""


def _released_minute(course: Course, module: Module, now: datetime) -> datetime:
    entry = releases.read_journal(course).get(module.label)
    return _minute(course, now if entry is None else entry.at)


def _minute(course: Course, moment: datetime) -> datetime:
    """The begun minute as a local time, as course.toml has them."""
    return moment.astimezone(course.timezone).replace(tzinfo=None, second=0, microsecond=0, fold=0)


def _local(course: Course, moment: datetime | None) -> str:
    return "" if moment is None else moment.astimezone(course.timezone).strftime("%Y-%m-%d %H:%M")
