"""The service's pages: a student's own submissions with what came of them; for staff, those of their students."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

from tornado.web import HTTPError

from hub.grading.inbox import Submission, by_work, read_rows
from hub.grading.records import Summaries, Summary
from hub.grading.turns import is_fresh
from hub.web.base import Answer, Data, Page
from hub.web.moments import local
from tito.course import Course
from tito.errors import HandInError
from tito.exchange.client import Client
from tito.feedback.page import policy, style

__all__ = ["PAGES", "Line", "lines"]


STANDS_STILL = "its visible tests cannot run now; they run by themselves as soon as they can, your hand-in is kept"


@dataclass(frozen=True)
class Line:
    """One submission in the list."""

    student: str
    module: str
    submission: str
    received: str
    state: str
    """`waiting`, `run`, `not run`, `replaced` (by a newer one) or `feedback`."""
    says: str
    page: bool
    """Is there a page about it?"""


def lines(
    submissions: Iterable[Submission],
    summaries: Summaries,
    course: Course,
    now: datetime,
    stands_still: bool = False,
) -> list[Line]:
    """A line a submission, in the order of modules, the newest first.

    `stands_still`: nothing is run at the moment, and why is for staff to read.
    """
    found = []
    for (student, module), works in sorted(by_work(submissions).items(), key=lambda item: (item[0][1], item[0][0])):
        known = summaries.of(student)
        for work in reversed(works):
            state, says = _state(work, work is works[-1], course, now)
            if state == "run" and work.number in known:
                says = _says(known[work.number])
            if state == "waiting" and stands_still:
                says = STANDS_STILL
            received = local(work.received, course.timezone)
            found.append(Line(student, module.label, work.number, received, state, says, work.answered))
    return found


def _says(summary: Summary) -> str:
    if not summary.tests:
        return "its visible tests could not be run"
    return f"{summary.passed} of {summary.tests} visible tests pass"


def _state(work: Submission, newest: bool, course: Course, now: datetime) -> tuple[str, str]:
    if work.answered and not work.early:
        return "feedback", "feedback on your grade"
    if work.early:
        return "run", "visible tests only"
    if not newest:
        return "replaced", "you handed in again before it was run"
    if not course.grading.on_submit:
        return "not run", "handed in"
    if not is_fresh(work, now):
        return "not run", "not run at the time; submit again to have its visible tests run"
    return "waiting", "its visible tests run in a moment"


class List(Page):
    """Submissions with what came of them."""

    async def get(self) -> None:
        found = await self.lines()
        waiting = any(line.state == "waiting" for line in found)
        template = "results_staff" if self.viewer.staff else "results"
        problems = self.site.more["problems"]() if self.viewer.staff else []
        on_submit = self.course.grading.on_submit
        self.show(template, lines=found, waiting=waiting, on_submit=on_submit, problems=problems)

    async def lines(self) -> list[Line]:
        """Those of everybody whose work the viewer may look at."""
        self.course = Course.load(self.site.course)
        client: Client = self.site.more["client"]
        mine = "" if self.viewer.staff else self.viewer.name
        rows = await asyncio.to_thread(client.submissions, "", mine, self.viewer.staff)
        seen = [found for found in read_rows(rows) if self.viewer.may_see(found.student)]
        if self.viewer.staff:
            seen = [works[-1] for works in by_work(seen).values()]
        more = self.site.more
        return lines(seen, more["summaries"], self.course, more["clock"](), more["stands_still"]())


class ListData(Data, List):
    """The same as JSON."""

    async def get(self) -> None:
        self.show_data([asdict(line) for line in await self.lines()])


class Result(Page):
    """What came of one submission: the very page that "Fetch feedback" brings into JupyterLab."""

    async def get(self, number: str) -> None:
        client: Client = self.site.more["client"]
        label, text = await asyncio.to_thread(self._page, client, number)
        self.set_header("Content-Security-Policy", f"{policy(style())}; frame-ancestors 'none'")
        self.set_header("Content-Type", "text/html; charset=utf-8")
        self.set_header("Content-Disposition", f"inline; filename={label}.html")
        self.finish(text)

    def _page(self, client: Client, number: str) -> tuple[str, bytes]:
        receipt = _found(client.receipt, number)
        self.checked_student(receipt.student)
        files: dict[str, bytes] = _found(client.feedback, number)
        name = f"{receipt.assignment}.html"
        if name not in files:
            raise HTTPError(404)
        return receipt.assignment, files[name]


def _found(ask: Any, number: str) -> Any:
    """What the exchange says of a submission; 404 where it says that there is nothing."""
    try:
        return ask(number)
    except HandInError as error:
        if "there is no" in str(error):
            raise HTTPError(404) from None
        raise


PAGES: dict[str, type[Answer]] = {
    "": List,
    "results.json": ListData,
    "submissions/(?P<number>[0-9a-f]{32})": Result,
}
