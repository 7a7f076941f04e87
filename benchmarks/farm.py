"""Throughput of the grading farm with 1, 2 and 4 workers, all on this machine: Redis, PostgreSQL, workers, coordinator.

Each round grades the same class anew, from reading the submissions to rows in the gradebook. The submissions are right
solutions of a real module, each with a line of its own.

    .venv/bin/python benchmarks/farm.py [--module 03] [--students 60] [--workers 1 2 4]

Exits 1 when a score is not full.
"""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT))

from tests.farm.services import Postgres, Program, Redis, end_all  # noqa: E402  found by the line above
from tito import gradebook  # noqa: E402
from tito.addresses import BROKER  # noqa: E402
from tito.course import Course  # noqa: E402
from tito.farm.pool import FarmPool  # noqa: E402
from tito.grading.batch import Outcome, grade_class  # noqa: E402
from tito.library import build_reference  # noqa: E402
from tito.modules import Module, find_module  # noqa: E402
from tito.notebooks import build, notebook_text  # noqa: E402
from tito.percent import read_source, source_path  # noqa: E402
from tito.workspace import lay_out_course  # noqa: E402


@dataclass
class Services:
    """What runs for the whole measurement."""

    folder: Path
    redis: Redis
    postgres: Postgres


@contextmanager
def services() -> Iterator[Services]:
    with tempfile.TemporaryDirectory(prefix="tito-farm-") as name:
        folder = Path(name)
        found = Services(folder, Redis(folder / "redis"), Postgres())
        try:
            found.redis.start()
            found.postgres.start()
            yield found
        finally:
            found.redis.stop()
            found.postgres.stop()


def make_course(found: Services, module: Module, students: int) -> Course:
    """The checkout's course with a class that has handed in `module`."""
    settings = (
        f'[course]\nid = "farm"\n[database]\nurl = "{found.postgres.url}"\n[farm]\nbroker = "{found.redis.url}"\n'
    )
    build(ROOT)
    build_reference(ROOT)
    course = Course.load(lay_out_course(found.folder / "course", ROOT, course_file=settings))
    gradebook.generate(course, module.label)
    text = notebook_text(read_source(source_path(course.root, module.label)))
    for number in range(students):
        folder = course.root / "submitted" / f"student-{number:03}" / module.label
        folder.mkdir(parents=True)
        own = text.replace("### BEGIN SOLUTION", f"### BEGIN SOLUTION {number}", 1)
        (folder / f"{module.label}.ipynb").write_text(own, encoding="utf-8")
    return course


def grade(course: Course, module: Module, students: list[str], broker: str) -> tuple[float, list[Outcome]]:
    """Seconds from the first submission read to the last row written."""
    started = time.perf_counter()
    with gradebook.inside(course.root):
        pool = FarmPool(course.id, module.label, broker, fresh=True)
        outcomes = grade_class(course, module, students, force=True, pool=pool)
    return time.perf_counter() - started, outcomes


def measure(found: Services, course: Course, module: Module, students: list[str], workers: int) -> bool:
    """One line of the table; False when a score was not full."""
    tito, environment = str(Path(sys.executable).with_name("tito")), {BROKER: found.redis.url}
    programs = [
        Program(
            found.folder, f"worker-{workers}-{at}", [tito, "worker", "--processes", "1"], found.folder, **environment
        )
        for at in range(workers)
    ]
    try:
        grade(course, module, students[: 4 * workers], found.redis.url)  # starts the grading processes
        load = os.getloadavg()[0]
        seconds, outcomes = grade(course, module, students, found.redis.url)
    finally:
        end_all(programs)
    full = all(outcome.graded is not None and outcome.graded.earned == 100 for outcome in outcomes)
    rooms = {outcome.graded.backend for outcome in outcomes if outcome.graded}
    print(
        f"{workers} workers: {len(students)} submissions in {seconds:.1f} s, {len(students) / seconds:.2f}/s, "
        f"{'/'.join(sorted(rooms))} rooms, load {load:.1f}{'' if full else ', NOT ALL FULL SCORES'}",
        flush=True,
    )
    return full


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--module", default="03")
    parser.add_argument("--students", type=int, default=60)
    parser.add_argument("--workers", type=int, nargs="+", default=[1, 2, 4])
    arguments = parser.parse_args()
    module = find_module(arguments.module)
    with services() as found:
        course = make_course(found, module, arguments.students)
        students = sorted(path.parent.name for path in course.root.glob(f"submitted/*/{module.label}"))
        full = [measure(found, course, module, students, workers) for workers in arguments.workers]
    sys.exit(0 if all(full) else 1)


if __name__ == "__main__":
    main()
