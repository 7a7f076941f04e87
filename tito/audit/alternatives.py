"""Other right solutions of a module, tests/alternatives/NN_name/<style>.py: every one must earn all points.

Each file has sections `# %% grade_id`, followed by the whole text of that solution cell; cells that it does
not mention keep the reference's text.
"""

from __future__ import annotations

import ast
import re
from dataclasses import dataclass
from pathlib import Path

from tito.audit.notebook import AuditNotebook
from tito.errors import SourceError

__all__ = ["Alternative", "read_alternatives"]

_SECTION = re.compile(r"# %%\s+(\S+)\s*")


@dataclass(frozen=True)
class Alternative:
    """A style's name and its cells' texts by grade_id."""

    name: str
    sources: dict[str, str]


def read_alternatives(folder: Path, notebook: AuditNotebook) -> list[Alternative]:
    """The alternatives in `folder`, by name.

    Raises:
        SourceError: a file names no solution cell of the notebook, or changes nothing.
    """
    return [_read(path, notebook) for path in sorted(folder.glob("*.py"))]


def _read(path: Path, notebook: AuditNotebook) -> Alternative:
    sources: dict[str, list[str]] = {}
    lines: list[str] | None = None
    for line in path.read_text(encoding="utf-8").split("\n"):
        match = _SECTION.fullmatch(line)
        if match:
            name = match[1]
            if name in sources:
                raise SourceError(f"{path}: two sections {name!r} (nothing was run)")
            lines = sources[name] = []
        elif lines is not None:
            lines.append(line)
    alternative = Alternative(path.stem, {name: "\n".join(text).strip("\n") for name, text in sources.items()})
    _check(alternative, path, notebook)
    return alternative


def _check(alternative: Alternative, path: Path, notebook: AuditNotebook) -> None:
    solutions = {cell.id: cell for cell in notebook.cells if cell.solution}
    unknown = sorted(alternative.sources.keys() - solutions.keys())
    if unknown or not alternative.sources:
        known = ", ".join(solutions)
        what = f"no solution cell is called {unknown[0]!r}" if unknown else "no section '# %% grade_id'"
        raise SourceError(f"{path}: {what}; solution cells: {known} (nothing was run)")
    for name, source in alternative.sources.items():
        try:
            same = ast.dump(ast.parse(source)) == ast.dump(ast.parse(solutions[name].source))
        except SyntaxError as error:
            raise SourceError(f"{path}: section {name!r} does not parse: {error} (nothing was run)") from None
        if same:
            raise SourceError(f"{path}: section {name!r} is the reference's solution; leave it out (nothing was run)")
