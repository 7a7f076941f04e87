"""What students have handed in, as far as the service knows: each look asks the exchange for what is new."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from tito.errors import UnknownModuleError
from tito.exchange.client import Client
from tito.modules import Module, find_module

__all__ = ["Inbox", "Submission", "by_work", "read_rows"]


@dataclass(frozen=True)
class Submission:
    """One hand-in."""

    number: str
    student: str
    module: Module
    received: datetime
    """The exchange's clock, in UTC."""
    answered: bool = False
    """Was there feedback on it when it was listed?"""
    early: bool = False
    """Is that feedback what this service gave?"""


def read_rows(rows: Iterable[Mapping[str, Any]]) -> list[Submission]:
    """The exchange's rows, those of its modules only."""
    found = []
    for row in rows:
        try:
            module = find_module(str(row["assignment"]))
        except UnknownModuleError:
            continue  # staff may release what the course does not know
        received = datetime.fromisoformat(row["received"])
        answered, early = bool(row["feedback"]), bool(row["early"])
        found.append(Submission(str(row["submission"]), str(row["student"]), module, received, answered, early))
    return found


def by_work(submissions: Iterable[Submission]) -> dict[tuple[str, Module], list[Submission]]:
    """A student's submissions of a module together, in the order they came."""
    found: dict[tuple[str, Module], list[Submission]] = {}
    for submission in submissions:
        found.setdefault((submission.student, submission.module), []).append(submission)
    return found


class Inbox:
    """Everybody's submissions."""

    def __init__(self, client: Client) -> None:
        self.client = client
        self._known: dict[str, Submission] = {}
        self._last = ""

    def refresh(self) -> None:
        """Take in what is new.

        Raises:
            HandInError: the exchange does not answer.
        """
        rows = self.client.submissions(everyone=True, after=self._last)
        if rows:
            self._last = str(rows[-1]["submission"])
        self._known |= {found.number: found for found in read_rows(rows)}

    @property
    def submissions(self) -> list[Submission]:
        return list(self._known.values())

    def newest(self, student: str) -> dict[Module, Submission]:
        """What a student handed in last of each module."""
        return {found.module: found for found in self._known.values() if found.student == student}
