"""Every graded cell of every authored notebook, as one test each, on the reference library."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

from tito.cells import grade_id, is_graded, is_solution
from tito.commands.student import runnable_cells
from tito.modules import Module
from tito.notebooks import authored_modules
from tito.percent import read_source, source_path
from tito.runner import Cell, Runner, RunOptions, RunResult
from tito.submission import clear_solutions

ROOT = Path(__file__).parents[2]
MODULES = authored_modules(ROOT)


@cache
def notebook_cells(module: Module) -> list[Cell]:
    return runnable_cells(read_source(source_path(ROOT, module.label)).cells)


def marked(module: Module, *values: object, name: str) -> object:
    return pytest.param(module, *values, marks=getattr(pytest.mark, f"m{module.number:02d}"), id=name)


GRADED = [
    marked(module, cell.id, name=f"{module.label}-{cell.id}")
    for module in MODULES
    for cell in notebook_cells(module)
    if cell.graded
]
EVERY = [marked(module, name=module.label) for module in MODULES]


@pytest.fixture(scope="module")
def runner() -> Iterator[Runner]:
    with Runner(1) as runner:
        yield runner


@pytest.fixture(scope="module")
def results(runner: Runner) -> dict[Module, RunResult]:
    return {}


@pytest.mark.parametrize(("module", "cell_id"), GRADED)
def test_the_reference_passes(runner: Runner, results: dict[Module, RunResult], module: Module, cell_id: str) -> None:
    if module not in results:
        options = RunOptions(library=ROOT, warnings_as_errors=True)
        results[module] = runner.run(notebook_cells(module), options)
    cell = results[module][cell_id]
    assert cell.passed, cell.error and cell.error.traceback
    first, last = cell.stdout.splitlines()[0], cell.stdout.splitlines()[-1]
    assert first.startswith("🔬 Unit Test: ")
    assert last.startswith("📈 Progress: ")
    assert cell.stderr == ""


@pytest.mark.parametrize("module", EVERY)
def test_an_untouched_notebook_earns_nothing(runner: Runner, module: Module) -> None:
    cleared = clear_solutions(read_source(source_path(ROOT, module.label)))
    result = runner.run(runnable_cells(cleared.cells), RunOptions(library=ROOT))
    assert [cell.id for cell in result.graded if cell.passed] == []


@pytest.mark.parametrize("module", EVERY)
def test_the_whole_notebook_runs_without_a_warning(runner: Runner, module: Module) -> None:
    """Plots and experiments included, as a student runs it from top to bottom."""
    cells = [
        Cell(cell["id"], cell["source"], is_graded(cell))
        for cell in read_source(source_path(ROOT, module.label)).cells
        if cell["cell_type"] == "code"
    ]
    result = runner.run(cells, RunOptions(library=ROOT, draw=True, warnings_as_errors=True))
    assert {cell.id: str(cell.error) for cell in result.cells if not cell.passed} == {}
    assert {cell.id: cell.stderr for cell in result.cells if cell.stderr} == {}


@pytest.mark.parametrize("module", EVERY)
def test_solution_regions_are_short(module: Module) -> None:
    for cell in read_source(source_path(ROOT, module.label)).cells:
        if is_solution(cell):
            for region in cell["source"].split("### BEGIN SOLUTION")[1:]:
                lines = region.partition("### END SOLUTION")[0].strip().splitlines()
                assert len(lines) <= 30, f"{grade_id(cell)}: {len(lines)} lines to write in one hole"
