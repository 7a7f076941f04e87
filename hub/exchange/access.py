"""What the hub must grant so that people reach the exchange: scopes and roles, for any hub's configuration.

Three scopes decide. `access:services!service=exchange` is JupyterHub's own: without it nobody is served.
`custom:exchange:staff` lets its holder release, collect and give feedback, `custom:exchange:read` see everybody's
submissions and change nothing. The others only tell a server
where it is: its owner's groups (their section), and that there is an exchange. docs/operator/scopes.md has the table.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

__all__ = ["CUSTOM_SCOPES", "READ_SCOPE", "SERVICE", "STAFF_SCOPE", "access_scope", "roles", "server_scopes"]

SERVICE = "exchange"
STAFF_SCOPE = "custom:exchange:staff"
READ_SCOPE = "custom:exchange:read"
CUSTOM_SCOPES = {
    STAFF_SCOPE: {"description": "Release, collect and give feedback through the exchange."},
    READ_SCOPE: {"description": "Read what everybody handed in through the exchange."},
}


def access_scope(service: str = SERVICE) -> str:
    """What a caller needs to be served at all."""
    return f"access:services!service={service}"


def finding_scopes(service: str = SERVICE) -> list[str]:
    """What it takes to find the exchange in the hub's list of services, which shows nothing else that runs."""
    return [f"list:services!service={service}", f"read:services!service={service}"]


def server_scopes(service: str = SERVICE) -> list[str]:
    """Scopes of the role `server`: JupyterHub's own two, its owner's groups, the exchange as they may use it, the term.

    A token never holds more than its owner: the staff scope here gives a student's server nothing, the release
    service's a TA's neither.
    """
    own = ["users:activity!user", "access:servers!server", "read:users:groups!user"]
    return [*own, access_scope(service), *finding_scopes(service), STAFF_SCOPE, access_scope("release")]


def roles(
    everyone: dict[str, Sequence[str]],
    staff: dict[str, Sequence[str]],
    readers: Sequence[str] = (),
    service: str = SERVICE,
) -> list[Any]:
    """Entries for JupyterHub's `load_roles`.

    `everyone` and `staff` say who: `{"users": [...]}`, `{"groups": [...]}`, `{"services": [...]}` or several of these.
    `readers` are services that only read. Staff and readers are to be among everyone. Services know where the exchange
    is, so only people may look for it.
    """
    people = {kind: names for kind, names in everyone.items() if kind != "services"}
    return [
        {"name": "server", "scopes": server_scopes(service)},
        {"name": f"{service}-users", "scopes": [access_scope(service)], **everyone},
        {"name": f"{service}-finders", "scopes": finding_scopes(service), **people},
        {"name": f"{service}-staff", "scopes": [STAFF_SCOPE], **staff},
        {"name": f"{service}-readers", "scopes": [READ_SCOPE], "services": list(readers)},
    ]
