"""The service's memory: contents in a folder, rows in a database, the row always last.

A crash leaves at worst contents that no row names; what was there before is whole. All methods may be called from
several threads at once.
"""

from __future__ import annotations

import sqlite3
import threading
import uuid
from collections.abc import Callable, Iterable, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from sqlalchemy import Engine, create_engine, event, func, select
from sqlalchemy.exc import IntegrityError, SQLAlchemyError
from sqlalchemy.orm import Session

from hub.exchange.tables import (
    SCHEMA,
    EarlyFeedback,
    Feedback,
    Meta,
    Release,
    Submission,
    Table,
    dump_files,
    load_files,
)
from tito.errors import ToolError
from tito.exchange.receipt import File, Receipt

__all__ = ["Store", "open_database"]

Clock = Callable[[], datetime]


def open_database(url: str) -> Engine:
    """Connect, and make the tables at the first start.

    Raises:
        ToolError: the database cannot be reached, or is another version's.
    """
    try:
        engine = create_engine(url, pool_pre_ping=True)
        if engine.dialect.name == "sqlite":
            event.listen(engine, "connect", _set_up_sqlite)
        Table.metadata.create_all(engine)
        with Session(engine) as session:
            found = session.get(Meta, "schema")
            if found is None:
                session.add(Meta(key="schema", value=str(SCHEMA)))
                session.commit()
            elif found.value != str(SCHEMA):
                raise ToolError(f"the exchange's database is of version {found.value}, this program's is {SCHEMA}")
    except ImportError as error:
        raise ToolError(
            f"{error.name} is missing; pip install 'tinytorch-course[postgres]' (nothing was changed)"
        ) from None
    except SQLAlchemyError as error:
        reason = str(getattr(error, "orig", None) or error).splitlines()[0]
        raise ToolError(f"the exchange's database cannot be opened: {reason} (nothing was changed)") from None
    return engine


def _set_up_sqlite(connection: Any, _record: Any) -> None:
    if isinstance(connection, sqlite3.Connection):
        for line in ("journal_mode=WAL", "synchronous=FULL", "busy_timeout=30000", "foreign_keys=ON"):
            connection.execute(f"PRAGMA {line}")


CLOCK_TOLERANCE = timedelta(minutes=1)


def _now() -> datetime:
    return datetime.now(UTC)


def _text(moment: datetime) -> str:
    return moment.astimezone(UTC).isoformat(timespec="microseconds")


