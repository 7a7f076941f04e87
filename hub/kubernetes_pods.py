"""The pods beside the chart's: exchange, libraries, release, grading, workers, their broker and the database."""

from __future__ import annotations

from typing import Any

from hub.container_names import CLASS, COURSE
from hub.docker_settings import RELEASE, SERVICE_PORTS
from hub.exchange.access import SERVICE as EXCHANGE
from hub.kubernetes_settings import SECRETS, USER, Cluster, bounded, secret
from hub.settings import GRADING, LIBRARIES
from tito.addresses import BROKER, DATABASE
from tito.farm.signing import KEY

__all__ = ["HUB_SERVICES", "NAMED", "PORTS", "claims", "deployments", "services"]

NAMED = "tinytorch/part"
"""The label that tells the parts apart; network policies and services go by it."""

PORTS = {**SERVICE_PORTS, "broker": 6379, "database": 5432, "hub": 8081}
"""The port that a part answers on; the hub is the chart's."""

HUB_SERVICES = tuple(SERVICE_PORTS)
"""The proxy leads to them, and they ask the hub whose a token is."""

_EXCHANGE_URL = f"http://{EXCHANGE}:{PORTS[EXCHANGE]}/services/{EXCHANGE}/"
_LAY_OUT = (
    "from pathlib import Path; from tito.workspace import lay_out_course\n"
    f'lay_out_course(Path("{COURSE}"), Path("/opt/tinytorch"))'
)
_COURSE_FILE = {"name": "course-file", "configMap": {"name": "tinytorch-course"}}


def deployments(here: Cluster) -> list[dict[str, Any]]:
    """One Deployment a part."""
    hub_services = [_exchange(here), _libraries(here), _release(here), _grading(here)]
    return [*hub_services, _worker(here), _broker(here), _database(here)]


def services() -> list[dict[str, Any]]:
    """The names that parts are reached by; none leads into the cluster from outside."""
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
        for name, port in PORTS.items()
        if name != "hub"
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
            "TINYTORCH_EXCHANGE_BIND": _bind(EXCHANGE),
            "TINYTORCH_EXCHANGE_DATABASE_FILE": "/run/secrets/exchange_database",
            **_hub_variables(EXCHANGE),
        },
        {"exchange": "/srv/exchange", "course-file": "/srv/course", "secrets": "/run/secrets"},
        ("250m", "256Mi", "1Gi"),
    )
    volumes = [_volume("exchange"), _COURSE_FILE, _secret_files("exchange_database")]
    return _service(EXCHANGE, container, volumes, "/services/exchange/health")


def _libraries(here: Cluster) -> dict[str, Any]:
    container = _container(
        here.image("grader"),
        ["python", "-m", "hub.libraries"],
        {
            "TINYTORCH_EXCHANGE_URL": _EXCHANGE_URL,
            "TINYTORCH_LIBRARIES_HERE": "/srv/libraries",
            "TINYTORCH_LIBRARIES_COURSE": "/srv/course",
            "TINYTORCH_LIBRARIES_BIND": _bind(LIBRARIES),
            "TINYTORCH_COURSE_ID": here.course,
            **_hub_variables(LIBRARIES),
            **_page_variables(LIBRARIES),
        },
        {"libraries": "/srv/libraries", "course-file": "/srv/course"},
        ("100m", "256Mi", "512Mi"),
    )
    return _service(LIBRARIES, container, [_volume("libraries"), _COURSE_FILE], "/services/libraries/health")


def _release(here: Cluster) -> dict[str, Any]:
    container = _container(
        here.image("grader"),
        _in_the_course(f"python -m hub.release --course {COURSE} --host 0.0.0.0 --port {PORTS[RELEASE]}"),
        {
            "TINYTORCH_EXCHANGE_URL": _EXCHANGE_URL,
            "TINYTORCH_COURSE_ID": here.course,
            DATABASE: secret("gradebook_database"),
            **_hub_variables(RELEASE),
            **_page_variables(RELEASE),
        },
        {"course": COURSE, "course-file": CLASS},
        ("100m", "256Mi", "512Mi"),
    )
    return _service(RELEASE, container, [_volume("course"), _COURSE_FILE], "/health")


