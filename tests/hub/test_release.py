"""The release service under a clock of the test's own, its pages, and its process."""

from __future__ import annotations

import asyncio
import json
import signal
import socket
import subprocess
import sys
import urllib.error
import urllib.request
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from hub.release import LONGEST_LOOK, LONGEST_WAIT, Releaser, main
from hub.release_pages import Log, Metrics, pages
from tests.tiny import COURSE_TOML, NOTHING, copy_only, make_checkout
from tito.course import Course
from tito.errors import ToolError
from tito.workspace import lay_out_course

TERM = COURSE_TOML.replace('id = "tiny"', 'id = "tiny"\ntimezone = "Europe/Berlin"\nterm_start = 2027-03-29')
MIDNIGHT = datetime(2027, 3, 28, 22, tzinfo=UTC)
"""Of 29 March in Berlin, where the clocks were put forward the day before."""

OTHERS = "".join(f"[modules.{number:02d}]\nhold = true\n" for number in range(2, 21))


class Service:
    """A releaser in a course of one module, with what it wrote."""

    def __init__(self, folder: Path, text: str = TERM + OTHERS) -> None:
        self.course = Course.load(lay_out_course(folder / "course", make_checkout(folder / "checkout"), text))
        self.now = MIDNIGHT
        self.lines: list[str] = []
        self.start()

    def start(self) -> None:
        """Begin anew, as after a restart: only the files are left."""
        self.metrics = Metrics()
        self.releaser = Releaser(self.course.root, Log(lambda: self.now, self.lines.append), self.metrics)

    def look(self, **later: float) -> timedelta:
        """Look after some time; gives how long the service would wait then."""
        self.now += timedelta(**later)
        return self.releaser.look(self.now) - self.now

    def write(self, text: str) -> None:
        (self.course.root / "course.toml").write_text(text, encoding="utf-8")

    def events(self) -> list[str]:
        return [json.loads(line)["event"] for line in self.lines]

    def number(self, name: str, **labels: str) -> float | None:
        return self.metrics.registry.get_sample_value(name, labels)


