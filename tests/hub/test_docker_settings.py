"""hub/docker_settings.py and hub/login.py: course.toml and variables in, plain values out."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from ipaddress import IPv4Network

import pytest

from hub.container_names import Names, subnet
from hub.docker_installation import Installation, Limits, Secrets
from hub.docker_settings import docker_values, server_of
from hub.login import LOGINS, first_password
from tito.addresses import BROKER, DATABASE
from tito.errors import ToolError
from tito.farm.signing import KEY


@dataclass(frozen=True)
class Class:
    """A course's people."""

    id: str = "tt"
    title: str = "Tensors & Trees"
    instructors: tuple[str, ...] = ("prof",)
    tas: tuple[str, ...] = ("ta",)
    students: tuple[str, ...] = ("ada", "Al.B")
    section_members: Mapping[str, tuple[str, ...]] = field(default_factory=lambda: {"A": ("ta", "ada")})


PEOPLE = Class()
VARIABLES = {
    "TINYTORCH_STUDENT_IMAGE": "tinytorch/student:1",
    "TINYTORCH_GRADER_IMAGE": "tinytorch/grader:1",
    "TINYTORCH_LIBRARIES": "/volumes/libraries",
    "TINYTORCH_COURSE_FOLDER": "/files/course",
}
HERE = Installation.from_environment(VARIABLES)
SECRETS = Secrets(
    "proxy-token",
    "ab" * 32,
    "login-secret",
    "database-password",
    "exchange-token",
    "libraries-token",
    "release-token",
    "grading-token",
    "gradebook-address",
    "broker-address",
    "farm-key",
)
FARM = {DATABASE: "gradebook-address", BROKER: "broker-address", KEY: "farm-key"}


def values(here: Installation = HERE) -> dict[str, dict[str, object]]:
    return docker_values(PEOPLE, here, SECRETS)


def test_a_student_sees_their_home_and_their_library_and_no_course():
    server = server_of(PEOPLE, HERE, "ada", FARM)
    assert server.image == "tinytorch/student:1"
    assert server.volumes == {"tinytorch-home-ada": "/home/course"}
    assert server.read_only_volumes == {"/volumes/libraries/ada": "/opt/library"}
    assert server.environment["PYTHONPATH"] == "/opt/library"
    assert "TINYTORCH_COURSE" not in server.environment


@pytest.mark.parametrize("who", ["prof", "ta"])
def test_staff_see_the_course(who: str):
    server = server_of(PEOPLE, HERE, who, FARM)
    assert server.image == "tinytorch/grader:1"
    assert server.volumes == {f"tinytorch-home-{who}": "/home/course", "tinytorch_course": "/home/course/course"}
    assert server.environment["TINYTORCH_COURSE"] == "/home/course/course"


def test_limits_are_by_role():
    here = Installation.from_environment(
        VARIABLES | {"TINYTORCH_STUDENT_MEMORY": "768M", "TINYTORCH_STAFF_PROCESSORS": "3"}
    )
    assert here.limits == {"student": Limits("768M", 1.0, 256, "2G"), "staff": Limits("2G", 3.0, 512, "5G")}
    server = server_of(PEOPLE, here, "ada", FARM)
    assert (server.memory, server.processors) == ("768M", 1.0)
    assert server.host_config["memswap_limit"] == "768M"
    assert server.host_config["pids_limit"] == 256
    assert server_of(PEOPLE, here, "ta", FARM).environment["OMP_NUM_THREADS"] == "3"


def test_only_the_roster_may_log_in_and_nobody_signs_up():
    found = values()
    assert found["JupyterHub"]["authenticator_class"] == LOGINS["native"]
    native = found["Native"]
    assert native["allowed_users"] == {"prof", "ta", "ada", "Al.B"}
    assert not native["enable_signup"] and not native["allow_existing_users"]
    assert "admin_users" not in native


