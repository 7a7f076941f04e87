"""A tiny course for tests: one module with one hole, authored as the real ones are."""

from __future__ import annotations

import json
import shutil
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from tito.course import Course
from tito.errors import ToolError
from tito.modules import find_module
from tito.percent import HEADER
from tito.workspace import lay_out_course

CHECKOUT = Path(__file__).parents[1]

COURSE_TOML = """\
[course]
id = "tiny"
[roster]
instructors = ["instructor"]
students = ["ada", "alan"]
"""


def metadata(grade_id: str, *, solution: bool = False, points: float | None = None) -> str:
    """The nbgrader part of a percent cell's first line."""
    values: dict[str, Any] = {
        "grade": points is not None,
        "grade_id": grade_id,
        "locked": not solution,
        "schema_version": 3,
        "solution": solution,
        "task": False,
    }
    if points is not None:
        values["points"] = points
    return f"# %% nbgrader={json.dumps(dict(sorted(values.items())))}"


def setup_source(points: int = 20) -> str:
    """Module 01 in five holes named double-1 to double-5, each with its graded cell."""
    parts = [
        HEADER,
        "# %% [markdown]\n# # 01 · Setup",
        metadata("imports"),
        "#| default_exp core.setup\n#| export\nimport math",
    ]
    for number in range(1, 6):
        parts.append(
            f"""{metadata(f"double-{number}", solution=True)}
#| export
def double_{number}(x):
    \"\"\"Twice x.\"\"\"
    ### BEGIN SOLUTION
    return math.fsum([x, x])
    ### END SOLUTION"""
        )
        parts.append(
            f"""{metadata(f"test-double-{number}", points=points)}
def test_double_{number}():
    print("🔬 Unit Test: double {number}...")
    assert double_{number}(2) == 4, "double_{number}(2) should be 4. Reread 1.{number}."
    ### BEGIN HIDDEN TESTS
    assert double_{number}(-1.5) == -3.0, "a negative number (hidden test)"
    ### END HIDDEN TESTS
    print("📈 Progress: double {number} ✓")


test_double_{number}()"""
        )
    return "\n\n".join(part.rstrip("\n") for part in parts) + "\n"


def make_checkout(folder: Path, source: str | None = None) -> Path:
    """A folder with what a checkout authors: source/, nbgrader_config.py, course.toml."""
    (folder / "source").mkdir(parents=True)
    (folder / "source" / "01_setup.py").write_text(source or setup_source(), encoding="utf-8")
    (folder / "nbgrader_config.py").write_bytes((CHECKOUT / "nbgrader_config.py").read_bytes())
    (folder / "course.toml").write_text(COURSE_TOML, encoding="utf-8")
    return folder


def make_course(folder: Path, course_file: str = COURSE_TOML) -> Course:
    """A course folder of its own over a tiny checkout, its notebook built and generated."""
    from tito import gradebook
    from tito.notebooks import build

    checkout = make_checkout(folder / "checkout")
    build(checkout)
    course = Course.load(lay_out_course(folder / "course", checkout, course_file=course_file))
    gradebook.generate(course, "01_setup")
    return course


def submit_reference(course: Course, student: str) -> None:
    """Put the course's own solution where a collected submission of `student` stands."""
    from tito.notebooks import notebook_text
    from tito.percent import read_source, source_path

    folder = course.root / "submitted" / student / "01_setup"
    folder.mkdir(parents=True)
    text = notebook_text(read_source(source_path(course.root, "01_setup")))
    (folder / "01_setup.ipynb").write_text(text, encoding="utf-8")


NOTHING = "# %% [markdown]\n# nothing to grade\n"
"""A source that the course's tools refuse to release."""


def copy_only(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let releasing copy files and no more, for tests of when things are released: nbgrader takes seconds."""
    from tito import gradebook

    def outbound(course: Course) -> Path:
        return course.root / "exchange" / course.id / "outbound"

    def generate(course: Course, label: str) -> None:
        text = (course.root / "source" / f"{label}.py").read_text(encoding="utf-8")
        if text == NOTHING:
            raise ToolError(f"generating {label} failed: it has no graded cell")
        (course.root / "release" / label).mkdir(parents=True, exist_ok=True)
        (course.root / "release" / label / f"{label}.ipynb").write_text(text, encoding="utf-8")
        known[label] = course.schedule.due(find_module(label))

    def release(course: Course, label: str, again: bool = False) -> None:
        if again:
            shutil.rmtree(outbound(course) / label)
        shutil.copytree(course.root / "release" / label, outbound(course) / label)

    def published(course: Course) -> set[str]:
        return {folder.name for folder in outbound(course).glob("*")}

    def record_due_dates(course: Course, dues: dict[str, datetime | None]) -> list[str]:
        changed = [label for label, due in dues.items() if label in known and known[label] != due]
        known.update({label: dues[label] for label in changed})
        return changed

    known: dict[str, datetime | None] = {}
    for function in (generate, release, published, record_due_dates):
        monkeypatch.setattr(gradebook, function.__name__, function)


def notebook(*cells: dict[str, Any]) -> str:
    """A notebook file's text."""
    return json.dumps({"cells": list(cells), "metadata": {}, "nbformat": 4, "nbformat_minor": 5})


def code(source: str, grade_id: str | None = None, **flags: Any) -> dict[str, Any]:
    """A code cell; `flags` go into its nbgrader metadata."""
    found: dict[str, Any] = (
        {} if grade_id is None else {"nbgrader": {"grade_id": grade_id, "schema_version": 3, **flags}}
    )
    return {"cell_type": "code", "execution_count": None, "metadata": found, "outputs": [], "source": source}
