"""Verbs for who runs the course: backup, restore, upgrade-db."""

from __future__ import annotations

import os
from datetime import datetime
from pathlib import Path

from tito.backup import Places, find_places, make_backup, places_for_restore
from tito.backup import restore as put_back
from tito.backup.databases import is_postgres
from tito.backup.restore import check
from tito.backup.upgrade import find_databases, upgrade
from tito.class_copy import has_class
from tito.commands.context import console
from tito.course import COURSE_FILE, Course
from tito.errors import BackupError
from tito.gradebook import nbgrader_api

__all__ = ["backup", "restore", "upgrade_db"]

_ENDING = ".tar.gz"


def backup(dest: Path, data: Path | None, databases: list[str]) -> None:
    course, now = Course.find(), datetime.now()
    _refuse_docker(course, data, "backup", "DEST=/another/disk")
    places = find_places(course, data)
    if dest.is_dir() or not dest.name.endswith(_ENDING):
        dest = _folder(dest) / f"{course.id}-{now:%Y-%m-%dT%H%M%S}{_ENDING}"
    contents = make_backup(places, course.id, dest.absolute(), _servers(course, databases), now.astimezone())
    count = len(contents.snapshots)
    said = f"{len(contents.files)} files, {count} of them database{'s' * (count != 1)} copied as of one moment"
    console.print(f"{dest}: {said}, {dest.stat().st_size / 1e6:.1f} MB, of {_said(places)}", soft_wrap=True)
    console.print("It holds the hub's secrets and everybody's work: only its owner can read it.")


def restore(source: Path, to: Path | None, data: Path | None, databases: list[str]) -> None:
    contents = check(source)
    places = places_for_restore(to or _here(), data, contents.data)
    aside = put_back(source, contents, places, _parsed(databases), datetime.now())
    console.print(f"restored {len(contents.files)} files of {contents.made} to {_said(places)}", soft_wrap=True)
    for folder in aside:
        console.print(f"what was there is in {folder}", soft_wrap=True)
    if contents.version != _version():
        console.print(f"It was made with version {contents.version}: run `tito upgrade-db` before the hub starts.")


def upgrade_db(data: Path | None, databases: list[str]) -> None:
    course = Course.find()
    _refuse_docker(course, data, "upgrade-db")
    places = find_places(course, data)
    found = find_databases(places, _servers(course, databases))
    for database in found:
        done = upgrade(places, database, datetime.now())
        if done.copy is None:
            console.print(f"{database} is up to date ({done.after})", soft_wrap=True)
        else:
            before = done.before or "no version"
            console.print(f"{database}: {before} -> {done.after}; as it was: {done.copy}", soft_wrap=True)
    if not found:
        console.print("there is no database yet")


def _refuse_docker(course: Course, data: Path | None, verb: str, more: str = "") -> None:
    """A class under Docker keeps its work in Docker's volumes: what is here would look like it and hold none of it.

    Raises:
        BackupError: there is one, and nobody said that the data of `make serve` is meant.
    """
    if data is None and has_class(course):
        command = " ".join(filter(None, ["make", verb, "DOCKER=1", more]))
        raise BackupError(
            f"this folder's class runs under Docker, and its work is not here: {command}; for what `make serve` keeps "
            "here, name it: DATA=var (nothing was done)"
        )


def _folder(dest: Path) -> Path:
    try:
        dest.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise BackupError(f"{dest} cannot be made: {error.strerror} (nothing was done)") from None
    return dest


def _here() -> Path:
    """The folder of the real course.toml, even of a broken one; after everything was lost, the working folder."""
    start = Path(os.environ.get("TINYTORCH_COURSE") or Path.cwd()).absolute()
    for folder in (start, *start.parents):
        if (folder / COURSE_FILE).is_file():
            return (folder / COURSE_FILE).resolve().parent
    return start


def _said(places: Places) -> str:
    return str(places.root) if places.data is None else f"{places.root} and {places.data}"


def _version() -> str:
    import tito

    return tito.__version__


def _servers(course: Course, databases: list[str]) -> dict[str, str]:
    """The PostgreSQL databases: those that were named, and the gradebook if nbgrader's configuration has it there."""
    url = str(nbgrader_api(course).coursedir.db_url)
    return ({"gradebook": url} if is_postgres(url) else {}) | _parsed(databases)


def _parsed(databases: list[str]) -> dict[str, str]:
    pairs = {}
    for text in databases:
        name, _, url = text.partition("=")
        if not name.isalnum() or not is_postgres(url):
            raise BackupError(f"--database {name!r} must be NAME=postgresql://user@host/name (nothing was done)")
        pairs[name] = url
    return pairs
