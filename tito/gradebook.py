"""nbgrader's own programming interface, with the course's configuration and errors on one line."""

from __future__ import annotations

import logging
import os
import sys
import warnings
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, redirect_stderr
from dataclasses import dataclass
from datetime import UTC, datetime
from io import StringIO
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tito.course import Course
from tito.errors import ToolError

if TYPE_CHECKING:
    from tito.exchange.staff import Collect

__all__ = [
    "CONFIG",
    "Score",
    "collect",
    "collector",
    "feedback",
    "generate",
    "grade",
    "inside",
    "nbgrader_api",
    "published",
    "record_due_dates",
    "record_people",
    "release",
    "scores",
    "torn",
    "write_people",
]


CONFIG = "nbgrader_config.py"


def nbgrader_api(course: Course) -> Any:
    """nbgrader's API for the course folder, configured by its nbgrader_config.py."""
    from nbgrader.apps import NbGraderAPI
    from nbgrader.coursedir import CourseDirectory
    from traitlets.config import PyFileConfigLoader

    path = course.root / CONFIG
    if not path.is_file():
        raise ToolError(f"{path} is missing; take it from the course's repository (nothing was changed)")
    config = PyFileConfigLoader(path.name, path=str(path.parent)).load_config()
    return NbGraderAPI(coursedir=CourseDirectory(config=config), config=config)


def generate(course: Course, label: str) -> None:
    """Make `release/<label>` from the source and record its cells in the gradebook.

    Raises:
        ToolError: nbgrader refused; an earlier release of the module is gone, its source is not.
    """
    _run(course, "generating", label, lambda api: api.generate_assignment(label, force=True))


def release(course: Course, label: str, again: bool = False) -> None:
    """Put `release/<label>` into the exchange, where students fetch it; `again` replaces what stands there."""

    def put(api: Any) -> Any:
        api.config.ExchangeReleaseAssignment.force = again
        return api.release_assignment(label)

    _run(course, "releasing", label, put)


def published(course: Course) -> set[str]:
    """The assignments that students can fetch, as the exchange lists them.

    Raises:
        ToolError: the exchange does not answer.
    """
    with inside(course.root):
        api = nbgrader_api(course)
        if not api.exchange_missing:
            return set(api.get_released_assignments())
    if api.exchange_root and not Path(api.exchange_root).exists():
        return set()  # the first release makes the folder
    raise ToolError("the exchange does not list what is released; is its service running? (nothing was changed)")


def torn(course: Course, label: str) -> bool:
    """Whether a release that was cut short left something else in the exchange's folder than `release/<label>`.

    An exchange without a folder takes a release whole or not at all.
    """
    exchange = Path(str(nbgrader_api(course).config.Exchange.root)) / course.id / "outbound" / label
    return exchange.is_dir() and _contents(exchange) != _contents(course.root / "release" / label)


