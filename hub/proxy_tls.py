"""The proxy's certificates: towards browsers, and both ways on the inside where JupyterHub's internal TLS is on.

The arguments have the names that JupyterHub gives them for the Node.js proxy.
"""

from __future__ import annotations

import argparse
import ssl
from pathlib import Path

from hub.internal_tls import accepting

__all__ = ["add_arguments", "browsers", "hub_side", "inside", "server_side"]


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Every argument about certificates."""
    parser.add_argument("--ssl-cert", type=Path, help="certificate and chain: TLS on --ssl-port too; empty: no TLS")
    parser.add_argument("--ssl-key", type=Path)
    parser.add_argument("--ssl-port", type=int, default=8443)
    parser.add_argument("--inside-port", type=int, help="TLS for requests of servers, with the --client-ssl-... files")
    for side in ("api", "client"):
        for part in ("key", "cert", "ca"):
            parser.add_argument(f"--{side}-ssl-{part}", type=Path)
        # Certificates are always asked for and always checked; JupyterHub says so as well.
        parser.add_argument(f"--{side}-ssl-request-cert", action="store_true")
        parser.add_argument(f"--{side}-ssl-reject-unauthorized", action="store_true")


def browsers(options: argparse.Namespace) -> ssl.SSLContext | None:
    """TLS for browsers, if there is a certificate; an empty file stands for none."""
    if not options.ssl_cert or options.ssl_cert.stat().st_size == 0:
        return None
    try:
        return _context(ssl.Purpose.CLIENT_AUTH, options.ssl_cert, options.ssl_key)
    except PermissionError as error:
        raise SystemExit(f"proxy: {options.ssl_cert} or {options.ssl_key} cannot be read: {error.strerror}") from None


def hub_side(options: argparse.Namespace) -> ssl.SSLContext | None:
    """TLS for the interface that sets routes, where internal TLS is on: only the hub's own parts get through."""
    if not options.api_ssl_cert:
        return None
    return accepting(options.api_ssl_cert, options.api_ssl_key, options.api_ssl_ca)


def inside(options: argparse.Namespace) -> ssl.SSLContext | None:
    """TLS for what servers ask of the hub and its services, where they do not come by the browsers' door."""
    if not options.inside_port:
        return None
    return accepting(options.client_ssl_cert, options.client_ssl_key, options.client_ssl_ca)


def server_side(options: argparse.Namespace) -> ssl.SSLContext | None:
    """TLS towards the hub, the services and users' servers, where internal TLS is on: each side checks the other."""
    if not options.client_ssl_cert:
        return None
    return _context(ssl.Purpose.SERVER_AUTH, options.client_ssl_cert, options.client_ssl_key, options.client_ssl_ca)


def _context(purpose: ssl.Purpose, certificate: Path, key: Path, trusted: Path | None = None) -> ssl.SSLContext:
    """TLS with a certificate of our own, and of the partner's those that `trusted` vouches for."""
    tls = ssl.create_default_context(purpose, cafile=trusted)
    tls.load_cert_chain(certificate, key)
    return tls
