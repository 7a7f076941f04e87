"""The hub's front door: the Python configurable-http-proxy, with what JupyterLab needs of it put right.

As it comes, `configurable-http-proxy` 0.4 drops the websocket subprotocol that a user's server chose (browsers then
refuse the connection), sends binary messages on as text, leaves a browser's socket open after the server closed it,
serves ten requests at a time, gives up on an answer after 20 seconds (autograding takes longer) and refuses messages
above 10 MB.
It does not route by host either, which users' subdomains need, and knows no internal TLS (hub/proxy_tls.py).
Its routing table and its interface to the hub are used as they are.

JupyterHub starts this module with the arguments of the Node.js proxy that it was written for.
"""

from __future__ import annotations

import argparse
import asyncio
import logging
import os
import re
import signal
import ssl
import time
from collections.abc import Sequence
from pathlib import Path
from urllib.parse import quote, urlsplit, urlunsplit

from configurable_http_proxy import log
from configurable_http_proxy.configproxy import PythonProxy
from configurable_http_proxy.handlers import ProxyHandler
from tornado.httpclient import AsyncHTTPClient, HTTPClientError, HTTPRequest
from tornado.httpserver import HTTPServer
from tornado.web import Application
from tornado.websocket import WebSocketClientConnection, WebSocketClosedError, WebSocketError, websocket_connect

from hub.certificates import check_certificate
from hub.proxy_tls import add_arguments, browsers, hub_side, inside, server_side
from tito.errors import ToolError

__all__ = ["Door", "Proxy", "main"]

LARGEST = 512 * 1024 * 1024
"""Bytes of one request, answer or websocket message; a cell's output is one message."""

LONGEST_ANSWER = 3600.0
"""Seconds. Validating or autograding a notebook is one request."""

REQUESTS_AT_ONCE = 1000


_SERVICE = re.compile(r"/services/([a-z0-9-]+)/")


class Door(ProxyHandler):
    """Carries one request or one websocket between a browser and the hub or a user's server."""

    ws_client: WebSocketClientConnection | None
    proxy: Proxy
    _carrier: asyncio.Task[None] | None = None

    def select_subprotocol(self, subprotocols: list[str]) -> str | None:
        """What the server behind chose: both ends must speak the same one."""
        chosen: str | None = self.ws_client.selected_subprotocol if self.ws_client else None
        return chosen if chosen in subprotocols else None

    async def get_target_url(self, path: str | None) -> str | None:
        """The address of what stands behind for this request; None when it was answered with an error already."""
        elsewhere = self.proxy.host_of_service(self.request.host_name, self.request.path)
        if elsewhere:
            self.redirect(f"//{elsewhere}{self.request.uri}")  # by what the browser speaks: a front end may end its TLS
            return None
        self.target = self.proxy.target(self.request.host_name, "/" + (path or ""))
        if self.target is None:
            await self.handle_proxy_error(404, err=None)
            return None
        behind = urlsplit(self.target["target"])
        joined = behind.path.rstrip("/") + "/" + quote(path or "").lstrip("/")
        return urlunsplit(behind._replace(path=joined, query=self.request.query))

    def _get_proxy_request(self, url: str) -> HTTPRequest:
        request: HTTPRequest = super()._get_proxy_request(url)
        # The hub marks its cookies as for encrypted connections only, if it knows that the browser's is one. With
        # internal TLS it would take them all for encrypted; a front end before this proxy says it itself.
        told = self.proxy.tls is None or "X-Forwarded-Proto" in request.headers
        if self.request.protocol == "https" or not told:
            request.headers["X-Forwarded-Proto"] = self.request.protocol
        return request

    async def start_ws_client(self, path: str | None = None) -> None:
        """Connect to the server behind, before the browser is answered: no connection there, none here."""
        url = await self.get_target_url(path)
        if url is None:
            return
        request = self._get_proxy_request("ws" + url.removeprefix("http"))
        offered = request.headers.pop("Sec-Websocket-Protocol", "").split(",")
        names = [name.strip() for name in offered if name.strip()]
        try:
            request.ssl_options = self.proxy.tls
            self.ws_client = await websocket_connect(request, max_message_size=LARGEST, subprotocols=names or None)
        except (HTTPClientError, WebSocketError, OSError) as error:
            self.proxy.log.warning(f"no websocket at {self.request.path}: {error}")
            self.set_status(getattr(error, "code", 503))
            await self.finish()

    def open(self, *_path: str) -> None:
        """The browser is connected: carry what the server sends, from the first message on."""
        self._carrier = asyncio.ensure_future(self._carry_to_browser())

    async def _carry_to_browser(self) -> None:
        # Each message is awaited, so that a slow browser slows the kernel down instead of filling memory.
        server = self.ws_client
        if server is None:
            return  # the browser left at once
        try:
            while (message := await server.read_message()) is not None:
                self._note_activity()
                await self.write_message(message, binary=isinstance(message, bytes))
        except WebSocketClosedError:
            return  # the browser left; on_close ends the other side
        self.close(server.close_code, server.close_reason)

    async def on_message(self, message: str | bytes) -> None:
        """Carry a message of the browser's on; its next one is read when this one is on its way."""
        if self.ws_client:
            self._note_activity()
            try:
                await self.ws_client.write_message(message, binary=isinstance(message, bytes))
            except WebSocketClosedError:
                self.close()

    def on_close(self) -> None:
        if self.ws_client:
            self.ws_client.close(self.close_code, self.close_reason)
            self.ws_client = None
        if self._carrier:
            self._carrier.cancel()

    def _note_activity(self) -> None:
        if self.target:
            self.proxy.update_last_activity(self.target["prefix"])


