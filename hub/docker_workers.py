"""The grading workers' container, beside what deploy/compose.yaml describes.

An exam room needs a /proc that nothing covers, in its container too. Docker's own command line can ask for that,
Debian's Compose cannot, so the one service that needs it is started from here.
"""

from __future__ import annotations

import hashlib
import json
import time
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from hub.container_names import Names
from hub.docker_cli import Docker
from hub.rooms_profile import NO_APPARMOR, PROFILE
from tito.farm.signing import KEY_FILE

__all__ = ["Workers", "start_workers", "stop_workers", "workers_trouble"]

_LABEL = "org.tinytorch.definition"
_COMMAND = "TINYTORCH_BROKER=$(cat /run/secrets/broker) exec tito worker"
"""The address has a password: it is in the file, not in what `docker inspect` shows."""

_STEADY = 10.0
"""Seconds. Docker too takes a container that ran for so long as one that started."""

_LOOKS = 40
"""Half a second apart. What is neither steady nor fails again by the last one is taken as it is then."""


@dataclass(frozen=True)
class Workers:
    """What the container is made of.

    Attributes:
        names: the installation's names.
        image: the grader's image.
        user: number of whoever may read the secrets.
        processes: submissions that are graded at a time; none if 0.
        memory: bound of them all together, as Docker reads it.
        broker: file with the broker's address.
        key: file with the farm's key.
        profile: file with what the rooms may ask of the kernel.
    """

    names: Names
    image: str
    user: int
    processes: int
    memory: str
    broker: Path
    key: Path
    profile: Path

    def definition(self) -> str:
        """Changes when the container is to be made anew."""
        secrets = [str(path.stat().st_mtime_ns) for path in (self.broker, self.key)]
        told = "\0".join([*self.arguments(""), json.dumps(PROFILE), *secrets])
        return hashlib.sha256(told.encode()).hexdigest()[:16]

    def arguments(self, definition: str) -> list[str]:
        """What `docker run` is told: no powers, no files that change, one network, and leave to make rooms."""
        return [
            *("--detach", "--name", self.names.workers, "--label", f"{_LABEL}={definition}"),
            *("--restart", "unless-stopped", "--init", "--stop-timeout", "30"),
            *("--network", self.names.farm, "--user", str(self.user), "--read-only", "--cap-drop", "ALL"),
            *("--security-opt", "no-new-privileges", "--security-opt", f"seccomp={self.profile}"),
            *("--security-opt", "systempaths=unconfined", "--security-opt", NO_APPARMOR),
            *("--cpu-shares", "256"),  # people's servers come first
            *("--memory", self.memory, "--memory-swap", self.memory, "--pids-limit", str(128 * (self.processes + 1))),
            *("--tmpfs", "/tmp:rw,nosuid,nodev,size=256m", "--env", "HOME=/tmp", "--workdir", "/tmp"),
            *("--volume", f"{self.broker}:/run/secrets/broker:ro", "--volume", f"{self.key}:/run/secrets/farm_key:ro"),
            *("--env", f"{KEY_FILE}=/run/secrets/farm_key", "--no-healthcheck"),
            *("--log-driver", "json-file", "--log-opt", "max-size=10m", "--log-opt", "max-file=5"),
            *(self.image, "sh", "-c", f"{_COMMAND} --processes {self.processes}"),
        ]


def start_workers(docker: Docker, workers: Workers) -> None:
    """See that the container runs as it is defined; one that does is left alone.

    Raises:
        ToolError: Docker refuses it.
    """
    workers.profile.write_text(json.dumps(PROFILE), encoding="utf-8")
    name, wanted = workers.names.workers, workers.definition()
    if workers.processes and docker.named("container", name):
        form = f'{{{{.State.Running}}}} {{{{index .Config.Labels "{_LABEL}"}}}}'
        if docker.ask("inspect", "--format", form, name) == f"true {wanted}":
            return
    stop_workers(docker, workers.names)
    if workers.processes:
        docker.ask("run", *workers.arguments(wanted))


def stop_workers(docker: Docker, names: Names) -> None:
    """Stop and remove the container; what it was grading is graded by the next one."""
    if docker.named("container", names.workers):
        docker.ask("stop", names.workers)
        docker.ask("rm", "--force", names.workers)


def workers_trouble(docker: Docker, workers: Workers, looks: int = _LOOKS, pause: float = 0.5) -> str:
    """What is wrong with workers that were started a while ago; empty if nothing is. The class runs without them.

    Only what happens now counts: a machine that lost its power leaves a count of restarts behind, and workers that run.
    """
    if not workers.processes or _steady(docker, workers.names.workers, looks, pause):
        return ""
    name = workers.names.workers
    said = docker.logs(name, 1) or "they said nothing"
    return f"the grading workers do not start ({said}); staff can grade without --farm; read docker logs {name}"


def _steady(docker: Docker, name: str, looks: int, pause: float) -> bool:
    """Whether the container runs, and is not started again while one watches."""
    form = "{{.State.Status}} {{.RestartCount}} {{.State.StartedAt}}"
    first = ""
    for _ in range(looks):
        status, restarts, started = docker.ask("inspect", "--format", form, name).split(" ")
        first = first or restarts
        if restarts != first or status not in ("running", "restarting"):
            return False
        if status == "running" and (datetime.now(UTC) - datetime.fromisoformat(started)).total_seconds() > _STEADY:
            return True
        time.sleep(pause)
    return status == "running"
