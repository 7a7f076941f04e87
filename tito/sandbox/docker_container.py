"""One Docker container that is an exam room: its start, how it connects, its end, and finding those left behind."""

from __future__ import annotations

import contextlib
import logging
import resource
import shutil
import socket
import subprocess
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import IO

from tito.errors import ToolError
from tito.sandbox.leftovers import identity, is_alive, remove_folders
from tito.sockets import bind_in

__all__ = ["LABEL", "Container", "docker_says", "owner", "remove_stale", "run_docker"]

LABEL = "org.tinytorch.exam-room"
"""Every exam room's container carries it; the value says whose it is, as `host:pid-start time of that process`."""

_PREFIX = "tito-container-"
_START_SECONDS = 60.0
_LOOK_SECONDS = 0.5

_log = logging.getLogger(__name__)


class Container:
    """One container, from its start on; it connects to the grader when it is warm."""

    def __init__(self, folder: Path, arguments: Callable[[Path], list[str]]) -> None:
        """Start it; `arguments` of the folder that it meets the grader in are what `docker run` gets."""
        self._folder = Path(tempfile.mkdtemp(prefix=f"{_PREFIX}{identity()}-", dir=folder))
        meeting_point = self._folder / "meet"
        meeting_point.mkdir()
        meeting_point.chmod(0o755)  # whatever the umask
        self._listener = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        bind_in(self._listener, meeting_point, "grader")
        (meeting_point / "grader").chmod(0o666)  # the container's user is nobody here; the folder above is closed
        self._listener.listen(1)
        self._name = self._folder.name
        self._control: socket.socket | None = None
        self._errors = tempfile.TemporaryFile()  # noqa: SIM115 - closed by remove()
        command = ["run", "--detach", f"--name={self._name}", f"--label={LABEL}={owner()}"]
        self._start = _begin([*command, *arguments(meeting_point)], self._errors)

    def wait_until_warm(self) -> socket.socket:
        """Where to ask it for a room, once it has connected.

        Raises:
            ToolError: it did not start.
        """
        self._listener.settimeout(_LOOK_SECONDS)
        for _ in range(int(_START_SECONDS / _LOOK_SECONDS)):
            with contextlib.suppress(TimeoutError):
                self._control = self._listener.accept()[0]
                self._control.settimeout(_START_SECONDS)
                if self._control.recv(64) == b"ready":
                    return self._control
            if self._start.poll() not in (None, 0) or self._has_ended():
                break
        raise ToolError(f"container {self._name} did not start: {self._why()}")

    def hang_up(self) -> None:
        """Nobody else may connect: not what runs in the container later, either."""
        if self._control is not None:
            self._control.close()
        self._listener.close()
        shutil.rmtree(self._folder / "meet", ignore_errors=True)

    def ran_out_of_memory(self) -> bool:
        """Did the kernel kill something in it for that?"""
        return docker_says("inspect", "--format={{.State.OOMKilled}}", self._name) == "true"

    def remove(self) -> subprocess.Popen[bytes]:
        """End it, and begin to remove it."""
        self.hang_up()
        shutil.rmtree(self._folder, ignore_errors=True)
        self._start.wait()
        self._errors.close()
        return _begin(["rm", "--force", "--volumes", self._name], subprocess.DEVNULL)

    def _has_ended(self) -> bool:
        return self._start.poll() == 0 and docker_says("inspect", "--format={{.State.Running}}", self._name) != "true"

    def _why(self) -> str:
        self._errors.seek(0)
        lines = self._errors.read().decode(errors="replace").strip().split("\n")
        code = docker_says("inspect", "--format={{.State.ExitCode}}", self._name)
        return lines[0] or f"its Python ended with status {code}; has the image this package, numpy and msgpack?"


def docker_says(*arguments: str) -> str:
    """What a docker command prints; nothing when it fails."""
    return run_docker(*arguments).stdout.strip()


def run_docker(*arguments: str) -> subprocess.CompletedProcess[str]:
    """Run a docker command."""
    with _more_addresses():
        return subprocess.run(["docker", *arguments], capture_output=True, text=True, check=False)


def _begin(arguments: list[str], errors: IO[bytes] | int) -> subprocess.Popen[bytes]:
    """A docker command that nobody waits for yet."""
    null = subprocess.DEVNULL
    with _more_addresses():
        return subprocess.Popen(["docker", *arguments], stdin=null, stdout=null, stderr=errors, start_new_session=True)


@contextlib.contextmanager
def _more_addresses() -> Iterator[None]:
    """Docker's command reserves more memory than a grading process allows itself, and inherits what that has."""
    soft, hard = resource.getrlimit(resource.RLIMIT_AS)
    resource.setrlimit(resource.RLIMIT_AS, (hard, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_AS, (soft, hard))


def owner() -> str:
    """What the label of this grader's containers says."""
    return f"{socket.gethostname()}:{identity()}"


def remove_stale(folder: Path) -> None:
    """Remove the containers, and their folders in `folder`, of graders of this machine that are no more."""
    form = f'--format={{{{.ID}}}} {{{{.Label "{LABEL}"}}}}'
    for line in docker_says("ps", "--all", f"--filter=label={LABEL}", form).splitlines():
        container, _, whose = line.partition(" ")
        host, _, who = whose.rpartition(":")
        if host == socket.gethostname() and not is_alive(who):
            _log.warning("removing container %s, which a grader that was killed has left", container)
            docker_says("rm", "--force", "--volumes", container)
    remove_folders(folder, _PREFIX)
