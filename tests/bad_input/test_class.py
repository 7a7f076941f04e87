"""A class full of hostile submissions in one real `nbgrader autograde`: each told on a line, nobody else the worse."""

from __future__ import annotations

import csv
import hashlib
import json
import os
import stat
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.bad_input.cases import CASES, LABEL, SECRET, Case, Notebook, answer, cell_of, save
from tests.tiny import COURSE_TOML, make_course
from tito import gradebook
from tito.course import Course
from tito.errors import ToolError, UnknownModuleError

SECONDS = 4
"""What a cell gets in these tests; the real configuration gives half a minute."""


@dataclass
class Class:
    course: Course
    status: int
    log: str
    before: dict[str, str]

    def graded(self, student: str) -> Path:
        return self.course.root / "autograded" / student / LABEL / f"{LABEL}.ipynb"


def right_notebook(course: Course) -> Notebook:
    """What students get, every hole filled rightly."""
    notebook: Notebook = json.loads((course.root / "release" / LABEL / f"{LABEL}.ipynb").read_text(encoding="utf-8"))
    for number in range(1, 6):
        cell_of(notebook, f"double-{number}")["source"] = answer(number)
    return notebook


def hand_in(course: Course, case: Case) -> None:
    folder = course.root / "submitted" / case.student / LABEL
    folder.mkdir(parents=True)
    (folder / "timestamp.txt").write_text("2027-01-01 10:00:00.000000 UTC")
    case.write(folder, right_notebook(course))


def fingerprint(folder: Path) -> dict[str, str]:
    """Kind, permissions and content of everything below `folder`."""
    found = {}
    for path in sorted(folder.rglob("*")):
        mode = path.lstat().st_mode
        content = hashlib.sha256(path.read_bytes()).hexdigest() if stat.S_ISREG(mode) else ""
        content += str(path.readlink()) if path.is_symlink() else ""
        found[str(path.relative_to(folder))] = f"{mode:o} {content}"
    return found


def nbgrader(course: Course, *arguments: str) -> subprocess.CompletedProcess[str]:
    tools = str(Path(sys.executable).parent)
    environment = os.environ | {"PATH": os.pathsep.join([tools, os.environ["PATH"]])}
    return subprocess.run(
        [f"{tools}/nbgrader", *arguments],
        cwd=course.root,
        env=environment,
        capture_output=True,
        text=True,
        timeout=400,
        check=False,
    )


@pytest.fixture(scope="module")
def graded(tmp_path_factory: pytest.TempPathFactory) -> Class:
    """The whole class after one `nbgrader autograde`."""
    course_file = f"{COURSE_TOML}\n[grading]\ncell_seconds = {SECONDS}\n"
    course = make_course(tmp_path_factory.mktemp("bad_input"), course_file)
    for case in (Case("right", save, 100), *CASES, Case("zuse", save, 100)):
        hand_in(course, case)
    before = fingerprint(course.root / "submitted")
    found = nbgrader(course, "autograde", LABEL)
    return Class(course, found.returncode, found.stderr, before)


@pytest.fixture(scope="module")
def grades(graded: Class) -> dict[str, dict[str, str]]:
    """The exported grades, by student."""
    found = nbgrader(graded.course, "export")
    assert found.returncode == 0, found.stderr
    with (graded.course.root / "grades.csv").open(encoding="utf-8", newline="") as file:
        return {row["student_id"]: row for row in csv.DictReader(file)}


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.student)
def test_each_gets_what_is_theirs_and_a_line_that_says_why(
    graded: Class, grades: dict[str, dict[str, str]], case: Case
) -> None:
    path = graded.graded(case.student)
    row = grades[case.student]
    if case.score is None:
        assert not path.exists()
        assert (row["status"], row["score"], row["raw_score"]) == ("not graded", "", "")
        lines = graded.log.splitlines()
        assert any(all(part in line for part in case.says) for line in lines), f"no line with {case.says}"
    else:
        assert row["status"] == "graded"
        assert float(row["score"]) == case.score
        shown = path.read_text(encoding="utf-8")
        for part in case.says:
            assert part in shown


def test_nobody_else_is_touched(graded: Class, grades: dict[str, dict[str, str]]) -> None:
    assert float(grades["right"]["score"]) == float(grades["zuse"]["score"]) == 100
    assert grades["ada"]["status"] == "not submitted"
    assert graded.status == 1, "something could not be graded: the command has to say so"


def test_nothing_of_a_submission_is_lost(graded: Class) -> None:
    assert fingerprint(graded.course.root / "submitted") == graded.before


def test_no_link_was_followed_and_no_file_shadowed_a_module(graded: Class) -> None:
    texts = [path.read_text(encoding="utf-8") for path in graded.course.root.glob("autograded/**/*.ipynb")]
    assert texts
    assert not any(SECRET in text or "SHADOWED" in text for text in texts)
    assert "SHADOWED" not in graded.log
    assert not list(graded.course.root.glob("autograded/**/data.txt"))
    seen = next(text for text in texts if "SEES" in text and "tinytorch_lib" in text)
    assert "SEES tinytorch_lib/__init__.py" in seen, "the library is imported from memory, whatever stands around"


def test_nothing_but_the_notebook_is_there_for_the_formgrader_to_serve(graded: Class) -> None:
    submitted = {path.name for path in graded.course.root.glob("submitted/*/*/*") if path.is_file()}
    served = {path.name for path in graded.course.root.glob("autograded/*/*/**/*")}
    assert {"numpy.py", "page.html"} <= submitted
    assert served == {f"{LABEL}.ipynb", "timestamp.txt"}


def test_what_a_student_printed_is_kept_within_bounds(graded: Class) -> None:
    assert graded.graded("floods").stat().st_size < 2_000_000
    assert graded.graded("zoë o'brien; --help {large}").stat().st_size < 2_000_000


def test_the_course_command_says_it_on_one_line(graded: Class) -> None:
    with pytest.raises(ToolError, match="is not a notebook") as caught:
        gradebook.grade(graded.course, LABEL, "not-json")
    assert f"not-json/{LABEL}/{LABEL}.ipynb" in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_submission_of_an_unknown_module_is_told_and_left_alone(graded: Class) -> None:
    folder = graded.course.root / "submitted" / "right" / "99_magic"
    folder.mkdir()
    try:
        save(folder, right_notebook(graded.course), "99_magic.ipynb")
        with pytest.raises((ToolError, UnknownModuleError), match="99_magic") as caught:
            gradebook.grade(graded.course, "99_magic", "right")
        assert "\n" not in str(caught.value)
        assert (folder / "99_magic.ipynb").is_file()
    finally:
        (folder / "99_magic.ipynb").unlink()
        folder.rmdir()
