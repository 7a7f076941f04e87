"""Make 03_activations.npz: what PyTorch says about the five activations, forward and backward.

Run once, by hand, where PyTorch is installed: `python tests/oracles/make_03_activations.py`.
The tests need only the file.

Keys are `case/what`: for every case `x` and `gradient`, and for every activation its output and input gradient,
`case/relu` and `case/relu_backward`; softmax has one pair for each axis, `case/softmax0` and `case/softmax0_backward`.
"""

from pathlib import Path

import numpy as np
import torch
from torch.nn import functional

ELEMENTWISE = {
    "relu": torch.relu,
    "sigmoid": torch.sigmoid,
    "tanh": torch.tanh,
    "gelu": lambda x: functional.gelu(x, approximate="tanh"),
}


def cases():
    """Named inputs: usual shapes in both float types, and far out."""
    generator = np.random.default_rng(3)
    for name, shape, dtype in [
        ("number", (), np.float64),
        ("vector", (7,), np.float32),
        ("one", (1, 1), np.float32),
        ("empty", (0, 4), np.float32),
        ("matrix", (3, 4), np.float64),
        ("sequence", (2, 3, 5), np.float32),
        ("images", (2, 3, 4, 5), np.float64),
    ]:
        x, gradient = 2.5 * generator.standard_normal(shape), generator.standard_normal(shape)
        yield name, np.asarray(x, dtype), np.asarray(gradient, dtype)
    far = [[-1000.0, -100.0, -80.0, -20.0, 0.0], [0.0, 20.0, 80.0, 100.0, 1000.0]]
    yield "far", np.array(far, np.float32), generator.standard_normal((2, 5)).astype(np.float32)


def results(function, x, gradient):
    """Output and input gradient of `function`, as arrays."""
    tensor = torch.tensor(x, requires_grad=True)
    output = function(tensor)
    output.backward(torch.tensor(gradient))
    return output.detach().numpy(), tensor.grad.numpy()


def main():
    """Write the file."""
    arrays = {}
    for case, x, gradient in cases():
        arrays[f"{case}/x"], arrays[f"{case}/gradient"] = x, gradient
        functions = dict(ELEMENTWISE)
        for axis in range(x.ndim):
            functions[f"softmax{axis}"] = lambda t, axis=axis: torch.softmax(t, dim=axis)
        for name, function in functions.items():
            arrays[f"{case}/{name}"], arrays[f"{case}/{name}_backward"] = results(function, x, gradient)
    np.savez_compressed(Path(__file__).with_name("03_activations.npz"), **arrays)


if __name__ == "__main__":
    main()
