"""Where the gradebook and the farm are: the environment first, then course.toml; never with their passwords."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from typer.testing import CliRunner

from tests.tiny import COURSE_TOML
from tito.addresses import BROKER, DATABASE, broker_url, database_url, shown
from tito.cli import app
from tito.course import Course
from tito.errors import BrokerError, CourseFileError

REDIS = "redis://:secret-word@redis.example.edu/0"
POSTGRES = "postgresql+psycopg://course:secret-word@db.example.edu/grades"


def course_with(folder: Path, tables: str = "") -> Course:
    (folder / "course.toml").write_text(f"{COURSE_TOML}{tables}", encoding="utf-8")
    return Course.load(folder)


def test_without_settings_everything_is_in_the_folder(tmp_path: Path) -> None:
    course = course_with(tmp_path)
    assert database_url(course) == f"sqlite:///{tmp_path / 'gradebook.db'}"
    assert broker_url(course) == ""


def test_the_environment_has_the_last_word(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    course = course_with(tmp_path, f'[database]\nurl = "{POSTGRES}"\n[farm]\nbroker = "{REDIS}"\n')
    assert (database_url(course), broker_url(course)) == (POSTGRES, REDIS)
    assert "secret-word" not in repr(course)
    monkeypatch.setenv(DATABASE, "sqlite:////elsewhere.db")
    monkeypatch.setenv(BROKER, "rediss://elsewhere/1")
    assert (database_url(course), broker_url(course)) == (
        "sqlite:////elsewhere.db",
        "rediss://elsewhere/1?ssl_cert_reqs=required",
    )


@pytest.mark.parametrize(
    ("table", "value"),
    [("database", 'url = "mysql://root:secret-word@db/grades"'), ("farm", 'broker = "amqp://me:secret-word@rabbit"')],
)
def test_other_kinds_of_address_are_refused_without_their_password(tmp_path: Path, table: str, value: str) -> None:
    with pytest.raises(CourseFileError, match=rf"{table}\.\w+ must start with") as caught:
        course_with(tmp_path, f"[{table}]\n{value}\n")
    assert "secret-word" not in str(caught.value)


def test_an_address_in_the_environment_is_checked_too(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(BROKER, "localhost:6379")
    with pytest.raises(CourseFileError, match=f"{BROKER} must start with redis://"):
        broker_url(course_with(tmp_path))


@pytest.mark.parametrize(
    ("address", "text"),
    [
        (REDIS, "redis://:***@redis.example.edu/0"),
        (POSTGRES, "postgresql+psycopg://course:***@db.example.edu/grades"),
        ("postgresql+psycopg://course@/grades?host=/run&password=secret-word", "postgresql+psycopg://course@/grades"),
        ("redis://:se@cret:wo@rd@host:1/0", "redis://:***@host:1/0"),
        ("sqlite:////var/gradebook.db", "sqlite:////var/gradebook.db"),
    ],
)
def test_shown_without_a_password(address: str, text: str) -> None:
    assert shown(address) == text


def test_without_a_farm_the_commands_say_what_to_set(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    course_with(tmp_path)
    (tmp_path / "submitted" / "ada" / "01_setup").mkdir(parents=True)
    monkeypatch.chdir(tmp_path)
    for command in (["grade", "01", "--farm"], ["worker"]):
        found = CliRunner().invoke(app, command)
        assert isinstance(found.exception, BrokerError)
        assert BROKER in str(found.exception)


def test_one_machine_needs_neither_celery_nor_redis() -> None:
    program = (
        "import sys, tito.cli, tito.commands.grading, tito.grading.batch, tito.grading.store, tito.farm\n"
        "print([name for name in ('celery', 'kombu', 'redis', 'psycopg') if name in sys.modules])"
    )
    found = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert found.stdout.strip() == "[]"
