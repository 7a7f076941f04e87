"""Docker's command line, called so that whatever fails is one line with a remedy."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from pathlib import Path

from tito.errors import ToolError

__all__ = ["Docker", "find_compose", "find_docker"]


class Docker:
    """The `docker` and compose commands of this machine, for one installation."""

    def __init__(self, docker: str, compose: Sequence[str], project: str, root: Path) -> None:
        self.docker, self.compose_command, self.project, self.root = docker, compose, project, root

    def ask(self, *arguments: str) -> str:
        """What docker prints.

        Raises:
            ToolError: it fails.
        """
        done = subprocess.run([self.docker, *arguments], capture_output=True, text=True, check=False)
        if done.returncode:
            raise ToolError(f"docker {arguments[0]} failed: {_said(done.stderr)} (what was there is kept)")
        return done.stdout.strip()

    def logs(self, container: str, lines: int) -> str:
        """The last lines that a container wrote, to either of its outputs.

        Raises:
            ToolError: there is no such container.
        """
        command = [self.docker, "logs", "--tail", str(lines), container]
        done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False)
        if done.returncode:
            raise ToolError(f"docker logs failed: {_said(done.stdout)} (what was there is kept)")
        return done.stdout.strip()

    def pipe(self, *arguments: str, source: Path | None = None, target: Path | None = None) -> None:
        """Run docker with its input out of `source` and its output into `target`.

        Raises:
            ToolError: it fails.
        """
        with ExitStack() as stack:
            files = [
                None if path is None else stack.enter_context(path.open(mode))
                for path, mode in ((source, "rb"), (target, "wb"))
            ]
            done = subprocess.run(
                [self.docker, *arguments],
                stdin=files[0] or subprocess.DEVNULL,
                stdout=files[1] or subprocess.DEVNULL,
                stderr=subprocess.PIPE,
                check=False,
            )
        if done.returncode:
            said = _said(done.stderr.decode(errors="replace"))
            raise ToolError(f"docker {arguments[0]} failed: {said} (what was there is kept)")

    def has(self, *arguments: str) -> bool:
        """Whether docker finds what is asked for."""
        return subprocess.run([self.docker, *arguments], capture_output=True, check=False).returncode == 0

    def build(self, arguments: Sequence[str], log: Path) -> None:
        """`docker build` with BuildKit, its output in `log`.

        Raises:
            ToolError: it fails.
        """
        with log.open("ab") as output:
            done = subprocess.run(
                [self.docker, "build", "--progress=plain", *arguments, str(self.root)],
                env=os.environ | {"DOCKER_BUILDKIT": "1"},
                stdout=output,
                stderr=output,
                check=False,
            )
        if done.returncode:
            said = _said(log.read_text(encoding="utf-8", errors="replace"))
            remedy = "check network and disk, then run it again"
            if "failed to do request" in said:
                remedy = "where no image registry can be reached, run deploy/base_image.sh and set BASE_IMAGE"
            raise ToolError(f"an image could not be built: {said}; {remedy} (log: {log})")

    def compose(self, variables: Mapping[str, str], *arguments: str) -> str:
        """Run compose on deploy/compose.yaml, with what internal TLS changes in it; gives what it printed.

        Raises:
            ToolError: it fails.
        """
        names = ["compose.yaml", *(["internal_tls.yaml"] if variables.get("TINYTORCH_SERVER_KEYS") else [])]
        files = [f"--file={self.root / 'deploy' / name}" for name in names]
        command = [*self.compose_command, "--project-name", self.project, *files, *arguments]
        done = subprocess.run(command, env=os.environ | variables, capture_output=True, text=True, check=False)
        if done.returncode:
            raise ToolError(f"docker compose {arguments[0]} failed: {_said(done.stderr)} (all work is kept)")
        return done.stdout

    def named(self, kind: str, pattern: str) -> list[str]:
        """The names of this machine's containers, networks or volumes that match `pattern` wholly."""
        form = "{{.Names}}" if kind == "container" else "{{.Name}}"
        every = ["--all"] if kind == "container" else []
        names = self.ask(kind, "ls", *every, "--format", form).splitlines()
        return [name for name in names if re.fullmatch(pattern, name)]


_NOISE = re.compile(r"^(-+|\s*$|#\d+ |\s*\d+ \||.*executor failed running|(Creating|Starting|Pulling) )")


def _said(text: str) -> str:
    """The last line that says something, cut to a readable length."""
    lines = [line.strip() for line in text.splitlines() if not _NOISE.match(line)]
    return (lines[-1] if lines else "it gave no reason")[:300]


def find_docker() -> str:
    """A docker command that can build these images, among all on PATH.

    Raises:
        ToolError: there is none, it cannot build, or no daemon answers it.
    """
    found = _on_path("docker")
    if not found:
        raise ToolError(
            "Docker is not installed; on Debian: apt install docker.io docker-compose, or see "
            "docs.docker.com/engine/install; to only try the course out: make serve (nothing was started)"
        )
    for docker in found:
        if _can_build(docker):
            _check_daemon(docker)
            return docker
    raise ToolError(
        f"{found[0]} cannot build with BuildKit; install its buildx plugin (apt install docker-buildx-plugin) "
        "(nothing was started)"
    )


def _on_path(name: str) -> list[str]:
    folders = os.environ.get("PATH", os.defpath).split(os.pathsep)
    return [path for folder in folders if (path := shutil.which(name, path=folder))]


def _can_build(docker: str) -> bool:
    """Clients before version 23 have BuildKit in them, later ones need the plugin."""
    version = _output([docker, "version", "--format", "{{.Client.Version}}"])
    number = re.match(r"\d+", version)
    return bool(number and int(number[0]) < 23) or bool(_output([docker, "buildx", "version"]))


def _output(command: Sequence[str]) -> str:
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    return done.stdout.strip() if done.returncode == 0 or done.stdout[:1].isdigit() else ""


def _check_daemon(docker: str) -> None:
    done = subprocess.run(
        [docker, "info", "--format", "{{.ServerVersion}}"], capture_output=True, text=True, check=False
    )
    said = done.stderr.lower()
    if "permission denied" in said:
        raise ToolError(
            "you may not use Docker; add yourself to its group (sudo usermod -aG docker $USER, then log in again) "
            "(nothing was started)"
        )
    if done.returncode or not done.stdout.strip():
        raise ToolError(
            f"Docker does not answer ({_said(done.stderr)}); start it (systemctl start docker), then run this again "
            "(nothing was started)"
        )


def find_compose(docker: str) -> list[str]:
    """The compose command: Docker's plugin, or Debian's docker-compose.

    Raises:
        ToolError: neither is there.
    """
    if _output([docker, "compose", "version", "--short"]):
        return [docker, "compose"]
    found = _on_path("docker-compose")
    if found:
        return [found[0]]
    raise ToolError(
        "Docker Compose is not installed; apt install docker-compose-plugin (Docker's packages) or docker-compose "
        "(Debian's) (nothing was started)"
    )
