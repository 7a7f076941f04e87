"""course.toml as one checked, immutable value: who, when and by which rules."""

from __future__ import annotations

import os
import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from tito.errors import CourseFileError, UnknownModuleError
from tito.modules import Module, find_module

__all__ = ["COURSE_FILE", "Course", "LatePolicy", "Schedule", "user_name_problem"]

COURSE_FILE = "course.toml"

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")


def user_name_problem(name: object) -> str | None:
    """Why `name` cannot be a person's name in the course, or None.

    Names become folder names and parts of nbgrader's `name+assignment+time` submission folders.
    """
    if isinstance(name, str) and _NAME.fullmatch(name):
        return None
    return f"{name!r} must be 1 to 64 letters, digits, '.', '_' or '-', starting with a letter or digit"


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
class Schedule:
    """When each module is released and due. Without a term start there are no dates."""

    term_start: date | None
    timezone: ZoneInfo
    days_between_releases: int
    days_to_work: int
    due_time: time
    overrides: Mapping[int, Mapping[str, datetime]]

    def release(self, module: Module) -> datetime | None:
        """When students may fetch `module`, in UTC."""
        return self._at(module, "release", (module.number - 1) * self.days_between_releases, time(0))

    def due(self, module: Module) -> datetime | None:
        """When `module` must be submitted, in UTC."""
        days = (module.number - 1) * self.days_between_releases + self.days_to_work
        return self._at(module, "due", days, self.due_time)

    def _at(self, module: Module, key: str, days: int, clock: time) -> datetime | None:
        moment = self.overrides.get(module.number, {}).get(key)
        if moment is None:
            if self.term_start is None:
                return None
            moment = datetime.combine(self.term_start + timedelta(days=days), clock)
        return moment.replace(tzinfo=self.timezone).astimezone(UTC)


@dataclass(frozen=True)
class Course:
    """A course folder and what its course.toml says."""

    root: Path
    id: str
    title: str
    schedule: Schedule
    late: LatePolicy
    instructors: tuple[str, ...]
    tas: tuple[str, ...]
    students: tuple[str, ...]
    extensions: Mapping[str, Mapping[int, datetime]] = field(default_factory=dict)
    """By student and module number: their own due time, in UTC."""

    def due(self, module: Module, student: str) -> datetime | None:
        """When `student` must submit `module`, in UTC: their own time where they have one, else everybody's."""
        return self.extensions.get(student, {}).get(module.number) or self.schedule.due(module)

    @property
    def timezone(self) -> ZoneInfo:
        return self.schedule.timezone

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
        try:
            values = tomllib.loads(path.read_text(encoding="utf-8"))
        except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
            raise CourseFileError(f"{path} cannot be read: {error} (nothing was changed)") from None
        return _Reader(path, values).course(root.absolute())


class _Reader:
    """Takes values out of the TOML tables and names the file and key of each that does not fit."""

    def __init__(self, path: Path, values: dict[str, Any]) -> None:
        self.path = path
        self.values = values

    def course(self, root: Path) -> Course:
        unknown = self.values.keys() - {"course", "schedule", "modules", "late", "roster", "extensions"}
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
        people = {role: self.names(role) for role in ("instructors", "tas", "students")}
        everyone = [name.lower() for names in people.values() for name in names]
        for name in everyone:
            if everyone.count(name) > 1:
                self.fail("roster", f"names {name!r} twice; one person has one role, and case does not tell two apart")
        title = self.get("course", "title", str, course_id)
        schedule = self.schedule()
        extensions = _read_extensions(self, schedule.timezone)
        return Course(root, course_id, title, schedule, late, **people, extensions=extensions)

    def schedule(self) -> Schedule:
        term_start = self.get("course", "term_start", date, None)
        if isinstance(term_start, datetime):
            self.fail("course.term_start", f"must be a date such as 2027-01-11, got {term_start}")
        clock = self.get("schedule", "due_time", str, "23:59")
        try:
            zone = ZoneInfo(self.get("course", "timezone", str, "UTC"))
        except (KeyError, ValueError, OSError):
            self.fail("course.timezone", f"is no IANA time zone: {self.values['course']['timezone']!r}")
        try:
            due_time = time.fromisoformat(clock)
        except ValueError:
            self.fail("schedule.due_time", f"must be a time such as '23:59', got {clock!r}")
        return Schedule(
            term_start,
            zone,
            int(self.number("schedule", "days_between_releases", 7)),
            int(self.number("schedule", "days_to_work", 7)),
            due_time,
            self.overrides(),
        )

    def overrides(self) -> dict[int, dict[str, datetime]]:
        found: dict[int, dict[str, datetime]] = {}
        for key, dates in self.values.get("modules", {}).items():
            try:
                number = find_module(key).number
            except UnknownModuleError as error:
                self.fail(f"modules.{key}", str(error))
            for name, moment in dates.items():
                if name not in {"release", "due"} or not isinstance(moment, datetime) or moment.tzinfo:
                    self.fail(
                        f"modules.{key}.{name}",
                        "must be release or due with a local time such as 2027-02-26T23:59:00",
                    )
            found[number] = dict(dates)
        return found

    def names(self, role: str) -> tuple[str, ...]:
        names = self.get("roster", role, list, [])
        for name in names:
            problem = user_name_problem(name)
            if problem:
                self.fail(f"roster.{role}", problem)
        return tuple(names)

    def number(self, table: str, key: str, default: float) -> float:
        value = self.get(table, key, (int, float), default)
        if isinstance(value, bool) or not 0 <= value < 1e6:
            self.fail(f"{table}.{key}", f"must be a number of at least 0, got {value!r}")
        return float(value)

    def get(self, table: str, key: str, kind: Any, *default: Any) -> Any:
        value = self.values.get(table, {}).get(key, *default[:1])
        if value is None and not default:
            self.fail(f"{table}.{key}", "is missing")
        if value is not None and not isinstance(value, kind):
            self.fail(f"{table}.{key}", f"has the wrong type: {value!r}")
        return value

    def fail(self, key: str, problem: str) -> Any:
        raise CourseFileError(f"{self.path}: {key} {problem} (nothing was changed)")


def _read_extensions(reader: _Reader, zone: ZoneInfo) -> dict[str, dict[int, datetime]]:
    """The table [extensions]: by student and module, a local time by which they must submit."""
    found: dict[str, dict[int, datetime]] = {}
    for student, dates in reader.values.get("extensions", {}).items():
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