def _grading(here: Cluster) -> dict[str, Any]:
    """It makes no exam room of its own: submissions go to the workers, by way of the broker."""
    container = _container(
        here.image("grader"),
        _in_the_course("python -m hub.grading"),
        {
            "TINYTORCH_EXCHANGE_URL": _EXCHANGE_URL,
            "TINYTORCH_GRADING_COURSE": COURSE,
            "TINYTORCH_GRADING_DATA": f"{COURSE}/grading",
            "TINYTORCH_GRADING_BIND": _bind(GRADING),
            DATABASE: secret("gradebook_database"),
            BROKER: secret("broker"),
            KEY: secret("farm_key"),
            **_hub_variables(GRADING),
            **_page_variables(GRADING),
        },
        {"course": COURSE, "course-file": CLASS},
        ("250m", "512Mi", "1Gi"),
    )
    return _service(GRADING, container, [_volume("course"), _COURSE_FILE], "/services/grading/health")


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
    container["ports"] = [{"containerPort": PORTS["broker"]}]
    container["readinessProbe"] = {"tcpSocket": {"port": PORTS["broker"]}, "periodSeconds": 10}
    return _deployment("broker", container, [_volume("broker"), _secret_files("broker_password")])


def _database(here: Cluster) -> dict[str, Any]:
    mounts = {"database": "/var/lib/postgresql/data", "secrets": "/run/secrets"}
    container = _container(
        here.image("database"), ["sh", "/usr/local/bin/database"], {}, mounts, ("250m", "512Mi", "2Gi")
    )
    container["ports"] = [{"containerPort": PORTS["database"]}]
    container["readinessProbe"] = {"exec": {"command": ["pg_isready", "--quiet", "--host=/tmp"]}, "periodSeconds": 10}
    return _deployment(
        "database", container, [_volume("database"), _secret_files("database_password", "gradebook_password")]
    )


def _in_the_course(program: str) -> list[str]:
    """The course folder is laid out in its volume (running it again keeps everything), then `program` starts."""
    return ["sh", "-c", f"python -c '{_LAY_OUT}' && exec {program}"]


def _bind(service: str) -> str:
    return f"http://0.0.0.0:{PORTS[service]}"


def _hub_variables(service: str) -> dict[str, Any]:
    """Where the hub is, and the token that the chart made for this service."""
    return {
        "JUPYTERHUB_API_URL": f"http://hub:{PORTS['hub']}/hub/api",
        "JUPYTERHUB_API_TOKEN": {
            "valueFrom": {"secretKeyRef": {"name": "hub", "key": f"hub.services.{service}.apiToken"}}
        },
    }


def _page_variables(service: str) -> dict[str, str]:
    """What a service needs to send browsers through the hub's log-in; the hub counts on the same names."""
    prefix = f"/services/{service}/"
    return {
        "JUPYTERHUB_SERVICE_NAME": service,
        "JUPYTERHUB_SERVICE_PREFIX": prefix,
        "JUPYTERHUB_CLIENT_ID": f"service-{service}",
        "JUPYTERHUB_OAUTH_CALLBACK_URL": f"{prefix}oauth_callback",
    }


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


def _service(name: str, container: dict[str, Any], volumes: list[dict[str, Any]], health: str) -> dict[str, Any]:
    """A Deployment of one of the hub's services."""
    container["ports"] = [{"containerPort": PORTS[name]}]
    container["readinessProbe"] = {"httpGet": {"path": health, "port": PORTS[name]}, "periodSeconds": 10}
    made = _deployment(name, container, volumes)
    # The chart's hub answers pods with this label.
    made["spec"]["template"]["metadata"]["labels"]["hub.jupyter.org/network-access-hub"] = "true"
    return made


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
