"""Is the broker who it says it is? Asked once, before a worker starts: Celery would ask for as long as it runs."""

from __future__ import annotations

import ssl
from contextlib import closing

from redis.exceptions import RedisError

from tito.addresses import BROKER, shown
from tito.errors import BrokerError
from tito.farm.ledger import connect

__all__ = ["check_trust"]


def check_trust(broker: str) -> None:
    """See that this host trusts the certificate of the Redis at `broker`. One that is away now is waited for later.

    Raises:
        BrokerError: it does not, cannot read what it should trust, or what answers there speaks no TLS.
    """
    with closing(connect(broker, 0)) as redis:
        try:
            redis.ping()
        except (RedisError, OSError) as error:
            reason = _reason(error)
            if reason:
                raise BrokerError(f"{shown(broker)} {reason} (nothing was started)") from None


def _reason(error: BaseException | None) -> str:
    """What of TLS is behind an error; empty where it is something else."""
    while error is not None:
        if isinstance(error, ssl.SSLCertVerificationError):
            return (
                f"is not trusted here: {error.verify_message}; name the certificate of its authority, "
                f"?ssl_ca_certs=/a/file behind the address in {BROKER}"
            )
        if isinstance(error, FileNotFoundError):
            return f"cannot be checked: a file of ssl_ca_certs or ssl_certfile is not there; correct {BROKER}"
        if isinstance(error, ssl.SSLError):
            return (
                f"does not speak TLS as it should: {error.reason}; correct {BROKER}, rediss:// is for Redis's tls-port"
            )
        error = error.__cause__ or error.__context__
    return ""
