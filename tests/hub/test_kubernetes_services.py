"""The hub's four services as their pods start them, with a hub that has the chart's values, on this machine.

Programs, variables, addresses, tokens, roles and the log-in are the manifests' own; places and ports are put on this
machine. What a cluster adds (volumes, network policies, the chart's templates) is not here.
"""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import pytest
from class_hub import ROOT, ClassHub, class_hub
from class_hub_names import service_token

from hub.checks import free_ports
from hub.kubernetes import files
from hub.kubernetes_pods import HUB_SERVICES, PORTS
from hub.kubernetes_settings import Cluster

VARIABLES = {"URL": "https://course.example.edu", "REGISTRY": "registry.example.edu/course", "TAG": "2027.1"}
OBJECTS = files(Cluster.from_environment("tt", {f"TINYTORCH_{name}": value for name, value in VARIABLES.items()}))
COURSE = """\
[course]
id = "tt"
[roster]
instructors = ["prof"]
tas = ["ta"]
"""
ROSTER = "name,id,section,role\nada,1,,student\n"


@dataclass(frozen=True)
class Site:
    """A hub with its services."""

    hub: ClassHub

    def ask(self, path: str, token: str) -> int:
        """The status that a holder of `token` gets, by way of the proxy."""
        return status_of(urllib.request.Request(self.hub.url + path, headers={"Authorization": f"token {token}"}))

    def last_look(self, name: str) -> str:
        """When a service's round last came to its end, as Prometheus reads it."""
        url = f"{self.hub.url}/services/{name}/metrics"
        request = urllib.request.Request(url, headers={"Authorization": f"token {self.monitor}"})
        with urllib.request.urlopen(request, timeout=30) as answer:
            [line] = re.findall(r"^service_last_look_timestamp_seconds\{.*", answer.read().decode(), flags=re.M)
        return str(line)

    @cached_property
    def monitor(self) -> str:
        """A token that an instructor made for Prometheus."""
        made = self.hub.visitor("prof").ask("/hub/api/users/prof/tokens", "POST", data={"scopes": ["read:metrics"]})
        assert made.status == 201, made.text
        return str(made.json["token"])


def status_of(request: urllib.request.Request | str) -> int:
    try:
        with urllib.request.urlopen(request, timeout=30) as answer:
            return int(answer.status)
    except urllib.error.HTTPError as error:
        with error:
            return error.code


class Machine:
    """Where a pod's places and addresses are on this machine."""

    def __init__(self, folder: Path, hub_port: int) -> None:
        self.folder = folder
        self.ports = dict(zip(HUB_SERVICES, free_ports(len(HUB_SERVICES)), strict=True))
        self._here = {
            f"http://hub:{PORTS['hub']}": f"http://127.0.0.1:{hub_port}",
            "http://exchange:": "http://127.0.0.1:",
            "0.0.0.0": "127.0.0.1",
            "/home/course/course": str(folder / "course"),
            "/opt/tinytorch": str(folder / "checkout"),
            "/srv/course": str(folder / "checkout" / "class"),
            "/srv/": f"{folder}/",
            "/run/secrets": str(folder / "secrets"),
            **{str(PORTS[name]): str(port) for name, port in self.ports.items()},
        }
        self._secrets = {
            "gradebook_database": f"sqlite:///{folder / 'gradebook.db'}",
            "broker": "redis://127.0.0.1:9/0",  # nothing is to be graded
            "farm_key": "0123456789abcdef" * 3,
            **{f"hub.services.{name}.apiToken": service_token(name) for name in HUB_SERVICES},
        }
        self._lay_out()

    def _lay_out(self) -> None:
        """As the images and the volumes have it."""
        for name in ("checkout/class/..2027", "secrets", "exchange", "libraries", "tmp"):
            (self.folder / name).mkdir(parents=True)
        for name in ("source", "nbgrader_config.py", "tinytorch_lib"):
            (self.folder / "checkout" / name).symlink_to(ROOT / name)
        mounted = self.folder / "checkout" / "class"  # a ConfigMap: a change of all its files is one of `..data`
        (mounted / "..data").symlink_to("..2027")
        for name, text in {"course.toml": COURSE, "roster.csv": ROSTER}.items():
            (mounted / "..2027" / name).write_text(text)
            (mounted / name).symlink_to(f"..data/{name}")
        (self.folder / "checkout" / "course.toml").symlink_to("class/course.toml")
        (self.folder / "secrets" / "exchange_database").write_text(f"sqlite:///{self.folder / 'exchange.sqlite'}")

    def put_here(self, text: str) -> str:
        return re.sub("|".join(map(re.escape, self._here)), lambda found: self._here[found[0]], text)

    def variables(self, container: dict[str, Any]) -> dict[str, str]:
        found = {
            one["name"]: self.put_here(one["value"])
            if "value" in one
            else self._secrets[one["valueFrom"]["secretKeyRef"]["key"]]
            for one in container["env"]
        }
        return found | {"HOME": str(self.folder / "tmp")}


