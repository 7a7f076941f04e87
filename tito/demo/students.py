"""The class of eight: what each does with a fetched notebook, and what that costs."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from tito.cells import grade_id
from tito.demo.answers import Answers
from tito.demo.faults import FAULTS

if TYPE_CHECKING:
    from nbformat import NotebookNode

__all__ = ["STUDENTS", "Assignment", "Outcome", "Student"]


@dataclass(frozen=True)
class Assignment:
    """What a student may draw on while working on one module."""

    answers: Answers
    alternative: dict[str, str]
    """The module's solutions written differently, by grade id."""


@dataclass(frozen=True)
class Outcome:
    """What must come of one notebook."""

    lost: Mapping[str, str] = field(default_factory=dict)
    """Why points are lost, by hole."""
    credited: tuple[str, ...] = ()
    """Graded cells that fail only because of an earlier module, and so cost nothing."""


Work = Callable[["NotebookNode", Assignment], Outcome]
"""Changes the released notebook as the student would."""


@dataclass(frozen=True)
class Student:
    """One member of the class."""

    name: str
    did: str
    work: Work
    late: bool = False


def _right(notebook: NotebookNode, assignment: Assignment) -> Outcome:
    assignment.answers.solve(notebook)
    return Outcome()


def _differently(notebook: NotebookNode, assignment: Assignment) -> Outcome:
    assignment.answers.solve(notebook, assignment.alternative)
    return Outcome()


def _nothing(_: NotebookNode, assignment: Assignment) -> Outcome:
    return Outcome(dict.fromkeys(assignment.answers.solutions, "left empty"))


def _one_wrong(notebook: NotebookNode, assignment: Assignment) -> Outcome:
    answers, faults = assignment.answers, FAULTS[assignment.answers.module.label]
    fault = faults.wrong
    answers.solve(notebook, {fault.hole: fault.cell(answers)} if fault else None)
    return Outcome({fault.hole: fault.says} if fault else {}, faults.credited)


def _syntax_error(notebook: NotebookNode, assignment: Assignment) -> Outcome:
    answers = assignment.answers
    fault = FAULTS[answers.module.label].syntax
    answers.solve(notebook, {fault.hole: fault.cell(answers)})
    return Outcome({fault.hole: f"syntax error: {fault.says}"})


def _deleted(notebook: NotebookNode, assignment: Assignment) -> Outcome:
    answers, faults = assignment.answers, FAULTS[assignment.answers.module.label]
    empty = {str(grade_id(cell)): cell["source"] for cell in notebook.cells}[faults.unsolved]
    answers.solve(notebook, {faults.unsolved: empty})
    gone = {*answers.tests[faults.deleted], *answers.tests[faults.unsolved]}
    notebook.cells = [cell for cell in notebook.cells if grade_id(cell) not in gone]
    return Outcome({faults.unsolved: "left empty; its deleted test was put back"})


def _edited(notebook: NotebookNode, assignment: Assignment) -> Outcome:
    answers = assignment.answers
    fault = FAULTS[answers.module.label].edited
    answers.solve(notebook, {fault.hole: fault.cell(answers)})
    for cell in notebook.cells:
        if grade_id(cell) in answers.tests[fault.hole]:
            cell["source"] = 'print("all tests passed")'
    return Outcome({fault.hole: f"{fault.says}; the original test was used"})


STUDENTS = (
    Student("ada", "everything right", _right),
    Student("alan", "right, written differently", _differently),
    Student("blaise", "handed in the empty notebook", _nothing),
    Student("carl", "one function wrong", _one_wrong),
    Student("emmy", "a syntax error in one cell", _syntax_error),
    Student("grace", "deleted two locked tests, solved one of them", _deleted),
    Student("kurt", "edited a locked test to pass", _edited),
    Student("sofia", "everything right, late", _right, late=True),
)
