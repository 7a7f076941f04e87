"""What the guard of Docker's socket lets pass: the spawner's own requests, and nothing else."""

from __future__ import annotations

import asyncio
import copy
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import docker
import pytest
from aiohttp import ClientSession, web
from aiohttp.test_utils import TestServer

from hub.docker_guard import application, rules_of
from hub.docker_installation import Installation
from hub.docker_settings import server_of
from hub.guard_rules import RefusedError, check_connect, check_create, check_disconnect, check_network
from tests.hub.test_docker_settings import FARM, HERE, PEOPLE

RULES = rules_of(HERE)
NETWORK = {
    "Name": "tinytorch-user-ada",
    "Driver": "bridge",
    "Internal": True,
    "CheckDuplicate": True,
    "Options": {"com.docker.network.bridge.inhibit_ipv4": "true"},
    "IPAM": {"Driver": "default", "Config": [{"Subnet": "10.77.0.8/29"}]},
}


def create_body(user: str, here: Installation = HERE) -> dict[str, Any]:
    """What DockerSpawner sends, as its client library puts it together."""
    server = server_of(PEOPLE, here, user, FARM)
    client = docker.APIClient(base_url="http://nowhere:1", version="1.41")
    modes = ((server.volumes, "rw"), (server.read_only_volumes, "ro"))
    binds = {k: {"bind": v, "mode": mode} for volumes, mode in modes for k, v in volumes.items()}
    host = client.create_host_config(
        auto_remove=True,
        binds=binds,
        links={},
        mounts=[],
        mem_limit=server.memory,
        cpu_period=100_000,
        cpu_quota=int(100_000 * server.processors),
        network_mode=here.names.server(user),
        **server.host_config,
    )
    config = client.create_container_config(
        image=server.image,
        environment={"JUPYTERHUB_USER": user},
        volumes=[*server.volumes.values(), *server.read_only_volumes.values()],
        command=["jupyterhub-singleuser"],
        ports={"8888/tcp": None},
        host_config=host,
    )
    config["HostConfig"] |= server.paths
    body: dict[str, Any] = json.loads(json.dumps(config))
    return body


@pytest.mark.parametrize("user", ["ada", "Al.B", "ta", "prof"])
def test_everybodys_server_passes(user: str):
    body = create_body(user)
    passed = check_create(f"tinytorch-user-{user}", body, RULES)
    assert passed["Image"] == body["Image"]
    assert passed["HostConfig"]["CapDrop"] == ["ALL"]


HOST: dict[str, Any] = {
    "Privileged": True,
    "CapAdd": ["SYS_ADMIN"],
    "CapDrop": [],
    "SecurityOpt": ["no-new-privileges", "seccomp=unconfined"],
    "ReadonlyRootfs": False,
    "Memory": 0,
    "MemorySwap": -1,
    "PidsLimit": -1,
    "CpuQuota": True,
    "NetworkMode": "host",
    "Ulimits": [{"Name": "fsize", "Soft": 5, "Hard": -1}],
    "PidMode": "host",
    "IpcMode": "host",
    "UsernsMode": "host",
    "Devices": [{"PathOnHost": "/dev/sda"}],
    "Mounts": [{"Type": "bind", "Source": "/", "Target": "/mnt"}],
    "VolumesFrom": ["tinytorch-hub"],
    "Runtime": "other",
    "PortBindings": {"8888/tcp": [{"HostPort": "80"}]},
    "ExtraHosts": ["guard:172.18.0.3"],
    "Dns": ["8.8.8.8"],
    "Tmpfs": {"/tmp": "rw,exec"},
    "Binds": ["/:/host"],
    "RestartPolicy": {"Name": "always"},
    "privileged": True,
}


@pytest.mark.parametrize("key", HOST)
def test_a_bound_that_is_loosened_is_refused(key: str):
    body = create_body("ada")
    body["HostConfig"][key] = HOST[key]
    with pytest.raises(RefusedError):
        check_create("tinytorch-user-ada", body, RULES)


@pytest.mark.parametrize(
    "key", ["CapDrop", "SecurityOpt", "ReadonlyRootfs", "Memory", "MemorySwap", "PidsLimit", "CpuQuota", "Ulimits"]
)
def test_a_bound_that_is_missing_is_refused(key: str):
    body = create_body("ada")
    del body["HostConfig"][key]
    with pytest.raises(RefusedError, match=key):
        check_create("tinytorch-user-ada", body, RULES)


def test_only_staff_make_rooms():
    for_rooms = create_body("ta")["HostConfig"]
    for key in ("SecurityOpt", "MaskedPaths", "ReadonlyPaths"):
        body = create_body("ada")
        body["HostConfig"][key] = for_rooms[key]
        with pytest.raises(RefusedError, match=key):
            check_create("tinytorch-user-ada", body, RULES)
    body = create_body("ta")
    body["HostConfig"]["SecurityOpt"] = ["no-new-privileges", "seccomp=unconfined"]
    with pytest.raises(RefusedError, match="SecurityOpt"):
        check_create("tinytorch-user-ta", body, RULES)


