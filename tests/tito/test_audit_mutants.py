"""The mutator: which small faults it makes of a solution, where, and how it writes them."""

from __future__ import annotations

import ast
from pathlib import Path

import nbformat
import pytest
from audit_course import code, graded, solution

from tito.audit.mutants import Mutant, make_mutants
from tito.audit.notebook import AuditCell, AuditNotebook, load_notebook
from tito.errors import SourceError


def notebook(tmp_path: Path, *cells: str) -> AuditNotebook:
    path = tmp_path / "01_setup.py"
    path.write_text("\n".join(cells), encoding="utf-8")
    return load_notebook(path)


@pytest.fixture
def make(tmp_path: Path) -> object:
    def cell(body: str) -> AuditCell:
        lines = "\n".join(f"    {line}" for line in body.split("\n"))
        text = f"def f(a, b, x):\n    ### BEGIN SOLUTION\n{lines}\n    ### END SOLUTION"
        return notebook(tmp_path, solution(text)).cells[0]

    return lambda body: make_mutants(cell(body))


def texts(mutants: list[Mutant]) -> set[str]:
    return {mutant.mutated.strip() for mutant in mutants}


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ("x = a + b", {"x = a - b", "x = a", "x = b", "pass"}),
        ("x = a - b", {"x = a + b", "x = b - a", "x = a", "x = b", "pass"}),
        ("x = a @ b", {"x = a * b", "x = b @ a", "pass"}),
        ("x = a // b", {"x = a / b", "x = b // a", "pass"}),
        ("x = a % b", {"x = a // b", "x = b % a", "pass"}),
        ("x = a ** b", {"x = a * b", "x = b ** a", "x = a", "pass"}),
        ("x = c * (a + b)", {"x = c / (a + b)", "x = c", "x = a + b", "x = c * (a - b)", "x = c * (a)"}),
        ("x += a", {"x -= a", "x = a", "pass"}),
        ("x = -a", {"x = a", "pass"}),
        ("x = a < b", {"x = a <= b", "x = a >= b", "pass"}),
        ("x = a == b", {"x = a != b", "pass"}),
        ("x = a is None", {"x = a is not None", "pass"}),
        ("x = a in b", {"x = a not in b", "pass"}),
        ("x = a and b", {"x = a or b", "x = a", "x = b", "pass"}),
        ("x = not a", {"x = a", "pass"}),
        ("x = 3", {"x = 4", "x = 2", "pass"}),
        ("x = 0.5", {"x = 0.55", "pass"}),
        ("x = 1e-8", {"x = 1e-07", "pass"}),
        ("x = True", {"x = False", "pass"}),
        ("x = f(axis=-1)", {"x = f(axis=-2)", "x = f(axis=0)", "x = f(axis=1)", "x = f()", "pass"}),
        (
            "x = a.sum(keepdims=True)",
            {"x = a.sum(keepdims=False)", "x = a.sum()", "x = a"},
        ),
        ("x = a.copy()", {"x = a", "pass"}),
        ("x = np.exp(a)", {"x = a", "x = np.expm1(a)", "pass"}),
        ("x = min(a, b)", {"x = max(a, b)", "x = a", "x = b", "pass"}),
        ("x = f(a, b)", {"x = f(b, a)", "pass"}),
        ("x = np.float32(a)", {"x = np.float64(a)", "pass"}),
        ("x = a.astype('float32')", {"x = a.astype('float64')", "x = a", "pass"}),
        ("x = a.T", {"x = a", "pass"}),
        ("x = a if b else c", {"x = c if b else a", "x = a if not b else c", "pass"}),
        ("x = a[b:]", {"x = a[b + 1:]", "x = a[b:-1]", "pass"}),
        ("x = a[:b]", {"x = a[1:b]", "x = a[:b - 1]", "pass"}),
        ("x = a[b]", {"x = a[b - 1]", "pass"}),
        ("x = (a, b)", {"x = (b, a)", "pass"}),
        ("x = range(a)", {"x = range(1, a)", "x = range(a - 1)", "x = range(a + 1)", "pass"}),
        ("return a", {"return None", "return -a"}),
        ("return a < b", {"return None", "return not a < b", "return a <= b", "return a >= b"}),
        ("raise ValueError(a)", {"raise TypeError(a)", "pass"}),
        ("raise TypeError", {"raise ValueError", "pass"}),
    ],
)
def test_the_faults_of_a_line(make: object, body: str, expected: set[str]) -> None:
    assert texts(make(body)) >= expected  # type: ignore[operator]


def test_branches_are_swapped_and_loops_shortened(make: object) -> None:
    mutants = make("for v in a:\n    if v.ok(b):\n        x = v\n    else:\n        x = b")  # type: ignore[operator]
    found = texts(mutants)
    assert {"if not v.ok(b):", "for v in list(a)[:1]:", "for v in list(a)[1:]:"} <= found


@pytest.mark.parametrize(
    ("body", "kept"),
    [
        ("raise ValueError(f'{a + 1} and {b}', 3)", {"TypeError", "pass"}),
        ("x = f'{a + 1}'", {"pass"}),
        ("'''A text with 1 + 2.'''\nreturn a", {"return None", "return -a"}),
        ("x: int = a", {"pass"}),
    ],
)
def test_messages_texts_and_annotations_are_left_alone(make: object, body: str, kept: set[str]) -> None:
    for mutant in make(body):  # type: ignore[operator]
        assert any(text in mutant.mutated for text in kept), mutant


def test_a_size_left_to_numpy_is_negative_whatever_its_value(make: object) -> None:
    found = texts(make("x = a.reshape(-1, 3)"))  # type: ignore[operator]
    assert "x = a.reshape(0, 3)" in found and "x = a.reshape(1, 3)" in found and "x = a.reshape(-2, 3)" not in found


