"""How fast is the grader beside stock nbgrader, on the same submissions, in one run?

    python benchmarks/grading.py                       # module 03: stock on 10, ours on 200
    python benchmarks/grading.py --module 02 --stock 20 --ours 200
    python benchmarks/grading.py --flat 20 200 2000    # cost per submission by class size

Stock is `nbgrader autograde` with nbgrader's own configuration: its default executor starts a kernel for every
submission. Ours is `nbgrader autograde` through the course's nbgrader_config.py, and `tito grade`, with the isolation
that `tito doctor` shows. Every second submission is right, the others have one fault each.
Cells that the course wrote and no test needs (plots) are not run by ours: the line "cells alone" runs exactly what ours
runs, one submission after the other in one warm process, with neither isolation nor files nor a gradebook.

Times are wall times of whole commands, starting included. The last results stand in RESULTS.md.
"""

from __future__ import annotations

import argparse
import os
import shutil
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

import psutil  # noqa: E402
from mnist_accuracy import machine  # noqa: E402

from tito.audit.mutants import make_mutants  # noqa: E402
from tito.audit.notebook import load_notebook  # noqa: E402
from tito.course import Course  # noqa: E402
from tito.gradebook import generate, inside  # noqa: E402
from tito.grading.batch import prepare_submission  # noqa: E402
from tito.modules import find_module  # noqa: E402
from tito.notebooks import build, notebook_text  # noqa: E402
from tito.percent import read_source, source_path  # noqa: E402
from tito.runner import Cell, Runner, RunOptions  # noqa: E402
from tito.workspace import lay_out_course  # noqa: E402

TOOLS = Path(sys.executable).parent


def submissions(module, count: int) -> list[str]:
    """`count` notebooks: the reference, and between them one with a fault each."""
    path = source_path(ROOT, module.label)
    notebook = load_notebook(path)
    mutants = [mutant for cell in notebook.solutions for mutant in make_mutants(cell)]
    right = read_source(path)
    texts = []
    for number in range(count):
        found = read_source(path) if not texts else right.copy()
        cells = [cell.copy() for cell in right.cells]
        if number % 2:
            mutant = mutants[(number * 7919) % len(mutants)]
            for cell in cells:
                if cell["id"] == mutant.cell:
                    cell["source"] = mutant.source
        found["cells"] = cells
        texts.append(notebook_text(found))
    return texts


def lay_out(folder: Path, module, texts: list[str], stock: bool) -> Course:
    """A course folder with these submissions."""
    toml = '[course]\nid = "bench"\n[roster]\ninstructors = ["instructor"]\n'
    course = Course.load(lay_out_course(folder, ROOT, course_file=toml))
    generate(course, module.label)
    for number, text in enumerate(texts):
        place = folder / "submitted" / f"student-{number:04d}" / module.label
        place.mkdir(parents=True)
        (place / f"{module.label}.ipynb").write_text(text, encoding="utf-8")
        (place / "timestamp.txt").write_text("2027-01-15 10:00:00.000000 UTC", encoding="utf-8")
        (place / "submission_secret.txt").write_text(f"secret-{number}", encoding="utf-8")
    if stock:
        (folder / "nbgrader_config.py").unlink()
        config = f'c = get_config()\nc.CourseDirectory.root = "{folder}"\nc.CourseDirectory.course_id = "bench"\n'
        (folder / "nbgrader_config.py").write_text(config, encoding="utf-8")
    return course


class Meter:
    """Wall time of a command, and the largest memory of all its processes together."""

    def __init__(self, *command: str, folder: Path) -> None:
        environment = os.environ | {"PATH": f"{TOOLS}{os.pathsep}{os.environ['PATH']}", "PYTHONPATH": str(folder)}
        started = time.perf_counter()
        with tempfile.TemporaryFile() as log:
            process = subprocess.Popen(command, cwd=folder, env=environment, stdout=log, stderr=log)
            self.peak = 0
            watcher = threading.Thread(target=self._watch, args=(process.pid,), daemon=True)
            watcher.start()
            status = process.wait()
            self.seconds = time.perf_counter() - started
            watcher.join()
            log.seek(0)
            self.log = log.read().decode(errors="replace")
        if status not in {0, 1}:
            raise SystemExit(f"{' '.join(command)} ended with {status}:\n{self.log[-2000:]}")

    def _watch(self, pid: int) -> None:
        while psutil.pid_exists(pid):
            total = 0
            try:
                whole = psutil.Process(pid)
                if whole.status() == psutil.STATUS_ZOMBIE:
                    return
                for process in (whole, *whole.children(recursive=True)):
                    total += process.memory_full_info().pss
            except psutil.Error:
                pass
            self.peak = max(self.peak, total)
            time.sleep(0.2)


