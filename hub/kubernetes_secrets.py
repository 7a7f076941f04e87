"""The values of the Secret `tinytorch-secrets`: made once, in private files that `kubectl create secret` takes."""

from __future__ import annotations

import secrets
from pathlib import Path

from hub.docker_files import write_private
from tito.files import locked

__all__ = ["KEYS", "make_secrets"]

_PASSWORDS = ("login", "database_password", "gradebook_password", "broker_password", "farm_key")
_ADDRESSES = {
    "exchange_database": "postgresql+psycopg://hub:{database_password}@database/exchange",
    "gradebook_database": "postgresql+psycopg://gradebook:{gradebook_password}@database/gradebook",
    "broker": "redis://:{broker_password}@broker:6379/0",
}
KEYS = (*_PASSWORDS, *_ADDRESSES)
"""Every key that the objects and the chart's values name."""


def make_secrets(folder: Path) -> None:
    """Make the files that are missing, each readable by its owner alone; never change one that is there."""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    with locked(folder):  # an address must hold the password that stays
        for name in _PASSWORDS:
            if not (folder / name).exists():
                write_private(folder / name, secrets.token_hex(24))
        passwords = {name: (folder / name).read_text(encoding="utf-8") for name in _PASSWORDS}
        for name, address in _ADDRESSES.items():
            if not (folder / name).exists():
                write_private(folder / name, address.format(**passwords))
