"""The formgrader about a TA's sections: nbgrader's real API and gradebook; tests/hub asks the real handlers."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import nbformat
import pytest
from nbgrader.api import Gradebook
from nbgrader.server_extensions.formgrader import apihandlers, handlers
from nbgrader.server_extensions.formgrader.base import BaseHandler

from tests.feedback.graded import LABEL, NAMES, released
from tests.tiny import COURSE_TOML, make_course
from tito import gradebook
from tito.course import Course
from tito.formgrader.api import SectionAPI
from tito.formgrader.extension import Formgrader, Viewing, ViewingOne
from tito.formgrader.view import EVERYBODY, View, view_of
from tito.gradebook import nbgrader_api

# nbgrader adds a submission's rows in an order that SQLAlchemy warns of.
pytestmark = pytest.mark.filterwarnings("ignore:Object of type:sqlalchemy.exc.SAWarning")

ROSTER = """\
name,id,section,role
ada,1,A,student
alan,2,B,student
grace,3,A,student
linus,4,B,student
ta,7,A,ta
both,8,A+B,ta
free,9,,ta
"""
SCORES = {"ada": 20.0, "alan": 40.0, "grace": 60.0}
"""linus has handed in and is not graded."""


@pytest.fixture(scope="module")
def course(tmp_path_factory: pytest.TempPathFactory) -> Course:
    folder = tmp_path_factory.mktemp("sections")
    found = make_course(folder, COURSE_TOML.replace('students = ["ada", "alan"]', ""))
    (found.root / "course.toml").resolve().with_name("roster.csv").write_text(ROSTER)
    for student in (*SCORES, "linus"):
        for stage in ("submitted", *(["autograded"] if student in SCORES else [])):
            there = found.root / stage / student / LABEL
            there.mkdir(parents=True)
            nbformat.write(released(found), there / f"{LABEL}.ipynb")
    with Gradebook(f"sqlite:///{found.root}/gradebook.db", found.id) as book:
        for student in ("ada", "alan", "grace", "linus"):
            book.update_or_create_student(student)
        for student, score in SCORES.items():
            book.update_or_create_submission(LABEL, student)
            for name in NAMES:
                row = book.find_grade(name, LABEL, LABEL, student)
                row.auto_score, row.needs_manual_grade = score / len(NAMES), student == "alan"
        book.db.commit()
    return Course.load(found.root)


@pytest.fixture
def inside(course: Course, monkeypatch: pytest.MonkeyPatch) -> Course:
    monkeypatch.setenv("TINYTORCH_COURSE", str(course.root))
    return course


@pytest.mark.parametrize(
    ("name", "everybody", "students", "about"),
    [
        ("ta", False, {"ada", "grace"}, "section A"),
        ("ta", True, None, "section A"),
        ("both", False, {"ada", "alan", "grace", "linus"}, "sections A and B"),
        ("free", False, None, None),
        ("instructor", False, None, None),
        ("mallory", False, None, None),
    ],
)
def test_the_roster_says_whom_somebody_sees(
    inside: Course, name: str, everybody: bool, students: set[str] | None, about: str | None
) -> None:
    found = view_of(name, everybody)
    assert found.students == (None if students is None else frozenset(students))
    assert (found.about if found.sections else None) == about


def test_a_broken_course_file_keeps_nobody_from_grading(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    (tmp_path / "course.toml").write_text("[course")
    monkeypatch.setenv("TINYTORCH_COURSE", str(tmp_path))
    assert view_of("ta", everybody=False) == EVERYBODY
    assert "the formgrader shows everybody" in caplog.text


def api(course: Course, view: View) -> SectionAPI:
    plain = nbgrader_api(course)
    found = SectionAPI(plain.coursedir, config=plain.config)
    found.view = view
    return found


def students(rows: list[dict[str, Any]], key: str = "student") -> list[str]:
    return sorted(row[key] for row in rows)


MINE = View(("A",), frozenset({"ada", "grace"}))


def test_lists_counts_and_averages_are_about_the_section(inside: Course) -> None:
    with gradebook.inside(inside.root):
        mine, everybody = api(inside, MINE), api(inside, EVERYBODY)
        assert students(mine.get_students(), "id") == ["ada", "grace"]
        assert students(mine.get_submissions(LABEL)) == ["ada", "grace"]
        assert students(mine.get_notebook_submissions(LABEL, LABEL)) == ["ada", "grace"]
        assert sorted(mine.get_notebook_submission_indices(LABEL, LABEL).values()) == [0, 1]
        (notebook,), assignment = mine.get_notebooks(LABEL), mine.get_assignment(LABEL)
        assert assignment is not None
        assert (notebook["num_submissions"], notebook["average_score"]) == (2, 40.0)
        assert notebook["needs_manual_grade"] is False, "alan's is another section's"
        assert (assignment["num_submissions"], assignment["average_score"]) == (2, 40.0)
        assert students(everybody.get_submissions(LABEL)) == ["ada", "alan", "grace", "linus"]
        assert everybody.get_notebooks(LABEL)[0]["needs_manual_grade"] is True


def test_everybody_is_what_nbgrader_says(inside: Course) -> None:
    """A change of nbgrader's that adds something to its answers is not lost here."""
    with gradebook.inside(inside.root):
        ours, plain = api(inside, EVERYBODY), nbgrader_api(inside)
        mine = api(inside, MINE)
        for ask in (
            lambda one: one.get_students(),
            lambda one: one.get_assignments(),
            lambda one: one.get_submissions(LABEL),
            lambda one: one.get_notebooks(LABEL),
            lambda one: one.get_notebook_submissions(LABEL, LABEL),
        ):
            assert ask(ours) == ask(plain)
            assert ask(mine)[0].keys() == ask(plain)[0].keys()


def test_one_student_by_name_is_found_whoever_they_are(inside: Course) -> None:
    with gradebook.inside(inside.root):
        mine = api(inside, MINE)
        for student, submitted in (("alan", True), ("linus", True), ("grace", True)):
            found = mine.get_submission(LABEL, student)
            assert found is not None and found["submitted"] is submitted
            assert mine.get_student(student) is not None
        assert mine.view is MINE
        assert mine.get_assignment("99_nothing") is None


def test_every_page_and_call_of_nbgraders_knows_the_view() -> None:
    """Against the installed version: nbgrader's handlers all ask through `api`, and its extension adds them at once."""

    class App:
        settings = {"base_url": "/user/ta/"}  # noqa: RUF012
        added: list[Any] = []  # noqa: RUF012

        def add_handlers(self, _host: str, routes: list[Any]) -> None:
            self.added += routes

    Formgrader.init_handlers(Formgrader.__new__(Formgrader), App())  # type: ignore[arg-type]
    by_pattern = {pattern: handler for pattern, handler, *_ in App.added}
    for pattern, handler, *_ in [*handlers.default_handlers, *apihandlers.default_handlers]:
        ours = by_pattern[f"/user/ta{pattern}"]
        if issubclass(handler, BaseHandler):
            assert issubclass(ours, handler) and issubclass(ours, Viewing), pattern
            assert ours.api is Viewing.api and "api" not in vars(handler), pattern
    arrows = [handler for pattern, handler in by_pattern.items() if "next_incorrect" in pattern]
    assert [issubclass(handler, ViewingOne) for handler in arrows] == [True]
    assert str(App.added[0][0]).endswith("/formgrader/view/(section|everybody)")
