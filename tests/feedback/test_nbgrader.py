"""nbgrader's own commands with our page: generated, released and fetched under the names that they have always had."""

from __future__ import annotations

import pytest
from nbgrader.utils import notebook_hash

from tests.feedback.graded import LABEL, NAMES, SECRET, change_by_hand, leave, released
from tests.feedback.made_up import body, report, submission, texts
from tests.tiny import make_course
from tito import gradebook
from tito.course import Course

# nbgrader adds a submission's rows in an order that SQLAlchemy warns of.
pytestmark = pytest.mark.filterwarnings("ignore:Object of type:sqlalchemy.exc.SAWarning")


@pytest.fixture(scope="module")
def course(tmp_path_factory: pytest.TempPathFactory) -> Course:
    return make_course(tmp_path_factory.mktemp("feedback"))


def generated(course: Course, student: str) -> str:
    """The page that `nbgrader generate_feedback` writes."""
    outcome = gradebook.nbgrader_api(course).generate_feedback(LABEL, student, force=True)
    assert outcome["success"], outcome.get("log")
    return (course.root / "feedback" / student / LABEL / f"{LABEL}.html").read_text(encoding="utf-8")


def test_the_page_is_generated_and_released(course: Course) -> None:
    tests = [report(name, "failed" if name == NAMES[1] else "passed", points=20.0, earned=20.0) for name in NAMES]
    leave(course, "ada", submission(*tests), released(course))
    change_by_hand(course, "ada", score=5.0, comment="Nearly there.\n<b>Look at 1.2.</b>", penalty=8.5)
    html = generated(course, "ada")
    assert texts(html, "h1") == ["76.5 of 100 points"]
    assert "8.5 were taken off because it was late." in body(html)
    assert "double-2 Nearly there. <b>Look at 1.2.</b>" in body(html)
    assert "A grader changed the points from 20 to 5." in body(html)
    assert texts(html, "tr")[2] == "title of test-double-2 ✗ failed 5 of 20"

    assert "What your grader wrote double-1" not in body(html), "nobody wrote that there is no response"
    assert "Your code As it was graded. double-1 as it was released" in body(html)

    gradebook.feedback(course, LABEL, "ada")
    name = f"{notebook_hash(secret=SECRET, notebook_id=LABEL)}.html"
    assert (course.root / "exchange" / "tiny" / "feedback" / name).read_text(encoding="utf-8") == html


def test_a_notebook_that_another_program_graded(course: Course) -> None:
    leave(course, "alan", None, released(course))
    html = generated(course, "alan")
    assert "not graded by the course's own grader" in body(html)
    assert "handed in 3 February 2027, 17:26 UTC" in body(html)
    assert texts(html, "h1") == ["0 of 100 points"]
    assert len(texts(html, "tr")) == 1 + len(NAMES)


def test_a_cell_that_the_gradebook_does_not_know(course: Course) -> None:
    notebook = released(course)
    notebook.cells[-1].metadata.nbgrader["grade_id"] = "test-of-tomorrow"
    leave(course, "grace", submission(report(NAMES[0], "passed", points=20.0, earned=20.0)), notebook)
    assert "test-of-tomorrow ? no details 0 of 20" in texts(generated(course, "grace"), "tr")
