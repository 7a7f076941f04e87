"""The verb `receipt verify`: does a receipt hold, and what does it say?"""

from __future__ import annotations

from datetime import datetime, timedelta
from pathlib import Path

import typer

from tito.errors import HandInError
from tito.exchange.client import Access, Client
from tito.exchange.receipt import File, Receipt, parse_public_key

__all__ = ["verify"]


def verify(path: Path, key: Path | None) -> None:
    """Check the receipt in `path`, with the public key in the file `key` or the one that the service shows."""
    receipt = Receipt.from_json(_read(path))
    if key is not None:
        public, where = _read(key), str(key)
    else:
        client = Client(_exchange(), receipt.course)
        public, where = client.public_key().encode(), client.access.url
    receipt.check(parse_public_key(public, where))
    typer.echo(f"The receipt holds: {receipt.student} handed in {receipt.assignment} at {_shown(receipt.received)}.")
    typer.echo(_lateness(receipt))
    for file in receipt.files:
        typer.echo(f"  {file.name}  {file.size} bytes  {_beside(path, file)}")


def _exchange() -> Access:
    try:
        return Access.find(Path.cwd())
    except HandInError:
        raise HandInError(
            "no exchange can be asked from here; name its public key with --key FILE (nothing was checked)"
        ) from None


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise HandInError(f"{path} cannot be read: {error.strerror} (nothing was checked)") from None


def _shown(moment: str) -> str:
    return datetime.fromisoformat(moment).strftime("%Y-%m-%d %H:%M:%S %Z")


def _lateness(receipt: Receipt) -> str:
    if receipt.due is None:
        return "It had no due time."
    late = timedelta(seconds=int(receipt.seconds_late))
    return f"It was due at {_shown(receipt.due)}: {f'{late} late' if receipt.seconds_late else 'in time'}."


def _beside(receipt: Path, file: File) -> str:
    """How the file that lies beside the folder of receipts compares with what was handed in."""
    place = receipt.absolute().parent.parent / file.name
    try:
        return "as it is there now" if File.of(file.name, place.read_bytes()) == file else "changed since"
    except OSError:
        return "not there"
