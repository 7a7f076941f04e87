"""A week of the course in the browser: a student works, a TA grades, the student reads, an instructor releases.

Every step's pictures are in test-artifacts/e2e.
"""

from __future__ import annotations

import re
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from playwright.sync_api import expect

from tests.e2e.formgrader import LONGEST, Formgrader
from tests.e2e.homework import FIRST_CELLS, HOLE, MODULE, NEXT, TYPED, UNDONE, WRONG, Module
from tests.e2e.pages import (
    AssignmentList,
    choose,
    close_dialog,
    close_menu,
    in_new_console,
    open_feedback,
    open_menu,
    show_end,
    wait_for_kernel,
)
from tests.e2e.people import ASSIGNMENTS, People, Person
from tests.e2e.running_hub import Hub
from tests.farm.services import wait_for
from tito.cells import grade_id, is_solution

pytestmark = pytest.mark.e2e


@pytest.fixture
def module(course: Path) -> Module:
    return Module(course)


def test_a_week_of_the_course(hub: Hub, people: People, module: Module) -> None:
    with ThreadPoolExecutor() as aside:  # while the browser starts
        released = aside.submit(hub.tito, "release", MODULE, "--publish")
        ada = sign_in("ada", people)
        student_sees_her_menus(ada, people)
        released.result()
    ta = sign_in("ta", people)  # early: their server starts while Ada works
    assignments = student_fetches(ada, people)
    student_does_the_homework(ada, module)
    student_works_in_the_notebook(ada, assignments, module, people)
    student_submits(ada, assignments, module, people)
    student_sees_what_the_visible_tests_say(ada, module, people)

    grading = staff_open_the_formgrader(ta, people)
    instructor = sign_in("instructor", people)
    ta_collects(grading, ta, people)
    ta_autogrades(grading, ta, module, people)
    ta_looks_into_the_submission(grading, ta, module, people)
    ta_releases_feedback(grading, ta, people)
    student_reads_feedback(ada, assignments, module, people)

    instructor_releases(staff_open_the_formgrader(instructor, people), instructor, people)
    student_sees_the_next_module(ada, assignments, people)

    student_comes_by_a_link(ada, people)

    everybody_was_well_served(people)
    people.leave()
    assert hub.stop() == []


def sign_in(name: str, people: People) -> Person:
    person = people.open_browser(name)
    person.fill_in_form()
    people.photograph(person, f"{name}-logs-in")
    person.sign_in()
    return person


def student_sees_her_menus(ada: Person, people: People) -> None:
    ada.arrives(ASSIGNMENTS)
    people.photograph(ada, "student-logged-in")
    assert open_menu(ada.page) == ["Assignment List"]
    people.photograph(ada, "student-menu")
    close_menu(ada.page)
    expect(ada.page.get_by_role("tab", name="Create Assignment")).to_have_count(0)


def student_fetches(ada: Person, people: People) -> AssignmentList:
    choose(ada.page, "Assignment List")
    assignments = AssignmentList(ada.page)
    expect(assignments.row("released", MODULE)).to_be_visible()
    expect(assignments.row("released", NEXT)).to_have_count(0)
    people.photograph(ada, "assignment-list")
    assignments.fetch(MODULE)
    people.photograph(ada, "fetched")
    return assignments


def student_does_the_homework(ada: Person, module: Module) -> None:
    """All holes but two, saved through the server's contents interface to save time: one will be typed."""
    path = f"{MODULE}/{MODULE}.ipynb"
    notebook = ada.read(path)
    for cell in notebook["cells"]:
        if is_solution(cell):
            hole = str(grade_id(cell))
            assert HOLE in cell["source"], f"the released cell {hole} has no hole"
            if hole not in (TYPED, UNDONE):
                cell["source"] = module.solved(hole)
    ada.write(path, notebook)


