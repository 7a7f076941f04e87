"""The course tools' exceptions: one small tree, so that the command line catches one class.

An expected failure says, on one line, what the offending value was, what to do about it and what was kept.
Anything that is not a `TitoError` is a bug and keeps its traceback.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Self

__all__ = [
    "BackupError",
    "BrokerError",
    "CourseFileError",
    "DataError",
    "HandInError",
    "LockedError",
    "NotebookError",
    "RosterError",
    "ScheduleError",
    "SourceError",
    "TitoError",
    "ToolError",
    "UnknownModuleError",
]


class TitoError(Exception):
    """An expected failure. `str(error)` is the one line shown; `exit_code` is the process's exit status."""

    exit_code = 1


class UnknownModuleError(TitoError):
    """A name that stands for no module of the course."""

    exit_code = 2


class CourseFileError(TitoError):
    """course.toml is missing, cannot be read or holds a value that makes no sense."""

    exit_code = 3


class RosterError(CourseFileError):
    """A roster has a line that cannot be used. `problems` holds one line for each."""

    problems: tuple[str, ...] = ()

    @classmethod
    def of(cls, path: Path, problems: Sequence[str]) -> Self:
        """The error for a file's `problems`; as one line it tells the first and counts the others."""
        more = f" (and {len(problems) - 1} more)" if len(problems) > 1 else ""
        error = cls(f"{path}: {problems[0]}{more} (nothing was changed)")
        error.problems = tuple(problems)
        return error


class SourceError(TitoError):
    """An authored notebook (source/NN_name.py) breaks a rule that the tools rely on."""

    exit_code = 4


class NotebookError(TitoError):
    """A notebook file that somebody handed in cannot be read or used."""

    exit_code = 5


class ToolError(TitoError):
    """A program that the tools call (nbgrader, a kernel, JupyterHub) failed."""

    exit_code = 6


class LockedError(TitoError):
    """A milestone whose modules are not all done yet."""

    exit_code = 7


class DataError(TitoError):
    """A data set cannot be had, or what is there is not that data set."""

    exit_code = 8


class BrokerError(TitoError):
    """The grading farm cannot be used: its broker does not answer, or somebody else grades the same now."""

    exit_code = 9


class HandInError(TitoError):
    """The exchange refused something or cannot be reached, or a receipt does not hold."""

    exit_code = 10


class ScheduleError(TitoError):
    """A module cannot be released, held or shifted as asked."""

    exit_code = 20


class BackupError(TitoError):
    """A backup cannot be made, read or put back."""

    exit_code = 21
