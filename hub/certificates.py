"""Whether a certificate can be given to browsers, found out before anything is started. Only the standard library."""

from __future__ import annotations

import hashlib
import ssl
import stat
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from tito.errors import ToolError

__all__ = ["certificate_state", "check_certificate", "check_readable", "problem"]

DAY = 86400


def check_certificate(chain: Path, key: Path, hosts: Iterable[str], now: float) -> None:
    """See that the certificate at the head of `chain` fits its key, this moment and each of the names `hosts`.

    Raises:
        ToolError: it does not, or cannot be read; browsers would refuse it.
    """
    try:
        ssl.create_default_context(ssl.Purpose.CLIENT_AUTH).load_cert_chain(chain, key)
        # Not in the documentation, but all that the standard library has for a certificate that is no connection's.
        told: Mapping[str, Any] = ssl._ssl._test_decode_cert(str(chain))  # type: ignore[attr-defined]
    except (ssl.SSLError, OSError) as error:
        reason = getattr(error, "reason", None) or getattr(error, "strerror", None) or str(error)
        raise ToolError(
            f"the certificate {chain} and the key {key} cannot be used: {reason}; give a PEM chain and its own key, "
            "readable by you (nothing was started)"
        ) from None
    found = problem(told, hosts, now)
    if found:
        raise ToolError(f"the certificate {chain} {found} (nothing was started, all work is kept)")


def check_readable(path: Path, user: int) -> None:
    """See that the proxy, which runs as `user` and no other, will be able to read `path`.

    Raises:
        ToolError: it will not.
    """
    found = path.stat()
    if found.st_uid == user:
        readable = found.st_mode & stat.S_IRUSR
    elif found.st_gid == user:
        readable = found.st_mode & stat.S_IRGRP
    else:
        readable = found.st_mode & stat.S_IROTH
    if not readable:
        raise ToolError(
            f"{path} cannot be read by user {user}, as whom the proxy runs; chown {user} {path} (nothing was started, "
            "what runs goes on)"
        )


def certificate_state(files: Iterable[Path]) -> str:
    """Changes when one of the files does: compose then starts the proxy anew, which reads them once."""
    digest = hashlib.sha256()
    for path in files:
        digest.update(path.read_bytes() if path.is_file() else b"")
    return digest.hexdigest()[:16]


def problem(told: Mapping[str, Any], hosts: Iterable[str], now: float) -> str:
    """What browsers would say against a certificate, with the remedy; nothing if they take it."""
    begin, end = (ssl.cert_time_to_seconds(told[key]) for key in ("notBefore", "notAfter"))
    if now > end:
        return f"expired on {told['notAfter']}; renew it, then make up"
    if now < begin:
        return f"is valid from {told['notBefore']} only; set this machine's clock (timedatectl), or wait"
    names = [name for kind, name in told.get("subjectAltName", ()) if kind in ("DNS", "IP Address")]
    lacking = [host for host in hosts if not any(_matches(name, host) for name in names)]
    if lacking:
        return (
            f"is for {', '.join(names) or 'no name'} and not for {', '.join(lacking)}; have it made for that name too"
        )
    return ""


def _matches(name: str, host: str) -> bool:
    """As browsers match: a star stands for one label."""
    if name.startswith("*.") and host.count(".") >= 2:
        return host.partition(".")[2].casefold() == name[2:].casefold()
    return name.casefold() == host.casefold()
