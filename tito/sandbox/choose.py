"""Which kind of exam room a grader uses: the best that works here, tried before it is believed."""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass

from tito.errors import CourseFileError, ToolError
from tito.sandbox.base import Backend, Limits
from tito.sandbox.bubblewrap import BubblewrapBackend
from tito.sandbox.docker import DockerBackend
from tito.sandbox.plain import PlainBackend

__all__ = ["NAMES", "Probe", "choose", "probe_all"]

NAMES = ("docker", "bubblewrap", "plain")
"""All kinds, the best first."""

_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Probe:
    """Whether one kind of room works on this machine."""

    name: str
    works: bool
    why_not: str = ""
    """The reason and the remedy; empty when it works."""


def choose(wanted: str | None, allow_plain: bool, image: str = "", limits: Limits | None = None) -> Backend:
    """The first kind that works here, started, or the one that is wanted.

    Docker makes containers of `image`, or this checkout's, ahead: for rooms with `limits`.

    Raises:
        CourseFileError: there is no kind `wanted`.
        ToolError: none works, or not the wanted one; with the reason for each.
    """
    if wanted is not None and wanted not in NAMES:
        raise CourseFileError(f"exam-room backend {wanted!r}: there are {', '.join(NAMES)}")
    reasons: list[str] = []
    for name in NAMES if wanted is None else (wanted,):
        backend = _make(name, allow_plain, image, limits)
        try:
            backend.check()
        except ToolError as error:
            reasons.append(str(error))
            continue
        _log.info("exam rooms: %s%s", name, "".join(f"; not {reason}" for reason in reasons))
        return backend
    raise ToolError("no exam room works here: " + "; ".join(reasons))


def probe_all(allow_plain: bool, image: str = "") -> list[Probe]:
    """Try every kind, and end it again."""
    return [_probe(name, allow_plain, image) for name in NAMES]


def _probe(name: str, allow_plain: bool, image: str) -> Probe:
    backend = _make(name, allow_plain, image)
    try:
        backend.check()
    except ToolError as error:
        return Probe(name, False, str(error))
    finally:
        backend.close()
    return Probe(name, True)


def _make(name: str, allow_plain: bool, image: str, limits: Limits | None = None) -> Backend:
    makers: dict[str, Callable[[], Backend]] = {
        "docker": lambda: DockerBackend(image, limits=limits or Limits()),
        "bubblewrap": BubblewrapBackend,
        "plain": lambda: PlainBackend(allow_plain),
    }
    return makers[name]()
