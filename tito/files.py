"""Writing files so that a reader never sees half of one."""

from __future__ import annotations

import fcntl
import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tito.errors import ToolError

__all__ = ["locked", "write_if_changed", "write_whole"]


@contextmanager
def locked(folder: Path) -> Iterator[None]:
    """Let one process at a time do what reads and then writes in `folder`; the others wait. Leaves no file behind."""
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield
    finally:
        os.close(handle)


def write_if_changed(path: Path, text: str) -> bool:
    """Put `text` into `path`, whole or not at all; False when it stood there already.

    Raises:
        ToolError: the file cannot be written (the disk is full, say); what was there is kept.
    """
    data = text.encode("utf-8")
    try:
        if path.is_file() and path.read_bytes() == data:
            return False
        path.parent.mkdir(parents=True, exist_ok=True)
        write_whole(path, data)
    except OSError as error:
        raise ToolError(f"{path} cannot be written: {error.strerror}; what was there is kept") from None
    return True


def write_whole(path: Path, data: bytes, mode: int = 0o644) -> None:
    """Put `data` into `path`, whole or not at all, with the rights `mode`.

    Raises:
        OSError: it cannot be written; what was there is kept.
    """
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(data)
        Path(name).chmod(mode)
        Path(name).replace(path)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise
