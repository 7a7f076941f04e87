"""Does the Python proxy carry kernels' websockets under load? Counts every message, and times it against no proxy.

Two loads on kernels of one Jupyter server, all kernels at once, directly and then through `hub.proxy`:
- requests: cells of one output, each sent when the one before it is answered;
- flood: cells that send many outputs of a kilobyte as fast as they can.

    .venv/bin/python benchmarks/proxy_websockets.py [--kernels 4] [--requests 100] [--floods 5]

Exits 1 when a message is lost.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import secrets
import subprocess
import sys
import tempfile
import time
import uuid
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from jupyter_server.services.kernels.connection.base import deserialize_msg_from_ws_v1, serialize_msg_to_ws_v1
from tornado.httpclient import AsyncHTTPClient, HTTPRequest
from tornado.websocket import WebSocketClientConnection, websocket_connect

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT))  # before this folder, whose hub.py is no package

from hub.checks import free_ports  # noqa: E402

PROTOCOL = "v1.kernel.websocket.jupyter.org"
"""What JupyterLab speaks."""

PREFIX = "/user/ada/"
REPLIES = 4
"""Messages that every cell brings back beside its outputs: busy, its input, its reply, idle."""

BURST = 400
"""Outputs of one cell of the flood. A kernel drops what its queue of 1000 cannot hold, with or without a proxy."""

OUTPUT = 1000
"""Characters of one output of the flood."""


def pack(message: Any) -> bytes:
    return json.dumps(message, default=str).encode()


async def run_cell(socket: WebSocketClientConnection, outputs: int, size: int = 1) -> int:
    """Run one cell that sends `outputs` outputs; gives how many messages came back, or -1 for outputs out of order."""
    code = f"for i in range({outputs}): display({{'text/plain': str(i).ljust({size})}}, raw=True)"
    header = {
        "msg_id": uuid.uuid4().hex,
        "msg_type": "execute_request",
        "username": "",
        "session": "",
        "version": "5.3",
    }
    content = {"code": code, "silent": False, "store_history": False, "allow_stdin": False}
    message = {"header": header, "parent_header": {}, "metadata": {}, "content": content, "buffers": []}
    await socket.write_message(bytes(serialize_msg_to_ws_v1(message, "shell", pack)), binary=True)
    replies = [reply async for reply in answer(socket, header["msg_id"])]
    order = [int(content["data"]["text/plain"]) for kind, content in replies if kind == "display_data"]
    return len(replies) if order == sorted(order) else -1


async def answer(socket: WebSocketClientConnection, request: str) -> AsyncIterator[tuple[str, Any]]:
    """What `request` brings back: types and contents, until its reply and its idle status are both here."""
    missing = {"execute_reply", "idle"}
    while missing:
        raw = await asyncio.wait_for(socket.read_message(), 60)
        if raw is None:
            raise ConnectionError("a kernel's connection closed")
        _, parts = deserialize_msg_from_ws_v1(raw)
        header, parent, content = (json.loads(parts[index]) for index in (0, 1, 3))
        if parent.get("msg_id") == request:
            missing -= {header["msg_type"], content.get("execution_state")}
            yield header["msg_type"], content


async def requests(socket: WebSocketClientConnection, count: int) -> int:
    """Run `count` cells of one output, one after another; gives how many messages came back."""
    return sum([await run_cell(socket, 1) for _ in range(count)])


async def flood(socket: WebSocketClientConnection, count: int) -> int:
    """Run `count` cells that send outputs as fast as they can; gives how many messages came back."""
    return sum([await run_cell(socket, BURST, OUTPUT) for _ in range(count)])


@asynccontextmanager
async def process(*command: str, environment: dict[str, str], log: Any) -> AsyncIterator[None]:
    started = subprocess.Popen([sys.executable, "-m", *command], env=os.environ | environment, stdout=log, stderr=log)
    try:
        yield
    finally:
        started.terminate()
        started.wait(20)


async def fetch(url: str, token: str, method: str = "GET", body: Any = None, patience: float = 60) -> Any:
    """One JSON answer, waiting for a server that is not up yet."""
    deadline = time.monotonic() + patience
    data = None if body is None else json.dumps(body)
    while True:
        try:
            headers = {"Authorization": f"token {token}"}
            page = await AsyncHTTPClient().fetch(url, method=method, headers=headers, body=data)
            return json.loads(page.body) if page.body else None
        except OSError:
            if time.monotonic() > deadline:
                raise
            await asyncio.sleep(0.2)


async def open_kernels(url: str, token: str, count: int) -> list[WebSocketClientConnection]:
    """The websockets of `count` new kernels, each of which has answered once."""
    sockets = []
    for _ in range(count):
        kernel = await fetch(f"http://{url}api/kernels", token, "POST", {"name": "python3"})
        request = HTTPRequest(
            f"ws://{url}api/kernels/{kernel['id']}/channels?session_id={uuid.uuid4().hex}",
            headers={"Authorization": f"token {token}"},
        )
        sockets.append(await websocket_connect(request, subprotocols=[PROTOCOL], max_message_size=1 << 30))
    for socket in sockets:
        if socket.selected_subprotocol != PROTOCOL:
            raise SystemExit(f"the server's protocol did not arrive: {socket.selected_subprotocol}")
        await requests(socket, 3)
    return sockets


Load = Callable[[WebSocketClientConnection, int], Awaitable[int]]


async def measure(sockets: list[WebSocketClientConnection], load: Load, count: int) -> tuple[int, float]:
    """Messages and seconds of one load on all kernels at once."""
    begun = time.perf_counter()
    messages = sum(await asyncio.gather(*(load(socket, count) for socket in sockets)))
    return messages, time.perf_counter() - begun


async def compare(options: argparse.Namespace, log: Any) -> bool:
    """Print both loads on both ways; gives whether every message arrived."""
    server_port, public, inward = free_ports(3)
    token = secrets.token_hex()
    server = [
        "jupyter_server",
        "--no-browser",
        "--allow-root",
        f"--ServerApp.port={server_port}",
        f"--ServerApp.base_url={PREFIX}",
        f"--ServerApp.root_dir={tempfile.gettempdir()}",
        "--ZMQChannelsWebsocketConnection.iopub_msg_rate_limit=0",
        "--ZMQChannelsWebsocketConnection.iopub_data_rate_limit=0",
        "--ServerApp.jpserver_extensions={}",
    ]
    proxy = ["hub.proxy", "--port", str(public), "--api-port", str(inward), "--log-level", "error"]
    whole = True
    async with (
        process(*server, environment={"JUPYTER_TOKEN": token}, log=log),
        process(*proxy, environment={"CONFIGPROXY_AUTH_TOKEN": token}, log=log),
    ):
        target = {"target": f"http://127.0.0.1:{server_port}", "user": "ada"}
        await fetch(f"http://127.0.0.1:{inward}/api/routes{PREFIX}", token, "POST", target)
        direct = await open_kernels(f"127.0.0.1:{server_port}{PREFIX}", token, options.kernels)
        proxied = await open_kernels(f"127.0.0.1:{public}{PREFIX}", token, options.kernels)
        print(f"{'load':<10}{'way':<10}{'messages':>10}{'lost':>6}{'seconds':>9}{'per second':>12}{'of direct':>11}")
        for load, count, outputs in ((requests, options.requests, 1), (flood, options.floods, BURST)):
            rates: list[float] = []
            for way, sockets in (("direct", direct), ("proxy", proxied)):
                messages, seconds = await measure(sockets, load, count)
                lost = options.kernels * count * (REPLIES + outputs) - messages
                whole = whole and lost == 0
                rates.append(messages / seconds)
                row = f"{load.__name__:<10}{way:<10}{messages:>10}{lost:>6}{seconds:>9.2f}{rates[-1]:>12.0f}"
                print(f"{row}{rates[-1] / rates[0]:>10.0%}", flush=True)
        for socket in (*direct, *proxied):
            socket.close()
    return whole


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--kernels", type=int, default=4)
    parser.add_argument("--requests", type=int, default=100, help="cells a kernel")
    parser.add_argument("--floods", type=int, default=5, help=f"cells of {BURST} outputs a kernel")
    options = parser.parse_args()
    with tempfile.TemporaryFile() as log:
        if not asyncio.run(compare(options, log)):
            raise SystemExit("messages are lost")


if __name__ == "__main__":
    main()
