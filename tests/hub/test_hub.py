"""A real hub with real servers: who gets in, what each role sees, what two students submit, what a TA grades."""

from __future__ import annotations

import json
import re
import sys
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import nbformat
import pytest
from conftest import Hub
from hub_client import Visitor, status_of

from tests.farm.services import wait_for
from tito.course import Course
from tito.modules import find_module

FIRST = "01_setup"


def test_the_welcome_says_where_and_how_to_log_in(hub: Hub):
    for text in (hub.url, hub.password, str(hub.data), "ada, alan, Zoe.B", "Ctrl-C stops it"):
        assert text in hub.welcome


def test_secrets_are_readable_by_their_owner_alone(hub: Hub):
    assert (hub.data / "hub").stat().st_mode & 0o777 == 0o700
    assert (hub.data / "hub" / "password").stat().st_mode & 0o777 == 0o600


@pytest.mark.parametrize(("name", "password"), [("eve", None), ("ada", "wrong"), ("ada", ""), ("", None)])
def test_a_stranger_and_a_wrong_password_are_refused(hub: Hub, name: str, password: str | None):
    visitor = Visitor(hub.url, name)
    answer = visitor.log_in(hub.password if password is None else password)
    assert answer.status == 403
    assert "Invalid username or password" in answer.text
    assert visitor.ask("/hub/home").url.startswith(f"{hub.url}/hub/login")


def test_a_name_is_the_rosters_whatever_the_case(hub: Hub):
    visitor = hub.visitor("zoe.b", start=False)
    assert visitor.ask("/hub/api/user").json["name"] == "Zoe.B"


def test_one_student_cannot_open_anothers_server(ada: Visitor, alan: Visitor):
    assert ada.ask(alan.path("api/contents")).status == 403


def test_nobody_is_the_hubs_administrator(hub: Hub):
    visitor = hub.visitor("instructor", start=False)
    assert visitor.ask("/hub/api/user").json["admin"] is False
    assert visitor.ask("/hub/api/users").status == 403


@pytest.mark.parametrize(
    ("name", "groups"), [("ada", ["section-A", "students"]), ("ta", ["section-A", "staff"]), ("Zoe.B", ["students"])]
)
def test_a_role_and_a_section_are_groups_of_the_hub(hub: Hub, name: str, groups: list[str]):
    assert sorted(hub.visitor(name, start=False).ask("/hub/api/user").json["groups"]) == groups


@pytest.fixture
def everybody(ta: Visitor) -> Iterator[None]:
    """The TA, whose section is A, looks at the whole class."""
    ta.ask(ta.path("formgrader/view/everybody"))
    yield
    ta.ask(ta.path("formgrader/view/section"))


def test_a_tas_formgrader_is_about_their_section_until_they_ask_for_everybody(ta: Visitor):
    def listed() -> list[str]:
        return [row["id"] for row in ta.ask(ta.path("formgrader/api/students")).json]

    pages = [ta.path(f"formgrader/{page}") for page in ("manage_students", "gradebook", f"manage_submissions/{FIRST}")]
    assert listed() == ["ada"]
    for page in pages:
        assert "You see section A: 1 student." in ta.ask(page).text
    back = ta.ask(ta.path("formgrader/view/everybody"))
    assert back.url.endswith("/formgrader/manage_assignments") and "You see everybody." in back.text
    assert sorted(listed()) == ["Zoe.B", "ada", "alan"]
    assert "Show section A only" in ta.ask(pages[0]).text
    ta.ask(ta.path("formgrader/view/section"))
    assert listed() == ["ada"]


@pytest.mark.usefixtures("everybody")
def test_the_formgrader_names_every_student(ta: Visitor):
    found = ta.ask(ta.path("formgrader/api/students")).json
    names = {row["id"]: (row["last_name"], row["first_name"]) for row in found}
    assert names == {"ada": ("Lovelace", "Ada"), "alan": ("alan", ""), "Zoe.B": ("B", "Zoë")}