@pytest.fixture
def service(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Service:
    """A service over a nbgrader that only copies; the process below runs over the real one."""
    service = Service(tmp_path)
    copy_only(monkeypatch)
    return service


def test_it_wakes_at_the_moment_of_a_release_and_releases_once(service: Service) -> None:
    assert service.look(hours=-1) == LONGEST_WAIT
    assert service.look(minutes=59, seconds=50) == timedelta(seconds=10)
    assert service.number("release_next_timestamp_seconds") == MIDNIGHT.timestamp()
    assert service.events() == []
    service.look(seconds=10)
    service.look(seconds=30)
    service.start()
    service.look(days=1)
    assert service.events() == ["released"]
    assert json.loads(service.lines[0]) == {
        "time": "2027-03-28T22:00:00+00:00",
        "service": "release",
        "event": "released",
        "module": "01_setup",
    }


def test_after_downtime_it_releases_what_is_overdue(service: Service) -> None:
    service.look(days=100)
    assert service.events() == ["released"]
    assert service.number("release_actions_total", action="released") == 1
    assert service.number("release_overdue_modules") == 0


def test_a_date_changed_while_it_runs_counts(service: Service) -> None:
    service.look(hours=-1)
    service.write(service_text("[modules.01]\nrelease = 2027-03-28T23:30:00\n"))
    assert service.look(seconds=1) == LONGEST_WAIT
    service.look(minutes=30)
    assert service.events() == ["released"]


def service_text(modules: str) -> str:
    return TERM + modules + OTHERS


def test_a_moved_due_date_is_recorded_and_told(service: Service) -> None:
    service.look()
    service.write(service_text("[modules.01]\ndue = 2027-05-01T12:00:00\n"))
    service.look(seconds=30)
    service.look(seconds=30)
    assert service.events() == ["released", "due_date_recorded"]


def test_a_changed_roster_is_recorded_once_and_told(service: Service, monkeypatch: pytest.MonkeyPatch) -> None:
    recorded: list[tuple[str, ...]] = []

    def record(course: Course) -> list[str]:
        recorded.append(course.students)
        return ["grace"] if "grace" in course.students else []

    monkeypatch.setattr("tito.gradebook.record_people", record)
    service.look()
    service.look(seconds=30)
    (service.course.root / "roster.csv").write_text("name,id,section,role\nada,1,,student\ngrace,2,,student\n")
    service.look(seconds=30)
    service.look(seconds=30)
    assert recorded == [("ada", "alan"), ("ada", "grace")]
    assert service.events() == ["released", "people_recorded"]


def test_a_broken_course_file_is_told_once_and_releases_nothing(service: Service) -> None:
    service.look(hours=-1)
    service.write(TERM + "[modules.01]\nrelease = 2027-02-30T00:00:00\n")
    service.look(seconds=30)
    service.look(hours=1)
    assert service.events() == ["problem"]
    assert "names a date or time that does not exist" in str(service.releaser.health()["problem"])
    assert service.number("release_problem") == 1
    service.write(TERM + OTHERS)
    service.look(seconds=30)
    assert service.events() == ["problem", "released"]
    assert service.number("release_problem") == 0


def test_a_failure_is_tried_again_ever_more_seldom(service: Service) -> None:
    source = service.course.root / "source" / "01_setup.py"
    right = source.read_text(encoding="utf-8")
    source.write_text(NOTHING, encoding="utf-8")
    tried, wait = [], timedelta(0)
    while len(tried) < 6:
        wait = service.look(seconds=wait.total_seconds())
        if len(service.lines) > len(tried):
            tried.append((service.now - MIDNIGHT).total_seconds())
    assert tried == [0, 5, 15, 35, 75, 155]
    assert service.number("release_overdue_modules") == 1
    assert list(service.releaser.health()["failing"]) == ["01_setup"]
    source.write_text(right, encoding="utf-8")
    service.look(minutes=15)
    assert service.events() == ["failed"] * 6 + ["completed"]
    assert service.releaser.health()["failing"] == {}


async def answer(url: str) -> tuple[int, str]:
    """Ask from another thread: the server answers in this one."""

    def ask() -> tuple[int, str]:
        try:
            with urllib.request.urlopen(url, timeout=60) as found:
                return found.status, found.read().decode()
        except urllib.error.HTTPError as error:
            with error:
                return error.code, error.read().decode()

    return await asyncio.to_thread(ask)


def test_health_says_whether_it_still_looks_and_what_fails() -> None:
    now, metrics = MIDNIGHT, Metrics()

    async def ask() -> list[tuple[int, str]]:
        server = pages(lambda: {"problem": "", "failing": {"02_tensor": "why"}}, metrics, lambda: now, LONGEST_LOOK)
        address, found = server.listen("127.0.0.1", 0), []
        try:
            found.append(await answer(f"{address}/health"))
            for age in (timedelta(0), LONGEST_LOOK, LONGEST_LOOK + timedelta(seconds=1)):
                metrics.last_look.set((now - age).timestamp())
                found.append(await answer(f"{address}/health"))
            metrics.actions.labels("released").inc()
            found.append(await answer(f"{address}/metrics"))
            found.append(await answer(f"{address}/"))
        finally:
            await server.close()
        return found

    never, fresh, old, stuck, numbers, nothing = asyncio.run(ask())
    assert [status for status, _ in (never, fresh, old, stuck, numbers, nothing)] == [503, 200, 200, 503, 200, 404]
    assert json.loads(fresh[1]) == {
        "status": "ok",
        "seconds_since_look": 0.0,
        "problem": "",
        "failing": {"02_tensor": "why"},
    }
    assert json.loads(stuck[1])["status"] == "stuck"
    assert 'release_actions_total{action="released"} 1.0' in numbers[1]


def test_the_process_releases_answers_and_ends_when_told(service: Service) -> None:
    service.write(service_text("[modules.01]\nrelease = 2020-01-01T00:00:00\n"))
    command = [sys.executable, "-m", "hub.release", "--course", str(service.course.root)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None
            lines = [json.loads(process.stdout.readline()) for _ in range(2)]
            assert [line["event"] for line in lines] == ["listening", "released"]
            with urllib.request.urlopen(lines[0]["address"] + "/health", timeout=60) as found:
                assert json.load(found)["status"] == "ok"
        finally:
            process.send_signal(signal.SIGTERM)
            rest, errors = process.communicate(timeout=120)
    assert process.returncode == 0
    assert json.loads(rest)["event"] == "stopped"
    assert errors == ""


@pytest.mark.parametrize("broken", ["", "[course]\nid = 'tiny'\n[modules.01]\nrelease = 2027-02-30\n"])
def test_a_course_that_cannot_be_read_at_the_start_is_one_line(tmp_path: Path, broken: str) -> None:
    if broken:
        (tmp_path / "course.toml").write_text(broken)
    command = [sys.executable, "-m", "hub.release", "--course", str(tmp_path), "--once"]
    found = subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)
    assert (found.returncode, found.stdout) == (3, "")
    assert found.stderr.startswith("hub.release: ")
    assert found.stderr.count("\n") == 1


def test_a_taken_port_is_one_line(
    service: Service, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TINYTORCH_COURSE", "")  # the program sets it: put it back afterwards
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        assert main(["--course", str(service.course.root), "--port", str(port)]) == ToolError.exit_code
    said = capsys.readouterr()
    assert (
        said.err
        == f"hub.release: port {port} of 127.0.0.1 cannot be had: Address already in use (nothing was released)\n"
    )
    assert said.out == ""
