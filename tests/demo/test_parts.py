"""The demo's parts: what is expected of whom, and whether a wrong result would be noticed."""

from __future__ import annotations

from io import StringIO
from pathlib import Path

import pytest
from rich.console import Console

from tests.tiny import make_checkout
from tito.demo.answers import Answers, read_alternative, read_answers
from tito.demo.expected import expect
from tito.demo.faults import FAULTS, Fault
from tito.demo.feedback import error_texts
from tito.demo.report import problems, table
from tito.demo.students import STUDENTS, Outcome
from tito.demo.term import Got
from tito.errors import SourceError
from tito.modules import find_module

SETUP = find_module("01")


@pytest.fixture
def answers(tmp_path: Path) -> Answers:
    return read_answers(make_checkout(tmp_path / "checkout"), SETUP)


def test_answers_are_the_sources(answers: Answers) -> None:
    assert answers.total == 100
    assert answers.tests["double-2"] == ("test-double-2",)
    assert answers.worth("double-2") == 20
    assert "return math.fsum([x, x])" in answers.solutions["double-2"]
    assert "SOLUTION" not in "".join(answers.solutions.values())


def test_an_alternative_is_read_by_section(tmp_path: Path) -> None:
    path = tmp_path / "loops.py"
    path.write_text('"""How."""\n\n# %% one\n#| export\na = 1\n\n# %% two\nb = 2\n')
    assert read_alternative(path) == {"one": "#| export\na = 1", "two": "b = 2"}
    path.write_text("a = 1\n")
    with pytest.raises(SourceError, match="no section"):
        read_alternative(path)


@pytest.mark.parametrize("label", FAULTS)
def test_the_faults_fit_the_sources(root: Path, label: str) -> None:
    answers, faults = read_answers(root, find_module(label)), FAULTS[label]
    named = [fault.hole for fault in (faults.wrong, faults.syntax, faults.edited) if fault]
    for hole in (*named, faults.deleted, faults.unsolved):
        assert answers.worth(hole) > 0
    assert faults.deleted != faults.unsolved
    assert set(faults.credited) <= set(answers.points)
    for fault in (faults.wrong, faults.edited):
        if fault:
            function = fault.text.partition("(")[0]
            assert function in answers.solutions[fault.hole], f"{function} is not what {fault.hole} defines"


def test_a_fault_in_a_hole_that_is_gone_is_told(answers: Answers) -> None:
    with pytest.raises(SourceError, match="no solution cell 'gone'"):
        Fault("gone", "x = 1", "nothing").cell(answers)


def test_scores_come_from_the_points_and_the_penalty(answers: Answers) -> None:
    ada, sofia = STUDENTS[0], STUDENTS[-1]
    assert sofia.late
    lost = Outcome({"double-1": "wrong", "double-4": "empty"})
    assert (expect(ada, answers, lost).score, expect(ada, answers, lost).penalty) == (60, 0)
    assert expect(ada, answers, lost).failed == ("test-double-1", "test-double-4")
    assert (expect(sofia, answers, lost).score, expect(sofia, answers, lost).penalty) == (54, 6)
    assert expect(ada, answers, Outcome()).reasons == ()


def test_every_deviation_is_named(answers: Answers) -> None:
    expected = {(one.name, SETUP.label): expect(one, answers, Outcome()) for one in STUDENTS}
    got = {key: Got(wanted.score, wanted.penalty) for key, wanted in expected.items()}
    assert problems(got, expected) == []
    got["alan", SETUP.label] = Got(80, 0)
    got["carl", SETUP.label] = Got(None, 0)
    got["sofia", SETUP.label] = Got(90, 0)
    del got["kurt", SETUP.label]
    found = problems(got, expected)
    assert [line.partition(",")[0] for line in found] == ["alan", "carl", "kurt", "sofia"]
    assert "got 80" in found[0]
    assert "expected 100" in found[0]
    assert "not graded" in found[1]


def test_the_table_shows_everyone(answers: Answers) -> None:
    expected = {(one.name, SETUP.label): expect(one, answers, Outcome()) for one in STUDENTS}
    console = Console(width=120, record=True, file=StringIO())
    console.print(table([SETUP], {("ada", SETUP.label): Got(100, 0)}, expected))
    shown = console.export_text()
    for student in STUDENTS:
        assert student.name in shown
    assert "100 / 100" in shown
    assert "ungraded / 100" in shown
    assert "late: 10 % for the first day" in shown


def test_only_what_tests_said_counts_as_feedback() -> None:
    page = (
        '<pre class="code"><code>assert x, "expected 3"</code></pre>'
        '<p class="hint">it &lt; 3</p><h4>It printed</h4><pre>fine</pre>'
        '<pre class="said">ValueError: no</pre><p>and so on</p>'
    )
    assert error_texts(page) == ["it < 3", "ValueError: no"]
