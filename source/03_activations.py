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
# # 03 · Activations
#
# | difficulty | time | builds on | next |
# |---|---|---|---|
# | ●●○○ | 2–3 h | 02 tensor | 04 layers |
#
# A network is more than one big matrix only because something bends between its matrices. Today you build what bends:
# ReLU, Sigmoid, GELU and Softmax, each with its gradient derived by you; Tanh is solved as the model. You also learn
# why a formula that is right on paper can be wrong in a computer.

# %% nbgrader={"grade": false, "grade_id": "scope", "locked": true, "schema_version": 3, "solution": false, "task": false}
import os

os.environ["TINYTORCH_BELOW"] = "03"  # this notebook sees the modules before it and no later one, as the grader does

# %% nbgrader={"grade": false, "grade_id": "imports", "locked": true, "schema_version": 3, "solution": false, "task": false}
#| default_exp core.activations
#| export
import math

import numpy as np

from tinytorch_lib.core.tensor import Tensor, where

# %%
import matplotlib.pyplot as plt

from tinytorch_lib.core.setup import time_call
from tinytorch_lib.core.tensor import manual_seed, randn

# %% [markdown]
# ## What hurts
# 02 ended with a disappointment: two linear maps in a row are one. Here it is again. We push data through two
# matrices, then look for the *one* matrix that comes nearest to the result (least squares), and print how far off it
# is. Then we bend the numbers between the two matrices a little. Guess both distances before you run it.

# %%
manual_seed(3)
data, first, second = randn(200, 6), randn(6, 6), randn(6, 6)


def distance_to_one_matrix(output):
    """The largest error of the best single matrix that should turn `data` into `output`."""
    best, *_ = np.linalg.lstsq(data.data, output.data, rcond=None)
    return np.abs(data.data @ best - output.data).max()


print(f"two matrices:                 {distance_to_one_matrix(data @ first @ second):.6f}")
print(f"two matrices, tanh between:   {distance_to_one_matrix((data @ first).tanh() @ second):.6f}")

# %% [markdown]
# Nothing linear can imitate the second one. A function applied to each number between two linear maps is an
# **activation**.
#
# ## Two directions
# An activation works twice. **Forward** it computes $y = f(x)$. **Backward** it is told how the loss $L$ changes with
# its output, $g = \partial L / \partial y$, and says how the loss changes with its input. For a function of each
# number alone the chain rule is one product:
#
# $$\frac{\partial L}{\partial x} = g \cdot f'(x)$$
#
# To know $f'(x)$ backward needs something that forward saw. So forward **saves** one array. Which one? That is a
# question of memory, and it comes back in every section.

# %% nbgrader={"grade": false, "grade_id": "activation-base", "locked": true, "schema_version": 3, "solution": false, "task": false}
#| export
def floating(x) -> Tensor:
    """`x` as a Tensor of floats: integers and booleans become float32, a float Tensor comes back as it is."""
    if not isinstance(x, Tensor):
        x = Tensor(x)
    return x if x.data.dtype.kind == "f" else Tensor(x.data, dtype=np.float32)


class Activation:
    """Base of all activations: any shape in, the same shape out, no parameters.

    A subclass defines two methods:
        forward(x): the output, a Tensor. It leaves in `self.saved` the one array that backward needs.
        backward(grad_output): given the loss's gradient for the output of the last forward, the gradient for its input.

    Example:
        y = Tanh()(Tensor([0.0, 2.0]))
    """

    def __init__(self):
        self.saved = None
        self.training = True

    def __call__(self, x):
        return self.forward(x)

    def forward(self, x):
        raise NotImplementedError(f"{type(self).__name__} defines no forward")

    def backward(self, grad_output):
        raise NotImplementedError(f"{type(self).__name__} defines no backward")

    def incoming(self, grad_output) -> np.ndarray:
        """The array of `grad_output`, once it is sure that it fits the last forward.

        Raises:
            RuntimeError: there was no forward yet.
            ValueError: the shape is not that of the last output.
        """
        name = type(self).__name__
        if self.saved is None:
            raise RuntimeError(f"{name}.backward was called before forward, which saves what backward needs")
        gradient = floating(grad_output).data
        if gradient.shape != self.saved.shape:
            expected = self.saved.shape
            raise ValueError(f"{name}.backward got a gradient of shape {gradient.shape}, its output had {expected}")
        return gradient

    def parameters(self) -> list:
        """What an optimizer may change: nothing here."""
        return []

    def train(self):
        """Switch to training. Activations do the same in both modes; other layers will not."""
        self.training = True
        return self

    def eval(self):
        """Switch to use after training."""
        self.training = False
        return self

# %% [markdown]
# ## How forwards are tested
# In 07 you will build a machine that derives your forwards by itself. It sees only what goes through the **operations
# of 02** (`+`, `exp`, `where`, ...). What numpy does to `x.data` behind their back is lost to it. So that you need
# not rewrite anything then, tests here write down every operation that `apply` reports while your forward runs, move
# $x$ a little, replay the notes, and see whether the result moves as it should. You need not read the cell, but it is
# a taste of 07.

# %% nbgrader={"grade": false, "grade_id": "check-forward", "locked": true, "schema_version": 3, "solution": false, "task": false}
#| check
import warnings

from tinytorch_lib.core.tensor import ACTIVE, apply, install_engine


def float_tensor(array):
    """A Tensor that keeps the type of `array`; central differences need float64."""
    return Tensor(array, dtype=array.dtype.name)


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


def traced_slope(function, x, direction, section, step=1e-5):
    """How fast the output of `function` changes when x moves in `direction`, through the operations of 02 alone."""
    output, calls, complaints = trace(function, x)
    message = f"`{(complaints or [''])[0]}` made inf or nan out of finite numbers, at harmless x. Reread {section}."
    assert not complaints, message
    message = "No operation of 02 made the result. Was numpy used on x.data? Reread 'How forwards are tested'."
    assert output.node is not None, message
    ahead, behind = replay(calls, output, x + step * direction), replay(calls, output, x - step * direction)
    return (ahead - behind) / (2 * step)


def check_trace(function, x, direction, slope, section):
    """Does the output of `function` follow x through the operations of 02, with the slope of the formula?"""
    message = (
        "x was moved a little and your operations replayed: the result does not move as it should. Is a part computed "
        f"from x.data, outside the operations of 02? Reread 'How forwards are tested' and {section}."
    )
    measured = traced_slope(function, x, direction, section)
    np.testing.assert_allclose(measured, slope, rtol=1e-6, atol=1e-7, err_msg=message)


def check_types(function, x, section):
    """Are dtypes kept, integers turned to float32, a Tensor returned, and the input left alone?"""
    for dtype in ("float32", "float64", "int64"):
        tensor = Tensor(np.asarray(x), dtype=dtype)
        before = tensor.data.copy()
        result = function(tensor)
        assert isinstance(result, Tensor), f"Expected a Tensor, got {type(result).__name__}. Reread {section}."
        expected = "float32" if dtype == "int64" else dtype
        message = f"For {dtype} input the result should be {expected}, but is {result.data.dtype}. Reread {section}."
        assert result.data.dtype == expected, message
        np.testing.assert_array_equal(tensor.data, before, err_msg=f"The input was changed. Reread {section}.")


