"""A class on three workers, while workers, broker and coordinator are killed: everybody is graded once and rightly.

The one submission whose worker dies every time is set aside, told, and scored nothing at all, not 0.
"""

from __future__ import annotations

import json
import os
import re
import signal
import sys
import threading
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from nbgrader.api import Gradebook

from tests.farm.services import PASSWORD, Postgres, Program, Redis, end_all, wait_for
from tests.tiny import COURSE_TOML, make_course
from tito.addresses import BROKER, database_url
from tito.course import Course
from tito.farm.celery_app import GRADE, make_app
from tito.farm.ledger import FAULTS, Ledger, connect
from tito.farm.rules import job_id
from tito.grading.batch import prepare_submission
from tito.grading.policy import ALLOW_PLAIN
from tito.modules import find_module
from tito.notebooks import notebook_text
from tito.percent import read_source, source_path

MODULE = find_module("01")
RIGHT = "return math.fsum([x, x])"
LEASE = 2.0
POISON = "eve"
CLASS = {f"student-{number:02}": 20.0 * (5 - number % 4) for number in range(12)}
"""Everybody else, and the points that they deserve. Every fourth text is the same, letter for letter."""


def submit(course: Course, student: str, wrong: int, seconds: float) -> None:
    """`wrong` of five functions are wrong, and loading the first takes a while."""
    text = notebook_text(read_source(source_path(course.root, MODULE.label)))
    text = text.replace(RIGHT, "return x + 1", wrong).replace(
        "def double_1", f"import time\\ntime.sleep({seconds})\\ndef double_1"
    )
    folder = course.root / "submitted" / student / MODULE.label
    folder.mkdir(parents=True)
    (folder / f"{MODULE.label}.ipynb").write_text(text, encoding="utf-8")


class Farm:
    """A course, its services and the programs that grade it."""

    def __init__(self, folder: Path, course: Course, redis: Redis) -> None:
        self.folder = folder
        self.course = course
        self.redis = redis
        self.ledger = Ledger(connect(redis.url, 0))
        self.programs: list[Program] = []

    def worker(self) -> Program:
        environment = {BROKER: self.redis.url, ALLOW_PLAIN: "1"}
        tito = str(Path(sys.executable).with_name("tito"))
        return self._program("worker", [tito, "worker", "--processes", "1"], self.folder, **environment)

    def coordinator(self) -> Program:
        command = [sys.executable, "-m", "tests.farm.coordinator", self.redis.url, str(LEASE)]
        return self._program("coordinator", command, self.course.root)

    def _program(self, name: str, command: list[str], cwd: Path, **environment: str) -> Program:
        found = Program(self.folder, f"{name}-{len(self.programs)}", command, cwd, **environment)
        self.programs.append(found)
        return found

    def command(self) -> Program:
        """Somebody grades once more, at the terminal."""
        tito = str(Path(sys.executable).with_name("tito"))
        return self._program("command", [tito, "grade", "01", "--farm"], self.course.root)

    def job(self, student: str) -> str:
        return job_id(self.course.id, prepare_submission(self.course, MODULE, student).job)

    def logs(self, name: str) -> str:
        return "".join(found.text for found in self.programs if found.log.name.startswith(name))


@pytest.fixture
def farm(tmp_path: Path, redis: Redis, postgres: Postgres) -> Iterator[Farm]:
    database = postgres.create("farm")
    course = make_course(tmp_path, f'{COURSE_TOML}[database]\nurl = "{database}"\n[farm]\nbroker = "{redis.url}"\n')
    for number, student in enumerate(CLASS):
        submit(course, student, number % 4, 0.3)
    submit(course, POISON, 0, 20.0)  # killed long before
    found = Farm(tmp_path, course, redis)
    try:
        yield found
    finally:
        end_all(found.programs)


class Reaper(threading.Thread):
    """Kills whichever process begins the job, as if it took too much memory."""

    def __init__(self, farm: Farm, job: str) -> None:
        super().__init__(daemon=True)
        self._ledger = Ledger(connect(farm.redis.url, 0))
        self._job = job
        self._over = threading.Event()
        self.killed: set[int] = set()

    def run(self) -> None:
        while not self._over.wait(0.05):
            with suppress(*FAULTS):
                _, _, process = self._ledger.holder(self._job).rpartition(":")
                if process and int(process) not in self.killed:
                    self.killed.add(int(process))
                    with suppress(ProcessLookupError):
                        os.kill(int(process), signal.SIGKILL)

    def stop(self) -> None:
        self._over.set()
        self.join()


class Trap:
    """Makes a folder where somebody unpickles it."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def __reduce__(self) -> tuple[Any, ...]:
        return os.mkdir, (str(self._folder),)


def gradebook_rows(course: Course) -> dict[str, list[Any]]:
    """Every submission in the gradebook, by student."""
    found: dict[str, list[Any]] = {}
    with Gradebook(database_url(course), course.id) as book:
        for submission in book.assignment_submissions(MODULE.label):
            found.setdefault(submission.student_id, []).append(submission.score)
    return found


def test_whatever_dies_everybody_is_graded_once(farm: Farm) -> None:
    reaper = Reaper(farm, farm.job(POISON))
    jobs = [farm.job(student) for student in CLASS]
    trap = farm.folder / "unpickled"
    make_app(farm.redis.url).send_task(GRADE, args=(Trap(trap),), serializer="pickle", ignore_result=True)
    workers = [farm.worker() for _ in range(3)]
    first = farm.coordinator()
    reaper.start()
    try:
        wait_for(lambda: len(farm.ledger.answers(jobs)) >= 2, 300, "grading two submissions")
        workers[0].kill()
        farm.redis.kill()
        wait_for(lambda: "does not answer, waiting" in first.text, 120, "missing the broker")
        farm.redis.start()
        wait_for(lambda: "answers again" in first.text, 120, "finding the broker")
        wait_for(lambda: len(farm.ledger.answers(jobs)) >= 5, 300, "grading five submissions")
        first.kill()
        farm.worker()
        second = farm.coordinator()
        wait_for(lambda: second.process.poll() is not None, 300, "grading the class")
    finally:
        reaper.stop()
    assert second.process.returncode == 0, second.text

    assert gradebook_rows(farm.course) == {student: [points] for student, points in CLASS.items()}
    graded = {path.parents[1].name for path in farm.course.root.glob(f"autograded/*/{MODULE.label}/*.ipynb")}
    assert graded == set(CLASS)

    again = farm.command()
    wait_for(lambda: again.process.poll() is not None, 180, "tito grade 01 --farm")
    assert again.process.returncode == 1
    assert "0 graded, 12 up to date, 1 could not be graded" in again.text
    assert "tito: eve's 01_setup was set aside: its worker died 3 times" in again.text

    assert len(reaper.killed) >= 3
    outcomes = [json.loads(line) for line in second.text.splitlines() if line.startswith("[")]
    told = {student: (state, reason) for student, state, _, reason in outcomes}
    state, reason = told[POISON]
    assert state == "ungraded"
    assert "eve's 01_setup was set aside: its worker died 3 times while it graded" in reason
    assert {state for student, (state, _) in told.items() if student != POISON} <= {"graded", "current"}

    log = farm.logs("worker")
    answered = re.findall(r"student=(\S+) attempt='': \d+ of 100 in a \w+ room", log)
    assert len(set(answered)) == len(answered), log
    assert len(answered) >= len(CLASS) - 1, log  # the killed worker may have taken its last line along
    assert set(answered) <= set(CLASS), log
    assert "Refusing to deserialize" in log
    assert not trap.exists()
    assert PASSWORD not in log + farm.logs("co")
