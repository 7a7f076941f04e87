"""The proxy between toy servers and toy browsers: what JupyterLab's kernels and long gradings ask of it."""

from __future__ import annotations

import asyncio
import json
import os
import subprocess
import sys
import urllib.error
import urllib.request
from collections.abc import Awaitable, Callable, Iterator
from typing import Any

import pytest
from hub_client import hang_up
from tornado.httpclient import AsyncHTTPClient, HTTPClientError
from tornado.httpserver import HTTPServer
from tornado.testing import bind_unused_port
from tornado.web import Application, RequestHandler
from tornado.websocket import WebSocketHandler, websocket_connect

from hub.checks import free_ports

PATIENT = {"connect_timeout": 180.0, "request_timeout": 180.0}
"""For what takes seconds on a busy machine; the client's own patience is 20."""

V1 = "v1.kernel.websocket.jupyter.org"


class Echo(WebSocketHandler):
    """Says what it got, and how."""

    def select_subprotocol(self, subprotocols: list[str]) -> str | None:
        return V1 if V1 in subprotocols else None

    def check_origin(self, _origin: str) -> bool:
        return True

    def open(self, *_path: str) -> None:
        self.write_message("first")  # sent before the browser's side may be there

    async def on_message(self, message: str | bytes) -> None:
        if message == "close":
            self.close(4321, "enough")
        else:
            await self.write_message(message, binary=isinstance(message, bytes))


class Slow(RequestHandler):
    """Answers when as many have asked at once as it waits for."""

    waiting = 0
    all_here: asyncio.Event

    async def get(self, wanted: str) -> None:
        Slow.waiting += 1
        if Slow.waiting == int(wanted):
            Slow.all_here.set()
        await Slow.all_here.wait()
        self.write("served")


class Forbidden(RequestHandler):
    def get(self) -> None:
        self.set_status(403)


class Fast(RequestHandler):
    def post(self) -> None:
        self.add_header("Set-Cookie", "a=1")
        self.add_header("Set-Cookie", "b=2")
        self.write({"size": len(self.request.body), "query": self.get_argument("q", ""), "path": self.request.path})


@pytest.fixture(scope="module")
def proxy() -> Iterator[tuple[int, int]]:
    """The ports of a running proxy: public and inward."""
    public, inward = free_ports(2)
    command = [sys.executable, "-m", "hub.proxy", "--ip", "127.0.0.1", "--port", str(public), "--api-port", str(inward)]
    environment = os.environ | {"CONFIGPROXY_AUTH_TOKEN": "secret"}
    process = subprocess.Popen([*command, "--log-level", "error"], env=environment)
    yield public, inward
    process.terminate()
    assert process.wait(60) == 0


def visit(proxy: tuple[int, int], test: Callable[[str], Awaitable[None]]) -> None:
    """Run `test` with the proxy's address while the toy server stands behind it at /user/ada."""

    async def run() -> None:
        Slow.waiting, Slow.all_here = 0, asyncio.Event()
        pages = [
            (r"/user/ada/echo(.*)", Echo),
            (r"/user/ada/slow/(\d+)", Slow),
            (r"/user/ada/403", Forbidden),
            (r"/user/ada/fast.*", Fast),
        ]
        socket, port = bind_unused_port()
        server = HTTPServer(Application(pages, websocket_max_message_size=1 << 30), max_body_size=1 << 30)
        server.add_sockets([socket])
        try:
            await add_route(proxy[1], f"http://127.0.0.1:{port}")
            await test(f"127.0.0.1:{proxy[0]}/user/ada")
        finally:
            server.stop()
            await server.close_all_connections()

    asyncio.run(run())


async def add_route(inward: int, target: str) -> None:
    for _ in range(600):
        try:
            await AsyncHTTPClient().fetch(
                f"http://127.0.0.1:{inward}/api/routes/user/ada",
                method="POST",
                headers={"Authorization": "token secret"},
                body=json.dumps({"target": target, "user": "ada"}),
            )
            return
        except ConnectionRefusedError:
            await asyncio.sleep(0.1)
    raise AssertionError("the proxy did not start")


