"""Release and due dates: strict reading, the clocks' changes, holding, shifting."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tito.course import Course
from tito.course_edit import edited
from tito.errors import CourseFileError
from tito.modules import MODULES, find_module
from tito.schedule import Schedule
from tito.tables import Tables, read_toml

TEXT = """\
[course]
id = "ml101"
timezone = "Europe/Berlin"
term_start = 2027-03-01
[schedule]
due_time = "20:00"
[modules.05]
release = 2027-04-01T08:00:00
due = 2027-04-11T20:00:00
"""


def load(folder: Path, text: str) -> Course:
    (folder / "course.toml").write_text(text, encoding="utf-8")
    return Course.load(folder)


def schedule(folder: Path, text: str) -> Schedule:
    return load(folder, text).schedule


def local(moment: datetime | None, plan: Schedule) -> str:
    assert moment is not None
    return moment.astimezone(plan.timezone).strftime("%Y-%m-%d %H:%M %z")


@pytest.mark.parametrize(
    ("old", "new", "named"),
    [
        ("due_time =", "due_tyme =", "schedule.due_tyme is not a key of this table; did you mean due_time?"),
        ("term_start =", "beginning =", "course.beginning is not a key of this table; it has id, term_start, timez"),
        ("release = 2027-04-01T", "relaese = 2027-04-01T", "modules.05.relaese is not a key of this table; did you"),
        ("2027-03-01", "2027-02-30", "line 4: 'term_start = 2027-02-30' cannot be read: names a date or time that"),
        ("2027-04-11T20", "2027-04-31T20", "line 9: 'due = 2027-04-31T20:00:00' cannot be read: names a date or"),
        ("2027-04-11T20", "2027-04-01T07", "modules.05 is due 2027-04-01 07:00, not after its release 2027-04-01 08"),
        ("2027-04-11T20", "2027-04-01T08", "modules.05 is due 2027-04-01 08:00, not after its release 2027-04-01 08"),
        ("release = 2027-04-01", "release = 2027-04-30", "modules.05 is due 2027-04-11 20:00, not after its release"),
        ("due_time = ", "days_to_work = 0\ndue_time = '00:00'\n#", "modules.01 is due 2027-03-01 00:00, not after"),
        ("due_time = ", "days_to_work = 6.5\ndue_time = ", "schedule.days_to_work must be a whole number of days"),
        ("due_time = ", "days_to_work = true\ndue_time = ", "schedule.days_to_work must be a whole number of days"),
        ("due_time = ", "days_to_work = 1e300\ndue_time = ", "schedule.days_to_work must be a whole number of days"),
        ('due_time = "20:00"', 'due_time = "20:00+02:00"', "schedule.due_time must be a local time"),
        ("term_start = 2027-03-01", "term_start = 9999-12-31", "course.term_start must be a date"),
        ("[schedule]", "[modules.losses]\n[schedule]", "modules.05 is the same module as modules.losses"),
        ("[modules.05]", "[modules.05]\nhold = 1", "modules.05.hold must be true or false, got 1"),
        ("[modules.05]", "[modules.05]\nshift_days = 1.5", "modules.05.shift_days must be a whole number of days"),
        ("[modules.05]", "[modules.05]\nfollowing = true", "modules.05.following says how far shift_days reaches"),
        ("2027-04-01T08:00:00", "2027-03-28T02:30:00", "modules.05.release does not exist: in Europe/Berlin the cl"),
        ("2027-04-01T08:00:00", "2027-04-01T08:00:00Z", "modules.05.release must be a local time"),
        ("2027-04-01T08:00:00", "2027-04-01", "modules.05.release must be a local time"),
        ("[modules.05]", "[modules]\n05 = 3\n[late]", "modules.05 must be a table, [modules.05], got 3"),
        ("[schedule]", "", "course.due_time is not a key"),
        ("[course]", "late = 5\n[course]", "late must be a table, [late], got 5"),
        ("[course]", "[course]\nid = 'twice'", "line 3: 'id = \"ml101\"' cannot be read: Cannot overwrite a value"),
    ],
)
def test_what_makes_no_sense_is_one_clear_line(tmp_path: Path, old: str, new: str, named: str) -> None:
    assert old in TEXT
    with pytest.raises(CourseFileError) as caught:
        load(tmp_path, TEXT.replace(old, new, 1))
    said = str(caught.value)
    assert named in said
    assert said.startswith(str(tmp_path / "course.toml"))
    assert "\n" not in said
    assert said.count("(nothing was changed)") == 1


def test_a_week_over_a_change_of_the_clocks_is_still_a_week(tmp_path: Path) -> None:
    plan = schedule(tmp_path, TEXT)
    fourth, fifth = find_module("04"), find_module("06")
    assert local(plan.release(fourth), plan) == "2027-03-22 00:00 +0100"
    assert local(plan.due(fourth), plan) == "2027-03-29 20:00 +0200"
    assert local(plan.release(fifth), plan) == "2027-04-05 00:00 +0200"


def test_an_hour_that_the_clocks_skip_is_that_much_later(tmp_path: Path) -> None:
    skipped = TEXT.replace('"20:00"', '"02:30"').replace("2027-03-01", "2027-03-07")
    plan = schedule(tmp_path, skipped)
    assert local(plan.due(find_module("03")), plan) == "2027-03-28 03:30 +0200"
    midnight = TEXT.replace("Europe/Berlin", "America/Santiago").replace("2027-03-01", "2027-09-05")
    plan = schedule(tmp_path, midnight)
    assert local(plan.release(find_module("01")), plan) == "2027-09-05 01:00 -0300"


def test_an_hour_that_comes_twice_releases_at_its_first_and_is_due_at_its_second(tmp_path: Path) -> None:
    twice = "release = 2027-10-31T02:30:00\ndue = 2027-10-31T02:45:00"
    plan = schedule(tmp_path, TEXT[: TEXT.index("release")] + twice)
    assert local(plan.release(find_module("05")), plan) == "2027-10-31 02:30 +0200"
    assert local(plan.due(find_module("05")), plan) == "2027-10-31 02:45 +0100"


def test_what_is_held_has_no_release_and_keeps_its_due_date(tmp_path: Path) -> None:
    plan = schedule(tmp_path, TEXT + "hold = true\n")
    fifth = find_module("05")
    assert plan.release(fifth) is None
    assert plan.held(fifth)
    assert local(plan.planned_release(fifth), plan) == "2027-04-01 08:00 +0200"
    assert local(plan.due(fifth), plan) == "2027-04-11 20:00 +0200"


def test_a_release_by_hand_is_not_shifted(tmp_path: Path) -> None:
    plan = schedule(tmp_path, TEXT + "released = 2027-03-20T10:00:00\nshift_days = 7\n")
    assert local(plan.release(find_module("05")), plan) == "2027-03-20 10:00 +0100"
    assert local(plan.due(find_module("05")), plan) == "2027-04-18 20:00 +0200"


SHIFTS = st.lists(
    st.tuples(st.integers(1, 20), st.sampled_from([0, 1, 7, 14, -3]), st.booleans()), min_size=1, max_size=5
)


@given(SHIFTS)
def test_shifts_do_what_they_say_and_nothing_else(shifts: list[tuple[int, int, bool]]) -> None:
    text = TEXT
    expected = dict.fromkeys(range(1, 21), 0)
    for number, days, following in shifts:
        plan = read(text)
        changes = plan.shifted(MODULES[number - 1], days, following)
        text = edited(text, changes)
        for other in range(number, 21 if following else number + 1):
            expected[other] = days
        after = read(text)
        assert {module.number: after.shift_days(module) for module in MODULES} == expected
        assert edited(text, after.shifted(MODULES[number - 1], days, following)) == text, "saying it twice changes it"
    undone = read(edited(text, read(text).shifted(MODULES[0], 0, True)))
    assert [undone.release(module) for module in MODULES] == [read(TEXT).release(module) for module in MODULES]


def read(text: str) -> Schedule:
    import tomllib

    from tito.schedule import read_schedule

    return read_schedule(Tables(Path("course.toml"), tomllib.loads(text)))


def test_a_shift_counts_local_days(tmp_path: Path) -> None:
    plain = schedule(tmp_path, TEXT)
    plan = schedule(tmp_path, TEXT + "shift_days = -7\n")
    fifth = find_module("05")
    assert local(plan.release(fifth), plan) == "2027-03-25 08:00 +0100"
    before, after = plain.release(fifth), plan.release(fifth)
    assert before is not None
    assert after is not None
    assert before - after == timedelta(days=7) - timedelta(hours=1)


def test_a_file_that_is_no_text_is_one_line(tmp_path: Path) -> None:
    (tmp_path / "course.toml").write_bytes(b"\xff\xfe[course]")
    with pytest.raises(CourseFileError, match="cannot be read: 'utf-8' codec"):
        read_toml(tmp_path / "course.toml")


def test_dates_are_given_in_utc(tmp_path: Path) -> None:
    plan = schedule(tmp_path, TEXT)
    assert plan.due(find_module("01")) == datetime(2027, 3, 8, 19, 0, tzinfo=UTC)
