"""A class under Docker reads copies of course.toml and the roster: as they were at the last `make up`."""

from __future__ import annotations

import os
from pathlib import Path

from tito.course import COURSE_FILE, Course
from tito.errors import ToolError
from tito.roster import ROSTER_FILE

__all__ = ["COPIES", "has_class", "refuse_copy", "to_hand_over"]

COPIES = Path("var", "docker", "course")
"""Where `make up` lays them out, from the folder of course.toml."""


def has_class(course: Course) -> bool:
    """Was `make up` run in this folder? Not so for the course folder of `make serve`, which links to the files."""
    return not (course.root / COURSE_FILE).is_symlink() and (course.root / COPIES).is_dir()


def to_hand_over(course: Course) -> str:
    """What is still to be done so that the class has what stands here; empty where there is none or it has it."""
    if not has_class(course):
        return ""
    names = (COURSE_FILE, ROSTER_FILE)
    if all(_text(course.root / name) == _text(course.root / COPIES / name) for name in names):
        return ""
    return "The class under Docker has what stood here before: run `make up` again. Everybody's servers run on."


def refuse_copy(course: Course) -> None:
    """Turn away who wants to change course.toml or the roster where they are such copies.

    Raises:
        ToolError: they cannot be written.
    """
    folder = (course.root / COURSE_FILE).resolve().parent
    if not os.access(folder, os.W_OK):
        raise ToolError(
            f"{COURSE_FILE} and the roster cannot be changed here, only where `make up` is run; run it again there "
            "afterwards (nothing was changed)"
        )


def _text(path: Path) -> bytes | None:
    return path.read_bytes() if path.is_file() else None