def student_works_in_the_notebook(ada: Person, assignments: AssignmentList, module: Module, people: People) -> None:
    path = f"{MODULE}/{MODULE}.ipynb"
    cells = ada.read(path)["cells"]
    place = {grade_id(cell): index for index, cell in enumerate(cells)}
    hole, test = place[TYPED], place[f"test-{TYPED}"]
    notebook = assignments.open_notebook(MODULE)
    notebook.wait_until_ready(len(cells))
    ada.sees_no_surprise()
    people.photograph(ada, "notebook")

    for name in FIRST_CELLS:
        assert notebook.run(place[name]) == ""
    notebook.retype(hole, HOLE, WRONG)
    notebook.run(hole)
    message = assertion(notebook.run(test, shows="AssertionError: "))
    assert f'"{message}"' in module.sources[f"test-{TYPED}"]
    show_end(notebook.output(test))
    people.photograph(ada, "wrong-solution")

    dialog = notebook.validate()
    assert module.failures(dialog) == [f"test-{TYPED}", f"test-{UNDONE}"]
    error = dialog.locator("pre").filter(has_text=f"AssertionError: {message}")
    show_end(error)
    people.photograph(ada, "validate-says-why")
    close_dialog(dialog)

    notebook.retype(hole, WRONG, module.solution(TYPED))
    people.photograph(ada, "mended")
    notebook.run(hole)
    notebook.run(test, shows="✓")
    dialog = notebook.validate()
    assert module.failures(dialog) == [f"test-{UNDONE}"]
    people.photograph(ada, "validate-after-mending")
    close_dialog(dialog)
    typed = next(cell["source"] for cell in ada.read(path)["cells"] if grade_id(cell) == TYPED)
    assert re.sub(r" *# YOUR CODE HERE\n", "", typed).rstrip() == module.solved(TYPED).rstrip()


def assertion(printed: str) -> str:
    """The sentence of the AssertionError at the end of a traceback."""
    found = re.findall(r"^AssertionError: (.*)$", printed, flags=re.MULTILINE)
    assert len(found) == 1, f"no message in:\n{printed}"
    return str(found[0])


def student_submits(ada: Person, assignments: AssignmentList, module: Module, people: People) -> None:
    assignments.submit(MODULE)
    people.photograph(ada, "submitted")
    library = people.hub.data / "libraries" / "ada" / "tinytorch_lib" / "core" / "tensor.py"
    text = library.read_text(encoding="utf-8")
    assert all(line in text for line in module.solution(TYPED).splitlines())
    code = "import tinytorch_lib.core.tensor as t; print(t.to_array([1, 2.5]).dtype, t.__file__)"
    assert in_new_console(ada.page, code).split() == ["float32", str(library)]
    people.photograph(ada, "own-library-in-a-new-kernel")


def student_sees_what_the_visible_tests_say(ada: Person, module: Module, people: People) -> None:
    """On the page that the menu Course opens, which loads itself again until the results are there."""
    with ada.page.context.expect_page() as opened:
        choose(ada.page, "Results of Submissions", menu="Course")
    results, count = opened.value, len(module.points)
    expect(results.get_by_text(f"{count - 1} of {count} visible tests pass")).to_be_visible(timeout=LONGEST)
    results.screenshot(path=people.album / "visible-results.png")
    results.get_by_role("link", name="Each test").click()
    expect(results.get_by_text("Visible tests only; the grade comes after the deadline.")).to_be_visible()
    expect(results.locator("article").filter(has_text="failed")).to_have_count(1)
    results.screenshot(path=people.album / "visible-result.png", full_page=True)
    results.close()


def staff_open_the_formgrader(person: Person, people: People) -> Formgrader:
    person.arrives()
    assert open_menu(person.page) == ["Course List", "Formgrader", "Create assignment"]
    people.photograph(person, f"{person.name}-menu")
    close_menu(person.page)
    grading = Formgrader(person.page)
    grading.open()
    people.photograph(person, f"{person.name}-formgrader")
    return grading


def ta_collects(grading: Formgrader, ta: Person, people: People) -> None:
    row = grading.row(MODULE)
    expect(row.locator(".status")).to_have_text("released")
    expect(row.locator(".num-submissions")).to_have_text("0")
    grading.collect(MODULE)
    people.photograph(ta, "collected")
    grading.close_message()
    expect(row.locator(".num-submissions")).to_have_text("1")


def ta_autogrades(grading: Formgrader, ta: Person, module: Module, people: People) -> None:
    grading.row(MODULE).locator(".num-submissions a").click()
    grading.has_title("Manage Submissions")
    row = grading.row("ada")
    expect(row.locator(".status")).to_have_text("needs autograding")
    people.photograph(ta, "submissions")
    grading.act(row, "autograde", f"Successfully autograded '{MODULE}' for student 'ada'")
    people.photograph(ta, "autograded")
    grading.close_message()
    expect(row.locator(".status")).to_have_text("graded")
    expect(row.locator(".score")).to_have_text(f"{module.total(UNDONE)} / {module.total()}")
    people.photograph(ta, "score")


