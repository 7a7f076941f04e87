"""What the gradebook has on a submission: nbgrader's own reader, and what it leaves out."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from nbgrader.api import MissingEntry
from nbgrader.preprocessors import GetGrades

from tito.cells import nbgrader_metadata

if TYPE_CHECKING:
    from nbformat import NotebookNode

__all__ = ["ReadGrades"]


class ReadGrades(GetGrades):
    """nbgrader's GetGrades, which also tells what still waits for a grader and when the work was handed in.

    "No response", which nbgrader itself puts down as a comment, becomes the flag `untouched`. A cell that the gradebook
    does not know (the source has changed since) is left without a score.
    """

    def preprocess(self, nb: NotebookNode, resources: dict[str, Any]) -> tuple[NotebookNode, dict[str, Any]]:
        nb, resources = super().preprocess(nb, resources)
        with self.gradebook:
            submission = self.gradebook.find_submission(self.assignment_id, self.student_id)
            resources["nbgrader"]["timestamp"] = submission.timestamp
        return nb, resources

    def preprocess_cell(
        self, cell: NotebookNode, resources: dict[str, Any], cell_index: int
    ) -> tuple[NotebookNode, dict[str, Any]]:
        try:
            cell, resources = super().preprocess_cell(cell, resources, cell_index)
        except MissingEntry:
            self.log.warning("The gradebook has no cell %s", nbgrader_metadata(cell).get("grade_id"))
        return cell, resources

    def _get_comment(self, cell: NotebookNode, resources: dict[str, Any]) -> None:  # noqa: ARG002
        comment = self.gradebook.find_comment(
            cell.metadata["nbgrader"]["grade_id"], self.notebook_id, self.assignment_id, self.student_id
        )
        cell.metadata.nbgrader["comment"] = comment.manual_comment
        cell.metadata.nbgrader["untouched"] = comment.auto_comment is not None

    def _get_score(self, cell: NotebookNode, resources: dict[str, Any]) -> None:
        super()._get_score(cell, resources)
        grade = self.gradebook.find_grade(
            cell.metadata["nbgrader"]["grade_id"], self.notebook_id, self.assignment_id, self.student_id
        )
        cell.metadata.nbgrader["waiting"] = bool(grade.needs_manual_grade)
