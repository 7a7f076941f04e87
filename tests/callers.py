"""The grader's two callers over the same class: nbgrader's converter, all of it at once, and `tito grade`."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from nbgrader.api import Gradebook

from tito import gradebook
from tito.course import Course
from tito.grading.batch import Outcome, grade_class
from tito.modules import find_module

__all__ = ["autograde", "files", "grade", "rows"]


def autograde(course: Course, label: str) -> list[str]:
    """Grade everybody's `label` as `nbgrader autograde` does; gives whom it could not grade."""
    command = [sys.executable, "-m", "nbgrader", "autograde", label]
    environment = os.environ | {"PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"}
    done = subprocess.run(command, cwd=course.root, env=environment, capture_output=True, text=True, check=False)
    graded = {path.parent.name for path in Path(course.root, "autograded").glob(f"*/{label}")}
    failed = sorted({path.parent.name for path in Path(course.root, "submitted").glob(f"*/{label}")} - graded)
    assert done.returncode == bool(failed), done.stderr[-2000:]
    return failed


def grade(course: Course, label: str, students: Sequence[str] | None = None, **options: Any) -> dict[str, Outcome]:
    """Grade `students`, or everybody, as `tito grade` does."""
    found = sorted(path.parent.name for path in Path(course.root, "submitted").glob(f"*/{label}"))
    chosen = found if students is None else students
    with gradebook.inside(course.root):
        outcomes = grade_class(course, find_module(label), chosen, **options)
    return {outcome.student: outcome for outcome in outcomes}


def rows(course: Course, label: str) -> dict[str, Any]:
    """What the gradebook holds for `label`, by student."""
    with Gradebook(f"sqlite:///{course.root / 'gradebook.db'}", course.id) as book:
        found = {}
        for submission in book.assignment_submissions(label):
            (submitted,) = submission.notebooks
            found[submission.student_id] = {
                "timestamp": submission.timestamp,
                "extension": submission.extension,
                "penalty": submitted.late_submission_penalty,
                "score": submission.score,
                "grades": {g.name: (g.auto_score, g.manual_score, g.needs_manual_grade) for g in submitted.grades},
                "comments": {c.name: (c.auto_comment, c.manual_comment) for c in submitted.comments},
            }
        return found


def files(course: Course) -> dict[str, str]:
    """Everything under autograded/, with its permissions."""
    folder = course.root / "autograded"
    return {
        str(path.relative_to(folder)): f"{path.stat().st_mode:o} {path.read_text(encoding='utf-8')}"
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }
