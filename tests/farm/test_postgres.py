"""nbgrader's gradebook in PostgreSQL holds what it holds in SQLite, whoever writes it."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
from concurrent.futures import Future, ThreadPoolExecutor, wait
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from nbgrader import api
from nbgrader.api import Gradebook
from sqlalchemy import create_engine, event, inspect

from hub.exchange.store import Store, open_database
from tests.farm.services import PASSWORD, Postgres
from tests.tiny import COURSE_TOML, make_checkout, make_course
from tito import gradebook
from tito.addresses import DATABASE, database_url, watched
from tito.course import Course
from tito.exchange.receipt import File
from tito.farm import probe
from tito.grading.batch import grade_class
from tito.modules import find_module
from tito.new_gradebook import make_gradebook
from tito.notebooks import notebook_text
from tito.percent import read_source, source_path

MODULE = find_module("01")
RIGHT = "return math.fsum([x, x])"


def submit(course: Course, student: str, wrong: int) -> None:
    text = notebook_text(read_source(source_path(course.root, MODULE.label)))
    folder = course.root / "submitted" / student / MODULE.label
    folder.mkdir(parents=True, exist_ok=True)
    (folder / f"{MODULE.label}.ipynb").write_text(text.replace(RIGHT, "return x + 1", wrong), encoding="utf-8")
    (folder / "timestamp.txt").write_text("2026-01-13 12:00:00 UTC", encoding="utf-8")
    (folder / "submission_secret.txt").write_text(student, encoding="utf-8")  # feedback goes where it says


def a_term(course: Course) -> dict[str, Any]:
    """Two students graded by nbgrader and by tito, one hands in again, feedback goes out; what is on record then."""
    submit(course, "ada", 1)
    submit(course, "alan", 2)
    gradebook.grade(course, MODULE.label, "ada")
    with gradebook.inside(course.root):
        states = [outcome.state for outcome in grade_class(course, MODULE, ["ada", "alan"])]
    submit(course, "alan", 0)
    gradebook.grade(course, MODULE.label, "alan")
    gradebook.generate(course, MODULE.label)
    gradebook.feedback(course, MODULE.label, "ada")
    export = subprocess.run(
        [Path(sys.executable).with_name("nbgrader"), "export", "--to", course.root / "grades.csv"],
        cwd=course.root,
        capture_output=True,
        text=True,
        check=True,
    )
    assert PASSWORD not in export.stdout + export.stderr
    return {
        "states": states,
        "scores": gradebook.scores(course, MODULE.label),
        "export": (course.root / "grades.csv").read_text(encoding="utf-8"),
        **formgrader_pages(course),
    }


def formgrader_pages(course: Course) -> dict[str, Any]:
    """The queries behind the formgrader's lists; PostgreSQL is stricter about them than SQLite."""
    with Gradebook(database_url(course), course.id) as book:
        pages = {
            "students": book.student_dicts(),
            "submissions": book.submission_dicts(MODULE.label),
            "notebooks": book.notebook_submission_dicts(MODULE.label, MODULE.label),
            "average": book.average_assignment_score(MODULE.label),
            "assignment": [found.to_dict() for found in book.assignments],
        }
    return {name: without_ids(page) for name, page in pages.items()}


def without_ids(page: Any) -> Any:
    if isinstance(page, list):
        return sorted((without_ids(found) for found in page), key=str)
    if isinstance(page, dict):
        return {key: without_ids(value) for key, value in page.items() if key != "id"}
    return page


def test_a_gradebook_in_postgresql_holds_the_same(tmp_path: Path, postgres: Postgres) -> None:
    here = make_course(tmp_path / "sqlite")
    there = make_course(tmp_path / "there", f'{COURSE_TOML}[database]\nurl = "{postgres.create("term")}"\n')
    found = a_term(there)
    assert found == a_term(here)
    assert found["states"] == ["current", "graded"]
    assert [score.points for score in found["scores"]] == [80, 100]
    assert (here.root / "gradebook.db").is_file()
    assert not (there.root / "gradebook.db").exists()
    with Gradebook(database_url(there), there.id) as book:  # PostgreSQL keeps foreign keys, SQLite does not look
        book.remove_student("ada")
        assert [student.id for student in book.students] == ["alan"]


def test_the_environment_has_the_last_word(tmp_path: Path, postgres: Postgres, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(DATABASE, postgres.create("environment"))
    course = Course.load(make_checkout(tmp_path / "checkout"))
    assert os.environ[DATABASE] == database_url(course)
    assert gradebook.nbgrader_api(course).coursedir.db_url == watched(os.environ[DATABASE])
    ((what, works, remedy),) = probe(course)
    assert works and not remedy and what.startswith("gradebook in postgresql+psycopg://course:***@127.0.0.1")
    assert gradebook.scores(course, MODULE.label) == []
    engine = create_engine(os.environ[DATABASE])
    assert inspect(engine).get_table_names() == [], "looking made tables"
    engine.dispose()


def test_a_database_that_is_away_is_told_without_its_password(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    course = Course.load(make_checkout(tmp_path / "checkout"))
    monkeypatch.setenv(DATABASE, f"postgresql+psycopg://course:{PASSWORD}@127.0.0.1:1/gradebook")
    ((what, works, remedy),) = probe(course)
    assert not works
    assert "127.0.0.1" in what and DATABASE in remedy
    assert PASSWORD not in what + remedy


def test_two_open_a_new_gradebook_at_once(postgres: Postgres, monkeypatch: pytest.MonkeyPatch) -> None:
    url, barrier = postgres.create("opened_at_once"), threading.Barrier(2, timeout=30)

    def meet() -> str:
        barrier.wait()
        return "a1b2c3"

    monkeypatch.setattr(api, "get_alembic_version", meet)
    with ThreadPoolExecutor(2) as threads:
        for made in [threads.submit(make_gradebook, url, "tiny") for _ in range(2)]:
            made.result()
    engine = create_engine(url)
    with engine.connect() as connection:
        assert list(connection.exec_driver_sql("SELECT version_num FROM alembic_version")) == [("a1b2c3",)]
    engine.dispose()


def test_who_asks_the_exchange_for_what_is_new_misses_no_hand_in(postgres: Postgres) -> None:
    """Two hand in at once: the second one's row is permanent, and was listed, before the first one's."""
    store = Store(open_database(postgres.create("exchange_at_once")), "tiny", Ed25519PrivateKey.generate())
    others, seen = list[Future[Any]](), list[str]()

    def hand_in(student: str) -> None:
        store.submit(MODULE.label, student, f"{student}-request", [File.of("a.ipynb", b"1")], None)

    def look() -> None:
        seen.extend(row["submission"] for row in store.submissions(after=seen[-1] if seen else ""))

    def meanwhile(_connection: Any) -> None:
        if not others:
            others.append(threads.submit(hand_in, "alan"))
            wait(others, timeout=1)
            look()

    with ThreadPoolExecutor(1) as threads:
        event.listen(store.engine, "commit", meanwhile)
        hand_in("ada")
        others[0].result(timeout=60)
    look()
    assert seen == [row["submission"] for row in store.submissions()]
    assert len(seen) == 2
    store.engine.dispose()
