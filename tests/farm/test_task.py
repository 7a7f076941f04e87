"""One job and its ledger, in a real Redis: begun by one at a time, answered once, set aside in the end."""

from __future__ import annotations

import itertools
import time
from collections.abc import Iterator
from dataclasses import replace
from types import SimpleNamespace
from typing import Any

import pytest

from tests.farm.services import Redis, wait_for
from tito.errors import BrokerError, CourseFileError, ToolError
from tito.farm import grading_task
from tito.farm.ledger import Ledger, Standing, connect
from tito.farm.pool import FarmPool
from tito.farm.rules import Rules, job_id
from tito.grading.job import GradingJob
from tito.grading.policy import GradingPolicy
from tito.grading.result import GradedSubmission

RULES = Rules(lease=0.5, attempts=2, backoff=0.1, patience=0.5)
_numbers = itertools.count()


def a_job(**changes: Any) -> GradingJob:
    """A job that is only carried about here, never graded; each one is new."""
    empty: dict[str, Any] = {"cells": (), "points": {}, "own": {}, "reference": {}, "modules": {}}
    policy = GradingPolicy(**changes).__dict__
    empty |= {"findings": (), "library": (), "key": f"key-{next(_numbers)}", "reference_key": ""}
    return GradingJob(module="01_setup", student="ada", attempt="", policy=policy, **empty)


def result(job: GradingJob) -> GradedSubmission:
    values: dict[str, Any] = {"attempt": "", "reference": "", "backend": "plain", "policy": "own"}
    return GradedSubmission(job.module, job.student, key=job.key, tests=(), cells=(), **values)


@pytest.fixture
def ledger(redis: Redis) -> Iterator[Ledger]:
    client = connect(redis.url, 0)
    yield Ledger(client)
    client.close()


class RetryError(Exception):
    """What Celery raises to end an attempt that is to be followed by another."""


class Worker:
    """A Celery task's process whose grading does what the test says."""

    def __init__(self, redis: Redis, monkeypatch: pytest.MonkeyPatch) -> None:
        self.waits: list[float] = []
        self.stopped: list[str] = []
        control = SimpleNamespace(shutdown=self.stop_worker)
        self.app = SimpleNamespace(conf=SimpleNamespace(broker_url=redis.url), control=control)
        self.request = SimpleNamespace(hostname="grader@here")
        self.monkeypatch = monkeypatch

    def stop_worker(self, destination: list[str]) -> None:
        self.stopped += destination

    def retry(self, countdown: float) -> RetryError:
        self.waits.append(countdown)
        return RetryError()

    def run(
        self,
        job: GradingJob,
        graded: GradedSubmission | Exception,
        start: Exception | None = None,
        rules: Rules = RULES,
        signature: str = "",
    ) -> bool:
        """One delivery of the job's message; False when another is to come."""

        def worker(_: GradingPolicy) -> Any:
            if start is not None:
                raise start
            return SimpleNamespace(grade=grade)

        def grade(_: GradingJob) -> GradedSubmission:
            if isinstance(graded, Exception):
                raise graded
            return graded

        self.monkeypatch.setattr(grading_task._process, "worker", worker)
        try:
            grading_task.run(self, job_id("tiny", job), job.as_json(), rules.as_json(), signature)
        except RetryError:
            return False
        return True


@pytest.fixture
def worker(redis: Redis, monkeypatch: pytest.MonkeyPatch) -> Iterator[Worker]:
    grading_task.start()
    yield Worker(redis, monkeypatch)
    grading_task.stop()


def test_a_job_that_comes_twice_is_graded_once(ledger: Ledger, worker: Worker) -> None:
    job = a_job()
    assert worker.run(job, result(job))
    assert worker.run(job, ToolError("it must not be graded again"))
    answer = ledger.answers([job_id("tiny", job)])[job_id("tiny", job)]
    assert GradedSubmission.from_json(answer["graded"]) == result(job)


def test_a_job_that_somebody_has_is_looked_at_later(ledger: Ledger, worker: Worker) -> None:
    job = a_job()
    ledger.begin(job_id("tiny", job), "elsewhere:1", 30.0)
    assert not worker.run(job, result(job))
    assert worker.waits == [RULES.lease]
    assert not ledger.answers([job_id("tiny", job)])


def test_a_job_whose_worker_died_is_taken_over(ledger: Ledger, worker: Worker) -> None:
    job = a_job()
    assert ledger.begin(job_id("tiny", job), "elsewhere:1", 0.05) == 1
    time.sleep(0.1)
    assert worker.run(job, result(job))
    assert "graded" in ledger.answers([job_id("tiny", job)])[job_id("tiny", job)]


def test_a_job_that_fails_every_time_is_set_aside_with_its_reason(ledger: Ledger, worker: Worker) -> None:
    job, rules = a_job(), replace(RULES, lease=60.0)
    name = job_id("tiny", job)
    assert not worker.run(job, ToolError("the grading process ended"), rules=rules)
    assert ledger.standings([name])[name] == Standing(held=True, begun=True)
    assert worker.waits == [RULES.backoff]
    assert worker.run(job, KeyError("cells"), rules=rules)
    assert ledger.answers([name])[name]["set_aside"] == (
        "KeyError: 'cells'; an earlier attempt said: the grading process ended"
    )


