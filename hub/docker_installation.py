"""What an installation under Docker is: its variables read and checked.

docs/operator/docker.md names the variables. Nothing here starts, reads or writes anything.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from ipaddress import IPv4Network
from urllib.parse import urlsplit

from hub.container_names import Names
from hub.login import LOGINS, login_options
from tito.errors import ToolError
from tito.limits import PATTERNS

__all__ = ["Installation", "Limits", "Secrets", "Variables", "limit_variables"]


PROXY, ENCRYPTED_PROXY = "http://proxy:8000", "https://proxy:8444"
"""The one peer that a server can reach; the hub and its services stand behind it."""


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
