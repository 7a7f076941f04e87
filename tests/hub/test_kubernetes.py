"""hub/kubernetes*.py: what is written for a cluster, against Kubernetes' schemas and the course's promises.

Servers' pods are made by KubeSpawner itself, without a cluster. Nothing here starts anything.
"""

from __future__ import annotations

import asyncio
import copy
import json
import math
import re
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from unittest.mock import ANY

import kubernetes_validate
import pytest
import yaml
from jupyterhub.app import JupyterHub
from kubernetes_asyncio.client import ApiClient
from traitlets.config import Config

from hub.docker_files import Files, read_settings
from hub.docker_settings import roles as docker_roles
from hub.grading.rooms import ON_THE_FARM
from hub.kubernetes import example, files, main
from hub.kubernetes_networks import ALLOWED
from hub.kubernetes_secrets import KEYS, make_secrets
from hub.kubernetes_settings import SECRETS, Cluster, course_traits
from hub.kubernetes_spawner import CoursePod
from hub.setting_names import KUBERNETES
from hub.settings import INSTRUCTORS, groups
from tito.course import Course
from tito.errors import ToolError
from tito.grading.policy import ALLOW_PLAIN

VERSION = "1.33"
"""The oldest Kubernetes that gives pods user namespaces without being asked to."""

VARIABLES = {
    "TINYTORCH_URL": "https://course.example.edu",
    "TINYTORCH_REGISTRY": "registry.example.edu/course",
    "TINYTORCH_TAG": "2027.1",
}
HERE = Cluster.from_environment("tt", VARIABLES)
FILES = files(HERE)
VALUES: dict[str, Any] = FILES["values.json"]
OBJECTS: list[dict[str, Any]] = FILES["objects.json"]["items"]

CHART_KEYS = {
    "hub": "image db allowNamedServers concurrentSpawnLimit extraEnv extraVolumes extraVolumeMounts services loadRoles "
    "config extraConfig podSecurityContext containerSecurityContext networkPolicy resources",
    "proxy": "service https chp",
    "singleuser": "image cmd defaultUrl startTimeout uid fsGid allowPrivilegeEscalation memory cpu storage "
    "cloudMetadata networkPolicy",
    "ingress": "enabled hosts tls",
    "cull": "enabled users timeout every",
    "prePuller": "hook continuous extraImages containerSecurityContext",
}
"""The keys that are used, all in the chart's values.schema.yaml; it refuses every key that is not."""

PAGES = ("grading", "libraries", "release")
"""The services that people open in the browser."""


@dataclass(frozen=True)
class Class:
    """A course's people."""

    id: str = "tt"
    instructors: tuple[str, ...] = ("prof",)
    tas: tuple[str, ...] = ("ta",)
    students: tuple[str, ...] = ("ada", "Al.B")
    section_members: Mapping[str, tuple[str, ...]] = field(default_factory=dict)


@pytest.fixture(autouse=True)
def no_cluster(monkeypatch: pytest.MonkeyPatch) -> None:
    """KubeSpawner looks for a cluster when it is made; the pods here are only looked at."""
    monkeypatch.setattr("kubespawner.spawner.load_config", lambda **_: None)
    monkeypatch.setattr("kubespawner.spawner.shared_client", lambda *_: None)


def of_kind(kind: str) -> dict[str, dict[str, Any]]:
    return {made["metadata"]["name"]: made for made in OBJECTS if made["kind"] == kind}


def pod_of(user: str, folder: Path, cluster: Cluster = HERE) -> dict[str, Any]:
    """The pod that the hub would ask the cluster for, as the cluster gets it."""
    hub = SimpleNamespace(public_host="", url="http://hub:8081", base_url="/hub/", api_url="http://hub:8081/hub/api")
    config = Config(files(cluster)["values.json"]["hub"]["config"])
    config.merge(Config(CoursePod={"staff": {"prof", "ta"}, "libraries": str(folder)}))
    account = SimpleNamespace(name=user, id=1, url=f"/user/{user}/", server=None, escaped_name=user)

    async def manifest() -> dict[str, Any]:
        spawner = CoursePod(_mock=True, config=config, user=account, hub=hub)
        spawner.api_token, spawner.oauth_client_id = "token", "client"
        await spawner.get_pod_manifest()
        pod = await spawner.get_pod_manifest()  # a second start adds nothing
        async with ApiClient() as client:
            found: dict[str, Any] = client.sanitize_for_serialization(pod)
        return found

    return asyncio.run(manifest())


