"""One job on a worker: begun at most a few times, answered once, given to the next if this worker dies."""

from __future__ import annotations

import ctypes
import logging
import os
import signal
import socket
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from functools import cached_property
from typing import Any

from billiard import current_process

from tito.errors import TitoError
from tito.farm.ledger import FAULTS, Ledger, connect
from tito.farm.rules import Rules, describe, grading_version
from tito.farm.signing import KEY, KEY_FILE, farm_key, fits
from tito.grading.job import GradingJob
from tito.grading.policy import GradingPolicy
from tito.grading.result import GradedSubmission
from tito.grading.worker import GradingWorker

__all__ = ["run", "start", "stop"]

_RETRIES = 300
"""With two seconds between them, an answer waits ten minutes for its broker; after that the job is graded again."""

_OTHERS_FIRST = 2.0
"""Seconds before a job that a worker may not do is taken again."""

_SIGNAL_AT_PARENTS_DEATH = 1

_log = logging.getLogger("tito.farm")


class _Process:
    """What one Celery process keeps between jobs: a warm grading process and a connection."""

    def __init__(self) -> None:
        self._worker: GradingWorker | None = None
        self._ledger: Ledger | None = None
        self.name = f"{socket.gethostname()}:{os.getpid()}"

    @cached_property
    def key(self) -> bytes:
        """The farm's; `tito worker` has seen that it makes sense."""
        return farm_key()

    def ledger(self, broker: str) -> Ledger:
        self._ledger = self._ledger or Ledger(connect(broker, _RETRIES), self.key)
        return self._ledger

    def worker(self, policy: GradingPolicy) -> GradingWorker:
        """The grading process for the policy, started.

        Raises:
            ToolError: no exam room works on this host.
        """
        if self._worker is None or self._worker.policy != policy:
            self.close()
            self._worker = GradingWorker(policy)
        self._worker.start()
        return self._worker

    def close(self) -> None:
        if self._worker is not None:
            self._worker.close()
            self._worker = None


_process = _Process()


def start(**_: Any) -> None:
    """A Celery process begins. It ends with its parent, however that ends: nobody would take its answers."""
    global _process  # noqa: PLW0603  one a process is the point
    if sys.platform == "linux" and current_process().name != "MainProcess":
        ctypes.CDLL(None).prctl(_SIGNAL_AT_PARENTS_DEATH, signal.SIGKILL)
    _process = _Process()


def stop(**_: Any) -> None:
    """A Celery process ends."""
    _process.close()


def run(task: Any, name: str, job: dict[str, Any], rules: dict[str, Any], signature: str = "") -> None:
    """Grade the job `name` and write its answer: `{"graded": ...}` or `{"set_aside": why}`.

    It may come twice (a worker died, the broker forgot); the ledger says what is left to do.
    """
    ledger, owner = _process.ledger(task.app.conf.broker_url), _process.name
    if signature and not _process.key:
        _stop(task, f"job {name} is signed and this worker has no key; set {KEY} or {KEY_FILE} as the coordinator has")
        raise task.retry(countdown=_OTHERS_FIRST)
    if not fits(_process.key, signature, "job", name, job, rules):
        _log.error("job %s refused: it is not signed with this farm's key (%s)", name, KEY)
        ledger.answer(name, owner, {"set_aside": f"a worker refused it: it was not signed with the farm's key ({KEY})"})
        return
    try:
        found, patience = GradingJob.from_json(job), Rules(**rules)
    except (KeyError, TypeError) as error:  # sent by another version of the course
        _log.error("job %s cannot be read: %s: %s", name, type(error).__name__, error)
        ledger.answer(name, owner, {"set_aside": f"the worker's version of the course cannot read it ({error})"})
        return
    if patience.version != grading_version():
        versions = f"of grading version {patience.version}, this worker's is {grading_version()}"
        _stop(task, f"{describe(found)}: it is {versions}; install the coordinator's version of the course")
        raise task.retry(countdown=_OTHERS_FIRST)
    attempt = ledger.begin(name, owner, patience.lease)
    if attempt == 0:
        return
    if attempt < 0:  # its worker lives, or died a moment ago
        raise task.retry(countdown=patience.lease)
    this = _Attempt(ledger, name, owner, found, patience, attempt)
    if attempt > patience.attempts:
        this.set_aside(f"its worker died {attempt - 1} times while it graded")
        return
    _log.info("%s: attempt %d begins", describe(found), attempt)
    with this.held():
        try:
            worker = _process.worker(GradingPolicy(**found.policy))
        except TitoError as error:
            ledger.give_back(name)
            _stop(task, f"{describe(found)}: {error}")
            raise task.retry(countdown=patience.backoff) from None
        try:
            graded = worker.grade(found)
        except Exception as error:  # whatever it is, it must not stop the other jobs
            reason = str(error) if isinstance(error, TitoError) else f"{type(error).__name__}: {error}"
        else:
            this.answer(graded)
            return
    if attempt >= patience.attempts:
        this.set_aside(reason)
        return
    wait = patience.wait(attempt)
    _log.warning("%s: attempt %d failed, the next in %g s: %s", describe(found), attempt, wait, reason)
    ledger.wait(name, reason, wait + patience.lease)
    raise task.retry(countdown=wait)


def _stop(task: Any, reason: str) -> None:
    """This worker can do nothing right: it leaves its job to others."""
    _log.critical("given back, this worker stops: %s", reason)
    task.app.control.shutdown(destination=[task.request.hostname])


class _Attempt:
    """One attempt at one job."""

    def __init__(self, ledger: Ledger, name: str, owner: str, job: GradingJob, rules: Rules, number: int) -> None:
        self._ledger = ledger
        self._name = name
        self._owner = owner
        self._job = job
        self._rules = rules
        self._number = number
        self._started = time.perf_counter()

    @contextmanager
    def held(self) -> Iterator[None]:
        """Tell the others that this worker lives, until the block ends."""
        over = threading.Event()

        def tell() -> None:
            while not over.wait(self._rules.lease / 3):
                with suppress(*FAULTS):
                    self._ledger.hold(self._name, self._owner, self._rules.lease)

        thread = threading.Thread(target=tell, name="lease", daemon=True)
        thread.start()
        try:
            yield
        finally:
            over.set()
            thread.join()

    def answer(self, graded: GradedSubmission) -> None:
        if not self._ledger.answer(self._name, self._owner, {"graded": graded.as_json()}):
            _log.info("%s: another worker was first", describe(self._job))
            return
        seconds = time.perf_counter() - self._started
        points = f"{graded.earned:g} of {graded.points:g}"
        _log.info("%s: %s in a %s room (%.2f s)", describe(self._job), points, graded.backend, seconds)

    def set_aside(self, reason: str) -> None:
        fault = self._ledger.fault(self._name)
        told = f"{reason}; an earlier attempt said: {fault}" if fault and fault != reason else reason
        self._ledger.answer(self._name, self._owner, {"set_aside": told})
        _log.error("%s: set aside after %d attempts: %s", describe(self._job), self._number, told)
