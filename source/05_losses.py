# ---
# jupyter:
#   jupytext:
#     text_representation:
#       extension: .py
#       format_name: percent
#   kernelspec:
#     display_name: Python 3
#     language: python
#     name: python3
# ---

# %% [markdown]
# # 05 · Losses
#
# | difficulty | time | builds on | next |
# |---|---|---|---|
# | ●●○○ | 2–3 h | 02 tensor, 03 activations, 04 layers | 06 optimizers |
#
# A loss says in one number how wrong a model is, and its gradient says what to do about it. You build the three that nearly all
# of deep learning runs on: squared error, cross-entropy and its two-class sister. Then you train a network, by hand.

# %% nbgrader={"grade": false, "grade_id": "scope", "locked": true, "schema_version": 3, "solution": false, "task": false}
import os

os.environ["TINYTORCH_BELOW"] = "05"  # this notebook sees the modules before it and no later one, as the grader does

# %% nbgrader={"grade": false, "grade_id": "imports", "locked": true, "schema_version": 3, "solution": false, "task": false}
#| default_exp core.losses
#| export
import math

import numpy as np

from tinytorch_lib.core.activations import floating
from tinytorch_lib.core.tensor import Tensor, where

# %%
import matplotlib.pyplot as plt

from tinytorch_lib.core.activations import Sigmoid, Softmax, Tanh
from tinytorch_lib.core.setup import array_memory, time_call
from tinytorch_lib.core.tensor import manual_seed, randn

# %% [markdown]
# ## What hurts
# At the end of 04 a network predicted, and nobody could say how wrong it was. The obvious answer: count what it gets right. A
# bowl of porridge has a temperature and a sweetness, and is good if the two together are high enough. Four weights score it. Change each of
# them a little and count again: which weight should move, and which way?

# %%
manual_seed(5)
bowls = randn(24, 2)  # temperature and sweetness, 0 is the average bowl
good = (bowls.data.sum(axis=1) > 0.3).astype(int)  # the truth: 1 is good
weights = np.array([[0.5, -0.2], [0.1, 0.4]])  # column k scores class k


def accuracy(weights):
    """The share of bowls whose larger score is the right one."""
    return np.mean((bowls @ weights).argmax(axis=1).data == good)


print(f"accuracy: {accuracy(weights):.3f}")
for i, k in np.ndindex(2, 2):
    nudge = np.zeros((2, 2))
    nudge[i, k] = 0.001
    print(f"weight [{i}, {k}]: {accuracy(weights + nudge):.3f} if a little larger, {accuracy(weights - nudge):.3f} if smaller")

# %% [markdown]
# Nothing changes: a bowl is right or wrong, and a small step turns none of them over. Look at one weight over a wide
# range. Where does this curve tell a weight which way to go?

# %%
sweep = np.linspace(-3, 3, 601)
counted = [accuracy(weights + [[0, 0], [0, w - 0.4]]) for w in sweep]
figure, axes = plt.subplots(figsize=(7, 3), layout="constrained")
axes.plot(sweep, counted)
axes.axvline(0.4, color="gray", linestyle=":", label="where we are")
axes.set(title="Accuracy is flat, with jumps", xlabel="weight [1, 1] (no unit)", ylabel="share of bowls right")
axes.legend()
plt.show()

# %% [markdown]
# Flat nearly everywhere, so its gradient is 0 and tells nothing. A **loss** is what we put in its place:
#
# - *one* number for a whole batch, smaller is better;
# - it moves whenever a prediction moves, so it has a gradient;
# - it is worst where we most want to be told.

# %% [markdown]
# Every loss here comes in three pieces, as in 03: a forward on Tensors, a backward rule on arrays, a class that remembers. The
# pattern of use is the same for all:
#
# ```python
# loss = criterion(pred, target)   # a Tensor with no axes
# gradient = criterion.backward()  # the loss's gradient for pred, of pred's shape
# ```

# %% nbgrader={"grade": false, "grade_id": "loss-base", "locked": true, "schema_version": 3, "solution": false, "task": false}
#| export
class Loss:
    """Base of all losses: a prediction and a target in, the mean over the batch out, a Tensor of shape ().

    A subclass defines two methods:
        forward(pred, target): the loss. It leaves in `self.saved` the arrays that backward needs (not copies: do not
            change them before backward).
        backward(): the gradient of the last loss for its `pred`, a Tensor of pred's shape and dtype.

    Example:
        criterion = MSELoss()
        loss = criterion(pred, target)
    """

    def __init__(self):
        self.saved = None

    def __call__(self, pred, target):
        return self.forward(pred, target)

    def forward(self, pred, target):
        raise NotImplementedError(f"{type(self).__name__} defines no forward")

    def backward(self):
        raise NotImplementedError(f"{type(self).__name__} defines no backward")

    def recall(self) -> tuple:
        """What the last forward saved.

        Raises:
            RuntimeError: there was no forward yet.
        """
        if self.saved is None:
            name = type(self).__name__
            raise RuntimeError(f"{name}.backward was called before the loss was: call criterion(pred, target) first")
        return self.saved


def paired(pred, target) -> tuple:
    """A prediction and its target as float Tensors, once it is sure that they belong together.

    Raises:
        ValueError: the shapes differ, or there is nothing to compare.
    """
    pred, target = floating(pred), floating(target)
    if pred.shape != target.shape:
        raise ValueError(f"prediction and target must have the same shape, got {pred.shape} and {target.shape}")
    if pred.size == 0:
        raise ValueError(f"a loss needs at least one prediction, got an empty batch of shape {pred.shape}")
    return pred, target

# %% [markdown]
# Why is `paired` so strict? Subtract a target of shape (3,) from a column of predictions, shape (3, 1). Every prediction is right.
# What will the mean error be?

# %%
column, flat = Tensor([[1.0], [2.0], [3.0]]), Tensor([1.0, 2.0, 3.0])
print("shape of the differences:", (column - flat).shape, " mean error:", (column - flat).abs().mean().item())

# %% [markdown]
# Broadcasting (2.3) has compared everything with everything. It is a famous bug, since nothing fails and training goes on. So here
# it is an error.

# %% [markdown]
# ## How forwards are tested
# As in 03: tests write down every operation of 02 that your forward uses, move the prediction a little, replay the notes, and see whether the loss
# moves as it should. Backward rules are compared with **central differences** in float64, so no formula of ours is needed.
# You need not read the cell.

# %% nbgrader={"grade": false, "grade_id": "checks", "locked": true, "schema_version": 3, "solution": false, "task": false}
#| check
import warnings

from tinytorch_lib.core.tensor import ACTIVE, apply, install_engine


def float_tensor(array):
    """A Tensor that keeps the type of `array`; central differences need float64."""
    array = np.asarray(array)
    return Tensor(array, dtype=array.dtype.name)


def numeric_gradient(function, x, step=1e-5):
    """The gradient of `function`, from a float64 array to a number, by central differences."""
    gradient = np.zeros(x.shape)
    for index in np.ndindex(*x.shape):
        ahead, behind = x.astype(np.float64), x.astype(np.float64)
        ahead[index] += step
        behind[index] -= step
        gradient[index] = (function(ahead) - function(behind)) / (2 * step)
    return gradient


def trace(function, array):
    """Run `function` on a Tensor of `array` and write down every operation.

    Returns:
        output: what the function returned.
        calls: (operation, sources, arrays, attributes) in order. A source is the number of the call that made
            the input, 0 for x itself, None for a constant.
        complaints: the operations that made inf or nan out of finite numbers.
    """
    calls, complaints = [], []
    x = float_tensor(array)
    x.node = 0

    def record(output, op, inputs, arrays, attributes):
        sources = [value.node if isinstance(value, Tensor) else None for value in inputs]
        calls.append((op, sources, [np.array(value) for value in arrays], attributes))
        output.node = len(calls)
        if np.all([np.all(np.isfinite(value)) for value in arrays]) and not np.all(np.isfinite(output.data)):
            complaints.append(op)

    former = ACTIVE.recorder, ACTIVE.backward
    install_engine(record, ACTIVE.backward)
    try:
        output = function(x)
    finally:
        install_engine(*former)
    assert isinstance(output, Tensor), f"Expected a Tensor, got {type(output).__name__}. Is there a `return`?"
    return output, calls, complaints


def replay(calls, output, moved):
    """The array that the calls would have led to, had x been `moved`."""
    values = [float_tensor(moved)]
    for op, sources, arrays, attributes in calls:
        inputs = [
            float_tensor(array) if source is None else values[source]
            for source, array in zip(sources, arrays, strict=True)
        ]
        values.append(apply(op, *inputs, **attributes))
    return values[output.node].data


