"""A week of a class under Docker in the browser, from the instructor's release to the students' feedback.

Everybody's server is a container of their own. Every step's pictures are in test-artifacts/e2e-docker.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import time
from collections.abc import Iterable, Iterator

import pytest
from playwright.sync_api import expect

from hub.container_names import LIBRARY
from tests.docker.installation import PROJECT, ROOT, Installation
from tests.e2e.formgrader import Formgrader
from tests.e2e.homework import HOLE, Module
from tests.e2e.pages import (
    AssignmentList,
    choose,
    close_dialog,
    close_menu,
    in_new_console,
    open_feedback,
    open_menu,
    show_tab,
)
from tests.e2e.people import ASSIGNMENTS, People, Person, installed_chromium
from tests.hub.hub_client import Visitor
from tito.cells import grade_id, is_solution

pytestmark = pytest.mark.e2e_docker

ALBUM = ROOT / "test-artifacts" / "e2e-docker"
FIRST, SECOND = "01_setup", "02_tensor"

FAULTY, RIGHT, WRONG = "megabytes", "number_of_bytes / 1e6", "number_of_bytes / 1024**2"
"""The hole that Alan fills in wrongly, what it should say, and what he writes."""

COMMENT = "A megabyte is 10**6 bytes; 2**20 bytes are a mebibyte."
"""What the TA writes beside it."""

LONGEST = 5.0
"""Seconds until what is submitted can be imported in the running server, on cores that nobody else wants."""


@pytest.fixture
def people(course: Installation) -> Iterator[People]:
    shutil.rmtree(ALBUM, ignore_errors=True)
    ALBUM.mkdir(parents=True)
    with installed_chromium() as browser:
        found = People(browser, course, ALBUM)
        yield found
        found.leave()


def test_a_week_of_a_class(course: Installation, people: People) -> None:
    first, second = Module(ROOT, FIRST), Module(ROOT, SECOND)
    everybody = ("instructor", "ada", "alan", "ta")
    start_servers(course, everybody)
    instructor, ada, alan, ta = (sign_in(name, people) for name in everybody)
    instructor_releases(instructor, [first, second], people)

    lists = {student.name: student_fetches(student, first, people) for student in (ada, alan)}
    student_solves(ada, lists["ada"], first, (), people)
    student_solves(alan, lists["alan"], first, (FAULTY,), people)
    seconds = [student_submits(student, lists[student.name], first, course, people) for student in (ada, alan)]
    assert min(seconds) < LONGEST * slowness(course), seconds  # one pause of the machine's own is nobody's fault
    ada_needs_her_library(ada, lists["ada"], second, people)
    everybody_has_their_own(ada, alan, people)

    grading = staff_open_the_formgrader(ta, people)
    ta_collects(grading, ta, people)
    ta_autogrades(grading, ta, first, people)
    ta_comments(grading, ta, first, people)
    ta_releases_feedback(grading, ta, people)
    student_reads_feedback(ada, lists["ada"], first, (), people)
    student_reads_feedback(alan, lists["alan"], first, (FAULTY,), people)
    everybody_was_well_served(people)


def start_servers(course: Installation, names: Iterable[str]) -> None:
    """Before a page is open: Chromium drops requests when its machine gets a network, and each server brings one."""
    visitors = [Visitor(course.url, name) for name in names]
    for visitor in visitors:
        assert visitor.log_in(course.password_of(visitor.name)).status == 200
        visitor.request_server()
    for visitor in visitors:
        visitor.wait_for_server(180)


def sign_in(name: str, people: People) -> Person:
    """Log in with the first password."""
    person = people.open_browser(name)
    person.fill_in_form()
    person.sign_in()
    return person


def staff_open_the_formgrader(person: Person, people: People) -> Formgrader:
    person.arrives()
    assert open_menu(person.page) == ["Course List", "Formgrader", "Create assignment"]
    close_menu(person.page)
    grading = Formgrader(person.page)
    grading.open()
    people.photograph(person, f"{person.name}-formgrader")
    return grading


def instructor_releases(instructor: Person, modules: list[Module], people: People) -> None:
    grading = staff_open_the_formgrader(instructor, people)
    for module in modules:
        row = grading.row(module.label)
        expect(row.locator(".status")).to_have_text("draft")
        grading.act(row, "assign", f"Successfully created the student version of '{module.label}'")
        grading.close_message()
        grading.act(row, "release", f"Successfully released '{module.label}'")
        people.photograph(instructor, f"{module.label}-released")
        grading.close_message()
        expect(row.locator(".status")).to_have_text("released")


def student_fetches(student: Person, module: Module, people: People) -> AssignmentList:
    student.arrives(ASSIGNMENTS)
    assert open_menu(student.page) == ["Assignment List"]
    close_menu(student.page)
    choose(student.page, "Assignment List")
    assignments = AssignmentList(student.page)
    assignments.refresh()  # it stands open since before the release
    assignments.fetch(module.label)
    people.photograph(student, f"{student.name}-fetched")
    return assignments


def student_solves(
    student: Person, assignments: AssignmentList, module: Module, wrong: tuple[str, ...], people: People
) -> None:
    """All holes, saved through the server's contents interface; the notebook then runs in the browser."""
    fill_in(student, module, wrong)
    notebook = assignments.open_notebook(module.label)
    cells = student.read(f"{module.label}/{module.label}.ipynb")["cells"]
    notebook.wait_until_ready(len(cells))
    student.sees_no_surprise()
    dialog = notebook.validate()
    people.photograph(student, f"{student.name}-{module.label}-validated")
    if wrong:
        assert module.failures(dialog) == [f"test-{hole}" for hole in wrong]
    else:
        expect(dialog).to_contain_text("Success! Your notebook passes all the tests.")
    close_dialog(dialog)


