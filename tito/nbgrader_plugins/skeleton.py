"""The notebook that submissions are put back into: the course's own, solutions out, hidden tests in."""

from __future__ import annotations

import copy
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

from nbgrader.api import Gradebook, MissingEntry

from tito.cells import grade_id
from tito.course import Course
from tito.errors import SourceError
from tito.percent import read_source, source_path
from tito.submission import clear_solutions

if TYPE_CHECKING:
    from nbformat import NotebookNode

__all__ = ["check_generated", "course_skeleton"]


def course_skeleton(course: Course, label: str) -> NotebookNode:
    """The notebook of the module `label` as the course wrote it: hidden tests in, solutions out.

    Raises:
        SourceError: the source cannot be read.
    """
    path = source_path(course.root, label)
    try:
        version = path.stat().st_mtime_ns
    except OSError:
        version = 0  # reading it says what is wrong
    return copy.deepcopy(_skeleton(path, version))


def check_generated(course: Course, label: str, db_url: str) -> None:
    """Does the course's gradebook at `db_url` know the cells that the source of `label` has now, and no others?

    Somebody may have added or removed one after the assignment was generated; grading would then fail in an obscure
    place. nbgrader itself does not generate again with other cells once there are submissions in the gradebook.

    Raises:
        SourceError: they differ.
    """
    skeleton = course_skeleton(course, label)
    try:
        with Gradebook(db_url, course.id) as book:
            known = {cell.name for cell in book.find_notebook(label, label).source_cells}
    except MissingEntry:
        return  # never generated: nbgrader says so itself
    changed = sorted(known ^ {name for cell in skeleton.cells if (name := grade_id(cell))})
    if changed:
        raise SourceError(
            f"source/{label}.py has other cells than when it was generated ({', '.join(changed)}); take that back, or "
            f"run `tito release {label}` if nobody's is graded yet (the submission was left alone)"
        )


@lru_cache(maxsize=32)  # a class is graded against the same few sources, and reading one takes a third of a second
def _skeleton(path: Path, _version: int) -> NotebookNode:
    return clear_solutions(read_source(path))
