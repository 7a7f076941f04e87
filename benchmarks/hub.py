"""From log-in to a usable notebook, a class that logs in within a minute, and what an idle student costs.

    .venv/bin/python benchmarks/hub.py [--serve] [--rounds 3] [--students 30] [--within 60]

Under Docker as `make up` starts it (run `make image` before), or with --serve as `make serve` does. Needs chromium.

1. In Chromium, from the click on "Sign in" to the answer of a sum in a notebook in JupyterLab: for somebody who
   was never there and makes a new notebook (cold), for the same person and browser after the server was stopped, who
   opens theirs (warm), and with it still up.
2. By HTTP and websocket, without a browser: `--students` people at random times within `--within` seconds, each from
   opening the log-in page to the answer of `1+1` in a kernel of their own server.
3. The memory of each of these servers with that kernel idle.

Exits 1 when somebody is not served or a warm start takes longer than 6 s. Browser and hub share this machine's cores.
When Docker makes a network meanwhile, for somebody else, Chromium drops requests (ERR_NETWORK_CHANGED): run it alone.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import re
import statistics
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

import psutil
from playwright.sync_api import Browser, BrowserContext, expect

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT))

from hub.docker_installer import Installer  # noqa: E402  found by the line above
from tests.docker.installation import PROJECT, Installation, new_installation  # noqa: E402
from tests.e2e.pages import wait_for_kernel  # noqa: E402
from tests.e2e.people import installed_chromium  # noqa: E402
from tests.e2e.running_hub import Hub, copy_course, start_hub  # noqa: E402
from tests.hub.hub_client import Visitor  # noqa: E402

LONGEST_WARM = 6.0
"""Seconds from the click to the answer that a warm start may take."""

LONGEST = 60_000
"""Milliseconds that any one step in the browser may take."""

KINDS = ("cold", "warm", "server up")


class Class(Protocol):
    """A hub with these students on its roster."""

    @property
    def url(self) -> str: ...
    def password_of(self, name: str) -> str: ...
    def memory(self) -> dict[str, float]:
        """Megabytes of each user's server."""


class DockerClass(Installation):
    def memory(self) -> dict[str, float]:
        lines = self.ask("stats", "--no-stream", "--format", "{{.Name}} {{.MemUsage}}").splitlines()
        begin = f"{PROJECT}-user-"
        return {name.removeprefix(begin): megabytes(used) for name, used, *_ in map(str.split, lines) if begin in name}


def megabytes(text: str) -> float:
    """Docker's `151.2MiB` in MB."""
    for unit, factor in (("KiB", 2**10), ("MiB", 2**20), ("GiB", 2**30)):
        if text.endswith(unit):
            return float(text.removesuffix(unit)) * factor / 1e6
    raise ValueError(text)


class LocalClass(Hub):
    def memory(self) -> dict[str, float]:
        """Of the processes in each user's name, what they share with others counted in parts."""
        found: dict[str, float] = {}
        for process in psutil.Process(self.process.pid).children(recursive=True):
            name = process.environ().get("JUPYTERHUB_USER")
            if name:
                found[name] = found.get(name, 0.0) + process.memory_full_info().pss / 1e6
        return found


@contextmanager
def docker_class(folder: Path, students: Sequence[str]) -> Iterator[Class]:
    write_course(folder, students)
    installer = Installer(None)
    made = new_installation(installer.docker.docker, installer.base, folder / "files", folder)
    found = DockerClass(made.docker, made.files, made.port, made.course)
    try:
        up = found.make("up")
        if up.returncode:
            raise SystemExit(up.stderr)
        yield found
    finally:
        found.make("down", "--delete-all-work")


@contextmanager
def local_class(folder: Path, students: Sequence[str]) -> Iterator[Class]:
    course = copy_course(folder / "checkout", ["01_setup"])
    write_course(course, students)
    made = start_hub(course, folder / "var")
    try:
        yield LocalClass(made.process, made.url, made.data, made.printed)
    finally:
        made.stop()


