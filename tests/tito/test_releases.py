"""Releases from the journal: in order, once, and completed after being killed anywhere."""

from __future__ import annotations

import fcntl
import json
import os
import shutil
import signal
import subprocess
import sys
import threading
from concurrent.futures import Future, ThreadPoolExecutor
from datetime import UTC, datetime
from pathlib import Path

import pytest
from nbgrader.apps.api import NbGraderAPI

from tests.tiny import COURSE_TOML, NOTHING, copy_only, make_checkout, setup_source
from tito import gradebook
from tito.commands import authoring as command
from tito.course import Course
from tito.errors import ScheduleError, SourceError, ToolError
from tito.formgrader.api import SectionAPI
from tito.modules import find_module
from tito.releases import JOURNAL, next_release, overdue, read_journal, release_once, release_overdue
from tito.workspace import lay_out_course

FIRST, SECOND, THIRD = (find_module(name) for name in ("01", "02", "03"))
TERM = 'id = "tiny"\nterm_start = 2027-03-01\ntimezone = "Europe/Berlin"'
LATER = datetime(2027, 3, 9, 12, tzinfo=UTC)
"""Two weeks have begun."""


class Killed(BaseException):
    """Stands for a signal: nothing in the program catches it."""


def make_term(folder: Path, modules: str = "") -> Course:
    """A course of two modules, of which nothing is made yet."""
    checkout = make_checkout(folder / "checkout")
    second = setup_source().replace("core.setup", "core.tensor")
    (checkout / "source" / "02_tensor.py").write_text(second, encoding="utf-8")
    text = COURSE_TOML.replace('id = "tiny"', TERM) + modules
    return Course.load(lay_out_course(folder / "course", checkout, course_file=text))


@pytest.fixture
def course(tmp_path: Path) -> Course:
    return make_term(tmp_path)


@pytest.fixture
def quick(course: Course, monkeypatch: pytest.MonkeyPatch) -> Course:
    """The same over a nbgrader that only copies."""
    copy_only(monkeypatch)
    return course


def outbound(course: Course) -> dict[str, int]:
    """What students can fetch, with the number of the folder: another number is another release."""
    return {
        folder.name: folder.stat().st_ino for folder in (course.root / "exchange" / course.id / "outbound").glob("*")
    }


def done(course: Course, now: datetime) -> list[tuple[str, str]]:
    return [(outcome.module.label, outcome.action) for outcome in release_overdue(course, now)]


def test_what_is_overdue_comes_out_once_and_in_order(course: Course) -> None:
    assert done(course, datetime(2027, 2, 28, 22, 59, 59, tzinfo=UTC)) == []
    assert done(course, LATER) == [("01_setup", "released"), ("02_tensor", "released")]
    there = outbound(course)
    assert set(there) == gradebook.published(course) == {"01_setup", "02_tensor"}
    assert done(course, LATER) == []
    assert release_once(course, FIRST, LATER) == "none"
    assert outbound(course) == there


def test_a_module_comes_out_at_its_local_midnight(course: Course) -> None:
    before = datetime(2027, 2, 28, 22, 59, 59, tzinfo=UTC)
    assert next_release(course, {}, before) == datetime(2027, 2, 28, 23, tzinfo=UTC)
    assert overdue(course, {}, before) == []
    assert overdue(course, {}, datetime(2027, 2, 28, 23, tzinfo=UTC)) == [FIRST]


def test_order_is_by_date_and_not_by_number(tmp_path: Path) -> None:
    course = make_term(tmp_path, "[modules.01]\nrelease = 2027-03-08T09:00:00\ndue = 2027-03-20T00:00:00\n")
    assert overdue(course, {}, LATER) == [SECOND, FIRST]


