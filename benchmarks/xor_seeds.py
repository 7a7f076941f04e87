"""Does the two-layer network of milestone XOR learn it from every start?

    python benchmarks/xor_seeds.py
    python benchmarks/xor_seeds.py --seeds 100

The program is milestones/02_xor_1969.py itself: 2-8-1, tanh, gradients derived by hand, Adam, 500 steps. It runs on the
reference library, or on the one whose folder is on PYTHONPATH. Ends with status 1 if one seed does not get 4 of 4.

Target: 4 of 4 right from each of 20 seeds. The last results stand in RESULTS.md.
"""

from __future__ import annotations

import argparse
import importlib
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path[1:1] = [str(ROOT / "milestones")]
sys.path.append(str(ROOT))  # last, so that a library on PYTHONPATH comes first


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--seeds", type=int, default=20)
    parser.add_argument("--epochs", type=int, default=500)
    given = parser.parse_args()
    xor = importlib.import_module("02_xor_1969")
    solved = 0
    for seed in range(given.seeds):
        model, losses, _ = xor.train(xor.two_layers, seed, given.epochs)
        solved += xor.right(model) == 4
        print(f"seed {seed:3}: {xor.right(model)} of 4 right, loss {losses[-1]:.5f}")
    print(f"{solved} of {given.seeds} seeds get all four cases right after {given.epochs} steps")
    return int(solved < given.seeds)


if __name__ == "__main__":
    sys.exit(main())
