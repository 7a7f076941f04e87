"""Running a submission: with the student's own earlier modules first, with the reference's where those are at fault."""

from __future__ import annotations

import copy
import os
from collections.abc import Mapping
from contextlib import AbstractContextManager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tito.cells import is_graded
from tito.course import Course
from tito.library import ModuleBuild, build_student
from tito.library.build import PACKAGE
from tito.modules import Module, find_module, modules_below
from tito.nbgrader_plugins.kernels import SturdyExecute
from tito.nbgrader_plugins.skeleton import course_skeleton

if TYPE_CHECKING:
    from nbformat import NotebookNode

__all__ = ["ExecuteFairly"]

_KEPT = ("PATH", "LANG", "LC_ALL", "TZ", "TMPDIR", "NBGRADER_EXECUTION")
"""What a kernel inherits from the grader: no secret, no path to somebody else's library."""


class ExecuteFairly(SturdyExecute):
    """nbgrader's Execute with three differences.

    The kernel imports the library that the student's own submissions make. A graded cell that fails with it is tried
    again with the reference library, and keeps the points if it passes there: nobody pays twice for one mistake. And a
    graded cell is judged by what it raises alone: a warning on stderr or a bare last value changes no score.
    """

    _library: Path

    def preprocess(self, nb: NotebookNode, resources: dict[str, Any], km: Any = None) -> Any:  # noqa: ARG002
        course = Course.find()
        module = find_module(resources["nbgrader"]["assignment"])
        own, builds = self._own_library(course, module, resources["nbgrader"]["student"])
        second = copy.deepcopy(nb)
        nb, resources = self._run(nb, resources, own)
        failed = [cell for cell in nb.cells if is_graded(cell) and _has_error(cell)]
        if failed and modules_below(module.number) and _uses_library(second):
            second, _ = self._run(second, dict(resources), course.root)
            _credit(failed, second, builds, self.log)
        return nb, resources

    def setup_kernel(self, **kwargs: Any) -> AbstractContextManager[Any]:
        environment = {name: os.environ[name] for name in _KEPT if name in os.environ}
        environment |= {"PYTHONPATH": str(self._library), "HOME": str(self._library), "MPLBACKEND": "agg"}
        environment["PYTHONSAFEPATH"] = "1"  # while it starts, the kernel would import a pkgutil.py beside the notebook
        found: AbstractContextManager[Any] = super().setup_kernel(env=environment, **kwargs)
        return found

    def _run(self, nb: NotebookNode, resources: dict[str, Any], library: Path) -> Any:
        self._library = library
        nb, resources = super().preprocess(nb, resources)
        for cell in filter(is_graded, nb.cells):
            cell["outputs"] = _verdict(cell["outputs"])
        return nb, resources

    def _own_library(self, course: Course, module: Module, student: str) -> tuple[Path, list[ModuleBuild]]:
        folder = course.root / "libraries" / student
        notebooks = {
            earlier: path
            for earlier in modules_below(module.number)
            if (path := course.root / "submitted" / student / earlier.label / f"{earlier.label}.ipynb").exists()
        }
        builds = build_student(folder, notebooks, lambda earlier: course_skeleton(course, earlier.label))
        for build in builds:
            if build.message:
                self.log.warning("Library of %s, %s: %s", student, build.module, build.message)
        return folder, builds


def _verdict(outputs: list[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    """What nbgrader may turn into points: what was printed, and one error if there was any."""
    printed = [output for output in outputs if output["output_type"] == "stream" and output["name"] == "stdout"]
    errors = [output for output in outputs if output["output_type"] == "error"]
    return printed + errors[:1]


def _uses_library(nb: NotebookNode) -> bool:
    """Can another library change a result? Not if no cell names it."""
    return any(PACKAGE in cell["source"] for cell in nb.cells if cell["cell_type"] == "code")


def _has_error(cell: Mapping[str, Any]) -> bool:
    return any(output["output_type"] == "error" for output in cell["outputs"])


def _credit(failed: list[NotebookNode], second: NotebookNode, builds: list[ModuleBuild], log: Any) -> None:
    """Give the cells that passed with the reference library their points, and say so where the student reads it."""
    from nbformat.v4 import new_output

    passed = {cell["id"]: cell for cell in second.cells if is_graded(cell) and not _has_error(cell)}
    missing = [build.module for build in builds if build.state == "missing"]
    cause = f" ({', '.join(missing)} could not be built)" if missing else ""
    for cell in failed:
        if cell["id"] in passed:
            note = (
                f"This test failed with your own earlier modules{cause} and passes with the reference's: "
                "the points are yours. Mend the earlier module, it is what the next one stands on.\n"
            )
            cell["outputs"] = [*passed[cell["id"]]["outputs"], new_output("stream", name="stdout", text=note)]
            log.warning("Cell %s passed with the reference library only", cell["id"])
