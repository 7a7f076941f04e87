"""File contents by their SHA-256: each is written once, whole or not at all, and never changed or removed."""

from __future__ import annotations

import hashlib
import os
import uuid
from pathlib import Path

from tito.exchange.receipt import File

__all__ = ["Blobs", "DamagedError"]


class DamagedError(Exception):
    """A content that was stored is gone or not what it was: the disk or somebody changed it."""


class Blobs:
    """A folder of contents."""

    def __init__(self, folder: Path, incoming: Path) -> None:
        self.folder, self.incoming = folder, incoming
        for path in (folder, incoming):
            path.mkdir(mode=0o700, parents=True, exist_ok=True)

    def put(self, name: str, content: bytes) -> File:
        """Store a file's content and be sure that it is on the disk when this returns."""
        file = File.of(name, content)
        place = self._place(file.sha256)
        if not (place.is_file() and place.stat().st_size == file.size):
            self._write(place, content)
        return file

    def get(self, file: File) -> bytes:
        """A content as it was put.

        Raises:
            DamagedError: it is not there as it was put.
        """
        try:
            content = self._place(file.sha256).read_bytes()
        except OSError as error:
            raise DamagedError(f"{self._place(file.sha256)}: {error.strerror}") from None
        if hashlib.sha256(content).hexdigest() != file.sha256:
            raise DamagedError(f"{self._place(file.sha256)} was changed")
        return content

    def _place(self, sha256: str) -> Path:
        return self.folder / sha256[:2] / sha256[2:]

    def _write(self, place: Path, content: bytes) -> None:
        fresh = self.incoming / f"{uuid.uuid4().hex}.blob"
        try:
            with fresh.open("xb") as file:
                file.write(content)
                file.flush()
                os.fsync(file.fileno())
            place.parent.mkdir(mode=0o700, exist_ok=True)
            fresh.replace(place)
            for folder in (place.parent, self.folder):
                _sync_folder(folder)
        finally:
            fresh.unlink(missing_ok=True)


def _sync_folder(folder: Path) -> None:
    """Make the names in `folder` outlast a power failure."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
