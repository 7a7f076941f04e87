"""What there is in the exchange, in the shape that nbgrader's JupyterLab extensions and formgrader read."""

from __future__ import annotations

import hashlib
from itertools import groupby
from pathlib import Path, PurePosixPath
from typing import Any

from nbgrader.exchange import abc

from tito.errors import HandInError
from tito.exchange.base import Exchange

__all__ = ["List"]

Row = dict[str, Any]


class List(abc.ExchangeList, Exchange):
    """Released assignments, or submissions with what is known of their feedback.

    The dictionaries have the keys of nbgrader's own `ExchangeList`. Where those hold a path in the shared folder, these
    hold the service's path of the same thing.
    """

    patience = 1.0
    """A page waits for the list, and nbgrader asks for one before every step of grading."""

    def init_src(self) -> None:
        chosen = self.coursedir.assignment_id
        self.assignment = "" if chosen == "*" else chosen

    def init_dest(self) -> None:
        pass

    def copy_files(self) -> None:
        pass

    def start(self) -> Any:
        # nbgrader's class calls its own parent's start and then lists, outside of what Exchange.start watches over.
        try:
            return super().start()
        except HandInError as error:
            return self.fail(str(error))

    def list_files(self) -> list[Row]:
        """Everything that was asked for, also told in the log."""
        found = self._submitted() if self.inbound or self.cached else self._released()
        self.log.info("Submitted assignments:" if self.inbound or self.cached else "Released assignments:")
        for row in found:
            for line in row.get("submissions", [row]):
                self.log.info(_told(line))
        return found

    def remove_files(self) -> list[Row]:
        """Take releases back. Submissions stay: the exchange keeps every one."""
        if self.inbound or self.cached:
            raise HandInError("submissions cannot be removed from the exchange (all were kept)")
        found = self._released()
        for row in found:
            self.client.withdraw(row["assignment_id"])
            row["status"] = "removed"
            self.log.info("Removed: %s", _told(row))
        return found

    def _released(self) -> list[Row]:
        rows = [row for row in self.client.releases() if self.assignment in {"", row["assignment"]}]
        return [self._release(row["assignment"], row["files"]) for row in rows]

    def _release(self, assignment: str, files: list[Row]) -> Row:
        folder = self.assignment_folder(assignment)
        here = folder.exists()
        if here:
            notebooks = [str(path) for path in sorted(folder.glob("*.ipynb"))]
        else:
            notebooks = [f"outbound/{assignment}/{name}" for name in _notebooks(files)]
        return {
            "course_id": self.coursedir.course_id,
            "assignment_id": assignment,
            "status": "fetched" if here else "released",
            "path": str(folder) if here else f"outbound/{assignment}",
            "notebooks": [{"notebook_id": Path(path).stem, "path": path} for path in notebooks],
        }

    def _submitted(self) -> list[Row]:
        student = self.coursedir.student_id if self.inbound and self.coursedir.student_id != "*" else ""
        rows = self.client.submissions(self.assignment, student, everyone=self.inbound)
        rows.sort(key=_whose)  # stable: each one's stay in the order they came in
        return [self._group(*whose, list(group)) for whose, group in groupby(rows, key=_whose)]

    def _group(self, student: str, assignment: str, rows: list[Row]) -> Row:
        return {
            "course_id": self.coursedir.course_id,
            "student_id": student,
            "assignment_id": assignment,
            "status": "submitted",
            "submissions": [self._submission(row) for row in rows],
        }

    def _submission(self, row: Row) -> Row:
        stamp = self.stamp(row["received"])
        local = self.assignment_folder(row["assignment"]) / "feedback" / stamp
        given = {file["name"]: file["sha256"] for file in row["feedback"]}
        path = f"inbound/{row['submission']}"
        notebooks = [_notebook(name, path, local, given) for name in _notebooks(row["files"])]
        fetched = bool(notebooks) and all(notebook["has_local_feedback"] for notebook in notebooks)
        return {
            "course_id": self.coursedir.course_id,
            "student_id": row["student"],
            "assignment_id": row["assignment"],
            "timestamp": stamp,
            "status": "submitted",
            "path": path,
            "notebooks": notebooks,
            "has_local_feedback": fetched,
            "has_exchange_feedback": bool(notebooks) and all(found["has_exchange_feedback"] for found in notebooks),
            "feedback_updated": any(notebook["feedback_updated"] for notebook in notebooks),
            "local_feedback_path": str(local) if fetched else None,
        }


def _whose(row: Row) -> tuple[str, str]:
    return row["student"], row["assignment"]


def _notebooks(files: list[Row]) -> list[str]:
    """The notebooks in the assignment's folder itself, as nbgrader looks for them."""
    return sorted(file["name"] for file in files if file["name"].endswith(".ipynb") and "/" not in file["name"])


def _notebook(name: str, path: str, local: Path, given: dict[str, str]) -> Row:
    """One notebook of a submission, with whether its feedback waits, is here, or is here in an older version."""
    page = f"{PurePosixPath(name).stem}.html"
    here = local / page
    has_local = here.is_file()
    updated = has_local and page in given and hashlib.sha256(here.read_bytes()).hexdigest() != given[page]
    return {
        "notebook_id": PurePosixPath(name).stem,
        "path": f"{path}/{name}",
        "has_local_feedback": has_local,
        "has_exchange_feedback": page in given,
        "local_feedback_path": str(here) if has_local else None,
        "feedback_updated": updated,
    }


def _told(row: Row) -> str:
    """A row on one line of the log."""
    line = " ".join(str(row[key]) for key in ("course_id", "student_id", "assignment_id", "timestamp") if key in row)
    if row["status"] == "fetched":
        return f"{line} (already downloaded)"
    if row["status"] != "submitted":
        return line
    if row["has_local_feedback"] and not row["feedback_updated"]:
        return f"{line} (feedback already fetched)"
    return (
        f"{line} (feedback ready to be fetched)" if row["has_exchange_feedback"] else f"{line} (no feedback available)"
    )