class Store:
    """One course's releases, submissions and feedback."""

    def __init__(self, engine: Engine, course: str, key: Ed25519PrivateKey, clock: Clock = _now) -> None:
        self.engine, self.course, self.key, self.clock = engine, course, key, clock
        self._one_writer = threading.Lock()
        """PostgreSQL gives rows their numbers before they are permanent: of two writers, the higher number may be seen
        first, and who asks for what came `after` it never sees the lower. Only one process has this database."""

    # Releases

    def release(self, assignment: str, files: Sequence[File], by: str, force: bool) -> bool:
        """Let students fetch these files; False where the assignment is out already and `force` is not set."""
        with self._one_writer, Session(self.engine) as session, session.begin():
            if not force and self._current(session, assignment):
                return False
            session.add(
                Release(
                    course=self.course,
                    assignment=assignment,
                    released=_text(self.clock()),
                    released_by=by,
                    files=dump_files(files),
                )
            )
        return True

    def withdraw(self, assignment: str) -> bool:
        """Let nobody fetch the assignment any longer; False if nobody could."""
        with Session(self.engine) as session, session.begin():
            rows = session.scalars(self._out(assignment)).all()
            for row in rows:
                row.withdrawn = _text(self.clock())
        return bool(rows)

    def releases(self) -> list[dict[str, Any]]:
        """What students can fetch, by assignment."""
        with Session(self.engine) as session:
            rows = {row.assignment: row for row in session.scalars(self._out())}
        return [
            {"assignment": name, "released": row.released, "files": _shown(row.files)}
            for name, row in sorted(rows.items())
        ]

    def released_files(self, assignment: str) -> tuple[File, ...] | None:
        """What students fetch of the assignment; None if it is not out."""
        with Session(self.engine) as session:
            row = self._current(session, assignment)
            return load_files(row.files) if row else None

    def was_released(self, assignment: str) -> bool:
        """Was it ever out? Work on an assignment that was withdrawn since is still taken."""
        with Session(self.engine) as session:
            mine = (Release.course == self.course) & (Release.assignment == assignment)
            return session.scalar(select(Release.number).where(mine).limit(1)) is not None

    def _out(self, assignment: str = "") -> Any:
        query = select(Release).where(Release.course == self.course, Release.withdrawn.is_(None))
        if assignment:
            query = query.where(Release.assignment == assignment)
        return query.order_by(Release.number)

    def _current(self, session: Session, assignment: str) -> Release | None:
        rows: Sequence[Release] = session.scalars(self._out(assignment)).all()
        return rows[-1] if rows else None

    # Submissions

    def submit(
        self, assignment: str, student: str, request: str, files: Sequence[File], due: datetime | None
    ) -> Receipt:
        """Keep a submission; its receipt. The same `request` of a student again gives the same receipt."""
        for _ in range(5):
            found = self.by_request(student, request)
            if found:
                return found
            receipt = self._receipt(assignment, student, files, due)
            if self._add(receipt, request):
                return receipt
            # The same request came twice at once, or two submissions in one microsecond: look and try again.
        raise ToolError(f"{student}'s {assignment} could not be kept; submit again")

    def _receipt(self, assignment: str, student: str, files: Sequence[File], due: datetime | None) -> Receipt:
        return Receipt(
            submission=uuid.uuid4().hex,
            course=self.course,
            assignment=assignment,
            student=student,
            received=_text(self.clock()),
            due=_text(due) if due else None,
            files=tuple(files),
        ).signed(self.key)

    def _add(self, receipt: Receipt, request: str) -> bool:
        row = Submission(
            id=receipt.submission,
            course=receipt.course,
            assignment=receipt.assignment,
            student=receipt.student,
            request=request,
            received=receipt.received,
            due=receipt.due,
            files=dump_files(receipt.files),
            size=sum(file.size for file in receipt.files),
            receipt=receipt.to_json(),
        )
        try:
            with self._one_writer, Session(self.engine) as session, session.begin():
                session.add(row)
        except IntegrityError:
            return False
        return True

    def clock_behind(self) -> str:
        """What is wrong with this machine's clock if it is behind the newest submission's stamp; else nothing."""
        with Session(self.engine) as session:
            newest = session.scalar(select(func.max(Submission.received)))
        now = self.clock()
        if not newest or now > datetime.fromisoformat(newest) - CLOCK_TOLERANCE:
            return ""
        return (
            f"this machine's clock says {_text(now)}, but the newest submission came at {newest}; set it right "
            "(timedatectl set-ntp true), for it decides who is late (all submissions are kept, in their order)"
        )

    def by_request(self, student: str, request: str) -> Receipt | None:
        """The receipt of what a student sent under this number, if it arrived."""
        mine = (Submission.student == student) & (Submission.request == request)
        with Session(self.engine) as session:
            text = session.scalar(select(Submission.receipt).where(mine))
        return Receipt.from_json(text) if text else None

    def recent(self, student: str) -> int:
        """How many submissions a student made within the last hour."""
        since = _text(self.clock() - timedelta(hours=1))
        mine = (Submission.student == student) & (Submission.received > since)
        with Session(self.engine) as session:
            return session.scalar(select(func.count()).select_from(Submission).where(mine)) or 0

    def size_of(self, student: str) -> int:
        """Bytes of all submissions of a student."""
        with Session(self.engine) as session:
            return int(session.scalar(select(func.sum(Submission.size)).where(Submission.student == student)) or 0)

    def submissions(self, assignment: str = "", student: str = "", after: str = "") -> list[dict[str, Any]]:
        """Those of the assignment and the student, or of all where none is named, as they came.

        With `after`, the number of a submission, only those that came later.
        """
        query = select(Submission).where(Submission.course == self.course).order_by(Submission.number)
        if after:
            last = select(Submission.number).where(Submission.id == after).scalar_subquery()
            query = query.where(Submission.number > func.coalesce(last, 0))
        if assignment:
            query = query.where(Submission.assignment == assignment)
        if student:
            query = query.where(Submission.student == student)
        with Session(self.engine) as session:
            rows = session.scalars(query).all()
            numbers = [row.id for row in rows]
            final, early = (self._given(session, table, numbers) for table in (Feedback, EarlyFeedback))
        return [_listed(row, final.get(row.id), early.get(row.id)) for row in rows]

    def submission(self, number: str) -> Receipt | None:
        """The receipt of one submission, which names its files and its author."""
        mine = (Submission.course == self.course) & (Submission.id == number)
        with Session(self.engine) as session:
            text = session.scalar(select(Submission.receipt).where(mine))
        return Receipt.from_json(text) if text else None

    # Feedback

    def give_feedback(self, number: str, files: Sequence[File], by: str) -> None:
        """Let the submission's author fetch these files in the place of earlier ones."""
        with Session(self.engine) as session, session.begin():
            session.add(
                Feedback(submission=number, released=_text(self.clock()), released_by=by, files=dump_files(files))
            )

    def give_early_feedback(self, number: str, files: Sequence[File], by: str) -> None:
        """Let the submission's author fetch these files as long as there is no feedback of staff's."""
        with Session(self.engine) as session, session.begin():
            session.add(
                EarlyFeedback(submission=number, given=_text(self.clock()), given_by=by, files=dump_files(files))
            )

    def feedback(self, number: str) -> tuple[File, ...]:
        """What was given back on a submission, by staff or else early; empty if nothing was."""
        with Session(self.engine) as session:
            given = (self._given(session, table, [number]).get(number) for table in (Feedback, EarlyFeedback))
            return load_files(next(filter(None, given), "[]"))

    def _given(self, session: Session, table: type[Feedback | EarlyFeedback], numbers: Sequence[str]) -> dict[str, str]:
        """By submission the files that were given last."""
        found: dict[str, str] = {}
        for some in _batches(numbers):
            query = select(table.submission, table.files).where(table.submission.in_(some)).order_by(table.number)
            found |= {row.submission: row.files for row in session.execute(query)}
        return found

    def check(self) -> None:
        """See that the database answers.

        Raises:
            SQLAlchemyError: it does not.
        """
        with Session(self.engine) as session:
            session.scalar(select(func.count()).select_from(Meta))


def _batches(numbers: Sequence[str], size: int = 500) -> Iterable[Sequence[str]]:
    """Databases take a bounded number of values in one question."""
    return (numbers[start : start + size] for start in range(0, len(numbers), size))


def _listed(row: Submission, final: str | None, early: str | None) -> dict[str, Any]:
    return {
        "submission": row.id,
        "assignment": row.assignment,
        "student": row.student,
        "received": row.received,
        "due": row.due,
        "files": _shown(row.files),
        "feedback": _shown(final or early or "[]"),
        "early": not final and bool(early),
    }


def _shown(files: str) -> list[dict[str, Any]]:
    return [{"name": file.name, "sha256": file.sha256, "size": file.size} for file in load_files(files)]
