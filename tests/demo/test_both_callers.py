"""The demo's class of eight through nbgrader's converter and through `tito grade`: the same files, the same rows."""

from __future__ import annotations

import shutil
from pathlib import Path

from tests import callers
from tests.demo.class_of_eight import make_class
from tito.course import Course

LABELS = ("02_tensor", "03_activations")


def test_both_callers_grade_the_demo_alike_and_rightly(root: Path, tmp_path: Path) -> None:
    first, expected = make_class(root, tmp_path, LABELS)
    second = Course.load(Path(shutil.copytree(first.root, tmp_path / "second", symlinks=True)))
    for label in LABELS:
        assert callers.autograde(first, label) == []
        assert {found.state for found in callers.grade(second, label).values()} == {"graded"}
        rows = callers.rows(first, label)
        assert rows == callers.rows(second, label)
        for student, row in rows.items():
            wanted = expected[student, label]
            assert (row["score"] - (row["penalty"] or 0), row["penalty"] or 0) == (wanted.score, wanted.penalty)
    assert len(expected) == 16
    assert callers.files(first) == callers.files(second)
