"""What Prometheus can read of the service at /metrics."""

from __future__ import annotations

from prometheus_client import Counter, Gauge, Histogram

__all__ = ["FREE", "KEPT", "REFUSED", "SECONDS"]

SECONDS = Histogram("exchange_request_seconds", "Time to answer, by what was asked.", ["handler", "method", "status"])
KEPT = Counter("exchange_submissions_kept", "Submissions that are safe on the disk, by assignment.", ["assignment"])
REFUSED = Counter("exchange_refused", "Requests that were refused, by status.", ["status"])
FREE = Gauge("exchange_disk_free_bytes", "Room left under the data folder.")
