"""Only who has the farm's key has anything graded, and only such a worker's answer becomes a grade."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from tests.farm.services import Redis
from tests.farm.test_task import RULES, a_job, result
from tito.errors import CourseFileError, ToolError
from tito.farm import grading_task
from tito.farm.ledger import Ledger, connect
from tito.farm.pool import FarmPool
from tito.farm.rules import job_id
from tito.farm.signing import KEY, KEY_FILE, farm_key, fits, sign
from tito.grading.job import GradingJob

SHARED = "the-key-that-all-workers-and-coordinators-share"


@pytest.fixture
def ledger(redis: Redis, monkeypatch: pytest.MonkeyPatch) -> Iterator[Ledger]:
    """Of somebody with the key; so has the worker."""
    monkeypatch.setenv(KEY, SHARED)
    grading_task.start()
    client = connect(redis.url, 0)
    yield Ledger(client, farm_key())
    client.close()
    grading_task.stop()


def deliver(redis: Redis, monkeypatch: pytest.MonkeyPatch, *message: Any) -> list[GradingJob]:
    """Hand a worker this message; gives what it graded."""
    graded: list[GradingJob] = []

    def grade(job: GradingJob) -> Any:
        graded.append(job)
        return result(job)

    monkeypatch.setattr(grading_task._process, "worker", lambda _: SimpleNamespace(grade=grade))
    task = SimpleNamespace(app=SimpleNamespace(conf=SimpleNamespace(broker_url=redis.url)))
    grading_task.run(task, *message)
    return graded


def test_a_signed_job_is_graded_and_its_answer_signed(
    redis: Redis, ledger: Ledger, monkeypatch: pytest.MonkeyPatch
) -> None:
    job = a_job()
    with FarmPool("tiny", "11", redis.url, RULES) as pool:
        sent: list[Any] = []
        monkeypatch.setattr(pool._app, "send_task", lambda _, args, **__: sent.append(args))
        future = pool.submit(job)
        assert deliver(redis, monkeypatch, *sent[0]) == [job]
        assert future.result(60) == result(job)


@pytest.mark.parametrize("signature", ["", "0" * 64, None])
def test_a_job_without_the_right_signature_is_refused(
    redis: Redis, ledger: Ledger, monkeypatch: pytest.MonkeyPatch, signature: Any
) -> None:
    job = a_job()
    name = job_id("tiny", job)
    assert deliver(redis, monkeypatch, name, job.as_json(), RULES.as_json(), signature) == []
    answer = ledger.answers([name])[name]
    assert "not signed with the farm's key" in answer["set_aside"]
    assert ledger.trusts(name, answer)


def test_a_signature_is_for_one_job_alone(redis: Redis, ledger: Ledger, monkeypatch: pytest.MonkeyPatch) -> None:
    job, other = a_job(), a_job()
    signature = sign(farm_key(), "job", job_id("tiny", job), job.as_json(), RULES.as_json())
    assert deliver(redis, monkeypatch, job_id("tiny", job), other.as_json(), RULES.as_json(), signature) == []


@pytest.mark.parametrize("key", [b"", b"another key, of somebody who has the broker's password"])
def test_a_forged_grade_is_told_and_not_recorded(redis: Redis, ledger: Ledger, key: bytes) -> None:
    job = a_job()
    forged = {"graded": result(job).as_json()}
    Ledger(ledger._redis, key).answer(job_id("tiny", job), "forger:1", forged)
    told = pytest.raises(ToolError, match=r"not signed with this farm's key.*no score was set")
    with FarmPool("tiny", "12", redis.url, RULES) as pool, told:
        pool.submit(job).result(60)


def test_where_the_key_comes_from(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert farm_key() == b""
    assert fits(b"", None, "job", 1)
    secret = tmp_path / "key"
    monkeypatch.setenv(KEY_FILE, str(secret))
    with pytest.raises(CourseFileError, match="cannot be read"):
        farm_key()
    for text in ("\n", "short\n"):
        secret.write_text(text)
        with pytest.raises(CourseFileError, match="32 characters"):
            farm_key()
    secret.write_text(f"{SHARED}\n")
    assert farm_key() == SHARED.encode()
    monkeypatch.setenv(KEY, SHARED[::-1])
    assert farm_key() == SHARED[::-1].encode()
