"""A student's object as a test sees it: a handle. What is done with it happens in the exam room."""

from __future__ import annotations

import operator
from collections.abc import Iterator
from typing import Any, Protocol

import numpy as np

from tito.room.operations import BINARY, UNARY
from tito.room.wire import TYPES

__all__ = ["Comparison", "Handle", "number_of", "type_of", "value_of"]

_MEMORY = ("__array_", "__dlpack", "__buffer", "__cuda_array")
_DATA = frozenset((int, float, complex, str, bytes, list, tuple, dict, set, frozenset))


class Asker(Protocol):
    """What a handle needs of the link."""

    def ask(self, operation: str, *arguments: Any, **options: Any) -> Any:
        """Let the exam room do `operation`."""

    def step(self, iterator: Handle) -> tuple[bool, Any]:
        """Is there a next item, and what is it?"""

    def let_go(self, number: int, received: int) -> None:
        """The handle `number`, received so often, is not used any more."""


class Handle:
    """Stands for an object in the exam room.

    It has no truth value, and a comparison with it decides nothing by itself: an object can claim to equal
    everything. Tests compare plain data, which crosses by value and is compared here. For the same reason arithmetic
    with it gives another handle: an object whose `-` gives 0 would be as near to every expected value as a test likes.

    An object whose class derives from one of plain data (a named tuple, a float of the student's) is compared and
    calculated with by value, here.
    """

    __slots__ = ("__weakref__", "_base", "_is_type", "_link", "_number", "_received")

    __array_ufunc__ = None  # an array on the left leaves the operation to the handle, as it does for a Tensor

    def __init__(self, link: Asker, description: list[Any]) -> None:
        number, base, is_type = description
        object.__setattr__(self, "_link", link)
        object.__setattr__(self, "_number", number)
        object.__setattr__(self, "_base", TYPES[base] if base >= 0 else object)
        object.__setattr__(self, "_is_type", bool(is_type))
        object.__setattr__(self, "_received", 0)

    def __del__(self) -> None:
        self._link.let_go(self._number, self._received)

    @property  # type: ignore[misc]
    def __class__(self) -> type:
        """What `isinstance` asks when the type itself does not fit: a named tuple is a tuple."""
        base: type = self._base
        return Handle if base is object else base

    def __getattr__(self, name: str) -> Any:
        if name.startswith(_MEMORY):  # numpy looks for them, and believes the addresses of memory in them
            raise AttributeError(f"a test cannot ask a student's object for {name}")
        return self._link.ask("getattr", self, name)

    def __setattr__(self, name: str, value: Any) -> None:
        self._link.ask("setattr", self, name, value)

    def __delattr__(self, name: str) -> None:
        self._link.ask("delattr", self, name)

    def __call__(self, *arguments: Any, **options: Any) -> Any:
        return self._link.ask("call", self, *arguments, **options)

    def __getitem__(self, key: Any) -> Any:
        return self._link.ask("getitem", self, key)

    def __setitem__(self, key: Any, value: Any) -> None:
        self._link.ask("setitem", self, key, value)

    def __delitem__(self, key: Any) -> None:
        self._link.ask("delitem", self, key)

    def __contains__(self, value: Any) -> bool:
        if _is_data(self):
            return value_of(value) in _value(self)
        found: bool = self._plain("contains", bool, value)
        return found

    def __len__(self) -> int:
        found: int = self._plain("len", int)
        return found

    def __iter__(self) -> Iterator[Any]:
        iterator = self._link.ask("iter", self)
        if not isinstance(iterator, Handle):
            raise TypeError("iter() gave no iterator")
        return iterator

    def __next__(self) -> Any:
        there, value = self._link.step(self)
        if not there:
            raise StopIteration
        return value

    def __reversed__(self) -> Any:
        return self._link.ask("reversed", self)

    def __bool__(self) -> bool:
        if _is_data(self):
            return bool(_value(self))
        raise TypeError("a student's object has no truth value in a test; compare plain data")

    def __int__(self) -> int:
        found: int = self._plain("int", int)
        return found

    def __float__(self) -> float:
        found: float = self._plain("float", float)
        return found

    def __complex__(self) -> complex:
        found: complex = self._plain("complex", complex)
        return found

    def __index__(self) -> int:
        found: int = self._plain("index", int)
        return found

    def __round__(self, *digits: Any) -> Any:
        return self._link.ask("round", self, *digits)

    def __str__(self) -> str:
        found: str = self._plain("str", str)
        return found

    def __repr__(self) -> str:
        found: str = self._plain("repr", str)
        return found

    def __format__(self, spec: str) -> str:
        found: str = self._plain("format", str, spec)
        return found

    def __hash__(self) -> int:
        return object.__hash__(self)

    def __dir__(self) -> Any:
        return self._link.ask("dir", self)

    def __copy__(self) -> Any:
        return self._link.ask("copy", self)

    def __deepcopy__(self, memo: Any) -> Any:
        return self._link.ask("deepcopy", self)

    def __enter__(self) -> Any:
        return self._link.ask("enter", self)

    def __exit__(self, kind: Any, error: Any, trace: Any) -> bool:
        known = kind if kind is None or kind in TYPES else Exception
        return bool(self._link.ask("leave", self, known, None if error is None else str(error)) is True)

    def __instancecheck__(self, instance: Any) -> bool:
        return bool(self._link.ask("isinstance", instance, self) is True)

    def __subclasscheck__(self, subclass: Any) -> bool:
        return bool(self._link.ask("issubclass", subclass, self) is True)

    def __array__(self, dtype: Any = None, copy: Any = None) -> Any:
        found = self._link.ask("array", self, None if dtype is None else np.dtype(dtype))
        if type(found) is not np.ndarray:
            raise TypeError("this object gives no array of numbers")
        return found

    def _plain(self, operation: str, kind: type, *arguments: Any) -> Any:
        """What `operation` gives, which must be of the plain type `kind`."""
        found = self._link.ask(operation, self, *arguments)
        if type(found) is not kind:
            raise TypeError(f"{operation}() gave no {kind.__name__}")
        return found


