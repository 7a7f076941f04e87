"""One class under Docker, with a project name, a port and files of the test's own."""

from __future__ import annotations

import csv
import os
import re
import secrets
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import psutil

from hub.checks import free_ports
from tests.hub.hub_client import Visitor

ROOT = Path(__file__).parents[2]
OWN = f"{os.getpid()}-{secrets.token_hex(2)}"
"""Of this run alone: several may share a machine's Docker, and one that was killed has left its volumes there."""
PROJECT = os.environ.get("TINYTORCH_TEST_PROJECT") or f"tinytorch-e2e-{OWN}"


@dataclass
class Installation:
    """What `make up` made."""

    docker: str
    files: Path
    port: int
    course: Path = ROOT

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def make(self, what: str, *options: str) -> subprocess.CompletedProcess[str]:
        """`make image`, `make up` or `make down`, as the Makefile says it."""
        return subprocess.run(
            [sys.executable, "-m", "hub.up", "--files", str(self.files), "--course", str(self.course), what, *options],
            cwd=ROOT,
            stdin=subprocess.DEVNULL,  # where somebody sits at a terminal, deleting a class asks first
            capture_output=True,
            text=True,
            check=False,
            timeout=900,
        )

    def ask(self, *arguments: str) -> str:
        """What docker prints."""
        done = subprocess.run([self.docker, *arguments], capture_output=True, text=True, check=False, timeout=120)
        assert done.returncode == 0, done.stderr
        return done.stdout.strip()

    def passwords(self) -> dict[str, str]:
        with (self.files / "first-passwords.csv").open(encoding="utf-8") as file:
            return {row["name"]: row["first password"] for row in csv.DictReader(file)}

    def password_of(self, name: str) -> str:
        return self.passwords()[name]

    def visitor(self, name: str) -> Visitor:
        """`name`, logged in, with a running server."""
        visitor = Visitor(self.url, name)
        assert visitor.log_in(self.passwords()[name]).status == 200
        visitor.request_server()
        visitor.wait_for_server(180)
        return visitor

    def left(self) -> list[str]:
        """Containers, networks and volumes of this installation, whatever their state."""
        forms = {"container": "{{.Names}}", "network": "{{.Name}}", "volume": "{{.Name}}"}
        every = {"container": ["--all"], "network": [], "volume": []}
        return [
            f"{kind} {name}"
            for kind, form in forms.items()
            for name in self.ask(kind, "ls", *every[kind], "--format", form).splitlines()
            if re.match(f"{re.escape(PROJECT)}[-_]", name)
        ]

    def logs(self) -> dict[str, str]:
        """The ends of all containers' logs, by name."""
        names = [name.split()[1] for name in self.left() if name.startswith("container")]
        return {name: self.log(name, "--tail", "60") for name in names}

    def log(self, name: str, *options: str) -> str:
        """What a container has said so far."""
        command = [self.docker, "logs", *options, name]
        done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False)
        return done.stdout


def new_installation(docker: str, base: str, files: Path, course: Path = ROOT) -> Installation:
    """Settings of a class, nothing started yet."""
    port = free_ports(1)[0]
    settings = {
        "TINYTORCH_PROJECT": PROJECT,
        "TINYTORCH_PORT": str(port),
        "TINYTORCH_BASE_IMAGE": base,
        "TINYTORCH_SUBNETS": os.environ.get("TINYTORCH_TEST_SUBNETS") or free_subnets(),
        "TINYTORCH_STUDENT_DISK": "64M",
    }
    files.mkdir(parents=True, exist_ok=True)
    (files / "settings.env").write_text("".join(f"{name}={value}\n" for name, value in settings.items()))
    return Installation(docker, files, port, course)


def free_subnets() -> str:
    """Addresses for users' networks that no interface of this machine has, nor any class that runs here."""
    own = [address.address for found in psutil.net_if_addrs().values() for address in found]
    taken = {address.split(".")[1] for address in own if address.startswith("10.")}
    return f"10.{secrets.choice([number for number in range(11, 250) if str(number) not in taken])}.0.0/16"


def course_folder(folder: Path) -> Path:
    """A folder with this checkout's course.toml and a roster in a file; one name in it has capitals."""
    folder.mkdir(parents=True)
    shutil.copy(ROOT / "course.toml", folder)
    people = ["name,id,section,role", "ada,1,A,student", "alan,2,B,student", "Grace.H,3,B,student", "ta,,A+B,ta"]
    (folder / "roster.csv").write_text("\n".join(people) + "\n", encoding="utf-8")
    return folder


def program(*files: str) -> str:
    """What stands in files of this folder, for a Python in a container."""
    texts = [(ROOT / "tests" / "docker" / name).read_text(encoding="utf-8") for name in files]
    return "\n".join(texts).replace("tinytorch-e2e", PROJECT)


def in_terminal(who: Visitor, command: str) -> str:
    """What a command prints in somebody's server; it must end well."""
    code = (
        "import subprocess; done = subprocess.run(['bash', '-c', {!r}], capture_output=True, text=True);"
        "print(done.stdout + done.stderr, 'ended with', done.returncode)"
    )
    printed = who.run(code.format(command))
    assert printed.endswith("ended with 0\n"), printed
    return printed
