"""Internal TLS under Docker, without any: what the hub, Compose, the guard, the spawner and clients are told."""

from __future__ import annotations

import asyncio
import re
from dataclasses import replace
from ipaddress import IPv4Network
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
import yaml
from aiohttp import ClientSession
from aiohttp.test_utils import TestServer

from hub.certificate_files import files_in
from hub.certificate_store import PARTS, prepare
from hub.container_names import subnet
from hub.docker_cli import Docker
from hub.docker_files import Files
from hub.docker_guard import application, rules_of
from hub.docker_installation import Installation, Variables
from hub.docker_spawner import CourseContainer
from hub.docker_tls import other_certificates, tls_variables
from hub.guard_rules import RefusedError, check_create, check_keys
from tests.hub.test_certificate_store import NOW
from tests.hub.test_compose import ROOT, SERVICES
from tests.hub.test_docker_settings import HERE, VARIABLES, values
from tests.hub.test_guard_rules import RULES, create_body
from tito.errors import ToolError
from tito.exchange.client import Access

INSIDE = replace(HERE, keys="/files/internal-tls/servers")
TLS: dict[str, dict[str, Any]] = yaml.safe_load((ROOT / "deploy" / "internal_tls.yaml").read_text())["services"]
FILES = {"key.pem": "k", "certificate.pem": "c", "trusted.pem": "t"}


def test_every_address_that_the_hub_knows_is_https():
    found = values(INSIDE)
    for name in ("hub_bind_url", "hub_connect_url"):
        assert found["JupyterHub"][name] == "https://hub-services:8081"
    assert found["ConfigurableHTTPProxy"]["api_url"] == "https://proxy-control:8001"
    assert found["CourseContainer"]["hub_connect_url"] == "https://proxy:8444"
    assert found["CourseContainer"]["servers"]["ada"].environment["TINYTORCH_EXCHANGE_URL"].startswith("https://proxy:")
    assert found["JupyterHub"]["internal_ssl"] is True and "'http://" not in str(found).replace("'http://:8000'", "")
    assert "--ssl-enabled=true" in found["JupyterHub"]["services"][0]["command"]
    plain = values()
    assert plain["JupyterHub"]["internal_ssl"] is False and "https://" not in str(plain)


@pytest.mark.parametrize("value", ["yes", "2"])
def test_the_setting_is_on_or_off(value: str):
    assert not Variables({}).switch("INTERNAL_TLS")
    assert Variables({"TINYTORCH_INTERNAL_TLS": "1"}).switch("INTERNAL_TLS")
    with pytest.raises(ToolError, match=r"TINYTORCH_INTERNAL_TLS.*nothing was started"):
        Variables({"TINYTORCH_INTERNAL_TLS": value}).switch("INTERNAL_TLS")


def test_every_part_sees_its_own_key_alone():
    kept = "${TINYTORCH_INTERNAL_TLS_FOLDER}"
    mounts = {name: service["volumes"] for name, service in TLS.items()}
    assert mounts.pop("hub") == [f"{kept}/store:/srv/internal-tls/store", f"{kept}/parts/hub-internal:/srv/tls:ro"]
    assert mounts.pop("proxy") == [
        f"{kept}/parts/{side}:/srv/tls/{side[6:]}:ro" for side in ("proxy-api", "proxy-client")
    ]
    # The machine mounts these by their names: whoever could put a link there would choose what a server sees.
    assert mounts.pop("guard") == ["${TINYTORCH_SERVER_KEYS}:/srv/keys"]
    assert mounts == {name: [f"{kept}/parts/{name}:/srv/tls:ro"] for name in mounts}
    assert mounts.keys() | {"hub-internal", "proxy-api", "proxy-client"} == PARTS.keys()


def test_certificates_are_for_the_names_that_parts_have_in_compose():
    known = {"proxy"}  # in each user's network
    for service in SERVICES.values():
        networks = service["networks"]
        known |= {
            alias for network in (networks.values() if isinstance(networks, dict) else ()) for alias in aliases(network)
        }
    assert {part.name for part in PARTS.values()} <= known


def aliases(network: dict[str, Any]) -> list[str]:
    return list(network.get("aliases", []))


def test_what_changes_in_compose_is_the_way_of_speaking_alone():
    """Otherwise a service that changes there would be another one here."""
    for name, service in TLS.items():
        plain = SERVICES[name]
        for key in ("healthcheck", "environment"):
            for part, value in service.get(key, {}).items():
                before = plain.get(key, {}).get(part)
                if before is not None:
                    changed = str(value).replace("https://", "http://").replace("proxy-front:8000", "127.0.0.1:8000")
                    assert changed == str(before), (name, part)
        told = str({key: value for key, value in service.items() if key != "volumes"})
        assert set(re.findall(r"http://[\w.:-]+", told)) <= {"http://proxy-front:8000"}
    added = set(TLS["proxy"]["command"]) - set(SERVICES["proxy"]["command"])
    assert {re.sub("=.*", "", argument) for argument in added} == {
        "--ip",
        "--inside-port",
        "--error-target",
        *(f"--{side}-ssl-{part}" for side in ("api", "client") for part in ("key", "cert", "ca")),
    }
    missing = set(SERVICES["proxy"]["command"]) - set(TLS["proxy"]["command"])
    assert missing == {"--ip=0.0.0.0", "--error-target=http://hub-services:8081/hub/error"}


def test_compose_gets_both_files_and_only_then(tmp_path: Path):
    docker = Docker("docker", ["echo"], "tt", ROOT)
    assert docker.compose({}, "up").count("--file=") == 1
    assert "deploy/internal_tls.yaml up" in docker.compose(tls_variables(Files(tmp_path)), "up")


def own_bind(user: str, more: str = "", mode: str = "ro") -> str:
    return f"/files/internal-tls/servers{more}/{user}:/certs:{mode}"


