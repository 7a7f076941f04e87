"""A student's object as a test sees it: a handle. What is done with it happens in the exam room."""

from __future__ import annotations

import operator
from collections.abc import Callable, Iterator
from typing import Any, Generic, Protocol, TypeVar

import numpy as np

from tito.room.operations import BINARY, UNARY
from tito.room.wire import TYPES

__all__ = ["Comparison", "Handle", "number_of", "received", "type_of", "value_of"]

_MEMORY = ("__array_", "__dlpack", "__buffer", "__cuda_array")
_DATA = frozenset((int, float, complex, str, bytes, list, tuple, dict, set, frozenset))
_EXACT = _DATA | {bool, type(None), np.ndarray}

T = TypeVar("T")


class Asker(Protocol):
    """What a handle needs of the link."""

    def ask(self, operation: str, *arguments: Any, **options: Any) -> Any:
        """Let the exam room do `operation`."""

    def attribute(self, handle: Handle, name: str) -> Any:
        """An attribute of the object behind a handle."""

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

    __slots__ = (
        "__weakref__",
        "base",
        "is_class",
        "kind",
        "link",
        "number",
        "received",
    )  # as names they are taken away below

    __array_ufunc__ = None  # an array on the left leaves the operation to the handle, as it does for a Tensor

    def __init__(self, link: Asker, description: list[Any]) -> None:
        number, base, is_class, kind = description
        _link.set(self, link)
        _number.set(self, number)
        _base.set(self, TYPES[base] if base >= 0 else object)
        _is_class.set(self, is_class)
        _kind.set(self, kind)
        _received.set(self, 0)

    def __del__(self) -> None:
        _link.get(self).let_go(_number.get(self), _received.get(self))

    @property  # type: ignore[misc]
    def __class__(self) -> type:
        """What `isinstance` asks when the type itself does not fit: a named tuple is a tuple."""
        base = _base.get(self)
        return Handle if base is object else base

    def __getattr__(self, name: str) -> Any:
        if name.startswith(_MEMORY):  # numpy looks for them, and believes the addresses of memory in them
            raise AttributeError(f"a test cannot ask a student's object for {name}")
        return _link.get(self).attribute(self, name)

    def __setattr__(self, name: str, value: Any) -> None:
        _link.get(self).ask("setattr", self, name, value)

    def __delattr__(self, name: str) -> None:
        _link.get(self).ask("delattr", self, name)

    def __call__(self, *arguments: Any, **options: Any) -> Any:
        return _link.get(self).ask("call", self, *arguments, **options)

    def __getitem__(self, key: Any) -> Any:
        return _link.get(self).ask("getitem", self, key)

    def __setitem__(self, key: Any, value: Any) -> None:
        _link.get(self).ask("setitem", self, key, value)

    def __delitem__(self, key: Any) -> None:
        _link.get(self).ask("delitem", self, key)

    def __contains__(self, value: Any) -> bool:
        if _is_data(self):
            return value_of(value) in _value(self)
        found: bool = _plain(self, "contains", bool, value)
        return found

    def __len__(self) -> int:
        found: int = _plain(self, "len", int)
        return found

    def __iter__(self) -> Iterator[Any]:
        iterator = _link.get(self).ask("iter", self)
        if not isinstance(iterator, Handle):
            raise TypeError("iter() gave no iterator")
        return iterator

    def __next__(self) -> Any:
        there, value = _link.get(self).step(self)
        if not there:
            raise StopIteration
        return value

    def __reversed__(self) -> Any:
        return _link.get(self).ask("reversed", self)

    def __bool__(self) -> bool:
        if _is_data(self):
            return bool(_value(self))
        raise TypeError("a student's object has no truth value in a test; compare plain data")

    def __int__(self) -> int:
        found: int = _plain(self, "int", int)
        return found

    def __float__(self) -> float:
        found: float = _plain(self, "float", float)
        return found

    def __complex__(self) -> complex:
        found: complex = _plain(self, "complex", complex)
        return found

    def __index__(self) -> int:
        found: int = _plain(self, "index", int)
        return found

    def __round__(self, *digits: Any) -> Any:
        return _link.get(self).ask("round", self, *digits)

    def __str__(self) -> str:
        found: str = _plain(self, "str", str)
        return found

    def __repr__(self) -> str:
        found: str = _plain(self, "repr", str)
        return found

    def __format__(self, spec: str) -> str:
        found: str = _plain(self, "format", str, spec)
        return found

    def __hash__(self) -> int:
        return object.__hash__(self)

    def __dir__(self) -> Any:
        return _link.get(self).ask("dir", self)

    def __copy__(self) -> Any:
        return _link.get(self).ask("copy", self)

    def __deepcopy__(self, memo: Any) -> Any:
        return _link.get(self).ask("deepcopy", self)

    def __enter__(self) -> Any:
        return _link.get(self).ask("enter", self)

    def __exit__(self, kind: Any, error: Any, trace: Any) -> bool:
        known = kind if kind is None or kind in TYPES else Exception
        return bool(_link.get(self).ask("leave", self, known, None if error is None else str(error)) is True)

    def __instancecheck__(self, instance: Any) -> bool:
        if type(instance) is Handle and _kind.get(instance) == _number.get(self) != 0:
            return True  # of this very class, as the room said
        if type(instance) in _EXACT and _is_class.get(self):
            return False
        return bool(_link.get(self).ask("isinstance", instance, self) is True)

    def __subclasscheck__(self, subclass: Any) -> bool:
        return bool(_link.get(self).ask("issubclass", subclass, self) is True)

    def __array__(self, dtype: Any = None, copy: Any = None) -> Any:
        found = _link.get(self).ask("array", self, None if dtype is None else np.dtype(dtype))
        if type(found) is not np.ndarray:
            raise TypeError("this object gives no array of numbers")
        return found


