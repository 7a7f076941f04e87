"""What coordinator and workers must agree on. The coordinator sends it with every job."""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict, dataclass
from typing import Any

from tito.grading.job import GradingJob

__all__ = ["LONGEST_JOB", "QUEUE", "Rules", "describe", "job_id", "longest"]

QUEUE = "tito.grading"
"""The queue's name, and the key of its list in Redis."""

LONGEST_JOB = 6 * 3600
"""Seconds after which Redis hands a job that was never acknowledged to somebody else, and a worker gives up on it."""

_GRACE = 120.0


@dataclass(frozen=True)
class Rules:
    """How patient the farm is.

    Attributes:
        lease: seconds without a sign of life after which a worker counts as dead.
        attempts: how often a job may fail or take its worker down before it is set aside.
        backoff: seconds before the second attempt after a fault; doubled for each one after it.
        patience: seconds without a broker after which the coordinator gives up.
    """

    lease: float = 15.0
    attempts: int = 3
    backoff: float = 2.0
    patience: float = 600.0

    def as_json(self) -> dict[str, Any]:
        return asdict(self)

    def wait(self, attempt: int) -> float:
        """Seconds before the attempt after `attempt`."""
        return min(float(self.backoff * 2 ** (attempt - 1)), 60.0)


def job_id(course: str, job: GradingJob) -> str:
    """The job's name on the farm. Two students with the same text have the same `key`, but are two jobs."""
    parts = [course, job.module, job.student, job.attempt, job.key, job.reference_key]
    return hashlib.sha256(json.dumps(parts).encode()).hexdigest()[:40]


def longest(job: GradingJob) -> float:
    """Seconds that grading it takes at most: first run, second run and the search for the module at fault."""
    return float((2 + len(job.modules)) * job.policy["notebook_seconds"]) + _GRACE


def describe(job: GradingJob) -> str:
    """How log lines name it."""
    return f"module={job.module} student={job.student} attempt={job.attempt!r}"
