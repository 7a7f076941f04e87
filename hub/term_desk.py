"""What the release service's pages ask of it: the term as it stands, and changes by the verbs of `tito schedule`."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from tito import gradebook, term
from tito.course import Course
from tito.errors import ScheduleError, ToolError
from tito.modules import find_module

__all__ = ["Asked", "Shown", "TermDesk"]

_SWITCH = {"": False, "False": False, "1": True, "True": True}
"""A box of a form that is ticked or not, and JSON's two."""


@dataclass(frozen=True)
class Asked:
    """One change that somebody wants."""

    verb: str
    module: str
    days: int = 0
    following: bool = False

    @classmethod
    def of(cls, values: Mapping[str, Any]) -> Asked:
        """Out of a form's fields or a program's JSON.

        Raises:
            TitoError: they make no sense.
        """
        verb, days, following = (str(values.get(name, "")) for name in ("verb", "days", "following"))
        module = find_module(str(values.get("module", "")))
        if following not in _SWITCH:
            raise ScheduleError(f"following must be true or false, got {following!r} (nothing was changed)")
        try:
            number = int(days) if days or verb == "shift" else 0
        except ValueError:
            raise ScheduleError(f"days must be a whole number such as 7, got {days!r} (nothing was changed)") from None
        return cls(verb, module.label, number, _SWITCH[following])


@dataclass(frozen=True)
class Shown:
    """The term, and what is wrong with it."""

    course: Course
    lines: list[term.Line]
    problems: list[str]
    wrong: Mapping[str, str]
    """By module, why its release fails."""


class TermDesk:
    """Looks and changes in the service's one thread for such work: nbgrader changes the process's working folder.

    Args:
        root: the course folder.
        run: has a function done in that thread.
        clock: says what time it is.
        log: gets a line for each change.
        health: what the service says of itself.
    """

    def __init__(
        self,
        root: Path,
        run: Callable[[Callable[[], Any]], Awaitable[Any]],
        clock: Callable[[], datetime],
        log: Callable[..., None],
        health: Callable[[], Mapping[str, Any]],
    ) -> None:
        self.root = root
        self._run, self._clock, self._log, self._health = run, clock, log, health

    async def shown(self) -> Shown:
        """The term now.

        Raises:
            TitoError: course.toml or the journal cannot be used.
        """
        found: Shown = await self._run(self._look)
        return found

    async def change(self, who: str, asked: Asked) -> str:
        """Do what `who` asked for; gives what was done, on one line.

        Raises:
            TitoError: it cannot be done.
        """

        def change() -> str:
            course = Course.load(self.root)
            return term.change(course, asked.verb, asked.module, self._clock(), asked.days, asked.following)

        said: str = await self._run(change)
        more = {"days": str(asked.days), "following": str(asked.following).lower()} if asked.verb == "shift" else {}
        self._log("schedule", who=who, verb=asked.verb, module=asked.module, **more, said=said)
        return said

    def _look(self) -> Shown:
        course = Course.load(self.root)
        health = self._health()
        problems = [str(health["problem"])] if health["problem"] else []
        try:
            public = gradebook.published(course)
        except ToolError as error:
            public = set()
            problems.append(f"What was released by hand is not known: {error}")
        return Shown(course, term.lines(course, public, self._clock()), problems, dict(health["failing"]))
