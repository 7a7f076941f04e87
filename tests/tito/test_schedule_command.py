"""`tito schedule` and its verbs, over a nbgrader that only copies."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from hub.docker_files import Files, copy_course
from tests.tiny import COURSE_TOML, NOTHING, copy_only, make_checkout, setup_source
from tito import gradebook, releases, term
from tito.commands import schedule as command
from tito.course import Course
from tito.course_edit import Changes
from tito.errors import CourseFileError, ScheduleError, SourceError, ToolError
from tito.modules import find_module
from tito.workspace import lay_out_course

TERM = COURSE_TOML.replace('id = "tiny"', 'id = "tiny"  # ours\ntimezone = "Europe/Berlin"\nterm_start = 2030-03-04')
START = datetime(2030, 3, 3, 23, tzinfo=UTC)
FIRST, SECOND, THIRD = (find_module(name) for name in ("01", "02", "03"))


@pytest.fixture
def root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder of a course of two modules whose term is years away."""
    checkout = make_checkout(tmp_path / "checkout")
    second = setup_source().replace("core.setup", "core.tensor")
    (checkout / "source" / "02_tensor.py").write_text(second, encoding="utf-8")
    root = lay_out_course(tmp_path / "course", checkout, TERM)
    copy_only(monkeypatch)
    monkeypatch.chdir(root)
    monkeypatch.setenv("COLUMNS", "80")
    return root


def text(root: Path) -> str:
    return (root / "course.toml").read_text(encoding="utf-8")


def out(root: Path) -> set[str]:
    return {folder.name for folder in (root / "exchange" / "tiny" / "outbound").glob("*")}


def rows(capsys: pytest.CaptureFixture[str]) -> dict[str, list[str]]:
    """The table that was printed, by module."""
    lines = [[cell.strip() for cell in line.split("│")[1:-1]] for line in capsys.readouterr().out.splitlines()]
    return {cells[0]: cells[1:] for cells in lines if cells}


def test_the_term_is_shown(root: Path, capsys: pytest.CaptureFixture[str]) -> None:
    command.show()
    shown = rows(capsys)
    assert len(shown) == 20
    assert shown["01_setup"] == ["2030-03-04 00:00", "2030-03-11 23:59", "planned"]
    assert shown["05_losses"] == ["2030-04-01 00:00", "2030-04-08 23:59", "not written"]


def test_a_module_is_released_early_once(root: Path, capsys: pytest.CaptureFixture[str]) -> None:
    command.release("02", START - timedelta(days=1, seconds=-30))
    assert out(root) == {"02_tensor"}
    assert text(root) == TERM + "\n[modules.02]\nreleased = 2030-03-03T00:00:00\n"
    before = text(root), (root / releases.JOURNAL).read_text()
    command.release("02", START)
    assert (text(root), (root / releases.JOURNAL).read_text()) == before
    capsys.readouterr()
    command.show()
    assert rows(capsys)["02_tensor"] == ["2030-03-03 00:00", "2030-03-18 23:59", "released"]


def test_what_is_overdue_is_released_on_its_date(root: Path) -> None:
    command.release("01", START + timedelta(hours=1))
    assert text(root) == TERM
    assert out(root) == {"01_setup"}


def test_what_was_due_is_not_released_before_it_is_shifted(root: Path) -> None:
    now = START + timedelta(days=9)
    with pytest.raises(
        ScheduleError,
        match=r"01_setup was due 2030-03-11 23:59; shift it first, as with `tito schedule shift 01 --days N`",
    ):
        command.release("01", now)
    assert (text(root), out(root)) == (TERM, set())
    command.shift("01", 14, following=False)
    command.release("01", now)
    assert out(root) == {"01_setup"}


def test_what_cannot_be_released_changes_nothing(root: Path) -> None:
    with pytest.raises(SourceError, match=r"is not written yet"):
        command.release("03", START)
    (root / "source" / "01_setup.py").write_text(NOTHING)
    with pytest.raises(ToolError, match=r"it has no graded cell"):
        command.release("01", START - timedelta(days=1))
    assert (text(root), out(root)) == (TERM, set())


def test_held_until_released(root: Path, capsys: pytest.CaptureFixture[str]) -> None:
    command.hold("01")
    held = text(root)
    assert "[modules.01]\nhold = true" in held
    command.hold("01")
    assert text(root) == held
    assert list(releases.release_overdue(Course.load(root), START + timedelta(days=1))) == []
    capsys.readouterr()
    command.show()
    assert rows(capsys)["01_setup"][2] == "held"
    command.release("01", START + timedelta(days=1))
    assert out(root) == {"01_setup"}
    assert "hold" not in text(root)
    with pytest.raises(
        ScheduleError, match=r"01_setup is released \(since 2030-03-05 00:00\) and may have been fetched"
    ):
        command.hold("01")


