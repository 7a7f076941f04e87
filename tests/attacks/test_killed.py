"""A room that is killed from outside, as the kernel does for want of memory, costs its student nothing."""

from __future__ import annotations

import contextlib
import threading
import time
from collections.abc import Iterator

import psutil
import pytest

from tests.attacks import course as small
from tests.attacks.grader import LABEL, Grader, grader_under_attack, processes_of

NAME = "asleep"
SLOW = f"\n\n\nimport time\nopen('/proc/self/comm', 'w').write('{NAME}')\ntime.sleep(1)"
"""In a cell whose function is tested: what dies in it is not run again, and its tests fail."""


@pytest.fixture(scope="module")
def grader(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Grader]:
    with grader_under_attack(tmp_path_factory.mktemp("killed"), TINYTORCH_ROOM="bubblewrap") as found:  # seen from here
        yield found


class Killer(threading.Thread):
    """Kills the process below the grader that is called `NAME`, in each of so many rooms."""

    def __init__(self, grader: Grader, times: int) -> None:
        super().__init__(daemon=True)
        self._grader, self._times = grader, times
        self.killed = 0

    def run(self) -> None:
        end = time.monotonic() + 30
        while self.killed < self._times and time.monotonic() < end:
            time.sleep(0.05)
            for pid in processes_of(self._grader.worker):
                with contextlib.suppress(psutil.NoSuchProcess):
                    process = psutil.Process(pid)
                    if process.name() == NAME:
                        process.kill()
                        process.wait(5)
                        self.killed += 1


def graded_while_killed(grader: Grader, student: str, times: int) -> tuple[float, int]:
    """The points of a right submission, and how many of its rooms were killed."""
    first = small.HOLES[0]
    notebook = small.notebook_with(grader.course, {**small.RIGHT, first: small.RIGHT[first] + SLOW})
    small.hand_in(grader.course, student, LABEL, notebook)
    killer = Killer(grader, times)
    killer.start()
    earned = grader.worker.grade(small.job_of(grader.course, student, LABEL)).earned
    killer.join()
    return earned, killer.killed


def test_a_room_killed_once_costs_no_point(grader: Grader):
    assert graded_while_killed(grader, "ada", 1) == (100, 1)


def test_killed_again_it_holds(grader: Grader):
    earned, killed = graded_while_killed(grader, "grace", 2)
    assert (earned < 100, killed) == (True, 2)
