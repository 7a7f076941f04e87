"""The grading workers' container: its bounds, and when it is made anew; Docker is played by a script."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest

from hub.container_names import Names
from hub.docker_cli import Docker
from hub.docker_workers import Workers, start_workers, stop_workers, workers_trouble
from hub.rooms_profile import PROFILE

DOCKER = """#!/bin/sh
here=$(dirname "$0")
echo "$*" >>"$here/asked"
case "$1 $2" in
"container ls") cat "$here/there" ;;
"inspect --format") case "$*" in
*RestartCount*) sed -n 1p "$here/seen"; [ $(wc -l <"$here/seen") = 1 ] || sed -i 1d "$here/seen" ;;
*) cat "$here/state" ;;
esac ;;
"logs --tail") echo "no exam room works here" >&2 ;;
esac
"""


@pytest.fixture
def docker(tmp_path: Path) -> Docker:
    program = tmp_path / "docker"
    program.write_text(DOCKER, encoding="utf-8")
    program.chmod(0o755)
    for name in ("asked", "there", "state"):
        (tmp_path / name).touch()
    return Docker(str(program), [], "tt", tmp_path)


@pytest.fixture
def workers(tmp_path: Path) -> Workers:
    (tmp_path / "broker").write_text("redis://:password@broker:6379/0", encoding="utf-8")
    (tmp_path / "key").write_text("a key", encoding="utf-8")
    files = (tmp_path / "broker", tmp_path / "key", tmp_path / "rooms.json")
    return Workers(Names("tt"), "tinytorch/grader:1", 1000, 2, "5G", *files)


def asked(docker: Docker) -> list[str]:
    """The verbs of what was done; looking is not counted."""
    path = docker.root / "asked"
    lines = path.read_text(encoding="utf-8").splitlines()
    path.write_text("")
    return [line.split()[0] for line in lines if line.split()[0] not in ("container", "inspect", "logs")]


def test_workers_are_bounded_and_reach_their_broker_alone(workers: Workers):
    told = workers.arguments("x")
    options = {told[at]: told[at + 1] for at in range(len(told) - 1)}
    assert (options["--cap-drop"], options["--network"], options["--user"]) == ("ALL", "tt_farm", "1000")
    assert options["--memory"] == options["--memory-swap"] == "5G" and options["--pids-limit"] == "384"
    assert "--read-only" in told and options["--restart"] == "unless-stopped"
    security = [told[at + 1] for at, word in enumerate(told) if word == "--security-opt"]
    assert security == [
        "no-new-privileges",
        f"seccomp={workers.profile}",
        "systempaths=unconfined",
        "apparmor=unconfined",
    ]
    mounted = [told[at + 1] for at, word in enumerate(told) if word == "--volume"]
    secrets = [f"{workers.broker}:/run/secrets/broker:ro", f"{workers.key}:/run/secrets/farm_key:ro"]
    assert mounted == secrets  # no course, no gradebook, no roster
    assert not {"--privileged", "--cap-add", "--publish", "--device", "--pid", "--ipc"} & set(told)
    assert "password" not in " ".join(told)


def test_workers_that_run_as_they_should_are_left_alone(docker: Docker, workers: Workers):
    start_workers(docker, workers)
    assert asked(docker) == ["run"]
    assert json.loads(workers.profile.read_text(encoding="utf-8")) == PROFILE
    (docker.root / "there").write_text("tt-workers\ntt-workers-2\n")
    (docker.root / "state").write_text(f"true {workers.definition()}\n")
    start_workers(docker, workers)
    assert asked(docker) == []
    start_workers(docker, replace(workers, processes=3))
    assert asked(docker) == ["stop", "rm", "run"]
    start_workers(docker, replace(workers, processes=0))
    assert asked(docker) == ["stop", "rm"]


def test_stopping_workers_that_are_not_there_does_nothing(docker: Docker, workers: Workers):
    stop_workers(docker, workers.names)
    assert asked(docker) == []


LONG_AGO = "2026-01-05T08:00:00.123456789Z"
NOW = "2999-01-05T08:00:00.123456789Z"  # of a clock that was put back since


def trouble(docker: Docker, workers: Workers, *seen: str) -> str:
    """What is told of workers that Docker shows like this, one time after the other."""
    (docker.root / "seen").write_text("".join(f"{line}\n" for line in seen))
    return workers_trouble(docker, workers, looks=3, pause=0)


@pytest.mark.parametrize(
    "seen",
    [
        [f"running 7 {LONG_AGO}"],  # they came back after the machine had lost its power
        [f"running 0 {NOW}"],  # started anew, and still there
        [f"restarting 1 {LONG_AGO}", f"running 1 {NOW}"],  # a moment before their broker was there
    ],
)
def test_workers_that_run_are_no_trouble_whatever_happened_before(docker: Docker, workers: Workers, seen: list[str]):
    assert trouble(docker, workers, *seen) == ""


@pytest.mark.parametrize(
    "seen",
    [
        [f"running 4 {NOW}", f"running 5 {NOW}"],
        [f"running 4 {NOW}", f"restarting 5 {NOW}"],
        [f"restarting 4 {LONG_AGO}"],
        [f"exited 0 {LONG_AGO}"],
    ],
)
def test_workers_that_do_not_start_are_told(docker: Docker, workers: Workers, seen: list[str]):
    assert "do not start (no exam room works here)" in trouble(docker, workers, *seen)
    assert trouble(docker, replace(workers, processes=0), *seen) == ""
