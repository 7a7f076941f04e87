"""Grading workers, their broker and the gradebook in PostgreSQL, on the running class."""

from __future__ import annotations

import json
import re
import time

import pytest

from tests.docker.installation import PROJECT, ROOT, Installation, in_terminal, program
from tests.farm.services import wait_for
from tests.hub.hub_client import Visitor
from tito.demo.answers import read_answers
from tito.modules import find_module

pytestmark = pytest.mark.e2e_docker

MODULE = find_module("08")
"""No other test of this folder uses it."""

SOLVE = """
import json
path = "{label}/{label}.ipynb"
book, solutions = json.load(open(path)), json.loads({solutions!r})
for cell in book["cells"]:
    grading = cell["metadata"].get("nbgrader", {{}})
    if grading.get("solution"):
        cell["source"] = solutions[grading["grade_id"]]
json.dump(book, open(path, "w"))
"""

SCORE = """
import os
from nbgrader.api import Gradebook
url = os.environ["TINYTORCH_DATABASE"]
assert url.startswith("postgresql")
with Gradebook(url) as book:
    print(book.find_submission({label!r}, {student!r}).score)
"""


@pytest.fixture(scope="module")
def handed_in(ta: Visitor, ada: Visitor, alan: Visitor) -> None:
    """Both students' right answers to the module, collected."""
    in_terminal(ta, f"cd ~/course && tito release {MODULE.number} --publish")
    solutions = json.dumps(read_answers(ROOT, MODULE).solutions)
    for student in (ada, alan):
        in_terminal(student, f"nbgrader fetch_assignment {MODULE.label}")
        student.run(SOLVE.format(label=MODULE.label, solutions=solutions))
        in_terminal(student, f"nbgrader submit {MODULE.label}")
    in_terminal(ta, f"cd ~/course && nbgrader collect {MODULE.label}")


def score(ta: Visitor, student: str) -> float:
    return float(ta.run(SCORE.format(label=MODULE.label, student=student)))


def test_doctor_says_what_grading_uses(ta: Visitor) -> None:
    wait_for(lambda: "farm's workers: 1 answer" in doctor(ta), 180, "an answer of the worker, who has a second for it")
    found = doctor(ta)
    assert found["room in force"] == ("works", "bubblewrap")
    assert found["gradebook in postgresql+psycopg://gradebook:***@database/gradebook"][0] == "works"
    assert found["farm's broker at redis://:***@broker:6379/0"][0] == "works"
    assert found["farm's broker keeps its queue (appendonly)"][0] == "works"
    assert found["farm's jobs and answers are signed"][0] == "works"


def doctor(ta: Visitor) -> dict[str, tuple[str, str]]:
    """What `tito doctor` finds: of each line its state and its details."""
    told = in_terminal(ta, "cd ~/course && COLUMNS=200 NO_COLOR=1 tito doctor")
    rows = [[word.strip() for word in line.split("│")[1:4]] for line in told.splitlines() if "│" in line]
    return {what: (state, detail) for what, state, detail in rows}


@pytest.mark.usefixtures("handed_in")
def test_a_worker_grades(course: Installation, ta: Visitor) -> None:
    begin = time.monotonic()
    in_terminal(ta, f"cd ~/course && tito grade {MODULE.number} --farm --student alan")
    print(f"graded by a worker in {time.monotonic() - begin:.1f} s")
    in_terminal(ta, f"test -f ~/course/autograded/alan/{MODULE.label}/{MODULE.label}.ipynb && ! test -e ~/course/*.db")
    assert score(ta, "alan") == 100.0
    line = re.compile(f"module={MODULE.label} student=alan .*100 of 100 in a bubblewrap room")
    wait_for(lambda: line.search(course.log(f"{PROJECT}-workers")), 60, "the worker's line, written after its answer")


@pytest.mark.usefixtures("handed_in")
def test_nbgraders_own_command_writes_to_postgresql(ta: Visitor) -> None:
    in_terminal(ta, f"cd ~/course && nbgrader autograde {MODULE.label} --student=ada")
    assert score(ta, "ada") == 100.0


PASSWORDS = """
import os, psycopg, redis
url = os.environ["TINYTORCH_DATABASE"].replace("+psycopg", "")
def opens(url):
    try:
        psycopg.connect(url, connect_timeout=5).close()
        return True
    except psycopg.OperationalError:
        return False
def asks(*command):
    try:
        redis.Redis.from_url(os.environ["TINYTORCH_BROKER"]).execute_command(*command)
        return True
    except redis.ResponseError:
        return False
others = [url.replace("/gradebook", f"/{name}") for name in ("hub", "exchange", "postgres", "template1")]
print(opens(url), [opens(one) for one in (*others, url.replace("gradebook:", "hub:"))])
print(asks("PING"), [asks(*one) for one in (("CONFIG", "GET", "*"), ("ACL", "LIST"), ("DEBUG", "JMAP"), ("SHUTDOWN",))])
"""


def test_a_password_of_the_farm_opens_nothing_else(ta: Visitor) -> None:
    assert ta.run(PASSWORDS).splitlines() == [f"True {[False] * 5}", f"True {[False] * 4}"]


HOSTS = ["proxy", "proxy-control", "broker", "database", "exchange", "exchange-services", "guard", "hub-services"]
HOSTS += ["release-services", f"{PROJECT}-hub", f"{PROJECT}-workers", f"{PROJECT}-user-ada", "192.0.2.1", "172.17.0.1"]
DOORS = f"\nprint(opened({HOSTS}, [80, 443, 2375, 5432, 6379, 8000, 8001, 8010, 8081, 8090, 8888]))"


def test_staff_reach_what_grading_needs_and_no_more(ada: Visitor, ta: Visitor) -> None:
    assert ada.name != ta.name  # her server runs, and its name and address are tried
    assert ta.run(program("doors.py") + DOORS) == "['proxy:8000', 'broker:6379', 'database:5432']\n"


def test_workers_reach_their_broker_alone_and_have_no_powers(course: Installation) -> None:
    inside = ["exec", f"{PROJECT}-workers"]
    assert course.ask(*inside, "python", "-c", program("doors.py") + DOORS) == "['broker:6379']"
    assert course.ask(*inside, "id", "-u") != "0" and course.ask(*inside, "ls", "-A", "/run/secrets").split() == [
        "broker",
        "farm_key",
    ]
    host = json.loads(course.ask("inspect", "--format", "{{json .HostConfig}}", f"{PROJECT}-workers"))
    assert host["CapDrop"] == ["ALL"] and not host["Privileged"] and host["ReadonlyRootfs"] and not host["CapAdd"]
    assert host["Memory"] == host["MemorySwap"] > 0 and host["PidsLimit"] > 0
