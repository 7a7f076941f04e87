"""Putting what arrived into a folder: whole or not at all, and never through a link that stands there."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Mapping
from pathlib import Path

from tito.errors import HandInError

__all__ = ["add_missing", "put_file", "put_folder"]


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
    if not folder.exists() and not folder.is_symlink():
        fresh.rename(folder)
        return
    old = Path(tempfile.mkdtemp(dir=folder.parent, prefix=f".{folder.name}."))
    try:
        folder.rename(old / "old")
        fresh.rename(folder)
    except OSError:
        if not folder.exists() and (old / "old").exists():
            (old / "old").rename(folder)
        raise
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
    fresh = path.with_name(f".{path.name}.part")
    try:
        fresh.unlink(missing_ok=True)
        _write_new(fresh, content)
        fresh.replace(path)
    except OSError as error:
        raise HandInError(f"{path} cannot be written: {error.strerror} (what stood there is kept)") from None


def _write_new(path: Path, content: bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("xb") as file:
        file.write(content)
