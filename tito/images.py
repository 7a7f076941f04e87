"""The images of a class under Docker: their names, and the version of them that this checkout makes."""

from __future__ import annotations

import hashlib
import os
from dataclasses import dataclass
from pathlib import Path

from tito import __version__
from tito.errors import ToolError

__all__ = ["BASE_IMAGE", "CHECKOUT", "Images", "grader_image", "hub_user", "version"]

BASE_IMAGE = "python:3.12-slim-bookworm"
CHECKOUT = Path(__file__).parents[1]
"""Where this package lies, if it was not installed from a wheel."""

_INPUTS = ("Dockerfile", "requirements-docker.lock", "pyproject.toml", "nbgrader_config.py", "README.md", "LICENSE")
_FOLDERS = ("tito", "hub", "source", "tinytorch_lib", "deploy/images")


@dataclass(frozen=True)
class Images:
    """The names of the images of one version."""

    version: str

    def __getitem__(self, target: str) -> str:
        return f"tinytorch/{target}:{self.version}"


def version(root: Path, base: str, user: int) -> str:
    """The version of this checkout's images: the tools' and a digest of all that goes into them."""
    files = [root / name for name in _INPUTS]
    for folder in _FOLDERS:
        files += [
            path for path in (root / folder).rglob("*") if path.is_file() and path.suffix not in {".pyc", ".ipynb"}
        ]
    digest = hashlib.sha256(f"{base} {user}".encode())
    for path in sorted(files):
        digest.update(f"\0{path.relative_to(root)}\0".encode() + path.read_bytes())
    return f"{__version__}-{digest.hexdigest()[:12]}"


def hub_user() -> int:
    """The number that the hub runs as: whoever runs `make up`, or 1000 in root's place."""
    return os.geteuid() or 1000


def grader_image(root: Path = CHECKOUT) -> str:
    """The image that `make image` makes for graders here, or the one that this installation's settings name.

    Raises:
        ToolError: tito was not started from a checkout.
    """
    if not (root / "Dockerfile").is_file():
        raise ToolError("docker: no checkout is here whose image would be known; name one in [grading] image")
    settings = _settings(root / "var" / "docker" / "settings.env")
    base = os.environ.get("BASE_IMAGE") or settings.get("TINYTORCH_BASE_IMAGE", BASE_IMAGE)
    return settings.get("TINYTORCH_GRADER_IMAGE") or Images(version(root, base, hub_user()))["grader"]


def _settings(path: Path) -> dict[str, str]:
    """What an administrator has set, if that is for this user to read."""
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError):
        return {}
    return {name.strip(): value.strip() for name, _, value in (line.partition("=") for line in lines)}