class Proxy(PythonProxy):
    """The routing table, with users' subdomains where there is a `domain`; `tls` is for what stands behind."""

    def __init__(self, error_target: str | None, auth_token: str, domain: str = "", tls: ssl.SSLContext | None = None):
        super().__init__(
            {
                "auth_token": auth_token,
                "error_target": error_target,
                "proxy_timeout": LONGEST_ANSWER,
                "x_forward": False,  # nothing stands before this proxy, and its headers start with an empty entry
            }
        )
        self.domain, self.tls = domain, tls

    def target(self, host: str, path: str) -> dict[str, str] | None:
        """What stands behind `path`, as a browser asks `host` for it, or a server on the inside under any name.

        The latter reaches the hub and its services, whose routes begin with a name of the domain's; no user's server.
        """
        if not self.domain:
            host = ""
        elif host != self.domain and not host.endswith(f".{self.domain}"):
            service = _SERVICE.match(path)
            host = f"{service[1]}--service.{self.domain}" if service else self.domain
        found: dict[str, str] | None = self.target_for_req(host, path)
        return found

    def host_of_service(self, host: str, path: str) -> str | None:
        """Where a browser finds the service that it asks another host of the domain for, as links between pages do."""
        service = _SERVICE.match(path)
        if not self.domain or not service or not f".{host}".endswith(f".{self.domain}"):
            return None
        own = f"{service[1]}--service.{self.domain}"
        return own if own != host else None


def applications(proxy: Proxy) -> tuple[Application, Application]:
    """The public side and the side that the hub sets routes on, sharing one routing table."""
    doors = Application([(r"/(.*)", Door, {"proxy": proxy})], websocket_max_message_size=LARGEST)
    return doors, proxy.api_app


_LARGE = {"max_body_size": LARGEST, "max_buffer_size": LARGEST}


async def serve(options: argparse.Namespace, auth_token: str) -> None:
    """Run until asked to stop.

    Raises:
        OSError: a port cannot be had.
    """
    behind = server_side(options)
    AsyncHTTPClient.configure(
        None,
        max_clients=REQUESTS_AT_ONCE,
        max_body_size=LARGEST,
        max_buffer_size=LARGEST,
        defaults={"ssl_options": behind},
    )
    public, inward = applications(Proxy(options.error_target, auth_token, options.domain, behind))
    HTTPServer(public, **_LARGE).listen(options.port, options.ip)
    HTTPServer(inward, ssl_options=hub_side(options)).listen(options.api_port, options.api_ip)
    tls = browsers(options)
    if tls:
        warn_of_certificate(options)
        HTTPServer(public, ssl_options=tls, **_LARGE).listen(options.ssl_port, options.ip)
    if options.inside_port:  # on every network: users' come and go
        HTTPServer(public, ssl_options=inside(options), **_LARGE).listen(options.inside_port)
    stop = asyncio.Event()
    for name in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(name, stop.set)
    await stop.wait()


def warn_of_certificate(options: argparse.Namespace) -> None:
    """Say what browsers will; a class goes on meanwhile."""
    try:
        check_certificate(options.ssl_cert, options.ssl_key, [options.domain] if options.domain else [], time.time())
    except ToolError as error:
        log.warning(f"browsers will warn: {error}")


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(prog="hub.proxy", description=__doc__.partition("\n")[0] if __doc__ else None)
    parser.add_argument("--ip", default="127.0.0.1")
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--api-ip", default="127.0.0.1")
    parser.add_argument("--api-port", type=int, required=True)
    parser.add_argument("--error-target")
    parser.add_argument("--domain", default="", help="users have subdomains of it")
    parser.add_argument("--host-routing", action="store_true", help="said by JupyterHub with subdomains; --domain does")
    add_arguments(parser)
    parser.add_argument("--log-level", default="info")
    options = parser.parse_args(arguments)
    log.setLevel(
        {"debug": logging.DEBUG, "warn": logging.WARNING, "error": logging.ERROR}.get(options.log_level, logging.INFO)
    )
    try:
        asyncio.run(serve(options, _auth_token()))
    except ssl.SSLError as error:
        raise SystemExit(f"proxy: {options.ssl_cert} and {options.ssl_key} cannot be used: {error.reason}") from None
    except OSError as error:
        raise SystemExit(f"proxy: port {options.port} or {options.api_port} cannot be had: {error.strerror}") from None


def _auth_token() -> str:
    """The hub's token, without which anybody on this machine could change the routes."""
    token = os.environ.get("CONFIGPROXY_AUTH_TOKEN", "")
    file = os.environ.get("CONFIGPROXY_AUTH_TOKEN_FILE", "")
    if file:
        token = Path(file).read_text(encoding="utf-8").strip()
    if not token:
        raise SystemExit("proxy: CONFIGPROXY_AUTH_TOKEN is not set; JupyterHub sets it when it starts the proxy")
    return token


if __name__ == "__main__":
    main()