def check_forward(function, truth, x, section):
    """Is `function` right at the float64 array `x`, and does it follow x through the operations of 02?

    `truth` computes the same from an array, with plain arithmetic.
    """
    x = np.asarray(x, dtype=np.float64)
    output, calls, complaints = trace(function, x)
    expected = np.asarray(truth(x))
    message = f"Predictions of shape {x.shape} should give the shape {expected.shape}, got {output.shape}. Reread {section}."
    assert output.shape == expected.shape, message
    message = f"Predictions of shape {x.shape}: the result is not that of the formula in {section}."
    np.testing.assert_allclose(output.data, expected, rtol=1e-8, atol=1e-11, err_msg=message)
    message = f"`{(complaints or [''])[0]}` made inf or nan out of finite numbers, at harmless predictions. Reread {section}."
    assert not complaints, message
    message = "The result was not made by the operations of 02. Was numpy used on .data? Reread 'How forwards are tested'."
    assert output.node is not None, message
    for start, step in ((0, 1e-5), (1, 1e-5)):
        move = step * np.cos(start + np.arange(x.size)).reshape(x.shape)
        slope = (replay(calls, output, x + move) - replay(calls, output, x - move)) / (2 * step)
        expected = (np.asarray(truth(x + move)) - np.asarray(truth(x - move))) / (2 * step)
        message = (
            "Moved the predictions a little and replayed your operations: the result does not move as it should. "
            f"Is a part of it computed from .data, outside the operations of 02? ({section})"
        )
        np.testing.assert_allclose(slope, expected, rtol=1e-5, atol=1e-7, err_msg=message)


def check_types(function, x, section):
    """Are dtypes kept, integers turned to float32, and the predictions left alone?"""
    for dtype in ("float32", "float64", "int64"):
        tensor = Tensor(np.asarray(x), dtype=dtype)
        before = tensor.data.copy()
        result = function(tensor)
        assert isinstance(result, Tensor), f"Expected a Tensor, got {type(result).__name__}. Reread {section}."
        expected = "float32" if dtype == "int64" else dtype
        message = f"For {dtype} predictions the result should be {expected}, but is {result.data.dtype}. Reread {section}."
        assert result.data.dtype == expected, message
        np.testing.assert_array_equal(tensor.data, before, err_msg=f"The predictions were changed. Reread {section}.")


def check_extremes(function, x, expected, section, dtype=np.float32, tolerance=1e-5):
    """Are results right where a careless formula overflows, and does no operation make inf or nan?"""
    output, _, complaints = trace(function, np.array(x, dtype=dtype))
    message = f"At {x} the operation `{(complaints or [''])[0]}` made inf or nan out of finite numbers. Reread {section}."
    assert not complaints, message
    message = f"Wrong at {x}. Reread {section}."
    np.testing.assert_allclose(output.data, expected, rtol=tolerance, atol=1e-9, err_msg=message)


def check_rule(rule, inputs, expected, section, tolerance=1e-7):
    """Does `rule(*inputs)` give `expected`, keep dtype, leave its inputs alone and stay silent?"""
    for dtype in ("float64", "float32"):
        given = [array.astype(dtype) if array.dtype.kind == "f" else array.copy() for array in inputs]
        copies = [array.copy() for array in given]
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            got = rule(*given)
        message = f"Expected an array, got {type(got).__name__}. Is there a `return` ({section})?"
        assert isinstance(got, (np.ndarray, np.floating)), message
        assert got.shape == expected.shape, f"The gradient should have shape {expected.shape}, got {got.shape} ({section})."
        assert got.dtype == dtype, f"The gradient should be {dtype} as the prediction is, but is {got.dtype} ({section})."
        bound = tolerance if dtype == "float64" else 2e-5
        message = f"The gradient differs from the expected one ({dtype}). Reread {section}."
        np.testing.assert_allclose(got, expected, rtol=bound, atol=bound / 10, err_msg=message)
        for array, copy in zip(given, copies, strict=True):
            np.testing.assert_array_equal(array, copy, err_msg=f"The rule changed one of its inputs ({section}).")


def check_refused(error, parts, section, function, *arguments):
    """Does the call fail with this kind of error, and does the message hold all of `parts`?"""
    try:
        got = function(*arguments)
    except error as caught:
        for part in parts:
            message = f"The message should show {part!r}, but says {str(caught)!r}. Reread {section}."
            assert str(part) in str(caught), message
        return
    raise AssertionError(f"Expected a {error.__name__}, but the call gave {got!r}. Reread {section}.")

# %% [markdown]
# ## 5.1 Absolute error — solved, to read
# When the target is a quantity, wrong means *distance*. The plainest distance, averaged over all $n$ elements:
#
# $$L = \frac1n \sum_i |\hat y_i - y_i| \qquad \frac{\partial L}{\partial \hat y_i} = \frac1n \operatorname{sign}(\hat y_i - y_i)$$
#
# with $\hat y$ the prediction and $y$ the target. The $\frac1n$ belongs to the gradient too: the mean divides every term by $n$.

# %% nbgrader={"grade": false, "grade_id": "absolute-error", "locked": true, "schema_version": 3, "solution": false, "task": false}
#| export
def mean_absolute_error(pred, target) -> Tensor:
    """The mean of |pred - target| over all elements, a Tensor of shape ()."""
    pred, target = paired(pred, target)
    return (pred - target).abs().mean()


def absolute_error_backward(pred: np.ndarray, target: np.ndarray) -> np.ndarray:
    """The gradient of the mean absolute error for `pred`; 0 where pred equals target."""
    difference = pred - target
    return np.sign(difference) / difference.size


class L1Loss(Loss):
    """The mean of |pred - target|. Saves both."""

    def forward(self, pred, target):
        pred, target = paired(pred, target)
        self.saved = pred.data, target.data
        return mean_absolute_error(pred, target)

    def backward(self):
        pred, target = self.recall()
        return Tensor(absolute_error_backward(pred, target), dtype=pred.dtype)

# %% [markdown]
# ## 5.2 Squared error — yours (8 points)
# The same with squares:
#
# $$L = \frac1n \sum_i (\hat y_i - y_i)^2$$
#
# A small miss costs nearly nothing, a large one a lot: 10 off counts like a hundred times 1 off. Legendre and Gauss fitted the
# orbits of comets and planets with it.

# %% nbgrader={"grade": false, "grade_id": "squared-error", "locked": false, "schema_version": 3, "solution": true, "task": false}
#| export
def mean_squared_error(pred, target) -> Tensor:
    """5.2 The mean of (pred - target)² over all elements, through operations of 02.

    Args:
        pred: predictions, any shape with at least one element.
        target: what they should have been, of the same shape.

    Returns:
        a Tensor of shape (), in the square of the target's unit.

    Raises:
        ValueError: the shapes differ, or the batch is empty (`paired` sees to it).

    Example:
        mean_squared_error(Tensor([1.0, 5.0]), Tensor([1.0, 2.0])) is 4.5
    """
    pred, target = paired(pred, target)
    ### BEGIN SOLUTION
    difference = pred - target
    return (difference * difference).mean()
    ### END SOLUTION

# %% nbgrader={"grade": true, "grade_id": "test-squared-error", "locked": true, "points": 8, "schema_version": 3, "solution": false, "task": false}
def test_squared_error():
    """Is it the mean of the squares, for every shape, through the operations of 02?"""
    print("🔬 Unit Test: squared error...")

    def compare(pred, target):
        pred, target = np.array(pred), np.array(target)

        def truth(x):
            return math.fsum((a - b) ** 2 for a, b in zip(x.ravel(), target.ravel(), strict=True)) / x.size

        check_forward(lambda t: mean_squared_error(t, float_tensor(target)), truth, pred, "5.2")

    got = mean_squared_error(Tensor([1.0, 2.0, 4.0]), Tensor([1.0, 0.0, 1.0])).item()
    assert abs(got - 13 / 3) < 1e-5, f"The differences 0, 2 and 3 have the mean square 13/3 = 4.333, got {got} (5.2)."
    compare([1.0, 2.0, 4.0], [1.5, 0.0, 1.0])
    compare([[0.5, -1.0, 2.0], [3.0, 0.25, -2.0]], [[1.0, 1.0, 1.0], [-1.0, 0.0, 4.0]])
    compare(np.linspace(-2.0, 2.0, 12).reshape(2, 3, 2), np.ones((2, 3, 2)))
    compare([[7.0]], [[4.0]])
    compare(3.0, -1.0)
    check_types(lambda t: mean_squared_error(t, np.array([[1, 0, 2]])), [[-2, 0, 1]], "5.2")
    ### BEGIN HIDDEN TESTS
    generator = np.random.default_rng(52)
    compare(generator.standard_normal((2, 3, 1, 4)), generator.standard_normal((2, 3, 1, 4)))
    compare(generator.standard_normal(17) * 100, generator.standard_normal(17))
    check_extremes(lambda t: mean_squared_error(t, Tensor([0.0, 0.0])), [1e15, 0.0], 5e29, "5.2 (hidden test)")
    ### END HIDDEN TESTS
    print("📈 Progress: squared error ✓")


test_squared_error()

