"""A small course to attack: five holes of 20 points, a library above them, and secrets all around."""

from __future__ import annotations

import json
import sqlite3
from pathlib import Path
from typing import Any

from tests.tiny import make_checkout, metadata
from tito import gradebook
from tito.checks.source import scope_source
from tito.course import Course
from tito.grading.job import GradingJob
from tito.grading.prepare import prepare_job
from tito.library import build_reference
from tito.modules import find_module
from tito.nbgrader_plugins.guard import check_submission
from tito.nbgrader_plugins.skeleton import course_skeleton
from tito.notebooks import build, notebook_text
from tito.percent import HEADER, read_source, source_path
from tito.submission import assemble, read_submission
from tito.workspace import lay_out_course

__all__ = ["HOLES", "RIGHT", "SECRET", "WRONG", "job_of", "make_hostile_course", "notebook_with"]

SECRET = "the-grader-only"
"""Stands in everything that no student may read."""

CELL_SECONDS = 2.0

COURSE_TOML = """\
[course]
id = "attacked"
[roster]
instructors = ["instructor"]
students = ["ada", "alan"]
[grading]
cell_seconds = {seconds}
notebook_seconds = 15.0
memory_mb = 400
"""

RIGHT = {
    "double": "def double(x):\n    return 2 * x",
    "scale": "def scale(x, by):\n    return x * by",
    "total-of": "def total_of(function, values):\n    return sum(function(value) for value in values)",
    "tally": (
        "class Tally:\n"
        "    def __init__(self):\n        self.items = []\n"
        "    def add(self, item):\n        self.items.append(item)\n        return self\n"
        "    def __len__(self):\n        return len(self.items)\n"
        "    @property\n    def total(self):\n        return sum(self.items)"
    ),
    "third": "def third(x):\n    return x / 3",
}
"""What fills the holes rightly."""

WRONG = {
    "double": "def double(x):\n    return x + 1",
    "scale": "def scale(x, by):\n    return x + by",
    "total-of": "def total_of(function, values):\n    return 0",
    "tally": (
        "class Tally:\n"
        "    def add(self, item):\n        return self\n"
        "    def __len__(self):\n        return 7\n"
        "    total = -1\n    items = [1]"
    ),
    "third": "def third(x):\n    return x",
}
"""What fills them and earns nothing."""

HOLES = tuple(RIGHT)

_TESTS = {
    "double": (
        'assert double(2) == 4, "twice 2 is 4 (1.1)"',
        f'secret = "{SECRET}"\n    assert double(-1.5) == -3.0, "hidden"\n    assert double(8) == 16, "hidden"',
    ),
    "scale": (
        'expect(scale(np.array([1.0, 2.0]), 3.0), [3.0, 6.0], "each number times 3 (1.2)")',
        'x = np.array([[0.5], [-4.0]])\n    expect(scale(x, 0.5), [[0.25], [-2.0]], "hidden")',
    ),
    "total-of": (
        "heard = []\n\n    def square(value):\n        heard.append(value)\n        return value * value\n\n"
        '    assert total_of(square, [1, 2, 3]) == 14, "1 + 4 + 9 (1.3)"\n'
        '    assert heard == [1, 2, 3], f"called with {heard} (1.3)"',
        "heard.clear()\n    assert total_of(square, [5]) == 25 and len(heard) == 1, 'hidden'",
    ),
    "tally": (
        'tally = Tally().add(2).add(3)\n    assert len(tally) == 2, "two were added (1.4)"\n'
        '    assert tally.total == 5, f"2 + 3 is 5, got {tally.total} (1.4)"\n'
        '    seen = 0\n    for item in tally.items:\n        seen += item\n    assert seen == 5, "both are kept (1.4)"',
        "assert Tally().add(10).total == 10 and len(Tally()) == 0, 'hidden'",
    ),
    "third": (
        "for x, expected in [(3.0, 1.0), (-1.5, -0.5)]:\n        got = third(x)\n"
        '        assert abs(got - expected) <= 1e-9 * abs(expected), f"got {got} (1.5)"',
        "assert abs(third(30.0) - 10.0) < 1e-9, 'hidden'",
    ),
}

_HELPERS = """#| check
def expect(actual, expected, why):
    actual, expected = np.asarray(actual), np.asarray(expected)
    assert actual.shape == expected.shape, why
    np.testing.assert_allclose(actual, expected, err_msg=why)"""


def _hole(name: str) -> str:
    first, *body = RIGHT[name].splitlines()
    lines = [metadata(name, solution=True), "#| export", first, "    ### BEGIN SOLUTION", *body, "    ### END SOLUTION"]
    return "\n".join(lines)


