"""Where a command runs and what it was asked about."""

from __future__ import annotations

import os
from pathlib import Path

from rich.console import Console

from tito.course import COURSE_FILE, Course
from tito.errors import RosterError, UnknownModuleError
from tito.modules import Module, find_module

__all__ = ["console", "in_course", "library_folder", "one_module", "section_students", "student_notebook"]

console = Console(highlight=False)


def one_module(text: str | None) -> Module:
    """The module that the user named.

    Raises:
        UnknownModuleError: none was named, or none has that name.
    """
    if text is None:
        raise UnknownModuleError("which module? Say 02, tensor or 02_tensor (nothing was changed)")
    return find_module(text)


def section_students(course: Course, section: str | None) -> tuple[str, ...]:
    """The students of a section; everybody without one.

    Raises:
        RosterError: no section has that name.
    """
    if section is None:
        return course.students
    if section not in course.sections:
        known = ", ".join(course.sections) or "none; `tito roster import` gives them"
        raise RosterError(f"no section is called {section!r}; there are {known} (nothing was changed)")
    return course.sections[section]


def in_course() -> Course | None:
    """The course folder around the working folder; None in a student's home."""
    here = Path.cwd()
    if os.environ.get("TINYTORCH_COURSE") or any((folder / COURSE_FILE).is_file() for folder in (here, *here.parents)):
        return Course.find()
    return None


def library_folder() -> Path:
    """The folder that holds this student's tinytorch_lib: TINYTORCH_LIBRARY, or the working folder."""
    return Path(os.environ.get("TINYTORCH_LIBRARY") or Path.cwd())


def student_notebook(module: Module) -> Path:
    """Where a student works on `module`: in a folder of its name, from the home folder or from inside it."""
    name = f"{module.label}.ipynb"
    inside = Path.cwd() / name
    return inside if inside.is_file() else Path.cwd() / module.label / name
