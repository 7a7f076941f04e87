"""When a student must submit, from course.toml as it is now: an extension counts without a restart."""

from __future__ import annotations

import logging
from datetime import datetime
from pathlib import Path

from tito.course import COURSE_FILE, Course
from tito.errors import CourseFileError, UnknownModuleError
from tito.modules import find_module

__all__ = ["Deadlines"]


class Deadlines:
    """Reads the course's file again when it changed; one that cannot be used leaves the last good one in force."""

    def __init__(self, folder: Path, log: logging.Logger) -> None:
        self.path, self.log = folder / COURSE_FILE, log
        self.course = Course.load(folder)
        self._read = self._state()

    def due(self, assignment: str, student: str) -> datetime | None:
        """In UTC; None where nothing is ever late."""
        self._refresh()
        try:
            return self.course.due(find_module(assignment), student)
        except UnknownModuleError:
            return None

    def _refresh(self) -> None:
        state = self._state()
        if state == self._read:
            return
        self._read = state
        try:
            self.course = Course.load(self.path.parent)
            self.log.info("course file read again")
        except CourseFileError as error:
            self.log.error("course file not usable, the last good one stays in force", extra={"reason": str(error)})

    def _state(self) -> tuple[int, int] | None:
        try:
            found = self.path.stat()
        except OSError:
            return None
        return found.st_mtime_ns, found.st_size