def pod_specs() -> Iterator[tuple[str, dict[str, Any]]]:
    for name, made in of_kind("Deployment").items():
        yield name, made["spec"]["template"]["spec"]


def strings(value: Any) -> Iterator[str]:
    if isinstance(value, dict):
        for key, part in value.items():
            yield str(key)
            yield from strings(part)
    elif isinstance(value, list):
        for part in value:
            yield from strings(part)
    else:
        yield str(value)


@pytest.mark.parametrize("made", OBJECTS, ids=lambda made: f"{made['kind']}-{made['metadata']['name']}")
def test_every_object_is_what_kubernetes_takes(made: dict[str, Any]):
    kubernetes_validate.validate(made, VERSION, strict=True)


def test_the_schemas_refuse_what_kubernetes_would():
    wrong = copy.deepcopy(of_kind("Deployment")["worker"])
    wrong["spec"]["template"]["spec"]["containers"][0]["securityContex"] = {}
    with pytest.raises(kubernetes_validate.ValidationError):
        kubernetes_validate.validate(wrong, VERSION, strict=True)


@pytest.mark.parametrize("user", ["ada", "Al.B", "ta"])
def test_a_servers_pod_is_what_kubernetes_takes(user: str, tmp_path: Path):
    kubernetes_validate.validate({"apiVersion": "v1", "kind": "Pod"} | pod_of(user, tmp_path), VERSION, strict=True)


@pytest.mark.parametrize("user", ["ada", "ta"])
def test_a_servers_pod_has_no_powers_and_no_token_of_the_clusters(user: str, tmp_path: Path):
    spec = pod_of(user, tmp_path)["spec"]
    assert spec["automountServiceAccountToken"] is False and spec["enableServiceLinks"] is False
    assert not {"hostNetwork", "hostPID", "hostIPC", "initContainers"} & spec.keys()
    [container] = spec["containers"]
    _has_no_powers(container["securityContext"])


def test_only_staffs_servers_and_workers_may_make_exam_rooms(tmp_path: Path):
    rooms = {"type": "Localhost", "localhostProfile": "tinytorch/rooms.json"}
    student, staff = pod_of("ada", tmp_path)["spec"], pod_of("ta", tmp_path)["spec"]
    assert student["containers"][0]["securityContext"]["seccompProfile"] == {"type": "RuntimeDefault"}
    assert staff["containers"][0]["securityContext"]["seccompProfile"] == rooms and staff["hostUsers"] is False
    profiles = {name: spec["containers"][0]["securityContext"]["seccompProfile"] for name, spec in pod_specs()}
    assert [name for name, profile in profiles.items() if profile != {"type": "RuntimeDefault"}] == ["worker"]
    assert profiles["worker"] == rooms
    assert "setns" in FILES["rooms.json"]["syscalls"][0]["names"]


def test_every_part_has_no_powers_and_bounded_memory():
    for name, spec in pod_specs():
        assert spec["automountServiceAccountToken"] is False, name
        for container in spec["containers"]:
            _has_no_powers(container["securityContext"])
            assert container["resources"]["limits"]["memory"], name
    for context in (
        VALUES["hub"]["containerSecurityContext"] | {"readOnlyRootFilesystem": True},
        VALUES["proxy"]["chp"]["containerSecurityContext"],
        VALUES["prePuller"]["containerSecurityContext"],
    ):
        _has_no_powers(context)


