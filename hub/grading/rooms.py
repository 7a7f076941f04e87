"""Where the service has things graded: warm processes of this machine, or the course's farm where it has one.

All that the service grades shares them, and they stay until they fail or it ends.
"""

from __future__ import annotations

import threading
from concurrent.futures import Future
from typing import TYPE_CHECKING, Self

from hub.grading.metrics import NO_ROOM
from tito.addresses import broker_url
from tito.course import Course
from tito.errors import TitoError

if TYPE_CHECKING:
    from tito.grading.batch import Pool
    from tito.grading.job import GradingJob
    from tito.grading.result import GradedSubmission

__all__ = ["Rooms"]

ON_THE_FARM = 16
"""Submissions that are with a farm at a time; its workers take them in the order they came."""


class Rooms:
    """A pool, started when it is first needed."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._pool: Pool | None = None
        self.at_once = 0
        """How many submissions are run at a time."""
        self.kind = ""
        """Which kind of exam room it is, once there is a pool."""
        self.dropped = 0
        """How many pools were let go of: what one of them was still to give never comes."""
        self.trouble = ""
        """Why there is no pool now; empty where there is one, or where nobody needed one yet."""
        NO_ROOM.set_function(lambda: bool(self.trouble))

    def lend(self, course: Course) -> Lent:
        """The pool, warm.

        Raises:
            ToolError: no exam room works here.
            BrokerError: the farm does not answer.
        """
        with self._lock:
            if self._pool is None:
                try:
                    self._pool = self._on_the_farm(course) if broker_url(course) else self._here(course)
                except TitoError as error:
                    self.trouble = str(error)
                    raise
                self.trouble = ""
            return Lent(self._pool)

    def _here(self, course: Course) -> Pool:
        from tito.grading.batch import LocalPool

        pool = LocalPool(course.grading)
        try:
            self.kind, self.at_once = pool.warm_up(), pool.processes
        except BaseException:
            pool.__exit__()
            raise
        return pool

    def _on_the_farm(self, course: Course) -> Pool:
        from tito.farm.pool import FarmPool  # its packages are only there where there is a farm

        pool = FarmPool(course.id, "hub.grading", broker_url(course))
        pool.__enter__()
        self.kind, self.at_once = "farm", ON_THE_FARM
        return pool

    def drop(self) -> None:
        """Let go of a pool that failed: the next user starts a new one."""
        with self._lock:
            pool, self._pool = self._pool, None
            self.dropped += 1
        if pool is not None:
            pool.__exit__()

    close = drop


class Lent:
    """A pool that outlives its `with`: these processes go on."""

    def __init__(self, pool: Pool) -> None:
        self._pool = pool
        self.room = pool.room

    def submit(self, job: GradingJob) -> Future[GradedSubmission]:
        return self._pool.submit(job)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        pass
