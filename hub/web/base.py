"""A page that JupyterHub's log-in guards, and the answers that need none."""

from __future__ import annotations

import json
import logging
import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from jupyterhub.services.auth import HubOAuthCallbackHandler, HubOAuthenticated
from tornado.web import Application, HTTPError, RequestHandler

from hub.web.metrics import reads_metrics, send_metrics
from hub.web.render import POLICY, render
from hub.web.settings import Address
from hub.web.viewers import Viewer, viewer
from tito.errors import HandInError, TitoError

__all__ = ["Data", "Monitored", "Page", "Site", "application"]

LOG = logging.getLogger("pages")


@dataclass(frozen=True)
class Site:
    """What all pages of one service know."""

    name: str
    course: Path
    health: Callable[[], dict[str, Any]]
    """What /health says; `ok` in it decides between 200 and 503."""
    services: str = "/services/"
    hub: str = "/hub/home"
    more: Mapping[str, Any] = field(default_factory=dict)
    """What the service's own pages need."""

    @classmethod
    def of(
        cls,
        environment: Mapping[str, str],
        name: str,
        course: Path,
        health: Callable[[], dict[str, Any]],
        more: Mapping[str, Any],
    ) -> Site:
        """With the hub's addresses as JupyterHub's variables give them."""
        base = environment.get("JUPYTERHUB_BASE_URL", "/")
        hub = f"{environment.get('JUPYTERHUB_HOST', '')}{base}hub/home"
        return cls(name, course, health, f"{base}services/", hub, more)


class Answer(RequestHandler):
    """Headers that every answer has, and what went wrong on one line."""

    def initialize(self, site: Site) -> None:
        self.site = site

    def set_default_headers(self) -> None:
        self.set_header("Server", "course")
        self.set_header("Content-Security-Policy", POLICY)
        self.set_header("X-Content-Type-Options", "nosniff")
        self.set_header("Referrer-Policy", "no-referrer")
        self.set_header("Cache-Control", "no-store")

    def log_exception(self, typ: Any, value: Any, tb: Any) -> None:
        if not isinstance(value, HTTPError):
            LOG.error("failed: %s", self.request.path, exc_info=(typ, value, tb))


class Health(Answer):
    """Does the service work? Open to all: it names nobody."""

    def get(self) -> None:
        found = self.site.health()
        self.set_status(200 if found["ok"] else 503)
        self.finish(found)


class Page(HubOAuthenticated, Answer):
    """A page for somebody in the course; `self.viewer` says whose work they may look at."""

    viewer: Viewer

    def prepare(self) -> None:
        """Who looks? Nobody yet: to the hub's log-in. Somebody without a place in the course: 403."""
        user = self.current_user
        if user is None:
            self.refuse_stranger()
            return
        found = viewer(self.site.course, str(user["name"])) if user.get("kind") == "user" else None
        if found is None:
            raise HTTPError(403, reason="You are not in this course")
        self.viewer = found

    def refuse_stranger(self) -> None:
        self.redirect(self.get_login_url())

    def checked_student(self, name: str) -> str:
        """`name`, if the viewer may look at that student's work; otherwise it is as if there were nobody."""
        if not self.viewer.may_see(name):
            raise HTTPError(404)
        return name

    def show(self, template: str, **values: Any) -> None:
        site = self.site
        self.finish(
            render(template, here=site.name, services=site.services, hub=site.hub, viewer=self.viewer, **values)
        )

    def told(self, status: int, error: BaseException | None) -> tuple[int, str]:
        """The status and the line that say what went wrong."""
        return _told(status, error)

    def write_error(self, status_code: int, **more: Any) -> None:
        status, line = self.told(status_code, more.get("exc_info", (None, None))[1])
        self.set_status(status)
        site = self.site
        self.finish(render("problem", here="", services=site.services, hub=site.hub, status=status, line=line))


class Data(Page):
    """The same as JSON."""

    def refuse_stranger(self) -> None:
        if "Authorization" in self.request.headers:
            raise HTTPError(401, reason="The hub does not know this token, or it may not read this")
        super().refuse_stranger()

    def show_data(self, value: Any) -> None:
        self.set_header("Content-Type", "application/json")
        self.finish(json.dumps(value, indent=1))

    def write_error(self, status_code: int, **more: Any) -> None:
        status, line = self.told(status_code, more.get("exc_info", (None, None))[1])
        self.set_status(status)
        self.show_data({"error": line})


def _told(status: int, error: BaseException | None) -> tuple[int, str]:
    if isinstance(error, HandInError):
        return 503, "The exchange does not answer; try again in a minute"
    if isinstance(error, TitoError):
        return 503, "The course's settings cannot be read; tell your instructor"
    if status == 404:
        return status, "There is nothing here"
    if isinstance(error, HTTPError) and status < 500:
        return status, error.reason or "This request makes no sense"
    return status, "This failed and the reason is in the service's log; tell your instructor"


class Monitored(HubOAuthenticated):
    """Lets in whom the hub lets use this service, and monitors."""

    def check_hub_user(self, model: dict[str, Any]) -> Any:
        return model if reads_metrics(model) else super().check_hub_user(model)


class Metrics(Monitored, Data):
    """For Prometheus, with a token that holds the hub's own `read:metrics`, and for staff."""

    def prepare(self) -> None:
        user = self.current_user
        if user is not None and reads_metrics(user):
            return
        super().prepare()
        if not self._finished and not self.viewer.staff:
            raise HTTPError(403, reason="Only staff and Prometheus may do this")

    def get(self) -> None:
        send_metrics(self)


class Nothing(Page):
    """Any other address."""

    def get(self) -> None:
        raise HTTPError(404)


def application(address: Address, site: Site, pages: dict[str, type[Answer]]) -> Application:
    """The pages below the service's prefix, with /health, /metrics and the way back from the hub's log-in."""
    more = {"site": site}
    routes: list[Any] = [(address.prefix + path, handler, more) for path, handler in pages.items()]
    routes += [
        (address.prefix + path, handler, more) for path, handler in {"health": Health, "metrics": Metrics}.items()
    ]
    routes += [(address.prefix + "oauth_callback", HubOAuthCallbackHandler)]
    return Application(
        routes,
        default_handler_class=Nothing,
        default_handler_args=more,
        cookie_secret=os.urandom(32),  # a service that starts again sends browsers through the hub's log-in once more
        log_function=lambda _: None,
    )