def fill_in(student: Person, module: Module, wrong: tuple[str, ...]) -> None:
    path = f"{module.label}/{module.label}.ipynb"
    notebook = student.read(path)
    for cell in notebook["cells"]:
        if is_solution(cell):
            hole = str(grade_id(cell))
            assert HOLE in cell["source"], f"the released cell {hole} has no hole"
            cell["source"] = module.solved(hole)
            if hole in wrong:
                assert RIGHT in cell["source"]
                cell["source"] = cell["source"].replace(RIGHT, WRONG)
    student.write(path, notebook)


def student_submits(
    student: Person, assignments: AssignmentList, module: Module, course: Installation, people: People
) -> float:
    """Hand in; gives the seconds until the library was there."""
    assignments.submit(module.label)
    seconds = library_arrives(course, student.name)
    print(f"{student.name}'s library was there {seconds:.1f} s after the submission was listed")
    people.photograph(student, f"{student.name}-submitted")
    return seconds


def slowness(course: Installation) -> float:
    """How often the time of an idle machine things take here and now: others may use its cores, or it has slow ones."""
    begin = time.monotonic()
    course.ask("exec", f"{PROJECT}-user-ada", "true")
    return max(1.0, os.getloadavg()[0] / (os.cpu_count() or 1), (time.monotonic() - begin) / 0.2)


def library_arrives(course: Installation, student: str) -> float:
    """Seconds until the running server sees the module that was submitted."""
    begin = time.monotonic()
    look = [course.docker, "exec", f"{PROJECT}-user-{student}", "test", "-f", f"{LIBRARY}/tinytorch_lib/core/setup.py"]
    while subprocess.run(look, check=False).returncode:
        assert time.monotonic() < begin + 180, f"{student} has no library"
        time.sleep(0.1)
    return time.monotonic() - begin


