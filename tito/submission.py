"""What a student handed in, read as data and put back into the shape of the released notebook.

Nothing here trusts the file: it may not be JSON, cells may be gone, copied, retyped or stripped of their names. What is
there is graded; what was mended is told.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tito.cells import grade_id, is_graded, is_locked, is_solution, nbgrader_metadata
from tito.errors import NotebookError

if TYPE_CHECKING:
    from nbformat import NotebookNode

__all__ = [
    "MAX_BYTES",
    "NOTES_ID",
    "Assembled",
    "assemble",
    "clear_solutions",
    "read_submission",
    "without_hidden_tests",
]

MAX_BYTES = 100_000_000
"""A larger file is not opened: outputs alone make 50 MB now and then, and are dropped on reading."""

NOTES_ID = "grader-notes"
"""Cell id of the list of what was mended, on top of a graded notebook."""

_TYPES = {"code", "markdown", "raw"}
_DEFINITION = re.compile(r"^(?:async def|def|class)\s+(\w+)", re.MULTILINE)


@dataclass
class Assembled:
    """A notebook that can be graded, and what had to be mended to get there."""

    notebook: NotebookNode
    findings: list[str] = field(default_factory=list)


def read_submission(path: Path) -> NotebookNode:
    """The notebook in `path` without its outputs.

    Raises:
        NotebookError: there is no notebook in it; says what was found instead.
    """
    import nbformat

    try:
        size = path.stat().st_size
        if path.is_symlink() or not path.is_file():
            raise NotebookError(f"{path} is a link or no plain file; hand in the notebook itself (it was left alone)")
        if size > MAX_BYTES:
            raise NotebookError(
                f"{path} has {size / 1e6:.0f} MB, at most {MAX_BYTES / 1e6:.0f} MB are read; clear its outputs "
                "and submit again (it was left alone)"
            )
        found = json.loads(path.read_bytes())
    except OSError as error:
        raise NotebookError(f"{path} cannot be read: {error.strerror} (it was left alone)") from None
    except (ValueError, RecursionError) as error:
        raise NotebookError(
            f"{path} is not a notebook: {_one_line(error)}; restore the last checkpoint or fetch a fresh copy "
            "(it was left alone)"
        ) from None
    if not isinstance(found, dict) or not isinstance(found.get("cells"), list):
        raise NotebookError(
            f"{path} is not a version 4 notebook: it has no list of cells; open and save it in JupyterLab "
            "(it was left alone)"
        )
    cells = [_plain_cell(cell) for cell in found["cells"] if isinstance(cell, dict)]
    return nbformat.from_dict({"cells": cells, "metadata": {}, "nbformat": 4, "nbformat_minor": 5})


def clear_solutions(notebook: NotebookNode) -> NotebookNode:
    """The notebook with every solution region replaced by nbgrader's stub; hidden tests stay."""
    from nbgrader.preprocessors import ClearSolutions

    cleared, _ = ClearSolutions().preprocess(notebook, {})
    return cleared


def assemble(skeleton: NotebookNode, submitted: NotebookNode) -> Assembled:
    """The skeleton's named cells in its order, with the student's text in the cells that are theirs to write.

    Cells without a name in the gradebook (experiments, plots, the student's own helpers) stay behind the named cell
    that they followed.
    """
    import nbformat

    findings: list[str] = []
    named = {name: cell for cell in skeleton.cells if (name := grade_id(cell))}
    written, free = _sort(submitted.cells, named)
    _name_the_nameless(named, written, free, findings)
    cells = list(free.get(None, []))
    for name, original in named.items():
        cells.append(_restored(name, original, written.get(name, []), findings))
        cells.extend(free.get(name, []))
    _number_ids(cells)
    metadata = skeleton.metadata
    notebook = nbformat.from_dict({"cells": cells, "metadata": metadata, "nbformat": 4, "nbformat_minor": 5})
    return Assembled(notebook, findings)


def _sort(
    cells: Iterable[NotebookNode], named: dict[str, NotebookNode]
) -> tuple[dict[str, list[NotebookNode]], dict[str | None, list[NotebookNode]]]:
    """The student's versions of each named cell, and the other cells by the named cell that they follow."""
    written: dict[str, list[NotebookNode]] = {}
    free: dict[str | None, list[NotebookNode]] = {}
    last: str | None = None
    for cell in cells:
        # Editors that drop metadata keep the cell's id, which is the grade id in everything that the course releases.
        name = next((n for n in (grade_id(cell), cell["id"]) if n in named), None)
        if name is not None:
            written.setdefault(name, []).append(cell)
            last = name if len(written[name]) == 1 else last
        elif cell["id"] != NOTES_ID:
            free.setdefault(last, []).append(_unnamed(cell))
    return written, free


