"""`nbgrader autograde` and `tito grade` give the same files and the same gradebook."""

from __future__ import annotations

import dataclasses
import json
import shutil
from pathlib import Path

import pytest

from tests import callers
from tests.callers import autograde, files, rows
from tests.tiny import COURSE_TOML, code, make_course, notebook, setup_source
from tito import gradebook
from tito.course import Course
from tito.errors import ToolError
from tito.grading.batch import Outcome
from tito.modules import find_module
from tito.notebooks import notebook_text
from tito.percent import read_source, source_path

MODULE = find_module("01")
RIGHT = "return math.fsum([x, x])"
LATE = COURSE_TOML.replace('id = "tiny"', 'id = "tiny"\nterm_start = 2026-01-05')
LATE += "[extensions]\ntalks.01 = 2026-01-20T12:00:00\n"


def reference(course: Course) -> str:
    return notebook_text(read_source(source_path(course.root, MODULE.label)))


def submissions(text: str) -> dict[str, str]:
    """A class: right, wrong, untouched, talkative, mangled, with cells of its own, broken Python, magic."""
    broken = text.replace(RIGHT, "return (", 1)
    talk = "import sys; print('out'); print('err', file=sys.stderr); return x + x"
    extended = json.loads(text.replace(RIGHT, "return helper(x)", 1))
    extended["cells"].insert(1, code("def helper(x):\n    return x + x") | {"id": "mine"})
    return {
        "right": text,
        "wrong": text.replace(RIGHT, "return x + 1", 2),
        "untouched": text.replace(RIGHT, "raise NotImplementedError()"),
        "talks": text.replace(RIGHT, talk),
        "broken": broken,
        "deleted": notebook(code("x = 1")),
        "own-cells": json.dumps(extended),
        "magic": text.replace(RIGHT, "return x + x\\n%time 1\\n!ls", 1),
        "leaves": text.replace(RIGHT, "import os; os._exit(0)", 1),
    }


def fill(course: Course) -> None:
    for student, text in submissions(reference(course)).items():
        folder = course.root / "submitted" / student / MODULE.label
        folder.mkdir(parents=True, exist_ok=True)
        (folder / f"{MODULE.label}.ipynb").write_text(text, encoding="utf-8")
        (folder / "timestamp.txt").write_text("2026-01-13 12:00:00.000000 UTC", encoding="utf-8")
        (folder / "notes.txt").write_text("mine", encoding="utf-8")


@pytest.fixture(scope="module")
def both(tmp_path_factory: pytest.TempPathFactory) -> tuple[Course, Course]:
    """The same class, graded by nbgrader's converter and by `tito grade`."""
    first = make_course(tmp_path_factory.mktemp("nbgrader"), LATE)
    second = make_course(tmp_path_factory.mktemp("tito"), LATE)
    for course in (first, second):
        fill(course)
    assert autograde(first, MODULE.label) == []
    assert {found.state for found in callers.grade(second, MODULE.label).values()} == {"graded"}
    return first, second


def test_the_same_rows(both: tuple[Course, Course]) -> None:
    first, second = (rows(course, MODULE.label) for course in both)
    assert first == second
    assert first["right"]["score"] == 100
    assert first["right"]["penalty"] > 0
    assert first["untouched"]["score"] == 0
    assert first["talks"]["score"] == 100
    assert first["talks"]["penalty"] is None, "an extension"
    assert first["wrong"]["score"] == 60


def test_the_same_files(both: tuple[Course, Course]) -> None:
    first, second = map(files, both)
    assert first == second


def grade(course: Course, students: list[str], *, force: bool = False) -> dict[str, Outcome]:
    return callers.grade(course, MODULE.label, students, force=force)


def test_nothing_is_graded_twice_and_changes_are_told(tmp_path: Path) -> None:
    course = make_course(tmp_path)
    fill(course)
    students = ["right", "wrong"]
    assert {found.state for found in grade(course, students).values()} == {"graded"}
    assert {found.state for found in grade(course, students).values()} == {"current"}
    assert {found.state for found in grade(course, students, force=True).values()} == {"graded"}
    shutil.copy(
        course.root / "submitted" / "right" / MODULE.label / f"{MODULE.label}.ipynb",
        course.root / "submitted" / "wrong" / MODULE.label / f"{MODULE.label}.ipynb",
    )
    found = grade(course, students)
    assert (found["right"].state, found["wrong"].state) == ("current", "graded")
    assert found["wrong"].change == (60, 100)
    stamp = course.root / "submitted" / "right" / MODULE.label / "timestamp.txt"
    stamp.write_text("2026-01-14 12:00:00.000000 UTC", encoding="utf-8")
    again = grade(course, students)["right"].graded
    assert again is not None
    assert again.attempt.startswith("2026-01-14")
    assert (again.earned, len(again.kept)) == (100, 5), "handed in again as it was: nothing has to run"
    assert "cells" not in again.timings


def test_a_changed_test_regrades_and_tells_who_lost(tmp_path: Path) -> None:
    course = make_course(tmp_path)
    fill(course)
    grade(course, ["right", "untouched"])
    source = source_path(course.root, MODULE.label)
    stricter = setup_source().replace("assert double_1(2) == 4", "assert double_1(2) == 5")
    source.resolve().write_text(stricter, encoding="utf-8")
    gradebook.generate(course, MODULE.label)
    found = grade(course, ["right", "untouched"])
    assert found["right"].change == (100, 80)
    assert found["untouched"].change is None
    for outcome in found.values():
        assert outcome.graded is not None
        assert set(outcome.graded.kept) == {f"test-double-{number}" for number in range(2, 6)}


def test_what_cannot_be_graded_stops_nobody_and_keeps_no_old_grade(tmp_path: Path) -> None:
    course = make_course(tmp_path)
    fill(course)
    grade(course, ["right", "wrong"])
    path = course.root / "submitted" / "wrong" / MODULE.label / f"{MODULE.label}.ipynb"
    path.write_text("no notebook", encoding="utf-8")
    found = grade(course, ["wrong", "right"])
    assert found["wrong"].state == "ungraded"
    assert "is not a notebook" in found["wrong"].reason
    assert not (course.root / "autograded" / "wrong" / MODULE.label).exists()
    assert found["right"].state == "current"


def test_where_no_room_works_nobodys_grade_is_touched(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    course = make_course(tmp_path)
    fill(course)
    grade(course, ["right"])
    before = files(course)
    refusing = dataclasses.replace(course, grading=dataclasses.replace(course.grading, room="plain"))
    monkeypatch.delenv("TINYTORCH_ALLOW_PLAIN")
    with pytest.raises(ToolError, match="allow_plain"):
        grade(refusing, ["right", "wrong"], force=True)
    assert files(course) == before
