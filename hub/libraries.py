"""The library service: `python -m hub.libraries`. What a student handed in becomes their `tinytorch_lib`.

It asks the exchange what is new and writes each student's folder, which their server sees read-only. Student code is
only read here. What it has done stands beside each library, so it can be stopped at any time and goes on from there.
"""

from __future__ import annotations

import json
import logging
import os
import signal
import sys
import tempfile
import threading
from collections.abc import Mapping
from pathlib import Path
from typing import Any

# Building needs both, and they take seconds to import: now, not while the first student waits.
import nbformat  # noqa: F401
import nbgrader.preprocessors  # noqa: F401

from tito.errors import TitoError
from tito.exchange.client import Access, Client
from tito.files import write_if_changed
from tito.library import build_student
from tito.modules import find_module
from tito.submission import read_submission

__all__ = ["Libraries", "main"]

LOG = logging.getLogger("libraries")

EVERY = 2.0
"""Seconds between two looks; a library is there well within five."""

DONE = "submissions.json"
"""Beside a library: the submission of each module that went into it."""


class Libraries:
    """Every student's library in `folder`, brought up to date with the exchange."""

    def __init__(self, folder: Path, client: Client) -> None:
        self.folder, self.client = folder, client

    def update(self) -> int:
        """Build what is new; gives how many submissions that were.

        Raises:
            TitoError: the exchange does not answer, or a library cannot be written.
        """
        newest: dict[tuple[str, str], str] = {}
        for row in self.client.submissions(everyone=True):  # oldest first
            newest[str(row["student"]), str(row["assignment"])] = str(row["submission"])
        new = [(*key, number) for key, number in sorted(newest.items()) if self._done(key[0]).get(key[1]) != number]
        for student, assignment, number in new:
            self._build(student, assignment, number)
            done = self._done(student) | {assignment: number}
            write_if_changed(self.folder / student / DONE, json.dumps(done, indent=1, sort_keys=True) + "\n")
        return len(new)

    def _done(self, student: str) -> dict[str, str]:
        try:
            return dict(json.loads((self.folder / student / DONE).read_text(encoding="utf-8")))
        except (OSError, ValueError):
            return {}  # a lost record costs one more build

    def _build(self, student: str, assignment: str, number: str) -> None:
        """What stands in the way lies in the submission, so it is told and not tried again."""
        try:
            module = find_module(assignment)
            with tempfile.TemporaryDirectory() as folder:
                released = _put(Path(folder, "released"), self.client.fetch(assignment), assignment)
                submitted = _put(Path(folder, "submitted"), self.client.submission(number), assignment)
                skeleton = read_submission(released)
                builds = build_student(self.folder / student, {module: submitted}, lambda _: skeleton)
        except TitoError as error:
            LOG.warning("%s %s: no library: %s", student, assignment, error)
            return
        for build in builds:
            LOG.info("%s %s: %s %s", student, build.module, build.state, build.message)


def _put(folder: Path, files: Mapping[str, bytes], assignment: str) -> Path:
    """The notebook among `files`, alone in `folder`: nothing else of a submission is looked at."""
    folder.mkdir()
    path = folder / f"{assignment}.ipynb"
    if path.name in files:
        path.write_bytes(files[path.name])
    return path


def main() -> int:
    """Serve until stopped; gives the process's exit status."""
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(name)s %(message)s")
    stop = threading.Event()
    for name in (signal.SIGTERM, signal.SIGINT):
        signal.signal(name, lambda *_: stop.set())
    folder = Path(os.environ["TINYTORCH_LIBRARIES_HERE"])
    libraries = Libraries(folder, Client(Access.find(folder), os.environ["TINYTORCH_COURSE_ID"]))
    said = ""
    while not stop.wait(EVERY):
        said = _look(libraries, said)
    return 0


def _look(libraries: Libraries, said: str) -> str:
    """One look; a trouble that lasts is told once. Gives what was told."""
    trouble: Any = ""
    try:
        libraries.update()
    except (TitoError, OSError) as error:
        trouble = str(error)
        if trouble != said:
            LOG.warning("%s", trouble)
    return str(trouble)


if __name__ == "__main__":
    sys.exit(main())
