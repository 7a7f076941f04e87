"""What the programs beside this file share: their options, the images of digits, and where a picture goes."""

from __future__ import annotations

import argparse
import os
import sys
from pathlib import Path

import matplotlib.pyplot as plt
import numpy as np


def options(description: str, epochs: int, arguments: list[str] | None = None) -> argparse.Namespace:
    """The program's options from the command line; `epochs` is what it does when none is asked for."""
    parser = argparse.ArgumentParser(description=description)
    parser.add_argument("--epochs", type=int, default=epochs, help=f"passes through the data (default {epochs})")
    parser.add_argument("--seed", type=int, default=0, help="where all random numbers start (default 0)")
    parser.add_argument("--out", type=Path, help="folder for the picture; without it, it is shown")
    parser.add_argument("--data", type=Path, help="folder that holds mnist/ (default: TINYTORCH_DATA, then data)")
    parser.add_argument("--digits", action="store_true", help="the small digits of module 08 in place of MNIST")
    given = parser.parse_args(arguments)
    if given.epochs < 1 or given.seed < 0:
        parser.error(f"--epochs is at least 1 and --seed at least 0, got {given.epochs} and {given.seed}")
    return given


def load_images(given: argparse.Namespace) -> tuple:
    """Images of digits with their labels, to learn from and to be tested on.

    Returns:
        (train_images, train_labels), (test_images, test_labels): images uint8 of shape (N, 1, 28, 28), labels (N,).
    """
    return embedded_digits() if given.digits else mnist(given.data)


def mnist(folder: Path | None) -> tuple:
    """60,000 and 10,000 images; without them the program ends with a line that says how to get them."""
    from tinytorch_lib.core.dataloader import load_idx

    place = Path(folder or os.environ.get("TINYTORCH_DATA") or "data") / "mnist"
    if not place.is_dir():
        sys.exit(
            f"{place} is not there. `tito data fetch mnist` gets MNIST; --digits does with the digits of module 08"
        )
    try:
        parts = [
            (
                load_idx(found(place, f"{name}-images-idx3-ubyte"))[:, None],
                load_idx(found(place, f"{name}-labels-idx1-ubyte")),
            )
            for name in ("train", "t10k")
        ]
    except (OSError, ValueError) as error:
        sys.exit(f"{error}. `tito data fetch mnist` gets MNIST; --digits does with the digits of module 08")
    return tuple(parts)


def found(folder: Path, name: str) -> Path:
    """The file of that name, packed or not."""
    plain = folder / name
    return plain if plain.is_file() else folder / f"{name}.gz"


def embedded_digits() -> tuple:
    """1,497 and 300 images of 8×8 pixels, each enlarged to 24×24 inside a margin of 2."""
    from tinytorch_lib.core.training import load_digits

    images, labels = load_digits()
    order = np.random.default_rng(0).permutation(len(images))  # one writer's digits stand together
    brightest, enlarge = 16, np.ones((1, 1, 3, 3), dtype=np.uint8)
    images = np.kron(images[order].astype(np.float32) * (255 / brightest), enlarge).astype(np.uint8)
    images, labels = np.pad(images, ((0, 0), (0, 0), (2, 2), (2, 2))), labels[order]
    return (images[:-300], labels[:-300]), (images[-300:], labels[-300:])


def show(figure, given: argparse.Namespace, name: str) -> None:
    """Put the figure into the folder that was asked for, or on the screen (in a notebook: below the cell)."""
    if given.out is None:
        plt.show()
        return
    given.out.mkdir(parents=True, exist_ok=True)
    path = given.out / f"{name}.png"
    figure.savefig(path, dpi=120)
    plt.close(figure)
    print(f"picture: {path}")