def check_elementwise(function, points, values, slopes, section):
    """Is `function` right at `points` (12 of them), in every shape, through the operations of 02?"""
    points, values, slopes = np.array(points), np.array(values), np.array(slopes)
    for shape in [(12,), (3, 4), (2, 3, 2), (3, 1, 2, 2), (1, 1), (), (0, 3)]:
        count = math.prod(shape)
        x, expected = points[:count].reshape(shape), values[:count].reshape(shape)
        got = function(float_tensor(x)).data
        assert got.shape == shape, f"Input of shape {shape} gave an output of shape {got.shape}. Reread {section}."
        message = f"Input of shape {shape}: values differ from the formula in {section}."
        np.testing.assert_allclose(got, expected, rtol=1e-8, atol=1e-10, err_msg=message)
    smooth = points != 0  # some right ways to write a formula have a corner at 0
    check_trace(function, points[smooth], 1.0, slopes[smooth], section)
    check_types(function, [[-2, 0, 1], [3, -1, 2]], section)


def check_extremes(function, x, expected, section, tolerance=1e-6, floor=1e-30):
    """Are float32 results right where a careless formula overflows, and does no operation make inf or nan?"""
    output, _, complaints = trace(function, np.array(x, dtype=np.float32))
    message = f"At x = {x} `{(complaints or [''])[0]}` made inf or nan out of finite numbers. Reread {section}."
    assert not complaints, message
    message = f"Wrong at x = {x}. Reread {section}."
    np.testing.assert_allclose(output.data, expected, rtol=tolerance, atol=floor, err_msg=message)

# %% [markdown]
# Backwards are compared with **central differences**: move one number up and down by a small $h$ and see what the
# loss does. No formula of yours is needed for that, only patience:
#
# $$\frac{\partial L}{\partial x_i} \approx \frac{L(x + h e_i) - L(x - h e_i)}{2h} \qquad L = \sum_j w_j\, f(x)_j$$
#
# The weights $w$ are fixed random numbers. A plain sum would not do: softmax always sums to 1, so its sum never
# moves.

# %% nbgrader={"grade": false, "grade_id": "check-backward", "locked": true, "schema_version": 3, "solution": false, "task": false}
#| check
def numeric_gradient(function, x, weights, step=1e-5):
    """The gradient of sum(weights * function(x)) for `x`, by central differences in float64."""
    gradient = np.zeros(x.shape)
    for index in np.ndindex(*x.shape):
        losses = []
        for sign in (1, -1):
            moved = x.astype(np.float64)
            moved[index] += sign * step
            losses.append(np.sum(weights * function(moved)))
        gradient[index] = (losses[0] - losses[1]) / (2 * step)
    return gradient


def check_rule(rule, inputs, expected, section, tolerance=1e-7):
    """Does `rule(gradient, saved)` give `expected`, keep shape and dtype, leave both arrays alone and stay silent?"""
    for dtype in ("float64", "float32"):
        given = [array.astype(dtype) if array.dtype.kind == "f" else array.copy() for array in inputs]
        copies = [array.copy() for array in given]
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always")
            got = rule(*given)
        assert not caught, f"numpy warned: {caught[0].message}. Which number got too large? Reread {section}."
        assert isinstance(got, np.ndarray), f"Expected a numpy array, got {type(got).__name__}. Reread {section}."
        message = f"The gradient should have shape {expected.shape}, but has {got.shape}. Reread {section}."
        assert got.shape == expected.shape, message
        message = (
            f"The gradient should be {dtype}, as its inputs are, but is {got.dtype} ({section}). Is there a np.float64 "
            "among your constants? np.sqrt makes one, math.sqrt a plain number."
        )
        assert got.dtype == dtype, message
        bound = tolerance if dtype == "float64" else 2e-5
        message = f"The gradient differs from the expected one ({dtype}). Reread {section}."
        np.testing.assert_allclose(got, expected, rtol=bound, atol=bound / 10, err_msg=message)
        for array, copy in zip(given, copies, strict=True):
            np.testing.assert_array_equal(array, copy, err_msg=f"backward changed one of its inputs ({section}).")

# %% [markdown]
# ## 3.1 Tanh — solved, to read
# The hyperbolic tangent squeezes every number into $(-1, 1)$. 02 has the operation. Its slope can be written with its
# own *output*, which exists already:
#
# $$y = \tanh x \qquad f'(x) = 1 - \tanh^2 x = 1 - y^2$$
#
# So forward saves $y$, and nothing has to be computed twice. Every activation comes in three pieces: a forward on
# Tensors, a backward rule on arrays (07 will use rules of just this kind), and a class that remembers.

# %% nbgrader={"grade": false, "grade_id": "tanh", "locked": true, "schema_version": 3, "solution": false, "task": false}
#| export
def tanh(x: Tensor) -> Tensor:
    """The hyperbolic tangent of each element, between -1 and 1."""
    return floating(x).tanh()


def tanh_backward(gradient: np.ndarray, output: np.ndarray) -> np.ndarray:
    """The gradient for the input, from the one for the output and from the output itself; all of one shape."""
    return gradient * (1 - output**2)


class Tanh(Activation):
    """The hyperbolic tangent of each element. Saves its output."""

    def forward(self, x):
        output = tanh(x)
        self.saved = output.data
        return output

    def backward(self, grad_output):
        gradient = tanh_backward(self.incoming(grad_output), self.saved)
        return Tensor(gradient, dtype=gradient.dtype)

# %% [markdown]
# ### See it
# One curve is the function, the other what `backward` makes of a gradient of 1, so the derivative. Look for the range
# of $x$ where the derivative is under 0.01: a signal that passes there loses 99 % of its gradient. That is called
# **saturation**.

# %%
def plot_with_slope(activation, low=-6.0, high=6.0):
    """Draw an activation and its derivative between `low` and `high`."""
    x = np.linspace(low, high, 601)
    y = activation(Tensor(x))
    slope = activation.backward(Tensor(np.ones(601)))
    figure, axes = plt.subplots(figsize=(7, 3.5), layout="constrained")
    axes.axhline(0, color="0.8", linewidth=0.8)
    axes.axvline(0, color="0.8", linewidth=0.8)
    axes.plot(x, y.data, label="function y = f(x)")
    axes.plot(x, slope.data, "--", label="derivative f'(x)")
    axes.set(title=type(activation).__name__, xlabel="input x (no unit)", ylabel="value (no unit)")
    axes.legend()
    plt.show()
    flat = np.abs(slope.data) < 0.01
    print(f"{type(activation).__name__}: the derivative is under 0.01 on {flat.mean():.0%} of [{low:g}, {high:g}]")


plot_with_slope(Tanh())

# %% [markdown]
# ## 3.2 ReLU, forward — yours (8 points)
# The simplest bend there is: keep what is positive, flatten the rest.
#
# $$\text{ReLU}(x) = \max(0, x)$$
#
# It helped to make deep networks trainable around 2011, and it is hardly a computation at all.
#
# *Where to look:* 02's list of operations. Several of them can do it, alone or in pairs.

