"""Rows first, files after them, nothing by halves: whenever grading is killed, the next run puts it right."""

from __future__ import annotations

import errno
import fcntl
import itertools
import os
import shutil
import sqlite3
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor, wait
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from nbgrader.api import Gradebook
from sqlalchemy import Engine, event
from sqlalchemy.exc import OperationalError

from tests.tiny import make_course, submit_reference
from tito import gradebook
from tito.course import Course
from tito.errors import ToolError
from tito.grading import store as store_module
from tito.grading.batch import prepare_submission
from tito.grading.notebook import write_result
from tito.grading.result import GradedSubmission, TestReport
from tito.grading.store import Store, stored_result
from tito.modules import find_module

if TYPE_CHECKING:
    from nbformat import NotebookNode

MODULE = find_module("01")


def submissions(course: Course) -> int:
    with Gradebook(f"sqlite:///{course.root / 'gradebook.db'}", course.id) as book:
        return len(book.assignment_submissions(MODULE.label))


@pytest.fixture
def graded(tmp_path: Path) -> Iterator[tuple[Course, GradedSubmission, NotebookNode]]:
    """A course with one submission, and what came of it, not recorded yet."""
    course = make_course(tmp_path)
    submit_reference(course, "ada")
    with gradebook.inside(course.root):
        prepared = prepare_submission(course, MODULE, "ada")
        tests = tuple(
            TestReport(name, "passed", title=name, points=points, earned=points)
            for name, points in prepared.job.points.items()
        )
        found = GradedSubmission(
            module=MODULE.label,
            student="ada",
            attempt="",
            key=prepared.job.key,
            reference="",
            backend="",
            policy="own",
            tests=tests,
            cells=(),
        )
        yield course, found, write_result(prepared.notebook, found)


Graded = tuple[Course, GradedSubmission, "NotebookNode"]


def test_a_store_that_is_killed_before_its_commit_leaves_neither_rows_nor_files(graded: Graded) -> None:
    course, found, notebook = graded
    killed = Store(course)
    killed.__enter__()
    killed.record(found, notebook)
    assert killed._book is not None
    killed._book.close()  # what the database and the kernel see of a process that is gone
    killed._end_turn()
    assert submissions(course) == 0
    assert stored_result(course, MODULE.label, "ada") is None

    with Store(course) as store:
        store.record(found, notebook)
    assert submissions(course) == 1
    stored = stored_result(course, MODULE.label, "ada")
    assert stored is not None and stored.earned == 100
    (score,) = gradebook.scores(course, MODULE.label)
    assert score.points == 100


def test_two_that_grade_one_submission_at_once_take_turns(graded: Graded, monkeypatch: pytest.MonkeyPatch) -> None:
    """Between the first one's rows and its files the second one begins, whose new folder has the same name."""
    course, found, notebook = graded
    rename, others = Path.rename, list[Future[None]]()

    def record() -> None:
        with Store(course) as store:
            store.record(found, notebook)

    def meanwhile(self: Path, target: Path) -> Path:
        if not others:
            others.append(threads.submit(record))
            wait(others, timeout=1)
        return rename(self, target)

    with ThreadPoolExecutor(1) as threads:
        monkeypatch.setattr(Path, "rename", meanwhile)
        record()
        (other,) = others
        other.result(timeout=60)
    assert submissions(course) == 1
    assert stored_result(course, MODULE.label, "ada") == found
    assert [path.name for path in (course.root / "autograded" / "ada").iterdir()] == [MODULE.label]


def test_two_that_take_a_graded_copy_away_at_once(graded: Graded, monkeypatch: pytest.MonkeyPatch) -> None:
    course, found, notebook = graded
    with Store(course) as store:
        store.record(found, notebook)
    others = list[Future[None]]()
    remove = shutil.rmtree

    def forget() -> None:
        with Store(course) as store:
            store.forget(MODULE.label, "ada")

    def meanwhile(folder: Path) -> None:
        if not others:
            others.append(threads.submit(forget))
            wait(others, timeout=1)
        remove(folder)

    with ThreadPoolExecutor(1) as threads:
        monkeypatch.setattr(shutil, "rmtree", meanwhile)
        forget()
        others[0].result(timeout=60)
    assert stored_result(course, MODULE.label, "ada") is None


