"""1998: LeNet. Convolutions that look everywhere alike read digits better than any network before.

Claim: Yann LeCun, Léon Bottou, Yoshua Bengio and Patrick Haffner, "Gradient-based learning applied to document
recognition" (Proceedings of the IEEE 86, 1998): LeNet-5 gets 99.05 % of MNIST's test images right, trained on the
60,000 images as they are.

Here: the same layers in number and size, with what has replaced some of their parts since: ReLU for tanh, max pooling
for a trained average, cross-entropy for distances, Adam; and every feature map is connected with every other.
"""

import time

import matplotlib.pyplot as plt
from common import load_images, options, show

from tinytorch_lib.core.activations import ReLU
from tinytorch_lib.core.autograd import no_grad
from tinytorch_lib.core.dataloader import DataLoader, Normalize, TensorDataset
from tinytorch_lib.core.layers import Flatten, Linear, Sequential
from tinytorch_lib.core.losses import CrossEntropyLoss
from tinytorch_lib.core.optimizers import Adam
from tinytorch_lib.core.spatial import Conv2d, MaxPool2d
from tinytorch_lib.core.tensor import Tensor, manual_seed
from tinytorch_lib.core.training import CosineAnnealingLR, Trainer

EPOCHS = 6


def new_model() -> Sequential:
    """Images (N, 1, 28, 28) to logits (N, 10)."""
    return Sequential(
        *(Conv2d(1, 6, 5, padding=2), ReLU(), MaxPool2d(2)),  # (N, 6, 14, 14)
        *(Conv2d(6, 16, 5), ReLU(), MaxPool2d(2)),  # (N, 16, 5, 5)
        *(Flatten(), Linear(400, 120), ReLU(), Linear(120, 84), ReLU(), Linear(84, 10)),
    )


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
    optimizer = Adam(model.parameters(), learning_rate=0.002)
    trainer = Trainer(model, optimizer, CrossEntropyLoss(), CosineAnnealingLR(optimizer, total_steps=epochs))
    trainer.fit(train_loader, test_loader, epochs=epochs, quiet=quiet)
    return trainer


def main(arguments: list[str] | None = None) -> None:
    given = options(__doc__.splitlines()[0], epochs=EPOCHS, arguments=arguments)
    train_set, test_set = load_images(given)
    start = time.perf_counter()
    trainer = train(train_set, test_set, given.epochs, given.seed)
    seconds, accuracy = time.perf_counter() - start, trainer.history["validation_accuracy"][-1]
    print("claim     1998: LeNet-5 gets 99.05 % of MNIST's test images right")
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
    image, first_layer = test_set[0][0, 0], trainer.model[0]
    with no_grad():
        maps = first_layer(Tensor(((image - train_set[0].mean()) / train_set[0].std())[None, None])).data[0]
    panels = right.subplots(2, 4)
    for panel, picture in zip(panels.flat, (image, *maps), strict=False):
        panel.imshow(picture, cmap="gray")
    for panel in panels.flat:
        panel.axis("off")
    right.suptitle("a test image and what six filters make of it")
    show(figure, given, "lenet-1998")


if __name__ == "__main__":
    main()