def _has_no_powers(context: dict[str, Any]) -> None:
    assert context["capabilities"] == {"drop": ["ALL"]}
    assert context["runAsNonRoot"] is True and context["runAsUser"] == 1000
    assert context["allowPrivilegeEscalation"] is False and not context["privileged"]
    assert context["readOnlyRootFilesystem"] is True
    assert context["seccompProfile"]["type"] in ("RuntimeDefault", "Localhost")


def test_a_student_mounts_their_home_and_their_own_library_read_only(tmp_path: Path):
    spec = pod_of("Al.B", tmp_path)["spec"]
    mounts = {mount["mountPath"]: mount for mount in spec["containers"][0]["volumeMounts"]}
    assert mounts.keys() == {"/home/course", "/tmp", "/opt/library"}
    assert mounts["/opt/library"]["subPath"] == "Al.B" and mounts["/opt/library"]["readOnly"] is True
    claimed = {volume["name"]: volume["persistentVolumeClaim"]["claimName"] for volume in spec["volumes"][::2]}
    assert claimed["library"] == "libraries"
    other = pod_of("ada", tmp_path)["spec"]["volumes"]
    assert claimed["home"] != other[0]["persistentVolumeClaim"]["claimName"]
    assert len(spec["volumes"]) == 3
    names = {variable["name"] for variable in spec["containers"][0]["env"]}
    assert "TINYTORCH_LIBRARY" in names and not {"TINYTORCH_COURSE", "TINYTORCH_DATABASE", "TINYTORCH_BROKER"} & names


def test_limits_are_by_role(tmp_path: Path):
    here = Cluster.from_environment("tt", VARIABLES | {"TINYTORCH_STUDENT_MEMORY": "768M"})
    student = pod_of("ada", tmp_path, here)["spec"]["containers"][0]["resources"]
    staff = pod_of("ta", tmp_path, here)["spec"]["containers"][0]["resources"]
    assert {key: float(value) for key, value in student["limits"].items()} == {"memory": 768 * 2**20, "cpu": 1}
    assert {key: float(value) for key, value in student["requests"].items()} == {"memory": 512 * 2**20, "cpu": 0.1}
    assert {key: float(value) for key, value in staff["limits"].items()} == {"memory": 2 * 2**30, "cpu": 2}


