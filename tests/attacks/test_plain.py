"""Verdicts do not stand on walls: a sample of the attacks in plain rooms, where there are better ones."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.attacks.grader import ATTACKS, Grader, grader_under_attack
from tests.sandbox.rooms import KINDS
from tests.sandbox.test_as_user import as_user

NAMES = {
    "always-equal",
    "forged-answers-ahead",
    "frames",
    "kills-itself",
    "learns-what-is-expected",
    "lying-floats",
    "memory-bomb",
    "patched-builtins",
    "patched-numpy",
    "patched-room",
}
SAMPLE = [attack for attack in ATTACKS if attack.name in NAMES]

if "plain" in KINDS:

    @pytest.fixture(scope="module")
    def plain(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Grader]:
        with grader_under_attack(tmp_path_factory.mktemp("plain"), TINYTORCH_ROOM="plain") as grader:
            assert grader.worker.backend == "plain"
            yield grader

    def test_no_attack_earns_a_point_without_walls(plain: Grader) -> None:
        assert len(SAMPLE) == len(NAMES)
        for attack in SAMPLE:
            plain.withstands(attack)

elif os.geteuid() == 0 and "bubblewrap" in KINDS:

    def test_no_attack_earns_a_point_without_walls_as_an_ordinary_user(root: Path) -> None:
        """Root has no plain rooms where others cannot read its Python."""
        theirs = Path(f"/tmp/tito-plain-{os.getpid()}")
        home = {"HOME": str(theirs), "MPLCONFIGDIR": str(theirs / "matplotlib")}
        pytest_command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "-p", "no:xdist", __file__]
        done = subprocess.run(
            [*as_user(root), *pytest_command, "--basetemp", str(theirs)],
            check=False,
            cwd=root,
            env={**os.environ, **home, "PYTHONDONTWRITEBYTECODE": "1", "CI": "true"},
            capture_output=True,
            text=True,
            timeout=120,
        )
        shutil.rmtree(theirs, ignore_errors=True)
        assert done.returncode == 0 and "1 passed" in done.stdout, done.stdout + done.stderr
