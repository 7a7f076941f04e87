"""Editing course.toml by program keeps what people wrote in it."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

import pytest

from tito.course import Course
from tito.course_edit import change_modules, edited
from tito.errors import CourseFileError
from tito.modules import find_module

TEXT = """\
# The course of 2027.
[course]
id = "ml101"              # short
term_start = 2027-03-01   # a Monday

[modules.losses]  # before the holiday
# the dean asked for it
due = 2027-04-30T12:00:00 # noon

# How late is late?
[late]
grace_minutes = 15
"""
FIFTH, SIXTH = find_module("05"), find_module("06")


def test_only_the_named_keys_change() -> None:
    changes = {FIFTH: {"hold": True, "due": datetime(2027, 5, 1, 12)}}
    assert edited(TEXT, changes) == TEXT.replace(
        "due = 2027-04-30T12:00:00 # noon\n", "due = 2027-05-01T12:00:00 # noon\nhold = true\n"
    )


def test_what_is_put_in_and_taken_out_leaves_the_file_as_it_was() -> None:
    held = edited(TEXT, {FIFTH: {"hold": True}})
    assert held != TEXT
    assert edited(held, {FIFTH: {"hold": None}}) == TEXT


def test_nothing_to_change_changes_no_byte() -> None:
    for values in ({"hold": None}, {}, {"due": datetime(2027, 4, 30, 12)}):
        assert edited(TEXT, {FIFTH: values, SIXTH: {"hold": None}}) == TEXT


@pytest.mark.parametrize("modules", ["", "[modules]\n05 = {hold = true}\n", "[modules]\n05.hold = true\n"])
def test_a_new_module_gets_a_table(tmp_path: Path, modules: str) -> None:
    (tmp_path / "course.toml").write_text(f'[course]\nid = "ml101"\n{modules}', encoding="utf-8")
    changed = change_modules(Course.load(tmp_path), {SIXTH: {"hold": True}})
    assert changed.schedule.held(SIXTH)
    assert changed.schedule.held(FIFTH) == bool(modules)
    assert Course.load(tmp_path) == changed


def test_what_would_make_no_sense_is_not_written(tmp_path: Path) -> None:
    path = tmp_path / "course.toml"
    path.write_text(TEXT, encoding="utf-8")
    with pytest.raises(CourseFileError, match=r"modules\.05 is due 2027-02-01 00:00, not after its release"):
        change_modules(Course.load(tmp_path), {FIFTH: {"due": datetime(2027, 2, 1)}})
    assert path.read_text(encoding="utf-8") == TEXT


def test_a_linked_file_stays_a_link(tmp_path: Path) -> None:
    real = tmp_path / "checkout.toml"
    real.write_text(TEXT, encoding="utf-8")
    folder = tmp_path / "course"
    folder.mkdir()
    (folder / "course.toml").symlink_to(real)
    change_modules(Course.load(folder), {FIFTH: {"hold": True}})
    assert (folder / "course.toml").is_symlink()
    assert "hold = true" in real.read_text(encoding="utf-8")
