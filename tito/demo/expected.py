"""Which score each student must get, worked out from the sources' points and the course's late policy."""

from __future__ import annotations

from dataclasses import dataclass

from tito.demo.answers import Answers
from tito.demo.students import Outcome, Student

__all__ = ["PERCENT_PER_DAY", "Expected", "expect"]

PERCENT_PER_DAY = 10
"""The demo course's late policy, as its course.toml says it; sofia is less than a day late."""


@dataclass(frozen=True)
class Expected:
    """One student's result of one module, as it must be."""

    score: float
    """After the penalty."""
    penalty: float
    reasons: tuple[str, ...]
    failed: tuple[str, ...]
    """Grade ids of the tests that fail: the feedback must show each one's message."""
    credited: tuple[str, ...]
    """Those that fail with the student's own earlier modules only: the feedback must say so."""


def expect(student: Student, answers: Answers, outcome: Outcome) -> Expected:
    """All points but those of the holes that went wrong, less the penalty if the student was late."""
    lost = outcome.lost
    earned = answers.total - sum(answers.worth(hole) for hole in lost)
    if set(lost) == set(answers.solutions):
        reasons = [f"−{answers.total:g} nothing was written"]
    else:
        reasons = [f"−{answers.worth(hole):g} {hole}: {why}" for hole, why in lost.items()]
    for test in outcome.credited:
        reasons.append(f"nothing for {test}: it passes with the reference's earlier modules")
    failed = tuple(test for hole in lost for test in answers.tests[hole])
    penalty = earned * PERCENT_PER_DAY / 100 if student.late else 0.0
    if student.late:
        reasons.append(f"−{penalty:g} late: {PERCENT_PER_DAY} % for the first day")
    return Expected(earned - penalty, penalty, tuple(reasons), failed, outcome.credited)
