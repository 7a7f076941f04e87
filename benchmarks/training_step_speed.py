"""How long does one training step of the MLP and of LeNet take, beside PyTorch's on the same threads?

    python benchmarks/training_step_speed.py
    python benchmarks/training_step_speed.py --threads 1 --rounds 9 --torch-python /somewhere/bin/python

A step is what `Trainer` does with one batch of 64 images 28 × 28: gradients cleared, forward, cross-entropy, backward,
Adam. The networks are those of milestones/03_mlp_1986.py (784-128-10) and 04_lenet_1998.py; PyTorch gets the same
layers, and the program stops if the numbers of parameters differ. As in convolution_speed.py, whose parts this uses,
each measurement is a process of its own, ours and PyTorch's alternate, and without a Python that has PyTorch only our
own figures are printed. "median" is the median step of a process and "best" its fastest one, both medians over the
rounds; where other programs want the cores, "best" says more. Memory is what network, optimizer and steps added to the
process's peak, once everything was imported.

Target: at most three times PyTorch's time and memory.

Last results: two cores of an AMD EPYC, Python 3.11, numpy 2.4, PyTorch 2.13; five rounds with two threads, three with
one. Other work ran beside it (load 1.5 to 3.4), so run it again on a quiet machine:
with two threads OpenBLAS waits for a core that something else has, and the second run of the MLP is beyond the target.
(A ratio is the median of the rounds' ratios, not the ratio of the medians.)

| threads | ours, PyTorch: | median (ms) | ratio | best (ms) | ratio | memory (MB) | ratio |
|---|---|---|---|---|---|---|---|
| 2 | MLP 784-128-10 | 2.8, 1.2 | 2.33 | 2.0, 0.7 | 2.72 | 5.4, 14.4 | 0.39 |
| 2 | the same, another run | 40.0, 1.6 | 5.56 | 35.9, 0.7 | 3.82 | 6.3, 14.1 | 0.45 |
| 2 | LeNet | 102.9, 29.7 | 2.42 | 24.3, 16.2 | 1.79 | 10.3, 31.7 | 0.33 |
| 1 | MLP 784-128-10 | 2.9, 1.2 | 2.49 | 1.9, 0.8 | 2.48 | 5.6, 13.3 | 0.42 |
| 1 | LeNet | 24.8, 12.5 | 2.31 | 16.0, 8.2 | 1.94 | 10.4, 32.0 | 0.33 |
"""

from __future__ import annotations

import argparse
import importlib
import json
import os
import platform
import statistics
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

from convolution_speed import columns, has_torch, peak_megabytes

ROOT = Path(__file__).resolve().parents[1]
BATCH = 64
MILESTONES = {"MLP 784-128-10": "03_mlp_1986", "LeNet": "04_lenet_1998"}
NAMES = tuple(MILESTONES)
Build = Callable[[], tuple[Callable[[], None], int]]  # makes a network: one step of it, and how many parameters it has


# --- the measured process --------------------------------------------------------------------


def our_build(name: str) -> Build:
    """The milestone's network with the course's own step, on random images."""
    import numpy as np

    sys.path.append(str(ROOT / "milestones"))
    new_model = importlib.import_module(MILESTONES[name]).new_model
    from tinytorch_lib.core.losses import CrossEntropyLoss
    from tinytorch_lib.core.optimizers import Adam
    from tinytorch_lib.core.tensor import Tensor, randn
    from tinytorch_lib.core.training import train_step

    def build() -> tuple[Callable[[], None], int]:
        model, criterion = new_model(), CrossEntropyLoss()
        optimizer = Adam(model.parameters(), learning_rate=0.001)
        images = randn(BATCH, 1, 28, 28)
        labels = Tensor(np.random.default_rng(0).integers(0, 10, BATCH))

        def step() -> None:
            train_step(model, optimizer, criterion, images, labels)

        return step, sum(parameter.size for parameter in model.parameters())

    return build


def torch_build(name: str, threads: int) -> Build:
    """The same in PyTorch."""
    import torch
    from torch import nn

    torch.set_num_threads(threads)
    mlp = lambda: nn.Sequential(nn.Flatten(), nn.Linear(784, 128), nn.ReLU(), nn.Linear(128, 10))  # noqa: E731
    lenet = lambda: nn.Sequential(  # noqa: E731
        *(nn.Conv2d(1, 6, 5, padding=2), nn.ReLU(), nn.MaxPool2d(2)),
        *(nn.Conv2d(6, 16, 5), nn.ReLU(), nn.MaxPool2d(2)),
        *(nn.Flatten(), nn.Linear(400, 120), nn.ReLU(), nn.Linear(120, 84), nn.ReLU(), nn.Linear(84, 10)),
    )
    # The first optimizer makes PyTorch import a large part of itself: that is no memory of the step.
    torch.optim.Adam([torch.zeros(1, requires_grad=True)]).step()

    def build() -> tuple[Callable[[], None], int]:
        model, criterion = (mlp if name == NAMES[0] else lenet)(), nn.CrossEntropyLoss()
        optimizer = torch.optim.Adam(model.parameters(), lr=0.001)
        images, labels = torch.randn(BATCH, 1, 28, 28), torch.randint(0, 10, (BATCH,))

        def step() -> None:
            optimizer.zero_grad()
            criterion(model(images), labels).backward()
            optimizer.step()

        return step, sum(parameter.numel() for parameter in model.parameters())

    return build