# %% [markdown]
# ## 5.3 Squared error, backward — yours (10 points)
# Only one term of the sum knows $\hat y_i$. Differentiate it by $\hat y_i$ with the chain rule, and keep the $\frac1n$. Two checks for
# your formula on paper: it is 0 where the prediction is right, and its sign says on which side of the target we are.
#
# *Where to look:* `absolute_error_backward` in 5.1 has the same shape.

# %% nbgrader={"grade": false, "grade_id": "squared-error-backward", "locked": false, "schema_version": 3, "solution": true, "task": false}
#| export
def squared_error_backward(pred: np.ndarray, target: np.ndarray) -> np.ndarray:
    """5.3 The gradient of the mean squared error for the prediction.

    Args:
        pred: the predictions, floats of any shape with at least one element.
        target: of the same shape.

    Returns:
        the loss's gradient for `pred`, a new array of the same shape and dtype.
    """
    ### BEGIN SOLUTION
    return 2 * (pred - target) / pred.size
    ### END SOLUTION

# %% nbgrader={"grade": true, "grade_id": "test-squared-error-backward", "locked": true, "points": 10, "schema_version": 3, "solution": false, "task": false}
def test_squared_error_backward():
    """Does the rule agree with numbers by hand and with central differences, for every shape?"""
    print("🔬 Unit Test: squared error, backward...")
    by_hand = np.array([0.0, 1.0, -4.0, 0.5])  # 2/4 of the differences 0, 2, -8, 1
    check_rule(squared_error_backward, [np.array([3.0, 2.0, -7.0, 1.0]), np.array([3.0, 0.0, 1.0, 0.0])], by_hand, "5.3")

    def compare(pred, target, section="5.3"):
        expected = numeric_gradient(lambda x: math.fsum((x - target).ravel() ** 2) / x.size, pred)
        check_rule(squared_error_backward, [pred, target], expected, section)

    compare(np.array([[0.5, -1.0, 2.0], [3.0, 0.25, -2.0]]), np.array([[1.0, 1.0, 1.0], [-1.0, 0.0, 4.0]]))
    compare(np.sin(np.arange(12.0)).reshape(2, 3, 2), np.cos(np.arange(12.0)).reshape(2, 3, 2))
    compare(np.array([[7.0]]), np.array([[4.0]]))
    compare(np.array(3.0), np.array(-1.0))
    ### BEGIN HIDDEN TESTS
    generator = np.random.default_rng(53)
    compare(generator.standard_normal((2, 3, 1, 4)), generator.standard_normal((2, 3, 1, 4)), "5.3 (hidden test)")
    compare(generator.standard_normal((7, 1)), generator.standard_normal((7, 1)), "5.3 (hidden test)")
    ### END HIDDEN TESTS
    print("📈 Progress: squared error, backward ✓")


test_squared_error_backward()

# %% nbgrader={"grade": false, "grade_id": "mse-class", "locked": true, "schema_version": 3, "solution": false, "task": false}
#| export
class MSELoss(Loss):
    """The mean of (pred - target)² over all elements. Saves both.

    Raises (when called):
        ValueError: the shapes differ, or the batch is empty.
    """

    def forward(self, pred, target):
        pred, target = paired(pred, target)
        self.saved = pred.data, target.data
        return mean_squared_error(pred, target)

    def backward(self):
        pred, target = self.recall()
        return Tensor(squared_error_backward(pred, target), dtype=pred.dtype)

# %% [markdown]
# ### See it
# One prediction, the target at 0. Left the two losses, right what their `backward` says. Look at two places: what does each
# gradient say *very far* from the target, and what *very near* to it?

# %%
errors = np.linspace(-3, 3, 301)
figure, (left, right) = plt.subplots(1, 2, figsize=(7, 3.5), layout="constrained")
for criterion, style in ((L1Loss(), "--"), (MSELoss(), "-")):
    values, slopes = [], []
    for error in errors:
        values.append(criterion(Tensor([error]), Tensor([0.0])).item())
        slopes.append(criterion.backward().item())
    left.plot(errors, values, style, label=type(criterion).__name__)
    right.plot(errors, slopes, style, label=type(criterion).__name__)
left.set(title="loss", xlabel="prediction − target (m)", ylabel="loss (m or m²)")
right.set(title="gradient", xlabel="prediction − target (m)", ylabel="gradient (no unit, or m)")
left.legend()
plt.show()

# %% [markdown]
# ### Use it: what is typical?
# Five students needed 2, 3, 3, 4 and 18 hours for this notebook. Predict one number for all, by walking downhill on each loss. You
# know both answers from school under other names. Which loss will listen to the one with 18 hours?

# %%
hours = Tensor([2.0, 3.0, 3.0, 4.0, 18.0])
for criterion in (L1Loss(), MSELoss()):
    guess = 10.0
    for _ in range(2000):
        criterion(Tensor([guess] * 5), hours)
        guess -= 0.01 * criterion.backward().sum().item()
    print(f"{type(criterion).__name__:8} settles at {guess:.2f} hours")
print(f"median {np.median(hours.data):.2f}, mean {np.mean(hours.data):.2f}")

# %% [markdown]
# ## Surprise
# When the target is a *class*, distance means nothing: class 7 is not near class 8. A classifier gives probabilities (softmax of its
# scores, the **logits**), and what we can ask is how much probability $p$ it gave to what happened. How surprised must it be?
#
# $$\text{surprise} = -\log p$$

# %% [markdown]
# Certain and right: 0. A fair coin: $\log 2 = 0.69$. Certain and wrong: no limit. And as the probabilities of independent events multiply,
# their surprises *add*, so a mean over the batch makes sense. This is **cross-entropy**; with the natural logarithm its unit is the nat.

# %% [markdown]
# ### Why not squared error?
# You could square $1 - p$ instead. Take two classes where the wrong one leads by 0, 2, 5, 10 or 20, and let 03's softmax hand the squared
# error's gradient back to the logits. The further off we are, the more we need to be told. Are we?

# %%
right_class, softmax = np.array([[1.0, 0.0]]), Softmax()
print("lead of the wrong class   p of the right one   gradient of the squared error for its logit")
for lead in (0.0, 2.0, 5.0, 10.0, 20.0):
    probabilities = softmax(Tensor([[0.0, lead]]))
    criterion = MSELoss()
    criterion(probabilities, right_class)
    print(f"{lead:10.0f} {probabilities[0, 0].item():26.1e} {softmax.backward(criterion.backward()).data[0, 0]:26.1e}")

# %% [markdown]
# The worst mistakes get the smallest gradient: softmax is saturated (03) and the squared error does nothing about it. The logarithm will
# undo just that exponential.
#
# ## 5.4 Log-softmax — yours (20 points)
# So take the logarithm of the softmax. In two steps, on a computer, that is a mistake:

# %%
scores = Tensor([1000.0, 0.0, -1000.0])
print("log of softmax:", Softmax()(scores).log().data, "  by the formula below: [0, -1000, -2000]")

# %% [markdown]
# $e^{-1000}$ is 0 in any float, and its logarithm is $-\infty$. On paper the exponential cancels *before* anything can vanish:
#
# $$\log \frac{e^{x_i}}{\sum_j e^{x_j}} = x_i - \log \sum_j e^{x_j}$$

# %% [markdown]
# The last term is called **log-sum-exp**. It can still overflow ($e^{1000}$). Take a factor $e^c$ out of the sum; the logarithm makes it
# an addend:
#
# $$\log \sum_j e^{x_j} = \log \Big( e^c \sum_j e^{x_j - c} \Big) = c + \log \sum_j e^{x_j - c}$$
#
# for any $c$. Which $c$ makes every exponent at most 0, and one of them exactly 0? What is then the least that the sum can be?

# %% nbgrader={"grade": false, "grade_id": "log-softmax", "locked": false, "schema_version": 3, "solution": true, "task": false}
#| export
def log_softmax(x: Tensor, axis: int = -1) -> Tensor:
    """5.4 The logarithm of softmax along one axis, through operations of 02.

    No finite x up to 1e38 makes an operation give inf or nan. A score of -inf gets -inf, if another along the axis is finite.

    Args:
        x: scores, any shape with at least one dimension.
        axis: along which the probabilities sum to 1.

    Returns:
        a Tensor of the same shape and dtype, its values at most 0, in nats.

    Raises:
        ValueError: x has no such axis.

    Example:
        log_softmax(Tensor([1000.0, 0.0])) holds [0, -1000]

    Hint: subtract c from x once, at the start: then it cancels from the formula's two terms.
    """
    x = floating(x)
    ### BEGIN SOLUTION
    shifted = x - x.max(axis=axis, keepdims=True)
    return shifted - shifted.exp().sum(axis=axis, keepdims=True).log()
    ### END SOLUTION

