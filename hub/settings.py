"""What the hub is told, as pure functions: course.toml, folders and ports in, plain values out.

Nothing here starts, reads or writes anything, so every rule is tested without a hub.
"""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, Protocol

from hub.exchange.access import CUSTOM_SCOPES, SERVICE, access_scope, roles
from tito.grading.policy import ALLOW_PLAIN, ROOM

__all__ = [
    "GRADING",
    "INSTRUCTORS",
    "LIBRARIES",
    "RELEASE",
    "ROLES",
    "SERVER",
    "STAFF",
    "STUDENTS",
    "Local",
    "People",
    "Places",
    "Ports",
    "groups",
    "groups_by_user",
    "hub_values",
    "page_roles",
    "role_of",
    "roster",
]

GRADING = "grading"
"""The service that runs visible tests on submit and grades at the deadline."""

LIBRARIES = "libraries"
"""The service that builds students' libraries of what they hand in."""

RELEASE = "release"
"""The service that releases modules on time; its pages, where the term is seen and changed, are for instructors."""

TOOLS = "course-tools"
"""Whose name the `tito` command acts in, where no server's token is at hand."""

Role = Literal["student", "staff"]

ROLES = Path(__file__).parent / "roles"
"""One folder a role, put on JUPYTER_CONFIG_PATH: Jupyter looks there before anywhere else."""


SECTION = "section-"
"""Begins the names of the hub's groups that stand for sections."""

PAGE = Path(__file__).parent / "jupyter"
"""The course's own part of JupyterLab's page, put on JUPYTER_PATH."""

SERVER = ("-P", "-m", "tito.server")
"""How Python starts a user's server."""

STUDENTS, STAFF, INSTRUCTORS = "students", "staff", "instructors"
"""The hub's groups that rights are granted to; instructors are among the staff."""


class People(Protocol):
    """What the settings use of a `tito.course.Course`."""

    @property
    def id(self) -> str: ...
    @property
    def title(self) -> str: ...
    @property
    def instructors(self) -> tuple[str, ...]: ...
    @property
    def tas(self) -> tuple[str, ...]: ...
    @property
    def students(self) -> tuple[str, ...]: ...
    @property
    def section_members(self) -> Mapping[str, tuple[str, ...]]: ...


@dataclass(frozen=True)
class Places:
    """Where `make serve` keeps everything: one folder, absolute."""

    data: Path

    @property
    def hub(self) -> Path:
        """The hub's own records: database, secrets, logs."""
        return self.data / "hub"

    @property
    def course(self) -> Path:
        """The course folder nbgrader works in."""
        return self.data / "course"

    @property
    def exchange(self) -> Path:
        """The exchange service's: what is released to students and what they hand in."""
        return self.data / "exchange"

    @property
    def log(self) -> Path:
        return self.hub / "jupyterhub.log"

    def home(self, user: str) -> Path:
        """The root of a user's server."""
        return self.data / "homes" / user

    @property
    def grading(self) -> Path:
        """What the grading service notes for itself."""
        return self.data / "grading"

    @property
    def libraries(self) -> Path:
        """A folder for each student's library."""
        return self.data / "libraries"

    def library(self, user: str) -> Path:
        """The folder that holds a student's `tinytorch_lib`, put on the import path of their kernels."""
        return self.libraries / user

    def server_log(self, user: str) -> Path:
        return self.hub / "servers" / f"{user}.log"


@dataclass(frozen=True)
class Ports:
    """TCP ports on 127.0.0.1."""

    public: int
    hub: int
    proxy: int
    """The proxy's own interface, which the hub calls to add and remove users' servers."""
    exchange: int
    grading: int
    libraries: int
    release: int


@dataclass(frozen=True)
class Local:
    """One start of `make serve`."""

    places: Places
    ports: Ports
    password: str
    tools_token: str
    """With it the `tito` command works on the exchange from the course folder, as staff."""
    as_root: bool
    shell: str = "/bin/sh"
    internal_tls: bool = False
    """Whether hub, proxy, exchange and servers speak TLS with each other, each with a certificate of its own."""
    room: str = "auto"
    """The kind of exam room that whoever started it chose for this machine."""

    @property
    def inside(self) -> str:
        """How the parts speak with each other."""
        return "https" if self.internal_tls else "http"

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.ports.public}"

    @property
    def exchange_url(self) -> str:
        """The exchange service itself: its callers are on this machine and need no proxy on the way.

        With internal TLS it answers to the proxy alone, which has the certificate to ask it.
        """
        address = self.url if self.internal_tls else f"http://127.0.0.1:{self.ports.exchange}"
        return f"{address}/services/{SERVICE}/"


