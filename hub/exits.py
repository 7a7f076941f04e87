"""How a service's program ends: an expected failure is one line and an exit status."""

from __future__ import annotations

import sys
from collections.abc import Callable

from tito.errors import TitoError

__all__ = ["exit_status"]


def exit_status(name: str, work: Callable[[], None]) -> int:
    """Do the `work` of the service `name`; gives the process's exit status."""
    try:
        work()
    except TitoError as error:
        print(f"{name}: {error}", file=sys.stderr)
        return error.exit_code
    return 0
