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
# # 07 · Autograd
#
# | difficulty | time | builds on | next |
# |---|---|---|---|
# | ●●●● | 4 h | 02 tensor to 06 optimizers | 08 training |
#
# You build the machine that derives every gradient: it listens to what your Tensors compute, and goes back through its
# notes. At the end it checks you: does it agree with all that you derived by hand in 03, 04 and 05?

# %% nbgrader={"grade": false, "grade_id": "scope", "locked": true, "schema_version": 3, "solution": false, "task": false}
import os

os.environ["TINYTORCH_BELOW"] = "07"  # this notebook sees the modules before it and no later one, as the grader does

# %% nbgrader={"grade": false, "grade_id": "imports", "locked": true, "schema_version": 3, "solution": false, "task": false}
#| default_exp core.autograd
#| export
import math
from contextlib import contextmanager
from types import SimpleNamespace

import numpy as np

from tinytorch_lib.core.tensor import Tensor, current_backend, from_numpy, install_engine, reduced_size

# %%
import matplotlib.pyplot as plt

from tinytorch_lib.core.activations import GELU, ReLU, Sigmoid, Softmax, Tanh, sigmoid
from tinytorch_lib.core.layers import Layer, Linear, Sequential
from tinytorch_lib.core.losses import BinaryCrossEntropyLoss, CrossEntropyLoss, L1Loss, MSELoss
from tinytorch_lib.core.optimizers import Adam
from tinytorch_lib.core.setup import time_call
from tinytorch_lib.core.tensor import manual_seed, randn

# %% [markdown]
# ## What hurts
# 06 ended with Swish: one factor lost on paper, and nothing warned. Here is the next new layer, a *gated* one (the good
# language models have it): one half decides how much of the other half goes through.
#
# $$y = \sigma(x W_1^\top) \odot (x W_2^\top)$$
#
# The forward is one line. The backward was written in a hurry. Read it. Would you have accepted it?

# %%
def gated(x, w1, w2):
    """(N, in), (out, in), (out, in) -> (N, out)"""
    return sigmoid(x @ w1.T) * (x @ w2.T)


def gated_backward(gradient, x, w1, w2):
    """Arrays in; the gradients for x, w1 and w2 out."""
    gate = 1 / (1 + np.exp(-(x @ w1.T)))
    value = x @ w2.T
    for_gate = gradient * value * gate * (1 - gate)
    for_value = gradient * gate
    return for_gate @ w1, for_gate.T @ x, for_value.T @ x


manual_seed(0)
x, w1, w2 = (randn(*shape) for shape in [(5, 4), (3, 4), (3, 4)])
print([gradient.shape for gradient in gated_backward(np.ones((5, 3)), x.data, w1.data, w2.data)])

# %% [markdown]
# The shapes are right and it runs. Central differences (03) know better. But look at what they cost: two forwards for
# *every single number*.

# %%
def slope_of(x, index, step=1e-3):
    """How fast the sum of the gated layer's output grows with one element of x, by central differences."""
    sums = []
    for sign in (1, -1):
        moved = Tensor(x, dtype="float64")
        moved.data[index] += sign * step
        sums.append(gated(moved, w1, w2).sum().item())
    return (sums[0] - sums[1]) / (2 * step)


by_hand = gated_backward(np.ones((5, 3)), x.data, w1.data, w2.data)[0]
print(f"dL/dx[0, 0] by hand {by_hand[0, 0]:.4f}, by central differences {slope_of(x, (0, 0)):.4f}")

digits_net, batch = Sequential(Linear(784, 128), ReLU(), Linear(128, 10)), randn(64, 784)
weights = sum(parameter.size for parameter in digits_net.parameters())
forward_seconds = time_call(digits_net, batch)
print(f"for the {weights:,} weights of a small network: {2 * weights * forward_seconds:,.0f} s for one step")

# %% [markdown]
# The mistake: $x$ reaches $y$ on *two* paths, through the gate and through the value, and only one was counted. Nothing
# complained; a network with it would even have learned a bit.
#
# So: by hand is fast and easy to get wrong, central differences are right and hopelessly slow. We want both: exact, and
# for all weights together at the price of about two forwards.

# %% [markdown]
# ## The idea
# Three pieces, and each is small.
#
# 1. **Rules.** Every forward is made of the 24 operations of 02. For each, once and for all: given the gradient for its
#    output, which are the gradients for its inputs?
# 2. **A record.** All operations pass one door, `apply`. Who listens there can write down what was made from what.
# 3. **A walk.** From the loss back along the record, each rule in its turn. Where paths meet, gradients add:
#
# $$\frac{\partial L}{\partial a} = \sum_{y \text{ made from } a} \frac{\partial L}{\partial y} \cdot \frac{\partial y}{\partial a}$$

# %% [markdown]
# By hand, once: $L = a b + a$ at $a = 2$, $b = 3$. Call the product $p$. Start with $\partial L/\partial L = 1$.
#
# | step | what the rule says | so far |
# |---|---|---|
# | $L = p + a$ | both get 1 | $p$: 1, $a$: 1 |
# | $p = a b$ | $a$ gets $1 \cdot b$, $b$ gets $1 \cdot a$ | $a$: 1 + 3, $b$: 2 |
#
# $a$ was used twice, so its gradient came in two parts: $1 + b = 4$. No formula for the whole of $L$ was ever needed.

# %% [markdown]
# ## How rules are tested
# A rule is a function on arrays: `rule(gradient, output, *inputs, **attributes)`. It gives one gradient for each input.
# Tests compare it with central differences of the forward (the helper is here, no formula of yours is in it), with
# every shape that hurts: one element, no axes, an axis of length 1, four axes, operands that broadcast.

# %% nbgrader={"grade": false, "grade_id": "checks", "locked": true, "schema_version": 3, "solution": false, "task": false}
#| check
import warnings

from tinytorch_lib.core.tensor import ACTIVE, concatenate, register_kernel, shares_memory, use_backend, zeros


def agree(got, expected, why, tolerance=1e-6):
    """Shape and numbers of `got` are those of `expected`, up to `tolerance` times its largest number."""
    got, expected = np.asarray(got), np.asarray(expected, dtype=np.float64)
    assert got.shape == expected.shape, f"{why}\nExpected the shape {expected.shape}, got {got.shape}."
    largest = np.max(np.abs(expected[np.isfinite(expected)]), initial=0.0)
    np.testing.assert_allclose(got, expected, rtol=0, atol=tolerance * (largest + 1e-3), err_msg=why)


def refusal(error, why, function, *arguments):
    """The message with which the call fails; it must fail, and with this kind of error."""
    try:
        result = function(*arguments)
    except error as caught:
        return str(caught)
    raise AssertionError(f"{why}\nExpected a {error.__name__}, got {result!r}.")


def wave(*shape):
    """Numbers between -1 and 1, no two alike, none near 0 and none special: the same ones at every call."""
    return np.sin(1.0 + 0.7 * np.arange(math.prod(shape))).reshape(shape)


def summed_to(array, shape):
    """`array` with the axes summed that an array of this shape was stretched along, one by one."""
    assert array.ndim >= len(shape), f"A gradient of shape {array.shape} is too small for an input of shape {shape}."
    while array.ndim > len(shape):
        array = np.add.reduce(array, axis=0)
    for axis, length in enumerate(shape):
        if length == 1:
            array = np.add.reduce(array, axis=axis, keepdims=True)
    return array


def slopes(function, arrays, upstream, step=1e-5):
    """For every array of floats the gradient of sum(upstream * function(*arrays)); else None."""
    gradients = []
    for place, array in enumerate(arrays):
        gradient = np.zeros(array.shape)
        for index in np.ndindex(*array.shape) if array.dtype.kind == "f" else ():
            sums = []
            for sign in (1, -1):
                moved = [np.array(x) for x in arrays]
                moved[place][index] += sign * step
                sums.append(np.sum(upstream * function(*moved)))
            gradient[index] = (sums[0] - sums[1]) / (2 * step)
        gradients.append(gradient if array.dtype.kind == "f" else None)
    return gradients


def results_of(rule, upstream, output, arrays, why, **attributes):
    """The gradients that a rule gives, as a list, each of its input's shape; and it must leave its arguments alone."""
    given = [upstream, output, *arrays]
    copies = [np.array(array) for array in given]
    with np.errstate(all="ignore"):  # as the engine does
        results = rule(*given, **attributes)
        results = list(results) if isinstance(results, (tuple, list)) else [results]
        results = [result() if callable(result) else result for result in results]
    count = f"{why}\nExpected {len(arrays)} gradients, one for each input, got {len(results)}."
    assert len(results) == len(arrays), count
    for array, copy in zip(given, copies, strict=True):
        np.testing.assert_array_equal(array, copy, err_msg=f"{why}\nThe rule changed an array that it was given.")
    pairs = zip(results, arrays, strict=True)
    return [None if result is None else summed_to(np.asarray(result), array.shape) for result, array in pairs]


def check_rule(rule, function, arrays, section, **attributes):
    """Does `rule` agree with central differences of `function`, the same operation in numpy?"""
    output = np.asarray(function(*arrays))
    upstream = np.cos(np.arange(output.size)).reshape(output.shape)
    shapes = ", ".join(str(array.shape) for array in arrays)
    why = f"Inputs of shape {shapes}{f', {attributes}' if attributes else ''}: the gradient is wrong. Reread {section}."
    results = results_of(rule, upstream, output, arrays, why, **attributes)
    for number, (result, expected) in enumerate(zip(results, slopes(function, arrays, upstream), strict=True), start=1):
        if expected is not None:
            assert result is not None, f"{why}\nThe rule gives None for input {number}, but the output depends on it."
            agree(result, expected, f"{why}\nCompared with central differences for input {number}.", tolerance=1e-6)

# %% [markdown]
# ## 7.1 Undoing a broadcast — yours (10 points)
# A bias of shape (3,) was added to a (4, 3) table. In effect each of its numbers was copied four times; so it reaches
# the loss on four paths, and its gradient is the sum over them:
#
# $$\frac{\partial L}{\partial b_j} = \sum_{i} \frac{\partial L}{\partial y_{ij}} \qquad\qquad
# \text{copied forward} \;\Rightarrow\; \text{summed backward}$$
#
# The same happens in every operation that broadcasts. So the rules below ignore it (they give a gradient of the
# *broadcast* shape), and the engine repairs it in one place: here.

# %% nbgrader={"grade": false, "grade_id": "unbroadcast", "locked": false, "schema_version": 3, "solution": true, "task": false}
#| export
def unbroadcast(gradient, shape):
    """7.1 The gradient for an array of this shape that was broadcast to the shape of `gradient`.

    Args:
        gradient: the gradient for the broadcast array.
        shape: a tuple, broadcastable to the shape of `gradient`.

    Returns:
        an array of this shape; where no element was copied, the elements of `gradient`.

    Example:
        >>> unbroadcast(np.ones((4, 3)), (3,))
        array([4., 4., 4.])

    Hint: two kinds of axes vanish: those that `shape` does not have (they stand on the left), and those that it has
    with length 1. The second kind must come back with length 1.
    """
    ### BEGIN SOLUTION
    extra = tuple(range(gradient.ndim - len(shape)))
    gradient = gradient.sum(axis=extra)
    stretched = tuple(axis for axis, length in enumerate(shape) if length == 1)
    return gradient.sum(axis=stretched, keepdims=True)
    ### END SOLUTION

# %% nbgrader={"grade": true, "grade_id": "test-unbroadcast", "locked": true, "points": 10, "schema_version": 3, "solution": false, "task": false}
def test_unbroadcast():
    """Does every element get the sum over its copies, in the shape that it had?"""
    print("🔬 Unit Test: undoing a broadcast...")

    def compare(big, small, what=""):
        gradient = 1 + wave(*big).astype(np.float32)
        kept = gradient.copy()
        size = math.prod(small)
        places = np.broadcast_to(np.arange(size).reshape(small), big)  # which element each copy came from
        expected = np.bincount(places.ravel(), weights=gradient.ravel(), minlength=size).reshape(small)
        got = unbroadcast(gradient, small)
        why = f"{small} was broadcast to {big}: each element gets the sum over its copies (7.1){what}."
        agree(got, expected, why)
        assert np.asarray(got).dtype == np.float32, (
            f"The gradient was float32, the result is {np.asarray(got).dtype} (7.1)."
        )
        np.testing.assert_array_equal(gradient, kept, err_msg="unbroadcast changed its argument (7.1).")

    compare((4, 3), (3,))
    compare((4, 3), (4, 1))
    compare((4, 3), (1, 3))
    compare((4, 3), (1, 1))
    compare((4, 3), (1,))
    compare((4, 3), ())
    compare((2, 3, 4), (3, 1))
    compare((2, 3), (2, 3))
    compare((), ())
    compare((1, 1), (1,))
    compare((0, 3), (1, 3))
    compare((3, 3, 3), (3, 1, 3))
    ### BEGIN HIDDEN TESTS
    compare((5, 1, 2, 3), (1, 2, 1), " (hidden test)")
    compare((2, 2, 2, 2), (2, 1, 2), " (hidden test)")
    compare((2, 3, 4, 5), (2, 1, 1, 5), " (hidden test)")
    compare((1, 2, 1), (2, 1), " (hidden test)")
    compare((7,), (), " (hidden test)")
    compare((2, 0), (2, 1), " (hidden test)")
    ### END HIDDEN TESTS
    print("📈 Progress: undoing a broadcast ✓")


