"""The Celery application: `celery -A tito.farm.celery_app worker`, or `tito worker`."""

from __future__ import annotations

import logging
import warnings
from typing import Any

from celery import Celery
from celery.exceptions import CPendingDeprecationWarning
from celery.signals import after_setup_logger, worker_process_init, worker_process_shutdown

from tito.addresses import broker_url
from tito.farm import grading_task, transport
from tito.farm.ledger import TIMEOUTS
from tito.farm.rules import LONGEST_JOB, QUEUE

__all__ = ["GRADE", "app", "make_app"]

GRADE = "tito.grade"
"""The task's name."""


def make_app(broker: str) -> Celery:
    """An application on the Redis at `broker`."""
    app = Celery("tito", broker=broker, set_as_current=False)
    app.conf.update(
        task_default_queue=QUEUE,
        # Plain data only: a message that names a class is refused, not built.
        accept_content=["json"],
        task_serializer="json",
        result_serializer="json",
        task_compression="zlib",
        # A job leaves the queue when its answer is written, not when a worker takes it.
        task_acks_late=True,
        task_reject_on_worker_lost=True,
        task_acks_on_failure_or_timeout=False,
        worker_prefetch_multiplier=1,
        task_ignore_result=True,  # tito.farm.ledger says why
        task_time_limit=LONGEST_JOB,
        broker_transport_options={"visibility_timeout": LONGEST_JOB + 600, "socket_keepalive": True, **TIMEOUTS},
        broker_connection_retry=True,
        broker_connection_retry_on_startup=True,
        broker_connection_max_retries=None,
        # A job goes on while the broker is away: its answer waits for the broker, and a second copy finds it.
        worker_cancel_long_running_tasks_on_connection_loss=False,
        worker_hijack_root_logger=True,
        worker_log_format="%(asctime)s %(levelname)s %(message)s",
        worker_redirect_stdouts=False,
    )
    app.task(name=GRADE, bind=True, max_retries=None)(grading_task.run)
    return app


def _quiet(**_: Any) -> None:
    """Celery's two lines a task name only its id; ours name module, student and attempt."""
    for name in ("celery.app.trace", "celery.worker.strategy"):
        logging.getLogger(name).setLevel(logging.WARNING)


after_setup_logger.connect(_quiet, weak=False)
worker_process_init.connect(grading_task.start, weak=False)
worker_process_shutdown.connect(grading_task.stop, weak=False)
transport.install()

app = make_app(broker_url())

# On every lost connection Celery announces a default of its next version; the setting above has decided it.
warnings.filterwarnings("ignore", category=CPendingDeprecationWarning)
