"""What a module asks and what is right: solutions, points and tests, read from its source."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from tito.cells import grade_id, is_graded, is_solution, points
from tito.errors import SourceError
from tito.modules import Module
from tito.percent import read_source, source_path

if TYPE_CHECKING:
    from nbformat import NotebookNode

__all__ = ["Answers", "read_alternative", "read_answers"]

_MARKERS = {"### BEGIN SOLUTION", "### END SOLUTION"}
_SECTION = re.compile(r"^# %% (\S+)\n", re.MULTILINE)


@dataclass(frozen=True)
class Answers:
    """The solved holes of one module and what each is worth."""

    module: Module
    solutions: dict[str, str]
    """Right text by the grade id of the solution cell."""
    points: dict[str, float]
    """Points by the grade id of the graded cell."""
    tests: dict[str, tuple[str, ...]]
    """The graded cells of each hole: those between it and the next."""

    @property
    def total(self) -> float:
        return sum(self.points.values())

    def worth(self, hole: str) -> float:
        """Points that depend on one hole."""
        return sum(self.points[test] for test in self.tests[hole])

    def solve(self, notebook: NotebookNode, solutions: dict[str, str] | None = None) -> None:
        """Fill every hole of `notebook`, with `solutions` where they have one, else with the reference's."""
        chosen = self.solutions | (solutions or {})
        for cell in filter(is_solution, notebook.cells):
            cell["source"] = chosen[str(grade_id(cell))]


def read_answers(root: Path, module: Module) -> Answers:
    """The answers in the source of `module`.

    Raises:
        SourceError: there is no such source, or its cells have no order that can be graded.
    """
    solutions: dict[str, str] = {}
    worth: dict[str, float] = {}
    tests: dict[str, list[str]] = {}
    for cell in read_source(source_path(root, module.label)).cells:
        name = grade_id(cell)
        if name is None:
            continue
        if is_solution(cell):
            lines = [line for line in cell["source"].splitlines() if line.strip() not in _MARKERS]
            solutions[name] = "\n".join(lines)
            tests[name] = []
        elif is_graded(cell):
            if not solutions:
                raise SourceError(f"{source_path(root, module.label)}: {name!r} comes before any solution cell")
            worth[name] = points(cell)
            tests[list(solutions)[-1]].append(name)
    return Answers(module, solutions, worth, {hole: tuple(names) for hole, names in tests.items()})


def read_alternative(path: Path) -> dict[str, str]:
    """Solution cells written differently, by grade id: sections `# %% <grade id>` of a file in tests/alternatives.

    Raises:
        SourceError: the file cannot be read or has no sections.
    """
    try:
        parts = _SECTION.split(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise SourceError(f"{path} cannot be read: {error.strerror} (nothing was changed)") from None
    found = {name: text.strip() for name, text in zip(parts[1::2], parts[2::2], strict=True)}
    if not found:
        raise SourceError(f"{path} has no section '# %% <grade id>' (nothing was changed)")
    return found
