"""Random shapes and numbers, in random memory layouts."""

from __future__ import annotations

import numpy as np

from gradient_cases.table import Case, Random


def shape_of(rng: Random, low: int = 0, high: int = 4) -> tuple[int, ...]:
    """A shape of `low` to `high` axes with lengths 1 to 5."""
    return tuple(int(n) for n in rng.integers(1, 6, rng.integers(low, high + 1)))


def broadcastable(rng: Random, count: int) -> list[tuple[int, ...]]:
    """Shapes that broadcast with each other: axes missing on the left, or of length 1."""
    whole = shape_of(rng)
    shapes = []
    for _ in range(count):
        kept = whole[int(rng.integers(0, len(whole) + 1)) if rng.random() < 0.5 else 0 :]
        shapes.append(tuple(1 if rng.random() < 0.25 else n for n in kept))
    return shapes


def normal(rng: Random, shape: tuple[int, ...]) -> np.ndarray:
    return np.asarray(rng.standard_normal(shape), np.float32)


def positive(rng: Random, shape: tuple[int, ...]) -> np.ndarray:
    return np.asarray(rng.uniform(0.3, 3, shape), np.float32)


def arriving_at(rng: Random, shape: tuple[int, ...]) -> np.ndarray:
    """Numbers of both signs between 0.5 and 1.5: none so near 0 that only rounding errors are left."""
    return np.asarray(rng.uniform(0.5, 1.5, shape) * rng.choice([-1, 1], shape), np.float32)


def with_ties(rng: Random, shape: tuple[int, ...]) -> np.ndarray:
    """Normal numbers; in every second call whole ones, so that many are equal or 0."""
    return normal(rng, shape) if rng.random() < 0.5 else np.asarray(rng.integers(-2, 3, shape), np.float32)


def wide(rng: Random, shape: tuple[int, ...]) -> np.ndarray:
    """Numbers up to about 10, where activations are flat, ties among them; one is moderate: not all are flat."""
    x = np.asarray(3 * with_ties(rng, shape))
    x[np.unravel_index(rng.integers(x.size), shape)] = rng.uniform(0.3, 1.5)
    return x


def laid_out(rng: Random, array: np.ndarray) -> np.ndarray:
    """The same numbers in another memory layout."""
    if array.ndim == 0:
        return array
    way = rng.integers(4)
    if way == 0:
        return np.array(array, order="C")
    if way == 1:
        return np.array(array, order="F")
    if way == 2:
        return np.repeat(array, 2, axis=-1)[..., ::2]
    return np.array(array[::-1])[::-1]


def view_in_graph(rng: Random, case: Case) -> Case:
    """The case as it is, or with a transposition or a slice between the inputs and the operation."""
    way = rng.integers(3)
    if case.by_hand or way == 0:
        return case
    if way == 1:
        inputs = [array.T for array in case.inputs]
        ours = lambda *xs: case.ours(*(x.T for x in xs))  # noqa: E731
        theirs = lambda *xs: case.theirs(*(x.permute(tuple(reversed(range(x.ndim)))) for x in xs))  # noqa: E731
    else:
        inputs = [np.repeat(array[None], 3, axis=0) for array in case.inputs]
        ours = lambda *xs: case.ours(*(x[1] for x in xs))  # noqa: E731
        theirs = lambda *xs: case.theirs(*(x[1] for x in xs))  # noqa: E731
    return Case(inputs, ours, theirs)
