"""The hub's four services and a worker as their pods start them, with a hub that has the chart's values.

Programs, variables, addresses, tokens, roles and the log-in are the manifests' own; places and ports are put on this
machine. What a cluster adds (volumes, network policies, the chart's templates, exam rooms in pods) is not here.
"""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import yaml
from class_hub import ROOT, ClassHub, class_hub
from class_hub_names import service_token
from hub_client import status_of

from hub.checks import free_ports
from hub.kubernetes import files
from hub.kubernetes_pods import HUB_SERVICES, PORTS
from hub.kubernetes_settings import Cluster
from tests.farm.services import Redis, wait_for
from tito.exchange.client import Access, Client
from tito.grading.policy import ALLOW_PLAIN
from tito.notebooks import notebook_text
from tito.percent import read_source, source_path

VARIABLES = {"URL": "https://course.example.edu", "REGISTRY": "registry.example.edu/course", "TAG": "2027.1"}
HERE = Cluster.from_environment("tt", {f"TINYTORCH_{name}": value for name, value in VARIABLES.items()})
CONTAINERS = {
    made["metadata"]["name"]: made["spec"]["template"]["spec"]["containers"][0]
    for made in files(HERE)["objects.json"]["items"]
    if made["kind"] == "Deployment"
}
COURSE = """\
[course]
id = "tt"
[roster]
instructors = ["prof"]
tas = ["ta"]
[grading]
on_submit = true
"""
LABEL = "01_setup"
ROSTER = "name,id,section,role\nada,1,,student\n"


@dataclass(frozen=True)
class Site:
    """A hub with its services."""

    hub: ClassHub

    def ask(self, path: str, token: str) -> int:
        """The status that a holder of `token` gets, by way of the proxy."""
        return status_of(self._request(path, token))

    def text(self, path: str, token: str) -> str:
        """What a holder of `token` gets."""
        with urllib.request.urlopen(self._request(path, token), timeout=30) as answer:
            return str(answer.read().decode())

    def _request(self, path: str, token: str) -> urllib.request.Request:
        return urllib.request.Request(self.hub.url + path, headers={"Authorization": f"token {token}"})

    def token(self, user: str, *scopes: str) -> str:
        """One that the user made for themselves."""
        made = self.hub.visitor(user).ask(f"/hub/api/users/{user}/tokens", "POST", data={"scopes": scopes})
        assert made.status == 201, made.text
        return str(made.json["token"])

    def exchange(self, user: str, *more: str) -> Client:
        """The exchange as a user's server reaches it: through the proxy."""
        token = self.token(user, "access:services!service=exchange", *more)
        return Client(Access(f"{self.hub.url}/services/exchange/", token), "tt")


class Machine:
    """Where a pod's places and addresses are on this machine."""

    def __init__(self, folder: Path, hub_port: int, broker: str) -> None:
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
            "broker": broker,
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

    def ready(self, name: str) -> bool:
        """Whether a kubelet would find a service so."""
        probe = CONTAINERS[name]["readinessProbe"]["httpGet"]
        try:
            return status_of(f"http://127.0.0.1:{self.ports[name]}{probe['path']}") == 200
        except OSError:
            return False

    def variables(self, container: dict[str, Any]) -> dict[str, str]:
        found = {
            one["name"]: self.put_here(one["value"])
            if "value" in one
            else self._secrets[one["valueFrom"]["secretKeyRef"]["key"]]
            for one in container["env"]
        }
        return found | {"HOME": str(self.folder / "tmp"), ALLOW_PLAIN: "1"}  # the worker's room is any that works here


@contextmanager
def running(name: str, machine: Machine) -> Iterator[None]:
    """The program of a pod with the pod's variables; it ends as a kubelet ends it."""
    container = CONTAINERS[name]
    log = machine.folder / f"{name}.log"
    path = f"{Path(sys.executable).parent}:{os.environ['PATH']}"
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
        yield
        process.send_signal(signal.SIGTERM)
        assert process.wait(30) == 0, log.read_text()  # as long as Kubernetes waits
    finally:
        process.kill()
        process.wait()


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    folder = tmp_path_factory.mktemp("cluster")
    ports = free_ports(3)
    redis = Redis(folder / "redis")
    machine = Machine(folder, ports[1], redis.url)
    addresses = {name: f"http://127.0.0.1:{port}" for name, port in machine.ports.items()}
    with ExitStack() as stack:
        stack.callback(redis.stop)
        redis.start()
        for name in (*HUB_SERVICES, "worker"):
            stack.enter_context(running(name, machine))
        wait_for(lambda: all(map(machine.ready, HUB_SERVICES)), 180, "starting the services")
        course = folder / "checkout" / "class"
        config = {"config": "cluster_hub_config.py", "ports": ports, "services": addresses}
        hub = stack.enter_context(class_hub(folder / "hub", course, **config, **VARIABLES))
        yield Site(hub)


