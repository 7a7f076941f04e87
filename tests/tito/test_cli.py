"""The command line as people use it, in a tiny course and in a student's home."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.tiny import make_course
from tito.course import Course
from tito.percent import read_source, source_path

VERBS = ("audit", "backup", "check", "data", "demo", "export", "feedback", "format", "grade", "lib")
COMMANDS = (
    *VERBS,
    "milestone",
    "notebooks",
    "release",
    "restore",
    "roster",
    "schedule",
    "status",
    "test",
    "upgrade-db",
)


def tito(folder: Path, *arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    bare = {name: value for name, value in os.environ.items() if not name.startswith("TINYTORCH")}
    return subprocess.run(
        [str(Path(sys.executable).with_name("tito")), *arguments],
        cwd=folder,
        env=bare | {"COLUMNS": "120", "NO_COLOR": "1"} | environment,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


@pytest.fixture(scope="module")
def course(tmp_path_factory: pytest.TempPathFactory) -> Course:
    return make_course(tmp_path_factory.mktemp("cli"))


@pytest.fixture
def home(tmp_path: Path, course: Course) -> Path:
    """A student's home with module 01 fetched."""
    home = tmp_path / "home"
    (home / "01_setup").mkdir(parents=True)
    released = course.root / "release" / "01_setup" / "01_setup.ipynb"
    (home / "01_setup" / "01_setup.ipynb").write_bytes(released.read_bytes())
    return home


def solve(home: Path, *numbers: int) -> None:
    path = home / "01_setup" / "01_setup.ipynb"
    text = path.read_text()
    for number in numbers:
        head, found, tail = text.partition(f"def double_{number}(x)")
        text = head + found + tail.replace('    raise NotImplementedError()"', '    return x + x"', 1)
    path.write_text(text)


def test_help_lists_every_verb(tmp_path: Path) -> None:
    found = tito(tmp_path, "--help")
    assert found.returncode == 0
    assert all(f"  {command} " in found.stdout for command in COMMANDS), found.stdout


@pytest.mark.parametrize("name", [("01",), ("1",), ("setup",), ("01_setup",), ("--module", "setup"), ("-m", "01")])
def test_a_module_can_be_named_in_each_way(home: Path, name: tuple[str, ...]) -> None:
    assert "01_setup is in your library" in tito(home, "export", *name).stdout


@pytest.mark.parametrize("verb", ["test", "export", "grade", "feedback", "audit", "release"])
def test_an_unknown_module_is_one_line(course: Course, verb: str) -> None:
    found = tito(course.root, verb, "perceptron")
    assert found.returncode == 2
    assert found.stderr.startswith("tito: no module is called 'perceptron'")
    assert found.stderr.count("\n") == 1
    assert found.stdout == ""


@pytest.mark.parametrize("verb", ["test", "export", "grade", "feedback", "audit"])
def test_no_module_is_one_line(course: Course, verb: str) -> None:
    found = tito(course.root, verb)
    assert (found.returncode, found.stderr.count("\n")) == (2, 1)
    assert "which module?" in found.stderr


@pytest.mark.parametrize("verb", ["notebooks", "lib", "release", "check"])
def test_outside_a_course_is_one_line(tmp_path: Path, verb: str) -> None:
    found = tito(tmp_path, verb)
    assert (found.returncode, found.stderr.count("\n")) == (3, 1)
    assert "no course.toml in" in found.stderr


def test_a_student_follows_their_progress(home: Path) -> None:
    assert "01_setup           fetched" in tito(home, "status").stdout
    failing = tito(home, "test", "01")
    assert failing.returncode == 1
    assert "0 of 100 points" in failing.stdout
    assert "NotImplementedError" in failing.stdout
    solve(home, 1, 2)
    assert tito(home, "export", "01").returncode == 0
    assert "3 holes left" in tito(home, "status").stdout
    assert "40 of 100 points" in tito(home, "test", "01").stdout
    solve(home, 3, 4, 5)
    assert tito(home, "export", "01").returncode == 0
    done = tito(home, "status").stdout
    assert "01_setup           done" in done
    assert "1 of 6 done" in done
    assert "Next: 02_tensor" in done
    assert tito(home, "test", "01").returncode == 0


