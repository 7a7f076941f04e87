"""A small browser without a screen: cookies, log-in, JSON calls and kernels' websockets."""

from __future__ import annotations

import asyncio
import json
import time
import urllib.error
import urllib.parse
import urllib.request
import uuid
from http.cookiejar import CookieJar
from typing import Any

from tornado.httpclient import HTTPRequest
from tornado.websocket import WebSocketClientConnection, websocket_connect

SILENCE = 180
"""Seconds that a kernel may say nothing: commands that grade take long on a busy machine."""


class Answer:
    """What came back, whatever its status."""

    def __init__(self, status: int, url: str, body: bytes) -> None:
        self.status, self.url, self.body = status, url, body

    @property
    def text(self) -> str:
        return self.body.decode()

    @property
    def json(self) -> Any:
        return json.loads(self.body)


def status_of(request: urllib.request.Request | str) -> int:
    """The status of what comes back, without cookies."""
    try:
        with urllib.request.urlopen(request, timeout=30) as answer:
            return int(answer.status)
    except urllib.error.HTTPError as error:
        with error:
            return error.code


class Visitor:
    """One person's browser, not logged in yet."""

    def __init__(self, url: str, name: str = "") -> None:
        self.url, self.name = url, name
        self.jar = CookieJar()
        self.opener = urllib.request.build_opener(urllib.request.HTTPCookieProcessor(self.jar))

    def ask(self, path: str, method: str = "GET", form: dict[str, str] | None = None, data: Any = None) -> Answer:
        headers = {"X-XSRFToken": self.xsrf(path)}
        body = None
        if form is not None:
            body = urllib.parse.urlencode(form).encode()
        elif data is not None:
            body, headers["Content-Type"] = json.dumps(data).encode(), "application/json"
        request = urllib.request.Request(self.url + path, body, headers, method=method)
        try:
            with self.opener.open(request, timeout=120) as answer:
                return Answer(answer.status, answer.url, answer.read())
        except urllib.error.HTTPError as error:
            with error:
                return Answer(error.code, error.url or "", error.read())

    def xsrf(self, path: str) -> str:
        """The token of the deepest cookie path that covers `path`: the hub and each server have their own."""
        found = [c for c in self.jar if c.name == "_xsrf" and path.startswith(c.path.rstrip("/"))]
        return max(found, key=lambda c: len(c.path)).value or "" if found else ""

    def log_in(self, password: str) -> Answer:
        self.ask("/hub/login")
        form = {"username": self.name, "password": password, "_xsrf": self.xsrf("/hub/login")}
        return self.ask("/hub/login", "POST", form=form)

    def request_server(self) -> None:
        """Have one's server started, without waiting for it."""
        self.ask(f"/hub/spawn/{self.name}")

    def stop_server(self, patience: float = 180) -> None:
        """Stop one's server and wait until it is gone."""
        self.ask(f"/hub/api/users/{self.name}/server", "DELETE")
        deadline = time.monotonic() + patience
        while self.ask(f"/hub/api/users/{self.name}").json["servers"]:
            assert time.monotonic() < deadline, f"{self.name}'s server did not stop"
            time.sleep(0.1)

    def wait_for_server(self, patience: float = 180) -> None:
        """Wait until one's server answers."""
        deadline = time.monotonic() + patience
        while time.monotonic() < deadline:
            answer = self.ask(self.path("lab"))
            if answer.status == 200 and "/user/" in answer.url and "jupyter-config-data" in answer.text:
                return
            time.sleep(0.2)
        raise AssertionError(f"{self.name}'s server did not answer: {answer.status} {answer.url}")

    def path(self, rest: str) -> str:
        return f"/user/{self.name}/{rest}"

    def page_config(self) -> dict[str, Any]:
        """The configuration that JupyterLab's page carries."""
        page = self.ask(self.path("lab")).text
        text = page.split('id="jupyter-config-data" type="application/json">')[1].split("</script>")[0]
        return dict(json.loads(text))

    def type_in_terminal(self, line: str, end: str) -> str:
        """What a new terminal shows after `line`, up to a line that is `end`."""
        name = self.ask(self.path("api/terminals"), "POST", data={}).json["name"]
        try:
            return asyncio.run(self._type(name, line, end))
        finally:
            self.ask(self.path(f"api/terminals/{name}"), "DELETE")

    async def _type(self, terminal: str, line: str, end: str) -> str:
        socket = await self.websocket(f"terminals/websocket/{terminal}")
        try:
            await socket.write_message(json.dumps(["stdin", line + "\r"]))
            shown = ""
            while end not in shown.splitlines():
                raw = await asyncio.wait_for(socket.read_message(), SILENCE)
                assert raw is not None, "the terminal closed"
                kind, *texts = json.loads(raw)
                shown += "".join(texts) if kind == "stdout" else ""
            return shown
        finally:
            await hang_up(socket)

    def start_kernel(self) -> str:
        return str(self.ask(self.path("api/kernels"), "POST", data={"name": "python3"}).json["id"])

    async def websocket(self, rest: str) -> WebSocketClientConnection:
        """A websocket of one's server, opened as JupyterLab's page opens it."""
        path = self.path(rest)
        cookies = "; ".join(f"{c.name}={c.value}" for c in self.jar if path.startswith(c.path.rstrip("/")))
        headers = {"Cookie": cookies, "Origin": self.url}
        patience = {"connect_timeout": SILENCE, "request_timeout": SILENCE}  # a server answers when its kernel is there
        request = HTTPRequest("ws" + self.url.removeprefix("http") + path, headers=headers, **patience)
        return await websocket_connect(request)

    def run(self, code: str) -> str:
        """What `code` prints in a new kernel; what it raises is an AssertionError."""
        kernel = self.start_kernel()
        try:
            return self.run_in(kernel, code)
        finally:
            self.ask(self.path(f"api/kernels/{kernel}"), "DELETE")

    def run_in(self, kernel: str, code: str) -> str:
        """What `code` prints in a kernel that runs on; what it raises is an AssertionError."""
        return asyncio.run(self._run(kernel, code))

    async def _run(self, kernel: str, code: str) -> str:
        socket = await self.websocket(f"api/kernels/{kernel}/channels?session_id={uuid.uuid4().hex}")
        try:
            request = execute_request(code)
            await socket.write_message(request)
            return await self._printed(socket, json.loads(request)["header"]["msg_id"])
        finally:
            await hang_up(socket)

    async def _printed(self, socket: WebSocketClientConnection, request: str) -> str:
        """Until the kernel is idle again: its reply may overtake what it printed."""
        printed = ""
        while True:
            raw = await asyncio.wait_for(socket.read_message(), SILENCE)
            assert raw is not None, "the kernel's connection closed"
            message = json.loads(raw)
            content, kind = message["content"], message["msg_type"]
            if kind == "stream" and content["name"] == "stdout":
                printed += content["text"]
            elif kind == "error":
                raise AssertionError(f"{content['ename']}: {content['evalue']}")
            elif content.get("execution_state") == "idle" and message["parent_header"].get("msg_id") == request:
                return printed


async def hang_up(socket: WebSocketClientConnection) -> None:
    """Close a websocket and wait until the other side has."""
    socket.close()
    while await socket.read_message() is not None:
        pass


def execute_request(code: str) -> str:
    """A request to run `code`, as JSON in the older of the two websocket protocols."""
    header = {
        "msg_id": uuid.uuid4().hex,
        "msg_type": "execute_request",
        "username": "",
        "session": "",
        "version": "5.3",
    }
    content = {"code": code, "silent": False, "store_history": False, "allow_stdin": False}
    return json.dumps(
        {"header": header, "parent_header": {}, "metadata": {}, "content": content, "channel": "shell", "buffers": []}
    )
