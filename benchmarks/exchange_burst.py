"""Does the exchange keep everything when a whole class submits at once and the service dies in the middle of it?

A real hub with 200 students on its roster, each with a token of their own. Their submissions start within some seconds.
When a third of them is answered, the service is killed (SIGKILL). The hub starts it again, the clients try again.
Then every submission is fetched back and compared with what was sent, and its receipt is checked.

    .venv/bin/python benchmarks/exchange_burst.py [--students 200] [--within 20] [--kilobytes 100] [--spare]

Exits 1 when a submission is lost, kept twice or changed, or when all together took more than a minute.
"""

from __future__ import annotations

import argparse
import random
import shutil
import signal
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path

import psutil
import requests

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT))  # before this folder, whose hub.py is no package

from hub.checks import free_ports  # noqa: E402
from tito.exchange.client import Access, Client  # noqa: E402
from tito.exchange.receipt import Receipt, parse_public_key  # noqa: E402
from tito.library import build_reference  # noqa: E402

LABEL = "01_setup"
LONGEST = 60.0
"""Seconds for all submissions together."""


def course_folder(folder: Path, students: list[str]) -> Path:
    """A course of the first module with these students."""
    (folder / "source").mkdir(parents=True)
    shutil.copy(ROOT / "source" / f"{LABEL}.py", folder / "source")
    shutil.copy(ROOT / "nbgrader_config.py", folder)
    names = ", ".join(f'"{name}"' for name in students)
    text = f'[course]\nid = "burst"\n[roster]\ninstructors = ["instructor"]\nstudents = [{names}]\n'
    (folder / "course.toml").write_text(text, encoding="utf-8")
    build_reference(folder)
    return folder


def start_hub(course: Path, data: Path) -> tuple[subprocess.Popen[str], str]:
    """A hub as `make serve` starts it, and its address."""
    port = free_ports(1)[0]
    command = [sys.executable, "-m", "hub.serve", "--port", str(port), "--course", str(course), "--data", str(data)]
    process = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    assert process.stdout is not None
    for line in process.stdout:
        if "Ctrl-C stops it" in line:
            return process, f"http://127.0.0.1:{port}"
    raise SystemExit(f"the hub did not start: {data / 'hub' / 'jupyterhub.log'}")


def token_of(name: str, url: str, password: str) -> str:
    """Log in as a browser does and make a token."""
    with requests.Session() as session:
        session.get(f"{url}/hub/login", timeout=60)
        form = {"username": name, "password": password, "_xsrf": xsrf(session)}
        session.post(f"{url}/hub/login", data=form, timeout=60, allow_redirects=False).raise_for_status()
        session.get(f"{url}/hub/token", timeout=60)
        headers = {"X-XSRFToken": xsrf(session)}
        answer = session.post(f"{url}/hub/api/users/{name}/tokens", json={}, headers=headers, timeout=60)
        answer.raise_for_status()
        return str(answer.json()["token"])


def xsrf(session: requests.Session) -> str:
    return next(cookie.value or "" for cookie in session.cookies if cookie.name == "_xsrf")


@dataclass
class Burst:
    """The class that hands in, and what became of it."""

    clients: dict[str, Client]
    contents: dict[str, bytes]
    within: float
    receipts: dict[str, Receipt] = field(default_factory=dict)
    seconds: dict[str, float] = field(default_factory=dict)
    failures: dict[str, str] = field(default_factory=dict)
    third: threading.Event = field(default_factory=threading.Event)

    def run(self) -> float:
        """Hand everything in; gives the seconds from the first start to the last answer."""
        dice = random.Random(0)
        starts = {name: dice.uniform(0, self.within) for name in self.clients}
        begun = time.monotonic()
        with ThreadPoolExecutor(len(self.clients)) as people:
            for name, start in starts.items():
                people.submit(self._hand_in, name, begun + start)
        return time.monotonic() - begun

    def _hand_in(self, name: str, start: float) -> None:
        time.sleep(max(0.0, start - time.monotonic()))
        begun = time.monotonic()
        try:
            self.receipts[name] = self.clients[name].submit(LABEL, {f"{LABEL}.ipynb": self.contents[name]})
        except Exception as error:  # a program that counts what fails must see every failure
            self.failures[name] = f"{type(error).__name__}: {error}"
        self.seconds[name] = time.monotonic() - begun
        if len(self.seconds) >= len(self.clients) // 3:
            self.third.set()