@pytest.mark.parametrize(
    "bind",
    [
        "tinytorch-home-alan:/home/course:rw",
        "tinytorch_course:/home/course/course:rw",
        "/volumes/libraries/alan:/opt/library:ro",
        "/volumes/libraries/ada:/opt/library:rw",
        "/volumes/libraries/ada/../alan:/opt/library:ro",
        "/var/run/docker.sock:/var/run/docker.sock",
        "tinytorch_hub:/srv",
    ],
)
def test_a_student_sees_no_other_volume(bind: str):
    body = create_body("ada")
    body["HostConfig"]["Binds"].append(bind)
    with pytest.raises(RefusedError, match="Binds"):
        check_create("tinytorch-user-ada", body, RULES)


@pytest.mark.parametrize(
    "changes",
    [
        {"Image": "debian:12"},
        {"User": "0"},
        {"Entrypoint": ["sh"]},
        {"Labels": {"com.docker.compose.project": "tinytorch"}},
        {"hostconfig": {"Privileged": True}},
        {"HostConfig": None},
        {"NetworkingConfig": {"EndpointsConfig": {"tinytorch_records": {}}}},
        {"Runtime": "other"},
    ],
)
def test_a_container_that_is_no_server_is_refused(changes: dict[str, Any]):
    with pytest.raises(RefusedError):
        check_create("tinytorch-user-ada", create_body("ada") | changes, RULES)


@pytest.mark.parametrize(
    "name", ["tinytorch-hub", "tinytorch-user-", "tinytorch-user-alan", "", "x", "tinytorch-user-a/b"]
)
def test_a_container_by_another_name_is_refused(name: str):
    with pytest.raises(RefusedError):
        check_create(name, create_body("ada"), RULES)


@pytest.mark.parametrize(
    "changes",
    [
        {"Name": "tinytorch_records"},
        {"Internal": False},
        {"Driver": "host"},
        {"Options": {}},
        {"IPAM": {"Driver": "default", "Config": [{"Subnet": "192.168.0.0/24"}]}},
        {"IPAM": {"Driver": "default", "Config": [{"Subnet": "10.77.0.8/29", "Gateway": "10.77.0.9"}]}},
        {"IPAM": {"Driver": "default", "Config": [{"Subnet": "10.0.0.0/8"}]}},
        {"IPAM": {"Driver": "default", "Config": [{"Subnet": "nonsense"}]}},
        {"Attachable": True},
        {"ConfigFrom": {"Network": "host"}},
    ],
)
def test_a_network_with_a_way_out_is_refused(changes: dict[str, Any]):
    assert check_network(copy.deepcopy(NETWORK), RULES)["Name"] == "tinytorch-user-ada"
    with pytest.raises(RefusedError):
        check_network(NETWORK | changes, RULES)


def test_only_what_a_server_needs_joins_its_network_under_its_own_name():
    for name, aliases in HERE.names.aliases(staff=True).items():
        check_connect({"Container": name, "EndpointConfig": {"Aliases": aliases}}, RULES)
        check_disconnect({"Container": name, "Force": True}, RULES)
    for body in (
        {"Container": "tinytorch-workers"},
        {"Container": "tinytorch-guard"},
        {"Container": "tinytorch-broker", "EndpointConfig": {"Aliases": ["proxy"]}},
        {"Container": "tinytorch-user-alan"},
        {"Container": "tinytorch-hub", "EndpointConfig": {"Aliases": ["guard"]}},
        {"Container": "tinytorch-hub", "EndpointConfig": {"IPAMConfig": {"IPv4Address": "10.77.0.9"}}},
    ):
        with pytest.raises(RefusedError):
            check_connect(body, RULES)


@asynccontextmanager
async def guarded(folder: Path) -> AsyncIterator[tuple[str, list[str]]]:
    """The guard before a Docker that only notes what reached it; an odd number is the database's."""
    seen: list[str] = []

    async def note(request: web.Request) -> web.Response:
        if request.path == "/version":  # the guard asks it too, so it is not noted
            return web.json_response({"MinAPIVersion": "1.44"})
        if request.path == "/v1.44/system/df":  # the guard's own question
            used = {"ada": 5, "alan": -1}
            volumes = [{"Name": f"tinytorch-home-{user}", "UsageData": {"Size": size}} for user, size in used.items()]
            return web.json_response({"Volumes": [*volumes, {"Name": "tinytorch_database", "UsageData": {"Size": 9}}]})
        seen.append(f"{request.method} {request.path_qs}")
        name = "/tinytorch_database_1" if "/containers/" + "d" * 64 in request.path else "/tinytorch-user-ada"
        return web.json_response({"Name": name, "body": (await request.read()).decode()})

    behind = web.Application()
    behind.router.add_route("*", "/{path:.*}", note)
    runner = web.AppRunner(behind)
    await runner.setup()
    socket = str(folder / "docker.sock")
    await web.UnixSite(runner, socket).start()
    (folder / "libraries").mkdir()
    try:
        async with TestServer(application(RULES, socket, folder)) as server:
            yield str(server.make_url("")).rstrip("/"), seen
    finally:
        await runner.cleanup()


