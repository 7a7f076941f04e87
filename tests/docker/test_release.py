"""The release service on the running class: on its date, once, after downtime too, and who sees its pages."""

from __future__ import annotations

import json
import time
from datetime import datetime
from urllib.request import Request, urlopen

import pytest

from tests.docker.installation import Installation, in_terminal
from tests.hub.hub_client import Visitor

pytestmark = pytest.mark.e2e_docker

DATED = "09_spatial"
"""No other test of this folder uses this module."""


def container(course: Installation) -> str:
    return next(name.split()[1] for name in course.left() if "release" in name)


def events(course: Installation, name: str) -> list[dict[str, str]]:
    """What the service's log says so far, over its restarts too."""
    lines = course.ask("logs", name).splitlines()
    return [json.loads(line) for line in lines if line.startswith("{")]


def test_a_module_whose_date_passed_while_the_service_was_down_is_released_once(
    course: Installation, ada: Visitor
) -> None:
    name = container(course)
    course.ask("stop", name)
    file = course.files / "course" / "course.toml"
    with file.open("a", encoding="utf-8") as text:
        text.write("\n[modules.09]\nrelease = 2026-01-05T00:00:00\ndue = 2036-01-05T00:00:00\n")
    course.ask("start", name)
    wait_for(course, name, starts=2)
    course.ask("restart", name)
    wait_for(course, name, starts=3)
    time.sleep(3)  # it looks as soon as it listens
    done = [event for event in events(course, name) if event.get("module") == DATED]
    assert [event["event"] for event in done if event["event"] != "failed"] == ["released"], done
    assert datetime.fromisoformat(done[-1]["time"]).year < 2036
    assert DATED in in_terminal(ada, "nbgrader list")


def wait_for(course: Installation, name: str, starts: int) -> None:
    """Until the service listens for the `starts`-th time and has released what is due."""
    deadline = time.monotonic() + 120
    while True:
        found = [event["event"] for event in events(course, name)]
        if found.count("listening") >= starts and "released" in found:
            return
        assert time.monotonic() < deadline, found
        time.sleep(0.5)


def test_its_pages_are_for_instructors(course: Installation, ada: Visitor, ta: Visitor) -> None:
    instructor = Visitor(course.url, "instructor")
    assert instructor.log_in(course.passwords()["instructor"]).status == 200
    health = instructor.ask("/services/release/health")
    assert health.status == 200 and health.json["status"] == "ok", health.text
    assert "release_overdue_modules 0.0" in instructor.ask("/services/release/metrics").text
    token = instructor.ask("/hub/api/users/instructor/tokens", "POST", data={"note": "a monitor's"}).json["token"]
    request = Request(f"{course.url}/services/release/metrics", headers={"Authorization": f"token {token}"})
    with urlopen(request, timeout=30) as answer:
        assert b"release_overdue_modules 0.0" in answer.read()
    for other in (ada, ta):
        for page in ("", "health", "metrics"):
            answer = other.ask(f"/services/release/{page}")
            assert answer.status == 403 and "status" not in answer.text[:20], (other.name, page)
    assert "/hub/login" in Visitor(course.url).ask("/services/release/health").url
