"""TLS between the hub's own parts, where JupyterHub gives each a certificate (its `internal_ssl`)."""

from __future__ import annotations

import ssl
from collections.abc import Mapping

from jupyterhub.utils import make_ssl_context

__all__ = ["internal_tls"]


def internal_tls(environment: Mapping[str, str]) -> ssl.SSLContext | None:
    """TLS by which the hub's own parts alone get through, where the hub gave this service a certificate."""
    key, certificate, trusted = (
        environment.get(f"JUPYTERHUB_SSL_{name}", "") for name in ("KEYFILE", "CERTFILE", "CLIENT_CA")
    )
    if not key:
        return None
    tls: ssl.SSLContext = make_ssl_context(key, certificate, cafile=trusted, purpose=ssl.Purpose.CLIENT_AUTH)
    return tls