test_unbroadcast()

# %% [markdown]
# ## 7.2 Rules of arithmetic — yours (8 points)
# A rule gets `gradient` ($g = \partial L / \partial y$), the `output` $y$ and the inputs, and multiplies $g$ by the
# slope for each input in turn. Solved, to read:
#
# | operation | for $a$ | for $b$ |
# |---|---|---|
# | $a + b$ | $g$ | $g$ |
# | $a \cdot b$ | $g \cdot b$ | $g \cdot a$ |
# | $-a$ | $-g$ | |

# %% nbgrader={"grade": false, "grade_id": "arithmetic-solved", "locked": true, "schema_version": 3, "solution": false, "task": false}
#| export
def add_rule(gradient, output, a, b):
    """a + b: each operand moves the sum one to one."""
    return gradient, gradient


def mul_rule(gradient, output, a, b):
    """a * b: each operand counts as often as the other is large."""
    return gradient * b, gradient * a


def neg_rule(gradient, output, a):
    """-a. A rule with one gradient may return it without a tuple."""
    return -gradient


def pow_rule(gradient, output, a, b):
    """a ** b, with the two functions of 7.2. The second is handed over unasked: see 7.4."""
    return pow_base_gradient(gradient, a, b), lambda: pow_exponent_gradient(gradient, output, a, b)

# %% [markdown]
# Yours: $a - b$, $a / b$ and the two halves of $a^b$. Derive them with pencil and paper. For the exponent, write the
# power as $e^{b \ln a}$ and see that the output comes back in its own slope, as with tanh in 3.1.
#
# At $a = 0$ the formulas of the power meet $0 \cdot \infty$, which is `nan`. The docstrings say what is meant there.

# %% nbgrader={"grade": false, "grade_id": "arithmetic", "locked": false, "schema_version": 3, "solution": true, "task": false}
#| export
def sub_rule(gradient, output, a, b):
    """7.2 a - b: two gradients."""
    ### BEGIN SOLUTION
    return gradient, -gradient
    ### END SOLUTION


def div_rule(gradient, output, a, b):
    """7.2 a / b: two gradients. The second can use `output`."""
    ### BEGIN SOLUTION
    return gradient / b, -gradient * output / b
    ### END SOLUTION


def pow_base_gradient(gradient, a, b):
    """7.2 The gradient for `a` in a ** b. Where b is 0, a ** b is constant: the gradient is 0, even at a = 0."""
    ### BEGIN SOLUTION
    return np.where(b == 0, 0, gradient * b * a ** (b - 1))
    ### END SOLUTION


def pow_exponent_gradient(gradient, output, a, b):
    """7.2 The gradient for `b` in a ** b, for a >= 0. Where a is 0 and b >= 0 the gradient is 0."""
    ### BEGIN SOLUTION
    flat = (a == 0) & (b >= 0)
    return np.where(flat, 0, gradient * output * np.log(a))
    ### END SOLUTION

# %% nbgrader={"grade": true, "grade_id": "test-arithmetic", "locked": true, "points": 8, "schema_version": 3, "solution": false, "task": false}
def test_arithmetic():
    """Do the rules for -, / and ** agree with central differences, and with what is meant at 0?"""
    print("🔬 Unit Test: rules of arithmetic...")

    def power_rule(gradient, output, a, b):
        return pow_base_gradient(gradient, a, b), pow_exponent_gradient(gradient, output, a, b)

    for first, second in [((2, 3), (2, 3)), ((2, 3), (3,)), ((2, 1), (1, 4)), ((), (3,)), ((1, 1), (1,)), ((), ())]:
        a, b = wave(*first), 1.5 + wave(*second)
        check_rule(sub_rule, lambda a, b: a - b, [a, b], "sub_rule in 7.2")
        check_rule(div_rule, lambda a, b: a / b, [a, b], "div_rule in 7.2")
        check_rule(div_rule, lambda a, b: a / b, [b, a], "div_rule in 7.2")
        check_rule(power_rule, lambda a, b: a**b, [1.2 + a, b], "the powers in 7.2")
    a = np.array([[-2.0, -0.5, 0.5], [1.0, 3.0, -1.5]])
    for exponent in (1, 2, 3, -1):  # a negative number has a power only for a whole exponent
        why = f"a ** {exponent}: reread pow_base_gradient in 7.2."
        agree(pow_base_gradient(np.ones(a.shape), a, np.array(exponent)), exponent * a ** (exponent - 1), why)
    g, zero = np.array([2.0, -3.0, 5.0]), np.zeros(3)
    with np.errstate(all="ignore"):
        for exponent, expected in [(0, zero), (1, g), (2, zero)]:
            why = f"The gradient for a in a ** {exponent}, at a = 0 (7.2)."
            agree(pow_base_gradient(g, zero, np.array(float(exponent))), expected, why)
        b = np.array([2.0, 0.0, -1.0])
        got = pow_exponent_gradient(g, zero**b, zero, b)
        agree(got, [0, 0, -np.inf], "The gradient for b in 0 ** b: 0 from b = 0 on, the formula below (7.2).")
    check_rule(power_rule, lambda a, b: a**b, [np.array(2.0), wave(2, 2)], "2 ** b in 7.2")
    ### BEGIN HIDDEN TESTS
    for first, second in [((2, 1, 3), (4, 1)), ((1,), (2, 2)), ((3, 1), ())]:
        a, b = wave(*first), 2 + wave(*second)
        check_rule(sub_rule, lambda a, b: a - b, [b, a], "sub_rule in 7.2 (hidden test)")
        check_rule(div_rule, lambda a, b: a / b, [a, b], "div_rule in 7.2 (hidden test)")
        check_rule(power_rule, lambda a, b: a**b, [b, a], "the powers in 7.2 (hidden test)")
    check_rule(div_rule, lambda a, b: a / b, [wave(3), np.array([2, -3, 4])], "div_rule, integers (hidden test)")
    agree(pow_base_gradient(g, g, np.zeros(())), zero, "a ** 0 is constant everywhere (hidden test).")
    ### END HIDDEN TESTS
    print("📈 Progress: rules of arithmetic ✓")


test_arithmetic()

# %% [markdown]
# ## 7.3 Rules of functions — yours (10 points)
# Here $\partial L / \partial a = g \cdot f'(a)$, exactly as in the backwards of 03. A rule may choose whether it writes
# the slope with the input or with the output. Two, solved, to read:

# %% nbgrader={"grade": false, "grade_id": "functions-solved", "locked": true, "schema_version": 3, "solution": false, "task": false}
#| export
def exp_rule(gradient, output, a):
    """e to the power of a is its own slope."""
    return gradient * output


def tanh_rule(gradient, output, a):
    """tanh, as in 3.1."""
    return gradient * (1 - output * output)

# %% [markdown]
# Yours are five. Three have corners, and the field (and PyTorch) has agreed on what to say there:
#
# - `abs` at 0: the gradient is 0.
# - `clip` passes the gradient where the element stayed as it was, *on* the bounds too.
# - `where` chooses: the gradient goes to the branch that was taken, and the other one gets 0. The condition has no
#   slope.

# %% nbgrader={"grade": false, "grade_id": "functions", "locked": false, "schema_version": 3, "solution": true, "task": false}
#| export
def log_rule(gradient, output, a):
    """7.3 The natural logarithm."""
    ### BEGIN SOLUTION
    return gradient / a
    ### END SOLUTION


def sqrt_rule(gradient, output, a):
    """7.3 The square root."""
    ### BEGIN SOLUTION
    return gradient / (2 * output)
    ### END SOLUTION


def abs_rule(gradient, output, a):
    """7.3 The absolute value; 0 at the corner."""
    ### BEGIN SOLUTION
    return gradient * np.sign(a)
    ### END SOLUTION


def clip_rule(gradient, output, a, low=None, high=None):
    """7.3 Clipping: the gradient passes where `a` stayed as it was, on the bounds too, and stops where it was moved."""
    ### BEGIN SOLUTION
    return gradient * (output == a)
    ### END SOLUTION


def where_rule(gradient, output, condition, a, b):
    """7.3 The choice: one gradient each for `condition` (None: it has no slope), `a` and `b`."""
    ### BEGIN SOLUTION
    chosen = condition != 0
    return None, gradient * chosen, gradient * ~chosen  # a product takes a tenth of the time of np.where
    ### END SOLUTION

# %% nbgrader={"grade": true, "grade_id": "test-functions", "locked": true, "points": 10, "schema_version": 3, "solution": false, "task": false}
def test_functions():
    """Do log, sqrt, abs, clip and where agree with central differences, and with the agreement at corners?"""
    print("🔬 Unit Test: rules of functions...")
    for shape in [(), (1,), (5,), (2, 1, 3), (0, 2), (2, 1, 2, 2)]:
        a = 1.5 + wave(*shape)
        check_rule(log_rule, np.log, [a], "log_rule in 7.3")
        check_rule(sqrt_rule, np.sqrt, [a], "sqrt_rule in 7.3")
        check_rule(abs_rule, np.abs, [wave(*shape)], "abs_rule in 7.3")
        for low, high in [(-0.5, 0.5), (None, 0.4), (0.3, None), (None, None)]:
            bounds = {"low": low, "high": high}
            clip = "clip_rule in 7.3"
            check_rule(clip_rule, lambda a, low=low, high=high: np.clip(a, low, high), [wave(*shape)], clip, **bounds)
    g = np.array([2.0, -3.0, 5.0])
    corner = np.array([-4.0, 0.0, 4.0])
    agree(results_of(abs_rule, g, np.abs(corner), [corner], "abs (7.3)")[0], [-2, 0, 5], "abs at -4, 0, 4 (7.3).")
    bounds = {"low": -4.0, "high": 0.0}
    got = results_of(clip_rule, g, np.array([-4.0, 0.0, 0.0]), [corner], "clip (7.3)", **bounds)[0]
    agree(got, [2, -3, 0], "Both bounds are inside: clip(-4, 0) at -4, 0, 4 (7.3).")
    for condition, first, second in [((2, 3), (2, 3), (2, 3)), ((2, 1), (3,), (2, 3)), ((3,), (), (3,)), ((), (), ())]:
        mask = wave(*condition) > 0.5
        results = [mask, wave(*first), 2 + wave(*second)]
        check_rule(where_rule, np.where, results, "where_rule in 7.3")
        why = "where_rule (7.3)"
        output = np.where(*results)
        got = results_of(where_rule, np.ones(output.shape), output, results, why)[0]
        assert got is None, f"The condition of where has no slope: expected None for it, got {got!r} (7.3)."
    ### BEGIN HIDDEN TESTS
    far = np.array([[1e-6, 1e6]])
    why = "log_rule and sqrt_rule at 1e-6 and 1e6 (hidden test)."
    agree(results_of(log_rule, np.ones((1, 2)), np.log(far), [far], why)[0], [[1e6, 1e-6]], why)
    agree(results_of(sqrt_rule, np.ones((1, 2)), np.sqrt(far), [far], why)[0], [[500, 5e-4]], why)
    check_rule(abs_rule, np.abs, [3 * wave(2, 3, 1)], "abs_rule in 7.3 (hidden test)")
    bounds = {"low": 0.0, "high": 0.0}
    got = results_of(clip_rule, g, np.zeros(3), [corner], "clip (hidden test)", **bounds)[0]
    agree(got, [0, -3, 0], "clip(0, 0) at -4, 0, 4 (hidden test).")
    mask = np.array([[[True]], [[False]]])
    check_rule(where_rule, np.where, [mask, wave(2, 2), wave(1, 2)], "where_rule in 7.3 (hidden test)")
    ### END HIDDEN TESTS
    print("📈 Progress: rules of functions ✓")


test_functions()

