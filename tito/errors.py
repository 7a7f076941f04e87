"""The course tools' exceptions: one small tree, so that the command line catches one class.

An expected failure says, on one line, what the offending value was, what to do about it and what was kept.
Anything that is not a `TitoError` is a bug and keeps its traceback.
"""

from __future__ import annotations

__all__ = [
    "CourseFileError",
    "DataError",
    "HandInError",
    "LockedError",
    "NotebookError",
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


class HandInError(TitoError):
    """The exchange refused something or cannot be reached, or a receipt does not hold."""

    exit_code = 9