# %% nbgrader={"grade": true, "grade_id": "test-log-softmax", "locked": true, "points": 20, "schema_version": 3, "solution": false, "task": false}
def test_log_softmax():
    """Is it the logarithm of softmax along any axis, and finite for logits of ±1000?"""
    print("🔬 Unit Test: log-softmax...")
    x = np.array([[1.0, 2.0, 3.0], [-1.0, 0.5, 0.5]])
    rows = [[-2.40760596, -1.40760596, -0.40760596], [-2.29891623, -0.79891623, -0.79891623]]
    columns = [[-0.12692801, -0.20141328, -0.07888973], [-2.12692801, -1.70141328, -2.57888973]]
    message = "log_softmax of a 2 by 3 matrix differs from the formula in 5.4"
    np.testing.assert_allclose(log_softmax(float_tensor(x)).data, rows, rtol=1e-6, err_msg=f"{message} (axis -1).")
    np.testing.assert_allclose(log_softmax(float_tensor(x), axis=0).data, columns, rtol=1e-6, err_msg=f"{message} (axis 0).")

    def compare(x, axis, section="5.4"):
        def truth(x):  # fine for small scores
            return np.log(np.exp(x) / np.exp(x).sum(axis=axis, keepdims=True))

        check_forward(lambda t: log_softmax(t, axis=axis), truth, x, f"{section}, axis={axis}")

    for axis in (0, 1, 2, -1, -2):
        compare(np.sin(np.arange(24.0)).reshape(2, 3, 4) * 3, axis)
    compare(np.array([2.0, -1.0, 0.5]), 0)
    np.testing.assert_array_equal(log_softmax(Tensor([7.0])).data, [0.0], err_msg="One score alone is certain: log 1 = 0.")
    check_types(log_softmax, [[-2, 0, 1], [3, -1, 2]], "5.4")
    check_extremes(log_softmax, [[1000.0, 0.0, -1000.0], [-1000.0] * 3], [[0, -1000, -2000], [-math.log(3)] * 3], "5.4", tolerance=3e-4)
    check_extremes(log_softmax, [1e30, 0.0], [0.0, -1e30], "5.4")
    check_extremes(log_softmax, [2.0, -np.inf, 2.0], [-math.log(2), -np.inf, -math.log(2)], "5.4")
    ### BEGIN HIDDEN TESTS
    x = np.random.default_rng(54).standard_normal((2, 3, 1, 5)) * 4
    for axis in (0, 1, 2, 3, -3):
        compare(x, axis, "5.4 (hidden test)")
    extremes = [[500.0, -500.0], [500.0, 500.0]]
    expected = [[-math.log(2), -1000.0], [-math.log(2), 0.0]]
    check_extremes(lambda t: log_softmax(t, axis=0), extremes, expected, "5.4 (hidden test)", tolerance=3e-4)
    check_extremes(log_softmax, [[-100.0, -101.0]], [[-0.31326169, -1.31326169]], "5.4 (hidden test)", tolerance=3e-4)
    ### END HIDDEN TESTS
    print("📈 Progress: log-softmax ✓")


test_log_softmax()

# %% [markdown]
# ## 5.5 Is this a class? — yours (10 points)
# Targets are class numbers, one for each row: logits (…, C) go with classes (…). What does numpy do with class $-1$? It counts from the end
# and takes the *last* class, silently: a wrong label that nobody notices. So look first, in this order:
#
# 1. shapes fit, and there is at least one row, else `ValueError`;
# 2. classes are integers (booleans and floats are not), else `TypeError`;
# 3. each is from 0 to $C - 1$, else `ValueError`.
#
# A good message says what came and what was expected.

# %% nbgrader={"grade": false, "grade_id": "checked-classes", "locked": false, "schema_version": 3, "solution": true, "task": false}
#| export
def checked_classes(logits: Tensor, classes) -> np.ndarray:
    """5.5 The classes as an array, once it is sure that each names a class of its row of logits.

    Args:
        logits: scores of shape (…, C), at least one dimension.
        classes: integers of shape (…): a Tensor, an array, lists or a number.

    Returns:
        the classes as an array of integers of shape (…), unchanged.

    Raises:
        ValueError: `logits` has no dimension or `classes` has another shape than (…); the message shows both shapes.
        ValueError: there are no rows at all.
        TypeError: the classes are not integers; the message shows their dtype.
        ValueError: a class is not in 0 … C - 1; the message shows one such class, and the number C.

    Example:
        checked_classes(Tensor([[0.1, 0.2, 0.7], [0.3, 0.3, 0.4]]), [2, 0]) gives array([2, 0])

    Hint: `dtype.kind` is "i" for signed integers and "u" for unsigned ones.
    """
    classes = classes.data if isinstance(classes, Tensor) else np.asarray(classes)
    ### BEGIN SOLUTION
    if logits.ndim == 0 or classes.shape != logits.shape[:-1]:
        raise ValueError(f"logits (…, C) go with classes (…), got the shapes {logits.shape} and {classes.shape}")
    if classes.size == 0:
        raise ValueError(f"a loss needs at least one row, got an empty batch of shape {logits.shape}")
    if classes.dtype.kind not in "iu":
        raise TypeError(f"classes must be integers, got {classes.dtype}")
    count = logits.shape[-1]
    wrong = classes[(classes < 0) | (classes >= count)]
    if wrong.size:
        raise ValueError(f"class {wrong[0]} is out of range: with {count} logits a row, classes are 0 to {count - 1}")
    return classes
    ### END SOLUTION

# %% nbgrader={"grade": true, "grade_id": "test-checked-classes", "locked": true, "points": 10, "schema_version": 3, "solution": false, "task": false}
def test_checked_classes():
    """Do right classes pass unchanged, and is each kind of wrong one refused with a message that helps?"""
    print("🔬 Unit Test: classes checked...")

    def accept(shape, classes):
        got = checked_classes(Tensor(np.zeros(shape)), classes)
        expected = classes.data if isinstance(classes, Tensor) else np.array(classes)
        message = f"Logits {shape} and classes {expected.tolist()} belong together; the classes should come back (5.5)."
        assert isinstance(got, np.ndarray), f"{message} Expected an array, got {got!r}."
        np.testing.assert_array_equal(got, expected, err_msg=message)
        assert got.dtype.kind in "iu", f"{message} As integers, not {got.dtype}."

    def refuse(error, parts, shape, classes, why):
        check_refused(error, parts, f"5.5 ({why})", checked_classes, Tensor(np.zeros(shape)), classes)

    accept((3, 4), [0, 3, 1])
    accept((3, 4), Tensor([0, 3, 1]))
    accept((2, 3, 2), np.array([[0, 1, 1], [1, 0, 0]], dtype=np.uint8))
    accept((5,), 4)
    accept((2, 1), np.array([0, 0], dtype=np.int32))
    for shape, classes in (((3, 4), [0, 1]), ((2, 3), [[0, 1]]), ((2, 3, 4), [0, 1]), ((4,), [1]), ((2, 2), 1)):
        parts = [shape, np.shape(classes)]
        refuse(ValueError, parts, shape, classes, f"logits {shape} do not go with classes {np.shape(classes)}")
    refuse(ValueError, [], (), 0, "logits with no dimension have no classes")
    for shape in ((0, 3), (2, 0, 3)):
        refuse(ValueError, [], shape, np.zeros(shape[:-1], dtype=np.int64), f"an empty batch, logits {shape}")
    refuse(TypeError, ["float32"], (2, 3), Tensor([1.0, 2.0]), "floats are not classes")
    refuse(TypeError, ["bool"], (2, 3), np.array([True, False]), "booleans are not classes")
    refuse(ValueError, ["3"], (2, 3), [0, 3], "with 3 logits a row, the last class is 2")
    refuse(ValueError, ["-1", "3"], (2, 3), [-1, 2], "numpy would count -1 from the end")
    refuse(ValueError, ["17", "5"], (1, 2, 5), [[4, 17]], "17 is not one of five classes")
    ### BEGIN HIDDEN TESTS
    accept((1, 2, 2, 3), [[[0, 1], [2, 2]]])
    accept((2, 300), np.array([255, 0], dtype=np.uint8))
    refuse(ValueError, [(2, 3), (3,)], (2, 3), [0, 1, 2], "hidden test: as many classes as columns")
    refuse(ValueError, [], (0,), 0, "hidden test: no logits at all")
    refuse(TypeError, ["float64"], (2, 3), np.array([1.0, 2.0]), "hidden test: floats")
    refuse(ValueError, ["-4", "2"], (3, 2), [0, 1, -4], "hidden test: negative")
    refuse(ValueError, ["1"], (1, 1), [1], "hidden test: one class only")
    ### END HIDDEN TESTS
    print("📈 Progress: classes checked ✓")


test_checked_classes()

# %% [markdown]
# ## 5.6 The right class's surprise — yours (14 points)
# With log-probabilities $\ell$ of shape (N, C), and $k_i$ the right class of row $i$:
#
# $$L = -\frac1N \sum_i \ell_{i, k_i}$$

