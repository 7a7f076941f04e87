"""What of an earlier result still holds: a test is run again when something that it stands on has changed.

A test stands on its own text, on every cell before it that is no test (the student's, the given ones, the helpers), on
earlier tests whose names it uses, on the earlier modules and on the policy. What else an earlier test did to a
student's objects is not counted: their authors keep tests apart, and `--force` runs all of them.
"""

from __future__ import annotations

import hashlib
import json
import symtable
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

from tito.examiner.examination import ExamCell
from tito.grading.result import CellReport, GradedSubmission, TestReport, read_cells, read_tests

__all__ = ["InputKeys", "Kept", "hash_of", "input_keys", "kept_of", "needed_tests"]


@dataclass(frozen=True)
class InputKeys:
    """Hashes of what outcomes stand on."""

    tests: dict[str, str] = field(default_factory=dict)
    """By grade id."""
    cells: str = ""
    """Of all cells that are no tests."""


@dataclass(frozen=True)
class Kept:
    """Reports of an earlier result that need no second run."""

    tests: tuple[TestReport, ...] = ()
    cells: tuple[CellReport, ...] | None = None
    """None: a cell that is no test has changed."""

    @classmethod
    def from_json(cls, found: dict[str, Any]) -> Kept:
        """The value that `dataclasses.asdict` gave."""
        cells = found["cells"]
        return cls(read_tests(found["tests"]), None if cells is None else read_cells(cells))


def hash_of(value: Any) -> str:
    """SHA-256 of plain data."""
    return hashlib.sha256(json.dumps(value, sort_keys=True).encode()).hexdigest()


def input_keys(cells: Iterable[ExamCell], *context: Any) -> InputKeys:
    """The hashes for `cells`; `context` is what holds for all of them: library, policy."""
    chain = hash_of(context)
    tests: dict[str, str] = {}
    seen: list[ExamCell] = []
    for cell in cells:
        if cell.kind != "test":
            chain = hash_of([chain, cell.id, cell.kind, cell.source, cell.released])
            continue
        needed = [tests[other.id] for other in _needed(cell, seen)]
        tests[cell.id] = hash_of([chain, cell.id, cell.source, needed])
        seen.append(cell)
    return InputKeys(tests, chain)


def kept_of(before: GradedSubmission | None, keys: InputKeys, cells: Sequence[ExamCell], reference: str) -> Kept:
    """What of `before` holds for `cells` with these `keys` and the reference library with the hash `reference`.

    Nothing does where a room ended or time was up: what was lost then depends on all that ran.
    """
    if before is None or any(run.status not in {"passed", "failed"} for run in (*before.tests, *before.cells)):
        return Kept()
    same_reference = before.reference in ("", reference)
    kept = {
        test.id: test
        for test in before.tests
        if test.key and test.key == keys.tests.get(test.id) and (same_reference or (test.passed and not test.blame))
    }
    for name in needed_tests(cells, keys.tests.keys() - kept.keys()):
        kept.pop(name, None)
    return Kept(tuple(kept.values()), before.cells if before.cells_key == keys.cells else None)


def needed_tests(cells: Sequence[ExamCell], wanted: Collection[str]) -> set[str]:
    """The tests in `wanted`, and those before them whose names they use."""
    tests = [cell for cell in cells if cell.kind == "test"]
    found = set(wanted)
    for position in reversed(range(len(tests))):
        if tests[position].id in found:
            found |= {other.id for other in _needed(tests[position], tests[:position])}
    return found


def _needed(test: ExamCell, earlier: Iterable[ExamCell]) -> list[ExamCell]:
    used = _names(test.source)[1]
    return [other for other in earlier if _names(other.source)[0] & used]


@lru_cache(maxsize=1024)
def _names(source: str) -> tuple[frozenset[str], frozenset[str]]:
    """The global names that a cell binds, and those that it uses."""
    try:
        top = symtable.symtable(source, "cell", "exec")
    except (SyntaxError, ValueError):  # it fails wherever it runs
        return frozenset(), frozenset()
    bound, used = set(), set()
    for table in _tables(top):
        for symbol in table.get_symbols():
            if table is not top and not symbol.is_global():
                continue
            if symbol.is_assigned() or symbol.is_imported() or symbol.is_namespace():
                bound.add(symbol.get_name())
            if symbol.is_referenced():
                used.add(symbol.get_name())
    return frozenset(bound), frozenset(used)


def _tables(table: symtable.SymbolTable) -> Iterator[symtable.SymbolTable]:
    yield table
    for child in table.get_children():
        yield from _tables(child)
