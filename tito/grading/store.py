"""Graded submissions in the course folder: files under autograded/ and rows of nbgrader's gradebook, in batches.

What it writes is what `nbgrader autograde` writes; a test compares the two. Several that grade at once take turns, a
batch each.
"""

from __future__ import annotations

import json
import shutil
from contextlib import AbstractContextManager, ExitStack
from pathlib import Path
from time import monotonic
from typing import TYPE_CHECKING, Any

from tito.cells import grade_id, is_solution
from tito.course import Course
from tito.errors import ToolError
from tito.files import locked
from tito.grading.result import METADATA_KEY, GradedSubmission
from tito.modules import find_module
from tito.nbgrader_plugins.guard import drop_extras
from tito.new_gradebook import make_gradebook
from tito.notebooks import notebook_text

if TYPE_CHECKING:
    from nbformat import NotebookNode
    from nbgrader.api import Gradebook

__all__ = ["Store", "stored_result"]

_BATCH = 25
_LONGEST_TURN = 2.0
"""Seconds that rows wait for their commit while more come: SQLite lets nobody else write, and nbgrader, where a TA
grades by hand, gives up after five."""


class Store(AbstractContextManager["Store"]):
    """Writes results of one course; use it in `with`, and rows that are not committed yet are committed at its end."""

    def __init__(self, course: Course) -> None:
        from tito.gradebook import nbgrader_api

        self._course = course
        api = nbgrader_api(course)
        self._coursedir, self._config = api.coursedir, api.config
        self._book: Gradebook | None = None
        self._waiting: list[Path] = []
        """New folders that take their place once their rows are permanent."""
        self._turn = ExitStack()
        self._has_turn = False
        self._since = 0.0

    def __enter__(self) -> Store:
        from nbgrader.api import Gradebook

        make_gradebook(self._coursedir.db_url, self._course.id)
        self._book = Gradebook(self._coursedir.db_url, self._course.id)
        return self

    def __exit__(self, *_: object) -> None:
        if self._book is None:
            return
        try:
            self.commit()
        finally:  # where the database went away, too: the next one that grades must have its turn
            self._end_turn()
            self._book.close()
            self._book = None

    @property
    def db_url(self) -> str:
        """Where the gradebook is."""
        return str(self._coursedir.db_url)

    def record(self, graded: GradedSubmission, notebook: NotebookNode) -> None:
        """Write one graded submission: its rows, and its files beside where they will stand.

        Raises:
            ToolError: the module was never generated, or the disk is full; what was there is kept.
        """
        notebook = self._limited(notebook)
        self._begin_turn()
        try:
            fresh = self._write_files(graded, notebook)  # first: a full disk must leave no rows without their files
            self._keep_rows()
            self._write_rows(graded, notebook)
        except BaseException:
            if not self._waiting:
                self._give_up_turn()
            raise
        self._waiting.append(fresh)
        if len(self._waiting) >= _BATCH or monotonic() - self._since > _LONGEST_TURN:
            self.commit()

    def forget(self, module: str, student: str) -> None:
        """Take the graded copy away: a newer submission cannot be graded, and the old grade is not its."""
        self._begin_turn()
        _remove(self._folder("autograded", module, student))
        if not self._waiting:
            self._end_turn()

    def commit(self) -> None:
        """Make what was recorded so far permanent: rows first, for the files are what says that it is graded.

        Killed between the two, the next run records the same again.
        """
        if not self._waiting:
            return
        assert self._book is not None
        self._book.db.commit()
        while self._waiting:
            fresh = self._waiting.pop()
            folder = fresh.with_name(fresh.name.removeprefix(".").removesuffix(".new"))
            _remove(folder)
            fresh.rename(folder)
        self._end_turn()

    def _begin_turn(self) -> None:
        """Wait until no other `tito grade` has rows that are not permanent or folders that are not in their place."""
        if not self._has_turn:
            folder = self._course.root / "autograded"
            folder.mkdir(exist_ok=True)
            self._turn.enter_context(locked(folder))
            self._has_turn, self._since = True, monotonic()

    def _give_up_turn(self) -> None:
        """Nothing of it is to stay: no row, and no lock that others wait for."""
        assert self._book is not None
        self._book.db.rollback()
        self._end_turn()

    def _end_turn(self) -> None:
        self._turn.close()
        self._has_turn = False

    def _keep_rows(self) -> None:
        """Until the commit nobody else adds a submission, nbgrader neither: what is looked for and not there is added.

        Without it SQLite would let others write between the look and the first row.
        """
        assert self._book is not None
        connection = self._book.db.connection()
        if connection.dialect.name != "sqlite":
            connection.exec_driver_sql("LOCK TABLE submitted_assignment, student IN SHARE ROW EXCLUSIVE MODE")
        elif not connection.connection.dbapi_connection.in_transaction:
            connection.exec_driver_sql("BEGIN IMMEDIATE")

    def _limited(self, notebook: NotebookNode) -> NotebookNode:
        """Long outputs cut as nbgrader's converter cuts them; the result in the metadata has them whole."""
        from nbgrader.preprocessors import LimitOutput

        return LimitOutput(config=self._config).preprocess(notebook, {})[0]

    def _write_rows(self, graded: GradedSubmission, notebook: NotebookNode) -> None:
        submission = self._submission(graded)
        (submitted,) = submission.notebooks
        earned = {test.id: test.earned for test in graded.tests}
        for grade in submitted.grades:
            grade.auto_score = earned.get(grade.name)
            grade.needs_manual_grade = grade.manual_score is not None or grade.auto_score is None
        untouched = _untouched(notebook)
        for comment in submitted.comments:
            comment.auto_comment = "No response." if comment.name in untouched else None
        assert self._book is not None
        self._book.db.flush()
        self._book.db.refresh(submitted)
        submitted.late_submission_penalty = self._penalty(submission, submitted.score)

    def _submission(self, graded: GradedSubmission) -> Any:
        """The gradebook's row, made if need be, with one empty grade a test."""
        from nbgrader.api import MissingEntry, Student
        from nbgrader.utils import parse_utc

        assert self._book is not None
        book = self._book
        try:
            submission = book.find_submission(graded.module, graded.student)
        except MissingEntry:
            if not book.db.query(Student).filter(Student.id == graded.student).first():
                book.db.add(Student(id=graded.student))
                book.db.flush()
            try:
                submission = _new_submission(book, graded.module, graded.student)
            except MissingEntry:
                raise ToolError(
                    f"{graded.module} is not in the gradebook; run `tito release {graded.module}` (no score was set)"
                ) from None
        if graded.attempt:
            submission.timestamp = parse_utc(graded.attempt)
        submission.extension = self._course.extension(find_module(graded.module), graded.student)
        return submission

    def _penalty(self, submission: Any, score: float) -> float | None:
        seconds = submission.total_seconds_late
        return min(score, max(0.0, self._course.late.penalty(score, seconds))) if seconds > 0 else None

    def _write_files(self, graded: GradedSubmission, notebook: NotebookNode) -> Path:
        """A whole new folder takes the old one's place, so that no reader sees half of it; this one is the new one."""
        folder = self._folder("autograded", graded.module, graded.student)
        fresh = folder.with_name(f".{folder.name}.new")
        try:
            _remove(fresh)
            fresh.mkdir(parents=True)
            for origin in (self._folder("submitted", graded.module, graded.student), self._source(graded.module)):
                _copy_others(origin, fresh)
            drop_extras(fresh, self._source(graded.module))
            (fresh / f"{graded.module}.ipynb").write_text(notebook_text(notebook), encoding="utf-8")
            for path in fresh.rglob("*"):
                if path.is_file():
                    path.chmod(0o444)
        except OSError as error:
            _remove(fresh)
            raise ToolError(f"{folder} cannot be written: {error.strerror}; free some space and grade again") from None
        return fresh

    def _folder(self, step: str, module: str, student: str) -> Path:
        return Path(self._course.root, step, student, module)

    def _source(self, module: str) -> Path:
        return Path(self._course.root, "source", module)


