"""The disk that a home may take: measured by the guard, refused once, one start to delete in, stopped beyond."""

from __future__ import annotations

import asyncio
import re
from types import SimpleNamespace
from typing import Any

import pytest
from requests import ConnectionError as Unreachable

from hub.disk import OverflowingHomeError, bytes_of, file_bound, homes, outgrown, refusal, usage_path
from hub.docker_installation import Installation, limit_variables
from hub.docker_settings import server_of
from hub.docker_spawner import CourseContainer
from tests.hub.test_docker_settings import FARM, HERE, PEOPLE, VARIABLES

MB = 2**20


def test_sizes():
    assert (bytes_of("2G"), bytes_of("500M")) == (2 * 2**30, 500 * MB)


def test_only_this_installations_homes_are_told():
    usage = {
        "Volumes": [
            {"Name": "tt-home-ada", "UsageData": {"Size": 5, "RefCount": 1}},
            {"Name": "tt-home-Al.B", "UsageData": {"Size": -1}},  # Docker did not count it
            {"Name": "tt-home-new", "UsageData": None},
            {"Name": "tt_database", "UsageData": {"Size": 7}},
            {"Name": "other-home-eve", "UsageData": {"Size": 7}},
        ]
    }
    assert homes(usage, "tt-home-") == {"ada": 5}
    assert homes({"Volumes": None}, "tt-home-") == homes([], "tt-home-") == {}


@pytest.mark.parametrize(
    ("version", "path"),
    [
        ({"ApiVersion": "1.41", "MinAPIVersion": "1.12"}, "/v1.41/system/df"),
        ({"ApiVersion": "1.52", "MinAPIVersion": "1.44"}, "/v1.44/system/df"),
        ({}, "/v1.41/system/df"),
        ({"MinAPIVersion": None}, "/v1.41/system/df"),
        (None, "/v1.41/system/df"),
    ],
)
def test_docker_is_asked_in_a_version_that_it_takes(version: object, path: str):
    assert usage_path(version) == path


def test_the_refusal_is_one_line_with_a_remedy():
    said = refusal(3 * 2**30, 2 * 2**30)
    assert "3.0 GB of 2.0 GB" in said and "du -ah" in said and "kept" in said and "\n" not in said


def test_course_toml_sets_limits_and_the_installation_comes_before_it():
    course = limit_variables({"student": {"disk": "500M", "memory": "3G"}, "staff": {"processors": "4"}})
    here = Installation.from_environment({**course, **VARIABLES, "TINYTORCH_STUDENT_MEMORY": "4G"})
    student, staff = here.limits["student"], here.limits["staff"]
    assert (student.disk, student.memory, staff.processors, staff.disk) == ("500M", "4G", 4.0, "5G")
    assert server_of(PEOPLE, here, "ada", FARM).host_config["ulimits"] == file_bound(500 * MB)


class Measured(CourseContainer):
    """A spawner whose guard gives the `answers` in turn; None is a guard that cannot be reached."""

    client = SimpleNamespace(base_url="http://guard:2375")

    def docker(self, method: str, *arguments: Any, **keywords: Any) -> Any:
        async def answer() -> Any:
            self.asked.append((method, *arguments, keywords.get("params")))
            found = self.answers.pop(0)
            if found is None:
                raise Unreachable
            return SimpleNamespace(json=lambda: {"bytes": found})

        return answer()


@pytest.fixture(autouse=True)
def nobody_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(CourseContainer, "told", set())


def measured(*answers: int | None) -> Measured:
    made = Measured(project="tt", user=SimpleNamespace(name="ada", orm_user=SimpleNamespace(id=3)))
    made.asked, made.answers = [], list(answers)
    made.servers = {"ada": server_of(PEOPLE, HERE, "ada", FARM)}
    return made


def test_a_home_within_its_bound_starts_as_ever():
    spawner = measured(5 * MB)
    assert asyncio.run(spawner._check_home(10 * MB)) == 10 * MB
    assert spawner.asked == [("get", "http://guard:2375/homes/ada", None)]


def test_a_home_that_is_too_large_is_told_first_and_then_deleted_in():
    spawner = measured(*[20 * MB] * 4, 20 * MB, 3 * MB, 20 * MB, 20 * MB)
    with pytest.raises(OverflowingHomeError, match=r"20 MB of 10 MB; start the server again") as error:
        asyncio.run(spawner._check_home(10 * MB))
    assert error.value.jupyterhub_message == str(error.value)
    spawner.answers, spawner = [], measured(*spawner.answers)  # each start has a spawner of its own
    assert asyncio.run(spawner._check_home(10 * MB)) == 1 * MB
    assert spawner.asked[-1][-1] == {"fresh": "1"}  # an old measurement keeps nobody out
    assert asyncio.run(spawner._check_home(10 * MB)) == 10 * MB  # the student deleted something
    with pytest.raises(OverflowingHomeError):
        asyncio.run(spawner._check_home(10 * MB))  # and filled it again


@pytest.mark.parametrize("unknown", [None, "not measured"])
def test_a_guard_that_does_not_say_keeps_nobody_from_working(unknown: str | None):
    spawner = measured(None)
    if unknown:
        spawner.docker = lambda *_a, **_k: asyncio.sleep(0, SimpleNamespace(json=lambda: {"bytes": None}))
    assert asyncio.run(spawner._check_home(10 * MB)) == 10 * MB


def test_a_running_server_is_stopped_beyond_twice_the_bound(monkeypatch: pytest.MonkeyPatch):
    async def nothing(*_arguments: object) -> None:
        return None

    stopped = []

    async def stop(_self: object, now: bool = False) -> None:
        stopped.append(now)

    monkeypatch.setattr("dockerspawner.DockerSpawner.poll", nothing)
    monkeypatch.setattr(CourseContainer, "_join", nothing)
    monkeypatch.setattr(CourseContainer, "stop", stop)
    allowed = bytes_of("2G")
    assert not outgrown(2 * allowed, allowed) and outgrown(2 * allowed + 1, allowed) and not outgrown(None, allowed)
    assert asyncio.run(measured(2 * allowed).poll()) is None
    assert asyncio.run(measured(3 * allowed, allowed).poll()) is None  # was deleted meanwhile
    assert stopped == []
    assert asyncio.run(measured(3 * allowed, 3 * allowed).poll()) == 1
    assert stopped == [False]


def test_the_line_names_gigabytes():
    assert re.match(r"your files take 2\.5 GB of 2\.0 GB;", refusal(int(2.5 * 2**30), 2**31))
