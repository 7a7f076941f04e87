"""Rows first, files after them, nothing by halves: whenever grading is killed, the next run puts it right."""

from __future__ import annotations

from pathlib import Path

from nbgrader.api import Gradebook

from tests.tiny import make_course
from tito import gradebook
from tito.course import Course
from tito.grading.batch import prepare_submission
from tito.grading.notebook import write_result
from tito.grading.result import GradedSubmission, TestReport
from tito.grading.store import Store, stored_result
from tito.modules import find_module
from tito.notebooks import notebook_text
from tito.percent import read_source, source_path

MODULE = find_module("01")


def submissions(course: Course) -> int:
    with Gradebook(f"sqlite:///{course.root / 'gradebook.db'}", course.id) as book:
        return len(book.assignment_submissions(MODULE.label))


def test_a_store_that_is_killed_before_its_commit_leaves_neither_rows_nor_files(tmp_path: Path) -> None:
    course = make_course(tmp_path)
    folder = course.root / "submitted" / "ada" / MODULE.label
    folder.mkdir(parents=True)
    text = notebook_text(read_source(source_path(course.root, MODULE.label)))
    (folder / f"{MODULE.label}.ipynb").write_text(text, encoding="utf-8")
    with gradebook.inside(course.root):
        prepared = prepare_submission(course, MODULE, "ada")
        tests = tuple(
            TestReport(name, "passed", title=name, points=points, earned=points)
            for name, points in prepared.job.points.items()
        )
        graded = GradedSubmission(
            module=MODULE.label,
            student="ada",
            attempt="",
            key=prepared.job.key,
            reference="",
            backend="",
            policy="own",
            tests=tests,
            cells=(),
        )
        notebook = write_result(prepared.notebook, graded)

        killed = Store(course)
        killed.__enter__()
        killed.record(graded, notebook)
        assert killed._book is not None
        killed._book.close()  # what the database sees of a process that is gone
        assert submissions(course) == 0
        assert stored_result(course, MODULE.label, "ada") is None

        with Store(course) as store:
            store.record(graded, notebook)
        assert submissions(course) == 1
        found = stored_result(course, MODULE.label, "ada")
        assert found is not None and found.earned == 100
        (score,) = gradebook.scores(course, MODULE.label)
        assert score.points == 100
