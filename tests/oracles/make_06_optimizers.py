"""Make 06_optimizers.npz: the ways of parameters under PyTorch's optimizers and schedules.

Run once, by hand, where PyTorch is installed: `python tests/oracles/make_06_optimizers.py`.
The tests need only the file.

Every case is an optimizer with its options, three parameters of one float type and random gradients for STEPS steps;
some parameters have none in some steps. Keys, with i a parameter's place:
    case/start.i, case/gradients.i (steps, *shape), case/has_gradient (steps, parameters)
    case/path.i (steps, *shape): the parameter after each step
    case/momentum.i or case/first.i, case/second.i, case/count.i: the state at the end
    rates/step_size,gamma: the learning rate before the first call of StepLR.step and after each one, from 0.1
"""

from pathlib import Path

import numpy as np
import torch

STEPS = 12
SHAPES = [(3, 2), (), (2, 1, 2)]

CASES = {
    "sgd": (torch.optim.SGD, {"lr": 0.05}),
    "sgd_momentum": (torch.optim.SGD, {"lr": 0.05, "momentum": 0.9}),
    "sgd_decay": (torch.optim.SGD, {"lr": 0.05, "weight_decay": 0.3}),
    "sgd_both": (torch.optim.SGD, {"lr": 0.05, "momentum": 0.5, "weight_decay": 0.1}),
    "adam": (torch.optim.Adam, {"lr": 0.01}),
    "adam_betas": (torch.optim.Adam, {"lr": 0.1, "betas": (0.5, 0.8)}),
    "adam_epsilon": (torch.optim.Adam, {"lr": 0.1, "eps": 0.3}),
    "adam_decay": (torch.optim.Adam, {"lr": 0.1, "weight_decay": 0.4}),
    "adamw": (torch.optim.AdamW, {"lr": 0.1}),
    "adamw_decay": (torch.optim.AdamW, {"lr": 0.1, "betas": (0.8, 0.9), "weight_decay": 0.4}),
}
STATES = {"momentum_buffer": "momentum", "exp_avg": "first", "exp_avg_sq": "second", "step": "count"}


def run(name, dtype, generator):
    """The arrays of one case."""
    kind, options = CASES[name]
    start = [np.asarray(generator.standard_normal(shape), dtype) for shape in SHAPES]
    gradients = [np.asarray(generator.standard_normal((STEPS, *shape)), dtype) for shape in SHAPES]
    has_gradient = generator.random((STEPS, len(SHAPES))) < 0.8
    has_gradient[:, 0] = True
    parameters = [torch.tensor(value, requires_grad=True) for value in start]
    optimizer, paths = kind(parameters, **options), [[] for _ in SHAPES]
    for step in range(STEPS):
        for i, parameter in enumerate(parameters):
            parameter.grad = torch.tensor(gradients[i][step]) if has_gradient[step, i] else None
        optimizer.step()
        for i, parameter in enumerate(parameters):
            paths[i].append(parameter.detach().numpy().copy())
    arrays = {"has_gradient": has_gradient}
    for i, parameter in enumerate(parameters):
        arrays |= {f"start.{i}": start[i], f"gradients.{i}": gradients[i], f"path.{i}": np.array(paths[i])}
        for theirs, ours in STATES.items():
            if optimizer.state[parameter].get(theirs) is not None:
                arrays[f"{ours}.{i}"] = np.asarray(optimizer.state[parameter][theirs])
    return arrays


def rates(step_size, gamma):
    """The learning rate along a StepLR, starting from 0.1."""
    optimizer = torch.optim.SGD([torch.zeros(1, requires_grad=True)], lr=0.1)
    schedule = torch.optim.lr_scheduler.StepLR(optimizer, step_size, gamma)
    found = [schedule.get_last_lr()[0]]
    for _ in range(STEPS):
        optimizer.step()
        schedule.step()
        found.append(schedule.get_last_lr()[0])
    return np.array(found)


def main():
    """Write the file."""
    generator, arrays = np.random.default_rng(6), {}
    for name in CASES:
        for dtype in (np.float32, np.float64):
            case = f"{name}_{np.dtype(dtype).name}"
            arrays |= {f"{case}/{key}": array for key, array in run(name, dtype, generator).items()}
    for step_size, gamma in [(1, 0.5), (3, 0.1), (4, 0.9), (20, 0.1)]:
        arrays[f"rates/{step_size},{gamma}"] = rates(step_size, gamma)
    np.savez_compressed(Path(__file__).with_name("06_optimizers.npz"), **arrays)


if __name__ == "__main__":
    main()
