"""Who reaches whom on Kubernetes, beside the chart's own policies: one table, and the NetworkPolicies made of it."""

from __future__ import annotations

from typing import Any

from hub.docker_settings import RELEASE
from hub.exchange.access import SERVICE as EXCHANGE
from hub.kubernetes_pods import HUB_SERVICES, NAMED, PORTS
from hub.settings import GRADING, LIBRARIES

__all__ = ["ALLOWED", "policies", "selector", "ways_out"]

ALLOWED = {
    EXCHANGE: {"proxy", "hub", GRADING, LIBRARIES, RELEASE},
    GRADING: {"proxy", "hub"},
    LIBRARIES: {"proxy", "hub"},
    RELEASE: {"proxy", "hub"},
    "broker": {"worker", "staff", GRADING},
    "database": {"hub", "staff", EXCHANGE, GRADING, RELEASE},
    "worker": set[str](),
}
"""Who may open a connection to each of our parts. A student's server is in no row: it reaches hub and proxy only.

The proxy leads browsers to what has pages; the hub looks whether these are there.
"""

_OURS = tuple(ALLOWED)


def selector(name: str) -> dict[str, Any]:
    """The labels of a part of ours, of one of the chart's, or of the servers of staff."""
    if name in _OURS:
        return {"matchLabels": {NAMED: name}}
    if name == "staff":
        return {"matchLabels": {"component": "singleuser-server", "tinytorch/role": "staff"}}
    return {"matchLabels": {"app": "jupyterhub", "component": name}}


def policies() -> list[dict[str, Any]]:
    """One policy a part of ours, closed in both directions but for the table, and one more for staff's servers."""
    return [*map(_part, _OURS), _policy("staff", ["Egress"], egress=ways_out("staff"))]


def _part(name: str) -> dict[str, Any]:
    callers = sorted(ALLOWED[name])
    ingress = [{"from": [{"podSelector": selector(who)} for who in callers], "ports": _port(name)}] if callers else []
    egress = ways_out(name)
    if name in HUB_SERVICES:
        egress.append({"to": [{"podSelector": selector("hub")}], "ports": _port("hub")})
    if egress:
        egress.append(_names())
    return _policy(name, ["Ingress", "Egress"], ingress=ingress, egress=egress)


def ways_out(name: str) -> list[dict[str, Any]]:
    """The rules for what `name` opens connections to, by the table."""
    return [
        {"to": [{"podSelector": selector(other)}], "ports": _port(other)} for other in _OURS if name in ALLOWED[other]
    ]


def _names() -> dict[str, Any]:
    """The cluster's resolver."""
    return {
        "to": [{"namespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": "kube-system"}}}],
        "ports": [{"protocol": protocol, "port": 53} for protocol in ("UDP", "TCP")],
    }


def _port(name: str) -> list[dict[str, Any]]:
    return [{"protocol": "TCP", "port": PORTS[name]}]


def _policy(name: str, types: list[str], **rules: list[dict[str, Any]]) -> dict[str, Any]:
    return {
        "apiVersion": "networking.k8s.io/v1",
        "kind": "NetworkPolicy",
        "metadata": {"name": f"tinytorch-{name}", "labels": {"app.kubernetes.io/part-of": "tinytorch"}},
        "spec": {"podSelector": selector(name), "policyTypes": types, **rules},
    }
