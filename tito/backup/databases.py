"""Consistent copies of databases in use: SQLite's online backup, PostgreSQL's pg_dump."""

from __future__ import annotations

import os
import shutil
import sqlite3
import subprocess
import time
from contextlib import closing
from pathlib import Path

from tito.addresses import shown
from tito.errors import BackupError

__all__ = ["dump_postgres", "is_postgres", "is_sqlite", "restore_postgres", "snapshot"]

PATIENCE = 60.0
"""Seconds that a database may stay locked before its copy is given up."""


def is_sqlite(path: Path) -> bool:
    """Whether the file is a SQLite database, by how it begins."""
    try:
        with path.open("rb") as file:
            return file.read(16) == b"SQLite format 3\0"
    except OSError:
        return False


def snapshot(source: Path, target: Path, patience: float = PATIENCE) -> None:
    """Copy a SQLite database as it is at one moment, while others write to it.

    Raises:
        BackupError: it stays locked, or is no database after all.
    """
    deadline = time.monotonic() + patience

    def give_up(_status: int, _remaining: int, _total: int) -> None:
        if time.monotonic() > deadline:
            raise TimeoutError

    target.unlink(missing_ok=True)
    try:
        with (
            closing(sqlite3.connect(f"{source.absolute().as_uri()}?mode=ro", uri=True, timeout=0.1)) as live,
            closing(sqlite3.connect(target)) as copy,
        ):
            live.backup(copy, progress=give_up)
    except TimeoutError:
        raise BackupError(f"{source} stays locked; try again later (nothing was changed)") from None
    except sqlite3.Error as error:
        raise BackupError(f"{source} cannot be copied: {error} (nothing was changed)") from None


def is_postgres(url: str) -> bool:
    """Whether `url` names a PostgreSQL database."""
    return url.startswith(("postgresql:", "postgresql+", "postgres:"))


def dump_postgres(url: str, target: Path) -> None:
    """Write a database, as it is at one moment, into `target`.

    Raises:
        BackupError: pg_dump is not installed, or fails.
    """
    _run(["pg_dump", "--format=custom", "--no-owner", f"--file={target}"], url)


def restore_postgres(url: str, dump: Path) -> None:
    """Put a dump back in place of what the database holds, in one transaction.

    Raises:
        BackupError: pg_restore is not installed, or fails; the database is as it was.
    """
    _run(["pg_restore", "--clean", "--if-exists", "--no-owner", "--single-transaction", "--exit-on-error"], url, dump)


def _run(command: list[str], url: str, *rest: Path) -> None:
    """Run a PostgreSQL program on a database. Its password goes through the environment: others see command lines."""
    # Here, since `make restore DOCKER=1` runs on machines that have a Python and Docker alone.
    from sqlalchemy.engine import make_url
    from sqlalchemy.exc import ArgumentError

    try:
        parsed = make_url(url)
    except ArgumentError:
        raise BackupError("a database's address must be like postgresql://user@host/name (nothing was done)") from None
    if shutil.which(command[0]) is None:
        raise BackupError(f"{command[0]} is not installed; Debian has it in postgresql-client (nothing was done)")
    address = parsed._replace(drivername="postgresql", password=None).render_as_string(hide_password=False)
    environment = os.environ | ({} if parsed.password is None else {"PGPASSWORD": str(parsed.password)})
    command = [*command, f"--dbname={address}", *map(str, rest)]
    found = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    if found.returncode:
        reason = (found.stderr.strip() or "it gave no reason").splitlines()[0]
        raise BackupError(f"{command[0]} {shown(address)}: {reason} (the database is as it was)")
