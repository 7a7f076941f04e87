"""The losses of module 05."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

import numpy as np
import torch
import torch.nn.functional as F  # noqa: N812 (its usual name)

from gradient_cases.drawing import shape_of, with_ties
from gradient_cases.table import ROWS, Case, Random
from tinytorch_lib.core.losses import BinaryCrossEntropyLoss, CrossEntropyLoss, L1Loss, MSELoss
from tinytorch_lib.core.tensor import from_numpy


def loss(rng: Random, by_hand: bool, new: type, theirs: Callable) -> Case:
    """The loss of random predictions; it is multiplied by the arriving gradient, which is 0-d."""
    criterion = new()
    pred, target = with_ties(rng, shape_of(rng)), with_ties(rng, ())
    if new is CrossEntropyLoss:
        pred = 3 * with_ties(rng, shape_of(rng, low=1))
        target = rng.integers(0, pred.shape[-1], pred.shape[:-1])
    elif new is BinaryCrossEntropyLoss:
        pred, target = np.asarray(rng.uniform(0.01, 0.99, pred.shape), np.float32), rng.random(pred.shape)
        target = np.asarray(np.round(target) if rng.random() < 0.5 else target, np.float32)
    else:
        target = with_ties(rng, pred.shape)

    def backward(array: np.ndarray, gradient: np.ndarray) -> list[np.ndarray]:
        criterion(from_numpy(array), from_numpy(target))
        return [criterion.backward().data * gradient]

    def other(x: torch.Tensor) -> torch.Tensor:
        goal = torch.tensor(target)
        if new is CrossEntropyLoss:
            return theirs(x.reshape(-1, x.shape[-1]), goal.reshape(-1))
        return theirs(x, goal.to(x.dtype))

    ours = backward if by_hand else lambda x: criterion(x, from_numpy(target))
    return Case([pred], ours, other, by_hand)


for _new, _theirs in (
    (L1Loss, F.l1_loss),
    (MSELoss, F.mse_loss),
    (CrossEntropyLoss, F.cross_entropy),
    (BinaryCrossEntropyLoss, F.binary_cross_entropy),
):
    for _by_hand in (False, True):
        _name = f"{_new.__name__}{', by hand' if _by_hand else ''}"
        ROWS[_name] = partial(loss, by_hand=_by_hand, new=_new, theirs=_theirs)