# %% [markdown]
# ## 7.4 Matrix product — yours (8 points)
# In 4.5 you derived this for one layer. In general, for $C = A B$ with $G = \partial L / \partial C$: element $A_{ik}$
# meets $B_{kj}$ in every $C_{ij}$ of row $i$. Summed over the paths, and the same for $B$:
#
# $$\frac{\partial L}{\partial A_{ik}} = \sum_j G_{ij} B_{kj} \qquad \frac{\partial L}{\partial B_{kj}} = \sum_i A_{ik} G_{ij}$$
#
# Both are matrix products again. If you forget which factor is transposed, the shapes remind you (unless the matrices
# are square).

# %% [markdown]
# For stacks the formulas hold for every matrix of the stack. So "transposed" means: the *last two* axes swapped, the
# others stay. Where stacks broadcast, 7.1 does the rest.

# %% nbgrader={"grade": false, "grade_id": "matmul", "locked": false, "schema_version": 3, "solution": true, "task": false}
#| export
def matmul_left_gradient(gradient, b):
    """7.4 The gradient for A in A @ B.

    Args:
        gradient: (..., n, m), for the product.
        b: the right operand, (..., k, m).

    Returns:
        (..., n, k)

    Hint: of an array with more than two axes `.T` reverses them all. Look for `.mT`, or for `swapaxes`.
    """
    ### BEGIN SOLUTION
    return gradient @ b.mT
    ### END SOLUTION


def matmul_right_gradient(gradient, a):
    """7.4 The gradient for B in A @ B.

    Args:
        gradient: (..., n, m), for the product.
        a: the left operand, (..., n, k).

    Returns:
        (..., k, m)
    """
    ### BEGIN SOLUTION
    return a.mT @ gradient
    ### END SOLUTION

# %% [markdown]
# The complete rule, solved, to read. It knows the vectors of 2.5. And it hands over two *functions* in place of arrays:
# the engine calls one only if that operand needs a gradient. In a first layer $A$ is the data, and nobody asks how the
# loss would change if the data were different. That saves a third of the layer's arithmetic. (`pow_rule` in 7.2 does it
# too.)

# %% nbgrader={"grade": false, "grade_id": "matmul-rule", "locked": true, "schema_version": 3, "solution": false, "task": false}
#| export
def below_each_other(stack):
    """A stack of matrices (..., n, m) as one matrix of all their rows."""
    return stack.reshape(math.prod(stack.shape[:-1]), stack.shape[-1])


def matmul_rule(gradient, output, a, b):
    """The matrix product of arrays as in 2.5: matrices, stacks that broadcast, and vectors."""
    if b.ndim == 1:  # a column
        gradient = np.expand_dims(gradient, -1)
    if a.ndim == 1:  # a row
        gradient = np.expand_dims(gradient, -2)
    rows = a[None, :] if a.ndim == 1 else a
    columns = b[:, None] if b.ndim == 1 else b

    def for_a():
        result = matmul_left_gradient(gradient, columns)
        return result[..., 0, :] if a.ndim == 1 else result

    def for_b():
        if columns.ndim == 2:  # one matrix for a whole stack: as if all rows of the stack stood below each other
            above, left = below_each_other(gradient), below_each_other(rows)
            if columns.flags.f_contiguous:  # B is a view as weight.T: its gradient shall lie as the weight does
                result = matmul_right_gradient(left, above).T
            else:
                result = matmul_right_gradient(above, left)
        else:
            result = matmul_right_gradient(gradient, rows)
        return result[..., 0] if b.ndim == 1 else result

    return for_a, for_b

# %% nbgrader={"grade": true, "grade_id": "test-matmul", "locked": true, "points": 8, "schema_version": 3, "solution": false, "task": false}
def test_matmul():
    """Are both gradients of a matrix product right, for matrices, stacks and vectors?"""
    print("🔬 Unit Test: rule of the matrix product...")

    def pair(gradient, output, a, b):
        return matmul_left_gradient(gradient, b), matmul_right_gradient(gradient, a)

    for first, second in [
        ((2, 3), (3, 4)),
        ((3, 3), (3, 3)),
        ((1, 2), (2, 1)),
        ((4, 1), (1, 2)),
        ((2, 2, 3), (2, 3, 2)),
        ((2, 1, 4, 3), (3, 3, 2)),
        ((2, 3), (4, 3, 1)),
    ]:
        check_rule(pair, np.matmul, [wave(*first), wave(*second)], "7.4")
    for first, second in [((3,), (3, 4)), ((2, 3), (3,)), ((4,), (4,)), ((3,), (2, 3, 2)), ((2, 2, 3), (3, 2))]:
        check_rule(matmul_rule, np.matmul, [wave(*first), wave(*second)], "7.4 (through matmul_rule, below)")
    ### BEGIN HIDDEN TESTS
    for first, second in [((5, 2), (2, 3)), ((1, 1), (1, 1)), ((2, 3, 2, 1), (3, 1, 2)), ((2, 0), (0, 3))]:
        check_rule(pair, np.matmul, [wave(*first), wave(*second)], "7.4 (hidden test)")
    check_rule(matmul_rule, np.matmul, [wave(2, 3, 2, 2), wave(2)], "7.4 (hidden test)")
    ### END HIDDEN TESTS
    print("📈 Progress: rule of the matrix product ✓")


test_matmul()

# %% [markdown]
# ## 7.5 Rules of reductions — yours (12 points)
# A sum hands its whole gradient to each element; that is the mirror of 7.1: *summed forward, copied backward*. The
# reduced axis is gone from $g$ unless `keepdims` kept it, so put it back first; then $g$ broadcasts against $a$.
# Solved, to read:

# %% nbgrader={"grade": false, "grade_id": "reductions-solved", "locked": true, "schema_version": 3, "solution": false, "task": false}
#| export
def put_back(reduced, shape, axis):
    """`reduced` with the axes that a reduction of an array of this shape took away, as axes of length 1.

    Example:
        put_back(np.ones(3), (3, 5), axis=1) has the shape (3, 1), with keepdims or without
    """
    axes = range(len(shape)) if axis is None else axis if isinstance(axis, tuple) else (axis,)
    lengths = list(shape)
    for i in axes:
        lengths[i] = 1
    return reduced.reshape(lengths)


def sum_rule(gradient, output, a, axis=None, keepdims=False):
    """The sum: every element counts once, so each gets the whole gradient of the sum that it went into."""
    return np.broadcast_to(put_back(gradient, a.shape, axis), a.shape)

# %% [markdown]
# Yours, with $n$ elements in each group (`reduced_size` of 2.4) and $\bar a$ their mean:
#
# $$\frac{\partial \bar a}{\partial a_i} = \frac1n \qquad
# \frac{\partial}{\partial a_i} \frac1n \sum_j (a_j - \bar a)^2 = \;?$$
#
# For the variance, $\bar a$ depends on $a_i$ too. Does that path count? Work it out: the sum of all $a_j - \bar a$ is a
# number you know.
#
# For `max` and `min` the gradient goes to the winner. If several tie, they share it evenly.

# %% nbgrader={"grade": false, "grade_id": "reductions", "locked": false, "schema_version": 3, "solution": true, "task": false}
#| export
def mean_rule(gradient, output, a, axis=None, keepdims=False):
    """7.5 The mean along `axis`."""
    ### BEGIN SOLUTION
    share = put_back(gradient, a.shape, axis) / reduced_size(a.shape, axis)
    return np.broadcast_to(share, a.shape)
    ### END SOLUTION


def var_rule(gradient, output, a, axis=None, keepdims=False):
    """7.5 The population variance along `axis`."""
    ### BEGIN SOLUTION
    centred = a - a.mean(axis=axis, keepdims=True)
    return put_back(gradient, a.shape, axis) * 2 * centred / reduced_size(a.shape, axis)
    ### END SOLUTION


def extreme_rule(gradient, output, a, axis=None, keepdims=False):
    """7.5 The largest or the smallest element along `axis`: elements that tie share the gradient evenly."""
    ### BEGIN SOLUTION
    winners = a == put_back(output, a.shape, axis)
    share = put_back(gradient, a.shape, axis) / winners.sum(axis=axis, keepdims=True)
    return winners * share
    ### END SOLUTION

# %% nbgrader={"grade": true, "grade_id": "test-reductions", "locked": true, "points": 12, "schema_version": 3, "solution": false, "task": false}
def test_reductions():
    """Do mean, var, max and min agree with central differences along any axes, and do ties share?"""
    print("🔬 Unit Test: rules of reductions...")

    def compare(shape, axis, section="7.5"):
        for keepdims in (False, True):
            options = {"axis": axis, "keepdims": keepdims}
            for rule, function in [
                (mean_rule, np.mean),
                (var_rule, np.var),
                (extreme_rule, np.max),
                (extreme_rule, np.min),
            ]:
                name = f"{function.__name__} in {section}"
                check_rule(rule, lambda a, f=function, o=options: f(a, **o), [wave(*shape)], name, **options)

    for shape, axis in [
        ((2, 3), None),
        ((2, 3), 0),
        ((2, 3), -1),
        ((2, 3, 4), 1),
        ((2, 3, 4), (0, 2)),
        ((2, 3, 2), (-1, -3)),
        ((3, 1, 2), 1),
        ((3, 3), 0),
        ((), None),
        ((1,), 0),
    ]:
        compare(shape, axis)
    ties = np.array([[2.0, 2.0, 1.0], [1.0, 2.0, 1.0]])
    share = "Elements that tie share the gradient evenly (7.5)."
    for function, axis, gradient, expected in [
        (np.max, None, np.array(6.0), [[2, 2, 0], [0, 2, 0]]),
        (np.max, 1, np.array([6.0, -4.0]), [[3, 3, 0], [0, -4, 0]]),
        (np.max, 0, np.array([1.0, 2.0, 4.0]), [[1, 1, 2], [0, 1, 2]]),
        (np.min, None, np.array(6.0), [[0, 0, 2], [2, 0, 2]]),
        (np.min, -1, np.array([6.0, -4.0]), [[0, 0, 6], [-2, 0, -2]]),
    ]:
        got = results_of(extreme_rule, gradient, function(ties, axis=axis), [ties], share, axis=axis)[0]
        agree(got, expected, f"{share} {function.__name__} along axis {axis} of {ties.tolist()}.")
    far = 10000 + np.arange(4.0, dtype=np.float32)
    got = results_of(var_rule, np.float32([1.0]), np.float32([1.25]), [far], "7.5", keepdims=True)[0]
    agree(got, [-0.75, -0.25, 0.25, 0.75], "The variance of 10000 ... 10003 in float32 (7.5).")
    ### BEGIN HIDDEN TESTS
    compare((2, 1, 3, 2), (1, 2), "7.5 (hidden test)")
    compare((2, 2, 3, 2), (0, 1, 3), "7.5 (hidden test)")
    compare((4,), (0,), "7.5 (hidden test)")
    compare((1, 1), None, "7.5 (hidden test)")
    got = results_of(
        extreme_rule, np.array([[8.0]]), np.array([[7.0]]), [np.full((1, 4), 7.0)], share, axis=1, keepdims=True
    )
    agree(got[0], [[2, 2, 2, 2]], f"{share} Four equal elements (hidden test).")
    ### END HIDDEN TESTS
    print("📈 Progress: rules of reductions ✓")


test_reductions()

# %% [markdown]
# ## 7.6 Rules of shape — yours (10 points)
# These operations compute nothing, they move elements. So their rules move gradients back to where the elements came
# from. One is solved, to read; of the second, the half that is easy:

# %% nbgrader={"grade": false, "grade_id": "shape-solved", "locked": true, "schema_version": 3, "solution": false, "task": false}
#| export
def reshape_rule(gradient, output, a, shape):
    """Reading in another shape: read the gradient in the old one."""
    return gradient.reshape(a.shape)


def getitem_rule(gradient, output, a, index):
    """a[index], with the function of 7.6 where an element may have been picked twice."""
    parts = index if isinstance(index, tuple) else (index,)
    if any(isinstance(part, (list, np.ndarray)) for part in parts):
        return scatter_add(gradient, a.shape, index)
    result = np.zeros(a.shape, gradient.dtype)  # integers and slices: each element at most once, a plain write will do
    result[index] = gradient
    return result

# %% [markdown]
# Yours is the way back through three moves:
#
# - `transpose`: axis $i$ of the output was axis `axes[i]` of the input. Which order undoes that? Try (2, 0, 1) on paper
#   first: it is not its own undoing.
# - `concatenate`: each input gets its own part back.
# - picking with an array of integers: an element picked three times reached the loss on three paths.

