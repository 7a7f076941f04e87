"""The verb for a worker host: `tito worker`."""

from __future__ import annotations

import os
from importlib.util import find_spec

from tito.addresses import BROKER, broker_url
from tito.commands.context import in_course
from tito.errors import BrokerError, ToolError
from tito.farm.signing import farm_key
from tito.grading.policy import GradingPolicy, processors
from tito.sandbox.choose import probe_all

__all__ = ["worker"]


def worker(processes: int | None) -> None:
    course = in_course()
    broker = broker_url(course)
    if not broker:
        raise BrokerError(f"no farm is known here; set {BROKER} to its Redis (nothing was started)")
    if find_spec("celery") is None or find_spec("redis") is None:
        raise ToolError(
            "a worker needs the farm's packages: pip install 'tinytorch-course[farm]' (nothing was started)"
        )
    policy = course.grading if course else GradingPolicy()
    rooms = probe_all(policy.plain_allowed, policy.image)
    if not any(room.works for room in rooms):
        reasons = "; ".join(room.why_not for room in rooms)
        raise ToolError(f"no exam room works here: {reasons} (nothing was started)")
    farm_key()  # one that makes no sense is told before anything starts
    from tito.farm.celery_app import make_app
    from tito.farm.trust import check_trust

    check_trust(broker)
    count = processes or processors()
    make_app(broker).worker_main(
        [
            *("worker", "--concurrency", str(count), "--hostname", f"grader-{os.getpid()}@%h", "--loglevel", "INFO"),
            *("--without-gossip", "--without-mingle", "--without-heartbeat"),
        ]
    )