def test_the_library_folder_is_made_before_the_pod(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    made = []
    monkeypatch.setattr("kubespawner.KubeSpawner.start", lambda _: made.append(list(tmp_path.iterdir())))
    for name in ("ada", "ada", "ta"):
        user = SimpleNamespace(name=name, id=1, url="", server=None)
        config = Config(CoursePod={"staff": {"ta"}, "libraries": str(tmp_path)})
        CoursePod(_mock=True, config=config, user=user, hub=SimpleNamespace()).start()
    assert made == [[tmp_path / "ada"]] * 3


def test_students_reach_the_hub_and_the_proxy_only(tmp_path: Path):
    policy = VALUES["singleuser"]["networkPolicy"]
    assert policy["enabled"] and policy["egress"] == []
    assert not any(policy["egressAllowRules"].values())
    labels = pod_of("ada", tmp_path)["metadata"]["labels"]
    for name, made in of_kind("NetworkPolicy").items():
        for rule in made["spec"].get("ingress", []):
            for peer in rule["from"]:
                assert not _selects(peer["podSelector"], labels), name
        if "Egress" in made["spec"]["policyTypes"]:
            assert not _selects(made["spec"]["podSelector"], labels), name


def test_staff_reach_the_broker_and_the_database_too(tmp_path: Path):
    labels = pod_of("ta", tmp_path)["metadata"]["labels"]
    reached = {
        name
        for name, made in of_kind("NetworkPolicy").items()
        for rule in made["spec"].get("ingress", [])
        if any(_selects(peer["podSelector"], labels) for peer in rule["from"])
    }
    assert reached == {"tinytorch-broker", "tinytorch-database"}


def test_browsers_reach_the_services_through_the_proxy_and_by_no_other_way():
    """The hub's table of services, the proxy's ways out and the services' ways in say the same."""
    urls = {name: service["url"] for name, service in VALUES["hub"]["services"].items()}
    assert urls.keys() == {"exchange", *PAGES}
    ways_out = VALUES["proxy"]["chp"]["networkPolicy"]["egress"]
    for name, url in urls.items():
        [port] = of_kind("Service")[name]["spec"]["ports"]
        assert url == f"http://{name}:{port['port']}"
        labels = of_kind("Deployment")[name]["spec"]["template"]["metadata"]["labels"]
        [out] = [rule for rule in ways_out if _selects(rule["to"][0]["podSelector"], labels)]
        [into] = of_kind("NetworkPolicy")[f"tinytorch-{name}"]["spec"]["ingress"]
        assert out["ports"] == into["ports"] == [{"protocol": "TCP", "port": port["port"]}]
        assert {"matchLabels": {"app": "jupyterhub", "component": "proxy"}} in [
            way["podSelector"] for way in into["from"]
        ]
    assert len(ways_out) == len(urls)


def test_the_services_ask_the_hub_and_it_looks_for_them():
    """In both directions: our policies and those of the chart, which goes by a label."""
    hub, found = {"app": "jupyterhub", "component": "hub"}, VALUES["hub"]["networkPolicy"]["egress"]
    for name, made in of_kind("Deployment").items():
        labels = made["spec"]["template"]["metadata"]["labels"]
        policy = of_kind("NetworkPolicy")[f"tinytorch-{name}"]["spec"]
        asks = [rule for rule in policy["egress"] if "podSelector" in rule["to"][0]]
        asks = [rule for rule in asks if _selects(rule["to"][0]["podSelector"], hub)]
        is_service = name in VALUES["hub"]["services"]
        assert [rule["ports"][0]["port"] for rule in asks] == ([8081] if is_service else []), name
        assert labels.get("hub.jupyter.org/network-access-hub") == ("true" if is_service else None), name
        looked_for = any(_selects(rule["to"][0]["podSelector"], labels) for rule in found)
        assert looked_for == (is_service or name == "database"), name


def test_what_one_part_may_open_another_lets_in():
    """A connection takes two rules; each of ours has its other half."""
    deployments = of_kind("Deployment")
    for name, made in deployments.items():
        labels = made["spec"]["template"]["metadata"]["labels"]
        for other, there in deployments.items():
            target = there["spec"]["template"]["metadata"]["labels"]
            out = of_kind("NetworkPolicy")[f"tinytorch-{name}"]["spec"]["egress"]
            into = of_kind("NetworkPolicy")[f"tinytorch-{other}"]["spec"]["ingress"]
            leaves = _opened(out, "to", target)
            assert leaves == _opened(into, "from", labels), (name, other)
            listens = {
                port["containerPort"] for port in there["spec"]["template"]["spec"]["containers"][0].get("ports", [])
            }
            assert leaves <= listens, (name, other)


def _opened(rules: list[dict[str, Any]], side: str, labels: dict[str, str]) -> set[int]:
    """The ports that are open by `rules` for who has these labels."""
    return {
        port["port"]
        for rule in rules
        for peer in rule[side]
        if "podSelector" in peer and _selects(peer["podSelector"], labels)
        for port in rule["ports"]
    }


def test_the_grading_service_reaches_what_it_works_with_and_nothing_else():
    policy = of_kind("NetworkPolicy")["tinytorch-grading"]["spec"]
    named = [rule["to"][0]["podSelector"]["matchLabels"] for rule in policy["egress"] if "podSelector" in rule["to"][0]]
    ours = {labels["tinytorch/part"] for labels in named if "tinytorch/part" in labels}
    assert ours == {"exchange", "broker", "database"} and len(named) == 4  # and the hub


def test_the_grading_service_works_in_the_course_folder_and_has_things_graded_by_the_workers():
    spec = of_kind("Deployment")["grading"]["spec"]["template"]["spec"]
    [container] = spec["containers"]
    variables = {variable["name"]: variable for variable in container["env"]}
    mounts = {mount["mountPath"]: mount for mount in container["volumeMounts"]}
    assert container["image"] == HERE.image("grader")
    assert container["command"][-1].endswith("&& exec python -m hub.grading")
    assert mounts["/home/course/course"] == {"name": "course", "mountPath": "/home/course/course", "readOnly": False}
    assert mounts["/opt/tinytorch/class"]["readOnly"] is True and len(mounts) == 3
    assert variables["TINYTORCH_GRADING_COURSE"]["value"] == "/home/course/course"
    assert Path(variables["TINYTORCH_GRADING_DATA"]["value"]).parent == Path("/home/course/course")
    secrets = {
        name: found["valueFrom"]["secretKeyRef"]["key"] for name, found in variables.items() if "valueFrom" in found
    }
    assert secrets == {
        "JUPYTERHUB_API_TOKEN": "hub.services.grading.apiToken",
        "TINYTORCH_BROKER": "broker",
        "TINYTORCH_DATABASE": "gradebook_database",
        "TINYTORCH_FARM_KEY": "farm_key",
    }
    assert ALLOW_PLAIN not in variables
    assert "hostUsers" not in spec  # no exam room here, so no namespaces, and any file system will do for the volume


def test_every_service_has_a_token_and_pages_have_the_hubs_log_in():
    for name in VALUES["hub"]["services"]:
        [container] = of_kind("Deployment")[name]["spec"]["template"]["spec"]["containers"]
        variables = {
            variable["name"]: variable.get("value", variable.get("valueFrom")) for variable in container["env"]
        }
        token = {"secretKeyRef": {"name": "hub", "key": f"hub.services.{name}.apiToken"}}
        assert variables["JUPYTERHUB_API_TOKEN"] == token
        if name in PAGES:
            assert variables["JUPYTERHUB_CLIENT_ID"] == f"service-{name}"  # JupyterHub's own name of it
            assert variables["JUPYTERHUB_OAUTH_CALLBACK_URL"] == f"/services/{name}/oauth_callback"
            assert VALUES["hub"]["services"][name]["oauth_no_confirm"] is True
        probe = container["readinessProbe"]["httpGet"]
        assert [{"containerPort": probe["port"]}] == container["ports"]


def _selects(selector: dict[str, Any], labels: dict[str, str]) -> bool:
    assert selector["matchLabels"], "an empty selector means everybody"
    return all(labels.get(key) == value for key, value in selector["matchLabels"].items())


def test_every_part_is_closed_in_both_directions_and_the_table_is_what_is_written():
    policies, deployments = of_kind("NetworkPolicy"), of_kind("Deployment")
    assert deployments.keys() == ALLOWED.keys()
    for name, made in deployments.items():
        spec = policies[f"tinytorch-{name}"]["spec"]
        assert spec["policyTypes"] == ["Ingress", "Egress"]
        assert _selects(spec["podSelector"], made["spec"]["template"]["metadata"]["labels"])
        assert sum(len(rule["from"]) for rule in spec["ingress"]) == len(ALLOWED[name])
    assert policies["tinytorch-database"]["spec"]["egress"] == []
    assert [rule["ports"][0]["port"] for rule in policies["tinytorch-worker"]["spec"]["egress"]] == [6379, 53]


def test_services_lead_to_pods_that_listen_and_none_leads_in_from_outside():
    for name, made in of_kind("Service").items():
        assert made["spec"]["type"] == "ClusterIP"
        template = of_kind("Deployment")[name]["spec"]["template"]
        assert _selects({"matchLabels": made["spec"]["selector"]}, template["metadata"]["labels"])
        assert template["spec"]["containers"][0]["ports"] == [{"containerPort": made["spec"]["ports"][0]["port"]}]
    assert VALUES["proxy"]["service"]["type"] == "ClusterIP"


def test_secrets_are_named_and_never_written():
    assert all(made["kind"] != "Secret" for made in OBJECTS)
    for name, spec in pod_specs():
        for variable in spec["containers"][0]["env"]:
            secret_like = any(word in variable["name"] for word in ("TOKEN", "PASSWORD", "BROKER", "DATABASE"))
            if secret_like and not variable["name"].endswith("_FILE"):
                reference = variable["valueFrom"]["secretKeyRef"]
                assert "value" not in variable and reference["name"] in (SECRETS, "hub"), name
    assert "valueFrom" in VALUES["hub"]["extraEnv"]["PGPASSWORD"]
    assert "@" not in VALUES["hub"]["db"]["url"].replace("hub@", "")
    assert "apiToken" not in strings(VALUES["hub"]["services"])


def test_every_image_of_ours_has_the_one_tag_and_none_is_latest():
    images = {text for text in strings(OBJECTS) if text.startswith("registry.example.edu/")}
    images |= {text for text in strings(VALUES["hub"]["config"]) if text.startswith("registry.example.edu/")}
    assert {image.rpartition(":")[2] for image in images} == {"2027.1"}
    for image in (VALUES["hub"]["image"], VALUES["singleuser"]["image"], VALUES["prePuller"]["extraImages"]["grader"]):
        assert image["tag"] == "2027.1"
    assert of_kind("Deployment")["broker"]["spec"]["template"]["spec"]["containers"][0]["image"].count(":") == 1


def test_every_image_of_ours_can_be_built_and_none_ends_as_root():
    recipe = (Path(__file__).parents[2] / "Dockerfile").read_text(encoding="utf-8")
    stages = {re.match(r"\S+ AS (\S+)", part)[1]: part for part in re.split(r"^FROM ", recipe, flags=re.M)[1:] if part}
    images = {text for text in strings([OBJECTS, VALUES["hub"]["config"]]) if text.startswith(HERE.registry)}
    assert {image.removeprefix(f"{HERE.registry}/").partition(":")[0] for image in images} <= stages.keys()
    for target in ("student", "hub-kubernetes", "grader", "database"):
        assert re.findall(r"^USER (\w+)", stages[target], flags=re.M)[-1] in ("course", "postgres"), target
    assert stages["hub-kubernetes"].startswith("hub AS")


def test_every_volume_is_mounted_and_every_claim_is_there():
    claims = of_kind("PersistentVolumeClaim")
    for name, spec in pod_specs():
        there = {volume["name"] for volume in spec["volumes"]}
        assert there == {mount["name"] for mount in spec["containers"][0]["volumeMounts"]}, name
        for volume in spec["volumes"]:
            claim = volume.get("persistentVolumeClaim", {}).get("claimName")
            assert claim is None or claim in claims, name
    shared = {name for name, made in claims.items() if made["spec"]["accessModes"] == ["ReadWriteMany"]}
    assert shared == {"libraries", "course"}


def test_values_have_only_keys_that_the_chart_documents():
    assert VALUES.keys() == CHART_KEYS.keys()
    for name, keys in CHART_KEYS.items():
        assert VALUES[name].keys() == set(keys.split()), name


def test_the_hubs_own_configuration_is_python_that_sets_what_course_toml_says(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    [text] = VALUES["hub"]["extraConfig"].values()
    (tmp_path / "course.toml").write_text('[course]\nid = "tt"\n[roster]\ntas = ["ta"]\nstudents = ["ada"]\n')
    (tmp_path / "login").write_text("a secret\n")
    monkeypatch.setenv("TINYTORCH_LOGIN", "native")
    text = text.replace("/srv/course", str(tmp_path)).replace("/srv/login/login", str(tmp_path / "login"))
    config = Config()
    exec(compile(text, "values.json", "exec"), {"c": config})
    assert config.CoursePod.staff == {"ta"}
    assert config.Native.allowed_users == {"ta", "ada"} and config.Native.first_passwords["ada"]
    assert config.JupyterHub.load_groups["students"] == {"users": ["ada"]}


def test_every_trait_that_is_set_exists():
    """traitlets takes a misspelt one without a word."""
    config = VALUES["hub"]["config"]
    assert config["JupyterHub"].keys() <= set(JupyterHub.class_trait_names())
    assert config["CoursePod"].keys() <= set(CoursePod.class_trait_names())
    for role, traits in config["CoursePod"]["roles"].items():
        assert traits.keys() <= set(CoursePod.class_trait_names()), role
    JupyterHub(config=Config(JupyterHub=config["JupyterHub"]))  # and takes its value


def test_groups_and_roles_are_those_under_docker():
    traits = course_traits(Class(), "native", {}, "secret")
    assert traits["JupyterHub"]["load_groups"] == groups(Class())
    roles = VALUES["hub"]["loadRoles"]
    assert {**roles, "culler": ANY} == {role["name"]: role for role in docker_roles()}  # the chart has its own culler
    assert roles["exchange-staff"]["groups"] == ["staff"]
    assert roles["exchange-staff"]["services"] == ["grading", "release"]
    assert roles["server"]["scopes"][:2] == ["users:activity!user", "access:servers!server"]
    assert roles["monitors"] == {"name": "monitors", "scopes": ["read:metrics"], "groups": [INSTRUCTORS]}
    assert all(set(role.get("services", ())) <= set(VALUES["hub"]["services"]) for role in roles.values())


def test_ten_thousand_people_do_not_change_the_values_size():
    assert len(json.dumps(VALUES)) < 20_000  # Helm keeps them in a Secret of 1 MB at most


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("TINYTORCH_URL", "http://course.example.edu"),
        ("TINYTORCH_TAG", "latest"),
        ("TINYTORCH_TAG", ""),
        ("TINYTORCH_STUDENT_DISK", "much"),
        ("TINYTORCH_WORKERS", "two"),
        ("TINYTORCH_BROKER_IMAGE", "redis"),
        ("TINYTORCH_LOGIN", "oauth"),
        ("TINYTORCH_DOMAIN", "course.example.edu"),
        ("TINYTORCH_INTERNAL_TLS", "1"),
    ],
)
def test_a_variable_that_makes_no_sense_is_named(name: str, value: str):
    with pytest.raises(ToolError, match="nothing was started"):
        Cluster.from_environment("tt", VARIABLES | {name: value})


