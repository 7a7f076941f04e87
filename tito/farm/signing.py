"""Jobs and answers are signed with a key that coordinator and workers share and the broker does not have.

Whoever reaches the broker can then neither have a job of theirs graded nor put a grade there. They can still read
submissions, and lose or hold up jobs.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import os
from pathlib import Path
from typing import Any

from tito.errors import CourseFileError

__all__ = ["KEY", "KEY_FILE", "farm_key", "fits", "sign"]

KEY = "TINYTORCH_FARM_KEY"
"""Environment variable with the key."""

KEY_FILE = "TINYTORCH_FARM_KEY_FILE"
"""Environment variable with the name of a file that holds it, as Docker and Kubernetes hand out secrets."""

_SHORTEST = 32


def farm_key() -> bytes:
    """The key; empty where none is set, and nothing is signed.

    Raises:
        CourseFileError: its file cannot be read, or it is short enough to be guessed.
    """
    text, where = os.environ.get(KEY, ""), KEY
    if not text and os.environ.get(KEY_FILE):
        where = f"{KEY_FILE}={os.environ[KEY_FILE]}"
        try:
            text = Path(os.environ[KEY_FILE]).read_text(encoding="utf-8")
        except (OSError, UnicodeDecodeError):
            raise CourseFileError(
                f"{where} cannot be read; name a file with the farm's key (nothing was done)"
            ) from None
    key = text.strip().encode()
    if (where != KEY and not key) or 0 < len(key) < _SHORTEST:
        raise CourseFileError(
            f"{where} is no key; make one of 32 characters or more: openssl rand -hex 32 (nothing was done)"
        )
    return key


def sign(key: bytes, what: str, *parts: Any) -> str:
    """The signature of plain data that is sent as a `what`; empty without a key."""
    text = json.dumps([what, *parts], sort_keys=True, separators=(",", ":"))
    return hmac.new(key, text.encode(), hashlib.sha256).hexdigest() if key else ""


def fits(key: bytes, signature: Any, what: str, *parts: Any) -> bool:
    """Is this the signature? Without a key everything fits."""
    if not key:
        return True
    return isinstance(signature, str) and hmac.compare_digest(signature.encode(), sign(key, what, *parts).encode())
