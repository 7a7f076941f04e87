"""What all tests share."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

import pytest
from hypothesis import settings

ROOT = Path(__file__).parents[1]

os.environ["TINYTORCH_ALLOW_PLAIN"] = "1"  # a fresh machine may have neither bubblewrap nor Docker


def _bubblewrap_works() -> bool:
    command = ["bwrap", "--ro-bind", "/", "/", "--unshare-user", "--unshare-pid", "true"]
    return (
        shutil.which("bwrap") is not None and subprocess.run(command, capture_output=True, check=False).returncode == 0
    )


# Not Docker, whether or not its image was built before: a container takes a second. By hand: TINYTORCH_ROOM=docker
os.environ.setdefault("TINYTORCH_ROOM", "bubblewrap" if _bubblewrap_works() else "plain")

settings.register_profile("course", derandomize=True, deadline=None)
settings.load_profile("course")


@pytest.fixture(scope="session")
def root() -> Path:
    """The checkout."""
    return ROOT


@pytest.fixture(autouse=True)
def plain_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """Tests start without what a hub or another course sets."""
    names = ("BELOW", "BROKER", "COURSE", "DATABASE", "EXCHANGE_URL", "FARM_KEY", "FARM_KEY_FILE", "LIBRARY")
    for name in (f"TINYTORCH_{name}" for name in names):
        monkeypatch.delenv(name, raising=False)


@pytest.hookimpl(trylast=True)
def pytest_sessionfinish(session: pytest.Session, exitstatus: int) -> None:
    """On a build machine everything that can run must run: a skip is a failure there."""
    reporter = session.config.pluginmanager.get_plugin("terminalreporter")
    if os.environ.get("CI") == "true" and reporter is not None and reporter.stats.get("skipped") and exitstatus == 0:
        session.exitstatus = pytest.ExitCode.TESTS_FAILED
