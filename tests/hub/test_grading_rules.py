"""Whose submission is run next, and which one counts at the deadline: rules without a clock, an exchange or a room."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from hub.grading.due import due_by
from hub.grading.inbox import Submission, read_rows
from hub.grading.turns import LONGEST_WAIT, next_turns
from tito.course import Course
from tito.modules import find_module

NOW = datetime(2027, 3, 8, 12, tzinfo=UTC)
APART = timedelta(seconds=20)
SETUP, TENSOR = find_module("01"), find_module("02")


def handed(number: str, student: str = "ada", ago: float = 0, module=SETUP, **more: bool) -> Submission:
    return Submission(number, student, module, NOW - timedelta(seconds=ago), **more)


def turns(*submissions: Submission, answered=(), began=None) -> list[str]:
    return [found.number for found in next_turns(submissions, answered, began or {}, NOW, APART)]


def test_who_waits_longest_comes_first():
    assert turns(handed("1", "ada", 3), handed("2", "alan", 9), handed("3", "grace", 6)) == ["2", "3", "1"]


def test_the_newest_of_a_module_stands_for_all():
    assert turns(handed("1", ago=9), handed("2", ago=5), handed("3", ago=1)) == ["3"]
    assert turns(handed("1", ago=9), handed("2", ago=5, answered=True)) == []


def test_a_student_has_one_turn_for_what_came_last():
    assert turns(handed("1", ago=9), handed("2", ago=5, module=TENSOR)) == ["2"]
    assert turns(handed("1", ago=9), handed("2", ago=5, module=TENSOR), answered={"2"}) == ["1"]


@pytest.mark.parametrize(("seconds", "found"), [(19, []), (20, ["1"])])
def test_turns_of_a_student_are_apart(seconds: float, found: list[str]):
    assert turns(handed("1"), began={"ada": NOW - timedelta(seconds=seconds)}) == found
    assert turns(handed("1"), began={"alan": NOW}) == ["1"]


def test_what_is_old_is_not_run():
    longest = LONGEST_WAIT.total_seconds()
    assert turns(handed("1", ago=longest)) == ["1"]
    assert turns(handed("1", ago=longest + 1)) == []


def test_rows_of_what_is_no_module_are_left_out():
    row = {"submission": "1", "student": "ada", "received": "2027-03-08T12:00:00.000000+00:00", "feedback": []}
    rows = [{**row, "assignment": name, "early": False} for name in ("01_setup", "an_essay")]
    assert [found.module for found in read_rows(rows)] == [SETUP]


@pytest.fixture
def course(tmp_path: Path) -> Course:
    """Module 01 is due at 11:45, a quarter of an hour's grace ends now; work earns nothing after two days."""
    return Course.of(
        tmp_path,
        {
            "course": {"id": "tiny", "term_start": datetime(2027, 3, 1).date()},
            "modules": {"01": {"due": datetime(2027, 3, 8, 11, 45)}},
            "late": {"grace_minutes": 15, "zero_after_days": 2},
            "extensions": {"alan": {"01": datetime(2027, 3, 9, 11, 45)}},
            "roster": {"students": ["ada", "alan"]},
        },
    )


def due(course: Course, *submissions: Submission, later: timedelta = timedelta(0)) -> list[str]:
    return [work.number for works in due_by(course, submissions, NOW + later).values() for work in works]


def test_nothing_is_due_before_the_grace_ends(course: Course):
    assert due(course, handed("1", ago=60), later=-timedelta(seconds=1)) == []
    assert due(course, handed("1", ago=60)) == ["1"]


def test_an_extension_moves_the_end(course: Course):
    assert due(course, handed("1", "alan", 60)) == []
    assert due(course, handed("1", "alan", 60), later=timedelta(days=1)) == ["1"]


def test_the_last_counts_while_it_earns_something(course: Course):
    days = timedelta(days=3)
    two, more = -2 * 86400.0, -2 * 86400.0 - 1
    assert due(course, handed("1", ago=60), handed("2", ago=two), later=days) == ["2"]
    assert due(course, handed("1", ago=60), handed("2", ago=more), later=days) == ["1"]
    assert due(course, handed("2", ago=more), later=days) == ["2"]


def test_who_is_no_student_is_not_graded(course: Course):
    assert due(course, handed("1", "instructor", 60), handed("2", "who-left", 60)) == []


def test_a_module_without_a_due_time_never_is(tmp_path: Path):
    course = Course.of(tmp_path, {"course": {"id": "tiny"}, "roster": {"students": ["ada"]}})
    assert due(course, handed("1", ago=60)) == []