def ada_needs_her_library(ada: Person, assignments: AssignmentList, module: Module, people: People) -> None:
    """The next module imports what she handed in: validation runs all of it in a new kernel of the same server."""
    assignments.refresh()
    assignments.fetch(module.label)
    student_solves(ada, assignments, module, (), people)


def everybody_has_their_own(ada: Person, alan: Person, people: People) -> None:
    code = "import tinytorch_lib.core.setup as s; print(s.__file__, s.megabytes(2**20))"
    file = f"{LIBRARY}/tinytorch_lib/core/setup.py"
    for student, megabytes in ((ada, "1.048576"), (alan, "1.0")):
        assert in_new_console(student.page, code).split() == [file, megabytes]
        people.photograph(student, f"{student.name}s-own-library")


def ta_collects(grading: Formgrader, ta: Person, people: People) -> None:
    row = grading.row(FIRST)
    grading.collect(FIRST)
    people.photograph(ta, "collected")
    grading.close_message()
    expect(row.locator(".num-submissions")).to_have_text("2")


def ta_autogrades(grading: Formgrader, ta: Person, module: Module, people: People) -> None:
    grading.row(FIRST).locator(".num-submissions a").click()
    grading.has_title("Manage Submissions")
    for student, total in (("ada", module.total()), ("alan", module.total(FAULTY))):
        row = grading.row(student)
        grading.act(row, "autograde", f"Successfully autograded '{FIRST}' for student '{student}'")
        grading.close_message()
        expect(row.locator(".status")).to_have_text("graded")
        expect(row.locator(".score")).to_have_text(f"{total} / {module.total()}")
    people.photograph(ta, "autograded")


def ta_comments(grading: Formgrader, ta: Person, module: Module, people: People) -> None:
    """On Alan's submission, the one of the two whose wrong line it shows."""
    grading.list_submissions_to_grade(FIRST)
    alans = grading.row(f"{module.total(FAULTY)} / {module.total()}")
    alans.get_by_role("link", name="Submission #").click()
    page = grading.frame.locator("body")
    expect(page).to_contain_text(WRONG)
    box = page.locator(f"textarea[id='{FAULTY}-comment']")
    expect(box).to_have_attribute("placeholder", re.compile("comments here"))  # what is typed earlier is overwritten
    box.fill(COMMENT)
    with ta.page.expect_response(lambda answer: "/api/comment/" in answer.url) as saved:
        box.blur()
    assert saved.value.ok
    box.scroll_into_view_if_needed()
    people.photograph(ta, "comment")
    grading.frame.get_by_role("link", name="Manual Grading").click()
    grading.go("Manage Assignments")


def ta_releases_feedback(grading: Formgrader, ta: Person, people: People) -> None:
    grading.give_feedback(FIRST)
    people.photograph(ta, "feedback-released")
    grading.close_message()


def student_reads_feedback(
    student: Person, assignments: AssignmentList, module: Module, wrong: tuple[str, ...], people: People
) -> None:
    show_tab(student.page, "Assignments")
    assignments.refresh()
    row = assignments.row("submitted", module.label)
    row.get_by_role("button", name="Fetch Feedback").click()
    page = open_feedback(student.page, row, module.label)
    expect(page.get_by_role("heading", level=1)).to_have_text(f"{module.total(*wrong)} of {module.total()} points")
    scores = [f"{earned:g} of {module.points[test]:g}" for test, earned in module.scores(*wrong).items()]
    expect(page.locator("tbody td.number")).to_have_text(scores)
    expect(page.locator("body").filter(has_text=COMMENT)).to_have_count(len(wrong))
    people.photograph(student, f"{student.name}-feedback")


def everybody_was_well_served(people: People) -> None:
    """No script broke, and no page asked anybody but the hub, save nbconvert's for its formulas."""
    for person in people.here:
        assert person.our_exceptions == [], f"{person.name}'s pages broke"
        assert person.strangers <= {"cdnjs.cloudflare.com"}, f"{person.name}'s pages ask strangers"
