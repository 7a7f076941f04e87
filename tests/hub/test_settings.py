"""hub/settings.py: course.toml, folders and ports in, plain values out."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

import pytest

from hub.handover import receive, send
from hub.settings import (
    ROLES,
    Local,
    Places,
    Ports,
    apply,
    hub_values,
    role_of,
    roster,
    server_arguments,
    server_environment,
)
from tito.course import Course


@dataclass(frozen=True)
class Class:
    """A course's people."""

    id: str = "tt"
    title: str = "Tensors & Trees"
    instructors: tuple[str, ...] = ("prof",)
    tas: tuple[str, ...] = ("ta1", "ta2")
    students: tuple[str, ...] = ("ada", "alan")
    section_members: Mapping[str, tuple[str, ...]] = field(default_factory=lambda: {"A": ("ta1", "ada"), "B": ("ta1",)})


PEOPLE = Class()
PLACES = Places(Path("/data"))
LOCAL = Local(
    PLACES, Ports(8000, 4001, 4002, 4003, 4004, 4005, 4006), "abcd-efgh", "0123", as_root=False, shell="/bin/bash"
)


def test_everyone_on_the_roster_has_one_role():
    assert roster(PEOPLE) == ("prof", "ta1", "ta2", "ada", "alan")
    assert {name: role_of(PEOPLE, name) for name in roster(PEOPLE)} == {
        "prof": "staff",
        "ta1": "staff",
        "ta2": "staff",
        "ada": "student",
        "alan": "student",
    }


def test_a_student_gets_their_library_and_no_course():
    variables = server_environment(PEOPLE, LOCAL, "ada")
    assert variables["PYTHONPATH"] == variables["TINYTORCH_LIBRARY"] == "/data/libraries/ada"
    assert variables["TINYTORCH_EXCHANGE_URL"] == "http://127.0.0.1:4003/services/exchange/"
    assert variables["JUPYTER_CONFIG_PATH"] == str(ROLES / "student")
    assert "TINYTORCH_COURSE" not in variables


def test_staff_get_the_course_and_the_reference_library():
    variables = server_environment(PEOPLE, LOCAL, "ta1")
    assert variables["TINYTORCH_COURSE"] == variables["PYTHONPATH"] == "/data/course"
    assert variables["JUPYTER_CONFIG_PATH"] == str(ROLES / "staff")
    assert "TINYTORCH_LIBRARY" not in variables


def test_who_grades_does_so_in_the_kind_of_room_that_this_machine_was_given():
    local = replace(LOCAL, room="docker")
    services = {service["name"]: service for service in hub_values(PEOPLE, local)["JupyterHub"]["services"]}
    assert server_environment(PEOPLE, local, "ta1")["TINYTORCH_ROOM"] == "docker"
    assert services["grading"]["environment"]["TINYTORCH_ROOM"] == "docker"
    assert "TINYTORCH_ROOM" not in server_environment(PEOPLE, local, "ada")


def test_only_the_roster_may_log_in_and_nobody_is_admin():
    values = hub_values(PEOPLE, LOCAL)
    authenticator = values["RosterAuthenticator"]
    assert authenticator["allowed_users"] == set(roster(PEOPLE))
    assert not authenticator["allow_existing_users"]
    assert "admin_users" not in authenticator


def test_sections_are_groups_of_students_and_their_tas():
    values = hub_values(PEOPLE, LOCAL)
    assert values["JupyterHub"]["load_groups"] == {
        "students": {"users": ["ada", "alan"]},
        "staff": {"users": ["prof", "ta1", "ta2"]},
        "instructors": {"users": ["prof"]},
        "section-A": {"users": ["ta1", "ada"]},
        "section-B": {"users": ["ta1"]},
    }
    mine = values["RosterAuthenticator"]["course_groups"]
    assert mine["ta1"] == ["staff", "section-A", "section-B"]
    assert (mine["ada"], mine["alan"]) == (["students", "section-A"], ["students"])


def test_the_hub_runs_the_release_service_without_any_right():
    values = hub_values(PEOPLE, LOCAL, python="/python")
    (service,) = (found for found in values["JupyterHub"]["services"] if found["name"] == "release")
    assert service["command"] == ["/python", "-m", "hub.release", "--course", "/data/course", "--port", "4006"]
    assert not {"admin", "api_token"} & service.keys()
    roles = {role["name"]: role for role in values["JupyterHub"]["load_roles"]}
    assert not any("release" in role.get("services", ()) for role in roles.values())
    assert roles["release-users"]["groups"] == ["instructors"]


