"""How a test can end: each state in a shape, a word and, where it needs one, a sentence."""

from __future__ import annotations

from dataclasses import dataclass

from tito.grading.result import TestReport
from tito.modules import MODULES

__all__ = [
    "FAILED",
    "GIVEN",
    "HAND",
    "LENT",
    "PASSED",
    "UNKNOWN",
    "WAITING",
    "State",
    "is_given",
    "is_module",
    "state_of",
]


@dataclass(frozen=True)
class State:
    """A state as the page shows it."""

    name: str
    mark: str
    """A shape, so that nobody has to tell colours apart. The word beside it says the same."""
    word: str
    why: str = ""
    to_mend: bool = False
    """Is there something in this module for the student to mend?"""


PASSED = State("passed", "✓", "passed")
GIVEN = State("given", "◐", "points given")
LENT = State("given", "◐", "passes with the reference's library")
"""What `GIVEN` is called where there are no points."""

HAND = State("hand", "●", "graded by hand")
WAITING = State("waiting", "○", "waits for a grader")
UNKNOWN = State("unknown", "?", "no details")

FAILED = State("failed", "✗", "failed", to_mend=True)
_STATES = {
    "passed": PASSED,
    "failed": FAILED,
    "timeout": State("timeout", "✗", "too slow", "Is there a loop that never ends?", to_mend=True),
    "died": State("died", "✗", "ended the run", "Does it call exit, or fill the memory?", to_mend=True),
    "not run": State("not-run", "–", "not run", "This test had no chance.", to_mend=True),
}


def state_of(test: TestReport) -> State:
    """How the test ended; a status that nobody knows counts as failed."""
    return GIVEN if is_given(test) else _STATES.get(test.status, FAILED)


def is_given(test: TestReport) -> bool:
    """Did it fail because of an earlier module, and earn its points all the same?"""
    return test.blame is not None and test.earned >= test.points


def is_module(name: str) -> bool:
    """Is one module at fault, `03_activations`, or does `name` stand for several?"""
    return name in {module.label for module in MODULES}