def with_bind(bind: str) -> dict[str, Any]:
    body = create_body("ada", INSIDE)
    body["HostConfig"]["Binds"].append(bind)
    body["Volumes"] |= {"/certs": {}}
    return body


def test_a_server_sees_its_own_key_and_only_with_internal_tls():
    inside = rules_of(INSIDE)
    assert (
        own_bind("ada") in check_create("tinytorch-user-ada", with_bind(own_bind("ada")), inside)["HostConfig"]["Binds"]
    )
    for rules, bind in (
        (RULES, own_bind("ada")),
        (inside, own_bind("alan")),
        (inside, own_bind("ada", mode="rw")),
        (inside, own_bind("ada", "/..")),
        (inside, own_bind("ada", "/alan/..")),
        (inside, "/files/internal-tls/store:/certs:ro"),
    ):
        with pytest.raises(RefusedError, match="Binds"):
            check_create("tinytorch-user-ada", with_bind(bind), rules)


@pytest.mark.parametrize(
    ("user", "body", "keys"),
    [
        ("../store", FILES, "/keys"),
        ("a/b", FILES, "/keys"),
        ("", FILES, "/keys"),
        ("ada", FILES, ""),
        ("ada", FILES | {"../key.pem": "k"}, "/keys"),
        ("ada", {"key.pem": "k"}, "/keys"),
        ("ada", FILES | {"key.pem": 5}, "/keys"),
        ("ada", [], "/keys"),
    ],
)
def test_other_files_than_a_servers_are_refused(user: str, body: Any, keys: str):
    with pytest.raises(RefusedError):
        check_keys(user, body, replace(RULES, keys=keys))


def test_the_guard_lays_a_servers_files_out(tmp_path: Path):
    async def put(user: str) -> int:
        async with (
            TestServer(application(rules_of(INSIDE), "/nowhere", tmp_path)) as server,
            ClientSession() as session,
            session.put(f"{server.make_url('/keys/')}{user}", json=FILES) as answer,
        ):
            return answer.status

    assert asyncio.run(put("ada")) == 204
    assert {path.name: path.read_text() for path in (tmp_path / "keys" / "ada").iterdir()} == FILES
    assert asyncio.run(put("..%2Fada")) == 403
    assert [str(path.relative_to(tmp_path)) for path in tmp_path.glob("*/*")] == ["keys/ada"]


def test_the_spawner_has_a_certificate_made_for_the_users_addresses(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    given: list[tuple[str, str, dict[str, str]]] = []
    made_for: list[str] = []

    class Played(CourseContainer):
        client = SimpleNamespace(base_url="http://guard:2375")

        async def docker(self, method: str, url: str, json: dict[str, str], **_: Any) -> Any:
            given.append((method, url, json))
            return SimpleNamespace(raise_for_status=lambda: None)

    def issue(_folder: Path, addresses: Any) -> dict[str, str]:
        made_for.extend(map(str, addresses))
        return FILES

    monkeypatch.setattr("hub.docker_spawner.issue", issue)
    user = SimpleNamespace(name="Al.B", orm_user=SimpleNamespace(id=3))
    spawner = Played(project="tt", user=user, keys="/files/keys", internal_ssl=True)
    paths = asyncio.run(spawner.create_certs())
    assert paths == files_in(Path("/certs")) == asyncio.run(spawner.move_certs(paths))
    assert made_for == [str(address) for address in subnet(IPv4Network("10.77.0.0/16"), 3).hosts()]
    assert given == [("put", "http://guard:2375/keys/Al.B", FILES)]


@pytest.mark.parametrize(
    ("known", "now", "other"),
    [("A=1 TINYTORCH_CERTIFICATES=x", "x", False), ("TINYTORCH_CERTIFICATES=x", "y", True), ("A=1", "", False),
     ("A=1", "x", True), ("TINYTORCH_CERTIFICATES=x", "", True), (None, "x", False)],
)  # fmt: skip
def test_servers_are_stopped_when_certificates_change(known: str | None, now: str, other: bool):
    docker = SimpleNamespace(
        named=lambda _kind, _name: [] if known is None else ["tt-hub"],
        ask=lambda *_arguments: "\n".join((known or "").split()),
    )
    assert other_certificates(docker, "tt-hub", now) is other


def test_new_certificates_are_told_to_compose(tmp_path: Path):
    files = Files(tmp_path)
    before = tls_variables(files)
    prepare(files.internal_tls, NOW)
    made = tls_variables(files)
    assert made == tls_variables(files) and made["TINYTORCH_CERTIFICATES"] != before["TINYTORCH_CERTIFICATES"]


def test_a_client_shows_its_certificate_to_https_addresses_alone(monkeypatch: pytest.MonkeyPatch, tmp_path: Path):
    monkeypatch.setenv("TINYTORCH_EXCHANGE_URL", "https://proxy:8444/services/exchange/")
    assert Access.find(tmp_path).identity is None
    for name, value in (("KEYFILE", "/k"), ("CERTFILE", "/c"), ("CLIENT_CA", "/t")):
        monkeypatch.setenv(f"JUPYTERHUB_SSL_{name}", value)
    found = Access.find(tmp_path).identity
    assert found is not None and (found.key, found.certificate, found.trusted) == ("/k", "/c", "/t")
    monkeypatch.setenv("TINYTORCH_EXCHANGE_URL", "http://127.0.0.1:8000/services/exchange/")
    assert Access.find(tmp_path).identity is None


def test_keys_outside_any_folder_are_one_line():
    with pytest.raises(ToolError, match="TINYTORCH_SERVER_KEYS"):
        Installation.from_environment(VARIABLES | {"TINYTORCH_SERVER_KEYS": "relative"})
