"""deploy/compose.yaml and the images' recipe, read as data: bounds that every service keeps."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
import yaml

from hub.container_names import Names
from hub.docker_files import Files, make_secrets
from hub.docker_images import TARGETS
from tests.hub.test_docker_settings import values

ROOT = Path(__file__).parents[2]
TEXT = (ROOT / "deploy" / "compose.yaml").read_text(encoding="utf-8")
COMPOSE: dict[str, Any] = yaml.safe_load(TEXT)
SERVICES: dict[str, dict[str, Any]] = COMPOSE["services"]


@pytest.mark.parametrize("name", SERVICES)
def test_every_service_is_bounded_and_comes_back(name: str):
    service = SERVICES[name]
    assert service["cap_drop"] == ["ALL"] and service["security_opt"] == ["no-new-privileges:true"]
    assert service["read_only"] is True and service["restart"] == "unless-stopped"
    assert "max-size" in service["logging"]["options"]
    assert not {"privileged", "network_mode", "pid", "ipc", "cap_add", "devices"} & service.keys()


def test_docker_has_one_user_and_browsers_one_door():
    assert [name for name, service in SERVICES.items() if "docker.sock" in str(service.get("volumes"))] == ["guard"]
    assert [name for name, service in SERVICES.items() if "ports" in service] == ["proxy"]
    networks = COMPOSE["networks"]
    assert [name for name, network in networks.items() if not network.get("internal")] == ["front"]
    assert [name for name, service in SERVICES.items() if "front" in service["networks"]] == ["proxy"]
    assert {name for name, service in SERVICES.items() if "engine" in service["networks"]} == {"hub", "guard"}


def test_no_secret_is_in_a_variable_or_a_command(tmp_path: Path):
    for service in SERVICES.values():
        for name in service.get("environment", {}):
            assert not re.search("PASSWORD|SECRET|TOKEN|KEY", name) or name.endswith("_FILE"), name
    make_secrets(Files(tmp_path))
    made = {path.name for path in (tmp_path / "secrets").iterdir()} - {"no_tls"}
    assert made | {"tls_certificate", "tls_key"} == COMPOSE["secrets"].keys()
    used = {secret for service in SERVICES.values() for secret in service.get("secrets", [])}
    assert used == COMPOSE["secrets"].keys()


def test_the_spawner_and_compose_mean_the_same_containers_and_volumes():
    names = Names("${TINYTORCH_PROJECT}")
    assert SERVICES["hub"]["container_name"] == names.hub
    assert SERVICES["proxy"]["container_name"] == names.proxy
    assert SERVICES["broker"]["container_name"] == names.broker
    assert SERVICES["database"]["container_name"] == names.database
    assert names.farm.removeprefix("${TINYTORCH_PROJECT}_") in COMPOSE["networks"]
    assert names.course.removeprefix("${TINYTORCH_PROJECT}_") in COMPOSE["volumes"]


def test_what_the_hub_talks_to_has_a_name_that_no_users_network_has():
    """It is in those networks too, and they end with their servers: a connection by way of one would hang."""
    told = str(values()["JupyterHub"])
    hosts = {*re.findall(r"http://([a-z-]+):\d", told), *re.findall(r"@([a-z-]+)/", told)} - {"hub-services"}
    assert "database-records" in hosts and len(hosts) == 5
    assert not hosts & {alias for aliases in Names("tt").aliases(staff=True).values() for alias in aliases}
    assert not hosts & SERVICES.keys()  # compose gives a service its own name in every network
    known = [network for service in SERVICES.values() for network in dict_of(service["networks"]).values()]
    assert hosts <= {alias for network in known for alias in network.get("aliases", [])}


def dict_of(networks: Any) -> dict[str, Any]:
    return networks if isinstance(networks, dict) else {name: {} for name in networks}


def test_the_release_service_alone_writes_what_the_class_reads_of_course_toml():
    mounts = {
        name: mount
        for name, service in SERVICES.items()
        for mount in service.get("volumes", [])
        if "COURSE_FOLDER" in mount
    }
    assert [name for name, mount in mounts.items() if not mount.endswith(":ro")] == ["release"]
    assert SERVICES["release"]["group_add"] == ["${TINYTORCH_SECRETS_GROUP}"]
    assert len(mounts) == 5


def test_every_target_is_pinned_small_and_no_root():
    recipe = (ROOT / "Dockerfile").read_text(encoding="utf-8")
    for target in TARGETS:
        stage = re.split(r"^FROM ", recipe.split(f" AS {target}\n")[1], flags=re.MULTILINE)[0]
        users = re.findall(r"^USER (\w+)", stage, flags=re.MULTILINE)
        assert users and "root" not in users
        assert f"org.tinytorch.image={target}" in stage
    locked = {line.split("==")[0] for line in (ROOT / "requirements-docker.lock").read_text().splitlines()}
    for file in (ROOT / "deploy" / "images").glob("*.txt"):
        for line in file.read_text(encoding="utf-8").splitlines():
            if line and not line.startswith("#"):
                assert line.partition("[")[0] in locked, f"{file.name}: {line} is not in requirements-docker.lock"


def test_what_images_hold_is_for_every_user_whatever_the_checkouts_umask():
    text = (ROOT / "Dockerfile").read_text(encoding="utf-8")
    stages = {stage.splitlines()[0].split(" AS ")[-1]: stage for stage in re.split(r"^FROM ", text, flags=re.M)[1:]}
    assert "\nRUN chmod -R u=rwX,go=rX /checkout\n" in stages.pop("checkout")
    for target, stage in stages.items():
        copied = re.findall(r"^COPY (.*)$", stage, flags=re.MULTILINE)
        assert [line for line in copied if not line.startswith("--from=checkout ")] == [], target


def test_the_student_image_gets_no_source():
    stage = (ROOT / "Dockerfile").read_text().split(" AS student\n")[1].split("\nFROM ")[0]
    copied = re.findall(r"^COPY --from=checkout (.*) \S+$", stage, flags=re.MULTILINE)
    assert [path.removeprefix("/checkout/") for path in copied] == [
        "hub/roles/student",
        "hub/jupyter",
        "deploy/images/role",
    ]


def test_lock_files_agree():
    plain = set((ROOT / "requirements.lock").read_text().splitlines())
    assert plain <= set((ROOT / "requirements-docker.lock").read_text().splitlines())
