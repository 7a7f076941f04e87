"""The folder in which visible tests are prepared: in the shape of a course folder, without gradebook and grades."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from pathlib import Path

from hub.grading.due import ends
from hub.grading.inbox import Inbox, Submission
from tito.course import Course
from tito.errors import ToolError
from tito.exchange.client import Client
from tito.exchange.folders import put_folder
from tito.grading.batch import Prepared
from tito.grading.visible import prepare_visible
from tito.modules import modules_below

__all__ = ["Desk"]

NUMBER = "number.txt"
"""Beside a notebook: which submission it is from."""


class Desk:
    """Holds each student's newest submissions, and the libraries that are built of them."""

    def __init__(self, folder: Path, client: Client) -> None:
        self.folder, self.client = folder, client

    def fetch(self, submission: Submission, inbox: Inbox) -> None:
        """Put a submission here, and what its author handed in last of the modules before it.

        Raises:
            HandInError: the exchange does not answer.
        """
        newest = inbox.newest(submission.student)
        for found in (*(work for module, work in newest.items() if module < submission.module), submission):
            self._put(found)

    def _put(self, submission: Submission) -> None:
        folder = self._folder(submission)
        if (folder / NUMBER).is_file() and (folder / NUMBER).read_text(encoding="utf-8") == submission.number:
            return
        name = f"{submission.module.label}.ipynb"
        contents = self.client.submission(submission.number)
        notebook = {name: contents[name]} if name in contents else {}
        stamp = f"{submission.received:%Y-%m-%d %H:%M:%S.%f} UTC"
        put_folder(folder, {**notebook, "timestamp.txt": stamp.encode(), NUMBER: submission.number.encode()})

    def prepare(self, course: Course, submission: Submission, now: datetime) -> Prepared:
        """The job of the submission's visible tests. Earlier modules are lent that earn nothing any more.

        Raises:
            TitoError: they cannot be run, and why.
        """
        self._lay_out(course)
        module, student = submission.module, submission.student
        times = {earlier: ends(course, earlier, student) for earlier in modules_below(module.number)}
        lent = [earlier for earlier, end in times.items() if end is not None and end < now]
        return prepare_visible(replace(course, root=self.folder), module, student, lent)

    def told(self, error: Exception, submission: Submission) -> str:
        """An error's line for the submission's author, for whom this folder does not exist."""
        return str(error).replace(f"{self._folder(submission)}/", "").replace(str(self.folder), "")

    def _lay_out(self, course: Course) -> None:
        link, source = self.folder / "source", (course.root / "source").absolute()
        if link.is_symlink() and link.readlink() == source:
            return
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            link.unlink(missing_ok=True)
            link.symlink_to(source)
        except OSError as error:
            raise ToolError(f"{self.folder} cannot be set up: {error.strerror} (nothing was run)") from None

    def _folder(self, submission: Submission) -> Path:
        return self.folder / "submitted" / submission.student / submission.module.label