class Comparison:
    """What `==` and its like give with a student's object: asked in the exam room only when an array is made of it.

    Not where the other side is plain data: the room would hear what is expected, and say what pleases.
    """

    __array_ufunc__ = None

    def __init__(self, operation: str, left: Any, right: Any) -> None:
        self._asked = (operation, left, right)

    def __bool__(self) -> bool:
        raise TypeError("a comparison with a student's object has no truth value in a test; compare plain data")

    def __array__(self, dtype: Any = None, copy: Any = None) -> Any:
        if not all(type(operand) is Handle for operand in self._asked[1:]):
            raise TypeError("a comparison of a student's object with plain data proves nothing; compare plain data")
        found = self._result()
        if type(found) is not np.ndarray:
            raise TypeError(f"the comparison gave {type(found).__name__}, not an array")
        return found if dtype is None else found.astype(dtype)

    def __getattr__(self, name: str) -> Any:
        if name in {"dtype", "shape", "tolist", "ndim", "size"}:
            return getattr(np.asarray(self), name)
        raise AttributeError(f"a comparison in a test has no {name!r}; make an array of it with np.asarray first")

    def __iter__(self) -> Iterator[Any]:
        return iter(np.asarray(self))

    def __repr__(self) -> str:
        return repr(self._result())

    def _result(self) -> Any:
        operation, left, right = self._asked
        link = (left if type(left) is Handle else right)._link
        return link.ask(operation, left, right)


def number_of(value: Any) -> int | None:
    """The exam room's number of the object behind a handle; None for anything else."""
    if type(value) is not Handle:
        return None
    number: int = object.__getattribute__(value, "_number")
    return number


def value_of(value: Any) -> Any:
    """The plain data in a handle on such data; everything else as it is."""
    return _value(value) if type(value) is Handle and _is_data(value) else value


def _is_data(handle: Handle) -> bool:
    """Does the object's class derive from one of plain data? (No method: its name would hide a student's.)"""
    base = handle._base
    return base in _DATA or issubclass(base, np.ndarray | np.generic)


def _value(handle: Handle) -> Any:
    """The plain data in such an object."""
    return handle._plain("plain", handle._base) if handle._base in _DATA else handle.__array__()


def type_of(value: Any) -> Any:
    """What `type` is in a test: for a handle, a handle on the student's class."""
    return value._link.ask("type", value) if type(value) is Handle else type(value)


def _add_operators() -> None:
    for name in BINARY:
        plain = name.strip("_")
        if plain in {"eq", "ne", "lt", "le", "gt", "ge"}:
            setattr(Handle, f"__{plain}__", _comparison(name))
            continue
        setattr(Handle, f"__{plain}__", _operator(name, False))
        if not plain.startswith("i"):
            setattr(Handle, f"__r{plain}__", _operator(name, True))
    for name in UNARY:
        setattr(Handle, f"__{name}__", _operator(name, False))


def _operator(name: str, swapped: bool) -> Any:
    def method(self: Handle, *others: Any) -> Any:
        operands = (*others, self) if swapped else (self, *others)
        if _is_data(self):
            return getattr(operator, name)(*(value_of(operand) for operand in operands))
        found = self._link.ask(name, *operands)
        if type(found) is not Handle:
            raise TypeError(f"{name} with a student's object gave plain data; compare plain data in a test")
        return found

    return method


def _comparison(name: str) -> Any:
    def method(self: Handle, other: Any) -> Any:
        if _is_data(self):
            return getattr(operator, name)(_value(self), value_of(other))
        return Comparison(name, self, other)

    return method


_add_operators()
