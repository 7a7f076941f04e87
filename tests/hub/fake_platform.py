"""A learning platform (LTI 1.3) and an identity provider (OAuth 2) as small as a hub lets them be, on this machine."""

from __future__ import annotations

import json
import secrets
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit

import jwt
from cryptography.hazmat.primitives.asymmetric import rsa
from jwt.algorithms import RSAAlgorithm

LTI = "https://purl.imsglobal.org/spec/lti/claim/"
CLIENT = "the-hub"


class Platform(ThreadingHTTPServer):
    """Says that whoever comes is `user`. `changes` are made to the claims; `key` signs them."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Answer)
        self.url = f"http://127.0.0.1:{self.server_port}"
        self.key = self.published = rsa.generate_private_key(public_exponent=65537, key_size=2048)
        self.user = ""
        self.changes: dict[str, Any] = {}
        self.codes: dict[str, str] = {}
        self.tokens: dict[str, str] = {}

    def launch(self, asked: dict[str, str]) -> dict[str, str]:
        """What a browser posts to the hub: a signed statement who is there, in answer to what the hub `asked`."""
        now = int(time.time())
        claims = {
            "iss": self.url,
            "aud": asked["client_id"],
            "sub": f"id-of-{self.user}",
            "preferred_username": self.user,
            "nonce": asked["nonce"],
            "iat": now,
            "exp": now + 300,
            f"{LTI}message_type": "LtiResourceLinkRequest",
            f"{LTI}version": "1.3.0",
            f"{LTI}deployment_id": "1",
            f"{LTI}target_link_uri": "http://127.0.0.1/hub/",
            f"{LTI}resource_link": {"id": "1"},
            f"{LTI}roles": [],
            **self.changes,
        }
        token = jwt.encode(claims, self.key, "RS256", {"kid": "1"})
        return {"id_token": token, "state": asked["state"], "to": asked["redirect_uri"]}


class _Answer(BaseHTTPRequestHandler):
    server: Platform

    def do_GET(self) -> None:
        place = urlsplit(self.path)
        asked, platform = dict(parse_qsl(place.query)), self.server
        match place.path:
            case "/jwks":
                public = json.loads(RSAAlgorithm.to_jwk(platform.published.public_key()))
                self.say({"keys": [public | {"kid": "1", "alg": "RS256", "use": "sig"}]})
            case "/launch":
                self.say(platform.launch(asked))
            case "/authorize":
                code = secrets.token_hex(8)
                platform.codes[code] = platform.user
                self.send_response(302)
                self.send_header("Location", f"{asked['redirect_uri']}?{urlencode({'code': code, **_state(asked)})}")
                self.send_header("Content-Length", "0")
                self.end_headers()
            case "/user":
                user = platform.tokens.get(self.headers.get("Authorization", "").removeprefix("Bearer "))
                self.say({"sub": "1", "preferred_username": user} if user else {}, 200 if user else 401)

    def do_POST(self) -> None:
        """A code for a token, for the client that knows its secret."""
        form = dict(parse_qsl(self.rfile.read(int(self.headers["Content-Length"])).decode()))
        user = self.server.codes.pop(form.get("code", ""), "")
        if not user or (form.get("client_id"), form.get("client_secret")) != (CLIENT, CLIENT_SECRET):
            self.say({"error": "invalid_grant"}, 400)
            return
        token = secrets.token_hex(8)
        self.server.tokens[token] = user
        self.say({"access_token": token, "token_type": "Bearer"})

    def say(self, answer: Any, status: int = 200) -> None:
        body = json.dumps(answer).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_arguments: object) -> None:
        pass


CLIENT_SECRET = "login-secret-of-the-tests"


def _state(asked: dict[str, str]) -> dict[str, str]:
    return {"state": asked["state"]} if "state" in asked else {}


@contextmanager
def platform() -> Iterator[Platform]:
    """A platform that answers until the end of the block."""
    with Platform() as found:
        thread = threading.Thread(target=found.serve_forever)
        thread.start()
        try:
            yield found
        finally:
            found.shutdown()
            thread.join()