@contextmanager
def running(name: str, machine: Machine) -> Iterator[None]:
    """The program of a service's pod, with the pod's variables; once its readiness probe would be content."""
    [container] = [
        made["spec"]["template"]["spec"]["containers"][0]
        for made in OBJECTS["objects.json"]["items"]
        if made["kind"] == "Deployment" and made["metadata"]["name"] == name
    ]
    probe = container["readinessProbe"]["httpGet"]
    path = f"{Path(sys.executable).parent}:{os.environ['PATH']}"
    log = machine.folder / f"{name}.log"
    with log.open("wb") as file:
        process = subprocess.Popen(
            list(map(machine.put_here, container["command"])),
            cwd=machine.folder,
            env={"PATH": path, "PYTHONPATH": str(ROOT), **machine.variables(container)},
            stdin=subprocess.DEVNULL,
            stdout=file,
            stderr=file,
        )
    try:
        deadline = time.monotonic() + 60
        while not answers(f"http://127.0.0.1:{machine.ports[name]}{probe['path']}"):
            assert process.poll() is None and time.monotonic() < deadline, log.read_text()
            time.sleep(0.1)
        yield
        process.send_signal(signal.SIGTERM)
        assert process.wait(30) == 0, log.read_text()  # as long as Kubernetes waits
    finally:
        process.kill()
        process.wait()


def answers(url: str) -> bool:
    try:
        return status_of(url) == 200
    except OSError:
        return False


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    folder = tmp_path_factory.mktemp("cluster")
    ports = free_ports(3)
    machine = Machine(folder, ports[1])
    addresses = {name: f"http://127.0.0.1:{port}" for name, port in machine.ports.items()}
    with ExitStack() as stack:
        for name in HUB_SERVICES:
            stack.enter_context(running(name, machine))
        course = folder / "checkout" / "class"
        config = {"config": "cluster_hub_config.py", "ports": ports, "services": addresses}
        hub = stack.enter_context(class_hub(folder / "hub", course, **config, **VARIABLES))
        yield Site(hub)


@pytest.mark.parametrize("user", ["ada", "ta"])
def test_students_and_staff_open_the_pages_with_the_hubs_log_in(site: Site, user: str) -> None:
    """The first asks the exchange, with the right to see what others handed in."""
    visitor = site.hub.visitor(user)
    for name in ("grading", "libraries"):
        page = visitor.ask(f"/services/{name}/")
        assert page.status == 200 and page.url == f"{site.hub.url}/services/{name}/", page.text
        assert user in page.text


@pytest.mark.parametrize(("user", "status"), [("prof", 200), ("ta", 403), ("ada", 403)])
def test_the_release_services_pages_are_for_instructors(site: Site, user: str, status: int) -> None:
    page = site.hub.visitor(user).ask("/services/release/")
    assert page.status == status, page.text
    if status == 200:
        assert page.json["status"] == "ok" and not page.json["problem"]


@pytest.mark.parametrize("name", ["grading", "libraries", "release"])
def test_nobody_gets_in_without_the_log_in(site: Site, name: str) -> None:
    with urllib.request.urlopen(f"{site.hub.url}/services/{name}/", timeout=30) as answer:
        assert answer.url.startswith(f"{site.hub.url}/hub/login")


def test_an_instructors_monitor_reads_every_services_metrics_and_nothing_else(site: Site) -> None:
    for path in ("/hub/metrics", *(f"/services/{name}/metrics" for name in HUB_SERVICES)):
        assert site.ask(path, site.monitor) == 200, path
    for path in ("/hub/api/users", "/services/exchange/courses/tt/assignments", "/services/grading/results.json"):
        assert site.ask(path, site.monitor) in (401, 403), path


def test_a_student_makes_no_monitor(site: Site) -> None:
    made = site.hub.visitor("ada").ask("/hub/api/users/ada/tokens", "POST", data={"scopes": ["read:metrics"]})
    assert made.status in (400, 403), made.text


def test_the_libraries_service_reads_the_exchange_with_the_right_it_has(site: Site) -> None:
    """By the address that the cluster gives it; only a round that comes to its end is noted."""
    deadline, before = time.monotonic() + 30, site.last_look("libraries")
    while site.last_look("libraries") == before:
        assert time.monotonic() < deadline, site.hub.log
        time.sleep(0.2)
