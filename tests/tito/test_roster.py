"""Rosters: what spreadsheets write, what cannot be used, who is added and who leaves."""

from __future__ import annotations

import shutil
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest
import typer
from hypothesis import given
from hypothesis import strategies as st

from hub.docker_files import Files, copy_course
from tests.tiny import COURSE_TOML, make_checkout
from tito import gradebook
from tito.commands import grading, status
from tito.commands import roster as command
from tito.course import Course
from tito.errors import NotebookError, RosterError
from tito.notebooks import build
from tito.roster import Person, parse_roster
from tito.roster_csv import read_rows, roster_text
from tito.workspace import lay_out_course

PLAIN = "name,id,section,role\nada,100,A,student\nalan,101,B,student\ntina,7,A+B,ta\n"


@pytest.fixture
def root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    root = lay_out_course(tmp_path / "course", make_checkout(tmp_path / "checkout"), COURSE_TOML)
    monkeypatch.chdir(root)
    monkeypatch.setenv("COLUMNS", "200")
    return root


def written(folder: Path, data: bytes | str) -> Path:
    path = folder / "from_the_registry.csv"
    path.write_bytes(data if isinstance(data, bytes) else data.encode())
    return path


PEOPLE = (Person("ada", "student", "100", ("A",), "Ada", "Lövelace"), Person("tina", "ta", "7", ("A", "B")))
EXCEL = "Name;ID;Section;Role;First Name;Last Name\r\nada;100;A;Student;Ada;Lövelace\r\n;;;;;\r\ntina;7;A + B;TA;;\r\n"


@pytest.mark.parametrize(
    "data",
    [
        EXCEL.encode("utf-8-sig"),
        EXCEL.encode("cp1252"),
        EXCEL.encode("utf-16"),
        EXCEL.replace(";", "\t").encode("utf-16"),
        ("sep=;\r\n" + EXCEL).encode(),
        EXCEL.replace(";", ",").replace("\r\n", "\n").encode(),
        EXCEL.replace("Ada", '"Ada"').replace("Name;ID", "User;ID").encode(),
    ],
)
def test_what_spreadsheets_write_is_read(tmp_path: Path, data: bytes) -> None:
    assert parse_roster(written(tmp_path, data)) == PEOPLE


@pytest.mark.parametrize(
    ("data", "problems"),
    [
        (
            "name,id,role\nada,1,student\n",
            ["line 1: column section is missing; the heading is name, id, section, role"],
        ),
        ("name,id,section,role,ROLE\n", ["line 1: column role stands there twice"]),
        ("", ["line 1: column name is missing"]),
        ("name,id,section,role\n", ["has no line with a person"]),
        ("name,id,section,role\n\nada,1,A,pupil\n", ["line 3: role 'pupil' of 'ada' is none of student, ta, instr"]),
        ("name,id,section,role\nada,1,A,\n", ["line 2: role '' of 'ada' is none of"]),
        ("name,id,section,role\n../ada,1,A,student\n", ["line 2: name '../ada' must be 1 to 64 letters"]),
        (PLAIN + "Ada,9,A,student\n", ["line 5: name 'ada' stands in line 2 already"]),
        (PLAIN + "eve,100,A,student\n", ["line 5: id '100' stands in line 2 already"]),
        (PLAIN + "eve,9,A+B,student\n", ["line 5: student 'eve' is in more than one section: A, B"]),
        (PLAIN + "eve,9,A/B,student\n", ["line 5: section 'A/B' must be letters"]),
        (PLAIN + "eve,9,A,student,more\n", ["line 5: has 5 values for 4 columns"]),
        (PLAIN + 'eve,9,"A,student\n', ["line 5: unexpected end of data"]),
        (PLAIN + "x y,,,boss\n", ["line 5: name 'x y' must be", "line 5: role 'boss' of 'x y' is none"]),
    ],
)
def test_what_cannot_be_used_is_a_line_each(
    root: Path, capsys: pytest.CaptureFixture[str], data: str, problems: list[str]
) -> None:
    path = written(root, data)
    with pytest.raises(typer.Exit) as caught:
        command.import_roster(path, dry_run=False)
    assert caught.value.exit_code == RosterError.exit_code
    *lines, last = capsys.readouterr().err.splitlines()
    assert len(lines) == len(problems)
    for line, problem in zip(lines, problems, strict=True):
        assert line.startswith(f"tito: {path}: {problem}")
    assert last.startswith("tito: the roster is as it was")
    assert not (root / "roster.csv").exists()


