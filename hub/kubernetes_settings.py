"""A class on Kubernetes: variables in, a `Cluster` and the bounds of every pod out.

Nothing here starts, reads or writes anything. `hub/kubernetes_chart.py` and `hub/kubernetes_pods.py` build on it;
docs/operator/kubernetes.md names the variables.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from hub.container_names import CLASS, COURSE, HOME, LIBRARY
from hub.docker_installation import Limits, Variables
from hub.docker_settings import server_environment
from hub.login import LOGINS, OPTIONS, login_options, login_values
from hub.settings import SERVER, People, Role, groups
from tito.addresses import BROKER, DATABASE
from tito.farm.signing import KEY

__all__ = ["ROOMS", "SECRETS", "USER", "Cluster", "Reserved", "bounded", "course_traits", "pod_traits", "secret"]

PROXY = "http://proxy-public"
"""The chart's name of its proxy's service: servers reach the hub's services through it."""

SECRETS = "tinytorch-secrets"
"""The Secret that an administrator makes; no file here holds a value of it."""

USER = 1000
"""The number of the user `course` in every image of ours."""

ROOMS = "tinytorch/rooms.json"
"""The filter of pods with exam rooms, below the kubelets' seccomp folder."""

_REMEDY = "write it into settings.env beside the files; docs/operator/kubernetes.md says what it is"


@dataclass(frozen=True)
class Reserved:
    """What a pod is promised: the scheduler packs pods by this, and lets each use more up to its limits."""

    memory: str
    processors: float


@dataclass(frozen=True)
class Cluster:
    """One installation on Kubernetes, as its variables describe it."""

    course: str
    url: str
    """The address that browsers use; TLS ends at the ingress."""
    registry: str
    tag: str
    """Of all images of ours: one setting moves a class to another version."""
    broker_image: str
    limits: Mapping[str, Limits]
    login: str
    login_variables: Mapping[str, str]
    tls_secret: str = "course-tls"
    idle_minutes: int = 60
    workers: int = 2
    exchange_storage: str = "20Gi"
    storage_class: str = ""
    """Of volumes that one node mounts; empty for the cluster's own choice."""
    shared_storage_class: str = ""
    """Of volumes that many nodes mount at once (ReadWriteMany)."""

    @classmethod
    def from_environment(cls, course: str, environment: Mapping[str, str]) -> Cluster:
        """The installation that `TINYTORCH_...` variables describe.

        Raises:
            ToolError: one is missing or makes no sense.
        """
        read = Variables(environment, _REMEDY)
        size = r"[1-9]\d*(Mi|Gi|Ti)"
        label = r"([a-z0-9]([a-z0-9.-]*[a-z0-9])?)?"
        read.refuse("INTERNAL_TLS", "the chart's proxy has no certificates for it")
        read.refuse("DOMAIN", "servers would not find the exchange behind the chart's proxy, which then routes by host")
        login = read.text("LOGIN", "|".join(LOGINS), "native")
        login_options(login, environment)  # says which one is missing
        return cls(
            course=course,
            url=read.text("URL", r"https://[a-z0-9.-]+/?").rstrip("/"),
            registry=read.text("REGISTRY", r"[a-z0-9.:/_-]+").rstrip("/"),
            tag=read.text("TAG", r"(?!latest$)[A-Za-z0-9_][A-Za-z0-9_.-]{0,127}"),
            broker_image=read.text("BROKER_IMAGE", r"\S+:(?!latest$)[A-Za-z0-9_.-]+", "redis:7.2.5-bookworm"),
            limits=read.limits(),
            login=login,
            login_variables={f"TINYTORCH_{name}": environment[f"TINYTORCH_{name}"] for name in OPTIONS[login]},
            tls_secret=read.text("TLS_SECRET", label, "course-tls"),
            idle_minutes=int(read.text("IDLE_MINUTES", r"\d{1,5}", "60")),
            workers=int(read.text("WORKERS", r"\d{1,4}", "2")),
            exchange_storage=read.text("EXCHANGE_STORAGE", size, "20Gi"),
            storage_class=read.text("STORAGE_CLASS", label, ""),
            shared_storage_class=read.text("SHARED_STORAGE_CLASS", label, ""),
        )

    @property
    def host(self) -> str:
        """The name that browsers ask for."""
        return urlsplit(self.url).hostname or ""

    @property
    def reserved(self) -> Mapping[Role, Reserved]:
        """What a server of each role is promised; docs/operator/kubernetes.md counts with it."""
        return {"student": Reserved("512M", 0.1), "staff": Reserved("1G", 0.25)}

    def image(self, name: str) -> str:
        """The full name of an image of ours."""
        return f"{self.registry}/{name}:{self.tag}"


