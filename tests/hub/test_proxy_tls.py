"""The proxy speaking TLS: what the hub learns of it, and certificates that cannot be used."""

from __future__ import annotations

import asyncio
import os
import ssl
import subprocess
import sys
import time
from pathlib import Path

import pytest
from certificates import make_certificate
from tornado.httpclient import AsyncHTTPClient
from tornado.httpserver import HTTPServer
from tornado.testing import bind_unused_port
from tornado.web import Application, RequestHandler

from hub.checks import free_ports


class Told(RequestHandler):
    """Says which protocol the hub would take the browser's connection for."""

    def get(self) -> None:
        self.write(self.request.protocol)


@pytest.fixture
def certificate(tmp_path: Path) -> tuple[Path, Path]:
    """A certificate for this machine that signs itself, and its key."""
    return make_certificate(tmp_path)


def start(certificate: tuple[Path, Path], token: Path, *ports: int, level: str = "error") -> subprocess.Popen[str]:
    token.write_text("secret\n")
    plain, encrypted, inward = ports
    return subprocess.Popen(
        [
            *(
                sys.executable,
                "-m",
                "hub.proxy",
                "--port",
                str(plain),
                "--api-port",
                str(inward),
                "--log-level",
                level,
            ),
            *("--ssl-cert", str(certificate[0]), "--ssl-key", str(certificate[1]), "--ssl-port", str(encrypted)),
        ],
        env=os.environ | {"CONFIGPROXY_AUTH_TOKEN_FILE": str(token)},
        stderr=subprocess.PIPE,
        text=True,
    )


async def ask(address: str, **options: object) -> str:
    """The answer, once the proxy is up."""
    deadline = time.monotonic() + 120
    while True:
        try:
            return (await AsyncHTTPClient().fetch(address, **options)).body.decode()
        except ConnectionRefusedError:
            assert time.monotonic() < deadline, "the proxy did not start"
            await asyncio.sleep(0.05)


def test_the_hub_learns_that_the_browser_speaks_tls(certificate: tuple[Path, Path], tmp_path: Path):
    plain, encrypted, inward = free_ports(3)

    async def run() -> None:
        socket, port = bind_unused_port()
        server = HTTPServer(Application([("/.*", Told)]), xheaders=True)
        server.add_sockets([socket])
        route = f'{{"target": "http://127.0.0.1:{port}"}}'
        token = {"Authorization": "token secret"}
        await ask(f"http://127.0.0.1:{inward}/api/routes/", method="POST", body=route, headers=token)
        trusted = ssl.create_default_context(cafile=str(certificate[0]))
        assert await ask(f"https://127.0.0.1:{encrypted}/", ssl_options=trusted) == "https"
        assert await ask(f"http://127.0.0.1:{plain}/") == "http"
        server.stop()

    process = start(certificate, tmp_path / "token", plain, encrypted, inward)
    try:
        asyncio.run(run())
    finally:
        process.terminate()
        process.communicate(timeout=60)


def test_a_certificate_that_ran_out_is_told_and_the_class_goes_on(tmp_path: Path):
    plain, encrypted, inward = free_ports(3)
    expired = make_certificate(tmp_path, begin=-9, end=-1)
    with start(expired, tmp_path / "token", plain, encrypted, inward, level="warn") as process:
        try:
            assert process.stderr is not None
            said = next(line for line in process.stderr if "browsers will warn" in line)
            assert str(expired[0]) in said and "expired on" in said
            unchecked = {"validate_cert": False, "raise_error": False}
            asyncio.run(ask(f"https://127.0.0.1:{encrypted}/", **unchecked))
        finally:
            process.terminate()


def test_a_certificate_that_cannot_be_used_is_one_line(certificate: tuple[Path, Path], tmp_path: Path):
    certificate[1].write_text("no key\n")
    said = start(certificate, tmp_path / "token", *free_ports(3)).communicate(timeout=120)[1]
    assert said.startswith("proxy: ") and str(certificate[0]) in said and said.count("\n") == 1
