"""Writing the gradebook's rows at the same time as another process."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from nbgrader.api import Gradebook, InvalidEntry
from sqlalchemy import Engine, event

from tests.tiny import make_checkout
from tito import gradebook
from tito.course import Course
from tito.new_gradebook import make_gradebook

DEFAULT = "default_course"


@contextmanager
def _another_process_adds(book: Path, row: str, table: str = "course") -> Iterator[None]:
    """Between somebody's look whether a row is there and their adding it, another process adds it."""

    def add(_connection: Any, _cursor: Any, statement: str, *_rest: Any) -> None:
        if statement.startswith(f"INSERT INTO {table} "):
            with sqlite3.connect(book) as other:
                other.execute(f"INSERT OR IGNORE INTO {table} (id) VALUES (?)", (row,))

    event.listen(Engine, "before_cursor_execute", add)
    try:
        yield
    finally:
        event.remove(Engine, "before_cursor_execute", add)


@pytest.fixture
def book(tmp_path: Path) -> Path:
    """A gradebook as `nbgrader db student import` makes it: it has the course's row alone."""
    with gradebook.inside(tmp_path):
        Gradebook(f"sqlite:///{tmp_path / 'gradebook.db'}", "course").close()
    return tmp_path / "gradebook.db"


def test_two_modules_are_generated_at_once_in_a_new_gradebook(book: Path) -> None:
    with _another_process_adds(book, DEFAULT):
        make_gradebook(f"sqlite:///{book}", "course")
    with sqlite3.connect(book) as connection:
        assert sorted(connection.execute("SELECT id FROM course")) == [("course",), (DEFAULT,)]


def test_nbgrader_itself_fails_on_the_other_process(book: Path) -> None:
    """If this fails, nbgrader has mended it, and `make_gradebook` need not add the course's row."""
    with _another_process_adds(book, DEFAULT), pytest.raises(InvalidEntry):
        Gradebook(f"sqlite:///{book}")


def test_two_record_a_new_student_at_once(tmp_path: Path) -> None:
    """The release service, which reads the roster anew, and the import that changed it."""
    course = Course.load(make_checkout(tmp_path / "course"))
    book = course.root / "gradebook.db"
    with gradebook.inside(tmp_path):
        Gradebook(f"sqlite:///{book}", course.id).close()
    with _another_process_adds(book, "ada", "student"):
        assert gradebook.record_people(course) == ["ada", "alan"]
    with sqlite3.connect(book) as connection:
        assert sorted(connection.execute("SELECT id, last_name FROM student")) == [("ada", "ada"), ("alan", "alan")]
