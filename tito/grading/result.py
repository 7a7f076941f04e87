"""What grading a submission gives: plain values that JSON can carry, kept in the graded notebook's metadata."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict, dataclass, field
from typing import Any

from tito.examiner.outcome import CellRun

__all__ = ["METADATA_KEY", "Blame", "CellReport", "GradedSubmission", "TestReport", "read_cells", "read_tests"]

METADATA_KEY = "tinytorch"
"""Key of a graded notebook's metadata under which `GradedSubmission.as_json` stands."""


@dataclass(frozen=True)
class CellReport(CellRun):
    """What became of one cell that the exam room ran. `error` is `ValueError: the message`."""


@dataclass(frozen=True)
class Blame:
    """The earlier module that made a test fail which passes with the reference's: `03_activations`."""

    module: str
    tests: tuple[str, ...] = ()
    """Grade ids of the graded cells that fail in that module; empty when they were not graded or all pass."""


@dataclass(frozen=True, kw_only=True)
class TestReport(CellRun):
    """What became of one graded cell. `passed` earns the points."""

    __test__ = False  # not a class of tests, whatever pytest thinks of its name

    title: str
    """What the test says it tests: `SGD with momentum`."""
    points: float
    earned: float
    hidden: bool = False
    """Did it fail in a hidden part? Then its message may be shown, its code never."""
    message: str = ""
    """What the test says: expected, got, hint."""
    line: str = ""
    """The test's line that failed; empty when that line is hidden."""
    section: str = ""
    """The number of the section to reread, `6.2`; empty when none is known."""
    blame: Blame | None = None
    """Set when it failed with the student's own earlier modules and passed with the reference's."""
    key: str = ""
    """SHA-256 of all that its outcome stands on, the reference's modules excepted (`tito.grading.reuse`)."""


@dataclass(frozen=True)
class GradedSubmission:
    """Everything that is known of one graded submission."""

    module: str
    student: str
    attempt: str
    """When it was handed in, as its timestamp file says; empty when there is none."""
    key: str
    """SHA-256 of submission, tests, the student's earlier modules and policy: the same key means the same grades."""
    reference: str
    """SHA-256 of the reference library where an outcome stands on it; empty where the student's own decides alone."""
    backend: str
    policy: str
    tests: tuple[TestReport, ...]
    cells: tuple[CellReport, ...]
    findings: tuple[str, ...] = ()
    """What had to be mended before grading, a sentence each."""
    library: tuple[str, ...] = ()
    """What is wrong with the student's own earlier modules, a sentence each."""
    timings: dict[str, float] = field(default_factory=dict)
    """Seconds by phase: read, library, room, cells, tests, second, write."""
    peak_memory: int = 0
    cells_key: str = ""
    """SHA-256 of all that the reports on `cells` stand on."""
    kept: tuple[str, ...] = ()
    """The tests that did not run: their outcomes are those of the result before."""

    @property
    def earned(self) -> float:
        return sum(test.earned for test in self.tests)

    @property
    def points(self) -> float:
        return sum(test.points for test in self.tests)

    def as_json(self) -> dict[str, Any]:
        return asdict(self)

    @classmethod
    def from_json(cls, found: dict[str, Any]) -> GradedSubmission:
        """The value that `as_json` gave.

        Raises:
            KeyError, TypeError: it did not.
        """
        values = {"backend": "", **found}
        values["tests"] = read_tests(values["tests"])
        values["cells"] = read_cells(values["cells"])
        for name in ("findings", "library", "kept"):
            values[name] = tuple(values.get(name, ()))
        return cls(**values)


def read_tests(found: Iterable[dict[str, Any]]) -> tuple[TestReport, ...]:
    """The reports that `dataclasses.asdict` made these of."""
    return tuple(TestReport(**{**test, "blame": _blame(test.get("blame"))}) for test in found)


def read_cells(found: Iterable[dict[str, Any]]) -> tuple[CellReport, ...]:
    """The reports that `dataclasses.asdict` made these of."""
    return tuple(CellReport(**cell) for cell in found)


def _blame(found: dict[str, Any] | None) -> Blame | None:
    return None if found is None else Blame(found["module"], tuple(found["tests"]))
