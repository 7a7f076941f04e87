"""How well does a convolutional network of the course's own parts read CIFAR-10's test images, and in what time?

    TINYTORCH_DATA=data python benchmarks/cifar10_accuracy.py
    python benchmarks/cifar10_accuracy.py --data folder/with/cifar10 --epochs 10

Three blocks of 3x3 convolution, batch normalization, ReLU and pooling with 32, 64 and 128 channels, then one linear
layer; Adam, a cosine schedule, flips and crops from module 10. The accuracy is that of the last epoch's network on the
10,000 test images; the program chooses nothing by it. Ends with status 1 if the accuracy is below its target. The
time is reported, not judged: it is wall time, all threads, the tests after each epoch included.

Target: 75 % within 30 minutes on two cores. The last results stand in RESULTS.md.
"""

from __future__ import annotations

import argparse
import os
import sys
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path.append(str(ROOT))  # last, so that a library on PYTHONPATH comes first

from mnist_accuracy import machine  # noqa: E402

from tinytorch_lib.core.activations import ReLU  # noqa: E402
from tinytorch_lib.core.dataloader import (  # noqa: E402
    Compose,
    DataLoader,
    Normalize,
    RandomCrop,
    RandomHorizontalFlip,
    TensorDataset,
    load_cifar10,
)
from tinytorch_lib.core.layers import Flatten, Linear, Sequential  # noqa: E402
from tinytorch_lib.core.losses import CrossEntropyLoss  # noqa: E402
from tinytorch_lib.core.optimizers import Adam  # noqa: E402
from tinytorch_lib.core.spatial import BatchNorm2d, Conv2d, MaxPool2d  # noqa: E402
from tinytorch_lib.core.tensor import manual_seed  # noqa: E402
from tinytorch_lib.core.training import CosineAnnealingLR, Trainer  # noqa: E402

TARGET = 0.75


def block(channels_in: int, channels_out: int) -> tuple:
    return (
        Conv2d(channels_in, channels_out, 3, padding=1, bias=False),  # batch norm adds one
        BatchNorm2d(channels_out),
        ReLU(),
        MaxPool2d(2),
    )


def new_model() -> Sequential:
    """Images (N, 3, 32, 32) to logits (N, 10)."""
    return Sequential(*block(3, 32), *block(32, 64), *block(64, 128), Flatten(), Linear(128 * 4 * 4, 10))


def train(data: tuple, epochs: int, seed: int, quiet: bool = False) -> Trainer:
    (images, labels), (test_images, test_labels) = data
    manual_seed(seed)
    scale = Normalize(images.mean(), images.std())
    noise = Compose([RandomHorizontalFlip(0.5), RandomCrop(32, padding=4), scale])
    training = DataLoader(TensorDataset(images, labels, transform=noise), batch_size=128, shuffle=True, seed=seed)
    testing = DataLoader(TensorDataset(test_images, test_labels, transform=scale), batch_size=100)
    model = new_model()
    optimizer = Adam(model.parameters(), learning_rate=0.003)
    trainer = Trainer(model, optimizer, CrossEntropyLoss(), CosineAnnealingLR(optimizer, total_steps=epochs))
    trainer.fit(training, testing, epochs=epochs, quiet=quiet)
    return trainer


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    where = "folder of CIFAR-10's binary version (default: cifar10 in TINYTORCH_DATA)"
    parser.add_argument("--data", type=Path, help=where)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--epochs", type=int, default=6)
    parser.add_argument("--images", type=int, help="train on the first so many images only")
    given = parser.parse_args()
    folder = given.data or Path(os.environ.get("TINYTORCH_DATA") or "data") / "cifar10"
    try:
        (images, labels), test = load_cifar10(folder)
    except (OSError, ValueError) as error:
        print(f"{error}. `tito data fetch cifar10` gets CIFAR-10", file=sys.stderr)
        return 1
    print(machine(), flush=True)
    start, processor = time.perf_counter(), time.process_time()
    trainer = train(((images[: given.images], labels[: given.images]), test), given.epochs, given.seed)
    seconds, processor = time.perf_counter() - start, time.process_time() - processor
    accuracy = trainer.history["validation_accuracy"][-1]
    epochs = ", ".join(f"{share:.1%}" for share in trainer.history["validation_accuracy"])
    print(f"cifar10: after each epoch {epochs}")
    asked = f"target {TARGET:.0%}, {given.epochs} epochs, seed {given.seed}"
    print(f"cifar10: {accuracy:.2%} of the test images right ({asked})")
    load = f", load {os.getloadavg()[2]:.1f} over the last 15 minutes" if hasattr(os, "getloadavg") else ""
    print(f"cifar10: {seconds:.0f} s, {processor:.0f} s of processor time{load}")
    return int(accuracy < TARGET)


if __name__ == "__main__":
    sys.exit(main())
