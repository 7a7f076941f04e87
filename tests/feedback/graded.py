"""What a grader leaves behind in a tiny course: graded notebooks and the gradebook's rows."""

from __future__ import annotations

from typing import Any

import nbformat
from nbgrader.api import Gradebook
from nbgrader.utils import parse_utc

from tito.cells import is_graded
from tito.course import Course
from tito.grading.result import METADATA_KEY, GradedSubmission

LABEL = "01_setup"
STAMP = "2027-02-03 17:26:15.123456 UTC"
SECRET = "c0ffee"
NAMES = [f"test-double-{number}" for number in range(1, 6)]


def released(course: Course) -> nbformat.NotebookNode:
    """The module as students get it."""
    return nbformat.read(course.root / "release" / LABEL / f"{LABEL}.ipynb", as_version=4)


def leave(course: Course, student: str, result: GradedSubmission | None, notebook: nbformat.NotebookNode) -> None:
    """`notebook` as `student`'s graded one, with `result` in it and its points in the gradebook."""
    if result is not None:
        notebook.metadata[METADATA_KEY] = nbformat.from_dict(result.as_json())
    folder = course.root / "autograded" / student / LABEL
    folder.mkdir(parents=True)
    nbformat.write(notebook, folder / f"{LABEL}.ipynb")
    (folder / "timestamp.txt").write_text(STAMP)
    (folder / "submission_secret.txt").write_text(SECRET)
    earned = {test.id: test.earned for test in result.tests} if result else {}
    with Gradebook(f"sqlite:///{course.root}/gradebook.db") as book:
        book.update_or_create_student(student)
        book.update_or_create_submission(LABEL, student, timestamp=parse_utc(STAMP))
        for name in (cell.metadata.nbgrader.grade_id for cell in notebook.cells if is_graded(cell)):
            if name in NAMES:
                row = book.find_grade(name, LABEL, LABEL, student)
                row.auto_score, row.needs_manual_grade = earned.get(name, 0.0), False
        book.db.commit()


def change_by_hand(course: Course, student: str, **changes: Any) -> None:
    """What a person does in the formgrader to the second test, the late policy to the whole, and nbgrader to a hole."""
    with Gradebook(f"sqlite:///{course.root}/gradebook.db") as book:
        book.find_grade(NAMES[1], LABEL, LABEL, student).manual_score = changes["score"]
        book.find_comment("double-2", LABEL, LABEL, student).manual_comment = changes["comment"]
        book.find_comment("double-1", LABEL, LABEL, student).auto_comment = "No response."
        book.find_submission_notebook(LABEL, LABEL, student).late_submission_penalty = changes["penalty"]
        book.db.commit()
