"""A class on three worker hosts, one of which falls silent in mid-run: everybody is graded once, and it works again.

The other tests of this folder kill processes on one machine, and their peers are told at once. Here nobody is told.
Making hosts needs root, so the test is collected for root alone, as on a build machine.
"""

from __future__ import annotations

import os
import re
import secrets
import shutil
import sys
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from tests.farm.hosts import Host, Network, power_off
from tests.farm.services import PASSWORD, Postgres, Program, Redis, postgres_programs, redis_program, wait_for
from tests.farm.test_farm import CLASS, LEASE, gradebook_rows, submit
from tests.tiny import make_course
from tito.addresses import BROKER, DATABASE
from tito.course import Course
from tito.farm.signing import KEY
from tito.grading.policy import ALLOW_PLAIN

BEGUN = re.compile(r"student=(\S+) attempt='': attempt (\d) begins")
ANSWERED = re.compile(r"student=(\S+) attempt='': (\d+) of 100 in a bubblewrap room")


class Hosts:
    """Five hosts: the services', the coordinator's and three workers'."""

    def __init__(self, folder: Path, root: Path, ends: ExitStack) -> None:
        self._folder = folder
        self._root = root
        network = Network()
        ends.callback(network.close)
        network.start()
        services, self._desk = network.host("services"), network.host("desk")
        self.workers = [network.host(f"worker-{number}") for number in range(3)]
        self._redis = Redis(folder / "redis", services.address, services.inside)
        self._postgres = Postgres(services.address, services.inside)
        self._programs: list[Program] = []
        for end in (self._redis.stop, self._postgres.stop, lambda: power_off(self._programs)):
            ends.callback(end)
        self._redis.start()
        self._postgres.start()
        self._environment = {BROKER: self._redis.url, KEY: secrets.token_hex(32), ALLOW_PLAIN: ""}
        self.database = self._postgres.create("hosts")

    def worker(self, host: Host) -> Program:
        """`tito worker` of an ordinary user, on a host that has no folder of this test."""
        command = [str(Path(sys.executable).with_name("tito")), "worker", "--processes", "1"]
        return self._start(host.name, host.on_its_own(command, hidden=self._folder, root=self._root), self._folder)

    def coordinator(self, course: Course) -> Program:
        command = [sys.executable, "-m", "tests.farm.coordinator", self._redis.url, str(LEASE)]
        return self._start("desk", self._desk.on_its_own(command), course.root, **{DATABASE: self.database})

    def console(self) -> str:
        """The gradebook's address for this process, which is on none of the hosts."""
        return self._postgres.console("hosts")

    def _start(self, name: str, command: list[str], cwd: Path, **environment: str) -> Program:
        found = Program(self._folder, name, command, cwd, **self._environment, **environment)
        self._programs.append(found)
        return found


@pytest.fixture
def hosts(tmp_path: Path, root: Path) -> Iterator[Hosts]:
    for name, there in (
        ("iproute2", shutil.which("ip")),
        ("redis-server", redis_program()),
        ("bubblewrap", shutil.which("bwrap")),
    ):
        if there is None:
            pytest.skip(f"needs {name}: apt install {name}")
    if postgres_programs() is None:
        pytest.skip("needs PostgreSQL: apt install postgresql")
    with ExitStack() as ends:
        yield Hosts(tmp_path, root, ends)


def cut_in_mid_job(host: Host, log: Program) -> str:
    """Cut a host that has graded somebody while it grades the next; gives whose work that is."""

    def in_mid_job() -> bool:
        begun = len(BEGUN.findall(log.text))
        return begun >= 2 and begun > len(ANSWERED.findall(log.text))

    while True:
        wait_for(in_mid_job, 120, "beginning two jobs on one host")
        host.cut()
        if in_mid_job():
            return str(BEGUN.findall(log.text)[-1][0])
        host.join()  # the answer was faster than the cut


if os.geteuid() == 0:

    def test_a_host_that_falls_silent(tmp_path: Path, hosts: Hosts, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv(DATABASE, hosts.console())
        course = make_course(tmp_path)
        for number, student in enumerate(CLASS):
            submit(course, student, number % 4, 1.0)
        logs = [hosts.worker(host) for host in hosts.workers]
        wait_for(lambda: all(" ready." in log.text for log in logs), 180, "starting three workers")
        desk = hosts.coordinator(course)

        silent, log = hosts.workers[0], logs[0]
        job = cut_in_mid_job(silent, log)
        wait_for(lambda: desk.process.poll() is not None, 300, "grading the class")
        assert desk.process.returncode == 0, desk.text
        silent.join()
        wait_for(lambda: "another worker was first" in log.text, 120, "answering too late")

        assert gradebook_rows(course) == {student: [points] for student, points in CLASS.items()}
        told = re.findall(r'^\["(\S+)", "(\w+)"', desk.text, re.MULTILINE)
        assert Counter(told) == Counter((student, "graded") for student in CLASS), desk.text
        answered = [student for log in logs for student, _ in ANSWERED.findall(log.text)]
        assert sorted(answered) == sorted(CLASS), "one answer each, from whichever host"
        assert all(ANSWERED.search(log.text) for log in logs), "each host has graded somebody"
        sent_again = re.findall(r"student=(\S+) attempt='': its worker is gone, sent again", desk.text)
        assert job in sent_again, desk.text
        assert PASSWORD not in desk.text + "".join(log.text for log in logs)
