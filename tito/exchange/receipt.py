"""The receipt of a submission: who handed in what and when, signed by the exchange service (Ed25519).

Anybody with the public key can check one, without the service and without trusting the student who shows it.
"""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import Any

from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat, load_pem_public_key

from tito.errors import HandInError

__all__ = ["File", "Receipt", "parse_public_key", "public_text", "same_files"]

VERSION = 1


@dataclass(frozen=True)
class File:
    """One file that was handed in."""

    name: str
    sha256: str
    size: int

    @classmethod
    def of(cls, name: str, content: bytes) -> File:
        return cls(name, hashlib.sha256(content).hexdigest(), len(content))


@dataclass(frozen=True)
class Receipt:
    """What the service states about one submission."""

    submission: str
    course: str
    assignment: str
    student: str
    received: str
    """The server's clock in UTC, ISO 8601."""
    due: str | None
    """When it had to be there, the student's extension included; None without a due date."""
    files: tuple[File, ...]
    signature: str = ""

    @property
    def seconds_late(self) -> float:
        if self.due is None:
            return 0.0
        return max(0.0, (datetime.fromisoformat(self.received) - datetime.fromisoformat(self.due)).total_seconds())

    def signed(self, key: Ed25519PrivateKey) -> Receipt:
        """The same with the service's signature."""
        signature = base64.b64encode(key.sign(self._statement())).decode()
        return replace(self, signature=signature)

    def check(self, key: Ed25519PublicKey) -> None:
        """See that the owner of `key` signed just this.

        Raises:
            HandInError: they did not.
        """
        try:
            key.verify(base64.b64decode(self.signature, validate=True), self._statement())
        except (InvalidSignature, ValueError):
            raise HandInError(
                f"the receipt of {self.assignment!r} for {self.student!r} does not hold: it was changed, or another "
                "service signed it; ask for the exchange's public key and try again (nothing was changed)"
            ) from None

    def to_json(self) -> str:
        return json.dumps({"version": VERSION, **asdict(self)}, indent=1) + "\n"

    @classmethod
    def from_json(cls, text: str | bytes) -> Receipt:
        """Read a receipt back.

        Raises:
            HandInError: it is no receipt.
        """
        try:
            values = json.loads(text)
            if values.pop("version") != VERSION:
                raise ValueError("another version")
            values["files"] = tuple(File(**file) for file in values["files"])
            receipt = cls(**values)
            _check_types(receipt)
            return receipt
        except (ValueError, TypeError, KeyError, AttributeError, RecursionError) as error:
            raise HandInError(
                f"this is no receipt ({str(error)[:80]}); take the file from the folder receipts (nothing was changed)"
            ) from None

    def _statement(self) -> bytes:
        """What is signed: every field but the signature, in one spelling."""
        values = {"version": VERSION, **asdict(self)}
        del values["signature"]
        return json.dumps(values, sort_keys=True, separators=(",", ":")).encode()


def _check_types(receipt: Receipt) -> None:
    due = [] if receipt.due is None else [receipt.due]
    about = [receipt.submission, receipt.course, receipt.assignment, receipt.student, receipt.received, *due]
    texts: list[Any] = [*about, receipt.signature, *(t for file in receipt.files for t in (file.name, file.sha256))]
    if not all(isinstance(text, str) for text in texts):
        raise ValueError("a field is not text")
    for moment in (receipt.received, *due):
        if datetime.fromisoformat(moment).tzinfo is None:
            raise ValueError("a time has no zone")


def public_text(key: Ed25519PrivateKey) -> str:
    """The public half, as a PEM file holds it."""
    return key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode()


def parse_public_key(text: str | bytes, where: str | Path) -> Ed25519PublicKey:
    """Read a PEM file's text.

    Raises:
        HandInError: it holds no public key of the exchange's kind.
    """
    data = text.encode() if isinstance(text, str) else text
    try:
        key: object = load_pem_public_key(data)
    except (ValueError, UnsupportedAlgorithm):
        key = None
    if not isinstance(key, Ed25519PublicKey):
        raise HandInError(f"{where} holds no public key of an exchange; ask the course for it (nothing was checked)")
    return key


def same_files(receipt: Receipt, contents: Mapping[str, bytes]) -> bool:
    """Does the receipt name just these files with just this content?"""
    return {file.name: file for file in receipt.files} == {n: File.of(n, c) for n, c in contents.items()}
