"""JupyterHub's internal TLS under `make serve`: everything works, and nobody without a certificate gets in."""

from __future__ import annotations

import json
import re
import socket
import ssl
from collections.abc import Iterator
from contextlib import ExitStack, suppress
from pathlib import Path

import psutil
import pytest
from conftest import Hub, start_hub
from hub_client import Visitor


@pytest.fixture(scope="module")
def hub(checkout: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Hub]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("TINYTORCH_INTERNAL_TLS", "1")
        with start_hub(checkout, tmp_path_factory.mktemp("tls")) as found:
            yield found


@pytest.fixture(scope="module")
def ada(hub: Hub) -> Visitor:
    return hub.visitor("ada")


def listening(hub: Hub) -> dict[str, int]:
    """The ports on the inside, by what listens there."""
    kinds = ("hub.hub_with_tls", "hub.proxy", "hub.exchange", "tito.server")
    found: dict[str, set[int]] = {kind: set() for kind in kinds}
    for process, words in hub.commands().items():
        for kind in kinds:
            with suppress(psutil.NoSuchProcess):  # a child that has its parent's command line until it runs its own
                if kind in words:
                    found[kind] |= {c.laddr.port for c in process.net_connections() if c.status == "LISTEN"}
    public = int(hub.url.rsplit(":", 1)[1])
    return {kind: min(ports - {public}) for kind, ports in found.items()}


def test_a_kernel_computes_through_it(ada: Visitor) -> None:
    assert ada.run("print(6 * 7)") == "42\n"


def test_the_exchange_is_reached(hub: Hub, ada: Visitor) -> None:
    rows = ada.ask(ada.path("assignments?course_id=tinytorch")).json
    assert rows["success"] and [row["assignment_id"] for row in rows["value"]] == ["01_setup"]
    access = json.loads((hub.data / "course" / "exchange.json").read_text(encoding="utf-8"))
    assert access["url"] == f"{hub.url}/services/exchange/"


def test_the_term_is_on_its_page(hub: Hub) -> None:
    visitor, log_in = Visitor(hub.url, "instructor"), "/hub/login?next=%2Fservices%2Frelease%2F"
    visitor.ask(log_in)
    form = {"username": "instructor", "password": hub.password, "_xsrf": visitor.xsrf("/hub/login")}
    page = visitor.ask(log_in, "POST", form=form)
    assert page.status == 200 and "<h1>Term</h1>" in page.text


def test_nobody_without_a_certificate_gets_in(hub: Hub, ada: Visitor) -> None:
    ports = listening(hub)
    assert len(ports) == 4
    for kind, port in ports.items():
        assert not answer(port, None).startswith(b"HTTP"), kind
        anybody = ssl.create_default_context()
        anybody.check_hostname, anybody.verify_mode = False, ssl.CERT_NONE
        assert not answer(port, anybody).startswith(b"HTTP"), kind


def test_whoever_has_one_gets_in(hub: Hub, ada: Visitor) -> None:
    """So what refused the others is the certificate that they lacked."""
    store = hub.data / "hub" / "internal-tls"
    (key,) = store.glob("proxy-client/proxy-client.key")
    known = ssl.create_default_context(cafile=str(next(store.glob("proxy-client-ca_trust.crt"))))
    known.load_cert_chain(key.with_suffix(".crt"), key)
    said = answer(listening(hub)["tito.server"], known, ada.path("api"))
    assert re.match(rb"HTTP/1.1 200", said), said


def answer(port: int, tls: ssl.SSLContext | None, path: str = "/") -> bytes:
    """What comes back from a port on this machine, with TLS or without; nothing if the connection is refused."""
    try:
        with ExitStack() as stack:
            link = stack.enter_context(socket.create_connection(("127.0.0.1", port), 20))
            if tls:
                link = stack.enter_context(tls.wrap_socket(link, server_hostname="127.0.0.1"))
            link.sendall(f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n".encode())
            return bytes(link.recv(1000))
    except (OSError, ssl.SSLError):
        return b""
