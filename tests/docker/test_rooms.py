"""Exam rooms in containers of the image that `make image` made, found by itself, under samples of the attack suite
and of honest habits."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator

import pytest

from tests.attacks.grader import ATTACKS, Grader, grader_under_attack
from tests.attacks.honest import HABITS, Habit, loses_nothing
from tests.docker.engine import base_image
from tests.docker.installation import Installation
from tito.sandbox.docker_container import LABEL

pytestmark = pytest.mark.e2e_docker

NAMES = (
    "background-processes",
    "calls-out",
    "disk-bomb",
    "fork-bomb",
    "forged-answers-ahead",
    "kills-everybody",
    "loop-in-a-test",
    "memory-bomb-in-children",
    "patched-room",
    "reads-the-course",
    "reads-the-environment",
    "system-calls",
)


@pytest.fixture(scope="module")
def grader(docker: str, course: Installation, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Grader]:
    """`course` has built the images."""
    environment = {"TINYTORCH_ROOM": "docker", "BASE_IMAGE": base_image(docker)}
    with grader_under_attack(tmp_path_factory.mktemp("rooms"), **environment) as grader:
        assert grader.worker.backend == "docker"
        process = grader.worker._process
        assert process is not None
        yield grader
    left = ["ps", "--all", "--quiet", f"--filter=label={LABEL}", f"--filter=name=tito-container-{process.pid}-"]
    assert subprocess.run([docker, *left], capture_output=True, text=True, check=True).stdout == ""


@pytest.mark.parametrize("name", NAMES)
def test_an_attack_in_a_container(grader: Grader, name: str) -> None:
    (attack,) = [attack for attack in ATTACKS if attack.name == name]
    grader.withstands(attack)


@pytest.mark.parametrize("habit", [*HABITS[6::9], HABITS[-4]], ids=lambda habit: habit.name)
def test_right_code_in_a_container(grader: Grader, habit: Habit) -> None:
    loses_nothing(grader.course, grader.worker, habit)