def run(folder: Path, monkeypatch: pytest.MonkeyPatch) -> int:
    monkeypatch.chdir(Path(__file__).parents[2])
    monkeypatch.setattr(sys, "argv", ["hub.kubernetes", str(folder)])
    return main()


def test_the_program_says_which_setting_is_missing_and_where_it_belongs(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
):
    assert run(tmp_path / "out", monkeypatch) != 0
    assert capsys.readouterr().err.startswith("hub.kubernetes: TINYTORCH_URL is not set; write it into settings.env")
    assert [path.name for path in (tmp_path / "out").iterdir()] == ["settings.env"]


def test_the_program_writes_the_files_and_keeps_secrets_apart(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    (tmp_path / "settings.env").write_text("".join(f"{name}={value}\n" for name, value in VARIABLES.items()))
    assert run(tmp_path, monkeypatch) == 0
    kept = {path.name: path.read_text() for path in (tmp_path / "secrets").iterdir()}
    assert kept.keys() == set(KEYS)
    assert all(path.stat().st_mode & 0o777 == 0o600 for path in (tmp_path / "secrets").iterdir())
    assert kept["gradebook_password"] in kept["gradebook_database"] and kept["broker_password"] in kept["broker"]
    for name in ("values.json", "objects.json", "rooms.json"):
        assert not any(value in (tmp_path / name).read_text() for value in kept.values()), name
    assert (tmp_path / "first-passwords.csv").read_text().startswith("name,first password,")
    assert run(tmp_path, monkeypatch) == 0
    assert {path.name: path.read_text() for path in (tmp_path / "secrets").iterdir()} == kept


def test_every_key_of_the_secret_that_is_named_is_made():
    references = [json.dumps(FILES["objects.json"]), json.dumps(VALUES)]
    for key in KEYS:
        assert any(f'"key": "{key}"' in text for text in references), key
    named = {ref["key"] for ref in _references([VALUES, OBJECTS]) if ref["name"] == SECRETS}
    assert named <= set(KEYS) and named


def _references(value: Any) -> Iterator[dict[str, str]]:
    if isinstance(value, dict):
        if "secretKeyRef" in value:
            yield value["secretKeyRef"]
        for part in value.values():
            yield from _references(part)
    elif isinstance(value, list):
        for part in value:
            yield from _references(part)


def test_nothing_lies_over_the_folder_of_the_hubs_own_token():
    """The hub's pod alone has the cluster's token, below /run/secrets; a Secret mounted there would leave no room."""
    assert not any(mount["mountPath"].startswith("/run") for mount in VALUES["hub"]["extraVolumeMounts"])


ROOT = Path(__file__).parents[2]
EXAMPLE = ROOT / "deploy" / "kubernetes"


def test_the_committed_example_is_what_is_made_today():
    made = example(EXAMPLE, Course.load(ROOT))
    assert {path.name for path in EXAMPLE.iterdir()} == {path.name for path in made} | {"README.md", "settings.env"}
    stale = [path.name for path, text in made.items() if path.read_text(encoding="utf-8") != text]
    assert stale == [], "run python -m hub.kubernetes --example deploy/kubernetes"
    read = yaml.safe_load((EXAMPLE / "values.yaml").read_text(encoding="utf-8"))
    here = Cluster.from_environment("tinytorch", read_settings(Files(EXAMPLE), KUBERNETES))
    assert read == json.loads(json.dumps(files(here)["values.json"]))
    assert list(yaml.safe_load_all((EXAMPLE / "objects.yaml").read_text(encoding="utf-8"))) == json.loads(
        json.dumps(files(here)["objects.json"]["items"])
    )


def test_the_example_holds_no_secret(tmp_path: Path):
    """Every secret is a reference; the files of secrets are not beside it."""
    make_secrets(tmp_path / "secrets")
    made = "".join(path.read_text(encoding="utf-8") for path in EXAMPLE.iterdir())
    assert not re.search(r"\b[0-9a-f]{32,}\b", made)
    assert all(f"key: {key}" in made for key in KEYS)


@pytest.mark.parametrize(
    ("measured", "found"),
    [
        ("at most 239 MB at its peak and 6.4 s of one processor (`notebook_cost.py`)", ["| 239 |", "| 6.4 |"]),
        ("grades 0.70 submissions a second (module 03); two on one machine 1.49", ["| 0.70 |", "| 1.49 |"]),
        ("200 submissions of 100 kB within 20 s", ["200 students with a token each, 100 kB each, started within 20 s"]),
    ],
)
def test_each_measurement_that_the_capacity_rests_on_is_among_the_results(measured: str, found: list[str]):
    assert measured in (ROOT / "docs" / "operator" / "kubernetes.md").read_text(encoding="utf-8")
    results = (ROOT / "benchmarks" / "RESULTS.md").read_text(encoding="utf-8")
    assert all(figure in results for figure in found)


def test_the_capacity_table_follows_from_what_it_says_it_rests_on():
    text = (Path(__file__).parents[2] / "docs" / "operator" / "kubernetes.md").read_text(encoding="utf-8")
    rows = [
        [float(cell.replace(",", "")) for cell in line.strip("|").split("|")]
        for line in text.splitlines()
        if line.startswith("|") and line.split("|")[1].strip().replace(",", "").isdigit()
    ]
    assert [row[0] for row in rows] == [30, 100, 300, 1000, 3000, 10_000]
    promised = HERE.reserved["student"]
    assert (promised.memory, promised.processors, HERE.limits["student"].disk) == ("512M", 0.1, "2G")
    per_node = min(int(56 / 0.5), int(15 / promised.processors), 100)
    for enrolled, together, memory, nodes, homes, handed_in, rate, workers in rows:
        assert together == round(0.4 * enrolled)
        assert memory == together * 0.5 and homes == enrolled * 2
        assert nodes == math.ceil(together / per_node)
        assert handed_in == round(enrolled * 20 * 3 * 100e3 / 1e9, 1)
        assert rate == round(enrolled / 3600, 2)
        assert workers == math.ceil(enrolled / (0.70 * 1800))
        assert rate / 0.70 <= workers <= ON_THE_FARM  # on submit too, where the grading service keeps so many busy
