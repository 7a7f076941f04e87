"""The release service: brings each module out when course.toml says, once, also after downtime.

    python -m hub.release --course FOLDER --port 8010     runs until it is stopped
    python -m hub.release --course FOLDER --once          releases what is overdue and ends

It reads course.toml anew each time, so that a date can be changed while it runs. What it did is in the course's
`releases.json`; being killed anywhere costs nothing.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import signal
import sys
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path

from hub.release_pages import Log, Metrics, pages, write_line
from hub.term_desk import TermDesk
from tito import gradebook
from tito.course import Course
from tito.errors import TitoError
from tito.modules import Module
from tito.releases import Outcome, due_dates, next_release, overdue, read_journal, release_overdue
from tito.roster import Roster
from tito.schedule import Schedule

__all__ = ["Releaser", "main"]

LONGEST_WAIT = timedelta(seconds=30)
"""So long may it take until a changed course.toml, or a clock put forward, is noticed."""

LONGEST_LOOK = timedelta(minutes=5)
"""A look that takes longer is stuck; releasing a module takes seconds."""

LONGEST_PATIENCE = timedelta(minutes=15)
"""A release that fails is tried again after `LEAST_PATIENCE`, then after twice that and so on, up to this."""

LEAST_PATIENCE = timedelta(seconds=5)
"""At a hub's start the exchange may not answer yet."""


class Releaser:
    """Looks at the term and does what is to be done. It has no clock: who calls it says what time it is."""

    def __init__(self, root: Path, log: Log, metrics: Metrics) -> None:
        self.root = root
        self.log = log
        self.metrics = metrics
        self.problem = ""
        self.failing: dict[Module, str] = {}
        self._recorded: Schedule | None = None
        self._known: Roster | None = None
        self._patience: dict[Module, timedelta] = {}
        self._again: dict[Module, datetime] = {}

    def look(self, now: datetime) -> datetime:
        """Release what is overdue at `now`; gives the time of the next look."""
        self.metrics.last_look.set(now.timestamp())
        problem, following = "", now + LONGEST_WAIT
        try:
            following = self._catch_up(Course.load(self.root), now)
        except TitoError as error:  # course.toml, the journal or the gradebook cannot be used: nothing is released
            problem = str(error)
        if problem and problem != self.problem:
            self.log("problem", error=problem)
        self.problem = problem
        self.metrics.problem.set(bool(problem))
        return following

    def _catch_up(self, course: Course, now: datetime) -> datetime:
        self._record_due_dates(course)
        self._record_people(course)
        patient = frozenset(module for module, moment in self._again.items() if moment > now)
        for outcome in release_overdue(course, now, patient):
            self._tell(outcome, now)
        journal = read_journal(course)
        coming = next_release(course, journal, now)
        self.metrics.found(coming, len(overdue(course, journal, now)))
        again = (moment for moment in self._again.values() if moment > now)
        return min([now + LONGEST_WAIT, *again, *([] if coming is None else [coming])])

    def _record_due_dates(self, course: Course) -> None:
        """A due date that was moved after the release must reach the gradebook, which decides who is late."""
        if course.schedule == self._recorded:
            return
        for label in gradebook.record_due_dates(course, due_dates(course)):
            self.log("due_date_recorded", module=label)
        self._recorded = course.schedule

    def _record_people(self, course: Course) -> None:
        """Who joins in mid-term has a name in the formgrader, where the roster is imported elsewhere (`make up`)."""
        if course.roster == self._known:
            return
        changed = gradebook.record_people(course)
        if changed:
            self.log("people_recorded", students=str(len(changed)))
        self._known = course.roster

    def _tell(self, outcome: Outcome, now: datetime) -> None:
        module = outcome.module
        if outcome.action == "none":
            return  # somebody else released it in this moment
        self.metrics.actions.labels(outcome.action).inc()
        if outcome.error:
            wait = min(2 * self._patience.get(module, LEAST_PATIENCE / 2), LONGEST_PATIENCE)
            self._patience[module], self._again[module] = wait, now + wait
            self.failing[module] = outcome.error
            self.log("failed", module=module.label, error=outcome.error, again=self._again[module].isoformat())
            return
        for record in (self._patience, self._again, self.failing):
            record.pop(module, None)
        self.log(outcome.action, module=module.label)

    def health(self) -> dict[str, object]:
        """What /health says beside the time of the last look."""
        return {
            "problem": self.problem,
            "failing": {module.label: error for module, error in sorted(self.failing.items())},
        }


async def serve(releaser: Releaser, host: str, port: int, clock: Callable[[], datetime]) -> None:
    """Look when it is time, and answer the pages in between, until stopped.

    Raises:
        ToolError: the port cannot be had.
    """
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for name in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(name, stop.set)
    prefix = os.environ.get("JUPYTERHUB_SERVICE_PREFIX", "") if os.environ.get("JUPYTERHUB_CLIENT_ID") else ""
    # One thread: nbgrader changes the working folder of the process while it works.
    with ThreadPoolExecutor(1) as worker:
        run = partial(loop.run_in_executor, worker)
        desk = TermDesk(releaser.root, run, clock, releaser.log, releaser.health)
        server = pages(releaser.health, releaser.metrics, clock, LONGEST_LOOK, prefix, desk)
        releaser.log("listening", address=server.listen(host, port))
        while not stop.is_set():
            following = await loop.run_in_executor(worker, releaser.look, clock())
            wait = max((following - clock()).total_seconds(), 0)
            try:
                await asyncio.wait_for(stop.wait(), wait)
            except TimeoutError:
                continue
    await server.close()
    releaser.log("stopped")


def main(arguments: Sequence[str] | None = None, clock: Callable[[], datetime] = lambda: datetime.now(UTC)) -> int:
    """Run the service; gives the process's exit status."""
    options = _parser().parse_args(arguments)
    try:
        return _run(options, clock)
    except TitoError as error:
        print(f"hub.release: {error}", file=sys.stderr)
        return error.exit_code


def _run(options: argparse.Namespace, clock: Callable[[], datetime]) -> int:
    course = Course.load(options.course.absolute()) if options.course else Course.find()
    os.environ["TINYTORCH_COURSE"] = str(course.root)  # what nbgrader's plug-ins look for
    log = Log(clock, write_line)
    releaser = Releaser(course.root, log, Metrics())
    if not options.once:
        asyncio.run(serve(releaser, options.host, options.port, clock))
        return 0
    releaser.look(clock())
    return TitoError.exit_code if releaser.failing or releaser.problem else 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="hub.release", description="Release each module when course.toml says.")
    parser.add_argument("--course", type=Path, help="folder with course.toml (default: found from here upwards)")
    parser.add_argument("--once", action="store_true", help="release what is overdue and end")
    parser.add_argument("--host", default="127.0.0.1", help="address of /health and /metrics (default: 127.0.0.1)")
    parser.add_argument("--port", type=int, default=0, help="of /health and /metrics (default: any; the log names it)")
    return parser


if __name__ == "__main__":
    sys.exit(main())
