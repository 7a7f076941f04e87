"""A room that is killed from outside, as the kernel does for want of memory, costs its student nothing."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator

import psutil
import pytest

from tests.attacks import course as small
from tests.attacks.grader import LABEL, Grader, grader_under_attack, processes_of

SLOW = "\n\n\nimport time\ntime.sleep(0.7)"
"""In a cell whose function is tested: what dies in it is not run again, and its tests fail."""


@pytest.fixture(scope="module")
def grader(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Grader]:
    with grader_under_attack(tmp_path_factory.mktemp("killed")) as found:
        yield found


class Killer(threading.Thread):
    """Kills the youngest process below the grader, the room's server, as often as one sleeps in a new room."""

    def __init__(self, grader: Grader, times: int) -> None:
        super().__init__(daemon=True)
        self._grader, self._times = grader, times
        self._rest = processes_of(grader.worker)
        self.killed = 0

    def run(self) -> None:
        end = time.monotonic() + 30
        while self.killed < self._times and time.monotonic() < end:
            time.sleep(0.05)
            new = [psutil.Process(pid) for pid in processes_of(self._grader.worker) - self._rest]
            servers = [process for process in new if process.is_running() and not process.children()]
            if servers:
                time.sleep(0.3)
                self._rest |= {process.pid for process in new}
                servers[-1].kill()
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
