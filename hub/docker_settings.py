"""What the hub is told when Docker runs the servers: course.toml and variables in, plain values out.

Nothing here starts, reads or writes anything. `hub/docker_config.py` applies it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from html import escape
from typing import Any

from hub.container_names import CLASS, COURSE, HOME, INTERNAL_TLS, LIBRARY
from hub.disk import bytes_of, file_bound
from hub.docker_installation import Installation, Limits, Secrets
from hub.exchange import access as exchange
from hub.login import login_values
from hub.rooms_profile import SECURITY, UNMASKED
from hub.settings import (
    GRADING,
    LIBRARIES,
    RELEASE,
    STAFF,
    STUDENTS,
    People,
    Role,
    groups,
    page_roles,
    role_of,
    roster,
)
from tito.addresses import BROKER, DATABASE
from tito.farm.signing import KEY

__all__ = [
    "LIBRARIES",
    "RELEASE",
    "SERVICE_PORTS",
    "Server",
    "class_roles",
    "docker_values",
    "hub_service",
    "server_environment",
    "server_of",
]


SERVICE_PORTS = {exchange.SERVICE: 8090, GRADING: 8091, LIBRARIES: 8092, RELEASE: 8010}
"""The hub's services and where each listens in its container."""


@dataclass(frozen=True)
class Server:
    """What one user's container is made of."""

    image: str
    memory: str
    processors: float
    disk: int
    """Bytes of the home."""
    environment: Mapping[str, str]
    volumes: Mapping[str, str]
    read_only_volumes: Mapping[str, str]
    host_config: Mapping[str, Any]
    paths: Mapping[str, Any]
    """What of /proc is covered, where that is not Docker's own choice."""
    staff: bool


def server_of(people: People, here: Installation, user: str, farm: Mapping[str, str]) -> Server:
    """A student gets their home and their library; staff get their home, the course and the `farm`'s variables."""
    role = role_of(people, user)
    limits = here.limits[role]
    student = role == "student"
    return Server(
        staff=not student,
        image=here.student_image if student else here.grader_image,
        memory=limits.memory,
        processors=limits.processors,
        disk=bytes_of(limits.disk),
        environment=server_environment(people.id, role, limits, here.proxy) | ({} if student else dict(farm)),
        volumes={here.names.home(user): HOME} | ({} if student else {here.names.course: COURSE}),
        read_only_volumes=({f"{here.libraries}/{user}": LIBRARY} if student else {here.course_folder: CLASS}),
        host_config=host_config(limits) | ({} if student else {"security_opt": list(SECURITY)}),
        paths={} if student else UNMASKED,
    )


def server_environment(course: str, role: Role, limits: Limits, proxy: str) -> dict[str, str]:
    """Variables of a server of `role`, wherever containers run; `proxy` is where it finds the hub's services."""
    threads = str(max(1, int(limits.processors)))
    environment = {
        "TINYTORCH_COURSE_ID": course,
        "TINYTORCH_EXCHANGE_URL": f"{proxy}/services/{exchange.SERVICE}/",
        "OMP_NUM_THREADS": threads,
        "OPENBLAS_NUM_THREADS": threads,
    }
    if role == "student":
        return environment | {"PYTHONPATH": LIBRARY, "TINYTORCH_LIBRARY": LIBRARY}
    return environment | {"PYTHONPATH": COURSE, "TINYTORCH_COURSE": COURSE}


def host_config(limits: Limits) -> dict[str, Any]:
    """What keeps a container in its bounds; the guard of Docker's socket insists on it (hub/guard_rules.py)."""
    return {
        "cap_drop": ["ALL"],
        "security_opt": ["no-new-privileges"],
        "read_only": True,
        "tmpfs": {"/tmp": "rw,nosuid,nodev,size=256m"},
        "pids_limit": limits.processes,
        "ulimits": file_bound(bytes_of(limits.disk)),
        "memswap_limit": limits.memory,  # no swap on top of the memory
        "init": True,
        "dns": ["127.0.0.1"],  # names of the own network only: nothing leaves through a resolver
        "log_config": {"Type": "json-file", "Config": {"max-size": "5m", "max-file": "2"}},
    }


