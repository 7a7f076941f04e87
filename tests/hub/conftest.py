"""One real hub for all tests of this folder, on free ports, with a course folder and records of its own."""

from __future__ import annotations

import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import psutil
import pytest
from hub_client import Visitor

from hub.checks import free_ports
from hub.processes import end, family
from tito.library import build_reference

ROOT = Path(__file__).parents[2]

STAFF = """
[roster]
instructors = ["instructor"]
tas = ["ta"]
"""

ROSTER = """\
name,id,section,role,first_name,last_name
ada,100,A,student,Ada,Lovelace
alan,101,B,student,,
Zoe.B,102,,student,Zoë,B
ta,7,A,ta,,
"""


@dataclass
class Hub:
    """A hub that `python -m hub.serve` runs."""

    process: subprocess.Popen[str]
    url: str
    data: Path
    welcome: str

    @property
    def password(self) -> str:
        return (self.data / "hub" / "password").read_text(encoding="utf-8").strip()

    def visitor(self, name: str, start: bool = True) -> Visitor:
        """`name`, logged in, with a running server unless `start` is false."""
        visitor = Visitor(self.url, name)
        assert visitor.log_in(self.password).status == 200
        if start:
            visitor.request_server()
            visitor.wait_for_server()
        return visitor

    def family(self) -> list[psutil.Process]:
        return family(self.process.pid)

    def commands(self) -> dict[psutil.Process, str]:
        """The family with its command lines, but for what ends this moment, as exam rooms do."""
        found = {}
        for process in self.family():
            with suppress(psutil.NoSuchProcess):
                found[process] = " ".join(process.cmdline())
        return found

    def __enter__(self) -> Hub:
        return self

    def __exit__(self, *_error: object) -> None:
        """Leave no process behind, whatever the test found."""
        left = self.family()
        if self.process.poll() is None:
            self.stop()
        if self.process.stdout is not None:
            self.process.stdout.close()
        end(left)

    def stop(self, how: signal.Signals = signal.SIGTERM) -> int:
        self.process.send_signal(how)
        self.process.communicate(timeout=120)
        return self.process.returncode


def start_hub(course: Path, data: Path) -> Hub:
    """Start a hub and wait for its welcome."""
    port = free_ports(1)[0]
    command = [sys.executable, "-m", "hub.serve", "--port", str(port), "--course", str(course), "--data", str(data)]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, cwd=ROOT)
    assert process.stdout is not None
    printed = ""
    for line in process.stdout:
        printed += line
        if "Ctrl-C stops it" in line:
            return Hub(process, f"http://127.0.0.1:{port}", data, printed)
    process.communicate()
    raise AssertionError(f"the hub did not start:\n{printed}")


@pytest.fixture(scope="session")
def checkout(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of what the course authors, so that a test never writes into the repository."""
    root = tmp_path_factory.mktemp("checkout")
    shutil.copy(ROOT / "nbgrader_config.py", root)
    (root / "source").mkdir()
    for module in sorted((ROOT / "source").glob("0[12]_*.py")):
        shutil.copy(module, root / "source")
    text = (ROOT / "course.toml").read_text(encoding="utf-8")
    assert "on_submit = true" in text
    text = text.replace("on_submit = true", "on_submit = true\non_submit_seconds = 1")  # several tests hand in at once
    (root / "course.toml").write_text(text.partition("[roster]")[0] + STAFF, encoding="utf-8")
    (root / "roster.csv").write_text(ROSTER, encoding="utf-8")
    build_reference(root)
    return root


@pytest.fixture(scope="session")
def hub(checkout: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Hub]:
    with start_hub(checkout, tmp_path_factory.mktemp("var")) as found:
        yield found


@pytest.fixture(scope="session")
def visitors(hub: Hub) -> dict[str, Visitor]:
    """Two students and a TA, their servers started at once."""
    found = {name: hub.visitor(name, start=False) for name in ("ada", "alan", "ta")}
    for visitor in found.values():
        visitor.request_server()
    for visitor in found.values():
        visitor.wait_for_server()
    return found


@pytest.fixture(scope="session")
def ada(visitors: dict[str, Visitor]) -> Visitor:
    return visitors["ada"]


@pytest.fixture(scope="session")
def alan(visitors: dict[str, Visitor]) -> Visitor:
    return visitors["alan"]


@pytest.fixture(scope="session")
def ta(visitors: dict[str, Visitor]) -> Visitor:
    return visitors["ta"]
