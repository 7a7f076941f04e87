"""Certificates of a class under Docker with internal TLS; `make up` runs it: `python -m hub.certificate_store`.

JupyterHub makes its parts' certificates where it starts them. Here Compose does, before the hub, and each part finds a
key of its own in a folder that no other sees. The hub finds its own and the proxy's where JupyterHub looks for them; a
user's server gets one at each start.
"""

from __future__ import annotations

import ssl
import tempfile
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from ipaddress import IPv4Address
from pathlib import Path

from certipy import Certipy
from cryptography.x509 import load_pem_x509_certificate

from hub.certificate_files import CERTIFICATE, KEY, TRUSTED, lay_out
from hub.container_names import INTERNAL_TLS
from hub.settings import GRADING, LIBRARIES

__all__ = ["AUTHORITIES", "PARTS", "RENEWED", "issue", "prepare", "store_in"]

RENEWED = timedelta(days=90)
"""Before their end, five years after they were made, all certificates are made anew."""

_HUB, _ROUTES, _PROXY, _SERVERS, _SERVICES = (
    "hub-ca",
    "proxy-api-ca",
    "proxy-client-ca",
    "notebooks-ca",
    "services-ca",
)
AUTHORITIES = (_HUB, _ROUTES, _PROXY, _SERVERS, _SERVICES)
"""JupyterHub's names. The hub itself trusts all; a server trusts the hub and the proxy, and no other server."""


@dataclass(frozen=True)
class Part:
    """Whose certificate it is, under which name it is asked, and whom it trusts, asking and asked."""

    authority: str
    name: str
    trusts: tuple[str, ...]


PARTS: Mapping[str, Part] = {
    "hub-internal": Part(_HUB, "hub-services", AUTHORITIES),
    "proxy-api": Part(_ROUTES, "proxy-control", (_HUB,)),
    "proxy-client": Part(_PROXY, "proxy", (_HUB, _SERVERS, _SERVICES)),
    **{
        service: Part(_SERVICES, f"{service}-services", (_HUB, _PROXY, _SERVICES))
        for service in ("exchange", GRADING, LIBRARIES, "release")
    },
}
"""JupyterHub's names, and the services'. The proxy's table of routes is the hub's alone to set."""


def store_in(folder: Path) -> Path:
    """JupyterHub's `internal_certs_location`, which the hub alone sees."""
    return folder / "store"


def prepare(folder: Path, now: datetime) -> None:
    """See that all parts have certificates that are good for a while; what is good is kept."""
    store = _opened(store_in(folder), now)
    for name in AUTHORITIES:
        if name not in store.store.store:
            store.create_ca(name)
    for name, part in PARTS.items():
        if name not in store.store.store:
            store.create_signed_pair(name, part.authority, alt_names=[f"DNS:{part.name}"])
        made = Path(store.create_bundle(f"{name}_trust.crt", names=part.trusts))
        lay_out(folder / "parts" / name, _contents(store, name, made))
    (folder / "servers").mkdir(exist_ok=True)  # the guard's to fill


def issue(folder: Path, addresses: Iterable[IPv4Address]) -> dict[str, str]:
    """A key and a certificate for one server, which will have one of `addresses`: its files, by their names.

    The store is not written to: several may be made at once, and a hub that is killed meanwhile leaves it whole.
    """
    with tempfile.TemporaryDirectory() as scratch:
        issuer = Certipy(store_dir=scratch)
        issuer.store.add_record(_SERVERS, is_ca=True, files=_files_of(store_in(folder) / _SERVERS / _SERVERS))
        issuer.create_signed_pair("server", _SERVERS, alt_names=[f"IP:{address}" for address in addresses])
        trusted = store_in(folder) / f"{_SERVERS}_trust.crt"  # the hub makes it at each of its starts
        return _contents(issuer, "server", trusted)


def _files_of(stem: Path) -> dict[str, str]:
    return {"key": f"{stem}.key", "cert": f"{stem}.crt"}


def _opened(folder: Path, now: datetime) -> Certipy:
    """The store with what is in it; an empty one if any of it cannot be read or ends soon."""
    try:
        found = Certipy(store_dir=str(folder))
        made = [record["files"] for name, record in found.store.store.items() if name in (*AUTHORITIES, *PARTS)]
        if all(_end(files) > now + RENEWED for files in made):
            return found
    except (OSError, ValueError):
        pass  # half written when the machine went down
    return Certipy(store_dir=str(folder), remove_existing=True)


def _end(files: Mapping[str, str]) -> datetime:
    """Until when a certificate holds.

    Raises:
        OSError: it cannot be read, or its key does not fit it.
        ValueError: it is none.
    """
    ssl.create_default_context().load_cert_chain(files["cert"], files["key"])
    return load_pem_x509_certificate(Path(files["cert"]).read_bytes()).not_valid_after_utc


def _contents(store: Certipy, name: str, trusted: Path) -> dict[str, str]:
    made = store.store.get_record(name)["files"]
    return {
        KEY: Path(made["key"]).read_text(),
        CERTIFICATE: Path(made["cert"]).read_text(),
        TRUSTED: trusted.read_text(),
    }


if __name__ == "__main__":
    prepare(Path(INTERNAL_TLS), datetime.now(UTC))
