"""Hostile submissions, graded as all are: none earns a point, reads a secret, stays, or costs the next one anything."""

from __future__ import annotations

import os
from collections.abc import Iterator

import pytest

from tests.attacks import course as small
from tests.attacks.grader import ATTACKS, Grader, grader_under_attack
from tests.attacks.hostile import Attack


@pytest.fixture(scope="module")
def grader(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Grader]:
    with grader_under_attack(tmp_path_factory.mktemp("attacks")) as grader:
        yield grader


@pytest.mark.parametrize("attack", ATTACKS, ids=lambda attack: attack.name)
def test_an_attack_earns_what_it_honestly_earns(grader: Grader, attack: Attack) -> None:
    if attack.walls and grader.worker.backend == "plain":
        pytest.skip("plain rooms have no walls, and this would get out")
    grader.withstands(attack)


def test_no_attack_left_anything_in_the_course(grader: Grader) -> None:
    names = {path.name for path in grader.course.root.rglob("*")}
    assert not names & {"left-behind", "sitecustomize.py", "evil.pth", "big"}
    assert os.environ["GRADER_TOKEN"] == small.SECRET


def test_there_are_attacks_enough() -> None:
    names = [attack.name for attack in ATTACKS]
    assert len(names) == len(set(names)) >= 45
