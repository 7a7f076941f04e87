"""What one message may grow to when it is taken apart: a few bytes can describe a large or an expensive value."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import msgpack

__all__ = ["MESSAGE_LIMIT", "Budget", "WireError"]

MESSAGE_LIMIT = 64 * 1024 * 1024
"""Bytes of one message."""

_ITEM_LIMIT = 2_000_000
_BYTE_LIMIT = 4 * MESSAGE_LIMIT
_KEY_LIMIT = 10_000


class WireError(Exception):
    """A message that no honest partner sends, or a partner that is gone."""


class Budget:
    """Takes one message apart, and counts."""

    def __init__(self) -> None:
        self.items = 0
        self.bytes = 0
        self.compared = 0

    def unpack(self, data: bytes, extension: Callable[[int, bytes], Any] = msgpack.ExtType) -> Any:
        """The value of `data`, its extensions by `extension`.

        Raises:
            WireError: it makes no sense, or grows too large.
        """
        self.bytes += len(data)
        if self.bytes > _BYTE_LIMIT:
            raise WireError("a message repeats itself too often")
        try:
            return msgpack.unpackb(
                data,
                ext_hook=extension,
                list_hook=self._list,
                object_pairs_hook=self._dict,
                strict_map_key=False,
                unicode_errors="surrogatepass",
                max_array_len=_ITEM_LIMIT,
                max_map_len=_KEY_LIMIT,
            )
        except WireError:
            raise
        except (ValueError, TypeError, LookupError, ArithmeticError, MemoryError, RecursionError) as error:
            raise WireError(f"a message makes no sense: {type(error).__name__}") from None
        except msgpack.UnpackException:
            raise WireError("a message makes no sense: it is cut off") from None

    def keys(self, count: int) -> None:
        """So many keys are looked up in one another: where all have the same hash, that takes the square of it."""
        self.compared += count * count
        if count > _KEY_LIMIT or self.compared > 2 * _KEY_LIMIT**2:
            raise WireError("a message has too many keys")

    def _list(self, found: list[Any]) -> list[Any]:
        self.items += 1 + len(found)
        if self.items > _ITEM_LIMIT:
            raise WireError("a message has too many parts")
        return found

    def _dict(self, found: list[tuple[Any, Any]]) -> dict[Any, Any]:
        self._list(found)
        self.keys(len(found))
        return dict(found)
