"""The coordinator's side of the farm: a pool of workers elsewhere, with the same two methods as the local one."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable
from concurrent.futures import Future
from dataclasses import dataclass, field
from typing import Any, TypeVar

from kombu.exceptions import OperationalError
from redis.exceptions import AuthenticationError, RedisError, ResponseError

from tito.addresses import shown
from tito.errors import BrokerError, CourseFileError, ToolError
from tito.farm.celery_app import GRADE, make_app
from tito.farm.ledger import FAULTS, Ledger, Standing, connect
from tito.farm.rules import LONGEST_JOB, Rules, describe, job_id, longest
from tito.farm.seat import Seat
from tito.farm.signing import KEY, farm_key, sign
from tito.grading.job import GradingJob
from tito.grading.result import GradedSubmission

__all__ = ["FarmPool"]

_AT_ONCE = 64
"""Jobs that are with the farm at a time: Redis stays small, and thirty processes stay busy."""

_POLL = 0.1
_LONELY = 30.0

_log = logging.getLogger("tito.grading.farm")

T = TypeVar("T")


@dataclass
class _Pending:
    job: GradingJob
    future: Future[GradedSubmission]
    missing: float = 0.0
    """Since when nobody seems to have it; 0 while somebody does."""
    patience: float = 0.0
    """Seconds after which it is sent again; doubled each time, for a busy farm must not drown in copies."""


@dataclass
class _Watch:
    """How the broker and the workers are doing."""

    away: float = 0.0
    """Since when the broker does not answer; 0 while it does."""
    idle: float = field(default_factory=time.monotonic)
    """Since when no worker was seen at work."""
    told: bool = False


class FarmPool:
    """Sends jobs to the workers and gives their results as futures; use it in `with`.

    A job that was sent before, by a coordinator that died, is not sent again: its answer is waited for, or there.

    Args:
        course: the course's id; two courses may share a farm.
        scope: what this coordinator grades, the module's label; there is one coordinator for it at a time.
        broker: address of the farm's Redis.
        rules: how patient the farm is.
        fresh: forget earlier answers (`--force`).
        tell: is told, on a line each, what an operator should know.
    """

    room = _AT_ONCE

    def __init__(
        self,
        course: str,
        scope: str,
        broker: str,
        rules: Rules | None = None,
        *,
        fresh: bool = False,
        tell: Callable[[str], None] = lambda _: None,
    ) -> None:
        self.rules = rules or Rules()
        self._course = course
        self._fresh = fresh
        self._tell = tell
        self._failure: BrokerError | None = None
        self._broker = broker
        self._redis = connect(broker, 0)
        self._key = farm_key()
        self.ledger = Ledger(self._redis, self._key)
        self._app = make_app(broker)
        self._seat = Seat(self._redis, f"{course}:{scope}", self.rules.lease)
        self._scope = scope
        self._pending: dict[str, _Pending] = {}
        self._guard = threading.Lock()
        self._over = threading.Event()
        self._watch = _Watch()
        self._thread = threading.Thread(target=self._run, name="tito-farm", daemon=True)

    def __enter__(self) -> FarmPool:
        """Become the scope's coordinator.

        Raises:
            BrokerError: the broker does not answer, or somebody else grades this now.
        """
        try:
            mine, other = self._seat.take(), self._seat.holder()
        except RedisError as error:
            raise BrokerError(self._unreachable(error)) from None
        if not mine:
            raise BrokerError(
                f"{self._scope} is being graded by another coordinator ({other}); wait for it or end it "
                "(nothing was changed)"
            )
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        """Leave; what the workers still grade is there for the next coordinator."""
        self._over.set()
        self._thread.join()
        self._seat.leave()
        self._redis.close()
        self._app.close()

    def submit(self, job: GradingJob) -> Future[GradedSubmission]:
        """Have `job` graded somewhere.

        The future raises ToolError when it was set aside, BrokerError when the broker is gone for good.

        Raises:
            BrokerError: the broker is gone.
            CourseFileError: the job might take longer than the farm waits.
        """
        if longest(job) > LONGEST_JOB:
            raise CourseFileError(
                f"grading.notebook_seconds = {job.policy['notebook_seconds']:g} allows jobs of {longest(job):.0f} s, a "
                f"farm waits {LONGEST_JOB} s; lower it or grade without --farm (nothing was changed)"
            )
        name = job_id(self._course, job)
        if self._fresh:
            self._patiently(lambda: self.ledger.forget(name))
        if self._patiently(lambda: self.ledger.announce(name)) and not self._patiently(
            lambda: self.ledger.answers([name])
        ):
            self._patiently(lambda: self._send(name, job))
        pending = _Pending(job, Future(), patience=self.rules.lease)
        pending.future.set_running_or_notify_cancel()
        with self._guard:
            if self._failure is not None:
                raise self._failure
            self._pending[name] = pending
        return pending.future

    def _send(self, name: str, job: GradingJob) -> None:
        parts = (name, job.as_json(), self.rules.as_json())
        self._app.send_task(
            GRADE,
            args=(*parts, sign(self._key, "job", *parts)),
            task_id=name,
            argsrepr=describe(job),
            retry=False,
        )

    def _run(self) -> None:
        """Until the end: fulfil futures, send lost jobs again, stay the coordinator."""
        looked = 0.0
        while not self._over.wait(_POLL):
            try:
                self._collect()
                if time.monotonic() - looked > self.rules.lease / 5:
                    looked = time.monotonic()
                    self._look()
            except (*FAULTS, OperationalError) as error:
                self._broker_away(error)
            except Exception as error:  # a fault of ours must not leave the other thread waiting for ever
                _log.exception("the coordinator failed")
                self._fail(BrokerError(f"the coordinator failed: {type(error).__name__}: {error} (see grading.log)"))
                return
            else:
                self._broker_back()

    def _collect(self) -> None:
        with self._guard:
            names = list(self._pending)
        for name, answer in self.ledger.answers(names).items():
            with self._guard:
                pending = self._pending.pop(name)
            self._watch.idle = time.monotonic()
            if self.ledger.trusts(name, answer):
                _fulfil(pending, answer)
            else:
                _refuse(pending, answer)

    def _look(self) -> None:
        """Who is at work? A job that nobody has for the time of a lease is sent again."""
        if not self._seat.keep():
            self._fail(BrokerError(f"{self._scope} was taken over by another coordinator (what was recorded is kept)"))
            return
        with self._guard:
            pending = dict(self._pending)
        standings, queued = self.ledger.standings(list(pending)), self.ledger.queued()
        now = time.monotonic()
        for name, found in pending.items():
            lost = _is_lost(standings[name], queued)
            found.missing = (found.missing or now) if lost else 0.0
            if lost and now - found.missing >= found.patience:
                self._warn(f"{describe(found.job)}: its worker is gone, sent again")
                self._send(name, found.job)
                found.missing, found.patience = 0.0, 2 * found.patience
        if not pending or any(standing.held for standing in standings.values()):
            self._watch.idle, self._watch.told = now, False
        elif now - self._watch.idle > _LONELY and not self._watch.told:
            self._watch.told = True
            self._warn(f"no worker takes jobs from {shown(self._broker)}; start one: tito worker")

    def _warn(self, text: str) -> None:
        _log.warning("%s", text)
        self._tell(text)

    def _broker_away(self, error: Exception) -> None:
        now = time.monotonic()
        if not self._watch.away:
            self._watch.away = now
            self._warn(f"{shown(self._broker)} does not answer, waiting for it")
        if now - self._watch.away > self.rules.patience:
            self._fail(BrokerError(self._unreachable(error)))

    def _broker_back(self) -> None:
        if self._watch.away:
            self._watch.away = 0.0
            self._warn(f"{shown(self._broker)} answers again")

    def _fail(self, error: BrokerError) -> None:
        with self._guard:
            self._failure = error
            pending, self._pending = self._pending, {}
        for found in pending.values():
            found.future.set_exception(error)

    def _patiently(self, call: Callable[[], T]) -> T:
        """Call it until the broker answers."""
        end = time.monotonic() + self.rules.patience
        while True:
            try:
                return call()
            except (AuthenticationError, ResponseError) as error:
                raise BrokerError(self._unreachable(error)) from None
            except (*FAULTS, OperationalError) as error:
                if time.monotonic() > end:
                    raise BrokerError(self._unreachable(error)) from None
                time.sleep(0.5)

    def _unreachable(self, error: Exception) -> str:
        return (
            f"the farm's Redis at {shown(self._broker)} does not answer ({_reason(error)}); start it and run this "
            "again, it goes on where it stopped (what was recorded is kept)"
        )


def _is_lost(standing: Standing, queued: int) -> bool:
    """Nobody has it, and it does not simply wait for its turn."""
    return not standing.held and (standing.begun or queued == 0)


def _refuse(pending: _Pending, answer: dict[str, Any]) -> None:
    job, worker = pending.job, str(answer.get("worker"))[:80]
    reason = (
        f"{job.student}'s {job.module}: the answer, from {worker!r} if that is true, is not signed with this farm's "
        f"key: it is forged, or workers and coordinator differ in {KEY}; mend that and grade it again with --force "
        f"--student {job.student} (no score was set)"
    )
    _log.error("%s", reason)
    pending.future.set_exception(ToolError(reason))


def _fulfil(pending: _Pending, answer: dict[str, Any]) -> None:
    """Give the answer to whoever waits for it."""
    job = pending.job
    whose = f"{job.student}'s {job.module}"
    if "set_aside" in answer:
        reason = (
            f"{whose} was set aside: {answer['set_aside']}; look at the workers' logs, then grade it again with "
            f"--force --student {job.student} (no score was set)"
        )
        pending.future.set_exception(ToolError(reason))
        return
    try:
        pending.future.set_result(GradedSubmission.from_json(answer["graded"]))
    except (KeyError, TypeError) as error:
        reason = (
            f"the result of {whose} cannot be read ({_reason(error)}); workers and coordinator must have the same "
            "version of the course: install it and grade it again with --force (no score was set)"
        )
        pending.future.set_exception(ToolError(reason))


def _reason(error: Exception) -> str:
    return " ".join(str(error).split()) or type(error).__name__
