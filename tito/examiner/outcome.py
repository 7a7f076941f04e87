"""What becomes of an examined cell: the fields that the examiner's outcomes and the grader's reports share."""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ["CellOutcome", "CellRun"]


@dataclass(frozen=True)
class CellRun:
    """One run of one cell."""

    id: str
    status: str
    """`passed`, `failed`, `timeout`, `died` (the room ended in it) or `not run`."""
    seconds: float = 0.0
    stdout: str = ""
    stderr: str = ""
    error: str = ""
    """The name of what was raised; empty when it passed."""
    traceback: str = ""
    """The frames that lie in the student's own cells, with their lines."""

    @property
    def passed(self) -> bool:
        return self.status == "passed"


@dataclass(frozen=True, kw_only=True)
class CellOutcome(CellRun):
    """A run as the examiner saw it."""

    message: str = ""
    line: int | None = None
    """The line of the test that failed, from 1."""
