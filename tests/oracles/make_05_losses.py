"""Make 05_losses.npz: what PyTorch computes for the losses of module 05 and their gradients.

Run once, where torch is installed: `python tests/oracles/make_05_losses.py`. The tests only call `read_cases`, which
needs numpy alone. Inputs are float32 (classes: integers); PyTorch computes in float64 on exactly these values, so that
its results are more exact than what is compared with them.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np

PATH = Path(__file__).with_name("05_losses.npz")
KINDS = ("L1Loss", "MSELoss", "CrossEntropyLoss", "BinaryCrossEntropyLoss", "log_softmax")


@dataclass(frozen=True)
class Case:
    """One call. For `log_softmax` the target holds the axis, and the gradient is that of sum(cos(k) * output[k])."""

    name: str
    kind: str
    pred: np.ndarray
    target: np.ndarray
    output: np.ndarray
    gradient: np.ndarray
    """The output's gradient for `pred`."""


def read_cases(path: Path = PATH) -> list[Case]:
    """All cases of the file, in order."""
    with np.load(path, allow_pickle=False) as file:
        arrays = {key: file[key] for key in file.files}
    names = list(dict.fromkeys(key.rpartition("/")[0] for key in arrays))
    fields = ("pred", "target", "output", "gradient")
    return [Case(name, name.split()[0], *(arrays[f"{name}/{field}"] for field in fields)) for name in names]


def _inputs() -> Iterator[tuple[str, np.ndarray, np.ndarray]]:
    """Names that begin with the kind, predictions and targets."""
    generator = np.random.default_rng(5)
    shapes = [(), (1,), (7,), (4, 1), (3, 5), (2, 3, 4), (2, 1, 3, 2)]
    for shape in shapes:
        pred, target = generator.standard_normal((2, *shape)) * 3
        yield f"L1Loss {shape}", pred, target
        yield f"MSELoss {shape}", pred, target
        probabilities = generator.uniform(0.001, 0.999, shape)
        yield f"BinaryCrossEntropyLoss {shape}", probabilities, generator.integers(0, 2, shape) * 1.0
        yield f"BinaryCrossEntropyLoss {shape} soft", probabilities, generator.uniform(0, 1, shape)
    ends = np.array([0.0, 1.0, 0.0, 1.0, 0.5, 1e-20, 1e-30])
    yield "BinaryCrossEntropyLoss ends", ends, np.array([0.0, 1.0, 1.0, 0.0, 0.5, 1.0, 0.0])
    for shape in [(3,), (1, 1), (4, 3), (64, 10), (2, 3, 5), (2, 3, 1, 4)]:
        classes = generator.integers(0, shape[-1], shape[:-1])
        yield f"CrossEntropyLoss {shape}", generator.standard_normal(shape) * 3, classes
    far = np.array([[1000.0, -1000.0, 0.0], [-1000.0, -1000.0, -1000.0], [1000.0, 1000.0, 999.0], [-500.0, 500.0, 0.0]])
    yield "CrossEntropyLoss far", far, np.array([1, 2, 2, 1])
    masked = np.array([[0.5, -np.inf, 1.5], [-np.inf, -np.inf, 3.0]])
    yield "CrossEntropyLoss masked", masked, np.array([2, 2])
    for shape in [(3,), (4, 3), (2, 3, 4), (2, 1, 3, 2)]:
        for axis in range(-len(shape), len(shape)):
            yield f"log_softmax {shape} {axis}", generator.standard_normal(shape) * 4, np.array(axis)
    yield "log_softmax far", far, np.array(-1)


def _ask_torch(kind: str, pred: np.ndarray, target: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Output and gradient, in float64."""
    import torch
    from torch.nn import functional

    x = torch.tensor(pred, dtype=torch.float64, requires_grad=True)
    if kind == "CrossEntropyLoss":
        classes = torch.tensor(target.reshape(-1), dtype=torch.int64)
        output = functional.cross_entropy(x.reshape(-1, pred.shape[-1]), classes)
    elif kind == "log_softmax":
        output = functional.log_softmax(x, dim=int(target))
    else:
        y = torch.tensor(target, dtype=torch.float64)
        losses = {
            "L1Loss": functional.l1_loss,
            "MSELoss": functional.mse_loss,
            "BinaryCrossEntropyLoss": functional.binary_cross_entropy,
        }
        output = losses[kind](x, y)
    weights = torch.cos(torch.arange(output.numel(), dtype=torch.float64)).reshape(output.shape)
    (output * weights).sum().backward()
    assert x.grad is not None
    return output.detach().numpy(), x.grad.numpy()


def main() -> None:
    arrays: dict[str, np.ndarray] = {}
    for name, raw_pred, raw_target in _inputs():
        pred = np.asarray(raw_pred, dtype=np.float32)
        target = np.asarray(raw_target, dtype=np.float32 if raw_target.dtype.kind == "f" else np.int64)
        output, gradient = _ask_torch(name.split()[0], pred, target)
        parts = {"pred": pred, "target": target, "output": output, "gradient": gradient}
        arrays |= {f"{name}/{field}": array for field, array in parts.items()}
    np.savez_compressed(PATH, **arrays)
    print(f"{PATH.name}: {len(arrays) // 4} cases, {PATH.stat().st_size:,} bytes")


if __name__ == "__main__":
    main()
