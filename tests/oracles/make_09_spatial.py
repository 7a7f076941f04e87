"""Make 09_spatial.npz: what PyTorch computes for the layers of module 09, gradients and running statistics included.

Run once, where torch is installed: `python tests/oracles/make_09_spatial.py`. The tests read the file with numpy alone.
Inputs are float32; PyTorch computes in float64 on exactly these values, so that its results are more exact than what is
compared with them.

Keys: `<kind>/<case>/...` for the cases in the tables below; `norm/<case>/<step>/...` for three batches in a row, then
one while predicting; `network/...` for a whole model (`network/state/<name>` and `network/gradient/<name>` under
PyTorch's own names).
"""

from __future__ import annotations

from pathlib import Path

import numpy as np

PATH = Path(__file__).with_name("09_spatial.npz")

# images (N, C, H, W), filters out, kernel, stride, padding, bias
CONV = {
    "plain": ((2, 3, 6, 5), 4, (3, 3), (1, 1), (0, 0), True),
    "padded": ((2, 3, 6, 5), 4, (3, 3), (1, 1), (1, 1), True),
    "strided": ((2, 2, 9, 8), 3, (3, 2), (2, 3), (1, 0), True),
    "no-bias": ((3, 1, 5, 5), 2, (2, 2), (1, 1), (0, 1), False),
    "one-pixel": ((4, 5, 3, 2), 6, (1, 1), (1, 1), (0, 0), True),
    "whole-image": ((2, 2, 4, 3), 2, (4, 3), (1, 1), (0, 0), True),
    "wide-padding": ((1, 1, 2, 3), 2, (3, 5), (2, 1), (3, 4), True),
    "single": ((1, 1, 1, 1), 1, (1, 1), (1, 1), (0, 0), True),
    "blocks": ((3, 6, 40, 44), 3, (7, 5), (1, 1), (3, 2), True),
}
# images, kernel, stride (None: as the kernel), padding
POOL = {
    "halves": ((2, 3, 6, 4), (2, 2), None, (0, 0)),
    "rest": ((1, 2, 7, 5), (2, 2), None, (0, 0)),
    "overlap": ((2, 2, 6, 7), (3, 2), (1, 2), (0, 0)),
    "padded": ((2, 1, 5, 5), (3, 3), (2, 2), (1, 1)),
    "one-pixel": ((2, 2, 3, 3), (1, 1), (2, 1), (0, 0)),
    "whole-image": ((3, 2, 4, 5), (4, 5), None, (0, 0)),
}
NORM = {"usual": ((4, 3, 5, 4), 1e-5, 0.1), "rows": ((6, 2, 1, 1), 1e-3, 0.3), "one-image": ((1, 2, 3, 3), 0.5, 1.0)}


def main() -> None:
    """Write the file."""
    import torch
    from torch import nn

    generator = np.random.default_rng(9)
    arrays: dict[str, np.ndarray] = {}

    def draw(*shape: int) -> np.ndarray:
        return generator.standard_normal(shape).astype(np.float32)

    def double(array: np.ndarray) -> torch.Tensor:
        return torch.tensor(array, dtype=torch.float64, requires_grad=True)

    def keep(key: str, given: dict[str, np.ndarray], output: torch.Tensor, leaves: dict[str, torch.Tensor]) -> None:
        upstream = draw(*output.shape)
        output.backward(torch.tensor(upstream, dtype=torch.float64))
        arrays.update({f"{key}/{name}": array for name, array in given.items()})
        arrays.update({f"{key}/gradient/{name}": leaf.grad.numpy() for name, leaf in leaves.items()})
        arrays.update({f"{key}/upstream": upstream, f"{key}/output": output.detach().numpy()})

    for case, (shape, outputs, kernel, stride, padding, bias) in CONV.items():
        given = {"x": draw(*shape), "weight": draw(outputs, shape[1], *kernel)}
        if bias:
            given["bias"] = draw(outputs)
        leaves = {name: double(array) for name, array in given.items()}
        output = nn.functional.conv2d(leaves["x"], leaves["weight"], leaves.get("bias"), stride, padding)
        keep(f"conv/{case}", given, output, leaves)

    for case, (shape, kernel, stride, padding) in POOL.items():
        # few different values: many windows have ties, which the first pixel wins
        given = {"x": generator.integers(-9, -3, shape).astype(np.float32)}
        for kind, layer in {"max": nn.MaxPool2d, "avg": nn.AvgPool2d}.items():
            leaves = {"x": double(given["x"])}
            keep(f"{kind}/{case}", given, layer(kernel, stride, padding)(leaves["x"]), leaves)

    for case, (shape, epsilon, momentum) in NORM.items():
        layer = nn.BatchNorm2d(shape[1], eps=epsilon, momentum=momentum).double()
        state = {"weight": draw(shape[1]), "bias": draw(shape[1])}
        for name, array in state.items():
            getattr(layer, name).data = torch.tensor(array, dtype=torch.float64)
            arrays[f"norm/{case}/{name}"] = array
        for step in range(4):
            layer.train(step < 3)
            layer.zero_grad()
            given = {"x": 3 * draw(*shape) + 2}
            leaf = double(given["x"])
            leaves = {"x": leaf, "weight": layer.weight, "bias": layer.bias}
            keep(f"norm/{case}/{step}", given, layer(leaf), leaves)
            arrays[f"norm/{case}/{step}/running_mean"] = layer.running_mean.numpy().copy()
            arrays[f"norm/{case}/{step}/running_var"] = layer.running_var.numpy().copy()

    torch.manual_seed(9)
    model = nn.Sequential(
        nn.Conv2d(2, 4, 3, padding=1, bias=False),
        nn.BatchNorm2d(4),
        nn.ReLU(),
        nn.MaxPool2d(2),
        nn.Conv2d(4, 5, (3, 2), stride=(1, 2)),
        nn.Tanh(),
        nn.AvgPool2d(2),
        nn.Flatten(),
        nn.Linear(5, 3),
    ).double()
    for tensor in model.state_dict().values():  # exactly what float32 can hold
        if tensor.is_floating_point():
            tensor.copy_(tensor.float())
    for name, tensor in model.state_dict().items():
        if "num_batches" not in name:
            arrays[f"network/state/{name}"] = tensor.numpy().astype(np.float32)
    given = {"x": draw(3, 2, 8, 8)}
    leaf = double(given["x"])
    keep("network", given, model(leaf), {"x": leaf, **dict(model.named_parameters())})
    arrays["network/predicted"] = model.eval()(leaf).detach().numpy()

    np.savez_compressed(PATH, **arrays)


if __name__ == "__main__":
    main()
