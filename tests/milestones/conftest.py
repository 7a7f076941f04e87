"""What the tests of milestones and data share."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest


@pytest.fixture(autouse=True)
def own_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """No data from elsewhere, no proxy to ourselves, one thread, and in the programs too a warning is an error."""
    monkeypatch.delenv("TINYTORCH_DATA", raising=False)
    for name in ("no_proxy", "NO_PROXY"):
        monkeypatch.setenv(name, "127.0.0.1")
    monkeypatch.setenv("OPENBLAS_NUM_THREADS", "1")
    monkeypatch.setenv("PYTHONWARNINGS", "error")
    monkeypatch.setenv("PYTHONDONTWRITEBYTECODE", "1")


@dataclass
class Site:
    """A web server with files; each of its answers can be spoiled."""

    files: dict[str, bytes] = field(default_factory=dict)
    knows_ranges: bool = True
    cuts: list[int] = field(default_factory=list)
    """For the next answers: how many bytes of the body come before the connection breaks."""
    asked: list[tuple[str, str | None]] = field(default_factory=list)
    """Path and Range of every request so far."""
    address: str = ""


@pytest.fixture
def site() -> Iterator[Site]:
    served = Site()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            name, wanted = self.path.lstrip("/"), self.headers.get("Range")
            served.asked.append((name, wanted))
            body = served.files.get(name)
            if body is None:
                self.send_error(404)
                return
            start = int(wanted.removeprefix("bytes=").rstrip("-")) if wanted and served.knows_ranges else 0
            if start and start >= len(body):
                self.send_error(416)
                return
            self.send_response(206 if start else 200)
            if start:
                self.send_header("Content-Range", f"bytes {start}-{len(body) - 1}/{len(body)}")
            self.send_header("Content-Length", str(len(body) - start))
            self.end_headers()
            cut = served.cuts.pop(0) if served.cuts else len(body)
            self.wfile.write(body[start:][:cut])

        def log_message(self, *arguments: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    served.address = f"http://127.0.0.1:{server.server_port}/"
    yield served
    server.shutdown()
    server.server_close()
    thread.join()
