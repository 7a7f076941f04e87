"""`source/NN_name/NN_name.ipynb`, made from `source/NN_name.py` for nbgrader to find."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING

from tito.files import write_if_changed
from tito.modules import MODULES, Module
from tito.percent import read_source, source_path

if TYPE_CHECKING:
    from nbformat import NotebookNode

__all__ = ["authored_modules", "build", "notebook_path", "notebook_text"]


def authored_modules(root: Path) -> tuple[Module, ...]:
    """The modules that have a source file in the course folder `root`, in order."""
    return tuple(module for module in MODULES if source_path(root, module.label).is_file())


def notebook_path(root: Path, module: Module) -> Path:
    return root / "source" / module.label / f"{module.label}.ipynb"


def notebook_text(notebook: NotebookNode) -> str:
    """The notebook as a file's text, the same for the same notebook."""
    import nbformat

    text: str = nbformat.writes(notebook)
    return text.rstrip("\n") + "\n"


def build(root: Path, modules: Iterable[Module] | None = None) -> list[Path]:
    """Write every module's notebook, or those of `modules`; gives the files that changed.

    Running it twice changes nothing more.

    Raises:
        SourceError: a source file cannot be read; the notebooks before it are written.
    """
    return [
        path
        for module in (authored_modules(root) if modules is None else modules)
        if write_if_changed(
            path := notebook_path(root, module), notebook_text(read_source(source_path(root, module.label)))
        )
    ]