def write_course(folder: Path, students: Sequence[str]) -> None:
    roster = f'[roster]\ninstructors = ["instructor"]\nstudents = {json.dumps(students)}\n'
    (folder / "course.toml").write_text(f'[course]\nid = "benchmark"\n{roster}', encoding="utf-8")


@dataclass
class Start:
    """Seconds since the click on "Sign in"."""

    server: float
    """The server answers with JupyterLab's page."""
    page: float
    """JupyterLab shows what can be opened, the first time; later, the notebook."""
    answer: float
    """The notebook's kernel has answered."""


def log_in_and_compute(context: BrowserContext, here: Class, name: str, first_time: bool) -> Start:
    """What a student does, and how long it takes. The window is closed, the server stays."""
    context.clear_cookies()
    page = context.new_page()
    page.set_default_timeout(LONGEST)
    page.goto(here.url if first_time else f"{here.url}/hub/user-redirect/lab/tree/{NOTEBOOK}")
    page.get_by_label("Username").fill(name)
    page.get_by_label("Password").fill(here.password_of(name))
    begin = time.perf_counter()
    page.get_by_role("button", name="Sign in").click(no_wait_after=True)
    page.wait_for_url(re.compile(r"//[^/]+/user/[^/]+/lab"), wait_until="commit")
    server = time.perf_counter() - begin
    new = page.locator(".jp-Launcher-section").filter(has_text="Notebook").locator(".jp-LauncherCard").first
    cell = page.locator(".jp-NotebookPanel:visible .cm-content").first
    (new if first_time else cell).wait_for()
    shown = time.perf_counter() - begin
    if first_time:
        new.click()
    wait_for_kernel(page)
    cell.click()
    page.keyboard.type("1+1")
    page.keyboard.press("Shift+Enter")
    expect(page.locator(".jp-OutputArea-output").first).to_have_text("2")
    found = Start(server, shown, time.perf_counter() - begin)
    page.close()
    return found


NOTEBOOK = "sums.ipynb"


def leave_notebook(student: Student) -> None:
    """As a student leaves it: a notebook with an empty cell, and nothing else open."""
    cell = {"cell_type": "code", "id": "sum", "metadata": {}, "source": "", "outputs": [], "execution_count": None}
    kernel = {"name": "python3", "display_name": "Python 3 (ipykernel)", "language": "python"}
    notebook = {"cells": [cell], "metadata": {"kernelspec": kernel}, "nbformat": 4, "nbformat_minor": 5}
    student.ask(student.path("lab"))  # its cookies
    file = {"type": "notebook", "content": notebook}
    assert student.ask(student.path(f"api/contents/{NOTEBOOK}"), "PUT", data=file).status == 201
    # 404: the window was closed before JupyterLab had saved what is open.
    assert student.ask(student.path("lab/api/workspaces/default"), "DELETE").status in (204, 404)


def measure_starts(browser: Browser, here: Class, names: Sequence[str]) -> bool:
    """Three lines; gives whether the warm starts were fast enough."""
    found: dict[str, list[Start]] = {kind: [] for kind in KINDS}
    load = os.getloadavg()[0]
    for name in names:
        context = browser.new_context()
        for kind in KINDS:
            if kind == "warm":
                student = logged_in(here, name)
                leave_notebook(student)
                student.stop_server()
            found[kind].append(log_in_and_compute(context, here, name, kind == "cold"))
        logged_in(here, name).stop_server()
        context.close()
    for kind, starts in found.items():
        stages = ", ".join(
            f"{stage} {statistics.median(getattr(start, stage) for start in starts):.1f} s"
            for stage in ("server", "page", "answer")
        )
        every = " ".join(f"{start.answer:.1f}" for start in starts)
        print(f"{kind:<10} median of {len(starts)}: {stages}   (answers: {every}; load {load:.1f})", flush=True)
    return statistics.median(start.answer for start in found["warm"]) <= LONGEST_WARM


def logged_in(here: Class, name: str) -> Student:
    student = Student(here.url, name)
    answer = student.log_in(here.password_of(name))
    if answer.status != 200:
        raise AssertionError(f"log-in ended with {answer.status} at {answer.url}")
    return student


