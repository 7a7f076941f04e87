"""A tiny course for tests: one module with one hole, authored as the real ones are."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from tito.course import Course
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


def notebook(*cells: dict[str, Any]) -> str:
    """A notebook file's text."""
    return json.dumps({"cells": list(cells), "metadata": {}, "nbformat": 4, "nbformat_minor": 5})


def code(source: str, grade_id: str | None = None, **flags: Any) -> dict[str, Any]:
    """A code cell; `flags` go into its nbgrader metadata."""
    found: dict[str, Any] = (
        {} if grade_id is None else {"nbgrader": {"grade_id": grade_id, "schema_version": 3, **flags}}
    )
    return {"cell_type": "code", "execution_count": None, "metadata": found, "outputs": [], "source": source}
