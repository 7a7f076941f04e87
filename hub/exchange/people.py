"""Who calls: the hub says so, by the token of the request. Nothing in the request itself is believed."""

from __future__ import annotations

import hashlib
import logging
import re
import time
from collections import OrderedDict
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Any

from jupyterhub.services.auth import HubAuth
from tornado.httputil import HTTPHeaders
from tornado.web import HTTPError

from hub.exchange.access import READ_SCOPE, STAFF_SCOPE, access_scope
from hub.exchange.refusal import RefusedError
from hub.web.metrics import reads_metrics
from tito.course import user_name_problem

__all__ = ["People", "Who"]

REMEMBERED = 60.0
"""Seconds that an answer of the hub's holds. A token taken back works that long at most."""

MOST_REMEMBERED = 5000

_AUTHORIZATION = re.compile(r"(?i:token|bearer) +([!-~]{1,512}) *")

Ask = Callable[[str], Awaitable[Mapping[str, Any] | None]]


@dataclass(frozen=True)
class Who:
    """Somebody whom the hub knows."""

    name: str
    member: bool
    """May they use the exchange at all?"""
    staff: bool
    reads: bool
    """May they see everybody's submissions?"""
    metrics: bool


class People:
    """Looks callers up at the hub."""

    def __init__(self, service: str, ask: Ask | None = None, clock: Callable[[], float] = time.monotonic) -> None:
        self.needed = {"access:services", access_scope(service)}
        self.ask = ask or _asking_the_hub()
        self.clock = clock
        self.known: OrderedDict[bytes, tuple[float, Who]] = OrderedDict()

    async def identify(self, headers: HTTPHeaders) -> Who:
        """Who sent a request with these headers.

        Raises:
            RefusedError: nobody whom the hub knows; or the hub does not answer.
        """
        given = _AUTHORIZATION.fullmatch(headers.get("Authorization", ""))
        if not given:
            raise RefusedError(401, "who are you? Send a token of the hub's (nothing was kept)")
        digest = hashlib.sha256(given[1].encode()).digest()
        found = self.known.get(digest)
        if found and found[0] > self.clock():
            return found[1]
        who = self._judge(await self._look_up(given[1]))
        self.known[digest] = (self.clock() + REMEMBERED, who)
        while len(self.known) > MOST_REMEMBERED:
            self.known.popitem(last=False)
        return who

    async def _look_up(self, token: str) -> Mapping[str, Any]:
        try:
            model = await self.ask(token)
        except HTTPError as error:
            raise RefusedError(
                503, "the hub does not say who you are; try again in a minute (nothing was kept)"
            ) from error
        if model is None:
            raise RefusedError(401, "the hub does not know this token; log in again (nothing was kept)")
        return model

    def _judge(self, model: Mapping[str, Any]) -> Who:
        scopes, name = set(model.get("scopes", ())), str(model.get("name", ""))
        if user_name_problem(name):
            raise RefusedError(403, f"{user_name_problem(name)}; ask for another user name (nothing was kept)")
        member = bool(scopes & self.needed)
        staff, reads = (member and scope in scopes for scope in (STAFF_SCOPE, READ_SCOPE))
        return Who(name, member, staff, staff or reads, reads_metrics(model))


def _asking_the_hub() -> Ask:
    hub = HubAuth(cache_max_age=0)
    logging.getLogger("tornado.application").setLevel(logging.ERROR)  # its warnings name no caller

    async def ask(token: str) -> Mapping[str, Any] | None:
        model: Mapping[str, Any] | None = await hub.user_for_token(token, use_cache=False, sync=False)
        return model

    return ask
