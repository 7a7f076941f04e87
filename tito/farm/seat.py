"""Who coordinates: one process at a time for each module of a course, by a lock in Redis that it keeps alive."""

from __future__ import annotations

import os
import secrets
import socket
from contextlib import suppress

from redis import Redis
from redis.exceptions import LockError, RedisError

__all__ = ["Seat"]


class Seat:
    """The coordinator's seat for `scope`.

    Args:
        redis: the broker.
        scope: what is coordinated.
        lease: seconds of silence after which a coordinator counts as dead; its seat is free a little later.
    """

    def __init__(self, redis: Redis, scope: str, lease: float) -> None:
        self._redis = redis
        self._lease = lease
        self._token = f"{socket.gethostname()}:{os.getpid()}:{secrets.token_hex(8)}"
        self._lock = redis.lock(
            f"tito:coordinator:{scope}",
            timeout=2 * lease,
            thread_local=False,  # one thread takes it, another keeps it
        )

    @property
    def key(self) -> str:
        """Where it stands in Redis."""
        return str(self._lock.name)

    def take(self) -> bool:
        """Take it, once whoever died in it is known to be dead; False when somebody lives in it."""
        return bool(self._lock.acquire(token=self._token, blocking_timeout=3 * self._lease))

    def keep(self) -> bool:
        """Say that we live; False when the broker was away for so long that somebody else has it."""
        try:
            self._lock.reacquire()
        except LockError:
            return bool(self._lock.acquire(token=self._token, blocking=False))
        return True

    def leave(self) -> None:
        """Give it up, if it is ours and the broker is there."""
        with suppress(LockError, RedisError):
            self._lock.release()

    def holder(self) -> str:
        """`host:process` of who has it; empty when nobody does."""
        found = self._redis.get(self.key)
        return found.decode().rpartition(":")[0] if isinstance(found, bytes) else ""
