"""Writing a library folder: the course's reference, or one student's with the last good version of each module."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from importlib.util import cache_from_source
from pathlib import Path
from typing import TYPE_CHECKING

from tito.errors import NotebookError, ToolError
from tito.files import locked, write_if_changed
from tito.library.render import ExportError, module_text, package_text, public_names
from tito.modules import MODULES, Module
from tito.notebooks import authored_modules
from tito.percent import read_source, source_path
from tito.submission import assemble, read_submission

if TYPE_CHECKING:
    from nbformat import NotebookNode

__all__ = [
    "PACKAGE",
    "RECORD",
    "ModuleBuild",
    "build_reference",
    "build_student",
    "library_files",
    "reference_files",
    "reference_text",
]

PACKAGE = "tinytorch_lib"
RECORD = "library.json"
"""Beside the package: what became of each module at its last build."""

_SUBPACKAGES = {"core": "The framework itself.", "perf": "Making it fast and small."}


@dataclass(frozen=True)
class ModuleBuild:
    """What became of one module of a student's library."""

    module: str
    state: str
    """`built`, `kept` (the last good version stays) or `missing` (there is none yet)."""
    message: str = ""
    """Which cell could not be used and why; empty when all is well."""


def reference_files(root: Path) -> dict[Path, str]:
    """Every file of the reference library, relative to the course folder `root`, with its text.

    Raises:
        SourceError: a source file cannot be read.
        ExportError: an exported cell is not Python.
    """
    texts = {module: text for module in authored_modules(root) if (text := reference_text(root, module)) is not None}
    return {Path(PACKAGE, name): text for name, text in library_files(texts).items()}


def reference_text(root: Path, module: Module) -> str | None:
    """The text of one module of the reference library, from its source in the course folder `root`.

    Raises:
        SourceError: the source file cannot be read.
        ExportError: an exported cell is not Python.
    """
    notebook = read_source(source_path(root, module.label))
    return module_text(module, notebook.cells, f"source/{module.label}.py by `tito lib`")


def build_reference(root: Path) -> list[Path]:
    """Write the reference library into `root`; gives the files that changed, removed ones included. Two take turns."""
    (root / PACKAGE).mkdir(exist_ok=True)
    with locked(root / PACKAGE):
        files = reference_files(root)
        changed = [path for path, text in files.items() if write_if_changed(root / path, text)]
        for found in sorted((root / PACKAGE).rglob("*.py")):
            if found.relative_to(root) not in files:
                found.unlink()
                changed.append(found.relative_to(root))
    return changed


def build_student(
    folder: Path,
    notebooks: Mapping[Module, Path],
    skeleton: Callable[[Module], NotebookNode | None],
) -> list[ModuleBuild]:
    """Bring a student's library in `folder` up to date with the notebooks that they handed in.

    Student code is only read. A module that cannot be built keeps its last good version. `skeleton` gives a module's
    notebook as the course wrote it, solutions cleared: locked cells come from there, however the student's file looks.
    With None for it the student's file is taken as it is. Two processes that build one library take turns.

    Raises:
        ToolError: the folder cannot be written.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise ToolError(f"{folder} cannot be made: {error.strerror} (nothing was built)") from None
    with locked(folder):
        return _build_all(folder, notebooks, skeleton)


def _build_all(
    folder: Path, notebooks: Mapping[Module, Path], skeleton: Callable[[Module], NotebookNode | None]
) -> list[ModuleBuild]:
    builds = [_build_module(folder, module, path, skeleton(module)) for module, path in sorted(notebooks.items())]
    texts = {
        module: path.read_text(encoding="utf-8")
        for module in MODULES
        if (path := folder / PACKAGE / module.library_file).is_file()
    }
    for name, text in library_files(texts).items():
        write_if_changed(folder / PACKAGE / name, text)
    record = {build.module: asdict(build) for build in (*read_record(folder), *builds)}
    write_if_changed(folder / RECORD, json.dumps(record, indent=1, sort_keys=True) + "\n")
    return builds


def read_record(folder: Path) -> list[ModuleBuild]:
    """What became of each module at its last build, empty for a library never built."""
    try:
        found = json.loads((folder / RECORD).read_text(encoding="utf-8"))
        return [ModuleBuild(**value) for value in found.values()]
    except (OSError, ValueError, TypeError, AttributeError):
        return []  # a lost record costs nothing: the next build writes it again


def _build_module(folder: Path, module: Module, path: Path, skeleton: NotebookNode | None) -> ModuleBuild:
    target = folder / PACKAGE / module.library_file
    try:
        notebook = read_submission(path)
        if skeleton is not None:
            notebook = assemble(skeleton, notebook).notebook
        text = module_text(module, notebook["cells"], f"{module.label}.ipynb")
    except (NotebookError, ExportError) as error:
        reason = str(error)
    else:
        if text is not None:
            _write_module(target, text)
            return ModuleBuild(module.label, "built")
        reason = "the notebook has no exported cell"
    if target.is_file():
        return ModuleBuild(module.label, "kept", f"{reason}; your library keeps the last version that worked")
    return ModuleBuild(module.label, "missing", f"{reason}; your library has no {module.name} yet")


def _write_module(path: Path, text: str) -> None:
    if write_if_changed(path, text):
        # Python takes byte code for fresh when second and size of the source agree: an edit of one digit may not show.
        Path(cache_from_source(str(path))).unlink(missing_ok=True)


def library_files(texts: Mapping[Module, str]) -> dict[str, str]:
    """All files of a library that holds these modules, by their path in the package."""
    files = {"__init__.py": package_text({module: public_names(text) for module, text in texts.items()})}
    for name, title in _SUBPACKAGES.items():
        files[f"{name}/__init__.py"] = f'"""{title} Generated by the course tools: edits here are lost."""\n'
    return files | {str(module.library_file): text for module, text in texts.items()}
