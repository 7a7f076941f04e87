"""What instructors changed in the browser of a class comes back before `make up` hands course.toml over again."""

from __future__ import annotations

import json
import os
import stat
import subprocess
import sys
from datetime import datetime
from pathlib import Path

import pytest

from hub.docker_files import Files, copy_course, make_secrets, state
from tito.class_copy import Handed
from tito.commands import schedule as command
from tito.course import Course
from tito.course_edit import change_modules
from tito.errors import CourseFileError, ScheduleError
from tito.hand_over import edited_here, take_over, taken, to_hand_over
from tito.modules import Module, find_module
from tito.schedule import Values

TOP = '[course]\nid = "tiny"  # ours\nterm_start = 2030-03-04\n'
SIXTH, SEVENTH = find_module("06"), find_module("07")
HELD = "[modules.06]\nhold = true\n"
SHIFTED = "[modules.06]\nshift_days = 7\n"


@pytest.mark.parametrize(
    ("ours", "base", "theirs", "expected"),
    [
        ("", "", HELD, {SIXTH: {"hold": True}}),
        (HELD, HELD, "", {SIXTH: {"hold": None}}),
        (HELD, "", HELD, {}),  # both did the same
        (HELD, "", "", {}),  # only the checkout changed: that is handed over
        ("[modules.07]\nhold = true\n", "", SHIFTED, {SIXTH: {"shift_days": 7}}),
        (HELD, HELD, "[modules.06]\nhold = false\nshift_days = 3\n", {SIXTH: {"hold": None, "shift_days": 3}}),
        ("", "", "[modules.optimizers]\nhold = true\n", {SIXTH: {"hold": True}}),
        # A date is the administrator's own business; it stands beside what is taken.
        ("[modules.06]\ndue = 2030-04-20T12:00:00\n", "", HELD, {SIXTH: {"hold": True}}),
        ("", "", "[modules.06]\ndue = 2030-04-20T12:00:00\n", {}),
    ],
)
def test_what_only_the_class_changed_is_taken(
    ours: str, base: str, theirs: str, expected: dict[Module, Values]
) -> None:
    assert taken(ours, base, theirs) == expected


@pytest.mark.parametrize(("ours", "base"), [(SHIFTED, ""), ("", SHIFTED)])
def test_a_module_that_both_changed_is_refused(ours: str, base: str) -> None:
    with pytest.raises(ScheduleError, match=r"06_optimizers was changed in the browser \(hold = true\) and in course"):
        taken(ours, base, HELD)


