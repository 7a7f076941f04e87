"""What the demo shows: a table of who got what and why, and a line for everything that is not as it should be."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from rich.table import Table

from tito.demo.expected import Expected
from tito.demo.students import STUDENTS
from tito.demo.term import Got
from tito.modules import Module

__all__ = ["problems", "table"]

Results = Mapping[tuple[str, str], Got]
Expectations = Mapping[tuple[str, str], Expected]

_TOLERANCE = 0.005
"""Points: a penalty in percent need not be a whole number."""


def table(modules: Sequence[Module], got: Results, expected: Expectations) -> Table:
    """One row a student: what they did, got / expected for each module, and the reasons."""
    shown = Table(title="A class of eight", show_lines=True)
    shown.add_column("student")
    shown.add_column("what they did")
    for module in modules:
        shown.add_column(f"{module.number:02d} {module.name}\ngot / expected", justify="right", no_wrap=True)
    shown.add_column("why")
    for student in STUDENTS:
        keys = [(student.name, module.label) for module in modules]
        cells = [_cell(got.get(key), expected[key]) for key in keys]
        reasons = [f"{key[1][:2]}: {reason}" for key in keys for reason in expected[key].reasons]
        shown.add_row(student.name, student.did, *cells, "\n".join(reasons) or "all points")
    return shown


def problems(got: Results, expected: Expectations) -> list[str]:
    """A line for each score or penalty that is not the expected one."""
    found = []
    for (student, label), wanted in expected.items():
        result = got.get((student, label))
        if result is None or result.score is None:
            found.append(f"{student}, {label}: not graded, expected {wanted.score:g}")
        elif not _as_expected(result, wanted):
            found.append(
                f"{student}, {label}: got {result.score:g} with a penalty of {result.penalty:g}, "
                f"expected {wanted.score:g} with {wanted.penalty:g} ({'; '.join(wanted.reasons) or 'all points'})"
            )
    return found


def _cell(got: Got | None, expected: Expected) -> str:
    shown = "ungraded" if got is None or got.score is None else f"{got.score:g}"
    right = got is not None and _as_expected(got, expected)
    colour = "green" if right else "bold red"
    return f"[{colour}]{shown}[/] / {expected.score:g}"


def _as_expected(got: Got, expected: Expected) -> bool:
    if got.score is None:
        return False
    return abs(got.score - expected.score) < _TOLERANCE and abs(got.penalty - expected.penalty) < _TOLERANCE