def kill_service(hub: subprocess.Popen[str], burst: Burst, url: str) -> float:
    """Kill the service when a third is in; gives the seconds until it answers again."""
    burst.third.wait()
    family = psutil.Process(hub.pid).children(recursive=True)
    service = next(process for process in family if "hub.exchange" in process.cmdline())
    service.kill()
    begun = time.monotonic()
    while True:
        time.sleep(0.1)
        try:
            requests.get(f"{url}health", timeout=5).raise_for_status()
            return time.monotonic() - begun
        except requests.RequestException:
            continue


def lost(burst: Burst, tools: Client) -> list[str]:
    """What is wrong with what was kept, a line each."""
    key = parse_public_key(tools.public_key(), "the service")
    kept = {row["submission"]: row["student"] for row in tools.submissions(LABEL, everyone=True)}
    problems = [f"{name}: {why}" for name, why in burst.failures.items()]
    if len(kept) != len(burst.receipts):
        problems.append(f"{len(burst.receipts)} receipts, but {len(kept)} submissions")
    for name, receipt in burst.receipts.items():
        receipt.check(key)
        if kept.get(receipt.submission) != name:
            problems.append(f"{name}'s submission is not there")
        elif tools.submission(receipt.submission) != {f"{LABEL}.ipynb": burst.contents[name]}:
            problems.append(f"{name}'s submission was changed")
    return problems


def measure(options: argparse.Namespace, folder: Path) -> bool:
    """Print the figures; gives whether nothing was lost within a minute."""
    students = [f"student{number:03d}" for number in range(options.students)]
    hub, url = start_hub(course_folder(folder / "course", students), folder / "var")
    try:
        password = (folder / "var" / "hub" / "password").read_text().strip()
        access = Access.find(folder / "var" / "course")
        tokens = {name: token_of(name, url, password) for name in students}
        dice = random.Random(1)
        burst = Burst(
            {name: Client(Access(access.url, token), "burst") for name, token in tokens.items()},
            {name: dice.randbytes(1000 * options.kilobytes) for name in students},
            options.within,
        )
        away: list[float] = []
        killer = threading.Thread(target=lambda: away.append(kill_service(hub, burst, access.url)))
        if not options.spare:
            killer.start()
        total = burst.run()
        if not options.spare:
            killer.join()
        problems = lost(burst, Client(access, "burst"))
    finally:
        hub.send_signal(signal.SIGINT)
        hub.communicate()
    times = sorted(burst.seconds.values())
    middle, most = statistics.median(times), times[int(0.95 * len(times))]
    print(f"submissions     {len(students)} of {options.kilobytes} kB, started within {options.within:g} s")
    print(f"kept            {len(burst.receipts)}, each compared with what was sent, its receipt checked")
    print(f"service killed  {f'once, away for {away[0]:.1f} s' if away else 'no'}")
    print(f"all in after    {total:.1f} s")
    print(f"a submission    median {middle:.2f} s, 95 % within {most:.2f} s, longest {times[-1]:.2f} s")
    for line in problems[:10]:
        print(f"LOST            {line}")
    return not problems and total <= LONGEST


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--students", type=int, default=200)
    parser.add_argument("--within", type=float, default=20.0, help="seconds in which they start")
    parser.add_argument("--kilobytes", type=int, default=100, help="of one submission")
    parser.add_argument("--spare", action="store_true", help="do not kill the service")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        if not measure(options, Path(folder)):
            raise SystemExit("submissions are lost, or it took more than a minute")


if __name__ == "__main__":
    main()