def test_everybody_has_another_first_password_that_needs_the_secret():
    passwords = {user: first_password("a", user) for user in ("ada", "alan")}
    assert len(set(passwords.values())) == 2
    assert passwords == {user: first_password("a", user) for user in ("ada", "alan")}
    assert first_password("b", "ada") != passwords["ada"]
    assert all(len(password.replace("-", "")) == 16 for password in passwords.values())


def test_a_server_may_do_what_it_must_and_no_more():
    roles = {role["name"]: role for role in values()["JupyterHub"]["load_roles"]}
    assert set(roles["server"]["scopes"]) == {
        "users:activity!user",
        "access:servers!server",
        "read:users:groups!user",
        "list:services!service=exchange",
        "read:services!service=exchange",
        "access:services!service=exchange",
        "custom:exchange:staff",  # a token never holds more than its owner: students do not have it
        "access:services!service=release",  # nor TAs this one
    }
    assert roles["exchange-staff"]["groups"] == ["staff"]
    assert "admin" not in str(roles["culler"]["scopes"])


def test_servers_reach_the_hub_through_the_proxy_alone():
    found = values()
    assert found["CourseContainer"]["hub_connect_url"] == "http://proxy:8000"
    assert found["JupyterHub"]["hub_bind_url"] == found["JupyterHub"]["hub_connect_url"] == "http://hub-services:8081"
    assert found["ConfigurableHTTPProxy"]["api_url"] == "http://proxy-control:8001"
    assert not found["ConfigurableHTTPProxy"]["should_start"]


@pytest.mark.parametrize(
    ("more", "prefixed"),
    [
        ({"TINYTORCH_URL": "https://tt.example.org"}, True),
        ({"TINYTORCH_URL": "http://tt.example.org"}, False),
        ({"TINYTORCH_TLS_CERTIFICATE": "/etc/chain.pem"}, True),
        ({}, False),
    ],
)
def test_cookies_are_bound_to_the_host_where_there_is_tls(more: dict[str, str], prefixed: bool):
    found = values(Installation.from_environment(VARIABLES | more))["JupyterHub"]
    assert found["cookie_host_prefix_enabled"] is prefixed
    assert found.get("public_url", "/") == more.get("TINYTORCH_URL", "") + "/"


def test_users_have_subdomains_where_there_is_a_domain():
    assert "subdomain_host" not in values()["JupyterHub"]
    here = replace(HERE, encrypted=True, domain="tt.example.org")
    assert values(here)["JupyterHub"]["subdomain_host"] == "https://tt.example.org"


LTI = {
    "TINYTORCH_LOGIN": "lti",
    "TINYTORCH_LTI_ISSUER": "https://moodle.example.org",
    "TINYTORCH_LTI_AUTHORIZE_URL": "https://moodle.example.org/auth",
    "TINYTORCH_LTI_JWKS_URL": "https://moodle.example.org/jwks",
    "TINYTORCH_LTI_CLIENT_ID": "abc",
    "TINYTORCH_LTI_USERNAME_KEY": "email",
}
OAUTH = {
    "TINYTORCH_LOGIN": "oauth",
    "TINYTORCH_URL": "https://tt.example.org",
    "TINYTORCH_OAUTH_CLIENT_ID": "abc",
    "TINYTORCH_OAUTH_AUTHORIZE_URL": "https://id.example.org/auth",
    "TINYTORCH_OAUTH_TOKEN_URL": "https://id.example.org/token",
    "TINYTORCH_OAUTH_USERDATA_URL": "https://id.example.org/user",
    "TINYTORCH_OAUTH_USERNAME_CLAIM": "preferred_username",
}


def test_log_in_from_a_learning_platform():
    lti = values(Installation.from_environment(VARIABLES | LTI))["Lti"]
    assert lti["client_id"] == {"abc"} and lti["issuer"] == "https://moodle.example.org"
    assert lti["allowed_users"] == {"prof", "ta", "ada", "Al.B"} and "first_passwords" not in lti


