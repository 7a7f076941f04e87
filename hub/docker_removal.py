"""Deleting a class for good: asking first, where somebody can answer, and what stays on the machine afterwards."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path

from hub.container_names import Names
from hub.docker_cli import Docker
from hub.docker_images import TARGETS
from tito.errors import ToolError
from tito.images import Images

__all__ = ["confirm_deletion", "left_behind", "work_volumes"]

_PARTS = "hub|libraries|course|database|exchange|broker"


def work_volumes(docker: Docker, names: Names) -> list[str]:
    """The volumes of everybody's work and of all records."""
    return docker.named("volume", f"{names.project}(_({_PARTS})|-home-.*)")


def confirm_deletion(docker: Docker, names: Names, say: Callable[[str], None]) -> None:
    """Have whoever sits at a terminal type the project's name; programs are not asked.

    Raises:
        ToolError: something else is typed.
    """
    volumes = work_volumes(docker, names)
    if not volumes or not sys.stdin.isatty():
        return
    homes = [volume for volume in volumes if volume.startswith(names.home(""))]
    others = sorted(set(volumes) - set(homes))
    say(f"this deletes all homes ({names.home('NAME')}: {len(homes)}) and the volumes {', '.join(others) or '-'}:")
    say("all files, grades and what was handed in; only a backup brings them back (make backup DOCKER=1 DEST=...)")
    try:
        typed = input(f"to delete all that, type {names.project}: ").strip()
    except EOFError:
        typed = ""
    if typed != names.project:
        raise ToolError(f"{typed!r} is not {names.project} (nothing was deleted, what runs goes on)")


def left_behind(docker: Docker, folder: Path, images: Images) -> str:
    """What of a deleted class is still on the machine, and how to delete that too."""
    there = [target for target in TARGETS if docker.has("image", "inspect", images[target])]
    remove = f"; its images: docker image rm {' '.join(images[target] for target in there)}" if there else ""
    return f"left: settings, secrets, first passwords, copies of the course: rm -r {folder}{remove}"
