"""Removing the images of versions that nothing uses any more: they have names, so Docker's own prune takes none."""

from __future__ import annotations

import re
import shutil
from collections.abc import Callable, Collection
from pathlib import Path

from hub.docker_cli import Docker
from hub.docker_images import TARGETS
from tito.errors import ToolError
from tito.images import Images

__all__ = ["prune"]

_OURS = re.compile("|".join(re.escape(Images("")[target]) + r"[\w.-]+" for target in TARGETS))
"""No other image is ever touched, a base image of deploy/base_image.sh's least of all."""


def prune(docker: Docker, wanted: Collection[str], say: Callable[[str], None]) -> None:
    """Remove our images that are not `wanted` and no container has, and say which, and what room that made.

    Raises:
        ToolError: Docker does not do it.
    """
    used = {*wanted, *docker.ask("container", "ls", "--all", "--format", "{{.Image}}").splitlines()}
    names = docker.ask("image", "ls", "--format", "{{.Repository}}:{{.Tag}}").splitlines()
    ours = [name for name in names if _OURS.fullmatch(name)]
    before = _free(docker)
    removed = 0
    for name in ours:
        if name not in used and _remove(docker, name):
            say(f"removed {name}")
            removed += 1
    made = f", which made {max(0, _free(docker) - before) / 1e9:.1f} GB of room" if removed and before else ""
    say(f"removed {removed} images{made}; kept {len(ours) - removed}: this version's, the settings' and containers'")
    if removed:
        say(f"Docker keeps {_cache(docker)} of what it built images from; docker builder prune frees that too")


def _remove(docker: Docker, image: str) -> bool:
    """Remove an image; says whether Docker did. It refuses one that a container has got meanwhile."""
    try:
        docker.ask("image", "rm", image)
    except ToolError as error:
        if "conflict" not in str(error):
            raise
        return False
    return True


def _cache(docker: Docker) -> str:
    """What Docker's build cache could give back, where layers of removed images stay; as Docker writes it."""
    kinds = docker.ask("system", "df", "--format", "{{.Type}}:{{.Reclaimable}}").splitlines()
    return next((size for kind, _, size in (line.partition(":") for line in kinds) if kind == "Build Cache"), "some")


def _free(docker: Docker) -> int:
    """Bytes that are free where Docker keeps images; 0 where this machine does not see that."""
    folder = Path(docker.ask("info", "--format", "{{.DockerRootDir}}"))
    return shutil.disk_usage(folder).free if folder.is_dir() else 0