def test_log_in_by_an_identity_provider():
    oauth = values(Installation.from_environment(VARIABLES | OAUTH))["OAuth"]
    assert oauth["client_secret"] == "login-secret"
    assert oauth["oauth_callback_url"] == "https://tt.example.org/hub/oauth_callback"
    assert not oauth["allow_existing_users"]


@pytest.mark.parametrize(("login", "more"), [("native", {}), ("lti", LTI), ("oauth", OAUTH)])
def test_every_trait_exists(login: str, more: dict[str, str]):
    """A misspelt trait would be ignored by the hub with a line in its log."""
    from jupyterhub.app import JupyterHub
    from jupyterhub.proxy import ConfigurableHTTPProxy
    from ltiauthenticator.lti13.validator import LTI13LaunchValidator
    from traitlets import import_item

    from hub.docker_spawner import CourseContainer

    found = values(Installation.from_environment(VARIABLES | more))
    authenticator = import_item(LOGINS[login])
    classes = [JupyterHub, ConfigurableHTTPProxy, CourseContainer, authenticator]
    if login == "lti":
        classes.append(LTI13LaunchValidator)
    assert found.keys() == {one.__name__ for one in classes}
    for one in classes:
        unknown = found[one.__name__].keys() - set(one.class_traits(config=True))
        assert unknown == set(), f"{one.__name__} has no {unknown}"


@pytest.mark.parametrize(
    ("variable", "value"),
    [
        ("PROJECT", "Tiny Torch"),
        ("URL", "tt.example.org"),
        ("LOGIN", "ldap"),
        ("STUDENT_MEMORY", "lots"),
        ("STUDENT_PROCESSES", "-1"),
        ("STUDENT_DISK", "2GB"),
        ("SUBNETS", "10.0.0.0/30"),
        ("SUBNETS", "10.0.0.0/99"),
        ("LIBRARIES", "relative"),
        ("STUDENT_IMAGE", ""),
        ("IDLE_MINUTES", "soon"),
    ],
)
def test_a_variable_that_makes_no_sense_is_one_line(variable: str, value: str):
    with pytest.raises(ToolError, match=f"TINYTORCH_{variable}.*nothing was started") as error:
        Installation.from_environment(VARIABLES | {f"TINYTORCH_{variable}": value})
    assert "\n" not in str(error.value)


def test_a_log_in_lacking_a_variable_is_one_line():
    lacking = {name: value for name, value in LTI.items() if name != "TINYTORCH_LTI_JWKS_URL"}
    with pytest.raises(ToolError, match="TINYTORCH_LTI_JWKS_URL is not set"):
        Installation.from_environment(VARIABLES | lacking)


def test_names_come_back():
    names = Names("tt")
    for user in ("ada", "Al.B", "x-y_z"):
        assert names.user(names.server(user)) == user
    for other in ("tt-hub", "tt-user-", "tt-user-a/b", "tt-user-../x", "other-user-ada", "xtt-user-ada", "tt-user-a\n"):
        assert names.user(other) is None


def test_users_networks_do_not_overlap():
    pool = IPv4Network("10.77.0.0/24")
    found = [subnet(pool, number) for number in range(32)]
    assert len(set(found)) == 32 and all(one.subnet_of(pool) and one.prefixlen == 29 for one in found)
    assert subnet(pool, 32) == found[0]
    with pytest.raises(ValueError, match=r"10\.0\.0\.0/30"):
        subnet(IPv4Network("10.0.0.0/30"), 1)


def test_the_hubs_pages_name_the_course_and_where_a_password_is_chosen():
    shown = values()["JupyterHub"]["template_vars"]
    assert shown["announcement_login"] == "<b>Tensors &amp; Trees</b>"
    assert 'href="/hub/change-password"' in shown["announcement_home"]
    assert (
        "announcement_home" not in values(Installation.from_environment(VARIABLES | LTI))["JupyterHub"]["template_vars"]
    )
