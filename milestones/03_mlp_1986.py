"""1986: back-propagation. A network with hidden units learns to read handwritten digits.

Claim: David Rumelhart, Geoffrey Hinton and Ronald Williams, "Learning representations by back-propagating errors"
(Nature 323, 1986): hidden units come to stand for what matters in the task, and nobody has to design them. How well
that reads digits was measured later: 784-300-10 got 95.3 % of MNIST's test images right (LeCun and others, 1998).

Here: 784-128-10, and your own autograd propagates back. The small images of the plot are what hidden units look for.
"""

import time

import matplotlib.pyplot as plt
import numpy as np
from common import load_images, options, show

from tinytorch_lib.core.activations import ReLU
from tinytorch_lib.core.dataloader import DataLoader, Normalize, TensorDataset
from tinytorch_lib.core.layers import Flatten, Linear, Sequential
from tinytorch_lib.core.losses import CrossEntropyLoss
from tinytorch_lib.core.optimizers import Adam
from tinytorch_lib.core.tensor import manual_seed
from tinytorch_lib.core.training import CosineAnnealingLR, Trainer

EPOCHS = 8


def new_model() -> Sequential:
    """Images (N, 1, 28, 28) to logits (N, 10)."""
    return Sequential(Flatten(), Linear(784, 128), ReLU(), Linear(128, 10))


def train(train_set: tuple, test_set: tuple, epochs: int, seed: int, quiet: bool = False) -> Trainer:
    """A trained network; `history` of what is returned has the accuracy on the test images after each epoch.

    No choice depends on the test images: the last epoch's network is the one that counts.
    """
    manual_seed(seed)
    (images, labels), (test_images, test_labels) = train_set, test_set
    scale = Normalize(images.mean(), images.std())
    train_loader = DataLoader(TensorDataset(images, labels, transform=scale), batch_size=64, shuffle=True, seed=seed)
    test_loader = DataLoader(TensorDataset(test_images, test_labels, transform=scale), batch_size=100)
    model = new_model()
    optimizer = Adam(model.parameters(), learning_rate=0.001)
    trainer = Trainer(model, optimizer, CrossEntropyLoss(), CosineAnnealingLR(optimizer, total_steps=epochs))
    trainer.fit(train_loader, test_loader, epochs=epochs, quiet=quiet)
    return trainer


def main(arguments: list[str] | None = None) -> None:
    given = options(__doc__.splitlines()[0], epochs=EPOCHS, arguments=arguments)
    train_set, test_set = load_images(given)
    start = time.perf_counter()
    trainer = train(train_set, test_set, given.epochs, given.seed)
    seconds, accuracy = time.perf_counter() - start, trainer.history["validation_accuracy"][-1]
    print("claim     1986: hidden units learn by back-propagation (784-300-10 in 1998: 95.3 % of MNIST right)")
    data = "embedded digits, not MNIST" if given.digits else "MNIST"
    print(f"measured  {accuracy:.2%} of {len(test_set[1]):,} test images right ({data})")
    print(f"          {given.epochs} epochs, {seconds:.0f} s")

    figure = plt.figure(figsize=(9, 3.6), layout="constrained")
    left, right = figure.subfigures(1, 2)
    axes = left.subplots()
    trainer.history.plot(axes, "accuracy")
    axes.set(ylabel="right (share)")
    axes.xaxis.get_major_locator().set_params(integer=True)  # no half epochs
    axes.legend(["images it learns from", "test images"])
    hidden = trainer.model[1].weight.data.reshape(-1, 28, 28)
    limit = np.abs(hidden[:24]).max() / 2  # darker than half of the largest looks alike
    for panel, weights in zip(right.subplots(4, 6).flat, hidden[:24], strict=True):
        panel.imshow(weights, cmap="RdBu", vmin=-limit, vmax=limit)
        panel.axis("off")
    right.suptitle("weights of 24 hidden units")
    show(figure, given, "mlp-1986")


if __name__ == "__main__":
    main()