# %% nbgrader={"grade": false, "grade_id": "shape", "locked": false, "schema_version": 3, "solution": true, "task": false}
#| export
def transpose_rule(gradient, output, a, axes):
    """7.6 The axes in another order: back to the old one. An axis may be negative."""
    ### BEGIN SOLUTION
    order = [axis % a.ndim for axis in axes]
    return gradient.transpose(np.argsort(order))
    ### END SOLUTION


def concatenate_rule(gradient, output, *arrays, axis=0):
    """7.6 Arrays one after the other: to each its part, in a list or a tuple."""
    ### BEGIN SOLUTION
    ends = np.cumsum([array.shape[axis] for array in arrays])
    return np.split(gradient, ends[:-1], axis=axis)
    ### END SOLUTION


def scatter_add(gradient, shape, index):
    """7.6 Zeros of this shape, with each element of `gradient` added where `index` had picked it.

    Example:
        >>> scatter_add(np.array([1.0, 2.0, 4.0]), (3,), np.array([0, 2, 0]))
        array([5., 0., 2.])

    Hint: `result[index] += gradient` keeps only the last of two writes to one place. Look for `np.add.at`.
    """
    ### BEGIN SOLUTION
    result = np.zeros(shape, gradient.dtype)
    np.add.at(result, index, gradient)
    return result
    ### END SOLUTION

# %% nbgrader={"grade": true, "grade_id": "test-shape-rules", "locked": true, "points": 10, "schema_version": 3, "solution": false, "task": false}
def test_shape_rules():
    """Does every gradient come back to the place that its element came from, summed where it was picked twice?"""
    print("🔬 Unit Test: rules of shape...")
    for shape, axes in [
        ((2, 3), (1, 0)),
        ((2, 3, 4), (2, 0, 1)),
        ((2, 3, 4), (1, 2, 0)),
        ((2, 1, 3, 2), (0, -2, 1, -1)),
        ((), ()),
    ]:
        a = wave(*shape)
        check_rule(transpose_rule, lambda a, axes=axes: a.transpose(axes), [a], "transpose_rule in 7.6", axes=axes)
    for shapes, axis in [
        (((2, 3), (1, 3), (4, 3)), 0),
        (((2, 1, 3), (2, 1, 1)), -1),
        (((2, 2),), 1),
        (((0, 2), (3, 2)), 0),
        (((2, 1, 2), (2, 3, 2), (2, 1, 2)), 1),
    ]:
        parts = [wave(*shape) for shape in shapes]
        join = lambda *parts, axis=axis: np.concatenate(parts, axis=axis)  # noqa: E731
        check_rule(concatenate_rule, join, parts, "concatenate_rule in 7.6", axis=axis)
    got = results_of(concatenate_rule, wave(3, 2), wave(3, 2), [wave(1, 2), wave(2, 2)], "7.6")
    agree(got[1], wave(3, 2)[1:], "Without axis= concatenate joins along axis 0 (7.6).")

    def compare(shape, index, section="scatter_add in 7.6"):
        rule = lambda gradient, output, a: scatter_add(gradient, a.shape, index)  # noqa: E731
        check_rule(rule, lambda a: a[index], [wave(*shape)], section)

    compare((4,), np.array([2, 0, 2, 2]))
    compare((4, 3), np.array([1, -1, 3]))
    compare((3, 2), (np.array([0, 2, 0, 0]), np.array([1, 1, 1, 0])))
    compare((3, 2), np.array([True, False, True]))
    compare((2, 3, 2), (slice(None), np.array([1, 1]), 0))
    compare((3,), np.array([], dtype=int))
    got = scatter_add(np.float32([1, 2, 4]), (3,), np.array([0, 2, 0]))
    agree(got, [5, 0, 2], "An element picked twice gets both gradients (7.6).")
    assert got.dtype == np.float32, f"The gradient was float32, so the result should be; it is {got.dtype} (7.6)."
    ### BEGIN HIDDEN TESTS
    check_rule(
        transpose_rule, lambda a: a.transpose(3, 0, 2, 1), [wave(2, 3, 1, 2)], "7.6 (hidden test)", axes=(3, 0, 2, 1)
    )
    check_rule(transpose_rule, lambda a: a.transpose(-1, 0, 1), [wave(2, 3, 2)], "7.6 (hidden test)", axes=(-1, 0, 1))
    parts = [wave(2, 1), wave(2, 2), wave(2, 0), wave(2, 3)]
    check_rule(concatenate_rule, lambda *parts: np.concatenate(parts, axis=1), parts, "7.6 (hidden test)", axis=1)
    compare((2, 3), (np.array([[0, 1], [1, 1]]), np.array([[2, 0], [0, 0]])), "7.6 (hidden test)")
    compare((3, 2), wave(3, 2) > 0, "7.6 (hidden test)")
    compare((2, 2), (np.array([1, 1, 1]), slice(None)), "7.6 (hidden test)")
    ### END HIDDEN TESTS
    print("📈 Progress: rules of shape ✓")


test_shape_rules()

# %% [markdown]
# ### All rules in one table
# As kernels in 2.8, rules are registered by the name of their operation, under a backend. If a backend has a faster
# kernel but no rule of its own, numpy's rule applies: the mathematics is the same. `argmax` has none. Its output is a
# place, an integer, and integers do not move a little.

# %% nbgrader={"grade": false, "grade_id": "rules", "locked": true, "schema_version": 3, "solution": false, "task": false}
#| export
GRADIENTS = {"numpy": {}}  # backend -> operation -> rule


def register_gradient(op, rule, backend="numpy"):
    """Make `rule` the way in which gradients go back through the operation `op`.

    Args:
        op: the name that `apply` knows.
        rule: called as rule(gradient, output, *arrays, **attributes) with the gradient for the output, the output's
            array, and what the kernel got; numpy's warnings are off. It changes none of them. For each input it gives
            an array, None (no gradient), or a function without arguments that computes the array and is called only
            if that input needs it: all in a tuple or list, which may be left out around a single one. An array has
            the input's shape, or one that the input broadcasts to.
        backend: whose kernel the rule belongs to. What a backend lacks is looked up under "numpy".
    """
    GRADIENTS.setdefault(backend, {})[op] = rule


def find_rule(op, backend):
    """The rule for the operation `op`, recorded while `backend` was active.

    Raises:
        ValueError: there is none.
    """
    rule = GRADIENTS.get(backend, {}).get(op, GRADIENTS["numpy"].get(op))
    if rule is None:
        raise ValueError(f"the operation {op!r} has no gradient rule: register_gradient({op!r}, rule) adds one")
    return rule


for _op, _rule in {
    "add": add_rule, "sub": sub_rule, "mul": mul_rule, "div": div_rule, "neg": neg_rule, "pow": pow_rule,
    "exp": exp_rule, "log": log_rule, "sqrt": sqrt_rule, "tanh": tanh_rule, "abs": abs_rule,
    "clip": clip_rule, "where": where_rule, "matmul": matmul_rule,
    "sum": sum_rule, "mean": mean_rule, "var": var_rule, "max": extreme_rule, "min": extreme_rule,
    "reshape": reshape_rule, "transpose": transpose_rule, "concatenate": concatenate_rule, "getitem": getitem_rule,
}.items():  # fmt: skip
    register_gradient(_op, _rule)

# %% [markdown]
# ## 7.7 The record — yours (10 points)
# Each operation becomes a **Node**: its name, and what its rule will need. The output Tensor holds its node, the node
# holds the input Tensors, these hold *their* nodes: that is the whole **graph**. A Tensor without a node is a **leaf**:
# a parameter, or data.

# %% nbgrader={"grade": false, "grade_id": "node", "locked": true, "schema_version": 3, "solution": false, "task": false}
#| export
class Node:
    """One recorded operation. The Tensor that it made holds it in `node`, so both go when nobody needs that Tensor.

    Attributes:
        op, attributes: as `apply` got them.
        inputs: a tuple with each input that is a Tensor with `requires_grad`, and None in place of all others.
        arrays: what the kernel got.
        output: the array that it made. (Not the Tensor: a circle of references would keep memory longer than needed.)
        backend: the name of the active one.
    """

    __slots__ = ("arrays", "attributes", "backend", "inputs", "op", "output")

    def __init__(self, op, inputs, arrays, output, attributes, backend="numpy"):
        self.op, self.inputs, self.arrays, self.output = op, tuple(inputs), arrays, output
        self.attributes, self.backend = attributes, backend

    def free(self):
        """Let go of everything: no second backward through here."""
        self.inputs = self.arrays = self.output = self.attributes = None

    def __repr__(self):
        return f"Node({self.op!r}{', freed' if self.inputs is None else ''})"


def parents(tensor):
    """The Tensors that `tensor` was made from, as far as they require gradients; none for a leaf.

    Raises:
        RuntimeError: a backward has freed the graph here.
    """
    if tensor.node is None:
        return []
    if tensor.node.inputs is None:
        raise RuntimeError(
            f"backward has been through this graph (at {tensor.node.op!r}) and has freed it: compute the output again"
        )
    return [parent for parent in tensor.node.inputs if parent is not None]


RECORDING = SimpleNamespace(on=True)  # no_grad turns it off

# %% [markdown]
# Most operations are not worth a note. Nothing is recorded if no input requires gradients, since nobody will ask; or if
# the output holds integers; or inside `with no_grad():`, for predictions and measurements, where the graph would only
# hold memory.
#
# Why does an output with a node get `requires_grad`? So that the *next* operation knows.

# %% nbgrader={"grade": false, "grade_id": "record", "locked": false, "schema_version": 3, "solution": true, "task": false}
#| export
def record(output, op, inputs, arrays, attributes):
    """7.7 Called by `apply` after each operation: note on `output` how it was made, if a gradient can flow there.

    That is so if recording is on, the output holds floats, and at least one input is a Tensor with `requires_grad`.
    Then `output.requires_grad` becomes True and `output.node` a Node. Otherwise the output stays as it is.

    Hint: `any` asks a Tensor for its truth value, and a Tensor of two elements has none (2.7).
    """
    ### BEGIN SOLUTION
    tracked = [x if isinstance(x, Tensor) and x.requires_grad else None for x in inputs]
    if RECORDING.on and output.dtype.kind == "f" and any(x is not None for x in tracked):
        output.requires_grad = True
        output.node = Node(op, tracked, arrays, output.data, attributes, current_backend())
    ### END SOLUTION


@contextmanager
def no_grad():
    """7.7 A `with` block in which nothing is recorded. Afterwards recording is what it was before, error or not.

    Hint: what stands before `yield` happens at the start of the block, what stands after it at its end. `finally`.
    """
    ### BEGIN SOLUTION
    former = RECORDING.on
    RECORDING.on = False
    try:
        yield
    finally:
        RECORDING.on = former
    ### END SOLUTION