# %% nbgrader={"grade": false, "grade_id": "relu", "locked": false, "schema_version": 3, "solution": true, "task": false}
#| export
def relu(x: Tensor) -> Tensor:
    """3.2 max(0, x) for each element, through operations of 02.

    Args:
        x: any shape.

    Returns:
        a Tensor of the same shape and dtype.

    Example:
        relu(Tensor([-2.0, 0.0, 3.0])) holds [0, 0, 3]
    """
    x = floating(x)
    ### BEGIN SOLUTION
    return where(x <= 0, 0.0, x)
    ### END SOLUTION

# %% nbgrader={"grade": true, "grade_id": "test-relu", "locked": true, "points": 8, "schema_version": 3, "solution": false, "task": false}
def test_relu():
    """Is the negative side flat and the positive side kept, in any shape, through operations of 02?"""
    print("🔬 Unit Test: ReLU forward...")
    points = [-6.0, 3.0, -1.5, -0.75, 0.25, -0.125, 0.5, 1.0, -2.0, 4.0, 8.0, -0.01]
    values = [0.0, 3.0, 0.0, 0.0, 0.25, 0.0, 0.5, 1.0, 0.0, 4.0, 8.0, 0.0]
    slopes = [0.0, 1.0, 0.0, 0.0, 1.0, 0.0, 1.0, 1.0, 0.0, 1.0, 1.0, 0.0]
    check_elementwise(relu, points, values, slopes, "3.2")
    np.testing.assert_array_equal(relu(Tensor([0.0])).data, [0.0], err_msg="ReLU(0) is 0. Reread 3.2.")
    check_extremes(relu, [-1000.0, 1000.0, -1e30, 1e30], [0.0, 1000.0, 0.0, 1e30], "3.2")
    ### BEGIN HIDDEN TESTS
    x = np.linspace(-3.0, 3.0, 60).reshape(3, 4, 5) + 0.001
    np.testing.assert_allclose(
        relu(float_tensor(x)).data, (x + np.abs(x)) / 2, rtol=1e-12, atol=1e-12,
        err_msg="ReLU of 60 numbers in a 3-d array (hidden test). Reread 3.2.")
    ### END HIDDEN TESTS
    print("📈 Progress: ReLU forward ✓")


test_relu()

# %% [markdown]
# ## 3.3 ReLU, backward — yours (6 points)
# On the right the slope is 1, on the left 0. At 0 itself there is a corner and no slope; the field takes 0.
#
# $$f'(x) = \begin{cases} 1 & x > 0 \\ 0 & x \le 0 \end{cases}$$
#
# What must forward save? Not $x$: one *bit* an element would do. numpy's smallest type is a boolean of one byte, a
# quarter of a float32. The class below saves `x > 0`.

# %% nbgrader={"grade": false, "grade_id": "relu-backward", "locked": false, "schema_version": 3, "solution": true, "task": false}
#| export
def relu_backward(gradient: np.ndarray, positive: np.ndarray) -> np.ndarray:
    """3.3 The gradient for ReLU's input.

    Args:
        gradient: the loss's gradient for the output, floats of any shape.
        positive: where the input was > 0, booleans of the same shape.

    Returns:
        the loss's gradient for the input, a new array of the gradient's shape and dtype.
    """
    ### BEGIN SOLUTION
    return gradient * positive
    ### END SOLUTION

# %% nbgrader={"grade": true, "grade_id": "test-relu-backward", "locked": true, "points": 6, "schema_version": 3, "solution": false, "task": false}
def test_relu_backward():
    """Does the gradient pass where the input was positive and stop elsewhere?"""
    print("🔬 Unit Test: ReLU backward...")
    gradient = np.array([[2.0, -3.0, 0.5], [1.0, -1.0, 7.0]])
    positive = np.array([[True, True, False], [False, False, True]])
    check_rule(relu_backward, [gradient, positive], np.array([[2.0, -3.0, 0.0], [0.0, 0.0, 7.0]]), "3.3")
    check_rule(relu_backward, [np.zeros((0, 2)), np.zeros((0, 2), dtype=bool)], np.zeros((0, 2)), "3.3")
    ### BEGIN HIDDEN TESTS
    generator = np.random.default_rng(33)
    x, gradient = generator.standard_normal((2, 3, 4)), generator.standard_normal((2, 3, 4))
    expected = numeric_gradient(lambda v: np.maximum(v, 0.0), x, gradient)
    check_rule(relu_backward, [gradient, x > 0], expected, "3.3")
    ### END HIDDEN TESTS
    print("📈 Progress: ReLU backward ✓")


test_relu_backward()

# %% [markdown]
# The class puts your two functions together. Compare it with `Tanh` in 3.1: only what is saved differs.

# %% nbgrader={"grade": false, "grade_id": "relu-class", "locked": true, "schema_version": 3, "solution": false, "task": false}
#| export
class ReLU(Activation):
    """max(0, x) for each element. Saves one byte an element: whether it was positive."""

    def forward(self, x):
        output = relu(x)
        self.saved = output.data > 0
        return output

    def backward(self, grad_output):
        gradient = relu_backward(self.incoming(grad_output), self.saved)
        return Tensor(gradient, dtype=gradient.dtype)

# %%
plot_with_slope(ReLU())

# %% [markdown]
# ### Use it: what no line can do
# XOR is 1 when its two inputs differ. 02's best linear answer was ½, four times. One ReLU between two small matrices
# gets it exactly. These weights are set by hand; follow the input (1, 1) through them on paper.

# %%
inputs = Tensor([[0.0, 0.0], [0.0, 1.0], [1.0, 0.0], [1.0, 1.0]])
hidden = ReLU()(inputs @ Tensor([[1.0, 1.0], [1.0, 1.0]]) + Tensor([0.0, -1.0]))
print("XOR with one ReLU:", (hidden @ Tensor([1.0, -2.0])).data)

# %% [markdown]
# ## 3.4 Sigmoid, forward — yours (14 points)
# Squeezes every number into $(0, 1)$, so that it can be read as a probability:
#
# $$\sigma(x) = \frac{1}{1 + e^{-x}}$$
#
# On paper that is all. Now watch float32, whose largest number is about $3.4 \cdot 10^{38} \approx e^{88.7}$:

# %%
with np.errstate(over="ignore", invalid="ignore"):  # numpy would warn; we look at the numbers instead
    x = np.array([-1000.0, -20.0, 0.0, 1000.0], dtype=np.float32)
    print("exp(-x)               ", np.exp(-x))
    print("exp(x) / (1 + exp(x)) ", np.exp(x) / (1 + np.exp(x)))
    print("(1 + tanh(x/2)) / 2   ", (1 + np.tanh(x / 2)) / 2)

# %% [markdown]
# The first overflows. $1/(1 + \infty)$ is still right, by luck; but in 07 the slope will be $\infty \cdot 0$, which
# is `nan`, and one `nan` spoils every weight it meets. The second, equal on paper, makes `nan` at once. The third
# never overflows, but look at $x = -20$: the true value is $2 \cdot 10^{-9}$ and it says 0, because $1 + (-1)$ has
# **cancelled** every digit. 05 will take the logarithm of that.

# %% [markdown]
# *Where to look:* from which $x$ on does $e^{-x}$ overflow, and what would you lose if $x$ never got there? (`where`
# computes *both* its branches, so an overflow in the branch not taken counts too. And `abs` has a corner at 0, where
# $\sigma$ has none: 07 would find slope 0 there, and that is tested.)

