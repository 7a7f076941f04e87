"""Collecting: what a student made point elsewhere is not followed, and nobody stops anybody else's submission."""

from __future__ import annotations

import os
import shutil
from pathlib import Path
from typing import Any

import pytest

from tests.tiny import make_course
from tito import gradebook
from tito.course import Course
from tito.errors import ToolError

LABEL = "01_setup"
STAMP = "2027-01-01 10:00:00.000000 UTC"
COLLECT = '\nc.ExchangeFactory.collect = "tito.nbgrader_plugins.collect.CollectSafely"\n'


@pytest.fixture(scope="module")
def course(tmp_path_factory: pytest.TempPathFactory) -> Course:
    course = make_course(tmp_path_factory.mktemp("collect"))
    config = course.root / "nbgrader_config.py"
    text = config.read_text(encoding="utf-8")
    config.unlink()  # a link to the checkout's
    config.write_text(text + COLLECT, encoding="utf-8")
    gradebook.release(course, LABEL)
    return course


def hand_in(course: Course, student: str) -> Path:
    """What nbgrader's submit leaves in the exchange: the released notebook and a stamp."""
    folder = course.root / "exchange" / course.id / "inbound" / f"{student}+{LABEL}+{STAMP}+abc"
    folder.mkdir(parents=True)
    notebook = course.root / "release" / LABEL / f"{LABEL}.ipynb"
    (folder / notebook.name).write_bytes(notebook.read_bytes())
    (folder / "timestamp.txt").write_text(STAMP)
    return folder


def test_links_arrive_as_links_and_are_not_graded(course: Course, tmp_path: Path) -> None:
    secret = tmp_path / "secret.txt"
    secret.write_text("nobody's business")
    (hand_in(course, "ada") / "mine.txt").symlink_to(secret)
    hand_in(course, "alan")
    gradebook.collect(course, LABEL)
    collected = course.root / "submitted"
    assert (collected / "ada" / LABEL / "mine.txt").is_symlink()
    assert (collected / "alan" / LABEL / f"{LABEL}.ipynb").is_file()
    with pytest.raises(ToolError, match=r"mine\.txt: links and devices are not followed"):
        gradebook.grade(course, LABEL, "ada")
    assert not list(course.root.glob("autograded/**/mine.txt"))


def test_what_cannot_be_copied_stops_nobody(course: Course, monkeypatch: pytest.MonkeyPatch) -> None:
    os.mkfifo(hand_in(course, "grace") / "waits-forever")
    broken = hand_in(course, "kurt")
    hand_in(course, "zuse")
    copy = shutil.copytree

    def fail_for_kurt(source: str, *arguments: Any, **more: Any) -> Any:
        if source == str(broken):
            raise OSError(28, "No space left on device", source)
        return copy(source, *arguments, **more)

    monkeypatch.setattr("tito.nbgrader_plugins.collect.shutil.copytree", fail_for_kurt)
    gradebook.collect(course, LABEL)
    collected = course.root / "submitted"
    assert sorted(path.name for path in (collected / "grace" / LABEL).iterdir()) == [f"{LABEL}.ipynb", "timestamp.txt"]
    assert not (collected / "kurt" / LABEL).exists()
    assert (collected / "zuse" / LABEL / f"{LABEL}.ipynb").is_file()
    assert broken.is_dir(), "the submission itself stays in the exchange"


def test_another_module_is_collected_at_the_same_moment(course: Course, monkeypatch: pytest.MonkeyPatch) -> None:
    """Its process makes a student's folder just after this one looked for it."""
    hand_in(course, "emmy")
    folder = course.root / "submitted" / "emmy"
    exists, mkdir = os.path.exists, os.mkdir

    def looked(path: Any) -> bool:
        found = exists(path)
        if path == str(folder):
            folder.mkdir(exist_ok=True)
        return found

    def about_to_make(path: Any, *more: Any) -> None:
        if Path(path) == folder and not exists(path):
            mkdir(path)
        mkdir(path, *more)

    monkeypatch.setattr("os.path.exists", looked)
    monkeypatch.setattr("os.mkdir", about_to_make)
    gradebook.collect(course, LABEL)
    assert (folder / LABEL / f"{LABEL}.ipynb").is_file()
