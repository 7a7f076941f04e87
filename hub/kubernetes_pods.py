"""The pods beside the chart's: exchange, libraries, release, workers, their broker and the database."""

from __future__ import annotations

from typing import Any

from hub.container_names import CLASS, COURSE
from hub.docker_settings import RELEASE
from hub.kubernetes_settings import SECRETS, USER, Cluster, bounded, secret
from hub.settings import LIBRARIES
from tito.addresses import BROKER
from tito.farm.signing import KEY

__all__ = ["NAMED", "claims", "deployments", "services"]

NAMED = "tinytorch/part"
"""The label that tells the parts apart; network policies and services go by it."""

_EXCHANGE = "http://exchange:8090/services/exchange/"
_LAY_OUT = (
    "from pathlib import Path; from tito.workspace import lay_out_course\n"
    f'lay_out_course(Path("{COURSE}"), Path("/opt/tinytorch"))'
)
_COURSE_FILE = {"name": "course-file", "configMap": {"name": "tinytorch-course"}}


def deployments(here: Cluster) -> list[dict[str, Any]]:
    """One Deployment a part."""
    return [_exchange(here), _libraries(here), _release(here), _worker(here), _broker(here), _database(here)]


def services() -> list[dict[str, Any]]:
    """The names that parts are reached by; none leads into the cluster from outside."""
    ports = {"exchange": 8090, "broker": 6379, "database": 5432}
    return [
        {
            "apiVersion": "v1",
            "kind": "Service",
            "metadata": _metadata(name),
            "spec": {
                "type": "ClusterIP",
                "selector": {NAMED: name},
                "ports": [{"port": port, "targetPort": port, "protocol": "TCP"}],
            },
        }
        for name, port in ports.items()
    ]


def claims(here: Cluster) -> list[dict[str, Any]]:
    """The volumes: two that many nodes mount, three that one does. Deleting the rest of a class keeps them."""
    one, many = ("ReadWriteOnce", here.storage_class), ("ReadWriteMany", here.shared_storage_class)
    return [
        _claim("libraries", "10Gi", *many),
        _claim("course", "20Gi", *many),
        _claim("exchange", here.exchange_storage, *one),
        _claim("database", "10Gi", *one),
        _claim("broker", "5Gi", *one),
    ]


def _exchange(here: Cluster) -> dict[str, Any]:
    container = _container(
        here.image("hub"),
        ["python", "-m", "hub.exchange"],
        {
            "TINYTORCH_EXCHANGE_DATA": "/srv/exchange",
            "TINYTORCH_EXCHANGE_COURSE": "/srv/course",
            "TINYTORCH_EXCHANGE_BIND": "http://0.0.0.0:8090",
            "TINYTORCH_EXCHANGE_DATABASE_FILE": "/run/secrets/exchange_database",
            "JUPYTERHUB_API_URL": "http://hub:8081/hub/api",
            "JUPYTERHUB_API_TOKEN": _hub_token("exchange"),
        },
        {"exchange": "/srv/exchange", "course-file": "/srv/course", "secrets": "/run/secrets"},
        ("250m", "256Mi", "1Gi"),
    )
    container["ports"] = [{"containerPort": 8090}]
    container["readinessProbe"] = {"httpGet": {"path": "/services/exchange/health", "port": 8090}, "periodSeconds": 10}
    volumes = [_volume("exchange"), _COURSE_FILE, _secret_files("exchange_database")]
    made = _deployment("exchange", container, volumes)
    # The chart's hub answers pods with this label; the exchange asks it whose a token is.
    made["spec"]["template"]["metadata"]["labels"]["hub.jupyter.org/network-access-hub"] = "true"
    return made


def _libraries(here: Cluster) -> dict[str, Any]:
    container = _container(
        here.image("grader"),
        ["python", "-m", "hub.libraries"],
        {
            "TINYTORCH_EXCHANGE_URL": _EXCHANGE,
            "TINYTORCH_LIBRARIES_HERE": "/srv/libraries",
            "TINYTORCH_COURSE_ID": here.course,
            "JUPYTERHUB_API_TOKEN": _hub_token(LIBRARIES),
        },
        {"libraries": "/srv/libraries"},
        ("100m", "256Mi", "512Mi"),
    )
    return _deployment("libraries", container, [_volume("libraries")])


def _release(here: Cluster) -> dict[str, Any]:
    serve = f"exec python -m hub.release --course {COURSE} --host 0.0.0.0 --port 8010"
    container = _container(
        here.image("grader"),
        ["sh", "-c", f"python -c '{_LAY_OUT}' && {serve}"],
        {
            "TINYTORCH_EXCHANGE_URL": _EXCHANGE,
            "TINYTORCH_COURSE_ID": here.course,
            "TINYTORCH_DATABASE": secret("gradebook_database"),
            "JUPYTERHUB_API_TOKEN": _hub_token(RELEASE),
        },
        {"course": COURSE, "course-file": CLASS},
        ("100m", "256Mi", "512Mi"),
    )
    container["readinessProbe"] = {"httpGet": {"path": "/health", "port": 8010}, "periodSeconds": 30}
    return _deployment(RELEASE, container, [_volume("course"), _COURSE_FILE])


