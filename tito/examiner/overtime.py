"""An end for tests that a student's data keeps busy here: a range without end takes no answer from the room."""

from __future__ import annotations

import contextlib
import signal
import threading
from collections.abc import Callable, Iterator

__all__ = ["OvertimeError", "overtime"]

_AGAIN = 0.5


class OvertimeError(BaseException):
    """The test itself has run for too long. No Exception: no test catches it."""


@contextlib.contextmanager
def overtime(seconds: float, is_asking: Callable[[], bool]) -> Iterator[None]:
    """Raise `OvertimeError` in what runs inside after `seconds`, though not while `is_asking`: the link has deadlines.

    Signals reach the main thread only, so anywhere else nothing is bounded.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return

    def ring(_number: int, _frame: object) -> None:
        if not is_asking():
            raise OvertimeError

    before = signal.signal(signal.SIGALRM, ring)
    signal.setitimer(signal.ITIMER_REAL, max(seconds, 0.001), _AGAIN)  # again: raised in a `__del__` it gets lost
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)