# %% nbgrader={"grade": false, "grade_id": "sigmoid", "locked": false, "schema_version": 3, "solution": true, "task": false}
#| export
def sigmoid(x: Tensor) -> Tensor:
    """3.4 1 / (1 + exp(-x)) for each element, through operations of 02.

    No x makes an operation overflow. In float32 the relative error is under 1e-4 from x = -80 upwards; below,
    where the value is under 2e-35, any number from 0 to 2e-35 will do. No corner at 0.

    Args:
        x: any shape.

    Returns:
        a Tensor of the same shape and dtype, its values from 0 to 1.

    Example:
        sigmoid(Tensor([0.0, 1000.0])) holds [0.5, 1]
    """
    x = floating(x)
    ### BEGIN SOLUTION
    return 1 / (1 + (-x.clip(low=-80.0)).exp())
    ### END SOLUTION

# %% nbgrader={"grade": true, "grade_id": "test-sigmoid", "locked": true, "points": 14, "schema_version": 3, "solution": false, "task": false}
def test_sigmoid():
    """Are the values right, also far out, without an overflow and without cancellation?"""
    print("🔬 Unit Test: Sigmoid forward...")
    points = [-6.0, -3.0, -1.5, -0.75, -0.25, 0.0, 0.25, 0.5, 1.0, 2.0, 4.0, 8.0]
    values = [0.00247262315663, 0.0474258731776, 0.182425523806, 0.320821300825, 0.437823499114, 0.5,
              0.562176500886, 0.622459331202, 0.73105857863, 0.880797077978, 0.982013790038, 0.99966464987]
    slopes = [0.00246650929136, 0.0451766597309, 0.14914645207, 0.217894993762, 0.246134082738, 0.25,
              0.246134082738, 0.235003712202, 0.196611933241, 0.104993585404, 0.0176627062133, 0.000335237670756]
    check_elementwise(sigmoid, points, values, slopes, "3.4")
    check_extremes(sigmoid, [1000.0, -1000.0, 100.0, -100.0], [1.0, 0.0, 1.0, 0.0], "3.4")
    message = "Your operations have a corner at 0, where the slope is 1/4; 07 would find 0. Reread the end of 3.4."
    assert traced_slope(sigmoid, np.zeros(1), 1.0, "3.4")[0] > 0.1, message
    # far out on the left sigmoid(x) is exp(x), nearly
    left = [-20.0, -50.0, -80.0]
    check_extremes(sigmoid, left, [math.exp(v) for v in left], "3.4 (cancellation)", tolerance=1e-4, floor=0)
    ### BEGIN HIDDEN TESTS
    x = np.linspace(-7.0, 7.0, 30).reshape(5, 1, 6)
    expected = np.array([math.exp(v) / (math.exp(v) + 1) for v in x.ravel()]).reshape(x.shape)
    np.testing.assert_allclose(
        sigmoid(float_tensor(x)).data, expected, rtol=1e-9, err_msg="Sigmoid of a 3-d array (hidden test). Reread 3.4.")
    left = [-15.0, -30.0, -65.0, -79.5]
    check_extremes(sigmoid, left, [math.exp(v) for v in left], "3.4 (cancellation)", tolerance=1e-4, floor=0)
    check_extremes(sigmoid, [[-1e30, 1e30], [-89.0, 89.0]], [[0.0, 1.0], [0.0, 1.0]], "3.4")
    ### END HIDDEN TESTS
    print("📈 Progress: Sigmoid forward ✓")


test_sigmoid()

# %% [markdown]
# ## 3.5 Sigmoid, backward — yours (8 points)
# Derive it with pencil and paper: differentiate $\sigma(x) = (1 + e^{-x})^{-1}$, then write every $e^{-x}$ away with
# $e^{-x} = \frac{1}{y} - 1$. What is left contains nothing but $y = \sigma(x)$, as in 3.1. Check yourself at $x = 0$:
# the slope there is ¼, and nowhere is it larger.

# %% nbgrader={"grade": false, "grade_id": "sigmoid-backward", "locked": false, "schema_version": 3, "solution": true, "task": false}
#| export
def sigmoid_backward(gradient: np.ndarray, output: np.ndarray) -> np.ndarray:
    """3.5 The gradient for sigmoid's input.

    Args:
        gradient: the loss's gradient for the output, floats of any shape.
        output: what forward gave, of the same shape.

    Returns:
        the loss's gradient for the input, a new array of the same shape and dtype.
    """
    ### BEGIN SOLUTION
    return gradient * output * (1 - output)
    ### END SOLUTION

# %% nbgrader={"grade": true, "grade_id": "test-sigmoid-backward", "locked": true, "points": 8, "schema_version": 3, "solution": false, "task": false}
def test_sigmoid_backward():
    """Does the rule agree with saved slopes and with central differences?"""
    print("🔬 Unit Test: Sigmoid backward...")
    output = np.array([[0.0474258731776, 0.182425523806, 0.5], [0.73105857863, 0.880797077978, 0.982013790038]])
    slopes = np.array([[0.0451766597309, 0.14914645207, 0.25], [0.196611933241, 0.104993585404, 0.0176627062133]])
    gradient = np.array([[1.0, -2.0, 4.0], [0.5, 3.0, -1.0]])
    check_rule(sigmoid_backward, [gradient, output], gradient * slopes, "3.5")
    check_rule(sigmoid_backward, [np.array([5.0, 5.0]), np.array([0.0, 1.0])], np.zeros(2), "3.5 (saturated)")
    ### BEGIN HIDDEN TESTS
    generator = np.random.default_rng(35)
    x, gradient = 2 * generator.standard_normal((2, 3, 4)), generator.standard_normal((2, 3, 4))
    expected = numeric_gradient(lambda v: 1 / (1 + np.exp(-v)), x, gradient)
    check_rule(sigmoid_backward, [gradient, 1 / (1 + np.exp(-x))], expected, "3.5")
    ### END HIDDEN TESTS
    print("📈 Progress: Sigmoid backward ✓")


test_sigmoid_backward()

# %% nbgrader={"grade": false, "grade_id": "sigmoid-class", "locked": true, "schema_version": 3, "solution": false, "task": false}
#| export
class Sigmoid(Activation):
    """1 / (1 + exp(-x)) for each element. Saves its output."""

    def forward(self, x):
        output = sigmoid(x)
        self.saved = output.data
        return output

    def backward(self, grad_output):
        gradient = sigmoid_backward(self.incoming(grad_output), self.saved)
        return Tensor(gradient, dtype=gradient.dtype)

# %% [markdown]
# Before you look: how high is the dashed curve at its highest, and how high was tanh's?

# %%
plot_with_slope(Sigmoid(), -10, 10)

# %% [markdown]
# ## 3.6 GELU, forward — yours (10 points)
# ReLU's left side is dead: no output, no gradient. GELU rounds the corner and lets a little through. GPT uses it, and
# so will you in 14. It is $x$ times the probability that a normal random number lies below $x$; everybody computes
# this close approximation:
#
# $$\text{GELU}(x) = \tfrac12\, x\, (1 + \tanh u) \qquad u = \sqrt{\tfrac{2}{\pi}}\,\left(x + 0.044715\, x^3\right)$$
#
# *Where to look:* `math.sqrt` and `math.pi` for the constant; name $u$ before you use it. numpy's functions refuse
# Tensors, so it is `u.tanh()`, not `np.tanh(u)`.

