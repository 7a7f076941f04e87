"""What a student reads, for every way in which a submission can end."""

from __future__ import annotations

import re

import nbformat
import pytest

from tests.feedback.made_up import LABEL, NUMPY, body, code_cell, elements, notebook, page, report, submission, texts
from tito.grading.result import METADATA_KEY, Blame, CellReport
from tito.submission import NOTES_ID


def rows(html: str) -> list[str]:
    """The table of tests, a line each."""
    return texts(html, "tr")[1:]


def articles(html: str) -> list[str]:
    return texts(html, "article")


def test_all_passed() -> None:
    html = page(submission(report("a", "passed"), report("b", "passed")))
    assert texts(html, "h1") == ["50 of 50 points"]
    assert rows(html) == ["title of a ✓ passed 25 of 25", "title of b ✓ passed 25 of 25"]
    assert "Nothing to mend" in body(html)
    assert "Mend first" not in body(html)
    assert "handed in 3 February 2027, 17:26 UTC" in body(html)


def test_a_failed_test_says_what_to_do() -> None:
    failed = report(
        error="AssertionError",
        message=NUMPY,
        line="np.testing.assert_allclose(a, b)",
        traceback="hole-of-test-sgd, line 2, in step\n    return None",
        section="6.2",
        stdout="🔬 Unit Test: SGD...\nv = 3\n",
        stderr="RuntimeWarning: overflow",
    )
    html = page(submission(report("a", "passed"), failed))
    assert "Mend first In this notebook: title of test-sgd" in body(html)
    (article,) = articles(html)
    assert article.startswith("title of test-sgd ✗ failed · 0 of 25 points After three equal gradients")
    assert "expected array([ 0.15, -3.7]) your code gave array([ 0.6, -2.8])" in article
    assert "Reread 6.2 Momentum in 06_optimizers · Your code: hole-of-test-sgd" in article
    assert "The line that failed np.testing.assert_allclose(a, b)" in article
    assert "In your code hole-of-test-sgd, line 2, in step return None" in article
    assert "It printed v = 3" in article
    assert "Warnings RuntimeWarning: overflow" in article
    assert "All that the test said Not equal to tolerance" in article


def test_another_exception_is_named() -> None:
    (article,) = articles(page(submission(report(error="ValueError", message="no shape (3,)"))))
    assert article.count("ValueError: no shape (3,)") == 1


@pytest.mark.parametrize(
    ("status", "word", "why"),
    [
        ("timeout", "✗ too slow", "It took 31 s. Is there a loop that never ends?"),
        ("died", "✗ ended the run", "It took 31 s. Does it call exit"),
        ("not run", "– not run", "had no chance"),
        ("a status of tomorrow", "✗ failed", ""),
    ],
)
def test_how_a_test_can_end(status: str, word: str, why: str) -> None:
    html = page(submission(report("a", status, error="RuntimeError", message="It took 31 s.")))
    assert rows(html) == [f"title of a {word} 0 of 25"]
    assert why in articles(html)[0]


def test_hidden_tests_show_their_hint_and_no_code() -> None:
    hidden = report(
        error="AssertionError", message="Negative numbers, too (6.3).", line="assert f(-2) == 7", hidden=True
    )
    html = page(submission(hidden))
    assert "Negative numbers, too" in articles(html)[0]
    assert "This is a hidden test: its code is not shown." in articles(html)[0]
    assert "f(-2)" not in html
    assert "SECRET" not in html  # the text of the graded cell


def test_an_earlier_module_at_fault_is_told_once() -> None:
    blamed = [
        report(
            name,
            earned=25.0,
            error="AssertionError",
            message="It should learn.",
            blame=Blame("03_activations", ("test-relu", "test-tanh")),
        )
        for name in ("a", "b")
    ]
    html = page(submission(*blamed, report("c")))
    assert body(html).count("03_activations, an earlier module of yours. 2 tests of this notebook fail") == 1
    assert "You have the points all the same. In 03_activations these tests fail: test-relu, test-tanh" in body(html)
    assert rows(html)[0] == "title of a ◐ points given: 03_activations is at fault 25 of 25"
    assert len(articles(html)) == 1, "a test whose points are given is not listed among those to mend"
    assert "Then, in this notebook: title of c" in body(html)


