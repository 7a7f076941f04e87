"""Where a course's gradebook and its grading farm are, where that is not the course folder.

Addresses carry passwords. They come from the environment first, so that course.toml need not hold any, and are shown
without them.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING
from urllib.parse import urlencode

from tito.errors import CourseFileError

if TYPE_CHECKING:
    from tito.course import Course

__all__ = ["BROKER", "DATABASE", "address_problem", "broker_url", "database_url", "shown", "verified", "watched"]

DATABASE = "TINYTORCH_DATABASE"
"""Environment variable with the gradebook's address; nbgrader_config.py reads it, too."""

BROKER = "TINYTORCH_BROKER"
"""Environment variable with the address of the farm's Redis."""

_SCHEMES = {
    DATABASE: ("postgresql+psycopg://", "sqlite:///"),
    BROKER: ("redis://", "rediss://"),
}


_SILENCE = 30
"""Seconds after which a database that says nothing, not even by TCP's own means, counts as gone."""


def watched(database: str) -> str:
    """The gradebook's address, with the client told to notice that the server vanished.

    Without it, libpq waits from a quarter of an hour to two hours for a server behind a cut link. An address that has
    options of its own is left alone. No value needs a `%`, at which nbgrader's own upgrade stumbles.
    """
    if not database.startswith("postgresql") or "?" in database:
        return database
    keepalives = {"keepalives_idle": _SILENCE // 3, "keepalives_interval": _SILENCE // 3, "keepalives_count": 2}
    options = {"connect_timeout": _SILENCE, **keepalives, "tcp_user_timeout": 1000 * _SILENCE}
    return f"{database}?{urlencode(options)}"


def database_url(course: Course) -> str:
    """The gradebook's SQLAlchemy address: TINYTORCH_DATABASE, else course.toml's, else SQLite in the course folder.

    Raises:
        CourseFileError: it is of no kind that the gradebook works with.
    """
    return _from_environment(DATABASE) or course.database or f"sqlite:///{course.root / 'gradebook.db'}"


def broker_url(course: Course | None = None) -> str:
    """The farm's Redis: TINYTORCH_BROKER, else course.toml's; empty when there is no farm.

    Raises:
        CourseFileError: it is no Redis address.
    """
    return verified(_from_environment(BROKER) or (course.broker if course else ""))


def verified(broker: str) -> str:
    """The broker's address, with the client told to check the certificate: Celery does so only where it is asked to.

    An address that says itself how it is checked is left alone.
    """
    if not broker.startswith("rediss://") or "ssl_cert_reqs=" in broker:
        return broker
    return f"{broker}{'&' if '?' in broker else '?'}ssl_cert_reqs=required"


def address_problem(kind: str, address: str) -> str | None:
    """Why `address` cannot be a DATABASE or BROKER, or None."""
    if address.startswith(_SCHEMES[kind]):
        return None
    return f"must start with {' or '.join(_SCHEMES[kind])}, got {shown(address)!r}"


def shown(address: str) -> str:
    """The address for people and logs: without its password."""
    scheme, mark, rest = address.partition("://")
    access, at, place = rest.rpartition("@")
    user, colon, _ = access.partition(":")
    place = place.partition("?")[0]  # options may hold one as well
    return f"{scheme}{mark}{user}{colon and ':***'}{at}{place}"


def _from_environment(name: str) -> str:
    address = os.environ.get(name, "")
    problem = address_problem(name, address) if address else None
    if problem:
        raise CourseFileError(f"{name} {problem} (nothing was changed)")
    return address
