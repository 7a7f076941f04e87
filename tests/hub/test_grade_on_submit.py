"""Grade on submit under a real hub: who sees which results, and that nothing hidden is in a byte that is sent."""

from __future__ import annotations

import json
import time
import urllib.error
import urllib.request
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import nbformat
import pytest
from conftest import Hub
from hub_client import Visitor
from test_exchange import Holder, holder

from tito.cells import is_graded
from tito.demo.answers import Answers, read_answers
from tito.modules import find_module
from tito.percent import read_source, source_path

LABEL = "01_setup"
NOTEBOOK = f"{LABEL}.ipynb"
PATIENCE = 180.0
"""Seconds; the machine may be busy."""


@dataclass(frozen=True)
class Handed:
    """What Ada handed in: everything right but one exercise."""

    number: str
    wrong: str
    """The tests of that exercise."""
    records: tuple[list[str], list[str]]
    """The course's records before and after."""


@pytest.fixture(scope="module")
def answers(checkout: Path) -> Answers:
    return read_answers(checkout, find_module(LABEL))


@pytest.fixture(scope="module")
def students(hub: Hub, visitors: dict[str, Visitor]) -> dict[str, Holder]:
    return {name: holder(hub, visitors[name]) for name in ("ada", "alan")}


@pytest.fixture(scope="module")
def handed(hub: Hub, students: dict[str, Holder], visitors: dict[str, Visitor], answers: Answers) -> Handed:
    ada = students["ada"].client
    notebook = nbformat.reads(ada.fetch(LABEL)[NOTEBOOK].decode(), as_version=4)
    hole, tests = next((hole, tests) for hole, tests in answers.tests.items() if len(tests) == 1)
    name = notebook_function(answers.solutions[hole])
    answers.solve(notebook, {hole: f"def {name}(*arguments, **options):\n    return 'not what was asked'"})
    before = records(hub)
    number = ada.submit(LABEL, {NOTEBOOK: nbformat.writes(notebook).encode()}).submission
    began = time.monotonic()
    while result_of(visitors["ada"], number)["state"] != "run":
        assert time.monotonic() - began < PATIENCE, f"no results: {result_of(visitors['ada'], number)}"
        time.sleep(0.1)
    print(f"results after {time.monotonic() - began:.1f} s")
    return Handed(number, tests[0], (before, records(hub)))


def records(hub: Hub) -> list[str]:
    """What the course has of grades, with when it was written."""
    course = hub.data / "course"
    found = [course / "gradebook.db", course / "deadlines.json"]
    for name in ("submitted", "autograded", "feedback"):
        found += (course / name).rglob("*")
    return sorted(f"{path} {path.stat().st_mtime_ns}" for path in found if path.exists())


def notebook_function(source: str) -> str:
    return source.partition("def ")[2].partition("(")[0]


def results(visitor: Visitor) -> list[dict[str, Any]]:
    found = visitor.ask("/services/grading/results.json")
    assert found.status == 200, found.text
    return list(found.json)


def result_of(visitor: Visitor, number: str) -> dict[str, Any]:
    return next(line for line in results(visitor) if line["submission"] == number)


def hidden_lines(root: Path) -> set[str]:
    """Every line of a hidden test that stands nowhere in what students get."""
    shown, hidden = set(), set()
    for cell in read_source(source_path(root, LABEL)).cells:
        inside = False
        for line in map(str.strip, cell.source.splitlines()):
            if "HIDDEN TESTS" in line:
                inside = "BEGIN" in line
            elif inside and is_graded(cell):
                hidden.add(line)
            else:
                shown.add(line)
    return {line for line in hidden - shown if len(line) > 8}


def test_one_wrong_exercise_is_told_within_seconds(handed: Handed, visitors: dict[str, Visitor], answers: Answers):
    count = len(answers.points)
    assert result_of(visitors["ada"], handed.number)["says"] == f"{count - 1} of {count} visible tests pass"
    page = visitors["ada"].ask(f"/services/grading/submissions/{handed.number}")
    assert page.status == 200
    assert "Visible tests only; the grade comes after the deadline." in page.text
    assert f"{count - 1} of {count} visible tests pass" in page.text
    assert " points" not in page.text


def test_the_lists_page_says_what_it_is_and_links_there(handed: Handed, visitors: dict[str, Visitor]):
    page = visitors["ada"].ask("/services/grading/")
    assert page.status == 200
    assert "Visible tests only; the grade comes after the deadline." in page.text
    assert f'href="submissions/{handed.number}"' in page.text
    assert "<script" not in page.text


def test_no_byte_that_is_sent_holds_a_hidden_test(
    handed: Handed, visitors: dict[str, Visitor], students: dict[str, Holder], checkout: Path
):
    hidden = hidden_lines(checkout)
    assert len(hidden) > 5
    sent = [visitors["ada"].ask(f"/services/grading/{path}").text for path in ("", "results.json")]
    sent.append(visitors["ada"].ask(f"/services/grading/submissions/{handed.number}").text)
    sent += [content.decode() for content in students["ada"].client.feedback(handed.number).values()]
    for text in sent:
        assert "HIDDEN" not in text
        for line in hidden:
            assert line not in text and json.dumps(line) not in text


def test_fetch_feedback_brings_the_same_page(handed: Handed, visitors: dict[str, Visitor], students: dict[str, Holder]):
    page = visitors["ada"].ask(f"/services/grading/submissions/{handed.number}")
    assert students["ada"].client.feedback(handed.number) == {f"{LABEL}.html": page.body}


