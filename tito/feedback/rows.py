"""One pass over a graded notebook: its tests in order, each with the student's cells it is about."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from tito.cells import grade_id, is_graded, is_solution, nbgrader_metadata
from tito.feedback.highlight import highlighted
from tito.feedback.message import Message, take_apart
from tito.feedback.sections import Sections
from tito.feedback.states import FAILED, HAND, PASSED, UNKNOWN, WAITING, State, is_module, state_of
from tito.feedback.text import cut, shown, visible
from tito.feedback.view import Cell, Test
from tito.grading.result import GradedSubmission, TestReport

__all__ = ["Rows"]

_OWN_WORDS = re.compile(r"^(?:🔬 Unit Test: .*|📈 Progress: .*)\n?", re.MULTILINE)
"""What every test of the course prints by itself. It says nothing that the page does not."""

_CODE = 20_000
"""Characters of a cell that are shown: ten times the longest solution of the course."""


class Rows:
    """The graded cells of a notebook, and the cells that the student wrote."""

    def __init__(self, cells: Sequence[Mapping[str, Any]], result: GradedSubmission | None) -> None:
        self._cells = cells
        self._reports = {test.id: test for test in result.tests} if result else {}
        self._sections = Sections(cells)
        self.cells = {
            name: _written(position, name, cell)
            for position, cell in enumerate(cells)
            if (is_solution(cell) or _is_task(cell)) and (name := grade_id(cell))
        }
        """The cells that the student wrote or that a grader comments on, by grade id, in the notebook's order."""

    def tests(self) -> tuple[Test, ...]:
        """A row for each graded cell of the notebook, then one for each report whose cell is gone."""
        found: list[Test] = []
        about: list[Cell] = []
        for cell in self._cells:
            name = grade_id(cell)
            if name in self.cells:
                about.append(self.cells[name])
            if name and (is_graded(cell) or _is_task(cell)):
                found.append(self._test(len(found), name, cell, tuple(about)))
                about = []
        gone = [name for name in self._reports if name not in {test.id for test in found}]
        return (*found, *(self._test(len(found) + more, name, {}, ()) for more, name in enumerate(gone)))

    def _test(self, position: int, name: str, cell: Mapping[str, Any], about: tuple[Cell, ...]) -> Test:
        report = self._reports.get(name)
        metadata = nbgrader_metadata(cell)
        score = _number(metadata.get("score"), report.earned if report else 0.0)
        points = _number(metadata.get("points"), report.points if report else 0.0)
        row = Test(f"test-{position}", name, shown(name, 120), UNKNOWN, score, points, code=about)
        values = self._reported(report, score) if report else _from_outputs(cell, score)
        return replace(row, **values)

    def _reported(self, report: TestReport, score: float) -> dict[str, Any]:
        ended_early = report.status in ("timeout", "died", "not run")  # then the error is the grader's, not the code's
        said = report.message if ended_early else _said(report.error, report.message)
        section, label = self._sections.find(report.section, report.id)
        return {
            "title": shown(report.title or report.id, 120),
            "state": state_of(report),
            "earned": report.earned if abs(score - report.earned) > 1e-9 else None,
            "said": shown(said),
            "message": _shown_message(said),
            "hidden": report.hidden,
            "line": "" if report.hidden else shown(report.line, 500),
            "frames": shown(report.traceback),
            "printed": _printed(report.stdout),
            "warned": shown(report.stderr, 2000, 50),
            "section": section,
            "notebook": label,
            "fault": _fault(report.blame.module) if report.blame else "",
        }


def _fault(module: str) -> str:
    return f"{shown(module, 80)} {'is' if is_module(module) else 'are'} at fault"


def _from_outputs(cell: Mapping[str, Any], score: float) -> dict[str, Any]:
    """What can be told of a graded cell without the grader's report: its error, never the code around it."""
    outputs = cell.get("outputs", ())
    error = next((one for one in outputs if one["output_type"] == "error"), None)
    printed = "".join(one["text"] for one in outputs if one["output_type"] == "stream" and one["name"] == "stdout")
    values: dict[str, Any] = {"state": _state_without_report(cell, error is not None, score)}
    if error is not None:
        said = _said(error["ename"], error["evalue"])
        values |= {"said": shown(said), "message": _shown_message(said)}
    return {**values, "printed": _printed(printed)}


def _state_without_report(cell: Mapping[str, Any], failed: bool, score: float) -> State:
    if is_solution(cell) or _is_task(cell):
        return WAITING if nbgrader_metadata(cell).get("waiting") else HAND
    if failed:
        return FAILED
    return PASSED if score > 0 else UNKNOWN


def _is_task(cell: Mapping[str, Any]) -> bool:
    return nbgrader_metadata(cell).get("task") is True


def _said(error: str, message: str) -> str:
    """What a test said. That a failed assertion is an AssertionError helps nobody, other exceptions are named."""
    if error == "NotImplementedError" and not message:
        message = "a part of it is not written yet"
    return message if error in ("", "AssertionError") else f"{error}: {message}".removesuffix(": ")


def _shown_message(text: str) -> Message:
    message = take_apart(text[:_CODE])
    return Message(shown(message.hint, 3000, 60), shown(message.expected, 1500, 40), shown(message.got, 1500, 40))


def _printed(text: str) -> str:
    return shown(_OWN_WORDS.sub("", text), 3000, 80)


def _written(position: int, name: str, cell: Mapping[str, Any]) -> Cell:
    source, note = cut(cell["source"], _CODE, 1000)
    pieces = highlighted(visible(source)) if cell["cell_type"] == "code" else [("", visible(source))]
    metadata = nbgrader_metadata(cell)
    comment = metadata.get("comment")
    return Cell(
        f"code-{position}",
        shown(name, 120),
        (*pieces, ("cm", f"\n{note}")) if note else tuple(pieces),
        shown(comment) if isinstance(comment, str) else "",
        metadata.get("untouched") is True,
    )


def _number(found: Any, other: float) -> float:
    return float(found) if isinstance(found, int | float) and math.isfinite(found) else other
