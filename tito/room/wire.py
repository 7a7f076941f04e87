"""Plain data between exam room and examiner: by value, in a fixed format that can name no class and no function.

A message is four bytes of length and a msgpack value. Beside msgpack's own types it knows arrays, numpy's scalars and
dtypes, tuples, sets, slices, big and complex numbers, the types of one fixed table, and references: numbers that stand
for an object of one side. Whatever else arrives is a `WireError`, and the examiner ends the room.
"""

from __future__ import annotations

import builtins
import socket
import struct
import time
from collections import Counter, OrderedDict, defaultdict
from collections.abc import Callable
from typing import Any

import msgpack
import numpy as np

__all__ = ["MESSAGE_LIMIT", "TYPES", "Codec", "Stream", "WireError", "type_token"]

MESSAGE_LIMIT = 64 * 1024 * 1024
"""Bytes of one message."""

_DEPTH_LIMIT = 40
_KINDS = "biufcSU"

TYPES: tuple[type, ...] = (
    *(bool, int, float, complex, str, bytes, list, tuple, dict, set, frozenset, object, type, slice, range),
    *(np.ndarray, np.generic, np.number, np.integer, np.signedinteger, np.unsignedinteger, np.inexact, np.floating),
    *(np.bool_, np.float16, np.float32, np.float64, np.complex64, np.complex128, np.str_),
    *(np.int8, np.int16, np.int32, np.int64, np.uint8, np.uint16, np.uint32, np.uint64),
    *sorted(
        (
            found
            for name, found in vars(builtins).items()
            if isinstance(found, type) and issubclass(found, BaseException) and found.__name__ == name
        ),
        key=lambda found: found.__name__,
    ),
)
"""The types that may cross by name: Python's and numpy's own for data, and the built-in exceptions."""

_TOKENS = {found: token for token, found in enumerate(TYPES)}

(_ARRAY, _KNOWN_ARRAY, _OBJECT_ARRAY, _SCALAR, _TUPLE, _SET, _FROZENSET, _BIG, _COMPLEX, _SLICE, _ELLIPSIS) = range(11)
(_RANGE, _DTYPE, _TYPE, _OWN, _THEIRS, _NOT_IMPLEMENTED, _MAPPING) = range(11, 18)


class WireError(Exception):
    """A message that no honest partner sends, or a partner that is gone."""


def type_token(found: type) -> int:
    """The number in `TYPES` of the nearest type that `found` derives from."""
    return next((_TOKENS[base] for base in type.mro(found) if base in _TOKENS), _TOKENS[object])


class Stream:
    """Messages on a connected socket."""

    def __init__(self, link: socket.socket) -> None:
        self._link = link
        self._buffer = bytearray()

    def send(self, body: bytes) -> None:
        """Send one message.

        Raises:
            WireError: it is too long, or the partner is gone.
        """
        if len(body) > MESSAGE_LIMIT:
            raise WireError(f"a message of {len(body)} bytes; at most {MESSAGE_LIMIT} are allowed")
        try:
            self._link.sendall(struct.pack(">I", len(body)) + body)
        except OSError as error:
            raise WireError(f"the partner is gone: {error.strerror}") from None

    def receive(self, deadline: float | None = None, meanwhile: Callable[[float | None], None] | None = None) -> bytes:
        """The next message.

        `meanwhile(seconds)` is called before each wait and returns when the socket can be read or that time has
        passed; without it there is no deadline either.

        Raises:
            WireError: the partner is gone or announces too long a message.
            TimeoutError: `deadline` (on `time.monotonic`'s clock) passed first.
        """
        self._fill(4, deadline, meanwhile)
        (length,) = struct.unpack_from(">I", self._buffer)
        if length > MESSAGE_LIMIT:
            raise WireError(f"a message of {length} bytes was announced; at most {MESSAGE_LIMIT} are allowed")
        self._fill(4 + length, deadline, meanwhile)
        message = bytes(self._buffer[4 : 4 + length])
        del self._buffer[: 4 + length]
        return message

    def _fill(self, size: int, deadline: float | None, meanwhile: Callable[[float | None], None] | None) -> None:
        """Read until `size` bytes are there."""
        while len(self._buffer) < size:
            left = None if deadline is None else deadline - time.monotonic()
            if left is not None and left <= 0:
                raise TimeoutError
            if meanwhile is not None:
                meanwhile(left)
            try:
                chunk = self._link.recv(1 << 18, 0 if meanwhile is None else socket.MSG_DONTWAIT)
            except BlockingIOError:
                continue
            except OSError as error:
                raise WireError(f"the partner is gone: {error.strerror}") from None
            if not chunk:
                raise WireError("the partner hung up")
            self._buffer += chunk


