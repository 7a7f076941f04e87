"""The audit of one module: every question is a set of runs, and all runs share a few warm workers."""

from __future__ import annotations

import contextlib
import itertools
import math
import time
from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, replace
from pathlib import Path

from tito.audit.alternatives import Alternative, read_alternatives
from tito.audit.equivalents import Equivalent, equivalents_path, read_equivalents, stale
from tito.audit.mutants import Mutant, make_mutants
from tito.audit.notebook import AuditCell, AuditNotebook, load_notebook
from tito.audit.result import AlternativeResult, AuditResult, Cost, Hole, Limits, MutantResult, SeedRun
from tito.errors import SourceError
from tito.modules import find_module
from tito.percent import source_path
from tito.runner import Cell, Runner, RunOptions, RunResult

__all__ = ["Progress", "audit"]

Progress = Callable[[str, int, int], None]
"""Called with what is being done, how many runs are done and how many there are."""

BATCH = 24
"""Mutants that share one run of the cells before them."""

MESSAGE_SHOWN = 200

MEMORY = 2 * 1024**3


def audit(
    module: str,
    *,
    root: Path,
    jobs: int = 2,
    limits: Limits | None = None,
    progress: Progress | None = None,
    runner: Runner | None = None,
) -> AuditResult:
    """Does the module's notebook grade rightly?

    Args:
        module: `06`, `optimizers` or `06_optimizers`.
        root: the course folder with source/, tests/ and the reference tinytorch_lib/.
        jobs: processes side by side.
        progress: told what is being done.
        runner: warm workers to use; by default the audit starts its own.

    Raises:
        UnknownModuleError: no module has that name.
        SourceError: the notebook, an alternative or the list of equivalents cannot be used, or the reference
            solution does not earn all points, so that the other questions make no sense.
    """
    limits = limits or Limits()
    label = find_module(module).label
    path = source_path(root, label)
    notebook = load_notebook(path)
    plan = _Plan(
        label,
        root,
        notebook,
        tuple(mutant for cell in notebook.solutions for mutant in make_mutants(cell, path)),
        read_alternatives(root / "tests" / "alternatives" / label, notebook),
        read_equivalents(equivalents_path(root), label),
        limits.seeds,
    )
    with contextlib.nullcontext(runner) if runner else Runner(jobs) as workers:
        return _Audit(plan, workers, jobs, limits, progress or (lambda *_: None)).run()


@dataclass(frozen=True)
class _Plan:
    """What there is to try."""

    label: str
    root: Path
    notebook: AuditNotebook
    mutants: tuple[Mutant, ...]
    alternatives: list[Alternative]
    equivalents: dict[str, Equivalent]
    seeds: int

    @property
    def runs(self) -> int:
        holes = len(self.notebook.solutions) + len(self.notebook.regions)
        return 3 + len(self.notebook.graded) + holes + len(self.mutants) + len(self.alternatives) + self.seeds


