"""Does a name in the library mean one thing, whichever modules are built? `from tinytorch_lib import x` needs it."""

from __future__ import annotations

from pathlib import Path

from tito.library import module_text, public_names
from tito.modules import Module
from tito.notebooks import authored_modules
from tito.percent import read_source, source_path

__all__ = ["clashing_names"]


def clashing_names(root: Path) -> list[str]:
    """Names that two modules define, a line each."""
    first: dict[str, Module] = {}
    problems: list[str] = []
    for module in authored_modules(root):
        path = source_path(root, module.label)
        for name in public_names(module_text(module, read_source(path).cells, path.name) or ""):
            if name in first:
                problems.append(f"{path}: exports {name!r}, which {first[name].label} exports already; rename one")
            first.setdefault(name, module)
    return problems