class Student(Visitor):
    """Waits as the hub's page does: by the stream of events, without asking again and again."""

    def wait_for_server(self, patience: float = 300) -> None:
        path = f"/hub/api/users/{self.name}/server/progress"
        request = urllib.request.Request(self.url + path, headers={"X-XSRFToken": self.xsrf(path)})
        with self.opener.open(request, timeout=patience) as events:
            for line in events:
                event = json.loads(line.removeprefix(b"data:")) if line.startswith(b"data:") else {}
                if event.get("failed"):
                    raise AssertionError(event["message"])
                if event.get("ready"):
                    return


@dataclass
class Rush:
    """A class that logs in at about the same time, and what became of it."""

    here: Class
    names: Sequence[str]
    within: float
    seconds: dict[str, float] = field(default_factory=dict)
    failures: dict[str, str] = field(default_factory=dict)

    def run(self) -> float:
        """Seconds from the first log-in to the last answer."""
        dice = random.Random(0)
        begun = time.monotonic()
        with ThreadPoolExecutor(len(self.names)) as people:
            for name in self.names:
                people.submit(self._come, name, begun + dice.uniform(0, self.within))
        return time.monotonic() - begun

    def _come(self, name: str, start: float) -> None:
        time.sleep(max(0.0, start - time.monotonic()))
        begun = time.monotonic()
        try:
            student = logged_in(self.here, name)
            student.request_server()
            student.wait_for_server()
            answer = student.ask(student.path("lab"))
            assert answer.status == 200 and "jupyter-config-data" in answer.text, f"{answer.status} {answer.url}"
            assert student.run_in(student.start_kernel(), "print(1+1)") == "2\n"
            self.seconds[name] = time.monotonic() - begun
        except Exception as error:  # a program that counts what fails must see every failure
            self.failures[name] = f"{type(error).__name__}: {error}"


def measure_rush(here: Class, names: Sequence[str], within: float) -> bool:
    """Times and memory of all at once; gives whether everybody was served."""
    load, free = os.getloadavg()[0], psutil.virtual_memory().available
    rush = Rush(here, names, within)
    total = rush.run()
    times = sorted(rush.seconds.values()) or [float("nan")]
    print(f"served     {len(rush.seconds)} of {len(names)} who logged in within {within:g} s, all after {total:.1f} s")
    print(
        f"each       median {statistics.median(times):.1f} s, 95 % within {times[int(0.95 * len(times))]:.1f} s, "
        f"longest {times[-1]:.1f} s   (load {load:.1f} before, {os.getloadavg()[0]:.1f} after)"
    )
    for name, why in rush.failures.items():
        print(f"NOT SERVED {name}: {why}")
    time.sleep(10)  # until what starts beside a server is done
    each = [size for name, size in here.memory().items() if name in rush.seconds]
    less = (free - psutil.virtual_memory().available) / 1e6 / len(names)
    print(
        f"memory     of an idle student's server: median {statistics.median(each or [0.0]):.0f} MB, largest "
        f"{max(each, default=0.0):.0f} MB; the machine has {less:.0f} MB less for each",
        flush=True,
    )
    return not rush.failures


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--serve", action="store_true", help="the hub of make serve, without Docker")
    parser.add_argument("--rounds", type=int, default=3, help="people who log in one after another")
    parser.add_argument("--students", type=int, default=30, help="people who log in together")
    parser.add_argument("--within", type=float, default=60.0, help="seconds in which these come")
    options = parser.parse_args()
    singles = [f"single{number:02}" for number in range(options.rounds)]
    rush = [f"student{number:02}" for number in range(options.students)]
    start = local_class if options.serve else docker_class
    with tempfile.TemporaryDirectory() as folder, start(Path(folder), [*singles, *rush]) as here:
        with installed_chromium() as browser:
            fast = measure_starts(browser, here, singles) if singles else True
        served = measure_rush(here, rush, options.within) if rush else True
    if not (fast and served):
        raise SystemExit("somebody was not served, or a warm start takes longer than 6 s")


if __name__ == "__main__":
    main()
