"""Whose work the formgrader's pages are about: the roster says, as it is now."""

from __future__ import annotations

import logging
from dataclasses import dataclass

from tito.course import Course
from tito.errors import TitoError

__all__ = ["EVERYBODY", "View", "view_of"]

LOG = logging.getLogger(__name__)


@dataclass(frozen=True)
class View:
    """Some of the class, or all of it."""

    sections: tuple[str, ...] = ()
    """The viewer's own; empty for those who see everybody anyway."""
    students: frozenset[str] | None = None
    """Those in the view; None is everybody."""

    def shows(self, student: str) -> bool:
        return self.students is None or student in self.students

    @property
    def about(self) -> str:
        """`section A`, `sections A and B`."""
        *first, last = self.sections or ("",)
        return f"sections {', '.join(first)} and {last}" if first else f"section {last}"


EVERYBODY = View()


def view_of(name: str, everybody: bool) -> View:
    """What the person called `name` sees: a TA their sections' students, unless they asked for everybody.

    Instructors, and TAs without a section, see everybody. So does everyone while the course's files make no sense:
    grading goes on.
    """
    try:
        course = Course.find()
    except TitoError as error:
        LOG.warning("the formgrader shows everybody: %s", error)
        return EVERYBODY
    person = course.roster.find(name)
    if person is None or person.role != "ta" or not person.sections:
        return EVERYBODY
    return View(person.sections, None if everybody else frozenset(course.roster.students_of(person)))
