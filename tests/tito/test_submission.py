from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tests.tiny import code, make_checkout, notebook
from tito.cells import grade_id
from tito.errors import NotebookError
from tito.percent import read_source
from tito.submission import MAX_BYTES, Assembled, assemble, clear_solutions, read_submission


@pytest.fixture
def skeleton(tmp_path: Path) -> Any:
    return clear_solutions(read_source(make_checkout(tmp_path / "checkout") / "source" / "01_setup.py"))


def hand_in(folder: Path, text: str) -> Any:
    path = folder / "01_setup.ipynb"
    path.write_text(text, encoding="utf-8")
    return read_submission(path)


def released(skeleton: Any) -> list[dict[str, Any]]:
    """The cells as students get them: no hidden tests."""
    cells = json.loads(json.dumps(skeleton.cells))
    for cell in cells:
        before, mark, rest = cell["source"].partition("    ### BEGIN HIDDEN TESTS\n")
        if mark:
            cell["source"] = before + rest.partition("### END HIDDEN TESTS\n")[2]
    return cells


def by_name(assembled: Assembled) -> dict[str, Any]:
    return {name: cell for cell in assembled.notebook.cells if (name := grade_id(cell))}


ANSWER = "#| export\ndef double_1(x):\n    return x + x"


def test_clearing_leaves_no_solution_and_keeps_hidden_tests(skeleton: Any) -> None:
    text = "\n".join(cell["source"] for cell in skeleton.cells)
    assert "math.fsum" not in text
    assert text.count("raise NotImplementedError()") == 5
    assert text.count("BEGIN HIDDEN TESTS") == 5


def test_an_untouched_release_has_nothing_to_tell(skeleton: Any, tmp_path: Path) -> None:
    assembled = assemble(skeleton, hand_in(tmp_path, notebook(*released(skeleton))))
    assert assembled.findings == []
    assert [cell["source"] for cell in assembled.notebook.cells] == [cell["source"] for cell in skeleton.cells]


def test_the_students_text_goes_into_their_cell_and_nowhere_else(skeleton: Any, tmp_path: Path) -> None:
    cells = released(skeleton)
    for cell in cells:
        if cell["cell_type"] == "code":
            cell["source"] = ANSWER if cell["id"] == "double-1" else "everything = 'changed'"
    found = by_name(assemble(skeleton, hand_in(tmp_path, notebook(*cells))))
    assert found["double-1"]["source"] == ANSWER
    for name, original in ((grade_id(cell), cell) for cell in skeleton.cells):
        if name in {"imports", "test-double-1"}:
            assert found[name]["source"] == original["source"]
            assert found[name]["metadata"] == original["metadata"]


def test_changed_locked_cells_are_told(skeleton: Any, tmp_path: Path) -> None:
    cells = released(skeleton)
    next(cell for cell in cells if cell["id"] == "test-double-2")["source"] = "pass"
    findings = assemble(skeleton, hand_in(tmp_path, notebook(*cells))).findings
    assert findings == ["The locked cell `test-double-2` was changed. The original was used."]


def test_a_cell_as_released_is_not_called_changed_when_the_source_was_corrected_since(tmp_path: Path) -> None:
    from nbgrader.preprocessors import ClearHiddenTests, ComputeChecksums

    source = make_checkout(tmp_path / "checkout") / "source" / "01_setup.py"
    then = clear_solutions(read_source(source))
    for preprocessor in (ClearHiddenTests(), ComputeChecksums()):
        then, _ = preprocessor.preprocess(then, {})
    source.write_text(
        source.read_text(encoding="utf-8").replace("Reread 1.2.", "Reread section 1.2."), encoding="utf-8"
    )
    now = clear_solutions(read_source(source))
    assert assemble(now, hand_in(tmp_path, json.dumps(then))).findings == []
    next(cell for cell in then.cells if cell["id"] == "test-double-2")["source"] = "pass"
    assert len(assemble(now, hand_in(tmp_path, json.dumps(then))).findings) == 1


def test_deleted_cells_come_back_in_their_place(skeleton: Any, tmp_path: Path) -> None:
    cells = [cell for cell in released(skeleton) if cell["id"] not in {"test-double-1", "double-2"}]
    assembled = assemble(skeleton, hand_in(tmp_path, notebook(*cells)))
    assert [grade_id(cell) for cell in assembled.notebook.cells] == [grade_id(cell) for cell in skeleton.cells]
    assert len(assembled.findings) == 2
    assert all("was missing" in finding for finding in assembled.findings)


