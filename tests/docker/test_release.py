"""The release service on the running class: on its date, once, after downtime too, and who sees its pages."""

from __future__ import annotations

import json
import re
import time
from datetime import datetime
from urllib.request import Request, urlopen

import pytest

from tests.docker.installation import Installation, in_terminal
from tests.hub.hub_client import Answer, Visitor
from tito.exchange.client import Access, Client

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
    wait_for_a_look(course)
    done = [event for event in events(course, name) if event.get("module") == DATED]
    assert [event["event"] for event in done if event["event"] != "failed"] == ["released"], done
    assert datetime.fromisoformat(done[-1]["time"]).year < 2036
    assert DATED in in_terminal(ada, "nbgrader list")


def wait_for(course: Installation, name: str, starts: int) -> None:
    """Until the service listens for the `starts`-th time and has released the module."""
    deadline = time.monotonic() + 180
    while True:
        found = [(event["event"], event.get("module")) for event in events(course, name)]
        if found.count(("listening", None)) >= starts and ("released", DATED) in found:
            return
        assert time.monotonic() < deadline, found
        time.sleep(0.5)


def wait_for_a_look(course: Installation) -> None:
    """Until the service's page is there: one thread makes it, and looks at the term before it does anything else."""
    instructor = Visitor(course.url, "instructor")
    assert instructor.log_in(course.passwords()["instructor"]).status == 200
    deadline = time.monotonic() + 180
    while (page := instructor.ask(f"{PAGE}schedule.json")).status != 200:
        assert time.monotonic() < deadline, (page.status, page.url)
        time.sleep(0.5)


EARLY, SHIFTED, HELD, ALSO_HELD = "07_autograd", "16_caching", "17_precision", "18_compression"
"""Nor any of these."""

DUE_BY_MOUNT = """
from pathlib import Path
from tito.course import Course
from tito.modules import find_module
print(Course.load(Path({folder!r})).schedule.due(find_module("16")).isoformat())
"""


def due_of_a_submission(course: Installation, student: str, label: str) -> str:
    """What the exchange says when somebody hands in, with a token that they made for it."""
    visitor = Visitor(course.url, student)
    assert visitor.log_in(course.password_of(student)).status == 200
    scopes = {"scopes": ["access:services!service=exchange"]}
    token = visitor.ask(f"/hub/api/users/{student}/tokens", "POST", data=scopes).json["token"]
    exchange = Client(Access(f"{course.url}/services/exchange/", token), "tinytorch")
    exchange.submit(label, exchange.fetch(label))
    return str(exchange.submissions(label)[-1]["due"])


def test_an_instructor_changes_the_term_in_the_browser_and_make_up_keeps_it(
    course: Installation, ada: Visitor, ta: Visitor
) -> None:
    dates = "release = 2036-03-01T08:00:00\ndue = 2036-03-08T20:00:00\n"
    with (course.course / "course.toml").open("a", encoding="utf-8") as file:
        file.write(f"\n# ours\n[modules.07]\n{dates}[modules.16]\n{dates}")
    up = course.make("up")
    assert up.returncode == 0, up.stderr
    instructor = course.visitor("instructor")

    for verb, module, days in (
        ("hold", HELD, ""),
        ("shift", SHIFTED, "7"),
        ("release", EARLY, ""),
        ("shift", EARLY, "7"),
    ):
        said = change(instructor, verb=verb, module=module, days=days)
        assert said.status == 200 and f"Done: {module}" in said.text, said.text
    again = change(instructor, verb="hold", module=EARLY)
    assert f"Not done: {EARLY} is released (since " in again.text
    assert "is held until somebody releases it" in in_terminal(
        instructor, f"cd ~/course && tito schedule hold {ALSO_HELD}"
    )

    assert change(ta, verb="hold", module=DATED).status == 403
    refused = in_terminal(ta, f"cd ~/course && ! tito schedule hold {DATED} 2>&1")
    assert "the term is changed by instructors" in refused and "nothing was changed" in refused

    assert EARLY in in_terminal(ada, "nbgrader list")
    assert due_of_a_submission(course, "Grace.H", EARLY).startswith("2036-03-15T20:00:00")
    for part, folder in (("exchange", "/srv/course"), ("grading", "/home/course/course")):
        name = next(line.split()[1] for line in course.left() if re.search(f"container .*[_-]{part}[_-]", line))
        due = course.ask("exec", name, "python", "-c", DUE_BY_MOUNT.format(folder=folder))
        assert due.startswith("2036-03-15T20:00:00"), part
    told = [event for event in events(course, container(course)) if event["event"] == "schedule"]
    assert {(event["who"], event["verb"], event["module"]) for event in told} >= {
        ("instructor", "hold", HELD),
        ("instructor", "shift", SHIFTED),
        ("instructor", "release", EARLY),
        ("instructor", "hold", ALSO_HELD),
    }

    up = course.make("up")
    assert up.returncode == 0, up.stderr
    for module in (EARLY, SHIFTED, HELD, ALSO_HELD):
        assert f"changed in the browser, now in course.toml too: {module}" in up.stdout
    text = (course.course / "course.toml").read_text(encoding="utf-8")
    assert "# ours" in text and text == (course.files / "course" / "course.toml").read_text(encoding="utf-8")
    found = {line["module"]: (line["state"], line["days"]) for line in instructor.ask(f"{PAGE}schedule.json").json}
    assert [found[module] for module in (EARLY, SHIFTED, HELD, ALSO_HELD)] == [
        ("released", 7),
        ("not written", 7),
        ("held", 0),
        ("held", 0),
    ]


PAGE = "/services/release/"


def change(who: Visitor, **form: str) -> Answer:
    """Send a form of the page, as a browser does after it has shown the page."""
    who.ask(PAGE)
    return who.ask(PAGE, "POST", form=form)


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
        for page in ("", "schedule.json", "health", "metrics"):
            answer = other.ask(f"/services/release/{page}")
            assert answer.status == 403 and "status" not in answer.text[:20], (other.name, page)
    assert "/hub/login" in Visitor(course.url).ask("/services/release/health").url
