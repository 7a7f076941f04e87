"""The grading service between a real exchange, real exam rooms and a gradebook, under a clock of the test's own."""

from __future__ import annotations

import html
import json
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from concurrent.futures import Future
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from prometheus_client import REGISTRY

from hub.grading.checker import MOST_ATTEMPTS, Checker
from hub.grading.deadlines import Deadlines
from hub.grading.inbox import read_rows
from hub.grading.pages import lines
from hub.grading.records import Summaries
from hub.grading.rooms import Rooms
from hub.web.render import render
from hub.web.viewers import Viewer
from tests.exchange.service import ROOT, Service, running
from tests.tiny import COURSE_TOML, make_course
from tito import gradebook
from tito.backup.places import DEADLINES
from tito.course import Course
from tito.errors import SourceError, ToolError
from tito.grading.batch import LocalPool, Outcome
from tito.notebooks import notebook_text
from tito.percent import read_source, source_path

LABEL = "01_setup"
RIGHT = "return math.fsum([x, x])"
NOW = datetime.now(UTC)
DUE = (NOW + timedelta(hours=12)).replace(microsecond=0)
"""Later than any run of all tests takes: the exchange has a real clock."""
GRACE = timedelta(minutes=15)

TERM = f"{NOW - timedelta(days=1):%Y-%m-%d}"

COURSE_FILE = f"""{COURSE_TOML.replace('"tiny"', f'"tiny"{chr(10)}term_start = {TERM}')}
[modules.01]
due = {DUE:%Y-%m-%dT%H:%M:%S}
[extensions]
alan.01 = {DUE + timedelta(days=1):%Y-%m-%dT%H:%M:%S}
[grading]
workers = 1
on_submit = true
on_submit_seconds = 20
at_deadline = true
"""


