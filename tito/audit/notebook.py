"""An authored notebook as the audit sees it: its code cells, where they stand, and their holes."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from tito import cells as cell_rules
from tito.errors import SourceError
from tito.runner import Cell

__all__ = ["AuditCell", "AuditNotebook", "Region", "load_notebook", "stub"]

BEGIN, END = "### BEGIN SOLUTION", "### END SOLUTION"

STUB = ("# YOUR CODE HERE", "raise NotImplementedError()")
"""What nbgrader's ClearSolutions puts into a hole; a test compares."""


@dataclass(frozen=True)
class Region:
    """One hole: the lines between the two markers of a solution cell, both excluded, from 1."""

    cell: str
    number: int
    first: int
    last: int

    def __str__(self) -> str:
        return f"{self.cell}[{self.number}]"

    def __contains__(self, line: object) -> bool:
        return isinstance(line, int) and self.first <= line <= self.last


@dataclass(frozen=True)
class AuditCell:
    """A code cell. `line` is where it starts in the file; `marked` says that it has nbgrader metadata."""

    id: str
    source: str
    line: int
    graded: bool
    points: float
    solution: bool
    marked: bool
    regions: tuple[Region, ...]

    def cell(self, source: str | None = None) -> Cell:
        """The cell to run, with other text in its place if `source` is given."""
        return Cell(self.id, self.source if source is None else source, self.graded, self.points)


@dataclass(frozen=True)
class AuditNotebook:
    """A notebook's code cells in order."""

    path: Path
    cells: tuple[AuditCell, ...]

    @property
    def needed(self) -> tuple[AuditCell, ...]:
        """The cells that a grader runs: those with nbgrader metadata."""
        return tuple(cell for cell in self.cells if cell.marked)

    @property
    def graded(self) -> tuple[AuditCell, ...]:
        return tuple(cell for cell in self.cells if cell.graded)

    @property
    def solutions(self) -> tuple[AuditCell, ...]:
        return tuple(cell for cell in self.cells if cell.solution)

    @property
    def regions(self) -> tuple[Region, ...]:
        return tuple(region for cell in self.cells for region in cell.regions)

    @property
    def maximum(self) -> float:
        return sum(cell.points for cell in self.cells)

    def with_sources(self, sources: Mapping[str, str]) -> list[Cell]:
        """The needed cells to run, some with other text."""
        return [cell.cell(sources.get(cell.id)) for cell in self.needed]

    def stubbed(self, regions: Collection[Region] | None = None) -> dict[str, str]:
        """The sources with the given holes emptied, all of them by default, by cell id."""
        chosen = self.regions if regions is None else regions
        return {cell.id: stub(cell, chosen) for cell in self.cells if set(cell.regions) & set(chosen)}

    def __getitem__(self, cell_id: str) -> AuditCell:
        return next(cell for cell in self.cells if cell.id == cell_id)


def load_notebook(path: Path) -> AuditNotebook:
    """The authored notebook in the percent-format file `path`.

    Raises:
        SourceError: the file cannot be read, or a solution cell has no proper region.
    """
    from tito.percent import read_source

    notebook = read_source(path)
    code = [cell for cell in notebook.cells if cell.cell_type == "code"]
    lines = path.read_text(encoding="utf-8").split("\n")
    starts = _starts([cell.source for cell in code], lines)
    found = []
    for cell, start in zip(code, starts, strict=True):
        found.append(
            AuditCell(
                id=cell.id,
                source=cell.source,
                line=start,
                graded=cell_rules.is_graded(cell),
                points=cell_rules.points(cell),
                solution=cell_rules.is_solution(cell),
                marked=bool(cell_rules.nbgrader_metadata(cell)),
                regions=_regions(cell.id, cell.source, path) if cell_rules.is_solution(cell) else (),
            )
        )
    return AuditNotebook(path, tuple(found))


def stub(cell: AuditCell, regions: Collection[Region]) -> str:
    """The cell's text with some of its holes emptied, as nbgrader does it on release."""
    lines = cell.source.split("\n")
    for region in sorted(set(cell.regions) & set(regions), key=lambda region: region.first, reverse=True):
        marker = lines[region.first - 2]
        indent = marker[: len(marker) - len(marker.lstrip())]
        lines[region.first - 2 : region.last + 1] = [indent + line for line in STUB]
    return "\n".join(lines)


def _regions(cell_id: str, source: str, path: Path) -> tuple[Region, ...]:
    found: list[Region] = []
    begin: int | None = None
    for number, line in enumerate(source.split("\n"), 1):
        if "BEGIN SOLUTION" in line and begin is None:
            begin = number
        elif "END SOLUTION" in line and begin is not None:
            found.append(Region(cell_id, len(found) + 1, begin + 1, number - 1))
            begin = None
        elif re.search(r"(BEGIN|END) SOLUTION", line):
            raise SourceError(f"{path}: cell {cell_id!r}, line {number}: BEGIN and END SOLUTION do not pair up")
    if begin is not None or not found:
        raise SourceError(
            f"{path}: solution cell {cell_id!r} needs {BEGIN} and {END}; nbgrader would empty the whole cell"
        )
    return tuple(found)


def _starts(sources: Sequence[str], lines: Sequence[str]) -> list[int]:
    """The line of the file, from 1, where each cell's text begins; cells stand in the file's order."""
    starts, at = [], 0
    for source in sources:
        wanted = source.split("\n")
        while at < len(lines) and lines[at : at + len(wanted)] != wanted:
            at += 1
        starts.append(at + 1)
        at = min(at + len(wanted), len(lines))
    return starts
