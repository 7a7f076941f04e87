"""What staff do with the exchange: release an assignment, collect what was handed in, release feedback."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from nbgrader.exchange import abc

from tito.course import user_name_problem
from tito.errors import HandInError
from tito.exchange.base import Exchange
from tito.exchange.folders import put_folder

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
        rows = self.client.submissions(coursedir.assignment_id, student, everyone=True)
        self.chosen = self._choose(rows)

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
                self.collect(student, row)
            except HandInError as error:
                self.log.error("%s's %s could not be collected: %s", student, row["assignment"], error)

    def collect(self, student: str, row: dict[str, Any]) -> None:
        """Bring one submission, a row of the exchange's, into `submitted/`.

        Raises:
            HandInError: it cannot be had; what stands there is kept.
        """
        problem = user_name_problem(student)
        if problem:
            raise HandInError(problem)
        coursedir = self.coursedir
        folder = Path(coursedir.format_path(coursedir.submitted_directory, student, row["assignment"]))
        stamp = self.stamp(row["received"])
        if folder.is_dir() and not self._is_newer(folder, stamp):
            self.log.info("No newer submission to collect: %s %s", student, row["assignment"])
            return
        contents = self.client.submission(row["submission"])
        # The server's time, whatever file of that name was handed in.
        put_folder(folder, contents | {"timestamp.txt": stamp.encode()})
        self.log.info("Collected: %s %s, submitted at %s", student, row["assignment"], stamp)

    def _is_newer(self, folder: Path, stamp: str) -> bool:
        """Is the chosen submission another one than `folder` holds, and is it to take that one's place?"""
        if not (self.update or self.before_duedate):
            return False
        return _stamp_in(folder) != stamp


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