def stored_result(course: Course, module: str, student: str) -> GradedSubmission | None:
    """What is known of a submission that was graded before; None when there is nothing to rely on."""
    path = course.root / "autograded" / student / module / f"{module}.ipynb"
    try:
        found = json.loads(path.read_bytes())["metadata"][METADATA_KEY]
        return GradedSubmission.from_json(found)
    except (OSError, ValueError, LookupError, TypeError):
        return None


def _new_submission(book: Gradebook, module: str, student: str) -> Any:
    """What nbgrader's `Gradebook.add_submission` makes, not committed yet: it goes with its grades or not at all.

    Raises:
        MissingEntry: the module was never generated.
    """
    from nbgrader.api import Comment, Grade, SubmittedAssignment, SubmittedNotebook

    assignment, owner = book.find_assignment(module), book.find_student(student)
    with book.db.no_autoflush:
        submission = SubmittedAssignment(assignment=assignment, student=owner)
        for notebook in assignment.notebooks:
            submitted = SubmittedNotebook(notebook=notebook, assignment=submission)
            for cell in [*notebook.grade_cells, *notebook.task_cells]:
                Grade(cell_id=cell.id, notebook=submitted)
            for cell in [*notebook.solution_cells, *notebook.task_cells]:
                Comment(cell_id=cell.id, notebook=submitted)
        book.db.add(submission)
        book.db.flush()
    return submission


def _untouched(notebook: NotebookNode) -> set[str]:
    """The solution cells that are as they were released."""
    from nbgrader.utils import compute_checksum

    return {
        str(grade_id(cell))
        for cell in notebook.cells
        if is_solution(cell) and cell["metadata"]["nbgrader"].get("checksum") == compute_checksum(cell)
    }


def _copy_others(origin: Path, dest: Path) -> None:
    """What came with a notebook. Links never get here: a submission that has one is not graded."""
    for path in sorted(origin.rglob("*")) if origin.is_dir() else ():
        hidden = any(part in {".ipynb_checkpoints", "__pycache__"} for part in path.relative_to(origin).parts)
        if path.is_file() and not path.is_symlink() and path.suffix not in {".ipynb", ".pyc"} and not hidden:
            target = dest / path.relative_to(origin)
            target.parent.mkdir(parents=True, exist_ok=True)
            target.unlink(missing_ok=True)
            shutil.copy(path, target)


def _remove(folder: Path) -> None:
    if folder.is_dir():
        for path in folder.rglob("*"):
            if path.is_dir():
                path.chmod(0o755)
        shutil.rmtree(folder)