def test_everything_listens_on_this_machine_alone():
    values = hub_values(PEOPLE, LOCAL)
    assert values["JupyterHub"]["bind_url"] == "http://127.0.0.1:8000"
    assert values["JupyterHub"]["hub_bind_url"] == "http://127.0.0.1:4001"
    assert values["ConfigurableHTTPProxy"]["api_url"] == "http://127.0.0.1:4002"
    addresses = [s["url"] for s in values["JupyterHub"]["services"] if "url" in s]
    assert sorted(addresses) == [f"http://127.0.0.1:{port}" for port in (4003, 4004, 4005, 4006)]


def test_staff_the_course_command_and_the_grading_service_alone_hold_the_staff_scope():
    roles = {role["name"]: role for role in hub_values(PEOPLE, LOCAL)["JupyterHub"]["load_roles"]}
    assert roles["exchange-staff"]["scopes"] == ["custom:exchange:staff"]
    assert roles["exchange-staff"]["groups"] == ["staff"]
    assert roles["exchange-staff"]["services"] == ["course-tools", "grading"]
    assert roles["exchange-users"]["services"] == ["course-tools", "grading", "libraries"]
    assert roles["exchange-readers"] == {
        "name": "exchange-readers",
        "scopes": ["custom:exchange:read"],
        "services": ["libraries"],
    }
    assert roles["exchange-users"]["groups"] == roles["exchange-finders"]["groups"] == ["students", "staff"]
    assert "services" not in roles["exchange-finders"]
    assert roles["exchange-users"]["scopes"] == ["access:services!service=exchange"]


def test_everybody_in_the_course_opens_the_pages_and_a_server_does_not():
    roles = {role["name"]: role for role in hub_values(PEOPLE, LOCAL)["JupyterHub"]["load_roles"]}
    assert roles["pages"] == {
        "name": "pages",
        "scopes": ["access:services!service=grading", "access:services!service=libraries"],
        "groups": ["students", "staff"],
    }
    assert not set(roles["pages"]["scopes"]) & set(roles["server"]["scopes"])


def test_every_record_is_in_the_data_folder():
    values = hub_values(PEOPLE, LOCAL)
    assert values["JupyterHub"]["db_url"] == "sqlite:////data/hub/jupyterhub.sqlite"
    for place in (
        values["JupyterHub"]["cookie_secret_file"],
        values["ConfigurableHTTPProxy"]["pid_file"],
        values["CourseSpawner"]["home_dir_template"],
        values["CourseSpawner"]["log_template"],
    ):
        assert place.startswith("/data/")


@pytest.mark.parametrize(("as_root", "allowed"), [(True, True), (False, False)])
def test_root_is_allowed_only_where_it_is_needed(as_root: bool, allowed: bool):
    arguments = server_arguments(replace(LOCAL, as_root=as_root))
    assert ("--allow-root" in arguments) is allowed


def test_settings_are_applied_to_the_configuration():
    from traitlets.config import Config

    config = Config()
    apply({"JupyterHub": {"bind_url": "http://x"}, "Spawner": {"cmd": ["a", "b"]}}, config)
    assert config == {"JupyterHub": {"bind_url": "http://x"}, "Spawner": {"cmd": ["a", "b"]}}


def test_the_hub_is_told_what_serve_decided(checkout: Path):
    course = Course.load(checkout)
    decided = replace(LOCAL, room="docker", internal_tls=True)
    told = send(course, decided)
    assert all(isinstance(value, str) for value in told.values())
    received_course, local = receive(told)
    assert received_course == course
    assert replace(local, shell=LOCAL.shell) == decided


def plugins(role: str) -> set[str]:
    page = json.loads((ROLES / role / "labconfig" / "page_config.json").read_text(encoding="utf-8"))
    return {name for name, disabled in page["disabledExtensions"].items() if disabled}


def test_roles_name_plugins_that_nbgrader_has():
    import nbgrader

    static = Path(nbgrader.__file__).parent / "labextension" / "static"
    code = "".join(path.read_text(encoding="utf-8") for path in static.glob("*.js"))
    named = {name for role in ("student", "staff") for name in plugins(role) if name.startswith("@jupyter/nbgrader")}
    assert named
    for name in named:
        assert f'"{name}"' in code, f"{name} is no plugin of the installed nbgrader"


def test_a_file_in_ones_home_does_not_stand_in_for_a_module(tmp_path: Path) -> None:
    (tmp_path / "random.py").write_text("raise SystemExit('the wrong random')\n", encoding="utf-8")
    command = hub_values(PEOPLE, LOCAL)["CourseSpawner"]["cmd"]
    done = subprocess.run([*command, "--version"], cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