def _name_the_nameless(
    named: dict[str, NotebookNode],
    written: dict[str, list[NotebookNode]],
    free: dict[str | None, list[NotebookNode]],
    findings: list[str],
) -> None:
    """Find the solutions of a notebook whose cells lost both metadata and ids: by the functions that they define."""
    for name, original in named.items():
        defined = _defined(original)
        if name in written or not is_solution(original) or not defined:
            continue
        for cells in free.values():
            for cell in cells:
                if cell["cell_type"] == "code" and defined <= _defined(cell):
                    written.setdefault(name, []).append(cell)
        if name in written:
            what = ", ".join(f"`{function}`" for function in sorted(defined))
            findings.append(f"The cell `{name}` had lost its name. It was known again by {what}.")
    for key, cells in free.items():
        free[key] = [cell for cell in cells if not any(cell is taken for found in written.values() for taken in found)]


def _defined(cell: NotebookNode) -> set[str]:
    """The functions and classes that a cell defines, syntax errors or not."""
    return set(_DEFINITION.findall(cell["source"]))


def _restored(name: str, original: NotebookNode, copies: list[NotebookNode], findings: list[str]) -> NotebookNode:
    cell = original.copy()
    if not copies:
        if is_graded(original) or is_solution(original):
            findings.append(f"The cell `{name}` was missing. It was put back as released.")
        return cell
    if is_locked(original):
        if all(_changed(original, copy) for copy in copies):
            findings.append(f"The locked cell `{name}` was changed. The original was used.")
        return cell
    changed = [copy for copy in copies if copy["source"].strip() != original["source"].strip()]
    chosen = (changed or copies)[-1]
    if len(copies) > 1:
        findings.append(f"The cell `{name}` stands {len(copies)} times. The last one that you changed was graded.")
    if chosen["cell_type"] != original["cell_type"]:
        findings.append(
            f"The cell `{name}` was a {chosen['cell_type']} cell. It was graded as {original['cell_type']}."
        )
    cell["source"] = chosen["source"]
    return cell


def _changed(original: NotebookNode, copy: NotebookNode) -> bool:
    """Did a student edit this locked cell?

    Hidden tests, which a released copy never had, do not count, nor does what was corrected in the source since: a
    copy that fits the checksum that it was released with is as the student got it.
    """
    from nbgrader.utils import compute_checksum

    if _visible(original["source"]) == _visible(copy["source"]):
        return False
    try:
        return bool(compute_checksum(copy) != nbgrader_metadata(copy)["checksum"])
    except (AttributeError, KeyError, TypeError, ValueError):  # its metadata is gone or makes no sense
        return True


def without_hidden_tests(source: str) -> str:
    """A cell's text as it is released: the hidden regions taken out."""
    lines: list[str] = []
    hidden = False
    for line in source.splitlines():
        if "BEGIN HIDDEN TESTS" in line:
            hidden = True
        elif "END HIDDEN TESTS" in line:
            hidden = False
        elif not hidden:
            lines.append(line)
    return "\n".join(lines)


def _visible(source: str) -> list[str]:
    return [line.rstrip() for line in without_hidden_tests(source).splitlines() if line.strip()]


def _plain_cell(cell: dict[str, Any]) -> dict[str, Any]:
    kind = cell.get("cell_type")
    source = cell.get("source", "")
    if isinstance(source, list):
        source = "".join(part for part in source if isinstance(part, str))
    metadata = cell.get("metadata")
    identifier = cell.get("id")
    plain: dict[str, Any] = {
        "cell_type": kind if kind in _TYPES else "raw",
        "id": identifier if isinstance(identifier, str) else "",
        "metadata": metadata if isinstance(metadata, dict) else {},
        # A lone surrogate is legal in JSON, but no file can hold it.
        "source": source.encode("utf-8", "replace").decode() if isinstance(source, str) else "",
    }
    if plain["cell_type"] == "code":
        plain |= {"execution_count": None, "outputs": []}
    return plain


def _unnamed(cell: NotebookNode) -> NotebookNode:
    cell = cell.copy()
    cell["metadata"] = {}
    return cell


def _number_ids(cells: list[NotebookNode]) -> None:
    for position, cell in enumerate(cells):
        cell["id"] = grade_id(cell) or f"free-{position}"


def _one_line(error: BaseException) -> str:
    text = str(error).strip()
    return text.splitlines()[0] if text else type(error).__name__
