"""What nbgrader's seven exchange classes have in common when they talk to the service."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from nbgrader.exchange import abc
from nbgrader.utils import ignore_patterns
from traitlets import Bool

from tito.errors import HandInError, TitoError
from tito.exchange.archive import plain_files, read_plain
from tito.exchange.client import Access, Client
from tito.exchange.names import checked_name

__all__ = ["Exchange"]


class Exchange(abc.Exchange):
    """Finds the service and turns every expected failure into nbgrader's own `ExchangeError`, on one line."""

    path_includes_course = Bool(
        False, help="Fetch into <course>/<assignment> rather than <assignment> below the assignment directory."
    ).tag(config=True)

    patience = Client.patience
    """Seconds that a call tries again while nobody answers."""

    def start(self) -> Any:
        try:
            return super().start()
        except TitoError as error:
            return self.fail(str(error))

    @property
    def client(self) -> Client:
        """Calls in the name of whoever's server or command this is."""
        if not self.coursedir.course_id:
            raise HandInError("no course id is set; say --course (nothing was sent)")
        client = Client(Access.find(Path(self.coursedir.root)), self.coursedir.course_id)
        client.patience = self.patience
        return client

    def assignment_folder(self, assignment: str) -> Path:
        """Where a student works on `assignment`."""
        parts = [self.coursedir.course_id, assignment] if self.path_includes_course else [assignment]
        return Path(self.assignment_dir, *parts).absolute()

    def stamp(self, received: str) -> str:
        """The server's time as nbgrader writes it into files and folder names."""
        try:
            zone = ZoneInfo(self.timezone)
        except (KeyError, ValueError, OSError):
            raise HandInError(f"{self.timezone!r} is no time zone; mend Exchange.timezone (nothing was sent)") from None
        return datetime.fromisoformat(received).astimezone(zone).strftime(self.timestamp_format)

    def read_folder(self, folder: Path, *more_ignored: str) -> dict[str, bytes]:
        """The files below `folder` that nbgrader's settings (ignore, include, max_file_size) let through, by name.

        Raises:
            HandInError: there is a link or a device, an odd name, or one cannot be read.
        """
        coursedir = self.coursedir
        ignored = ignore_patterns(
            [*coursedir.ignore, *more_ignored], coursedir.include, coursedir.max_file_size, self.log
        )
        files = plain_files(folder, lambda path: bool(ignored(str(path.parent), [path.name])))
        return {checked_name(path.relative_to(folder).as_posix()): read_plain(path) for path in files}
