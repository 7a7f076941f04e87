"""A new gradebook: whole or not there, whoever else opens it in the same moment.

nbgrader looks whether there are tables and then makes them, one by one, and so with the course's row. Of two processes
that open a new gradebook at once, as a hub's services and the formgrader may, one fails on the other's.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from sqlalchemy import Connection, Engine

__all__ = ["make_gradebook"]

DEFAULT_COURSE = "default_course"
"""Of the parts of nbgrader that open the gradebook without naming the course."""

_LOCK = 7_204_110_021
"""PostgreSQL's locks are numbers; this one is nobody else's."""

_there: set[str] = set()


def make_gradebook(db_url: str, course: str) -> None:
    """See that nbgrader's tables are in the database at `db_url`, with the rows of the courses.

    Tables are made in one transaction: the second of two finds what the first has made, and a reader never sees some of
    them. Those that nbgrader made itself have the row of the course that was named to it alone.

    Raises:
        SQLAlchemyError: the database does not answer.
    """
    if db_url in _there:
        return
    from sqlalchemy import create_engine, inspect

    engine = create_engine(db_url)
    try:
        if not inspect(engine).get_table_names():
            _make(engine, [course, DEFAULT_COURSE])
        elif inspect(engine).has_table("course"):  # not in one that is older than courses: it is still to be upgraded
            with engine.begin() as connection:
                _add_courses(connection, [course, DEFAULT_COURSE])
    finally:
        engine.dispose()
    _there.add(db_url)


def _make(engine: Engine, courses: Iterable[str]) -> None:
    from nbgrader import api
    from sqlalchemy import inspect

    version = api.get_alembic_version()  # starts a program: not while others wait
    sqlite = engine.dialect.name == "sqlite"
    with engine.connect() as connection:
        connection.exec_driver_sql("BEGIN IMMEDIATE" if sqlite else f"SELECT pg_advisory_xact_lock({_LOCK})")
        if inspect(connection).get_table_names():
            return
        api.Base.metadata.create_all(connection)
        connection.exec_driver_sql("CREATE TABLE alembic_version (version_num VARCHAR(32) NOT NULL)")
        connection.exec_driver_sql(f"INSERT INTO alembic_version (version_num) VALUES ('{version}')")
        _add_courses(connection, courses)
        connection.commit()


def _add_courses(connection: Connection, names: Iterable[str]) -> None:
    """Add the rows that are missing. Another process may have just added one."""
    from sqlalchemy import text

    known = set(connection.scalars(text("SELECT id FROM course")))
    for name in names:
        if name not in known:
            connection.execute(text("INSERT INTO course (id) VALUES (:id) ON CONFLICT DO NOTHING"), {"id": name})
