"""`tito grade`: a whole class through a few grading processes, one writer, nothing twice."""

from __future__ import annotations

import copy
import logging
import queue
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from dataclasses import dataclass, replace
from functools import lru_cache, partial
from pathlib import Path
from time import perf_counter
from typing import TYPE_CHECKING, Any, Protocol, Self

from tito.addresses import database_url, shown
from tito.course import Course
from tito.errors import BrokerError, TitoError, ToolError
from tito.grading.grade import with_failing_tests
from tito.grading.job import GradingJob
from tito.grading.notebook import write_result
from tito.grading.policy import GradingPolicy, processors
from tito.grading.prepare import failing_tests, prepare_job
from tito.grading.result import GradedSubmission
from tito.grading.reuse import kept_of
from tito.grading.store import Store, stored_result
from tito.grading.worker import GradingWorker
from tito.modules import Module
from tito.percent import source_path

if TYPE_CHECKING:
    from nbformat import NotebookNode

__all__ = ["LocalPool", "Outcome", "Pool", "Prepared", "grade_class", "prepare_submission", "report_line"]

_log = logging.getLogger("tito.grading")

NOTEBOOKS_AT_ONCE = 3
"""Submissions that are prepared ahead, for each grading process."""


@dataclass(frozen=True)
class Prepared:
    """A submission read and ready: what to grade, and the notebook that will carry the result."""

    job: GradingJob
    notebook: NotebookNode


@dataclass(frozen=True)
class Outcome:
    """What became of one student's submission.

    `state` is `graded`, `current` (graded before, and nothing that decides it has changed) or `ungraded`.
    """

    student: str
    state: str
    graded: GradedSubmission | None = None
    before: GradedSubmission | None = None
    """The result that stood there."""
    reason: str = ""
    seconds: float = 0.0

    @property
    def change(self) -> tuple[float, float] | None:
        """Points before and after, where a score has changed."""
        if self.before is None or self.graded is None or self.before.earned == self.graded.earned:
            return None
        return self.before.earned, self.graded.earned


def prepare_submission(course: Course, module: Module, student: str) -> Prepared:
    """Read a submission as data and make its job.

    Raises:
        TitoError: it cannot be graded, and why.
    """
    from tito.nbgrader_plugins.guard import check_submission
    from tito.submission import assemble, read_submission

    folder = course.root / "submitted" / student / module.label
    check_submission(folder, module.label)
    assembled = assemble(_skeleton(course, module), read_submission(folder / f"{module.label}.ipynb"))
    from tito.nbgrader_plugins.submissions import with_notes

    notebook = with_notes(assembled.notebook, assembled.findings)
    job = prepare_job(course, module, student, notebook, assembled.findings)
    return Prepared(job, notebook)


def grade_class(
    course: Course,
    module: Module,
    students: Sequence[str],
    *,
    force: bool = False,
    on_outcome: Callable[[Outcome], None] = lambda _: None,
    pool: Pool | None = None,
) -> list[Outcome]:
    """Grade the submissions of `students`; outcomes are told as they come and given in the students' order.

    `pool` grades them; without it, a few processes of this machine. A submission whose grade is up to date is left
    alone unless `force`. What cannot be graded stops nobody else. Interrupted at any moment, it goes on where it
    stopped when it is called again.

    Raises:
        ToolError: the gradebook's database went away.
    """
    from sqlalchemy.exc import InterfaceError, OperationalError, PendingRollbackError

    from tito.nbgrader_plugins.skeleton import check_generated

    outcomes: dict[str, Outcome] = {}

    def tell(outcome: Outcome) -> None:
        outcomes[outcome.student] = outcome
        _tell_log(module, outcome)
        on_outcome(outcome)

    try:
        with Store(course) as store, pool or LocalPool(course.grading) as workers:
            check_generated(course, module.label, store.db_url)
            for outcome in _graded(_Class(course, module, store, workers, force), students):
                tell(outcome)
    except (InterfaceError, OperationalError, PendingRollbackError) as error:
        first = error.__context__ if isinstance(error, PendingRollbackError) else error
        where, reason = shown(database_url(course)), " ".join(str(getattr(first, "orig", first)).split())
        raise ToolError(
            f"{where} does not answer ({reason}); see that it runs and grade again, it goes on where it stopped (what "
            "was committed is kept)"
        ) from None
    return [outcomes[student] for student in students]


@dataclass(frozen=True)
class _Class:
    course: Course
    module: Module
    store: Store
    pool: Pool
    force: bool


def _graded(this: _Class, students: Sequence[str]) -> Iterator[Outcome]:
    """Keep the pool busy and write what comes out of it."""
    running: dict[Future[GradedSubmission], tuple[Prepared, GradedSubmission | None, float]] = {}
    for student in students:
        before = stored_result(this.course, this.module.label, student)
        try:
            prepared = prepare_submission(this.course, this.module, student)
        except TitoError as error:
            yield _ungraded(this, student, before, error)
            continue
        if before is not None and not this.force and _is_current(before, prepared.job):
            yield Outcome(student, "current", before, before)
            continue
        job = prepared.job
        if not this.force:
            job = replace(job, kept=kept_of(before, job.keys, job.cells, job.reference_key))
        running[this.pool.submit(job)] = (prepared, before, perf_counter())
        if len(running) >= this.pool.room:
            yield from _finished(this, running)
    while running:
        yield from _finished(this, running)


