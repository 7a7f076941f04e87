"""What nbgrader must not touch: looked for before it copies a submission's files or writes a row for it."""

from __future__ import annotations

import os
import stat
from pathlib import Path
from typing import Any

from tito.course import Course
from tito.errors import NotebookError, TitoError
from tito.modules import find_module
from tito.nbgrader_plugins.skeleton import check_generated
from tito.submission import read_submission

__all__ = ["check_submission", "drop_extras", "guard", "is_odd", "odd_files"]

_OURS = {"timestamp.txt", "submission_secret.txt"}
"""What nbgrader's exchange puts beside a submitted notebook. It copies no other notebook."""


def guard(converter: Any) -> None:
    """Make nbgrader's Autograde look at each submission before it does anything with it.

    nbgrader has no hook here: the first of its own steps follows links and copies what they point to, and a
    submission that turns out to be unreadable later leaves a row in the gradebook with a score of 0. So that step is
    wrapped, on this one converter; what raises inside it is logged and counted by nbgrader, which goes on with the
    next student.
    """
    init_assignment = converter.init_assignment

    def checked(assignment_id: str, student_id: str) -> None:
        coursedir = converter.coursedir
        folder = coursedir.format_path(coursedir.submitted_directory, student_id, assignment_id)
        try:
            label = find_module(assignment_id).label
            check_submission(Path(folder), label)
            check_generated(Course.find(Path(coursedir.root)), label, coursedir.db_url)
        except TitoError as error:
            converter.log.error("%s", error)
            raise
        init_assignment(assignment_id, student_id)
        drop_extras(
            Path(coursedir.format_path(coursedir.autograded_directory, student_id, assignment_id)),
            Path(coursedir.format_path(coursedir.source_directory, ".", assignment_id)),
        )

    converter.init_assignment = checked


def check_submission(folder: Path, label: str) -> None:
    """Can the submission in `folder` be graded as the module `label`?

    Raises:
        NotebookError: there is a link or a device in it, its notebook is missing or cannot be read.
    """
    odd = odd_files(folder)
    if odd:
        more = f" and {len(odd) - 1} more" if len(odd) > 1 else ""
        raise NotebookError(
            f"{_shown(odd[0])}{more}: links and devices are not followed; take them out of the submission and grade it "
            "again (it was left alone)"
        )
    path = folder / f"{label}.ipynb"
    if not path.exists():
        there = ", ".join(sorted(repr(found.name) for found in folder.iterdir())[:5]) or "nothing"
        raise NotebookError(
            f"{_shown(folder)} has no {path.name}, but {there}; name the notebook as it was fetched and submit "
            "again (it was left alone)"
        )
    read_submission(path)


def drop_extras(graded: Path, source: Path) -> None:
    """Remove from `graded` what a student handed in beside the notebook; what the course gives out in `source` stays.

    The formgrader serves every file there under its own address: a page among them would run with the grader's rights.
    And nbgrader copies them on, to where it takes all HTML for feedback. The submission itself keeps them.
    """
    for path in sorted(graded.rglob("*"), reverse=True):  # a folder comes after what is in it
        relative = path.relative_to(graded)
        if path.is_dir():
            if not any(path.iterdir()):
                path.rmdir()
        elif path.suffix != ".ipynb" and str(relative) not in _OURS and not (source / relative).is_file():
            path.unlink()


def odd_files(folder: Path) -> list[Path]:
    """Everything in `folder`, itself included, that is neither a plain file nor a folder: links, pipes, devices."""
    if is_odd(folder):
        return [folder]
    return [
        path
        for name, folders, files in os.walk(folder)
        for path in (Path(name, entry) for entry in sorted(folders + files))
        if is_odd(path)
    ]


def is_odd(path: Path) -> bool:
    """Is `path` a link, a pipe or a device?"""
    mode = path.lstat().st_mode
    return not (stat.S_ISREG(mode) or stat.S_ISDIR(mode))


def _shown(path: Path) -> str:
    """The path on one line, whatever its name is made of."""
    text = str(path)
    return text if text.isprintable() else repr(text)
