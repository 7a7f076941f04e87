"""Stands between the hub and Docker's socket: `python -m hub.docker_guard`.

The rules are in hub/guard_rules.py; this speaks HTTP on both sides. aiohttp carries it, which the proxy brings along.
"""

from __future__ import annotations

import asyncio
import json
import logging
import os
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path
from typing import Any
from urllib.parse import quote

from aiohttp import ClientError, ClientSession, ClientTimeout, UnixConnector, web

from hub.certificate_files import lay_out
from hub.disk import EVERY, homes, usage_path
from hub.docker_installation import Installation
from hub.guard_rules import (
    RefusedError,
    Rules,
    check_connect,
    check_create,
    check_disconnect,
    check_keys,
    check_network,
)

__all__ = ["application", "main", "rules_of"]

log = logging.getLogger("guard")

SOCKET = "/var/run/docker.sock"
PORT = 2375
HERE = Path("/srv")
"""Holds what the machine mounts by another name: `libraries`, and with internal TLS the servers' `keys`."""

LEAST = 3.0
"""Seconds between two measurements of the homes at least: many who delete at once must not keep the disk busy."""

LARGEST = 64 * 1024
"""Bytes of one request; a server's is about five thousand."""

_NAME = "{name:[A-Za-z0-9][A-Za-z0-9._-]{0,199}}"

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


def rules_of(here: Installation) -> Rules:
    """What an installation's requests are held against."""
    return Rules(
        here.names, here.student_image, here.grader_image, here.libraries, here.course_folder, here.subnets, here.keys
    )


