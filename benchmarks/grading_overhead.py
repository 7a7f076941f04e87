"""What does grading a submission cost beside running its cells?

    python benchmarks/grading_overhead.py            # all modules
    python benchmarks/grading_overhead.py 03 05

Graded is the reference solution of each module, in a grading process that is warm, in the exam room that `tito doctor`
shows: room made, library installed, every cell and every test. Beside it stand, each in forks of one warm process:

- "all its cells": the notebook from top to bottom, its plots drawn, as a kernel would. Ours leaves out what no test
  needs.
- "graded cells": exactly the cells that ours runs.

Least of several times, wall time. Target: at most 1.3 times the notebook's own cells. The last results stand in
RESULTS.md.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from grading import lay_out  # noqa: E402
from mnist_accuracy import machine  # noqa: E402

from tito.examiner.link import Link  # noqa: E402
from tito.gradebook import inside  # noqa: E402
from tito.grading.batch import prepare_submission  # noqa: E402
from tito.grading.grade import grade  # noqa: E402
from tito.grading.job import GradingJob  # noqa: E402
from tito.modules import Module, find_module  # noqa: E402
from tito.notebooks import authored_modules, notebook_text  # noqa: E402
from tito.percent import read_source, source_path  # noqa: E402
from tito.runner import Cell, Runner, RunOptions  # noqa: E402
from tito.sandbox import Backend  # noqa: E402
from tito.sandbox.choose import choose  # noqa: E402

DRAW = """
import io, matplotlib.pyplot
for number in matplotlib.pyplot.get_fignums():
    matplotlib.pyplot.figure(number).savefig(io.BytesIO(), format="png")
matplotlib.pyplot.close("all")
"""


class Questions:
    """Counts what is asked of rooms."""

    def __init__(self) -> None:
        self.count = 0
        request = Link._request

        def counted(link: Link, message: list[object]) -> object:
            self.count += 1
            return request(link, message)

        Link._request = counted  # type: ignore[method-assign]


def prepared_job(module: Module, place: Path) -> GradingJob:
    """The reference solution as a submission."""
    text = notebook_text(read_source(source_path(ROOT, module.label)))
    course = lay_out(place / module.label, module, [text], stock=False)
    with inside(course.root):
        return prepare_submission(course, module, "student-0000").job


def all_cells(module: Module) -> list[Cell]:
    """The notebook's code cells, each with the drawing of its plots."""
    cells = []
    for cell in read_source(source_path(ROOT, module.label)).cells:
        if cell["cell_type"] == "code":
            cells += [Cell(cell["id"], cell["source"], False), Cell(f"{cell['id']}-plots", DRAW, False)]
    return cells


def least(runner: Runner, cells: list[Cell], times: int) -> float:
    options = RunOptions(library=ROOT, cell_timeout=60, timeout=300)
    results = [runner.run(cells, options) for _ in range(times)]
    failed = [outcome for result in results for outcome in result.cells if outcome.status != "passed"]
    if failed:
        raise SystemExit(f"a cell of the reference fails: {failed[0]}")
    return min(result.seconds for result in results)


def graded(job: GradingJob, backend: Backend, times: int) -> tuple[float, float]:
    """Seconds of the quickest grading, and those of them that it took to make the room."""
    found = []
    for _ in range(times):
        begun = time.perf_counter()
        result = grade(job, backend)
        found.append((time.perf_counter() - begun, result.timings["room"]))
        if any(test.earned != test.points for test in result.tests):
            raise SystemExit(f"the reference of {job.module} does not get its points")
    return min(found)


def ratios(whole: float, alone: float, seconds: float) -> str:
    return f"{seconds / whole:.2f} x all, {seconds / alone:.2f} x graded"


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("modules", nargs="*")
    parser.add_argument("--times", type=int, default=5)
    given = parser.parse_args()
    modules = [find_module(name) for name in given.modules] or authored_modules(ROOT)
    print(machine(), flush=True)
    questions, totals = Questions(), [0.0, 0.0, 0.0]
    backend = choose(None, allow_plain=False)
    backend.start()
    print(
        f"{'module':<18} {'all its cells':>13} {'graded cells':>13} {'grading':>9} {'room':>7} {'questions':>9}  ratios"
    )
    with tempfile.TemporaryDirectory(prefix="bench-overhead-") as name, Runner(1) as runner:
        for module in modules:
            job = prepared_job(module, Path(name))
            whole = least(runner, all_cells(module), 2)
            alone = least(runner, [Cell(cell.id, cell.source, cell.kind == "test") for cell in job.cells], given.times)
            questions.count = 0
            seconds, room = graded(job, backend, given.times)
            asked = questions.count // given.times
            totals = [total + value for total, value in zip(totals, (whole, alone, seconds), strict=True)]
            print(
                f"{module.label:<18} {whole:11.3f} s {alone:11.3f} s {seconds:7.3f} s {room:5.3f} s {asked:9d}"
                f"  {ratios(whole, alone, seconds)}",
                flush=True,
            )
    backend.close()
    whole, alone, seconds = totals
    print(f"{'together':<18} {whole:11.3f} s {alone:11.3f} s {seconds:7.3f} s {'':17}  {ratios(whole, alone, seconds)}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
