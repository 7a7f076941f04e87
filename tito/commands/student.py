"""Verbs for somebody who works through the course: test and export."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import typer
from rich.table import Table

from tito.cells import grade_id, is_graded, points
from tito.commands.context import console, in_course, library_folder, one_module, student_notebook
from tito.errors import NotebookError, SourceError
from tito.library import build_student
from tito.modules import Module
from tito.notebooks import authored_modules
from tito.percent import read_source, source_path
from tito.runner import Cell, CellResult, run_cells
from tito.submission import read_submission

__all__ = ["export", "runnable_cells", "test"]


def test(text: str | None) -> None:
    module = one_module(text)
    cells, library = _cells_to_test(module)
    result = run_cells(runnable_cells(cells), library=library)
    table = Table(title=f"{module.label}: {result.earned:g} of {sum(map(points, cells)):g} points")
    for heading in ("test", "points", "result"):
        table.add_column(heading, overflow="fold")
    for cell in result.graded:
        table.add_row(cell.id, f"{cell.earned:g} / {cell.points:g}", _told(cell))
    console.print(table)
    _blame_code_cells(result.cells)
    if not all(cell.passed for cell in result.graded):
        raise typer.Exit(1)


def export(text: str | None) -> None:
    module = one_module(text)
    notebook = student_notebook(module)
    if not notebook.is_file():
        raise NotebookError(f"{notebook} is not there; fetch {module.label} first (your library is as it was)")
    folder = library_folder()
    (built,) = build_student(folder, {module: notebook}, lambda _: None)
    if built.state != "built":
        raise NotebookError(f"{notebook}: {built.message}")
    console.print(f"{module.label} is in your library now: {folder / 'tinytorch_lib'}", soft_wrap=True)
    console.print("A notebook that is open sees it after its kernel is restarted.")


def runnable_cells(cells: Iterable[Mapping[str, Any]]) -> list[Cell]:
    """The code cells that grading needs: those with a name in the gradebook, in order."""
    return [
        Cell(name, str(cell["source"]), is_graded(cell), points(cell))
        for cell in cells
        if cell["cell_type"] == "code" and (name := grade_id(cell))
    ]


def _cells_to_test(module: Module) -> tuple[list[Mapping[str, Any]], Path]:
    """The notebook's cells and the folder of the library that it imports."""
    course = in_course()
    if course is None:
        notebook = student_notebook(module)
        if not notebook.is_file():
            raise NotebookError(f"{notebook} is not there; fetch {module.label} first (nothing was run)")
        return read_submission(notebook)["cells"], library_folder()
    if module not in authored_modules(course.root):
        raise SourceError(f"{source_path(course.root, module.label)} is not written yet (nothing was run)")
    return read_source(source_path(course.root, module.label))["cells"], course.root


def _told(cell: CellResult) -> str:
    return "passed" if cell.passed else f"{cell.status}: {cell.error or 'the run ended before it'}".strip()


def _blame_code_cells(cells: Iterable[CellResult]) -> None:
    for cell in cells:
        if not cell.graded and not cell.passed:
            console.print(f"cell {cell.id}: {_told(cell)}", style="yellow", soft_wrap=True, markup=False)