# %% nbgrader={"grade": true, "grade_id": "test-record", "locked": true, "points": 10, "schema_version": 3, "solution": false, "task": false}
def test_record():
    """Is what can carry a gradient recorded, completely, and nothing else?"""
    print("🔬 Unit Test: the record...")
    former, was_on = (ACTIVE.recorder, ACTIVE.backward), RECORDING.on
    install_engine(record, None)
    try:
        x = Tensor([[1.0, 0.0], [3.0, 4.0]], requires_grad=True)
        zero = Tensor(0.0, requires_grad=True)
        n, plain = Tensor([1, 2]), Tensor([[5.0, 6.0]])

        y = x * plain
        assert y.requires_grad is True, "x requires gradients, so x * plain does (7.7)."
        assert y.node is not None and y.node.op == "mul", f"Expected a node of 'mul', got {y.node!r} (7.7)."
        node = y.node
        assert len(node.inputs) == 2, f"mul has two inputs, the node has {len(node.inputs)} (7.7)."
        assert node.inputs[1] is None, "plain requires no gradient: expected None in its place among the inputs (7.7)."
        x.grad = Tensor([[7.0]])
        agree(node.inputs[0].grad.data, [[7]], "The node's first input should be x itself, not a copy (7.7).")
        agree(node.arrays[0], x.data, "node.arrays are what the kernel got (7.7).")
        agree(node.arrays[1], plain.data, "node.arrays are what the kernel got (7.7).")
        agree(node.output, y.data, "node.output is the array that the operation made (7.7).")
        assert node.backend == "numpy", f"The active backend is 'numpy', the node says {node.backend!r} (7.7)."

        total = (2 * y).sum(axis=1, keepdims=True)
        attributes = dict(total.node.attributes)
        why = f"The attributes were axis=1, keepdims=True, got {attributes} (7.7)."
        assert attributes == {"axis": 1, "keepdims": True}, why
        product = total.node.inputs[0]
        assert product.node.op == "mul" and product.node.inputs[0] is None, "In 2 * y the number has no gradient (7.7)."
        assert product.node.inputs[1].node.op == "mul", "The second input of 2 * y is y, with its node (7.7)."
        assert (plain + zero).requires_grad is True, "A Tensor that holds 0 may require gradients all the same (7.7)."
        assert (np.ones((2, 2)) @ x).node.op == "matmul", "array @ x is recorded (7.7)."
        register_kernel("exp", lambda array: array, backend="test-07")
        with use_backend("test-07"):
            assert x.exp().node.backend == "test-07", "The node names the backend that was active (7.7)."

        for what, output in [
            ("plain * plain: no input requires gradients", plain * plain),
            ("n + n: integers", n + n),
            ("x.detach(): it takes no part in gradients", x.detach().exp()),
            ("x.argmax(): its output is an integer", x.argmax(axis=0)),
        ]:
            assert output.requires_grad is False and output.node is None, f"Not to be recorded: {what} (7.7)."

        def recorded():
            return x.exp().node is not None

        with no_grad():
            assert not recorded(), "Inside no_grad nothing is recorded (7.7)."
            assert x.exp().requires_grad is False, "Inside no_grad an output requires no gradients (7.7)."
            with no_grad():
                pass
            assert not recorded(), "After an inner no_grad the outer one still holds (7.7)."
        assert recorded(), "After no_grad recording is on again (7.7)."
        try:
            with no_grad():
                raise KeyError("out of the block")
        except KeyError:
            pass
        else:
            raise AssertionError("no_grad swallowed an error that was raised in its block (7.7).")
        assert recorded(), "After an error in its block recording is on again (7.7)."
        ### BEGIN HIDDEN TESTS
        both = concatenate([x, plain, x], axis=0)
        missing = [tensor is None for tensor in both.node.inputs]
        assert missing == [False, True, False], f"Inputs of concatenate without gradients: {missing} (hidden test)."
        assert dict(both.node.attributes) == {"axis": 0}, "The attributes of concatenate (hidden test)."
        half = Tensor([1.0], requires_grad=True, dtype="float16")
        double = Tensor([1.0], requires_grad=True, dtype="float64")
        assert half.exp().requires_grad and double.exp().requires_grad, "float16 and float64 are floats (hidden test)."
        RECORDING.on = False
        with no_grad():
            pass
        assert not recorded(), "If recording was off before no_grad, it is off afterwards (hidden test)."
        RECORDING.on = True
        for _ in range(2):
            with no_grad():
                assert not recorded(), "no_grad, a second time (hidden test)."
            assert recorded(), "After no_grad, a second time (hidden test)."
        ### END HIDDEN TESTS
    finally:
        install_engine(*former)
        RECORDING.on = was_on
    print("📈 Progress: the record ✓")


test_record()

# %% [markdown]
# ## 7.8 In which order? — yours (10 points)
# A Tensor may hand its gradient on only when that is complete, after *everything* made from it has had its turn. Take
# $c = b \cdot a$ with $b = e^a$. If $a$ came right after $c$, the path over $b$ would be missing.
#
# A **topological order** has every Tensor before its parents. A depth-first search finds one: a Tensor is *done* when
# all behind it is done; in the order of "done", parents come before children. Turn that around.

# %% [markdown]
# The textbook writes this search as a function that calls itself. Python stops that after about a thousand calls, and a
# loop of a thousand steps makes graphs deeper than that. So: no recursion. Keep a list of what is still to do. An entry
# can mean "look at this Tensor" or "all behind this one is done".

# %% nbgrader={"grade": false, "grade_id": "check-graph", "locked": true, "schema_version": 3, "solution": false, "task": false}
def made(op, array, *inputs, **attributes):
    """A leaf with this array; with inputs, a Tensor as if `apply` had made it from them and `record` had noted it."""
    tensor = from_numpy(np.asarray(array))
    tensor.requires_grad = True
    if inputs:
        arrays = [x.data if isinstance(x, Tensor) else np.asarray(x) for x in inputs]
        tracked = [x if isinstance(x, Tensor) and x.requires_grad else None for x in inputs]
        tensor.node = Node(op, tracked, arrays, tensor.data, attributes)
    return tensor


def named(number, *inputs):
    """A Tensor of two elements that is recognised by its `number`, made from `inputs`."""
    return made("test", np.full(2, float(number)), *inputs)


def chain(length):
    """The first of `length` Tensors, each made from the next."""
    first = named(length - 1)
    for number in range(length - 2, -1, -1):
        first = named(number, first)
    return first


def signs(length):
    """`length` Tensors in the order of `walk`: a leaf that holds 0.5 comes last, each other is minus the next."""
    order = [made("", np.float32([0.5]))]
    while len(order) < length:
        order.append(made("neg", -order[-1].data, order[-1]))
    return order[::-1]

# %% nbgrader={"grade": false, "grade_id": "topological-order", "locked": false, "schema_version": 3, "solution": true, "task": false}
#| export
def topological_order(tensor):
    """7.8 All Tensors of the graph behind `tensor`, each exactly once and each before its own parents.

    Returns:
        a list; `tensor` itself comes first. Leaves are included.

    Raises:
        RuntimeError: as `parents`, which says for one Tensor what comes next.

    Hint: Tensors cannot be compared for identity with `==` or `in`; `id(tensor)` is a number that can. No recursion: a
    list of what is still to do, with `append` and `pop`, goes as deep as memory.
    """
    ### BEGIN SOLUTION
    order, seen, todo = [], set(), [(tensor, False)]
    while todo:
        current, parents_done = todo.pop()
        if parents_done:
            order.append(current)
        elif id(current) not in seen:
            seen.add(id(current))
            todo.append((current, True))
            todo.extend((parent, False) for parent in parents(current))
    return order[::-1]
    ### END SOLUTION

# %% nbgrader={"grade": true, "grade_id": "test-order", "locked": true, "points": 10, "schema_version": 3, "solution": false, "task": false}
def test_order():
    """Does every Tensor of the graph come exactly once, and before all that it was made from?"""
    print("🔬 Unit Test: topological order...")

    def compare(tensors, edges, what):
        """`tensors` by number, the first is the start; `edges` says which numbers each was made from."""
        order = [int(tensor.data[0]) for tensor in topological_order(tensors[0])]
        assert sorted(order) == sorted(edges), f"{what}: expected each of {sorted(edges)} once, got {order} (7.8)."
        assert order[0] == 0, f"{what}: the start comes first, got {order} (7.8)."
        place = {number: i for i, number in enumerate(order)}
        for number, sources in edges.items():
            for source in sources:
                early = f"{what}: {number} was made from {source} and must stand before it, got {order} (7.8)."
                assert place[number] < place[source], early

    def build(edges, what):
        """A graph whose Tensors are numbered such that each is made from larger numbers."""
        tensors = {}
        for number in sorted(edges, reverse=True):
            tensors[number] = named(number, *(tensors[source] for source in edges[number]))
        compare(tensors, edges, what)

    build({0: []}, "A leaf alone")
    build({0: [1], 1: [2], 2: []}, "A chain")
    build({0: [1, 2], 1: [3], 2: [3], 3: []}, "A diamond")
    build({0: [1, 1], 1: []}, "One Tensor twice in an operation")
    build({0: [1, 2], 1: [2], 2: []}, "A short and a long path, c = b * a")
    build({0: [2, 1], 1: [2], 2: []}, "A short and a long path, c = a * b")
    build({0: [1, 4], 1: [2], 2: [3], 3: [4], 4: [5], 5: []}, "A short path beside a long one")
    build({0: [1, 2, 3], 1: [4], 2: [4, 3], 3: [5, 4], 4: [5], 5: []}, "Five that share")
    ladder = {number: [number + 1, number + 1] for number in range(16)} | {16: []}
    build(ladder, "A ladder with 65,536 paths: visit each Tensor once, not each path")

    leaf = named(2)
    top = made("test", np.zeros(2), leaf, np.ones(2), named(1, leaf))
    compare({0: top}, {0: [1, 2], 1: [2], 2: []}, "With an array among the inputs")
    numbers = [int(tensor.data[0]) for tensor in topological_order(named(3, named(1), named(1)))]
    assert numbers == [3, 1, 1], f"Two leaves that hold equal numbers are two, got {numbers} (7.8)."

    count = len(topological_order(chain(5001)))
    assert count == 5001, f"A chain of 5,001 Tensors: got {count} (7.8)."

    freed = named(1, named(2))
    freed.node.free()
    refusal(
        RuntimeError, "A freed graph has no order: ask `parents`, it says so (7.8).", topological_order, named(0, freed)
    )
    ### BEGIN HIDDEN TESTS
    build({0: [3], 3: [1000, 7], 7: [8, 1000], 8: [1000], 1000: []}, "Hidden test 1")
    build({0: [1, 2], 1: [3, 4], 2: [4, 5], 3: [6], 4: [6, 7], 5: [7], 6: [8], 7: [8], 8: []}, "Hidden test 2")
    build({0: [5, 1, 5], 1: [4, 2], 2: [3, 3], 3: [5, 4], 4: [5], 5: []}, "Hidden test 3")
    ### END HIDDEN TESTS
    print("📈 Progress: topological order ✓")


test_order()

# %% [markdown]
# ## 7.9 The walk — yours (14 points)
# Now the engine's heart. First the chain rule for *one* operation, solved, to read: it calls the rule, undoes
# broadcasting, restores types. (`fit` also catches a rule that gives a wrong shape; a wrong gradient of the right
# shape, only 7.10 catches.)

# %% nbgrader={"grade": false, "grade_id": "chain-rule", "locked": true, "schema_version": 3, "solution": false, "task": false}
#| export
def input_gradients(node, gradient):
    """The chain rule for one operation.

    Args:
        node: the operation.
        gradient: the array that arrives at its output.

    Returns:
        a list of (Tensor, array): what goes on to which input, in the input's shape and dtype. Inputs that need no
        gradient are left out; one that was used twice stands there twice.

    Raises:
        ValueError: there is no rule, or it gave too few or too many gradients, or one of a wrong shape.
    """
    rule = find_rule(node.op, node.backend)
    with np.errstate(all="ignore"):
        results = rule(gradient, node.output, *node.arrays, **node.attributes)
        if not isinstance(results, (tuple, list)):
            results = (results,)
        if len(results) != len(node.inputs):
            counts = f"{len(results)} gradients for {len(node.inputs)} inputs"
            raise ValueError(f"the gradient rule of {node.op!r} gave {counts}")
        pairs = zip(node.inputs, results)
        return [(x, fit(result, x, node.op)) for x, result in pairs if x is not None and result is not None]


def fit(result, tensor, op):
    """What a rule gave for `tensor`, computed if need be, as an array of the Tensor's shape and dtype."""
    array = np.asarray(result() if callable(result) else result)
    if array.shape != tensor.shape:
        found = array.shape
        array = np.asarray(unbroadcast(array, tensor.shape)) if len(found) >= tensor.ndim else array
        if array.shape != tensor.shape:
            raise ValueError(f"the gradient rule of {op!r} gave the shape {found} for an input of shape {tensor.shape}")
    return array.astype(tensor.dtype, copy=False)


def own_gradient(array, dtype):
    """A Tensor around a new copy of `array`, row after row in memory: what `grad` may hold."""
    return from_numpy(np.array(array, dtype=dtype, order="C"))

# %% [markdown]
# Then the walk. Every Tensor that still waits for its turn has a sum of what has arrived so far. A dict can hold that,
# with `id(tensor)` as key.
#
# Two traps. Several rules hand on the *same array* to two inputs (`add_rule` does): add with `+`, never `+=`. And 4.6
# holds: gradients of a leaf **accumulate** over backwards, in memory of their own.

# %% nbgrader={"grade": false, "grade_id": "walk", "locked": false, "schema_version": 3, "solution": true, "task": false}
#| export
def first_gradient(tensor, gradient=None):
    """7.9 What arrives at the Tensor from which backward starts.

    Args:
        tensor: the start, floats.
        gradient: a Tensor, array, lists or number of the Tensor's shape; None for 1, if there is one element only.

    Returns:
        an array of the Tensor's shape and dtype.

    Raises:
        ValueError: None for a Tensor that is not one number, or another shape; the message shows the Tensor's shape.
    """
    ### BEGIN SOLUTION
    if gradient is None:
        if tensor.size != 1:
            raise ValueError(f"backward from the shape {tensor.shape} needs a gradient: it is not one number")
        gradient = np.ones(tensor.shape)
    array = np.asarray(gradient.data if isinstance(gradient, Tensor) else gradient, tensor.dtype)
    if array.shape != tensor.shape:
        raise ValueError(f"backward from the shape {tensor.shape} got a gradient of shape {array.shape}")
    return array
    ### END SOLUTION


