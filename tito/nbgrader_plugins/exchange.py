"""Submitting also brings the student's own library up to date, so that the next notebook can import it."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

from nbgrader.exchange.default import ExchangeSubmit

from tito.errors import TitoError
from tito.library import build_student
from tito.modules import find_module
from tito.submission import read_submission

__all__ = ["SubmitAndExport", "export_library"]


class SubmitAndExport(ExchangeSubmit):
    """nbgrader's submit, then an export of the submitted notebook into the folder named by TINYTORCH_LIBRARY."""

    def copy_files(self) -> None:
        super().copy_files()
        export_library(self.coursedir.assignment_id, Path(self.src_path), Path(self.release_path), self.log)


def export_library(assignment: str, submitted: Path, released: Path, log: Any) -> None:
    """Export `assignment` from the folder `submitted` into the library named by TINYTORCH_LIBRARY, if that is set.

    Locked cells come from the notebook in the folder `released`. What goes wrong is told in `log`: the submission
    itself is in already.
    """
    folder = os.environ.get("TINYTORCH_LIBRARY")
    if not folder:
        return
    name = f"{assignment}.ipynb"
    try:
        module = find_module(assignment)
        skeleton = read_submission(released / name)
        builds = build_student(Path(folder), {module: submitted / name}, lambda _: skeleton)
    except TitoError as error:
        log.warning("Submitted, but your library was not updated: %s", error)
        return
    for build in builds:
        log.info("Your library: %s %s %s", build.module, build.state, build.message)
