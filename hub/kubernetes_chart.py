"""The values of the Zero-to-JupyterHub chart (4.x) for one installation: hub, proxy, servers, culling."""

from __future__ import annotations

from typing import Any

from hub.container_names import HOME
from hub.docker_settings import SERVICE_PORTS, class_roles, hub_service
from hub.exchange import access as exchange
from hub.kubernetes_networks import ways_out
from hub.kubernetes_settings import SECRETS, USER, Cluster, bounded, pod_traits, secret
from hub.settings import SERVER

__all__ = ["chart_values"]

_CONFIGURE = """\
import os
from pathlib import Path
from hub.kubernetes_settings import course_traits
from hub.login import login_options
from hub.settings import apply
from tito.course import Course
login = os.environ["TINYTORCH_LOGIN"]
secret = Path("/srv/login/login").read_text(encoding="utf-8").strip()
apply(course_traits(Course.load(Path("/srv/course")), login, login_options(login, os.environ), secret), c)
"""
"""Runs in the hub's configuration file, after all other values."""

_NO_WAY_OUT = {
    "cloudMetadataServer": False,
    "dnsPortsCloudMetadataServer": False,
    "nonPrivateIPs": False,
    "privateIPs": False,
}
"""Closes what the chart opens by itself; names are still looked up in the cluster's own resolver."""


def chart_values(here: Cluster) -> dict[str, Any]:
    """Everything that `helm install --values` is given."""
    return {
        "hub": _hub(here),
        "proxy": _proxy(),
        "singleuser": _singleuser(here),
        "ingress": _ingress(here),
        "cull": {"enabled": True, "users": False, "timeout": 60 * here.idle_minutes, "every": 300},
        "prePuller": {
            "hook": {"enabled": True},
            "continuous": {"enabled": True},
            "extraImages": {"grader": _image(here, "grader")},
            "containerSecurityContext": bounded(),
        },
    }


def _image(here: Cluster, name: str) -> dict[str, str]:
    return {"name": f"{here.registry}/{name}", "tag": here.tag}


def _hub(here: Cluster) -> dict[str, Any]:
    return {
        "image": _image(here, "hub"),
        "db": {"type": "postgres", "url": "postgresql+psycopg://hub@database:5432/hub", "upgrade": True},
        "allowNamedServers": False,
        "concurrentSpawnLimit": 64,
        "extraEnv": {
            "PGPASSWORD": secret("database_password"),
            "TINYTORCH_LOGIN": here.login,
            **here.login_variables,
        },
        "extraVolumes": [
            {"name": "course-file", "configMap": {"name": "tinytorch-course"}},
            {"name": "libraries", "persistentVolumeClaim": {"claimName": "libraries"}},
            {"name": "login", "secret": {"secretName": SECRETS, "items": [{"key": "login", "path": "login"}]}},
        ],
        "extraVolumeMounts": [
            {"name": "course-file", "mountPath": "/srv/course", "readOnly": True},
            {"name": "libraries", "mountPath": "/srv/libraries"},
            {"name": "login", "mountPath": "/srv/login", "readOnly": True},
        ],
        # The chart makes each service's token and keeps it in its Secret `hub`.
        "services": _services(),
        "loadRoles": {role["name"]: role for role in class_roles()},  # the chart adds its culler's
        "config": _hub_config(here),
        "extraConfig": {"course": _CONFIGURE},
        "podSecurityContext": {"fsGroup": USER},
        # Where the hub's process writes under the chart has not been tried, so these files are not read-only.
        "containerSecurityContext": bounded() | {"readOnlyRootFilesystem": False},
        "networkPolicy": {
            "enabled": True,
            # Kubernetes' own interface has a private address in most clusters, an identity provider a public one.
            "egressAllowRules": _NO_WAY_OUT | {"privateIPs": True, "nonPrivateIPs": here.login != "native"},
            "egress": ways_out("hub"),
        },
        "resources": {"requests": {"cpu": "200m", "memory": "512Mi"}, "limits": {"memory": "4Gi"}},
    }


def _services() -> dict[str, Any]:
    return {name: hub_service(name, f"http://{name}:{port}") for name, port in SERVICE_PORTS.items()}


def _hub_config(here: Cluster) -> dict[str, Any]:
    hub: dict[str, Any] = {
        "spawner_class": "hub.kubernetes_spawner.CoursePod",
        "custom_scopes": exchange.CUSTOM_SCOPES,
        "cookie_host_prefix_enabled": True,
        "public_url": f"{here.url}/",
    }
    return {
        "JupyterHub": hub,
        "CoursePod": {
            "roles": {"student": pod_traits(here, "student"), "staff": pod_traits(here, "staff")},
            "automount_service_account_token": False,
            "disable_user_config": True,
            "http_timeout": 60,
        },
    }


def _proxy() -> dict[str, Any]:
    return {
        "service": {"type": "ClusterIP"},
        "https": {"enabled": False},  # TLS ends at the ingress
        "chp": {
            "containerSecurityContext": bounded(),
            "networkPolicy": {"enabled": True, "egress": ways_out("proxy"), "egressAllowRules": _NO_WAY_OUT},
            "resources": {"requests": {"cpu": "200m", "memory": "512Mi"}, "limits": {"memory": "2Gi"}},
        },
    }


def _singleuser(here: Cluster) -> dict[str, Any]:
    """What the chart itself must know of servers; placeholders and pullers go by a student's."""
    limits, reserved = here.limits["student"], here.reserved["student"]
    dynamic = {"storageClass": here.storage_class} if here.storage_class else {}
    return {
        "image": _image(here, "student"),
        "cmd": ["python", *SERVER],
        "defaultUrl": "/lab",
        "startTimeout": 300,  # a new node may have to come first
        "uid": USER,
        "fsGid": USER,
        "allowPrivilegeEscalation": False,
        "memory": {"limit": limits.memory, "guarantee": reserved.memory},
        "cpu": {"limit": limits.processors, "guarantee": reserved.processors},
        "storage": {"type": "dynamic", "capacity": f"{limits.disk}i", "homeMountPath": HOME, "dynamic": dynamic},
        # The chart would do it with a privileged container; the network policy does it without.
        "cloudMetadata": {"blockWithIptables": False, "ip": "169.254.169.254"},
        "networkPolicy": {"enabled": True, "egress": [], "egressAllowRules": _NO_WAY_OUT},
    }


def _ingress(here: Cluster) -> dict[str, Any]:
    return {"enabled": True, "hosts": [here.host], "tls": [{"hosts": [here.host], "secretName": here.tls_secret}]}
