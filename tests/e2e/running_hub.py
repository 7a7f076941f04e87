"""A course folder of the test's own and the hub that serves it, started and stopped as `make serve` is."""

from __future__ import annotations

import os
import re
import shutil
import signal
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import psutil

from hub.checks import free_ports
from hub.processes import end, living
from tito.grading.policy import ROOM

ROOT = Path(__file__).parents[2]

_WENT_WELL = re.compile(r"\[I .*\] [23]\d\d (GET|HEAD|PUT|POST|PATCH|DELETE) ")

# No dates: nothing is late, so a score is what the tests give.
COURSE_TOML = """\
[course]
id = "tinytorch"
title = "The course of the browser test"
[grading]
workers = 1
on_submit = true
[roster]
instructors = ["instructor"]
tas = ["ta"]
students = ["ada", "alan"]
"""


def copy_course(folder: Path, labels: list[str]) -> Path:
    """What authors keep of these modules, copied: whoever edits the checkout meanwhile does not disturb the test."""
    (folder / "source").mkdir(parents=True)
    for label in labels:
        shutil.copy(ROOT / "source" / f"{label}.py", folder / "source")
    shutil.copy(ROOT / "nbgrader_config.py", folder)
    shutil.copytree(ROOT / "tinytorch_lib", folder / "tinytorch_lib", ignore=shutil.ignore_patterns("__pycache__"))
    (folder / "course.toml").write_text(COURSE_TOML, encoding="utf-8")
    return folder


def plain_environment() -> dict[str, str]:
    """This process's variables without those of another course; the kind of exam room is the machine's."""
    return {name: text for name, text in os.environ.items() if name == ROOM or not name.startswith("TINYTORCH_")}


@dataclass
class Hub:
    """`python -m hub.serve`, running."""

    process: subprocess.Popen[str]
    url: str
    data: Path
    printed: str
    """What it said until it was ready."""

    @property
    def course(self) -> Path:
        """The folder that nbgrader and `tito` work in."""
        return self.data / "course"

    def password_of(self, name: str) -> str:  # noqa: ARG002  everybody's is the same here
        return (self.data / "hub" / "password").read_text(encoding="utf-8").strip()

    def tito(self, *arguments: str) -> str:
        """Run the course command where an instructor would; gives what it printed."""
        command = [str(Path(sys.executable).with_name("tito")), *arguments]
        done = subprocess.run(
            command, cwd=self.course, env=plain_environment(), capture_output=True, text=True, timeout=600, check=False
        )
        assert done.returncode == 0, f"{' '.join(command)} ended with {done.returncode}:\n{done.stdout}{done.stderr}"
        return done.stdout

    def stop(self) -> list[str]:
        """Press Ctrl-C; gives the processes that outlived it, which must be none. They are ended all the same."""
        if self.process.poll() is not None:
            return []
        serve = psutil.Process(self.process.pid)
        everyone = serve.children(recursive=True)
        self.process.send_signal(signal.SIGINT)
        try:
            self.printed += self.process.communicate(timeout=120)[0]
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.communicate()
        left = living(everyone)
        names = [str(process) for process in left]
        end(left)
        return names

    def logs(self, lines: int = 60) -> dict[str, str]:
        """The ends of the hub's log and of every server's, by name."""
        files = [self.data / "hub" / "jupyterhub.log", *sorted((self.data / "hub" / "servers").glob("*.log"))]
        return {file.name: tail(file, lines) for file in files if file.is_file()}


def tail(file: Path, lines: int) -> str:
    """The last lines, without the requests that went well: a page asks every few seconds."""
    text = file.read_text(encoding="utf-8", errors="replace")
    return "\n".join([line for line in text.splitlines() if not _WENT_WELL.match(line)][-lines:])


def start_hub(course: Path, data: Path) -> Hub:
    """Start a hub and wait for its welcome."""
    port = free_ports(1)[0]
    process = subprocess.Popen(
        [sys.executable, "-m", "hub.serve", "--port", str(port), "--course", str(course), "--data", str(data)],
        cwd=ROOT,
        env=plain_environment(),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    assert process.stdout is not None
    printed = ""
    for line in process.stdout:  # ends when the hub does: it gives up by itself after a while
        printed += line
        if "Ctrl-C stops it" in line:
            return Hub(process, f"http://127.0.0.1:{port}", data, printed)
    process.communicate()
    raise AssertionError(f"the hub did not start (exit status {process.returncode}):\n{printed}")
