"""On submit: the visible tests of what was just handed in, as early feedback in the exchange. Never a grade.

The exchange is the queue and the record at once: what waits is what has no feedback there. So the service can be
killed at any point and goes on from there, and may do the same twice.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from concurrent.futures import FIRST_COMPLETED, Future, wait
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from hub.grading.desk import Desk
from hub.grading.inbox import Inbox, Submission
from hub.grading.metrics import ANSWER_SECONDS, JOB_SECONDS, RUN, RUNNING, WAITING
from hub.grading.records import Attempts, Summaries, Summary
from hub.grading.rooms import Rooms
from hub.grading.turns import next_turns
from tito.course import Course
from tito.errors import BrokerError, HandInError, TitoError
from tito.exchange.client import Client
from tito.feedback.build import build_early_page, unchecked_page
from tito.feedback.page import render
from tito.feedback.view import Page
from tito.grading.batch import Prepared
from tito.grading.notebook import write_result
from tito.grading.result import GradedSubmission

__all__ = ["Checker"]

LOG = logging.getLogger("grading")

EVERY = 1.0
"""Seconds between two looks."""

SWITCHED_OFF = 5.0
"""The same while course.toml does not ask for it."""

MOST_ATTEMPTS = 3


@dataclass(frozen=True)
class Running:
    """A submission whose tests run."""

    submission: Submission
    prepared: Prepared
    pool: int
    """In which pool: how many were dropped before it."""
    since: float = field(default_factory=time.monotonic)


class Checker:
    """Runs the visible tests of each student's newest submission, a few at a time."""

    def __init__(
        self,
        root: Path,
        data: Path,
        client: Client,
        rooms: Rooms,
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self.root, self.client, self.rooms, self.clock = root, client, rooms, clock
        self.inbox = Inbox(client)
        self.desk = Desk(data / "desk", client)
        self.attempts = Attempts(data / "attempts.json")
        self.summaries = Summaries(data / "summaries")
        self._answered: set[str] = set()
        self._began: dict[str, datetime] = {}
        self._running: dict[Future[GradedSubmission], Running] = {}
        self._ready: dict[str, tuple[Submission, Page]] = {}
        RUNNING.set_function(lambda: len(self._running))

    def look(self) -> float:
        """Begin what has its turn, pass on what has come out; gives the seconds until the next look.

        Raises:
            TitoError: the exchange or the exam room does not answer; nothing is lost.
        """
        course = Course.load(self.root)
        if not course.grading.on_submit:
            WAITING.set(0)
            return SWITCHED_OFF
        try:
            return self._look(course)
        except BrokerError:
            self.rooms.drop()
            raise

    def _look(self, course: Course) -> float:
        self.rooms.lend(course)  # warm, before anybody waits for it
        self._deliver()
        self.inbox.refresh()
        turns = self._turns(course)
        while turns and len(self._running) < self.rooms.at_once:
            self._begin(course, turns.pop(0))
        WAITING.set(len(turns))
        self._running = {future: it for future, it in self._running.items() if it.pool == self.rooms.dropped}
        if self._running:
            wait(self._running, timeout=EVERY / 2, return_when=FIRST_COMPLETED)
        for future in [future for future in self._running if future.done()]:
            self._end(self._running.pop(future), future)
        self._deliver()
        return 0.0 if self._running else EVERY

    def _turns(self, course: Course) -> list[Submission]:
        busy = {running.submission.number for running in self._running.values()}
        apart = timedelta(seconds=course.grading.on_submit_seconds)
        done = self._answered | busy | self._ready.keys()
        return next_turns(self.inbox.submissions, done, self._began, self.clock(), apart)

    def _begin(self, course: Course, submission: Submission) -> None:
        self._began[submission.student] = self.clock()
        if self.attempts.begin(submission.number) >= MOST_ATTEMPTS:
            reason = f"It was tried {MOST_ATTEMPTS} times and did not come to an end. It is graded all the same."
            self._put_by(submission, _unchecked(submission, reason))
            return
        try:
            self.desk.fetch(submission, self.inbox)
            prepared = self.desk.prepare(course, submission, self.clock())
        except HandInError as error:  # the exchange's trouble: again at this student's next turn
            self._failed(submission, error)
            return
        except TitoError as error:
            self._put_by(submission, _unchecked(submission, self.desk.told(error, submission)))
            return
        self._running[self.rooms.lend(course).submit(prepared.job)] = Running(submission, prepared, self.rooms.dropped)

    def _end(self, running: Running, future: Future[GradedSubmission]) -> None:
        submission = running.submission
        try:
            graded = future.result()
        except BrokerError:
            self.attempts.end(submission.number)  # says nothing about the submission
            raise
        except TitoError as error:  # the room's trouble, as it seems: tried again at this student's next turn
            self._failed(submission, error)
            return
        JOB_SECONDS.observe(time.monotonic() - running.since)
        notebook = write_result(running.prepared.notebook, graded)
        page = build_early_page(notebook, submission.module.label, submission.student)
        self._put_by(submission, page)

    def _failed(self, submission: Submission, error: TitoError) -> None:
        RUN.labels("failed").inc()
        LOG.warning("not run", extra=_about(submission) | {"reason": str(error)})

    def _put_by(self, submission: Submission, page: Page) -> None:
        RUN.labels("run" if page.tests else "not run").inc()
        self.summaries.note(submission.student, submission.number, Summary(page.passed, len(page.tests)))
        self._ready[submission.number] = submission, page

    def _deliver(self) -> None:
        """Give what is ready to the exchange; what it does not take now it is given at the next look."""
        for number, (submission, page) in list(self._ready.items()):
            contents = {f"{submission.module.label}.html": render(page).encode()}
            self.client.give_feedback(number, contents, early=True)
            del self._ready[number]
            self._answered.add(number)
            self.attempts.end(number)
            seconds = (self.clock() - submission.received).total_seconds()
            ANSWER_SECONDS.observe(seconds)
            result = {"passed": page.passed, "tests": len(page.tests), "seconds": round(seconds, 1)}
            LOG.info("visible tests run", extra=_about(submission) | (result if page.tests else {"reason": page.note}))


def _unchecked(submission: Submission, reason: str) -> Page:
    stamp = f"{submission.received:%Y-%m-%d %H:%M:%S.%f} UTC"
    return unchecked_page(submission.module.label, submission.student, stamp, reason)


def _about(submission: Submission) -> dict[str, Any]:
    return {
        "assignment": submission.module.label,
        "student": submission.student,
        "submission": submission.number,
    }
