"""Submitting also brings the student's own library up to date, so that the next notebook can import it."""

from __future__ import annotations

import os
from pathlib import Path

from nbgrader.exchange.default import ExchangeSubmit

from tito.errors import TitoError
from tito.library import build_student
from tito.modules import find_module
from tito.submission import read_submission

__all__ = ["SubmitAndExport"]


class SubmitAndExport(ExchangeSubmit):
    """nbgrader's submit, then an export of the submitted notebook into the folder named by TINYTORCH_LIBRARY."""

    def copy_files(self) -> None:
        super().copy_files()
        folder = os.environ.get("TINYTORCH_LIBRARY")
        if folder:
            self._export(Path(folder))

    def _export(self, folder: Path) -> None:
        name = f"{self.coursedir.assignment_id}.ipynb"
        try:
            module = find_module(self.coursedir.assignment_id)
            skeleton = read_submission(Path(self.release_path) / name)
            builds = build_student(folder, {module: Path(self.src_path) / name}, lambda _: skeleton)
        except TitoError as error:  # the submission itself is in: say what is wrong with the library and go on
            self.log.warning("Submitted, but your library was not updated: %s", error)
            return
        for build in builds:
            self.log.info("Your library: %s %s %s", build.module, build.state, build.message)
