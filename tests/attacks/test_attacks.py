"""Hostile submissions, graded as all are: none earns a point, reads a secret, stays, or costs the next one anything."""

from __future__ import annotations

import json
import os
import socket
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.attacks import course as small
from tests.attacks.hostile import Attack
from tests.attacks.lying import ATTACKS
from tests.attacks.reading import ATTACKS as _ALL
from tito.course import Course
from tito.grading.job import GradingJob
from tito.grading.result import GradedSubmission
from tito.grading.worker import GradingWorker

assert ATTACKS is _ALL

LABEL = "01_setup"

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


@pytest.fixture(scope="module")
def grader(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Grader]:
    patch = pytest.MonkeyPatch()
    patch.setenv("GRADER_TOKEN", small.SECRET)
    patch.setenv("TINYTORCH_ALLOW_PLAIN", "1")
    course = small.make_hostile_course(tmp_path_factory.mktemp("attacks"))
    small.hand_in(course, "ada", LABEL, small.released(course, LABEL))
    reached: list[str] = []
    with socket.create_server(("127.0.0.1", 0)) as server, GradingWorker(course.grading) as worker:
        thread = threading.Thread(target=listen, args=(server, reached), daemon=True)
        thread.start()
        honest = small.job_of(course, "ada", LABEL)
        assert worker.grade(honest).earned == 100
        assert wait_for_rest(worker, None)
        yield Grader(course, worker, honest, len(processes_of(worker)), server.getsockname()[1], reached)
    patch.undo()


def listen(server: socket.socket, reached: list[str]) -> None:
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


@pytest.mark.parametrize("attack", ATTACKS, ids=lambda attack: attack.name)
def test_an_attack_earns_what_it_honestly_earns(grader: Grader, attack: Attack) -> None:
    if attack.walls and grader.worker.backend == "plain":
        pytest.skip("plain rooms have no walls, and this would get out")
    process = grader.worker._process
    started = time.monotonic()
    graded = grader.grade(attack)
    seconds = time.monotonic() - started
    shown = json.dumps(graded.as_json())
    lost = [(test.id, test.status, test.error, test.message[:200]) for test in graded.tests if test.earned]
    assert graded.earned == attack.score, (
        f"{attack.tries}: {lost or [(t.id, t.status, t.message) for t in graded.tests]}"
    )
    assert graded.points == 100
    patience = attack.seconds + (_CONTAINERS if grader.worker.backend == "docker" else 0.0)
    assert seconds < patience, f"{attack.tries}: it took {seconds:.1f} s"
    assert small.SECRET not in shown, attack.tries
    assert "REACHED" not in shown
    assert not grader.reached
    assert len(shown) < 3_000_000, "what a student prints is kept within bounds"
    assert grader.worker._process is process, "the grading process did not outlive it"
    assert wait_for_rest(grader.worker, grader.at_rest), f"{attack.tries}: processes are left"
    after = grader.worker.grade(grader.honest)
    assert after.earned == 100, [(test.id, test.status, test.message) for test in after.tests if not test.earned]
    assert not after.findings


def test_no_attack_left_anything_in_the_course(grader: Grader) -> None:
    names = {path.name for path in grader.course.root.rglob("*")}
    assert not names & {"left-behind", "sitecustomize.py", "evil.pth", "big"}
    assert os.environ["GRADER_TOKEN"] == small.SECRET


def test_there_are_attacks_enough() -> None:
    names = [attack.name for attack in ATTACKS]
    assert len(names) == len(set(names)) >= 45
