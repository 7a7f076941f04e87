"""A grader under attack: one grading process, an honest submission to grade after each attack, and a listener."""

from __future__ import annotations

import json
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.attacks import course as small
from tests.attacks import lying, reading
from tests.attacks.hostile import ATTACKS, Attack
from tito.course import Course
from tito.grading.job import GradingJob
from tito.grading.result import GradedSubmission
from tito.grading.worker import GradingWorker

__all__ = ["ATTACKS", "LABEL", "Grader", "grader_under_attack"]

LABEL = "01_setup"

assert ATTACKS is lying.ATTACKS is reading.ATTACKS  # each adds its own

_CONTAINERS = 12.0
"""Seconds that new containers may take, where those that were started ahead are used up."""


@dataclass
class Grader:
    course: Course
    worker: GradingWorker
    honest: GradingJob
    at_rest: int
    """Processes of the grader when nothing is graded."""
    port: int
    reached: list[str]

    def grade(self, attack: Attack) -> GradedSubmission:
        def filled(code: str) -> str:
            return code.replace("{root}", str(self.course.root)).replace("{port}", str(self.port))

        notebook = small.notebook_with(self.course, attack.holes, filled(attack.first), filled(attack.last))
        small.hand_in(self.course, attack.name, LABEL, notebook)
        return self.worker.grade(small.job_of(self.course, attack.name, LABEL))

    def withstands(self, attack: Attack) -> None:
        """The attack earns what is honestly its own, learns nothing, ends in time and leaves nothing behind."""
        process = self.worker._process
        started = time.monotonic()
        graded = self.grade(attack)
        seconds = time.monotonic() - started
        shown = json.dumps(graded.as_json())
        lost = [(test.id, test.status, test.error, test.message[:200]) for test in graded.tests if test.earned]
        assert graded.earned == attack.score, (
            f"{attack.tries}: {lost or [(t.id, t.status, t.message) for t in graded.tests]}"
        )
        assert graded.points == 100
        patience = attack.seconds + (_CONTAINERS if self.worker.backend == "docker" else 0.0)
        assert seconds < patience, f"{attack.tries}: it took {seconds:.1f} s"
        assert small.SECRET not in shown, attack.tries
        assert "REACHED" not in shown
        assert not self.reached
        assert len(shown) < 3_000_000, "what a student prints is kept within bounds"
        assert self.worker._process is process, "the grading process did not outlive it"
        assert wait_for_rest(self.worker, self.at_rest), f"{attack.tries}: processes are left"
        after = self.worker.grade(self.honest)
        assert after.earned == 100, [(test.id, test.status, test.message) for test in after.tests if not test.earned]
        assert not after.findings


@contextmanager
def grader_under_attack(folder: Path, **environment: str) -> Iterator[Grader]:
    """A course in `folder` and a grader for it, which has a secret in its environment beside `environment`."""
    with pytest.MonkeyPatch.context() as patch:
        for name, value in {"GRADER_TOKEN": small.SECRET, "TINYTORCH_ALLOW_PLAIN": "1", **environment}.items():
            patch.setenv(name, value)
        course = small.make_hostile_course(folder)
        small.hand_in(course, "ada", LABEL, small.released(course, LABEL))
        reached: list[str] = []
        with socket.create_server(("127.0.0.1", 0)) as server, GradingWorker(course.grading) as worker:
            threading.Thread(target=_listen, args=(server, reached), daemon=True).start()
            honest = small.job_of(course, "ada", LABEL)
            assert worker.grade(honest).earned == 100
            assert wait_for_rest(worker, None)
            yield Grader(course, worker, honest, len(processes_of(worker)), server.getsockname()[1], reached)


def _listen(server: socket.socket, reached: list[str]) -> None:
    while True:
        try:
            connection, _ = server.accept()
        except OSError:
            return
        reached.append("somebody")
        connection.close()


def processes_of(worker: GradingWorker) -> set[int]:
    """All processes below the grading process, itself included."""
    assert worker._process is not None
    parents = {}
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = stat.read_text().rpartition(")")[2].split()
        except OSError:
            continue
        if fields[0] != "Z":
            parents[int(stat.parent.name)] = int(fields[1])
    found = {worker._process.pid}
    while more := {pid for pid, parent in parents.items() if parent in found} - found:
        found |= more
    return found


def wait_for_rest(worker: GradingWorker, count: int | None) -> bool:
    """Are there no more processes than at rest, now or in a moment?"""
    end = time.monotonic() + 5
    last = -1
    while time.monotonic() < end:
        now = len(processes_of(worker))
        if now == last if count is None else now <= count:
            return True
        last = now
        time.sleep(0.05)
    return False
