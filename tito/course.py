"""course.toml as one checked, immutable value: who, when and by which rules."""

from __future__ import annotations

import os
import re
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from tito.errors import CourseFileError
from tito.grading.policy import GradingPolicy, read_policy
from tito.roster import Person, Roster, join_roster, read_roster, read_table, user_name_problem
from tito.schedule import Schedule, read_schedule
from tito.tables import Tables, read_toml

__all__ = ["COURSE_FILE", "Course", "LatePolicy", "Schedule", "user_name_problem"]

COURSE_FILE = "course.toml"


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
        unknown = self.values.keys() - {"course", "schedule", "modules", "late", "grading", "roster"}
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
        course = Course(root, course_id, title, read_schedule(self), late, grading, read_roster(self))
        self.refuse_unknown_keys()
        return course
