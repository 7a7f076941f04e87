"""Grades as CSV: nbgrader's columns and a status, and no score where there is no grade."""

from __future__ import annotations

import csv
from pathlib import Path
from typing import Any

from nbgrader.api import Gradebook, MissingEntry
from nbgrader.plugins import ExportPlugin

from tito.course import Course
from tito.errors import ToolError

__all__ = ["CourseExport", "status_of"]

_PERSON = ("last_name", "first_name", "email")
_SCORES = ("raw_score", "late_submission_penalty", "score")
COLUMNS = ("assignment", "duedate", "timestamp", "student_id", *_PERSON, *_SCORES, "max_score", "status")


class CourseExport(ExportPlugin):
    """nbgrader's own plugin exports a submission that could not be graded as 0. Here its scores stay empty.

    The column `status` is `graded`, `not graded` (there is a submission, but nothing to stand by: it could not be
    read, say, or a newer one could not) or `not submitted`, which earns 0 as with nbgrader.
    """

    def export(self, gradebook: Gradebook) -> None:
        destination = Path(self.to or "grades.csv")
        self.log.info("Exporting grades to %s", destination)
        rows = [
            self._row(gradebook, assignment, student)
            for assignment in gradebook.assignments
            if not self.assignment or assignment.name in map(str, self.assignment)
            for student in self._students(gradebook, assignment.name)
            if not self.student or student in map(str, self.student)
        ]
        try:
            with destination.open("w", encoding="utf-8", newline="") as file:
                writer = csv.DictWriter(file, COLUMNS)
                writer.writeheader()
                writer.writerows(rows)
        except OSError as error:
            raise ToolError(f"{destination} cannot be written: {error.strerror} (the gradebook is as it was)") from None

    def _students(self, gradebook: Gradebook, assignment: str) -> list[str]:
        """Everyone whom the gradebook, course.toml or the submissions know."""
        coursedir = self.parent.coursedir
        folders = Path(coursedir.root).glob(f"{coursedir.submitted_directory}/*/{assignment}")
        known = {student.id for student in gradebook.students} | {folder.parent.name for folder in folders}
        return sorted(known | set(Course.find(Path(coursedir.root)).students))

    def _row(self, gradebook: Gradebook, assignment: Any, student: str) -> dict[str, Any]:
        row = {"assignment": assignment.name, "duedate": assignment.duedate, "max_score": assignment.max_score}
        row |= {"student_id": student, **_person(gradebook, student)}
        try:
            submission = gradebook.find_submission(assignment.name, student)
        except MissingEntry:
            submission = None
        row["status"] = status_of(self.parent.coursedir, assignment.name, student, submission)
        if submission is not None:
            row["timestamp"] = submission.timestamp
        if row["status"] == "graded":
            raw, penalty = submission.score, submission.late_submission_penalty or 0.0
            row |= zip(_SCORES, (raw, penalty, max(0.0, raw - penalty)), strict=True)
        elif row["status"] == "not submitted":
            row |= dict.fromkeys(_SCORES, 0.0)
        return row


def _person(gradebook: Gradebook, student: str) -> dict[str, Any]:
    try:
        found = gradebook.find_student(student)
    except MissingEntry:
        return {}
    return {name: getattr(found, name) for name in _PERSON}


def status_of(coursedir: Any, assignment: str, student: str, submission: Any) -> str:
    """`graded`, `not graded` or `not submitted`. `submission` is the gradebook's row, None if it has none.

    The files count too: nbgrader takes the graded copy away when it cannot grade a newer one, and leaves the scores.
    """

    def there(step: str) -> bool:
        return Path(coursedir.format_path(step, student, assignment)).exists()

    handed_in = there(coursedir.submitted_directory)
    if submission is None:
        return "not graded" if handed_in else "not submitted"
    grades = [grade for notebook in submission.notebooks for grade in notebook.grades]
    if any(grade.auto_score is None and grade.manual_score is None for grade in grades):
        return "not graded"
    return "not graded" if handed_in and not there(coursedir.autograded_directory) else "graded"
