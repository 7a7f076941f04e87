"""The service's addresses and its process."""

from __future__ import annotations

import asyncio
import os
import signal

from tornado.httpserver import HTTPServer
from tornado.web import Application

from hub.exchange.handlers import Base, Health, Key, Metrics, ReceiptAgain, Releases, ShownLimits, SubmissionFiles
from hub.exchange.handlers import Submissions as ListedSubmissions
from hub.exchange.log import LOG, log_request
from hub.exchange.service import Service
from hub.exchange.settings import Settings
from hub.exchange.uploads import FeedbackUpload, ReleaseFiles, SubmissionUpload
from hub.internal_tls import internal_tls
from tito.errors import ToolError

__all__ = ["application", "serve"]

LONGEST_UPLOAD = 600.0
"""Seconds."""

LARGEST_QUESTION = 64 * 1024
"""Bytes of a request that brings no files; uploads set their own limit."""

_COURSE = "courses/(?P<course>[^/]{1,64})"
_ASSIGNMENT = f"{_COURSE}/assignments/(?P<assignment>[A-Za-z0-9][A-Za-z0-9._-]{{0,63}})"
_SUBMISSION = f"{_COURSE}/submissions/(?P<number>[0-9a-f]{{32}})"


def application(service: Service) -> Application:
    """The interface under the service's prefix."""
    addresses = {
        "health": Health,
        "metrics": Metrics,
        "key": Key,
        f"{_COURSE}/limits": ShownLimits,
        f"{_COURSE}/assignments": Releases,
        _ASSIGNMENT: ReleaseFiles,
        f"{_ASSIGNMENT}/submissions": SubmissionUpload,
        f"{_COURSE}/submissions": ListedSubmissions,
        _SUBMISSION: SubmissionFiles,
        f"{_SUBMISSION}/receipt": ReceiptAgain,
        f"{_SUBMISSION}/feedback": FeedbackUpload,
    }
    more = {"service": service}
    routes = [(service.settings.prefix + address, handler, more) for address, handler in addresses.items()]
    return Application(routes, log_function=log_request, default_handler_class=Nothing, default_handler_args=more)


class Nothing(Base):
    """Any other address."""

    def prepare(self) -> None:
        self.send_error(404)


async def serve(settings: Settings) -> None:
    """Run until asked to stop.

    Raises:
        TitoError: the service cannot be started.
    """
    service = Service(settings)
    with service.alone():
        await _serve(service, settings)
        service.threads.shutdown()
        service.store.engine.dispose()
    LOG.info("stopped")


async def _serve(service: Service, settings: Settings) -> None:
    server = HTTPServer(
        application(service),
        max_body_size=LARGEST_QUESTION,
        body_timeout=LONGEST_UPLOAD,
        idle_connection_timeout=120.0,
        ssl_options=internal_tls(os.environ),
    )
    try:
        server.listen(settings.port, settings.host)
    except OSError as error:
        raise ToolError(f"port {settings.port} cannot be had: {error.strerror} (nothing was changed)") from None
    stop = asyncio.Event()
    for name in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(name, stop.set)
    LOG.info("started", extra={"course": service.course, "port": settings.port, "pid": os.getpid()})
    await stop.wait()
    server.stop()
    for _ in range(50):  # what is under way comes to its end, five seconds long
        if service.under_way:
            await asyncio.sleep(0.1)
    await server.close_all_connections()
