"""From a graded notebook to what stands on its page."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any

from tito.errors import UnknownModuleError
from tito.feedback.result import read_result
from tito.feedback.rows import Rows
from tito.feedback.states import GIVEN, LENT, is_given, is_module
from tito.feedback.text import shown
from tito.feedback.view import Fault, Page, Raised, Score, Test
from tito.grading.result import CellReport, GradedSubmission, TestReport
from tito.modules import find_module
from tito.submission import NOTES_ID

__all__ = ["build_early_page", "build_page", "unchecked_page"]

_MOST = 50
"""Entries of a list that are shown: a hostile notebook can make any number of them."""

_POLICIES = {
    "own-first": "your own earlier modules, and the reference's where yours are at fault",
    "own": "your own earlier modules",
    "reference": "the reference's earlier modules",
}


def build_page(notebook: Mapping[str, Any], names: Mapping[str, Any]) -> Page:
    """The page of `notebook`. `names` is what nbgrader calls `resources["nbgrader"]`, with the scores in it.

    Points always come from the gradebook, which knows what a person changed; the words come from the grader's report.
    """
    result, note = read_result(notebook["metadata"])
    label = str(names["assignment"])
    rows = Rows(notebook["cells"], result)
    tests = rows.tests()
    page = Page(label, _title(label), shown(str(names["student"])), _time(result, names), _score(names, tests), tests)
    values: dict[str, Any] = {"note": note, "cells": tuple(rows.cells.values()), "findings": _notes(notebook["cells"])}
    if result is not None:
        values |= {
            "findings": _sentences(result.findings),
            "library": _sentences(result.library),
            "faults": _faults(result),
            "raised": tuple(_raised(report, rows) for report in _failed_cells(result)[:_MOST]),
            "policy": _POLICIES.get(result.policy, shown(result.policy, 80)),
            "key": shown(result.key[:12]),
        }
    return replace(page, **values)


def build_early_page(notebook: Mapping[str, Any], label: str, student: str) -> Page:
    """The page of a notebook of which the visible tests alone were run. No gradebook knows of it."""
    page = build_page(notebook, {"assignment": label, "student": student})
    tests = tuple(replace(test, state=LENT) if test.state == GIVEN else test for test in page.tests)
    return replace(page, tests=tests, early=True)


def unchecked_page(label: str, student: str, attempt: str, reason: str) -> Page:
    """The page of a submission whose visible tests could not be run."""
    time = _moment(attempt)
    return Page(label, _title(label), shown(student), time, Score(0, 0), (), note=shown(reason, 1000, 20), early=True)


def _title(label: str) -> str:
    try:
        module = find_module(label)
    except UnknownModuleError:
        return shown(label)
    return f"{module.number:02d} · {module.name}"


def _time(result: GradedSubmission | None, names: Mapping[str, Any]) -> str:
    """When it was handed in, to the minute; what cannot be read as a time is shown as it stands."""
    return _moment((result.attempt if result else "") or names.get("timestamp") or "")


def _moment(stamp: Any) -> str:
    from nbgrader.utils import parse_utc

    try:
        moment = parse_utc(stamp)
        return f"{moment:%d %B %Y, %H:%M} UTC".lstrip("0") if moment else ""
    except (ArithmeticError, AttributeError, TypeError, ValueError):
        return shown(str(stamp), 80)


def _score(names: Mapping[str, Any], tests: Iterable[Test]) -> Score:
    total, points, penalty = (_number(names.get(key)) for key in ("score", "max_score", "late_penalty"))
    if total is None or points is None:
        return Score(sum(test.score for test in tests), sum(test.points for test in tests))
    return Score(total, points, penalty or 0.0)


def _number(found: Any) -> float | None:
    return float(found) if isinstance(found, int | float) and math.isfinite(found) else None


def _sentences(found: Iterable[str]) -> tuple[str, ...]:
    sentences = [shown(sentence, 500, 10) for sentence in found]
    more = [f"… and {len(sentences) - _MOST} more."] if len(sentences) > _MOST else []
    return tuple(sentences[:_MOST] + more)


def _notes(cells: Iterable[Mapping[str, Any]]) -> tuple[str, ...]:
    """What was mended before grading, from the cell on top of the notebook that says it to graders."""
    notes = next((cell["source"] for cell in cells if cell.get("id") == NOTES_ID), "")
    return _sentences(line.removeprefix("- ") for line in notes.splitlines() if line.startswith("- "))


def _faults(result: GradedSubmission) -> tuple[Fault, ...]:
    """Each earlier module at fault once, with all its tests that fail, in the order of the modules."""
    blamed: dict[str, list[TestReport]] = {}
    for test in result.tests:
        if test.blame:
            blamed.setdefault(test.blame.module, []).append(test)
    return tuple(_fault(module, blamed[module]) for module in sorted(blamed)[:_MOST])


def _fault(module: str, affected: list[TestReport]) -> Fault:
    tests = dict.fromkeys(name for test in affected if test.blame for name in test.blame.tests)
    given = sum(is_given(test) for test in affected)
    return Fault(
        shown(module, 80), is_module(module), tuple(shown(name, 80) for name in tests)[:_MOST], len(affected), given
    )


def _failed_cells(result: GradedSubmission) -> list[CellReport]:
    graded = {test.id for test in result.tests}
    return [cell for cell in result.cells if cell.status not in ("passed", "not run") and cell.id not in graded]


def _raised(report: CellReport, rows: Rows) -> Raised:
    cell = rows.cells.get(report.id)
    error = report.error or {"timeout": "It did not end in the time it is given.", "died": "It ended the run."}.get(
        report.status, "It failed."
    )
    return Raised(shown(report.id, 80), cell.anchor if cell else "", shown(error, 1000, 30), shown(report.traceback))
