"""What staff do with the exchange: release an assignment, collect what was handed in, release feedback."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from nbgrader.exchange import abc

from tito.course import user_name_problem
from tito.errors import HandInError
from tito.exchange.base import Exchange
from tito.exchange.folders import put_folder
from tito.files import locked

__all__ = ["Collect", "ReleaseAssignment", "ReleaseFeedback"]


class ReleaseAssignment(Exchange, abc.ExchangeReleaseAssignment):
    """Upload `release/<assignment>`, from where students fetch it."""

    def init_src(self) -> None:
        coursedir = self.coursedir
        self.src_path = Path(coursedir.format_path(coursedir.release_directory, ".", coursedir.assignment_id))
        if not self.src_path.is_dir():
            raise HandInError(f"{self.src_path} is not there; generate the assignment first (nothing was released)")
        self.contents = self.read_folder(self.src_path)

    def init_dest(self) -> None:
        pass

    def copy_files(self) -> None:
        self.client.release(self.coursedir.assignment_id, self.contents, self.force)
        self.log.info("Released as: %s %s", self.coursedir.course_id, self.coursedir.assignment_id)


class Collect(Exchange, abc.ExchangeCollect):
    """Download each student's newest submission into `submitted/`.

    One that cannot be had stops nobody else's. What stands in `submitted/` is replaced when the newer one is whole.
    (The grader is one system user, so nbgrader's group-shared mode is not kept up here.)
    """

    def init_src(self) -> None:
        coursedir = self.coursedir
        student = "" if coursedir.student_id == "*" else coursedir.student_id
        folders = self._folder("*", coursedir.assignment_id)
        # Before the exchange is asked: what changes from here on was collected by somebody who knew as much or more.
        self.stood = {
            folder.parent.name: _stamp_in(folder) for folder in folders.parent.parent.glob(f"*/{folders.name}")
        }
        self.chosen = self._choose(self.client.submissions(coursedir.assignment_id, student, everyone=True))

    def _choose(self, rows: list[dict[str, Any]]) -> dict[str, dict[str, Any]]:
        """By student: the newest, or with nbgrader's `before_duedate` the newest in time where there is one."""
        newest = {row["student"]: row for row in rows}
        if not self.before_duedate:
            return newest
        in_time = {row["student"]: row for row in rows if row["due"] is None or row["received"] <= row["due"]}
        return newest | in_time

    def init_dest(self) -> None:
        pass

    def copy_files(self) -> None:
        if not self.chosen:
            self.log.warning(
                "No submissions of '%s' for course '%s' to collect",
                self.coursedir.assignment_id,
                self.coursedir.course_id,
            )
        for student, row in sorted(self.chosen.items()):
            try:
                self.collect(student, row, self.stood.get(student, ""))
            except HandInError as error:
                self.log.error("%s's %s could not be collected: %s", student, row["assignment"], error)

    def collect(self, student: str, row: dict[str, Any], stood: str | None = None) -> None:
        """Bring one submission, a row of the exchange's, into `submitted/`.

        With `stood`, the stamp of what was there when the exchange gave the row, somebody else who collected since then
        is not undone: the exchange is asked again, for the row may be old by now.

        Raises:
            HandInError: it cannot be had; what stands there is kept.
        """
        problem = user_name_problem(student)
        if problem:
            raise HandInError(problem)
        folder = self._folder(student, row["assignment"])
        stamp = self.stamp(row["received"])
        if folder.is_dir() and not self._is_newer(folder, stamp):
            self.log.info("No newer submission to collect: %s %s", student, row["assignment"])
            return
        contents = self.client.submission(row["submission"])
        with _turn(folder):
            there = _stamp_in(folder)
            if stood in (None, there):
                # The server's time, whatever file of that name was handed in.
                put_folder(folder, contents | {"timestamp.txt": stamp.encode()})
                self.log.info("Collected: %s %s, submitted at %s", student, row["assignment"], stamp)
                return
        rows = self.client.submissions(row["assignment"], student, everyone=True)
        self.collect(student, self._choose(rows)[student], there)

    def _folder(self, student: str, assignment: str) -> Path:
        coursedir = self.coursedir
        return Path(coursedir.format_path(coursedir.submitted_directory, student, assignment))

    def _is_newer(self, folder: Path, stamp: str) -> bool:
        """Is the chosen submission another one than `folder` holds, and is it to take that one's place?"""
        if not (self.update or self.before_duedate):
            return False
        return _stamp_in(folder) != stamp


@contextmanager
def _turn(folder: Path) -> Iterator[None]:
    """Wait until nobody else collects that student's work.

    Raises:
        HandInError: it cannot be written there.
    """
    try:
        folder.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise HandInError(f"{folder} cannot be written: {error.strerror} (what stood there is kept)") from None
    with locked(folder.parent):
        yield


def _stamp_in(folder: Path) -> str:
    """When the submission in a folder of nbgrader's came in; empty where that is not written there."""
    try:
        return (folder / "timestamp.txt").read_text(encoding="utf-8").strip()
    except (OSError, UnicodeDecodeError):
        return ""


class ReleaseFeedback(Exchange, abc.ExchangeReleaseFeedback):
    """Upload `feedback/<student>/<assignment>` to the submission that it is about."""

    def init_src(self) -> None:
        coursedir = self.coursedir
        excluded = set(filter(None, coursedir.student_id_exclude.split(",")))
        student = coursedir.student_id or "*"
        place = Path(coursedir.format_path(coursedir.feedback_directory, student, coursedir.assignment_id))
        found = sorted(place.parent.parent.glob(f"{student}/{place.name}"))
        self.folders = {folder.parent.name: folder for folder in found if folder.parent.name not in excluded}

    def init_dest(self) -> None:
        rows = self.client.submissions(self.coursedir.assignment_id, everyone=True) if self.folders else []
        self.numbers = {(row["student"], self.stamp(row["received"])): row["submission"] for row in rows}

    def copy_files(self) -> None:
        for student, folder in self.folders.items():
            stamp = _stamp_in(folder)
            number = self.numbers.get((student, stamp))
            if number is None:
                self.log.error("%s handed in nothing at %s through this exchange: no feedback released", student, stamp)
                continue
            pages = {name: content for name, content in self.read_folder(folder).items() if name.endswith(".html")}
            self.client.give_feedback(number, pages)
            self.log.info("Released feedback: %s %s %s", student, self.coursedir.assignment_id, stamp)
