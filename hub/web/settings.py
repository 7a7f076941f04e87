"""Where a service with pages listens, from the environment: the same for a hub's own process and for a container."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from tito.errors import ToolError

__all__ = ["Address", "read_address", "read_folder"]


@dataclass(frozen=True)
class Address:
    """Where to listen, and below which path."""

    host: str
    port: int
    prefix: str
    """`/services/grading/`."""


def read_address(environment: Mapping[str, str], name: str) -> Address | None:
    """From TINYTORCH_<NAME>_BIND or what JupyterHub sets for a service; None where neither is set.

    Raises:
        ToolError: it is no address.
    """
    variable = f"TINYTORCH_{name.upper()}_BIND"
    text = environment.get(variable) or environment.get("JUPYTERHUB_SERVICE_URL", "")
    if not text:
        return None
    try:
        bind = urlsplit(text)
        host, port = bind.hostname or "", bind.port or 0
    except ValueError:
        host, port = "", 0
    if not host or not port:
        raise ToolError(f"{variable} must be an address such as http://0.0.0.0:8091, got {text!r} (nothing started)")
    prefix = environment.get("JUPYTERHUB_SERVICE_PREFIX", f"/services/{name}/")
    return Address(host, port, "/" + prefix.strip("/") + "/")


def read_folder(environment: Mapping[str, str], variable: str) -> Path:
    """The folder that a variable names.

    Raises:
        ToolError: the variable is not set.
    """
    text = environment.get(variable, "")
    if not text:
        raise ToolError(f"{variable} is not set; docs/services.md says what it is (nothing was started)")
    return Path(text).absolute()