class Codec:
    """Turns values into messages and back, for one side of one link.

    Args:
        arrays: the arrays that both sides hold (`tito.room.arrays.SharedArrays`).
        export: gives the description of an object of ours that is no plain data: a plain list whose first item is
            its number. Raises TypeError when it may not cross.
        ours: the object of ours that a number stands for; raises WireError for a number never given out.
        theirs: a stand-in for an object of the partner's, from its description.
        is_theirs: the partner's number behind a stand-in, or None when the value is no stand-in.
    """

    def __init__(
        self,
        arrays: Any,
        export: Callable[[Any], list[Any]],
        ours: Callable[[int], Any],
        theirs: Callable[[list[Any]], Any],
        is_theirs: Callable[[Any], int | None],
    ) -> None:
        self._arrays = arrays
        self._export = export
        self._ours = ours
        self._theirs = theirs
        self._is_theirs = is_theirs
        self._depth = 0

    def encode(self, value: Any) -> bytes:
        """The message for `value`.

        Raises:
            TypeError: something in it may not cross.
            ValueError: it is nested too deeply or contains itself.
        """
        mark = self._arrays.mark()
        try:
            return self._pack(value)
        except BaseException:
            self._arrays.roll_back(mark)
            raise

    def decode(self, data: bytes) -> Any:
        """The value of a message.

        Raises:
            WireError: it is none of ours.
        """
        return self._unpack(data)

    def _pack(self, value: Any) -> bytes:
        self._depth += 1
        try:
            if self._depth > _DEPTH_LIMIT:
                raise ValueError("the value is nested too deeply")
            packed: bytes = msgpack.packb(
                value, default=self._extension, strict_types=True, unicode_errors="surrogatepass"
            )
            return packed
        finally:
            self._depth -= 1

    def _unpack(self, data: bytes) -> Any:
        self._depth += 1
        try:
            if self._depth > _DEPTH_LIMIT:
                raise WireError("a message is nested too deeply")
            return msgpack.unpackb(
                data, ext_hook=self._value, strict_map_key=False, unicode_errors="surrogatepass", use_list=True
            )
        except WireError:
            raise
        except (ValueError, TypeError, LookupError, ArithmeticError, MemoryError, RecursionError) as error:
            raise WireError(f"a message makes no sense: {type(error).__name__}") from None
        finally:
            self._depth -= 1

    def _extension(self, value: Any) -> msgpack.ExtType:
        """What msgpack has no type for."""
        code, content = self._describe(value)
        return msgpack.ExtType(code, self._pack(content))

    def _describe(self, value: Any) -> tuple[int, Any]:
        number = self._is_theirs(value)
        if number is not None:
            return _OWN, number  # the partner's own object goes home
        kind = type(value)
        if kind is np.ndarray:
            return self._describe_array(value)
        plain = _PLAIN.get(kind)
        if plain is not None:
            return plain[0], plain[1](value)
        return _describe_numpy(value) or (_THEIRS, self._export(value))

    def _describe_array(self, array: np.ndarray[Any, Any]) -> tuple[int, Any]:
        if array.dtype == object:
            return _OBJECT_ARRAY, [list(array.shape), array.ravel().tolist()]
        if array.dtype.kind not in _KINDS or array.dtype.fields is not None:
            return _THEIRS, self._export(array)
        known = self._arrays.key_of(array)
        if known is not None:
            return _KNOWN_ARRAY, known
        return _ARRAY, self._arrays.describe(array)

    def _value(self, code: int, data: bytes) -> Any:
        content = self._unpack(data)
        if code == _OWN:
            return self._ours(content)
        if code == _THEIRS:
            if not isinstance(content, list) or not content or type(content[0]) is not int:
                raise WireError("a reference without a number")
            return self._theirs(content)
        if code == _ARRAY:
            return self._arrays.adopt(content)
        if code == _KNOWN_ARRAY:
            return self._arrays.known(content)
        make = _MAKERS.get(code)
        if make is None:
            raise WireError(f"a message of the unknown kind {code}")
        return make(content)


def _describe_numpy(value: Any) -> tuple[int, Any] | None:
    """Scalars, dtypes and the types of the table; None for anything else."""
    if issubclass(type(value), np.generic) and type(value) in _TOKENS:
        return _SCALAR, [value.dtype.str, value.tobytes()]
    if issubclass(type(value), np.dtype) and value.kind in _KINDS and value.fields is None:
        return _DTYPE, value.str
    if issubclass(type(value), type) and value in _TOKENS:
        return _TYPE, _TOKENS[value]
    return None


_PLAIN: dict[type, tuple[int, Callable[[Any], Any]]] = {
    tuple: (_TUPLE, list),
    set: (_SET, list),
    frozenset: (_FROZENSET, list),
    OrderedDict: (_MAPPING, dict),
    defaultdict: (_MAPPING, dict),
    Counter: (_MAPPING, dict),
    int: (_BIG, lambda value: value.to_bytes(value.bit_length() // 8 + 1, "big", signed=True)),
    complex: (_COMPLEX, lambda value: [value.real, value.imag]),
    slice: (_SLICE, lambda value: [value.start, value.stop, value.step]),
    range: (_RANGE, lambda value: [value.start, value.stop, value.step]),
    type(Ellipsis): (_ELLIPSIS, lambda _: None),
    type(NotImplemented): (_NOT_IMPLEMENTED, lambda _: None),
}


def _scalar(content: list[Any]) -> Any:
    dtype = np.dtype(str(content[0]))
    if dtype.kind not in _KINDS or dtype.itemsize != len(content[1]):
        raise WireError("a scalar that is none")
    return np.frombuffer(content[1], dtype, count=1)[0]


def _object_array(content: list[Any]) -> Any:
    shape, items = content
    array = np.empty(len(items), dtype=object)
    for position, item in enumerate(items):
        array[position] = item
    return array.reshape(shape)


def _dtype(content: str) -> Any:
    dtype = np.dtype(str(content))
    if dtype.kind not in _KINDS:
        raise WireError("a type of array that may not cross")
    return dtype


_MAKERS: dict[int, Callable[[Any], Any]] = {
    _OBJECT_ARRAY: _object_array,
    _SCALAR: _scalar,
    _TUPLE: tuple,
    _MAPPING: dict,
    _SET: set,
    _FROZENSET: frozenset,
    _BIG: lambda content: int.from_bytes(content, "big", signed=True),
    _COMPLEX: lambda content: complex(float(content[0]), float(content[1])),
    _SLICE: lambda content: slice(*content),
    _ELLIPSIS: lambda _: Ellipsis,
    _RANGE: lambda content: range(*content),
    _DTYPE: _dtype,
    _TYPE: lambda content: TYPES[content] if content >= 0 else TYPES[len(TYPES)],
    _NOT_IMPLEMENTED: lambda _: NotImplemented,
}
