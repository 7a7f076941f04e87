"""1969: XOR. What one layer of weights cannot do, and two layers can.

Claim: Marvin Minsky and Seymour Papert, "Perceptrons" (1969): one layer of weights cannot compute XOR, however long it
learns. No straight line has (0, 1) and (1, 0) on one side, (0, 0) and (1, 1) on the other: at most 3 of 4 are right.

Here: one layer and two layers, trained alike, with the gradients that you wrote by hand in 03 to 05; no autograd.
"""

import matplotlib.pyplot as plt
import numpy as np
from common import options, show

from tinytorch_lib.core.activations import Sigmoid, Tanh
from tinytorch_lib.core.layers import Linear, Sequential
from tinytorch_lib.core.losses import BinaryCrossEntropyLoss
from tinytorch_lib.core.optimizers import Adam
from tinytorch_lib.core.tensor import Tensor, manual_seed

INPUTS = Tensor([[0.0, 0.0], [0.0, 1.0], [1.0, 0.0], [1.0, 1.0]])
TARGETS = Tensor([[0.0], [1.0], [1.0], [0.0]])


def one_layer() -> Sequential:
    """A perceptron whose answer is a probability."""
    return Sequential(Linear(2, 1), Sigmoid())


def two_layers() -> Sequential:
    """The same with 8 hidden units."""
    return Sequential(Linear(2, 8), Tanh(), Linear(8, 1), Sigmoid())


def right(model: Sequential) -> int:
    """How many of the four answers are right."""
    return int(np.sum((model(INPUTS).data > 0.5) == (TARGETS.data > 0.5)))


def train(make_model, seed: int, epochs: int) -> tuple:
    """Show the four cases `epochs` times.

    Returns:
        the model; after each step the loss; the most answers that were ever right at once.
    """
    manual_seed(seed)
    model, criterion, losses, best = make_model(), BinaryCrossEntropyLoss(), [], 0
    optimizer = Adam(model.parameters(), learning_rate=0.05)
    for _ in range(epochs):
        losses.append(criterion(model(INPUTS), TARGETS).item())
        optimizer.zero_grad()
        model.backward(criterion.backward())  # the loss's gradient, back through the layers
        optimizer.step()
        best = max(best, right(model))
    return model, losses, best


def main(arguments: list[str] | None = None) -> None:
    given = options(__doc__.splitlines()[0], epochs=500, arguments=arguments)
    print("claim     1969: one layer gets at most 3 of the 4 cases of XOR right, however long it learns")
    figure, panels = plt.subplots(1, 3, figsize=(10, 3.2), layout="constrained")
    grid = np.stack(np.meshgrid(np.linspace(-0.5, 1.5, 101), np.linspace(-0.5, 1.5, 101)), axis=-1)
    for panel, name, make_model in zip(panels, ("one layer", "two layers"), (one_layer, two_layers), strict=False):
        model, losses, best = train(make_model, given.seed, given.epochs)
        steps = f"{right(model)} of 4 right after {given.epochs} steps, never more than {best}"
        print(f"measured  {name}: {steps}, loss {losses[-1]:.4f}")
        answer = model(Tensor(grid.reshape(-1, 2))).data.reshape(101, 101)
        shown = panel.imshow(answer, cmap="RdBu", vmin=0, vmax=1, origin="lower", extent=(-0.5, 1.5, -0.5, 1.5))
        panel.scatter(*INPUTS.data.T, c=TARGETS.data[:, 0], cmap="RdBu", vmin=0, vmax=1, edgecolors="black", s=70)
        panel.set(title=name, xlabel="first input", ylabel="second input")
        panels[2].semilogy(losses, label=name)
    figure.colorbar(shown, ax=panels[1], label="probability of 1")
    panels[2].set(title="learning", xlabel="step", ylabel="loss (nats)")
    panels[2].legend()
    show(figure, given, "xor-1969")


if __name__ == "__main__":
    main()
