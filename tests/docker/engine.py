"""Docker on this machine, for the tests: found, or started and stopped again; and a base image where no registry is."""

from __future__ import annotations

import os
import shutil
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from hub.docker_cli import find_docker

ROOT = Path(__file__).parents[2]
BASE_IMAGE = "tinytorch-base:bookworm"
LOG = Path("/var/log/dockerd-of-the-tests.log")


def answers() -> bool:
    docker = shutil.which("docker")
    return docker is not None and subprocess.run([docker, "info"], capture_output=True, check=False).returncode == 0


@contextmanager
def engine() -> Iterator[str]:
    """The docker command, with a daemon that answers it. A daemon that was started here is stopped at the end."""
    if answers():
        yield find_docker()
        return
    daemon = shutil.which("dockerd")
    assert daemon, "these tests need Docker: apt install docker.io docker-compose"
    assert os.geteuid() == 0, "Docker does not answer, and only root may start it"
    with LOG.open("wb") as log:
        process = subprocess.Popen([daemon], stdout=log, stderr=log, start_new_session=True)
    try:
        deadline = time.monotonic() + 180
        while not answers():
            assert process.poll() is None and time.monotonic() < deadline, f"dockerd did not start: {tail(LOG)}"
            time.sleep(0.2)
        yield find_docker()
    finally:
        process.terminate()
        process.wait(180)


def tail(path: Path) -> str:
    return "\n".join(path.read_text(encoding="utf-8", errors="replace").splitlines()[-5:])


def base_image(docker: str) -> str:
    """The base that the images are built on: BASE_IMAGE, else one made of Debian's packages: no registry is needed."""
    chosen = os.environ.get("BASE_IMAGE")
    if chosen:
        return chosen
    subprocess.run(
        ["sh", str(ROOT / "deploy" / "base_image.sh"), BASE_IMAGE], env=os.environ | {"DOCKER": docker}, check=True
    )
    return BASE_IMAGE
