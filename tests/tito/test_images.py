"""Which image exam rooms under Docker are made of when nobody names one."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from tito.errors import ToolError
from tito.images import BASE_IMAGE, Images, grader_image, hub_user, version
from tito.sandbox.docker import DockerBackend


@pytest.fixture
def checkout(root: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Enough of a checkout, and no base image in the environment."""
    monkeypatch.delenv("BASE_IMAGE", raising=False)
    for name in ("Dockerfile", "requirements-docker.lock", "pyproject.toml", "nbgrader_config.py"):
        (tmp_path / name).write_text(name)
    for name in ("README.md", "LICENSE"):
        (tmp_path / name).write_text(name)
    return tmp_path


def test_it_is_the_one_that_make_image_makes(checkout: Path) -> None:
    assert grader_image(checkout) == Images(version(checkout, BASE_IMAGE, hub_user()))["grader"]


def test_the_installations_settings_have_their_say(checkout: Path) -> None:
    settings = checkout / "var" / "docker" / "settings.env"
    settings.parent.mkdir(parents=True)
    settings.write_text("# TINYTORCH_PORT=1\nTINYTORCH_BASE_IMAGE=mine:1\n")
    assert grader_image(checkout) == Images(version(checkout, "mine:1", hub_user()))["grader"]
    settings.write_text("TINYTORCH_GRADER_IMAGE=theirs:2\n")
    assert grader_image(checkout) == "theirs:2"


def test_without_a_checkout_one_must_be_named(tmp_path: Path) -> None:
    with pytest.raises(ToolError, match=r"name one in \[grading\] image"):
        grader_image(tmp_path)


def test_one_that_is_not_built_is_named_with_the_remedy(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    docker = tmp_path / "docker"
    docker.write_text("#!/bin/sh\ncase $1 in version) exit 0;; *) exit 1;; esac\n")
    docker.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}{os.pathsep}{os.environ['PATH']}")
    with pytest.raises(ToolError, match=r"no image tinytorch/grader:\S+; run make image, or name another in"):
        DockerBackend().start()
    with pytest.raises(ToolError, match="no image mine; build or load it"):
        DockerBackend("mine").start()
