"""Grading a module that stands on another: whose library runs, who pays for what. With real nbgrader and exam rooms."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from nbgrader.api import Gradebook

from tests.tiny import COURSE_TOML, make_checkout, metadata
from tito import gradebook
from tito.checks.source import scope_source
from tito.course import Course
from tito.library import build_reference
from tito.modules import find_module
from tito.notebooks import build, notebook_text
from tito.percent import HEADER, read_source, source_path
from tito.workspace import lay_out_course

RIGHT = "return math.fsum([x, x])"


def tensor_source() -> str:
    """Module 02 with one hole, which stands on 01's double_1."""
    cells = [
        HEADER,
        f"{metadata('scope')}\n{scope_source(find_module('02'))}",
        f"{metadata('imports')}\n#| default_exp core.tensor\n#| export\nfrom tinytorch_lib.core.setup import double_1",
        f"{metadata('quadruple', solution=True)}\n#| export\ndef quadruple(x):\n    ### BEGIN SOLUTION\n"
        "    return double_1(double_1(x))\n    ### END SOLUTION",
        f"{metadata('test-quadruple', points=100)}\ndef test_quadruple():\n"
        '    print("🔬 Unit Test: quadruple...")\n'
        '    assert quadruple(3) == 12, f"quadruple(3) should be 12, got {quadruple(3)}. Reread 2.1."\n'
        '    print("📈 Progress: quadruple ✓")\n\n\ntest_quadruple()',
    ]
    return "\n\n".join(cell.rstrip("\n") for cell in cells) + "\n"


@pytest.fixture(scope="module")
def course(tmp_path_factory: pytest.TempPathFactory) -> Course:
    folder = tmp_path_factory.mktemp("grading")
    checkout = make_checkout(folder / "checkout")
    (checkout / "source" / "02_tensor.py").write_text(tensor_source(), encoding="utf-8")
    build(checkout)
    build_reference(checkout)
    course = Course.load(lay_out_course(folder / "course", checkout, course_file=COURSE_TOML))
    for label in ("01_setup", "02_tensor"):
        gradebook.generate(course, label)
    return course


def submit(course: Course, student: str, label: str, old: str = "", new: str = "") -> None:
    text = notebook_text(read_source(source_path(course.root, label)))
    assert old in text
    folder = course.root / "submitted" / student / label
    folder.mkdir(parents=True, exist_ok=True)
    (folder / f"{label}.ipynb").write_text(text.replace(old, new, 1) if old else text, encoding="utf-8")


def graded(course: Course, student: str, label: str) -> tuple[float, str]:
    """The score, and all that the graded notebook shows."""
    gradebook.grade(course, label, student)
    shown = (course.root / "autograded" / student / label / f"{label}.ipynb").read_text(encoding="utf-8")
    (score,) = (found.points for found in gradebook.scores(course, label) if found.student == student)
    assert score is not None
    return score, shown


def test_a_right_library_of_ones_own_is_what_runs(course: Course) -> None:
    submit(course, "own", "01_setup", RIGHT, "print('my own double'); return x + x")
    submit(course, "own", "02_tensor")
    score, shown = graded(course, "own", "02_tensor")
    assert score == 100
    assert "my own double" in shown
    assert "the reference's" not in shown


def test_an_earlier_mistake_is_not_charged_twice_and_is_told(course: Course) -> None:
    submit(course, "wrong", "01_setup", RIGHT, "return x + 1")
    submit(course, "wrong", "02_tensor")
    assert graded(course, "wrong", "01_setup")[0] == 80
    score, shown = graded(course, "wrong", "02_tensor")
    assert score == 100
    assert "failed with your own earlier modules" in shown


def test_an_earlier_module_that_is_missing_or_broken_costs_nothing_later(course: Course) -> None:
    submit(course, "without", "02_tensor")
    assert graded(course, "without", "02_tensor")[0] == 100
    submit(course, "broken", "01_setup", RIGHT, "return (")
    submit(course, "broken", "02_tensor")
    score, shown = graded(course, "broken", "02_tensor")
    assert score == 100
    assert "01_setup: cell 'double-1', line" in shown
    assert "the reference's stood in for it" in shown


def test_a_mistake_here_is_charged_whichever_library_runs(course: Course) -> None:
    submit(course, "here", "01_setup")
    submit(course, "here", "02_tensor", "return double_1(double_1(x))", "return double_1(x)")
    score, shown = graded(course, "here", "02_tensor")
    assert score == 0
    assert "quadruple(3) should be 12, got 6" in shown


def test_the_reference_is_no_way_round_an_empty_hole(course: Course) -> None:
    """Importing the module's own reference solution is refused, with the own library and with the reference alike."""
    submit(
        course,
        "thief",
        "02_tensor",
        "return double_1(double_1(x))",
        "from tinytorch_lib.core.tensor import quadruple as q; return q(x)",
    )
    score, shown = graded(course, "thief", "02_tensor")
    assert score == 0
    assert "sees only modules below 02" in shown


def test_grading_again_gives_the_same(course: Course) -> None:
    submit(course, "again", "02_tensor")
    assert graded(course, "again", "02_tensor") == graded(course, "again", "02_tensor")


def nbgrader(course: Course, *arguments: str) -> subprocess.CompletedProcess[str]:
    tools = Path(sys.executable).parent
    return subprocess.run(
        [str(tools / "nbgrader"), *arguments],
        cwd=course.root,
        env=os.environ | {"PATH": f"{tools}{os.pathsep}{os.environ['PATH']}"},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


def test_nbgraders_own_command_generates_from_the_current_source(course: Course) -> None:
    source = source_path(course.root, "02_tensor")
    before = source.read_text(encoding="utf-8")
    released = course.root / "release" / "02_tensor" / "02_tensor.ipynb"
    try:
        source.write_text(before.replace("Reread 2.1.", "Reread section 2.1."), encoding="utf-8")
        found = nbgrader(course, "generate_assignment", "02_tensor", "--force")
        assert found.returncode == 0, found.stderr
        assert "Reread section 2.1." in released.read_text(encoding="utf-8")
        source.write_text("not a notebook \x00", encoding="utf-8")
        assert nbgrader(course, "generate_assignment", "02_tensor", "--force").returncode != 0
        assert not released.exists(), "a stale notebook must not be released in place of a faulty source"
    finally:
        source.write_text(before, encoding="utf-8")
        gradebook.generate(course, "02_tensor")


def test_due_dates_reach_the_gradebook(course: Course) -> None:
    own = course.root / "course.toml"
    before = own.read_text(encoding="utf-8")
    try:
        own.write_text(before.replace('id = "tiny"', 'id = "tiny"\nterm_start = 2027-01-11'), encoding="utf-8")
        gradebook.generate(Course.load(course.root), "02_tensor")
        with Gradebook(f"sqlite:///{course.root / 'gradebook.db'}", "tiny") as book:
            assert str(book.find_assignment("02_tensor").duedate) == "2027-01-25 23:59:00"
    finally:
        own.write_text(before, encoding="utf-8")
        gradebook.generate(course, "02_tensor")