def walk(order, gradient):
    """7.9 Hand gradients from the first Tensor of `order` on to the leaves, and add them to `grad` there.

    Args:
        order: Tensors, each before its parents (7.8).
        gradient: the array that arrives at the first one.

    A Tensor's gradient is complete when its turn comes: all that was made from it stood before it. Only leaves (`node`
    is None) get a `grad`: what arrived there, added to what it held already. Its memory belongs to it alone
    (`own_gradient`), and no array that a rule gave is changed, since two inputs may have been given the same one.
    Where no gradient arrives, `grad` stays as it was.
    """
    ### BEGIN SOLUTION
    arrived = {id(order[0]): gradient}
    for tensor in order:
        total = arrived.pop(id(tensor), None)
        if total is None:  # no rule had a gradient for it
            continue
        if tensor.node is None:
            total = total if tensor.grad is None else tensor.grad.data + total
            tensor.grad = own_gradient(total, tensor.dtype)
            continue
        for parent, part in input_gradients(tensor.node, total):
            others = arrived.get(id(parent))
            arrived[id(parent)] = part if others is None else others + part
    ### END SOLUTION

# %% nbgrader={"grade": true, "grade_id": "test-walk", "locked": true, "points": 14, "schema_version": 3, "solution": false, "task": false}
def test_walk():
    """Does each leaf get the sum over all paths, and does nobody else keep anything?"""
    print("🔬 Unit Test: the walk...")
    start = "What backward starts with is 1 for a single number, or the given gradient (7.9)."
    for shape, dtype in [((), "float32"), ((1,), "float32"), ((1, 1), "float64")]:
        got = first_gradient(zeros(shape, dtype=dtype))
        agree(got, np.ones(shape), start)
        assert got.dtype == dtype, f"{start} Its type is the Tensor's, {dtype}, got {got.dtype}."
    for shape in [(2,), (1, 3), (0,)]:
        why = f"Without a gradient, {shape} is an error: it is not one number (7.9)."
        message = refusal(ValueError, why, first_gradient, zeros(shape))
        assert str(shape) in message, f"The message should show the shape {shape}, got {message!r} (7.9)."
    for given in (Tensor([1.0, 2.0]), np.array([1.0, 2.0]), [1, 2], Tensor([1, 2])):
        got = first_gradient(zeros(2), given)
        agree(got, [1, 2], start)
        assert got.dtype == np.float32, f"{start} Its type is the Tensor's, float32, got {got.dtype}."
    agree(first_gradient(zeros(()), 3.0), 3, start)
    agree(first_gradient(zeros(1), [0.0]), [0], start)
    for shape, given in [((2,), [1.0]), ((2,), 1.0), ((1, 3), np.ones(3)), ((), [1.0]), ((2, 3), np.ones((3, 2)))]:
        why = f"Nothing is silently reshaped: {given!r} for {shape} (7.9)."
        message = refusal(ValueError, why, first_gradient, zeros(shape), given)
        assert str(shape) in message, f"The message should show the shape {shape}, got {message!r} (7.9)."

    paths = "A leaf's gradient is the sum over all paths (7.9)."
    x = made("", np.float32([3.0, -1.0]))
    square = made("mul", x.data**2, x, x)
    total = made("add", square.data + x.data, square, x)
    walk([total, square, x], np.float32([1.0, 10.0]))
    agree(x.grad.data, [7, -10], f"x * x + x at 3 and -1. {paths}")
    assert isinstance(x.grad, Tensor), f"grad is a Tensor, got {type(x.grad).__name__} (7.9)."
    assert x.grad.requires_grad is False, "A gradient needs no gradient itself (7.9)."
    assert total.grad is None and square.grad is None, "Only leaves get a grad (7.9)."
    walk([total, square, x], np.float32([1.0, 0.0]))
    agree(x.grad.data, [14, -10], "A second walk adds to what the first one left in grad (7.9).")
    assert x.grad.dtype == np.float32, f"The grad has the leaf's type, float32, got {x.grad.dtype} (7.9)."

    a, b = made("", np.array([[1.0, 2.0]])), made("", np.array([[-3.0, 0.5]]))
    first = made("add", a.data + b.data, a, b)
    second = made("add", first.data + a.data, first, a)
    third = made("add", second.data + first.data, second, first)
    gradient = np.array([[1.0, -4.0]])
    walk([third, second, first, a, b], gradient)
    agree(a.grad.data, [[3, -12]], f"(a + b) + a + (a + b). {paths}")
    agree(b.grad.data, [[2, -8]], f"(a + b) + a + (a + b). {paths} Was an array changed that another one shares?")
    agree(gradient, [[1, -4]], "walk changed the gradient that it was given (7.9).")
    assert a.grad.dtype == np.float64, f"The grad has the leaf's type, float64, got {a.grad.dtype} (7.9)."
    assert third.grad is None and second.grad is None and first.grad is None, "Only leaves get a grad (7.9)."

    a, b, seed = made("", np.ones(3)), made("", np.ones(3)), made("", np.ones(3))
    walk([made("add", np.full(3, 2.0), a, b), a, b], seed.data)
    own = "Each grad has memory of its own (7.9)."
    assert not shares_memory(a.grad, b.grad), f"{own} The gradients of a and of b share theirs."
    assert not shares_memory(a.grad, seed), f"{own} It shares that of the gradient that walk was given."
    walk([b], seed.data)
    agree(b.grad.data, [2, 2, 2], "The start may be a leaf itself (7.9).")

    register_gradient("test-07-half", lambda gradient, output, a, b: (None, 3 * gradient))
    x, y = made("", np.ones(2)), made("", np.ones(2))
    middle = made("neg", -x.data, x)
    walk([made("test-07-half", np.ones(2), middle, y), middle, x, y], np.array([1.0, 2.0]))
    agree(y.grad.data, [3, 6], "A rule that has None for one input still has a gradient for the other (7.9).")
    assert x.grad is None, f"A rule gave None on the way to x, so its grad stays None; got {x.grad!r} (7.9)."

    x = made("", np.float32(2.0))
    walk([made("mul", np.float32(6.0), x, Tensor(3)), x], np.float32(1.0))
    agree(x.grad.data, 3, "An integer operand gets no gradient and does no harm; a leaf may be 0-d (7.9).")
    assert x.grad.dtype == np.float32, f"Beside an integer, x is still float32; its grad is {x.grad.dtype} (7.9)."

    order = signs(2001)
    walk(order, np.float32([1.5]))
    agree(order[-1].grad.data, [1.5], "2,000 changes of sign (7.9).")
    ### BEGIN HIDDEN TESTS
    t = made("", 0.3 * wave(2, 1, 2))
    e = made("exp", np.exp(t.data), t)
    p = made("mul", e.data * t.data, e, t)
    h = made("tanh", np.tanh(p.data), p)
    s = made("sum", h.data.sum(axis=1), h, axis=1)
    for repeat in (1, 2, 3):
        walk([s, h, p, e, t], np.array([[1.0, -2.0], [0.5, 4.0]]))
        expected = slopes(lambda t: np.tanh(np.exp(t) * t).sum(axis=1), [t.data], np.array([[1.0, -2.0], [0.5, 4.0]]))[
            0
        ]
        agree(t.grad.data, repeat * expected, f"sum(tanh(exp(t) * t)), walked {repeat} times (hidden test).")
    assert [tensor.grad is None for tensor in (s, h, p, e)] == [True] * 4, "Only leaves get a grad (hidden test)."
    x = made("", np.array(2.0))
    cube = made("mul", np.array(8.0), made("mul", np.array(4.0), x, x), x)
    walk([cube, cube.node.inputs[0], x], np.array(1.0))
    agree(x.grad.data, 12, "x * x * x at 2, 0-d (hidden test).")
    ### END HIDDEN TESTS
    print("📈 Progress: the walk ✓")


test_walk()

# %% [markdown]
# ### Installed
# Solved, to read: `backward` puts 7.8 and 7.9 together, then frees the graph, since it holds every intermediate array.
# A second `backward` through it is an error, as in PyTorch. The last line plugs all of it into the door of 02. From now
# on every forward of yours is recorded: not a line of 03 to 06 had to change.

# %% nbgrader={"grade": false, "grade_id": "engine", "locked": true, "schema_version": 3, "solution": false, "task": false}
#| export
def backward(tensor, gradient=None):
    """Add to the `grad` of every leaf behind `tensor` its gradient, then free the graph. `Tensor.backward` calls it.

    Args:
        tensor: where to start, usually a loss.
        gradient: the gradient for `tensor`, of its shape; not needed for a single number.

    Raises:
        RuntimeError: `tensor` does not require gradients, or its graph has been freed. No `grad` has changed then.
        ValueError: `gradient` does not fit, or an operation has no rule.
    """
    if not tensor.requires_grad:
        raise RuntimeError("backward needs a Tensor made from one with requires_grad=True, outside of no_grad()")
    start = first_gradient(tensor, gradient)
    order = topological_order(tensor)
    walk(order, start)
    for each in order:
        if each.node is not None:
            each.node.free()


def Variable(data, requires_grad=True):  # noqa: N802 (the name that PyTorch once used)
    """A Tensor by its older name: of floats (integers become float32), and it requires gradients by default."""
    tensor = Tensor(data)
    dtype = tensor.dtype if tensor.dtype.kind == "f" else np.float32
    return Tensor(tensor, requires_grad, dtype)


install_engine(record, backward)

# %% [markdown]
# The expression of "The idea", and the gated layer that began it all:

# %%
a, b = Tensor(2.0, requires_grad=True), Tensor(3.0, requires_grad=True)
(a * b + a).backward()
print("dL/da =", a.grad.item(), "  dL/db =", b.grad.item())

x.requires_grad = True
gated(x, w1, w2).sum().backward()
print(f"dL/dx[0, 0] of the gated layer: {x.grad.data[0, 0]:.4f}, by central differences {slope_of(x, (0, 0)):.4f}")

# %% [markdown]
# ### What it sees
# Here is the record itself. Round: leaves. Boxes: operations, each with its value. Read it from right to left, as
# `backward` does. Before you run it: at how many places will gradients be added up?

# %%
def draw_graph(output, names):
    """Draw the graph behind a single number; `names` are (name, leaf) pairs. Before backward frees the graph."""
    labels = {id(leaf): name for name, leaf in names}
    order = topological_order(output)
    column, rows, place = {}, {}, {}
    for tensor in reversed(order):  # parents first: one column to the right of the last of them
        column[id(tensor)] = max([column[id(parent)] + 1 for parent in parents(tensor)], default=0)
        row = rows.setdefault(column[id(tensor)], [])
        row.append(tensor)
    for x_position, tensors in rows.items():
        for i, tensor in enumerate(tensors):
            place[id(tensor)] = (x_position, (len(tensors) - 1) / 2 - i)
    figure, axes = plt.subplots(figsize=(7.5, 3), layout="constrained")
    for tensor in order:
        x_position, y_position = place[id(tensor)]
        for parent in parents(tensor):
            far = column[id(tensor)] - column[id(parent)] > 1
            bend = f"arc3,rad={-0.18 if place[id(parent)][1] > 0 else 0.25}" if far else "arc3"
            style = {"arrowstyle": "-|>", "color": "gray", "shrinkA": 22, "shrinkB": 24, "connectionstyle": bend}
            axes.annotate("", xy=place[id(tensor)], xytext=place[id(parent)], arrowprops=style)
        what = labels.get(id(tensor), "leaf") if tensor.node is None else tensor.node.op
        shape = "circle" if tensor.node is None else "round"
        colour = "moccasin" if tensor.node is None else "lightblue"
        text = f"{what}\n{tensor.item():.3g}"
        axes.text(x_position, y_position, text, ha="center", va="center", bbox={"boxstyle": shape, "facecolor": colour})
    axes.set_xlim(-0.6, max(rows) + 0.6)
    axes.set_ylim(-1.4, 1.5)
    axes.axis("off")
    return axes


w, v, c = (Tensor(value, requires_grad=True) for value in (0.5, -1.5, 0.2))
loss = (w * v + c).tanh() * w
axes = draw_graph(loss, [("w", w), ("v", v), ("c", c)])
loss.backward()
found = ", ".join(f"dL/d{name} = {leaf.grad.item():.3f}" for name, leaf in (("w", w), ("v", v), ("c", c)))
axes.set_title(f"L = tanh(w v + c) · w      {found}", fontsize=10)
plt.show()

# %% [markdown]
# At one: $w$, where two arrows start. Forward, values flow along the arrows; backward, gradients flow against them, and
# where arrows part forward, gradients meet.

