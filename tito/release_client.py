"""Asking a class's release service for a change of the term, where course.toml is a copy that cannot be written."""

from __future__ import annotations

import json
import os

import requests

from tito.course import Course
from tito.errors import ToolError
from tito.exchange.client import Access, ask
from tito.modules import Module

__all__ = ["change_by_service", "service_known"]


def service_known() -> bool:
    """Is this a server of a hub, which stands behind the same proxy as the exchange?"""
    return bool(os.environ.get("TINYTORCH_EXCHANGE_URL"))


def change_by_service(course: Course, verb: str, module: Module, days: int, following: bool) -> str:
    """Have it done with the token of this server; gives the service's line.

    Raises:
        ToolError: the service refuses it or does not answer.
    """
    access = Access.find(course.root)
    url = f"{access.url.rstrip('/').rpartition('/')[0]}/release/schedule.json"
    body = json.dumps({"verb": verb, "module": module.label, "days": days, "following": following}).encode()
    headers = {"Authorization": f"token {access.token}", "Content-Type": "application/json"}
    try:
        answer = ask("POST", url, body, headers, access.identity)
    except requests.RequestException as error:
        raise ToolError(
            f"the release service at {url} cannot be reached ({type(error).__name__}); look at the term before you "
            "try again: it may have been done"
        ) from None
    return _said(answer)


def _said(answer: requests.Response) -> str:
    if answer.status_code in (401, 403):
        raise ToolError(
            "the term is changed by instructors; if you are one, stop your server and start it anew, or use the page "
            "/services/release/ (nothing was changed)"
        )
    try:
        told = answer.json()
        if answer.ok:
            return str(told["said"])
        line = str(told["error"])
    except (ValueError, KeyError, TypeError):
        line = f"the release service answered {answer.status_code} {answer.reason}; look at the term, then try again"
    raise ToolError(line)
