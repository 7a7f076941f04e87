"""How long do forward and backward of Conv2d take, beside PyTorch's on the same threads, and how much memory?

    python benchmarks/convolution_speed.py
    python benchmarks/convolution_speed.py --threads 1 --rounds 9 --torch-python /somewhere/bin/python

PyTorch is no dependency of the course: `--torch-python` names a Python that has it (by default this one); without it,
only our own figures are printed. The thread pools of numpy and PyTorch fight in one process, so each measurement is a
process of its own, and ours and PyTorch's alternate. A measurement is the best of many steps, a figure the median over
the rounds. Run it on a machine that does nothing else: with more threads than free cores, both numbers and ratio are
worthless.

Target: at most three times PyTorch's time and memory.

Last results: two AVX-512 cores of an AMD EPYC, Python 3.11, numpy 2.4, PyTorch 2.13, five rounds. Other work ran beside
it (load 2 to 4), so run it again on a quiet machine. Memory is what the steps added to the process's peak.

| threads | Conv2d | ours (ms) | PyTorch (ms) | ratio | ours (MB) | PyTorch (MB) | ratio |
|---|---|---|---|---|---|---|---|
| 2 | 3 → 16, first | 1.3 | 4.1 | 0.32 | 3.7 | 51.5 | 0.07 |
| 2 | 3 → 16, inner | 2.6 | 5.5 | 0.48 | 4.0 | 56.8 | 0.07 |
| 2 | 32 → 64, inner | 56.1 | 28.0 | 2.23 | 10.9 | 73.2 | 0.15 |
| 1 | 3 → 16, first | 1.4 | 4.5 | 0.30 | 3.8 | 51.1 | 0.07 |
| 1 | 3 → 16, inner | 2.6 | 12.4 | 0.20 | 4.2 | 56.7 | 0.07 |
| 1 | 32 → 64, inner | 68.8 | 50.7 | 1.34 | 10.5 | 80.7 | 0.13 |
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import resource
import statistics
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

BATCH, SIZE, KERNEL = 32, 32, 3


@dataclass(frozen=True)
class Case:
    """One layer; `inner` means that it is not the first of a network, so its input needs a gradient as well."""

    inputs: int
    outputs: int
    inner: bool

    @property
    def name(self) -> str:
        return f"{self.inputs} → {self.outputs}{', inner' if self.inner else ', first'}"


CASES = (Case(3, 16, False), Case(3, 16, True), Case(32, 64, True))


# --- the measured process --------------------------------------------------------------------


def our_step(case: Case) -> Callable[[], None]:
    """Forward and backward of our layer on random images."""
    import numpy as np

    from tinytorch_lib.core.spatial import Conv2d
    from tinytorch_lib.core.tensor import randn

    x = randn(BATCH, case.inputs, SIZE, SIZE, requires_grad=case.inner)
    layer = Conv2d(case.inputs, case.outputs, KERNEL, padding=1)
    gradient = np.ones((BATCH, case.outputs, SIZE, SIZE), np.float32)

    def step() -> None:
        layer.zero_grad()
        x.zero_grad()
        layer(x).backward(gradient)

    return step


def torch_step(case: Case, threads: int) -> Callable[[], None]:
    """The same in PyTorch."""
    import torch

    torch.set_num_threads(threads)
    x = torch.randn(BATCH, case.inputs, SIZE, SIZE, requires_grad=case.inner)
    layer = torch.nn.Conv2d(case.inputs, case.outputs, KERNEL, padding=1)
    gradient = torch.ones(BATCH, case.outputs, SIZE, SIZE)

    def step() -> None:
        layer.zero_grad()
        x.grad = None
        layer(x).backward(gradient)

    return step


def peak_megabytes() -> float:
    """The most memory that this process has held so far."""
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak / 2**20 if sys.platform == "darwin" else peak / 2**10


def measure(library: str, case: Case, threads: int, seconds: float) -> dict[str, float]:
    """Milliseconds of the best step and what the steps added to the peak of memory, in this process."""
    step = our_step(case) if library == "ours" else torch_step(case, threads)
    before = peak_megabytes()
    for _ in range(3):  # warm up: caches, thread pools, PyTorch's choice of an algorithm
        step()
    times: list[float] = []
    end = time.perf_counter() + seconds
    while time.perf_counter() < end or len(times) < 5:
        start = time.perf_counter()
        step()
        times.append(time.perf_counter() - start)
    return {"milliseconds": min(times) * 1e3, "megabytes": peak_megabytes() - before}


# --- the process that starts them --------------------------------------------------------------


def run(python: str, library: str, index: int, options: argparse.Namespace) -> dict[str, float]:
    """`measure` in a new process with the given number of threads."""
    root = Path(__file__).resolve().parents[1]
    threads = str(options.threads)
    pools = dict.fromkeys(("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS"), threads)
    paths = [str(root), *filter(None, [os.environ.get("PYTHONPATH")])]
    environment = {**os.environ, **pools, "PYTHONPATH": os.pathsep.join(paths)}
    command = [
        python,
        __file__,
        "--measure",
        library,
        str(index),
        "--threads",
        threads,
        "--seconds",
        str(options.seconds),
    ]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        reason = done.stderr.strip().rpartition("\n")[2]
        raise SystemExit(f"measuring {library} failed in {python}: {reason}")
    return json.loads(done.stdout)


def has_torch(python: str) -> bool:
    """Whether this Python can import PyTorch."""
    try:
        found = subprocess.run([python, "-c", "import torch"], capture_output=True, check=False)
    except OSError:
        return False
    return found.returncode == 0


def report(options: argparse.Namespace) -> None:
    """Measure all cases and print a table."""
    torch = has_torch(options.torch_python)
    print(
        f"{platform.machine()}, {os.cpu_count()} cores, Python {platform.python_version()}, {options.threads} threads"
    )
    print(f"batch {BATCH}, {SIZE} × {SIZE}, kernel {KERNEL} × {KERNEL}, padding 1, float32, {options.rounds} rounds")
    if not torch:
        print(f"no PyTorch in {options.torch_python} (--torch-python names another Python): our own figures only")
    print("\n| Conv2d | ours (ms) | PyTorch (ms) | ratio | ours (MB) | PyTorch (MB) | ratio |")
    print("|---|---|---|---|---|---|---|")
    for index, case in enumerate(CASES):
        ours, theirs = [], []
        for _ in range(options.rounds):
            ours.append(run(sys.executable, "ours", index, options))
            if torch:
                theirs.append(run(options.torch_python, "torch", index, options))
        print("| " + " | ".join([case.name, *columns(ours, theirs)]) + " |", flush=True)


def columns(ours: list[dict[str, float]], theirs: list[dict[str, float]]) -> list[str]:
    """For time and memory: ours, PyTorch's and the ratio, medians over the rounds."""
    cells = []
    for key in ("milliseconds", "megabytes"):
        cells.append(f"{statistics.median(one[key] for one in ours):.1f}")
        if theirs:
            ratio = statistics.median(a[key] / max(b[key], 0.1) for a, b in zip(ours, theirs, strict=True))
            cells += [f"{statistics.median(one[key] for one in theirs):.1f}", f"{ratio:.2f}"]
        else:
            cells += ["–", "–"]
    return cells


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--seconds", type=float, default=2.0, help="of each measurement")
    parser.add_argument("--torch-python", default=sys.executable, help="a Python that has PyTorch")
    parser.add_argument("--measure", nargs=2, metavar=("LIBRARY", "CASE"), help=argparse.SUPPRESS)
    options = parser.parse_args()
    if min(options.threads, options.rounds, options.seconds) <= 0:
        parser.error("--threads, --rounds and --seconds must be positive")
    if options.measure:
        library, index = options.measure
        print(json.dumps(measure(library, CASES[int(index)], options.threads, options.seconds)))
    else:
        report(options)


if __name__ == "__main__":
    main()
