"""The operations of modules 02 and 07."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import torch

from gradient_cases.drawing import broadcastable, normal, positive, shape_of, wide, with_ties
from gradient_cases.table import ROWS, Case, Random, row
from tinytorch_lib.core.tensor import concatenate, where


def elementwise(name: str, numbers: tuple[Callable, ...], ours: Callable, theirs: Callable | None = None) -> None:
    """A row for an operation on operands that broadcast, each with its own kind of numbers."""

    def make(rng: Random) -> Case:
        shapes = broadcastable(rng, len(numbers))
        return Case([kind(rng, shape) for kind, shape in zip(numbers, shapes, strict=True)], ours, theirs or ours)

    ROWS[name] = make


elementwise("add", (normal, normal), lambda a, b: a + b)
elementwise("sub", (normal, normal), lambda a, b: a - b)
elementwise("mul", (normal, normal), lambda a, b: a * b)
elementwise("div", (normal, positive), lambda a, b: a / b)
elementwise("a * a + a / b: used twice", (normal, positive), lambda a, b: a * a + a / b)
elementwise("number - a, number / a", (positive,), lambda a: (2 - a) + (3 / a))
elementwise("neg", (normal,), lambda a: -a)
elementwise("exp", (normal,), lambda a: a.exp())
elementwise("log", (positive,), lambda a: a.log())
elementwise("sqrt", (positive,), lambda a: a.sqrt())
elementwise("tanh", (wide,), lambda a: a.tanh())
elementwise("abs", (with_ties,), lambda a: a.abs())
elementwise("number ** a", (normal,), lambda a: 1.7**a)
elementwise("0 ** a", (positive,), lambda a: 0.0**a)


@row("a ** array")
def power(rng: Random) -> Case:
    one, other = broadcastable(rng, 2)
    exponent = normal(rng, other)
    return Case([positive(rng, one)], lambda a: a**exponent, lambda a: a ** torch.tensor(exponent, dtype=a.dtype))


@row("a ** whole number")
def whole_power(rng: Random) -> Case:
    exponent = int(rng.integers(0, 4))
    return Case([with_ties(rng, shape_of(rng))], lambda a: a**exponent, lambda a: a**exponent)


@row("clip")
def clip(rng: Random) -> Case:
    low, high = ((-1.0, 1.0), (None, 0.5), (-1.0, None))[rng.integers(3)]
    x = with_ties(rng, shape_of(rng))
    return Case([x], lambda a: a.clip(low, high), lambda a: a.clamp(low, high))


@row("where")
def choice(rng: Random) -> Case:
    one, two, three = broadcastable(rng, 3)
    condition = rng.random(one) < 0.5
    theirs = lambda a, b: torch.where(torch.tensor(condition), a, b)  # noqa: E731
    return Case([normal(rng, two), normal(rng, three)], lambda a, b: where(condition, a, b), theirs)


@row("matmul")
def matmul(rng: Random) -> Case:
    n, k, m = (int(size) for size in rng.integers(1, 9, 3))
    left, right = broadcastable(rng, 2)
    a = (k,) if rng.random() < 0.2 else (*left[-2:], n, k)
    b = (k,) if rng.random() < 0.2 else (k, m) if rng.random() < 0.3 else (*right[-2:], k, m)
    return Case([normal(rng, a), normal(rng, b)], lambda a, b: a @ b, lambda a, b: a @ b)


def reduction(name: str, numbers: Callable, theirs: Callable) -> None:
    """A row for a method that reduces along no, one or several axes; `theirs` gets (x, axes, keepdims)."""

    def make(rng: Random) -> Case:
        x = numbers(rng, shape_of(rng))
        axes = tuple(int(axis) for axis in rng.permutation(x.ndim)[: rng.integers(1, 4)])
        axes = tuple(axis - x.ndim if rng.random() < 0.5 else axis for axis in axes)
        axis = None if not axes or rng.random() < 0.2 else axes[0] if len(axes) == 1 else axes
        everything = tuple(range(x.ndim))
        dims = everything if axis is None else axes
        keepdims = bool(rng.random() < 0.5)
        return Case([x], lambda a: getattr(a, name)(axis, keepdims), lambda a: theirs(a, dims, keepdims))

    ROWS[name] = make


reduction("sum", normal, lambda x, axes, keep: x.sum(dim=axes, keepdim=keep))
reduction("mean", normal, lambda x, axes, keep: x.mean(dim=axes, keepdim=keep))
reduction("var", normal, lambda x, axes, keep: x.var(dim=axes, correction=0, keepdim=keep))
reduction("max", with_ties, lambda x, axes, keep: x.amax(dim=axes, keepdim=keep))
reduction("min", with_ties, lambda x, axes, keep: x.amin(dim=axes, keepdim=keep))


@row("reshape")
def reshape(rng: Random) -> Case:
    x = normal(rng, shape_of(rng))
    rest = [int(n) for n in rng.permutation(x.shape)]
    shape = (-1, *rest[1:], 1) if rng.random() < 0.5 else tuple(rest)
    return Case([x], lambda a: a.reshape(shape), lambda a: a.reshape(shape))


@row("permute, transpose")
def permute(rng: Random) -> Case:
    x = normal(rng, shape_of(rng, low=2))
    order = tuple(int(axis) - (x.ndim if rng.random() < 0.5 else 0) for axis in rng.permutation(x.ndim))
    return Case([x], lambda a: a.permute(*order).transpose(0, -1), lambda a: a.permute(*order).transpose(0, -1))


@row("concatenate")
def joined(rng: Random) -> Case:
    shape = shape_of(rng, low=1)
    axis = int(rng.integers(-len(shape), len(shape)))
    parts = []
    for length in rng.integers(1, 5, rng.integers(1, 4)):
        lengths = list(shape)
        lengths[axis] = int(length)
        parts.append(normal(rng, tuple(lengths)))
    return Case(parts, lambda *xs: concatenate(xs, axis), lambda *xs: torch.cat(xs, axis))


@row("getitem")
def getitem(rng: Random) -> Case:
    x = normal(rng, (6, *shape_of(rng, low=1, high=2), 5))
    mask = rng.random(x.shape) < 0.5
    repeated = rng.integers(-6, 6, (2, 4))
    pair = rng.integers(0, 6, 7), Ellipsis, rng.integers(0, 5, 7)
    indices = (2, slice(1, None, 2), (..., -1), (None, slice(2, 4)), (slice(None), 0, ..., None), mask, repeated, pair)
    index = indices[rng.integers(len(indices))]
    same = lambda part: torch.tensor(part) if isinstance(part, np.ndarray) else part  # noqa: E731
    theirs = tuple(map(same, index)) if isinstance(index, tuple) else same(index)
    return Case([x], lambda a: a[index], lambda a: a[theirs])


@row("getitem backwards")
def reversed_rows(rng: Random) -> Case:
    return Case([normal(rng, shape_of(rng, low=1))], lambda a: a[::-1], lambda a: a.flip(0))