# %% nbgrader={"grade": false, "grade_id": "gelu", "locked": false, "schema_version": 3, "solution": true, "task": false}
#| export
def gelu(x: Tensor) -> Tensor:
    """3.6 The Gaussian error linear unit of each element in its tanh form, through operations of 02.

    Args:
        x: any shape, |x| at most 10,000.

    Returns:
        a Tensor of the same shape and dtype.

    Example:
        gelu(Tensor([-1.0, 0.0, 1.0])) holds about [-0.1588, 0, 0.8412]
    """
    x = floating(x)
    ### BEGIN SOLUTION
    u = math.sqrt(2 / math.pi) * (x + 0.044715 * (x * x * x))
    return 0.5 * x * (1 + u.tanh())
    ### END SOLUTION

# %% nbgrader={"grade": true, "grade_id": "test-gelu", "locked": true, "points": 10, "schema_version": 3, "solution": false, "task": false}
def test_gelu():
    """Are the values those of the tanh form, and does nothing overflow far out?"""
    print("🔬 Unit Test: GELU forward...")
    points = [-6.0, -3.0, -1.5, -0.75, -0.25, 0.0, 0.25, 0.5, 1.0, 2.0, 4.0, 8.0]
    values = [-8.43964897967e-11, -0.00363739208177, -0.10042842302, -0.170039444834, -0.100324649298, 0.0,
              0.149675350702, 0.345714009825, 0.841191990608, 1.95459769409, 3.99992975405, 8.0]
    slopes = [-7.70997601284e-10, -0.011584166631, -0.127710793151, 0.00106174386259, 0.304645904849, 0.5,
              0.695354095151, 0.867369903535, 1.08296408385, 1.08609925662, 1.0003351232, 1.0]
    check_elementwise(gelu, points, values, slopes, "3.6")
    check_extremes(gelu, [100.0, -100.0], [100.0, 0.0], "3.6")
    ### BEGIN HIDDEN TESTS
    x = np.array([[[0.1, -0.1], [2.75, -2.25]], [[-0.5, 1.25], [0.75, 3.5]]])
    expected = np.array([[[0.0539827510454, -0.0460172489546], [2.74227685593, -0.0272013298973]],
                         [[-0.154285990175, 1.11771420297], [0.579960555166, 3.49938380234]]])
    np.testing.assert_allclose(
        gelu(float_tensor(x)).data, expected, rtol=1e-9, err_msg="GELU of a 3-d array (hidden test). Reread 3.6.")
    check_extremes(gelu, [[1000.0], [-1000.0]], [[1000.0], [0.0]], "3.6")
    ### END HIDDEN TESTS
    print("📈 Progress: GELU forward ✓")


test_gelu()

# %% [markdown]
# ## 3.7 GELU, backward — yours (18 points)
# Now the slope mixes $x$ and $\tanh u$. Product rule on the outside, chain rule on the inside, with $t = \tanh u$:
#
# $$f'(x) = \tfrac12 (1 + t) + \tfrac12\, x\, (1 - t^2)\, \frac{du}{dx}$$
#
# $du/dx$ is yours to derive from 3.6. Forward could save $x$, or $t$, or both: $x$ alone is half the memory, and $t$
# is computed again here. That trade, **recompute instead of store**, is how people fit large models into small
# memories. Check at $x = 0$: the slope is ½.

# %% nbgrader={"grade": false, "grade_id": "gelu-backward", "locked": false, "schema_version": 3, "solution": true, "task": false}
#| export
def gelu_backward(gradient: np.ndarray, x: np.ndarray) -> np.ndarray:
    """3.7 The gradient for GELU's input.

    Args:
        gradient: the loss's gradient for the output, floats of any shape.
        x: forward's input, of the same shape, |x| at most 10,000.

    Returns:
        the loss's gradient for the input, a new array of the same shape and dtype.
    """
    ### BEGIN SOLUTION
    scale = math.sqrt(2 / math.pi)
    t = np.tanh(scale * (x + 0.044715 * x * x * x))
    du_dx = scale * (1 + 3 * 0.044715 * x * x)
    slope = 0.5 * (1 + t) + 0.5 * x * (1 - t * t) * du_dx
    return gradient * slope
    ### END SOLUTION

# %% nbgrader={"grade": true, "grade_id": "test-gelu-backward", "locked": true, "points": 18, "schema_version": 3, "solution": false, "task": false}
def test_gelu_backward():
    """Does the rule agree with saved slopes, with central differences, and stay calm far out?"""
    print("🔬 Unit Test: GELU backward...")
    x = np.array([[-3.0, -1.5, -0.75, -0.25, 0.0], [0.25, 0.5, 1.0, 2.0, 4.0]])
    slopes = np.array([[-0.011584166631, -0.127710793151, 0.00106174386259, 0.304645904849, 0.5],
                       [0.695354095151, 0.867369903535, 1.08296408385, 1.08609925662, 1.0003351232]])
    gradient = np.array([[1.0, -2.0, 4.0, 0.5, 3.0], [-1.0, 2.0, 0.25, -4.0, 1.5]])
    check_rule(gelu_backward, [np.ones((2, 5)), x], slopes, "3.7")
    check_rule(gelu_backward, [gradient, x], gradient * slopes, "3.7")
    check_rule(gelu_backward, [np.array([2.0, 2.0]), np.array([100.0, -100.0])], np.array([2.0, 0.0]), "3.7 (far out)")
    ### BEGIN HIDDEN TESTS
    # an equal form, for the numbers' sake: (1 + tanh u) / 2 is the sigmoid of 2u
    generator = np.random.default_rng(37)
    x, gradient = 1.5 * generator.standard_normal((2, 3, 4)), generator.standard_normal((2, 3, 4))
    expected = numeric_gradient(lambda v: v / (1 + np.exp(-np.sqrt(8 / np.pi) * (v + 0.044715 * v**3))), x, gradient)
    check_rule(gelu_backward, [gradient, x], expected, "3.7")
    gradient, far = np.array([[-3.0], [5.0]]), np.array([[1000.0], [-1000.0]])
    check_rule(gelu_backward, [gradient, far], np.array([[-3.0], [0.0]]), "3.7 (far out)")
    ### END HIDDEN TESTS
    print("📈 Progress: GELU backward ✓")


test_gelu_backward()

# %% nbgrader={"grade": false, "grade_id": "gelu-class", "locked": true, "schema_version": 3, "solution": false, "task": false}
#| export
class GELU(Activation):
    """The Gaussian error linear unit in its tanh form. Saves its input and computes the rest again."""

    def forward(self, x):
        x = floating(x)
        self.saved = x.data
        return gelu(x)

    def backward(self, grad_output):
        gradient = gelu_backward(self.incoming(grad_output), self.saved)
        return Tensor(gradient, dtype=gradient.dtype)

# %% [markdown]
# Look left of 0. There is something here that none of the others has: the function falls, then rises. Where is its
# lowest point, and what does the derivative do there?

# %%
plot_with_slope(GELU(), -4, 3)

