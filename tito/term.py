"""The term as instructors see and change it: what `tito schedule` and the page of the release service share.

Each change is checked, written into course.toml and told in one line.
"""

from __future__ import annotations

from collections.abc import Set
from dataclasses import dataclass
from datetime import datetime

from tito import gradebook, releases
from tito.class_copy import has_class, refuse_copy
from tito.course import Course
from tito.course_edit import change_modules
from tito.errors import ScheduleError
from tito.files import locked
from tito.modules import MODULES, Module, find_module
from tito.notebooks import authored_modules
from tito.schedule import Change

__all__ = ["VERBS", "Line", "change", "hold", "lines", "local_time", "release", "shift"]

VERBS = ("release", "hold", "shift")
"""What can be done to a module."""


@dataclass(frozen=True)
class Line:
    """One module of the term."""

    module: Module
    release: datetime | None
    due: datetime | None
    state: str
    """`planned`, `released`, `held`, `overdue`, `not written` or `no date`."""
    days: int
    """How many days later than planned it comes."""


def lines(course: Course, public: Set[str], now: datetime) -> list[Line]:
    """The whole term; `public` are the assignments that students can fetch, whoever released them.

    Raises:
        ScheduleError: the journal of releases cannot be read.
    """
    journal = releases.read_journal(course)
    found = []
    for module in MODULES:
        entry = journal.get(module.label)
        out = entry.at if entry is not None and entry.state == "released" else None
        state = "released" if out or module.label in public else _coming(course, module, now)
        date = out or course.schedule.planned_release(module)
        found.append(Line(module, date, course.schedule.due(module), state, course.schedule.shift_days(module)))
    return found


def change(course: Course, verb: str, text: str, now: datetime, days: int = 0, following: bool = False) -> str:
    """Do one of `VERBS` to the module that `text` names; gives what was done, on one line.

    Raises:
        TitoError: it cannot be done; nothing was changed.
    """
    module = find_module(text)
    if verb == "release":
        return release(course, module, now)
    if verb == "hold":
        return hold(course, module)
    if verb == "shift":
        return shift(course, module, days, following)
    raise ScheduleError(f"{verb!r} is none of {', '.join(VERBS)} (nothing was changed)")


def release(course: Course, module: Module, now: datetime) -> str:
    """Release a module now, whatever its date; a date to come, or none, is replaced by this moment.

    Raises:
        TitoError: it cannot be released.
    """
    refuse_copy(course)
    since = _released(course, module)
    due = course.schedule.due(module)
    if not since and due is not None and due <= now:
        raise ScheduleError(
            f"{module.label} was due {local_time(course, due)}; shift it first, as with "
            f"`tito schedule shift {module.number:02d} --days N` (nothing was changed)"
        )
    under_docker = has_class(course)
    if not since and not under_docker:
        releases.release_once(course, module, now)
    planned = course.schedule.release(module)
    if planned is None or planned > now:
        change_modules(course, {module: {"hold": None, "released": _released_minute(course, module, now)}})
    if since:
        return f"{module.label} is released already ({since})"
    if under_docker:
        return f"{module.label} is due for release: the class's release service does it as soon as it reads that"
    return f"{module.label} is released: students can fetch it"


def hold(course: Course, module: Module) -> str:
    """Keep a module back, whatever its date, until `release`.

    Raises:
        TitoError: it is released, or course.toml cannot be changed.
    """
    refuse_copy(course)
    since = _released(course, module)
    if since:
        raise ScheduleError(f"{module.label} is released ({since}) and may have been fetched (nothing was changed)")
    if course.schedule.held(module):
        return f"{module.label} is held already; nothing was changed"
    change_modules(course, {module: {"hold": True, "released": None}})
    with locked(course.root):  # a release that is under way comes to its end; a later one sees what is written
        since = _released(course, module)
    if since:
        before = course.schedule.changes.get(module.number, Change())
        change_modules(course, {module: {"hold": None, "released": before.released}})
        raise ScheduleError(f"{module.label} was released in this moment ({since}); it is not held")
    return f"{module.label} is held until somebody releases it"


def shift(course: Course, module: Module, days: int, following: bool) -> str:
    """Put a module, or all from it on, `days` later than planned; the number counts from the plan, not from before.

    Raises:
        TitoError: it has no date, the days are too many, or course.toml cannot be changed.
    """
    refuse_copy(course)
    if abs(days) > 366:
        raise ScheduleError(f"{days} days are more than a year (nothing was changed)")
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
        return f"{module.label} stands so already; nothing was changed"
    which = f"{module.label} and all after it" if following else module.label
    plan = f"{days:+d} days from the plan" if days else "as planned"
    return f"{which}: {plan}; {module.label} is due {local_time(changed, changed.schedule.due(module))}"


def local_time(course: Course, moment: datetime | None) -> str:
    """A time in the course's zone, to the minute; an empty text for none."""
    return "" if moment is None else moment.astimezone(course.timezone).strftime("%Y-%m-%d %H:%M")


def _coming(course: Course, module: Module, now: datetime) -> str:
    """What stands between `module` and its release."""
    if course.schedule.held(module):
        return "held"
    if module not in authored_modules(course.root):
        return "not written"
    date = course.schedule.release(module)
    if date is None:
        return "no date"
    return "planned" if date > now else "overdue"


def _released(course: Course, module: Module) -> str:
    """When and how `module` came out; an empty text when it did not."""
    entry = releases.read_journal(course).get(module.label)
    if entry is not None and entry.state == "released":
        return f"since {local_time(course, entry.at)}"
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