def test_nobody_else_learns_that_there_is_such_a_submission(handed: Handed, visitors: dict[str, Visitor]):
    path = f"/services/grading/submissions/{handed.number}"
    assert visitors["alan"].ask(path).status == 404
    assert visitors["alan"].ask(f"/services/grading/submissions/{'0' * 32}").status == 404
    assert not [line for line in results(visitors["alan"]) if line["student"] != "alan"]


def test_a_ta_sees_the_own_section_alone(handed: Handed, students: dict[str, Holder], visitors: dict[str, Visitor]):
    alans = students["alan"].client.submit(LABEL, {"notes.txt": b"not the notebook"}).submission
    ta = visitors["ta"]
    assert {line["student"] for line in results(ta)} == {"ada"}
    assert ta.ask(f"/services/grading/submissions/{handed.number}").status == 200
    assert ta.ask(f"/services/grading/submissions/{alans}").status == 404
    assert "section A" in ta.ask("/services/grading/").text


def test_what_cannot_be_run_says_why(students: dict[str, Holder], visitors: dict[str, Visitor]):
    number = students["alan"].client.submit(LABEL, {NOTEBOOK: b"{"}).submission
    began = time.monotonic()
    while result_of(visitors["alan"], number)["state"] == "waiting":
        assert time.monotonic() - began < PATIENCE
        time.sleep(0.2)
    text = visitors["alan"].ask(f"/services/grading/submissions/{number}").text
    assert "The visible tests were not run" in text
    assert "is not a notebook" in text
    assert "/desk/" not in text


def test_no_grade_comes_of_it(handed: Handed):
    before, after = handed.records
    assert before == after


@pytest.mark.parametrize("service", ["grading", "libraries"])
def test_a_stranger_is_sent_to_the_log_in(hub: Hub, service: str):
    stranger = Visitor(hub.url)
    assert "/hub/login" in stranger.ask(f"/services/{service}/").url
    assert "/hub/login" in stranger.ask(f"/services/{service}/nothing").url
    name = {"grading": "results", "libraries": "libraries"}[service]
    assert "/hub/login" in stranger.ask(f"/services/{service}/{name}.json").url
    with urllib.request.urlopen(f"{hub.url}/services/{service}/health", timeout=30) as answer:
        assert json.load(answer)["ok"]


@pytest.mark.parametrize("service", ["grading", "libraries"])
def test_a_servers_token_opens_no_page(hub: Hub, students: dict[str, Holder], service: str):
    path = f"{hub.url}/services/{service}/{'results' if service == 'grading' else 'libraries'}.json"
    request = urllib.request.Request(path, headers={"Authorization": f"token {students['ada'].token}"})
    with pytest.raises(urllib.error.HTTPError) as refused:
        urllib.request.urlopen(request, timeout=30).close()
    with refused.value as answer:
        assert answer.code == 401


def test_a_student_sees_their_own_library(handed: Handed, visitors: dict[str, Visitor], hub: Hub):
    found = wait_for_library(visitors["ada"], handed.number)
    assert (found["student"], found["module"], found["failed"]) == ("ada", LABEL, "")
    page = visitors["ada"].ask("/services/libraries/")
    assert found["version"] in page.text and handed.number[:8] in page.text
    assert "ada" not in visitors["alan"].ask("/services/libraries/").text


def wait_for_library(visitor: Visitor, number: str) -> dict[str, Any]:
    began = time.monotonic()
    while True:
        found = visitor.ask("/services/libraries/libraries.json").json
        mine = [module for module in found if module["submission"] == number]
        if mine:
            return dict(mine[0])
        assert time.monotonic() - began < PATIENCE, found
        time.sleep(0.2)


def test_staff_see_the_libraries_of_their_section(handed: Handed, visitors: dict[str, Visitor]):
    wait_for_library(visitors["ada"], handed.number)
    assert {row["student"] for row in visitors["ta"].ask("/services/libraries/libraries.json").json} == {"ada"}
    assert "section A" in visitors["ta"].ask("/services/libraries/").text


@pytest.mark.parametrize("service", ["grading", "libraries"])
def test_metrics_are_for_staff_and_for_a_token_that_may_do_nothing_else(
    service: str, hub: Hub, visitors: dict[str, Visitor]
):
    path, mine = f"/services/{service}/metrics", f'service_failures_total{{loop="{LOOP[service]}"}}'
    told = visitors["ta"].ask(path)
    assert told.status == 200 and mine in told.text
    assert visitors["ada"].ask(path).status == 403
    asked = {"note": "a monitor's", "scopes": ["read:metrics"]}
    instructor = hub.visitor("instructor", start=False)
    token = instructor.ask("/hub/api/users/instructor/tokens", "POST", data=asked).json["token"]
    assert mine in with_token(hub, path, token).decode()
    for closed in (f"/services/{service}/", "/hub/api/users"):
        with pytest.raises(urllib.error.HTTPError) as refused:
            with_token(hub, closed, token)
        with refused.value as answer:
            assert answer.code in {401, 403}
    assert visitors["ada"].ask("/hub/api/users/ada/tokens", "POST", data=asked).status == 400


LOOP = {"grading": "at the deadline", "libraries": "libraries"}


def with_token(hub: Hub, path: str, token: str) -> bytes:
    request = urllib.request.Request(f"{hub.url}{path}", headers={"Authorization": f"token {token}"})
    with urllib.request.urlopen(request, timeout=30) as answer:
        return bytes(answer.read())
