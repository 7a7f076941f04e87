"""Which tests must run again after which change, and which outcomes hold."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tito.examiner.examination import ExamCell
from tito.grading.result import Blame, CellReport, GradedSubmission, TestReport
from tito.grading.reuse import InputKeys, input_keys, kept_of, needed_tests

CELLS = (
    ExamCell("imports", "import numpy as np", "given"),
    ExamCell("helpers", "def expect(a, b): assert a == b", "check"),
    ExamCell("one", "def one(): return 1", "room"),
    ExamCell("test-one", "def test_one():\n    expect(one(), 1)\ntest_one()", "test"),
    ExamCell("two", "def two(): return 2", "room"),
    ExamCell("test-two", "def test_two():\n    expect(two(), 2)\ntest_two()", "test"),
    ExamCell("test-both", "test_two()\nassert one() + two() == 3", "test"),
    ExamCell("three", "x = 3", "room"),
)
TESTS = {"test-one", "test-two", "test-both"}


def keys_of(cells: tuple[ExamCell, ...] = CELLS, library: str = "library") -> InputKeys:
    return input_keys(cells, library, {"earlier_modules": "own-first"})


def graded(reference: str = "", **changes: dict[str, object]) -> GradedSubmission:
    keys = keys_of()
    tests = [TestReport(name, "passed", title=name, points=1, earned=1, key=keys.tests[name]) for name in sorted(TESTS)]
    tests = [replace(test, **changes.get(test.id.replace("-", "_"), {})) for test in tests]
    cells = tuple(CellReport(cell.id, "passed") for cell in CELLS if cell.id not in TESTS)
    return GradedSubmission(
        *("m", "s", "", "key", reference, "plain", "own-first"), tests=tuple(tests), cells=cells, cells_key=keys.cells
    )


def changed(name: str, source: str = "y = 1") -> tuple[ExamCell, ...]:
    return tuple(replace(cell, source=source) if cell.id == name else cell for cell in CELLS)


def kept(
    before: GradedSubmission, cells: tuple[ExamCell, ...], library: str = "library", reference: str = "r"
) -> set[str]:
    return {test.id for test in kept_of(before, keys_of(cells, library), cells, reference).tests}


@pytest.mark.parametrize(
    ("cell", "holds"),
    [
        ("imports", set()),
        ("helpers", set()),
        ("one", set()),
        ("two", {"test-one"}),
        ("three", TESTS),
        ("test-one", {"test-two", "test-both"}),
        ("test-both", {"test-one", "test-two"}),
        ("test-two", {"test-one"}),
    ],
)
def test_what_a_changed_cell_touches(cell: str, holds: set[str]) -> None:
    assert kept(graded(), changed(cell)) == holds


def test_a_test_whose_names_another_uses_touches_that_one_too() -> None:
    assert kept(graded(), changed("test-two", "def test_two(): pass")) == {"test-one"}
    assert kept(graded(), changed("test-both", "test_two()")) == {"test-one"}, "test-two must run before it"


def test_cells_reports_hold_while_no_cell_but_a_test_changes() -> None:
    def cells(name: str) -> object:
        return kept_of(graded(), keys_of(changed(name)), changed(name), "r").cells

    assert cells("test-one") == graded().cells
    assert cells("three") is None


def test_another_library_touches_everything() -> None:
    assert kept(graded(), CELLS, "another") == set()


def test_a_moved_or_added_cell_touches_what_comes_after() -> None:
    assert kept(graded(), (CELLS[2], *CELLS[:2], *CELLS[3:])) == set()
    added = (*CELLS[:4], ExamCell("mine", "one = None", "room"), *CELLS[4:])
    assert kept(graded(), added) == {"test-one"}
    retyped = tuple(replace(cell, released="other") if cell.id == "helpers" else cell for cell in CELLS)
    assert kept(graded(), retyped) == set()


def test_another_reference_touches_what_failed_or_was_credited() -> None:
    failed = {"status": "failed", "earned": 0}
    before = graded("r", test_one=failed, test_two={"blame": Blame("02_tensor")})
    assert kept(before, CELLS, reference="r") == TESTS
    assert kept(before, CELLS, reference="new") == {"test-both"}
    assert kept(graded("r", test_one=failed), CELLS, reference="new") == {"test-two", "test-both"}
    assert kept(graded("", test_one=failed), CELLS, reference="new") == TESTS, "no cell names the library"


@pytest.mark.parametrize("status", ["timeout", "died", "not run"])
def test_where_time_or_a_room_ended_all_is_run_again(status: str) -> None:
    assert kept(graded(test_one={"status": status}), changed("test-both")) == set()


def test_results_without_keys_hold_nothing() -> None:
    old = {name.replace("-", "_"): {"key": ""} for name in TESTS}
    assert kept(graded(**old), CELLS) == set()
    assert kept_of(None, keys_of(), CELLS, "r").tests == ()


def test_tests_whose_names_a_test_uses_run_with_it() -> None:
    assert needed_tests(CELLS, {"test-both"}) == {"test-two", "test-both"}
    assert needed_tests(CELLS, {"test-one"}) == {"test-one"}
    hidden = ExamCell("t", "def f():\n    global shared\n    shared = 1\nf()", "test")
    user = ExamCell("u", "def g():\n    return [shared for _ in 'x']\ng()", "test")
    assert needed_tests((hidden, user), {"u"}) == {"t", "u"}
