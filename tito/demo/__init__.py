"""`tito demo`: a class of eight goes through nbgrader, and every score must be the expected one."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import typer
from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

from tito.course import Course
from tito.demo.answers import read_alternative, read_answers
from tito.demo.commands import interruptible, undisturbed
from tito.demo.folders import snapshot
from tito.demo.students import Assignment
from tito.demo.term import Term
from tito.errors import SourceError, ToolError
from tito.modules import Module, find_module
from tito.sockets import check_temporary_folder

__all__ = ["MODULES", "main"]

MODULES = ("02_tensor", "03_activations")
"""What the class works on: two modules, since the second stands on what they made of the first."""


def main(folder: Path | None = None, keep: bool = False, modules: tuple[str, ...] = MODULES) -> int:
    """Run the demo and print its table; gives the exit status, 0 when every score is as expected.

    `folder` is where it works, a new or empty folder; None for a temporary one. It is gone afterwards unless `keep`.

    Raises:
        TitoError: the demo could not be run: the sources do not fit it, or an nbgrader command failed.
    """
    from tito.demo.feedback import feedback_problems
    from tito.demo.report import problems, table

    checkout = _checkout()
    console = Console(highlight=False)
    with _workplace(folder, keep, console) as place:
        chosen = sorted(map(find_module, modules))
        sources = snapshot(checkout, place / "checkout", chosen[-1])
        assignments = [_assignment(checkout, sources, module) for module in chosen]
        term = Term(place, sources, assignments)
        with _progress(console) as progress:
            task = progress.add_task("setting up", total=term.steps())
            expected = term.run(
                lambda pieces: progress.advance(task, pieces),
                lambda doing: progress.update(task, description=doing),
            )
        got = term.grades()
        console.print(table(term.modules, got, expected))
        found = problems(got, expected) + feedback_problems(term, expected)
    for problem in found:
        typer.echo(f"tito: {problem}", err=True)
    if not found:
        console.print(f"{len(expected)} scores and as many pages of feedback are as they should be")
    return 1 if found else 0


def _checkout() -> Path:
    """Where the sources are: a laid-out course only links to them, and the alternatives stand beside them."""
    return (Course.find().root / "source").resolve().parent


def _assignment(checkout: Path, sources: Path, module: Module) -> Assignment:
    folder = checkout / "tests" / "alternatives" / module.label
    styles = sorted(folder.glob("*.py"))
    if not styles:
        raise SourceError(f"{folder} has no alternative solution; the demo needs one (nothing was graded)")
    return Assignment(read_answers(sources, module), read_alternative(styles[0]))


def _progress(console: Console) -> Progress:
    columns = (
        TextColumn("{task.description:>20}"),
        BarColumn(),
        TextColumn("{task.completed} of {task.total}"),
    )
    return Progress(*columns, TimeElapsedColumn(), console=console, transient=True)


@contextmanager
def _workplace(folder: Path | None, keep: bool, console: Console) -> Iterator[Path]:
    """The folder to work in, gone afterwards unless it is to be kept."""
    check_temporary_folder()
    try:
        if folder is None:
            place = Path(tempfile.mkdtemp(prefix="tinytorch-demo-"))
        else:
            place = folder.absolute()
            place.mkdir(parents=True, exist_ok=True)
            if any(place.iterdir()):
                raise ToolError(f"{place} is not empty; name a new folder (nothing was changed)")
    except OSError as error:
        raise ToolError(f"no folder to work in: {error.strerror}: {error.filename} (nothing was changed)") from None
    try:
        with interruptible():
            yield place
    finally:
        if keep:
            console.print(f"kept: {place}", soft_wrap=True)
        else:
            with undisturbed():
                shutil.rmtree(place, ignore_errors=True)
            if place.exists():
                typer.echo(f"tito: {place} could not be removed completely", err=True)
