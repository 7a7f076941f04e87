"""Bringing databases to the schema of the installed nbgrader and JupyterHub, each copied first."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from subprocess import CalledProcessError
from typing import Any

from tito.addresses import shown
from tito.backup.databases import dump_postgres, is_postgres, snapshot
from tito.backup.gradebook_courses import BEFORE, add_courses
from tito.backup.places import GRADEBOOK, Places, while_stopped
from tito.errors import BackupError

__all__ = ["Database", "Upgrade", "find_databases", "migrate", "revisions", "upgrade"]


@dataclass(frozen=True)
class Database:
    """A database and the program whose schema it has."""

    owner: str
    """`nbgrader` or `jupyterhub`."""
    url: str

    @property
    def path(self) -> Path | None:
        """Its file; None on a server."""
        return None if is_postgres(self.url) else Path(self.url.removeprefix("sqlite:///"))

    def __str__(self) -> str:
        return str(self.path or shown(self.url))


@dataclass(frozen=True)
class Upgrade:
    """What was done to one database."""

    database: Database
    before: str
    after: str
    copy: Path | None
    """How it was before; None where nothing was to be done."""


def find_databases(places: Places, servers: Mapping[str, str]) -> list[Database]:
    """The gradebooks and the hub's records of a course; `servers` has the PostgreSQL addresses, by name."""
    owners = {"gradebook": "nbgrader", "hub": "jupyterhub"}
    found = [Database(owners[name], url) for name, url in servers.items() if name in owners]
    files = [("nbgrader", places.root / GRADEBOOK)]
    if places.data is not None:
        files += [("nbgrader", places.data / "course" / GRADEBOOK)]
        files += [("jupyterhub", places.data / "hub" / "jupyterhub.sqlite")]
    return found + [Database(owner, f"sqlite:///{path}") for owner, path in files if path.is_file()]


def upgrade(places: Places, database: Database, now: datetime) -> Upgrade:
    """Bring a database to the newest schema; it is copied first and left alone where it is up to date.

    Raises:
        BackupError: it cannot be upgraded; the line names its copy.
    """
    with while_stopped(places):
        before, newest = revisions(database)
        if before == newest:
            return Upgrade(database, before, newest, None)
        copy = _copy(places, database, now)
        migrate(database, f"from {before} to {newest}; its copy is {copy}")
        return Upgrade(database, before, newest, copy)


def migrate(database: Database, told: str) -> None:
    """Bring a database to the newest schema; `told` ends the line that says that it failed.

    Raises:
        BackupError: it cannot be upgraded.
    """
    from sqlalchemy.exc import SQLAlchemyError

    tools = _tools(database.owner)
    try:
        with _programs_of_this_python():
            if _needs_courses(database):
                tools.upgrade(database.url, BEFORE)
                add_courses(database.url)
            tools.upgrade(database.url)
    except CalledProcessError:  # alembic has said why
        raise BackupError(f"{database} cannot be upgraded {told}") from None
    except SQLAlchemyError as error:
        reason = str(error).partition("\n")[0]
        raise BackupError(f"{database} cannot be upgraded {told} ({reason})") from None


def _needs_courses(database: Database) -> bool:
    """Is it a gradebook in PostgreSQL from before the step that nbgrader cannot do there?"""
    if database.owner != "nbgrader" or not is_postgres(database.url):
        return False
    older = {script.revision for script in _scripts(database.owner).iterate_revisions(BEFORE, "base")}
    return revisions(database)[0] in older


def _scripts(owner: str) -> Any:
    """The migrations that the installed version brings."""
    from alembic.config import Config
    from alembic.script import ScriptDirectory

    config = Config()
    config.set_main_option("script_location", str(_tools(owner).ALEMBIC_DIR).replace("%", "%%"))
    return ScriptDirectory.from_config(config)


def _tools(owner: str) -> Any:
    if owner == "nbgrader":
        from nbgrader import dbutil
    else:
        from jupyterhub import dbutil
    return dbutil


def revisions(database: Database) -> tuple[str, str]:
    """The schema that a database has and the newest one, as alembic names them; an empty one has none to change.

    Raises:
        BackupError: it cannot be opened.
    """
    from alembic.migration import MigrationContext
    from sqlalchemy import create_engine, inspect
    from sqlalchemy.exc import SQLAlchemyError

    newest = _scripts(database.owner).get_current_head() or ""
    try:
        engine = create_engine(database.url)
        try:
            with engine.connect() as connection:
                if not inspect(connection).get_table_names():
                    return newest, newest
                return MigrationContext.configure(connection).get_current_revision() or "", newest
        finally:
            engine.dispose()
    except (SQLAlchemyError, ImportError) as error:
        reason = str(error).partition("\n")[0]
        raise BackupError(f"{database} cannot be opened: {reason} (nothing was changed)") from None


def _copy(places: Places, database: Database, now: datetime) -> Path:
    stamp = f"before-upgrade-{now:%Y-%m-%dT%H%M%S}"
    if database.path is not None:
        copy = database.path.with_name(f"{database.path.name}.{stamp}")
        snapshot(database.path, copy)
    else:
        copy = (places.data or places.root) / f"{database.owner}.{stamp}.dump"
        dump_postgres(database.url, copy)
    copy.chmod(0o600)
    return copy


@contextmanager
def _programs_of_this_python() -> Iterator[None]:
    """Both packages start `alembic` by name, which must be the one installed beside them; its talk goes to stderr."""
    path, told = os.environ.get("PATH", ""), os.dup(1)
    os.environ["PATH"] = os.pathsep.join([str(Path(sys.executable).parent), path])
    os.dup2(2, 1)
    try:
        yield
    finally:
        os.dup2(told, 1)
        os.close(told)
        os.environ["PATH"] = path