def _finished(
    this: _Class, running: dict[Future[GradedSubmission], tuple[Prepared, GradedSubmission | None, float]]
) -> Iterator[Outcome]:
    if not any(future.done() for future in running):
        this.store.commit()  # a batch is what came meanwhile: nobody waits for rows that we hold
    for future in wait(running, return_when=FIRST_COMPLETED).done:
        prepared, before, started = running.pop(future)
        student = prepared.job.student
        try:
            graded = with_failing_tests(future.result(), partial(failing_tests, this.course, student))
            writing = perf_counter()
            notebook = write_result(prepared.notebook, graded)
            this.store.record(graded, notebook)
            graded = replace(graded, timings={**graded.timings, "write": perf_counter() - writing})
        except BrokerError:
            raise  # says nothing about the submission
        except TitoError as error:
            if before is not None and before.key == prepared.job.key:
                yield Outcome(student, "ungraded", None, before, f"{error}; its grade from before stands")
            else:
                yield _ungraded(this, student, before, error)
        else:
            yield Outcome(student, "graded", graded, before, seconds=perf_counter() - started)


def _ungraded(this: _Class, student: str, before: GradedSubmission | None, error: TitoError) -> Outcome:
    this.store.forget(this.module.label, student)
    return Outcome(student, "ungraded", None, before, str(error))


def _is_current(before: GradedSubmission, job: GradingJob) -> bool:
    return before.key == job.key and before.attempt == job.attempt and before.reference in ("", job.reference_key)


class Pool(Protocol):
    """Where jobs are graded: here, or on other machines (`tito.farm.pool`)."""

    room: int
    """Jobs that it takes at a time."""

    def submit(self, job: GradingJob) -> Future[GradedSubmission]:
        """Have `job` graded; the future raises a TitoError when it could not be."""

    def __enter__(self) -> Self: ...

    def __exit__(self, *_: object) -> None: ...


class LocalPool:
    """Threads with a grading process each, on this machine."""

    def __init__(self, policy: GradingPolicy) -> None:
        count = policy.workers or processors()
        self.processes = count
        self.room = count * NOTEBOOKS_AT_ONCE
        self._workers = [GradingWorker(policy) for _ in range(count)]
        self._idle: queue.SimpleQueue[GradingWorker] = queue.SimpleQueue()
        for worker in self._workers:
            self._idle.put(worker)
        self._threads = ThreadPoolExecutor(count, thread_name_prefix="tito-grading")

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._threads.shutdown(wait=False, cancel_futures=True)
        for worker in self._workers:
            worker.close()

    def warm_up(self) -> str:
        """Start every process before there is anything to grade; gives the kind of room.

        Raises:
            ToolError: no exam room works here.
        """
        for worker in self._workers:
            worker.start()
        return self._workers[0].backend

    def submit(self, job: GradingJob) -> Future[GradedSubmission]:
        """Grade `job` when a process is free.

        Raises:
            ToolError: no exam room works here, which says nothing about anybody's submission.
        """
        if not self._workers[0].backend:
            self._workers[0].start()
        return self._threads.submit(self._grade, job)

    def _grade(self, job: GradingJob) -> GradedSubmission:
        worker = self._idle.get()
        try:
            return worker.grade(job)
        finally:
            self._idle.put(worker)


def _skeleton(course: Course, module: Module) -> NotebookNode:
    """The released notebook as nbgrader's gradebook has it: its checksums and points in every cell's metadata."""
    path = source_path(course.root, module.label)
    return copy.deepcopy(_as_generated(course.root, module.label, path.stat().st_mtime_ns if path.is_file() else 0))


@lru_cache(maxsize=32)
def _as_generated(root: Path, label: str, _version: int) -> NotebookNode:
    from nbgrader.preprocessors import OverwriteCells, OverwriteKernelspec

    from tito.gradebook import nbgrader_api
    from tito.nbgrader_plugins.skeleton import course_skeleton

    course = Course.load(root)
    names = {"notebook": label, "assignment": label, "db_url": nbgrader_api(course).coursedir.db_url}
    notebook = course_skeleton(course, label)
    for preprocessor in (OverwriteKernelspec(), OverwriteCells()):
        notebook, _ = preprocessor.preprocess(notebook, {"nbgrader": names})
    return notebook


def _tell_log(module: Module, outcome: Outcome) -> None:
    graded = outcome.graded
    attempt = graded.attempt if graded else ""
    result = f"{graded.earned:g} of {graded.points:g}" if graded else outcome.reason
    room = f" in a {graded.backend} room" if graded and graded.backend else ""
    kept = f", {len(graded.kept)} tests kept" if graded and graded.kept else ""
    _log.info(
        "module=%s student=%s attempt=%r %s: %s%s%s (%.2f s)",
        *(module.label, outcome.student, attempt, outcome.state, result, room, kept, outcome.seconds),
    )


def report_line(outcome: Outcome, module: Module) -> dict[str, Any]:
    """One line of the machine-readable report."""
    found: dict[str, Any] = {"module": module.label, "student": outcome.student, "state": outcome.state}
    if outcome.reason:
        found["reason"] = outcome.reason
    if outcome.graded is not None:
        found |= {"earned": outcome.graded.earned, "points": outcome.graded.points, **outcome.graded.as_json()}
    if outcome.change is not None:
        found["before"] = outcome.change[0]
    return found
