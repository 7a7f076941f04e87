"""One kernel a notebook, however many requests for one come at once.

Jupyter Server looks whether a path has a session, and notes a new one when its kernel has started: who asks in between
gets a second kernel, which nobody sees. Our page asks early (hub/jupyter) and JupyterLab once more.
"""

from __future__ import annotations

import asyncio
from collections import defaultdict
from typing import Any

from jupyter_server.services.sessions.sessionmanager import SessionManager

__all__ = ["OneAtATime"]


class OneAtATime(SessionManager):
    """Makes the sessions of one path one after the other; the second is the first."""

    def __init__(self, *arguments: Any, **keywords: Any) -> None:
        super().__init__(*arguments, **keywords)
        self._turns: defaultdict[str | None, asyncio.Lock] = defaultdict(asyncio.Lock)

    async def create_session(self, path: str | None = None, *arguments: Any, **keywords: Any) -> dict[str, Any]:
        """The session of `path`; as Jupyter Server's own, which makes a new one each time."""
        async with self._turns[path]:
            if path and await self.session_exists(path):
                found: dict[str, Any] = await self.get_session(path=path)
                return found
            made: dict[str, Any] = await super().create_session(path, *arguments, **keywords)
            return made
