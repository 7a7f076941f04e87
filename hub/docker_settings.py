"""What the hub is told when Docker runs the servers: course.toml and variables in, plain values out.

Nothing here starts, reads or writes anything. `hub/docker_config.py` applies it; docs/operator/docker.md names the
variables.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from html import escape
from ipaddress import IPv4Network
from typing import Any
from urllib.parse import urlsplit

from hub.container_names import CLASS, COURSE, HOME, INTERNAL_TLS, LIBRARY, Names
from hub.disk import bytes_of, file_bound
from hub.exchange import access as exchange
from hub.login import LOGINS, login_options, login_values
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
from tito.errors import ToolError
from tito.farm.signing import KEY
from tito.limits import PATTERNS

__all__ = [
    "LIBRARIES",
    "RELEASE",
    "SERVICE_PORTS",
    "Installation",
    "Limits",
    "Secrets",
    "Server",
    "Variables",
    "class_roles",
    "docker_values",
    "hub_service",
    "limit_variables",
    "server_environment",
    "server_of",
]


PROXY, ENCRYPTED_PROXY = "http://proxy:8000", "https://proxy:8444"
"""The one peer that a server can reach; the hub and its services stand behind it."""

SERVICE_PORTS = {exchange.SERVICE: 8090, GRADING: 8091, LIBRARIES: 8092, RELEASE: 8010}
"""The hub's services and where each listens in its container."""


@dataclass(frozen=True)
class Limits:
    """What one server may use."""

    memory: str
    processors: float
    processes: int
    disk: str
    """Of its owner's home; hub/disk.py says how far it is kept."""


def limit_variables(limits: Mapping[str, Mapping[str, str]]) -> dict[str, str]:
    """course.toml's limits as the variables that an administrator's settings come before."""
    return {
        f"TINYTORCH_{role}_{name}".upper(): value for role, values in limits.items() for name, value in values.items()
    }


@dataclass(frozen=True)
class Secrets:
    """What the hub's secret files hold."""

    proxy_token: str
    cookie_secret: str
    login: str
    """What first passwords follow from, or what an identity provider knows the hub by."""
    database_password: str
    exchange_token: str
    libraries_token: str
    release_token: str
    grading_token: str
    gradebook_database: str
    """The gradebook's address, which staff's servers get."""
    broker: str
    """The address of the farm's Redis, which staff's servers get."""
    farm_key: str
    """What jobs and answers on the farm are signed with."""


@dataclass(frozen=True)
class Installation:
    """One hub under Docker, as its variables describe it."""

    names: Names
    url: str
    """The address that browsers use; empty for whatever address they come by."""
    encrypted: bool
    """Whether browsers speak TLS to it, here or at a front end before it."""
    student_image: str
    grader_image: str
    libraries: str
    """The folder of the students' libraries as Docker's machine sees it."""
    course_folder: str
    """The folder of course.toml and the roster as Docker's machine sees it."""
    subnets: str = "10.77.0.0/16"
    domain: str = ""
    login: str = "native"
    login_options: Mapping[str, str] = field(default_factory=dict)
    idle_minutes: int = 60
    limits: Mapping[str, Limits] = field(default_factory=dict)
    keys: str = ""
    """The folder of the servers' keys as Docker's machine sees it; empty: no internal TLS."""

    @property
    def inside(self) -> str:
        """How the hub, the proxy, the services and the servers speak with each other."""
        return "https" if self.keys else "http"

    @property
    def proxy(self) -> str:
        """Where a server finds the hub and its services."""
        return ENCRYPTED_PROXY if self.keys else PROXY

    @property
    def hosts(self) -> list[str]:
        """The names that browsers ask for, as far as the settings say; one of users' subdomains stands for all."""
        of_url = urlsplit(self.url).hostname
        return [*([of_url] if of_url else []), *([self.domain, f"user.{self.domain}"] if self.domain else [])]

    @classmethod
    def from_environment(cls, environment: Mapping[str, str]) -> Installation:
        """The installation that `TINYTORCH_...` variables describe.

        Raises:
            ToolError: one is missing or makes no sense.
        """
        read = Variables(environment)
        login = read.text("LOGIN", "|".join(LOGINS), "native")
        return cls(
            names=Names(read.text("PROJECT", r"[a-z0-9][a-z0-9-]{0,30}", "tinytorch")),
            url=read.text("URL", r"(https?://[^/\s]+/?)?", "").rstrip("/"),
            encrypted=read.encrypted(),
            student_image=read.text("STUDENT_IMAGE", r"\S+"),
            grader_image=read.text("GRADER_IMAGE", r"\S+"),
            libraries=read.text("LIBRARIES", r"/\S+"),
            course_folder=read.text("COURSE_FOLDER", r"/.+"),
            subnets=read.network("SUBNETS", "10.77.0.0/16"),
            domain=read.text("DOMAIN", r"[a-z0-9.-]*", ""),
            login=login,
            login_options=login_options(login, environment),
            idle_minutes=int(read.text("IDLE_MINUTES", r"\d{1,5}", "60")),
            limits=read.limits(),
            keys=read.text("SERVER_KEYS", r"(/.+)?", ""),
        )


