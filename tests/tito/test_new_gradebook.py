"""Opening a new gradebook at the same time."""

from __future__ import annotations

import sqlite3
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from nbgrader import api
from nbgrader.api import Gradebook
from sqlalchemy import Engine, event
from sqlalchemy.exc import OperationalError

from tests.tiny import code, make_checkout, make_course, notebook
from tito import gradebook
from tito.course import Course
from tito.errors import ToolError
from tito.formgrader.api import SectionAPI
from tito.grading.store import Store
from tito.new_gradebook import make_gradebook


@pytest.fixture
def together(monkeypatch: pytest.MonkeyPatch) -> threading.Barrier:
    """Two that make a gradebook meet after both have seen that there is none."""
    barrier = threading.Barrier(2, timeout=30)

    def meet() -> str:
        barrier.wait()
        return "a1b2c3"

    monkeypatch.setattr(api, "get_alembic_version", meet)
    return barrier


@pytest.mark.usefixtures("together")
def test_two_open_a_new_gradebook_at_once_and_it_is_made_once(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'gradebook.db'}"
    with ThreadPoolExecutor(2) as threads:
        for made in [threads.submit(make_gradebook, url, "tiny") for _ in range(2)]:
            made.result()
    with sqlite3.connect(tmp_path / "gradebook.db") as connection:
        assert list(connection.execute("SELECT version_num FROM alembic_version")) == [("a1b2c3",)]
        assert sorted(connection.execute("SELECT id FROM course")) == [("default_course",), ("tiny",)]
    Gradebook(url, "tiny").close()


def test_what_is_made_so_is_what_nbgrader_makes(tmp_path: Path) -> None:
    with gradebook.inside(tmp_path):
        make_gradebook(f"sqlite:///{tmp_path / 'ours.db'}", "tiny")
        for course in ("tiny", "default_course"):
            Gradebook(f"sqlite:///{tmp_path / 'theirs.db'}", course).close()
    ours, theirs = (_dump(tmp_path / name) for name in ("ours.db", "theirs.db"))
    assert ours == theirs


def _dump(path: Path) -> list[str]:
    with sqlite3.connect(path) as connection:
        return sorted(line.replace(";", "") for line in connection.iterdump())


def test_grading_waits_for_who_makes_it(tmp_path: Path, together: threading.Barrier) -> None:
    """The grading service's first look and an instructor's `tito grade` on a brand-new course folder."""
    course = Course.load(make_checkout(tmp_path / "course"))

    def grade() -> None:
        with Store(course):
            pass

    with ThreadPoolExecutor(2) as threads, gradebook.inside(course.root):
        for done in [threads.submit(grade) for _ in range(2)]:
            done.result()
    assert not together.broken


def test_nbgrader_itself_fails_on_the_other_process(tmp_path: Path) -> None:
    """If this fails, nbgrader has mended it, and `tito.new_gradebook` may go."""
    path = tmp_path / "gradebook.db"

    def add(_connection: Any, _cursor: Any, statement: str, *_rest: Any) -> None:
        if statement.lstrip().startswith("CREATE TABLE student"):
            with sqlite3.connect(path) as other:
                other.execute("CREATE TABLE IF NOT EXISTS student (id INTEGER)")

    event.listen(Engine, "before_cursor_execute", add)
    try:
        with pytest.raises(OperationalError, match="already exists"):
            Gradebook(f"sqlite:///{path}", "tiny")
    finally:
        event.remove(Engine, "before_cursor_execute", add)


@pytest.fixture
def opened(monkeypatch: pytest.MonkeyPatch) -> list[set[str]]:
    """The tables that nbgrader finds each time it opens a gradebook."""
    found: list[set[str]] = []
    opening = Gradebook.__init__

    def look(self: Gradebook, db_url: str, *rest: Any, **more: Any) -> None:
        path = Path(db_url.removeprefix("sqlite:///"))
        with sqlite3.connect(path) as connection:
            found.append({name for (name,) in connection.execute("SELECT name FROM sqlite_master")})
        opening(self, db_url, *rest, **more)

    monkeypatch.setattr(Gradebook, "__init__", look)
    return found


def test_generating_makes_it_before_nbgrader_opens_it(tmp_path: Path, opened: list[set[str]]) -> None:
    make_course(tmp_path)
    assert "alembic_version" in opened[0]


def test_autograding_makes_it_before_nbgrader_opens_it(tmp_path: Path, opened: list[set[str]]) -> None:
    course = Course.load(make_checkout(tmp_path / "course"))
    folder = course.root / "submitted" / "ada" / "01_setup"
    folder.mkdir(parents=True)
    (folder / "01_setup.ipynb").write_text(notebook(code("1")), encoding="utf-8")
    with pytest.raises(ToolError, match="01_setup"):  # it was never generated
        gradebook.grade(course, "01_setup", "ada")
    assert "alembic_version" in opened[0]


def test_the_formgrader_makes_it_before_nbgrader_opens_it(tmp_path: Path, opened: list[set[str]]) -> None:
    course = Course.load(make_checkout(tmp_path / "course"))
    with gradebook.inside(course.root):
        api = gradebook.nbgrader_api(course)
        SectionAPI(api.coursedir, config=api.config).get_students()
    assert "alembic_version" in opened[0]
