"""What can stand in the way of a start, found before anything is started: each is one line and an exit code."""

from __future__ import annotations

import errno
import fcntl
import os
import shutil
import socket
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from tito.errors import ToolError

__all__ = ["check_port", "check_space", "free_ports", "only_one", "writing"]

HOST = "127.0.0.1"
LEAST_SPACE = 100 * 1024 * 1024
"""Bytes. A start writes about 5 MB; submissions and logs need the rest."""


def check_port(port: int, setting: str = "make serve PORT=") -> None:
    """See that `port` can be had; `setting` with a number behind it is how to choose another.

    Raises:
        ToolError: it is taken, not allowed or no port at all.
    """
    if not 1 <= port <= 65535:
        raise ToolError(f"port {port} is not between 1 and 65535; try {setting}8000 (nothing was started)")
    try:
        _listen(port).close()
    except OSError as error:
        reason = "is taken" if error.errno == errno.EADDRINUSE else f"cannot be had ({error.strerror})"
        raise ToolError(
            f"port {port} {reason}; stop what uses it or say {setting}{_near(port)} (nothing was started)"
        ) from None


def _near(port: int) -> int:
    """A free port close to `port`, that a person remembers."""
    for candidate in range(max(port, 1023) + 1, min(port + 50, 65535)):
        try:
            _listen(candidate).close()
        except OSError:
            continue
        return candidate
    return free_ports(1)[0]


def free_ports(count: int) -> list[int]:
    """Ports on this machine that nothing listens on, all different."""
    with ExitStack() as stack:
        sockets = [stack.enter_context(_listen(0)) for _ in range(count)]
        return [found.getsockname()[1] for found in sockets]


def _listen(port: int) -> socket.socket:
    """A socket bound as a server's would be: a connection closed a moment ago does not count as taken."""
    found = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    try:
        found.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        found.bind((HOST, port))
        found.listen(1)
    except BaseException:
        found.close()
        raise
    return found


def check_space(folder: Path, least: int = LEAST_SPACE, remedy: str = "or say make serve DATA=/another/folder") -> None:
    """See that the disk under `folder` has room; `remedy` is what else helps than to free some.

    Raises:
        ToolError: it is full or nearly so.
    """
    free = shutil.disk_usage(folder).free
    if free < least:
        raise ToolError(
            f"the disk under {folder} is full ({free // 2**20} MB free, {least // 2**20} MB needed); free some space "
            f"{remedy} (nothing was started, all work is kept)"
        )


@contextmanager
def writing(folder: Path) -> Iterator[None]:
    """Turn a file error below `folder` into one line.

    Raises:
        ToolError: the disk is full, or something there cannot be written.
    """
    try:
        yield
    except OSError as error:
        where = error.filename or folder
        full = error.errno in {errno.ENOSPC, errno.EDQUOT}
        remedy = "free some space" if full else "give yourself the right to write there"
        raise ToolError(
            f"{where} cannot be written: {error.strerror}; {remedy} or say make serve DATA=/another/folder "
            "(all work is kept)"
        ) from None


@contextmanager
def only_one(lock: Path) -> Iterator[None]:
    """Hold `lock` while the hub runs: two hubs on one database would lose records.

    Raises:
        ToolError: another start holds it.
    """
    with lock.open("a+", encoding="utf-8") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            file.seek(0)
            holder = file.read().strip() or "unknown"
            raise ToolError(
                f"the hub already runs on {lock.parent.parent} (process {holder}); use it or stop it first "
                "(it was not disturbed)"
            ) from None
        file.truncate(0)
        file.write(str(os.getpid()))
        file.flush()
        yield
