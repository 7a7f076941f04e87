from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest

from tito.course import Course, LatePolicy
from tito.errors import CourseFileError
from tito.modules import find_module

TEXT = """
[course]
id = "ml101"
timezone = "Europe/Berlin"
term_start = 2027-03-22
[schedule]
days_to_work = 10
due_time = "20:00"
[modules.02]
due = 2027-04-30T12:00:00
[roster]
students = ["ada", "alan"]
"""


def load(folder: Path, text: str) -> Course:
    (folder / "course.toml").write_text(text, encoding="utf-8")
    return Course.load(folder)


def test_the_committed_course_file_loads(root: Path) -> None:
    course = Course.load(root)
    assert course.students == ("ada", "alan")
    assert course.schedule.due(find_module("01")) is None, "without term_start nothing is ever late"


def test_dates_are_local_and_follow_daylight_saving(tmp_path: Path) -> None:
    schedule = load(tmp_path, TEXT).schedule
    assert schedule.release(find_module("01")) == datetime(2027, 3, 21, 23, 0, tzinfo=UTC)  # winter, UTC+1
    assert schedule.due(find_module("01")) == datetime(2027, 4, 1, 18, 0, tzinfo=UTC)  # summer, UTC+2
    assert schedule.release(find_module("03")) == datetime(2027, 4, 4, 22, 0, tzinfo=UTC)


def test_one_module_can_be_moved(tmp_path: Path) -> None:
    schedule = load(tmp_path, TEXT).schedule
    assert schedule.due(find_module("02")) == datetime(2027, 4, 30, 10, 0, tzinfo=UTC)
    assert schedule.release(find_module("02")) == datetime(2027, 3, 28, 22, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("old", "new", "named"),
    [
        ('id = "ml101"', 'id = "ml 101"', "course.id"),
        ('id = "ml101"', "", "course.id"),
        ("Europe/Berlin", "Mars/Olympus", "Mars/Olympus"),
        ("days_to_work = 10", 'days_to_work = "ten"', "schedule.days_to_work"),
        ("days_to_work = 10", "days_to_work = -1", "schedule.days_to_work"),
        ('due_time = "20:00"', 'due_time = "noon"', "schedule.due_time"),
        ("[modules.02]", "[modules.fortytwo]", "fortytwo"),
        ("due = 2027-04-30T12:00:00", "deadline = 2027-04-30T12:00:00", "modules.02.deadline"),
        ('["ada", "alan"]', '["ada", "../alan"]', "../alan"),
        ('["ada", "alan"]', '["ada", "ada"]', "ada"),
        ('["ada", "alan"]', '["ada", "Ada"]', "ada"),
        ('["ada", "alan"]', '["ada+02"]', "ada+02"),
        ("[roster]", "[rooster]", "rooster"),
        ("[roster]", "[limits.teacher]\n[roster]", "limits.teacher"),
        ("[roster]", '[limits.student]\ndisk = "2 TB"\n[roster]', "limits.student.disk"),
        ("[roster]", "[limits.student]\nprocessors = 0\n[roster]", "limits.student.processors"),
        ("[roster]", "[limits.student]\nprocesses = true\n[roster]", "limits.student.processes"),
        ("[roster]", '[limits.staff]\nmemroy = "1G"\n[roster]', "did you mean memory?"),
        ("[course]", "[course", "course.toml"),
    ],
)
def test_what_makes_no_sense_is_named(tmp_path: Path, old: str, new: str, named: str) -> None:
    assert old in TEXT
    with pytest.raises(CourseFileError) as caught:
        load(tmp_path, TEXT.replace(old, new))
    assert named in str(caught.value)
    assert "\n" not in str(caught.value).strip()


def test_limits_are_kept_as_they_are_written(tmp_path: Path) -> None:
    limits = '[limits.student]\ndisk = "2G"\nprocessors = 1.5\nprocesses = 300\n'
    assert load(tmp_path, TEXT + limits).limits == {"student": {"disk": "2G", "processors": "1.5", "processes": "300"}}
    assert load(tmp_path, TEXT).limits == {}


def test_find_looks_upwards_and_at_the_environment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    load(tmp_path, TEXT)
    below = tmp_path / "source" / "deep"
    below.mkdir(parents=True)
    assert Course.find(below).root == tmp_path
    elsewhere = tmp_path.parent
    monkeypatch.chdir(elsewhere)
    monkeypatch.setenv("TINYTORCH_COURSE", str(tmp_path))
    assert Course.find().id == "ml101"


def test_no_course_is_one_line(tmp_path: Path) -> None:
    with pytest.raises(CourseFileError, match=r"no course\.toml in"):
        Course.find(tmp_path)


@pytest.mark.parametrize(
    ("minutes", "lost"),
    [
        (-60, 0),
        (0, 0),
        (15, 0),
        (15.01, 8),
        (15 + 1440, 8),
        (15 + 1441, 16),
        (15 + 3 * 1440, 24),
        (15 + 5 * 1440 + 1, 80),
    ],
)
def test_late_penalty_counts_days_begun_after_the_grace(minutes: float, lost: float) -> None:
    policy = LatePolicy(grace_minutes=15, percent_per_day=10, zero_after_days=5)
    assert policy.penalty(80, 60 * minutes) == pytest.approx(lost)


def test_late_penalty_never_exceeds_the_score() -> None:
    assert LatePolicy(0, 60, 5).penalty(50, 86400 * 3) == 50


EXTENSIONS = (
    TEXT
    + """
[extensions]
ada.02 = 2027-05-07T12:00:00
"Zoe.B".losses = 2027-05-10T20:00:00
"""
)


def test_an_extension_is_one_students_own_due_time(tmp_path: Path) -> None:
    course = load(tmp_path, EXTENSIONS)
    assert course.due(find_module("02"), "ada") == datetime(2027, 5, 7, 10, 0, tzinfo=UTC)
    assert course.due(find_module("05"), "Zoe.B") == datetime(2027, 5, 10, 18, 0, tzinfo=UTC)
    assert course.due(find_module("02"), "alan") == course.schedule.due(find_module("02"))
    assert course.due(find_module("01"), "ada") == course.schedule.due(find_module("01"))


@pytest.mark.parametrize(
    ("old", "new", "named"),
    [
        ("ada.02", "ada.fortytwo", "fortytwo"),
        ("ada.02", '"../ada".02', "../ada"),
        ("ada.02 = 2027-05-07T12:00:00", 'ada.02 = "soon"', "extensions.ada.02"),
        ("ada.02 = 2027-05-07T12:00:00", "ada.02 = 2027-05-07", "extensions.ada.02"),
        ("ada.02 = 2027-05-07T12:00:00", "ada.02 = 2027-05-07T12:00:00Z", "extensions.ada.02"),
        ("ada.02 = 2027-05-07T12:00:00", "ada = 3", "extensions.ada"),
    ],
)
def test_an_extension_that_makes_no_sense_is_named(tmp_path: Path, old: str, new: str, named: str) -> None:
    assert old in EXTENSIONS
    with pytest.raises(CourseFileError) as caught:
        load(tmp_path, EXTENSIONS.replace(old, new))
    assert named in str(caught.value)
