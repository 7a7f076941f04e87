"""Late submissions lose what course.toml says, counted from the student's own due time."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from nbgrader.api import Gradebook
from nbgrader.plugins import LateSubmissionPlugin
from nbgrader.preprocessors import NbGraderPreprocessor

from tito.course import Course
from tito.modules import find_module

if TYPE_CHECKING:
    from nbformat import NotebookNode

__all__ = ["CourseLatePolicy", "GrantExtension"]


class CourseLatePolicy(LateSubmissionPlugin):
    """nbgrader's own plugin knows only no penalty and all of it; this one asks course.toml's [late] table."""

    def late_submission_penalty(self, student_id: str, score: float, total_seconds_late: float) -> float:
        penalty = Course.find().late.penalty(score, total_seconds_late)
        self.log.info("%s is %d s late and loses %.2f of %.2f", student_id, total_seconds_late, penalty, score)
        return penalty


class GrantExtension(NbGraderPreprocessor):
    """Writes course.toml's extension into the gradebook, from where nbgrader counts and the formgrader shows it."""

    def preprocess(self, nb: NotebookNode, resources: dict[str, Any]) -> tuple[NotebookNode, dict[str, Any]]:
        course, names = Course.find(), resources["nbgrader"]
        more = course.extension(find_module(names["assignment"]), names["student"])
        with Gradebook(names["db_url"], course.id) as gradebook:
            gradebook.grant_extension(
                names["assignment"], names["student"], minutes=more.total_seconds() / 60 if more else 0
            )
        return nb, resources
