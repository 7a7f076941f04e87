"""The key that signs receipts: made at the first start, readable by its owner alone."""

from __future__ import annotations

import os
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, load_pem_private_key

from tito.errors import ToolError
from tito.exchange.receipt import public_text
from tito.files import write_if_changed

__all__ = ["PUBLIC_KEY", "signing_key"]

PRIVATE_KEY = "receipt-key.pem"
PUBLIC_KEY = "receipt-key.pub"


def signing_key(folder: Path) -> Ed25519PrivateKey:
    """The key in `folder`, with its public half written beside it for whoever checks receipts.

    Raises:
        ToolError: what is there is no such key. It is not replaced: earlier receipts would no longer hold.
    """
    path = folder / PRIVATE_KEY
    if not path.exists():
        _make(path)
    try:
        key: object = load_pem_private_key(path.read_bytes(), password=None)
    except (OSError, ValueError, TypeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "it is damaged"
        raise ToolError(f"{path} cannot be used: {reason}; put it back from a backup (nothing was changed)") from None
    if not isinstance(key, Ed25519PrivateKey):
        raise ToolError(f"{path} is another kind of key; put it back from a backup (nothing was changed)")
    write_if_changed(folder / PUBLIC_KEY, public_text(key))
    return key


def _make(path: Path) -> None:
    """Write a new key, whole before it has its name: a crash leaves no half of one."""
    text = Ed25519PrivateKey.generate().private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    fresh = path.with_suffix(".new")
    fresh.unlink(missing_ok=True)
    handle = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(handle, "wb") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    fresh.replace(path)
