"""A browser that finds every name on this machine, as the wildcard record of a real domain would have it."""

from __future__ import annotations

import http.client
import socket
import ssl
import urllib.request

from tests.hub.hub_client import Visitor

__all__ = ["visitor_by_name"]


def visitor_by_name(domain: str, port: int, trusted: ssl.SSLContext, name: str) -> Visitor:
    """A visitor to https://domain whose port 443, of every host, is `port` here."""

    class Here(http.client.HTTPSConnection):
        def connect(self) -> None:
            plain = socket.create_connection(("127.0.0.1", port), 60)
            self.sock = trusted.wrap_socket(plain, server_hostname=self.host)

    class Handler(urllib.request.HTTPSHandler):
        def https_open(self, request: urllib.request.Request) -> http.client.HTTPResponse:
            return self.do_open(Here, request)

    visitor = Visitor(f"https://{domain}", name)
    cookies = urllib.request.HTTPCookieProcessor(visitor.jar)
    visitor.opener = urllib.request.build_opener(cookies, Handler())
    return visitor
