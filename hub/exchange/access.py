"""What the hub must grant so that people reach the exchange: scopes and roles, for any hub's configuration.

Two scopes decide. `access:services!service=exchange` is JupyterHub's own: without it nobody is served.
`custom:exchange:staff` lets its holder release, collect and see everybody's submissions.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

__all__ = ["CUSTOM_SCOPES", "SERVICE", "STAFF_SCOPE", "access_scope", "roles", "server_scopes"]

SERVICE = "exchange"
STAFF_SCOPE = "custom:exchange:staff"
CUSTOM_SCOPES = {STAFF_SCOPE: {"description": "Release, collect and give feedback through the exchange."}}


def access_scope(service: str = SERVICE) -> str:
    """What a caller needs to be served at all."""
    return f"access:services!service={service}"


def server_scopes(service: str = SERVICE) -> list[str]:
    """Scopes of the role `server`: JupyterHub's own two, and the exchange as far as the server's owner may use it.

    A token never holds more than its owner, so the staff scope here gives a student's server nothing.
    """
    return ["users:activity!user", "access:servers!server", access_scope(service), STAFF_SCOPE]


def roles(everyone: dict[str, Sequence[str]], staff: dict[str, Sequence[str]], service: str = SERVICE) -> list[Any]:
    """Entries for JupyterHub's `load_roles`.

    `everyone` and `staff` say who: `{"users": [...]}`, `{"groups": [...]}`, `{"services": [...]}` or several of these.
    Staff are to be among everyone.
    """
    return [
        {"name": "server", "scopes": server_scopes(service)},
        {"name": f"{service}-users", "scopes": [access_scope(service)], **everyone},
        {"name": f"{service}-staff", "scopes": [STAFF_SCOPE], **staff},
    ]
