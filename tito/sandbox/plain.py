"""Rooms that are ordinary child processes with rlimits: the last resort, and only where the course allows it."""

from __future__ import annotations

import itertools
import logging
import shutil
import sys
import tempfile
from pathlib import Path
from typing import Any

from tito.errors import ToolError
from tito.sandbox.leftovers import identity, remove_folders
from tito.sandbox.python import library_path, python_command, python_files
from tito.sandbox.users import can_administrate, is_root, unused_user
from tito.sandbox.warm import SERVER, WarmBackend, WarmProcess

__all__ = ["WARNING", "PlainBackend"]

WARNING = (
    "the exam room is a PLAIN CHILD PROCESS: a student's code can use the network and read every file that {user} can,"
    " the course's sources among them; use bubblewrap or Docker for anything that counts"
)

_PREFIX = "tito-rooms-"

_log = logging.getLogger(__name__)


class PlainBackend(WarmBackend):
    """One warm process, and rooms with limits but without walls."""

    name = "plain"

    def __init__(self, allow_plain: bool, entry: str = SERVER, extra: tuple[Path, ...] = ()) -> None:
        super().__init__(entry, extra)
        self._allowed = allow_plain
        self._folder: Path | None = None
        self._numbers = itertools.count(1)

    def plan(self) -> WarmProcess:
        """As root, each room gets a user of its own, which must be able to read Python."""
        if not self._allowed:
            raise ToolError(
                "plain: course.toml does not allow it; install bubblewrap, or set allow_plain = true in [grading]"
            )
        if self._has_users():
            _must_be_readable()
        elif is_root():
            raise ToolError("plain: this root user cannot become another; run the grader as an ordinary user")
        remove_folders(Path(tempfile.gettempdir()), _PREFIX)
        self._folder = Path(tempfile.mkdtemp(prefix=f"{_PREFIX}{identity()}-"))
        self._folder.chmod(0o711)
        _log.warning(WARNING.format(user="any user" if self._has_users() else "the grader"))
        return WarmProcess(python_command(), environment=library_path(), settings={"confined": False})

    def request(self) -> dict[str, Any]:
        """Where the room's scratch folder is, and who it runs as."""
        assert self._folder is not None
        number = next(self._numbers)
        user = unused_user(number) if self._has_users() else None
        return {"folder": str(self._folder / str(number)), "user": user}

    def close(self) -> None:
        """End every room and the warm process, and remove what the rooms wrote."""
        super().close()
        if self._folder is not None:
            shutil.rmtree(self._folder, ignore_errors=True)
            self._folder = None

    def _has_users(self) -> bool:
        return is_root() and can_administrate()


def _must_be_readable() -> None:
    """A room's user must get at Python: it imports while the student's code runs.

    Raises:
        ToolError: some folder above is closed to others.
    """
    for path in (Path(sys.executable).resolve(), *python_files()):
        for above in path.resolve().parents:
            if not above.stat().st_mode & 0o001:
                raise ToolError(
                    f"plain: {above} is closed to the room's user, and Python is in it; "
                    "run the grader as an ordinary user, or with a Python that everybody can read"
                )
