"""TLS between the hub's own parts, where each has a certificate (JupyterHub's `internal_ssl`)."""

from __future__ import annotations

import ssl
from collections.abc import Mapping
from pathlib import Path

__all__ = ["accepting", "internal_tls"]


def internal_tls(environment: Mapping[str, str]) -> ssl.SSLContext | None:
    """TLS by which the hub's own parts alone get through, where this service was given a certificate."""
    key, certificate, trusted = (
        environment.get(f"JUPYTERHUB_SSL_{name}", "") for name in ("KEYFILE", "CERTFILE", "CLIENT_CA")
    )
    return accepting(Path(certificate), Path(key), Path(trusted)) if key else None


def accepting(certificate: Path, key: Path, trusted: Path) -> ssl.SSLContext:
    """The side that is called: it takes nobody for whom `trusted` does not vouch."""
    tls = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH, cafile=trusted)
    tls.verify_mode = ssl.CERT_REQUIRED
    tls.load_cert_chain(certificate, key)
    return tls