def test_only_holes_are_touched(tmp_path: Path) -> None:
    source = (
        "#| export\nLIMIT = 3 + 4\n\ndef f(a):\n    if a < 1:\n        raise ValueError\n    ### BEGIN SOLUTION\n"
        "    b = a + 1\n    ### END SOLUTION\n    c = b * 2\n    ### BEGIN SOLUTION\n    c = c - 5\n"
        "    ### END SOLUTION\n    return c + 7"
    )
    cell = notebook(tmp_path, solution(source)).cells[0]
    mutants = make_mutants(cell)
    assert {mutant.line for mutant in mutants} == {8, 12}
    lines = source.split("\n")
    for mutant in mutants:
        changed = mutant.source.split("\n")
        assert changed[:7] == lines[:7] and changed[8:11] == lines[8:11] and changed[12:] == lines[12:]


def test_every_mutant_is_another_program(make: object) -> None:
    body = (
        "y = (a + b * 2) / (x - 1) ** 2\nz = [v for v in (a, b) if not v > 0 and v != 3]\n"
        "if y < 0 or z:\n    return a[1:-1], -b\nfor i in range(len(z), 0, -1):\n    y += np.maximum(z[i], 0.0)\n"
        "return np.mean(\n    y,\n    axis=-1,\n    keepdims=True,\n)"
    )
    mutants = make(body)  # type: ignore[operator]
    assert len(mutants) > 60
    dumps = [ast.dump(ast.parse(mutant.source)) for mutant in mutants]
    assert len(set(dumps)) == len(dumps)
    assert len({mutant.id for mutant in mutants}) == len(mutants)
    assert mutants == make(body)  # type: ignore[operator]
    places = [(mutant.line, mutant.column) for mutant in mutants]
    assert places == sorted(places)
    for mutant in mutants:
        compile(mutant.source, "mutant", "exec")


def test_operators_are_replaced_in_the_tree_not_in_the_text(make: object) -> None:
    found = texts(make("return a * b + c"))  # type: ignore[operator]
    assert {"return (a + b) * c", "return a + b + c"}.isdisjoint(found)
    assert "return a / b + c" in found
    assert "return (c - a) * b" in texts(make("return (a - c) * b"))  # type: ignore[operator]


def test_columns_count_characters_though_python_counts_bytes(make: object) -> None:
    (mutant,) = (one for one in make("return 'äöü🔬' < a") if one.operator == "comparison:<=")  # type: ignore[operator]
    assert mutant.column == 12 and mutant.mutated == "    return 'äöü🔬' <= a"


def test_ids_name_the_cell_the_place_and_the_fault(make: object) -> None:
    mutants = make("x = a + b + 1")  # type: ignore[operator]
    ids = [mutant.id for mutant in mutants]
    assert "mean:3:9:arithmetic:-" in ids and "mean:3:9:arithmetic:-#2" in ids
    assert "mean:3:5:statement" in ids


def test_a_solution_that_does_not_parse(make: object) -> None:
    with pytest.raises(SourceError, match="'mean' does not parse"):
        make("x = (")  # type: ignore[operator]


# --- reading notebooks


TWO_HOLES = (
    "class A:\n    def one(self):\n        '''Doc.'''\n        ### BEGIN SOLUTION\n        return 1\n\n"
    "        ### END SOLUTION\n    def two(self):\n        x = 1\n        ### BEGIN SOLUTION\n        y = x\n"
    "        ### END SOLUTION\n        return y\n\n\n### BEGIN SOLUTION\nz = 1\n### END SOLUTION"
)


def test_empty_holes_are_nbgraders(tmp_path: Path) -> None:
    from nbgrader.preprocessors import ClearSolutions

    book = notebook(tmp_path, solution(TWO_HOLES))
    metadata = {"nbgrader": {"solution": True, "grade": False, "grade_id": "mean"}}
    cell = nbformat.v4.new_code_cell(TWO_HOLES, metadata=metadata)
    released, _ = ClearSolutions().preprocess_cell(cell, {"language": "python"}, 0)
    assert book.stubbed() == {"mean": released.source}


def test_one_hole_at_a_time(tmp_path: Path) -> None:
    book = notebook(tmp_path, solution(TWO_HOLES))
    assert [str(region) for region in book.regions] == ["mean[1]", "mean[2]", "mean[3]"]
    source = book.stubbed([book.regions[1]])["mean"]
    assert source.count("NotImplementedError") == 1
    assert "return 1" in source and "z = 1" in source and "y = x" not in source


def test_cells_know_their_place_in_the_file(tmp_path: Path) -> None:
    book = notebook(
        tmp_path, "# %% [markdown]\n# x = 1\n", code("x = 1"), solution(TWO_HOLES), code("x = 1"), graded("x = 1")
    )
    lines = book.path.read_text(encoding="utf-8").split("\n")
    for cell in book.cells:
        assert lines[cell.line - 1] == cell.source.split("\n")[0]
    assert [cell.line for cell in book.cells] == sorted({cell.line for cell in book.cells})
    assert [cell.marked for cell in book.cells] == [False, True, False, True]


@pytest.mark.parametrize(
    ("source", "said"),
    [
        ("x = 1", "needs ### BEGIN SOLUTION"),
        ("### BEGIN SOLUTION\nx = 1", "needs ### BEGIN SOLUTION"),
        ("x = 1\n### END SOLUTION", "do not pair up"),
        ("### BEGIN SOLUTION\n### BEGIN SOLUTION\n### END SOLUTION", "do not pair up"),
    ],
)
def test_holes_must_be_marked(tmp_path: Path, source: str, said: str) -> None:
    with pytest.raises(SourceError, match=said):
        notebook(tmp_path, solution(source))
