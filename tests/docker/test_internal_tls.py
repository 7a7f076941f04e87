"""A class with internal TLS under Docker: it works, and no part answers anybody who has no certificate."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.docker.engine import base_image
from tests.docker.installation import Installation, course_folder, in_terminal, new_installation

pytestmark = pytest.mark.e2e_docker

HERE = f"inside-{os.getpid()}"
SUBNETS = f"10.{80 + (os.getpid() + 50) % 100}.0.0/16"


@pytest.fixture
def inside(docker: str, tmp_path: Path) -> Iterator[Installation]:
    found = new_installation(docker, base_image(docker), tmp_path / "files", course_folder(tmp_path / "course"))
    settings = {"PROJECT": HERE, "SUBNETS": SUBNETS, "INTERNAL_TLS": "1", "WORKERS": "0"}
    with (tmp_path / "files" / "settings.env").open("a", encoding="utf-8") as file:
        file.writelines(f"TINYTORCH_{name}={value}\n" for name, value in settings.items())
    try:
        yield found
    finally:
        found.make("down", "--delete-all-work")


def test_first(inside):
    up = inside.make("up")
    assert up.returncode == 0, f"{up.stdout}{up.stderr}"
    import time

    ada = inside.visitor("ada")
    print(ada.run("print(1+1)"))
    print(in_terminal(ada, "nbgrader list"))
    time.sleep(int(os.environ.get("HOLD", "0")))
