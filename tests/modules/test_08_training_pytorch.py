"""Module 08 beside PyTorch: gradients clipped as there, and whole trainings that go the same way, weight by weight."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from tinytorch_lib.core.activations import ReLU, Tanh
from tinytorch_lib.core.layers import Flatten, Linear, Sequential
from tinytorch_lib.core.losses import CrossEntropyLoss
from tinytorch_lib.core.optimizers import SGD, Adam, AdamW, StepLR
from tinytorch_lib.core.spatial import BatchNorm2d, Conv2d
from tinytorch_lib.core.tensor import Tensor
from tinytorch_lib.core.training import CosineAnnealingLR, Trainer, clip_grad_norm

pytestmark = pytest.mark.m08

with np.load(Path(__file__).parents[1] / "oracles" / "08_training.npz", allow_pickle=False) as _file:
    ORACLE = {key: _file[key] for key in _file.files}

BATCH, EPOCHS = 8, 4


def part(prefix: str) -> dict[str, np.ndarray]:
    """The arrays whose keys begin so, by the rest of their keys."""
    return {key.removeprefix(prefix): array for key, array in ORACLE.items() if key.startswith(prefix)}


def strided(array: np.ndarray) -> np.ndarray:
    """The same numbers, backwards in memory and with gaps."""
    return np.repeat(array[::-1], 2, axis=0)[::-2] if array.ndim else array


@pytest.mark.parametrize("layout", [np.array, strided])
@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("case", ["short", "long", "scalar", "one"])
def test_gradients_are_clipped_as_in_pytorch(case, dtype, layout) -> None:
    before, after = part(f"clip/{case}/before."), part(f"clip/{case}/after.")
    parameters = [Tensor(np.zeros(np.shape(before.get(str(i), 0.0))), True, dtype) for i in range(4)]
    for i, gradient in before.items():
        parameters[int(i)].grad = Tensor(np.zeros(gradient.shape), dtype=dtype)
        parameters[int(i)].grad.data = layout(gradient.astype(dtype))
        np.testing.assert_array_equal(parameters[int(i)].grad.data, gradient)
    norm = clip_grad_norm(parameters, float(ORACLE[f"clip/{case}/max_norm"]))
    assert norm == pytest.approx(float(ORACLE[f"clip/{case}/norm"]), rel=1e-7)
    for i, parameter in enumerate(parameters):
        assert (parameter.grad is None) == (str(i) not in before)
        if parameter.grad is not None:
            assert parameter.grad.dtype == dtype
            bound = {"float32": 1e-6, "float64": 1e-12}[dtype]
            np.testing.assert_allclose(parameter.grad.data, after[str(i)], rtol=bound, atol=0)


def small() -> Sequential:
    return Sequential(Linear(3, 6), Tanh(), Linear(6, 4), ReLU(), Linear(4, 3))


def images() -> Sequential:
    return Sequential(Conv2d(1, 2, 3, padding=1, bias=False), BatchNorm2d(2), ReLU(), Flatten(), Linear(32, 3))


def cosine(optimizer):
    return CosineAnnealingLR(optimizer, EPOCHS, 0.001)


TRAININGS = {
    "adam-cosine": (small, lambda p: Adam(p, 0.02), cosine, 0.3),
    "sgd-steps": (small, lambda p: SGD(p, 0.2, momentum=0.9), lambda optimizer: StepLR(optimizer, 2, 0.5), 0.5),
    "images": (images, lambda p: AdamW(p, 0.01, weight_decay=0.1), cosine, 1.0),
}


@pytest.mark.parametrize("case", TRAININGS)
def test_a_training_goes_pytorchs_way(case) -> None:
    """Weights, running statistics, losses and rates after each epoch, in float32 against PyTorch's float64."""
    new_model, new_optimizer, new_scheduler, clip = TRAININGS[case]
    key = f"train/{case}/"
    model = new_model()
    model.load_state_dict(part(f"{key}state/"))
    optimizer = new_optimizer(model.parameters())
    trainer = Trainer(model, optimizer, CrossEntropyLoss(), new_scheduler(optimizer), clip)
    inputs, targets = ORACLE[f"{key}inputs"], ORACLE[f"{key}targets"]
    batches = [(inputs[k : k + BATCH], targets[k : k + BATCH]) for k in range(0, len(inputs), BATCH)]
    path = part(f"{key}path/")
    for epoch in range(EPOCHS):
        history = trainer.fit(batches, epochs=1, quiet=True)
        assert optimizer.learning_rate == pytest.approx(ORACLE[f"{key}rates"][epoch], rel=1e-9)
        state = model.state_dict()
        assert state.keys() == path.keys()
        for name, value in state.items():
            expected = path[name][epoch]
            error = np.max(np.abs(np.asarray(value) - expected)) / np.max(np.abs(expected))
            assert error < 2e-5, f"{name} after epoch {epoch + 1}: {error:.1e}"
    np.testing.assert_allclose(history["loss"], ORACLE[f"{key}losses"], rtol=1e-5)
