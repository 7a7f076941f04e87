"""Who may import whom."""

from __future__ import annotations

import ast
import sys
from collections.abc import Iterator
from pathlib import Path

from tito.cells import is_exported
from tito.modules import MODULES, Module
from tito.notebooks import authored_modules
from tito.percent import read_source, source_path

__all__ = ["forbidden_imports", "imported_names"]

_LIBRARY = "tinytorch_lib"


def forbidden_imports(root: Path) -> list[str]:
    """Imports that break the layering, a line each: notebooks downwards only, tools never the library."""
    problems: list[str] = []
    for module in authored_modules(root):
        path = source_path(root, module.label)
        for cell in read_source(path).cells:
            if cell["cell_type"] == "code":
                names = _names(cell["source"], str(path))
                problems += [f"{path}: {why}" for why in _notebook_imports(module, names, is_exported(cell))]
    for package, forbidden in (("tito", {_LIBRARY, "hub"}), ("hub", {_LIBRARY})):
        for path in sorted((root / package).rglob("*.py")):
            names = _names(path.read_text(encoding="utf-8"), str(path))
            found = sorted({name.partition(".")[0] for name in names} & forbidden)
            problems += [f"{path}: {package} must not import {name}" for name in found]
    return problems


def imported_names(tree: ast.AST) -> Iterator[str]:
    """The dotted names that a piece of code imports; `from a.b import c` gives `a.b`."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            yield node.module


def _names(source: str, where: str) -> list[str]:
    try:
        return list(imported_names(ast.parse(source)))
    except SyntaxError as error:
        return [f"<{where} line {error.lineno} is not Python>"]


def _notebook_imports(module: Module, names: list[str], exported: bool) -> Iterator[str]:
    below = {f"{_LIBRARY}.{other.library_path}" for other in MODULES if other.number < module.number}
    for name in names:
        top = name.partition(".")[0]
        if top == _LIBRARY:
            if name not in below:
                yield f"imports {name}, which is no module below {module.number:02d}"
        elif top == "matplotlib":
            if exported:
                yield "an exported cell imports matplotlib: the library needs numpy alone"
        elif top != "numpy" and top not in sys.stdlib_module_names:
            yield f"imports {name}; notebooks use the standard library, numpy and earlier modules"
