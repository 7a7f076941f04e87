"""How much of the disk a user's home may take, where no file system counts for us: pure functions.

Docker bounds no volume. So homes are measured now and then (hub/docker_guard.py), a server whose home is too large is
not started as usual, one whose home outgrows its bound twice over is stopped, and the kernel bounds each single file.
"""

from __future__ import annotations

from typing import Any

__all__ = [
    "EVERY",
    "TIDYING",
    "OverflowingHomeError",
    "bytes_of",
    "file_bound",
    "homes",
    "outgrown",
    "refusal",
    "usage_path",
]

EVERY = 300.0
"""Seconds between two measurements of all homes."""

TIDYING = 1024 * 1024
"""Bytes that a file may have in a server that is started to delete in: notebooks can still be saved."""

TOO_MUCH = 2
"""Times its bound, and a running server is stopped."""

_UNITS = {"K": 1024, "M": 1024**2, "G": 1024**3}


class OverflowingHomeError(Exception):
    """A start was refused for the size of the home; the hub shows `jupyterhub_message` to the user."""

    def __init__(self, message: str) -> None:
        super().__init__(message)
        self.jupyterhub_message = message


def bytes_of(size: str) -> int:
    """The number that `size`, such as 2G, stands for."""
    return int(size[:-1]) * _UNITS[size[-1]]


def usage_path(version: Any) -> str:
    """Where a Docker with this answer to /version tells its disk usage, in the form that `homes` reads.

    That form goes back to 1.41 at least; later Dockers refuse so old a version, and the newest have another form.
    """
    oldest = version.get("MinAPIVersion", "") if isinstance(version, dict) else ""
    numbers = [int(part) for part in str(oldest).split(".") if part.isdecimal()]
    minor = numbers[1] if len(numbers) == 2 else 0
    return f"/v1.{max(minor, 41)}/system/df"


def homes(usage: Any, prefix: str) -> dict[str, int]:
    """Bytes of each volume that begins with `prefix`, by the rest of its name; `usage` is Docker's /system/df."""
    volumes = (usage.get("Volumes") or []) if isinstance(usage, dict) else []
    return {
        volume["Name"].removeprefix(prefix): int(volume["UsageData"]["Size"])
        for volume in volumes
        if volume["Name"].startswith(prefix) and (volume.get("UsageData") or {}).get("Size", -1) >= 0
    }


def file_bound(size: int) -> list[dict[str, Any]]:
    """Docker's setting that no file may have more than `size` bytes."""
    return [{"name": "fsize", "soft": size, "hard": size}]


def outgrown(used: int | None, allowed: int) -> bool:
    """Whether a running server is to be stopped."""
    return used is not None and used > TOO_MUCH * allowed


def _said(size: int) -> str:
    return f"{size / _UNITS['G']:.1f} GB" if size >= _UNITS["G"] else f"{size // _UNITS['M']} MB"


def refusal(used: int, allowed: int) -> str:
    """What somebody is told whose home is too large."""
    return (
        f"your files take {_said(used)} of {_said(allowed)}; start the server again to delete some (in a terminal: "
        f"du -ah ~ | sort -h | tail -20), until then it saves no file above {_said(TIDYING)} (all your files are kept)"
    )