# %% [markdown]
# ## 3.8 Softmax, forward — yours (14 points)
# Turns a row of scores into probabilities: all positive, sum 1, the order kept. It is the only one today that looks
# at more than one number at once, along one **axis**:
#
# $$y_i = \frac{e^{x_i}}{\sum_j e^{x_j}}$$
#
# Scores of a real network are often in the hundreds, and $e^{100}$ is too much for float32. Multiply numerator and
# denominator by $e^{-c}$: nothing changes on paper, for any $c$. Which $c$ makes every exponent at most 0?

# %%
with np.errstate(over="ignore", invalid="ignore"):
    scores = np.array([1000.0, 999.0, 0.0], dtype=np.float32)
    print("as on paper:", np.exp(scores) / np.exp(scores).sum())

# %% nbgrader={"grade": false, "grade_id": "softmax", "locked": false, "schema_version": 3, "solution": true, "task": false}
#| export
def softmax(x: Tensor, axis: int = -1) -> Tensor:
    """3.8 Probabilities from scores along one axis, through operations of 02.

    No score between -1e38 and 1e38 makes an operation overflow. A score of -inf gets probability 0, if another along the axis is finite.

    Args:
        x: scores, any shape with at least one dimension.
        axis: along which the probabilities sum to 1.

    Returns:
        a Tensor of the same shape and dtype, its values from 0 to 1.

    Raises:
        ValueError: x has no such axis, or nothing along it.

    Example:
        softmax(Tensor([[0.0, 0.0], [1000.0, 0.0]])) holds [[0.5, 0.5], [1, 0]]
    """
    x = floating(x)
    ### BEGIN SOLUTION
    shifted = x - x.max(axis=axis, keepdims=True)
    exponentials = shifted.exp()
    return exponentials / exponentials.sum(axis=axis, keepdims=True)
    ### END SOLUTION

# %% nbgrader={"grade": true, "grade_id": "test-softmax", "locked": true, "points": 14, "schema_version": 3, "solution": false, "task": false}
def test_softmax():
    """Right along any axis, blind to a shift of all scores, and calm far out?"""
    print("🔬 Unit Test: Softmax forward...")

    def by_hand(x, axis):
        """The formula on paper; fine for small scores."""
        powers = np.exp(x)
        return powers / powers.sum(axis=axis, keepdims=True)

    x = np.array([[1.0, 2.0, 3.0], [-1.0, 0.5, 0.5]])
    rows = [[0.09003057317, 0.24472847105, 0.66524095577], [0.10036756468, 0.44981621766, 0.44981621766]]
    columns = [[0.88079707798, 0.81757447619, 0.92414181998], [0.11920292202, 0.18242552381, 0.07585818002]]
    message = "Softmax of a 2 by 3 matrix differs from the formula in 3.8"
    np.testing.assert_allclose(softmax(float_tensor(x)).data, rows, rtol=1e-9, err_msg=f"{message} (axis -1).")
    got = softmax(float_tensor(x), axis=0).data
    np.testing.assert_allclose(got, columns, rtol=1e-9, err_msg=f"{message} (axis 0).")
    x = np.sin(np.arange(24.0)).reshape(2, 3, 4) * 3
    for axis in (0, 1, 2, -1, -2):
        got = softmax(float_tensor(x), axis=axis).data
        message = f"3-d input, axis={axis}: differs from the formula. Does every step use this axis (3.8)?"
        np.testing.assert_allclose(got, by_hand(x, axis), rtol=1e-9, err_msg=message)
    np.testing.assert_array_equal(softmax(Tensor([7.0])).data, [1.0], err_msg="One score alone gets probability 1.")
    check_types(softmax, [[-2, 0, 1], [3, -1, 2]], "3.8")
    message = "Adding 1000 to every score must change nothing (3.8)."
    np.testing.assert_allclose(softmax(float_tensor(x + 1000)).data, by_hand(x, -1), rtol=1e-9, err_msg=message)
    scores = [[1000.0, 0.0, -1000.0], [-1000.0, -1000.0, -1000.0]]
    check_extremes(softmax, scores, [[1, 0, 0], [1 / 3] * 3], "3.8", tolerance=1e-3)
    check_extremes(softmax, [[2.0, -np.inf, 2.0]], [[0.5, 0.0, 0.5]], "3.8", tolerance=1e-3)
    direction = np.cos(np.arange(24.0)).reshape(2, 3, 4)
    change = (by_hand(x + 1e-5 * direction, -1) - by_hand(x - 1e-5 * direction, -1)) / 2e-5
    check_trace(softmax, x, direction, change, "3.8")
    ### BEGIN HIDDEN TESTS
    x = np.random.default_rng(38).standard_normal((2, 3, 1, 5)) * 4
    for axis in (0, 1, 2, 3, -3):
        got = softmax(float_tensor(x), axis=axis).data
        message = f"4-d input, axis={axis} (hidden test). Reread 3.8."
        np.testing.assert_allclose(got, by_hand(x, axis), rtol=1e-9, err_msg=message)
    scores = [[500.0, -500.0], [500.0, 500.0]]
    check_extremes(lambda t: softmax(t, axis=0), scores, [[0.5, 0.0], [0.5, 1.0]], "3.8", tolerance=1e-3)
    check_extremes(softmax, [1e30, -1e30, 0.0], [1.0, 0.0, 0.0], "3.8", tolerance=1e-3)
    ### END HIDDEN TESTS
    print("📈 Progress: Softmax forward ✓")


test_softmax()

# %% [markdown]
# ## 3.9 Softmax, backward — yours (16 points)
# Raise one score and *all* probabilities move: its own rises, the others give way. So each input's gradient gathers
# from every output along the axis:
#
# $$\frac{\partial y_j}{\partial x_i} = y_j\,(\delta_{ij} - y_i) \qquad\Rightarrow\qquad
# \frac{\partial L}{\partial x_i} = \sum_j g_j\, y_j\,(\delta_{ij} - y_i)$$
#
# with $\delta_{ij} = 1$ if $i = j$, else 0. For $n$ scores the left side is an $n \times n$ table. You need not build
# it: multiply the right sum out, and the double loop melts to *one* sum along the axis.
#
# *Check:* if all $g_j$ are equal, the answer is 0. Why?

# %% nbgrader={"grade": false, "grade_id": "softmax-backward", "locked": false, "schema_version": 3, "solution": true, "task": false}
#| export
def softmax_backward(gradient: np.ndarray, output: np.ndarray, axis: int = -1) -> np.ndarray:
    """3.9 The gradient for softmax's input.

    Args:
        gradient: the loss's gradient for the output, floats of any shape with at least one dimension.
        output: what forward gave, of the same shape.
        axis: along which the output sums to 1.

    Returns:
        the loss's gradient for the input, a new array of the same shape and dtype.
    """
    ### BEGIN SOLUTION
    common = (gradient * output).sum(axis=axis, keepdims=True)
    return output * (gradient - common)
    ### END SOLUTION

