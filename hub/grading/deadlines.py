"""At the deadline: what is due is collected and graded fully, once, also after downtime.

`deadlines.json` in the course folder says which submission of whom has its grade. It is written after the gradebook,
so a service that is killed in between grades again, finds every grade current and notes it then.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from hub.grading.due import due_by
from hub.grading.inbox import Inbox, Submission
from hub.grading.records import read_json, write_json
from hub.grading.rooms import Rooms
from tito import gradebook
from tito.course import Course
from tito.errors import BrokerError, HandInError
from tito.exchange.client import Client
from tito.grading.batch import grade_class
from tito.modules import Module

__all__ = ["JOURNAL", "Deadlines"]

LOG = logging.getLogger("grading")

EVERY = 15.0
"""Seconds between two looks: so long may it take until a changed course.toml is noticed."""

AT_ONCE = 40
"""Students whose grades are made permanent and noted together."""

LEAST_PATIENCE, LONGEST_PATIENCE = timedelta(minutes=1), timedelta(hours=1)
"""What cannot be graded is tried again after a minute, then after twice that and so on, up to an hour."""

JOURNAL = "deadlines.json"


class Deadlines:
    """Grades each student's work once their time for it is over."""

    def __init__(
        self, root: Path, client: Client, rooms: Rooms, clock: Callable[[], datetime] = lambda: datetime.now(UTC)
    ) -> None:
        self.root, self.client, self.rooms, self.clock = root, client, rooms, clock
        self.inbox = Inbox(client)
        self.failing: dict[str, str] = {}
        """Why what is due has no grade, by submission."""
        self._again: dict[str, tuple[datetime, timedelta]] = {}

    def look(self) -> float:
        """Grade what is due; gives the seconds until the next look.

        Raises:
            TitoError: the exchange, the gradebook or the exam room cannot be used; nothing is lost.
        """
        course = Course.load(self.root)
        if not course.grading.at_deadline:
            return EVERY
        self.inbox.refresh()
        for module, works in due_by(course, self.inbox.submissions, self.clock()).items():
            for some in _batches([work for work in works if self._is_open(work)]):
                self._grade(course, module, some)
            self._release(course, module)
        return EVERY

    def _is_open(self, work: Submission) -> bool:
        again, _ = self._again.get(work.number, (self.clock(), None))
        return self._noted(work).get("submission") != work.number and again <= self.clock()

    def _noted(self, work: Submission) -> dict[str, Any]:
        found = read_json(self.root / JOURNAL).get(work.module.label, {}).get(work.student, {})
        return found if isinstance(found, dict) else {}

    def _grade(self, course: Course, module: Module, works: Sequence[Submission]) -> None:
        LOG.info("due", extra={"assignment": module.label, "students": len(works)})
        there = self._collect(course, module, works)
        try:
            with gradebook.inside(course.root):
                outcomes = grade_class(course, module, list(there), pool=self.rooms.lend(course))
        except BrokerError:
            self.rooms.drop()
            raise
        graded = {outcome.student for outcome in outcomes if outcome.state != "ungraded"}
        self._note(course, [there[student] for student in graded])
        for outcome in outcomes:
            if outcome.state == "ungraded":
                self._put_off(there[outcome.student], outcome.reason)
            elif outcome.graded is not None:
                points = {"earned": outcome.graded.earned, "points": outcome.graded.points}
                LOG.info(outcome.state, extra=_about(there[outcome.student]) | points)

    def _collect(self, course: Course, module: Module, works: Sequence[Submission]) -> dict[str, Submission]:
        """Bring those submissions into `submitted/`; gives those that are there, by student."""
        rows = {row["submission"]: row for row in self.client.submissions(module.label, everyone=True)}
        there = {}
        with gradebook.inside(course.root):
            collect = gradebook.collector(course)
            for work in works:
                try:
                    collect.collect(work.student, rows[work.number])
                except HandInError as error:
                    self._put_off(work, str(error))
                else:
                    there[work.student] = work
        return there

    def _note(self, course: Course, works: Sequence[Submission]) -> None:
        journal = read_json(self.root / JOURNAL)
        feedback = "due" if course.grading.release_feedback else "staff"
        for work in works:
            self._again.pop(work.number, None)
            self.failing.pop(work.number, None)
            entry = {"submission": work.number, "at": self.clock().isoformat(timespec="seconds"), "feedback": feedback}
            journal.setdefault(work.module.label, {})[work.student] = entry
        write_json(self.root / JOURNAL, journal)

    def _put_off(self, work: Submission, reason: str) -> None:
        _, patience = self._again.get(work.number, (None, LEAST_PATIENCE / 2))
        patience = min(2 * patience, LONGEST_PATIENCE)
        again = self.clock() + patience
        self._again[work.number], self.failing[work.number] = (again, patience), reason
        told = {"reason": reason, "again": again.isoformat(timespec="seconds")}
        LOG.error("not graded", extra=_about(work) | told)

    def _release(self, course: Course, module: Module) -> None:
        """Release the feedback on what was graded while course.toml asked for it."""
        journal = read_json(self.root / JOURNAL)
        for student, entry in sorted(journal.get(module.label, {}).items()):
            if entry.get("feedback") == "due" and course.grading.release_feedback:
                gradebook.feedback(course, module.label, student)
                entry["feedback"] = "released"
                write_json(self.root / JOURNAL, journal)
                LOG.info("feedback released", extra={"assignment": module.label, "student": student})


def _batches(works: Sequence[Submission]) -> Iterator[Sequence[Submission]]:
    return (works[start : start + AT_ONCE] for start in range(0, len(works), AT_ONCE))


def _about(work: Submission) -> dict[str, Any]:
    return {"assignment": work.module.label, "student": work.student, "submission": work.number}
