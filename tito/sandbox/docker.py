"""Rooms that are Docker containers: one for each room, taken from a few that were started ahead and are warm.

Docker's command line is called rather than its Python package: six calls, no further dependency, and starting a
container need not be waited for.
"""

from __future__ import annotations

import dataclasses
import itertools
import json
import os
import shutil
import subprocess
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from tito.errors import ToolError
from tito.images import grader_image
from tito.sandbox.base import MEGABYTE, Ending, Limits
from tito.sandbox.docker_container import Container, docker_says, remove_stale, run_docker
from tito.sandbox.probe import PROBE_LIMITS, Probed
from tito.sandbox.users import A_PROCESS
from tito.sandbox.warm import ENVIRONMENT, SERVER, WarmRoom, warm_settings

__all__ = ["DockerBackend", "DockerRoom", "Mount"]

_FIRST_USER = 40_000
"""Each container has a user of its own, since the kernel counts a user's processes in all of them together. Rootless
daemons know no higher numbers than 65,535."""
_USERS = 24_000

_SCRATCH = "/room"
_MEETING_POINT = "/run/tito"
_HIDDEN = ("/opt/tinytorch",)
"""Where an image that is made for graders keeps the sources: covered by an empty folder."""

_WARM_MEMORY = 512 * MEGABYTE


@dataclasses.dataclass(frozen=True)
class Mount:
    """A file or folder of the daemon's machine that rooms see read-only."""

    source: Path
    target: Path