# %% [markdown]
# ## 7.10 Trust, but check — yours (8 points)
# You will write more rules, in 09, 12, 14 and 15. A wrong one of the right shape raises no error. `gradcheck` compares
# `backward` with central differences. Three things make it sharp:
#
# - **float64**: in float32 the difference of two nearly equal sums has three good digits, too few to tell.
# - **Weights**: the output is multiplied by fixed random weights before it is summed. Softmax sums to 1 whatever you do
#   to it: the gradient of its plain sum is 0, and so is twice that.
# - **Relative**: the largest difference is measured against the largest gradient.

# %% nbgrader={"grade": false, "grade_id": "check-tape", "locked": true, "schema_version": 3, "solution": false, "task": false}
#| check
def tape_engine(rules):
    """A recorder and a backward that need nothing of yours: a list of all calls, gone through from its end."""
    calls = []

    def recorder(output, op, inputs, arrays, attributes):
        if any(isinstance(x, Tensor) and x.requires_grad for x in inputs):
            calls.append((op, inputs, arrays, output.data, attributes))
            output.requires_grad, output.node = True, len(calls)

    def backward(tensor, gradient):
        arrived = {tensor.node: np.asarray(gradient)}
        for number in range(tensor.node, 0, -1):
            if number not in arrived:
                continue
            op, inputs, arrays, output, attributes = calls[number - 1]
            for x, part in zip(inputs, rules[op](arrived[number], output, *arrays, **attributes), strict=True):
                if isinstance(x, Tensor) and x.requires_grad and x.node is None:
                    x.grad = from_numpy(part if x.grad is None else x.grad.data + part)
                elif isinstance(x, Tensor) and x.requires_grad:
                    arrived[x.node] = arrived.get(x.node, 0) + part

    return recorder, backward


TAPE_RULES = {
    "add": lambda g, y, a, b: (summed_to(g, a.shape), summed_to(g, b.shape)),
    "mul": lambda g, y, a, b: (summed_to(g * b, a.shape), summed_to(g * a, b.shape)),
    "div": lambda g, y, a, b: (summed_to(g / b, a.shape), summed_to(-g * y / b, b.shape)),
    "exp": lambda g, y, a: (g * y,),
    "sum": lambda g, y, a, axis=None, keepdims=False: (np.broadcast_to(g, a.shape) + 0.0,),  # all axes, or keepdims
    "matmul": lambda g, y, a, b: (g @ b.T, a.T @ g),
}

# %% nbgrader={"grade": false, "grade_id": "gradcheck", "locked": false, "schema_version": 3, "solution": true, "task": false}
#| export
def numeric_gradient(function, x, epsilon=1e-5):
    """7.10 The gradient of a number, by central differences.

    Args:
        function: takes an array like `x`, gives a float.
        x: a float64 array of any shape. Afterwards it holds what it held before.
        epsilon: how far each element is moved, up and down.

    Returns:
        an array of the shape of `x`.

    Hint: `np.ndindex(x.shape)` goes through all places, also the single one of a 0-d array.
    """
    ### BEGIN SOLUTION
    slopes = []
    for index in np.ndindex(x.shape):
        step = np.zeros(x.shape)
        step[index] = epsilon
        slopes.append((function(x + step) - function(x - step)) / (2 * epsilon))
    return np.array(slopes).reshape(x.shape)
    ### END SOLUTION


def close(gradient, numeric, tolerance=1e-5):
    """7.10 Whether the largest difference is at most `tolerance` times (the largest |numeric| + 1e-4); never with nan.

    Args:
        gradient, numeric: float64 arrays of one shape, perhaps empty.

    Returns:
        a bool.
    """
    ### BEGIN SOLUTION
    difference = np.max(np.abs(gradient - numeric), initial=0.0)
    largest = np.max(np.abs(numeric), initial=0.0)
    return bool(difference <= tolerance * (largest + 1e-4))
    ### END SOLUTION

# %% [markdown]
# The two put together, solved, to read:

# %% nbgrader={"grade": false, "grade_id": "gradcheck-whole", "locked": true, "schema_version": 3, "solution": false, "task": false}
#| export
def gradcheck(function, inputs, epsilon=1e-5, tolerance=1e-5):
    """Whether backward through `function` agrees with central differences, in float64, for every float input.

    Args:
        function: of as many Tensors as there are `inputs`; gives a Tensor of any shape.
        inputs: a list of Tensors or arrays. They are copied; integers are passed on and not checked.
        epsilon, tolerance: see above.

    The output is projected on fixed random weights: its plain sum would be blind for softmax, which always sums to 1.

    Example:
        gradcheck(lambda a, b: a * b, [randn(2, 3), randn(3)]) is True
    """
    tensors = []
    for x in inputs:
        array = np.asarray(x.data if isinstance(x, Tensor) else x)
        floats = array.dtype.kind == "f"
        tensors.append(Tensor(array, requires_grad=floats, dtype=np.float64 if floats else None))
    output = function(*tensors)
    weights = np.random.default_rng(0).uniform(0.5, 1.5, output.shape)
    if output.requires_grad:
        output.backward(weights)

    def projected(array, place):  # detached Tensors: nothing is recorded
        moved = [from_numpy(array) if i == place else tensor.detach() for i, tensor in enumerate(tensors)]
        return float(np.sum(weights * function(*moved).data))

    for place, tensor in enumerate(tensors):
        if tensor.requires_grad:
            gradient = np.zeros(tensor.shape) if tensor.grad is None else tensor.grad.data
            numeric = numeric_gradient(lambda array, place=place: projected(array, place), tensor.data, epsilon)
            if not close(gradient, numeric, tolerance):
                return False
    return True

# %% nbgrader={"grade": true, "grade_id": "test-gradcheck", "locked": true, "points": 8, "schema_version": 3, "solution": false, "task": false}
def test_gradcheck():
    """Does gradcheck pass right gradients and catch wrong ones? (The engine here is the test's own.)"""
    print("🔬 Unit Test: gradcheck...")
    x = wave(2, 3)
    kept = x.copy()
    measured = "The gradient is (f(x + e) - f(x - e)) / 2e for each element in turn (7.10)."
    agree(numeric_gradient(lambda x: float(np.sum(x**3)), x), 3 * x**2, measured)
    np.testing.assert_array_equal(x, kept, err_msg="numeric_gradient left x changed (7.10).")
    agree(
        numeric_gradient(lambda x: float(np.sum(x**3)), np.ones((1, 2)), 0.1),
        [[3.01, 3.01]],
        f"{measured} With e = 0.1.",
    )
    agree(
        numeric_gradient(lambda x: float(x[0] * x[1]), np.array([2.0, 5.0]), 0.5), [5, 2], f"{measured} With e = 0.5."
    )
    agree(numeric_gradient(lambda x: float(np.exp(x)), np.array(1.0)), np.e, f"{measured} Of a 0-d array.")
    agree(numeric_gradient(lambda x: 1.0, np.zeros((0, 2))), np.zeros((0, 2)), f"{measured} Of an empty array.")

    bound = "The largest difference counts, against tolerance * (largest |numeric| + 1e-4) (7.10)."
    one, zero = np.array([0.5, -10.0, 1.0]), np.zeros(2)
    for gradient, numeric, tolerance, expected in [
        (one, one, 1e-5, True),
        (one + [0, 0, 0.9e-4], one, 1e-5, True),
        (one + [0, 0, 1.1e-4], one, 1e-5, False),
        (one - [1.1e-4, 0, 0], one, 1e-5, False),
        (one - [0, 0, 0.9e-4], one, 1e-5, True),
        (one - [0, 1.1e-4, 0], one, 1e-5, False),
        (one + [0, 0, 0.5], one, 0.1, True),
        (zero, zero, 1e-5, True),
        (zero + 0.9e-9, zero, 1e-5, True),
        (zero + 1.1e-9, zero, 1e-5, False),
        (zero + 1e-3, zero + 1e-3 + 1e-7, 1e-5, False),
        (zero, zero, 0.0, True),
        (np.array([1.0, np.nan]), np.ones(2), 1e-5, False),
        (np.ones(2), np.array([np.nan, 1.0]), 1e-5, False),
        (np.zeros((0, 3)), np.zeros((0, 3)), 1e-5, True),
    ]:
        got = close(gradient, numeric, tolerance)
        case = f"{gradient} against {numeric}, tolerance {tolerance}"
        assert got is expected, f"{bound} {case}: expected {expected}, got {got!r}."
    assert close(one + [0, 0, 1.1e-4], one) is False, f"{bound} Its default is 1e-5."

    def verdict(function, inputs, wrong=None, **options):
        former = ACTIVE.recorder, ACTIVE.backward
        install_engine(*tape_engine(TAPE_RULES | (wrong or {})))
        try:
            return gradcheck(function, inputs, **options)
        finally:
            install_engine(*former)

    def softmax(t):
        exponentials = t.exp()
        return exponentials / exponentials.sum(axis=1, keepdims=True)

    a, b, row, square = Tensor(wave(2, 3)), Tensor(2 + wave(2, 3)), Tensor(wave(3)), Tensor(wave(3, 3))
    right = "The rule is right, so gradcheck should be True (7.10)."
    assert verdict(lambda a, b: a * b, [a, b]) is True, right
    assert verdict(lambda a, row: a + row, [a, row]) is True, right
    assert verdict(lambda a: a @ square, [a]) is True, right
    assert verdict(lambda t: (t * t).sum(), [Tensor(1.5)]) is True, right
    for what, function, inputs, wrong in [
        ("a factor 2", lambda t: t.exp(), [a], {"exp": lambda g, y, a: (2 * g * y,)}),
        ("a sign", lambda a, b: a / b, [a, b], {"div": lambda g, y, a, b: (g / b, g * y / b)}),
        ("no sum over copies", lambda a, r: a + r, [a, row], {"add": lambda g, y, a, b: (g, g[0])}),
        ("transposed", lambda a, b: a @ b, [square, square], {"matmul": lambda g, y, a, b: ((g @ b.T).T, a.T @ g)}),
        ("swapped", lambda a, b: a * b, [a, b], {"mul": lambda g, y, a, b: (g * a, g * b)}),
        ("softmax's sum missing", softmax, [a], {"sum": lambda g, y, a, axis, keepdims: (np.zeros(a.shape),)}),
        ("nan", lambda t: t.exp(), [a], {"exp": lambda g, y, a: (g * np.nan,)}),
    ]:
        assert verdict(function, inputs) is True, f"{right} (before the fault: {what})"
        assert verdict(function, inputs, wrong) is False, f"gradcheck should be False for a wrong rule: {what} (7.10)."
    cube = [Tensor([1.0])]
    assert verdict(lambda t: t * t * t, cube, epsilon=0.1) is False, (
        "With epsilon = 0.1 the cube is off by 0.01 (7.10)."
    )
    assert verdict(lambda t: t * t * t, cube, epsilon=0.1, tolerance=0.01) is True, "0.01 of 3 is within 1 % (7.10)."
    ### BEGIN HIDDEN TESTS
    x = 3 * wave(2, 1, 2)
    expected = np.cos(x) * 2 * np.arange(1, 5).reshape(2, 1, 2)
    weighted = lambda x: float(np.sum(np.sin(x) * 2 * np.arange(1, 5).reshape(2, 1, 2)))  # noqa: E731
    agree(numeric_gradient(weighted, x), expected, f"{measured} (hidden test)")
    agree(
        numeric_gradient(lambda x: float(x[0] ** 3), np.array([0.0]), 2.0),
        [4.0],
        f"{measured} With e = 2 (hidden test).",
    )
    assert close(np.array([[1.0, 2.0]]), np.array([[1.0, 2.1]]), 0.05) is True, f"{bound} (hidden test)"
    assert close(np.array([[1.0, 2.0]]), np.array([[1.0, 2.2]]), 0.05) is False, f"{bound} (hidden test)"
    late = {"mul": lambda g, y, a, b: (g * b, g * a * np.array([[1, 1, 1], [1, 1, 1.001]]))}
    assert verdict(lambda a, b: a * b, [a, b], late) is False, (
        "The last element of the last input is wrong (hidden test)."
    )
    ### END HIDDEN TESTS
    print("📈 Progress: gradcheck ✓")


test_gradcheck()

# %% [markdown]
# ## The machine against you
# Everything that you derived by hand, beside what the machine derives from your forwards alone. In float64, the largest
# difference in each line should be a rounding error.

