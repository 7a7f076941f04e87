"""course.toml as one checked, immutable value: who, when and by which rules."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from tito.addresses import BROKER, DATABASE, address_problem
from tito.errors import CourseFileError, UnknownModuleError
from tito.grading.policy import GradingPolicy, read_policy
from tito.limits import read_limits
from tito.modules import Module, find_module
from tito.roster import Person, Roster, join_roster, read_roster, read_table, user_name_problem
from tito.schedule import Schedule, read_schedule
from tito.tables import Tables, read_toml

__all__ = ["COURSE_FILE", "Course", "LatePolicy", "Schedule", "user_name_problem"]

COURSE_FILE = "course.toml"

_TABLES = {"course", "schedule", "modules", "late", "grading", "roster", "extensions", "database", "farm", "limits"}


@dataclass(frozen=True)
class LatePolicy:
    """What a late submission loses."""

    grace_minutes: float = 15.0
    percent_per_day: float = 10.0
    zero_after_days: float = 5.0

    def penalty(self, score: float, seconds_late: float) -> float:
        """Points taken from `score` for a submission that came `seconds_late` after the due date."""
        late = seconds_late - 60 * self.grace_minutes
        if late <= 0:
            return 0.0
        if late > 86400 * self.zero_after_days:
            return score
        days_begun = -(-late // 86400)
        return score * min(100.0, days_begun * self.percent_per_day) / 100


@dataclass(frozen=True)
class Course:
    """A course folder and what its course.toml says."""

    root: Path
    id: str
    title: str
    schedule: Schedule
    late: LatePolicy
    grading: GradingPolicy
    roster: Roster
    extensions: Mapping[str, Mapping[int, datetime]] = field(default_factory=dict)
    """By student and module number: their own due time, in UTC."""
    database: str = field(default="", repr=False)
    """Address of the gradebook's database, where it is not in the folder; see `tito.addresses.database_url`."""
    broker: str = field(default="", repr=False)
    """Address of the grading farm's Redis, if there is a farm; see `tito.addresses.broker_url`."""
    limits: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    """What a server of each role may use, as far as course.toml says; see `tito.limits`."""

    def due(self, module: Module, student: str) -> datetime | None:
        """When `student` must submit `module`, in UTC: their own time where they have one, else everybody's."""
        return self.extensions.get(student, {}).get(module.number) or self.schedule.due(module)

    def extension(self, module: Module, student: str) -> timedelta | None:
        """By how much `student` may be later than everybody else; None without an extension or a due date."""
        due, own = self.schedule.due(module), self.due(module, student)
        return own - due if due and own and own != due else None

    @property
    def timezone(self) -> ZoneInfo:
        return self.schedule.timezone

    @property
    def instructors(self) -> tuple[str, ...]:
        return self.roster.names("instructor")

    @property
    def tas(self) -> tuple[str, ...]:
        return self.roster.names("ta")

    @property
    def students(self) -> tuple[str, ...]:
        return self.roster.names("student")

    @property
    def section_members(self) -> dict[str, tuple[str, ...]]:
        """Each section's students and the TAs who look after it."""
        return self.roster.sections("ta", "student")

    @property
    def sections(self) -> dict[str, tuple[str, ...]]:
        """Each section's students."""
        return self.roster.sections("student")

    def with_roster(self, people: tuple[Person, ...]) -> Course:
        """The course as it is if `people` are what roster.csv holds.

        Raises:
            RosterError: somebody has another role in course.toml's [roster].
        """
        path = self.root / COURSE_FILE
        return replace(self, roster=join_roster(path, read_table(Tables(path, read_toml(path))), people))

    @classmethod
    def find(cls, start: Path | None = None) -> Course:
        """The course around `start`: TINYTORCH_COURSE if set, else the nearest folder upwards with a course.toml.

        Raises:
            CourseFileError: there is none, or it cannot be used.
        """
        configured = os.environ.get("TINYTORCH_COURSE")
        if start is None and configured:
            return cls.load(Path(configured))
        here = (start or Path.cwd()).absolute()
        for folder in (here, *here.parents):
            if (folder / COURSE_FILE).is_file():
                return cls.load(folder)
        raise CourseFileError(
            f"no {COURSE_FILE} in {here} or above; run this in the course's folder or set TINYTORCH_COURSE "
            "(nothing was changed)"
        )

    @classmethod
    def load(cls, root: Path) -> Course:
        """The course in the folder `root`.

        Raises:
            CourseFileError: course.toml is missing, is not TOML or holds a value that makes no sense.
        """
        path = root / COURSE_FILE
        return cls.of(root, read_toml(path))

    @classmethod
    def of(cls, root: Path, values: dict[str, Any]) -> Course:
        """The course in the folder `root` if its course.toml held `values`.

        Raises:
            CourseFileError: one of them makes no sense.
        """
        return _Reader(root / COURSE_FILE, values).course(root.absolute())


class _Reader(Tables):
    """Makes the course out of the tables."""

    def course(self, root: Path) -> Course:
        unknown = self.values.keys() - _TABLES
        if unknown:
            self.fail(sorted(unknown)[0], "is not a table this course knows")
        course_id = self.get("course", "id", str)
        if not re.fullmatch(r"[A-Za-z0-9_-]+", course_id):
            self.fail("course.id", f"must be letters, digits, - and _, got {course_id!r}")
        late = LatePolicy(
            self.number("late", "grace_minutes", 15),
            self.number("late", "percent_per_day", 10),
            self.number("late", "zero_after_days", 5),
        )
        title = self.get("course", "title", str, course_id)
        grading = read_policy(self.table("grading"), self.fail)
        schedule = read_schedule(self)
        course = Course(
            root,
            course_id,
            title,
            schedule,
            late,
            grading,
            read_roster(self),
            _read_extensions(self, schedule.timezone),
            database=self.address(DATABASE, "database", "url"),
            broker=self.address(BROKER, "farm", "broker"),
            limits=read_limits(self),
        )
        self.refuse_unknown_keys()
        return course

    def address(self, kind: str, table: str, key: str) -> str:
        """An address that `kind` allows, or nothing."""
        address = str(self.get(table, key, str, ""))
        problem = address_problem(kind, address) if address else None
        if problem:
            self.fail(f"{table}.{key}", problem)
        return address


def _read_extensions(reader: Tables, zone: ZoneInfo) -> dict[str, dict[int, datetime]]:
    """The table [extensions]: by student and module, a local time by which they must submit."""
    found: dict[str, dict[int, datetime]] = {}
    for student, dates in reader.table("extensions").items():
        problem = user_name_problem(student)
        if problem or not isinstance(dates, dict):
            reader.fail(f"extensions.{student}", problem or "must be modules with a time: ada.05 = 2027-02-28T23:59:00")
        for key, moment in dates.items():
            where = f"extensions.{student}.{key}"
            try:
                number = find_module(key).number
            except UnknownModuleError as error:
                reader.fail(where, str(error))
            if not isinstance(moment, datetime) or moment.tzinfo:
                reader.fail(where, f"must be a local time such as 2027-02-28T23:59:00, got {moment!r}")
            found.setdefault(student, {})[number] = moment.replace(tzinfo=zone).astimezone(UTC)
    return found