class DockerBackend(Probed):
    """Containers with one room each."""

    name = "docker"

    def __init__(
        self,
        image: str = "",
        entry: str = SERVER,
        extra: Sequence[Path] = (),
        *,
        mounts: Sequence[Mount] = (),
        python: Sequence[str] = ("python3",),
        ahead: int = 2,
        folder: Path | None = None,
        limits: Limits = Limits(),  # noqa: B008 - frozen
    ) -> None:
        """Rooms of `image`.

        Args:
            image: has Python, numpy, matplotlib, msgpack and this package, and nothing that a student must not read;
                empty for the one that `make image` makes of this checkout.
            entry: what is called in each room with its link.
            extra: folders in the image, or mounted, in which it and what it imports are looked for.
            mounts: what else of the daemon's machine a room sees.
            python: the command that runs Python in the image.
            ahead: how many containers wait for work.
            limits: what rooms are asked for with; containers of other limits would wait in vain.
            folder: where sockets are made; a grader that is itself in a container needs one that lies at the same
                path on the daemon's machine.
        """
        self.image, self.entry, self.extra = image, entry, tuple(extra)
        self._mounts, self._python, self._ahead = tuple(mounts), tuple(python), ahead
        self._folder = folder or Path(tempfile.gettempdir())
        self._waiting: list[Container] = []
        self._used: list[Container] = []
        self._removals: list[subprocess.Popen[bytes]] = []
        self._limits = limits
        self._started = False
        self._numbers = itertools.count()

    def start(self) -> None:
        """See that daemon and image are there, remove what crashed graders left, start the first containers.

        Raises:
            ToolError: Docker does not work here, with the reason and the remedy.
        """
        if self._started:
            return
        if shutil.which("docker") is None:
            raise ToolError("docker: no docker on the PATH; install Docker, or use bubblewrap")
        _see_daemon()
        own, self.image = not self.image, self.image or grader_image()
        if not docker_says("image", "inspect", "--format={{.Id}}", self.image):
            remedy = "run make image, or name another in [grading] image" if own else "build or load it"
            raise ToolError(f"docker: there is no image {self.image}; {remedy}")
        remove_stale(self._folder)
        self._started = True
        self._refill()

    @property
    def probe_limits(self) -> Limits:
        """Those of the containers that wait: others would have to be started for it."""
        memory, scratch, processes = _fixed(self._limits)
        return dataclasses.replace(PROBE_LIMITS, memory=memory, scratch=scratch, processes=processes)

    def close(self) -> None:
        """End every room and remove every container."""
        for container in (*self._used, *self._waiting):
            container.remove().wait()
        for removal in self._removals:
            removal.wait()
        self._used, self._waiting, self._removals, self._started = [], [], [], False

    def make_room(self, limits: Limits, entry: str) -> DockerRoom:
        """A fresh room in a container of its own."""
        if not self._started:
            raise ToolError("docker: not started; start it first")
        if _fixed(limits) != _fixed(self._limits):
            self._removals += [container.remove() for container in self._waiting]
            self._waiting, self._limits = [], limits
        self._refill()
        container = self._waiting.pop(0)
        self._used.append(container)
        room = DockerRoom(container, self._forget)
        try:
            room.ask(container.wait_until_warm(), {"limits": dataclasses.asdict(limits), "entry": entry})
        except (OSError, EOFError, ToolError) as error:
            room.discard()
            self.close()
            raise ToolError(f"docker: no room could be made ({error}); nothing was graded in it") from error
        finally:
            container.hang_up()
        self._refill()
        return room

    def _refill(self) -> None:
        self._removals = [removal for removal in self._removals if removal.poll() is None]
        while len(self._waiting) < max(1, self._ahead):
            self._waiting.append(Container(self._folder, self._arguments))

    def _forget(self, container: Container, at_once: bool) -> None:
        removal = container.remove()
        if container in self._used:
            self._used.remove(container)
        if at_once:
            removal.wait()
        else:
            self._removals.append(removal)

    def _arguments(self, meeting_point: Path) -> list[str]:
        """The options of `docker run`, image and command."""
        limits = self._limits
        memory = limits.memory + _WARM_MEMORY
        options = ["--network=none", "--read-only", "--cap-drop=ALL", "--security-opt=no-new-privileges"]
        user = _FIRST_USER + (os.getpid() * A_PROCESS + next(self._numbers) % A_PROCESS) % _USERS
        options += [f"--user={user}:{user}", "--hostname=room", "--ipc=private", "--log-driver=none"]
        options += [f"--memory={memory}", f"--memory-swap={memory}", f"--shm-size={limits.scratch}"]
        options += [f"--pids-limit={limits.processes + 1}", "--no-healthcheck", "--workdir=/", "--entrypoint="]
        for place in (_SCRATCH, "/tmp"):
            options.append(f"--tmpfs={place}:rw,nosuid,nodev,size={limits.scratch},mode=1777")
        options += [f"--tmpfs={place}:ro,size=4k" for place in _HIDDEN]
        environment = {**ENVIRONMENT, "MPLCONFIGDIR": f"{_SCRATCH}/matplotlib"}
        options += [f"--env={name}={value}" for name, value in environment.items() if name != "PATH"]
        for mount in (Mount(meeting_point, Path(_MEETING_POINT)), *self._mounts):
            options.append(f"--mount=type=bind,source={mount.source},target={mount.target},readonly")
        return [
            *options,
            self.image,
            *self._python,
            "-I",
            "-X",
            "utf8",
            "-m",
            "tito.sandbox.container",
            self._settings(),
        ]

    def _settings(self) -> str:
        settings: dict[str, Any] = {
            **warm_settings(self.entry, self.extra),
            "socket": f"{_MEETING_POINT}/grader",
            "scratch": _SCRATCH,
        }
        return json.dumps(settings)


def _fixed(limits: Limits) -> tuple[int, int, int]:
    """The limits that a container has from its start on."""
    return limits.memory, limits.scratch, limits.processes


class DockerRoom(WarmRoom):
    """The grader's ends of a room in a container."""

    def __init__(self, container: Container, forget: Any) -> None:
        super().__init__()
        self._container, self._forget = container, forget

    def end(self) -> Ending:
        """End all of the room; its container is being removed when this returns, and nothing runs in it any more."""
        if self._ending is None:
            ending = super().end()
            told = ending.reason != self.KEEPER_DIED
            if not told and self._container.ran_out_of_memory():
                ending = dataclasses.replace(ending, reason="used more memory than its container has", outside=False)
            self._forget(self._container, at_once=not told)
            self._ending = ending
        return self._ending


def _see_daemon() -> None:
    done = run_docker("version")
    if done.returncode != 0:
        why = done.stderr.strip().split("\n")[0]
        raise ToolError(f"docker: no daemon answers ({why}); start it, and let this user talk to it")
