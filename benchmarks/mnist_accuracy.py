"""How well do the MLP and LeNet of the milestones read MNIST's test images, and how long do they take to learn it?

    TINYTORCH_DATA=data python benchmarks/mnist_accuracy.py
    python benchmarks/mnist_accuracy.py --only lenet --seed 1

The programs are milestones/03_mlp_1986.py and 04_lenet_1998.py themselves, with their own epochs. They run on the
reference library, or on the one whose folder is on PYTHONPATH. The accuracy is that of the last epoch's network on
the 10,000 test images; the program chooses nothing by it. Ends with status 1 if an accuracy is below its target. The
time is reported, not judged: it is wall time, all threads, the tests after each epoch included.

Targets: MLP 97 %, LeNet 98.5 %, LeNet within 5 minutes on two cores. The last results stand in RESULTS.md.
"""

from __future__ import annotations

import argparse
import importlib
import os
import platform
import sys
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path[1:1] = [str(ROOT / "milestones")]
sys.path.append(str(ROOT))  # last, so that a library on PYTHONPATH comes first

TARGETS = {"mlp": ("03_mlp_1986", 0.97), "lenet": ("04_lenet_1998", 0.985)}


def machine() -> str:
    """What the figures were measured on, and what slows or speeds numpy there."""
    import numpy as np

    model = platform.processor() or platform.machine()
    for line in Path("/proc/cpuinfo").read_text().splitlines() if Path("/proc/cpuinfo").is_file() else ():
        if line.startswith("model name"):
            model = line.partition(":")[2].strip()
    blas = ", ".join(f"{name}={value}" for name, value in sorted(os.environ.items()) if name.startswith("OPENBLAS_"))
    load = f", load {os.getloadavg()[0]:.1f} at the start" if hasattr(os, "getloadavg") else ""
    return f"{model}, {os.cpu_count()} cores, Python {platform.python_version()}, numpy {np.__version__} {blas}{load}"


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--data", type=Path, help="folder that holds mnist/ (default: TINYTORCH_DATA, then data)")
    parser.add_argument("--only", choices=TARGETS)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--epochs", type=int, help="default: the milestone's own number")
    given = parser.parse_args()
    common = importlib.import_module("common")
    train_set, test_set = common.mnist(given.data)
    print(machine())
    failed = 0
    for name in [given.only] if given.only else TARGETS:
        module, target = TARGETS[name]
        program = importlib.import_module(module)
        epochs = given.epochs or program.EPOCHS
        start, processor = time.perf_counter(), time.process_time()
        history = program.train(train_set, test_set, epochs, given.seed, quiet=True).history
        seconds, processor = time.perf_counter() - start, time.process_time() - processor
        accuracy = history["validation_accuracy"][-1]
        failed += accuracy < target
        print(
            f"{name}: {accuracy:.2%} of the test images right (target {target:.1%}), {epochs} epochs, seed {given.seed}"
        )
        print(f"{name}: {seconds:.0f} s, {processor:.0f} s of processor time", flush=True)
    return int(failed > 0)


if __name__ == "__main__":
    sys.exit(main())
