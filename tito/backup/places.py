"""What belongs to a course, and where it stands."""

from __future__ import annotations

import fcntl
import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from tito.course import COURSE_FILE, Course
from tito.errors import BackupError
from tito.releases import JOURNAL
from tito.roster import ROSTER_FILE

__all__ = ["ASIDE", "DEADLINES", "IN_CONTAINER", "Places", "find_places", "places_for_restore", "while_stopped"]

GRADEBOOK = "gradebook.db"

DEADLINES = "deadlines.json"
"""What the hub has graded at the deadline (hub/grading/deadlines.py)."""

COURSE_ITEMS = (
    *(COURSE_FILE, ROSTER_FILE, JOURNAL, DEADLINES, "nbgrader_config.py", "source"),
    *("release", "submitted", "autograded", "feedback", "exchange", GRADEBOOK),
)
"""Of a checkout, only these: the rest comes from its repository."""

IN_CONTAINER = "/backup/data"
"""Where a class's volumes are mounted while they are backed up: what the backup says of its data then."""

ASIDE = "before-restore-"
"""Begins the names of the folders that a restore puts what it replaces into."""

COMPANIONS = ("-wal", "-shm", "-journal")
"""Endings of the files that SQLite keeps beside a database in use; a snapshot has what is in them."""

_RUNNING = {f"data/hub/{name}" for name in ("serve.lock", "processes.json", "proxy.pid")}
"""What says that a hub runs: it does not after a restore."""


@dataclass(frozen=True)
class Places:
    """The folders of one course."""

    root: Path
    """Where the real course.toml stands."""
    data: Path | None
    """What a hub keeps: homes, libraries, records; None where no hub ever ran."""

    def folders(self) -> dict[str, Path]:
        """Each folder by its name in an archive."""
        return {"course": self.root} | ({} if self.data is None else {"data": self.data})

    def tops(self, name: str) -> list[Path]:
        """What belongs to the course at the top of one of `folders`."""
        if name == "course":
            found = [self.root / item for item in COURSE_ITEMS]
            return [path for path in found if os.path.lexists(path)]
        assert self.data is not None
        return sorted(path for path in self.data.iterdir() if not path.name.startswith(ASIDE))

    def entries(self) -> Iterator[tuple[str, Path]]:
        """Every folder, file and link that belongs to the course, by its name in an archive; links are not followed."""
        for name, folder in self.folders().items():
            yield name, folder
            for top in self.tops(name):
                for path in _below(top):
                    called = f"{name}/{path.relative_to(folder).as_posix()}"
                    if called not in _RUNNING:
                        yield called, path


def _below(path: Path) -> Iterator[Path]:
    try:
        kind = path.lstat().st_mode
    except FileNotFoundError:
        return  # gone since it was listed
    if stat.S_ISDIR(kind):
        yield path
        try:
            children = sorted(path.iterdir())
        except FileNotFoundError:
            return
        for child in children:
            yield from _below(child)
    elif stat.S_ISREG(kind) or stat.S_ISLNK(kind):
        yield path


def find_places(course: Course, data: Path | None) -> Places:
    """The places of `course`; `data` is where its hub keeps everything, if not in `var/`.

    Raises:
        BackupError: `data` is no folder.
    """
    root = (course.root / COURSE_FILE).resolve().parent
    if data is not None:
        if not data.is_dir():
            raise BackupError(f"{data} is no folder; say --data FOLDER as `make serve DATA=` has it (nothing was done)")
        return Places(root, data.resolve())
    if course.root.resolve() != root:
        return Places(root, course.root.resolve().parent)  # the course folder inside a hub's data
    return Places(root, root / "var" if (root / "var").is_dir() else None)


def places_for_restore(to: Path, data: Path | None, recorded: str | None) -> Places:
    """Where a backup goes: `to`, and beside or outside of it what `recorded` says of its hub's data.

    Raises:
        BackupError: it is of a class under Docker, whose data are volumes.
    """
    if recorded == IN_CONTAINER:
        raise BackupError("this is a backup of a class under Docker; say make restore DOCKER=1 (nothing was changed)")
    root = to.resolve()
    if data is None and recorded is not None:
        data = root / recorded  # an absolute path stays what it is
    return Places(root, None if data is None else data.absolute())


@contextmanager
def while_stopped(places: Places) -> Iterator[None]:
    """Keep a hub from starting on the data meanwhile, by the lock that it would hold.

    Raises:
        BackupError: one runs.
    """
    lock = None if places.data is None else places.data / "hub" / "serve.lock"
    if lock is None or not lock.is_file():
        yield
        return
    with lock.open("r+", encoding="utf-8") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise BackupError(f"a hub runs on {places.data}; stop it first (nothing was changed)") from None
        yield
