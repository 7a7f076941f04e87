"""Waiting for a server that was just started.

JupyterHub looks ever more seldom, up to five seconds apart, which is a good part of what a start takes. This looks ten
times a second; the hub's own look comes right after it and succeeds.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from contextlib import suppress

__all__ = ["until_it_listens"]

EVERY = 0.1
"""Seconds between two looks."""


async def until_it_listens(host: str, port: int, seconds: float, running: Callable[[], bool] = lambda: True) -> None:
    """Wait until connections are taken there, the time is up, or what was started does not run any more."""
    with suppress(TimeoutError):
        async with asyncio.timeout(seconds):
            while running() and not await _listens(host, port):
                await asyncio.sleep(EVERY)


async def _listens(host: str, port: int) -> bool:
    try:
        _, writer = await asyncio.open_connection(host, port)
    except OSError:
        return False
    writer.close()
    return True