def docker_values(people: People, here: Installation, secrets: Secrets) -> dict[str, dict[str, Any]]:
    """Every trait that the hub's configuration sets, by class."""
    everyone = roster(people)
    names = here.names
    farm = {DATABASE: secrets.gradebook_database, BROKER: secrets.broker, KEY: secrets.farm_key}
    jupyterhub = {
        "bind_url": "http://:8000",
        # Its address on the services' network alone: the hub is in users' networks too, and does not listen there.
        "hub_bind_url": f"{here.inside}://hub-services:8081",
        "hub_connect_url": f"{here.inside}://hub-services:8081",
        "internal_ssl": bool(here.keys),
        "internal_certs_location": f"{INTERNAL_TLS}/store",
        # Its name on the records' network alone: the hub meets the database in staff's networks too, which come and go.
        "db_url": f"postgresql+psycopg://hub:{secrets.database_password}@database-records/hub",
        "cookie_secret": bytes.fromhex(secrets.cookie_secret),
        "spawner_class": "hub.docker_spawner.CourseContainer",
        "cleanup_servers": False,  # a hub that restarts finds everybody's server as it was
        "cleanup_proxy": False,
        "upgrade_db": True,
        "allow_named_servers": False,
        "active_server_limit": 0,
        # Seconds. A proxy that starts anew knows no route; this is also how often the hub looks which are missing.
        "last_activity_interval": 20,
        "template_vars": announcements(people, here),
        "concurrent_spawn_limit": 0,  # it would turn people away; the spawner has them wait (hub/docker_spawner.py)
        "cookie_host_prefix_enabled": here.encrypted,
        "load_groups": groups(people),
        "load_roles": roles(),
        "custom_scopes": exchange.CUSTOM_SCOPES,
        "services": [
            culler(here),
            *(
                hub_service(name, f"{here.inside}://{name}-services:{port}")
                | {"name": name, "api_token": getattr(secrets, f"{name}_token")}
                for name, port in SERVICE_PORTS.items()
            ),
        ],
        "log_level": "INFO",
    }
    if here.url:
        jupyterhub["public_url"] = f"{here.url}/"
    if here.domain:
        jupyterhub["subdomain_host"] = f"{'https' if here.encrypted else 'http'}://{here.domain}"
    login = login_values(people, here.login, here.login_options, secrets.login)
    return login | {
        "JupyterHub": jupyterhub | login["JupyterHub"],
        "ConfigurableHTTPProxy": {
            "should_start": False,
            "api_url": f"{here.inside}://proxy-control:8001",
            "auth_token": secrets.proxy_token,
        },
        "CourseContainer": {
            "project": names.project,
            "subnets": here.subnets,
            "servers": {user: server_of(people, here, user, farm) for user in everyone},
            "hub_connect_url": here.proxy,
            "keys": here.keys,
            "use_internal_hostname": False,  # servers are known by their addresses, with internal TLS too
            "remove": True,
            "pull_policy": "never",
            "use_internal_ip": True,
            "default_url": "/lab",
            "disable_user_config": True,
            "start_timeout": 600,  # seconds, with waiting for one's turn
            "http_timeout": 60,
        },
    }


def announcements(people: People, here: Installation) -> dict[str, str]:
    """What stands above the log-in and above everybody's own page of the hub, as HTML."""
    found = {"announcement_login": f"<b>{escape(people.title)}</b>"}
    if here.login == "native":
        found["announcement_home"] = 'Still your first password? <a href="/hub/change-password">Choose your own.</a>'
    return found


def class_roles() -> list[dict[str, Any]]:
    """What servers, people and services may do, by the groups, wherever a class's containers run."""
    services = [GRADING, RELEASE]
    return [
        *exchange.roles(
            {"groups": [STUDENTS, STAFF], "services": [*services, LIBRARIES]},
            {"groups": [STAFF], "services": services},
            readers=[LIBRARIES],
        ),
        *page_roles({"groups": [STUDENTS, STAFF]}),
    ]


def roles() -> list[dict[str, Any]]:
    """Those of a class; and the culler may stop what is idle."""
    return [
        *class_roles(),
        {
            "name": "culler",
            "scopes": ["list:users", "read:users:activity", "read:servers", "delete:servers"],
            "services": ["culler"],
        },
    ]


def hub_service(name: str, url: str) -> dict[str, Any]:
    """One of the hub's services: the proxy leads /services/<name>/ there; people log in to those that have pages."""
    return {"url": url} if name == exchange.SERVICE else {"url": url, "oauth_no_confirm": True}


def culler(here: Installation) -> dict[str, Any]:
    """Stops servers that nobody used for a while. The hub runs it and hands it its token."""
    command = ["python", "-m", "jupyterhub_idle_culler", f"--timeout={60 * here.idle_minutes}", "--cull-every=300"]
    if here.keys:
        command += ["--ssl-enabled=true", f"--internal-certs-location={INTERNAL_TLS}/store"]
    return {"name": "culler", "command": command}
