"""The images of a class: building them, and what they weigh and take to start."""

from __future__ import annotations

import json
import os
import secrets
import subprocess
import time
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from hub.docker_cli import Docker
from tito.errors import ToolError
from tito.images import Images

__all__ = ["TARGETS", "build", "build_options", "check_version", "measure"]

TARGETS = ("student", "grader", "hub", "database", "broker")


def build(docker: Docker, images: Images, base: str, user: int, logs: Path, say: Callable[[str], None]) -> None:
    """Build what is not there yet, with a log each in `logs`. Docker's cache has the layers that did not change.

    Raises:
        ToolError: an image cannot be built.
    """
    options = build_options(images.version, base, user)

    def chain(*targets: str) -> None:
        for target in targets:
            if docker.has("image", "inspect", images[target]):
                continue
            begin, log = time.monotonic(), logs / f"build-{target}.log"
            log.write_bytes(b"")
            say(f"building the image {images[target]}")
            docker.build([f"--target={target}", f"--tag={images[target]}", *options], log)
            say(f"built the image {images[target]} in {time.monotonic() - begin:.0f} s")

    # The two pairs share little: one loads packages while the other compiles.
    with ThreadPoolExecutor(2) as pool:
        for done in [pool.submit(chain, "student", "grader"), pool.submit(chain, "hub", "database", "broker")]:
            done.result()


def build_options(version: str, base: str, user: int) -> list[str]:
    """What `docker build` is given for every target."""
    values = {"BASE_IMAGE": base, "HUB_UID": str(user), "VERSION": version}
    arguments = [argument for name, value in values.items() for argument in ("--build-arg", f"{name}={value}")]
    return [*arguments, *_secrets(os.environ)]


def _secrets(environment: Mapping[str, str]) -> list[str]:
    """This machine's certificates and pip configuration, lent to the build where variables name them; none is kept."""
    lent = {
        "certificates": environment.get("TINYTORCH_BUILD_CERTIFICATES") or environment.get("PIP_CERT", ""),
        "pip": environment.get("TINYTORCH_BUILD_PIP_CONFIG", ""),
    }
    return [f"--secret=id={name},src={path}" for name, path in lent.items() if path and Path(path).is_file()]


def check_version(docker: Docker, image: str, wanted: str) -> None:
    """See that an image that was named in the settings is this checkout's.

    Raises:
        ToolError: it is not there, or another version's.
    """
    if not docker.has("image", "inspect", image):
        raise ToolError(f"image {image} is not on this machine; docker pull it or make image (nothing was started)")
    labels = json.loads(docker.ask("image", "inspect", "--format", "{{json .Config.Labels}}", image)) or {}
    found = labels.get("org.tinytorch.version", "none")
    if found != wanted:
        raise ToolError(
            f"image {image} has version {found}, this checkout is {wanted}; make image, or check out what it was "
            "made of (nothing was started)"
        )


def measure(docker: Docker, images: Images) -> list[str]:
    """A line an image with its size, and how long a student's server takes to answer, the first time and again."""
    lines = []
    for target in TARGETS:
        size = int(docker.ask("image", "inspect", "--format", "{{.Size}}", images[target]))
        lines.append(f"{target:<10} {size / 1e6:6.0f} MB")
    cold, warm = (_start_time(docker, images["student"]) for _ in range(2))
    return [*lines, f"a student's server answers after {cold:.1f} s, the second time after {warm:.1f} s"]


def _start_time(docker: Docker, image: str, patience: float = 120.0) -> float:
    """Seconds until JupyterLab answers in a container of its own, without a hub."""
    name = f"{docker.project}-measure-{secrets.token_hex(4)}"
    begin = time.monotonic()
    docker.ask("run", "--detach", "--name", name, "--network=none", image, "jupyter", "lab", "--ip=127.0.0.1")
    try:
        process = subprocess.Popen(
            [docker.docker, "logs", "--follow", name], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
        )
        assert process.stdout is not None
        for line in process.stdout:
            if "is running at" in line:
                return time.monotonic() - begin
            if time.monotonic() - begin > patience:
                break
        raise ToolError(f"JupyterLab did not start in the image {image}; try: docker run --rm {image} jupyter lab")
    finally:
        docker.ask("rm", "--force", name)
        process.wait()
        if process.stdout:
            process.stdout.close()
