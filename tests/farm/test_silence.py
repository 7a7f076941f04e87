"""What says nothing any more is noticed, whatever waits for it: a broker, a database."""

from __future__ import annotations

import socket
from pathlib import Path
from typing import NoReturn

import psycopg
import pytest
from kombu.exceptions import OperationalError
from redis.exceptions import TimeoutError

from tests.farm.services import PASSWORD, Postgres, Redis
from tests.farm.test_postgres import submit
from tests.tiny import COURSE_TOML, make_course
from tito import gradebook
from tito.addresses import watched
from tito.errors import ToolError
from tito.farm.celery_app import GRADE, make_app
from tito.farm.ledger import TIMEOUTS
from tito.grading.batch import Outcome, grade_class
from tito.modules import find_module


def test_nobody_waits_for_ever_for_a_broker_that_says_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(TIMEOUTS, "socket_timeout", 0.2)
    with (
        socket.create_server(("127.0.0.1", 0)) as silent,
        make_app(f"redis://127.0.0.1:{silent.getsockname()[1]}") as app,
        pytest.raises(OperationalError, match="Timeout"),
    ):
        app.send_task(GRADE, retry=False)


def test_a_worker_whose_done_was_not_heard_takes_the_next_job(redis: Redis, monkeypatch: pytest.MonkeyPatch) -> None:
    with (
        make_app(redis.url) as app,
        app.connection_for_read() as connection,
        connection.SimpleQueue("silence") as queue,
    ):
        queue.channel.basic_qos(0, 1, False)
        for number in range(2):
            queue.put(number)
        first = queue.get(timeout=60)
        assert not queue.channel.qos.can_consume()
        with monkeypatch.context() as patch:
            patch.setattr(queue.channel.qos, "_remove_from_indices", broken)
            first.ack()
        second = queue.get(timeout=60)
        second.ack()
        assert (first.payload, second.payload) == (0, 1)


def broken(_: str) -> NoReturn:
    """What redis does when the connection says nothing."""
    raise TimeoutError("Timeout reading from socket")


def test_a_database_that_vanishes_is_noticed(postgres: Postgres) -> None:
    with psycopg.connect(watched(postgres.url).replace("+psycopg", "")) as connection:
        client = connection.info.get_parameters()
    assert (client["keepalives_idle"], client["tcp_user_timeout"]) == ("10", "30000")


@pytest.mark.parametrize(
    "address", ["sqlite:////course/gradebook.db", "postgresql+psycopg://db/grades?sslmode=require"]
)
def test_an_address_with_options_is_left_alone(address: str) -> None:
    assert watched(address) == address


def test_a_database_that_goes_away_is_one_line(tmp_path: Path, postgres: Postgres) -> None:
    url = postgres.create("away")
    course = make_course(tmp_path, f'{COURSE_TOML}[database]\nurl = "{url}"\n')
    submit(course, "ada", 0)
    submit(course, "alan", 0)

    def end_connections(_: Outcome) -> None:
        with psycopg.connect(postgres.url.replace("+psycopg", "")) as connection:
            connection.execute("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = 'away'")

    with gradebook.inside(course.root):
        with pytest.raises(
            ToolError, match=r"does not answer \(terminating connection.*it goes on where it stopped"
        ) as caught:
            grade_class(course, find_module("01"), ["ada", "alan"], on_outcome=end_connections)
        assert PASSWORD not in str(caught.value) and "\n" not in str(caught.value)
        outcomes = grade_class(course, find_module("01"), ["ada", "alan"])
    assert [outcome.state for outcome in outcomes if outcome.graded] == [outcome.state for outcome in outcomes]