def test_the_release_service_runs_and_answers(hub: Hub):
    def listening() -> list[str]:
        lines = (hub.data / "hub" / "jupyterhub.log").read_text(encoding="utf-8").splitlines()
        return [json.loads(line)["address"] for line in lines if '"event": "listening"' in line and line.endswith("}")]

    wait_for(listening, 120, "starting the release service")  # the hub does not wait for it
    (address,) = listening()
    wait_for(lambda: status_of(f"{address}/health") == 200, 120, "the release service's first look")
    with urllib.request.urlopen(f"{address}/health", timeout=60) as answer:
        assert json.load(answer)["status"] == "ok"


def test_an_instructor_changes_the_term_in_the_browser(hub: Hub, checkout: Path, ta: Visitor):
    """Its course.toml is a link: what is changed is the checkout's, whose file it stays."""
    page, before = "/services/release/", (checkout / "course.toml").read_text(encoding="utf-8")
    instructor = hub.visitor("instructor", start=False)
    assert "<h1>Term</h1>" in instructor.ask(page).text
    try:
        said = instructor.ask(page, "POST", form={"verb": "hold", "module": "20_capstone"})
        assert said.status == 200 and "Done: 20_capstone is held until somebody releases it" in said.text
        assert Course.load(checkout).schedule.held(find_module("20"))
        assert (hub.data / "course" / "course.toml").is_symlink()
    finally:
        (checkout / "course.toml").write_text(before, encoding="utf-8")
    assert ta.ask(page).status == 403


def plugins_off(visitor: Visitor) -> set[str]:
    return {name for name in visitor.page_config()["disabledExtensions"] if name.startswith("@jupyter/nbgrader")}


def test_a_student_has_no_staff_menus(ada: Visitor):
    assert plugins_off(ada) == {
        "@jupyter/nbgrader:create-assignment",
        "@jupyter/nbgrader:course-list",
        "@jupyter/nbgrader:formgrader",
    }


def test_staff_have_no_student_menus(ta: Visitor):
    assert plugins_off(ta) == {"@jupyter/nbgrader:assignment-list"}


@pytest.mark.parametrize(
    "path", ["formgrader", "formgrader/api/assignments", "formgrader/manage_students", "formgraders"]
)
def test_a_student_reaches_no_staff_service(ada: Visitor, path: str):
    assert ada.ask(ada.path(path)).status == 404


@pytest.mark.parametrize("role", ["ada", "ta"])
def test_everybodys_page_carries_the_courses_own_part(role: str, request: pytest.FixtureRequest):
    visitor: Visitor = request.getfixturevalue(role)
    own = [part for part in visitor.page_config()["federated_extensions"] if part["name"] == "tinytorch"]
    assert [part["extension"] for part in own] == ["./extension"]
    script = visitor.ask(visitor.path(f"lab/extensions/tinytorch/{own[0]['load']}"))
    assert script.status == 200
    assert "_JUPYTERLAB.tinytorch" in script.text


@pytest.mark.parametrize("role", ["ada", "ta"])
def test_nothing_asks_the_network_for_news_or_extensions(role: str, request: pytest.FixtureRequest):
    page = request.getfixturevalue(role).page_config()
    assert page["news"] == {"disabled": True}
    assert page["extensionManager"]["can_install"] is False
    assert "@jupyterlab/extensionmanager-extension" in page["disabledExtensions"]


def test_the_formgrader_lists_the_assignments(ta: Visitor):
    page = ta.ask(ta.path("formgrader/manage_assignments"))
    assert page.status == 200
    assert "<title>nbgrader formgrade</title>" in page.text
    assert 'url_prefix = "course"' in page.text.replace("'", '"')
    assert "course directory root is not a subdirectory" not in page.text
    found = {row["name"]: row["status"] for row in ta.ask(ta.path("formgrader/api/assignments")).json}
    assert found[FIRST] == "released"


def test_the_formgrader_may_stand_in_jupyterlabs_frame(ta: Visitor, hub: Hub):
    request = ta.opener.open(f"{hub.url}{ta.path('formgrader/manage_assignments')}", timeout=30)
    with request as answer:
        assert answer.headers["Content-Security-Policy"] == "frame-ancestors 'self'"


