"""What a server loads once it answers: a Jupyter Server extension, switched on in each role's configuration.

nbgrader's modules, and nbconvert's for the list of what a notebook can be saved as, take half a second that nobody
should wait for: they load beside the page, in a thread. Whoever asks for one of nbgrader's addresses before that waits.
"""

from __future__ import annotations

import asyncio
import gc
import importlib
import re
import sys
from typing import Any

from tornado.httputil import HTTPServerRequest
from tornado.routing import Matcher, Rule
from tornado.web import Application, RequestHandler
from traitlets import Dict, Unicode
from traitlets.config import LoggingConfigurable

from tito.server import USUAL

__all__ = ["Later"]

TURN = 0.001
"""Seconds after which the thread that imports lets a request go first; 5 ms, which is usual, adds up."""


class Later(LoggingConfigurable):
    """The extensions of one server that load late."""

    extensions = Dict(
        key_trait=Unicode(),
        value_trait=Unicode(),
        help="By module of an extension, its addresses below the server's own: a regular expression.",
    ).tag(config=True)

    loaded = False

    def load(self) -> None:
        """Add the extensions' handlers to the server, once."""
        if not self.loaded:
            self.loaded = True
            for name in self.extensions:
                importlib.import_module(name)._load_jupyter_server_extension(self.parent)
                self.log.info("%s was loaded after the start", name)

    async def load_in_time(self) -> None:
        """Import in a thread what will be asked for, then load it."""
        usual = sys.getswitchinterval()
        sys.setswitchinterval(TURN)
        try:
            await asyncio.to_thread(_import, tuple(self.extensions))
        finally:
            sys.setswitchinterval(usual)
        self.load()


class FirstUse(Matcher):
    """Matches no request: one for an extension that is not there yet has it loaded, and finds it behind this rule."""

    def __init__(self, later: Later, base: str) -> None:
        addresses = "|".join(f"(?:{pattern})" for pattern in later.extensions.values())
        self.later, self.pattern = later, re.compile(rf"{re.escape(base)}(?:{addresses})$")

    def match(self, request: HTTPServerRequest) -> None:
        """None, always."""
        if not self.later.loaded and self.pattern.match(request.path):
            self.later.load()


def _jupyter_server_extension_points() -> list[dict[str, str]]:
    return [{"module": "tito.server.later"}]


def _load_jupyter_server_extension(app: Any) -> None:
    web_app: Application = app.web_app
    later = web_app.settings["tinytorch_later"] = Later(parent=app)
    if later.extensions:
        web_app.default_router.rules.insert(-1, Rule(FirstUse(later, app.base_url), RequestHandler))


async def _start_jupyter_server_extension(app: Any) -> None:
    gc.freeze()  # what is there now stays as long as the server does
    gc.set_threshold(*USUAL)
    await app.web_app.settings["tinytorch_later"].load_in_time()


def _import(names: tuple[str, ...]) -> None:
    for name in names:
        importlib.import_module(name)
    from nbconvert.exporters import base
    from nbformat import v4, validate

    validate(v4.new_notebook())  # compiles the format's schema
    for exporter in base.get_export_names():
        base.get_exporter(exporter)