@pytest.fixture(scope="module")
def exchange(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    with running(tmp_path_factory.mktemp("exchange")) as found:
        yield found


@pytest.fixture(scope="module")
def template(tmp_path_factory: pytest.TempPathFactory) -> Course:
    """A course whose module is generated; the tests work on copies of it."""
    return make_course(tmp_path_factory.mktemp("course"), COURSE_FILE)


@pytest.fixture(scope="module")
def rooms() -> Iterator[Rooms]:
    found = Rooms()
    yield found
    found.close()


class Class:
    """A course of a test's own on the shared exchange, with what the service needs."""

    def __init__(self, folder: Path, template: Course, exchange: Service, rooms: Rooms) -> None:
        self.course = Course.load(Path(shutil.copytree(template.root, folder / "course", symlinks=True)))
        self.exchange, self.rooms, self.data = exchange, rooms, folder / "data"
        self.now = NOW
        released = (self.course.root / "release" / LABEL / f"{LABEL}.ipynb").read_bytes()
        exchange.client("ta").release(LABEL, {f"{LABEL}.ipynb": released}, force=True)
        self.solved = notebook_text(read_source(source_path(self.course.root, LABEL)))
        self.before = len(exchange.client("ta").submissions(everyone=True))

    def submit(self, student: str, wrong: int = 0) -> str:
        """Hand in a notebook with so many wrong exercises."""
        text = self.solved
        for number in range(wrong):
            text = text.replace(RIGHT, f"return [x, x, {number}]", 1)
        return self.exchange.client(student).submit(LABEL, {f"{LABEL}.ipynb": text.encode()}).submission

    def checker(self) -> Checker:
        return Checker(self.course.root, self.data, self.exchange.client("ta"), self.rooms, lambda: self.now)

    def deadlines(self) -> Deadlines:
        return Deadlines(self.course.root, self.exchange.client("ta"), self.rooms, lambda: self.now)

    def page(self, student: str, number: str) -> str:
        """What `student` fetches on a submission; empty while there is nothing."""
        row = next(row for row in self.exchange.client(student).submissions() if row["submission"] == number)
        return self.exchange.client(student).feedback(number)[f"{LABEL}.html"].decode() if row["feedback"] else ""

    def answers(self, checker: Checker, student: str, number: str) -> str:
        """Let the service look until there is an answer."""
        deadline = time.monotonic() + 180
        while not (page := self.page(student, number)):
            assert time.monotonic() < deadline
            checker.look()
        return page

    def shown(self, student: str, number: str) -> str:
        """What stands about a submission in the list that its author sees."""
        rows = read_rows(self.exchange.client(student).submissions())
        stands_still = bool(self.rooms.trouble)
        found = lines(rows, Summaries(self.data / "summaries"), Course.load(self.course.root), self.now, stands_still)
        return next(line.says for line in found if line.submission == number)

    def shown_to_staff(self) -> str:
        """Their page, of no submissions."""
        viewer = Viewer("ta", student=False, staff=True, sees=(), about="the whole class")
        problems = [self.rooms.trouble] if self.rooms.trouble else []
        page = {"here": "grading", "services": "/services/", "hub": "/hub/home", "waiting": False, "on_submit": True}
        return html.unescape(render("results_staff", viewer=viewer, lines=[], problems=problems, **page))

    def points(self) -> dict[str, float | None]:
        return {score.student: score.points for score in gradebook.scores(self.course, LABEL)}

    def set(self, old: str, new: str) -> None:
        path = self.course.root / "course.toml"
        text = path.read_text()
        assert old in text
        path.write_text(text.replace(old, new))


@pytest.fixture
def of(
    tmp_path: Path, template: Course, exchange: Service, rooms: Rooms, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Class]:
    monkeypatch.setenv("TINYTORCH_EXCHANGE_URL", exchange.url)
    monkeypatch.setenv("JUPYTERHUB_API_TOKEN", "ta-token")
    found = Class(tmp_path, template, exchange, rooms)
    monkeypatch.setenv("TINYTORCH_COURSE", str(found.course.root))
    yield found


def test_the_visible_tests_come_back_and_no_grade(of: Class) -> None:
    number = of.submit("ada", wrong=1)
    page = of.answers(of.checker(), "ada", number)
    assert "4 of 5 visible tests pass" in page
    assert "Visible tests only; the grade comes after the deadline." in page
    assert "double_1(2) should be 4" in page
    assert "hidden test)" not in page and "-1.5" not in page and "points" not in page
    assert of.points() == {}
    assert not list((of.course.root / "submitted").iterdir())
    assert not list((of.course.root / "autograded").iterdir())


def test_hidden_tests_are_in_no_job(of: Class, monkeypatch: pytest.MonkeyPatch) -> None:
    jobs: list[str] = []
    submit = LocalPool.submit
    monkeypatch.setattr(
        LocalPool, "submit", lambda pool, job: (jobs.append(json.dumps(job.as_json())), submit(pool, job))[1]
    )
    of.answers(of.checker(), "ada", of.submit("ada"))
    assert len(jobs) == 1
    assert "HIDDEN" not in jobs[0] and "hidden" not in jobs[0] and "-1.5" not in jobs[0]


def test_a_wrong_answer_that_only_hidden_tests_catch_looks_right_until_the_deadline(of: Class) -> None:
    text = of.solved.replace(RIGHT, "return 4", 1)
    number = of.exchange.client("ada").submit(LABEL, {f"{LABEL}.ipynb": text.encode()}).submission
    assert "5 of 5 visible tests pass" in of.answers(of.checker(), "ada", number)
    of.now = DUE + GRACE
    of.deadlines().look()
    assert of.points() == {"ada": 80.0}


def test_the_newest_wins_and_turns_are_apart(of: Class) -> None:
    checker = of.checker()
    old, new = of.submit("ada", wrong=2), of.submit("ada", wrong=1)
    assert "4 of 5" in of.answers(checker, "ada", new)
    again = of.submit("ada")
    for _ in range(3):
        checker.look()
    assert of.page("ada", old) == of.page("ada", again) == ""
    of.now += timedelta(seconds=21)
    assert "5 of 5" in of.answers(checker, "ada", again)
    assert of.page("ada", old) == ""


def test_a_service_that_is_gone_in_mid_run_goes_on(of: Class) -> None:
    number = of.submit("ada", wrong=1)
    lost = of.checker()
    lost.look()  # begun; whatever came of it is forgotten if it did not get to the exchange
    assert "4 of 5" in of.answers(of.checker(), "ada", number)


def test_what_never_comes_to_an_end_is_given_up(of: Class) -> None:
    number = of.submit("ada")
    for _ in range(MOST_ATTEMPTS):
        of.checker().attempts.begin(number)
    page = of.answers(of.checker(), "ada", number)
    assert "The visible tests were not run" in page and "It is graded all the same" in page


def test_switched_off_it_runs_nothing(of: Class) -> None:
    of.set("on_submit = true", "on_submit = false")
    number, checker = of.submit("ada"), of.checker()
    checker.look()
    checker.look()
    assert of.page("ada", number) == ""


def test_a_killed_process_is_started_again_and_answers(of: Class) -> None:
    environment = os.environ | {
        "TINYTORCH_GRADING_COURSE": str(of.course.root),
        "TINYTORCH_GRADING_DATA": str(of.data),
        "JUPYTERHUB_API_TOKEN": "ta-token",
    }
    number, log = "", of.data.with_name("log")
    for last in (False, True):
        with log.open("w") as output:
            process = subprocess.Popen([sys.executable, "-m", "hub.grading"], cwd=ROOT, env=environment, stdout=output)
        try:
            logged(log, "started")
            if not last:
                process.send_signal(signal.SIGSTOP)  # it must not come to an answer before it is killed
                number = of.submit("alan", wrong=1)
            if last:
                line = logged(log, "visible tests run", number)
                assert (line["passed"], line["tests"]) == (4, 5)
        finally:
            process.terminate() if last else process.kill()
            process.wait(120)
    assert process.returncode == 0
    assert "4 of 5" in of.page("alan", number)


def test_without_an_exam_room_students_and_staff_read_so_and_it_goes_on_by_itself(
    of: Class, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Rooms in Docker whose image is not there yet."""
    monkeypatch.delenv("TINYTORCH_ROOM", raising=False)
    in_docker = 'workers = 1\nroom = "docker"\nimage = "an-image-that-nobody-has"'
    of.set("workers = 1", in_docker)
    of.rooms = Rooms()
    checker, number = of.checker(), of.submit("ada")
    try:
        for _ in range(MOST_ATTEMPTS + 1):
            with pytest.raises(ToolError) as error:
                checker.look()
        assert of.rooms.trouble == str(error.value)
        assert REGISTRY.get_sample_value("grading_no_room") == 1

        told, staff = of.shown("ada", number), of.shown_to_staff()
        assert "cannot run now" in told and "by themselves" in told and "your hand-in is kept" in told
        assert "docker" not in told.lower() and of.rooms.trouble in staff

        of.set(in_docker, "workers = 1")
        assert "5 of 5 visible tests pass" in of.answers(checker, "ada", number)
        assert REGISTRY.get_sample_value("grading_no_room") == 0
        assert "cannot run now" not in of.shown("ada", number)
        assert "Nothing is graded" not in of.shown_to_staff()
    finally:
        of.rooms.close()


def logged(log: Path, message: str, number: str | None = None) -> dict[str, Any]:
    """The first line of a service's log that says `message`, about that submission, once it stands there."""
    deadline = time.monotonic() + 180
    while time.monotonic() < deadline:
        lines = [json.loads(line) for line in log.read_text().splitlines() if line.endswith("}")]
        found = [line for line in lines if (line["message"], line.get("submission")) == (message, number)]
        if found:
            return dict(found[0])
        time.sleep(0.1)
    raise AssertionError(log.read_text())


def test_at_the_deadline_it_is_graded_once(of: Class, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level("INFO", "grading")
    of.submit("ada", wrong=1)
    of.submit("alan", wrong=2)
    for of.now in (DUE, DUE + GRACE - timedelta(seconds=1)):
        of.deadlines().look()
        assert of.points() == {}
    of.now = DUE + GRACE
    deadlines = of.deadlines()
    for look in (deadlines.look, deadlines.look, of.deadlines().look):
        look()
    assert of.points() == {"ada": 80.0}, "alan has a day more"
    assert [record.message for record in caplog.records].count("graded") == 1
    of.now += timedelta(days=1)
    of.deadlines().look()
    assert of.points() == {"ada": 80.0, "alan": 60.0}
    assert [record.message for record in caplog.records].count("graded") == 2


def test_killed_between_gradebook_and_journal_it_finds_the_grade(of: Class, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level("INFO", "grading")
    of.submit("ada", wrong=1)
    of.now = DUE + GRACE
    of.deadlines().look()
    (of.course.root / DEADLINES).unlink()
    of.deadlines().look()
    messages = [record.message for record in caplog.records]
    assert (messages.count("graded"), messages.count("current")) == (1, 1)
    assert of.points() == {"ada": 80.0}


def test_what_comes_late_replaces_it_and_loses_what_late_work_loses(of: Class, monkeypatch: pytest.MonkeyPatch) -> None:
    of.submit("ada", wrong=1)
    of.now = DUE + GRACE
    of.deadlines().look()
    of.set(f"due = {DUE:%Y-%m-%dT%H:%M:%S}", f"due = {NOW - timedelta(minutes=30):%Y-%m-%dT%H:%M:%S}")
    gradebook.record_due_dates(of.course, {LABEL: NOW - timedelta(minutes=30)})
    of.submit("ada")
    of.deadlines().look()
    assert of.points() == {"ada": 90.0}


def test_staffs_feedback_takes_the_place_of_the_early_one_and_stays(of: Class) -> None:
    number = of.submit("ada", wrong=1)
    of.answers(of.checker(), "ada", number)
    of.now = DUE + GRACE
    of.set("at_deadline = true", "at_deadline = true\nrelease_feedback = true")
    of.deadlines().look()
    page = of.page("ada", number)
    assert "80 of 100 points" in page and "Visible tests only" not in page
    checker = of.checker()
    checker.look()
    checker.look()
    assert of.page("ada", number) == page
    journal = json.loads((of.course.root / DEADLINES).read_text())
    assert journal[LABEL]["ada"]["feedback"] == "released"


def test_without_the_setting_feedback_is_staffs_to_release(of: Class) -> None:
    number = of.submit("ada")
    of.now = DUE + GRACE
    of.deadlines().look()
    assert of.points() == {"ada": 100.0}
    assert of.page("ada", number) == ""


def test_what_cannot_be_graded_is_told_tried_again_and_keeps_nobody_back(
    of: Class, caplog: pytest.LogCaptureFixture
) -> None:
    of.exchange.client("ada").submit(LABEL, {f"{LABEL}.ipynb": b"{"})
    of.set(f"alan.01 = {DUE + timedelta(days=1):%Y-%m-%dT%H:%M:%S}", "")
    of.submit("alan")
    of.now = DUE + GRACE
    deadlines = of.deadlines()
    deadlines.look()
    deadlines.look()
    assert of.points() == {"alan": 100.0}
    assert [record.message for record in caplog.records].count("put off") == 1
    assert len(deadlines.failing) == 1
    of.now += timedelta(minutes=2)
    deadlines.look()
    assert [record.message for record in caplog.records].count("put off") == 2


def test_a_module_whose_source_makes_no_sense_is_put_off(of: Class, monkeypatch: pytest.MonkeyPatch) -> None:
    of.submit("ada", wrong=1)
    of.now = DUE + GRACE
    deadlines = of.deadlines()

    def refuse(*_: object, **__: object) -> list[Outcome]:
        raise SourceError("source/01_setup.py has other cells than when it was generated")

    with monkeypatch.context() as patch:
        patch.setattr("hub.grading.deadlines.grade_class", refuse)
        deadlines.look()
        deadlines.look()
    assert of.points() == {}
    assert list(deadlines.failing.values()) == ["source/01_setup.py has other cells than when it was generated"]
    of.now += timedelta(minutes=1)
    deadlines.look()
    assert of.points() == {"ada": 80.0} and not deadlines.failing


def number(name: str, **labels: str) -> float:
    """What Prometheus would read now."""
    found = REGISTRY.get_sample_value(name, labels)
    assert found is not None, name
    return found


ON_SUBMIT = [
    ("grading_on_submit_total", {"result": "run"}),
    ("grading_on_submit_total", {"result": "not run"}),
    ("grading_on_submit_total", {"result": "failed"}),
    ("grading_on_submit_job_seconds_count", {}),
    ("grading_on_submit_answer_seconds_count", {}),
]
AT_THE_DEADLINE = [
    ("grading_deadline_total", {"result": "graded"}),
    ("grading_deadline_total", {"result": "current"}),
    ("grading_deadline_total", {"result": "put off"}),
    ("grading_deadline_run_seconds_count", {}),
]


class Counted:
    """How far some numbers have moved since it was made."""

    def __init__(self, names: list[tuple[str, dict[str, str]]]) -> None:
        self.names = names
        self.before = self.now()

    def now(self) -> list[float]:
        return [number(name, **labels) for name, labels in self.names]

    def moved(self) -> list[float]:
        return [now - before for now, before in zip(self.now(), self.before, strict=True)]


def test_prometheus_sees_what_waits_runs_and_came_of_it(of: Class, monkeypatch: pytest.MonkeyPatch) -> None:
    counted, checker = Counted(ON_SUBMIT), of.checker()
    first, second = of.submit("ada"), of.submit("alan")
    checker.rooms.lend(Course.load(of.course.root))
    with monkeypatch.context() as patch:  # no job comes to its end
        patch.setattr("hub.grading.checker.wait", lambda *_, **__: None)
        patch.setattr(LocalPool, "submit", lambda *_: Future())
        patch.setattr(checker.rooms, "at_once", 1)
        checker.look()
    assert (number("grading_on_submit_waiting"), number("grading_on_submit_running")) == (1, 1)
    assert counted.moved() == [0, 0, 0, 0, 0]
    checker = of.checker()
    for student, submission in (("ada", first), ("alan", second)):
        of.answers(checker, student, submission)
    assert (number("grading_on_submit_waiting"), number("grading_on_submit_running")) == (0, 0)
    assert counted.moved() == [2, 0, 0, 2, 2]


def test_prometheus_sees_what_could_not_be_run(of: Class, monkeypatch: pytest.MonkeyPatch) -> None:
    counted, checker = Counted(ON_SUBMIT), of.checker()
    lost: Future[Any] = Future()
    lost.set_exception(SourceError("the room ended"))
    number = of.submit("ada")
    with monkeypatch.context() as patch:
        patch.setattr(LocalPool, "submit", lambda *_: lost)
        checker.look()
    assert counted.moved() == [0, 0, 1, 0, 0]
    for _ in range(MOST_ATTEMPTS):
        checker.attempts.begin(number)
    of.now += timedelta(seconds=21)
    of.answers(checker, "ada", number)
    assert counted.moved() == [0, 1, 1, 0, 1]


def test_prometheus_sees_deadlines_and_when_they_were_last_graded(of: Class) -> None:
    counted = Counted(AT_THE_DEADLINE)
    of.set(f"alan.01 = {DUE + timedelta(days=1):%Y-%m-%dT%H:%M:%S}", "")
    of.exchange.client("ada").submit(LABEL, {f"{LABEL}.ipynb": b"{"})
    of.submit("alan")
    of.deadlines().look()
    assert counted.moved() == [0, 0, 0, 0]
    assert number("grading_deadline_last_run_timestamp_seconds") == 0
    of.now = DUE + GRACE
    deadlines = of.deadlines()
    deadlines.look()
    assert counted.moved() == [1, 0, 1, 1]
    assert (number("grading_deadline_due"), number("grading_deadline_failing")) == (1, 1)
    assert number("grading_deadline_last_run_timestamp_seconds") == of.now.timestamp()
    of.submit("ada")
    of.now += timedelta(seconds=15)
    deadlines.look()
    assert counted.moved() == [2, 0, 1, 2]
    assert (number("grading_deadline_due"), number("grading_deadline_failing")) == (0, 0)
    assert number("grading_deadline_last_run_timestamp_seconds") == of.now.timestamp()
    (of.course.root / DEADLINES).unlink()
    of.deadlines().look()
    assert counted.moved()[1] == 2
