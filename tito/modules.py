"""The order of the course's modules. Nothing else in the project knows it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import PurePosixPath

from tito.errors import UnknownModuleError

__all__ = ["MODULES", "PHASES", "Module", "Phase", "find_module", "modules_below"]


@dataclass(frozen=True, order=True)
class Module:
    """One notebook of the course and the library file that it exports to."""

    number: int
    name: str
    library_path: str
    """Dotted path inside tinytorch_lib, `core.tensor` for example."""

    @property
    def label(self) -> str:
        """The assignment's name: `02_tensor`."""
        return f"{self.number:02d}_{self.name}"

    @property
    def library_file(self) -> PurePosixPath:
        """The generated file, relative to tinytorch_lib: `core/tensor.py`."""
        return PurePosixPath(*self.library_path.split(".")).with_suffix(".py")

    def __str__(self) -> str:
        return self.label


@dataclass(frozen=True)
class Phase:
    """A run of modules and what a student can do once the run is complete."""

    title: str
    first: int
    last: int
    unlocks: str

    def __iter__(self) -> Iterator[Module]:
        return (module for module in MODULES if self.first <= module.number <= self.last)


_PATHS = (
    "core.setup",
    "core.tensor",
    "core.activations",
    "core.layers",
    "core.losses",
    "core.optimizers",
    "core.autograd",
    "core.training",
    "core.spatial",
    "core.dataloader",
    "core.tokenization",
    "core.embeddings",
    "core.attention",
    "core.transformers",
    "perf.acceleration",
    "perf.caching",
    "perf.precision",
    "perf.compression",
    "perf.benchmarking",
    "capstone",
)

MODULES: tuple[Module, ...] = tuple(
    Module(number, path.rpartition(".")[2], path) for number, path in enumerate(_PATHS, start=1)
)

PHASES: tuple[Phase, ...] = (
    Phase("foundation", 1, 6, "solve XOR with hand-written gradients"),
    Phase("learning to learn", 7, 10, "train a convolutional network on real images"),
    Phase("modern AI", 11, 14, "train a GPT from scratch"),
    Phase("system optimization", 15, 19, "run the same models 10 to 100 times faster"),
    Phase("capstone", 20, 20, "enter a complete optimized system on the leaderboard"),
)


def find_module(text: str) -> Module:
    """The module that `text` names: `06`, `6`, `optimizers` or `06_optimizers`, in any case.

    Raises:
        UnknownModuleError: no module has that number or name.
    """
    wanted = text.strip().lower()
    for module in MODULES:
        if wanted in {module.name, module.label} or (wanted.isdecimal() and int(wanted) == module.number):
            return module
    raise UnknownModuleError(
        f"no module is called {text!r}; say a number from 01 to {MODULES[-1].number} or a name such as 'optimizers' "
        "(nothing was changed)"
    )


def modules_below(number: int) -> tuple[Module, ...]:
    """The modules that notebook `number` may import, in order."""
    return tuple(module for module in MODULES if module.number < number)
