"""Old versions' images are removed, and nothing else is; Docker is played by a script."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from hub.docker_cli import Docker
from hub.docker_prune import prune
from tito.errors import ToolError
from tito.images import BASE_IMAGE, Images, hub_user, version

ROOT = Path(__file__).parents[2]

DOCKER = """#!/bin/sh
PATH=/usr/bin:/bin; here=${0%/*}
case "$*" in
*version*) echo 20.10.24 ;;
info*Root*) echo "$here" ;;
info*) echo 20.10.24 ;;
"container ls --all"*) cat "$here/containers" ;;
"system df"*) printf 'Images:2GB (50%%)\\nBuild Cache:819.5MB\\n' ;;
"image ls"*) cat "$here/images" ;;
"image rm tinytorch/hub:meanwhile") echo 'Error response from daemon: conflict: unable to remove' >&2; exit 1 ;;
"image rm tinytorch/hub:broken") echo 'Cannot connect to the Docker daemon' >&2; exit 1 ;;
"image rm"*) echo "$3" >>"$here/removed" ;;
esac
"""
OTHERS = [
    "tinytorch-base:bookworm",
    "tinytorch/base:old",
    "python:3.12",
    "x.org/tinytorch/hub:old",
    "tinytorch/hub2:old",
    "tinytorch/hub:<none>",
]


@pytest.fixture
def machine(tmp_path: Path) -> Path:
    for name, text in {"docker": DOCKER, "docker-compose": "#!/bin/sh\n"}.items():
        (tmp_path / name).write_text(text, encoding="utf-8")
        (tmp_path / name).chmod(0o755)
    (tmp_path / "files").mkdir()
    (tmp_path / "files" / "settings.env").write_text("TINYTORCH_STUDENT_IMAGE=tinytorch/student:named\n")
    (tmp_path / "removed").touch()
    return tmp_path


def fill(machine: Path, images: list[str], containers: list[str]) -> None:
    (machine / "images").write_text("".join(f"{name}\n" for name in images))
    (machine / "containers").write_text("".join(f"{name}\n" for name in containers))


def removed(machine: Path) -> list[str]:
    return (machine / "removed").read_text().splitlines()


def test_old_versions_go_and_nothing_else(machine: Path):
    old = [f"tinytorch/{target}:0.1.0-old" for target in ("student", "grader", "hub", "database", "broker")]
    ours = Images(version(ROOT, BASE_IMAGE, hub_user()))
    kept = [
        ours["student"],
        ours["broker"],
        "tinytorch/student:named",
        "tinytorch/grader:runs",
        "tinytorch/hub:meanwhile",
    ]
    fill(machine, [*OTHERS, *kept, *old], ["tinytorch/grader:runs", "postgres:15"])
    done = subprocess.run(
        [sys.executable, "-m", "hub.up", "prune", "--files", str(machine / "files")],
        cwd=ROOT,
        env={"PATH": str(machine)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stderr, removed(machine)) == (0, "", old)
    said = done.stdout.splitlines()
    assert said[:5] == [f"removed {name}" for name in old]
    assert said[5].startswith("removed 5 images, which made ") and "GB of room; kept 5: this version's" in said[5]
    assert "keeps 819.5MB of what" in said[6]


def test_where_nothing_is_old_nothing_is_removed(machine: Path):
    said = list[str]()
    fill(machine, [*OTHERS, "tinytorch/hub:1"], [])
    prune(Docker(str(machine / "docker"), [], "tt", ROOT), ["tinytorch/hub:1"], said.append)
    assert removed(machine) == [] and len(said) == 1 and said[0].startswith("removed 0 images; kept 1")


def test_a_docker_that_went_away_is_not_taken_for_an_image_in_use(machine: Path):
    fill(machine, ["tinytorch/hub:broken"], [])
    with pytest.raises(ToolError, match="Cannot connect"):
        prune(Docker(str(machine / "docker"), [], "tt", ROOT), [], list[str]().append)
