"""Whose work somebody may look at: the roster says, as it is now."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from tito.course import Course

__all__ = ["Viewer", "viewer"]


@dataclass(frozen=True)
class Viewer:
    """Somebody in the course."""

    name: str
    student: bool
    staff: bool
    sees: tuple[str, ...]
    """The students whose work they may look at, in the roster's order."""
    about: str = ""
    """Which students those are: `section A`, `the whole class`; empty for a student."""
    instructor: bool = False

    def may_see(self, student: str) -> bool:
        return student in self.sees


def viewer(folder: Path, name: str) -> Viewer | None:
    """What `name` may see by the course in `folder`; None for somebody who is not in it.

    Instructors see everybody. TAs see their sections; where the course has none of theirs, everybody.

    Raises:
        CourseFileError: course.toml cannot be used.
        RosterError: the roster cannot be used.
    """
    course = Course.load(folder)
    person = course.roster.find(name)
    if person is None:
        return None
    if person.role == "student":
        return Viewer(name, student=True, staff=False, sees=(name,))
    mine = person.role == "ta" and person.sections
    about = f"section {', '.join(person.sections)}" if mine else "the whole class"
    return Viewer(name, False, True, course.roster.students_of(person), about, person.role == "instructor")