@pytest.mark.parametrize(("offered", "chosen"), [([V1], V1), (["other", V1], V1), (["other"], None), (None, None)])
def test_both_ends_speak_the_protocol_that_the_server_chose(proxy: Any, offered: Any, chosen: str | None):
    async def test(url: str) -> None:
        socket = await websocket_connect(f"ws://{url}/echo", subprotocols=offered)
        assert socket.selected_subprotocol == chosen
        assert await socket.read_message() == "first"
        await hang_up(socket)

    visit(proxy, test)


@pytest.mark.parametrize("message", ["text é", b"bytes \xff\x00", b"x" * (20 << 20)], ids=["text", "bytes", "20 MB"])
def test_a_message_arrives_as_it_was_sent(proxy: Any, message: str | bytes):
    async def test(url: str) -> None:
        socket = await websocket_connect(f"ws://{url}/echo", max_message_size=1 << 30)
        assert await socket.read_message() == "first"
        await socket.write_message(message, binary=isinstance(message, bytes))
        assert await socket.read_message() == message
        await hang_up(socket)

    visit(proxy, test)


def test_a_thousand_messages_keep_their_order(proxy: Any):
    async def test(url: str) -> None:
        socket = await websocket_connect(f"ws://{url}/echo")
        for number in range(1000):
            await socket.write_message(str(number))
        assert [await socket.read_message() for _ in range(1001)] == ["first", *map(str, range(1000))]
        await hang_up(socket)

    visit(proxy, test)


def test_the_browser_hears_that_the_server_closed(proxy: Any):
    async def test(url: str) -> None:
        socket = await websocket_connect(f"ws://{url}/echo")
        await socket.read_message()
        await socket.write_message("close")
        assert await asyncio.wait_for(socket.read_message(), 60) is None
        assert (socket.close_code, socket.close_reason) == (4321, "enough")
        socket.close()

    visit(proxy, test)


def test_a_refused_websocket_is_refused(proxy: Any):
    async def test(url: str) -> None:
        with pytest.raises(HTTPClientError, match="403"):
            await websocket_connect(f"ws://{url}/403")

    visit(proxy, test)


def test_fifty_requests_are_served_at_once(proxy: Any):
    async def test(url: str) -> None:
        client = AsyncHTTPClient(force_instance=True, max_clients=100)
        pages = await asyncio.gather(*(client.fetch(f"http://{url}/slow/50", **PATIENT) for _ in range(50)))
        assert {page.body for page in pages} == {b"served"}
        client.close()

    visit(proxy, test)


def test_a_large_upload_its_query_its_path_and_every_cookie_arrive(proxy: Any):
    async def test(url: str) -> None:
        page = await AsyncHTTPClient().fetch(
            f"http://{url}/fast/a%20b?q=%C3%A9", method="POST", body=b"x" * (120 << 20), **PATIENT
        )
        assert json.loads(page.body) == {"size": 120 << 20, "query": "é", "path": "/user/ada/fast/a%20b"}
        assert page.headers.get_list("Set-Cookie") == ["a=1", "b=2"]

    visit(proxy, test)


def test_routes_are_set_with_the_token_alone(proxy: Any):
    async def test(url: str) -> None:
        pass

    visit(proxy, test)
    request = urllib.request.Request(f"http://127.0.0.1:{proxy[1]}/api/routes")
    with pytest.raises(urllib.error.HTTPError) as refused:
        urllib.request.urlopen(request, timeout=60)
    refused.value.close()
    assert refused.value.code == 403


def test_a_taken_port_is_one_line(proxy: Any):
    done = subprocess.run(
        [sys.executable, "-m", "hub.proxy", "--port", str(proxy[0]), "--api-port", "1"],
        env=os.environ | {"CONFIGPROXY_AUTH_TOKEN": "secret"},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 1
    assert done.stderr.count("\n") == 1
    assert "Address already in use" in done.stderr
