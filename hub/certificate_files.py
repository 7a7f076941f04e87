"""The files by which a part or a server shows who it is: their names, and how they are laid out for a container."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from tito.files import write_if_changed

__all__ = ["CERTIFICATE", "KEY", "TRUSTED", "files_in", "lay_out"]

KEY, CERTIFICATE, TRUSTED = "key.pem", "certificate.pem", "trusted.pem"


def files_in(folder: Path) -> dict[str, str]:
    """Where they are in `folder`, by JupyterHub's names for them."""
    return {"keyfile": str(folder / KEY), "certfile": str(folder / CERTIFICATE), "cafile": str(folder / TRUSTED)}


def lay_out(folder: Path, contents: Mapping[str, str]) -> None:
    """Write them for a container that runs as another user and sees this folder alone.

    Others may read the files: on the machine all such folders are in one that is closed to everybody but the hub's user
    (hub/docker_tls.py).
    """
    for name, text in contents.items():
        write_if_changed(folder / name, text)
