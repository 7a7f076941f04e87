"""`tito milestone`: the historical programs in milestones/, run on a student's own library or on the reference.

In a notebook, `from tito.milestones import show; show("xor")` prints what the program prints and shows its plot.
"""

from __future__ import annotations

import importlib
import os
import subprocess
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from rich.table import Table

from tito.commands.context import console, in_course, library_folder
from tito.commands.status import open_holes
from tito.errors import LockedError, ToolError, UnknownModuleError
from tito.modules import Module, find_module

__all__ = ["MILESTONES", "Milestone", "find_milestone", "lacking", "main", "show"]

_PLOTS = Path("plots")
PROGRAMS = Path(__file__).resolve().parents[1] / "milestones"

_FOUNDATION = ("tensor", "activations", "layers", "losses", "optimizers")


@dataclass(frozen=True)
class Milestone:
    """One program and the modules that it stands on."""

    name: str
    """Subject and year, `lenet-1998`: also the name of its picture."""
    file: str
    about: str
    needs: tuple[str, ...]

    @property
    def modules(self) -> tuple[Module, ...]:
        return tuple(find_module(name) for name in self.needs)

    @property
    def program(self) -> Path:
        return PROGRAMS / self.file


MILESTONES = (
    Milestone(
        "perceptron-1957",
        "01_perceptron_1957.py",
        "one layer learns left from right in 50 cards",
        ("tensor", "activations", "layers"),
    ),
    Milestone("xor-1969", "02_xor_1969.py", "what one layer cannot do and two layers can", _FOUNDATION),
    Milestone(
        "mlp-1986",
        "03_mlp_1986.py",
        "hidden units read digits by back-propagation",
        (*_FOUNDATION, "autograd", "training", "dataloader"),
    ),
    Milestone(
        "lenet-1998",
        "04_lenet_1998.py",
        "convolutions read digits better",
        (*_FOUNDATION, "autograd", "training", "spatial", "dataloader"),
    ),
)


def main(
    verb: str,
    name: str | None = None,
    *,
    data: Path | None = None,
    seed: int | None = None,
    epochs: int | None = None,
    out: Path | None = None,
    digits: bool = False,
) -> int:
    """`list` the milestones and what each lacks, or `run` the one that is called `name`.

    Args:
        data: the folder with the data sets; without it the program asks TINYTORCH_DATA, then takes `data`.
        out: where the picture goes; without it `plots` in the working folder.
        digits: the embedded digits in place of MNIST.

    Returns:
        the exit status: that of the program if one ran.

    Raises:
        UnknownModuleError: `name` is no milestone's, or `verb` is neither of the two.
        LockedError: a module that it needs is not done.
    """
    if verb == "list":
        _list()
        return 0
    if verb != "run":
        raise UnknownModuleError(f"a milestone can be listed or run, not {verb!r} (nothing was run)")
    milestone = find_milestone(name)
    options = {"--data": data, "--seed": seed, "--epochs": epochs, "--out": out or _PLOTS, "--digits": digits}
    with _process(milestone, options) as process:
        return _exit_status(process)


def show(
    name: str, *, data: Path | None = None, seed: int | None = None, epochs: int | None = None, digits: bool = False
) -> None:
    """Run a milestone from a notebook: its lines appear as they come, then its plot. Arguments as for `main`.

    Raises:
        ToolError: the program failed; what it said is above.
    """
    milestone = find_milestone(name)
    options = {"--data": data, "--seed": seed, "--epochs": epochs, "--out": _PLOTS, "--digits": digits}
    with _process(milestone, options, piped=True) as process:
        for text in _pieces(process):
            sys.stdout.write(text)
            sys.stdout.flush()
        status = _exit_status(process)
    if status:
        raise ToolError(f"{milestone.name} ended with exit status {status}; the lines above say why")
    display = importlib.import_module("IPython.display")
    display.display(display.Image(filename=str(_PLOTS / f"{milestone.name}.png")))