def test_the_course_list_offers_the_tas_own_formgrader(ta: Visitor, hub: Hub):
    found = ta.ask(ta.path("formgraders")).json
    assert found["success"]
    assert [course["url"] for course in found["value"]] == [f"{hub.url}/user/ta/formgrader"]


def test_staff_find_the_course_in_their_files(ta: Visitor):
    names = {item["name"] for item in ta.ask(ta.path("api/contents/course")).json["content"]}
    assert {"source", "release", "submitted", "course.toml"} <= names


def test_a_kernel_imports_the_students_own_library(ada: Visitor, hub: Hub):
    printed = ada.run("import tinytorch_lib, os; print(tinytorch_lib.__file__, os.getcwd(), sep='\\n')")
    library, folder = printed.split()
    assert library == str(hub.data / "libraries" / "ada" / "tinytorch_lib" / "__init__.py")
    assert folder == str(hub.data / "homes" / "ada")


def test_a_kernel_of_staff_imports_the_reference_library(ta: Visitor, hub: Hub):
    printed = ta.run("import tinytorch_lib.core.setup as m; print(m.__file__)")
    assert printed.strip() == str(hub.data / "course" / "tinytorch_lib" / "core" / "setup.py")


def test_a_students_kernel_knows_no_secret_of_the_hub(ada: Visitor, hub: Hub):
    printed = ada.run("import os; print(dict(os.environ))")
    assert hub.password not in printed
    assert "CONFIGPROXY_AUTH_TOKEN" not in printed
    assert "TINYTORCH_HUB" not in printed
    assert "'TINYTORCH_COURSE':" not in printed


@pytest.mark.parametrize("role", ["ada", "ta"])
def test_a_terminal_finds_the_courses_programs_first(role: str, request: pytest.FixtureRequest, hub: Hub):
    printed = request.getfixturevalue(role).type_in_terminal(
        "command -v python tito nbgrader; pwd; echo d''one", "done"
    )
    programs = str(Path(sys.executable).parent)
    for line in (f"{programs}/python", f"{programs}/tito", f"{programs}/nbgrader", str(hub.data / "homes" / role)):
        assert line in printed.splitlines(), printed


def listed(visitor: Visitor) -> dict[tuple[str, str], Any]:
    found = visitor.ask(visitor.path("assignments?course_id=tinytorch")).json
    assert found["success"], found
    return {(item["assignment_id"], item["status"]): item for item in found["value"]}


def act(visitor: Visitor, action: str) -> Any:
    data = {"course_id": "tinytorch", "assignment_id": FIRST}
    return visitor.ask(visitor.path(f"assignments/{action}"), "POST", data=data).json


@pytest.fixture(scope="module")
def submitted(ada: Visitor, alan: Visitor, hub: Hub) -> dict[str, int]:
    """Ada solved the first module, Alan did nothing; both submitted it. How often each had before, by name."""
    before = {visitor.name: submissions(visitor) for visitor in (ada, alan)}
    for visitor in (ada, alan):
        if (FIRST, "fetched") not in listed(visitor):
            assert act(visitor, "fetch")["success"]
    solve(hub, "ada")
    for visitor in (ada, alan):
        answer = act(visitor, "submit")
        assert answer["success"], answer
    return before


def submissions(visitor: Visitor) -> int:
    """How many they have handed in: other files' tests share this hub."""
    return len(listed(visitor).get((FIRST, "submitted"), {}).get("submissions", ()))


def solve(hub: Hub, user: str) -> None:
    """Put the source's solutions where the holes are."""
    source = nbformat.read(hub.data / "course" / "source" / FIRST / f"{FIRST}.ipynb", 4)
    solutions = {
        cell.metadata.nbgrader.grade_id: cell.source
        for cell in source.cells
        if cell.metadata.get("nbgrader", {}).get("solution")
    }
    path = hub.data / "homes" / user / FIRST / f"{FIRST}.ipynb"
    notebook = nbformat.read(path, 4)
    holes = [cell for cell in notebook.cells if cell.metadata.get("nbgrader", {}).get("solution")]
    assert holes
    for cell in holes:
        cell.source = solutions[cell.metadata.nbgrader.grade_id]
    nbformat.write(notebook, path)