def roster(people: People) -> tuple[str, ...]:
    """Everyone who may log in."""
    return (*people.instructors, *people.tas, *people.students)


def role_of(people: People, user: str) -> Role:
    """Which folder under `roles/` a user's server is set up with."""
    return "staff" if user in people.instructors or user in people.tas else "student"


def server_environment(people: People, local: Local, user: str) -> dict[str, str]:
    """Variables of one user's server and so of their kernels and terminals."""
    role, places = role_of(people, user), local.places
    variables = {
        "JUPYTER_CONFIG_PATH": str(ROLES / role),
        "JUPYTER_PATH": str(PAGE),
        "JUPYTER_PREFER_ENV_PATH": "1",
        "TINYTORCH_COURSE_ID": people.id,
        "TINYTORCH_EXCHANGE_URL": local.exchange_url,
    }
    if role == "student":
        library = str(places.library(user))
        variables |= {"PYTHONPATH": library, "TINYTORCH_LIBRARY": library}
    else:
        # The course folder holds the reference library, which the authored notebooks import.
        variables |= {"PYTHONPATH": str(places.course), "TINYTORCH_COURSE": str(places.course)}
        variables |= rooms(local)
    return variables


def rooms(local: Local) -> dict[str, str]:
    """Variables of all who grade here: every server is this user's, so a room without walls gives nothing more away."""
    return {ROOM: local.room, ALLOW_PLAIN: "1"}


def server_arguments(local: Local) -> list[str]:
    """Command-line arguments of every server: what depends on the machine; the rest is in the role's folder."""
    arguments = [
        # Left to itself the server opens a login shell, whose profile puts the system's Python before the course's.
        f"--ServerApp.terminado_settings=shell_command={[local.shell]!r}",
    ]
    return [*arguments, "--allow-root"] if local.as_root else arguments


def exchange_service(local: Local, python: str) -> dict[str, Any]:
    """The exchange as a service that the hub starts, starts again and stops."""
    places = local.places
    return {
        "name": SERVICE,
        "url": f"{local.inside}://127.0.0.1:{local.ports.exchange}",
        "command": [python, "-m", "hub.exchange"],
        "display": False,  # programs call it; it has no page
        "environment": {
            "TINYTORCH_EXCHANGE_DATA": str(places.exchange),
            "TINYTORCH_EXCHANGE_COURSE": str(places.course),
        },
    }


def grading_service(local: Local, python: str) -> dict[str, Any]:
    """Visible tests on submit, everything at the deadline, and the pages with what came of it."""
    return _service_with_pages(
        local,
        GRADING,
        local.ports.grading,
        python,
        TINYTORCH_GRADING_COURSE=str(local.places.course),
        TINYTORCH_GRADING_DATA=str(local.places.grading),
        **rooms(local),  # as in the servers of staff
    )


def library_service(people: People, local: Local, python: str) -> dict[str, Any]:
    """Everybody's library, and the page that says what is in it."""
    return _service_with_pages(
        local,
        LIBRARIES,
        local.ports.libraries,
        python,
        TINYTORCH_LIBRARIES_HERE=str(local.places.libraries),
        TINYTORCH_LIBRARIES_COURSE=str(local.places.course),
        TINYTORCH_COURSE_ID=people.id,
    )


def _service_with_pages(local: Local, name: str, port: int, python: str, **environment: str) -> dict[str, Any]:
    """A service that the hub starts, that asks the exchange and that people open in the browser."""
    return {
        "name": name,
        "url": f"{local.inside}://127.0.0.1:{port}",
        "command": [python, "-m", f"hub.{name}"],
        "oauth_no_confirm": True,
        "environment": {"TINYTORCH_EXCHANGE_URL": local.exchange_url, **environment},
    }


def page_roles(everyone: Mapping[str, Sequence[str]]) -> list[dict[str, Any]]:
    """Who may open the services' pages, for `load_roles`; what each of them sees there the roster says.

    And who may read the services' metrics.
    """
    scopes = [access_scope(name) for name in (GRADING, LIBRARIES)]
    return [
        {"name": "pages", "scopes": scopes, **everyone},
        {"name": f"{RELEASE}-users", "scopes": [access_scope(RELEASE)], "groups": [INSTRUCTORS]},
        # So that an instructor can make a token for a monitor that may do nothing else.
        {"name": "monitors", "scopes": ["read:metrics"], "groups": [INSTRUCTORS]},
    ]


