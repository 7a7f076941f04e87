"""A user's server: what its start leaves out, and what it loads when it runs or when somebody asks."""

from __future__ import annotations

import asyncio
import json
import subprocess
import sys
from types import ModuleType
from typing import Any
from unittest.mock import Mock

import pytest
from nbgrader.server_extensions import assignment_list, validate_assignment
from tornado.httputil import HTTPHeaders, HTTPServerRequest, RequestStartLine
from tornado.web import Application, RequestHandler
from traitlets.config import Config, LoggingConfigurable

from hub.settings import ROLES
from tito.server import later

STUDENT = json.loads((ROLES / "student" / "jupyter_server_config.json").read_text(encoding="utf-8"))

START = """
import sys
from tito.server import __main__ as start
start._put_off(start.ORM)
start._stand_in_for_pages()
import jupyterhub.singleuser, jupyterhub.singleuser.extension
from jupyterhub import orm, scopes
print("alembic" in sys.modules, "jupyterhub.handlers.base" in sys.modules)
print(*scopes._intersect_expanded_scopes({"access:servers!server=ada/"}, {"access:servers!user=ada"}))
print("alembic" in sys.modules, orm.User.__tablename__, sys.modules["jupyterhub.orm"].User is orm.User)
"""


def test_the_hubs_database_is_loaded_only_when_it_is_used() -> None:
    done = subprocess.run([sys.executable, "-c", START], capture_output=True, text=True, check=True)
    assert done.stdout.splitlines() == ["False False", "access:servers!server=ada/", "False users True"]


class Server(LoggingConfigurable):
    """As much of Jupyter Server as an extension sees."""

    base_url = "/user/ada/"

    def __init__(self, **keywords: Any) -> None:
        super().__init__(**keywords)
        self.web_app = Application([], base_url=self.base_url)

    def answers(self, path: str) -> Any:
        """The class of handlers that answers a request."""
        line = RequestStartLine("GET", path, "HTTP/1.1")
        request = HTTPServerRequest(start_line=line, headers=HTTPHeaders({"Host": "hub"}), connection=Mock())
        return self.web_app.find_handler(request).handler_class


class Page(RequestHandler):
    pass


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Server:
    module = ModuleType("an_extension")
    module._load_jupyter_server_extension = lambda app: app.web_app.add_handlers(  # type: ignore[attr-defined]
        ".*$", [(f"{app.base_url}pages/(.*)", Page)]
    )
    monkeypatch.setitem(sys.modules, module.__name__, module)
    server = Server(config=Config(Later={"extensions": {module.__name__: "pages/.*"}}))
    later._load_jupyter_server_extension(server)
    return server


def loaded(server: Server) -> bool:
    return bool(server.web_app.settings["tinytorch_later"].loaded)


def test_the_first_request_for_an_extension_loads_it_and_is_answered(server: Server) -> None:
    assert server.answers("/user/ada/lab") is not Page
    assert not loaded(server)
    assert [server.answers("/user/ada/pages/1") for _ in range(2)] == [Page, Page]


def test_without_a_request_it_is_loaded_after_the_start(server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(later.gc, "freeze", lambda: None)  # the tests go on in this process
    asyncio.run(later._start_jupyter_server_extension(server))
    assert loaded(server)
    assert server.answers("/user/ada/pages/1") is Page


@pytest.mark.parametrize("extension", [assignment_list, validate_assignment])
def test_every_address_of_nbgraders_is_known_before_it_is_loaded(extension: ModuleType) -> None:
    server = Server(config=Config(Later=STUDENT["Later"]))
    first_use = later.FirstUse(later.Later(parent=server), server.base_url)
    for pattern, _handler in extension.handlers.default_handlers:
        path = pattern.replace(assignment_list.handlers._assignment_action_regex, "submit")
        assert first_use.pattern.match(f"/user/ada{path}"), pattern
