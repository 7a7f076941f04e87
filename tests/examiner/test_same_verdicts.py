"""The same tests pass in a student's own kernel and in the split of exam room and examiner, in every module."""

from __future__ import annotations

import json
import os
import traceback
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.examiner.fork_room import ForkRoom
from tito.audit.alternatives import read_alternatives
from tito.audit.mutants import make_mutants
from tito.audit.notebook import AuditNotebook, load_notebook
from tito.cells import directives, grade_id, is_graded, is_locked
from tito.examiner.examination import ExamCell, Examination
from tito.examiner.link import Link
from tito.grading.reuse import needed_tests
from tito.library.build import reference_files
from tito.percent import read_source
from tito.runner import Runner, RunOptions

ROOT = Path(__file__).parents[2]
LABELS = sorted(path.stem for path in (ROOT / "source").glob("*.py"))
MUTANTS = 8
"""Of each module, spread evenly over its solutions."""
SECONDS = 60.0
"""Time of a cell, in both places: no verdict here hangs on it, only how long a mutant may loop."""

Sources = dict[str, str]


def variants(label: str, notebook: AuditNotebook) -> Iterator[tuple[str, Sources]]:
    """Right, untouched, rightly otherwise, and wrong in one place each."""
    yield "reference", {}
    yield "untouched", notebook.stubbed()
    for found in read_alternatives(ROOT / "tests" / "alternatives" / label, notebook):
        yield found.name, found.sources
    mutants = [mutant for cell in notebook.solutions for mutant in make_mutants(cell)]
    mutants = [mutant for mutant in mutants if "while" not in mutant.source]
    for mutant in mutants[len(mutants) // MUTANTS // 2 :: max(1, len(mutants) // MUTANTS)][:MUTANTS]:
        yield mutant.id, {mutant.cell: mutant.source}


def cells_of(label: str) -> list[ExamCell]:
    cells = []
    for cell in read_source(ROOT / "source" / f"{label}.py").cells:
        name = grade_id(cell)
        if cell["cell_type"] != "code" or name is None:
            continue
        locked = "check" if "check" in directives(cell) else "given"
        kind = "test" if is_graded(cell) else locked if is_locked(cell) else "room"
        cells.append(ExamCell(name, cell["source"], kind))
    return cells


def passed_in_split(
    cells: list[ExamCell], files: dict[str, str], sources: Sources, wanted: set[str] | None = None
) -> set[str]:
    """The tests that pass with a fork as exam room, all or `wanted`; in a process of its own, as grading is."""
    read, write = os.pipe()
    pid = os.fork()
    if pid == 0:
        try:
            os.write(write, json.dumps(_examined(cells, files, sources, wanted)).encode())
        except BaseException:
            os.write(write, json.dumps(["the examiner failed", traceback.format_exc()]).encode())
        finally:
            os._exit(0)
    os.close(write)
    with os.fdopen(read, "rb") as file:
        found = json.loads(file.read())
    os.waitpid(pid, 0)
    return set(found)


def _examined(cells: list[ExamCell], files: dict[str, str], sources: Sources, wanted: set[str] | None) -> list[str]:
    def open_room() -> Link:
        link = Link(ForkRoom())
        link.setup(files, {})
        return link

    replaced = [ExamCell(cell.id, sources.get(cell.id, cell.source), cell.kind) for cell in cells]
    outcomes = Examination(replaced, open_room, cell_seconds=SECONDS, seconds=10 * SECONDS).run(wanted)
    tests = {cell.id for cell in cells if cell.kind == "test"}
    return [outcome.id for outcome in outcomes if outcome.passed and outcome.id in tests]


@pytest.fixture(scope="module")
def files() -> dict[str, str]:
    """The reference library, as a room gets it."""
    return {str(path.relative_to("tinytorch_lib")): text for path, text in reference_files(ROOT).items()}


@pytest.fixture(scope="module")
def runner() -> Iterator[Runner]:
    with Runner(1, hash_seed=0, plots=False) as runner:
        yield runner


@pytest.mark.parametrize("label", LABELS)
def test_the_same_tests_pass(label: str, files: dict[str, str], runner: Runner) -> None:
    notebook, cells = load_notebook(ROOT / "source" / f"{label}.py"), cells_of(label)
    options = RunOptions(library=ROOT, cell_timeout=SECONDS, timeout=10 * SECONDS)
    names = {cell.id for cell in cells}
    everything = {cell.id for cell in cells if cell.kind == "test"}
    seen = set()
    for name, sources in variants(label, notebook):
        kernel = runner.submit([cell for cell in notebook.with_sources(sources) if cell.id in names], options)
        split = passed_in_split(cells, files, sources)
        own = {cell.id for cell in kernel.result().graded if cell.passed}
        assert split == own, f"{label}, {name}"
        assert name != "reference" or own == everything
        assert name != "untouched" or not own
        seen.add(frozenset(own))
    assert len(seen) > 2, "no mutant made a difference: the sample shows nothing"


@pytest.mark.parametrize("label", LABELS)
def test_a_test_alone_says_what_it_says_among_all(label: str, files: dict[str, str]) -> None:
    """Where one test is changed, the others' outcomes are kept: none may stand on what another did to an object."""
    notebook, cells = load_notebook(ROOT / "source" / f"{label}.py"), cells_of(label)
    tests = {cell.id for cell in cells if cell.kind == "test"}
    tried = dict(variants(label, notebook))
    for name in ("reference", list(tried)[-MUTANTS // 2]):
        among_all = passed_in_split(cells, files, tried[name])
        alone = {
            test for test in tests if test in passed_in_split(cells, files, tried[name], needed_tests(cells, {test}))
        }
        assert alone == among_all, f"{label}, {name}"
