"""The farm over TLS: a worker that trusts the broker's certificate grades, one that does not ends with one line."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import nullcontext
from pathlib import Path

import pytest
from kombu.exceptions import OperationalError

from tests.farm.services import PASSWORD, Program, Redis, end_all, redis_program
from tests.hub.certificates import make_certificate
from tests.tiny import COURSE_TOML, make_course
from tito.addresses import BROKER, broker_url, verified
from tito.course import Course
from tito.farm.celery_app import make_app
from tito.farm.pool import FarmPool
from tito.grading.batch import grade_class
from tito.grading.policy import ALLOW_PLAIN
from tito.modules import find_module
from tito.notebooks import notebook_text
from tito.percent import read_source, source_path

MODULE = find_module("01")
TITO = str(Path(sys.executable).with_name("tito"))


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("tls")


@pytest.fixture(scope="module")
def redis(folder: Path) -> Iterator[Redis]:
    if redis_program() is None:
        pytest.skip("needs Redis: apt install redis-server")
    server = Redis(folder / "redis", tls=make_certificate(folder))
    try:
        server.start()
        yield server
    finally:
        server.stop()


def trusted(redis: Redis) -> str:
    """The address with the authority's certificate."""
    assert redis.tls is not None
    return f"{redis.url}?ssl_ca_certs={redis.tls[0]}"


def worker(folder: Path, name: str, broker: str) -> Program:
    environment = {BROKER: broker, ALLOW_PLAIN: "1"}
    return Program(folder, name, [TITO, "worker", "--processes", "1"], folder, **environment)


@pytest.fixture(scope="module")
def course(folder: Path, redis: Redis) -> Course:
    found = make_course(folder, f'{COURSE_TOML}[farm]\nbroker = "{trusted(redis)}"\n')
    submitted = found.root / "submitted" / "ada" / MODULE.label
    submitted.mkdir(parents=True)
    text = notebook_text(read_source(source_path(found.root, MODULE.label)))
    (submitted / f"{MODULE.label}.ipynb").write_text(text, encoding="utf-8")
    return found


def test_a_worker_that_trusts_the_broker_grades(
    course: Course, redis: Redis, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv(BROKER, raising=False)
    monkeypatch.chdir(course.root)
    started = worker(tmp_path, "worker", trusted(redis))
    try:
        pool = FarmPool(course.id, MODULE.label, broker_url(course))
        (outcome,) = grade_class(course, MODULE, ["ada"], pool=pool)
    finally:
        end_all([started])
    assert outcome.graded is not None and outcome.graded.earned == 100
    assert PASSWORD not in started.text


@pytest.mark.parametrize(
    ("host", "options", "said"),
    [
        ("127.0.0.1", "", "is not trusted here: self-signed certificate"),
        ("127.0.0.1", "?ssl_ca_certs=other/chain.pem", "is not trusted here: "),
        ("localhost", "?ssl_ca_certs=../chain.pem", "is not trusted here: Hostname mismatch"),
        ("127.0.0.1", "?ssl_ca_certs=/nowhere/ca.pem", "cannot be checked: a file of ssl_ca_certs"),
    ],
    ids=["an unknown authority", "another authority", "another name", "no file"],
)
def test_a_worker_that_does_not_trust_the_certificate_ends_with_one_line(
    redis: Redis, tmp_path: Path, host: str, options: str, said: str
) -> None:
    (tmp_path / "other").mkdir()
    make_certificate(tmp_path / "other")
    started = worker(tmp_path, "worker", at(redis, host, options))
    assert started.process.wait(60) != 0
    (line,) = started.text.splitlines()
    assert f"rediss://:***@{host}:{redis.port}/0 {said}" in line
    assert line.endswith("(nothing was started)") and PASSWORD not in line


def at(redis: Redis, host: str, options: str) -> str:
    """Its address by another name, with the certificate of its authority where `options` ask for it."""
    assert redis.tls is not None
    return redis.url.replace("127.0.0.1", host) + options.replace("../chain.pem", str(redis.tls[0]))


@pytest.mark.parametrize(
    ("host", "options", "refused"),
    [
        ("127.0.0.1", "", True),
        ("localhost", "?ssl_ca_certs=../chain.pem", True),
        ("127.0.0.1", "?ssl_ca_certs=../chain.pem", False),
        ("127.0.0.1", "?ssl_cert_reqs=none", False),
    ],
)
def test_celery_checks_the_certificate_unless_the_address_says_otherwise(
    redis: Redis, host: str, options: str, refused: bool
) -> None:
    """It does not by itself, and would hand the password to whoever answers."""
    address = verified(at(redis, host, options))
    refusal = pytest.raises(OperationalError, match="CERTIFICATE_VERIFY_FAILED") if refused else nullcontext()
    with make_app(address) as app, app.connection_for_write() as connection, refusal:
        connection.default_channel.client.ping()
    assert verified("redis://127.0.0.1/0") == "redis://127.0.0.1/0"
