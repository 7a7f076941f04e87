"""A student's own earlier module attacks when a later one is graded; what lies beside a notebook attacks too."""

from __future__ import annotations

import json
from collections.abc import Iterator

import pytest

from tests.attacks import course as small
from tito.course import Course
from tito.errors import NotebookError
from tito.grading.result import GradedSubmission
from tito.grading.worker import GradingWorker

EARLIER, LATER = "01_setup", "02_tensor"
HONEST = "def double(x):\n    return 2 * x\n"

POISONS = {
    "ends-the-room": HONEST + "import os; os._exit(0)",
    "leaves": HONEST + "raise SystemExit",
    "never-comes-back": HONEST
    + "while True:\n    try:\n        import time; time.sleep(1)\n    except BaseException: pass",
    "uses-all-memory": HONEST + "hoard = []\nwhile True: hoard.append(bytearray(10_000_000))",
    "writes-to-the-link": HONEST + "import os; os.write(3, b'\\x00\\x00\\x00\\x01x')",
    "is-no-python": HONEST + "def (:",
    "patches-everything": HONEST
    + "import builtins, sys, numpy\nbuiltins.abs = builtins.len = builtins.isinstance = lambda *a: True\n"
    "numpy.testing.assert_allclose = numpy.asarray = lambda *a, **k: None\n"
    "sys.modules['tito.room.operations'].OPERATIONS.update(call=lambda *a, **k: 12)",
    "always-equal": "class Yes:\n    __eq__ = __le__ = lambda *a: True\n    __hash__ = lambda self: 0\n"
    "    __mul__ = __rmul__ = lambda *a: Yes()\ndef double(x):\n    return Yes()",
    "imports-what-lies-around": HONEST + "import sys; sys.path.insert(0, '.'); import evil",
}
"""What stands in the exported hole of the earlier module."""


@pytest.fixture(scope="module")
def course(tmp_path_factory: pytest.TempPathFactory) -> Course:
    return small.make_hostile_course(tmp_path_factory.mktemp("poison"))


@pytest.fixture(scope="module")
def worker(course: Course) -> Iterator[GradingWorker]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("TINYTORCH_ALLOW_PLAIN", "1")
        with GradingWorker(course.grading) as worker:
            worker.start()
            yield worker


def graded(course: Course, worker: GradingWorker, student: str, poison: str, later: str) -> GradedSubmission:
    small.hand_in(course, student, EARLIER, small.notebook_with(course, small.RIGHT | {"double": poison}))
    notebook = small.released(course, LATER)
    text = json.dumps(notebook)
    assert "return double(double(x))" in text
    small.hand_in(course, student, LATER, json.loads(text.replace("return double(double(x))", later)))
    return worker.grade(small.job_of(course, student, LATER))


@pytest.mark.parametrize("name", POISONS)
def test_a_poisoned_library_costs_a_right_module_nothing(course: Course, worker: GradingWorker, name: str) -> None:
    found = graded(course, worker, f"{name}-right", POISONS[name], "return double(double(x))")
    assert found.earned == 100, [(test.status, test.message) for test in found.tests]


@pytest.mark.parametrize("name", POISONS)
def test_a_poisoned_library_earns_a_wrong_module_nothing(course: Course, worker: GradingWorker, name: str) -> None:
    found = graded(course, worker, f"{name}-wrong", POISONS[name], "return double(x)")
    assert found.earned == 0


def test_what_lies_beside_a_notebook_is_never_imported(course: Course, worker: GradingWorker) -> None:
    path = small.hand_in(course, "beside", EARLIER, small.notebook_with(course, small.RIGHT, "import random, numpy"))
    shadow = "raise SystemExit('SHADOWED')\n"
    for name in ("numpy.py", "random.py", "sitecustomize.py", "usercustomize.py", "msgpack.py", "tito.py", "evil.pth"):
        (path.parent / name).write_text(shadow)
    for folder in ("tinytorch_lib", "tito", ".ipython/profile_default/startup", "numpy"):
        (path.parent / folder).mkdir(parents=True)
        (path.parent / folder / "__init__.py").write_text(shadow)
    found = worker.grade(small.job_of(course, "beside", EARLIER))
    assert found.earned == 100
    assert "SHADOWED" not in json.dumps(found.as_json())


@pytest.mark.parametrize("target", ["../../../secret.txt", "/etc/passwd", ".", "../../alan"])
def test_links_beside_a_notebook_are_refused(course: Course, target: str) -> None:
    student = f"links-{abs(hash(target))}"
    path = small.hand_in(course, student, EARLIER, small.notebook_with(course, small.RIGHT))
    (path.parent / "data").symlink_to(target)
    with pytest.raises(NotebookError, match="not followed"):
        small.job_of(course, student, EARLIER)


def test_cells_that_were_edited_earn_nothing(course: Course, worker: GradingWorker) -> None:
    """Tests made empty, points made high, helpers made blind, a test's id on a cell of one's own."""
    notebook = small.notebook_with(course, small.WRONG)
    for cell in notebook["cells"]:
        found = cell["metadata"].get("nbgrader", {})
        if found.get("grade"):
            cell["source"] = "pass"
            found |= {"points": 1000, "locked": False, "solution": True}
        elif cell["id"] == "checks":
            cell["source"] = "def expect(*arguments):\n    pass"
        else:
            found |= {"grade": True, "points": 1000, "locked": True}
    copies = [dict(cell, source="1000") for cell in notebook["cells"] if cell["id"].startswith("test-")]
    notebook["cells"] = [*copies, *notebook["cells"], *copies]
    small.hand_in(course, "edited", EARLIER, notebook)
    found = worker.grade(small.job_of(course, "edited", EARLIER))
    assert (found.earned, found.points) == (0, 100)
    assert any("was changed. The original was used." in finding for finding in found.findings)


def test_a_notebook_of_two_thousand_cells_is_graded(course: Course, worker: GradingWorker) -> None:
    notebook = small.notebook_with(course, small.RIGHT)
    notebook["cells"] += [small.own_cell(f"x{number} = {number}") for number in range(2_000)]
    small.hand_in(course, "many-cells", EARLIER, notebook)
    assert worker.grade(small.job_of(course, "many-cells", EARLIER)).earned == 100
