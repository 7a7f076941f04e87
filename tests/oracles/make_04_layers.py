"""Make 04_layers.npz: what PyTorch computes for the layers of module 04, gradients included.

Run once, where torch is installed: `python tests/oracles/make_04_layers.py`. The tests read the file with numpy alone.
Numbers are float32; PyTorch computes in float64 on exactly these values, so that its results are more exact than what
is compared with them. Only the initial weights are taken as PyTorch draws them, in float32.

Keys: `linear/<case>/...`, `flatten/<case>/...`, `dropout/...`, `model/...` (with `model/state/<name>` and
`model/gradient/<name>` under PyTorch's own names), `init/<in>x<out>/...`.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np

PATH = Path(__file__).with_name("04_layers.npz")

LINEAR = {
    "matrix": ((5, 7), 3, True),
    "vector": ((6,), 4, True),
    "sentences": ((2, 3, 5), 4, True),
    "four-axes": ((2, 1, 3, 4), 6, True),
    "no-bias": ((4, 3), 5, False),
    "one-by-one": ((3, 1), 1, True),
    "empty-batch": ((0, 3), 2, True),
    "large": ((30, 64), 12, True),
}
FLATTEN = {"matrix": (3, 4), "image": (2, 3, 4, 5), "one": (1, 1, 1), "empty-batch": (0, 2, 3)}


def main() -> None:
    """Write the file."""
    import torch

    generator = np.random.default_rng(4)
    arrays: dict[str, np.ndarray] = {}

    def draw(*shape: int) -> np.ndarray:
        return generator.standard_normal(shape).astype(np.float32)

    def double(array: np.ndarray) -> torch.Tensor:
        return torch.tensor(array, dtype=torch.float64, requires_grad=True)

    for case, (shape, outputs, bias) in LINEAR.items():
        given = {"x": draw(*shape), "weight": draw(outputs, shape[-1])}
        if bias:
            given["bias"] = draw(outputs)
        upstream = draw(*shape[:-1], outputs)
        leaves = {name: double(array) for name, array in given.items()}
        output = torch.nn.functional.linear(leaves["x"], leaves["weight"], leaves.get("bias"))
        output.backward(torch.tensor(upstream, dtype=torch.float64))
        key = f"linear/{case}"
        arrays |= {f"{key}/{name}": array for name, array in given.items()}
        arrays |= {f"{key}/gradient/{name}": leaf.grad.numpy() for name, leaf in leaves.items()}
        arrays |= {f"{key}/upstream": upstream, f"{key}/output": output.detach().numpy()}

    for case, shape in FLATTEN.items():
        x = draw(*shape)
        output = torch.nn.Flatten()(torch.tensor(x))
        arrays |= {f"flatten/{case}/x": x, f"flatten/{case}/output": output.numpy()}

    # PyTorch's mask is its own; given that mask, the gradient must be what PyTorch says it is
    torch.manual_seed(4)
    x, upstream = draw(6, 50), draw(6, 50)
    leaf = double(x)
    output = torch.nn.functional.dropout(leaf, p=0.3)
    output.backward(torch.tensor(upstream, dtype=torch.float64))
    arrays |= {"dropout/x": x, "dropout/upstream": upstream, "dropout/kept": (output != 0).numpy()}
    arrays |= {"dropout/output": output.detach().numpy(), "dropout/gradient": leaf.grad.numpy()}

    model = torch.nn.Sequential(
        torch.nn.Flatten(),
        torch.nn.Linear(12, 8),
        torch.nn.ReLU(),
        torch.nn.Sequential(torch.nn.Linear(8, 6, bias=False), torch.nn.Tanh()),
        torch.nn.Linear(6, 3),
    ).double()
    for parameter in model.parameters():
        parameter.data = torch.tensor(draw(*parameter.shape), dtype=torch.float64)
    x, upstreams = draw(5, 3, 4), [draw(5, 3), draw(5, 3)]
    leaf = double(x)
    for upstream in upstreams:  # twice, so that gradients have to add up
        output = model(leaf)
        output.backward(torch.tensor(upstream, dtype=torch.float64))
    arrays |= {f"model/state/{name}": p.detach().numpy().astype(np.float32) for name, p in model.state_dict().items()}
    arrays |= {f"model/gradient/{name}": p.grad.numpy() for name, p in model.named_parameters()}
    arrays |= {"model/x": x, "model/output": output.detach().numpy(), "model/gradient-x": leaf.grad.numpy()}
    arrays |= {f"model/upstream{k}": upstream for k, upstream in enumerate(upstreams)}

    for inputs, outputs in ((50, 400), (4, 3000)):
        layer = torch.nn.Linear(inputs, outputs)
        for name, parameter in layer.named_parameters():
            numbers = parameter.detach().numpy()
            spread = [np.abs(numbers).max(), numbers.std(dtype=np.float64)]
            arrays[f"init/{inputs}x{outputs}/{name}"] = np.array(spread, dtype=np.float64)

    np.savez_compressed(PATH, **arrays)


if __name__ == "__main__":
    main()
