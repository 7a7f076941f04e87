"""Internal TLS of a class under Docker, on this machine's side: the folder of keys, and who was started with which."""

from __future__ import annotations

import hashlib
import os

from hub.container_names import INTERNAL_TLS
from hub.docker_cli import Docker
from hub.docker_files import Files
from tito.images import hub_user

__all__ = ["certificates", "make_certificates", "other_certificates", "tls_variables"]

_VARIABLE = "TINYTORCH_CERTIFICATES"


def tls_variables(files: Files) -> dict[str, str]:
    """What deploy/internal_tls.yaml asks for."""
    folder = files.internal_tls
    return {
        "TINYTORCH_INTERNAL_TLS_FOLDER": str(folder),
        "TINYTORCH_SERVER_KEYS": str(folder / "servers"),
        _VARIABLE: certificates(files),
    }


def certificates(files: Files) -> str:
    """Changes when the parts' certificates do: compose then makes the services anew."""
    digest = hashlib.sha256()
    for path in sorted(files.internal_tls.glob("parts/*/certificate.pem")):
        digest.update(path.read_bytes())
    return digest.hexdigest()[:16]


def make_certificates(docker: Docker, files: Files, image: str) -> None:
    """See that all parts have certificates; the hub's image makes them, as this machine has no library for it.

    Raises:
        ToolError: Docker refuses it.
    """
    files.internal_tls.mkdir(mode=0o700, exist_ok=True)
    if os.geteuid() == 0:
        os.chown(files.internal_tls, hub_user(), hub_user())
    bounds = ["--read-only", "--cap-drop=ALL", "--security-opt=no-new-privileges", "--network=none"]
    mount = f"--volume={files.internal_tls}:{INTERNAL_TLS}"
    docker.ask("run", "--rm", *bounds, mount, image, "python", "-m", "hub.certificate_store")


def other_certificates(docker: Docker, hub: str, now: str) -> bool:
    """Whether the hub that is there has other certificates than those of `now`, or has some where none are now.

    The servers that it made would not be reached any more.
    """
    if not docker.named("container", hub):
        return False
    known = docker.ask("inspect", "--format", "{{range .Config.Env}}{{println .}}{{end}}", hub).splitlines()
    before = [line.partition("=")[2] for line in known if line.startswith(f"{_VARIABLE}=")]
    return (before or [""]) != [now]