def test_two_students_make_two_submissions(submitted: dict[str, int], ada: Visitor, alan: Visitor):
    for visitor in (ada, alan):
        assert listed(visitor)[FIRST, "submitted"]["student_id"] == visitor.name
        assert submissions(visitor) == submitted[visitor.name] + 1


def test_submitting_makes_the_library_that_the_next_kernel_imports(submitted: dict[str, int], ada: Visitor):
    printed = ada.run(
        "from tinytorch_lib.core.setup import array_memory; import numpy as np; print(array_memory(np.ones(8)))"
    )
    assert printed.strip() == "64"


def test_a_student_validates_in_their_browser(submitted: dict[str, int], ada: Visitor, alan: Visitor):
    answers = {}
    for visitor in (ada, alan):
        path = f"{FIRST}/{FIRST}.ipynb"
        found = visitor.ask(visitor.path("assignments/validate"), "POST", data={"path": path}).json
        assert found["success"], found
        answers[visitor.name] = found["value"]
    assert "failed" not in answers["ada"]
    assert answers["alan"]["failed"]


def test_a_ta_collects_and_autogrades_in_the_formgrader(submitted: dict[str, int], ta: Visitor):
    collected = ta.ask(ta.path(f"formgrader/api/assignment/{FIRST}/collect"), "POST").json
    assert collected["success"], collected
    points = {}
    for student in ("ada", "alan"):
        graded = ta.ask(ta.path(f"formgrader/api/submission/{FIRST}/{student}/autograde"), "POST").json
        assert graded["success"], graded
        row = ta.ask(ta.path(f"formgrader/api/submission/{FIRST}/{student}")).json
        assert row["autograded"]
        points[student] = row["score"]
    assert points == {"ada": 100, "alan": 0}
    ids = {row["student"]: row["id"] for row in graded_in_the_formgrader(ta, "everybody")}
    assert sorted(ids) == ["ada", "alan"]
    (one,) = graded_in_the_formgrader(ta, "section")
    assert one["student"] == "ada"
    assert {where_an_arrow_leads(ta, ids["ada"], arrow) for arrow in ARROWS} == {
        f"formgrader/gradebook/{FIRST}/{FIRST}"
    }
    assert f"formgrader/submissions/{ids['ada']}/" in {where_an_arrow_leads(ta, ids["alan"], arrow) for arrow in ARROWS}
    assert "Submission 1 / 1" in ta.ask(ta.path(f"formgrader/submissions/{ids['ada']}/")).text
    assert re.search("Submission [12] / 2", ta.ask(ta.path(f"formgrader/submissions/{ids['alan']}/")).text)
    page = ta.ask(ta.path(f"formgrader/submissions/{one['id']}/"))
    assert page.status == 200
    assert (
        f"course/autograded/{one['student']}/{FIRST}/{FIRST}.ipynb" in page.text
    )  # the link that opens it in JupyterLab
    opened = ta.ask(ta.path(f"api/contents/course/autograded/{one['student']}/{FIRST}/{FIRST}.ipynb?content=0"))
    assert opened.status == 200


ARROWS = ("next", "prev", "next_incorrect", "prev_incorrect")


def graded_in_the_formgrader(ta: Visitor, whom: str) -> list[dict[str, Any]]:
    """The rows of the page for manual grading, and that the page before it counts as many."""
    ta.ask(ta.path(f"formgrader/view/{whom}"))
    rows: list[dict[str, Any]] = ta.ask(ta.path(f"formgrader/api/submitted_notebooks/{FIRST}/{FIRST}")).json
    (notebook,) = ta.ask(ta.path(f"formgrader/api/notebooks/{FIRST}")).json
    assert notebook["num_submissions"] == len(rows)
    return rows


def where_an_arrow_leads(ta: Visitor, submission: str, arrow: str) -> str:
    return ta.ask(ta.path(f"formgrader/submissions/{submission}/{arrow}")).url.partition("/user/ta/")[2]