def through(folder: Path, *requests: tuple[str, str, Any]) -> tuple[list[int], list[str]]:
    """What the guard answers to each request, and what of it reached Docker."""

    async def play() -> tuple[list[int], list[str]]:
        async with guarded(folder) as (url, seen), ClientSession() as session:
            statuses = []
            for method, path, body in requests:
                async with session.request(method, url + path, json=body) as answer:
                    statuses.append(answer.status)
            return statuses, seen

    return asyncio.run(play())


def test_the_spawners_requests_reach_docker_and_only_checked_parts_of_them(tmp_path: Path):
    number = "a" * 64
    statuses, seen = through(
        tmp_path,
        ("GET", "/version", None),
        ("GET", "/v1.41/images/tinytorch/student:1/json", None),
        ("POST", "/v1.41/containers/create?name=tinytorch-user-ada&platform=x", create_body("ada")),
        ("POST", f"/v1.41/containers/{number}/start", {"Privileged": True}),
        ("POST", f"/v1.41/containers/{number}/stop?t=5&signal=x", None),
        ("DELETE", f"/v1.41/containers/{number}?v=True&link=True", None),
        ("POST", "/v1.41/networks/create", NETWORK),
        ("POST", "/v1.41/networks/tinytorch-user-ada/connect", {"Container": "tinytorch-hub"}),
        ("DELETE", "/v1.41/networks/tinytorch-user-ada", None),
    )
    assert statuses == [200] * 9
    look = f"GET /v1.41/containers/{number}/json"  # whose number is it?
    assert seen == [
        "GET /v1.41/images/tinytorch/student:1/json",
        "POST /v1.41/containers/create?name=tinytorch-user-ada",
        look,
        "POST /v1.41/containers/tinytorch-user-ada/start",
        look,
        "POST /v1.41/containers/tinytorch-user-ada/stop?t=5",
        look,
        "DELETE /v1.41/containers/tinytorch-user-ada?v=True",
        "POST /v1.41/networks/create",
        "POST /v1.41/networks/tinytorch-user-ada/connect",
        "DELETE /v1.41/networks/tinytorch-user-ada",
    ]


def test_a_students_library_is_a_folder_and_no_link(tmp_path: Path):
    (tmp_path / "outside").mkdir()

    async def play() -> list[int]:
        async with guarded(tmp_path) as (url, _), ClientSession() as session:
            statuses = []
            for user in ("ada", "Al.B", "ta"):
                if user == "Al.B":
                    (tmp_path / "libraries" / user).symlink_to(tmp_path / "outside")
                create = f"{url}/v1.41/containers/create?name=tinytorch-user-{user}"
                async with session.post(create, json=create_body(user)) as answer:
                    statuses.append(answer.status)
            return statuses

    assert asyncio.run(play()) == [200, 403, 200]
    assert {path.name for path in (tmp_path / "libraries").iterdir()} == {"ada", "Al.B"}


def test_the_guard_says_how_large_a_home_is_and_nothing_else_of_the_disk(tmp_path: Path):
    async def play() -> dict[str, Any]:
        async with guarded(tmp_path) as (url, seen), ClientSession() as session:
            answers = {}
            for user in ("ada", "alan", "eve", "..%2ftinytorch_database"):
                async with session.get(f"{url}/homes/{user}?fresh=1") as answer:
                    answers[user] = await answer.json()
            assert seen == []
            return answers

    answers = {user: answer["bytes"] for user, answer in asyncio.run(play()).items()}
    assert answers == {"ada": 5, "alan": None, "eve": None, "..%2ftinytorch_database": None}


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "/v1.41/system/df"),
        ("GET", "/v1.41/containers/json"),
        ("GET", "/v1.41/containers/" + "d" * 64 + "/json"),
        ("POST", "/v1.41/containers/" + "d" * 64 + "/stop"),
        ("POST", "/v1.41/containers/tinytorch-user-ada/exec"),
        ("POST", "/v1.41/containers/tinytorch-user-ada/update"),
        ("GET", "/v1.41/containers/tinytorch-user-ada/archive"),
        ("PUT", "/v1.41/containers/tinytorch-user-ada/archive"),
        ("POST", "/v1.41/images/create?fromImage=debian"),
        ("GET", "/v1.41/images/debian:12/json"),
        ("GET", "/v1.41/images/tinytorch/student:1/../../json/json"),
        ("POST", "/v1.41/build"),
        ("GET", "/v1.41/volumes"),
        ("GET", "/v1.41/secrets"),
        ("POST", "/v1.41/swarm/init"),
        ("GET", "/containers/json"),
        ("GET", "/v1.41/containers/tinytorch-user-ada%2f..%2f..%2fjson"),
    ],
)
def test_nothing_else_gets_through(tmp_path: Path, method: str, path: str):
    statuses, seen = through(tmp_path, (method, path, {} if method == "POST" else None))
    assert statuses == [403]
    assert [line for line in seen if not line.startswith("GET /v1.41/containers/ddd")] == []
