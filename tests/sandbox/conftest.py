"""One backend of each kind for all tests of exam rooms, and a room of it for each test."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tito.sandbox.base import Backend, Room

from .rooms import FORKED, KINDS, LIMITS, WALLED, remove_image


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Tests of kinds that do not work here are left out, not skipped; which kinds do is tested in test_choose.py."""
    idle = [item for item in items if any("empty parameter set" in str(mark) for mark in item.iter_markers("skip"))]
    if idle:
        config.hook.pytest_deselected(items=idle)
        items[:] = [item for item in items if item not in idle]


@pytest.fixture(scope="session")
def _started() -> Iterator[dict[str, Backend]]:
    backends: dict[str, Backend] = {}
    yield backends
    for backend in backends.values():
        backend.close()
    if "docker" in KINDS:
        remove_image()


def _backend(name: str, started: dict[str, Backend]) -> Backend:
    if name not in started:
        started[name] = KINDS[name]()
    started[name].start()
    return started[name]


@pytest.fixture(params=list(KINDS))
def backend(request: pytest.FixtureRequest, _started: dict[str, Backend]) -> Backend:
    """A kind of rooms, started."""
    return _backend(request.param, _started)


@pytest.fixture(params=FORKED)
def forked(request: pytest.FixtureRequest, _started: dict[str, Backend]) -> Backend:
    """A kind of rooms that one warm process forks, started."""
    return _backend(request.param, _started)


@pytest.fixture(params=WALLED)
def walled(request: pytest.FixtureRequest, _started: dict[str, Backend]) -> Backend:
    """A kind of rooms with walls, started."""
    return _backend(request.param, _started)


@pytest.fixture
def room(backend: Backend) -> Iterator[Room]:
    """A room of any kind."""
    room = backend.room(LIMITS)
    yield room
    room.end()


@pytest.fixture
def walled_room(walled: Backend) -> Iterator[Room]:
    """A room with walls."""
    room = walled.room(LIMITS)
    yield room
    room.end()


@pytest.fixture
def forked_room(forked: Backend) -> Iterator[Room]:
    """A room forked from a warm process."""
    room = forked.room(LIMITS)
    yield room
    room.end()