def test_a_worker_without_exam_rooms_gives_its_job_back_and_stops(ledger: Ledger, worker: Worker) -> None:
    job = a_job()
    for _ in range(RULES.attempts + 1):
        assert not worker.run(job, result(job), start=ToolError("no exam room works here"))
    assert worker.stopped == ["grader@here"] * (RULES.attempts + 1)
    assert worker.run(job, result(job))
    assert "graded" in ledger.answers([job_id("tiny", job)])[job_id("tiny", job)]


@pytest.mark.parametrize("misfit", [{"rules": replace(RULES, version="older")}, {"signature": "of a key it lacks"}])
def test_a_worker_that_would_give_another_answer_stops(ledger: Ledger, worker: Worker, misfit: dict[str, Any]) -> None:
    job = a_job()
    assert not worker.run(job, result(job), **misfit)
    assert worker.stopped == ["grader@here"] and worker.waits
    assert worker.run(job, result(job)), "another worker has it at once"
    assert "graded" in ledger.answers([job_id("tiny", job)])[job_id("tiny", job)]


def test_a_job_of_another_version_is_set_aside(ledger: Ledger, worker: Worker) -> None:
    job = a_job()
    grading_task.run(worker, "another", {**job.as_json(), "colour": "red"}, RULES.as_json())
    assert "version of the course cannot read it" in ledger.answers(["another"])["another"]["set_aside"]


def test_what_cannot_be_read_is_told(redis: Redis, ledger: Ledger) -> None:
    job = a_job()
    ledger.answer(job_id("tiny", job), "here:1", {"graded": {"colour": "red"}})
    with FarmPool("tiny", "06", redis.url, RULES) as pool:
        future = pool.submit(job)
        with pytest.raises(ToolError, match="must have the same version"):
            future.result(60)


def test_a_coordinator_that_was_replaced_ends(redis: Redis) -> None:
    with FarmPool("tiny", "07", redis.url, Rules(lease=0.2)) as pool:
        future = pool.submit(a_job())
        pool._redis.set(pool._seat.key, "elsewhere:1:x")
        with pytest.raises(BrokerError, match="taken over by another coordinator"):
            future.result(60)
        with pytest.raises(BrokerError, match="taken over"):
            pool.submit(a_job())
        pool.ledger._redis.delete("tito.grading", pool._seat.key)


def test_the_first_answer_stands(ledger: Ledger) -> None:
    assert ledger.answer("twice", "here:1", {"graded": 1})
    assert ledger.answer("twice", "here:1", {"graded": 1})  # the broker died before it could say that it has it
    assert not ledger.answer("twice", "there:2", {"graded": 2})
    assert ledger.answers(["twice"])["twice"] == {"worker": "here:1", "graded": 1}
    ledger.forget("twice")
    assert ledger.answers(["twice"]) == {}


def test_two_students_with_the_same_text_are_two_jobs() -> None:
    ada = a_job()
    alan = GradingJob(**{**ada.__dict__, "student": "alan"})
    assert ada.key == alan.key
    assert len({job_id("tiny", ada), job_id("tiny", alan), job_id("other", ada)}) == 3


def test_one_coordinator_at_a_time(redis: Redis) -> None:
    with FarmPool("tiny", "02", redis.url, Rules(lease=20.0)):
        with pytest.raises(BrokerError, match="02 is being graded by another coordinator"):
            FarmPool("tiny", "02", redis.url, RULES).__enter__()
        with FarmPool("tiny", "03", redis.url, RULES):
            pass


def test_a_broker_that_is_away_is_told_without_its_password() -> None:
    with pytest.raises(BrokerError) as caught:
        FarmPool("tiny", "02", "redis://:secret-word@127.0.0.1:1/0", RULES).__enter__()
    assert "redis://:***@127.0.0.1:1/0 does not answer" in str(caught.value)
    assert "secret-word" not in str(caught.value)


def test_a_job_that_outlasts_the_farms_patience_is_refused(redis: Redis) -> None:
    with FarmPool("tiny", "04", redis.url, RULES) as pool, pytest.raises(CourseFileError, match="notebook_seconds"):
        pool.submit(a_job(notebook_seconds=20000.0))


def test_no_worker_no_haste_but_a_word(redis: Redis, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tito.farm.pool._LONELY", 0.2)
    said: list[str] = []
    with FarmPool("tiny", "05", redis.url, RULES, tell=said.append) as pool:
        future = pool.submit(a_job())
        word = "no worker takes jobs from redis://:***@127.0.0.1"
        wait_for(lambda: any(word in line for line in said), 60, "missing a worker")
        assert not future.done()
        pool.ledger._redis.delete("tito.grading")