# %% [markdown]
# Its name is **negative log-likelihood**. The question is how to *pick* $\ell_{i,k_i}$ so that 07 can follow. Two ways:
#
# - **one-hot product:** a table of zeros with a 1 at each right class; multiply, sum. That is $N \times C$ products to keep $N$ numbers,
#   and $0 \cdot (-\infty)$ is nan.
# - **indexing:** 02's `getitem` takes two arrays of integers, `table[rows, columns]`, and reads just those $N$ numbers. Its gradient puts
#   them back in their places and leaves 0 elsewhere.
#
# We measure both at the end. More axes than two? Reshape first.

# %% nbgrader={"grade": false, "grade_id": "negative-log-likelihood", "locked": false, "schema_version": 3, "solution": true, "task": false}
#| export
def negative_log_likelihood(log_probabilities: Tensor, classes: np.ndarray) -> Tensor:
    """5.6 The mean of -log p of the right classes, through operations of 02.

    A log-probability of -inf of some *other* class does no harm.

    Args:
        log_probabilities: shape (…, C), C on the last axis.
        classes: integers of shape (…), each from 0 to C - 1.

    Returns:
        a Tensor of shape (), in nats.

    Example:
        negative_log_likelihood(Tensor([[-1.0, -0.5], [-2.0, -0.1]]), np.array([0, 1])) is 0.55
    """
    ### BEGIN SOLUTION
    table = log_probabilities.reshape(classes.size, -1)
    return -table[np.arange(classes.size), classes.ravel()].mean()
    ### END SOLUTION

# %% nbgrader={"grade": true, "grade_id": "test-negative-log-likelihood", "locked": true, "points": 14, "schema_version": 3, "solution": false, "task": false}
def test_negative_log_likelihood():
    """Is the right class of every row picked, in any shape, through the operations of 02?"""
    print("🔬 Unit Test: negative log-likelihood...")

    def compare(table, classes, section="5.6"):
        table, classes = np.array(table), np.array(classes)
        before = classes.copy()

        def truth(x):
            return -math.fsum(x[(*row, classes[row])] for row in np.ndindex(*classes.shape)) / classes.size

        check_forward(lambda t: negative_log_likelihood(t, classes), truth, table, section)
        np.testing.assert_array_equal(classes, before, err_msg=f"The classes were changed ({section}).")

    got = negative_log_likelihood(Tensor([[-1.0, -0.5], [-2.0, -0.25]]), np.array([0, 1])).item()
    assert abs(got - 0.625) < 1e-6, f"Row 0 costs 1, row 1 costs 0.25, their mean is 0.625; got {got} (5.6)."
    compare([[-1.0, -0.5, -3.0], [-2.0, -0.25, -4.0], [-0.125, -6.0, -5.0], [-7.0, -8.0, -0.75]], [0, 1, 2, 0])
    compare([[-1.0, -0.5, -3.0], [-2.0, -0.25, -4.0]], [2, 2])
    compare(-1.0 - np.arange(24.0).reshape(2, 3, 4), [[0, 3, 1], [2, 2, 0]])
    compare([-0.5, -2.0, -1.0], 1)
    compare([[-0.25]], [0])
    compare([[-0.5, -1.5], [-2.5, -0.5]], np.array([1, 0], dtype=np.uint8))
    check_types(lambda t: negative_log_likelihood(t / 1.0, np.array([1, 0])), [[-1, -2], [-3, -4]], "5.6")
    impossible = [[-0.5, -np.inf, -1.0], [-np.inf, -np.inf, 0.0]]
    check_extremes(lambda t: negative_log_likelihood(t, np.array([0, 2])), impossible, 0.25, "5.6 (-inf of another class)")
    ### BEGIN HIDDEN TESTS
    generator = np.random.default_rng(56)
    compare(-generator.random((2, 3, 1, 5)), generator.integers(0, 5, (2, 3, 1)), "5.6 (hidden test)")
    compare(-generator.random((40, 7)) * 10, generator.integers(0, 7, 40), "5.6 (hidden test)")
    compare(-generator.random((1, 3, 2)), [[1, 0, 1]], "5.6 (hidden test)")
    ### END HIDDEN TESTS
    print("📈 Progress: negative log-likelihood ✓")


test_negative_log_likelihood()

# %% [markdown]
# ## 5.7 Cross-entropy, backward — yours (18 points)
# Now the most beautiful gradient of the course. One row, logits $x$, right class $k$, loss $L = -x_k + \log\sum_j e^{x_j}$. Differentiate
# it for $x_i$: the first term gives $-1$ if $i = k$ and 0 else. For the second use the chain rule, and look closely at the fraction that
# comes out. You have met it in 03.

# %% [markdown]
# *Check:* with three equal logits and $k = 0$ the gradient is $(-\frac23, \frac13, \frac13)$. It sums to 0. Why must it?
#
# For a batch of $N$ rows, do not forget the mean.

# %% nbgrader={"grade": false, "grade_id": "cross-entropy-backward", "locked": false, "schema_version": 3, "solution": true, "task": false}
#| export
def cross_entropy_backward(log_probabilities: np.ndarray, classes: np.ndarray) -> np.ndarray:
    """5.7 The gradient of the mean cross-entropy for the logits.

    Args:
        log_probabilities: log-softmax of the logits, shape (…, C); forward has them already. Perhaps a view, so that a
            reshape of it may copy (2.6).
        classes: integers of shape (…), each from 0 to C - 1.

    Returns:
        the loss's gradient for the *logits* (not for the log-probabilities): a new array of shape (…, C), dtype kept.

    Example:
        cross_entropy_backward(np.log([[0.25, 0.75]]), np.array([0])) gives [[-0.75, 0.75]]
    """
    ### BEGIN SOLUTION
    rows = np.exp(log_probabilities).reshape(classes.size, -1)
    rows[np.arange(classes.size), classes.ravel()] -= 1
    return (rows / classes.size).reshape(log_probabilities.shape)
    ### END SOLUTION

# %% nbgrader={"grade": true, "grade_id": "test-cross-entropy-backward", "locked": true, "points": 18, "schema_version": 3, "solution": false, "task": false}
def test_cross_entropy_backward():
    """Does the rule agree with numbers by hand and with central differences, and stay calm far out?"""
    print("🔬 Unit Test: cross-entropy, backward...")
    third = -math.log(3)
    by_hand = np.array([[-1 / 3, 1 / 6, 1 / 6], [1 / 6, 1 / 6, -1 / 3]])
    check_rule(cross_entropy_backward, [np.full((2, 3), third), np.array([0, 2])], by_hand, "5.7 (equal logits, two rows)")
    pair = np.log(np.array([[0.25, 0.75]]))
    check_rule(cross_entropy_backward, [pair, np.array([0])], np.array([[-0.75, 0.75]]), "5.7")

    def compare(logits, classes, section="5.7"):
        logits, classes = np.array(logits), np.array(classes)

        def loss(x):  # straight from the formula; fine for small logits
            sums = np.log(np.exp(x).sum(axis=-1))
            return math.fsum(sums[row] - x[(*row, classes[row])] for row in np.ndindex(*classes.shape)) / classes.size

        expected = numeric_gradient(loss, logits)
        given = logits - np.log(np.exp(logits).sum(axis=-1, keepdims=True))
        check_rule(cross_entropy_backward, [given, classes], expected, section)

    compare([[1.0, 2.0, 3.0], [-1.0, 0.5, 0.5], [0.0, 0.0, 1.0], [2.0, -2.0, 0.25]], [2, 0, 1, 1])
    compare(np.sin(np.arange(24.0)).reshape(2, 3, 4) * 2, [[0, 3, 1], [2, 2, 0]])
    compare([0.5, -1.0, 2.0], 1)
    compare([[3.0], [4.0]], [0, 0])
    flat = np.full((2, 2, 3), math.log(1 / 2)).transpose(2, 1, 0)  # the axes of a view lie in memory in another order
    expected = np.full((3, 2, 2), 1 / 12)
    expected[..., 1] = -1 / 12
    check_rule(cross_entropy_backward, [flat, np.ones((3, 2), dtype=np.int64)], expected, "5.7 (a transposed array)")
    far = np.array([[0.0, -1000.0, -2000.0], [-1000.0, 0.0, -np.inf]])
    expected = np.array([[0.5, 0.0, -0.5], [0.0, 0.0, 0.0]])
    check_rule(cross_entropy_backward, [far, np.array([2, 1])], expected, "5.7 (logits of ±1000)")
    ### BEGIN HIDDEN TESTS
    generator = np.random.default_rng(57)
    compare(generator.standard_normal((2, 3, 1, 5)), generator.integers(0, 5, (2, 3, 1)), "5.7 (hidden test)")
    compare(generator.standard_normal((9, 4)) * 3, generator.integers(0, 4, 9), "5.7 (hidden test)")
    compare(generator.standard_normal((1, 4, 2)), [[1, 1, 0, 1]], "5.7 (hidden test)")
    ### END HIDDEN TESTS
    print("📈 Progress: cross-entropy, backward ✓")


test_cross_entropy_backward()

