"""Every benchmark is a program that anybody can run again: it starts, and says what it measures."""

from __future__ import annotations

import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PROGRAMS = sorted(path.name for path in (ROOT / "benchmarks").glob("*.py"))
NEEDS_PYTORCH = "gradients_against_pytorch.py"


@pytest.mark.parametrize("name", PROGRAMS)
def test_a_benchmark_starts(name: str):
    command = [sys.executable, str(ROOT / "benchmarks" / name), "--help"]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=60)
    if name == NEEDS_PYTORCH and find_spec("torch") is None:  # it is no dependency of the course
        assert "run this program with a Python that has numpy and torch" in done.stderr
    else:
        assert (done.returncode, done.stderr) == (0, "")
        assert done.stdout.startswith("usage: ")
