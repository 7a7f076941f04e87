"""The warm grading processes: as many as the machine has processors, shared by all that the service grades."""

from __future__ import annotations

import threading
from concurrent.futures import Future
from typing import Self

from tito.grading.batch import LocalPool
from tito.grading.job import GradingJob
from tito.grading.policy import GradingPolicy
from tito.grading.result import GradedSubmission

__all__ = ["Rooms"]


class Rooms:
    """Started when they are first needed; they stay until `close`."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._pool: LocalPool | None = None
        self.kind = ""
        """Which kind of exam room it is, once they have started."""

    def pool(self, policy: GradingPolicy) -> LocalPool:
        """The processes, warm.

        Raises:
            ToolError: no exam room works here.
        """
        with self._lock:
            if self._pool is None:
                pool = LocalPool(policy)
                try:
                    self.kind = pool.warm_up()
                except BaseException:
                    pool.__exit__()
                    raise
                self._pool = pool
            return self._pool

    def lent(self, policy: GradingPolicy) -> Lent:
        """The same for a user that ends its pool when it is done: these go on."""
        return Lent(self.pool(policy))

    def close(self) -> None:
        with self._lock:
            if self._pool is not None:
                self._pool.__exit__()
            self._pool = None


class Lent:
    """A `tito.grading.batch.Pool` that outlives its `with`."""

    def __init__(self, pool: LocalPool) -> None:
        self._pool = pool
        self.room = pool.room

    def submit(self, job: GradingJob) -> Future[GradedSubmission]:
        return self._pool.submit(job)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        pass