def measure(library: str, name: str, threads: int, seconds: float) -> dict[str, float]:
    """Milliseconds of the median and of the best step, megabytes added to the peak, and the number of parameters."""
    build = our_build(name) if library == "ours" else torch_build(name, threads)
    before = peak_megabytes()
    step, parameters = build()
    for _ in range(5):  # warm up: caches, thread pools, PyTorch's choice of an algorithm
        step()
    times: list[float] = []
    end = time.perf_counter() + seconds
    while time.perf_counter() < end or len(times) < 5:
        start = time.perf_counter()
        step()
        times.append(time.perf_counter() - start)
    median, best = statistics.median(times) * 1e3, min(times) * 1e3
    megabytes = peak_megabytes() - before
    return {"milliseconds": median, "best": best, "megabytes": megabytes, "parameters": parameters}


# --- the process that starts them --------------------------------------------------------------


def run(python: str, library: str, name: str, options: argparse.Namespace) -> dict[str, float]:
    """`measure` in a new process with the given number of threads."""
    threads, paths = str(options.threads), [str(ROOT), *filter(None, [os.environ.get("PYTHONPATH")])]
    settings = dict.fromkeys(("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS"), threads)
    environment = {**os.environ, **settings, "PYTHONPATH": os.pathsep.join(paths), "MPLBACKEND": "Agg"}
    command = [python, __file__, "--measure", library, name, "--threads", threads, "--seconds", str(options.seconds)]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        reason = done.stderr.strip().rpartition("\n")[2]
        raise SystemExit(f"measuring {library} failed in {python}: {reason}")
    return json.loads(done.stdout)


def row(name: str, torch: bool, options: argparse.Namespace) -> list[str]:
    """The cells of one network: its name, then ours, PyTorch's and the ratio of median, best and memory."""
    ours, theirs = [], []
    for _ in range(options.rounds):
        ours.append(run(sys.executable, "ours", name, options))
        if torch:
            theirs.append(run(options.torch_python, "torch", name, options))
    counts = {int(one["parameters"]) for one in ours + theirs}
    if len(counts) != 1:
        raise SystemExit(f"{name}: not the same network, the numbers of parameters are {sorted(counts)}")
    fastest = [[{**one, "milliseconds": one["best"]} for one in side] for side in (ours, theirs)]
    median_and_memory = columns(ours, theirs)
    return [name, *median_and_memory[:3], *columns(*fastest)[:3], *median_and_memory[3:]]


def load() -> str:
    return f"{os.getloadavg()[0]:.1f}" if hasattr(os, "getloadavg") else "unknown"


def report(options: argparse.Namespace) -> None:
    """Measure both networks and print a table."""
    torch = has_torch(options.torch_python)
    print(
        f"{platform.machine()}, {os.cpu_count()} cores, Python {platform.python_version()}, "
        f"{options.threads} threads, load {load()} at the start"
    )
    print(f"batch {BATCH}, 28 × 28, float32, Adam, {options.rounds} rounds of {options.seconds:g} s")
    if not torch:
        print(f"no PyTorch in {options.torch_python} (--torch-python names another Python): our own figures only")
    heads = [f"{who}{what}" for what in ("median (ms)", "best (ms)", "memory (MB)") for who in ("ours, ", "PyTorch, ")]
    heads = [cell for at in (0, 2, 4) for cell in (*heads[at : at + 2], "ratio")]
    print(f"\n| training step | {' | '.join(heads)} |")
    print("|" + "---|" * (len(heads) + 1))
    for name in NAMES:
        print(f"| {' | '.join(row(name, torch, options))} |", flush=True)
    print(f"\nload {load()} at the end")


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--seconds", type=float, default=2.0, help="of each measurement")
    parser.add_argument("--torch-python", default=sys.executable, help="a Python that has PyTorch")
    parser.add_argument("--measure", nargs=2, metavar=("LIBRARY", "NETWORK"), help=argparse.SUPPRESS)
    options = parser.parse_args()
    if min(options.threads, options.rounds, options.seconds) <= 0:
        parser.error("--threads, --rounds and --seconds must be positive")
    if options.measure:
        print(json.dumps(measure(*options.measure, options.threads, options.seconds)))
    else:
        report(options)


if __name__ == "__main__":
    main()
