"""How submissions are graded: the table `[grading]` of course.toml."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from typing import Any

from tito.sandbox import Limits

__all__ = ["ALLOW_PLAIN", "ROOM", "GradingPolicy", "processors", "read_policy"]

ALLOW_PLAIN = "TINYTORCH_ALLOW_PLAIN"
"""Environment variable that allows rooms without walls, for trying out; `make serve` and the demo set it."""

ROOM = "TINYTORCH_ROOM"
"""Environment variable with the kind of room that this machine uses where course.toml leaves it open."""

EARLIER = ("own-first", "own", "reference")
ROOMS = ("auto", "docker", "bubblewrap", "plain")
_MEGABYTE = 1024 * 1024


@dataclass(frozen=True)
class GradingPolicy:
    """The course's rules.

    Attributes:
        earlier_modules: `own-first`: a test that fails with the student's own earlier modules is tried again with the
            reference's, and earns its points if it passes there. `own`: only their own count. `reference`: only the
            reference's.
        room: `auto` takes what TINYTORCH_ROOM names, else the first of docker, bubblewrap and plain that works.
        allow_plain: may a student's code run as an ordinary process of the grader's user?
        cell_seconds: wall time of one cell.
        notebook_seconds: wall time of the whole notebook.
        memory_mb: memory of one exam room.
        image: the Docker image of exam rooms; empty for the one that `make image` makes.
        workers: submissions at a time; 0 for one a processor.
        on_submit: does the hub run the visible tests of what is handed in at once, for its author to see?
        on_submit_seconds: so far apart are two of these of one student.
        at_deadline: does the hub collect and grade what is due?
        release_feedback: does it also release the feedback on that? Otherwise staff do.
    """

    earlier_modules: str = "own-first"
    room: str = "auto"
    allow_plain: bool = False
    cell_seconds: float = 30.0
    notebook_seconds: float = 300.0
    memory_mb: int = 2048
    image: str = ""
    workers: int = 0
    on_submit: bool = False
    on_submit_seconds: float = 20.0
    at_deadline: bool = False
    release_feedback: bool = False

    @property
    def limits(self) -> Limits:
        """What one exam room may use."""
        return Limits(
            memory=self.memory_mb * _MEGABYTE,
            cpu_seconds=int(2 * self.notebook_seconds) + 1,
            seconds=self.notebook_seconds + 30.0,
        )

    @property
    def room_here(self) -> str | None:
        """The kind of room to use on this machine; None for the first that works."""
        wanted = os.environ.get(ROOM, "auto") if self.room == "auto" else self.room
        return None if wanted == "auto" else wanted

    @property
    def plain_allowed(self) -> bool:
        """By course.toml, or by the environment of somebody who tries the course out."""
        return self.allow_plain or os.environ.get(ALLOW_PLAIN) == "1"

    def verdict_settings(self) -> dict[str, Any]:
        """What can change a verdict; the rest only says where and how fast."""
        kept = ("earlier_modules", "cell_seconds", "notebook_seconds", "memory_mb")
        return {name: value for name, value in asdict(self).items() if name in kept}


def read_policy(table: Mapping[str, Any], fail: Callable[[str, str], Any]) -> GradingPolicy:
    """The policy in the table `[grading]`; `fail(key, problem)` raises for what does not fit."""
    defaults = asdict(GradingPolicy())
    for key, value in table.items():
        if key not in defaults:
            fail(f"grading.{key}", f"is not a key this course knows; there are {', '.join(defaults)}")
        wanted = type(defaults[key])
        fits = isinstance(value, (int, float) if wanted is float else wanted)
        if not fits or (isinstance(value, bool) and wanted is not bool):
            fail(f"grading.{key}", f"must be a {wanted.__name__}, got {value!r}")
        if isinstance(value, int | float) and not isinstance(value, bool) and not 0 <= value < 1e6:
            fail(f"grading.{key}", f"must be a number of at least 0, got {value!r}")
    policy = GradingPolicy(**{**defaults, **table})
    for key, known in (("earlier_modules", EARLIER), ("room", ROOMS)):
        if getattr(policy, key) not in known:
            fail(f"grading.{key}", f"must be one of {', '.join(known)}, got {getattr(policy, key)!r}")
    for key in ("cell_seconds", "notebook_seconds", "memory_mb"):
        if not getattr(policy, key) > 0:
            fail(f"grading.{key}", "must be more than 0")
    return policy


def processors() -> int:
    """How many processors this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