class _Audit:
    """One audit under way."""

    def __init__(self, plan: _Plan, runner: Runner, jobs: int, limits: Limits, progress: Progress) -> None:
        self.plan, self.runner, self.jobs, self.limits = plan, runner, jobs, limits
        self.notebook = plan.notebook
        self.progress = progress
        self.done = itertools.count(1)
        self.options = RunOptions(library=plan.root, random_seed=0, memory=MEMORY)
        self.what = ""

    def run(self) -> AuditResult:
        started = time.monotonic()
        cost, notes = self._whole_notebook()
        reference = self._reference()
        self.reached = {cell.id: cell.lines for cell in reference.graded}
        self._bound(reference)
        untouched, alone = self._untouched()
        holes, dependent = self._holes()
        mutants = self._mutants()
        alternatives = self._alternatives()
        seeds = self._seeds()
        survivors = {one.mutant.id for one in mutants if one.killed_by is None}
        return AuditResult(
            module=self.plan.label,
            source=f"source/{self.plan.label}.py",
            maximum=self.notebook.maximum,
            cost=cost,
            untouched=untouched,
            untouched_alone=alone,
            holes=holes,
            mutants=mutants,
            stale=tuple(stale(self.plan.equivalents.values(), self.plan.mutants, survivors)),
            alternatives=alternatives,
            seeds=seeds,
            notes=(*notes, *dependent),
            seconds=time.monotonic() - started,
            limits=self.limits,
        )

    def _step(self, what: str) -> None:
        self.what = what

    def _tick(self, *_: object) -> None:
        self.progress(self.what, next(self.done), self.plan.runs)

    def _whole_notebook(self) -> tuple[Cost, tuple[str, ...]]:
        """Every cell, plots drawn, alone on the machine as far as we can say."""
        self._step("the whole notebook")
        cells = [cell.cell() for cell in self.notebook.cells]
        result = self.runner.run(cells, replace(self.options, draw=True))
        self._tick()
        notes = []
        for found in result.cells:
            where = f"{self._place(found.id)} (cell {found.id})"
            if not found.passed and not found.graded:
                notes.append(f"{where}: {_one_line(found.error or found.status)}")
            elif found.stderr.strip():
                notes.append(f"{where} writes to stderr: {found.stderr.strip().splitlines()[-1]}")
        return Cost(result.seconds, result.cpu_seconds, result.peak_memory), tuple(notes)

    def _reference(self) -> RunResult:
        """The solved notebook, with the lines that each graded cell reaches."""
        self._step("the reference solution")
        cells = self.notebook.with_sources({})
        result = self.runner.run(cells, replace(self.options, trace=True))
        self._tick()
        lost = [cell for cell in result.graded if not cell.passed]
        if lost:
            error = lost[0].error or lost[0].status
            raise SourceError(
                f"source/{self.plan.label}.py: the reference solution loses {lost[0].id} "
                f"({_one_line(error)}); mend that first (the rest was not run)"
            )
        return result

    def _bound(self, reference: RunResult) -> None:
        """Time for a mutant: a few times what the solved notebook takes of a processor; load is no fault."""
        cpu = max(2, math.ceil(1 + 3 * reference.cpu_seconds))
        wall = 5.0 + 5 * cpu
        self.options = replace(self.options, cpu_seconds=cpu, timeout=wall, cell_timeout=wall)

    def _untouched(self) -> tuple[float, dict[str, float]]:
        """Points of a release as students get it; and of each graded cell without the others."""
        self._step("an untouched release")
        sources = self.notebook.stubbed()
        whole = self.runner.run(self.notebook.with_sources(sources), self.options)
        self._tick()
        rest = [cell for cell in self.notebook.with_sources(sources) if not cell.graded]
        graded = [[cell.cell()] for cell in self.notebook.graded]
        results = self.runner.run_branches(rest, graded, (), self.options, self._tick)
        alone = {cell.id: result.earned for cell, result in zip(self.notebook.graded, results, strict=True)}
        return whole.earned, alone

    def _holes(self) -> tuple[tuple[Hole, ...], tuple[str, ...]]:
        """For each hole left empty: who notices? And does the cell as it is earn everything on its own?"""
        self._step("one empty hole at a time")
        pending = []
        for cell in self.notebook.solutions:
            sources = [cell.source, *(self.notebook.stubbed([region])[cell.id] for region in cell.regions)]
            pending.append((cell, self._with_variants(cell, sources, self.options)))
        found, notes = [], []
        for cell, futures in pending:
            unchanged, *results = (result for future in futures for result in future.result())
            for graded in unchanged.graded:
                if not graded.passed:
                    notes.append(f"{graded.id} fails when the graded cells before {cell.id} are not run")
            for region, result in zip(cell.regions, results, strict=True):
                noticed = tuple(graded.id for graded in result.graded if not graded.passed)
                found.append(Hole(str(region), cell.line + region.first - 1, noticed))
        return tuple(found), tuple(notes)

    def _mutants(self) -> tuple[MutantResult, ...]:
        self._step("mutants")
        options = replace(self.options, stop_at_loss=True)
        groups = [(cell, [one for one in self.plan.mutants if one.cell == cell.id]) for cell in self.notebook.solutions]
        pending = [
            (cell, group, self._with_variants(cell, [mutant.source for mutant in group], options))
            for cell, group in groups
        ]
        found = []
        for cell, group, futures in pending:
            results = [result for future in futures for result in future.result()]
            found += [self._judge(cell, mutant, result) for mutant, result in zip(group, results, strict=True)]
        return tuple(found)

    def _with_variants(
        self, cell: AuditCell, sources: Sequence[str], options: RunOptions
    ) -> list[Future[list[RunResult]]]:
        """Runs with each of `sources` in the place of `cell`. What comes before it runs once for many.

        Graded cells before it are left out: they cannot see it, and nothing needs them.
        """
        index = self.notebook.needed.index(cell)
        prefix = [one.cell() for one in self.notebook.needed[:index] if not one.graded]
        suffix = [one.cell() for one in self.notebook.needed[index + 1 :]]
        branches: list[list[Cell]] = [[cell.cell(source)] for source in sources]
        return [
            self.runner.submit_branches(prefix, branches[start : start + BATCH], suffix, options, self._tick)
            for start in range(0, len(branches), BATCH)
        ]

    def _judge(self, cell: AuditCell, mutant: Mutant, result: RunResult) -> MutantResult:
        line = cell.line + mutant.line - 1
        ran = tuple(graded.id for graded in result.graded if graded.status != "not run")
        lost = [found for found in result.cells if found.status in {"timeout", "died"}]
        lost += [graded for graded in result.graded if not graded.passed]
        if lost:
            return MutantResult(mutant, line, lost[0].id, lost[0].status, ran)
        first, last = mutant.reach
        reached = tuple(
            name
            for name, lines in self.reached.items()
            if any(first <= number <= last for number in lines.get(cell.id, ()))
        )
        listed = self.plan.equivalents.get(mutant.id)
        reason = listed.reason if listed else None
        return MutantResult(mutant, line, None, "survived", ran, reached, reason)

    def _alternatives(self) -> tuple[AlternativeResult, ...]:
        self._step("right alternatives")
        futures = []
        for alternative in self.plan.alternatives:
            cells = self.notebook.with_sources(alternative.sources)
            futures.append(self.runner.submit(cells, self.options))
            futures[-1].add_done_callback(self._tick)
        found = []
        for alternative, future in zip(self.plan.alternatives, futures, strict=True):
            result = future.result()
            lost = {cell.id: _one_line(cell.error or cell.status) for cell in result.graded if not cell.passed}
            found.append(AlternativeResult(alternative.name, result.earned, lost))
        return tuple(found)

    def _seeds(self) -> tuple[SeedRun, ...]:
        """A fresh worker for each hash seed; the random states start differently too."""
        self._step("hash and random seeds")
        cells = self.notebook.with_sources({})

        def run(seed: int) -> SeedRun:
            with Runner(1, hash_seed=seed, plots=False) as runner:
                result = runner.run(cells, replace(self.options, random_seed=seed, cpu_seconds=None))
            self._tick()
            return SeedRun(seed, {cell.id: cell.status for cell in result.cells})

        with ThreadPoolExecutor(self.jobs) as pool:
            return tuple(pool.map(run, range(1, self.limits.seeds + 1)))

    def _place(self, cell_id: str) -> str:
        return f"source/{self.plan.label}.py:{self.notebook[cell_id].line}"


def _one_line(error: object) -> str:
    text = " ".join(str(error).split())
    return text if len(text) <= MESSAGE_SHOWN else f"{text[:MESSAGE_SHOWN]}…"
