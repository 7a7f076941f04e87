"""A class with internal TLS under Docker: it works, and no part answers anybody who has no certificate."""

from __future__ import annotations

import json
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import pytest

from tests.docker.engine import base_image
from tests.docker.installation import (
    OWN,
    Installation,
    course_folder,
    free_subnets,
    in_terminal,
    new_installation,
    program,
)
from tests.farm.services import wait_for

pytestmark = pytest.mark.e2e_docker

HERE = f"inside-{OWN}"
"""Another project beside the class of the other tests."""


@pytest.fixture
def inside(docker: str, tmp_path: Path) -> Iterator[Installation]:
    files = tmp_path / "files"
    found = new_installation(docker, base_image(docker), files, course_folder(tmp_path / "course"))
    more = {"PROJECT": HERE, "SUBNETS": free_subnets(), "INTERNAL_TLS": "1", "WORKERS": "0"}
    with (files / "settings.env").open("a", encoding="utf-8") as file:
        file.writelines(f"TINYTORCH_{name}={value}\n" for name, value in more.items())
    try:
        yield found
    finally:
        found.make("down", "--delete-all-work")


def test_a_class_with_internal_tls(inside: Installation) -> None:
    up = inside.make("up")
    assert up.returncode == 0, f"{up.stdout}{up.stderr}"
    ada, ta = inside.visitor("ada"), inside.visitor("ta")
    assert ada.run("print(1 + 1)") == "2\n"
    in_terminal(ta, "cd ~/course && tito release 01 --publish")
    in_terminal(ada, "nbgrader fetch_assignment 01_setup && nbgrader submit 01_setup && ls 01_setup/receipts/*.json")
    # The release service hears of it, and that a TA asks.
    assert "the term is changed by instructors" in in_terminal(ta, "cd ~/course && ! tito schedule hold 02 2>&1")
    for service in ("grading", "libraries"):
        assert ada.ask(f"/services/{service}/").url == f"{inside.url}/services/{service}/"

    # Each part answers the hub, by its certificate, and nobody else: neither plain HTTP nor TLS without one.
    address = inside.ask(
        "inspect", "--format", "{{range .NetworkSettings.Networks}}{{.IPAddress}}{{end}}", server("ada")
    )
    doors = [
        (address, 8888, "/user/ada/api"),
        ("proxy", 8444, "/hub/api/"),
        ("hub-services", 8081, "/hub/api/"),
        ("proxy-control", 8001, "/api/routes"),
        ("exchange-services", 8090, "/services/exchange/health"),
        ("libraries-services", 8092, "/services/libraries/health"),
        ("grading-services", 8091, "/services/grading/health"),
        ("release-services", 8010, "/health"),
    ]
    found = json.loads(from_hub(inside, f"print(json.dumps(answers({doors})))"))
    assert found == {f"{host}:{port}": ["", "", "HTTP/1.1"] for host, port, _ in doors}

    # The services do their work, for which each asks the exchange. One that was there first has failed once before.
    for name, port in (("libraries", 8092), ("grading", 8091)):
        wait_for(partial(nothing_fails, inside, name, port), 120, f"a look of the service {name}")

    # A student's server has one door, and one key: its own.
    seen = f"{program('doors.py')}\nprint(opened(['proxy'], [80, 443, 8000, 8001, 8443, 8444]))"
    assert ada.run(seen) == "['proxy:8444']\n"
    mounted = inside.ask("inspect", "--format", "{{range .Mounts}}{{.Source}} {{.RW}}\n{{end}}", server("ada"))
    keys = inside.files / "internal-tls"
    assert [line for line in mounted.splitlines() if str(keys) in line] == [f"{keys}/servers/ada false"]
    assert keys.stat().st_mode & 0o077 == 0

    # The health checks know how to ask.
    for name in inside.ask("ps", "--filter", f"name=^{HERE}", "--format", "{{.Names}}").splitlines():
        kind, *check = json.loads(inside.ask("inspect", "--format", "{{json .Config.Healthcheck.Test}}", name))
        inside.ask("exec", name, *(check if kind == "CMD" else ["sh", "-c", *check]))


def nothing_fails(inside: Installation, service: str, port: int) -> bool:
    code = f"print(failing('https://{service}-services:{port}/services/{service}/health') or 'nothing')"
    return from_hub(inside, code) == "nothing"


def from_hub(inside: Installation, code: str) -> str:
    """What code prints that runs in the hub's container, with the hub's certificate."""
    return inside.ask("exec", f"{HERE}-hub", "python", "-c", f"{program('answers.py')}\n{code}")


def server(user: str) -> str:
    return f"{HERE}-user-{user}"
