"""The tests that a student can see, run on what they handed in: results at once, never a grade.

Hidden tests are taken out before anything else is done. What is not in the job cannot get into its result.
"""

from __future__ import annotations

import copy
from collections.abc import Collection
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

from tito.course import Course
from tito.errors import NotebookError
from tito.grading.batch import Prepared
from tito.grading.prepare import prepare_job
from tito.modules import Module
from tito.percent import read_source, source_path
from tito.submission import assemble, clear_solutions, read_submission, without_hidden_tests

if TYPE_CHECKING:
    from nbformat import NotebookNode

__all__ = ["prepare_visible"]


def prepare_visible(course: Course, module: Module, student: str, lent: Collection[Module]) -> Prepared:
    """Read the notebook `submitted/<student>/<module>` of a course folder and make the job of its visible tests.

    The folder needs `source/` and what the student handed in; neither gradebook nor grades are looked at. Only the
    `lent` earlier modules may be the reference's: a student's code can read what it imports and print it, and the
    others still have to be handed in.

    Raises:
        TitoError: there is no notebook, or nothing in it can be run.
    """
    path = course.root / "submitted" / student / module.label / f"{module.label}.ipynb"
    if not path.exists():
        raise NotebookError(f"no {path.name} was handed in; name the notebook as it was fetched and submit again")
    assembled = assemble(_skeleton(course, module), read_submission(path))
    job = prepare_job(course, module, student, assembled.notebook, assembled.findings, lent)
    return Prepared(job, assembled.notebook)


def _skeleton(course: Course, module: Module) -> NotebookNode:
    """The notebook as the course wrote it, without solutions and hidden tests."""
    path = source_path(course.root, module.label)
    return copy.deepcopy(_visible(path, path.stat().st_mtime_ns if path.is_file() else 0))


@lru_cache(maxsize=32)
def _visible(path: Path, _version: int) -> NotebookNode:
    notebook = clear_solutions(read_source(path))
    for cell in notebook.cells:
        cell["source"] = without_hidden_tests(cell["source"])
    return notebook
