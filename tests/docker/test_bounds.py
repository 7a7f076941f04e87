"""The disk's bound under Docker: what a student whose home is too large is told, and how they get out of it."""

from __future__ import annotations

import time

import pytest

from tests.docker.installation import Installation
from tests.hub.hub_client import Visitor

pytestmark = pytest.mark.e2e_docker

WRITE = (
    "import pathlib\ntry:\n    pathlib.Path('{}').write_bytes(bytes({} * 2**20))\nexcept OSError as e:\n    print(e)"
)


def write(who: Visitor, name: str, megabytes: int) -> str:
    return who.run(WRITE.format(name, megabytes))


def stop(who: Visitor) -> None:
    path = f"/hub/api/users/{who.name}/server"
    assert who.ask(path, "DELETE").status in (202, 204)
    deadline = time.monotonic() + 180
    while who.ask(path, "DELETE").status == 202:
        assert time.monotonic() < deadline
        time.sleep(0.2)


def test_a_home_that_is_too_large(course: Installation, alan: Visitor) -> None:
    """Bounds of the tests' class: 64 MB a student."""
    assert "File too large" in write(alan, "one.bin", 65)
    assert write(alan, "one.bin", 40) == write(alan, "two.bin", 40) == ""
    stop(alan)
    guard = next(name.split()[1] for name in course.left() if "guard" in name)
    course.ask("restart", guard)  # it measures when it starts, and then every five minutes
    deadline = time.monotonic() + 180
    while "of 64 MB; start the server again" not in (page := refused(alan)):
        assert time.monotonic() < deadline, page[-2000:]
        time.sleep(1)
    alan.request_server()
    alan.wait_for_server(180)
    assert "File too large" in write(alan, "three.bin", 2)
    alan.run("import os; os.remove('one.bin'); os.remove('two.bin')")
    stop(alan)
    alan.request_server()
    alan.wait_for_server(180)
    assert write(alan, "three.bin", 30) == ""
    alan.run("import os; os.remove('three.bin')")


def refused(who: Visitor) -> str:
    """What the hub's page says to somebody who starts a server; one that starts after all is stopped."""
    who.request_server()
    deadline = time.monotonic() + 180
    while time.monotonic() < deadline:
        page = who.ask(f"/hub/spawn-pending/{who.name}")
        if page.status == 500:
            return page.text
        if who.ask(who.path("api/status")).status == 200:
            stop(who)
            return ""
        time.sleep(0.5)
    raise AssertionError("the server neither started nor failed")
