"""What the services with pages share: addresses, who may see whom, escaping, and a loop that goes on."""

from __future__ import annotations

import threading
import time
from datetime import UTC, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from prometheus_client import REGISTRY

from hub.grading.inbox import Submission
from hub.grading.pages import lines
from hub.grading.records import Attempts, Summaries, Summary
from hub.library_status import ModuleStatus
from hub.web.moments import local
from hub.web.render import POLICY, render
from hub.web.serve import Loop
from hub.web.settings import Address, read_address, read_folder
from hub.web.viewers import Viewer, viewer
from tito.course import Course
from tito.errors import ToolError
from tito.modules import find_module

HOSTILE = "<script>alert(1)</script>"
FRAME = {"services": "/services/", "hub": "/hub/home"}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "course.toml").write_text('[course]\nid = "tiny"\n[roster]\ninstructors = ["prof"]\n')
    (tmp_path / "roster.csv").write_text(
        "name,id,section,role\nada,1,A,student\nalan,2,B,student\ngrace,3,,student\nta,7,A,ta\nboth,8,,ta\n"
    )
    return tmp_path


@pytest.mark.parametrize(
    ("name", "seen", "about"),
    [
        ("ada", ("ada",), ""),
        ("ta", ("ada",), "section A"),
        ("both", ("ada", "alan", "grace"), "the whole class"),
        ("prof", ("ada", "alan", "grace"), "the whole class"),
    ],
)
def test_the_roster_says_whose_work_somebody_sees(folder: Path, name: str, seen: tuple[str, ...], about: str) -> None:
    found = viewer(folder, name)
    assert found is not None
    assert (found.sees, found.about, found.staff) == (seen, about, name != "ada")
    assert not found.may_see("mallory")


def test_who_is_not_in_the_course_sees_nothing(folder: Path) -> None:
    assert viewer(folder, "mallory") is None


def test_an_address_comes_from_a_variable_or_from_the_hub() -> None:
    told = {"JUPYTERHUB_SERVICE_URL": "http://127.0.0.1:4001/", "JUPYTERHUB_SERVICE_PREFIX": "/base/services/grading/"}
    assert read_address(told, "grading") == Address("127.0.0.1", 4001, "/base/services/grading/")
    own = told | {"TINYTORCH_GRADING_BIND": "http://0.0.0.0:8091"}
    assert read_address(own, "grading") == Address("0.0.0.0", 8091, "/base/services/grading/")
    assert read_address({}, "grading") is None


@pytest.mark.parametrize("text", ["8091", "http://:8091", "http://host", "http://host:port"])
def test_what_is_no_address_is_one_line(text: str) -> None:
    with pytest.raises(ToolError, match="TINYTORCH_GRADING_BIND must be an address"):
        read_address({"TINYTORCH_GRADING_BIND": text}, "grading")


def test_a_folder_that_is_not_named_is_one_line() -> None:
    with pytest.raises(ToolError, match="TINYTORCH_GRADING_DATA is not set"):
        read_folder({}, "TINYTORCH_GRADING_DATA")


@pytest.mark.parametrize("staff", [False, True])
def test_a_students_text_is_text(staff: bool) -> None:
    seen = Viewer(HOSTILE, not staff, staff, ("ada",), HOSTILE)
    status = ModuleStatus("ada", "01_setup", "abc", "now", "1" * 32, "now", HOSTILE, "2" * 32, "now", True)
    template = "libraries_staff" if staff else "libraries"
    page = render(template, here="libraries", viewer=seen, modules=[status], **FRAME)
    assert "<script" not in page and "&lt;script&gt;" in page
    assert "last good version" in page


def test_a_page_may_run_nothing() -> None:
    assert POLICY.startswith("default-src 'none'; style-src 'sha256-")
    assert "script-src" not in POLICY and "frame-ancestors 'none'" in POLICY


def test_a_line_says_where_each_submission_is(folder: Path) -> None:
    now, module = datetime(2027, 3, 8, 12, tzinfo=UTC), find_module("01")
    ran = Submission("1", "ada", module, now, answered=True, early=True)
    skipped = Submission("2", "ada", module, now)
    newest = Submission("3", "ada", module, now)
    graded = Submission("4", "alan", module, now, answered=True)
    summaries = Summaries(folder / "summaries")
    summaries.note("ada", "1", Summary(3, 5))
    course = Course.of(folder, {"course": {"id": "tiny"}, "grading": {"on_submit": True}})
    found = {line.submission: line for line in lines([ran, skipped, newest, graded], summaries, course, now)}
    assert {number: line.state for number, line in found.items()} == {
        "1": "run",
        "2": "replaced",
        "3": "waiting",
        "4": "feedback",
    }
    assert found["1"].says == "3 of 5 visible tests pass"
    assert [line.page for line in found.values()] == [False, False, True, True]


def test_attempts_are_counted_until_they_end(tmp_path: Path) -> None:
    attempts = Attempts(tmp_path / "attempts.json")
    assert [attempts.begin("1") for _ in range(3)] == [0, 1, 2]
    attempts.end("1")
    assert attempts.begin("1") == 0


def test_a_loop_goes_on_after_a_failure_and_tells_it_once(caplog: pytest.LogCaptureFixture) -> None:
    looks, done = [], threading.Event()

    def look() -> float:
        looks.append(1)
        if len(looks) < 3:
            raise ToolError("the exchange cannot be reached")
        done.set()
        return 60.0

    loop = Loop("a test's", look)
    loop.BEGIN = loop.LONGEST_PAUSE = 0.01
    loop.start()
    assert done.wait(60)
    loop.stop()
    assert not loop.is_alive()
    assert [record.message for record in caplog.records] == ["a test's: the exchange cannot be reached"]
    assert REGISTRY.get_sample_value("service_failures_total", {"loop": loop.name}) == 2
    looked = REGISTRY.get_sample_value("service_last_look_timestamp_seconds", {"loop": loop.name})
    assert looked is not None and 0 <= time.time() - looked < 60


def test_times_are_the_courses() -> None:
    moment = datetime(2027, 3, 8, 12, 5, tzinfo=UTC)
    assert local(moment, ZoneInfo("Europe/Berlin")) == "8 March 2027, 13:05 CET"
