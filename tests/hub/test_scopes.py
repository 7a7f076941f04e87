"""What the token of each kind may and may not do, tried on a real hub with a class's configuration."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from typing import Any

import pytest
from class_hub import ROOT, ClassHub, ask, class_hub
from class_hub_names import service_token

SERVERS = ("ada", "alan", "ta", "instructor")
SERVICES = ("exchange", "libraries", "release", "grading", "culler")
FOUND = {"list:services!service=exchange", "read:services!service=exchange", "read:services:name!service=exchange"}
EXCHANGE = {"access:services!service=exchange"}
STAFF = {"custom:exchange:staff"}
RELEASE = {"access:services!service=release"}
CULLER = {"list:users", "read:users:activity", "read:users:name", "read:servers", "delete:servers"}


@pytest.fixture(scope="module")
def hub(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ClassHub]:
    course = tmp_path_factory.mktemp("course")
    shutil.copy(ROOT / "course.toml", course)
    with class_hub(tmp_path_factory.mktemp("scopes") / "hub", course) as found:
        yield found


@pytest.fixture(scope="module")
def tokens(hub: ClassHub) -> dict[str, str]:
    """One of each kind: a server's by its owner's name, a service's by its own."""
    return {name: hub.server_token(name) for name in SERVERS} | {name: service_token(name) for name in SERVICES}


def own(user: str) -> set[str]:
    """JupyterHub's two scopes of every server and its owner's groups, as the hub spells them out."""
    about = {f"{scope}!user={user}" for scope in ("read:users:activity", "read:users:groups", "read:users:name")}
    return {f"access:servers!server={user}/", f"users:activity!user={user}"} | about


@pytest.mark.parametrize(
    ("holder", "scopes"),
    [
        ("ada", own("ada") | EXCHANGE | FOUND),
        ("ta", own("ta") | EXCHANGE | FOUND | STAFF),
        ("instructor", own("instructor") | EXCHANGE | FOUND | STAFF | RELEASE),
        ("exchange", set()),
        ("libraries", EXCHANGE | {"custom:exchange:read"}),
        ("release", EXCHANGE | STAFF),
        ("grading", EXCHANGE | STAFF),
        ("culler", CULLER),
    ],
)
def test_a_token_holds_these_scopes_and_no_more(
    hub: ClassHub, tokens: dict[str, str], holder: str, scopes: set[str]
) -> None:
    status, told = ask(hub, tokens[holder], "user")
    assert status == 200
    assert set(told["scopes"]) == scopes


@pytest.mark.parametrize(
    ("holder", "groups"), [("ada", {"students"}), ("ta", {"staff"}), ("instructor", {"staff", "instructors"})]
)
def test_a_server_may_say_that_it_is_used_and_learn_its_owners_groups(
    hub: ClassHub, tokens: dict[str, str], holder: str, groups: set[str]
) -> None:
    used = {"last_activity": "2026-01-01T00:00:00Z"}
    assert ask(hub, tokens[holder], f"users/{holder}/activity", "POST", used)[0] == 200
    assert set(ask(hub, tokens[holder], f"users/{holder}")[1]["groups"]) == groups


@pytest.mark.parametrize("holder", ["ada", "ta", "instructor"])
def test_a_server_finds_the_exchange_and_no_other_service(hub: ClassHub, tokens: dict[str, str], holder: str) -> None:
    status, services = ask(hub, tokens[holder], "services")
    assert (status, list(services)) == (200, ["exchange"])
    assert ask(hub, tokens[holder], "services/exchange")[1]["prefix"] == "/services/exchange/"


REFUSED = {401, 403, 404, 405}
ATTEMPTS: list[tuple[str, str, Any]] = [
    ("GET", "users", None),
    ("GET", "users/alan", None),
    ("POST", "users/alan/activity", {"last_activity": "2030-01-01T00:00:00Z"}),
    ("POST", "users/alan/server", {}),
    ("DELETE", "users/alan/server", None),
    ("GET", "users/alan/tokens", None),
    ("POST", "users/alan/tokens", {}),
    ("PATCH", "users/alan", {"admin": True}),
    ("DELETE", "users/alan", None),
    ("POST", "users/mallory", {}),
    ("GET", "services/culler", None),
    ("POST", "services/mine", {"name": "mine"}),
    ("GET", "groups", None),
    ("GET", "groups/staff", None),
    ("POST", "groups/staff/users", {"users": ["ada"]}),
    ("DELETE", "groups/staff/users", {"users": ["ta"]}),
    ("POST", "groups/mine", {}),
    ("DELETE", "groups/students", None),
    ("GET", "proxy", None),
    ("POST", "proxy", None),
    ("PATCH", "proxy", {"api_url": "http://192.0.2.1"}),
    ("GET", "info", None),
    ("POST", "shutdown", {}),
]
MAY = {
    "culler": {("GET", "users"), ("GET", "users/alan"), ("DELETE", "users/alan/server")},
}


@pytest.mark.parametrize("holder", ["ada", "ta", "instructor", *SERVICES])
def test_everything_else_is_refused(hub: ClassHub, tokens: dict[str, str], holder: str) -> None:
    may = MAY.get(holder, set())
    answers = {
        (method, path): ask(hub, tokens[holder], path, method, data)[0]
        for method, path, data in ATTEMPTS
        if (method, path) not in may
    }
    assert {what: status for what, status in answers.items() if status not in REFUSED} == {}
    people = ask(hub, tokens["culler"], "users")[1]
    assert {person["name"]: person["admin"] for person in people} == dict.fromkeys(SERVERS, False)


@pytest.mark.parametrize("holder", ["ada", "ta", "instructor"])
def test_a_server_gives_its_owner_no_rights_over_their_own_account(
    hub: ClassHub, tokens: dict[str, str], holder: str
) -> None:
    """What code in a notebook could want of the hub in its owner's name."""
    for method, path, data in [
        ("GET", f"users/{holder}/tokens", None),
        ("POST", f"users/{holder}/tokens", {}),
        ("DELETE", f"users/{holder}/server", None),
        ("PATCH", f"users/{holder}", {"admin": True}),
    ]:
        assert ask(hub, tokens[holder], path, method, data)[0] in REFUSED, (method, path)


@pytest.mark.parametrize(
    ("name", "services"),
    [
        ("ada", ["exchange", "grading", "libraries"]),
        ("ta", ["exchange", "grading", "libraries"]),
        ("instructor", ["exchange", "grading", "libraries", "release"]),
    ],
)
def test_people_open_the_pages_that_are_for_them(hub: ClassHub, name: str, services: list[str]) -> None:
    """What their browser may, which no server of theirs can."""
    scopes = hub.visitor(name).ask("/hub/api/user").json["scopes"]
    opened = [scope.partition("=")[2] for scope in sorted(scopes) if scope.startswith("access:services!")]
    assert opened == services


def test_the_culler_sees_and_stops_servers_and_starts_none(hub: ClassHub, tokens: dict[str, str]) -> None:
    culler = tokens["culler"]
    assert ask(hub, culler, "users/alan")[1]["servers"] != {}
    assert ask(hub, culler, "users/alan/server", "DELETE")[0] in (202, 204)
    assert ask(hub, culler, "users/alan/server", "POST", {})[0] in REFUSED


def test_the_hub_knows_no_token_that_it_did_not_give(hub: ClassHub) -> None:
    for token in ("", "0" * 32, service_token("culler")[:-1]):
        assert ask(hub, token, "users")[0] == 403
