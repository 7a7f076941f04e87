"""What the release service shows: a log line per action, /health, Prometheus' /metrics, and the term."""

from __future__ import annotations

import json
import logging
import os
import socket
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

from prometheus_client import CollectorRegistry, Counter, Gauge
from tornado.httpserver import HTTPServer
from tornado.web import Application, RequestHandler, authenticated

from hub.internal_tls import internal_tls
from hub.term_desk import TermDesk
from hub.web.metrics import send_metrics
from tito.errors import ToolError

__all__ = ["Log", "Metrics", "Server", "pages", "write_line"]


def write_line(line: str) -> None:
    """Put a line on standard output, at once: the hub's log and containers' logs take it from there."""
    print(line, flush=True)


class Log:
    """One line of JSON per event: when, what, and what it was about."""

    def __init__(self, clock: Callable[[], datetime], write: Callable[[str], None]) -> None:
        self._clock = clock
        self._write = write

    def __call__(self, event: str, **about: str) -> None:
        line = {"time": self._clock().isoformat(timespec="seconds"), "service": "release", "event": event, **about}
        self._write(json.dumps(line))


class Metrics:
    """The service's numbers, in a registry of their own."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        self.actions = Counter("release_actions", "Modules by what was done", ["action"], registry=self.registry)
        self.overdue = Gauge(
            "release_overdue_modules", "Modules that should be out and are not", registry=self.registry
        )
        self.last_look = Gauge("release_last_look_timestamp_seconds", "Last look at the term", registry=self.registry)
        self.next_release = Gauge(
            "release_next_timestamp_seconds", "Next planned release, 0 if there is none", registry=self.registry
        )
        self.problem = Gauge("release_problem", "1 if course.toml or a record cannot be read", registry=self.registry)

    def found(self, coming: datetime | None, overdue: int) -> None:
        """Take down what a look found."""
        self.next_release.set(0 if coming is None else coming.timestamp())
        self.overdue.set(overdue)

    def age(self, now: datetime) -> float:
        """Seconds since the last look; since 1970 if there was none."""
        value = self.registry.get_sample_value("release_last_look_timestamp_seconds") or 0.0
        return now.timestamp() - value


class Server:
    """A small web server."""

    def __init__(self, application: Application) -> None:
        self._tls = internal_tls(os.environ)
        self._server = HTTPServer(application, ssl_options=self._tls)

    def listen(self, host: str, port: int) -> str:
        """Start to answer; port 0 is any free one. Gives the address.

        Raises:
            ToolError: the port cannot be had.
        """
        try:
            listening = socket.create_server((host, port))
        except OSError as error:
            why = os.strerror(error.errno or 0)
            raise ToolError(f"port {port} of {host} cannot be had: {why} (nothing was released)") from None
        listening.setblocking(False)
        self._server.add_sockets([listening])
        return f"{'https' if self._tls else 'http'}://{host}:{listening.getsockname()[1]}"

    async def close(self) -> None:
        """Answer no more."""
        self._server.stop()
        await self._server.close_all_connections()


def pages(
    health: Callable[[], dict[str, object]],
    metrics: Metrics,
    clock: Callable[[], datetime],
    longest: timedelta,
    prefix: str = "",
    desk: TermDesk | None = None,
) -> Server:
    """A server of /health, which is 503 when nobody looked for `longest`, and of /metrics.

    Below `prefix`, where a hub's proxy leads browsers, both are for those whom the hub grants access to this service,
    and so is the term, which `desk` knows; /metrics is for monitors too.
    """

    class Health(RequestHandler):
        def get(self) -> None:
            age = metrics.age(clock())
            alive = age <= longest.total_seconds()
            self.set_status(200 if alive else 503)
            self.write({"status": "ok" if alive else "stuck", "seconds_since_look": round(age, 1), **health()})

    class Numbers(RequestHandler):
        def get(self) -> None:
            send_metrics(self, metrics.registry)

    routes: list[Any] = [("/health", Health), ("/metrics", Numbers)]
    if prefix and desk:
        routes += _guarded(prefix, Health, Numbers, desk)
    # A service that starts anew sends browsers through the hub's log-in once more.
    return Server(Application(routes, cookie_secret=os.urandom(32), log_function=lambda _: None))


def _guarded(prefix: str, health: type[RequestHandler], numbers: type[RequestHandler], desk: TermDesk) -> list[Any]:
    """The same pages and the term behind the hub's log-in; which scope it takes, JupyterHub's variables say."""
    from jupyterhub.services.auth import HubOAuthCallbackHandler, HubOAuthenticated

    from hub.term_pages import PAGES
    from hub.web.base import Monitored, Site

    class GuardedHealth(HubOAuthenticated, health):  # type: ignore[misc, valid-type]
        get = authenticated(health.get)

    class GuardedNumbers(Monitored, numbers):  # type: ignore[misc, valid-type]
        get = authenticated(numbers.get)

    logging.getLogger("tornado.application").setLevel(logging.ERROR)  # JupyterHub tells each request's cookies there
    site = Site.of(os.environ, "release", desk.root, dict, {"desk": desk, "said": {}})
    return [
        *((prefix + path, page, {"site": site}) for path, page in PAGES.items()),
        (f"{prefix}health", GuardedHealth),
        (f"{prefix}metrics", GuardedNumbers),
        (f"{prefix}oauth_callback", HubOAuthCallbackHandler),
    ]
