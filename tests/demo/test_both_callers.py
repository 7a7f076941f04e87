"""The demo's class of eight through nbgrader's converter and `tito grade`, and again after its tests have changed."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from nbgrader.api import Gradebook

from tests import callers
from tests.demo.class_of_eight import make_class
from tito import gradebook
from tito.course import Course
from tito.demo.expected import Expected
from tito.grading.batch import report_line
from tito.modules import find_module
from tito.percent import source_path

LABELS = ("02_tensor", "03_activations")
LAST = find_module(LABELS[-1])


Both = tuple[Course, Course, dict[tuple[str, str], Expected]]


@pytest.fixture(scope="module")
def both(root: Path, tmp_path_factory: pytest.TempPathFactory) -> Both:
    """The class, graded by nbgrader's converter and by `tito grade`."""
    folder = tmp_path_factory.mktemp("class")
    first, expected = make_class(root, folder, LABELS)
    second = Course.load(Path(shutil.copytree(first.root, folder / "second", symlinks=True)))
    for label in LABELS:
        assert callers.autograde(first, label) == []
        assert {found.state for found in callers.grade(second, label).values()} == {"graded"}
    return first, second, dict(expected)


def test_both_callers_grade_the_demo_alike_and_rightly(both: Both) -> None:
    first, second, expected = both
    for label in LABELS:
        rows = callers.rows(first, label)
        assert rows == callers.rows(second, label)
        for student, row in rows.items():
            wanted = expected[student, label]
            assert (row["score"] - (row["penalty"] or 0), row["penalty"] or 0) == (wanted.score, wanted.penalty)
    assert len(expected) == 16
    assert callers.files(first) == callers.files(second)


@pytest.mark.parametrize(
    ("test", "hidden", "loses"),
    [
        ("test-relu", "assert relu(float_tensor(x)).data.min() < 0, 'harder than right'", True),
        ("test-softmax", "assert 2 > 1", False),  # carl fails it with his own modules, and is credited
    ],
)
def test_a_changed_hidden_test_runs_alone_and_grades_as_all_would(
    both: Both, tmp_path: Path, test: str, hidden: str, loses: bool
) -> None:
    """Manual scores and comments stay."""
    course = Course.load(Path(shutil.copytree(both[1].root, tmp_path / "course", symlinks=True)))
    give_by_hand(course, "ada")
    path = source_path(course.root, LAST.label)
    sources = tmp_path / "source"
    shutil.copytree(path.resolve().parent, sources)
    (course.root / "source").unlink()
    (course.root / "source").symlink_to(sources)
    before, cell, after = path.read_text(encoding="utf-8").partition(f'"grade_id": "{test}"')
    path.write_text(
        before + cell + after.replace("### END HIDDEN", f"{hidden}\n    ### END HIDDEN", 1), encoding="utf-8"
    )
    gradebook.generate(course, LAST.label)

    found = callers.grade(course, LAST.label)
    everything = {one.id for one in found["ada"].graded.tests}  # type: ignore[union-attr]
    for student, outcome in found.items():
        line = report_line(outcome, LAST)
        assert everything - set(line["kept"]) == {test}, student
        assert "cells" in line["timings"]
    changed = {student for student, outcome in found.items() if outcome.change is not None}
    assert changed == ({"ada", "alan", "carl", "emmy", "grace", "kurt", "sofia"} if loses else set())
    kept = callers.rows(course, LAST.label), callers.files(course)
    assert kept[0]["ada"]["grades"]["test-softmax-backward"][1] == 1.5
    assert "well argued" in kept[0]["ada"]["comments"]["relu"][1]

    forced = callers.grade(course, LAST.label, force=True)
    assert all(not outcome.graded.kept for outcome in forced.values())  # type: ignore[union-attr]
    assert (callers.rows(course, LAST.label), callers.files(course)) == kept


def give_by_hand(course: Course, student: str) -> None:
    with Gradebook(f"sqlite:///{course.root / 'gradebook.db'}", course.id) as book:
        book.find_grade("test-softmax-backward", LAST.label, LAST.label, student).manual_score = 1.5
        book.find_comment("relu", LAST.label, LAST.label, student).manual_comment = "well argued"
        book.db.commit()