class _Slot(Generic[T]):
    """What a handle keeps for itself, under no name: any would hide an attribute of that name of a student's object."""

    def __init__(self, name: str) -> None:
        slot = vars(Handle)[name]
        delattr(Handle, name)
        self.get: Callable[[Handle], T] = slot.__get__
        self.set: Callable[[Handle, T], None] = slot.__set__


_base = _Slot[type]("base")
_is_class = _Slot[bool]("is_class")  # and its class is `type`, so that `isinstance` is Python's own
_kind = _Slot[int]("kind")  # the number of the object's class, 0 if that has none
_link = _Slot[Asker]("link")
_number = _Slot[int]("number")
_received = _Slot[int]("received")


def _in_the_room(name: str) -> property:
    return property(lambda self: _link.get(self).attribute(self, name))


for _name in ("__doc__", "__module__"):  # every class has them
    setattr(Handle, _name, _in_the_room(_name))


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
        link = _link.get(left if type(left) is Handle else right)
        return link.ask(operation, left, right)


def number_of(value: Any) -> int | None:
    """The exam room's number of the object behind a handle; None for anything else."""
    return _number.get(value) if type(value) is Handle else None


def received(handle: Handle) -> None:
    """The exam room has sent this handle once more; it keeps the object until all of them are let go."""
    _received.set(handle, _received.get(handle) + 1)


def value_of(value: Any) -> Any:
    """The plain data in a handle on such data; everything else as it is."""
    return _value(value) if type(value) is Handle and _is_data(value) else value


def _is_data(handle: Handle) -> bool:
    """Does the object's class derive from one of plain data?"""
    base = _base.get(handle)
    return base in _DATA or issubclass(base, np.ndarray | np.generic)


def _value(handle: Handle) -> Any:
    """The plain data in such an object."""
    base = _base.get(handle)
    return _plain(handle, "plain", base) if base in _DATA else handle.__array__()


def _plain(handle: Handle, operation: str, kind: type, *arguments: Any) -> Any:
    """What `operation` gives, which must be of the plain type `kind`."""
    found = _link.get(handle).ask(operation, handle, *arguments)
    if type(found) is not kind:
        raise TypeError(f"{operation}() gave no {kind.__name__}")
    return found


def type_of(value: Any) -> Any:
    """What `type` is in a test: for a handle, a handle on the student's class."""
    return _link.get(value).ask("type", value) if type(value) is Handle else type(value)


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
        found = _link.get(self).ask(name, *operands)
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