def test_nbgrader_cannot_add_the_submission_between_the_look_and_the_row(graded: Graded) -> None:
    """The formgrader's button and `tito grade` on one student at once: nbgrader waits, up to five seconds."""
    course, found, notebook = graded
    refused: list[str] = []

    def autograde(_connection: Any, _cursor: Any, statement: str, *_rest: Any) -> None:
        if statement.startswith("INSERT INTO student") and not refused:
            try:
                with sqlite3.connect(course.root / "gradebook.db", timeout=0) as other:
                    other.execute("INSERT INTO student (id) VALUES ('ada')")
            except sqlite3.OperationalError as error:
                refused.append(str(error))

    with sqlite3.connect(course.root / "gradebook.db") as book:
        book.execute("DELETE FROM student WHERE id = 'ada'")
    event.listen(Engine, "before_cursor_execute", autograde)
    try:
        with Store(course) as store:
            store.record(found, notebook)
    finally:
        event.remove(Engine, "before_cursor_execute", autograde)
    assert refused == ["database is locked"]
    assert submissions(course) == 1


def test_a_slow_batch_does_not_keep_who_grades_by_hand_waiting(graded: Graded, monkeypatch: pytest.MonkeyPatch) -> None:
    """Rows that wait for their commit lock the gradebook, and nbgrader gives up after five seconds."""
    course, found, notebook = graded
    now = itertools.count(step=3)
    monkeypatch.setattr(store_module, "monotonic", lambda: next(now))
    with Store(course) as store:
        for student in ("ada", "alan"):
            store.record(replace(found, student=student), notebook)
            with sqlite3.connect(course.root / "gradebook.db", timeout=0) as other:
                other.execute("UPDATE student SET first_name = 'Ada' WHERE id = 'ada'")


def _others_may_write(course: Course) -> bool:
    """Is neither the turn nor the gradebook held?"""
    with sqlite3.connect(course.root / "gradebook.db", timeout=0) as other:
        other.execute("UPDATE student SET first_name = 'Ada' WHERE id = 'ada'")
    handle = os.open(course.root / "autograded", os.O_RDONLY)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    finally:
        os.close(handle)
    return True


def test_a_database_that_goes_away_ends_the_turn(graded: Graded) -> None:
    course, found, notebook = graded
    store = Store(course)
    with pytest.raises(OperationalError), store:
        store.record(found, notebook)
        assert store._book is not None
        with sqlite3.connect(course.root / "gradebook.db", timeout=0) as other, pytest.raises(sqlite3.OperationalError):
            other.execute("UPDATE student SET first_name = 'Ada'")  # it is its turn

        def gone() -> None:
            raise OperationalError("COMMIT", {}, Exception("server closed the connection"))

        store._book.db.commit = gone  # type: ignore[method-assign]
    assert _others_may_write(course)


def test_a_disk_that_is_full_leaves_no_rows_and_no_lock(graded: Graded, monkeypatch: pytest.MonkeyPatch) -> None:
    course, found, notebook = graded

    def full(*_: object, **__: object) -> int:
        raise OSError(errno.ENOSPC, "No space left on device")

    with Store(course) as store:
        with monkeypatch.context() as patch:
            patch.setattr(Path, "write_text", full)
            with pytest.raises(ToolError, match="No space left on device; free some space and grade again"):
                store.record(found, notebook)
        assert _others_may_write(course)
    assert submissions(course) == 0


def test_a_module_that_was_never_generated_leaves_no_lock(graded: Graded) -> None:
    course, found, notebook = graded
    with Store(course) as store:
        with pytest.raises(ToolError, match="02_tensor is not in the gradebook"):
            store.record(replace(found, module="02_tensor"), notebook)
        assert _others_may_write(course)