# %%
manual_seed(1)
wide = {"requires_grad": True, "dtype": np.float64}
print(f"{'largest difference':>46}")
for layer in (Tanh(), ReLU(), Sigmoid(), GELU(), Softmax(), Softmax(axis=0), Linear(4, 3)):
    x, upstream = randn(5, 4, **wide), None
    for parameter in layer.parameters():
        parameter.data = parameter.data.astype(np.float64)
    output = layer(x)
    upstream = randn(*output.shape, dtype=np.float64)
    by_hand = [layer.backward(upstream).data, *(parameter.grad.data for parameter in layer.parameters())]
    for parameter in layer.parameters():
        parameter.zero_grad()
    output.backward(upstream)
    by_machine = [tensor.grad.data for tensor in (x, *layer.parameters())]
    for name, hand, machine in zip(("x", "weight", "bias"), by_hand, by_machine):
        difference = np.abs(hand - machine).max()
        print(f"{type(layer).__name__:26}{name:10}{difference:10.0e}")
        assert difference < 1e-12, "the machine and the hand disagree: one of them is wrong"

# %%
answers = {
    MSELoss(): randn(6, 3), L1Loss(): randn(6, 3), CrossEntropyLoss(): [0, 2, 1, 1, 0, 2],
    BinaryCrossEntropyLoss(): np.arange(18).reshape(6, 3) % 2,
}  # fmt: skip
for criterion, target in answers.items():
    logits = randn(6, 3, **wide)
    pred = Tensor(sigmoid(logits), **wide) if isinstance(criterion, BinaryCrossEntropyLoss) else logits
    criterion(pred, target).backward()  # the Tensor's backward: the machine
    difference = np.abs(criterion.backward().data - pred.grad.data).max()  # the loss's own: yours
    print(f"{type(criterion).__name__:26}{'pred':10}{difference:10.0e}")
    assert difference < 1e-12, "the machine and the hand disagree: one of them is wrong"

# %% [markdown]
# They agree, and your hand-written backwards still work beside the machine: they compute on arrays, so nothing of
# theirs is recorded. From here on you write forwards only. Swish of 06 in one line, and the gated layer as a real one,
# its parameters and nothing else:

# %%
class Gated(Layer):
    """One half decides how much of the other half goes through."""

    def __init__(self, in_features, out_features):
        self.gate, self.value = Linear(in_features, out_features), Linear(in_features, out_features)

    def forward(self, x):
        return sigmoid(self.gate(x)) * self.value(x)


print("gradcheck of Swish:", gradcheck(lambda x: x * sigmoid(x), [randn(5, 4)]))
print("gradcheck of the gated layer, which has no backward:", gradcheck(Gated(4, 3), [randn(5, 4)]))

# %% [markdown]
# ## Use it: the pixels are the parameters
# A gradient is good for more than weights. Below, a photograph has been blurred (each row and column mixed with its
# neighbours: two matrix products) and rounded to 256 greys. We look for the picture $p$ which, blurred, looks like
# that, and which has few edges beside (or noise would win):
#
# $$L(p) = \sum (B_1\, p\, B_2^\top - \text{seen})^2 + \lambda \sum |\text{differences of neighbours}|$$
#
# Nobody derives $\partial L / \partial p$. Adam (06) moves 5,600 pixels down it.

# %%
from matplotlib.cbook import get_sample_data


def blur_matrix(size, width=1.6):
    """(size, size): each row mixes a pixel with its neighbours, `width` pixels to either side."""
    distance = np.arange(size)[:, None] - np.arange(size)
    weights = np.exp(-0.5 * (distance / width) ** 2)
    return Tensor(weights / weights.sum(axis=1, keepdims=True))


with get_sample_data("grace_hopper.jpg") as file:
    photo = plt.imread(file)[40:360:4, 120:400:4].mean(axis=2) / 255  # (80, 70), greys from 0 to 1
blur_rows, blur_columns = blur_matrix(80), blur_matrix(70)
seen = Tensor(np.round((blur_rows @ photo @ blur_columns.T).data * 255) / 255)
picture = Tensor(seen, requires_grad=True)
optimizer, losses = Adam([picture], learning_rate=0.01), []
for step in range(400):
    optimizer.zero_grad()
    error = blur_rows @ picture @ blur_columns.T - seen
    edges = (picture[1:] - picture[:-1]).abs().sum() + (picture[:, 1:] - picture[:, :-1]).abs().sum()
    loss = (error * error).sum() + 2e-4 * edges
    loss.backward()
    optimizer.step()
    losses.append(loss.item())
for name, candidate in (("blurred", seen), ("found", picture)):
    print(f"{name}: mean distance from the true picture {np.abs(candidate.data - photo).mean():.4f}")

# %% [markdown]
# Look for two things: what came back (eyes? the badge on the cap?), and what did not.

# %%
figure, panels = plt.subplots(1, 4, figsize=(9, 2.7), layout="constrained", width_ratios=[1, 1, 1, 1.5])
for panel, title, shown in zip(
    panels, ("what was seen", "what was found", "the truth"), (seen.data, picture.data, photo)
):
    panel.imshow(shown, cmap="gray", vmin=0, vmax=1)
    panel.set_title(title, fontsize=10)
    panel.set_xlabel("column (pixels)")
panels[0].set_ylabel("row (pixels)")
panels[3].semilogy(losses)
panels[3].set(xlabel="step", ylabel="loss (no unit)")
panels[3].grid(alpha=0.3)
plt.show()

# %% [markdown]
# ## What it costs: time
# How long is one gradient? We measure networks of growing width: forward, and forward with backward. And we calculate
# what central differences would take: two forwards a weight. Look at the distance between the upper lines at the right
# end, and at the ratio of the lower ones: how many forwards is a backward?

# %%
def one_gradient(network, data):
    """A forward and a backward, all gradients made and forgotten."""
    network(data).sum().backward()
    network.zero_grad()


widths, counts, forwards, gradients = [4, 16, 64, 256, 1024], [], [], []
for width in widths:
    network, data = (
        Sequential(Linear(width, width), Tanh(), Linear(width, width), Tanh(), Linear(width, 1)),
        randn(64, width),
    )
    counts.append(sum(parameter.size for parameter in network.parameters()))
    with no_grad():
        forwards.append(time_call(network, data))
    gradients.append(time_call(one_gradient, network, data))

figure, axes = plt.subplots(figsize=(7, 3.5), layout="constrained")
axes.loglog(counts, 2 * np.array(counts) * forwards, "v--", color="gray", label="central differences (calculated)")
axes.loglog(counts, gradients, "s-", label="forward and backward")
axes.loglog(counts, forwards, "o-", label="forward alone")
axes.axhline(1, color="gray", linewidth=0.8, linestyle=":")
axes.text(counts[0], 1.3, "one second", fontsize=8)
axes.set_xlabel("weights in the network")
axes.set_ylabel("time (s)")
axes.grid(alpha=0.3)
axes.legend()
plt.show()
for width, forward, gradient in zip(widths, forwards, gradients):
    print(f"width {width:5}: forward and backward take {gradient / forward:.1f} times as long as forward alone")

# %% [markdown]
# Each product $AB$ of a forward costs a backward two: one for $A$, one for $B$. So expect about 3 on the right, where
# products are large, and something for writing two million gradients down. On the left Python's own work decides: a
# node for each call, a rule for each node. And none of it depends on the *number* of weights: one walk serves them all.
# That is why networks can have billions.

# %% [markdown]
# ## What it costs: memory
# A rule needs the arrays that its operation saw. So until `backward` has passed, **nothing can be forgotten**. The next
# cell pushes data through 1 to 32 layers, with and without recording, and asks Python how many bytes were alive at
# once. Guess the shapes of the two lines first.

# %%
import tracemalloc


def peak_megabytes(depth, batch=256, width=256):
    """The most memory in use at once during a forward through `depth` layers, in MB."""
    layers = Sequential([part for _ in range(depth) for part in (Linear(width, width), Tanh())])
    for activation in layers:
        activation.saved = None
    data = randn(batch, width)
    tracemalloc.start()
    x = data
    for each in layers:
        x = each(x)
        each.saved = None  # what the hand-written backwards of 03 and 04 would keep
    peak = tracemalloc.get_traced_memory()[1] / 1e6
    tracemalloc.stop()
    return peak


depths = [1, 2, 4, 8, 16, 32]
recorded = [peak_megabytes(depth) for depth in depths]
with no_grad():
    unrecorded = [peak_megabytes(depth) for depth in depths]

figure, axes = plt.subplots(figsize=(7, 3.2), layout="constrained")
axes.plot(depths, recorded, "s-", label="recorded")
axes.plot(depths, unrecorded, "o-", label="inside no_grad()")
axes.set_xlabel("layers (256 → 256, batch of 256)")
axes.set_ylabel("peak memory (MB)")
axes.grid(alpha=0.3)
axes.legend()
plt.show()
print(f"{(recorded[-1] - recorded[0]) / 31:.2f} MB a layer; one activation is {256 * 256 * 4 / 1e6:.2f} MB")

# %% [markdown]
# Training needs memory for every activation of every layer: with the depth, and with the batch. That, not the weights,
# usually fills a graphics card. Three per layer stay here: the product, the sum with the bias, the tanh. Which of them
# does no rule really need? (15 and 16 will save some.) Predictions need none of it: use `no_grad()`.

# %% [markdown]
# ## What hurts now
# You have layers, losses, optimizers, and gradients for all of it. Training is five calls in a loop. Here they are, on
# 60 points with noise in their labels (the true border is a circle):

# %%
def circle(count):
    """`count` points of the plane, and whether they lie inside the circle; one label in eight is wrong."""
    points = randn(count, 2)
    labels = (points.data**2).sum(axis=1) < 1.4
    return points, (labels ^ (np.abs(randn(count).data) > 1.53)).astype(int)


def new_start():
    """The same network at every call, and an optimizer for it."""
    manual_seed(11)
    network = Sequential(Linear(2, 64), Tanh(), Linear(64, 64), Tanh(), Linear(64, 2))
    return network, Adam(network.parameters(), learning_rate=0.01)


manual_seed(5)
(train_x, train_y), (test_x, test_y) = circle(60), circle(500)
criterion = CrossEntropyLoss()
network, optimizer = new_start()
for step in range(400):
    optimizer.zero_grad()
    prediction = network(train_x)
    loss = criterion(prediction, train_y)
    loss.backward()
    optimizer.step()
print(f"loss after the last step: {loss.item():.4f}")

# %% [markdown]
# Nearly zero: a triumph? The loop printed what it was told to print. **It has no validation.** Ask the network about
# 500 points that it has not seen, and **it has no history** either, so to learn *when* it was best we must train it all
# again:

# %%
unseen = criterion(network(test_x), test_y).item()
print(f"loss on points that it has not seen: {unseen:.4f}   (knowing nothing: {math.log(2):.4f})")

network, optimizer = new_start()
history = []
for step in range(400):
    optimizer.zero_grad()
    loss = criterion(network(train_x), train_y)
    loss.backward()
    optimizer.step()
    with no_grad():
        history.append((loss.item(), criterion(network(test_x), test_y).item()))
best = int(np.argmin([unseen for _, unseen in history]))

figure, axes = plt.subplots(figsize=(7, 3.2), layout="constrained")
axes.semilogy(history, label=["points it learns from", "points it has not seen"])
axes.axvline(best, color="gray", linestyle=":", label=f"step {best}: it was best here")
axes.set_xlabel("step")
axes.set_ylabel("loss (nats)")
axes.grid(alpha=0.3)
axes.legend()
plt.show()

# %% [markdown]
# It learned the noise by heart, and the good network of that early step is gone. Last: the machine stops at step 150.
# We had saved the weights, as 04 taught, and go on from them:

# %%
network, optimizer = new_start()
continued, saved = [], None
for step in range(160):
    if step == 150:  # the power is back: the saved weights, and a new optimizer
        saved = network.state_dict()
        network, optimizer = new_start()
        network.load_state_dict(saved)
    optimizer.zero_grad()
    loss = criterion(network(train_x), train_y)
    loss.backward()
    optimizer.step()
    continued.append(loss.item())
print("step        without a break   with one")
for step in range(148, 158):
    print(f"{step:4}{history[step][0]:20.4f}{continued[step]:13.4f}")

# %% [markdown]
# **It has no resume.** The weights came back, Adam's moments did not, and for some steps it forgets what it knew.
# Forget `zero_grad()` once and the gradients add up, in silence. The five calls are right; what surrounds them has to
# be right as well, every time, in every program.
#
# **Next, 08:** a `Trainer` that holds the loop: validation, history, early stopping, and a checkpoint from which it
# goes on bit for bit.
#
# | yours now | in PyTorch |
# |---|---|
# | `loss.backward()`, `x.grad`, `no_grad()` | the same names |
# | a rule, `register_gradient` | `torch.autograd.Function` |
# | `node` | `grad_fn` |
# | `gradcheck` | `torch.autograd.gradcheck` |
