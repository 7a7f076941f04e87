"""A class under Docker reads copies of course.toml and the roster, as `make up` hands them over.

Instructors change dates in the class's copy, in the browser. `tito.hand_over` takes that into the checkout's file,
which stays the administrator's.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

from tito.course import COURSE_FILE, Course
from tito.errors import ToolError
from tito.roster import ROSTER_FILE

__all__ = ["COPIES", "RECORD", "Handed", "has_class", "is_copy", "refuse_copy"]

COPIES = Path("var", "docker", "course")
"""Where `make up` lays them out, from the folder of course.toml."""

RECORD = "handed-over.toml"
"""Beside that folder, out of the containers' sight: course.toml as checkout and class last agreed on it."""


@dataclass(frozen=True)
class Handed:
    """The two files that say what happened to course.toml since `make up` handed it over."""

    folder: Path
    """The class's copies."""
    record: Path

    @classmethod
    def of(cls, course: Course) -> Handed:
        """Where they are, unless `make up` was told other places."""
        folder = course.root / COPIES
        return cls(folder, folder.with_name(RECORD))

    @property
    def copy(self) -> Path:
        return self.folder / COURSE_FILE

    def changed(self) -> bool:
        """Did somebody change the class's copy? Not known without a record, as before the first hand-over."""
        return self.record.is_file() and self.copy.is_file() and self.copy.read_bytes() != self.record.read_bytes()

    def agrees(self, course: Course) -> bool:
        """Whether the class has what stands in the checkout."""
        copies = {name: self.folder / name for name in (COURSE_FILE, ROSTER_FILE)}
        return all(_text(course.root / name) == _text(copy) for name, copy in copies.items())


def has_class(course: Course) -> bool:
    """Was `make up` run in this folder? Not so for the course folder of `make serve`, which links to the files."""
    return not (course.root / COURSE_FILE).is_symlink() and os.path.isdir(course.root / COPIES)  # noqa: PTH112 - root's folder is no error


def is_copy(course: Course) -> bool:
    """Is what stands here a class's copy that cannot be written?"""
    return not os.access((course.root / COURSE_FILE).resolve().parent, os.W_OK)


def refuse_copy(course: Course) -> None:
    """Turn away who wants to change course.toml or the roster where they are such copies.

    Raises:
        ToolError: they cannot be written.
    """
    if is_copy(course):
        raise ToolError(
            f"{COURSE_FILE} and the roster cannot be changed here, only where the class was set up: where `make up` is "
            "run, again afterwards, or on Kubernetes in the ConfigMap (nothing was changed)"
        )


def _text(path: Path) -> bytes | None:
    return path.read_bytes() if path.is_file() else None
