"""Waiting for a server ends when it listens, when it is dead, and when the time is up."""

from __future__ import annotations

import asyncio
import time

from hub.checks import free_ports
from hub.listening import until_it_listens


async def listen_later(port: int, seconds: float) -> asyncio.Server:
    await asyncio.sleep(seconds)
    return await asyncio.start_server(lambda _reader, writer: writer.close(), "127.0.0.1", port)


def test_it_ends_when_something_listens():
    async def wait() -> float:
        (port,) = free_ports(1)
        later, begin = asyncio.create_task(listen_later(port, 0.3)), time.monotonic()
        await until_it_listens("127.0.0.1", port, 60)
        passed = time.monotonic() - begin
        (await later).close()
        return passed

    assert 0.3 <= asyncio.run(wait()) < 30


def test_it_ends_when_nothing_will():
    (port,) = free_ports(1)
    looks = iter([True, True, False])
    asyncio.run(until_it_listens("127.0.0.1", port, 60, lambda: next(looks)))
    assert next(looks, None) is None
    asyncio.run(until_it_listens("127.0.0.1", port, 0.3))
