"""kombu's Redis, less one way to take no jobs any more.

A worker holds as many messages as it has processes, and takes the next when one is acknowledged. Where the broker falls
silent just then, kombu (5.7) logs it and counts the message as held until the worker is started again; so one lost
connection stops a worker of one process for good. Here it is held no longer. Its entry in Redis stays and is delivered
again after hours, when `tito.farm.ledger` has long had the answer.
"""

from __future__ import annotations

import logging

from kombu.transport import TRANSPORT_ALIASES, redis

from tito.farm.ledger import FAULTS

__all__ = ["Transport", "install"]

_log = logging.getLogger("tito.farm")


class _QoS(redis.QoS):
    def ack(self, delivery_tag: str) -> None:
        try:
            super().ack(delivery_tag)
        except (*FAULTS, OSError) as error:
            _log.warning("the broker could not be told that a job is done: %s", error)
            self._quick_ack(delivery_tag)  # what kombu does last, after a broker that answered


class _Channel(redis.Channel):
    QoS = _QoS


class Transport(redis.Transport):
    Channel = _Channel


def install() -> None:
    """Have kombu use it for redis:// and rediss://."""
    TRANSPORT_ALIASES.update(dict.fromkeys(("redis", "rediss"), f"{__name__}:{Transport.__name__}"))
