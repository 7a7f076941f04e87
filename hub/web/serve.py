"""A service's process: work in threads, pages in between, until it is told to stop."""

from __future__ import annotations

import asyncio
import logging
import os
import signal
import threading
from collections.abc import Callable, Sequence

from tornado.httpserver import HTTPServer
from tornado.web import Application

from hub.internal_tls import internal_tls
from hub.web.metrics import FAILURES, LOOKED
from hub.web.settings import Address
from tito.errors import ToolError

__all__ = ["Loop", "serve"]

LOG = logging.getLogger("service")


class Loop(threading.Thread):
    """Looks again and again; what fails is told once while it lasts, and tried again after ever longer.

    Args:
        name: what the log calls it.
        look: does what is to be done now; gives the seconds until there may be more.
    """

    LONGEST_PAUSE = 15.0
    BEGIN = 3.0
    """Seconds until the first look: a hub that starts needs the processors itself."""

    def __init__(self, name: str, look: Callable[[], float]) -> None:
        super().__init__(name=name, daemon=True)
        self._look = look
        self._stop_event = threading.Event()
        self.problem = ""

    def run(self) -> None:
        pause = self.BEGIN
        # Both are there from the start: a loop whose first look never ends is missed too.
        failures, looked = FAILURES.labels(self.name), LOOKED.labels(self.name)
        looked.set_to_current_time()
        while not self._stop_event.wait(pause):
            try:
                pause = self._look()
                self.problem = ""
                looked.set_to_current_time()
            except Exception as error:  # whatever it is, the others' work goes on and this is tried again
                pause = min(max(1.0, 2 * pause), self.LONGEST_PAUSE)
                failures.inc()
                self._tell(error)

    def _tell(self, error: Exception) -> None:
        from tito.errors import TitoError

        line = str(error) or type(error).__name__
        if line != self.problem:
            LOG.error("%s: %s", self.name, line, exc_info=None if isinstance(error, TitoError) else error)
        self.problem = line

    def stop(self, patience: float = 10.0) -> None:
        """Look no more; what is under way gets `patience` seconds."""
        self._stop_event.set()
        if self.is_alive():
            self.join(patience)


def serve(loops: Sequence[Loop], address: Address | None, application: Application | None) -> None:
    """Run until SIGTERM or SIGINT.

    Raises:
        ToolError: the port cannot be had.
    """
    asyncio.run(_serve(loops, address, application))


async def _serve(loops: Sequence[Loop], address: Address | None, application: Application | None) -> None:
    logging.getLogger("tornado.application").setLevel(logging.ERROR)  # JupyterHub tells each request's cookies there
    stop = asyncio.Event()
    for name in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(name, stop.set)
    server = HTTPServer(application, ssl_options=internal_tls(os.environ)) if application is not None else None
    if server is not None and address is not None:
        try:
            server.listen(address.port, address.host)
        except OSError as error:
            raise ToolError(f"port {address.port} cannot be had: {error.strerror} (nothing was started)") from None
    for loop in loops:
        loop.start()
    LOG.info("started")
    await stop.wait()
    if server is not None:
        server.stop()
        await server.close_all_connections()
    for loop in loops:
        await asyncio.to_thread(loop.stop)
    LOG.info("stopped")
