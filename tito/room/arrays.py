"""Arrays that exam room and examiner both hold: two copies that are made equal whenever control crosses.

Numpy's arrays are shared and changed in place all the time: a test changes what it passed in and looks whether the
student's copy followed, a student's function spoils its input and the test must see it. Passed by value alone, neither
would show. So each side keeps what it has sent and received, with the content of the last crossing, and sends what
changed since with the next message.
"""

from __future__ import annotations

import math
import weakref
from dataclasses import dataclass
from typing import Any

import numpy as np

from tito.room.wire import WireError, plain_dtype

__all__ = ["SharedArrays"]

Array = np.ndarray[Any, Any]


@dataclass(slots=True)
class _Shared:
    """One array of which the partner has a copy. A positive key is ours, a negative one the partner's."""

    key: int
    number: int
    """Python's `id` of the array."""
    get: weakref.ref[Array]
    snapshot: bytes


class SharedArrays:
    """The arrays that have crossed one link.

    Args:
        weak: forget an array when nobody here uses it any more, and tell the partner to forget it too. The other side
            of the link keeps its arrays until it is told.
    """

    def __init__(self, weak: bool) -> None:
        self._weak = weak
        self._shared: dict[int, _Shared] = {}
        self._keys: dict[int, int] = {}  # id of the array -> key
        self._next = 1
        self._dropped: list[int] = []
        self._strong: dict[int, Array] = {}
        self._held: list[Array | None] = []

    def __len__(self) -> int:
        return len(self._shared)

    def key_of(self, array: Array) -> int | None:
        """The key of an array that has crossed before."""
        key = self._keys.get(id(array))
        return key if key is not None and self._shared[key].get() is array else None

    def describe(self, array: Array) -> list[Any]:
        """An array that crosses for the first time: key, type, shape, layout, may it be written, content."""
        key, self._next = self._next, self._next + 1
        content = array.tobytes()
        self._keep(key, array, content)
        return [key, array.dtype.str, list(array.shape), _layout(array), bool(array.flags.writeable), content]

    def adopt(self, description: list[Any]) -> Array:
        """The copy of an array that the partner described."""
        key, dtype, shape, layout, writeable, content = description
        if type(key) is not int or key <= 0 or -key in self._shared:
            raise WireError("an array with a key that cannot be")
        array = _restore(plain_dtype(dtype), shape, layout, content)
        array.flags.writeable = writeable is True and array.flags.writeable
        self._keep(-key, array, content)
        return array

    def known(self, key: int) -> Array:
        """The array here that the partner means by its `key`."""
        shared = self._shared.get(-key)
        array = shared.get() if shared else None
        if array is None:
            raise WireError("an array that was never sent")
        return array

    def mark(self) -> int:
        """A place to come back to when a message cannot be sent after all."""
        return self._next

    def roll_back(self, mark: int) -> None:
        """Forget the arrays described since: the partner never saw them."""
        for key in range(mark, self._next):
            self._forget(key)

    def changes(self) -> list[Any] | None:
        """What to send along with a message: arrays changed here since the last one, and arrays forgotten here.

        None when there is nothing to say. This runs for every message and looks at every array: it is kept short.
        """
        self._held = []  # what nobody uses goes now
        shared = list(self._shared.values())
        arrays = self._held = [found.get() for found in shared]  # until the answer is here: it may name one of them
        changed: list[Any] = []
        for found, array in zip(shared, arrays, strict=True):
            if array is not None and (content := array.tobytes()) != found.snapshot:
                found.snapshot = content
                changed.append([found.key, content])
        if not changed and not self._dropped:
            return None
        dropped, self._dropped = self._dropped, []
        return [changed, dropped]

    def apply(self, changes: list[Any]) -> None:
        """Follow what the partner says of its copies.

        Raises:
            WireError: it speaks of arrays that it does not have, or that have another size.
        """
        changed, dropped = changes
        for key in dropped:
            self._forget(-key)
        for key, content in changed:
            shared = self._shared.get(-key)
            array = shared.get() if shared else None
            if shared is None or array is None:
                continue  # forgotten here while the message was under way
            if type(content) is not bytes or len(content) != len(shared.snapshot):
                raise WireError("an array's new content has another size")
            shared.snapshot = content
            if array.flags.writeable and content:
                array[...] = np.frombuffer(content, array.dtype).reshape(array.shape)

    def _keep(self, key: int, array: Array, content: bytes) -> None:

        def gone(_: Any) -> None:
            self._forget(key)
            self._dropped.append(key)

        number = id(array)
        if not self._weak:
            self._strong[key] = array
        self._shared[key] = _Shared(key, number, weakref.ref(array, gone if self._weak else None), content)
        self._keys[number] = key

    def _forget(self, key: int) -> None:
        shared = self._shared.pop(key, None)
        self._strong.pop(key, None)
        if shared is not None and self._keys.get(shared.number) == key:
            del self._keys[shared.number]


def _layout(array: Array) -> list[Any]:
    """How the elements lie in memory: the axes from the slowest to the fastest, whether there are gaps between the
    elements, and the axes along which one element stands for all."""
    strides = [abs(stride) for stride in array.strides]
    repeated = [axis for axis, stride in enumerate(strides) if stride == 0 and array.shape[axis] > 1]
    order = sorted(range(array.ndim), key=lambda axis: (-strides[axis], axis))
    if array.flags.c_contiguous:
        return [list(range(array.ndim)), False, []]
    dense = not repeated and array.transpose(order).flags.c_contiguous
    return [order, not dense, repeated]


def _restore(dtype: np.dtype[Any], shape: Any, layout: Any, content: Any) -> Array:
    """A new array with that layout.

    Raises:
        WireError: content and shape do not fit.
    """
    if type(content) is not bytes or type(layout) is not list or len(layout) != 3:
        raise WireError("an array that cannot be")
    order, gaps, repeated = layout
    if not all(_are_lengths(found) for found in (shape, order, repeated)):
        raise WireError("an array that cannot be")
    count = math.prod(shape)
    # text of no characters takes no bytes, however large its array, but numpy gives it some
    if len(content) != count * dtype.itemsize or (count and not content) or sorted(order) != list(range(len(shape))):
        raise WireError("an array whose content does not fit its shape")
    values = np.frombuffer(content, dtype).reshape(shape) if content else np.zeros(shape, dtype)
    if repeated:
        one = values[tuple(slice(1) if axis in repeated else slice(None) for axis in range(len(shape)))]
        return np.broadcast_to(one.copy(), shape)
    if gaps is not True and order == list(range(len(shape))):
        return values.copy()
    lengths = [shape[axis] for axis in order]
    base = np.zeros([*lengths[:-1], lengths[-1] * (2 if gaps is True else 1)], dtype)
    view = base[..., :: 2 if gaps is True else 1]
    array = view.transpose(np.argsort(order))
    array[...] = values
    return array


def _are_lengths(values: Any) -> bool:
    return type(values) is list and all(type(value) is int and value >= 0 for value in values)
