"""The exported grades: late penalties, and no score where there is nothing to stand by."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from typing import Any

import pytest
from nbgrader.api import Gradebook
from nbgrader.apps import ExportApp
from nbgrader.coursedir import CourseDirectory

from tests.tiny import COURSE_TOML, make_course
from tito.course import Course
from tito.errors import ToolError
from tito.nbgrader_plugins.export import CourseExport

# nbgrader's own way of making a submission's rows, which SQLAlchemy does not like.
pytestmark = pytest.mark.filterwarnings("ignore:Object of type:sqlalchemy.exc.SAWarning")

LABEL = "01_setup"


@pytest.fixture(scope="module")
def course(tmp_path_factory: pytest.TempPathFactory) -> Course:
    return make_course(
        tmp_path_factory.mktemp("export"), COURSE_TOML.replace('"alan"', '"alan", "grace", "kurt", "zuse"')
    )


@pytest.fixture
def book(course: Course) -> Iterator[Gradebook]:
    with Gradebook(f"sqlite:///{course.root / 'gradebook.db'}", course.id) as book:
        yield book


def export(course: Course, book: Gradebook, **options: Any) -> dict[str, dict[str, str]]:
    command = ExportApp(coursedir=CourseDirectory(root=str(course.root)))
    target = course.root / "out.csv"
    CourseExport(parent=command, to=str(target), **options).export(book)
    with target.open(encoding="utf-8", newline="") as file:
        return {row["student_id"]: row for row in csv.DictReader(file)}


def submit(course: Course, student: str, *steps: str) -> None:
    for step in steps:
        (course.root / step / student / LABEL).mkdir(parents=True, exist_ok=True)


def record(book: Gradebook, student: str, scores: list[float | None], penalty: float = 0.0) -> None:
    """What autograding leaves in the gradebook."""
    book.update_or_create_student(student)
    submission = book.update_or_create_submission(LABEL, student, timestamp="2027-01-01 10:00:00")
    (notebook,) = submission.notebooks
    for grade, score in zip(notebook.grades, scores, strict=True):
        grade.auto_score, grade.needs_manual_grade = score, score is None
    notebook.late_submission_penalty = penalty
    book.db.commit()


def test_a_graded_submission_has_its_score_less_the_penalty(course: Course, book: Gradebook) -> None:
    submit(course, "ada", "submitted", "autograded")
    record(book, "ada", [20, 20, 0, 20, 20], penalty=8.0)
    row = export(course, book)["ada"]
    assert (row["raw_score"], row["late_submission_penalty"], row["score"]) == ("80.0", "8.0", "72.0")
    assert (row["status"], row["max_score"], row["assignment"]) == ("graded", "100.0", LABEL)
    assert row["timestamp"] == "2027-01-01 10:00:00"


def test_a_half_graded_submission_has_no_score(course: Course, book: Gradebook) -> None:
    submit(course, "alan", "submitted", "autograded")
    record(book, "alan", [20, None, 20, 20, 20])
    row = export(course, book)["alan"]
    assert (row["status"], row["raw_score"], row["late_submission_penalty"], row["score"]) == ("not graded", "", "", "")


def test_old_scores_do_not_stand_for_a_newer_submission_that_failed(course: Course, book: Gradebook) -> None:
    submit(course, "grace", "submitted")  # nbgrader took the graded copy away
    record(book, "grace", [20, 20, 20, 20, 20])
    assert (export(course, book)["grace"]["status"], export(course, book)["grace"]["score"]) == ("not graded", "")


def test_scores_outlive_the_files(course: Course, book: Gradebook) -> None:
    record(book, "kurt", [20, 20, 20, 20, 0])
    assert (export(course, book)["kurt"]["status"], export(course, book)["kurt"]["score"]) == ("graded", "80.0")


def test_no_submission_earns_nothing_and_is_told_apart(course: Course, book: Gradebook) -> None:
    row = export(course, book)["zuse"]
    assert (row["status"], row["score"], row["timestamp"]) == ("not submitted", "0.0", "")


def test_one_student_or_one_module_can_be_asked_for(course: Course, book: Gradebook) -> None:
    assert list(export(course, book, student=["ada"])) == ["ada"]
    assert export(course, book, assignment=["02_tensor"]) == {}


def test_a_place_that_cannot_be_written_is_told(course: Course, book: Gradebook) -> None:
    command = ExportApp(coursedir=CourseDirectory(root=str(course.root)))
    with pytest.raises(ToolError, match="cannot be written"):
        CourseExport(parent=command, to=str(course.root)).export(book)