class Guard:
    """Carries the requests that pass to Docker; the others are answered with 403 and never reach it."""

    session: ClientSession

    def __init__(self, rules: Rules, socket: str, here: Path) -> None:
        self.rules, self.socket = rules, socket
        self.libraries, self.keys = here / "libraries", here / "keys"
        self.homes: dict[str, int] = {}
        self.measured, self.measuring = -EVERY, asyncio.Lock()

    async def running(self, _app: web.Application) -> AsyncIterator[None]:
        """Keep connections to Docker while the guard runs."""
        async with ClientSession(connector=UnixConnector(self.socket, limit=50), timeout=ClientTimeout(120)) as found:
            self.session = found
            measuring = asyncio.ensure_future(self._keep_measuring())
            yield
            measuring.cancel()

    async def _keep_measuring(self) -> None:
        while True:
            await self._measure()
            await asyncio.sleep(EVERY)

    async def _measure(self) -> None:
        """Ask Docker how large the homes are; where it does not say, what was known is kept."""
        async with self.measuring:
            if time.monotonic() < self.measured + LEAST:
                return  # somebody else asked meanwhile
            try:
                version = await self._ask("GET", "/version")
                known = json.loads(version.body) if isinstance(version.body, bytes) else None
                answer = await self._ask("GET", usage_path(known))
                if answer.status == 200 and isinstance(answer.body, bytes):
                    self.homes = homes(json.loads(answer.body), self.rules.names.home(""))
            except (ClientError, TimeoutError, ValueError) as error:
                log.warning("the homes were not measured: %s", error)
            self.measured = time.monotonic()

    async def home(self, request: web.Request) -> web.Response:
        """Bytes of one user's home, as last measured or, asked for it `fresh`, now; null where nobody knows."""
        if "fresh" in request.query:
            await self._measure()
        return web.json_response({"bytes": self.homes.get(request.match_info["user"])})

    async def keep_keys(self, request: web.Request) -> web.Response:
        """Lay a server's key and certificate out where it alone sees them; the hub cannot write there either."""
        user = request.match_info["user"]
        lay_out(self.keys / user, check_keys(user, await _body(request), self.rules))
        return web.Response(status=204)

    def routes(self) -> list[web.RouteDef]:
        """Everything that can be asked at all."""
        version = r"/v1.{minor:\d{1,3}}"
        return [
            web.get("/_ping", self.plain),
            web.get("/version", self.plain),
            web.get("/homes/{user}", self.home),
            web.put("/keys/{user}", self.keep_keys),
            web.get(version + "/version", self.plain),
            web.get(version + r"/images/{image:[^?#]+}/json", self.image),
            web.post(version + "/containers/create", self.create),
            web.get(version + f"/containers/{_NAME}/json", self.container),
            web.post(version + f"/containers/{_NAME}/{{verb:start|stop|kill}}", self.container),
            web.delete(version + f"/containers/{_NAME}", self.container),
            web.post(version + "/networks/create", self.create_network),
            web.get(version + f"/networks/{_NAME}", self.network),
            web.delete(version + f"/networks/{_NAME}", self.network),
            web.post(version + f"/networks/{_NAME}/{{verb:connect|disconnect}}", self.network),
        ]

    async def plain(self, request: web.Request) -> web.Response:
        return await self._ask("GET", request.path)

    async def image(self, request: web.Request) -> web.Response:
        image = request.match_info["image"]
        if image not in self.rules.images:
            raise RefusedError(f"image {image!r} is not the course's")
        return await self._ask("GET", _path(request, "images", image, "json"))

    async def create(self, request: web.Request) -> web.Response:
        name = request.query.get("name", "")
        body = check_create(name, await _body(request), self.rules)
        if body["Image"] == self.rules.student_image:
            self._make_library(str(self.rules.names.user(name)))
        return await self._ask("POST", _path(request, "containers", "create"), {"name": name}, body)

    def _make_library(self, user: str) -> None:
        """Make the folder of a student's library; Docker would make it as root's.

        The hub cannot write there: a link in its place would show the server another part of the machine.
        """
        folder = self.libraries / user
        if folder.is_symlink():
            raise RefusedError(f"{user}'s library is a link")
        folder.mkdir(exist_ok=True)

    async def container(self, request: web.Request) -> web.Response:
        """Look at, start, stop or remove somebody's server."""
        name = await self._server("containers", request)
        verb = request.match_info.get("verb", "json" if request.method == "GET" else "")
        options = {key: request.query[key] for key in ("t", "v", "force") if key in request.query}
        # A start once took a body with bounds of its own: nothing is passed on.
        return await self._ask(request.method, _path(request, "containers", name, verb), options)

    async def create_network(self, request: web.Request) -> web.Response:
        body = check_network(await _body(request), self.rules)
        return await self._ask("POST", _path(request, "networks", "create"), {}, body)

    async def network(self, request: web.Request) -> web.Response:
        """Look at or remove a user's network, or move the hub, the proxy and what staff's servers need in and out."""
        name = await self._server("networks", request)
        verb = request.match_info.get("verb", "")
        body = None
        if verb == "connect":
            body = check_connect(await _body(request), self.rules)
        elif verb == "disconnect":
            body = check_disconnect(await _body(request), self.rules)
        return await self._ask(request.method, _path(request, "networks", name, verb), {}, body)

    async def _server(self, kind: str, request: web.Request) -> str:
        """The name of what the request is about, which must be a user's; Docker tells whose number it is."""
        asked = request.match_info["name"]
        if self.rules.names.user(asked):
            return asked
        answer = await self._ask("GET", _path(request, kind, asked, "json" if kind == "containers" else ""))
        if answer.status != 200:
            raise web.HTTPNotFound(text=json.dumps({"message": f"no {kind[:-1]} {asked}"}))
        name = str(json.loads(answer.body if isinstance(answer.body, bytes) else b"{}")["Name"]).lstrip("/")
        if self.rules.names.user(name) is None:
            raise RefusedError(f"{kind[:-1]} {name!r} is nobody's server")
        return name

    async def _ask(
        self, method: str, path: str, options: dict[str, str] | None = None, body: dict[str, Any] | None = None
    ) -> web.Response:
        url = f"http://docker{path}"
        async with self.session.request(method, url, params=options, json=body) as answer:
            content = await answer.read()
            return web.Response(status=answer.status, body=content, content_type=answer.content_type)


def _path(request: web.Request, *parts: str) -> str:
    """A path of Docker's interface, made of checked parts."""
    return f"/v1.{int(request.match_info['minor'])}/" + "/".join(quote(part, safe=":/") for part in parts if part)


async def _body(request: web.Request) -> Any:
    try:
        return json.loads(await request.read())
    except ValueError:
        raise RefusedError("the request holds no JSON") from None


@web.middleware
async def refuse(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Answer what is refused, and say so in the log: a hub that asks for more is a hub in other hands."""
    try:
        return await handler(request)
    except RefusedError as error:
        reason = str(error)
    except web.HTTPException as error:
        if error.status not in (404, 405) or (error.text and error.text.startswith("{")):
            raise
        reason = f"{request.method} {request.path} is not among what the spawner needs"
    log.warning("refused: %s", reason)
    return web.json_response({"message": f"refused by the guard of Docker's socket: {reason}"}, status=403)


def application(rules: Rules, socket: str = SOCKET, here: Path = HERE) -> web.Application:
    """The guard of `socket`, ready to be served."""
    app = web.Application(middlewares=[refuse], client_max_size=LARGEST)
    guard = Guard(rules, socket, here)
    app.add_routes(guard.routes())
    app.cleanup_ctx.append(guard.running)
    return app


def main() -> None:
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(name)s %(message)s")
    web.run_app(
        application(rules_of(Installation.from_environment(os.environ))), port=PORT, print=None, access_log=None
    )


if __name__ == "__main__":
    main()