def test_of_copies_the_last_changed_one_counts(skeleton: Any, tmp_path: Path) -> None:
    flags = {"solution": True, "grade": False, "locked": False}
    stub = next(cell["source"] for cell in skeleton.cells if cell["id"] == "double-1")
    copies = [
        code("#| export\nwrong = 1", "double-1", **flags),
        code(ANSWER, "double-1", **flags),
        code(stub, "double-1", **flags),
    ]
    assembled = assemble(skeleton, hand_in(tmp_path, notebook(*copies)))
    assert by_name(assembled)["double-1"]["source"] == ANSWER
    assert any("stands 3 times" in finding for finding in assembled.findings)


def test_a_solution_turned_to_markdown_is_code_again(skeleton: Any, tmp_path: Path) -> None:
    cells = released(skeleton)
    cell = next(cell for cell in cells if cell["id"] == "double-1")
    cell |= {"cell_type": "markdown", "source": ANSWER}
    assembled = assemble(skeleton, hand_in(tmp_path, notebook(*cells)))
    assert by_name(assembled)["double-1"]["cell_type"] == "code"
    assert by_name(assembled)["double-1"]["source"] == ANSWER
    assert any("was a markdown cell" in finding for finding in assembled.findings)


def test_cells_without_metadata_are_known_by_their_id(skeleton: Any, tmp_path: Path) -> None:
    cells = released(skeleton)
    for cell in cells:
        cell["metadata"] = {}
        if cell["id"] == "double-1":
            cell["source"] = ANSWER
    assembled = assemble(skeleton, hand_in(tmp_path, notebook(*cells)))
    assert assembled.findings == []
    assert by_name(assembled)["double-1"]["source"] == ANSWER


def test_own_cells_stay_behind_the_cell_that_they_followed(skeleton: Any, tmp_path: Path) -> None:
    cells = released(skeleton)
    position = next(k for k, cell in enumerate(cells) if cell["id"] == "double-3")
    cells.insert(position + 1, code("helper = 1"))
    cells.insert(0, code("first = 1", "no-such-cell", grade=True, points=1000))
    assembled = assemble(skeleton, hand_in(tmp_path, notebook(*cells)))
    sources = [cell["source"] for cell in assembled.notebook.cells]
    assert sources[0] == "first = 1"
    assert assembled.notebook.cells[0]["metadata"] == {}, "a made-up graded cell has no points"
    assert sources[sources.index("helper = 1") - 1].startswith("#| export\ndef double_3")
    identifiers = [cell["id"] for cell in assembled.notebook.cells]
    assert len(set(identifiers)) == len(identifiers)


def test_assembling_twice_changes_nothing_more(skeleton: Any, tmp_path: Path) -> None:
    cells = [code("x = 1"), code(ANSWER, "double-1", solution=True, grade=False, locked=False)]
    once = assemble(skeleton, hand_in(tmp_path, notebook(*cells))).notebook
    twice = assemble(skeleton, hand_in(tmp_path, json.dumps(once)))
    assert twice.notebook == once
    assert twice.findings == []


@pytest.mark.parametrize(
    "text",
    [
        "",
        "{",
        "[]",
        "null",
        '"text"',
        "[" * 100_000,
        '{"cells": {}}',
        '{"worksheets": [{"cells": []}], "nbformat": 3}',
    ],
)
def test_what_is_no_notebook_is_refused_on_one_line(tmp_path: Path, text: str) -> None:
    with pytest.raises(NotebookError) as caught:
        hand_in(tmp_path, text)
    assert str(tmp_path) in str(caught.value)
    assert "\n" not in str(caught.value)
    assert (tmp_path / "01_setup.ipynb").read_text() == text


@pytest.mark.parametrize(
    "cell",
    [
        {},
        {"cell_type": 7},
        {"source": None},
        {"source": ["a", 1]},
        {"metadata": []},
        {"metadata": {"nbgrader": 5}},
        {"id": []},
    ],
)
def test_odd_cells_are_read_as_far_as_they_go(skeleton: Any, tmp_path: Path, cell: dict[str, Any]) -> None:
    text = json.dumps({"cells": [cell, 5, code(ANSWER, "double-1", solution=True)], "metadata": 9})
    assembled = assemble(skeleton, hand_in(tmp_path, text))
    assert by_name(assembled)["double-1"]["source"] == ANSWER


def test_links_folders_and_huge_files_are_refused(tmp_path: Path) -> None:
    secret = tmp_path / "secret.ipynb"
    secret.write_text(notebook())
    link = tmp_path / "link.ipynb"
    link.symlink_to(secret)
    huge = tmp_path / "huge.ipynb"
    with huge.open("wb") as file:
        file.truncate(MAX_BYTES + 1)
    for path in (link, tmp_path, huge, tmp_path / "none.ipynb"):
        with pytest.raises(NotebookError, match="left alone"):
            read_submission(path)