def ta_looks_into_the_submission(grading: Formgrader, ta: Person, module: Module, people: People) -> None:
    grading.list_submissions_to_grade(MODULE)
    grading.row("Submission #1").get_by_role("link", name="Submission #1").click()
    page = grading.frame.locator("body")
    expect(page).to_contain_text("Submission 1 / 1")
    for test, earned in module.scores(UNDONE).items():
        expect(page.locator(f"input.score[id='{test}']")).to_have_attribute("placeholder", f"{earned:g}")
    expect(page.locator("input.score")).to_have_count(len(module.points))
    expect(page).to_contain_text(module.solution(TYPED).splitlines()[-1])
    expect(page).not_to_contain_text("What was mended before grading")
    people.photograph(ta, "submission")
    page.locator(f"input.score[id='test-{UNDONE}']").scroll_into_view_if_needed()
    people.photograph(ta, "submission-failed-test")
    grading.frame.get_by_role("link", name="Manual Grading").click()
    grading.go("Manage Assignments")


def ta_releases_feedback(grading: Formgrader, ta: Person, people: People) -> None:
    grading.give_feedback(MODULE)
    people.photograph(ta, "feedback-released")
    grading.close_message()


def student_reads_feedback(ada: Person, assignments: AssignmentList, module: Module, people: People) -> None:
    assignments.refresh()
    row = assignments.row("submitted", MODULE)
    expect(row).to_contain_text("(feedback available to fetch)")
    people.photograph(ada, "feedback-announced")
    row.get_by_role("button", name="Fetch Feedback").click()
    page = open_feedback(ada.page, row, MODULE)
    expect(page.get_by_role("heading", level=1)).to_have_text(f"{module.total(UNDONE)} of {module.total()} points")
    scores = [f"{earned:g} of {module.points[test]:g}" for test, earned in module.scores(UNDONE).items()]
    expect(page.locator("tbody td.number")).to_have_text(scores)
    people.photograph(ada, "feedback")
    page.get_by_role("heading", name="To mend").scroll_into_view_if_needed()
    expect(page.locator("article .hint").filter(has_text="NotImplementedError")).to_have_count(1)
    people.photograph(ada, "feedback-failed-test")


def instructor_releases(grading: Formgrader, instructor: Person, people: People) -> None:
    row = grading.row(NEXT)
    expect(row.locator(".status")).to_have_text("draft")
    grading.act(row, "assign", f"Successfully created the student version of '{NEXT}'")
    people.photograph(instructor, "generated")
    grading.close_message()
    grading.act(row, "release", f"Successfully released '{NEXT}'")
    grading.close_message()
    expect(row.locator(".status")).to_have_text("released")
    people.photograph(instructor, "released")


def student_sees_the_next_module(ada: Person, assignments: AssignmentList, people: People) -> None:
    assignments.refresh()
    expect(assignments.row("released", NEXT).get_by_role("button", name="Fetch")).to_be_visible()
    people.photograph(ada, "next-module")


def student_comes_by_a_link(ada: Person, people: People) -> None:
    """The page opens it at once and has its kernel started meanwhile: it must not become two of either."""
    ada.write("again.ipynb", ada.read(f"{MODULE}/{MODULE}.ipynb"))
    ada.page.goto(f"{ada.hub.url}/user/{ada.name}/lab/tree/again.ipynb")
    wait_for_kernel(ada.page)
    expect(ada.page.locator("#jp-main-dock-panel .lm-TabBar-tab").filter(has_text="again.ipynb")).to_have_count(1)
    wait_for(lambda: ada.sessions("again.ipynb") > 0, 60, "starting its kernel")
    assert ada.sessions("again.ipynb") == 1
    ada.sees_no_surprise()
    people.photograph(ada, "by-a-link")


def everybody_was_well_served(people: People) -> None:
    """No script broke, and no page asked anybody but the hub, save nbconvert's for its formulas."""
    for person in people.here:
        assert person.our_exceptions == [], f"{person.name}'s pages broke"
        assert person.strangers <= {"cdnjs.cloudflare.com"}, f"{person.name}'s pages ask strangers"
