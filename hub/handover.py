"""How `hub.serve` tells the hub's process what it decided: a few environment variables."""

from __future__ import annotations

import shutil
from collections.abc import Mapping
from dataclasses import astuple
from pathlib import Path

from hub.settings import Local, Places, Ports
from tito.course import Course

__all__ = ["receive", "send"]

_PREFIX = "TINYTORCH_HUB_"


def send(course: Course, local: Local) -> dict[str, str]:
    """The variables for the hub's process. Secrets are among them, so they go to that process alone."""
    values = {
        "COURSE": str(course.root),
        "DATA": str(local.places.data),
        "PORTS": " ".join(map(str, astuple(local.ports))),
        "PASSWORD": local.password,
        "TOOLS_TOKEN": local.tools_token,
        "AS_ROOT": "yes" if local.as_root else "no",
        "INTERNAL_TLS": "yes" if local.internal_tls else "no",
        "ROOM": local.room,
    }
    return {_PREFIX + name: value for name, value in values.items()}


def receive(environment: Mapping[str, str]) -> tuple[Course, Local]:
    """What `send` was given.

    Raises:
        KeyError: the process was not started by `hub.serve`.
    """
    local = Local(
        places=Places(Path(environment[_PREFIX + "DATA"])),
        ports=Ports(*map(int, environment[_PREFIX + "PORTS"].split())),
        password=environment[_PREFIX + "PASSWORD"],
        tools_token=environment[_PREFIX + "TOOLS_TOKEN"],
        as_root=environment[_PREFIX + "AS_ROOT"] == "yes",
        internal_tls=environment[_PREFIX + "INTERNAL_TLS"] == "yes",
        room=environment[_PREFIX + "ROOM"],
        shell=shutil.which("bash") or "/bin/sh",
    )
    return Course.load(Path(environment[_PREFIX + "COURSE"])), local
