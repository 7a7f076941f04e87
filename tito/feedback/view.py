"""What stands on the page: plain values, made from a graded notebook and what the gradebook has on it."""

from __future__ import annotations

from dataclasses import dataclass

from tito.feedback.message import NOTHING, Message
from tito.feedback.states import State

__all__ = ["Cell", "Fault", "Page", "Raised", "Score", "Test"]


@dataclass(frozen=True)
class Score:
    """The gradebook's numbers."""

    total: float
    """With the late penalty taken off."""
    points: float
    penalty: float = 0.0


@dataclass(frozen=True)
class Test:
    """One graded cell."""

    __test__ = False  # not a class of tests, whatever pytest thinks of its name

    anchor: str
    id: str
    title: str
    state: State
    score: float
    points: float
    earned: float | None = None
    """What the grader's report says, where a person gave another score."""
    message: Message = NOTHING
    said: str = ""
    """All that the test said, with the name of the exception."""
    hidden: bool = False
    line: str = ""
    frames: str = ""
    printed: str = ""
    warned: str = ""
    section: str = ""
    """`6.2 Momentum`: where to reread."""
    notebook: str = ""
    """The notebook with that section."""
    fault: str = ""
    """`03_activations is at fault`."""
    code: tuple[Cell, ...] = ()
    """The student's cells that this test is about."""


@dataclass(frozen=True)
class Cell:
    """A cell that the student wrote."""

    anchor: str
    id: str
    pieces: tuple[tuple[str, str], ...]
    comment: str = ""
    """A grader's."""
    untouched: bool = False
    """Is it as it was released?"""


@dataclass(frozen=True)
class Raised:
    """A cell that raised an error by itself, outside any test."""

    id: str
    anchor: str
    """Empty when the cell is not on the page."""
    error: str
    frames: str


@dataclass(frozen=True)
class Fault:
    """An earlier module that made tests fail."""

    module: str
    one: bool
    """Is it one module? Otherwise `module` says that only several together are to blame."""
    tests: tuple[str, ...]
    """Grade ids of the tests that fail there."""
    affected: int
    """How many tests of this notebook fail because of it, and for how many of them the points are given."""
    given: int


@dataclass(frozen=True)
class Page:
    """Everything on the page, ready to be shown."""

    label: str
    title: str
    student: str
    attempt: str
    score: Score
    tests: tuple[Test, ...]
    note: str = ""
    """Why there are few details; empty when there are all."""
    findings: tuple[str, ...] = ()
    library: tuple[str, ...] = ()
    faults: tuple[Fault, ...] = ()
    raised: tuple[Raised, ...] = ()
    cells: tuple[Cell, ...] = ()
    policy: str = ""
    """With whose earlier modules it was graded."""
    key: str = ""
    """Of the grading: the same key means the same grades."""
    early: bool = False
    """Are these the visible tests alone, run when it was handed in? Then nothing here is a grade."""

    @property
    def to_mend(self) -> tuple[Test, ...]:
        """The tests that need the student's work, in the notebook's order."""
        return tuple(test for test in self.tests if test.state.to_mend)

    @property
    def passed(self) -> int:
        """How many tests pass, or fail through no fault of this notebook."""
        return len(self.tests) - len(self.to_mend)

    @property
    def others(self) -> tuple[Test, ...]:
        return tuple(test for test in self.tests if not test.state.to_mend)

    @property
    def broken(self) -> Raised | None:
        """The first cell of the student's own answers that did not run: what follows may fail because of it."""
        return next((cell for cell in self.raised if cell.anchor), None)

    @property
    def commented(self) -> tuple[Cell, ...]:
        return tuple(cell for cell in self.cells if cell.comment)
