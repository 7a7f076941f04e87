"""What is particular to containers: they are told apart by label, and removed. Only where a Docker daemon answers."""

from __future__ import annotations

import os
import socket
import subprocess
from collections.abc import Iterator

import pytest

from tito.errors import ToolError
from tito.sandbox.base import Backend
from tito.sandbox.docker import DockerBackend
from tito.sandbox.docker_container import LABEL, owner

from .rooms import IMAGE, KINDS, LIMITS, docker, interrupt_when_it_prints, named, new_name, run, wait_until

if "docker" in KINDS:

    @pytest.fixture
    def backend(_started: dict[str, Backend]) -> Iterator[Backend]:
        """One of the test's own; with `_started` the image is removed in the end."""
        backend = docker()
        backend.start()
        yield backend
        backend.close()

    def _containers() -> list[str]:
        command = ["docker", "ps", "--all", "--quiet", "--no-trunc", f"--filter=label={LABEL}={owner()}"]
        return subprocess.check_output(command, text=True).split()

    def test_one_room_after_the_other(backend: Backend) -> None:
        before, name = len(_containers()), new_name()
        first, second = backend.room(LIMITS), backend.room(LIMITS)
        run(first, "import os, time")
        interrupt_when_it_prints(first)
        with pytest.raises(Exception, match="KeyboardInterrupt"):
            run(first, "print('waiting', flush=True); time.sleep(50)")
        run(
            first,
            f"if os.fork() == 0:\n    os.setsid()\n    open('/proc/self/comm', 'w').write({name!r}); time.sleep(600)",
        )
        assert wait_until(lambda: len(named(name)) == 1)
        with pytest.raises(EOFError):
            run(first, "os.abort()")
        assert first.end().reason == "killed by SIGABRT"
        assert wait_until(lambda: not named(name))
        assert run(second, "answer = 2") == 2
        assert len(_containers()) > before
        backend.close()
        assert second.end().reason is not None
        assert len(_containers()) <= before

    def test_a_container_of_a_crashed_grader_is_removed(backend: Backend) -> None:
        crashed = f"{socket.gethostname()}:1-0"  # process 1 started at another time
        command = ["docker", "create", f"--label={LABEL}={crashed}", IMAGE, "nothing"]
        stale = subprocess.check_output(command, text=True).strip()
        backend.close()
        backend.start()
        assert subprocess.call(["docker", "inspect", stale], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)

    def test_a_killed_container_is_said(backend: Backend) -> None:
        room = backend.room(LIMITS)
        assert run(room, "answer = 1") == 1
        subprocess.run(["docker", "kill", *_containers()], check=False, capture_output=True)
        assert room.end().reason == "its keeper was killed"

    @pytest.mark.usefixtures("_started")
    def test_a_grader_makes_rooms_whatever_its_umask() -> None:
        before = os.umask(0o077)
        try:
            backend = docker()
            backend.start()
            room = backend.room(LIMITS)
            assert run(room, "answer = 1") == 1
            room.end()
            backend.close()
        finally:
            os.umask(before)

    def test_a_missing_image_is_named() -> None:
        with pytest.raises(ToolError, match="no image no-such-image; build or load it"):
            DockerBackend("no-such-image").start()