def test_a_file_that_is_not_there_is_one_line(root: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(typer.Exit):
        command.import_roster(root / "nowhere.csv", dry_run=True)
    assert "cannot be read: No such file or directory" in capsys.readouterr().err


def test_who_is_staff_in_course_toml_stays_staff(root: Path) -> None:
    command.import_roster(written(root, PLAIN), dry_run=False)
    assert not (root / "gradebook.db").exists(), "an import made a database"
    course = Course.load(root)
    assert course.instructors == ("instructor",)
    assert course.tas == ("tina",)
    assert course.students == ("ada", "alan")
    assert course.sections == {"A": ("ada",), "B": ("alan",)}
    assert course.section_members == {"A": ("ada", "tina"), "B": ("alan", "tina")}
    with pytest.raises(
        RosterError, match=r"'Instructor' is a student and 'instructor' is an instructor in course\.toml"
    ):
        command.import_roster(written(root, PLAIN + "Instructor,9,A,student\n"), dry_run=False)
    assert Course.load(root) == course


def test_an_import_adds_changes_and_removes_and_a_second_one_does_nothing(
    root: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = written(root, PLAIN.replace("alan", "grace"))
    command.import_roster(path, dry_run=True)
    differences = capsys.readouterr().out.splitlines()
    assert differences[:-1] == [
        "+ grace (student, section B, 101)",
        "+ tina (ta, section A, section B, 7)",
        "- alan (student)",
        "~ ada (student) -> ada (student, section A, 100)",
    ]
    assert differences[-1].startswith("4 differences; nothing was changed.")
    assert not (root / "roster.csv").exists()
    command.import_roster(path, dry_run=False)
    assert capsys.readouterr().out.splitlines()[:-1] == differences[:-1]
    first = (root / "roster.csv").stat().st_mtime_ns
    command.import_roster(path, dry_run=False)
    assert capsys.readouterr().out == "The roster was the same already: 2 students, 1 TA, 1 instructor.\n"
    assert (root / "roster.csv").stat().st_mtime_ns == first


def students(root: Path) -> dict[str, tuple[str | None, ...]]:
    with closing(sqlite3.connect(root / "gradebook.db")) as book:
        rows = book.execute("select id, last_name, first_name, email, lms_user_id from student").fetchall()
    return {row[0]: row[1:] for row in rows}


def test_who_leaves_loses_access_and_no_work_and_who_returns_has_it_again(root: Path) -> None:
    named = "name,id,section,role,first_name,last_name,email\nada,1,A,student,Ada,Lovelace,ada@example.org\n"
    everyone = named + "alan,2,A,student,,,\n"
    build(root)
    gradebook.generate(Course.load(root), "01_setup")
    assert students(root) == {"ada": ("ada", "", None, None), "alan": ("alan", "", None, None)}
    command.import_roster(written(root, everyone), dry_run=False)
    assert students(root) == {
        "ada": ("Lovelace", "Ada", "ada@example.org", "1"),
        "alan": ("alan", "", None, "2"),
    }
    work = root / "submitted" / "alan" / "01_setup" / "01_setup.ipynb"
    work.parent.mkdir(parents=True)
    work.write_text("{}")
    command.import_roster(written(root, named), dry_run=False)
    assert Course.load(root).students == ("ada",)
    assert work.is_file()
    assert set(students(root)) == {"ada", "alan"}
    command.import_roster(written(root, everyone), dry_run=False)
    assert Course.load(root).students == ("ada", "alan")
    assert gradebook.record_people(Course.load(root)) == []


def test_a_course_folder_that_links_to_course_toml_has_the_same_roster(tmp_path: Path, root: Path) -> None:
    linked = lay_out_course(tmp_path / "var" / "course", root)
    (root / "roster.csv").write_text(PLAIN)
    assert Course.load(linked).roster == Course.load(root).roster


def test_a_roster_that_somebody_broke_by_hand_is_one_line(root: Path) -> None:
    (root / "roster.csv").write_text(PLAIN + "ada,,,boss\n")
    with pytest.raises(RosterError) as caught:
        Course.load(root)
    assert str(caught.value) == (
        f"{root / 'roster.csv'}: line 5: name 'ada' stands in line 2 already (and 1 more) (nothing was changed)"
    )


def test_a_ta_sees_their_section(root: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (root / "roster.csv").write_text(PLAIN)
    for name in ("ada", "alan"):
        (root / "submitted" / name / "01_setup").mkdir(parents=True)
    for section, count in ((None, "2"), ("A", "1")):
        status.status(section)
        row = next(line for line in capsys.readouterr().out.splitlines() if "01_setup" in line)
        assert row.replace("│", " ").split()[-2:] == [count, "0"]
    with pytest.raises(RosterError, match="no section is called 'C'; there are A, B"):
        status.status("C")


def test_grading_a_section_grades_nobody_else(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (root / "roster.csv").write_text(PLAIN)
    for name in ("ada", "alan"):
        (root / "submitted" / name / "01_setup").mkdir(parents=True)
    graded: list[str] = []
    monkeypatch.setattr(grading, "grade_class", lambda _course, _module, students, **_: graded.extend(students) or [])
    monkeypatch.setattr(gradebook, "scores", lambda *_: [gradebook.Score(name, 50, 100, 0) for name in ("ada", "alan")])
    grading.grade("01", None, collect=False, section="B")
    assert graded == ["alan"]
    with pytest.raises(NotebookError, match="ada is not in section B"):
        grading.grade("01", "ada", collect=False, section="B")
    shutil.rmtree(root / "submitted" / "alan")
    with pytest.raises(NotebookError, match="submitted/ has no 01_setup of section B's"):
        grading.grade("01", None, collect=False, section="B")


NAMES = st.from_regex(r"[a-z][a-z0-9._-]{0,8}", fullmatch=True)
TEXTS = st.text(st.characters(codec="utf-8", exclude_categories=["C", "Z"]), max_size=8)


@given(st.lists(st.builds(Person, NAMES, st.just("ta"), TEXTS, st.just(("A", "B")), TEXTS, TEXTS), max_size=5))
def test_what_is_written_is_read_again(tmp_path_factory: pytest.TempPathFactory, people: list[Person]) -> None:
    path = tmp_path_factory.mktemp("roster") / "roster.csv"
    path.write_text(roster_text(people), encoding="utf-8")
    assert [row.person for row in read_rows(path)] == sorted(people, key=lambda person: person.name.lower())


def test_an_import_says_when_a_class_under_docker_has_it(root: Path, capsys: pytest.CaptureFixture[str]) -> None:
    files = Files(root / "var" / "docker")
    files.folder.mkdir(parents=True)
    copy_course(files, Course.load(root))
    told = "The class under Docker has what stood here before: run `make up` again. Everybody's servers run on."
    path = written(root, PLAIN)
    command.import_roster(path, dry_run=False)
    assert told in capsys.readouterr().out
    command.import_roster(path, dry_run=False)
    assert f"The roster was the same already: 2 students, 1 TA, 1 instructor. {told}" in capsys.readouterr().out
    copy_course(files, Course.load(root))
    command.import_roster(path, dry_run=False)
    assert "Docker" not in capsys.readouterr().out


def test_a_folder_with_course_toml_alone_takes_a_roster(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """As `make up` serves one that is kept outside the checkout."""
    (tmp_path / "course.toml").write_text(COURSE_TOML, encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    command.import_roster(written(tmp_path, PLAIN), dry_run=False)
    assert "under Docker at `make up`" in capsys.readouterr().out
    assert Course.load(tmp_path).students == ("ada", "alan")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["course.toml", "from_the_registry.csv", "roster.csv"]
