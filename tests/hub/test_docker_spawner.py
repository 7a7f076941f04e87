"""The spawner's own steps around DockerSpawner's, with a Docker that is played."""

from __future__ import annotations

import asyncio
from types import SimpleNamespace
from typing import Any

import pytest
from docker.errors import APIError

from hub.docker_spawner import CourseContainer


class Played(CourseContainer):
    """Notes what it asks of Docker; `errors` are what some of it is answered with."""

    def docker(self, method: str, *arguments: Any, **_keywords: Any) -> Any:
        async def answer() -> Any:
            self.asked.append((method, *arguments))
            if method in self.errors:
                raise APIError(self.errors[method])
            return {"Containers": {name: {"Name": name} for name in self.here}}

        return answer()


@pytest.fixture
def spawner() -> Played:
    made = Played(project="tt", user=SimpleNamespace(name="Al.B", orm_user=SimpleNamespace(id=3)))
    made.asked, made.errors, made.here = [], {}, []
    return made


def test_a_container_is_called_as_the_guard_expects_before_any_start(spawner: Played):
    assert spawner.object_name == "tt-user-Al.B"
    spawner.image = "other"
    assert spawner.object_name == "tt-user-Al.B"


def test_the_hub_and_the_proxy_join_the_network_once(spawner: Played):
    asyncio.run(spawner._make_network())
    network = "tt-user-Al.B"
    assert spawner.asked == [
        ("create_network", network),
        ("inspect_network", network),
        ("connect_container_to_network", "tt-hub", network),
        ("connect_container_to_network", "tt-proxy", network),
    ]
    spawner.asked.clear()
    spawner.here = ["tt-hub", network]  # the proxy was made anew
    asyncio.run(spawner._join())
    assert spawner.asked[1:] == [("connect_container_to_network", "tt-proxy", network)]


def test_servers_start_in_turns_until_they_answer(monkeypatch: pytest.MonkeyPatch):
    starting: list[str] = []
    together: list[int] = []

    class Slow(Played):
        turns = asyncio.Semaphore(2)

        async def _start(self) -> tuple[str, int]:
            starting.append("one")
            return "10.0.0.1", 8888

    async def listens(*_: Any) -> None:
        together.append(len(starting))
        await asyncio.sleep(0)
        starting.pop()

    async def start() -> list[tuple[str, int]]:
        return await asyncio.gather(*(Slow(project="tt").start() for _ in range(6)))

    monkeypatch.setattr("hub.docker_spawner.until_it_listens", listens)
    assert asyncio.run(start()) == [("10.0.0.1", 8888)] * 6
    assert max(together) == 2


def test_what_staff_grade_with_joins_their_network_alone(spawner: Played):
    spawner.servers = {"Al.B": SimpleNamespace(staff=True)}
    asyncio.run(spawner._join())
    assert [asked[1] for asked in spawner.asked[1:]] == ["tt-hub", "tt-proxy", "tt-broker", "tt-database"]


@pytest.mark.parametrize(
    ("method", "said"),
    [
        ("create_network", "network with name tt-user-Al.B already exists"),
        ("connect_container_to_network", "endpoint with name tt-hub already exists in network tt-user-Al.B"),
    ],
)
def test_what_a_killed_hub_left_is_used(spawner: Played, method: str, said: str):
    spawner.errors[method] = said
    asyncio.run(spawner._make_network())


def test_a_network_that_is_gone_is_removed(spawner: Played):
    spawner.errors = dict.fromkeys(("disconnect_container_from_network", "remove_network"), "network tt not found")
    asyncio.run(spawner._remove_network())
    assert [asked[0] for asked in spawner.asked] == 4 * ["disconnect_container_from_network"] + ["remove_network"]


def test_a_container_that_leaves_slowly_is_waited_for(spawner: Played, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("hub.docker_spawner.LONGEST_LEAVING", 2)
    spawner.errors["remove_network"] = "network tt-user-Al.B has active endpoints"
    asyncio.run(spawner._remove_network())
    assert [asked[0] for asked in spawner.asked].count("remove_network") == 2


@pytest.mark.parametrize("method", ["create_network", "connect_container_to_network", "inspect_network"])
def test_a_refusal_of_the_guard_is_not_swallowed(spawner: Played, method: str):
    spawner.errors[method] = "refused by the guard of Docker's socket"
    with pytest.raises(APIError):
        asyncio.run(spawner._make_network())
