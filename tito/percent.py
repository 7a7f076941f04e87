"""Authored notebooks: percent-format Python files, read into notebooks with stable cell ids."""

from __future__ import annotations

import hashlib
import re
from pathlib import Path
from typing import TYPE_CHECKING

from tito.cells import grade_id
from tito.errors import SourceError

if TYPE_CHECKING:
    from nbformat import NotebookNode

__all__ = ["HEADER", "normalised", "read_source", "source_path"]

HEADER = """\
# ---
# jupyter:
#   jupytext:
#     text_representation:
#       extension: .py
#       format_name: percent
#   kernelspec:
#     display_name: Python 3
#     language: python
#     name: python3
# ---
"""
"""The only header a source file has: a version in it would change with whoever saved the file last."""

_HEADER = re.compile(r"\A# ---\n(?:#.*\n)*?# ---\n")
_CELL_ID = re.compile(r"[A-Za-z0-9_-]{1,64}")


def source_path(root: Path, label: str) -> Path:
    """Where the module called `label` is written: `source/02_tensor.py`."""
    return root / "source" / f"{label}.py"


def read_source(path: Path) -> NotebookNode:
    """The notebook in a percent-format file, the same bytes in, the same notebook out.

    Cell ids are the grade ids, or a hash of the text where a cell has none.

    Raises:
        SourceError: the file cannot be read, or a cell's metadata is not what nbgrader expects.
    """
    import nbformat

    cells = _parse(path).cells
    taken: set[str] = set()
    for cell in cells:
        cell["metadata"].pop("lines_to_next_cell", None)
        cell["id"] = _cell_id(cell, taken, path)
    metadata = {
        "kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"},
        "language_info": {"name": "python"},
    }
    return nbformat.from_dict({"cells": cells, "metadata": metadata, "nbformat": 4, "nbformat_minor": 5})


def normalised(path: Path) -> str:
    """The file's text with our header and jupytext's spacing: what `make format` writes."""
    import jupytext

    text: str = jupytext.writes(_parse(path), fmt="py:percent")
    return HEADER + _HEADER.sub("", text)


def _parse(path: Path) -> NotebookNode:
    import jupytext

    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        raise SourceError(f"{path} cannot be read: {reason} (nothing was written)") from None
    try:
        return jupytext.reads(text, fmt="py:percent")
    except Exception as error:  # jupytext raises whatever its YAML and JSON readers raise
        reason = str(error).splitlines()[0] if str(error) else type(error).__name__
        raise SourceError(f"{path} is not a percent-format notebook: {reason} (nothing was written)") from None


def _cell_id(cell: NotebookNode, taken: set[str], path: Path) -> str:
    name = grade_id(cell)
    if name is not None:
        if not _CELL_ID.fullmatch(name) or name in taken:
            raise SourceError(f"{path}: grade_id {name!r} must be unique and of letters, digits, - and _")
        taken.add(name)
        return name
    digest = hashlib.sha256(f"{cell['cell_type']}\n{cell['source']}".encode()).hexdigest()[:12]
    name, copies = digest, 1
    while name in taken:  # the same text twice in one notebook
        copies += 1
        name = f"{digest}-{copies}"
    taken.add(name)
    return name
