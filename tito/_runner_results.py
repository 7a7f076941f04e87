"""What a run of notebook cells is asked and what comes of it, as plain values."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

__all__ = ["Cell", "CellError", "CellResult", "RunOptions", "RunResult", "nothing_run", "result_of"]

Json = dict[str, Any]

MEGABYTE = 1024 * 1024


@dataclass(frozen=True)
class Cell:
    """A code cell. `id` is its grade_id, or any name that is unique in the notebook."""

    id: str
    source: str
    graded: bool = False
    points: float = 0.0


@dataclass(frozen=True)
class RunOptions:
    """What a run may see and use.

    Attributes:
        library: folder that holds the `tinytorch_lib` to import; without one there is none to import.
        timeout: seconds for the whole run.
        cell_timeout: seconds for one cell; it is interrupted, and later cells still run.
        memory: bytes that the run may take beside the warm worker's own.
        cpu_seconds: processor time for the whole run, whole seconds.
        output_limit: bytes kept of each cell's stdout and of its stderr.
        random_seed: state of `random` and of numpy's legacy generator at the start; None is a fresh one.
        stop_at_loss: stop after the first graded cell that does not pass.
        draw: render figures, as a notebook does.
        trace: record which lines of which cells each cell executes (`CellResult.lines`); slow.
        warnings_as_errors: a warning fails the cell.
        env: environment variables to set.
    """

    library: Path | None = None
    timeout: float = 120.0
    cell_timeout: float = 60.0
    memory: int | None = 4096 * MEGABYTE
    cpu_seconds: int | None = None
    output_limit: int = 100_000
    random_seed: int | None = None
    stop_at_loss: bool = False
    draw: bool = False
    trace: bool = False
    warnings_as_errors: bool = False
    env: Mapping[str, str] = field(default_factory=dict)

    def as_json(self) -> Json:
        library = None if self.library is None else str(self.library.absolute())
        return {**asdict(self), "library": library, "env": dict(self.env)}


@dataclass(frozen=True)
class CellError:
    """The exception that ended a cell."""

    type: str
    message: str
    line: int | None
    """Line in the cell, from 1; None when the error has no place in it."""
    traceback: str
    """The frames that lie in cells, innermost last, with their source lines."""

    def __str__(self) -> str:
        return f"{self.type}: {self.message}" if self.message else self.type


@dataclass(frozen=True)
class CellResult:
    """What became of one cell."""

    id: str
    graded: bool
    points: float
    status: str
    """`passed`, `failed`, `timeout`, `died` (its process ended) or `not run` (after that or a stop)."""
    seconds: float = 0.0
    stdout: str = ""
    stderr: str = ""
    error: CellError | None = None
    lines: Mapping[str, tuple[int, ...]] = field(default_factory=dict)

    @property
    def passed(self) -> bool:
        return self.status == "passed"

    @property
    def earned(self) -> float:
        return self.points if self.graded and self.passed else 0.0


@dataclass(frozen=True)
class RunResult:
    """What became of a run. `peak_memory` is in bytes and includes the warm interpreter."""

    cells: tuple[CellResult, ...]
    seconds: float
    cpu_seconds: float
    peak_memory: int
    died: str | None = None
    """How the process ended before its last cell, if it did."""

    @property
    def graded(self) -> tuple[CellResult, ...]:
        return tuple(cell for cell in self.cells if cell.graded)

    @property
    def earned(self) -> float:
        return sum(cell.earned for cell in self.cells)

    @property
    def passed(self) -> bool:
        return all(cell.passed for cell in self.cells)

    def __getitem__(self, cell_id: str) -> CellResult:
        return next(cell for cell in self.cells if cell.id == cell_id)


def result_of(cells: Sequence[Cell], found: Json) -> RunResult:
    """A worker's report on `cells`."""
    results = []
    for cell, outcome in zip(cells, found["cells"], strict=True):
        error = CellError(**outcome["error"]) if outcome["error"] else None
        lines = {name: tuple(numbers) for name, numbers in outcome["lines"].items()}
        results.append(
            CellResult(
                cell.id,
                cell.graded,
                cell.points,
                outcome["status"],
                outcome["seconds"],
                outcome["stdout"],
                outcome["stderr"],
                error,
                lines,
            )
        )
    return RunResult(tuple(results), found["seconds"], found["cpu_seconds"], found["peak_memory"], found["died"])


def nothing_run(cells: Sequence[Cell], reason: str) -> RunResult:
    """The result when the process was gone before `cells`."""
    results = tuple(CellResult(cell.id, cell.graded, cell.points, "not run") for cell in cells)
    return RunResult(results, 0.0, 0.0, 0, reason)