def test_what_comes_out_while_somebody_holds_it_is_not_said_to_be_held(
    root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The release service brings it out between the look into the journal and the line in course.toml."""
    write = term.change_modules

    def meanwhile(course: Course, changes: Changes) -> Course:
        monkeypatch.setattr(term, "change_modules", write)
        releases.release_once(Course.load(root), FIRST, START + timedelta(days=1))
        return write(course, changes)

    monkeypatch.setattr(term, "change_modules", meanwhile)
    with pytest.raises(ScheduleError, match=r"01_setup was released in this moment \(since 2030-03-05 00:00\)"):
        term.hold(Course.load(root), FIRST)
    assert "hold" not in text(root)
    assert out(root) == {"01_setup"}


def test_a_release_by_hand_in_the_formgrader_is_seen(root: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (root / "exchange" / "tiny" / "outbound" / "01_setup").mkdir(parents=True)
    with pytest.raises(ScheduleError, match=r"01_setup is released \(by hand\)"):
        command.hold("01")
    command.show()
    assert rows(capsys)["01_setup"][2] == "released"


def test_the_term_is_shown_while_the_exchange_does_not_answer(
    root: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(_: Course) -> set[str]:
        raise ToolError("the exchange does not list what is released")

    monkeypatch.setattr(gradebook, "published", fail)
    command.show()
    shown = capsys.readouterr().out
    assert shown.count("│") > 20
    assert "What was released by hand is not known: the exchange does not list what is released" in shown


def test_a_week_is_shifted_and_all_that_follow(root: Path, capsys: pytest.CaptureFixture[str]) -> None:
    command.shift("02", 7, following=True)
    shown = rows(capsys)
    assert shown["01_setup"] == ["2030-03-04 00:00", "2030-03-11 23:59", "planned"]
    assert shown["02_tensor"] == ["2030-03-18 00:00", "2030-03-25 23:59", "planned, +7 days"]
    assert shown["20_capstone"][2] == "not written, +7 days"
    shifted = text(root)
    assert shifted == TERM + "\n[modules.02]\nshift_days = 7\nfollowing = true\n"
    command.shift("02", 7, following=True)
    assert text(root) == shifted
    command.shift("02", 0, following=True)
    assert Course.load(root).schedule.due(SECOND) == datetime(2030, 3, 18, 22, 59, tzinfo=UTC)


def test_of_what_is_released_only_the_due_date_moves(root: Path, capsys: pytest.CaptureFixture[str]) -> None:
    list(releases.release_overdue(Course.load(root), START))
    command.shift("01", 7, following=False)
    assert rows(capsys)["01_setup"] == ["2030-03-04 00:00", "2030-03-18 23:59", "released, +7 days"]
    assert Course.load(root).schedule.release(FIRST) == START


def test_what_makes_no_sense_is_not_written(root: Path) -> None:
    with pytest.raises(ScheduleError, match=r"400 days are more than a year"):
        command.shift("01", 400, following=True)
    (root / "course.toml").write_text(COURSE_TOML)
    with pytest.raises(ScheduleError, match=r"01_setup has no date to shift; set course\.term_start"):
        command.shift("01", 7, following=False)
    broken = COURSE_TOML + "[modules.01]\nrelease = 2030-02-30T00:00:00\n"
    (root / "course.toml").write_text(broken)
    for verb in (command.show, lambda: command.release("01"), lambda: command.hold("01")):
        with pytest.raises(CourseFileError, match=r"names a date or time that does not exist"):
            verb()
    assert text(root) == broken


def test_a_journal_of_another_kind_is_one_line(root: Path) -> None:
    (root / releases.JOURNAL).write_text(json.dumps([1]))
    with pytest.raises(ScheduleError, match=r"releases\.json cannot be read"):
        command.show()


@pytest.fixture
def under_docker(root: Path) -> Path:
    """The folder, after `make up` laid its files out for a class."""
    files = Files(root / "var" / "docker")
    files.folder.mkdir(parents=True)
    copy_course(files, Course.load(root))
    return root


HAND_OVER = "The class under Docker has what stood here before: run `make up` again."


def test_a_class_under_docker_has_the_dates_of_the_last_make_up(
    under_docker: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    command.show()
    assert HAND_OVER not in capsys.readouterr().out
    command.shift("02", 7, following=True)
    assert HAND_OVER in capsys.readouterr().out
    command.hold("03")
    assert HAND_OVER in capsys.readouterr().out
    copy_course(Files(under_docker / "var" / "docker"), Course.load(under_docker))
    command.show()
    assert HAND_OVER not in capsys.readouterr().out


def test_a_class_under_docker_is_not_told_that_its_module_is_out(
    under_docker: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    command.release("02", START - timedelta(days=1))
    said = capsys.readouterr().out
    assert "can fetch it" not in said and "the class's release service does it" in said and HAND_OVER in said
    assert out(under_docker) == set()
    assert Course.load(under_docker).schedule.release(SECOND) == START - timedelta(days=1)


def test_the_course_folder_of_make_serve_is_no_class_under_docker(
    under_docker: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(lay_out_course(tmp_path / "served", under_docker))
    command.release("02", START - timedelta(days=1))
    assert "students can fetch it" in capsys.readouterr().out


@pytest.mark.parametrize(
    "change",
    [
        lambda: command.hold("02"),
        lambda: command.shift("02", 7, following=False),
        lambda: command.release("02", START - timedelta(days=1)),
    ],
)
def test_a_classs_copy_is_not_changed(root: Path, change: Callable[[], None], monkeypatch: pytest.MonkeyPatch) -> None:
    before = text(root)
    monkeypatch.setattr("os.access", lambda *_: False)  # as where it is mounted read-only
    with pytest.raises(ToolError, match=r"only where the class was set up.*nothing was changed"):
        change()
    assert text(root) == before


def test_a_folder_with_course_toml_alone_takes_dates(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "course.toml").write_text(TERM, encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    command.hold("02")
    command.shift("03", 7, following=False)
    found = Course.load(tmp_path).schedule
    assert found.held(SECOND) and found.shift_days(THIRD) == 7