def find_milestone(text: str | None) -> Milestone:
    """The milestone that `text` names: `lenet-1998`, `lenet`, `1998` or `04`.

    Raises:
        UnknownModuleError: none has that name.
    """
    wanted = (text or "").strip().lower().replace("_", "-")
    for number, milestone in enumerate(MILESTONES, start=1):
        subject, _, year = milestone.name.partition("-")
        if wanted in {milestone.name, subject, year, f"{number:02d}", str(number)}:
            return milestone
    names = ", ".join(milestone.name for milestone in MILESTONES)
    raise UnknownModuleError(f"no milestone is called {text or ''!r}; there are {names} (nothing was run)")


def lacking(milestone: Milestone, folder: Path) -> list[Module]:
    """The modules that `milestone` needs and that are not done in the library in `folder`, in order."""
    return [module for module in milestone.modules if open_holes(folder, module) != 0]


def _list() -> None:
    folder = _library()
    table = Table(title=f"Milestones, on the library in {folder}")
    for heading in ("milestone", "about", "state"):
        table.add_column(heading, overflow="fold")
    for milestone in MILESTONES:
        missing = lacking(milestone, folder)
        table.add_row(milestone.name, milestone.about, f"locked: needs {_labels(missing)}" if missing else "unlocked")
    console.print(table)


def _process(
    milestone: Milestone, options: Mapping[str, Path | int | None], piped: bool = False
) -> subprocess.Popen[bytes]:
    """Start the program on the library that this folder stands for."""
    folder = _library()
    missing = lacking(milestone, folder)
    if missing:
        lacks = f"{_labels(missing)} {'is' if len(missing) == 1 else 'are'} not done in {folder}"
        raise LockedError(f"{milestone.name} is locked: {lacks}; {_remedy(missing[0])} (nothing was run)")
    if not milestone.program.is_file():
        raise ToolError(f"{milestone.program} is not there; install the course tools from a checkout (nothing was run)")
    return subprocess.Popen(
        [sys.executable, str(milestone.program), *_arguments(options)],
        env=_environment(folder),
        stdout=subprocess.PIPE if piped else None,
        stderr=subprocess.STDOUT if piped else None,
    )


def _arguments(options: Mapping[str, Path | int | None]) -> Iterator[str]:
    """As the command line has them: True stands for an option without a value."""
    for option, value in options.items():
        if value is not None and value is not False:
            yield option
            if value is not True:
                yield str(value)


def _environment(folder: Path) -> dict[str, str]:
    """The program sees this library, all of it, and needs no screen."""
    kept = {name: value for name, value in os.environ.items() if name not in {"TINYTORCH_BELOW", "PYTHONSAFEPATH"}}
    return kept | {
        "PYTHONPATH": str(folder.absolute()),
        "MPLBACKEND": "Agg",
        "PYTHONUNBUFFERED": "1",
        "PYTHONUTF8": "1",
    }


def _pieces(process: subprocess.Popen[bytes]) -> Iterator[str]:
    """What the program writes, as it comes: a progress bar is one long line."""
    assert process.stdout is not None
    while piece := os.read(process.stdout.fileno(), 65536):
        yield piece.decode("utf-8", errors="replace")


def _exit_status(process: subprocess.Popen[bytes]) -> int:
    """Wait for the program, and end it when we are interrupted."""
    try:
        status = process.wait()
    except BaseException:
        process.kill()
        raise
    return status if status >= 0 else 128 - status  # as a shell tells it when a signal ended the process


def _library() -> Path:
    """Inside a course the reference's folder, elsewhere the student's own."""
    course = in_course()
    return library_folder() if course is None else course.root


def _labels(modules: list[Module]) -> str:
    return ", ".join(module.label for module in modules)


def _remedy(module: Module) -> str:
    if in_course() is not None:
        return "`tito lib` builds the reference"
    return f"solve {module.label}, then submit it or run `tito export {module.number:02d}`"
