"""At the deadline: what is due is collected and graded fully, once, also after downtime.

`deadlines.json` in the course folder says which submission of whom has its grade. It is written after the gradebook,
so a service that is killed in between grades again, finds every grade current and notes it then.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from hub.grading.due import due_by
from hub.grading.inbox import Inbox, Submission
from hub.grading.metrics import DUE, DUE_DONE, DUE_SECONDS, FAILING, FINISHED
from hub.grading.records import read_json, write_json
from hub.grading.rooms import Rooms
from tito import gradebook
from tito.backup.places import DEADLINES
from tito.course import Course
from tito.errors import BrokerError, HandInError, TitoError
from tito.exchange.client import Client
from tito.grading.batch import grade_class
from tito.modules import Module

__all__ = ["Deadlines"]

LOG = logging.getLogger("grading")

EVERY = 15.0
"""Seconds between two looks: so long may it take until a changed course.toml is noticed."""

AT_ONCE = 40
"""Students whose grades are made permanent and noted together."""

FEEDBACK = "feedback "
"""Begins the name of what could not be released."""

LEAST_PATIENCE, LONGEST_PATIENCE = timedelta(minutes=1), timedelta(hours=1)
"""What cannot be graded is tried again after a minute, then after twice that and so on, up to an hour."""


class Deadlines:
    """Grades each student's work once their time for it is over."""

    def __init__(
        self,
        root: Path,
        client: Client,
        rooms: Rooms,
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
        failing: dict[str, str] | None = None,
    ) -> None:
        self.root, self.client, self.rooms, self.clock = root, client, rooms, clock
        self.inbox = Inbox(client)
        self.failing = {} if failing is None else failing
        """Why what is due has no grade, by submission, or its feedback is not out."""
        self._again: dict[str, tuple[datetime, timedelta]] = {}
        FAILING.set_function(lambda: len(self.failing))

    def look(self) -> float:
        """Grade what is due; gives the seconds until the next look.

        Raises:
            TitoError: the exchange, the journal or the farm cannot be used; nothing is lost.
        """
        course = Course.load(self.root)
        if not course.grading.at_deadline:
            DUE.set(0)
            return EVERY
        self.inbox.refresh()
        journal = self._journal()
        due = {
            module: [work for work in works if _graded(journal, work).get("submission") != work.number]
            for module, works in due_by(course, self.inbox.submissions, self.clock()).items()
        }
        self._forget_replaced(due)
        DUE.set(sum(map(len, due.values())))
        FINISHED.set(_finished(journal))
        for module, works in due.items():
            for some in _batches([work for work in works if self._may_try(work.number)]):
                with DUE_SECONDS.time():
                    self._grade(course, module, some)
        if course.grading.release_feedback:
            self._release(course)
        return EVERY

    def _forget_replaced(self, due: Mapping[Module, Sequence[Submission]]) -> None:
        """What a newer hand-in took the place of is nobody's trouble any more."""
        waiting = {work.number for works in due.values() for work in works}
        for key in [key for key in self.failing if key not in waiting and not key.startswith(FEEDBACK)]:
            self._forget(key)

    def _journal(self) -> dict[str, dict[str, Any]]:
        """By assignment and student: which submission has its grade, since when, and what is with the feedback."""
        return read_json(self.root / DEADLINES)

    def _grade(self, course: Course, module: Module, works: Sequence[Submission]) -> None:
        LOG.info("due", extra={"assignment": module.label, "students": len(works)})
        there = self._collect(course, module, works)
        try:
            with gradebook.inside(course.root):
                outcomes = grade_class(course, module, list(there), pool=self.rooms.lend(course))
        except BrokerError:
            self.rooms.drop()
            raise
        except TitoError as error:  # the module's trouble, or the machine's: other modules are not kept back
            for work in there.values():
                self._put_off(work.number, str(error), _about(work))
            return
        self._note(course, [there[outcome.student] for outcome in outcomes if outcome.state != "ungraded"])
        for outcome in outcomes:
            work = there[outcome.student]
            if outcome.state == "ungraded":
                self._put_off(work.number, outcome.reason, _about(work))
                continue
            DUE_DONE.labels(outcome.state).inc()
            if outcome.graded is not None:
                points = {"earned": outcome.graded.earned, "points": outcome.graded.points}
                LOG.info(outcome.state, extra=_about(work) | points)

    def _collect(self, course: Course, module: Module, works: Sequence[Submission]) -> dict[str, Submission]:
        """Bring those submissions into `submitted/`; gives those that are there, by student."""
        rows = {row["submission"]: row for row in self.client.submissions(module.label, everyone=True)}
        there = {}
        with gradebook.inside(course.root):
            collector = gradebook.collector(course)
            for work in works:
                try:
                    collector.collect(work.student, rows[work.number])
                except HandInError as error:
                    self._put_off(work.number, str(error), _about(work))
                else:
                    there[work.student] = work
        return there

    def _note(self, course: Course, works: Sequence[Submission]) -> None:
        journal = self._journal()
        feedback = "due" if course.grading.release_feedback else "staff"
        for work in works:
            self._forget(work.number)
            entry = {"submission": work.number, "at": self.clock().isoformat(timespec="seconds"), "feedback": feedback}
            journal.setdefault(work.module.label, {})[work.student] = entry
        write_json(self.root / DEADLINES, journal)
        DUE.dec(len(works))
        FINISHED.set(_finished(journal))

    def _release(self, course: Course) -> None:
        """Release the feedback on what was graded while course.toml asked for it."""
        journal = self._journal()
        waiting = [(label, who) for label, noted in journal.items() for who in noted if noted[who]["feedback"] == "due"]
        for label, student in waiting:
            key, about = f"{FEEDBACK}{label} {student}", {"assignment": label, "student": student}
            if not self._may_try(key):
                continue
            try:
                gradebook.feedback(course, label, student)
            except TitoError as error:
                self._put_off(key, str(error), about)
                continue
            self._forget(key)
            journal[label][student]["feedback"] = "released"
            write_json(self.root / DEADLINES, journal)
            LOG.info("feedback released", extra=about)

    def _may_try(self, key: str) -> bool:
        return key not in self._again or self._again[key][0] <= self.clock()

    def _put_off(self, key: str, reason: str, about: dict[str, Any]) -> None:
        """Try it again later, and later still each time."""
        _, patience = self._again.get(key, (None, LEAST_PATIENCE / 2))
        patience = min(2 * patience, LONGEST_PATIENCE)
        again = self.clock() + patience
        self._again[key], self.failing[key] = (again, patience), reason
        DUE_DONE.labels("put off").inc()
        LOG.error("put off", extra=about | {"reason": reason, "again": again.isoformat(timespec="seconds")})

    def _forget(self, key: str) -> None:
        self._again.pop(key, None)
        self.failing.pop(key, None)


def _batches(works: Sequence[Submission]) -> Iterator[Sequence[Submission]]:
    return (works[start : start + AT_ONCE] for start in range(0, len(works), AT_ONCE))


def _graded(journal: Mapping[str, Any], work: Submission) -> Mapping[str, Any]:
    """What the journal says of this student's work on this module."""
    found: Mapping[str, Any] = journal.get(work.module.label, {}).get(work.student, {})
    return found


def _finished(journal: Mapping[str, Any]) -> float:
    """When a grade was last noted; 0 where there is none."""
    moments = (entry["at"] for noted in journal.values() for entry in noted.values())
    return max((datetime.fromisoformat(moment).timestamp() for moment in moments), default=0.0)


def _about(work: Submission) -> dict[str, Any]:
    return {"assignment": work.module.label, "student": work.student, "submission": work.number}
