"""JupyterHub as `make serve` runs it with internal TLS: `python -m hub.hub_with_tls`, with jupyterhub's own arguments.

JupyterHub 6.1 waits for its services with a TLS context made for the accepting side, which Python refuses to connect
with, so no service with an address ever comes up. Without that context it makes the right one.
"""

from __future__ import annotations

import ssl

from jupyterhub.app import JupyterHub
from jupyterhub.services.service import Service

__all__ = ["Hub"]


class Hub(JupyterHub):
    """JupyterHub, waiting for its services as a client."""

    name = "jupyterhub"

    async def start_service(
        self,
        service_name: str,
        service: Service,
        ssl_context: ssl.SSLContext | None = None,  # noqa: ARG002 - the wrong one
    ) -> bool:
        """Start a service, or wait for one that others started; says whether it is there."""
        started: bool = await super().start_service(service_name, service)
        return started


if __name__ == "__main__":
    Hub.launch_instance()
