"""What the farm knows of each job, in Redis: how often it was begun, who works on it now, what came of it.

Celery's own result backend could hold the answers, but only here the answer, the end of the lease and of the count of
attempts are one transaction: a worker that dies has either answered or not. Nothing here is the grade's last home: that
is the gradebook. What is lost with Redis is graded again, to the same grade.
"""

from __future__ import annotations

import json
import zlib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from redis import Redis
from redis.backoff import ExponentialBackoff
from redis.exceptions import BusyLoadingError, ConnectionError, TimeoutError
from redis.retry import Retry

from tito.farm.rules import QUEUE
from tito.farm.signing import fits, sign

__all__ = ["FAULTS", "TIMEOUTS", "Ledger", "Standing", "connect"]

FAULTS = (ConnectionError, TimeoutError, BusyLoadingError)
"""What redis raises while the broker is away."""

TIMEOUTS = {"socket_connect_timeout": 5.0, "socket_timeout": 20.0}
"""Seconds, for every connection to the broker: one whose other end vanished (a cable, a firewall that forgot it) says
nothing, and who waits for its answer without an end waits for ever."""

_DAY = 24 * 3600
_KEEP_ANSWERS = 7 * _DAY
_WAITING = "waiting"


def connect(broker: str, retries: int) -> Redis:
    """A client that tries again, a little later each time, while the broker is away.

    Nothing is sent before the first command.
    """
    return Redis.from_url(
        broker,
        decode_responses=False,
        **TIMEOUTS,
        retry=Retry(ExponentialBackoff(cap=2.0, base=0.1), retries),
        retry_on_error=list(FAULTS),
    )


@dataclass(frozen=True)
class Standing:
    """Where a job is that has no answer yet."""

    held: bool
    """Somebody works on it, or it waits for its next attempt."""
    begun: bool
    """It was begun before."""


class Ledger:
    """The farm's records. Every method can be called twice.

    Args:
        redis: the broker.
        key: signs answers; empty where none is shared.
    """

    def __init__(self, redis: Redis, key: bytes = b"") -> None:
        self._redis = redis
        self._key = key

    def announce(self, job: str) -> bool:
        """Note that the job is queued; False when it is already."""
        key = _key("job", job)
        first = bool(self._redis.hsetnx(key, "queued", 1))
        self._redis.expire(key, _KEEP_ANSWERS)
        return first

    def begin(self, job: str, owner: str, seconds: float) -> int:
        """Take the job for `owner`: the number of this attempt, 0 when it has an answer, -1 when somebody has it."""
        lease = _key("lease", job)
        took = self._redis.set(lease, owner, nx=True, px=_milliseconds(seconds))
        if not took and self._redis.get(lease) != _WAITING.encode():
            return -1
        self.hold(job, owner, seconds)
        if self._redis.exists(_key("answer", job)):  # after taking it: `answer` writes one and frees the other at once
            self._redis.delete(lease)
            return 0
        return int(self._redis.hincrby(_key("job", job), "begun", 1))

    def hold(self, job: str, owner: str, seconds: float) -> None:
        """Say that `owner` still works on it."""
        self._redis.set(_key("lease", job), owner, px=_milliseconds(seconds))

    def wait(self, job: str, fault: str, seconds: float) -> None:
        """An attempt has failed; the next begins before `seconds` are over."""
        with self._redis.pipeline() as pipeline:
            pipeline.hset(_key("job", job), "fault", fault)
            pipeline.set(_key("lease", job), _WAITING, px=_milliseconds(seconds))
            pipeline.execute()

    def give_back(self, job: str) -> None:
        """The attempt never was: this worker cannot grade anything."""
        with self._redis.pipeline() as pipeline:
            pipeline.hincrby(_key("job", job), "begun", -1)
            pipeline.delete(_key("lease", job))
            pipeline.execute()

    def fault(self, job: str) -> str:
        """What the last failed attempt said; empty when none did."""
        found = self._redis.hget(_key("job", job), "fault")
        return found.decode() if isinstance(found, bytes) else ""

    def answer(self, job: str, owner: str, answer: dict[str, Any]) -> bool:
        """What came of the job, and with it the end of its lease and of what was counted.

        The first answer stands; False when it is somebody else's.
        """
        told = {"worker": owner, **answer}
        signed = {**told, "signature": sign(self._key, "answer", job, told)} if self._key else told
        packed = zlib.compress(json.dumps(signed).encode(), 6)
        with self._redis.pipeline() as pipeline:
            pipeline.set(_key("answer", job), packed, ex=_KEEP_ANSWERS, nx=True)
            pipeline.delete(_key("lease", job), _key("job", job))
            first = pipeline.execute()[0]
        # The broker may have died after it took ours and before it said so.
        return bool(first) or self.answers([job]).get(job, {}).get("worker") == owner

    def answers(self, jobs: Sequence[str]) -> dict[str, dict[str, Any]]:
        """The answers that are there."""
        found = self._redis.mget([_key("answer", job) for job in jobs]) if jobs else []
        there = {job: packed for job, packed in zip(jobs, found, strict=True) if isinstance(packed, bytes)}
        return {job: json.loads(zlib.decompress(packed)) for job, packed in there.items()}

    def trusts(self, job: str, answer: dict[str, Any]) -> bool:
        """Did somebody with the farm's key give this answer to this job?"""
        told = {name: value for name, value in answer.items() if name != "signature"}
        return fits(self._key, answer.get("signature"), "answer", job, told)

    def standings(self, jobs: Sequence[str]) -> dict[str, Standing]:
        """Where each job is."""
        with self._redis.pipeline(transaction=False) as pipeline:
            for job in jobs:
                pipeline.exists(_key("lease", job))
                pipeline.hexists(_key("job", job), "begun")
            found = pipeline.execute()
        return {job: Standing(bool(found[2 * at]), bool(found[2 * at + 1])) for at, job in enumerate(jobs)}

    def holder(self, job: str) -> str:
        """Who works on it: `host:process`; empty when nobody does."""
        found = self._redis.get(_key("lease", job))
        return found.decode() if isinstance(found, bytes) and found != _WAITING.encode() else ""

    def queued(self) -> int:
        """How many jobs wait for a worker."""
        return int(self._redis.llen(QUEUE))

    def forget(self, job: str) -> None:
        """The job was never heard of."""
        self._redis.delete(*(_key(kind, job) for kind in ("answer", "job", "lease")))


def _key(kind: str, job: str) -> str:
    return f"tito:{kind}:{job}"


def _milliseconds(seconds: float) -> int:
    return max(1, int(1000 * seconds))
