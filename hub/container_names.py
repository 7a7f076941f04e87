"""What everything is called in Docker: the spawner makes these names, the guard of the socket lets no other pass."""

from __future__ import annotations

import re
from dataclasses import dataclass
from ipaddress import IPv4Network

__all__ = ["CERTIFICATES", "CLASS", "COURSE", "HOME", "INTERNAL_TLS", "LIBRARY", "PERSON", "Names", "subnet"]

PERSON = r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}"
"""A person's name in the course (`tito.course.user_name_problem`), which Docker takes as it is."""

HOME = "/home/course"
"""A server's files, in a volume of the user's own."""

LIBRARY = "/opt/library"
"""Where a student's server finds their `tinytorch_lib`, read-only."""

CLASS = "/opt/tinytorch/class"
"""Where staff's servers find course.toml and the roster, read-only: a folder, since files in it are replaced."""

COURSE = "/home/course/course"
"""nbgrader's course folder in a staff server."""


CERTIFICATES = "/certs"
"""Where a server finds its own key and certificate with internal TLS, read-only; DockerSpawner's own place."""

INTERNAL_TLS = "/srv/internal-tls"
"""Where the hub finds everybody's: Certipy notes whole paths."""


@dataclass(frozen=True)
class Names:
    """The names of one installation; several share a machine by different `project` names."""

    project: str

    @property
    def hub(self) -> str:
        return f"{self.project}-hub"

    @property
    def proxy(self) -> str:
        return f"{self.project}-proxy"

    @property
    def broker(self) -> str:
        return f"{self.project}-broker"

    @property
    def database(self) -> str:
        return f"{self.project}-database"

    @property
    def workers(self) -> str:
        """The container of the grading workers."""
        return f"{self.project}-workers"

    @property
    def farm(self) -> str:
        """The network of the workers and their broker."""
        return f"{self.project}_farm"

    def aliases(self, staff: bool) -> dict[str, list[str]]:
        """Who has a leg in a user's network, and what it is called there; staff's servers grade."""
        everybody = {self.hub: [], self.proxy: ["proxy"]}
        return everybody | ({self.broker: ["broker"], self.database: ["database"]} if staff else {})

    @property
    def course(self) -> str:
        """The volume of nbgrader's course folder, for staff."""
        return f"{self.project}_course"

    def volumes(self) -> dict[str, str]:
        """The volumes that hold work, by what they are for; each user's home is one more."""
        return {part: f"{self.project}_{part}" for part in ("hub", "libraries", "course", "exchange")}

    def server(self, user: str) -> str:
        """A user's container, and the network that holds it and its `aliases` only."""
        return f"{self.project}-user-{user}"

    def home(self, user: str) -> str:
        """A user's volume."""
        return f"{self.project}-home-{user}"

    def user(self, server: str) -> str | None:
        """Whose container or network `server` is, or None when it is nobody's."""
        found = re.fullmatch(re.escape(f"{self.project}-user-") + f"({PERSON})", server)
        return found[1] if found else None


def subnet(pool: IPv4Network, number: int) -> IPv4Network:
    """The addresses of the network of the user with this number: eight, of which six can be used and are.

    Raises:
        ValueError: the pool is smaller than eight addresses.
    """
    if pool.prefixlen > 29:
        raise ValueError(f"{pool} has fewer than eight addresses; give a larger network, say 10.77.0.0/16")
    count = pool.num_addresses // 8
    return IPv4Network((int(pool.network_address) + 8 * (number % count), 29))