# %% nbgrader={"grade": true, "grade_id": "test-softmax-backward", "locked": true, "points": 16, "schema_version": 3, "solution": false, "task": false}
def test_softmax_backward():
    """Does the rule agree with numbers by hand and with central differences, along any axis?"""
    print("🔬 Unit Test: Softmax backward...")
    # two scores with probabilities 1/4 and 3/4: dy/dx is [[3, -3], [-3, 3]] / 16
    output, gradient = np.array([0.25, 0.75]), np.array([1.0, 3.0])
    check_rule(softmax_backward, [gradient, output], np.array([-0.375, 0.375]), "3.9")
    check_rule(softmax_backward, [np.array([[8.0]]), np.array([[1.0]])], np.zeros((1, 1)), "3.9 (one score)")

    def by_hand(x, axis):
        return np.exp(x) / np.exp(x).sum(axis=axis, keepdims=True)

    x, gradient = np.sin(np.arange(24.0)).reshape(2, 3, 4), np.cos(3 * np.arange(24.0)).reshape(2, 3, 4)
    expected = numeric_gradient(lambda v: by_hand(v, -1), x, gradient)
    check_rule(softmax_backward, [gradient, by_hand(x, -1)], expected, "3.9 (last axis)")
    for axis in (0, 1):
        expected = numeric_gradient(lambda v, axis=axis: by_hand(v, axis), x, gradient)
        rule = lambda g, y, axis=axis: softmax_backward(g, y, axis=axis)  # noqa: E731
        check_rule(rule, [gradient, by_hand(x, axis)], expected, f"3.9 (axis {axis})")
    ### BEGIN HIDDEN TESTS
    generator = np.random.default_rng(39)
    x, gradient = generator.standard_normal((2, 3, 1, 4)), generator.standard_normal((2, 3, 1, 4))
    for axis in (0, 1, 2, 3, -3):
        expected = numeric_gradient(lambda v, axis=axis: by_hand(v, axis), x, gradient)
        rule = lambda g, y, axis=axis: softmax_backward(g, y, axis=axis)  # noqa: E731
        check_rule(rule, [gradient, by_hand(x, axis)], expected, f"3.9 (hidden test, axis {axis})")
    ### END HIDDEN TESTS
    print("📈 Progress: Softmax backward ✓")


test_softmax_backward()

# %% nbgrader={"grade": false, "grade_id": "softmax-class", "locked": true, "schema_version": 3, "solution": false, "task": false}
#| export
class Softmax(Activation):
    """Probabilities from scores along `axis`. Saves its output.

    Args:
        axis: along which the output sums to 1; the last by default.
    """

    def __init__(self, axis: int = -1):
        super().__init__()
        self.axis = axis

    def forward(self, x):
        output = softmax(x, axis=self.axis)
        self.saved = output.data
        return output

    def backward(self, grad_output):
        gradient = softmax_backward(self.incoming(grad_output), self.saved, axis=self.axis)
        return Tensor(gradient, dtype=gradient.dtype)

# %% [markdown]
# ### See it
# Three scores: the first moves from −6 to 6, the others stay at 0 and 1. Left the probabilities, right their
# derivatives for the moving score. Look at the three derivatives at any one place: what is their sum?

# %%
moving = np.linspace(-6, 6, 241)
scores = np.stack([moving, np.zeros(241), np.ones(241)], axis=1)
activation = Softmax()
probabilities = activation(Tensor(scores)).data
figure, (left, right) = plt.subplots(1, 2, figsize=(7, 3.5), layout="constrained")
for k, (name, style) in enumerate([("first, moving", "-"), ("second, at 0", "--"), ("third, at 1", ":")]):
    pick = np.zeros((241, 3))
    pick[:, k] = 1  # the gradient of output k alone
    left.plot(moving, probabilities[:, k], style, label=name)
    right.plot(moving, activation.backward(Tensor(pick)).data[:, 0], style, label=name)
left.set(title="Softmax", xlabel="first score (no unit)", ylabel="probability")
right.set(title="derivative for the first score", xlabel="first score (no unit)", ylabel="probability for each unit")
left.legend()
plt.show()

# %% [markdown]
# ## 3.10 Backward through a chain — yours (6 points)
# Deep networks are chains: $y = f_n(\dots f_2(f_1(x)))$. The chain rule multiplies their slopes, and the gradient
# arrives from the *output*:
#
# $$\frac{\partial L}{\partial x} = g \cdot f_n'\cdots f_2' \cdot f_1'$$
#
# Each activation has saved what it needs, so you only hand the gradient on. Forward goes through the list from first
# to last. And backward? (For functions of each number alone the order of the product would not matter; with softmax
# in the chain, or a matrix, it does.)

# %% nbgrader={"grade": false, "grade_id": "backward-through", "locked": false, "schema_version": 3, "solution": true, "task": false}
#| export
def backward_through(activations: list, grad_output: Tensor) -> Tensor:
    """3.10 Hand a gradient back through a chain of activations.

    Args:
        activations: objects with `backward`, in the order in which forward went through them; the list is not changed.
        grad_output: the loss's gradient for the output of the last one.

    Returns:
        the loss's gradient for the input of the first one; `grad_output` itself if the list is empty.
    """
    ### BEGIN SOLUTION
    for activation in reversed(activations):
        grad_output = activation.backward(grad_output)
    return grad_output
    ### END SOLUTION

# %% nbgrader={"grade": false, "grade_id": "stage", "locked": true, "schema_version": 3, "solution": false, "task": false}
class Stage(Activation):
    """For the test of 3.10: backward makes factor * g + shift of g, so that the order of the stages shows."""

    def __init__(self, factor, shift):
        super().__init__()
        self.factor, self.shift = factor, shift

    def backward(self, grad_output):
        return grad_output * self.factor + self.shift

# %% nbgrader={"grade": true, "grade_id": "test-backward-through", "locked": true, "points": 6, "schema_version": 3, "solution": false, "task": false}
def test_backward_through():
    """Does the gradient visit every activation once, the last one first?"""
    print("🔬 Unit Test: Backward through a chain...")

    def compare(stages, gradient, expected):
        chain = [Stage(factor, shift) for factor, shift in stages]
        got = backward_through(chain, Tensor(gradient))
        assert isinstance(got, Tensor), f"Expected a Tensor, got {type(got).__name__}. Reread 3.10."
        message = f"Stages with (factor, shift) {stages}: which is asked first, and what does it hand on (3.10)?"
        np.testing.assert_allclose(got.data, expected, rtol=1e-6, err_msg=message)
        assert len(chain) == len(stages), "The list of activations was changed (3.10)."

    compare([(2.0, 1.0)], [1.0, -1.0], [3.0, -1.0])
    compare([(2.0, 1.0), (10.0, 0.0)], [[1.0], [3.0]], [[21.0], [61.0]])
    compare([(0.5, 3.0), (2.0, 1.0), (-1.0, 4.0)], [1.0, 2.0], [6.5, 5.5])
    compare([], [5.0], [5.0])
    x, slope = np.array([[0.5, -1.0, 0.0], [2.0, 0.25, -0.75]]), 1.0
    chain, value = [Tanh(), Tanh(), Tanh()], float_tensor(x)
    for activation in chain:
        value = activation(value)
        slope, x = slope / np.cosh(x) ** 2, np.tanh(x)
    got = backward_through(chain, float_tensor(3 * np.ones((2, 3)))).data
    message = "The gradient through three Tanh should be the product of their slopes (3.10)."
    np.testing.assert_allclose(got, 3 * slope, rtol=1e-9, err_msg=message)
    ### BEGIN HIDDEN TESTS
    compare([(1.0, 1.0), (2.0, 0.0), (1.0, -3.0), (-2.0, 0.5), (4.0, 0.0)], [[0.25, -1.0]], [[-8.0, 12.0]])
    ### END HIDDEN TESTS
    print("📈 Progress: Backward through a chain ✓")


