"""Grade on submit and the library's page on the running class: the service asks the workers, the hub says who looks."""

from __future__ import annotations

import json
import re
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any
from urllib.request import Request, urlopen

import pytest

from tests.docker.installation import PROJECT, ROOT, Installation, in_terminal
from tests.docker.test_farm import SCORE, SOLVE
from tests.farm.services import wait_for
from tests.hub.hub_client import Visitor
from tito.demo.answers import read_answers
from tito.modules import find_module

pytestmark = pytest.mark.e2e_docker

MODULE = find_module("03")
"""No other test of this folder uses it."""

PATIENCE = 180.0


@pytest.fixture(scope="module")
def result(ta: Visitor, ada: Visitor) -> dict[str, Any]:
    """What came of Ada's submission, one exercise of which is wrong."""
    in_terminal(ta, f"cd ~/course && tito release {MODULE.number} --publish")
    answers = read_answers(ROOT, MODULE)
    wrong = next(hole for hole, tests in answers.tests.items() if len(tests) == 1)
    solutions = answers.solutions | {wrong: "# nothing here"}
    in_terminal(ada, f"nbgrader fetch_assignment {MODULE.label}")
    ada.run(SOLVE.format(label=MODULE.label, solutions=json.dumps(solutions)))
    in_terminal(ada, f"nbgrader submit {MODULE.label}")
    begin = time.monotonic()
    while True:
        lines = [line for line in results(ada) if line["module"] == MODULE.label]
        if lines and lines[0]["state"] == "run":
            print(f"visible results {time.monotonic() - begin:.1f} s after submit")
            return dict(lines[0])
        assert time.monotonic() - begin < PATIENCE, lines
        time.sleep(0.2)


def results(visitor: Visitor) -> list[dict[str, Any]]:
    return list(visitor.ask("/services/grading/results.json").json)


def test_the_visible_tests_are_run_by_the_workers(
    course: Installation, result: dict[str, Any], ada: Visitor, alan: Visitor
) -> None:
    page = ada.ask(f"/services/grading/submissions/{result['submission']}")
    assert page.status == 200 and "Visible tests only; the grade comes after the deadline." in page.text
    assert "HIDDEN" not in page.text
    assert f"module={MODULE.label} student=ada" in course.log(f"{PROJECT}-workers")
    assert alan.ask(f"/services/grading/submissions/{result['submission']}").status == 404
    assert not [line for line in results(alan) if line["student"] != "alan"]


def test_the_same_page_is_fetched_as_feedback(result: dict[str, Any], ada: Visitor) -> None:
    in_terminal(ada, f"nbgrader fetch_feedback {MODULE.label}")
    in_terminal(ada, f"grep -q 'Visible tests only' {MODULE.label}/feedback/*/{MODULE.label}.html")


def test_the_librarys_page_names_the_submission(result: dict[str, Any], ada: Visitor, alan: Visitor) -> None:
    def named() -> bool:  # it and the visible tests are made side by side: either may be there first
        found = ada.ask("/services/libraries/libraries.json").json
        return result["submission"] in {module["submission"] for module in found}

    wait_for(named, PATIENCE, "building the library")
    assert {module["student"] for module in alan.ask("/services/libraries/libraries.json").json} <= {"alan"}


def test_an_instructors_monitor_reads_what_was_counted(
    course: Installation, result: dict[str, Any], ada: Visitor
) -> None:
    instructor = Visitor(course.url, "instructor")
    assert instructor.log_in(course.passwords()["instructor"]).status == 200
    asked = {"note": "a monitor's", "scopes": ["read:metrics"]}
    token = instructor.ask("/hub/api/users/instructor/tokens", "POST", data=asked).json["token"]
    for service, counts in MONITORED.items():
        request = Request(f"{course.url}/services/{service}/metrics", headers={"Authorization": f"token {token}"})
        wait_for(partial(has_moved, request, counts), PATIENCE, f"counting by the service {service}")
        assert ada.ask(f"/services/{service}/metrics").status in {401, 403}


def has_moved(request: Request, name: str) -> bool:
    """Whether a service has counted anything under `name`."""
    with urlopen(request, timeout=60) as answer:
        found = re.findall(rf"^{name}(?:{{.*}})? ([0-9.e+]+)$", answer.read().decode(), re.MULTILINE)
    return sum(map(float, found)) >= 1


MONITORED = {
    "grading": "grading_on_submit_total",
    "libraries": "libraries_builds_total",
    "exchange": "exchange_submissions_kept_total",
    "release": "release_last_look_timestamp_seconds",
}
"""Services, and a number of each that moves with a submission or soon after it."""


def test_both_services_are_well(course: Installation, result: dict[str, Any]) -> None:
    for service in ("grading", "libraries"):
        (name,) = (left.split()[1] for left in course.left() if re.search(f"[-_]{service}[-_]1$", left))
        deadline = time.monotonic() + PATIENCE
        while course.ask("inspect", "--format", "{{.State.Health.Status}}", name) != "healthy":
            assert time.monotonic() < deadline, course.logs()[name]
            time.sleep(1)


@pytest.fixture
def due(course: Installation, result: dict[str, Any]) -> Iterator[None]:
    """The module is due a second from now, without any grace, in the file that the containers read."""
    path = course.files / "course" / "course.toml"
    text = path.read_text(encoding="utf-8")
    moment = datetime.now(UTC) + timedelta(seconds=1)
    changed = text.replace("grace_minutes = 15", "grace_minutes = 0")
    path.write_text(f"{changed}\n[modules.{MODULE.number:02d}]\ndue = {moment:%Y-%m-%dT%H:%M:%S}\n", encoding="utf-8")
    yield
    path.write_text(text, encoding="utf-8")


@pytest.mark.usefixtures("due")
def test_at_the_deadline_the_workers_grade_into_postgresql(
    course: Installation, result: dict[str, Any], ta: Visitor
) -> None:
    (name,) = (left.split()[1] for left in course.left() if re.search("[-_]grading[-_]1$", left))
    deadline = time.monotonic() + PATIENCE
    while not any('"message": "graded"' in line and MODULE.label in line for line in course.log(name).splitlines()):
        assert time.monotonic() < deadline, course.log(name)
        time.sleep(1)
    answers = read_answers(ROOT, MODULE)
    lost = next(answers.points[tests[0]] for tests in answers.tests.values() if len(tests) == 1)
    assert float(ta.run(SCORE.format(label=MODULE.label, student="ada"))) == answers.total - lost
