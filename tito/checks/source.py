"""Rules that every authored notebook keeps."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from tito.cells import (
    SCHEMA_VERSION,
    default_exp,
    directives,
    grade_id,
    has_solution_region,
    is_exported,
    is_graded,
    is_locked,
    is_solution,
    nbgrader_metadata,
    points,
)
from tito.errors import SourceError
from tito.modules import Module
from tito.notebooks import authored_modules
from tito.percent import normalised, read_source, source_path

__all__ = ["SCOPE_ID", "TOTAL_POINTS", "scope_source", "source_problems"]

TOTAL_POINTS = 100
SCOPE_ID = "scope"

_KEYS = {"grade", "grade_id", "locked", "points", "schema_version", "solution", "task"}
_GRADE_ID = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")

Cell = Mapping[str, Any]


def source_problems(root: Path) -> list[str]:
    """What is wrong with the files in `source/`, a line each that begins with the file."""
    found: list[str] = []
    known = {source_path(root, module.label) for module in authored_modules(root)}
    found += [f"{path}: no module has this name" for path in (root / "source").glob("*.py") if path not in known]
    for module in authored_modules(root):
        path = source_path(root, module.label)
        try:
            cells = read_source(path).cells
            if normalised(path) != path.read_text(encoding="utf-8"):
                found.append(f"{path}: header or spacing is not normalised; run `make format`")
        except SourceError as error:
            found.append(str(error))
            continue
        found += [f"{path}: {problem}" for problem in _notebook_problems(module, cells)]
    return found


def scope_source(module: Module) -> str:
    """The cell that hides later modules from the notebook of `module`."""
    return (
        "import os\n\n"
        f'os.environ["TINYTORCH_BELOW"] = "{module.number:02d}"  '
        "# this notebook sees the modules before it and no later one, as the grader does"
    )


def _notebook_problems(module: Module, cells: list[Cell]) -> Iterator[str]:
    code = [cell for cell in cells if cell["cell_type"] == "code"]
    total = sum(points(cell) for cell in cells)
    if total != TOTAL_POINTS:
        yield f"points sum to {total:g}, not to {TOTAL_POINTS}"
    graded = sum(map(is_graded, cells))
    if not 5 <= graded <= 10:
        yield f"{graded} graded cells; 5 to 10 are the rule"
    if default_exp(code) != module.library_path:
        yield f"default_exp is {default_exp(code)!r}, not {module.library_path!r}"
    if module.number > 1 and (not code or grade_id(code[0]) != SCOPE_ID or code[0]["source"] != scope_source(module)):
        yield f"the first code cell must be the locked cell {SCOPE_ID!r}: {scope_source(module)!r}"
    for position, cell in enumerate(cells, start=1):
        where = grade_id(cell) or f"number {position}"
        yield from (f"cell {where}: {problem}" for problem in _cell_problems(cell))


def _cell_problems(cell: Cell) -> Iterator[str]:
    metadata = nbgrader_metadata(cell)
    if not metadata:
        if has_solution_region(cell) or is_exported(cell) or "check" in directives(cell):
            yield "has a solution region or a directive, but no nbgrader metadata"
        return
    expected = _KEYS if is_graded(cell) else _KEYS - {"points"}
    if set(metadata) != expected:
        yield f"metadata keys are {sorted(metadata)}, not {sorted(expected)}"
    if metadata.get("schema_version") != SCHEMA_VERSION:
        yield f"schema_version is {metadata.get('schema_version')!r}, not {SCHEMA_VERSION}"
    if not _GRADE_ID.fullmatch(grade_id(cell) or ""):
        yield "grade_id must be lower-case words joined by '-'"
    if is_solution(cell) != has_solution_region(cell):
        yield "solution flag and BEGIN SOLUTION do not go together (nbgrader would wipe or give away the cell)"
    if is_solution(cell) == is_locked(cell) or (is_solution(cell) and is_graded(cell)):
        yield "a named cell is either a solution or locked, and only locked cells are graded"
    if is_graded(cell):
        yield from _graded_problems(cell)


def _graded_problems(cell: Cell) -> Iterator[str]:
    source = cell["source"]
    if points(cell) <= 0:
        yield f"points are {points(cell):g}; a graded cell earns something"
    if source.count("🔬") != 1 or source.count("📈") != 1:
        yield "prints its two lines, one with 🔬 and one with 📈"
    if is_exported(cell):
        yield "a graded cell is not exported"
