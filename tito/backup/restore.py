"""Putting a backup back: checked whole before anything is touched, and what it replaces is put aside, not deleted."""

from __future__ import annotations

import copy
import hashlib
import json
import tarfile
import tempfile
import zlib
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
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
        with ExitStack() as stack:
            staged = {name: stack.enter_context(_stage(folder)) for name, folder in places.folders().items()}
            _extract(source, {**staged, "databases": staged["course"]}, contents, places)
            for name in dumps:
                restore_postgres(databases[Path(name).stem], staged["course"] / name)
            for name, target in places.folders().items():
                old = _replaced(places, name, target)
                if old:
                    folder = target / f"{ASIDE}{now:%Y-%m-%dT%H%M%S}"
                    folder.mkdir()
                    aside.append(folder)
                    _move(old, folder)
                _move(sorted((staged[name] / name).iterdir()), target)
                if target in made:
                    target.chmod((staged[name] / name).stat().st_mode)
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


@contextmanager
def _stage(target: Path) -> Iterator[Path]:
    """A folder on the disk of `target` to unpack into: moving from there takes no time and no room."""
    target.mkdir(mode=0o700, parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=target, prefix=f"{ASIDE}new-") as folder:
        yield Path(folder)


def _extract(source: Path, folders: Mapping[str, Path], contents: Contents, places: Places) -> None:
    """Unpack each part of the archive into its folder, with owners (for root), modes and times."""
    moved = _moved(contents, places)
    for part, folder in folders.items():
        with tarfile.open(source, "r:gz") as archive:
            # As it was packed; not the argument `filter`, which Debian's Python 3.11.2 does not have.
            archive.extraction_filter = lambda member, _path: member
            ours = (replace_link(member, moved) for member in archive if member.name.partition("/")[0] == part)
            archive.extractall(folder, members=ours, numeric_owner=True)


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
                member = copy.copy(member)  # member.replace() is newer than Debian's Python 3.11.2
                member.linkname = str(new / target.relative_to(old))
                break
    return member


def _replaced(places: Places, name: str, target: Path) -> list[Path]:
    """What must be out of the way: a database's companions too, which would be taken for the restored one's."""
    companions = [target / f"{GRADEBOOK}{ending}" for ending in COMPANIONS] if name == "course" else []
    return [*places.tops(name), *(path for path in companions if path.exists())]


def _move(paths: list[Path], folder: Path) -> None:
    for path in paths:
        path.rename(folder / path.name)