@pytest.fixture
def root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A checkout whose course was handed over to a class under Docker."""
    (tmp_path / "course.toml").write_text(TOP, encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    hand_over(tmp_path)
    return tmp_path


def files_of(root: Path) -> Files:
    return Files(root / "var" / "docker")


def hand_over(root: Path) -> list[str]:
    """What `make up` does, without Docker."""
    files = files_of(root)
    make_secrets(files)
    told = take_over(Course.load(root), files.handed, edited_here)
    copy_course(files, Course.load(root))
    return told


def in_the_browser(root: Path, changes: dict[Module, Values]) -> None:
    change_modules(Course.load(files_of(root).course), changes)


def text(folder: Path) -> str:
    return (folder / "course.toml").read_text(encoding="utf-8")


def test_the_next_hand_over_keeps_what_was_changed_in_the_browser(root: Path) -> None:
    in_the_browser(root, {SIXTH: {"hold": True}, SEVENTH: {"shift_days": 7, "following": True}})
    (root / "course.toml").write_text(TOP + "[late]\ngrace_minutes = 30\n", encoding="utf-8")
    assert hand_over(root) == [
        "changed in the browser, now in course.toml too: 06_optimizers (hold = true)",
        "changed in the browser, now in course.toml too: 07_autograd (shift_days = 7, following = true)",
    ]
    found = Course.load(root)
    assert text(root) == text(files_of(root).course)
    assert found.schedule.held(SIXTH) and found.schedule.shift_days(find_module("20")) == 7
    assert found.late.grace_minutes == 30 and "# ours" in text(root)
    assert hand_over(root) == [] and to_hand_over(found) == ""


def test_what_is_undone_in_the_browser_is_undone_here(root: Path) -> None:
    in_the_browser(root, {SIXTH: {"hold": True}})
    hand_over(root)
    in_the_browser(root, {SIXTH: {"hold": None}})
    assert hand_over(root) == ["changed in the browser, now in course.toml too: 06_optimizers (as planned)"]
    assert not Course.load(root).schedule.held(SIXTH)


def test_a_conflict_changes_nothing_until_both_say_the_same(root: Path) -> None:
    in_the_browser(root, {SIXTH: {"hold": True}})
    (root / "course.toml").write_text(TOP + SHIFTED, encoding="utf-8")
    with pytest.raises(ScheduleError, match=r"write the former into \[modules.06\] here, or the latter on the page"):
        hand_over(root)
    assert "hold = true" in text(files_of(root).course) and text(root) == TOP + SHIFTED
    assert "06_optimizers was changed in the browser" in to_hand_over(Course.load(root))
    (root / "course.toml").write_text(TOP + HELD, encoding="utf-8")
    assert hand_over(root) == []
    assert Course.load(files_of(root).course).schedule.held(SIXTH)


def test_a_change_that_makes_no_sense_beside_another_here_is_refused(root: Path) -> None:
    in_the_browser(root, {SIXTH: {"released": datetime(2030, 4, 8, 9)}})
    early = TOP + "[modules.06]\ndue = 2030-04-08T06:00:00\nrelease = 2030-04-01T00:00:00\n"
    (root / "course.toml").write_text(early, encoding="utf-8")
    with pytest.raises(
        CourseFileError, match=r"is due .* so it is with what was changed in the browser, 06_optimizers"
    ):
        hand_over(root)
    assert text(root) == early


def test_tito_schedule_takes_it_over_before_it_changes_the_same_module(
    root: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Who changes a module here after the browser has decided so knowing what stood there."""
    in_the_browser(root, {SIXTH: {"hold": True}})
    told = to_hand_over(Course.load(root))
    assert told == ("Changed in the browser, and not here yet: 06_optimizers (hold = true). `make up` takes it over.")
    command.shift("06", 7, following=False)
    shown = capsys.readouterr().out
    assert "now in course.toml too: 06_optimizers (hold = true)" in shown and "run `make up` again" in shown
    assert hand_over(root) == []
    found = Course.load(files_of(root).course).schedule
    assert found.held(SIXTH) and found.shift_days(SIXTH) == 7


def test_a_class_of_an_earlier_version_has_no_record(root: Path) -> None:
    files_of(root).handed.record.unlink()
    (root / "course.toml").write_text(TOP + SHIFTED, encoding="utf-8")
    assert "run `make up` again" in to_hand_over(Course.load(root))
    assert hand_over(root) == [] and text(files_of(root).course) == TOP + SHIFTED


def test_a_copy_that_somebody_broke_is_one_line(root: Path) -> None:
    files_of(root).handed.copy.write_text("[course", encoding="utf-8")
    with pytest.raises(CourseFileError, match=r"var/docker/course/course.toml"):
        hand_over(root)
    assert "var/docker/course/course.toml" in to_hand_over(Course.load(root))


def test_the_folder_is_the_groups_and_the_files_are_for_all_to_read(root: Path) -> None:
    files = files_of(root)
    folder, token = files.course.stat(), (files.secrets / "release_token").stat()
    assert (stat.S_IMODE(folder.st_mode), folder.st_gid) == (0o775, token.st_gid)
    (root / "course.toml").chmod(0o660)
    in_the_browser(root, {SIXTH: {"hold": True}})
    assert stat.S_IMODE(files.handed.copy.stat().st_mode) == 0o644
    before = state(files)
    (files.course / ".course.toml.left").touch(mode=0o000)  # what a killed change leaves
    assert state(files) == before
    hand_over(root)
    found = (root / "course.toml").stat()
    assert (stat.S_IMODE(found.st_mode), found.st_uid) == (0o660, os.geteuid())


def test_the_edit_is_a_program_for_a_container(root: Path) -> None:
    def edit(*texts: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "-m", "tito.hand_over"],
            input=json.dumps(texts),
            cwd=Path(__file__).parents[2],
            capture_output=True,
            text=True,
            check=False,
        )

    done = edit(TOP, TOP, TOP + HELD)
    assert (done.returncode, done.stdout) == (0, TOP + "\n" + HELD)
    refused = edit(TOP + SHIFTED, TOP, TOP + HELD)
    assert (refused.returncode, refused.stdout) == (ScheduleError.exit_code, "")
    assert refused.stderr.startswith("06_optimizers was changed in the browser") and refused.stderr.count("\n") == 1


def test_where_they_are(root: Path) -> None:
    assert Handed.of(Course.load(root)) == files_of(root).handed
