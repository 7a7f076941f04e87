"""Plain data between exam room and examiner: by value, in a fixed format that can name no class and no function.

A message is a msgpack value. Beside msgpack's own types it knows arrays, numpy's scalars and
dtypes, tuples, sets, slices, big and complex numbers, the types of one fixed table, and references: numbers that stand
for an object of one side. Whatever else arrives is a `WireError`, and the examiner ends the room.
"""

from __future__ import annotations

import builtins
import re
from collections import Counter, OrderedDict, defaultdict
from collections.abc import Callable
from typing import Any

import msgpack
import numpy as np

from tito.room.budget import Budget, WireError

__all__ = ["TYPES", "Codec", "WireError", "plain_dtype", "type_token"]

_DEPTH_LIMIT = 40
_FIRST_BUFFER = 4096
_KEPT_BUFFER = 1 << 20
_DTYPE_TEXT = re.compile(r"[<>|=][biufcSU]\d{1,9}")
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


def type_token(found: type) -> int:
    """The number in `TYPES` of the nearest type that `found` derives from."""
    return next((_TOKENS[base] for base in type.mro(found) if base in _TOKENS), _TOKENS[object])


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
        self._theirs = theirs
        self._is_theirs = is_theirs
        self._depth = 0
        self._packers: list[msgpack.Packer] = []
        self._budget = Budget()
        self._makers: dict[int, tuple[type, Callable[[Any], Any]]] = {
            _OWN: (int, ours),
            _THEIRS: (list, self._reference),
            _ARRAY: (list, arrays.adopt),
            _KNOWN_ARRAY: (int, arrays.known),
        }

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
        self._budget = Budget()
        return self._unpack(data)

    def _pack(self, value: Any) -> bytes:
        if self._depth == _DEPTH_LIMIT:
            raise ValueError("the value is nested too deeply")
        if self._depth == len(self._packers):  # one for each level: making them anew takes longer than packing
            self._packers.append(self._packer())
        packer = self._packers[self._depth]
        self._depth += 1
        try:
            packed: bytes = packer.pack(value)
        finally:
            self._depth -= 1
        if len(packed) > _KEPT_BUFFER:
            self._packers[self._depth] = self._packer()
        return packed

    def _packer(self) -> msgpack.Packer:
        return msgpack.Packer(
            default=self._extension, strict_types=True, unicode_errors="surrogatepass", buf_size=_FIRST_BUFFER
        )

    def _unpack(self, data: bytes) -> Any:
        self._depth += 1
        try:
            if self._depth > _DEPTH_LIMIT:
                raise WireError("a message is nested too deeply")
            return self._budget.unpack(data, self._value)
        finally:
            self._depth -= 1

    def _extension(self, value: Any) -> msgpack.ExtType:
        """What msgpack has no type for."""
        code, content = self._describe(value)
        found: msgpack.ExtType = tuple.__new__(
            msgpack.ExtType, (code, self._pack(content))
        )  # needs no look at its types
        return found

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
        """What an extension stands for. Only plain content is looked at: a stand-in would ask its partner."""
        found = self._makers.get(code) or _MAKERS.get(code)
        if found is None:
            raise WireError(f"a message of the unknown kind {code}")
        kind, make = found
        content = self._unpack(data)
        if code in (_SET, _FROZENSET) and type(content) is list:
            self._budget.keys(len(content))
        if type(content) is not kind:
            raise WireError(f"a message of the kind {code} without its content")
        return make(content)

    def _reference(self, content: list[Any]) -> Any:
        if not content or type(content[0]) is not int:
            raise WireError("a reference without a number")
        return self._theirs(content)


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


def plain_dtype(text: Any) -> np.dtype[Any]:
    """The type of an array's elements from its description.

    Raises:
        WireError: it is none that may cross: objects, records, dates and whatever else numpy can read out of a text.
    """
    if type(text) is not str or not _DTYPE_TEXT.fullmatch(text):
        raise WireError("a type of array that may not cross")
    return np.dtype(text)


def _scalar(content: list[Any]) -> Any:
    text, data = content
    dtype = plain_dtype(text)
    if type(data) is not bytes or dtype.itemsize != len(data):
        raise WireError("a scalar that is none")
    return np.frombuffer(data, dtype, count=1)[0] if data else dtype.type()


def _object_array(content: list[Any]) -> Any:
    shape, items = content
    if type(items) is not list or not _are_integers(shape):
        raise WireError("an array of objects that is none")
    array = np.empty(len(items), dtype=object)
    for position, item in enumerate(items):
        array[position] = item
    return array.reshape(shape)


def _complex(content: list[Any]) -> complex:
    real, imaginary = content
    if type(real) is not float or type(imaginary) is not float:
        raise WireError("a complex number that is none")
    return complex(real, imaginary)


def _range(content: list[Any]) -> range:
    if not _are_integers(content):
        raise WireError("a range that is none")
    return range(*content)


def _type(content: int) -> type:
    if not 0 <= content < len(TYPES):
        raise WireError("a type that is not in the table")
    return TYPES[content]


def _are_integers(values: Any) -> bool:
    return type(values) is list and all(type(value) is int for value in values)


_MAKERS: dict[int, tuple[type, Callable[[Any], Any]]] = {
    _OBJECT_ARRAY: (list, _object_array),
    _SCALAR: (list, _scalar),
    _TUPLE: (list, tuple),
    _MAPPING: (dict, dict),
    _SET: (list, set),
    _FROZENSET: (list, frozenset),
    _BIG: (bytes, lambda content: int.from_bytes(content, "big", signed=True)),
    _COMPLEX: (list, _complex),
    _SLICE: (list, lambda content: slice(*content)),
    _ELLIPSIS: (type(None), lambda _: Ellipsis),
    _RANGE: (list, _range),
    _DTYPE: (str, plain_dtype),
    _TYPE: (int, _type),
    _NOT_IMPLEMENTED: (type(None), lambda _: NotImplemented),
}
