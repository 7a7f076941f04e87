"""`tito audit` on small notebooks: a notebook that grades rightly passes, and every way to grade wrongly is found."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from audit_course import GOOD_TEST, MODULE, SOLUTION, SmallCourse, code, graded, solution

from tito.audit import Limits, main
from tito.errors import SourceError
from tito.runner import Runner


@pytest.fixture(scope="module")
def workers() -> Iterator[Runner]:
    with Runner(2) as shared:
        yield shared


@pytest.fixture
def course(tmp_path: Path, workers: Runner) -> SmallCourse:
    return SmallCourse(tmp_path, runner=workers)


def test_an_assignment_that_grades_rightly(course: SmallCourse) -> None:
    result = course.audit()
    assert result.problems == []
    assert result.untouched == 0 and dict(result.untouched_alone) == {"test-mean": 0}
    assert [(hole.name, hole.noticed_by) for hole in result.holes] == [("mean[1]", ("test-mean",))]
    assert len(result.mutants) > 10 and result.score == 1
    assert [alternative.earned for alternative in result.alternatives] == [100, 100, 100]
    assert result.cost.memory > 0 and result.cost.cpu_seconds > 0


def test_a_test_that_checks_too_little_leaves_survivors(course: SmallCourse) -> None:
    course.cells[1] = graded("assert clipped_mean([1.0, 1.0], 4.0) == 1.0")  # nothing is ever clipped
    result = course.audit()
    assert not result.passed and result.score < 0.95
    assert any("of the mutants lose points" in problem for problem in result.problems)
    (never_clipped,) = (one for one in result.survivors if one.mutant.operator == "no-call:min:first")
    assert never_clipped.reached_by == ("test-mean",) and never_clipped.ran == ("test-mean",)
    assert never_clipped.mutant.original == "        total += min(value, limit)"
    assert never_clipped.mutant.mutated == "        total += value"
    text = (course.root / "source" / f"{MODULE}.py").read_text(encoding="utf-8").split("\n")
    assert text[never_clipped.line - 1] == never_clipped.mutant.original
    assert "function:max" not in {one.mutant.operator for one in result.survivors}  # that gives 4


def test_a_test_that_checks_nothing(course: SmallCourse) -> None:
    course.cells[1] = graded("clipped_mean([1.0], 2.0)")
    result = course.audit()
    assert result.untouched == 0  # the empty hole raises, so this alone would not tell
    assert result.score < 0.7
    course.cells[1] = graded("clipped_mean")
    result = course.audit()
    assert result.score == 0
    assert "no graded cell needs the hole mean[1]" in result.problems
    assert all(one.reached_by == () for one in result.survivors)


def test_an_untouched_release_that_earns_points(course: SmallCourse) -> None:
    course.cells[1] = graded(GOOD_TEST, points=60)
    course.cells.append(graded("assert 1 + 1 == 2", "test-given", 40))
    result = course.audit()
    assert result.untouched == 40
    assert "an untouched release earns 40 points, not 0" in result.problems
    assert "test-given alone gives 40 points to an untouched release" in result.problems


def test_each_graded_cell_of_an_untouched_release_is_tried_alone(course: SmallCourse) -> None:
    course.cells = [
        code("tried = []", "tried"),
        solution(SOLUTION),
        graded(f"tried.append(1)\n{GOOD_TEST}", points=60),
        graded("if tried:\n    assert clipped_mean([1.0], 2.0) == 1.0", "test-after", 40),
    ]
    result = course.audit()
    assert result.untouched == 0  # the first test spoils it for the second
    assert dict(result.untouched_alone) == {"test-mean": 0, "test-after": 40}
    assert "test-after alone gives 40 points to an untouched release" in result.problems


def test_a_graded_cell_that_needs_an_earlier_one(course: SmallCourse) -> None:
    extra = "def extra(x):\n    ### BEGIN SOLUTION\n    return x\n    ### END SOLUTION"
    course.cells = [
        solution(SOLUTION),
        graded(f"close = lambda a, b: abs(a - b) < 1e-6\n{GOOD_TEST}", points=60),
        solution(extra, "extra"),
        graded("assert close(extra(2.0), 2.0)", "test-extra", 40),
    ]
    assert "test-extra fails when the graded cells before extra are not run" in course.audit().problems


def test_each_hole_must_be_needed(course: SmallCourse) -> None:
    second = "def extra(x):\n    ### BEGIN SOLUTION\n    return x + 1\n    ### END SOLUTION"
    course.cells = [solution(SOLUTION), solution(second, "extra"), graded(GOOD_TEST)]
    result = course.audit()
    assert "no graded cell needs the hole extra[1]" in result.problems
    assert {one.mutant.cell for one in result.survivors} == {"extra"}


def test_a_hole_that_costs_two_tests_is_shown(course: SmallCourse) -> None:
    course.cells = [
        solution(SOLUTION),
        graded(GOOD_TEST, points=60),
        graded("assert clipped_mean([2.0], 3.0) == 2.0", "test-again", 40),
    ]
    result = course.audit()
    assert result.passed and result.holes[0].noticed_by == ("test-mean", "test-again")


def test_a_right_alternative_that_loses_points(course: SmallCourse) -> None:
    exact_type = GOOD_TEST.replace("\n\n\n", "\n    assert type(clipped_mean([1.0], 2.0)) is float\n\n\n")
    course.cells[1] = graded(exact_type)
    course.alternatives["vectorized"] = course.alternatives["vectorized"].replace("float(", "(")
    result = course.audit()
    assert any("'vectorized' loses test-mean: AssertionError" in problem for problem in result.problems)
    assert {one.name: one.earned for one in result.alternatives} == {"builtin": 100, "recursive": 100, "vectorized": 0}


def test_three_alternatives_are_needed(course: SmallCourse) -> None:
    del course.alternatives["recursive"]
    assert course.audit().problems == ["2 alternatives, at least 3 are needed"]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("# %% meen\nx = 1", "no solution cell is called 'meen'"),
        ("# %% test-mean\nx = 1", "no solution cell is called 'test-mean'"),
        ("# %%\n# nothing", "no section"),
        ("# %% mean\nx = (", "does not parse"),
        (f"# %% mean\n{SOLUTION}", "is the reference's solution"),
        ("# %% mean\nx = 1\n# %% mean\nx = 2", "two sections 'mean'"),
    ],
)
def test_an_alternative_that_is_none(course: SmallCourse, text: str, said: str) -> None:
    course.alternatives["odd"] = text
    with pytest.raises(SourceError, match=said):
        course.audit()


def test_a_reference_that_loses_points_stops_the_audit(course: SmallCourse) -> None:
    course.cells[1] = graded("assert clipped_mean([1.0], 2.0) == 5, 'not five'")
    with pytest.raises(SourceError, match=r"loses test-mean \(AssertionError: not five\); mend that first"):
        course.audit()


def test_points_must_make_a_hundred(course: SmallCourse) -> None:
    course.cells[1] = graded(GOOD_TEST, points=90)
    assert course.audit().problems == ["the graded cells are worth 90 points, not 100"]


def test_a_cell_that_depends_on_the_hash_seed(course: SmallCourse) -> None:
    course.limits = Limits(seeds=10)
    course.cells.insert(1, code("order = list({'a', 'b', 'c', 'd', 'e', 'f'})\nassert order[0] != 'c'", "order"))
    result = course.audit()
    assert list(result.disagreements) == ["order"]
    assert any(problem.startswith("order depends on the hash or random seed") for problem in result.problems)
    assert len(result.seeds) == 10


def test_a_cell_that_depends_on_the_random_seed(course: SmallCourse) -> None:
    course.limits = Limits(seeds=10)
    course.cells.insert(1, code("import numpy as np\nassert np.random.rand() < 0.6", "draw"))
    assert list(course.audit().disagreements) == ["draw"]


def test_an_endless_mutant_is_killed_by_its_time(course: SmallCourse) -> None:
    hole = "    while n:\n        n = n // 2\n    return n"
    halve = f"def halve(n):\n    ### BEGIN SOLUTION\n{hole}\n    ### END SOLUTION"
    course.cells = [solution(halve), graded("assert halve(3) == 0")]
    course.alternatives = {}
    result = course.audit()
    endless = [one for one in result.mutants if one.how == "timeout"]
    assert {one.mutant.operator for one in endless} == {"constant:1"}
    assert all(one.killed_by == "test-mean" for one in endless)


def test_a_mutant_that_ends_its_process_is_killed(course: SmallCourse) -> None:
    hole = "    if x > 100:\n        os._exit(0)\n    return x"
    leave = f"import os\ndef leave(x):\n    ### BEGIN SOLUTION\n{hole}\n    ### END SOLUTION"
    course.cells = [solution(leave), graded("assert leave(3) == 3 and leave(99) == 99 and leave(100) == 100")]
    result = replace(course, alternatives={}).audit()
    died = [one for one in result.mutants if one.how == "died"]
    assert {one.mutant.operator for one in died} == {"comparison:<=", "comparison:>=", "constant:99"}


def test_the_whole_notebook_runs_and_is_measured(course: SmallCourse) -> None:
    course.cells.append(code("import matplotlib.pyplot as plt\nplt.title('$\\\\frac$')\nplt.show()"))
    course.cells.append(code("import warnings\nwarnings.warn('careful')"))
    problems = course.audit().problems
    line = (course.root / "source" / f"{MODULE}.py").read_text(encoding="utf-8").split("\n").index(
        "import warnings"
    ) + 1
    assert len(problems) == 2
    assert "source/01_setup.py" in problems[0] and "Expected" in problems[0]
    assert problems[1].startswith(f"source/01_setup.py:{line}") and "stderr" in problems[1]


def test_time_and_memory_have_limits(course: SmallCourse) -> None:
    course.cells.append(code("x = bytearray(300_000_000)\nfor _ in range(3_000_000): pass"))
    course.limits = Limits(seeds=1, seconds=0.05, memory=200 * 1024 * 1024)
    problems = course.audit().problems
    assert len(problems) == 2
    assert "s, at most 0.05 s" in problems[0] and "MB, at most 200 MB" in problems[1]


def test_the_library_below_is_the_course_folders(course: SmallCourse) -> None:
    library = course.root / "tinytorch_lib"
    library.mkdir()
    (library / "__init__.py").write_text("limit = 4.0\n", encoding="utf-8")
    course.cells.insert(0, code("from tinytorch_lib import limit", "imports"))
    course.cells[2] = graded(GOOD_TEST.replace("4.0", "limit"))
    assert course.audit().passed


# --- the list of equivalents


def entry(**changes: str) -> str:
    """The list with one entry, for the mutant that swaps the arguments of `min`."""
    values = {
        "mutant": "mean:7:18:swapped-arguments:1",
        "original": "total += min(value, limit)",
        "mutated": "total += min(limit,  value)",
        "reason": "min does not care about order",
    } | changes
    return f'[["{MODULE}"]]\n' + "".join(f"{key} = {json.dumps(value)}\n" for key, value in values.items())


@pytest.fixture
def commutative(course: SmallCourse) -> SmallCourse:
    """A course with one equivalent mutant, which the operators do not know to be one."""
    text = SOLUTION.replace("min(value, limit)", "lesser(value, limit)")
    course.cells[0] = solution(text)
    course.cells.insert(0, code("def lesser(a, b):\n    return min(a, b)", "lesser"))
    return course


LISTED = {
    "mutant": "mean:7:18:swapped-arguments:1",
    "original": "total += lesser(value, limit)",
    "mutated": "total += lesser(limit,  value)",
}


def test_a_listed_equivalent_does_not_count(commutative: SmallCourse) -> None:
    before = commutative.audit()
    assert [one.mutant.id for one in before.survivors] == [LISTED["mutant"]] and before.score < 1
    commutative.equivalents = entry(**LISTED)
    after = commutative.audit()
    assert after.passed and after.score == 1 and not after.survivors
    assert [one.reason for one in after.equivalents] == ["min does not care about order"]


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"mutant": "mean:99:1:statement"}, "there is no such mutant any more; remove the entry"),
        ({"mutant": "mean:6:18:swapped-arguments:1"}, "any more; it is mean:7:18:swapped-arguments:1 now"),
        ({"mutated": "total += lesser(limit)"}, "there is no such mutant any more"),
        (
            {"mutant": "mean:5:5:statement", "original": "    total = 0.0", "mutated": "    pass"},
            "a test notices it",
        ),
    ],
)
def test_a_stale_entry_is_an_error(commutative: SmallCourse, changes: dict[str, str], said: str) -> None:
    commutative.equivalents = entry(**(LISTED | changes))
    (problem,) = (one for one in commutative.audit().problems if one.startswith("equivalent "))
    assert changes.get("mutant", LISTED["mutant"]) in problem and said in problem


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (entry(reason=" "), "empty value"),
        (entry().replace("reason", "because"), "needs exactly"),
        (entry() + entry(), "repeats"),
        (entry(mutant="mean"), "cell:line:column:operator"),
        ("[[", "cannot be read"),
    ],
)
def test_a_list_that_cannot_be_used(course: SmallCourse, text: str, said: str) -> None:
    course.equivalents = text
    with pytest.raises(SourceError, match=said):
        course.audit()


# --- what is printed


def test_the_report_shows_survivors_with_their_line(course: SmallCourse, capsys: pytest.CaptureFixture[str]) -> None:
    course.cells[1] = graded("assert clipped_mean([1.0, 1.0], 4.0) == 1.0")
    assert main(MODULE, root=course.write(), limits=course.limits) == 1
    out = capsys.readouterr().out
    assert "source/01_setup.py:8 mean:7:18:no-call:min:first\n" in out
    assert "  -         total += min(value, limit)\n  +         total += value\n" in out
    assert "reached by test-mean, noticed by none" in out
    assert "of the mutants lose points" in out


def test_the_json_is_the_same_each_time(course: SmallCourse, capsys: pytest.CaptureFixture[str]) -> None:
    course.cells[1] = graded("assert clipped_mean([1.0, 1.0], 4.0) == 1.0")
    found = []
    for jobs in (1, 2):
        assert main(MODULE, as_json=True, jobs=jobs, root=course.write(), limits=course.limits) == 1
        values = json.loads(capsys.readouterr().out)
        assert values.pop("seconds") > 0 and values.pop("cost")["memory"] > 0
        found.append(values)
    assert found[0] == found[1]
    assert found[0]["passed"] is False and found[0]["mutants"][0]["id"].startswith("mean:")


def test_the_exit_status_of_a_right_assignment(course: SmallCourse, capsys: pytest.CaptureFixture[str]) -> None:
    assert main("01", root=course.write(), limits=course.limits) == 0
    assert "01_setup grades rightly" in capsys.readouterr().out
