"""Verbs for authors and instructors: notebooks, lib, release, format, check."""

from __future__ import annotations

from pathlib import Path

import typer
from rich.progress import track

from tito import gradebook
from tito.commands.context import console
from tito.course import Course
from tito.errors import SourceError
from tito.files import locked, write_if_changed
from tito.modules import Module, find_module
from tito.notebooks import authored_modules, build
from tito.percent import normalised, source_path

__all__ = ["check", "format_sources", "lib", "notebooks", "release"]


def notebooks() -> None:
    course = Course.find()
    _tell(build(course.root), course.root, "every notebook is up to date")


def lib() -> None:
    from tito.library import ExportError, build_reference

    course = Course.find()
    try:
        changed = build_reference(course.root)
    except ExportError as error:
        raise SourceError(f"the library was not changed: {error}") from None
    _tell(changed, course.root, "tinytorch_lib is up to date")


def release(text: str | None, publish: bool) -> None:
    course = Course.find()
    chosen = (_authored(course, text),) if text else authored_modules(course.root)
    build(course.root)  # nbgrader looks for notebooks before it reads the sources
    for module in track(chosen, "Releasing", console=console, transient=True):
        with locked(course.root):  # the release service may be copying what this would make anew
            gradebook.generate(course, module.label)
            if publish:
                gradebook.release(course, module.label)
    where = "release/ and the exchange" if publish else "release/"
    console.print(f"{len(chosen)} module{'s' * (len(chosen) != 1)} in {where}: {', '.join(map(str, chosen))}")


def format_sources() -> None:
    course = Course.find()
    paths = [source_path(course.root, module.label) for module in authored_modules(course.root)]
    _tell(
        [path for path in paths if write_if_changed(path, normalised(path))],
        course.root,
        "every source is tidy",
    )


def check() -> None:
    from tito.checks import all_problems

    problems = all_problems(Course.find().root)
    for problem in problems:
        typer.echo(problem, err=True)
    if problems:
        raise typer.Exit(1)
    console.print("sources, generated files, releases and imports are as they should be")


def _authored(course: Course, text: str) -> Module:
    module = find_module(text)
    if module not in authored_modules(course.root):
        raise SourceError(f"{source_path(course.root, module.label)} is not written yet (nothing was changed)")
    return module


def _tell(changed: list[Path], root: Path, nothing: str) -> None:
    for path in changed:
        console.print(f"wrote {path.relative_to(root) if path.is_absolute() else path}", soft_wrap=True)
    if not changed:
        console.print(nothing)
