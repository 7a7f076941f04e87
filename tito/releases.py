"""Releasing modules once each, whatever is killed in between.

`releases.json` in the course folder is a journal: a module is `started` before anything is made and `released` when
students can fetch it. Who finds `started` looks at what stands in the exchange and does what is still to be done.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from tito import gradebook
from tito.course import Course
from tito.errors import ScheduleError, SourceError, TitoError
from tito.files import locked, write_if_changed
from tito.modules import MODULES, Module
from tito.notebooks import authored_modules, build
from tito.percent import source_path

__all__ = [
    "JOURNAL",
    "Entry",
    "Outcome",
    "due_dates",
    "next_release",
    "overdue",
    "read_journal",
    "release_once",
    "release_overdue",
]

JOURNAL = "releases.json"


@dataclass(frozen=True)
class Entry:
    """What the journal says about one module."""

    state: str
    """`started` or `released`."""
    at: datetime


@dataclass(frozen=True)
class Outcome:
    """What was done for one module, or why it was not."""

    module: Module
    action: str
    """`released`, `completed` (started earlier), `found` (released by hand), `none` (nothing to do) or `failed`."""
    error: str = ""


def read_journal(course: Course) -> dict[str, Entry]:
    """The journal, by assignment.

    Raises:
        ScheduleError: it cannot be read.
    """
    path = course.root / JOURNAL
    if not path.is_file():
        return {}
    try:
        values = json.loads(path.read_text(encoding="utf-8"))
        return {label: Entry(found["state"], datetime.fromisoformat(found["at"])) for label, found in values.items()}
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise ScheduleError(
            f"{path} cannot be read: {error!r}; delete it and what is in the exchange counts (nothing was released)"
        ) from None


def overdue(course: Course, journal: dict[str, Entry], now: datetime) -> list[Module]:
    """The modules that should be out and are not, the earliest first."""
    dates = [(date, module) for module, date in _open(course, journal) if date <= now]
    return [module for _, module in sorted(dates)]


def next_release(course: Course, journal: dict[str, Entry], now: datetime) -> datetime | None:
    """When the next module comes out, as things stand."""
    return min((date for _, date in _open(course, journal) if date > now), default=None)


def due_dates(course: Course) -> dict[str, datetime | None]:
    """Every authored module's due date, by assignment."""
    return {module.label: course.schedule.due(module) for module in authored_modules(course.root)}


def release_overdue(course: Course, now: datetime, patient: frozenset[Module] = frozenset()) -> Iterator[Outcome]:
    """Release what is overdue at `now`, in order; a module that fails keeps none of the others back.

    Those in `patient` are left for later.
    """
    for module in overdue(course, read_journal(course), now):
        if module not in patient:
            yield _outcome(course, module, now)


def _outcome(course: Course, module: Module, now: datetime) -> Outcome:
    try:
        return Outcome(module, release_once(course, module, now, on_its_date=True))
    except TitoError as error:
        return Outcome(module, "failed", str(error))


def release_once(course: Course, module: Module, now: datetime, on_its_date: bool = False) -> str:
    """See that students can fetch `module`; gives what that took, as `Outcome.action` says.

    What comes `on_its_date` is looked up once more: it may be held or shifted since `course` was read.

    Raises:
        TitoError: it cannot be released; the next call starts where this one stopped.
    """
    with locked(course.root):
        journal = read_journal(course)
        entry = journal.get(module.label)
        if entry is not None and entry.state == "released":
            return "none"
        if on_its_date and module not in overdue(Course.load(course.root), journal, now):
            return "none"
        action = _make_and_put(course, module, now, entry)
        _note(course, module, Entry("released", now))
        return action


def _make_and_put(course: Course, module: Module, now: datetime, entry: Entry | None) -> str:
    if module not in authored_modules(course.root):
        raise SourceError(f"{source_path(course.root, module.label)} is not written yet (nothing was released)")
    there = module.label in gradebook.published(course)
    if there and entry is None:
        return "found"
    if there and not gradebook.torn(course, module.label):
        return "completed"
    _note(course, module, Entry("started", now))
    build(course.root, [module])  # nbgrader looks for the notebook before it reads the source
    gradebook.generate(course, module.label)
    gradebook.release(course, module.label, again=there)
    return "released" if entry is None else "completed"


def _open(course: Course, journal: dict[str, Entry]) -> Iterator[tuple[Module, datetime]]:
    for module in MODULES:
        date = course.schedule.release(module)
        entry = journal.get(module.label)
        if date is not None and (entry is None or entry.state != "released"):
            yield module, date


def _note(course: Course, module: Module, entry: Entry) -> None:
    journal = {**read_journal(course), module.label: entry}
    values = {
        label: {"state": found.state, "at": found.at.astimezone(UTC).isoformat()}
        for label, found in sorted(journal.items())
    }
    write_if_changed(Path(course.root, JOURNAL), json.dumps(values, indent=1) + "\n")