class Variables:
    """Takes values out of the environment and names each that does not fit."""

    def __init__(self, environment: Mapping[str, str], remedy: str = "start the hub with make up") -> None:
        self.environment, self.remedy = environment, remedy

    def text(self, name: str, pattern: str, default: str | None = None) -> str:
        """The value of TINYTORCH_<name>.

        Raises:
            ToolError: it is missing without a default, or does not fit `pattern`.
        """
        value = self.environment.get(f"TINYTORCH_{name}") or default
        if value is None:
            raise ToolError(f"TINYTORCH_{name} is not set; {self.remedy} (nothing was started)")
        if not re.fullmatch(pattern, value):
            raise ToolError(
                f"TINYTORCH_{name} is {value!r}, which does not fit {pattern}; mend it (nothing was started)"
            )
        return value

    def encrypted(self) -> bool:
        """Whether browsers speak TLS to this installation."""
        environment = self.environment
        own = bool(environment.get("TINYTORCH_TLS_CERTIFICATE"))
        return own or urlsplit(environment.get("TINYTORCH_URL", "")).scheme == "https"

    def switch(self, name: str) -> bool:
        """Whether TINYTORCH_<name> is on.

        Raises:
            ToolError: it is neither 1 nor 0.
        """
        return self.text(name, "[01]", "0") == "1"

    def refuse(self, name: str, reason: str) -> None:
        """Say that TINYTORCH_<name> does nothing here, instead of leaving it out.

        Raises:
            ToolError: it is set.
        """
        if self.environment.get(f"TINYTORCH_{name}", "0") not in ("", "0"):
            raise ToolError(f"TINYTORCH_{name} cannot be used here: {reason}; take it out (nothing was started)")

    def network(self, name: str, default: str) -> str:
        """A network for the users' servers.

        Raises:
            ToolError: it is none, or too small.
        """
        value = self.text(name, r"[0-9./]+", default)
        try:
            if IPv4Network(value).prefixlen <= 24:
                return value
        except ValueError:
            pass
        raise ToolError(
            f"TINYTORCH_{name} is {value!r}; give a network of at least 256 addresses that nothing else uses, "
            f"such as {default} (nothing was started)"
        )

    def limits(self) -> dict[str, Limits]:
        """What each role's servers may use."""
        return {
            "student": self._limits("STUDENT", Limits("1G", 1.0, 256, "2G")),
            "staff": self._limits("STAFF", Limits("2G", 2.0, 512, "5G")),
        }

    def _limits(self, role: str, default: Limits) -> Limits:
        return Limits(
            self.text(f"{role}_MEMORY", PATTERNS["memory"], default.memory),
            float(self.text(f"{role}_PROCESSORS", PATTERNS["processors"], str(default.processors))),
            int(self.text(f"{role}_PROCESSES", PATTERNS["processes"], str(default.processes))),
            self.text(f"{role}_DISK", PATTERNS["disk"], default.disk),
        )


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