def _worker(here: Cluster) -> dict[str, Any]:
    """It needs the broker and nothing else: no course, no gradebook, no roster (docs/farm.md)."""
    command = ["tito", "worker", "--processes", "1"]  # more are more pods: a pod is what the scheduler moves
    container = _container(
        here.image("grader"), command, {BROKER: secret("broker"), KEY: secret("farm_key")}, {}, ("1", "1Gi", "2Gi")
    )
    container["securityContext"] = bounded(rooms=True)
    made = _deployment("worker", container, [])
    made["spec"]["replicas"] = here.workers
    made["spec"]["strategy"] = {"type": "RollingUpdate"}
    made["spec"]["template"]["spec"] |= {"hostUsers": False, "terminationGracePeriodSeconds": 300}
    return made


def _broker(here: Cluster) -> dict[str, Any]:
    # By way of its input: a password in the command would be in everybody's list of processes.
    command = 'printf "requirepass %s\\n" "$(cat /run/secrets/broker_password)" | exec redis-server - --appendonly yes'
    container = _container(
        here.broker_image, ["sh", "-c", f"{command} --dir /data"], {}, {"broker": "/data", "secrets": "/run/secrets"}
    )
    container["ports"] = [{"containerPort": 6379}]
    container["readinessProbe"] = {"tcpSocket": {"port": 6379}, "periodSeconds": 10}
    return _deployment("broker", container, [_volume("broker"), _secret_files("broker_password")])


def _database(here: Cluster) -> dict[str, Any]:
    mounts = {"database": "/var/lib/postgresql/data", "secrets": "/run/secrets"}
    container = _container(
        here.image("database"), ["sh", "/usr/local/bin/database"], {}, mounts, ("250m", "512Mi", "2Gi")
    )
    container["ports"] = [{"containerPort": 5432}]
    container["readinessProbe"] = {"exec": {"command": ["pg_isready", "--quiet", "--host=/tmp"]}, "periodSeconds": 10}
    return _deployment(
        "database", container, [_volume("database"), _secret_files("database_password", "gradebook_password")]
    )


def _container(
    image: str,
    command: list[str],
    variables: dict[str, Any],
    mounts: dict[str, str],
    resources: tuple[str, str, str] = ("100m", "256Mi", "1Gi"),
) -> dict[str, Any]:
    """A container without powers; `resources` are processors and memory promised, and the most of memory."""
    processors, memory, most = resources
    return {
        "name": "main",
        "image": image,
        "command": command,
        "env": [
            {"name": name, **(value if isinstance(value, dict) else {"value": value})}
            for name, value in ({"HOME": "/tmp"} | variables).items()
        ],
        "volumeMounts": [
            {"name": name, "mountPath": path, "readOnly": name in ("secrets", "course-file")}
            for name, path in ({"tmp": "/tmp"} | mounts).items()
        ],
        "resources": {"requests": {"cpu": processors, "memory": memory}, "limits": {"memory": most}},
        "securityContext": bounded(),
    }


def _deployment(name: str, container: dict[str, Any], volumes: list[dict[str, Any]]) -> dict[str, Any]:
    return {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": _metadata(name),
        "spec": {
            "replicas": 1,
            # Two at a time would write the same files.
            "strategy": {"type": "Recreate"},
            "selector": {"matchLabels": {NAMED: name}},
            "template": {
                "metadata": {"labels": _labels(name)},
                "spec": {
                    "automountServiceAccountToken": False,
                    "enableServiceLinks": False,
                    # Done once, while a volume is empty: PostgreSQL refuses a folder that its group may write.
                    "securityContext": {"fsGroup": USER, "fsGroupChangePolicy": "OnRootMismatch"},
                    "containers": [container],
                    "volumes": [{"name": "tmp", "emptyDir": {"sizeLimit": "1Gi"}}, *volumes],
                },
            },
        },
    }


def _claim(name: str, size: str, mode: str, storage_class: str) -> dict[str, Any]:
    spec: dict[str, Any] = {"accessModes": [mode], "resources": {"requests": {"storage": size}}}
    if storage_class:
        spec["storageClassName"] = storage_class
    return {"apiVersion": "v1", "kind": "PersistentVolumeClaim", "metadata": _metadata(name), "spec": spec}


def _metadata(name: str) -> dict[str, Any]:
    return {"name": name, "labels": _labels(name)}


def _labels(name: str) -> dict[str, str]:
    return {"app.kubernetes.io/part-of": "tinytorch", NAMED: name}


def _volume(claim: str) -> dict[str, Any]:
    return {"name": claim, "persistentVolumeClaim": {"claimName": claim}}


def _secret_files(*keys: str) -> dict[str, Any]:
    return {"name": "secrets", "secret": {"secretName": SECRETS, "items": [{"key": key, "path": key} for key in keys]}}


def _hub_token(service: str) -> dict[str, Any]:
    """The token that the chart made for a service."""
    return {"valueFrom": {"secretKeyRef": {"name": "hub", "key": f"hub.services.{service}.apiToken"}}}
