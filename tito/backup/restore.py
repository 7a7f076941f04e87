"""Putting a backup back: checked whole before anything is touched, and what it replaces is put aside, not deleted."""

from __future__ import annotations

import hashlib
import json
import os
import tarfile
import tempfile
import zlib
from collections.abc import Mapping
from contextlib import suppress
from datetime import datetime
from pathlib import Path, PurePosixPath

from tito.backup.archive import MANIFEST, Contents
from tito.backup.databases import restore_postgres
from tito.backup.places import ASIDE, COMPANIONS, GRADEBOOK, Places, refuse_running
from tito.errors import BackupError

__all__ = ["check", "restore"]


def check(source: Path) -> Contents:
    """Read a backup from end to end.

    Raises:
        BackupError: it is none, is damaged, or names a place outside of a course.
    """
    found: dict[str, str] = {}
    links: set[str] = set()
    text = b""
    try:
        with tarfile.open(source, "r:gz") as archive:
            for member in archive:
                _refuse_odd(source, member, links)
                if member.issym():
                    links.add(member.name)
                elif member.isfile():
                    digest, text = _digest(archive, member)
                    found[member.name] = digest
        contents = Contents(**json.loads(text)) if MANIFEST in found else None
    except (OSError, EOFError, tarfile.TarError, zlib.error, ValueError, TypeError) as error:
        raise BackupError(f"{source} cannot be read as a backup: {error} (nothing was changed)") from None
    if contents is None:
        raise BackupError(f"{source} is no backup, or its end is missing (nothing was changed)")
    del found[MANIFEST]
    different = sorted(
        name for name in found.keys() | contents.files.keys() if found.get(name) != contents.files.get(name)
    )
    if different:
        raise BackupError(f"{source} is damaged at {different[0]} (nothing was changed)")
    return contents


def restore(
    source: Path, contents: Contents, places: Places, databases: Mapping[str, str], now: datetime
) -> list[Path]:
    """Put the checked backup `source` to `places`; gives the folders that hold what was there before.

    Raises:
        BackupError: it cannot be put back; what was there is there still, or in the folder that the line names.
    """
    refuse_running(places)
    dumps = [name for name in contents.files if name.startswith("databases/")]
    _refuse_homeless(source, dumps, databases)
    aside: list[Path] = []
    try:
        made = [folder for folder in places.folders().values() if not folder.exists()]
        with tempfile.TemporaryDirectory(dir=_existing(places.root), prefix=".restore-") as folder:
            _extract(source, "databases", Path(folder), contents, places)
            for name in dumps:
                restore_postgres(databases[Path(name).stem], Path(folder) / name)
        for name, target in places.folders().items():
            with tempfile.TemporaryDirectory(dir=_existing(target), prefix=f"{ASIDE}new-") as beside:
                staged = Path(beside) / name
                _extract(source, name, Path(beside), contents, places)
                aside += _swap(places, name, staged, target / f"{ASIDE}{now:%Y-%m-%dT%H%M%S}")
                if target in made and staged.is_dir():
                    target.chmod(staged.stat().st_mode)
    except OSError as error:
        kept = f"; what was there is in {', '.join(map(str, aside))}" if aside else "; what was there is kept"
        raise BackupError(f"{error.filename or places.root} cannot be restored: {error.strerror}{kept}") from None
    return aside


def _refuse_odd(source: Path, member: tarfile.TarInfo, links: set[str]) -> None:
    path = PurePosixPath(member.name)
    inside = path.parts[:1] in {("course",), ("data",), ("databases",)} or member.name == MANIFEST
    through = any(str(parent) in links for parent in path.parents)
    plain = member.isfile() or member.isdir() or member.issym()
    if not inside or ".." in path.parts or through or not plain or member.name in links:
        raise BackupError(f"{source} holds {member.name!r}, which no backup does (nothing was changed)")


def _digest(archive: tarfile.TarFile, member: tarfile.TarInfo) -> tuple[str, bytes]:
    """A member's SHA-256 and, of the manifest, its text."""
    file = archive.extractfile(member)
    assert file is not None
    if member.name == MANIFEST:
        text = file.read()
        return hashlib.sha256(text).hexdigest(), text
    digest = hashlib.sha256()
    while block := file.read(1024 * 1024):
        digest.update(block)
    return digest.hexdigest(), b""


def _refuse_homeless(source: Path, dumps: list[str], databases: Mapping[str, str]) -> None:
    for name in dumps:
        if Path(name).stem not in databases:
            raise BackupError(
                f"{source} holds the database {Path(name).stem}; say --database {Path(name).stem}=postgresql://... "
                "(nothing was changed)"
            )


def _existing(folder: Path) -> Path:
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    return folder


def _extract(source: Path, part: str, folder: Path, contents: Contents, places: Places) -> None:
    """Unpack one part of the archive into `folder`, with owners (for root), modes and times."""
    moved = _moved(contents, places)

    def ours(member: tarfile.TarInfo, _path: str) -> tarfile.TarInfo | None:
        if member.name.partition("/")[0] != part:
            return None
        return replace_link(member, moved)

    with tarfile.open(source, "r:gz") as archive:
        archive.extractall(folder, filter=ours, numeric_owner=True)


def _moved(contents: Contents, places: Places) -> dict[Path, Path]:
    """Where the folders stood and where they stand, the inner one first."""
    old = Path(contents.root)
    pairs = {old: places.root}
    if contents.data is not None and places.data is not None:
        pairs = {old / contents.data: places.data, **pairs}
    return pairs


def replace_link(member: tarfile.TarInfo, moved: Mapping[Path, Path]) -> tarfile.TarInfo:
    """The member; a link to another place of the course points to where that is now."""
    target = Path(member.linkname)
    if member.issym() and target.is_absolute():
        for old, new in moved.items():
            if target.is_relative_to(old):
                return member.replace(linkname=str(new / target.relative_to(old)), deep=False)
    return member


def _swap(places: Places, name: str, staged: Path, aside: Path) -> list[Path]:
    """Move what is there into `aside` and what is `staged` into its place; gives `aside` if it was needed."""
    target = aside.parent
    old = [path for path in places.tops(name) if path != staged.parent]
    old += [path for ending in COMPANIONS if (path := target / f"{GRADEBOOK}{ending}").exists() and name == "course"]
    if old:
        aside.mkdir()
    for path in old:
        path.rename(aside / path.name)
    for path in sorted(staged.iterdir()) if staged.is_dir() else []:
        path.rename(target / path.name)
    with suppress(OSError):
        os.sync()
    return [aside] if old else []