def _test(name: str) -> str:
    visible, hidden = _TESTS[name]
    function = f"test_{name.replace('-', '_')}"
    return (
        f"{metadata(f'test-{name}', points=20)}\ndef {function}():\n"
        f'    print("🔬 Unit Test: {name}...")\n    {visible}\n'
        f"    ### BEGIN HIDDEN TESTS\n    {hidden}\n    ### END HIDDEN TESTS\n"
        f'    print("📈 Progress: {name} ✓")\n\n\n{function}()'
    )


def _setup_source() -> str:
    cells = [
        HEADER,
        "# %% [markdown]\n# # 01 · Setup",
        f"{metadata('imports')}\n#| default_exp core.setup\n#| export\nimport math\nimport numpy as np",
        f"{metadata('checks')}\n{_HELPERS}",
    ]
    for name in HOLES:
        cells += [_hole(name), _test(name)]
    return "\n\n".join(cells) + "\n"


def _tensor_source() -> str:
    cells = [
        HEADER,
        f"{metadata('scope')}\n{scope_source(find_module('02'))}",
        f"{metadata('imports')}\n#| default_exp core.tensor\n#| export\nfrom tinytorch_lib.core.setup import double",
        f"{metadata('quadruple', solution=True)}\n#| export\ndef quadruple(x):\n    ### BEGIN SOLUTION\n"
        "    return double(double(x))\n    ### END SOLUTION",
        f"{metadata('test-quadruple', points=100)}\ndef test_quadruple():\n"
        '    print("🔬 Unit Test: quadruple...")\n    got = quadruple(3)\n'
        '    assert got == 12, f"quadruple(3) should be 12, got {got} (2.1)"\n\n\ntest_quadruple()',
    ]
    return "\n\n".join(cells) + "\n"


def make_hostile_course(folder: Path, cell_seconds: float = CELL_SECONDS) -> Course:
    """The course, generated, with a secret in whatever lies around it."""
    text = COURSE_TOML.format(seconds=cell_seconds)
    checkout = make_checkout(folder / "checkout", _setup_source())
    (checkout / "source" / "02_tensor.py").write_text(_tensor_source(), encoding="utf-8")
    build(checkout)
    build_reference(checkout)
    course = Course.load(lay_out_course(folder / "course", checkout, course_file=text))
    for label in ("01_setup", "02_tensor"):
        gradebook.generate(course, label)
    with sqlite3.connect(course.root / "gradebook.db") as book:
        book.execute("CREATE TABLE secret (value TEXT)")
        book.execute("INSERT INTO secret VALUES (?)", (SECRET,))
    (course.root / "secret.txt").write_text(SECRET)
    (folder / "secret.txt").write_text(SECRET)
    (course.root / "secret.txt").chmod(0o644)
    hand_in(course, "alan", "01_setup", notebook_with(course, RIGHT, first=f"# {SECRET}"))
    return course


def notebook_with(course: Course, holes: dict[str, str], first: str = "", last: str = "") -> dict[str, Any]:
    """The released module 01 with these solutions; `first` stands before them, `last` before the last test."""
    found: dict[str, Any] = json.loads((course.root / "release" / "01_setup" / "01_setup.ipynb").read_text())
    cells = []
    for cell in found["cells"]:
        name = cell["metadata"].get("nbgrader", {}).get("grade_id")
        if name in holes:
            cell["source"] = f"#| export\n{holes[name]}"
        if last and name == f"test-{HOLES[-1]}":
            cells.append(own_cell(last))
        cells.append(cell)
        if first and name == "checks":
            cells.append(own_cell(first))
    return found | {"cells": cells}


def own_cell(source: str) -> dict[str, Any]:
    return {"cell_type": "code", "execution_count": None, "id": "mine", "metadata": {}, "outputs": [], "source": source}


def hand_in(course: Course, student: str, label: str, notebook: dict[str, Any]) -> Path:
    """Write the submission; gives its notebook's path."""
    folder = course.root / "submitted" / student / label
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{label}.ipynb"
    path.write_text(json.dumps(notebook), encoding="utf-8")
    return path


def released(course: Course, label: str) -> dict[str, Any]:
    """The module with its reference solutions."""
    found: dict[str, Any] = json.loads(notebook_text(read_source(source_path(course.root, label))))
    return found


def job_of(course: Course, student: str, label: str) -> GradingJob:
    """The job for what was handed in, read and assembled as both of the grader's callers do."""
    folder = course.root / "submitted" / student / label
    check_submission(folder, label)
    found = assemble(course_skeleton(course, label), read_submission(folder / f"{label}.ipynb"))
    return prepare_job(course, find_module(label), student, found.notebook, found.findings)
