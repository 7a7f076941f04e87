"""`python -P -m tito.server`: JupyterHub's single-user server, sooner ready; the options are jupyterhub-singleuser's.

Half of its start was two things that it never uses. JupyterHub's modules bring the hub's database with them, and Python
looks for garbage again and again among modules that all stay.

It starts in its user's home. Without -P a random.py there would stand in for Python's own.
"""

from __future__ import annotations

import gc
import importlib
import sys
from types import ModuleType
from typing import Any

from tornado.web import RequestHandler

__all__ = ["main"]

ORM = "jupyterhub.orm"
"""The hub's tables: a server has none, but the modules that check its tokens' scopes name them."""

PAGES = "jupyterhub.handlers.pages"
"""The hub's pages: its log names one of their classes, to leave out requests that somebody asks every few seconds."""


SELDOM = 100_000
"""New objects until Python looks for garbage the next time; 700 is usual."""


def main() -> None:
    gc.set_threshold(SELDOM)  # until tito/server/later.py sets it back
    _put_off(ORM)
    _stand_in_for_pages()
    from jupyterhub.singleuser import main as start  # only now: this is what the above is about

    start()


def _put_off(name: str) -> None:
    """Let a module be loaded when something in it is used for the first time.

    `importlib.util.LazyLoader` is no help: until Python 3.12 a second import statement loads what it put off.
    """
    stand_in = ModuleType(name)

    def look_up(attribute: str) -> Any:
        if attribute.startswith("__"):
            raise AttributeError(attribute)  # asked by the import statement itself
        if sys.modules[name] is stand_in:
            del sys.modules[name]
        return getattr(importlib.import_module(name), attribute)

    setattr(stand_in, "__getattr__", look_up)  # noqa: B010  a module's own, which mypy takes for the class's
    sys.modules[name] = stand_in


def _stand_in_for_pages() -> None:
    package, pages = ModuleType(PAGES.rpartition(".")[0]), ModuleType(PAGES)
    package.__path__ = []
    setattr(pages, "HealthCheckHandler", type("HealthCheckHandler", (RequestHandler,), {}))  # noqa: B010  unknown to mypy
    sys.modules |= {package.__name__: package, pages.__name__: pages}


if __name__ == "__main__":
    main()
