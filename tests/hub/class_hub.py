"""A real hub with a class's configuration (hub/docker_settings.py) but no Docker: servers are small local processes.

What it shows is what the hub grants and who gets in; what containers add is tested in tests/docker.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

from class_hub_names import LOGIN_SECRET
from hub_client import Visitor

from hub.checks import free_ports
from hub.login import first_password
from hub.processes import end, family

ROOT = Path(__file__).parents[2]


class Quiet(BaseHTTPRequestHandler):
    """Answers every request with 200."""

    def do_GET(self) -> None:
        self.send_response(200)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *_arguments: object) -> None:
        pass


@dataclass
class ClassHub:
    """A running hub, its address and folder."""

    url: str
    folder: Path
    process: subprocess.Popen[bytes]

    @property
    def log(self) -> str:
        return (self.folder / "hub.log").read_text(encoding="utf-8")

    def visitor(self, name: str, password: str = "") -> Visitor:
        visitor = Visitor(self.url, name)
        assert visitor.log_in(password or first_password(LOGIN_SECRET, name)).status == 200
        return visitor

    def server_token(self, name: str) -> str:
        """The token that a new server of `name` is given."""
        file = self.folder / "tokens" / name
        visitor = self.visitor(name)
        visitor.request_server()
        deadline = time.monotonic() + 180
        while not file.exists():
            assert time.monotonic() < deadline, self.log
            time.sleep(0.1)
        return file.read_text(encoding="utf-8")


@contextmanager
def class_hub(
    folder: Path,
    course: Path,
    *proxy_options: str,
    config: str = "class_hub_config.py",
    ports: Sequence[int] = (),
    services: Mapping[str, str] | None = None,
    **variables: str,
) -> Iterator[ClassHub]:
    """A hub for the course in the folder `course`, set by `variables` (without TINYTORCH_); ended afterwards.

    `{url}` in a variable stands for the hub's address. `ports` are the proxy's, the hub's and the proxy's own
    interface's, `services` the addresses of services that run, both where something else must know them before.
    """
    (folder / "tokens").mkdir(parents=True)
    port, hub, proxy = ports or free_ports(3)
    quiet = ThreadingHTTPServer(("127.0.0.1", 0), Quiet)
    threading.Thread(target=quiet.serve_forever, daemon=True).start()
    told = {
        "folder": str(folder),
        "course": str(course),
        "proxy_options": proxy_options,
        "ports": [port, hub, proxy, quiet.server_port],
        "services": dict(services or {}),
        "variables": {
            f"TINYTORCH_{name}": value.replace("{url}", f"http://127.0.0.1:{port}") for name, value in variables.items()
        },
    }
    with (folder / "hub.log").open("wb") as log:
        process = subprocess.Popen(
            [sys.executable, "-m", "jupyterhub", "--config", str(Path(__file__).with_name(config))],
            cwd=folder,
            env=os.environ | {"CLASS_HUB": json.dumps(told), "PYTHONPATH": str(ROOT)},
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
        )
    found = ClassHub(f"http://127.0.0.1:{port}", folder, process)
    try:
        wait(found)
        yield found
    finally:
        everyone = family(process.pid)
        process.send_signal(signal.SIGTERM)
        try:
            process.wait(60)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
        end(everyone)
        quiet.shutdown()
        quiet.server_close()


def wait(hub: ClassHub, patience: float = 180) -> None:
    deadline = time.monotonic() + patience
    while True:
        assert hub.process.poll() is None and time.monotonic() < deadline, hub.log
        try:
            if Visitor(hub.url).ask("/hub/health").status == 200:
                return
        except OSError:
            pass
        time.sleep(0.1)


def ask(hub: ClassHub, token: str, path: str, method: str = "GET", data: Any = None) -> tuple[int, Any]:
    """Status and JSON that the hub's interface answers the holder of `token` with."""
    body = None if data is None else json.dumps(data).encode()
    request = urllib.request.Request(
        f"{hub.url}/hub/api/{path}", body, {"Authorization": f"token {token}"}, method=method
    )
    try:
        with urllib.request.urlopen(request, timeout=60) as answer:
            text = answer.read()
            return answer.status, json.loads(text) if text else None
    except urllib.error.HTTPError as error:
        with error:
            return error.code, None