def secret(key: str) -> dict[str, Any]:
    """The value of an environment variable that is in the administrator's Secret."""
    return {"valueFrom": {"secretKeyRef": {"name": SECRETS, "key": key}}}


def bounded(rooms: bool = False) -> dict[str, Any]:
    """A container's security context: no powers at all, an ordinary user, files that do not change.

    A pod with exam `rooms` may make namespaces in a user namespace of its own (hub/rooms_profile.py); nothing else may.
    """
    context: dict[str, Any] = {
        "runAsNonRoot": True,
        "runAsUser": USER,
        "runAsGroup": USER,
        "allowPrivilegeEscalation": False,
        "privileged": False,
        "readOnlyRootFilesystem": True,
        "capabilities": {"drop": ["ALL"]},
        "seccompProfile": {"type": "RuntimeDefault"},
    }
    if rooms:
        context |= {"seccompProfile": {"type": "Localhost", "localhostProfile": ROOMS}, "procMount": "Unmasked"}
    return context


def pod_traits(here: Cluster, role: Role) -> dict[str, Any]:
    """KubeSpawner's traits of a role's servers; `hub/kubernetes_spawner.py` sets them."""
    limits, reserved, student = here.limits[role], here.reserved[role], role == "student"
    environment: dict[str, Any] = dict(server_environment(here.course, role, limits, PROXY))
    if not student:
        environment |= {
            DATABASE: secret("gradebook_database"),
            BROKER: secret("broker"),
            KEY: secret("farm_key"),
        }
    own: list[dict[str, Any]] = [
        {"name": "home", "persistentVolumeClaim": {"claimName": "{pvc_name}"}},
        {"name": "tmp", "emptyDir": {"sizeLimit": "256Mi"}},
    ]
    mounts: list[dict[str, Any]] = [{"name": "home", "mountPath": HOME}, {"name": "tmp", "mountPath": "/tmp"}]
    if student:
        own.append({"name": "library", "persistentVolumeClaim": {"claimName": "libraries"}})
        mounts.append({"name": "library", "mountPath": LIBRARY, "subPath": "{unescaped_username}", "readOnly": True})
    else:
        own += [
            {"name": "course", "persistentVolumeClaim": {"claimName": "course"}},
            {"name": "course-file", "configMap": {"name": "tinytorch-course"}},
        ]
        mounts += [
            {"name": "course", "mountPath": COURSE},
            {"name": "course-file", "mountPath": CLASS, "readOnly": True},
        ]
    return {
        "image": here.image("student" if student else "grader"),
        "cmd": ["python", *SERVER] if student else ["sh", "/opt/course/role/start.sh"],
        "mem_limit": limits.memory,
        "mem_guarantee": reserved.memory,
        "cpu_limit": limits.processors,
        "cpu_guarantee": reserved.processors,
        "storage_capacity": f"{limits.disk}i",  # of the home's volume, when it is first made
        "environment": environment,
        "volumes": own,
        "volume_mounts": mounts,
        "extra_labels": {"hub.jupyter.org/network-access-hub": "true", "tinytorch/role": role},
        "container_security_context": bounded(rooms=not student),
        # Kubernetes gives a /proc without masks only to pods whose users are nobody's on the node.
        "extra_pod_config": {"enableServiceLinks": False} | ({} if student else {"hostUsers": False}),
    }


def course_traits(
    people: People, login: str, options: Mapping[str, str], login_secret: str
) -> dict[str, dict[str, Any]]:
    """What depends on course.toml: who logs in, who is staff. The hub reads it when it starts.

    It is not in the chart's values: Helm keeps those in one Secret of 1 MB at most, and 10,000 people do not fit.
    """
    values = login_values(people, login, options, login_secret)
    staff = {*people.instructors, *people.tas}
    return values | {
        "JupyterHub": values["JupyterHub"] | {"load_groups": groups(people)},
        "CoursePod": {"staff": staff},
    }
