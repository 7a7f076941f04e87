"""One mistake is paid once: a wrong 03 under right 04 to 10, with the course's own modules in real exam rooms."""

from __future__ import annotations

import pytest

from tests.tiny import CHECKOUT
from tito import gradebook
from tito.course import Course
from tito.grading.batch import grade_class
from tito.grading.result import GradedSubmission
from tito.modules import Module, modules_below
from tito.notebooks import build, notebook_text
from tito.percent import read_source, source_path
from tito.workspace import lay_out_course

LAST = 10
COURSE = '[course]\nid = "fair"\n[roster]\ninstructors = ["instructor"]\nstudents = ["ada"]\n'

FAULTS = {
    "relu": ("where(x <= 0, 0.0, x)", "where(x <= 0, 0.1 * x, x)"),
    "sigmoid": ("return 1 / (1 + ", "return 2 / (1 + "),
    "sigmoid-backward": ("output * (1 - output)", "output * (1 + output)"),
}


def hand_in(course: Course, module: Module, cells: dict[str, str]) -> None:
    found = read_source(source_path(course.root, module.label))
    for cell in found.cells:
        cell["source"] = cells.get(cell["id"], cell["source"])
    folder = course.root / "submitted" / "ada" / module.label
    folder.mkdir(parents=True)
    (folder / f"{module.label}.ipynb").write_text(notebook_text(found), encoding="utf-8")


@pytest.fixture(scope="module")
def graded(tmp_path_factory: pytest.TempPathFactory) -> dict[int, GradedSubmission]:
    """Ada's ReLU and Sigmoid are wrong; all else of hers is right."""
    build(CHECKOUT)
    folder = tmp_path_factory.mktemp("fair") / "course"
    course = Course.load(lay_out_course(folder, CHECKOUT, course_file=COURSE))
    cells = {cell["id"]: cell["source"] for cell in read_source(source_path(CHECKOUT, "03_activations")).cells}
    faulty = {name: cells[name].replace(right, wrong) for name, (right, wrong) in FAULTS.items()}
    assert all(faulty[name] != cells[name] for name in FAULTS), "the source has other words now"
    found = {}
    modules = modules_below(LAST + 1)
    for module in modules:
        hand_in(course, module, faulty if module.number == 3 else {})
    with gradebook.inside(course.root):
        for module in modules[2:]:
            gradebook.generate(course, module.label)
            (outcome,) = grade_class(course, module, ["ada"])
            assert outcome.graded is not None, outcome.reason
            found[module.number] = outcome.graded
    return found


def test_the_mistake_is_paid_where_it_was_made(graded: dict[int, GradedSubmission]) -> None:
    failed = {test.id for test in graded[3].tests if test.status != "passed"}
    assert {"test-relu", "test-sigmoid", "test-sigmoid-backward"} <= failed
    assert graded[3].earned == 100 - sum(test.points for test in graded[3].tests if test.id in failed)
    assert not any(test.blame for test in graded[3].tests)


def test_later_modules_earn_all_their_points(graded: dict[int, GradedSubmission]) -> None:
    assert {number: found.earned for number, found in graded.items() if number > 3} == dict.fromkeys(range(4, 11), 100)


def test_feedback_names_the_module_at_fault_and_its_failing_tests(graded: dict[int, GradedSubmission]) -> None:
    blames = [test.blame for number, found in graded.items() for test in found.tests if test.blame is not None]
    assert blames, "no later test stands on what is wrong: choose other faults"
    assert {blame.module for blame in blames} == {"03_activations"}
    assert all({"test-relu", "test-sigmoid-backward"} <= set(blame.tests) for blame in blames)
