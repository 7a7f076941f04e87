"""What Prometheus reads of a service at /metrics, and how that is answered: the same for every service."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from prometheus_client import CONTENT_TYPE_LATEST, REGISTRY, CollectorRegistry, Counter, Gauge, generate_latest
from tornado.web import RequestHandler

__all__ = ["FAILURES", "LOOKED", "reads_metrics", "send_metrics"]

LOOKED = Gauge(
    "service_last_look_timestamp_seconds", "When a look last came to its end, or the service began.", ["loop"]
)
FAILURES = Counter("service_failures", "Looks that failed; what they were about is tried again.", ["loop"])


def reads_metrics(model: Mapping[str, Any]) -> bool:
    """Does somebody, as the hub describes them, hold the hub's own scope for it? A monitor needs no other."""
    return "read:metrics" in model.get("scopes", ())


def send_metrics(handler: RequestHandler, registry: CollectorRegistry = REGISTRY) -> None:
    """Answer with the numbers in `registry`, which are all of this process where nothing else is said."""
    handler.set_header("Content-Type", CONTENT_TYPE_LATEST)
    handler.finish(generate_latest(registry))
