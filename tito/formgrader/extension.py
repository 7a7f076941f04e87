"""The formgrader's pages with a line on whose work they show, and the way to see everybody."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from jinja2 import ChoiceLoader, FileSystemLoader, PrefixLoader
from nbgrader.server_extensions.formgrader import handlers
from nbgrader.server_extensions.formgrader.base import BaseHandler
from nbgrader.server_extensions.formgrader.formgrader import FormgradeExtension
from tornado import web

from tito.formgrader.api import SectionAPI
from tito.formgrader.view import EVERYBODY, View, view_of

__all__ = ["Formgrader", "load"]

COOKIE = "formgrader-everybody"
TEMPLATES = Path(__file__).with_name("templates")


class Viewing(BaseHandler):
    """Put before each of nbgrader's handlers: the API and the pages know the view."""

    @property
    def view(self) -> View:
        return view_of(os.environ.get("JUPYTERHUB_USER", ""), bool(self.get_cookie(COOKIE)))

    @property
    def api(self) -> SectionAPI:
        """As nbgrader makes it, which reads its configuration anew each time."""
        app = self.coursedir.parent
        app.load_config_file()
        api = SectionAPI(self.coursedir, self.authenticator, parent=app)
        api.log_level, api.view = self.log.level, self.view
        return api

    def render(self, name: str, **values: Any) -> str:
        view = self.view
        return str(super().render(name, view=view, **values))


class ViewingOne(Viewing):
    """A submission's page and its arrows: from a student outside the view they go through everybody's."""

    @property
    def view(self) -> View:
        view, number = super().view, self.path_kwargs.get("submission_id") or self.path_args[0]
        try:
            student = self.gradebook.find_submission_notebook_by_id(number).student.id
        except handlers.MissingEntry:
            return view
        return view if view.shows(student) else EVERYBODY


class ChangeView(BaseHandler):
    """Remembers in the browser whom to show, and goes back to the page from where this was asked."""

    @web.authenticated
    def get(self, whom: str) -> None:
        path = f"{self.base_url}/formgrader"
        if whom == "everybody":
            self.set_cookie(COOKIE, "1", path=path)
        else:
            self.clear_cookie(COOKIE, path=path)
        before = urlsplit(self.request.headers.get("Referer", "")).path
        self.redirect(before if before.startswith(f"{path}/") else f"{path}/manage_assignments")


class Formgrader(FormgradeExtension):
    """nbgrader's extension with these handlers and templates."""

    def init_tornado_settings(self, webapp: web.Application) -> None:
        super().init_tornado_settings(webapp)
        own = FileSystemLoader(handlers.template_path)
        loader = ChoiceLoader([FileSystemLoader(TEMPLATES), own, PrefixLoader({"nbgrader": own})])
        webapp.settings["nbgrader_jinja2_env"].loader = loader

    def init_handlers(self, webapp: web.Application) -> None:
        super().init_handlers(_Viewing(webapp))


class _Viewing:
    """Hands nbgrader's handlers on to the server as they are here."""

    def __init__(self, webapp: web.Application) -> None:
        self.webapp, self.settings = webapp, webapp.settings

    def add_handlers(self, host: str, routes: list[tuple[Any, ...]]) -> None:
        own = (f"{self.settings['base_url'].rstrip('/')}/formgrader/view/(section|everybody)", ChangeView)
        found = [(pattern, _viewing(handler), *more) for pattern, handler, *more in routes]
        self.webapp.add_handlers(host, [own, *found])


def _viewing(handler: type[web.RequestHandler]) -> type[web.RequestHandler]:
    if not issubclass(handler, BaseHandler):
        return handler  # style sheets and scripts
    one = issubclass(handler, (handlers.SubmissionHandler, handlers.SubmissionNavigationHandler))
    return type(handler.__name__, (ViewingOne if one else Viewing, handler), {})


def load(server: Any) -> None:
    """What nbgrader's `load_jupyter_server_extension` does, with the class above."""
    extension = Formgrader(parent=server)
    extension.root_dir, extension.log = server.root_dir, server.log
    extension.initialize([])
    extension.init_tornado_settings(server.web_app)
    extension.init_handlers(server.web_app)