test_backward_through()

# %% [markdown]
# ### Use it: ten in a row
# Ten equal activations, a gradient of 1 at the end. How much is left at the start? For the sigmoid you can bound it:
# the slope is at most ¼ (3.5). Compute $(1/4)^{10}$ before you run the cell.

# %%
x = Tensor(np.linspace(-3, 3, 601))
for kind in (Sigmoid, Tanh, GELU, ReLU):
    chain, value = [kind() for _ in range(10)], x
    for activation in chain:
        value = activation(value)
    gradient = np.abs(backward_through(chain, Tensor(np.ones(601))).data)
    print(f"10 x {kind.__name__:8} gradient at the start: largest {gradient.max():.1e}, mean {gradient.mean():.1e}")

# %% [markdown]
# ### See it: the gradient in a deep network
# Real chains have weights between the activations. Ten random matrices of 100 by 100, scaled alike for all; we
# measure the mean size of the gradient after each step back. The vertical axis is logarithmic: each line down is a
# tenth. Which curve falls straight, and what does a straight line mean on such an axis?

# %%
generator = np.random.default_rng(0)
matrices = [Tensor(generator.standard_normal((100, 100)) * math.sqrt(2 / 100)) for _ in range(10)]
batch = Tensor(generator.standard_normal((64, 100)))
end = Tensor(generator.standard_normal((64, 100)))

figure, axes = plt.subplots(figsize=(7, 3.5), layout="constrained")
for kind, marker in ((ReLU, "o"), (GELU, "^"), (Tanh, "s"), (Sigmoid, "v")):
    chain, value, gradient = [kind() for _ in matrices], batch, end
    for matrix, activation in zip(matrices, chain, strict=True):
        value = activation(value @ matrix)
    sizes = [np.abs(gradient.data).mean()]
    for matrix, activation in zip(reversed(matrices), reversed(chain), strict=True):
        gradient = activation.backward(gradient) @ matrix.T
        sizes.append(np.abs(gradient.data).mean())
    axes.semilogy(range(11), sizes, marker=marker, label=kind.__name__)
    print(f"{kind.__name__:8} the gradient at the first matrix is {sizes[-1] / sizes[0]:.1e} of the one at the end")
axes.set(title="Ten layers back", xlabel="layers passed on the way back", ylabel="mean |gradient| (no unit)")
axes.grid(alpha=0.3)
axes.legend()
plt.show()

# %% [markdown]
# With sigmoids the first layers hear next to nothing of the loss, so they do not learn. That is why deep networks had
# to wait, and why hidden layers today use ReLU or GELU. Sigmoid and softmax live on at the *end*, where numbers must
# be probabilities.
#
# ## What it costs
# Three prices of an activation: the operations it sends through 02, the time of a forward and a backward, and the
# bytes that wait for backward. Rank the five by time before you look.

# %%
million = randn(1000, 1000)
ones = Tensor(np.ones((1000, 1000)))
print("for each element:   operations   forward (ns)   backward (ns)   saved (bytes)")
for activation in (ReLU(), Tanh(), Sigmoid(), GELU(), Softmax()):
    _, calls, _ = trace(activation, million.data)
    forward = time_call(activation, million)
    backward = time_call(activation.backward, ones)  # 1 ms for a million elements is 1 ns for each
    saved = activation.saved.nbytes / million.size
    name = type(activation).__name__
    print(f"{name:18} {len(calls):8d} {forward * 1e3:15.2f} {backward * 1e3:14.2f} {saved:13.0f}")

# %% [markdown]
# Softmax of a million numbers holds 4 MB until backward, in every layer that uses it; attention (13) will feel that.
# GELU sends about nine operations, and each walks through the whole memory; in 15 you will fuse them into one walk.
# And *how* you write a formula counts as well. Equal on paper (the kernels are your own from 02, so your order may
# differ):

# %%
ordered = Tensor(np.sort(million.data, axis=None))
for name, function in {
    "x ** 3": lambda: million**3,
    "x * x * x": lambda: million * million * million,
    "where(x > 0, x, 0)": lambda: where(million > 0, million, 0.0),
    "x * (x > 0)": lambda: million * (million > 0),
    "x.clip(low=0)": lambda: million.clip(low=0.0),
    "where, numbers sorted": lambda: where(ordered > 0, ordered, 0.0),
}.items():
    print(f"{name:22} {time_call(function) * 1e3:7.2f} ns an element")

# %% [markdown]
# A power with any exponent is a costly function; two products are not. `where` decides number by number, and the
# processor guesses each decision in advance: with random signs it guesses wrong half of the time, with sorted numbers
# hardly ever. (`x * (x > 0)` has a price of another kind: what is $-\infty \cdot 0$?)

# %% [markdown]
# ## What hurts now
# You have all it takes to *learn* XOR instead of setting weights by hand: two matrices, two biases, an activation
# between. Below each weight is a variable of its own, with a line for its gradient and a line for its step. The loss
# falls. Read the output line by line: are you content with this program?

# %%
manual_seed(1)
w1, b1 = randn(2, 4), Tensor([0.0, 0.0, 0.0, 0.0])
w2, b2 = randn(4, 1), Tensor([0.0])
start = {"w1": w1, "b1": b1, "w2": w2, "b2": b2}
goal = Tensor([[0.0], [1.0], [1.0], [0.0]])
bend, squeeze, rate = Tanh(), Sigmoid(), 1.0

for step in range(2001):
    middle = bend(inputs @ w1 + b1)
    error = squeeze(middle @ w2 + b2) - goal
    if step % 500 == 0:
        print(f"step {step:4d}  mean squared error {(error * error).mean().item():.4f}")
    at_output = squeeze.backward(error * 0.5)
    at_middle = bend.backward(at_output @ w2.T)
    w2_step, b2_step = middle.T @ at_output, at_output.sum(axis=0)
    w1_step, b1_step = inputs.T @ at_middle, at_middle.sum(axis=0)
    w2 = w2 - rate * w2_step
    b2 = b2 - rate * b2_step
    b1 = b1 - rate * b1_step

# %% [markdown]
# It learns, in a way. Nothing failed, nothing warned. Now ask each weight how far it has come:

# %%
for name, now in {"w1": w1, "b1": b1, "w2": w2, "b2": b2}.items():
    print(f"{name}: moved by {np.abs(now.data - start[name].data).max():.4f}")

# %% [markdown]
# One line is missing, so one weight never moved. (Put it in and run both cells again: the error goes below 0.001.)
# Among four weights you find it; GPT-2 has 148 such arrays. Weights that lie about loose belong to nobody, so nobody
# can list them, count them or save them.
#
# **Next, 04:** a layer *holds* its weights and can be asked for them: `layer.parameters()`.
#
# | | saves for backward | slope from it | take care of |
# |---|---|---|---|
# | ReLU | where $x > 0$ (1 byte) | 1 or 0 | dead left side |
# | Tanh | $y$ | $1 - y^2$ | saturation |
# | Sigmoid | $y$ | you know | overflow, cancellation, saturation |
# | GELU | $x$ | recomputed | cost |
# | Softmax | $y$ | one sum along the axis | overflow |
