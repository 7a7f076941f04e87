"""What coordinator and workers must agree on. The coordinator sends it with every job."""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict, dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

from tito.grading.job import GradingJob

__all__ = ["LONGEST_JOB", "QUEUE", "Rules", "describe", "grading_version", "job_id", "longest"]

QUEUE = "tito.grading"
"""The queue's name, and the key of its list in Redis."""

LONGEST_JOB = 6 * 3600
"""Seconds after which Redis hands a job that was never acknowledged to somebody else, and a worker gives up on it."""

_GRACE = 120.0


@cache
def grading_version() -> str:
    """The name of the program text that decides grades here. In a checkout, a release's number says too little."""
    package = Path(__file__).parents[1]
    text = hashlib.sha256()
    for part in ("examiner", "grading", "room", "sandbox"):
        for path in sorted((package / part).rglob("*.py")):
            text.update(f"{path.relative_to(package)}\n".encode() + path.read_bytes())
    return text.hexdigest()[:12]


@dataclass(frozen=True)
class Rules:
    """How patient the farm is.

    Attributes:
        lease: seconds without a sign of life after which a worker counts as dead.
        attempts: how often a job may fail or take its worker down before it is set aside.
        backoff: seconds before the second attempt after a fault; doubled for each one after it.
        patience: seconds without a broker after which the coordinator gives up.
        version: what grades on the coordinator's host; another would give another grade.
    """

    lease: float = 15.0
    attempts: int = 3
    backoff: float = 2.0
    patience: float = 600.0
    version: str = field(default_factory=grading_version)

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
