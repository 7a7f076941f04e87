"""What the hub may ask of Docker, as pure functions: who holds Docker's socket holds the machine.

A request passes when it is one of the few that the spawner makes, names only this installation's things, and, where it
makes a container, keeps every bound that a server has. What is not known here is refused, and a request is sent on as
it was understood here, never as it came.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from ipaddress import IPv4Network
from typing import Any

from hub.certificate_files import CERTIFICATE, KEY, TRUSTED
from hub.container_names import CERTIFICATES, CLASS, COURSE, HOME, LIBRARY, PERSON, Names
from hub.rooms_profile import SECURITY, UNMASKED

__all__ = ["RefusedError", "Rules", "check_connect", "check_create", "check_disconnect", "check_keys", "check_network"]


class RefusedError(Exception):
    """What was asked for is not the spawner's business; the message says what."""


@dataclass(frozen=True)
class Rules:
    """What the requests are held against."""

    names: Names
    student_image: str
    grader_image: str
    libraries: str
    course_folder: str
    subnets: str
    keys: str = ""
    """The folder of servers' keys; empty without internal TLS."""

    @property
    def images(self) -> tuple[str, str]:
        return self.student_image, self.grader_image

    def binds(self, user: str, image: str) -> set[str]:
        """What the server of `user` may see of the machine: never more than these."""
        own = {f"{self.names.home(user)}:{HOME}:rw"}
        if self.keys:
            own.add(f"{self.keys}/{user}:{CERTIFICATES}:ro")
        if image == self.student_image:
            return own | {f"{self.libraries}/{user}:{LIBRARY}:ro"}
        return own | {f"{self.names.course}:{COURSE}:rw", f"{self.course_folder}:{CLASS}:ro"}


Check = Callable[[Any], bool]


def _is(*allowed: Any) -> Check:
    return lambda value: any(value == one and type(value) is type(one) for one in allowed)


def _number(value: Any) -> bool:
    return type(value) is int and value > 0


def _texts(value: Any) -> bool:
    return isinstance(value, list) and all(isinstance(one, str) for one in value)


def _tmpfs(value: Any) -> bool:
    return isinstance(value, dict) and value.keys() == {"/tmp"} and "exec" not in str(value["/tmp"]).split(",")


def _file_bound(value: Any) -> bool:
    match value:
        case [{"Name": "fsize", "Soft": int(soft), "Hard": int(hard), **more}]:
            return not more and 0 < soft == hard
    return False


_REQUIRED: dict[str, Check] = {
    "CapDrop": _is(["ALL"]),
    "SecurityOpt": _texts,
    "ReadonlyRootfs": _is(True),
    "Memory": _number,
    "MemorySwap": _number,
    "PidsLimit": _number,
    "CpuQuota": _number,
    "Ulimits": _file_bound,
}
"""The bounds without which no server is made."""

_ALLOWED: dict[str, Check] = {
    "AutoRemove": _is(True, False),
    "CpuPeriod": _is(100_000),
    "Dns": _is(["127.0.0.1"]),
    "Init": _is(True),
    "Links": _is([]),
    "Mounts": _is([]),
    "Tmpfs": _tmpfs,
    "LogConfig": lambda value: isinstance(value, dict) and value.get("Type") == "json-file",
}

_CONTAINER: dict[str, Check] = {
    "Image": lambda value: isinstance(value, str),
    "Cmd": _texts,
    "Env": _texts,
    "ExposedPorts": _is({"8888/tcp": None}, {"8888/tcp": {}}),
    "Volumes": lambda value: isinstance(value, dict) and value.keys() <= {HOME, LIBRARY, COURSE, CLASS, CERTIFICATES},
    **{key: _is(False) for key in ("Tty", "OpenStdin", "StdinOnce", "AttachStdin", "NetworkDisabled")},
    **{key: _is(False, True) for key in ("AttachStdout", "AttachStderr")},
}