def test_a_policy_may_keep_the_points() -> None:
    html = page(submission(report("a", blame=Blame("03_activations"))))
    assert rows(html) == ["title of a ✗ failed: 03_activations is at fault 0 of 25"]
    assert "You have the points" not in body(html)


def test_several_modules_may_be_to_blame_together() -> None:
    blame = Blame("several earlier modules together")
    html = page(submission(report("a", "passed", blame=blame)))
    assert rows(html) == ["title of a ◐ points given: several earlier modules together are at fault 25 of 25"]
    assert "Mend first several earlier modules together. 1 test of this notebook fails" in body(html)


def test_what_was_put_right_and_what_is_wrong_with_the_library() -> None:
    html = page(
        submission(
            report("a", "passed"),
            findings=("The cell `imports` was missing. It was put back as released.",),
            library=("04_layers: no Python",),
            cells=[
                CellReport("hole-of-a", "failed", error="NameError: y", traceback="line 3"),
                CellReport("free-2", "timeout"),
                CellReport("a", "failed", error="told with its test"),
            ],
        )
    )
    assert "Mend first The cell hole-of-a of yours did not run to its end. NameError: y" in body(html)
    assert "Put right before grading The cell imports was missing." in body(html)
    assert "Your own library 04_layers: no Python" in body(html)
    assert articles(html) == [
        "hole-of-a NameError: y In your code line 3",
        "free-2 It did not end in the time it is given.",
    ]


def test_late_and_changed_by_hand() -> None:
    graded = notebook(result := submission(report("a"), report("b", "passed")))
    graded.cells[2].metadata.nbgrader["score"] = 10.0
    graded.cells[1].metadata.nbgrader["comment"] = "Half of it is right."
    html = page(result, graded, score=28.5, late_penalty=6.5)
    assert texts(html, "h1") == ["28.5 of 50 points"]
    assert "The tests earned 35. 6.5 were taken off because it was late." in body(html)
    assert rows(html)[0] == "title of a ✗ failed 10 of 25"
    assert "A grader changed the points from 0 to 10." in body(html)
    assert "What your grader wrote hole-of-a Half of it is right." in body(html)


def test_the_students_code_is_on_the_page_and_the_links_lead_there() -> None:
    html = page(submission(report("a"), report("b", "passed")))
    found = elements(html)
    anchors = {one.attributes["id"] for one in found if "id" in one.attributes}
    links = {one.attributes["href"] for one in found if one.tag == "a"}
    assert len(anchors) == 4
    assert links <= {f"#{anchor}" for anchor in anchors}
    assert texts(html, "code") == ["class SGD: pass"] * 2
    assert "narrow valley" not in html, "the course's markdown is not repeated"


def with_outputs(*outputs: dict[str, str], **metadata: object) -> str:
    """A page without a report, for one test with these outputs and a hand-graded answer."""
    graded = notebook(result := submission(report("a")))
    graded.cells[2].outputs = list(outputs)
    graded.cells.append(code_cell("essay", "because", grade=True, solution=True, points=10.0, score=4.0, **metadata))
    del graded.metadata[METADATA_KEY]
    return page(result, graded, score=4.0, max_score=35.0, timestamp=None)


def test_without_a_report_the_gradebook_speaks() -> None:
    error = {"output_type": "error", "ename": "AssertionError", "evalue": NUMPY, "traceback": ["SECRET = 1"]}
    printed = {"output_type": "stream", "name": "stdout", "text": "v = 3\n"}
    html = with_outputs(printed, error)
    assert "not graded by the course's own grader" in body(html)
    assert rows(html) == ["a ✗ failed 0 of 25", "essay ● graded by hand 4 of 10"]
    assert "your code gave array([ 0.6, -2.8])" in articles(html)[0]
    assert "It printed v = 3" in articles(html)[0]
    assert "SECRET" not in html