def test_what_is_held_does_not_come_out(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    course = make_term(tmp_path, "[modules.01]\nhold = true\n")
    copy_only(monkeypatch)
    assert done(course, LATER) == [("02_tensor", "released")]


def test_a_failure_keeps_no_other_module_back_and_is_tried_again(quick: Course) -> None:
    course = quick
    source = course.root / "source" / "01_setup.py"
    right = source.read_text(encoding="utf-8")
    source.write_text(NOTHING, encoding="utf-8")
    first, second = release_overdue(course, LATER)
    assert (first.action, second.action) == ("failed", "released")
    assert "has no graded cell" in first.error
    source.write_text(right, encoding="utf-8")
    assert done(course, LATER) == [("01_setup", "completed")]


def test_what_is_not_written_is_a_failure_that_names_the_file(course: Course) -> None:
    with pytest.raises(SourceError, match=r"03_activations\.py is not written yet"):
        release_once(course, THIRD, LATER)
    assert not (course.root / JOURNAL).exists()


def test_what_somebody_released_by_hand_is_not_released_again(quick: Course) -> None:
    course = quick
    release_once(course, FIRST, LATER)
    (course.root / JOURNAL).unlink()
    there = outbound(course)
    assert done(course, LATER) == [("01_setup", "found"), ("02_tensor", "released")]
    assert outbound(course)["01_setup"] == there["01_setup"]


@pytest.mark.parametrize("where", ["before generate", "after generate", "in release", "after release"])
def test_killed_anywhere_the_next_start_completes_it_once(
    quick: Course, where: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    course = quick
    when, step = where.split()
    real, released = getattr(gradebook, step), []

    def die(*given: object, **options: object) -> None:
        if when == "after":
            real(*given, **options)
        if when == "in":
            half = course.root / "exchange" / course.id / "outbound" / "01_setup"
            half.mkdir(parents=True)
            (half / "01_setup.ipynb").write_text('{"cells": [')
        raise Killed

    with monkeypatch.context() as patch, pytest.raises(Killed):
        patch.setattr(gradebook, step, die)
        release_once(course, FIRST, LATER)
    assert read_journal(course)["01_setup"].state == "started"
    there = outbound(course)
    real_release = gradebook.release
    monkeypatch.setattr(
        gradebook, "release", lambda *given, **options: (released.append(given[1]), real_release(*given, **options))
    )
    assert release_once(course, FIRST, LATER) == "completed"
    assert released == ([] if where == "after release" else ["01_setup"])
    if where == "after release":
        assert outbound(course) == there, "students' copy was replaced"
    assert not gradebook.torn(course, "01_setup")
    assert release_once(course, FIRST, LATER) == "none"


KILL_BETWEEN = """
import os, signal, sys
from tito import gradebook
gradebook.release = lambda *given, **options: os.kill(os.getpid(), signal.SIGKILL)
from hub.release import main
main(["--course", sys.argv[1], "--once"])
"""


def test_a_real_kill_between_generating_and_releasing_costs_nothing(course: Course) -> None:
    (course.root / "course.toml").write_text(
        COURSE_TOML + "[modules.01]\nrelease = 2020-01-01T00:00:00\n[modules.02]\nhold = true\n", encoding="utf-8"
    )
    killed = subprocess.run([sys.executable, "-c", KILL_BETWEEN, str(course.root)], timeout=120, check=False)
    assert killed.returncode == -signal.SIGKILL
    assert (course.root / "release" / "01_setup").is_dir()
    assert outbound(course) == {}
    program = [sys.executable, "-m", "hub.release", "--course", str(course.root), "--once"]
    found = subprocess.run(program, capture_output=True, text=True, timeout=120, check=True)
    assert [json.loads(line)["event"] for line in found.stdout.splitlines()] == ["completed"]
    assert set(outbound(course)) == {"01_setup"}
    assert done(Course.load(course.root), LATER) == []


def test_a_release_that_was_cut_short_is_replaced_whole(course: Course) -> None:
    release_once(course, FIRST, LATER)
    path = course.root / "exchange" / course.id / "outbound" / "01_setup" / "01_setup.ipynb"
    whole = path.read_bytes()
    path.write_bytes(whole[:100])
    (course.root / JOURNAL).write_text('{"01_setup": {"state": "started", "at": "2027-03-01T00:00:00+00:00"}}')
    assert release_once(course, FIRST, LATER) == "completed"
    assert path.read_bytes() == whole


def test_two_at_once_release_once(quick: Course, monkeypatch: pytest.MonkeyPatch) -> None:
    generate, others = gradebook.generate, []

    def meanwhile(course: Course, label: str) -> None:
        thread = threading.Thread(target=lambda: found.append(release_once(course, FIRST, LATER)))
        others.append(thread)
        thread.start()
        thread.join(0.2)
        assert thread.is_alive(), "it did not wait for the first"
        generate(course, label)

    found: list[str] = []
    monkeypatch.setattr(gradebook, "generate", meanwhile)
    assert release_once(quick, FIRST, LATER) == "released"
    (other,) = others
    other.join(180)
    assert found == ["none"]


def test_what_the_service_releases_is_whole_while_somebody_generates_it(
    quick: Course, monkeypatch: pytest.MonkeyPatch
) -> None:
    """nbgrader empties release/01_setup before it writes the notebook there: just then the service copies it."""
    generate, release, others = gradebook.generate, gradebook.release, list[Future[None]]()
    begun, copied = threading.Event(), threading.Event()
    folder = quick.root / "release" / FIRST.label

    def generate_slowly(course: Course, label: str) -> None:
        if others:
            shutil.rmtree(folder)
            folder.mkdir()
            begun.set()
            copied.wait(10)
        generate(course, label)

    def meanwhile(course: Course, label: str, again: bool = False) -> None:
        others.append(threads.submit(command.release, "01", publish=False))
        begun.wait(1)
        release(course, label, again)
        copied.set()

    monkeypatch.setattr(gradebook, "generate", generate_slowly)
    monkeypatch.setattr(gradebook, "release", meanwhile)
    monkeypatch.chdir(quick.root)
    with ThreadPoolExecutor(1) as threads:
        assert release_once(quick, FIRST, LATER) == "released"
        others[0].result(timeout=60)
    assert not gradebook.torn(quick, FIRST.label)
    assert (folder / "01_setup.ipynb").is_file()


def test_the_formgraders_button_waits_for_the_service_too(course: Course, monkeypatch: pytest.MonkeyPatch) -> None:
    waited = []

    def generate(_api: SectionAPI, _label: str) -> None:
        with pytest.raises(BlockingIOError):
            fcntl.flock(folder, fcntl.LOCK_EX | fcntl.LOCK_NB)
        waited.append(True)

    folder = os.open(course.root, os.O_RDONLY)
    monkeypatch.setattr(NbGraderAPI, "generate_assignment", generate)
    try:
        with gradebook.inside(course.root):
            api = gradebook.nbgrader_api(course)
            SectionAPI(api.coursedir, config=api.config).generate_assignment(FIRST.label)
    finally:
        os.close(folder)
    assert waited


def test_what_is_held_while_another_comes_out_does_not_come_out(quick: Course, monkeypatch: pytest.MonkeyPatch) -> None:
    """After downtime several come out, one after the other, each within seconds; course.toml was read before."""
    generate, file = gradebook.generate, quick.root / "course.toml"

    def meanwhile(course: Course, label: str) -> None:
        file.write_text(file.read_text(encoding="utf-8") + "\n[modules.02]\nhold = true\n", encoding="utf-8")
        generate(course, label)

    monkeypatch.setattr(gradebook, "generate", meanwhile)
    assert [outcome.action for outcome in release_overdue(quick, LATER)] == ["released", "none"]
    assert set(outbound(quick)) == {"01_setup"}


def test_a_journal_that_cannot_be_read_releases_nothing(course: Course) -> None:
    (course.root / JOURNAL).write_text('{"01_setup": 3}')
    with pytest.raises(ScheduleError, match=r"releases\.json cannot be read.*nothing was released"):
        list(release_overdue(course, LATER))
    assert outbound(course) == {}


def test_an_exchange_that_does_not_answer_is_a_failure(course: Course, monkeypatch: pytest.MonkeyPatch) -> None:
    from nbgrader.exchange import ExchangeError
    from nbgrader.exchange.default import ExchangeList

    def fail(_: object) -> None:
        raise ExchangeError("connection refused")

    monkeypatch.setattr(ExchangeList, "start", fail)
    with pytest.raises(ToolError, match="the exchange does not list what is released; is its service running"):
        release_once(course, FIRST, LATER)
    assert [outcome.action for outcome in release_overdue(course, LATER)] == ["failed", "failed"]


def test_a_moved_due_date_reaches_the_gradebook(course: Course) -> None:
    assert gradebook.record_due_dates(course, {"01_setup": LATER}) == []
    assert not (course.root / "gradebook.db").exists(), "it was made only to look"
    release_once(course, FIRST, LATER)
    late = datetime(2027, 4, 1, 20, tzinfo=UTC)
    assert gradebook.record_due_dates(course, {"01_setup": late, "02_tensor": late}) == ["01_setup"]
    assert gradebook.record_due_dates(course, {"01_setup": late}) == []
    assert gradebook.record_due_dates(course, {"01_setup": None}) == ["01_setup"]
