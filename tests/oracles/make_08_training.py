"""Make 08_training.npz: gradients as PyTorch clips them, and whole trainings as PyTorch goes through them.

Run once, where torch is installed: `python tests/oracles/make_08_training.py`. The tests read the file without it.
Numbers are float32; PyTorch computes in float64 on exactly these values.

Keys:
    clip/<case>/max_norm, norm, before.<i>, after.<i>: gradients before and after clip_grad_norm_; a missing i had none
    train/<case>/inputs, targets, state/<name>: the data, cut into batches of BATCH, and the weights at the start
    train/<case>/path/<name> (epochs, ...), losses (epochs,), rates (epochs,): after each epoch
"""

from __future__ import annotations

from pathlib import Path

import numpy as np

PATH = Path(__file__).with_name("08_training.npz")
BATCH, EPOCHS = 8, 4

# shapes of the parameters (None: without a gradient), and how long the gradients may be
CLIP = {
    "short": ([(3, 2), (2,)], 100.0),
    "long": ([(3, 2), None, (2,), (2, 1, 3, 2)], 0.7),
    "scalar": ([(), (5,)], 1.5),
    "one": ([(4, 4)], 0.01),
}


def main() -> None:
    """Write the file."""
    import torch
    from torch import nn

    generator = np.random.default_rng(8)
    arrays: dict[str, np.ndarray] = {}

    def draw(*shape: int) -> np.ndarray:
        return np.asarray(generator.standard_normal(shape), np.float32)

    for case, (shapes, max_norm) in CLIP.items():
        parameters = []
        for i, shape in enumerate(shapes):
            parameter = torch.zeros(shape or (), dtype=torch.float64, requires_grad=True)
            parameters.append(parameter)
            if shape is not None:
                arrays[f"clip/{case}/before.{i}"] = before = draw(*shape)
                parameter.grad = torch.tensor(before, dtype=torch.float64)
        norm = nn.utils.clip_grad_norm_(parameters, max_norm)
        arrays |= {f"clip/{case}/max_norm": np.array(max_norm), f"clip/{case}/norm": norm.numpy()}
        for i, parameter in enumerate(parameters):
            if parameter.grad is not None:
                arrays[f"clip/{case}/after.{i}"] = parameter.grad.numpy()

    def small() -> nn.Module:
        return nn.Sequential(nn.Linear(3, 6), nn.Tanh(), nn.Linear(6, 4), nn.ReLU(), nn.Linear(4, 3))

    def images() -> nn.Module:
        # no bias before a normalization: its gradient is 0 but for rounding, and AdamW would follow the rounding
        convolution = nn.Conv2d(1, 2, 3, padding=1, bias=False)
        return nn.Sequential(convolution, nn.BatchNorm2d(2), nn.ReLU(), nn.Flatten(), nn.Linear(32, 3))

    def train(
        case: str, model: nn.Module, inputs: np.ndarray, kind: type, options: dict, cosine: bool, clip: float
    ) -> None:
        model = model.double()
        state = {name: tensor for name, tensor in model.state_dict().items() if "num_batches" not in name}
        for name, tensor in state.items():
            tensor.copy_(tensor.float())  # exactly what float32 can hold
            arrays[f"train/{case}/state/{name}"] = tensor.numpy().astype(np.float32)
        targets = generator.integers(0, 3, len(inputs))
        optimizer = kind(model.parameters(), **options)
        scheduler = (
            torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, EPOCHS, 0.001)
            if cosine
            else torch.optim.lr_scheduler.StepLR(optimizer, 2, 0.5)
        )
        x, y = torch.tensor(inputs, dtype=torch.float64), torch.tensor(targets)
        path: dict[str, list[np.ndarray]] = {name: [] for name in state}
        losses, rates = [], []
        for _ in range(EPOCHS):
            total = 0.0
            for start in range(0, len(x), BATCH):
                optimizer.zero_grad()
                loss = nn.functional.cross_entropy(model(x[start : start + BATCH]), y[start : start + BATCH])
                loss.backward()
                nn.utils.clip_grad_norm_(model.parameters(), clip)
                optimizer.step()
                total += loss.item() * len(y[start : start + BATCH])
            scheduler.step()
            losses.append(total / len(x))
            rates.append(scheduler.get_last_lr()[0])
            for name, tensor in state.items():
                path[name].append(tensor.numpy().copy())
        arrays.update({f"train/{case}/path/{name}": np.array(values) for name, values in path.items()})
        arrays.update({f"train/{case}/inputs": inputs, f"train/{case}/targets": targets})
        arrays.update({f"train/{case}/losses": np.array(losses), f"train/{case}/rates": np.array(rates)})

    torch.manual_seed(8)
    train("adam-cosine", small(), draw(20, 3), torch.optim.Adam, {"lr": 0.02}, True, 0.3)
    train("sgd-steps", small(), draw(24, 3), torch.optim.SGD, {"lr": 0.2, "momentum": 0.9}, False, 0.5)
    train("images", images(), draw(16, 1, 4, 4), torch.optim.AdamW, {"lr": 0.01, "weight_decay": 0.1}, True, 1.0)

    np.savez_compressed(PATH, **arrays)


if __name__ == "__main__":
    main()
