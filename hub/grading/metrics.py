"""What Prometheus can read of the grading service at /metrics. docs/operator/metrics.md says what each is for."""

from __future__ import annotations

from prometheus_client import Counter, Gauge, Histogram

__all__ = [
    "ANSWER_SECONDS",
    "DUE",
    "DUE_DONE",
    "DUE_SECONDS",
    "FAILING",
    "FINISHED",
    "JOB_SECONDS",
    "NO_ROOM",
    "RUN",
    "RUNNING",
    "WAITING",
]

_JOB = (0.1, 0.2, 0.5, 1, 2, 5, 10, 20, 60, 120, 300)
_RUN = (1, 5, 15, 60, 120, 300, 600, 1200, 3600)

NO_ROOM = Gauge("grading_no_room", "1 while no exam room can be had, here or on the farm: nothing is graded.")
WAITING = Gauge("grading_on_submit_waiting", "Submissions whose visible tests have their turn and do not run yet.")
RUNNING = Gauge("grading_on_submit_running", "Submissions whose visible tests run.")
RUN = Counter("grading_on_submit", "Runs of visible tests, by what came of them.", ["result"])
JOB_SECONDS = Histogram("grading_on_submit_job_seconds", "From a job's start to its result.", buckets=_JOB)
ANSWER_SECONDS = Histogram("grading_on_submit_answer_seconds", "From a hand-in to its results.", buckets=_JOB)

DUE = Gauge("grading_deadline_due", "Works whose time is over and that have no grade yet.")
FAILING = Gauge("grading_deadline_failing", "Works that could not be graded, or whose feedback is not out.")
DUE_DONE = Counter("grading_deadline", "Works at their deadline, by what came of them.", ["result"])
DUE_SECONDS = Histogram("grading_deadline_run_seconds", "A run that grades a module's due works.", buckets=_RUN)
FINISHED = Gauge("grading_deadline_last_run_timestamp_seconds", "When work due was last graded, 0 for never.")

for _result in ("run", "not run", "failed"):
    RUN.labels(_result)  # a series that is there from the start can be watched for its first failure
for _result in ("graded", "current", "put off"):
    DUE_DONE.labels(_result)