def _contents(folder: Path) -> dict[Path, bytes]:
    return {path.relative_to(folder): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def record_due_dates(course: Course, dues: Mapping[str, datetime | None]) -> list[str]:
    """Bring the gradebook's due dates of the assignments that it knows up to date; gives those that changed.

    Generating an assignment records its due date. Nobody generates it again when the date is moved.
    """
    from nbgrader.api import MissingEntry

    changed = []
    with _open_gradebook(course) as book:
        for label, due in dues.items() if book is not None else ():
            wanted = due and due.astimezone(UTC).replace(tzinfo=None)
            try:
                known = book.find_assignment(label)
            except MissingEntry:
                continue
            if known.duedate != wanted:
                book.update_or_create_assignment(label, duedate=wanted)
                changed.append(label)
    return changed


def record_people(course: Course) -> list[str]:
    """Give the gradebook the names of the roster's students; gives those that changed.

    Generating an assignment does it too; this is for a roster that changed since.
    """
    with _open_gradebook(course) as book:
        return [] if book is None else write_people(book, course)


def write_people(book: Any, course: Course) -> list[str]:
    """Bring the students of an open gradebook up to date; gives those that changed. Nobody is ever taken out.

    The formgrader shows somebody without names as "None, None"; their user name stands in for it.
    """
    known = {student.id: student for student in book.students}
    changed = []
    for person in course.roster.people:
        if person.role != "student":
            continue
        wanted = {
            "first_name": person.first_name,
            "last_name": person.last_name or ("" if person.first_name else person.name),
            "email": person.email or None,
            "lms_user_id": person.id or None,
        }
        student = known.get(person.name)
        if student is None or any(getattr(student, name) != value for name, value in wanted.items()):
            _write_student(book, person.name, wanted)
            changed.append(person.name)
    return changed


def _write_student(book: Any, name: str, wanted: Mapping[str, str | None]) -> None:
    from nbgrader.api import InvalidEntry

    try:
        book.update_or_create_student(name, **wanted)
    except InvalidEntry:  # an import, the release service or a grader has just added the row: now it is there
        book.update_or_create_student(name, **wanted)


@contextmanager
def _open_gradebook(course: Course) -> Iterator[Any]:
    """The open gradebook, or None where nothing was generated yet: looking must make no database and no tables.

    A folder with course.toml and the roster alone, as `make up` takes it, has none either.
    """
    from nbgrader.api import Gradebook

    if not (course.root / CONFIG).is_file():
        yield None
        return
    with _gradebook(course) as url:
        if _is_empty(url):
            yield None
        else:
            with Gradebook(url, course.id) as book:
                yield book


def _is_empty(url: str) -> bool:
    from sqlalchemy import create_engine, inspect

    if url.startswith("sqlite:///") and not Path(url.removeprefix("sqlite:///")).exists():
        return True
    engine = create_engine(url)
    try:
        return not inspect(engine).get_table_names()
    finally:
        engine.dispose()


@contextmanager
def _gradebook(course: Course) -> Iterator[str]:
    """The address of the course's gradebook, with nbgrader's own noise kept off the terminal.

    Raises:
        ToolError: the body's use of the database failed; it was locked, say.
    """
    from sqlalchemy.exc import SQLAlchemyError

    with inside(course.root):
        try:
            yield nbgrader_api(course).coursedir.db_url
        except SQLAlchemyError as error:
            reason = str(error).partition("\n")[0]
            raise ToolError(f"the gradebook cannot be used: {reason} (nothing was changed)") from None


def collect(course: Course, label: str) -> None:
    """Take what students submitted out of the exchange; a newer submission replaces an older one."""
    _run(course, "collecting", label, lambda api: api.collect(label, update=True))


def collector(course: Course) -> Collect:
    """What brings single submissions from the hub's exchange into `submitted/`, as `collect` does for a whole class."""
    from tito.exchange.staff import Collect

    api = nbgrader_api(course)
    return Collect(coursedir=api.coursedir, config=api.config, update=True)


def grade(course: Course, label: str, student: str) -> None:
    """Autograde one submission, again if need be.

    Raises:
        ToolError: it cannot be graded; everybody else's is not touched.
    """
    _run(course, f"grading {student}'s", label, lambda api: api.autograde(label, student, force=True))


def feedback(course: Course, label: str, student: str) -> None:
    """Write one student's feedback and put it where they fetch it."""

    def both(api: Any) -> Any:
        written = api.generate_feedback(label, student, force=True)
        return api.release_feedback(label, student) if written["success"] else written

    _run(course, f"writing {student}'s feedback on", label, both)


@dataclass(frozen=True)
class Score:
    """One student's result of a module."""

    student: str
    points: float | None
    """After the late penalty; None when the submission could not be graded."""
    max_points: float
    penalty: float


def scores(course: Course, label: str) -> list[Score]:
    """What the gradebook holds for a module, by student."""
    from nbgrader.api import MissingEntry

    with _open_gradebook(course) as book:
        try:
            submissions = book.assignment_submissions(label) if book is not None else []
        except MissingEntry:
            return []
        return sorted((_score(found) for found in submissions), key=lambda score: score.student)


def _score(submission: Any) -> Score:
    ungraded = any(grade.auto_score is None and grade.manual_score is None for grade in _grades(submission))
    penalty = submission.late_submission_penalty or 0.0
    points = None if ungraded else submission.score - penalty
    return Score(submission.student_id, points, submission.max_score, penalty)


def _grades(submission: Any) -> list[Any]:
    return [grade for notebook in submission.notebooks for grade in notebook.grades]


def _run(course: Course, doing: str, label: str, call: Any) -> None:
    with inside(course.root):
        result = call(nbgrader_api(course))
    if not result["success"]:
        raise ToolError(f"{doing} {label} failed: {_reason(result)} (everything else is as it was)")


def _reason(result: dict[str, Any]) -> str:
    """The line of nbgrader's log that says why: the last exception, else the last error."""
    lines = [line.strip() for line in f"{result.get('log') or ''}\n{result.get('error') or ''}".splitlines()]
    raised = [line for line in lines if line.partition(":")[0].rpartition(".")[2].endswith(("Error", "Entry"))]
    errors = [line for line in lines if "ERROR" in line]
    found = (raised or errors or [line for line in lines if line] or ["nbgrader gave no reason"])[-1]
    return found.partition("Error: ")[2] if found.startswith("tito.") else found


@contextmanager
def inside(folder: Path) -> Iterator[None]:
    """Run nbgrader in the course folder, its log kept off the terminal."""
    before, search_path = Path.cwd(), os.environ.get("PATH", "")
    os.chdir(folder)
    # nbgrader starts `alembic` by name to make its database: that is the one installed beside this Python.
    os.environ["PATH"] = os.pathsep.join([str(Path(sys.executable).parent), search_path])
    logging.getLogger("traitlets").setLevel(logging.ERROR)
    try:
        with redirect_stderr(StringIO()), warnings.catch_warnings():
            warnings.simplefilter("ignore")  # nbgrader's own, about SQLAlchemy
            yield
    finally:
        os.chdir(before)
        os.environ["PATH"] = search_path