def test_the_library_can_stand_elsewhere(home: Path, tmp_path: Path) -> None:
    elsewhere = tmp_path / "libraries" / "ada"
    assert tito(home, "export", "01", TINYTORCH_LIBRARY=str(elsewhere)).returncode == 0
    assert (elsewhere / "tinytorch_lib" / "core" / "setup.py").is_file()
    assert not (home / "tinytorch_lib").exists()


def test_a_syntax_error_is_one_line_that_names_the_cell(home: Path) -> None:
    path = home / "01_setup" / "01_setup.ipynb"
    path.write_text(path.read_text().replace("def double_4(x):", "def double_4(x:"))
    found = tito(home, "export", "01")
    assert (found.returncode, found.stderr.count("\n")) == (5, 1)
    assert "cell 'double-4', line 1" in found.stderr
    assert "double_4(x:" in found.stderr


def test_what_is_not_fetched_is_one_line(home: Path) -> None:
    for verb in ("test", "export"):
        found = tito(home, verb, "02")
        assert (found.returncode, found.stderr.count("\n")) == (5, 1)
        assert "fetch 02_tensor first" in found.stderr


def test_the_course_folder_tests_the_reference(course: Course) -> None:
    found = tito(course.root, "test", "01")
    assert found.returncode == 0, found.stderr
    assert "100 of 100 points" in found.stdout
    assert tito(course.root, "test", "02").returncode == 4


def test_releasing_takes_the_current_source_whatever_the_notebook_says(course: Course) -> None:
    source = source_path(course.root, "01_setup")
    before = source.read_text()
    try:
        source.write_text(before.replace("# # 01 · Setup", "# # 01 · Changed today"))
        stale = course.root / "source" / "01_setup" / "01_setup.ipynb"
        stale.write_text('{"cells": [], "metadata": {}, "nbformat": 4}')
        found = tito(course.root, "release", "01", "--publish")
        assert found.returncode == 0, found.stderr
        for folder in (course.root / "release", course.root / "exchange" / "tiny" / "outbound"):
            assert "Changed today" in (folder / "01_setup" / "01_setup.ipynb").read_text()
    finally:
        source.write_text(before)


def test_a_source_that_cannot_be_read_releases_nothing(course: Course) -> None:
    source = source_path(course.root, "01_setup")
    released = course.root / "release" / "01_setup" / "01_setup.ipynb"
    before, old = source.read_text(), released.read_bytes()
    try:
        source.write_text(before + '\n# %% nbgrader={"grade_id": "imports"}\n')
        found = tito(course.root, "release", "01")
        assert found.returncode == 4
        assert "'imports' must be unique" in found.stderr
        assert released.read_bytes() == old
    finally:
        source.write_text(before)


def test_ta_verbs_print_scores_and_name_who_cannot_be_graded(course: Course) -> None:
    nothing = tito(course.root, "grade", "01")
    assert (nothing.returncode, nothing.stderr.count("\n")) == (5, 1)
    from tito.notebooks import notebook_text

    right = notebook_text(read_source(source_path(course.root, "01_setup")))
    for student, text in {"ada": right, "alan": "not a notebook"}.items():
        folder = course.root / "submitted" / student / "01_setup"
        folder.mkdir(parents=True)
        (folder / "01_setup.ipynb").write_text(text)
        (folder / "timestamp.txt").write_text("2027-01-15 10:00:00.000000 UTC")
        (folder / "submission_secret.txt").write_text("as nbgrader submit makes one")
    found = tito(course.root, "grade", "01")
    assert found.returncode == 1
    (line,) = found.stderr.splitlines()
    assert line.startswith("tito: alan: ")
    assert "is not a notebook" in line
    rows = [line.replace("│", " ").split() for line in found.stdout.splitlines() if "│" in line]
    assert rows == [["ada", "100", "100"], ["alan", "ungraded"]]
    assert "for ada" in tito(course.root, "feedback", "01").stdout
    feedback = course.root / "feedback" / "ada" / "01_setup" / "01_setup.html"
    assert "test-double-1" in feedback.read_text()
