"""Putting what arrived into a folder: whole or not at all, and never through a link that stands there."""

from __future__ import annotations

import errno
import os
import shutil
import tempfile
import uuid
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path

from tito.errors import HandInError

__all__ = ["add_missing", "put_file", "put_folder"]

_TRIES = 5


def put_folder(folder: Path, contents: Mapping[str, bytes]) -> None:
    """Make `folder` hold just `contents`; one that stands there is replaced when the new one is whole.

    Raises:
        HandInError: it cannot be written; what stood there is kept.
    """
    try:
        folder.parent.mkdir(parents=True, exist_ok=True)
        fresh = Path(tempfile.mkdtemp(dir=folder.parent, prefix=f".{folder.name}."))
        try:
            fresh.chmod(0o755)
            for name, content in contents.items():
                _write_new(fresh / name, content)
            _swap(fresh, folder)
        finally:
            shutil.rmtree(fresh, ignore_errors=True)
    except OSError as error:
        raise HandInError(f"{folder} cannot be written: {error.strerror} (what stood there is kept)") from None


def _swap(fresh: Path, folder: Path) -> None:
    """Put `fresh` in the place of `folder`. Of several that do so at once, each finds the one before it or none."""
    for _ in range(_TRIES):
        if _took_place(fresh, folder):
            return
    raise OSError(errno.EBUSY, "others write there all the time")


def _took_place(fresh: Path, folder: Path) -> bool:
    """Whether it did; False where another folder came or went in between."""
    old = Path(tempfile.mkdtemp(dir=folder.parent, prefix=f".{folder.name}."))
    try:
        with suppress(FileNotFoundError):
            folder.rename(old / "old")
        try:
            fresh.rename(folder)
        except OSError as error:
            if error.errno in {errno.EEXIST, errno.ENOTEMPTY, errno.ENOTDIR}:
                return False
            if not folder.exists() and (old / "old").exists():
                (old / "old").rename(folder)
            raise
        return True
    finally:
        shutil.rmtree(old, ignore_errors=True)


def add_missing(folder: Path, contents: Mapping[str, bytes]) -> list[str]:
    """Write those files that are not in `folder` yet; gives their names.

    Raises:
        HandInError: one cannot be written; those before it stand.
    """
    missing = [name for name in contents if not os.path.lexists(folder / name)]
    for name in missing:
        put_file(folder / name, contents[name])
    return missing


def put_file(path: Path, content: bytes) -> None:
    """Write one file, whole or not at all; a link that stands in its place is replaced, not followed.

    Raises:
        HandInError: it cannot be written.
    """
    fresh = path.with_name(f".{path.name}.{uuid.uuid4().hex}.part")
    try:
        _write_new(fresh, content)
        fresh.replace(path)
    except OSError as error:
        fresh.unlink(missing_ok=True)
        raise HandInError(f"{path} cannot be written: {error.strerror} (what stood there is kept)") from None


def _write_new(path: Path, content: bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("xb") as file:
        file.write(content)