# %% [markdown]
# The class puts your four pieces together. It takes logits, not probabilities: a softmax before it would be one too many.

# %% nbgrader={"grade": false, "grade_id": "cross-entropy-class", "locked": true, "schema_version": 3, "solution": false, "task": false}
#| export
class CrossEntropyLoss(Loss):
    """The mean surprise of a classifier, from logits (…, C) and integer classes (…), in nats.

    Saves the log-probabilities and the classes.

    Raises (when called):
        ValueError: the shapes do not fit, the batch is empty, or a class is not in 0 … C - 1.
        TypeError: the classes are not integers.

    Example:
        CrossEntropyLoss()(Tensor([[0.0, 0.0]]), [1]) is log 2 = 0.693
    """

    def forward(self, pred, target):
        logits = floating(pred)
        classes = checked_classes(logits, target)
        log_probabilities = log_softmax(logits, axis=-1)
        self.saved = log_probabilities.data, classes
        return negative_log_likelihood(log_probabilities, classes)

    def backward(self):
        log_probabilities, classes = self.recall()
        return Tensor(cross_entropy_backward(log_probabilities, classes), dtype=log_probabilities.dtype)

# %% [markdown]
# ### See it: what the gradient says
# One row, five classes, class 3 is right. Left the probabilities $p$ and the target $y$ (1 for the right class), right the gradient. Before
# you look at the right picture: which bar will be negative, and which of the others the longest?

# %%
criterion = CrossEntropyLoss()
criterion(Tensor([[0.2, 2.5, -1.0, 1.2, 0.7]]), [3])
p, y, names = np.exp(criterion.saved[0][0]), np.eye(5)[3], np.arange(5)
figure, (left, right) = plt.subplots(1, 2, figsize=(7, 3.5), layout="constrained")
left.bar(names - 0.2, p, 0.4, label="prediction p")
left.bar(names + 0.2, y, 0.4, label="target y")
right.bar(names, criterion.backward().data[0], color=["tab:red" if k == 3 else "tab:gray" for k in names])
right.axhline(0, color="black", linewidth=0.8)
left.set(title="what it says and what is true", xlabel="class", ylabel="probability")
right.set(title="gradient for the logits", xlabel="class", ylabel="gradient (nats per unit of logit)")
left.legend()
plt.show()

# %% [markdown]
# $$\frac{\partial L}{\partial x} = \frac{p - y}{N}$$
#
# Prediction minus target, as for the squared error: push the right logit up, each wrong one down by as much as was believed of
# it. All exponentials and logarithms have cancelled, so it never saturates while it is wrong. Compare with the squared error: where on the
# left side does each gradient say *go*?

# %%
leads = np.linspace(-10, 10, 201)  # how far the right class is ahead
curves = {"cross-entropy": ([], []), "squared error of p": ([], [])}
for lead in leads:
    logits = Tensor([[lead, 0.0]])
    surprise, square, softmax = CrossEntropyLoss(), MSELoss(), Softmax()
    curves["cross-entropy"][0].append(surprise(logits, [0]).item())
    curves["cross-entropy"][1].append(surprise.backward().data[0, 0])
    curves["squared error of p"][0].append(square(softmax(logits), right_class).item())
    curves["squared error of p"][1].append(softmax.backward(square.backward()).data[0, 0])

figure, (left, right) = plt.subplots(1, 2, figsize=(7, 3.5), layout="constrained")
for (name, (values, slopes)), style in zip(curves.items(), ("-", "--"), strict=True):
    left.plot(leads, values, style, label=name)
    right.plot(leads, slopes, style, label=name)
left.set(title="loss", xlabel="lead of the right class (no unit)", ylabel="loss (nats, or no unit)")
right.set(title="gradient for the right logit", xlabel="lead of the right class (no unit)", ylabel="gradient (per unit of logit)")
left.legend()
plt.show()

# %% [markdown]
# ### Use it: is it any good?
# A model that knows nothing gives all $C$ classes the same probability. Its surprise is $\log C$: with ten classes 2.303. Whoever trains
# networks knows this number; if the first loss is far above it, something is wrong at the start. $e^L$ reads as *"as unsure as between so many
# equal choices"*. Which of these four is worse than knowing nothing?

# %%
manual_seed(0)
digits = np.arange(200) % 10
hints = np.eye(10)[digits]  # 1 at the right class
for name, logits in {
    "small random logits": randn(200, 10) * 0.01,
    "large random logits": randn(200, 10) * 10,
    "the right class leads by 3": Tensor(3 * hints),
    "the class after it leads by 3": Tensor(3 * np.roll(hints, 1, axis=1)),
}.items():
    loss = CrossEntropyLoss()(logits, digits).item()
    print(f"{name:30} loss {loss:7.3f} nats, as unsure as between {math.exp(loss):,.1f} equal choices")

# %% [markdown]
# ## 5.8 Two classes — yours (12 points)
# Yes or no: then *one* probability $p$ is enough, that of yes, and no has $1 - p$. With the target $y$ = 1 for yes, 0 for no:
#
# $$L = -\frac1n \sum_i \big( y_i \log p_i + (1 - y_i) \log (1 - p_i) \big)$$

# %% [markdown]
# For each element one of the two terms is 0. It takes probabilities, not logits, so here 0 and 1 do occur: a sigmoid rounds to exactly 1
# above $x \approx 17$. One infinite surprise would make the whole batch's loss infinite. So every logarithm is **clamped** at −100.
#
# Two functions: the clamped logarithm, then the loss. `log(0)` followed by a clip gives the right number, but in 07 its slope
# will be $0 \cdot \infty$. So never take the logarithm of what is too small: `where` chooses (3.4: it computes both its branches).

# %% nbgrader={"grade": false, "grade_id": "binary-cross-entropy", "locked": false, "schema_version": 3, "solution": true, "task": false}
#| export
def clamped_log(x: Tensor) -> Tensor:
    """5.8 max(log x, -100) for each element, through operations of 02, none of which gives inf or nan.

    Args:
        x: floats from 0 to 1, any shape.

    Returns:
        a Tensor of the same shape and dtype, from -100 to 0.

    Example:
        clamped_log(Tensor([0.0, 1.0])) holds [-100, 0]
    """
    ### BEGIN SOLUTION
    small = x <= math.exp(-100)
    return where(small, -100.0, where(small, 1.0, x).log())
    ### END SOLUTION


def binary_cross_entropy(probabilities: Tensor, targets: Tensor) -> Tensor:
    """5.8 The mean of -(y log p + (1 - y) log(1 - p)) over all elements, logarithms clamped at -100.

    Args:
        probabilities: p, floats from 0 to 1, any shape with at least one element.
        targets: y, from 0 to 1 (in between: how probable yes should be), of the same shape.

    Returns:
        a Tensor of shape (), in nats, from 0 to 100.

    Example:
        binary_cross_entropy(Tensor([0.5, 1.0]), Tensor([1.0, 1.0])) is 0.3466: half of log 2
    """
    ### BEGIN SOLUTION
    yes = targets * clamped_log(probabilities)
    no = (1 - targets) * clamped_log(1 - probabilities)
    return -(yes + no).mean()
    ### END SOLUTION

# %% nbgrader={"grade": true, "grade_id": "test-binary-cross-entropy", "locked": true, "points": 12, "schema_version": 3, "solution": false, "task": false}
def test_binary_cross_entropy():
    """Is it the formula's mean, clamped at the ends, through operations of 02 that stay finite?"""
    print("🔬 Unit Test: binary cross-entropy...")

    def compare(p, y, section="5.8"):
        p, y = np.array(p), np.array(y)

        def truth(x):
            pairs = zip(x.ravel(), y.ravel(), strict=True)
            return -math.fsum(b * math.log(a) + (1 - b) * math.log(1 - a) for a, b in pairs) / x.size

        check_forward(lambda t: binary_cross_entropy(t, float_tensor(y)), truth, p, section)

    check_forward(clamped_log, np.log, [[0.5, 0.25, 1e-3], [0.75, 0.9, 0.01]], "5.8 (clamped_log)")
    check_extremes(clamped_log, [0.0, 1.0, 1e-30], [-100.0, 0.0, -30 * math.log(10)], "5.8 (clamped_log)")
    tiny = [1e-43, 3e-44, 1e-300, 0.0]
    check_extremes(clamped_log, tiny, [-43 * math.log(10), -100.0, -100.0, -100.0], "5.8 (clamped_log)", np.float64)
    got = binary_cross_entropy(Tensor([0.5, 1.0]), Tensor([1.0, 1.0])).item()
    assert abs(got - math.log(2) / 2) < 1e-6, f"Surprises log 2 and 0 have the mean 0.3466, got {got} (5.8)."
    compare([0.1, 0.5, 0.8, 0.3], [0.0, 1.0, 1.0, 0.0])
    compare([[0.1, 0.5, 0.8], [0.3, 0.9, 0.25]], [[0.25, 0.5, 0.9], [1.0, 0.0, 0.6]])
    compare(np.linspace(0.05, 0.95, 12).reshape(2, 3, 2), np.arange(12).reshape(2, 3, 2) % 2 * 1.0)
    compare([[0.7]], [[1.0]])
    compare(0.7, 0.0)
    check_extremes(lambda t: binary_cross_entropy(t, Tensor([0.0, 1.0])), [0.0, 1.0], 0.0, "5.8 (certain and right)")
    check_extremes(lambda t: binary_cross_entropy(t, Tensor([1.0, 1.0])), [0.0, 1.0], 50.0, "5.8 (one certain and wrong)")
    check_extremes(lambda t: binary_cross_entropy(t, Tensor([0.0, 0.0])), [1.0, 0.0], 50.0, "5.8 (one certain and wrong)")
    check_types(lambda t: binary_cross_entropy(floating(t), Tensor([1.0, 0.0])), [1, 1], "5.8")
    ### BEGIN HIDDEN TESTS
    generator = np.random.default_rng(58)
    compare(generator.uniform(0.01, 0.99, (2, 3, 1, 4)), generator.random((2, 3, 1, 4)), "5.8 (hidden test)")
    compare(generator.uniform(0.01, 0.99, 30), generator.integers(0, 2, 30) * 1.0, "5.8 (hidden test)")
    targets = Tensor([[1.0, 0.0, 0.25, 0.25]])
    check_extremes(lambda t: binary_cross_entropy(t, targets), [[0.0, 1.0, 1.0, 0.0]], (100 + 100 + 75 + 25) / 4, "5.8 (hidden test)")
    ### END HIDDEN TESTS
    print("📈 Progress: binary cross-entropy ✓")


