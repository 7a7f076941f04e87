"""A case, and the table of functions that make random ones."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from tinytorch_lib.core.tensor import Tensor, from_numpy

Random = np.random.Generator


@dataclass
class Case:
    """One comparison.

    `ours` is a function of Tensors, or (with `by_hand`) one that takes arrays and the arriving gradient and gives the
    gradients as a list. `theirs` is a function of PyTorch's tensors.
    """

    inputs: list[np.ndarray]
    ours: Callable
    theirs: Callable
    by_hand: bool = False


ROWS: dict[str, Callable[[Random], Case]] = {}


def row(name: str) -> Callable:
    """Put a function that makes a random case into the table."""

    def add(make: Callable[[Random], Case]) -> Callable:
        ROWS[name] = make
        return make

    return add


def leaf(array: np.ndarray) -> Tensor:
    """A Tensor around this very array, in its memory layout, that requires gradients."""
    tensor = from_numpy(array)
    tensor.requires_grad = True
    return tensor
