"""Fetches one file over HTTP into a partial file that a later call goes on with.

Nothing here knows what the file should contain: the caller checks it before giving it its name.
"""

from __future__ import annotations

import http.client
import re
from collections.abc import Callable
from pathlib import Path
from typing import IO, Any
from urllib.error import HTTPError, URLError
from urllib.request import Request, urlopen

from tito.errors import ToolError

__all__ = ["DownloadError", "download"]

Tell = Callable[[int, int | None], None]
"""Called with the bytes that are there and, if known, the bytes in all."""

_CHUNK = 1 << 18
_ATTEMPTS = 5


class DownloadError(Exception):
    """The file did not come, or not wholly. `str(error)` is the reason; what came stays in the partial file."""


def download(url: str, part: Path, limit: int, tell: Tell, timeout: float = 30.0) -> None:
    """Bring `part` to the end of the file at `url`, going on where it ends now. A broken connection is taken up again.

    Args:
        limit: more bytes than this are never taken.
        timeout: seconds without a byte after which the connection counts as broken.

    Raises:
        DownloadError: the server refuses, sends too much, or stops sending and no attempt gets further.
        ToolError: `part` cannot be written.
    """
    for attempt in range(1, _ATTEMPTS + 1):
        before = _size(part)
        try:
            _receive(url, part, limit, tell, timeout)
        except (OSError, http.client.HTTPException) as error:  # URLError and timeouts are OSErrors
            reason, final = _reason(error), isinstance(error, HTTPError) and error.code < 500
        except _IncompleteError as error:
            reason, final = str(error), False
        else:
            return
        if final or attempt == _ATTEMPTS or _size(part) <= before:
            raise DownloadError(reason) from None


class _IncompleteError(Exception):
    """The connection ended before the file did."""


def _receive(url: str, part: Path, limit: int, tell: Tell, timeout: float) -> None:
    start = _size(part)
    headers = {"User-Agent": "tinytorch-course", "Accept-Encoding": "identity"}
    if start:
        headers["Range"] = f"bytes={start}-"
    try:
        response = urlopen(Request(url, headers=headers), timeout=timeout)
    except HTTPError as error:
        error.close()
        if error.code == 416 and start:  # nothing follows what we have: it is whole, or the caller's check will tell
            return
        raise
    with response:
        if response.status != 206 or _first_byte(response) != start:
            start = 0  # the server sends the whole file
        length = response.headers.get("Content-Length", "")
        total = start + int(length) if length.isdecimal() else None
        if total is not None and total > limit:
            raise DownloadError(f"the server offers {total:,} bytes, at most {limit:,} were expected")
        with _opened(part, "ab" if start else "wb") as file:
            _copy(response, file, (start, total), limit, tell)


def _copy(response: Any, file: IO[bytes], span: tuple[int, int | None], limit: int, tell: Tell) -> None:
    there, total = span
    tell(there, total)
    while chunk := response.read(_CHUNK):
        there += len(chunk)
        if there > limit:
            raise DownloadError(f"the server sends more than the {limit:,} bytes expected")
        try:
            file.write(chunk)
        except OSError as error:
            raise ToolError(f"{file.name} cannot be written: {error.strerror}; what came so far is kept") from None
        tell(there, total)
    if total is not None and there < total:
        raise _IncompleteError(f"the connection ended after {there:,} of {total:,} bytes")


def _opened(part: Path, mode: str) -> IO[bytes]:
    try:
        part.parent.mkdir(parents=True, exist_ok=True)
        file: IO[bytes] = part.open(mode)
    except OSError as error:
        raise ToolError(f"{part} cannot be written: {error.strerror}; what was there is kept") from None
    return file


def _first_byte(response: Any) -> int | None:
    found = re.match(r"bytes (\d+)-", response.headers.get("Content-Range", ""))
    return int(found[1]) if found else None


def _size(path: Path) -> int:
    return path.stat().st_size if path.is_file() else 0


def _reason(error: BaseException) -> str:
    if isinstance(error, HTTPError):
        return f"the server answers {error.code} {error.reason}"
    if isinstance(error, URLError):
        error = error.reason if isinstance(error.reason, BaseException) else error
    return getattr(error, "strerror", None) or str(error) or type(error).__name__