def test_without_a_report_the_notes_on_top_are_told() -> None:
    graded = notebook(result := submission(report("a", "passed")))
    note = nbformat.v4.new_markdown_cell("**What was mended**\n\n- The cell `a` was missing.")
    graded.cells.insert(0, note | {"id": NOTES_ID})
    del graded.metadata[METADATA_KEY]
    assert "Put right before grading The cell a was missing." in body(page(result, graded))


def test_a_task_is_graded_by_hand_and_commented() -> None:
    graded = notebook(result := submission(report("a", "passed")))
    task = nbformat.v4.new_markdown_cell("Explain why.")
    task.metadata["nbgrader"] = {"grade_id": "why", "task": True, "points": 5.0, "score": 3.0, "comment": "In short."}
    graded.cells.append(nbformat.from_dict(task))
    html = page(result, graded)
    assert rows(html)[1] == "why ● graded by hand 3 of 5"
    assert "What your grader wrote why In short." in body(html)


def test_an_answer_can_wait_for_its_grader() -> None:
    assert "essay ○ waits for a grader 4 of 10" in rows(with_outputs(waiting=True))


def test_a_damaged_report_leaves_the_scores() -> None:
    graded = notebook(result := submission(report("a", "passed")))
    graded.metadata[METADATA_KEY]["tests"][0]["points"] = "many"
    html = page(result, graded)
    assert "report in this notebook is damaged" in body(html)
    assert rows(html) == ["a ✓ passed 25 of 25"]


def test_a_report_whose_cell_is_gone_is_shown() -> None:
    graded = notebook(result := submission(report("a", "passed"), report("b")))
    graded.cells = graded.cells[:3]
    assert rows(page(result, graded)) == ["title of a ✓ passed 25 of 25", "title of b ✗ failed 0 of 25"]


@pytest.mark.parametrize("stamp", ["", "yesterday", "2027-13-45", "9999999999999999999", "0001-01-01 00:00 +2300"])
def test_any_time_stamp_can_be_shown(stamp: str) -> None:
    assert "ada" in body(page(submission(report("a"), attempt=stamp)))


def test_a_module_nobody_knows() -> None:
    assert "Feedback on exam" in body(page(submission(report("a")), assignment="exam"))


def test_a_normal_page_is_small() -> None:
    source = "def f(x):\n" + "    x = x + 1  # and so on\n" * 60
    tests = [report(f"t{n}", error="AssertionError", message=NUMPY, stdout="v\n" * 50) for n in range(10)]
    result = submission(*tests)
    assert len(page(result, notebook(result, source)).encode()) < 200_000


def test_a_huge_submission_makes_no_huge_page() -> None:
    long = "<&'\"\u202e" * 100_000
    failed = report(error="E", message=long, line=long, traceback=long, stdout=long, stderr=long, section=long)
    result = submission(failed, cells=[CellReport(long, "failed", error=long)] * 500, findings=(long,) * 500)
    html = page(result, notebook(result, "a1" * 1_000_000))
    assert len(html) < 1_500_000
    assert "more characters are not shown" in html
    assert "… and 450 more." in html


def test_the_page_says_what_a_browser_may_do() -> None:
    found = [one.attributes for one in elements(page(submission(report("a")))) if one.tag == "meta"]
    policy = next(one["content"] for one in found if one.get("http-equiv") == "Content-Security-Policy")
    assert re.fullmatch(
        r"default-src 'none'; style-src 'sha256-[\w+/]{43}='; base-uri 'none'; form-action 'none'", policy
    )
    assert LABEL in texts(page(submission(report("a"))), "title")[0]
