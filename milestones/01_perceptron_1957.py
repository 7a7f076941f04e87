"""1957: the perceptron. A machine with one layer of weights that corrects itself after each mistake.

Claim: in July 1958 the US Navy showed Frank Rosenblatt's perceptron, simulated on an IBM 704. It was shown cards with a
mark on the left or on the right, and told left from right after fifty of them. (The New York Times, 8 July 1958)

Here: the same task on a field of 20×20 cells, the size of the eye of the later Mark I machine.
"""

import matplotlib.pyplot as plt
import numpy as np
from common import options, show

from tinytorch_lib.core.layers import Linear
from tinytorch_lib.core.tensor import Tensor, manual_seed

SIZE, MARK = 20, 5


def cards(count: int, seed: int) -> tuple:
    """Cards with one square mark, wholly in the left or the right half.

    Returns:
        fields: (count, SIZE * SIZE), 1 where the mark is; sides: (count,), -1 for left and +1 for right.
    """
    random = np.random.default_rng(seed)
    fields, sides = np.zeros((count, SIZE, SIZE), dtype=np.float32), random.choice([-1, 1], size=count)
    for field, side in zip(fields, sides, strict=True):
        top = random.integers(SIZE - MARK + 1)
        left = random.integers(SIZE // 2 - MARK + 1) + (SIZE // 2 if side > 0 else 0)
        field[top : top + MARK, left : left + MARK] = 1
    return fields.reshape(count, -1), sides


def answers(perceptron: Linear, fields: np.ndarray) -> np.ndarray:
    """-1 or +1 for each card."""
    return np.where(perceptron(Tensor(fields)).data[:, 0] > 0, 1, -1)


def train(seed: int, epochs: int = 1, count: int = 50) -> tuple:
    """Show `count` cards one by one, `epochs` times; correct the weights only after a wrong answer.

    Returns:
        the perceptron, and after each card the share of 1,000 new cards that it gets right.
    """
    manual_seed(seed)
    perceptron = Linear(SIZE * SIZE, 1)
    fields, sides = cards(count, seed)
    new_fields, new_sides = cards(1000, seed + 1_000_000)
    shares = [np.mean(answers(perceptron, new_fields) == new_sides)]
    for field, side in list(zip(fields, sides, strict=True)) * epochs:
        if answers(perceptron, field[None])[0] != side:
            perceptron.weight.data += side * field  # Rosenblatt's rule: towards what was shown, or away from it
            perceptron.bias.data += side
        shares.append(np.mean(answers(perceptron, new_fields) == new_sides))
    return perceptron, shares


def main(arguments: list[str] | None = None) -> None:
    given = options(__doc__.splitlines()[0], epochs=1, arguments=arguments)
    perceptron, shares = train(given.seed, given.epochs)
    print("claim     1958: left and right told apart after 50 cards")
    shown = len(shares) - 1
    print(f"measured  {shares[-1]:.1%} of 1,000 new cards right after {shown} cards ({shares[0]:.1%} before any)")

    figure, (curve, picture) = plt.subplots(1, 2, figsize=(8, 3.2), layout="constrained", width_ratios=[1.5, 1])
    curve.plot(100 * np.array(shares))
    curve.axhline(50, color="gray", linestyle=":", label="guessing")
    curve.set(xlabel="cards shown", ylabel="new cards right (%)", ylim=(0, 102))
    curve.legend()
    weights = perceptron.weight.data.reshape(SIZE, SIZE)
    limit = np.abs(weights).max()
    image = picture.imshow(weights, cmap="RdBu", vmin=-limit, vmax=limit)
    picture.set(title="weights", xlabel="column (cells)", ylabel="row (cells)")
    figure.colorbar(image, ax=picture, label="left  ←  (no unit)  →  right")
    show(figure, given, "perceptron-1957")


if __name__ == "__main__":
    main()
