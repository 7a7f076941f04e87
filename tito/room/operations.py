"""What the examiner may ask to be done with a student's objects: Python's operators, by name."""

from __future__ import annotations

import copy
import operator
from collections.abc import Callable
from typing import Any

import numpy as np

__all__ = ["BINARY", "OPERATIONS", "UNARY"]

BINARY = (
    *("add", "sub", "mul", "truediv", "floordiv", "mod", "pow", "matmul", "and_", "or_", "xor", "lshift", "rshift"),
    *("iadd", "isub", "imul", "itruediv", "ifloordiv", "imod", "ipow", "imatmul"),
    *("eq", "ne", "lt", "le", "gt", "ge"),
)
"""Functions of `operator` with two operands."""

UNARY = ("neg", "pos", "abs", "invert")
"""Functions of `operator` with one operand."""


_DATA = frozenset((int, float, complex, str, bytes, list, tuple, dict, set, frozenset))


def _call(function: Any, /, *arguments: Any, **options: Any) -> Any:
    return function(*arguments, **options)


def _leave(manager: Any, kind: Any, message: Any) -> bool:
    error = None if kind is None else kind(message)
    return bool(manager.__exit__(kind, error, None))


def _step(iterator: Any) -> list[Any]:
    try:
        return [True, next(iterator)]
    except StopIteration:
        return [False, None]


OPERATIONS: dict[str, Callable[..., Any]] = {
    "call": _call,
    "callable": callable,
    "plain": lambda value: next(base for base in type(value).__mro__ if base in _DATA)(value),
    "getattr": getattr,
    "setattr": setattr,
    "delattr": delattr,
    "getitem": operator.getitem,
    "setitem": operator.setitem,
    "delitem": operator.delitem,
    "contains": operator.contains,
    "len": len,
    "iter": iter,
    "step": _step,
    "reversed": reversed,
    "bool": bool,
    "int": int,
    "float": float,
    "complex": complex,
    "index": operator.index,
    "round": round,
    "str": str,
    "repr": repr,
    "format": format,
    "hash": hash,
    "dir": dir,
    "type": type,
    "isinstance": isinstance,
    "issubclass": issubclass,
    "array": lambda value, dtype=None: np.array(value, dtype=dtype),
    "copy": copy.copy,
    "deepcopy": copy.deepcopy,
    "enter": lambda manager: manager.__enter__(),
    "leave": _leave,
    **{name: getattr(operator, name) for name in (*BINARY, *UNARY)},
}
