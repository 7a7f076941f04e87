"""All that one grading needs, as plain values: read from the course folder once, graded anywhere."""

from __future__ import annotations

import ast
import contextlib
import warnings
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING, Any

from tito.cells import directives, grade_id, is_graded, is_locked, points
from tito.examiner.examination import ExamCell
from tito.grading.reuse import InputKeys, Kept
from tito.submission import without_hidden_tests

if TYPE_CHECKING:
    from nbformat import NotebookNode

__all__ = ["GradingJob", "exam_cells", "points_by_test"]

Cell = Mapping[str, Any]

_SPECIAL_LINES = 50
_SPECIAL_LENGTH = 50_000


@dataclass(frozen=True)
class GradingJob:
    """One submission to be graded.

    Attributes:
        module: its label, `06_optimizers`.
        student, attempt: whose, and when handed in.
        cells: its code cells as they are examined.
        points: of each graded cell, by grade id.
        own: text of the student's own earlier modules, `core/tensor.py` to text, with the package's own file.
        reference: the same of the course's.
        modules: the earlier modules' files by label, `02_tensor` to `core/tensor.py`.
        findings: what was mended.
        library: what is wrong with the student's earlier modules.
        policy: `GradingPolicy` as a dict.
        key, reference_key: see `GradedSubmission`.
        keys: what each test's outcome stands on.
        kept: what holds of an earlier result; the rest is run.
    """

    module: str
    student: str
    attempt: str
    cells: tuple[ExamCell, ...]
    points: dict[str, float]
    own: dict[str, str]
    reference: dict[str, str]
    modules: dict[str, str]
    findings: tuple[str, ...]
    library: tuple[str, ...]
    policy: dict[str, Any]
    key: str
    reference_key: str
    keys: InputKeys = field(default_factory=InputKeys)
    kept: Kept = field(default_factory=Kept)

    def as_json(self) -> dict[str, Any]:
        return asdict(self)

    @classmethod
    def from_json(cls, found: dict[str, Any]) -> GradingJob:
        """The value that `as_json` gave."""
        values = dict(found)
        values["cells"] = tuple(ExamCell(**cell) for cell in values["cells"])
        for name in ("findings", "library"):
            values[name] = tuple(values[name])
        values["keys"] = InputKeys(**values.get("keys", {}))
        values["kept"] = Kept.from_json(values.get("kept", {"tests": (), "cells": None}))
        return cls(**values)


def exam_cells(assembled: NotebookNode, course: NotebookNode) -> list[ExamCell]:
    """The code cells of an assembled submission that are to be examined.

    Unnamed cells that the course wrote itself (plots, experiments) decide nothing and are left out, unless the student
    wrote unnamed cells of their own, which may stand on them.
    """
    given = {cell["source"].strip() for cell in course.cells if cell["cell_type"] == "code" and grade_id(cell) is None}
    free = [cell["source"].strip() for cell in assembled.cells if _is_free(cell)]
    keep_free = any(source and source not in given for source in free)
    return list(_exam_cells(assembled.cells, keep_free))


def _is_free(cell: Cell) -> bool:
    return cell["cell_type"] == "code" and grade_id(cell) is None


def _exam_cells(cells: Iterable[Cell], keep_free: bool) -> Iterator[ExamCell]:
    for cell in cells:
        source = str(cell["source"])
        if cell["cell_type"] != "code" or (grade_id(cell) is None and not keep_free):
            continue
        name = grade_id(cell) or str(cell["id"])
        if is_graded(cell):
            yield ExamCell(name, source, "test")
        elif is_locked(cell) and "check" in directives(cell):
            yield ExamCell(name, source, "check", without_hidden_tests(source))
        elif is_locked(cell):
            yield ExamCell(name, source, "given")
        else:
            yield ExamCell(name, _as_python(source), "room")


def _as_python(source: str) -> str:
    """IPython's own syntax (`%magic`, `!command`, `name?`) as calls that the exam room answers with nothing.

    What IPython cannot read stays as it is: the exam room says what is wrong with it. So does what it takes long for:
    it reads the whole cell again for each such line.
    """
    special = sum(line.lstrip().startswith(("%", "!")) or line.rstrip().endswith("?") for line in source.splitlines())
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            ast.parse(source)
    except SyntaxError:
        if special <= _SPECIAL_LINES and len(source) <= _SPECIAL_LENGTH:
            from IPython.core.inputtransformer2 import TransformerManager

            with contextlib.suppress(Exception):
                return str(TransformerManager().transform_cell(source))  # type: ignore[no-untyped-call]
    except (ValueError, RecursionError, MemoryError):
        pass
    return source


def points_by_test(cells: Iterable[Cell]) -> dict[str, float]:
    """The points of each graded cell, by grade id."""
    return {str(grade_id(cell)): points(cell) for cell in cells if is_graded(cell)}
