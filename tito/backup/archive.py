"""Writing a backup: one compressed tar file, whole or not at all, with a checksum of every file in its last member."""

from __future__ import annotations

import hashlib
import io
import json
import os
import tarfile
import tempfile
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import IO

import tito
from tito.backup.databases import dump_postgres, is_sqlite, snapshot
from tito.backup.places import COMPANIONS, Places
from tito.errors import BackupError

__all__ = ["MANIFEST", "Contents", "make_backup"]

MANIFEST = "manifest.json"

_IN_MEMORY = 16 * 1024 * 1024
_STUDENTS = {"homes", "submitted", "autograded", "feedback", "inbound", "contents"}
"""Folders in which students' own files lie; a database among them is copied as a file where nothing else works."""

_TRIES = 5
"""A file that changes while it is read is read again, this often."""


@dataclass
class Contents:
    """What an archive holds."""

    course: str
    made: str
    data: str | None
    """Where the hub's data stood: relative to the course if it was inside, else absolute."""
    root: str
    version: str = tito.__version__
    files: dict[str, str] = field(default_factory=dict)
    """SHA-256 by name."""
    snapshots: list[str] = field(default_factory=list)
    """The files that are SQLite databases, copied as of one moment."""


def make_backup(places: Places, course: str, dest: Path, databases: Mapping[str, str], now: datetime) -> Contents:
    """Write everything into `dest`. `databases` are PostgreSQL addresses by name.

    Databases are copied before files: a file that a record speaks of was there before the record.

    Raises:
        BackupError: it cannot be written whole; there is no `dest` then.
    """
    _refuse_inside(places, dest)
    try:
        with tempfile.TemporaryDirectory(dir=dest.parent, prefix=".backup-") as folder:
            partial = Path(folder, dest.name)  # in a folder of its own: two may be asked for in one second
            contents = _write(places, course, partial, databases, now, Path(folder))
            _refuse_inside(places, dest)
            partial.replace(dest)
    except OSError as error:
        what = error.filename or dest
        raise BackupError(f"{what} cannot be backed up: {error.strerror}; there is no backup of this time") from None
    return contents


def _refuse_inside(places: Places, dest: Path) -> None:
    target = dest.parent.resolve()
    tops = [top.resolve() for name in places.folders() for top in places.tops(name)]
    if dest.exists():
        raise BackupError(f"{dest} is there already; a backup replaces nothing (nothing was done)")
    if places.data in (target, *target.parents) or any(top in (target, *target.parents) for top in tops):
        raise BackupError(
            f"{dest} lies in what is backed up; take another folder, best another disk (nothing was done)"
        )


def _write(
    places: Places, course: str, partial: Path, databases: Mapping[str, str], now: datetime, folder: Path
) -> Contents:
    data = places.data
    relative = data is not None and data.is_relative_to(places.root)
    contents = Contents(
        course,
        now.astimezone(UTC).isoformat(timespec="seconds"),
        None if data is None else str(data.relative_to(places.root) if relative else data),
        str(places.root),
    )
    for name, url in databases.items():
        dump_postgres(url, folder / f"{name}.dump")
    copies = _snapshots(places, folder)
    handle = os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)  # it holds the hub's secrets
    with os.fdopen(handle, "wb") as file:
        with tarfile.open(fileobj=file, mode="w:gz", compresslevel=3) as archive:
            for name in databases:
                _add_file(archive, contents, f"databases/{name}.dump", folder / f"{name}.dump")
            for name, path in places.entries():
                if _is_companion(name, contents):
                    continue
                _add(archive, contents, name, path, copies, folder)
            _add_manifest(archive, contents)
        file.flush()
        os.fsync(file.fileno())
    return contents


def _snapshots(places: Places, folder: Path) -> dict[str, Path]:
    """A copy of every SQLite database, by its name in the archive."""
    copies: dict[str, Path] = {}
    for name, path in places.entries():
        if not path.is_symlink() and path.is_file() and is_sqlite(path):
            copy = folder / f"{len(copies)}.sqlite"
            if _try_snapshot(name, path, copy):
                copies[name] = copy
    return copies


def _is_companion(name: str, contents: Contents) -> bool:
    """Whether the file belongs to a database whose copy has what is in it; names are sorted, so the copy came first."""
    return any(name.endswith(ending) and name.removesuffix(ending) in contents.snapshots for ending in COMPANIONS)


def _try_snapshot(name: str, path: Path, copy: Path) -> bool:
    """Whether there is a copy. What students keep in a database of their own cannot stop a backup."""
    try:
        snapshot(path, copy)
    except BackupError:
        if not _STUDENTS.intersection(name.split("/")):
            raise
        return False
    return True


def _add(
    archive: tarfile.TarFile, contents: Contents, name: str, path: Path, copies: Mapping[str, Path], folder: Path
) -> None:
    copy = copies.get(name)
    if copy is None and not path.is_symlink() and is_sqlite(path):  # made since the others were copied
        late = folder / "late.sqlite"
        copy = late if _try_snapshot(name, path, late) else None
    with suppress(FileNotFoundError):  # gone since it was listed
        if copy is not None:
            _add_file(archive, contents, name, copy, like=path)
            contents.snapshots.append(name)
        elif path.is_symlink() or path.is_dir():
            archive.add(path, name, recursive=False)
        else:
            _add_file(archive, contents, name, path)


def _add_file(archive: tarfile.TarFile, contents: Contents, name: str, path: Path, like: Path | None = None) -> None:
    """Add a file's bytes with the owner, mode and time of `like`; tar would fail on a file that shrinks meanwhile."""
    with tempfile.SpooledTemporaryFile(_IN_MEMORY) as copy:
        digest = _read(path, copy)
        member = archive.gettarinfo(like or path, name)
        member.type, member.linkname = tarfile.REGTYPE, ""  # a second name of one file is a file of its own
        member.size = copy.tell()
        copy.seek(0)
        archive.addfile(member, copy)
    contents.files[name] = digest


def _read(path: Path, copy: IO[bytes]) -> str:
    """Copy a file as it was at one moment, if it ever rests; gives its SHA-256."""
    for _ in range(_TRIES):
        copy.seek(0)
        copy.truncate()
        digest = hashlib.sha256()
        handle = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
        with os.fdopen(handle, "rb") as file:
            before = os.fstat(handle)
            while block := file.read(1024 * 1024):
                copy.write(block)
                digest.update(block)
            after = os.fstat(handle)
        if (before.st_mtime_ns, before.st_size) == (after.st_mtime_ns, after.st_size):
            break
    return digest.hexdigest()


def _add_manifest(archive: tarfile.TarFile, contents: Contents) -> None:
    text = json.dumps(vars(contents), indent=1).encode()
    member = tarfile.TarInfo(MANIFEST)
    member.size, member.mtime = len(text), int(datetime.now(UTC).timestamp())
    archive.addfile(member, io.BytesIO(text))
