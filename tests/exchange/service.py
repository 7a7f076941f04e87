"""A running exchange service for tests: its own process, and a stand-in for the hub that says whose token it is."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
import time
import urllib.request
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

from hub.checks import free_ports
from hub.exchange.access import READ_SCOPE, STAFF_SCOPE, access_scope
from tito.exchange.client import Access, Client

ROOT = Path(__file__).parents[2]
COURSE = "tiny"
LABEL = "01_setup"

COURSE_TOML = """\
[course]
id = "tiny"
[roster]
instructors = ["instructor"]
students = ["ada", "alan"]
"""

SCOPES = {
    "ada": [access_scope()],
    "alan": [access_scope()],
    "grace": [access_scope()],
    "ta": [access_scope(), STAFF_SCOPE],
    "library": [access_scope(), READ_SCOPE],
    "eve": ["users:activity!user=eve"],
    "prometheus": ["read:metrics"],
}


class FakeHub(ThreadingHTTPServer):
    """Answers `/hub/api/user` as JupyterHub does, for tokens that are `<name>-token`."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Answer)
        self.url = f"http://127.0.0.1:{self.server_address[1]}/hub/api"


class _Answer(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        name = self.headers.get("Authorization", "").removeprefix("token ").removesuffix("-token")
        known = self.path == "/hub/api/user" and name in SCOPES
        body = json.dumps({"kind": "user", "name": name, "scopes": SCOPES.get(name, [])} if known else {}).encode()
        self.send_response(200 if known else 403)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_arguments: object) -> None:
        pass


@contextmanager
def fake_hub() -> Iterator[FakeHub]:
    with FakeHub() as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
        thread.start()
        try:
            yield server
        finally:
            server.shutdown()
            thread.join()


@dataclass
class Service:
    """`python -m hub.exchange` with a data folder; can be killed and started again."""

    folder: Path
    hub: str
    settings: Mapping[str, str] = field(default_factory=dict)
    port: int = 0
    process: subprocess.Popen[bytes] | None = None

    def __post_init__(self) -> None:
        self.port = free_ports(1)[0]
        self.folder.mkdir(parents=True, exist_ok=True)
        self.course_file.write_text(COURSE_TOML, encoding="utf-8")

    @property
    def course_file(self) -> Path:
        return self.folder / "course.toml"

    @property
    def data(self) -> Path:
        return self.folder / "data"

    @property
    def log(self) -> list[dict[str, Any]]:
        lines = (self.folder / "log").read_text(encoding="utf-8").splitlines()
        return [json.loads(line) for line in lines if line.startswith("{")]  # the others say why a start failed

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}/services/exchange/"

    def start(self) -> None:
        environment = os.environ | {
            "JUPYTERHUB_API_URL": self.hub,
            "JUPYTERHUB_API_TOKEN": "of-the-service",
            "JUPYTERHUB_SERVICE_PREFIX": "/services/exchange/",
            "TINYTORCH_EXCHANGE_BIND": f"http://127.0.0.1:{self.port}",
            "TINYTORCH_EXCHANGE_DATA": str(self.data),
            "TINYTORCH_EXCHANGE_COURSE": str(self.folder),
            **self.settings,
        }
        with (self.folder / "log").open("ab") as log:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "hub.exchange"], cwd=ROOT, env=environment, stdout=log, stderr=log
            )
        deadline = time.monotonic() + 120
        while not self.is_well():
            assert self.process.poll() is None, (self.folder / "log").read_text(encoding="utf-8")
            assert time.monotonic() < deadline, "the service did not answer"
            time.sleep(0.05)

    def is_well(self) -> bool:
        try:
            with urllib.request.urlopen(self.url + "health", timeout=5) as answer:
                return bool(json.load(answer) == {"status": "well"})
        except OSError:
            return False

    def kill(self) -> None:
        """As a power failure would: no signal handler runs."""
        assert self.process is not None
        self.process.kill()
        self.process.wait()

    def stop(self) -> int:
        assert self.process is not None
        self.process.terminate()
        return self.process.wait(60)

    def client(self, name: str) -> Client:
        return Client(Access(self.url, f"{name}-token"), COURSE)


@contextmanager
def running(folder: Path, **settings: str) -> Iterator[Service]:
    """A service with its own fake hub."""
    with fake_hub() as hub:
        service = Service(folder, hub.url, settings)
        try:
            service.start()
            yield service
        finally:
            service.kill()  # also one that runs and did not answer in time