def check_create(name: str, body: Any, rules: Rules) -> dict[str, Any]:
    """The body of a request for a container called `name`, holding nothing that was not looked at.

    Raises:
        RefusedError: it would be somebody's server without its bounds, or something else altogether.
    """
    user = rules.names.user(name)
    if user is None:
        raise RefusedError(f"container {name!r} is nobody's server")
    known = _known(body, {**_CONTAINER, "HostConfig": lambda value: isinstance(value, dict)}, "container")
    if known.get("Image") not in rules.images:
        raise RefusedError(f"image {known.get('Image')!r} is not the course's")
    host = _known(
        known.get("HostConfig", {}),
        {
            **_REQUIRED,
            **_ALLOWED,
            **_by_image(known["Image"] == rules.student_image),
            "NetworkMode": _is(name),
            "Binds": lambda value: _texts(value) and set(value) <= rules.binds(user, known["Image"]),
        },
        "HostConfig",
    )
    missing = (_REQUIRED.keys() | {"NetworkMode"}) - host.keys()
    if missing:
        raise RefusedError(f"{', '.join(sorted(missing))} must be set")
    if host["MemorySwap"] != host["Memory"]:
        raise RefusedError("a server may not swap")
    return {**known, "HostConfig": host}


def _by_image(student: bool) -> dict[str, Check]:
    """Exam rooms are made inside staff's servers, so these have a profile of their own (hub/rooms_profile.py)."""
    if student:
        return {"SecurityOpt": _is(["no-new-privileges"])}
    return {"SecurityOpt": _is(list(SECURITY)), **{key: _is(value) for key, value in UNMASKED.items()}}


def check_keys(user: str, body: Any, rules: Rules) -> dict[str, str]:
    """The key and the certificate of the server of `user`, by the names of their files.

    Raises:
        RefusedError: they are somebody's who can have no server, or other files.
    """
    if not rules.keys or not re.fullmatch(PERSON, user):
        raise RefusedError(f"{user!r} needs no key")
    files = (KEY, CERTIFICATE, TRUSTED)
    known = _known(body, dict.fromkeys(files, lambda value: isinstance(value, str)), "keys")
    if known.keys() != set(files):
        raise RefusedError("a key, its certificate and whom the server trusts come together")
    return known


def check_network(body: Any, rules: Rules) -> dict[str, Any]:
    """The body of a request for a user's network.

    Raises:
        RefusedError: it would have a way out, or lie elsewhere than where such networks are.
    """
    known = _known(
        body,
        {
            "Name": lambda value: isinstance(value, str) and rules.names.user(value) is not None,
            "Driver": _is("bridge"),
            "Internal": _is(True),
            "CheckDuplicate": _is(True),
            "Options": _is({"com.docker.network.bridge.inhibit_ipv4": "true"}),
            "IPAM": lambda value: _addresses(value, rules),
            "EnableIPv6": _is(False),
        },
        "network",
    )
    missing = {"Name", "Driver", "Internal", "Options", "IPAM"} - known.keys()
    if missing:
        raise RefusedError(f"{', '.join(sorted(missing))} must be set")
    return known


def _addresses(ipam: Any, rules: Rules) -> bool:
    match ipam:
        case {"Driver": "default", "Config": [{"Subnet": str(text), **more}], **others} if not more and not others:
            try:
                return IPv4Network(text).subnet_of(IPv4Network(rules.subnets))
            except ValueError:
                return False
    return False


def check_connect(body: Any, rules: Rules) -> dict[str, Any]:
    """The body of a request that joins one of ours to a user's network.

    Raises:
        RefusedError: it would join something else.
    """
    legs = rules.names.aliases(staff=True)
    known = _known(
        body,
        {"Container": _is(*legs), "EndpointConfig": lambda value: isinstance(value, dict)},
        "connection",
    )
    if known.get("EndpointConfig", {}) not in ({}, {"Aliases": legs.get(known.get("Container", ""))}):
        raise RefusedError("a name in the network is not that container's")
    return known


def check_disconnect(body: Any, rules: Rules) -> dict[str, Any]:
    """The body of a request that takes one of ours out of a user's network.

    Raises:
        RefusedError: it is about something else.
    """
    legs = rules.names.aliases(staff=True)
    return _known(body, {"Container": _is(*legs), "Force": _is(True, False)}, "connection")


def _known(body: Any, checks: Mapping[str, Check], what: str) -> dict[str, Any]:
    """The values of `body` that are set, each looked at. Docker reads keys in any case, so it gets known ones only."""
    if not isinstance(body, dict):
        raise RefusedError(f"{what} is no object")
    found = {key: value for key, value in body.items() if value is not None}
    for key, value in found.items():
        if key not in checks:
            raise RefusedError(f"{what}: {key} may not be set")
        if not checks[key](value):
            raise RefusedError(f"{what}: {key} may not be {value!r:.200}")
    return found