@pytest.mark.parametrize("user", ["ada", "ta", "prof"])
def test_students_and_staff_open_the_pages_with_the_hubs_log_in(site: Site, user: str) -> None:
    """The first asks the exchange, with the right to see what others handed in."""
    visitor = site.hub.visitor(user)
    for name in ("grading", "libraries"):
        page = visitor.ask(f"/services/{name}/")
        assert page.status == 200 and page.url == f"{site.hub.url}/services/{name}/", page.text
        assert ('href="/services/release/"' in page.text) == (user == "prof")


@pytest.mark.parametrize(("user", "status"), [("prof", 200), ("ta", 403), ("ada", 403)])
def test_the_release_services_pages_are_for_instructors(site: Site, user: str, status: int) -> None:
    visitor = site.hub.visitor(user)
    page, health = visitor.ask("/services/release/"), visitor.ask("/services/release/health")
    assert (page.status, health.status) == (status, status), page.text
    if status == 200:
        assert health.json["status"] == "ok" and not health.json["problem"]
        assert "<h1>Term</h1>" in page.text and "20_capstone" in page.text


@pytest.mark.parametrize("name", ["grading", "libraries", "release"])
def test_nobody_gets_in_without_the_log_in(site: Site, name: str) -> None:
    with urllib.request.urlopen(f"{site.hub.url}/services/{name}/", timeout=30) as answer:
        assert answer.url.startswith(f"{site.hub.url}/hub/login")


def test_an_instructors_monitor_reads_every_services_metrics_and_nothing_else(site: Site) -> None:
    monitor = site.token("prof", "read:metrics")
    for path in ("/hub/metrics", *(f"/services/{name}/metrics" for name in HUB_SERVICES)):
        assert site.ask(path, monitor) == 200, path
    for path in ("/hub/api/users", "/services/exchange/courses/tt/assignments", "/services/grading/results.json"):
        assert site.ask(path, monitor) in (401, 403), path


def test_prometheus_asks_where_a_monitor_may_and_its_alerts_name_numbers_that_are_there(site: Site) -> None:
    folder = ROOT / "deploy" / "prometheus"
    (job,) = yaml.safe_load((folder / "prometheus.yml").read_text())["scrape_configs"]
    asked = {target["labels"]["service"]: target["labels"]["__metrics_path__"] for target in job["static_configs"]}
    assert asked.keys() == {"hub", *HUB_SERVICES}
    token = site.token("prof", "read:metrics")
    told = "\n".join(site.text(path, token) for path in asked.values())
    there = set(re.findall(r"^(?:# TYPE )?(\w+)", told, re.MULTILINE))
    (group,) = yaml.safe_load((folder / "alerts.yml").read_text())["groups"]
    for rule in group["rules"]:
        numbers = set(re.findall(r"\b[a-z]+_\w+", re.sub(r"{.*?}", "", rule["expr"])))
        assert numbers <= there, rule["alert"]
        for loop in re.findall(r'loop=~?"(.+?)"', rule["expr"]):
            assert all(f'{{loop="{name}"}}' in told for name in loop.split("|")), rule["alert"]


def test_a_student_makes_no_monitor(site: Site) -> None:
    made = site.hub.visitor("ada").ask("/hub/api/users/ada/tokens", "POST", data={"scopes": ["read:metrics"]})
    assert made.status in (400, 403), made.text


def test_what_a_student_hands_in_is_run_by_the_worker_and_in_their_library_and_on_both_pages(site: Site) -> None:
    released = (ROOT / "release" / LABEL / f"{LABEL}.ipynb").read_bytes()
    site.exchange("prof", "custom:exchange:staff").release(LABEL, {f"{LABEL}.ipynb": released}, force=True)
    solved = notebook_text(read_source(source_path(ROOT, LABEL))).encode()
    submission = site.exchange("ada").submit(LABEL, {f"{LABEL}.ipynb": solved}).submission
    browser = site.hub.visitor("ada")

    def shown() -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
        results = browser.ask("/services/grading/results.json").json
        return results, browser.ask("/services/libraries/libraries.json").json

    def done() -> bool:
        results, library = shown()
        return [line["state"] for line in results] == ["run"] and bool(library)

    wait_for(done, 90, "running the visible tests and building the library")
    results, library = shown()
    assert [(line["submission"], line["says"]) for line in results] == [(submission, "6 of 6 visible tests pass")]
    assert [(built["submission"], built["failed"]) for built in library] == [(submission, "")]
