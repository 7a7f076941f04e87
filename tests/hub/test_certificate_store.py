"""hub/certificate_store.py: who has which certificate, who gets through to whom, and when they are made anew."""

from __future__ import annotations

import socket
import ssl
import threading
from collections.abc import Iterator
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from ipaddress import IPv4Network
from pathlib import Path

import pytest

from hub.certificate_files import files_in, lay_out
from hub.certificate_store import AUTHORITIES, PARTS, RENEWED, issue, prepare, store_in

NOW = datetime.now(UTC)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """All parts' certificates, and those of two users' servers."""
    made = tmp_path_factory.mktemp("internal-tls")
    prepare(made, NOW)
    trusted = (store_in(made) / f"{name}/{name}.crt" for name in ("hub-ca", "proxy-client-ca"))
    (store_in(made) / "notebooks-ca_trust.crt").write_text("".join(path.read_text() for path in trusted))  # the hub's
    lay_out(made / "servers" / "ada", issue(made, IPv4Network("10.77.0.8/29").hosts()))
    lay_out(made / "servers" / "alan", issue(made, IPv4Network("10.77.0.16/29").hosts()))
    return made


def context(purpose: ssl.Purpose, folder: Path) -> ssl.SSLContext:
    files = files_in(folder)
    found = ssl.create_default_context(purpose, cafile=files["cafile"])
    found.verify_mode = ssl.CERT_REQUIRED
    found.load_cert_chain(files["certfile"], files["keyfile"])
    return found


def get_through(folder: Path, caller: str, called: str, name: str) -> bool:
    """Whether `caller` gets an answer from `called`, asking it by `name`: each checks the other."""
    asking, answering = socket.socketpair()

    def answer() -> None:
        with suppress(OSError), context(ssl.Purpose.CLIENT_AUTH, folder / called).wrap_socket(answering, True) as link:
            link.sendall(b"well")

    thread = threading.Thread(target=answer)
    thread.start()
    try:
        with context(ssl.Purpose.SERVER_AUTH, folder / caller).wrap_socket(asking, server_hostname=name) as link:
            return link.recv(10) == b"well"
    except OSError:
        return False
    finally:
        asking.close()
        thread.join(10)
        answering.close()


ALLOWED = [
    ("parts/hub-internal", "parts/proxy-api", "proxy-control"),
    ("parts/hub-internal", "servers/ada", "10.77.0.10"),
    ("parts/hub-internal", "parts/exchange", "exchange-services"),
    ("parts/hub-internal", "parts/hub-internal", "hub-services"),
    ("parts/proxy-client", "servers/ada", "10.77.0.10"),
    ("parts/proxy-client", "parts/hub-internal", "hub-services"),
    ("parts/proxy-client", "parts/grading", "grading-services"),
    ("servers/ada", "parts/proxy-client", "proxy"),
    ("parts/release", "parts/hub-internal", "hub-services"),
    ("parts/libraries", "parts/exchange", "exchange-services"),
    ("parts/exchange", "parts/exchange", "exchange-services"),
]


@pytest.mark.parametrize(("caller", "called", "name"), ALLOWED)
def test_who_works_together_knows_each_other(folder: Path, caller: str, called: str, name: str):
    assert get_through(folder, caller, called, name)


@pytest.mark.parametrize(
    ("caller", "called", "name"),
    [
        ("servers/ada", "servers/alan", "10.77.0.18"),
        ("servers/ada", "parts/exchange", "exchange-services"),
        ("servers/ada", "parts/proxy-api", "proxy-control"),
        ("parts/exchange", "parts/proxy-api", "proxy-control"),
        ("parts/proxy-client", "parts/proxy-api", "proxy-control"),
        ("parts/exchange", "servers/ada", "10.77.0.10"),
        ("parts/proxy-client", "servers/ada", "10.77.0.18"),  # Ada's server in the place of Alan's
        ("parts/proxy-client", "servers/ada", "hub-services"),
        ("servers/ada", "parts/hub-internal", "proxy"),
    ],
)
def test_nobody_else_gets_through(folder: Path, caller: str, called: str, name: str):
    assert not get_through(folder, caller, called, name)


def ends(folder: Path) -> dict[str, bytes]:
    return {name: (folder / "parts" / name / "certificate.pem").read_bytes() for name in PARTS}


@pytest.fixture
def used(tmp_path: Path) -> Iterator[Path]:
    prepare(tmp_path, NOW)
    return tmp_path


def test_what_is_good_is_kept_and_what_ends_soon_is_not(used: Path):
    first = ends(used)
    prepare(used, NOW + timedelta(days=5 * 365) - RENEWED - timedelta(days=1))
    assert ends(used) == first
    prepare(used, NOW + timedelta(days=5 * 365) - RENEWED + timedelta(days=1))
    assert not set(ends(used).values()) & set(first.values())


def test_a_store_that_was_half_written_is_made_anew(used: Path):
    first = ends(used)
    for broken in ("certipy.json", "hub-ca/hub-ca.crt", "proxy-client/proxy-client.key"):
        (store_in(used) / broken).write_text('{"hub-ca"')
        prepare(used, NOW)
        assert not set(ends(used).values()) & set(first.values())
        first = ends(used)
        assert get_through(used, "parts/proxy-client", "parts/hub-internal", "hub-services")


def test_only_its_owner_opens_what_holds_the_authorities(folder: Path):
    for name in AUTHORITIES:
        assert (store_in(folder) / name / f"{name}.key").stat().st_mode & 0o077 == 0
