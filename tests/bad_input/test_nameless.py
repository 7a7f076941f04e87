"""Solutions whose cells lost metadata and ids are known again by what they define."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.tiny import code, make_checkout, notebook
from tito.cells import grade_id
from tito.percent import read_source
from tito.submission import Assembled, assemble, clear_solutions, read_submission

ANSWER = "def double_1(x):\n    return x + x"


@pytest.fixture
def skeleton(tmp_path: Path) -> Any:
    return clear_solutions(read_source(make_checkout(tmp_path / "checkout") / "source" / "01_setup.py"))


def assembled(skeleton: Any, folder: Path, *cells: dict[str, Any]) -> Assembled:
    path = folder / "01_setup.ipynb"
    path.write_text(notebook(*cells), encoding="utf-8")
    return assemble(skeleton, read_submission(path))


def source_of(found: Assembled, name: str) -> str:
    return next(cell["source"] for cell in found.notebook.cells if grade_id(cell) == name)


def test_a_nameless_solution_is_found_once_and_told(skeleton: Any, tmp_path: Path) -> None:
    found = assembled(skeleton, tmp_path, code("import math"), code(ANSWER), code("print(double_1(3))"))
    assert source_of(found, "double-1") == ANSWER
    assert sum(cell["source"] == ANSWER for cell in found.notebook.cells) == 1
    assert any("`double-1` had lost its name" in finding for finding in found.findings)
    assert any("print(double_1(3))" in cell["source"] for cell in found.notebook.cells)


def test_a_solution_with_its_name_is_never_replaced_by_an_experiment(skeleton: Any, tmp_path: Path) -> None:
    named = code("#| export\ndef double_1(x):\n    return 2 * x", "double-1", solution=True)
    found = assembled(skeleton, tmp_path, named, code(ANSWER))
    assert source_of(found, "double-1") == named["source"]
    assert any(cell["source"] == ANSWER for cell in found.notebook.cells)


def test_a_syntax_error_does_not_hide_a_solution(skeleton: Any, tmp_path: Path) -> None:
    found = assembled(skeleton, tmp_path, code(ANSWER + "\nprint('no end"))
    assert source_of(found, "double-1").startswith(ANSWER)


def test_methods_and_mentions_are_no_definitions(skeleton: Any, tmp_path: Path) -> None:
    mention = "# def double_1(x): see above\nclass A:\n    def double_1(self): ..."
    found = assembled(skeleton, tmp_path, code(mention))
    assert "NotImplementedError" in source_of(found, "double-1")
