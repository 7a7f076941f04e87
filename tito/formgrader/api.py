"""What the formgrader's pages ask nbgrader, answered about some of the class."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from nbgrader.apps.api import NbGraderAPI
from nbgrader.utils import temp_attrs

from tito.files import locked
from tito.formgrader.view import EVERYBODY, View
from tito.new_gradebook import make_gradebook

__all__ = ["SectionAPI"]

_SCORES = ("score", "code_score", "written_score", "task_score")

Row = dict[str, Any]


class SectionAPI(NbGraderAPI):
    """nbgrader's API where it lists, counts or averages: over the students in `view`.

    What is asked about one student by name is answered for everybody.
    """

    view: View = EVERYBODY

    @property
    def gradebook(self) -> Any:
        """Opened anew each time, as nbgrader has it; the formgrader may be the first to open a course's."""
        make_gradebook(self.coursedir.db_url, self.course_id)
        return super().gradebook

    def generate_assignment(self, *arguments: Any, **options: Any) -> Row:
        """Not while the release service copies what this makes anew."""
        with locked(Path(self.coursedir.root)):
            found: Row = super().generate_assignment(*arguments, **options)
        return found

    def get_submitted_students(self, assignment_id: str) -> set[str]:
        return set(filter(self.view.shows, super().get_submitted_students(assignment_id)))

    def get_students(self) -> list[Row]:
        return [row for row in super().get_students() if self.view.shows(row["id"])]

    def get_submissions(self, assignment_id: str) -> list[Row]:
        return self._seen(super().get_submissions(assignment_id))

    def get_assignment(self, assignment_id: str, released: set[str] | None = None) -> Row | None:
        found: Row | None = super().get_assignment(assignment_id, released)
        if found is None or found["id"] is None or self.view.students is None:
            return found
        with self.gradebook as gradebook:
            return found | _averages(self._seen(gradebook.submission_dicts(assignment_id)))

    def get_notebooks(self, assignment_id: str) -> list[Row]:
        notebooks: list[Row] = super().get_notebooks(assignment_id)
        if self.view.students is None:
            return notebooks
        return [notebook | self._of_notebook(assignment_id, notebook) for notebook in notebooks]

    def _of_notebook(self, assignment_id: str, notebook: Row) -> Row:
        rows = self.get_notebook_submissions(assignment_id, notebook["name"])
        manual = any(row["needs_manual_grade"] for row in rows)
        return {**_averages(rows), "num_submissions": len(rows), "needs_manual_grade": manual}

    def _filter_existing_notebooks(self, assignment_id: str, notebooks: Iterable[Any]) -> list[Any]:
        """The submissions that the lists and the arrows go through: nbgrader leaves out here what has no file."""
        if self.view.students is not None:
            notebooks = [notebook for notebook in notebooks if self.view.shows(notebook.student.id)]
        return list(super()._filter_existing_notebooks(assignment_id, notebooks))

    def get_submission(
        self,
        assignment_id: str,
        student_id: str,
        ungraded: set[str] | None = None,
        students: Mapping[str, Row] | None = None,
    ) -> Row | None:
        with temp_attrs(self, view=EVERYBODY):
            found: Row | None = super().get_submission(assignment_id, student_id, ungraded, students)
        return found

    def get_student(self, student_id: str, submitted: set[str] | None = None) -> Row | None:
        with temp_attrs(self, view=EVERYBODY):
            found: Row | None = super().get_student(student_id, submitted)
        return found

    def _seen(self, rows: Iterable[Row]) -> list[Row]:
        return [row for row in rows if self.view.shows(row["student"])]


def _averages(rows: Sequence[Row]) -> Row:
    return {f"average_{score}": sum(row[score] for row in rows) / max(len(rows), 1) for score in _SCORES}
