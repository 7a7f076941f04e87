"""What an audit found, as plain values, and what of it is a reason to fail."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

from tito.audit.mutants import Mutant

__all__ = ["AlternativeResult", "AuditResult", "Cost", "Hole", "Limits", "MutantResult", "SeedRun"]


@dataclass(frozen=True)
class Limits:
    """What a module must keep to."""

    points: float = 100.0
    mutation_score: float = 0.95
    alternatives: int = 3
    seeds: int = 10
    seconds: float = 10.0
    memory: int = 1024 * 1024 * 1024


@dataclass(frozen=True)
class Cost:
    """The whole notebook, plots included, on one processor. `memory` in bytes, the interpreter's included."""

    seconds: float
    cpu_seconds: float
    memory: int


@dataclass(frozen=True)
class Hole:
    """A solution region and the graded cells that lose points when it alone is empty."""

    name: str
    line: int
    noticed_by: tuple[str, ...]


@dataclass(frozen=True)
class MutantResult:
    """A mutant, and the graded cell that noticed it, if one did. `line` is in the source file."""

    mutant: Mutant
    line: int
    killed_by: str | None
    how: str
    """`failed`, `timeout` or `died`; `survived`."""
    ran: tuple[str, ...] = ()
    reached_by: tuple[str, ...] = ()
    """The graded cells that execute the mutated statement in the reference."""
    reason: str | None = None
    """Why a survivor is equivalent, if it is listed as such."""


@dataclass(frozen=True)
class AlternativeResult:
    """Another right solution, and the graded cells where it lost points with the error that they gave."""

    name: str
    earned: float
    lost: Mapping[str, str]


@dataclass(frozen=True)
class SeedRun:
    """A run under a hash seed and a random seed: what became of each cell."""

    seed: int
    status: Mapping[str, str]


@dataclass(frozen=True)
class AuditResult:
    """All findings on one module."""

    module: str
    source: str
    maximum: float
    cost: Cost
    untouched: float
    untouched_alone: Mapping[str, float]
    holes: tuple[Hole, ...]
    mutants: tuple[MutantResult, ...]
    stale: tuple[str, ...]
    alternatives: tuple[AlternativeResult, ...]
    seeds: tuple[SeedRun, ...]
    notes: tuple[str, ...]
    """Faults of the reference notebook itself: a cell fails, writes to stderr or needs an earlier graded one."""
    seconds: float
    limits: Limits = field(default_factory=Limits)

    @property
    def survivors(self) -> tuple[MutantResult, ...]:
        """The mutants that no graded cell noticed and nobody excused."""
        return tuple(one for one in self.mutants if one.killed_by is None and one.reason is None)

    @property
    def equivalents(self) -> tuple[MutantResult, ...]:
        return tuple(one for one in self.mutants if one.killed_by is None and one.reason is not None)

    @property
    def killed(self) -> int:
        return sum(one.killed_by is not None for one in self.mutants)

    @property
    def score(self) -> float:
        """Share of the mutants, those listed as equivalent left out, that lose points."""
        counted = len(self.mutants) - len(self.equivalents)
        return self.killed / counted if counted else 0.0

    @property
    def disagreements(self) -> dict[str, dict[int, str]]:
        """The cells that did not end alike under all seeds."""
        cells = dict.fromkeys(cell for run in self.seeds for cell in run.status)
        found = {cell: {run.seed: run.status.get(cell, "not run") for run in self.seeds} for cell in cells}
        return {cell: by_seed for cell, by_seed in found.items() if len(set(by_seed.values())) > 1}

    @property
    def problems(self) -> list[str]:
        """Every reason why the assignment does not grade rightly yet, a line each."""
        return [*self._of_points(), *self._of_faults(), *self._of_runs()]

    @property
    def passed(self) -> bool:
        return not self.problems

    def _of_points(self) -> list[str]:
        found = []
        if self.maximum != self.limits.points:
            found.append(f"the graded cells are worth {self.maximum:g} points, not {self.limits.points:g}")
        if self.untouched:
            found.append(f"an untouched release earns {self.untouched:g} points, not 0")
        for cell, earned in self.untouched_alone.items():
            if earned:
                found.append(f"{cell} alone gives {earned:g} points to an untouched release")
        for alternative in self.alternatives:
            for cell, error in alternative.lost.items():
                found.append(f"the right alternative {alternative.name!r} loses {cell}: {error}")
        if len(self.alternatives) < self.limits.alternatives:
            found.append(f"{len(self.alternatives)} alternatives, at least {self.limits.alternatives} are needed")
        return found

    def _of_faults(self) -> list[str]:
        found = [f"no graded cell needs the hole {hole.name}" for hole in self.holes if not hole.noticed_by]
        if self.score < self.limits.mutation_score:
            found.append(
                f"{self.score:.1%} of the mutants lose points, at least "
                f"{self.limits.mutation_score:.0%} must; {len(self.survivors)} survive"
            )
        found += [
            f"line {one.line}: {one.mutant.mutated.strip()!r} is neither noticed nor excused" for one in self.survivors
        ]
        return found + list(self.stale)

    def _of_runs(self) -> list[str]:
        found = list(self.notes)
        for cell, by_seed in self.disagreements.items():
            seeds = ", ".join(f"{seed}: {status}" for seed, status in by_seed.items())
            found.append(f"{cell} depends on the hash or random seed ({seeds})")
        if self.cost.cpu_seconds > self.limits.seconds:
            found.append(f"the notebook takes {self.cost.cpu_seconds:.1f} s, at most {self.limits.seconds:g} s")
        if self.cost.memory > self.limits.memory:
            used, most = (size / (1024 * 1024) for size in (self.cost.memory, self.limits.memory))
            found.append(f"the notebook takes {used:.0f} MB, at most {most:.0f} MB")
        return found

    def as_json(self) -> dict[str, Any]:
        """Everything for machines; only the measured seconds and bytes differ from run to run."""
        values = asdict(self)
        for entry in values["mutants"]:
            mutant = entry.pop("mutant")
            for key in ("id", "cell", "operator", "original", "mutated"):
                entry[key] = mutant[key]
        values |= {
            "killed": self.killed,
            "score": self.score,
            "problems": self.problems,
            "passed": self.passed,
        }
        return values