test_binary_cross_entropy()

# %% [markdown]
# ## 5.9 Two classes, backward — yours (8 points)
# Differentiate the formula of 5.8 for $p_i$, and bring both fractions over one denominator. What stands above it is an old friend:
#
# $$\frac{\partial L}{\partial p_i} = \frac1n \cdot \frac{p_i - y_i}{p_i (1 - p_i)}$$

# %% [markdown]
# At $p = 0$ or $1$ the denominator is 0. PyTorch keeps it from falling below $10^{-12}$, and so do we: the gradient is large there, but finite, and
# 0 when the answer is right. (The clamped logarithm is flat at 0, so exactly there 07's machine will find other finite numbers. A sigmoid before it
# multiplies both by its slope, 0.)
#
# *Where to look:* `np.maximum` takes the larger of two, element by element.

# %% nbgrader={"grade": false, "grade_id": "binary-cross-entropy-backward", "locked": false, "schema_version": 3, "solution": true, "task": false}
#| export
def binary_cross_entropy_backward(probabilities: np.ndarray, targets: np.ndarray) -> np.ndarray:
    """5.9 The gradient of the mean binary cross-entropy for the probabilities.

    The denominator p (1 - p) counts as 1e-12 where it is smaller.

    Args:
        probabilities: p, floats from 0 to 1, any shape with at least one element.
        targets: y, from 0 to 1, of the same shape.

    Returns:
        the loss's gradient for the probabilities, a new array of the same shape and dtype.
    """
    ### BEGIN SOLUTION
    slope = np.maximum(probabilities * (1 - probabilities), 1e-12)
    return (probabilities - targets) / slope / probabilities.size
    ### END SOLUTION

# %% nbgrader={"grade": true, "grade_id": "test-binary-cross-entropy-backward", "locked": true, "points": 8, "schema_version": 3, "solution": false, "task": false}
def test_binary_cross_entropy_backward():
    """Does the rule agree with numbers by hand and with central differences, and is it finite at 0 and 1?"""
    print("🔬 Unit Test: binary cross-entropy, backward...")
    rule = binary_cross_entropy_backward
    p, y = np.array([0.25, 0.25]), np.array([1.0, 0.0])
    check_rule(rule, [p, y], np.array([-2.0, 2 / 3]), "5.9 (-0.75 and 0.25 over 3/16, then the mean)")

    def compare(p, y, section="5.9"):
        def loss(x):
            return -np.sum(y * np.log(x) + (1 - y) * np.log(1 - x)) / x.size

        check_rule(rule, [p, y], numeric_gradient(loss, p), section)

    compare(np.array([[0.1, 0.5, 0.8], [0.3, 0.9, 0.25]]), np.array([[0.25, 0.5, 0.9], [1.0, 0.0, 0.6]]))
    compare(np.linspace(0.05, 0.95, 12).reshape(2, 3, 2), np.arange(12).reshape(2, 3, 2) % 2 * 1.0)
    compare(np.array([[0.7]]), np.array([[1.0]]))
    compare(np.array(0.7), np.array(0.0))
    ends, targets = np.array([0.0, 1.0, 0.0, 1.0]), np.array([0.0, 1.0, 1.0, 0.0])
    check_rule(rule, [ends, targets], np.array([0.0, 0.0, -2.5e11, 2.5e11]), "5.9 (p is 0 or 1)")
    ### BEGIN HIDDEN TESTS
    generator = np.random.default_rng(59)
    compare(generator.uniform(0.05, 0.95, (2, 3, 1, 4)), generator.random((2, 3, 1, 4)), "5.9 (hidden test)")
    check_rule(rule, [np.array([1e-14, 1e-9]), np.array([1.0, 1.0])], np.array([-5e11, -5e8]), "5.9 (hidden test)")
    ### END HIDDEN TESTS
    print("📈 Progress: binary cross-entropy, backward ✓")


test_binary_cross_entropy_backward()

# %% nbgrader={"grade": false, "grade_id": "binary-cross-entropy-class", "locked": true, "schema_version": 3, "solution": false, "task": false}
#| export
def between_0_and_1(tensor: Tensor, what: str) -> None:
    """Nothing, if all elements of `tensor` are probabilities.

    Raises:
        ValueError: one is not, or is nan.
    """
    wrong = tensor.data[~((tensor.data >= 0) & (tensor.data <= 1))]
    if wrong.size:
        raise ValueError(f"{what} must be from 0 to 1, got {wrong[0]} (logits need a sigmoid first)")


class BinaryCrossEntropyLoss(Loss):
    """The mean surprise of yes-or-no predictions, from probabilities and targets from 0 to 1 of one shape, in nats.

    Saves both.

    Raises (when called):
        ValueError: the shapes differ, the batch is empty, or a number is not from 0 to 1.

    Example:
        BinaryCrossEntropyLoss()(Tensor([0.5]), [1]) is log 2 = 0.693
    """

    def forward(self, pred, target):
        pred, target = paired(pred, target)
        between_0_and_1(pred, "probabilities")
        between_0_and_1(target, "targets")
        self.saved = pred.data, target.data
        return binary_cross_entropy(pred, target)

    def backward(self):
        pred, target = self.recall()
        return Tensor(binary_cross_entropy_backward(pred, target), dtype=pred.dtype)

# %% [markdown]
# ### See it
# The loss and the size of its gradient for one probability, target yes. The right picture's axis is logarithmic. What does the gradient do
# near 1, where the answer is nearly right: does it go to 0?

# %%
p = np.linspace(0.001, 0.999, 499)
criterion, values, slopes = BinaryCrossEntropyLoss(), [], []
for value in p:
    values.append(criterion(Tensor([value]), [1.0]).item())
    slopes.append(-criterion.backward().item())
figure, (left, right) = plt.subplots(1, 2, figsize=(7, 3.5), layout="constrained")
left.plot(p, values, label="cross-entropy, −log p")
left.plot(p, (1 - p) ** 2, "--", label="squared error, (1 − p)²")
right.semilogy(p, slopes, label="cross-entropy")
right.semilogy(p, 2 * (1 - p), "--", label="squared error")
left.set(title="loss, target yes", xlabel="probability of yes", ylabel="loss (nats, or no unit)")
right.set(title="size of the gradient", xlabel="probability of yes", ylabel="|gradient| (per unit of probability)")
left.legend()
plt.show()

# %% [markdown]
# It stays at 1: for the *probability* there is always something to gain. But a probability comes out of a sigmoid, whose slope
# is $p(1-p)$, and that cancels your denominator: $p - y$ again. Two classes or one probability: is it the same loss?

# %%
lead, squeeze = Tensor([[-3.0], [0.5], [2.0]]), Sigmoid()
pair = Tensor(np.hstack([np.zeros((3, 1)), lead.data]))  # the logits of no and yes
one, two = BinaryCrossEntropyLoss(), CrossEntropyLoss()
print(f"one probability: loss {one(squeeze(lead), [[1.0], [0.0], [1.0]]).item():.6f}, gradient for the logit",
      squeeze.backward(one.backward()).data[:, 0])
print(f"two classes:     loss {two(pair, [1, 0, 1]).item():.6f}, gradient for the logit", two.backward().data[:, 1])

# %% [markdown]
# ## What it costs
# Back to the choice of 5.6, measured: indexing against a one-hot product, in a batch of 64 rows. A GPT's last layer has some 50,000
# classes. Guess the factor at the bottom right before you run it: the log-probabilities have the same $N \times C$ numbers in both.

