"""The service's database: what was released, handed in and given back. Rows are added, never removed.

Times are text, ISO 8601 in UTC with microseconds, so that they sort as they follow each other in every database.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import asdict

from sqlalchemy import BigInteger, ForeignKey, String, Text, UniqueConstraint
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

from tito.exchange.receipt import File

__all__ = ["SCHEMA", "EarlyFeedback", "Feedback", "Meta", "Release", "Submission", "Table", "dump_files", "load_files"]

SCHEMA = 1
"""Raised with every change of a table; one more table is made at the next start."""


class Table(DeclarativeBase):
    """What all tables derive from."""


class Meta(Table):
    """Which version of the tables this database has."""

    __tablename__ = "exchange_meta"
    key: Mapped[str] = mapped_column(String(40), primary_key=True)
    value: Mapped[str] = mapped_column(String(40))


class Release(Table):
    """One release of an assignment. The newest that was not withdrawn is what students fetch."""

    __tablename__ = "exchange_releases"
    number: Mapped[int] = mapped_column(primary_key=True, autoincrement=True)
    course: Mapped[str] = mapped_column(String(64), index=True)
    assignment: Mapped[str] = mapped_column(String(64))
    released: Mapped[str] = mapped_column(String(40))
    released_by: Mapped[str] = mapped_column(String(64))
    withdrawn: Mapped[str | None] = mapped_column(String(40))
    files: Mapped[str] = mapped_column(Text)


class Submission(Table):
    """One hand-in. `number` orders them as they came, whatever the clock did."""

    __tablename__ = "exchange_submissions"
    __table_args__ = (
        UniqueConstraint("student", "request"),
        UniqueConstraint("course", "assignment", "student", "received"),  # names the submission in nbgrader's folders
    )
    number: Mapped[int] = mapped_column(primary_key=True, autoincrement=True)
    id: Mapped[str] = mapped_column(String(32), unique=True)
    course: Mapped[str] = mapped_column(String(64))
    assignment: Mapped[str] = mapped_column(String(64))
    student: Mapped[str] = mapped_column(String(64))
    request: Mapped[str] = mapped_column(String(64))
    """The sender's number for this hand-in: sent twice, it is kept once."""
    received: Mapped[str] = mapped_column(String(40))
    due: Mapped[str | None] = mapped_column(String(40))
    files: Mapped[str] = mapped_column(Text)
    size: Mapped[int] = mapped_column(BigInteger)
    """Bytes of all files together."""
    receipt: Mapped[str] = mapped_column(Text)


class Feedback(Table):
    """What staff gave back on one submission. The newest counts."""

    __tablename__ = "exchange_feedback"
    number: Mapped[int] = mapped_column(primary_key=True, autoincrement=True)
    submission: Mapped[str] = mapped_column(ForeignKey("exchange_submissions.id"), index=True)
    released: Mapped[str] = mapped_column(String(40))
    released_by: Mapped[str] = mapped_column(String(64))
    files: Mapped[str] = mapped_column(Text)


class EarlyFeedback(Table):
    """What a machine said of one submission at once. It counts until staff give feedback."""

    __tablename__ = "exchange_early_feedback"
    number: Mapped[int] = mapped_column(primary_key=True, autoincrement=True)
    submission: Mapped[str] = mapped_column(ForeignKey("exchange_submissions.id"), index=True)
    given: Mapped[str] = mapped_column(String(40))
    given_by: Mapped[str] = mapped_column(String(64))
    files: Mapped[str] = mapped_column(Text)


def dump_files(files: Iterable[File]) -> str:
    """A column's text for files."""
    return json.dumps([asdict(file) for file in files])


def load_files(text: str) -> tuple[File, ...]:
    """The files that a column names."""
    return tuple(File(**values) for values in json.loads(text))
