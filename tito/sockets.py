"""Unix sockets below a folder that somebody else named: the kernel takes no path of more than 107 bytes."""

from __future__ import annotations

import os
import socket
import tempfile
from pathlib import Path

from tito.errors import ToolError

__all__ = ["bind_in", "check_temporary_folder"]

LONGEST = 107
"""Bytes of a socket's path on Linux; elsewhere a little less."""

_MULTIPROCESSING = "pymp-12345678/listener-12345678"
"""What `multiprocessing` puts below the temporary folder."""


def check_temporary_folder() -> None:
    """See that processes started by `multiprocessing` can be reached through a socket in the temporary folder.

    Raises:
        ToolError: its path is too long.
    """
    folder = tempfile.gettempdir()
    if len(os.fsencode(Path(folder, _MULTIPROCESSING))) > LONGEST:
        raise ToolError(
            f"TMPDIR is {folder!r}, too long a path for the sockets in it; set a shorter one, say TMPDIR=/tmp "
            "(nothing was started)"
        )


def bind_in(listener: socket.socket, folder: Path, name: str) -> None:
    """Bind to the path `name` in `folder`, however long the folder's path is."""
    opened = os.open(folder, os.O_PATH | os.O_DIRECTORY)
    try:
        listener.bind(f"/proc/self/fd/{opened}/{name}")
    finally:
        os.close(opened)
