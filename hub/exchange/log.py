"""The service's log: one JSON object a line on standard output, for people with jq and for log collectors."""

from __future__ import annotations

import logging
import sys
import time

from pythonjsonlogger.json import JsonFormatter
from tornado.web import RequestHandler

__all__ = ["LOG", "log_request", "set_up"]

LOG = logging.getLogger("exchange")

_FIELDS = {"asctime": "time", "levelname": "level", "name": "logger"}


def set_up() -> None:
    """Send everything that the service and its libraries say to standard output."""
    handler = logging.StreamHandler(sys.stdout)
    formatter = JsonFormatter("{asctime}{levelname}{name}{message}", style="{", rename_fields=_FIELDS)
    formatter.default_time_format, formatter.default_msec_format = "%Y-%m-%dT%H:%M:%S", "%s.%03dZ"
    formatter.converter = time.gmtime
    handler.setFormatter(formatter)
    logging.basicConfig(level=logging.INFO, handlers=[handler], force=True)


def log_request(handler: RequestHandler) -> None:
    """A line for each request: who asked what, and what came of it. Tokens are never in it, nor is good health."""
    if getattr(handler, "quiet", False) and handler.get_status() == 200:
        return
    request = handler.request
    who = getattr(handler, "who", None)
    LOG.info(
        "request",
        extra={
            "method": request.method,
            "path": request.path,
            "status": handler.get_status(),
            "milliseconds": round(1000 * request.request_time(), 1),
            "who": who.name if who else None,
            **getattr(handler, "noted", {}),
        },
    )
