"""Make 07_autograd.npz: PyTorch's gradients of whole expressions (02_tensor.npz has those of the single operations).

Run once, where torch is installed: `python tests/oracles/make_07_autograd.py`. The tests import `EXPRESSIONS` from
here and call each function on Tensors of the library, so both sides compute the same formula. Inputs are float32
values; PyTorch computes in float64.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

PATH = Path(__file__).with_name("07_autograd.npz")

Expression = Callable[..., Any]


def diamond(x: Any, y: Any) -> Any:
    """One tensor on many paths, short ones and long ones."""
    a = x * y
    b = a.exp() + x
    c = (a * b).tanh()
    return c * c + a * b - x / (y * y + 1) + x * x


def gated(x: Any, w1: Any, w2: Any) -> Any:
    """A gated linear layer."""
    return 1 / (1 + (-(x @ w1.T)).exp()) * (x @ w2.T)


def attention(q: Any, k: Any, v: Any) -> Any:
    """Attention over stacks of matrices, with a softmax by hand."""
    scores = (q @ k.transpose(-1, -2)) / 2.0
    weights = scores.exp()
    return weights / weights.sum(-1, True) @ v


def normalised(x: Any, scale: Any, shift: Any) -> Any:
    """Normalisation over the last two axes; scale and shift broadcast, mean and variance are on three paths."""
    mean = x.mean((1, 2), True)
    centred = x - mean
    variance = (centred * centred).mean((1, 2), True)
    return centred / (variance + 1e-3).sqrt() * scale + shift


def picked(table: Any, w: Any) -> Any:
    """Rows picked, some twice, then sliced, moved and multiplied with themselves."""
    rows = table[[2, 0, 2, 1, 2]]
    return rows[1:, ::2].T @ rows[:-1].reshape(4, 3) * w + (rows.reshape(-1)[3:6] ** 2 + 0.5).log().abs().sum()


EXPRESSIONS: dict[str, tuple[Expression, list[tuple[int, ...]]]] = {
    "diamond": (diamond, [(3, 4), (4,)]),
    "diamond-scalars": (diamond, [(), ()]),
    "gated": (gated, [(5, 4), (3, 4), (3, 4)]),
    "gated-stack": (gated, [(2, 3, 4), (1, 4), (1, 4)]),
    "attention": (attention, [(2, 3, 4, 5), (2, 3, 6, 5), (3, 6, 2)]),
    "normalised": (normalised, [(3, 2, 4), (2, 1), (4,)]),
    "picked": (picked, [(3, 3), (2, 3)]),
}


def make() -> None:
    """Ask PyTorch and write the file."""
    import torch  # type: ignore[import-not-found]

    random = np.random.default_rng(7)
    arrays: dict[str, np.ndarray] = {}
    for name, (function, shapes) in EXPRESSIONS.items():
        inputs = [random.standard_normal(shape).astype(np.float32) for shape in shapes]
        leaves = [torch.tensor(x.astype(np.float64), requires_grad=True) for x in inputs]
        output = function(*leaves)
        upstream = random.standard_normal(tuple(output.shape)).astype(np.float32)
        output.backward(torch.tensor(upstream.astype(np.float64)))
        arrays |= {f"{name}/output": output.detach().numpy(), f"{name}/upstream": upstream}
        for i, (x, leaf) in enumerate(zip(inputs, leaves, strict=True)):
            arrays |= {f"{name}/input{i}": x, f"{name}/gradient{i}": leaf.grad.numpy()}
    np.savez_compressed(PATH, **arrays)
    print(f"{len(EXPRESSIONS)} expressions in {PATH.name}")


if __name__ == "__main__":
    make()
