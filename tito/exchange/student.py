"""What students do with the exchange: fetch an assignment, submit it, fetch its feedback."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path

from nbgrader.exchange import abc

from tito.errors import HandInError
from tito.exchange.base import Exchange
from tito.exchange.client import Client
from tito.exchange.folders import add_missing, put_file, put_folder
from tito.exchange.receipt import Receipt
from tito.nbgrader_plugins.exchange import export_library

__all__ = ["RECEIPTS", "FetchAssignment", "FetchFeedback", "Submit"]

RECEIPTS = "receipts"
"""The folder beside the notebook that receipts are put into; it is not handed in itself."""


class FetchAssignment(Exchange, abc.ExchangeFetchAssignment):
    """Download a released assignment; what the student already has is never written over."""

    def init_src(self) -> None:
        self.contents = self.client.fetch(self.coursedir.assignment_id)

    def init_dest(self) -> None:
        self.dest_path = self.assignment_folder(self.coursedir.assignment_id)
        if self.dest_path.is_dir() and not self.replace_missing_files:
            raise HandInError(
                f"{self.dest_path.name} is already in your files; go on with it, or rename that folder and fetch again "
                "(it was not touched)"
            )

    def copy_files(self) -> None:
        if self.dest_path.is_dir():
            for name in add_missing(self.dest_path, self.contents):
                self.log.warning("Replaced the missing file %s", name)
        else:
            put_folder(self.dest_path, self.contents)
        self.log.info("Fetched as: %s %s", self.coursedir.course_id, self.coursedir.assignment_id)


class Submit(Exchange, abc.ExchangeSubmit):
    """Hand in the assignment's folder, keep the receipt beside the notebook, bring the own library up to date."""

    patience = Client.patience_to_submit

    def init_src(self) -> None:
        # `nbgrader submit` takes a path too; the assignment is what its last folder is called.
        self.src_path = self.assignment_folder(self.coursedir.assignment_id)
        self.coursedir.assignment_id = self.src_path.name
        if not self.src_path.is_dir():
            raise HandInError(f"{self.src_path} is not there; fetch the assignment first (nothing was submitted)")
        self.contents = self.read_folder(self.src_path, RECEIPTS)
        largest = 1000 * self.coursedir.max_dir_size
        if sum(map(len, self.contents.values())) > largest:
            raise HandInError(f"{self.src_path} is larger than {largest} bytes; take files out (nothing was submitted)")

    def init_dest(self) -> None:
        # One that was withdrawn meanwhile is not among them; the service takes it all the same.
        for row in self.client.releases():
            if row["assignment"] == self.coursedir.assignment_id:
                self._compare([str(file["name"]) for file in row["files"]])

    def _compare(self, released: list[str]) -> None:
        """Tell of notebooks that were released and are not there; refuse if nbgrader's `strict` says so."""
        missing = [name for name in released if name.endswith(".ipynb") and name not in self.contents]
        if missing:
            line = f"{', '.join(missing)} of {self.coursedir.assignment_id} is not in {self.src_path}"
            if self.strict:
                raise HandInError(f"{line}; put it there (nothing was submitted)")
            self.log.warning("Possibly missing notebooks: %s", line)

    def copy_files(self) -> None:
        receipt = self.client.submit(self.coursedir.assignment_id, self.contents)
        self.log.info("Submitted as: %s %s %s", receipt.course, receipt.assignment, self.stamp(receipt.received))
        self._keep(receipt)
        library = os.environ.get("TINYTORCH_LIBRARY", "")
        if library and _can_be_written(Path(library)):
            self._export()
        elif library:
            self.log.info("Your library: the hub brings it up to date in a few seconds")

    def _keep(self, receipt: Receipt) -> None:
        """The submission is in already, so a receipt that cannot be written is told and can be fetched again."""
        name = f"{receipt.received[:19].replace(':', '.')}-{receipt.submission[:8]}.json"
        try:
            put_file(self.src_path / RECEIPTS / name, receipt.to_json().encode())
            self.log.info("Receipt: %s", self.src_path / RECEIPTS / name)
        except HandInError as error:
            self.log.warning("Submitted, but the receipt could not be kept: %s", error)

    def _export(self) -> None:
        assignment = self.coursedir.assignment_id
        try:
            released = self.client.fetch(assignment)
        except HandInError as error:
            self.log.warning("Submitted, but your library was not updated: %s", error)
            return
        with tempfile.TemporaryDirectory() as folder:
            put_folder(Path(folder, "released"), released)
            put_folder(Path(folder, "submitted"), self.contents)
            export_library(assignment, Path(folder, "submitted"), Path(folder, "released"), self.log)


class FetchFeedback(Exchange, abc.ExchangeFetchFeedback):
    """Download the feedback on each of one's submissions of the assignment."""

    def init_src(self) -> None:
        rows = self.client.submissions(self.coursedir.assignment_id)
        self.answered = [row for row in rows if row["feedback"]]

    def init_dest(self) -> None:
        pass

    def copy_files(self) -> None:
        for row in self.answered:
            folder = self.assignment_folder(row["assignment"]) / "feedback" / self.stamp(row["received"])
            put_folder(folder, self.client.feedback(row["submission"]))
            self.log.info("Fetched feedback: %s", folder)


def _can_be_written(folder: Path) -> bool:
    """May this process write there, or make the folder where it is not there yet? Under Docker it may not."""
    while not folder.exists() and folder != folder.parent:
        folder = folder.parent
    return os.access(folder, os.W_OK)