# %%
print("classes   picked by indexing        one-hot product           log-softmax itself")
for count in (10, 1_000, 50_000):
    log_probabilities = log_softmax(randn(64, count))
    rows, classes = np.arange(64), np.arange(64) * 7 % count
    one_hot = Tensor(np.zeros((64, count)))
    one_hot.data[rows, classes] = 1
    index_time = time_call(lambda: log_probabilities[rows, classes].mean())
    product_time = time_call(lambda: (log_probabilities * one_hot).sum() / 64)
    softmax_time = time_call(log_softmax, log_probabilities)
    print(f"{count:7,} {index_time * 1e6:9,.0f} µs {array_memory(rows) + array_memory(classes):11,} B"
          f" {product_time * 1e6:9,.0f} µs {array_memory(one_hot.data):11,} B {softmax_time * 1e6:12,.0f} µs")

# %% [markdown]
# Picking is nearly free and does not grow with $C$; the one-hot table grows like the logits. The exponentials cost most either way:
# $N \cdot C$ of them. And forward keeps $N \cdot C$ log-probabilities for backward: with 50,000 classes the *loss* can take more
# memory than the layers before it. 15 will fuse these steps.

# %% [markdown]
# ## What hurts now: training by hand
# You have everything: layers that predict (04), a loss that says how wrong they are, and gradients back to every weight. So let us train.
# This time too cold is bad and too hot is bad, so no straight line will do: a hidden layer of two tanh units, then two logits. That is a net
# of 12 numbers.

# %%
from tinytorch_lib.core.layers import Linear

manual_seed(7)
porridge = randn(200, 2) * 1.5  # temperature and sweetness; what is sweet may be a little colder
verdict = (np.abs(porridge.data @ [1.0, 0.5]) < 1).astype(int)  # 1 is just right


def new_net():
    """Two layers and a bend between them, the same start at every call."""
    manual_seed(0)
    return Linear(2, 2), Tanh(), Linear(2, 2)


def measure(net, criterion):
    """One forward and one backward: the loss, and every weight's gradient left in its `grad`."""
    hidden, bend, output = net
    loss = criterion(output(bend(hidden(porridge))), verdict)
    hidden.backward(bend.backward(output.backward(criterion.backward())))
    return loss.item()


print(f"{verdict.mean():.0%} of the bowls are just right; knowing nothing costs {math.log(2):.3f} nats")

# %% [markdown]
# Now every weight goes a step against its gradient, $w \leftarrow w - \alpha\, \partial L / \partial w$ with $\alpha = 1$. Read every line of
# the next cell. Better: type it yourself.

# %%
net, criterion, rate, losses = new_net(), CrossEntropyLoss(), 1.0, []
hidden, _, output = net
for step in range(601):
    losses.append(measure(net, criterion))
    hidden.weight.data[0, 0] -= rate * hidden.weight.grad.data[0, 0]
    hidden.weight.data[0, 1] -= rate * hidden.weight.grad.data[0, 1]
    hidden.weight.data[1, 0] -= rate * hidden.weight.grad.data[1, 0]
    hidden.weight.data[1, 1] -= rate * hidden.weight.grad.data[1, 1]
    hidden.bias.data[0] -= rate * hidden.bias.grad.data[0]
    hidden.bias.data[1] -= rate * hidden.bias.grad.data[1]
    output.weight.data[0, 0] -= rate * output.weight.grad.data[0, 0]
    output.weight.data[0, 1] -= rate * output.weight.grad.data[0, 1]
    output.weight.data[1, 0] -= rate * output.weight.grad.data[1, 0]
    output.weight.data[1, 1] -= rate * output.weight.grad.data[1, 1]
    output.bias.data[0] -= rate * output.bias.grad.data[0]
    output.bias.data[1] -= rate * output.bias.grad.data[1]
    hidden.weight.zero_grad()
    hidden.bias.zero_grad()
    output.weight.zero_grad()
    output.bias.zero_grad()
    if step % 100 == 0:
        print(f"step {step:3d}  loss {losses[-1]:.4f}")

assert losses[-1] < losses[0] / 4, f"the loss should fall to a quarter at least, but went from {losses[0]} to {losses[-1]}"

# %% [markdown]
# **It learns.** Your loss and your gradients have trained a network. Was it pleasant? Somebody else typed the same program. Compare what
# it prints with yours: would you notice anything?

# %%
careless_net, careless_losses = new_net(), []
hidden, _, output = careless_net
for step in range(601):
    careless_losses.append(measure(careless_net, criterion))
    hidden.weight.data[0, 0] -= rate * hidden.weight.grad.data[0, 0]
    hidden.weight.data[1, 0] -= rate * hidden.weight.grad.data[1, 0]
    hidden.weight.data[1, 1] -= rate * hidden.weight.grad.data[1, 1]
    hidden.bias.data[0] -= rate * hidden.bias.grad.data[0]
    hidden.bias.data[1] -= rate * hidden.bias.grad.data[1]
    output.weight.data[0, 0] -= rate * output.weight.grad.data[0, 0]
    output.weight.data[0, 1] -= rate * output.weight.grad.data[0, 1]
    output.weight.data[1, 0] -= rate * output.weight.grad.data[1, 0]
    output.weight.data[1, 1] -= rate * output.weight.grad.data[1, 1]
    output.bias.data[0] -= rate * output.bias.grad.data[0]
    output.bias.data[1] -= rate * output.bias.grad.data[1]
    hidden.weight.zero_grad()
    hidden.bias.zero_grad()
    output.weight.zero_grad()
    output.bias.zero_grad()
    if step % 100 == 0:
        print(f"step {step:3d}  loss {careless_losses[-1]:.4f}")

# %% [markdown]
# It falls too, and no error, no warning. Without the other program beside it, who would doubt it? Look at both nets: the darker the ground, the
# surer they are that a bowl is just right. What can the left one do that the right one cannot?

# %%
grid = np.stack(np.meshgrid(np.linspace(-4.5, 4.5, 91), np.linspace(-4.5, 4.5, 91)), axis=-1)
figure, panels = plt.subplots(1, 2, figsize=(7.5, 3.7), layout="constrained", sharey=True)
for panel, name, layers in zip(panels, ("all lines", "one line less"), (net, careless_net), strict=True):
    logits, bowls_right = Tensor(grid), porridge
    for layer in layers:
        logits, bowls_right = layer(logits), layer(bowls_right)
    share = np.mean(bowls_right.argmax(axis=1).data == verdict)
    sure = panel.contourf(*np.moveaxis(grid, -1, 0), Softmax()(logits).data[..., 1], np.linspace(0, 1, 11), cmap="Greens")
    for kind, marker, label in ((0, "x", "bad"), (1, "o", "just right")):
        chosen = porridge.data[verdict == kind]
        panel.plot(chosen[:, 0], chosen[:, 1], marker, color="black", markersize=3, fillstyle="none", label=label)
    panel.set_title(f"{name}: {share:.1%} of the bowls right", fontsize=10)
    panel.set(xlabel="temperature (no unit)", xlim=(-4.5, 4.5), ylim=(-4.5, 4.5))
panels[0].set_ylabel("sweetness (no unit)")
panels[0].legend(loc="upper right", fontsize=8)
figure.colorbar(sure, ax=panels, label="probability of just right")
plt.show()

# %% [markdown]
# On the right one edge cannot turn. Now ask all 12 numbers how far they have come:

# %%
print("                     all lines   one line less")
names = ("hidden.weight", "hidden.bias", "output.weight", "output.bias")
tensors = [[tensor.data for part in parts for tensor in part.parameters()] for parts in (new_net(), net, careless_net)]
for name, start, complete, careless in zip(names, *tensors, strict=True):
    for index in np.ndindex(*start.shape):
        place = f"{name}{list(index)}"
        print(f"{place:20} {complete[index] - start[index]:9.4f} {careless[index] - start[index]:13.4f}")

# %% [markdown]
# One weight never moved. **A forgotten line learns nothing and says nothing**, and the other weights hide it, since they make the best
# of it. There were 16 lines for 12 numbers; a small network for handwritten digits has 100,000, GPT-2 124 million. All those lines are the same
# line, and 04's `parameters()` already knows every weight.
#
# **Next, 06:** `optimizer.step()` goes through all of them, forgets none, and finds better steps than $-\alpha g$.

# %% [markdown]
# | | for | takes | gradient, times $\frac1N$ |
# |---|---|---|---|
# | `L1Loss` | quantities, with outliers | any numbers | sign of $\hat y - y$ |
# | `MSELoss` | quantities | any numbers | $2\,(\hat y - y)$ |
# | `CrossEntropyLoss` | one of $C$ classes | logits | $p - y$ |
# | `BinaryCrossEntropyLoss` | yes or no | probabilities | $(p - y) \,/\, p(1-p)$ |