def groups(people: People) -> dict[str, dict[str, list[str]]]:
    """The hub's groups: instructors, students, staff, and each section with its students and the TAs who look after it.

    No service may change one: who is in them stands in course.toml and the roster, and nowhere else.
    """
    sections = {f"{SECTION}{section}": {"users": list(names)} for section, names in people.section_members.items()}
    return {
        INSTRUCTORS: {"users": list(people.instructors)},
        STUDENTS: {"users": list(people.students)},
        STAFF: {"users": [*people.instructors, *people.tas]},
        **sections,
    }


def groups_by_user(people: People) -> dict[str, list[str]]:
    """The groups that each user is in."""
    found: dict[str, list[str]] = {user: [] for user in roster(people)}
    for name, group in groups(people).items():
        for user in group["users"]:
            found[user].append(name)
    return found


def release_service(local: Local, python: str) -> dict[str, Any]:
    """The service that releases each module on its date. It works in the course folder and needs no right for that."""
    port = local.ports.release
    return {
        "name": RELEASE,
        "url": f"{local.inside}://127.0.0.1:{port}",
        "command": [python, "-m", "hub.release", "--course", str(local.places.course), "--port", str(port)],
        "oauth_no_confirm": True,
    }


def hub_values(people: People, local: Local, python: str = sys.executable) -> dict[str, dict[str, Any]]:
    """Every trait that the hub's configuration sets, by class."""
    places, ports = local.places, local.ports
    everyone = roster(people)
    return {
        "JupyterHub": {
            "bind_url": local.url,
            "hub_bind_url": f"{local.inside}://127.0.0.1:{ports.hub}",
            "internal_ssl": local.internal_tls,
            "internal_certs_location": str(places.hub / "internal-tls"),
            "db_url": f"sqlite:///{places.hub / 'jupyterhub.sqlite'}",
            "cookie_secret_file": str(places.hub / "cookie_secret"),
            "authenticator_class": "hub.authenticator.RosterAuthenticator",
            "spawner_class": "hub.spawner.CourseSpawner",
            "services": [
                exchange_service(local, python),
                release_service(local, python),
                grading_service(local, python),
                library_service(people, local, python),
                {"name": TOOLS, "api_token": local.tools_token},
            ],
            "custom_scopes": CUSTOM_SCOPES,
            "load_roles": [
                *roles(
                    {"groups": [STUDENTS, STAFF], "services": [TOOLS, GRADING, LIBRARIES]},
                    {"groups": [STAFF], "services": [TOOLS, GRADING]},
                    readers=[LIBRARIES],
                ),
                *page_roles({"groups": [STUDENTS, STAFF]}),
            ],
            "cleanup_servers": True,
            "cleanup_proxy": True,
            "upgrade_db": True,
            "load_groups": groups(people),
            "log_level": "INFO",
        },
        "ConfigurableHTTPProxy": {
            "command": [python, "-m", "hub.proxy"],
            "api_url": f"{local.inside}://127.0.0.1:{ports.proxy}",
            "pid_file": str(places.hub / "proxy.pid"),
        },
        "RosterAuthenticator": {
            "password": local.password,
            "allowed_users": set(everyone),
            # Without these two, whoever logged in once stays allowed after leaving the roster.
            "allow_existing_users": False,
            "delete_invalid_users": True,
            "course_groups": groups_by_user(people),
        },
        "CourseSpawner": {
            "cmd": [python, *SERVER],
            "default_url": "/lab",
            "home_dir_template": str(places.data / "homes" / "{username}"),
            "log_template": str(places.server_log("{username}")),
            "shell": local.shell,
            "environments": {user: server_environment(people, local, user) for user in everyone},
            "args": server_arguments(local),
            "start_timeout": 60,
            "http_timeout": 60,
            "interrupt_timeout": 5,
            "term_timeout": 5,
        },
    }


def apply(values: Mapping[str, Mapping[str, Any]], config: Any) -> None:
    """Set `values` on a traitlets configuration object."""
    for name, traits in values.items():
        for trait, value in traits.items():
            setattr(config[name], trait, value)
