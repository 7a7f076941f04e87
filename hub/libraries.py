"""The library service: `python -m hub.libraries`. What a student handed in becomes their `tinytorch_lib`.

It asks the exchange what is new and writes each student's folder, which their server sees read-only. Student code is
only read here. What it has done stands beside each library, so it can be stopped at any time and goes on from there.
Where it is given an address it also shows everybody what their library holds.
"""

from __future__ import annotations

import logging
import os
import sys
import tempfile
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from prometheus_client import Counter, Gauge, Histogram

from hub.exits import exit_status
from hub.library_pages import PAGES
from hub.library_status import note_build, read_done
from hub.web.base import Site, application
from hub.web.serve import Loop, serve
from hub.web.settings import read_address, read_folder
from tito.errors import HandInError, TitoError
from tito.exchange.client import Access, Client
from tito.library import build_student
from tito.library.build import ModuleBuild
from tito.modules import find_module
from tito.submission import read_submission

__all__ = ["Libraries", "main"]

LOG = logging.getLogger("libraries")

EVERY = 2.0
"""Seconds between two looks; a library is there well within five."""

AGAIN = timedelta(minutes=1)
"""After which a submission is asked for again that the exchange did not give."""

BUILDS = Counter("libraries_builds", "Modules of students' libraries, by what became of them.", ["result"])
BUILD_SECONDS = Histogram("libraries_build_seconds", "Time to build a module of a library.")
WAITING = Gauge("libraries_waiting", "Submissions that the exchange did not give and that are asked for again.")

for _result in ("built", "kept", "missing", "refused"):
    BUILDS.labels(_result)  # a series that is there from the start can be watched for its first failure

Row = Mapping[str, Any]


class Libraries:
    """Every student's library in `folder`, brought up to date with the exchange."""

    def __init__(self, folder: Path, client: Client, clock: Callable[[], datetime] = lambda: datetime.now(UTC)) -> None:
        self.folder, self.client, self.clock = folder, client, clock
        self._newest: dict[str, dict[str, Row]] = {}
        self._last = ""
        self._put_off: dict[str, datetime] = {}

    def update(self) -> int:
        """Build what is new; gives how many submissions that were.

        Raises:
            TitoError: the exchange does not answer, or a library cannot be written.
        """
        for row in self.client.submissions(everyone=True, after=self._last):  # oldest first
            self._newest.setdefault(str(row["student"]), {})[str(row["assignment"])] = row
            self._last = str(row["submission"])
        built = sum(self._update(student, rows) for student, rows in sorted(self._newest.items()))
        WAITING.set(sum(row["submission"] in self._put_off for rows in self._newest.values() for row in rows.values()))
        return built

    def _update(self, student: str, rows: Mapping[str, Row]) -> int:
        done = read_done(self.folder / student)
        new = [label for label, row in rows.items() if label not in done or done[label].submission != row["submission"]]
        return sum(self._build(student, label, rows[label]) for label in sorted(new))

    def _build(self, student: str, label: str, row: Row) -> bool:
        """Build one; False where the exchange does not give it now.

        What stands in the way in the submission itself is told and not tried again.
        """
        number = str(row["submission"])
        if self._put_off.get(number, self.clock()) > self.clock():
            return False
        try:
            released, submitted = self.client.fetch(label), self.client.submission(number)
        except HandInError as error:
            self._put_off[number] = self.clock() + AGAIN
            LOG.warning("%s %s: %s", student, label, error)
            return False
        self._put_off.pop(number, None)
        with BUILD_SECONDS.time():
            build = self._built(self.folder / student, label, released, submitted)
        BUILDS.labels(build.state).inc()
        self._note(student, label, row, build)
        return True

    def _built(
        self, folder: Path, label: str, released: Mapping[str, bytes], submitted: Mapping[str, bytes]
    ) -> ModuleBuild:
        with tempfile.TemporaryDirectory() as name:
            scratch = Path(name)
            try:
                skeleton = read_submission(_put(scratch / "released", released, label))
                notebook = _put(scratch / "submitted", submitted, label)
                (build,) = build_student(folder, {find_module(label): notebook}, lambda _: skeleton)
            except TitoError as error:
                build = ModuleBuild(label, "refused", str(error))
        return replace(build, message=build.message.replace(f"{scratch}/submitted/", "").replace(f"{scratch}/", ""))

    def _note(self, student: str, label: str, row: Row, build: ModuleBuild) -> None:
        folder = self.folder / student
        folder.mkdir(parents=True, exist_ok=True)
        note_build(folder, label, row, build, self.clock())
        level = logging.INFO if build.state == "built" else logging.WARNING
        LOG.log(level, "%s %s: %s %s", student, label, build.state, build.message)


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
    return exit_status("libraries", _serve)


def _serve() -> None:
    folder = read_folder(os.environ, "TINYTORCH_LIBRARIES_HERE")
    libraries = Libraries(folder, Client(Access.find(folder), os.environ["TINYTORCH_COURSE_ID"]))

    def look() -> float:
        # Building needs both, and they take seconds to import: before there is anything to build.
        import nbformat  # noqa: F401
        import nbgrader.preprocessors  # noqa: F401

        libraries.update()
        return EVERY

    loop = Loop("libraries", look)

    def health() -> dict[str, Any]:
        return {"ok": loop.is_alive(), "failing": bool(loop.problem)}

    address = read_address(os.environ, "libraries")
    if address is None:
        serve([loop], None, None)
        return
    course = read_folder(os.environ, "TINYTORCH_LIBRARIES_COURSE")
    site = Site.of(os.environ, "libraries", course, health, {"libraries": folder})
    serve([loop], address, application(address, site, PAGES))


if __name__ == "__main__":
    sys.exit(main())