def cells_alone(course: Course, module, count: int) -> float:
    """Seconds a submission for its cells, in forks of one warm process."""
    with inside(course.root):
        jobs = [prepare_submission(course, module, f"student-{number:04d}").job for number in range(count)]
    with Runner(1, plots=False) as runner:
        options = RunOptions(library=ROOT, cell_timeout=30, timeout=300)
        notebooks = [[Cell(cell.id, cell.source, cell.kind == "test") for cell in job.cells] for job in jobs]
        runner.run(notebooks[0], options)
        return sum(runner.run(cells, options).seconds for cells in notebooks) / count


def row(what: str, count: int, meter: Meter, stock: float | None) -> float:
    each = meter.seconds / count
    ratio = "" if stock is None else f" {stock / each:.1f} x stock"
    print(f"{what:<46} {count:5d} submissions {each:7.3f} s each {meter.peak / 2**20:6.0f} MB{ratio}", flush=True)
    return each


def graded(folder: Path) -> int:
    return len(list(folder.glob("autograded/*/*/*.ipynb")))


def compare(module, stock: int, ours: int, place: Path) -> None:
    texts = submissions(module, ours)
    folder = place / "stock"
    lay_out(folder, module, texts[:stock], stock=True)
    base = row("stock nbgrader autograde", stock, Meter("nbgrader", "autograde", module.label, folder=folder), None)
    folder = place / "converter"
    lay_out(folder, module, texts[:stock], stock=False)
    row(
        "nbgrader autograde, our configuration",
        stock,
        Meter("nbgrader", "autograde", module.label, folder=folder),
        base,
    )
    assert graded(folder) == stock
    folder = place / "tito"
    course = lay_out(folder, module, texts, stock=False)
    row("tito grade", ours, Meter("tito", "grade", module.label, folder=folder), base)
    assert graded(folder) == ours
    row("tito grade again, nothing changed", ours, Meter("tito", "grade", module.label, folder=folder), base)
    alone = cells_alone(course, module, min(20, ours))
    print(f"{'cells alone, one warm process':<46} {min(20, ours):5d} submissions {alone:7.3f} s each")
    single(course, module, alone)


def single(course: Course, module, alone: float) -> None:
    """One submission from its file to its feedback page, in a process that is warm."""
    from tito.gradebook import feedback
    from tito.grading.notebook import write_result
    from tito.grading.store import Store
    from tito.grading.worker import GradingWorker

    name = "student-0001"
    times: dict[str, list[float]] = {"grading": [], "feedback": []}
    with inside(course.root), GradingWorker(course.grading) as worker, Store(course) as store:
        worker.start()
        for _ in range(6):
            begun = time.perf_counter()
            prepared = prepare_submission(course, module, name)
            found = worker.grade(prepared.job)
            store.record(found, write_result(prepared.notebook, found))
            store.commit()
            times["grading"].append(time.perf_counter() - begun)
            begun = time.perf_counter()
            feedback(course, module.label, name)
            times["feedback"].append(time.perf_counter() - begun)
    grading, page = (sorted(found[1:])[2] for found in times.values())
    print(f"{'one submission, warm, read to gradebook':<46} {grading:.3f} s, {grading / alone:.2f} x its cells alone")
    print(f"{'... to its feedback page handed out':<46} {grading + page:.3f} s")


def flat(module, sizes: list[int], place: Path) -> None:
    texts = submissions(module, max(sizes))
    for size in sizes:
        folder = place / f"flat-{size}"
        lay_out(folder, module, texts[:size], stock=False)
        row("tito grade", size, Meter("tito", "grade", module.label, folder=folder), None)
        shutil.rmtree(folder)


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--module", default="03")
    parser.add_argument("--stock", type=int, default=10, help="submissions for stock nbgrader")
    parser.add_argument("--ours", type=int, default=200)
    parser.add_argument("--flat", type=int, nargs="+", help="class sizes; only `tito grade` is run")
    given = parser.parse_args()
    module = find_module(given.module)
    print(machine(), flush=True)
    build(ROOT)
    with tempfile.TemporaryDirectory(prefix="bench-grading-") as name:
        if given.flat:
            flat(module, given.flat, Path(name))
        else:
            compare(module, given.stock, given.ours, Path(name))
    return 0


if __name__ == "__main__":
    sys.exit(main())
