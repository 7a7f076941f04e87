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
# # 06 · Optimizers
#
# | difficulty | time | builds on | next |
# |---|---|---|---|
# | ●●○○ | 3–4 h | 02 tensor, 04 layers, 05 losses | 07 autograd |
#
# A gradient says where downhill is. It does not say how far to go, nor what to do in a narrow valley, nor when to slow
# down. Today you build what decides that: SGD with momentum, Adam, AdamW and a schedule. At the end they solve XOR,
# from twenty random starts out of twenty.

# %% nbgrader={"grade": false, "grade_id": "scope", "locked": true, "schema_version": 3, "solution": false, "task": false}
import os

os.environ["TINYTORCH_BELOW"] = "06"  # this notebook sees the modules before it and no later one, as the grader does

# %% nbgrader={"grade": false, "grade_id": "imports", "locked": true, "schema_version": 3, "solution": false, "task": false}
#| default_exp core.optimizers
#| export
import math

import numpy as np

from tinytorch_lib.core.tensor import Tensor

# %%
import io

import matplotlib.pyplot as plt

from tinytorch_lib.core.activations import Sigmoid, Tanh
from tinytorch_lib.core.layers import Layer, Linear, Sequential
from tinytorch_lib.core.losses import BinaryCrossEntropyLoss
from tinytorch_lib.core.setup import array_memory, megabytes, time_call
from tinytorch_lib.core.tensor import manual_seed, randn

# %% [markdown]
# ## What hurts
# 05 moved every weight with a line of its own. One line was missing, one weight never moved, and nobody noticed. Here
# it is once more, with arrays instead of single numbers: XOR, two layers, four arrays, and four lines to move them. Or
# three?

# %%
xor_inputs = Tensor([[0.0, 0.0], [0.0, 1.0], [1.0, 0.0], [1.0, 1.0]])
xor_targets = Tensor([[0.0], [1.0], [1.0], [0.0]])
criterion = BinaryCrossEntropyLoss()


def new_model(seed):
    """A net for XOR: 2 inputs, 8 hidden units, 1 probability."""
    manual_seed(seed)
    return Sequential(Linear(2, 8), Tanh(), Linear(8, 1), Sigmoid())


model = new_model(seed=0)
hidden, _, output, _ = model
start = model.state_dict()
for step in range(501):
    loss = criterion(model(xor_inputs), xor_targets)
    if step % 250 == 0:
        print(f"step {step:3d}  loss {loss.item():.4f}")
    model.zero_grad()
    model.backward(criterion.backward())
    hidden.weight.data -= 0.5 * hidden.weight.grad.data
    output.weight.data -= 0.5 * output.weight.grad.data
    output.bias.data -= 0.5 * output.bias.grad.data
for name, tensor in model.state_dict().items():
    print(f"{name:10} moved by {np.abs(tensor.data - start[name].data).max():.3f}")

# %% [markdown]
# The model can list its parameters (04). So one loop can move them all, and forgets none. Whoever owns that loop is
# called an **optimizer**. Since it is written only once, it may be cleverer than $-\alpha g$.

# %% [markdown]
# ## 6.1 One step downhill — solved, to read
# A gradient points uphill. Go a little the other way:
#
# $$\theta \leftarrow \theta - \alpha\, g$$
#
# $\theta$ is the parameter, $g$ the gradient that `backward` left in `parameter.grad`, $\alpha$ the learning rate. The
# step happens *in place*: layers and optimizers hold the same Tensor. `-=` also keeps the array's type, and a 0-d array
# stays an array.

# %% nbgrader={"grade": false, "grade_id": "gradient-descent-step", "locked": true, "schema_version": 3, "solution": false, "task": false}
#| export
def gradient_descent_step(parameter: Tensor, learning_rate: float) -> None:
    """Move `parameter` against its gradient, in place.

    A parameter without a gradient (`grad is None`) took no part in the loss and stays where it is.

    Raises:
        ValueError: the gradient has not the parameter's shape.

    Example:
        with the value 1, the gradient 4 and the learning rate 0.1, the value becomes 0.6
    """
    if parameter.grad is None:
        return
    if parameter.grad.shape != parameter.shape:
        raise ValueError(f"a parameter of shape {parameter.shape} has a gradient of shape {parameter.grad.shape}")
    parameter.data -= learning_rate * parameter.grad.data

# %% [markdown]
# ### See it: how long is a step?
# Our test track for today is a valley 25 times steeper across than along:
#
# $$L(x, y) = \tfrac12 (x - 1)^2 + \tfrac12\, 25\, (y - 1)^2$$
#
# Across, a step multiplies the distance to the floor by $1 - 25\alpha$. So there is a limit: above
# $\alpha = 2/25 = 0.08$ this is below $-1$, and each step lands farther away, on the other wall. Which of the three
# rates below gets nearest to the cross?

# %%
def valley(x, y):
    """The height at (x, y); the lowest place is (1, 1)."""
    return 0.5 * (x - 1) ** 2 + 0.5 * 25 * (y - 1) ** 2


def valley_gradient(place):
    """The slope of the valley at `place`, an array (x, y)."""
    return Tensor([place[0] - 1, 25 * (place[1] - 1)])


def draw_path(axes, path, title):
    """Contour lines of the valley and the way that was gone, an array (steps + 1, 2)."""
    x, y = np.meshgrid(np.linspace(-3.5, 2.5, 121), np.linspace(-0.6, 2.6, 121))
    axes.contour(x, y, valley(x, y), levels=[0.1, 0.5, 1.5, 4, 8, 14, 22, 32], colors="0.75", linewidths=0.8)
    axes.plot(*np.transpose(path), "o-", markersize=3, linewidth=1)
    axes.plot(1, 1, "x", color="black", markersize=8)
    axes.set(title=title, xlabel="x (no unit)", xlim=(-3.5, 2.5), ylim=(-0.6, 2.6))


figure, panels = plt.subplots(1, 3, figsize=(8, 3), layout="constrained", sharey=True)
for axes, rate in zip(panels, (0.005, 0.07, 0.0815), strict=True):
    place = Tensor([-3.0, 2.0])
    path = [place.data.copy()]
    for _ in range(25):
        place.grad = valley_gradient(place.data)
        gradient_descent_step(place, rate)
        path.append(place.data.copy())
    draw_path(axes, path, f"α = {rate}")
    print(f"learning rate {rate:<6}  height after 25 steps {valley(*place.data):7.3f} (start {valley(-3, 2)})")
panels[0].set_ylabel("y (no unit)")
plt.show()

# %% [markdown]
# Too small crawls, too large explodes, and the best is only just below the limit. The *steepest* direction sets the
# limit, and the flat one pays for it. That is the trouble which the rest of this module is about.

# %% [markdown]
# ## How optimizers are tested
# Gradients are set by hand, a few steps are taken, and the values compared with closed forms and with numbers saved
# from PyTorch. You need not read the cell.

# %% nbgrader={"grade": false, "grade_id": "checks", "locked": true, "schema_version": 3, "solution": false, "task": false}
#| check
def same(got, expected, why, tolerance=1e-5):
    """`got` has the shape and the numbers of `expected`."""
    assert got is not None, f"{why}\nGot None: is there a `return`?"
    assert np.shape(got) == np.shape(expected), f"{why}\nExpected the shape {np.shape(expected)}, got {np.shape(got)}."
    np.testing.assert_allclose(got, expected, rtol=tolerance, atol=tolerance / 10, err_msg=why)


def follow(path, expected, why, tolerance=1e-5):
    """Do the parameters go the expected way, step by step?"""
    for step, (got, right) in enumerate(zip(path, expected, strict=True), start=1):
        for index, (one, value) in enumerate(zip(got, right, strict=True)):
            same(one, value, f"{why}\nParameter {index} after step {step}.", tolerance)


# two parameters, four steps; the second one has no gradient in step 2
VALUES = [[[1.0, -1.0], [0.5, 2.0]], [0.2, -0.4, 3.0]]
GRADIENTS = [
    [[[1.0, -2.0], [0.5, 4.0]], [0.3, -0.1, 2.0]],
    [[[-1.5, 1.0], [2.0, 0.25]], None],
    [[[0.0, 3.0], [-0.5, -4.0]], [1.0, 1.0, -1.0]],
    [[[2.0, -1.0], [1.0, 0.5]], [-2.0, 0.0, 0.5]],
]

# %% nbgrader={"grade": false, "grade_id": "steps-by-hand", "locked": true, "schema_version": 3, "solution": false, "task": false}
def float_tensor(numbers, dtype="float32"):
    """A Tensor of the given type."""
    return Tensor(np.asarray(numbers), dtype=dtype)


def ask_politely(ask, parameter, section):
    """The direction that `ask()` gives, once it is sure that it looks right and that nothing else has changed."""
    value, gradient = parameter.data.copy(), parameter.grad.data.copy()
    direction = ask()
    assert direction is not None, f"Expected a direction, got None. Is there a `return`? Reread {section}."
    message = f"For a parameter of shape {value.shape} the direction has the shape {np.shape(direction)}. Reread {section}."
    assert np.shape(direction) == value.shape, message
    message = f"For a {value.dtype} parameter the direction is {np.asarray(direction).dtype}. Reread {section}."
    assert np.asarray(direction).dtype == value.dtype, message
    message = f"Asking for the direction moved the parameter; that is the job of 6.2. Reread {section}."
    np.testing.assert_array_equal(parameter.data, value, err_msg=message)
    message = f"The gradient was changed; it belongs to the parameter. Reread {section}."
    np.testing.assert_array_equal(parameter.grad.data, gradient, err_msg=message)
    return np.array(direction)


def walk(optimizer, parameters, gradients, section, method="direction"):
    """Take steps by hand: set the gradients, ask for each direction d, move by θ - α d (so that 6.2 plays no part).

    Args:
        gradients: for each step, a gradient or None for each parameter.
        method: whom to ask: `direction(index)`, or `adapt(index, gradient)`.

    Returns:
        for each step, the parameters' values after it.
    """
    path, rate = [], optimizer.learning_rate
    for given in gradients:
        for index, (parameter, gradient) in enumerate(zip(parameters, given, strict=True)):
            parameter.grad = None if gradient is None else float_tensor(gradient, parameter.data.dtype.name)
            if gradient is None:
                continue
            arguments = (index,) if method == "direction" else (index, parameter.grad.data)
            direction = ask_politely(lambda a=arguments: getattr(optimizer, method)(*a), parameter, section)
            value = parameter.data
            parameter.data = np.asarray(value - rate * direction, dtype=value.dtype)
        path.append([parameter.data.copy() for parameter in parameters])
    return path

# %% nbgrader={"grade": false, "grade_id": "overwrite", "locked": true, "schema_version": 3, "solution": false, "task": false}
def overwrite(tensor, value):
    """For the tests: put other numbers into the memory of a Tensor, as its owner may do after a step."""
    tensor.data[...] = value

# %% [markdown]
# ## 6.2 Move them all — yours (14 points)
# Every optimizer of this module takes the same step. Only the **direction** $d$ differs:
#
# $$\theta \leftarrow \theta - \alpha\, d$$
#
# With $d = g$ this is 6.1. So write the loop once. It asks for the direction by the parameter's place in the list, and
# asks only where there is a gradient: the others stay, and their place is not asked for.
#
# *Where to look:* the last line of 6.1. A direction may be an array that somebody keeps for the next step, so leave it
# as it is.

# %% nbgrader={"grade": false, "grade_id": "move-parameters", "locked": false, "schema_version": 3, "solution": true, "task": false}
#| export
def move_parameters(parameters: list, direction, learning_rate: float) -> None:
    """6.2 Move every parameter that has a gradient: θ - learning_rate * d. Type and shape stay; `grad` stays too.

    Args:
        parameters: Tensors.
        direction: a function; direction(index) gives d for parameters[index], an array of its shape. Asked once for
            each parameter with a gradient. The array may have another float type, and is not changed.
        learning_rate: α.

    Example:
        move_parameters([a, b], lambda index: [a, b][index].grad.data, 0.1) is 6.1 for a and b
    """
    ### BEGIN SOLUTION
    for index, parameter in enumerate(parameters):
        if parameter.grad is not None:
            parameter.data -= learning_rate * direction(index)
    ### END SOLUTION

# %% nbgrader={"grade": true, "grade_id": "test-move-parameters", "locked": true, "points": 14, "schema_version": 3, "solution": false, "task": false}
def test_move_parameters():
    """Does every parameter with a gradient move by its own direction, in its own type, and nothing else change?"""
    print("🔬 Unit Test: Moving the parameters...")

    def compare(values, dtypes, directions, with_gradient, rate, what=""):
        """Two steps along fixed directions; parameters whose place is not in `with_gradient` have no gradient."""
        parameters = [float_tensor(value, dtype) for value, dtype in zip(values, dtypes, strict=True)]
        expected = [np.array(parameter.data) for parameter in parameters]
        table, asked = [np.array(direction) for direction in directions], []

        def direction(index):
            asked.append(index)
            return table[index]

        for index in with_gradient:
            parameters[index].grad = float_tensor(np.full(np.shape(values[index]), 3.0), dtypes[index])
        for step in (1, 2):
            move_parameters(parameters, direction, rate)
            message = f"Only places {with_gradient} have a gradient; asked for {asked} in step {step}{what} (6.2)."
            assert sorted(asked) == with_gradient, message
            asked.clear()
            for index, parameter in enumerate(parameters):
                if index in with_gradient:
                    expected[index] = expected[index] - rate * np.asarray(directions[index])
                got, why = parameter.data, f"Parameter {index} after step {step}{what}."
                assert isinstance(got, np.ndarray), f"{why}\nIts data should be an array, but is {type(got).__name__} (6.1)."
                same(got, expected[index], f"{why} It should have moved by -{rate} d if it has a gradient (6.2).")
                message = f"{why}\nIt was {dtypes[index]} and should have stayed so, but is {got.dtype} (6.2)."
                assert got.dtype == dtypes[index], message
        for index, parameter in enumerate(parameters):
            message = f"The direction of parameter {index} was changed{what}: make a new array of α d (6.2)."
            np.testing.assert_array_equal(table[index], directions[index], err_msg=message)
            if index in with_gradient:
                message = f"The gradient of parameter {index} should stay as it is{what} (6.2)."
                same(parameter.grad.data, np.full(np.shape(values[index]), 3.0), message)

    single = "float32"
    compare([[1.0, -2.0]], [single], [[10.0, 20.0]], [0], 0.1)
    compare([[1.0, -2.0], [[7.0]], [5.0, 5.0, 5.0]], [single] * 3, [[10.0, 20.0], [[1.0]], [0.0, -4.0, 2.0]], [0, 2], 0.5)
    compare([[1.0, 2.0], 4.0, [[3.0]]], ["float64", single, single], [[0.5, 0.25], -8.0, [[2.0]]], [0, 1, 2], 0.25)
    compare([[1.0], [2.0]], [single] * 2, [[1.0], [1.0]], [], 0.1)
    compare([np.zeros((0, 3))], [single], [np.zeros((0, 3))], [0], 0.1)
    exact = float_tensor([1.0], "float64")
    exact.grad = float_tensor([1.0], "float64")
    move_parameters([exact], lambda index: np.array([1.0]), 1e-12)
    message = "A float64 parameter should move with all its digits; here by 1e-12 (6.2)."
    assert 0.9e-12 < 1.0 - exact.data[0] < 1.1e-12, message
    ### BEGIN HIDDEN TESTS
    values = [np.arange(6.0).reshape(1, 2, 3), -1.5, [[2.0], [4.0]], [9.0]]
    directions = [np.cos(np.arange(6.0)).reshape(1, 2, 3), 3.0, [[-1.0], [0.5]], [1.0]]
    compare(values, [single, "float64", "float16", single], directions, [0, 1, 2], 2.0, " (hidden test)")
    compare(values, [single] * 4, directions, [3], 0.5, " (hidden test)")
    ### END HIDDEN TESTS
    print("📈 Progress: Moving the parameters ✓")


test_move_parameters()

# %% [markdown]
# ## The optimizer — solved, to read
# An optimizer is a list of parameters, your loop, some numbers ($\alpha$ and the like), and **state**: what it
# remembers about each parameter from step to step. Training for days means stopping and going on, so all of that can be
# saved.
#
# State is kept in *lists*, at the parameter's place. A dictionary with `id(parameter)` as key looks just as good:

# %%
first = id(Tensor([1.0]))  # nobody holds this Tensor: it is gone at the end of the line
second = id(Tensor([2.0]))
print("a new Tensor under the id of a dead one:", first == second)

# %% [markdown]
# An id is an address, and addresses are given out again. The new parameter would inherit the dead one's momentum.
#
# First what can be saved. `numbers` says what each number may be; every assignment is checked, so a learning rate of −1
# or `nan` is refused at once, and `np.float64` becomes a plain number (which would otherwise make float64 out of
# float32).

# %% nbgrader={"grade": false, "grade_id": "stateful", "locked": true, "schema_version": 3, "solution": false, "task": false}
#| export
def checked_number(name: str, value, kind: type, low: float, high: float):
    """`value` as an int or a float (`kind`), once it is sure that low <= value < high.

    Raises:
        TypeError: it is no number.
        ValueError: it is out of range, or has a fraction where `kind` is int.
    """
    if isinstance(value, (np.ndarray, np.generic)) and np.ndim(value) == 0:
        value = value.item()
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        raise TypeError(f"{name} must be a number, got {value!r}")
    if not low <= value < high:
        limit = "finite" if high == math.inf else f"below {high:g}"
        raise ValueError(f"{name} must be at least {low:g} and {limit}, got {value!r}")
    if kind(value) != value:
        raise ValueError(f"{name} must be a whole number, got {value!r}")
    return kind(value)


class Stateful:
    """What can be saved and loaded: some numbers, and lists with one array or one count a parameter.

    A subclass names its attributes:
        numbers: name -> (int or float, smallest value, first value that is too large). Checked whenever one is set.
        lists: names of lists of arrays or counts.
    """

    numbers = {}
    lists = ()

    def __setattr__(self, name, value):
        if name in self.numbers:
            value = checked_number(name, value, *self.numbers[name])
        super().__setattr__(name, value)

    def state_dict(self) -> dict:
        """Numbers and copies of all arrays by name; a list's elements are called `name.0`, `name.1`, ..."""
        state = {name: getattr(self, name) for name in self.numbers}
        for name in self.lists:
            for index, value in enumerate(getattr(self, name)):
                state[f"{name}.{index}"] = value.copy() if isinstance(value, np.ndarray) else value
        return state

    def load_state_dict(self, state: dict) -> None:
        """Go on where the `state_dict` of an optimizer of the same build was taken; arrays are copied, types kept.

        Raises:
            ValueError: a name is missing or unexpected, a shape differs, or a number is out of range; the message names
                it. Nothing has changed then.
        """
        now = self.state_dict()
        missing = [key for key in now if key not in state]
        unexpected = [key for key in state if key not in now]
        if missing or unexpected:
            kind = type(self).__name__
            raise ValueError(f"the state does not fit this {kind}: missing {missing}, unexpected {unexpected}")
        loaded = {key: self.fitting(key, now[key], state[key]) for key in now}
        for name in self.numbers:
            setattr(self, name, loaded[name])
        for name in self.lists:
            setattr(self, name, [loaded[f"{name}.{index}"] for index in range(len(getattr(self, name)))])

    def fitting(self, key, now, value):
        """A copy of `value` in the place of `now`: the same shape and type."""
        array = np.array(value.data if isinstance(value, Tensor) else value)
        if array.shape != np.shape(now):
            raise ValueError(f"the state has {key} with the shape {array.shape}, expected {np.shape(now)}")
        if array.dtype.kind not in "iuf":
            raise ValueError(f"the state has {array.dtype} in {key}, expected numbers")
        if isinstance(now, (np.ndarray, np.generic)):
            return array.astype(now.dtype)
        return checked_number(key, array, *self.numbers.get(key, (int, 0, math.inf)))

# %% [markdown]
# Now the optimizer. Read `step`: it looks at all gradients *before* your loop moves anything, so that a misfit leaves
# the model whole. Numpy's warnings are off in it: a rate too large ends in `inf`, which is a fact about the training
# and no message.

# %% nbgrader={"grade": false, "grade_id": "optimizer", "locked": true, "schema_version": 3, "solution": false, "task": false}
#| export
def checked_parameters(parameters, name: str) -> list:
    """The parameters as a list, once it is sure that each is a float Tensor and stands there once."""
    if isinstance(parameters, Tensor) or not hasattr(parameters, "__iter__"):
        kind = type(parameters).__name__
        raise TypeError(f"{name} takes a list of Tensors, such as model.parameters(), got one {kind}")
    parameters = list(parameters)
    if not parameters:
        raise ValueError(f"{name} got an empty list of parameters: there is nothing to move")
    for parameter in parameters:
        if not isinstance(parameter, Tensor):
            kind = type(parameter).__name__
            raise TypeError(f"{name} takes a list of Tensors, such as model.parameters(), got a {kind} among them")
        if parameter.dtype.kind != "f":
            raise ValueError(f"{name} moves floats only, got a parameter of type {parameter.dtype}")
    if len({id(parameter) for parameter in parameters}) < len(parameters):
        raise ValueError(f"{name} got the same parameter twice: it would move twice in a step")
    return parameters


def chosen_rate(learning_rate, lr, default: float) -> float:
    """The learning rate under either of its two names, or the default.

    Raises:
        TypeError: both names were used.
    """
    if learning_rate is not None and lr is not None:
        raise TypeError(f"lr is short for learning_rate: give one of them, got {lr!r} and {learning_rate!r}")
    if lr is not None:
        return lr
    return default if learning_rate is None else learning_rate


class Optimizer(Stateful):
    """Base of all optimizers. A subclass defines one method:

        direction(index): the array d along which parameters[index] moves; it has a gradient then.

    Attributes:
        parameters: the Tensors to move, in order.
        learning_rate: α >= 0, may be changed between steps; `lr` is the same.
        step_count: how often `step` was called.

    Raises:
        TypeError: `parameters` is no list of Tensors, or a number is none.
        ValueError: no parameters, one of them twice or not of floats, or a number out of range.
    """

    numbers = {"step_count": (int, 0, math.inf), "learning_rate": (float, 0.0, math.inf)}

    def __init__(self, parameters, learning_rate: float):
        self.parameters = checked_parameters(parameters, type(self).__name__)
        self.learning_rate = learning_rate
        self.step_count = 0

    @property
    def lr(self) -> float:
        return self.learning_rate

    @lr.setter
    def lr(self, value):
        self.learning_rate = value

    def zeros(self) -> list:
        """An array of zeros for each parameter, of its shape and type: the start of most states."""
        return [np.zeros_like(parameter.data) for parameter in self.parameters]

    def gradient(self, index: int):
        """The gradient of parameters[index] as an array of the parameter's type, None if it has none.

        The array may be the gradient's own memory: read it, do not change it, do not keep it.

        Raises:
            TypeError: the gradient is no Tensor.
            ValueError: it has not the parameter's shape.
        """
        parameter = self.parameters[index]
        if parameter.grad is None:
            return None
        if not isinstance(parameter.grad, Tensor):
            kind = type(parameter.grad).__name__
            raise TypeError(f"the gradient of parameter {index} must be a Tensor, got a {kind}: write Tensor(...)")
        if parameter.grad.shape != parameter.shape:
            shapes = f"shape {parameter.shape}, its gradient {parameter.grad.shape}"
            raise ValueError(f"parameter {index} has the {shapes}: no parameter was moved")
        return np.asarray(parameter.grad.data, dtype=parameter.dtype)

    def direction(self, index: int) -> np.ndarray:
        raise NotImplementedError(f"{type(self).__name__} defines no direction")

    def step(self) -> None:
        """Move every parameter that has a gradient. The others stay, and so does all that is remembered about them."""
        for index in range(len(self.parameters)):
            self.gradient(index)  # raises if it does not fit
        with np.errstate(all="ignore"):
            move_parameters(self.parameters, self.direction, self.learning_rate)
        self.step_count += 1

    def zero_grad(self) -> None:
        """Forget all gradients. Backward adds to what is there (4.6), so this belongs before every backward."""
        for parameter in self.parameters:
            parameter.zero_grad()

    def __repr__(self):
        inside = ", ".join(f"{name}={getattr(self, name):g}" for name in self.numbers if name != "step_count")
        return f"{type(self).__name__}({inside})"

# %% [markdown]
# ## 6.3 SGD — yours (18 + 10 points)
# **Momentum.** In a narrow valley plain steps zigzag between the walls. Let each parameter carry a velocity, so that
# what successive gradients have in common adds up, and what alternates cancels:
#
# $$v \leftarrow \mu v + g \qquad d = v$$
#
# $v$ starts at zero. If $g$ stays the same, $v$ grows to $g / (1 - \mu)$: with $\mu = 0.9$, ten times as far a step.

# %% [markdown]
# **Weight decay.** Large weights are often weights that learned examples by heart. Add $\frac\lambda2 \theta^2$ to the
# loss and all weights are pulled to zero. The gradient of that term is yours to derive. It is added to $g$ *before*
# anything else is done with it.
#
# *Where to look:* `self.gradient(index)` above says what you may do with its array. Each parameter has its own
# velocity, at its place in `self.momentum_buffers`, and it must be there in the next step. Without momentum nothing is
# remembered: that list is empty then.

# %% nbgrader={"grade": false, "grade_id": "sgd", "locked": false, "schema_version": 3, "solution": true, "task": false}
#| export
class SGD(Optimizer):
    """6.3 Gradient descent with momentum and weight decay; "stochastic" when the gradients come from batches.

    Args:
        parameters: the Tensors to move.
        learning_rate: α >= 0; 0.01 if not given. `lr` is short for it.
        momentum: μ, the share of the velocity that is kept, from 0 to below 1.
        weight_decay: λ >= 0, the pull to zero, added to the gradient (L2).

    Attributes:
        momentum_buffers: the velocity of each parameter, in order; an empty list if momentum is 0.

    Example:
        SGD(model.parameters(), learning_rate=0.1, momentum=0.9)
    """

    numbers = {**Optimizer.numbers, "momentum": (float, 0.0, 1.0), "weight_decay": (float, 0.0, math.inf)}
    lists = ("momentum_buffers",)

    def __init__(self, parameters, learning_rate=None, momentum=0.0, weight_decay=0.0, *, lr=None):
        super().__init__(parameters, chosen_rate(learning_rate, lr, 0.01))
        self.momentum = momentum
        self.weight_decay = weight_decay
        self.momentum_buffers = self.zeros() if momentum else []

    def direction(self, index):
        """d for parameters[index], which has a gradient. Neither the parameter nor its gradient is changed."""
        parameter, gradient = self.parameters[index], self.gradient(index)
        ### BEGIN SOLUTION
        gradient = gradient + self.weight_decay * parameter.data
        if self.momentum == 0:
            return gradient
        velocity = self.momentum * self.momentum_buffers[index] + gradient
        self.momentum_buffers[index] = velocity
        return velocity
        ### END SOLUTION

# %% nbgrader={"grade": true, "grade_id": "test-sgd-momentum", "locked": true, "points": 18, "schema_version": 3, "solution": false, "task": false}
def test_sgd_momentum():
    """Does each parameter keep a velocity of its own, over several steps, in memory of its own?"""
    print("🔬 Unit Test: SGD with momentum...")
    # with equal gradients the velocities are g, 1.5 g, 1.75 g: 4.25 g together, times 0.1
    a, b, still = float_tensor([1.0, -2.0]), float_tensor([[0.5]]), float_tensor([7.0])
    optimizer = SGD([a, b, still], learning_rate=0.1, momentum=0.5)
    path = walk(optimizer, [a, b, still], 3 * [[[2.0, 4.0], [[-1.0]], None]], "6.3")
    why = "Three equal gradients, μ = 0.5: the velocity should be g, 1.5 g, 1.75 g (6.3)."
    same(path[0][0], [0.8, -2.4], f"{why} Here after the first step.")
    same(path[-1][0], [0.15, -3.7], why)
    same(path[-1][1], [[0.925]], f"{why} The second parameter: does it have its own velocity?")
    same(optimizer.momentum_buffers[0], [3.5, 7.0], f"{why} momentum_buffers should hold it.")
    same(optimizer.momentum_buffers[2], [0.0], "A parameter without a gradient keeps its velocity, here 0 (6.3).")

    saved = [  # PyTorch: learning rate 0.1, momentum 0.9
        [[[0.9, -0.8], [0.45, 1.6]], [0.17, -0.39, 2.8]],
        [[[0.96, -0.72], [0.205, 1.215]], [0.17, -0.39, 2.8]],
        [[[1.014, -0.948], [0.0345, 1.2685]], [0.043, -0.481, 2.72]],
        [[[0.8626, -1.0532], [-0.21895, 1.26665]], [0.1287, -0.5629, 2.598]],
    ]
    for dtype, tolerance in (("float32", 1e-5), ("float64", 1e-11)):
        parameters = [float_tensor(value, dtype) for value in VALUES]
        path = walk(SGD(parameters, learning_rate=0.1, momentum=0.9), parameters, GRADIENTS, "6.3")
        follow(path, saved, f"Four gradients, μ = 0.9, {dtype}: not PyTorch's values. Reread 6.3.", tolerance)

    plain = [float_tensor([1.0, 2.0])]
    path = walk(SGD(plain, learning_rate=0.5), plain, [[[1.0, -1.0]], [[4.0, 0.0]]], "6.3")
    follow(path, [[[0.5, 2.5]], [[-1.5, 2.5]]], "Without momentum the direction is the gradient (6.3).")
    assert len(SGD(plain).momentum_buffers) == 0, "Without momentum no buffers are kept (6.3)."

    for attempt in range(1, 31):  # new parameters may stand where dead ones stood
        fresh = [float_tensor([1.0]), float_tensor([2.0])]
        path = walk(SGD(fresh, 1.0, momentum=0.9), fresh, [[[1.0], [attempt]]], "6.3")
        why = f"The first step of optimizer number {attempt} should start from velocity 0. Where is the state kept (6.3)?"
        follow(path, [[[0.0], [2.0 - attempt]]], why)
    shared = [float_tensor([0.0])]
    one, two = SGD(shared, 1.0, momentum=0.5), SGD(shared, 1.0, momentum=0.5)
    walk(one, shared, [[[1.0]], [[1.0]]], "6.3")
    path = walk(two, shared, [[[4.0]]], "6.3")
    follow(path, [[[-6.5]]], "Two optimizers for one parameter: each should have its own velocity (6.3).")

    parameter = float_tensor([0.0, 0.0])
    optimizer = SGD([parameter], 1.0, momentum=0.5)
    walk(optimizer, [parameter], [[[2.0, -2.0]]], "6.3")
    overwrite(parameter.grad, 100.0)
    path = walk(optimizer, [parameter], [[[1.0, 1.0]]], "6.3")
    why = "The old gradient's memory got other numbers, and the velocity with it: does it have memory of its own (6.3)?"
    follow(path, [[[-4.0, 2.0]]], why)
    ### BEGIN HIDDEN TESTS
    generator = np.random.default_rng(63)
    shapes, steps, decay = [(2, 1, 3), (), (4,)], 6, 0.25
    parameters = [float_tensor(generator.standard_normal(shape), "float64") for shape in shapes]
    gradients = [[generator.standard_normal(shape) for shape in shapes] for _ in range(steps)]
    gradients[0][2] = gradients[3][0] = None
    expected, velocities, right = [p.data.copy() for p in parameters], [0.0, 0.0, 0.0], []
    for given in gradients:
        for index, gradient in enumerate(given):
            if gradient is None:
                continue
            # what your SGD without momentum makes of this gradient here: momentum adds these up
            twin = float_tensor(expected[index], "float64")
            twin.grad = float_tensor(gradient, "float64")
            decayed = SGD([twin], 0.03, weight_decay=decay).direction(0)
            velocities[index] = 0.8 * velocities[index] + decayed
            expected[index] = expected[index] - 0.03 * velocities[index]
        right.append(list(expected))
    path = walk(SGD(parameters, 0.03, momentum=0.8, weight_decay=decay), parameters, gradients, "6.3")
    why = "Six gradients with weight decay: what decay adds goes through the velocity too (hidden test). Reread 6.3."
    follow(path, right, why, 1e-9)
    ### END HIDDEN TESTS
    print("📈 Progress: SGD with momentum ✓")


test_sgd_momentum()

# %% nbgrader={"grade": true, "grade_id": "test-sgd-weight-decay", "locked": true, "points": 10, "schema_version": 3, "solution": false, "task": false}
def test_sgd_weight_decay():
    """Does decay pull every weight to zero, beside the gradient?"""
    print("🔬 Unit Test: SGD with weight decay...")
    # without a slope, each step multiplies by 1 - 0.1 * 0.5
    weight = [float_tensor([[2.0, -4.0]])]
    path = walk(SGD(weight, learning_rate=0.1, weight_decay=0.5), weight, 5 * [[[[0.0, 0.0]]]], "6.3")
    expected = [[np.array([[2.0, -4.0]]) * 0.95**k] for k in range(1, 6)]
    follow(path, expected, "Gradient 0, α = 0.1, λ = 0.5: weights should shrink by the factor 0.95 a step (6.3).")
    saved = [  # PyTorch: learning rate 0.1, weight decay 0.5
        [[[0.85, -0.75], [0.425, 1.5]], [0.16, -0.37, 2.65]],
        [[[0.9575, -0.8125], [0.20375, 1.4]], [0.16, -0.37, 2.65]],
        [[[0.909625, -1.071875], [0.2435625, 1.73]], [0.052, -0.4515, 2.6175]],
        [[[0.6641438, -0.9182812], [0.1313844, 1.5935]], [0.2494, -0.428925, 2.436625]],
    ]
    for dtype in ("float32", "float64"):
        parameters = [float_tensor(value, dtype) for value in VALUES]
        path = walk(SGD(parameters, learning_rate=0.1, weight_decay=0.5), parameters, GRADIENTS, "6.3")
        follow(path, saved, f"Four gradients, λ = 0.5, {dtype}: not PyTorch's values. Reread 6.3.")
    plain = [float_tensor([3.0])]
    path = walk(SGD(plain, learning_rate=0.1), plain, [[[1.0]]], "6.3")
    follow(path, [[[2.9]]], "Without weight decay only the gradient counts (6.3).")
    ### BEGIN HIDDEN TESTS
    zero_d = [float_tensor(-3.0, "float64"), float_tensor([0.0], "float64")]
    path = walk(SGD(zero_d, lr=0.25, weight_decay=2.0), zero_d, 3 * [[1.0, [2.0]]], "6.3")
    # towards -0.5 and -1, half of the way in each step
    expected = [[-0.5 - 2.5 * 0.5**k, [-1.0 + 0.5**k]] for k in (1, 2, 3)]
    follow(path, expected, "Slope 1 or 2 and λ = 2: the pulls balance at -1/2 and -1 (hidden test).", 1e-12)
    ### END HIDDEN TESTS
    print("📈 Progress: SGD with weight decay ✓")


test_sgd_weight_decay()

# %% [markdown]
# ### See it
# The same valley, the same learning rate, far below the limit. Before you run it: which path crosses the floor of the
# valley, and which comes nearer to the cross in 40 steps?

# %%
def travel(make, steps, scale=1.0):
    """The way of a new optimizer through the valley, made `scale` times as steep; an array (steps + 1, 2)."""
    place = Tensor([-3.0, 2.0])
    optimizer = make([place])
    path = [place.data.copy()]
    for _ in range(steps):
        place.grad = scale * valley_gradient(place.data)
        optimizer.step()
        path.append(place.data.copy())
    return np.array(path)


figure, panels = plt.subplots(1, 2, figsize=(7.5, 3.3), layout="constrained", sharey=True)
for axes, momentum in zip(panels, (0.0, 0.8), strict=True):
    path = travel(lambda parameters, momentum=momentum: SGD(parameters, 0.02, momentum=momentum), 40)
    draw_path(axes, path, f"SGD, α = 0.02, momentum {momentum}")
    print(f"momentum {momentum}: height after 40 steps {valley(*path[-1]):.4f}")
panels[0].set_ylabel("y (no unit)")
plt.show()

# %% [markdown]
# Along the floor, all gradients agree and the velocity grows. The price is a swing past the goal: momentum does not
# brake by itself.

# %% [markdown]
# ## 6.4 Adam — yours (12 + 16 + 6 points)
# Momentum helps along the floor, but all parameters still share one $\alpha$, though some slopes are 25 times steeper
# than others. Adam gives each *number* its own step. It keeps two running means, of the gradient and of its square:
#
# $$m \leftarrow \beta_1 m + (1 - \beta_1)\, g \qquad v \leftarrow \beta_2 v + (1 - \beta_2)\, g^2$$

# %% [markdown]
# Both start at zero, so at first both are far too small: after $t$ equal gradients, $m = (1 - \beta_1^t)\, g$. That
# factor is known, so divide by it, and compare the mean with the typical size:
#
# $$\hat m = \frac{m}{1 - \beta_1^t} \qquad \hat v = \frac{v}{1 - \beta_2^t} \qquad d = \frac{\hat m}{\sqrt{\hat v} + \epsilon}$$

# %% [markdown]
# If all gradients are equal, $d$ is $\pm 1$, however steep it is. If the sign keeps changing, $d$ is near 0. $\epsilon$
# stands *outside* the root and only guards against $0/0$.
#
# $t$ counts the updates of *this* parameter: one that had no gradient was not updated, so its $m$ and $v$ are younger
# than the optimizer.
#
# What would the first step be without the correction? With $\beta_1 = 0.9$, $\beta_2 = 0.999$, work out $m / \sqrt v$
# for $t = 1$.
#
# **With weight decay** Adam treats it as SGD does: it becomes a part of the gradient, before anything else.

# %% nbgrader={"grade": false, "grade_id": "adam", "locked": false, "schema_version": 3, "solution": true, "task": false}
#| export
class Adam(Optimizer):
    """6.4 Adaptive moment estimation: every number has its own step size.

    Args:
        parameters: the Tensors to move.
        learning_rate: α >= 0, about how far a number moves in a step; 0.001 if not given. `lr` is short for it.
        beta1: share of the mean gradient that is kept, from 0 to below 1.
        beta2: share of the mean squared gradient that is kept, from 0 to below 1.
        epsilon: >= 0, added to the root.
        weight_decay: λ >= 0, the pull to zero, added to the gradient (L2).

    Attributes:
        first_moment: m of each parameter, in order.
        second_moment: v of each parameter, in order.
        update_counts: t of each parameter, in order.

    Example:
        Adam(model.parameters(), learning_rate=0.01)
    """

    numbers = {
        **Optimizer.numbers,
        "beta1": (float, 0.0, 1.0),
        "beta2": (float, 0.0, 1.0),
        "epsilon": (float, 0.0, math.inf),
        "weight_decay": (float, 0.0, math.inf),
    }
    lists = ("first_moment", "second_moment", "update_counts")

    def __init__(
        self, parameters, learning_rate=None, beta1=0.9, beta2=0.999, epsilon=1e-8, weight_decay=0.0, *, lr=None
    ):
        super().__init__(parameters, chosen_rate(learning_rate, lr, 0.001))
        self.beta1 = beta1
        self.beta2 = beta2
        self.epsilon = epsilon
        self.weight_decay = weight_decay
        self.first_moment = self.zeros()
        self.second_moment = self.zeros()
        self.update_counts = [0] * len(self.parameters)

    def adapt(self, index: int, gradient: np.ndarray) -> np.ndarray:
        """Take `gradient` (not changed) into the moments of parameters[index], count the update, and give d."""
        ### BEGIN SOLUTION
        self.update_counts[index] += 1
        count, first, second = self.update_counts[index], self.first_moment[index], self.second_moment[index]
        first[...] = self.beta1 * first + (1 - self.beta1) * gradient
        second[...] = self.beta2 * second + (1 - self.beta2) * gradient**2
        corrected_first = first / (1 - self.beta1**count)
        corrected_second = second / (1 - self.beta2**count)
        return corrected_first / (np.sqrt(corrected_second) + self.epsilon)
        ### END SOLUTION

    def direction(self, index):
        """d for parameters[index], which has a gradient: what `adapt` makes of the gradient with its decay."""
        parameter, gradient = self.parameters[index], self.gradient(index)
        ### BEGIN SOLUTION
        return self.adapt(index, gradient + self.weight_decay * parameter.data)
        ### END SOLUTION

# %% nbgrader={"grade": true, "grade_id": "test-adam-moments", "locked": true, "points": 12, "schema_version": 3, "solution": false, "task": false}
def test_adam_moments():
    """Are both running means and the counts right for each parameter, over several updates?"""
    print("🔬 Unit Test: Adam's moments...")

    def feed(optimizer, parameters, gradients):
        """Hand the gradients of some steps to `adapt`. What it gives back is the business of the next test."""
        for given in gradients:
            for index, (parameter, gradient) in enumerate(zip(parameters, given, strict=True)):
                if gradient is not None:
                    parameter.grad = float_tensor(gradient, parameter.data.dtype.name)
                    optimizer.adapt(index, parameter.grad.data)
                    message = "adapt changed the gradient; it belongs to the parameter (6.4)."
                    same(parameter.grad.data, parameter.data.dtype.type(gradient), message, 1e-12)

    def compare(optimizer, index, first, second, count, why, tolerance=1e-5):
        same(optimizer.first_moment[index], first, f"{why}\nfirst_moment[{index}] is wrong (6.4).", tolerance)
        same(optimizer.second_moment[index], second, f"{why}\nsecond_moment[{index}] is wrong (6.4).", tolerance)
        got = optimizer.update_counts[index]
        assert got == count, f"{why}\nupdate_counts[{index}] should be {count}, but is {got} (6.4)."

    # with equal gradients m = (1 - β1^t) g and v = (1 - β2^t) g²
    gradient = np.array([3.0, -0.5, 0.0])
    parameters = [float_tensor([1.0, 2.0, 3.0])]
    optimizer = Adam(parameters, beta1=0.5, beta2=0.75)
    for t in range(1, 6):
        feed(optimizer, parameters, [[gradient]])
        why = f"After {t} equal gradients m should be (1 - β1^t) g and v (1 - β2^t) g²."
        compare(optimizer, 0, (1 - 0.5**t) * gradient, (1 - 0.75**t) * gradient**2, t, why)

    for dtype in ("float32", "float64"):
        parameters = [float_tensor(value, dtype) for value in [*VALUES, [7.0]]]
        optimizer = Adam(parameters, 0.1, beta2=0.99)
        feed(optimizer, parameters, [[*given, None] for given in GRADIENTS])
        why = f"After four steps with other gradients ({dtype}), as PyTorch has it."
        first, second = [[0.1514, 0.1052], [0.25345, 0.00185]], [[0.07175524, 0.14771296], [0.054104748, 0.316760403]]
        compare(optimizer, 0, first, second, 4, why)
        first, second = [-0.0857, 0.0819, 0.122], [0.05078209, 0.00999801, 0.051604]
        compare(optimizer, 1, first, second, 3, f"{why} The second parameter had three gradients only.")
        compare(optimizer, 2, [0.0], [0.0], 0, f"{why} The third one had none.")
        for name in ("first_moment", "second_moment"):
            got = np.asarray(getattr(optimizer, name)[0]).dtype
            assert got == dtype, f"{name} of a {dtype} parameter should be {dtype}, but is {got} (6.4)."

    parameter = float_tensor([0.0])
    optimizer = Adam([parameter], beta1=0.5, beta2=0.5)
    feed(optimizer, [parameter], [[[2.0]]])
    overwrite(parameter.grad, 100.0)
    feed(optimizer, [parameter], [[[4.0]]])
    why = "The old gradient's memory got other numbers, and a moment with it: memory of its own?"
    compare(optimizer, 0, [2.5], [9.0], 2, why)
    for attempt in range(1, 31):  # new parameters may stand where dead ones stood
        fresh = [float_tensor([1.0])]
        optimizer = Adam(fresh, beta1=0.5, beta2=0.5)
        feed(optimizer, fresh, [[[float(attempt)]]])
        why = f"The first update of optimizer number {attempt} should start from zero. Where is the state kept?"
        compare(optimizer, 0, [0.5 * attempt], [0.5 * attempt**2], 1, why)
    ### BEGIN HIDDEN TESTS
    generator = np.random.default_rng(64)
    shapes = [(), (3, 1, 2)]
    parameters = [float_tensor(np.zeros(shape), "float64") for shape in shapes]
    gradients = [[generator.standard_normal(shape) for shape in shapes] for _ in range(7)]
    optimizer = Adam(parameters, beta1=0.8, beta2=0.95)
    feed(optimizer, parameters, gradients)
    for index in (0, 1):
        first = sum(0.2 * 0.8 ** (6 - k) * given[index] for k, given in enumerate(gradients))
        second = sum(0.05 * 0.95 ** (6 - k) * given[index] ** 2 for k, given in enumerate(gradients))
        compare(optimizer, index, first, second, 7, "The running means as weighted sums (hidden test).", 1e-10)
    ### END HIDDEN TESTS
    print("📈 Progress: Adam's moments ✓")


test_adam_moments()

# %% nbgrader={"grade": true, "grade_id": "test-adam-correction", "locked": true, "points": 16, "schema_version": 3, "solution": false, "task": false}
def test_adam_correction():
    """Are both moments corrected, by the parameter's own count, and divided as they should be?"""
    print("🔬 Unit Test: Adam's corrected direction...")

    def compare(optimizer, parameters, gradients, section, saved=None, tolerance=1e-5):
        """Each direction against the moments that the optimizer has; a mistake in them is the business of the last test."""
        beta1, beta2, epsilon, counts = optimizer.beta1, optimizer.beta2, optimizer.epsilon, [0] * len(parameters)
        for given in gradients:
            before = [parameter.data.copy() for parameter in parameters]
            (after,) = walk(optimizer, parameters, [given], section, "adapt")
            for index, gradient in enumerate(given):
                if gradient is None:
                    continue
                counts[index] += 1
                first, second = (np.asarray(m[index], float) for m in (optimizer.first_moment, optimizer.second_moment))
                mean, square = first / (1 - beta1 ** counts[index]), second / (1 - beta2 ** counts[index])
                step = before[index] - after[index]
                place = f"Update {counts[index]} of parameter {index}, β1 = {beta1}, β2 = {beta2}, ε = {epsilon}"
                why = f"{place}: d is wrong. Both corrections, this parameter's count, ε outside the root? Reread {section}."
                right = optimizer.learning_rate * mean / (square**0.5 + epsilon)
                same(step, right, why, tolerance)
        return after

    # zero at the start, learning rate 1: the value after the first step is -d
    for gradient, epsilon in [([4.0, -0.01, 0.0], 1e-8), ([1e-3, 2.0], 0.1), ([1e-6, -1e-8], 1e-8), ([5.0], 0.0)]:
        parameters = [float_tensor(np.zeros(len(gradient)))]
        compare(Adam(parameters, 1.0, epsilon=epsilon), parameters, [[gradient]], "6.4")
    for betas in [(0.0, 0.0), (0.9, 0.0), (0.0, 0.999), (0.5, 0.9)]:
        parameters = [float_tensor([0.0, 0.0], "float64"), float_tensor([[0.0]], "float64")]
        gradients = [[[1.0, -3.0], [[2.0]]], [[2.0, 0.5], None], [[-1.0, 0.25], [[-4.0]]], [[0.5, 1.0], [[1.0]]]]
        compare(Adam(parameters, 0.5, *betas, epsilon=0.01), parameters, gradients, "6.4", tolerance=1e-9)

    saved = [[[0.911299, -0.9280056], [0.1974731, 1.8341685]], [0.0338317, -0.4193206, 2.8391766]]  # PyTorch, four steps
    squares = [[[0.07175524, 0.14771296], [0.054104748, 0.316760403]], [0.05078209, 0.00999801, 0.051604]]
    means = [[[0.1514, 0.1052], [0.25345, 0.00185]], [-0.0857, 0.0819, 0.122]]
    for dtype in ("float32", "float64"):
        parameters = [float_tensor(value, dtype) for value in VALUES]
        optimizer = Adam(parameters, 0.1, beta2=0.99)
        after = compare(optimizer, parameters, GRADIENTS, "6.4", tolerance=1e-4)
        for index, value in enumerate(after):
            pairs = ((optimizer.first_moment, means), (optimizer.second_moment, squares))
            if all(np.allclose(mine[index], right[index], rtol=1e-4) for mine, right in pairs):
                why = f"Parameter {index} ({dtype}) after four steps: not PyTorch's value. Reread 6.4."
                same(value, saved[index], why)
    ### BEGIN HIDDEN TESTS
    generator = np.random.default_rng(640)
    shapes = [(2, 1, 2), ()]
    parameters = [float_tensor(generator.standard_normal(shape), "float64") for shape in shapes]
    gradients = [[generator.standard_normal(shape) for shape in shapes] for _ in range(8)]
    for step in (0, 1, 4):
        gradients[step][1] = None
    compare(Adam(parameters, 0.2, 0.7, 0.8, 1e-3), parameters, gradients, "6.4 (hidden test)", tolerance=1e-9)
    ### END HIDDEN TESTS
    print("📈 Progress: Adam's corrected direction ✓")


test_adam_correction()

# %% nbgrader={"grade": false, "grade_id": "triple-adam", "locked": true, "schema_version": 3, "solution": false, "task": false}
class TripleAdam(Adam):
    """For the next test: `adapt` makes 3 g of g, so that only `direction` is asked."""

    def adapt(self, index, gradient):
        return 3 * gradient

# %% nbgrader={"grade": true, "grade_id": "test-adam-weight-decay", "locked": true, "points": 6, "schema_version": 3, "solution": false, "task": false}
def test_adam_weight_decay():
    """Is the decay a part of the gradient that is adapted?"""
    print("🔬 Unit Test: Adam with weight decay...")
    # adapt makes 3 g of g here; without a slope, each step multiplies by 1 - 0.1 * 3 * 0.5
    weight = [float_tensor([2.0, -4.0]), float_tensor([[1.0]])]
    path = walk(TripleAdam(weight, 0.1, weight_decay=0.5), weight, 4 * [[[0.0, 0.0], [[0.0]]]], "6.4")
    expected = [[np.array([2.0, -4.0]) * 0.85**k, [[0.85**k]]] for k in range(1, 5)]
    why = "Here adapt gives 3 g, g = 0 and λ = 0.5: d should be 3 (g + λ θ). The last paragraph of 6.4."
    follow(path, expected, why)
    plain = [float_tensor([1.0, 5.0], "float64")]
    path = walk(TripleAdam(plain, 0.1), plain, [[[1.0, -1.0]]], "6.4")
    follow(path, [[[0.7, 5.3]]], "Here adapt gives 3 g, and λ = 0: d should be 3 g (6.4).")
    ### BEGIN HIDDEN TESTS
    both = [float_tensor(2.0, "float64"), float_tensor([-1.0], "float64")]
    path = walk(TripleAdam(both, lr=0.5, weight_decay=0.2), both, [[-1.0, None], [0.5, [2.0]]], "6.4")
    follow(path, [[2.9, [-1.0]], [1.28, [-3.7]]], "Here adapt gives 3 g, and λ = 0.2 (hidden test). Reread 6.4.", 1e-9)
    ### END HIDDEN TESTS
    print("📈 Progress: Adam with weight decay ✓")


test_adam_weight_decay()

# %% [markdown]
# ### What the correction is for
# Adam's first steps with the correction and without it, for an equal gradient $g$ at each step. Did you find the factor
# at $t = 1$?

# %%
print("    t   corrected   as it is")
for t in (1, 2, 5, 20, 100, 1000):
    m, v = 1 - 0.9**t, 1 - 0.999**t  # with g = 1
    print(f"{t:5d} {1.0:10.3f} {m / np.sqrt(v):10.3f}")

# %% [markdown]
# Uncorrected, the first hundred steps would be several times too long, just when the weights are most in need of care.

# %% [markdown]
# ## 6.5 AdamW — yours (12 points)
# In 6.4 the decay goes through the division by $\sqrt{\hat v}$: a weight with large gradients is hardly pulled at all,
# one with small gradients strongly. Nobody wants that. AdamW keeps the two apart. The gradient *alone* is adapted, the
# pull is added to the direction:
#
# $$d = \text{adapt}(g) + \lambda\, \theta$$
#
# One line differs from Adam. It is how nearly all language models are trained. *Where to look:* `direction` in 6.4.

# %% nbgrader={"grade": false, "grade_id": "adamw", "locked": false, "schema_version": 3, "solution": true, "task": false}
#| export
class AdamW(Adam):
    """6.5 Adam with decoupled weight decay: the pull to zero is not adapted.

    Args and attributes as for `Adam`, but `weight_decay` is 0.01 if not given.

    Example:
        AdamW(model.parameters(), learning_rate=0.001, weight_decay=0.1)
    """

    def __init__(
        self, parameters, learning_rate=None, beta1=0.9, beta2=0.999, epsilon=1e-8, weight_decay=0.01, *, lr=None
    ):
        super().__init__(parameters, learning_rate, beta1, beta2, epsilon, weight_decay, lr=lr)

    def direction(self, index):
        """d for parameters[index], which has a gradient. Neither the parameter nor its gradient is changed."""
        parameter, gradient = self.parameters[index], self.gradient(index)
        ### BEGIN SOLUTION
        return self.adapt(index, gradient) + self.weight_decay * parameter.data
        ### END SOLUTION

# %% nbgrader={"grade": false, "grade_id": "triple-adamw", "locked": true, "schema_version": 3, "solution": false, "task": false}
class TripleAdamW(AdamW):
    """For the next test: `adapt` makes 3 g of g, so that only `direction` is asked."""

    def adapt(self, index, gradient):
        return 3 * gradient

# %% nbgrader={"grade": true, "grade_id": "test-adamw", "locked": true, "points": 12, "schema_version": 3, "solution": false, "task": false}
def test_adamw():
    """Is the gradient adapted alone, and the decay added beside it?"""
    print("🔬 Unit Test: AdamW...")
    # adapt makes 3 g of g here; without a slope, each step multiplies by 1 - 0.1 * 0.5
    weight = [float_tensor([2.0, -4.0]), float_tensor([[1.0]])]
    path = walk(TripleAdamW(weight, 0.1, weight_decay=0.5), weight, 4 * [[[0.0, 0.0], [[0.0]]]], "6.5")
    expected = [[np.array([2.0, -4.0]) * 0.95**k, [[0.95**k]]] for k in range(1, 5)]
    why = "Here adapt gives 3 g, g = 0 and λ = 0.5: d should be 3 g + λ θ. The decay is not adapted (6.5)."
    follow(path, expected, why)
    slope = [float_tensor([1.0, 5.0], "float64")]
    path = walk(TripleAdamW(slope, 0.1, weight_decay=0.0), slope, [[[1.0, -1.0]]], "6.5")
    follow(path, [[[0.7, 5.3]]], "Here adapt gives 3 g, and λ = 0: d should be 3 g (6.5).", 1e-9)
    default = [float_tensor([100.0])]
    path = walk(TripleAdamW(default, 0.5), default, [[[2.0]]], "6.5")
    follow(path, [[[96.5]]], "Here adapt gives 3 g, and λ = 0.01, the default: d should be 6 + 1 (6.5).")
    ### BEGIN HIDDEN TESTS
    both = [float_tensor(2.0, "float64"), float_tensor([-1.0], "float64")]
    path = walk(TripleAdamW(both, lr=0.5, weight_decay=0.2), both, [[-1.0, None], [0.5, [2.0]]], "6.5")
    follow(path, [[3.3, [-1.0]], [2.22, [-3.9]]], "Here adapt gives 3 g, and λ = 0.2 (hidden test). Reread 6.5.", 1e-9)
    ### END HIDDEN TESTS
    print("📈 Progress: AdamW ✓")


test_adamw()

# %% [markdown]
# ### Put together: against PyTorch
# Every piece was tested alone. Now whole optimizers, with your loop from 6.2. The right-hand sides were made with
# PyTorch 2.13: two parameters after the four steps of the tests. Not graded: if a line shows more than $10^{-6}$, a
# piece above is wrong.

# %%
from_pytorch = {
    "SGD": (
        lambda p: SGD(p, 0.1),
        [0.85, -1.1, 0.2, 1.925, 0.27, -0.49, 2.85],
    ),
    "SGD, momentum and decay": (
        lambda p: SGD(p, 0.1, momentum=0.9, weight_decay=0.5),
        [0.4595062, -0.6882188, -0.3714344, 0.588875, 0.0856, -0.452325, 1.824625],
    ),
    "Adam": (
        lambda p: Adam(p, 0.1),
        [0.9112247, -0.9281023, 0.1973376, 1.8343301, 0.0337452, -0.4194662, 2.8393234],
    ),
    "Adam, decay": (
        lambda p: Adam(p, 0.1, weight_decay=0.5),
        [0.8054736, -0.8615842, 0.1768526, 1.7652181, 0.0269059, -0.3721173, 2.7419824],
    ),
    "AdamW": (
        lambda p: AdamW(p, 0.1, weight_decay=0.5),
        [0.736621, -0.7575209, 0.1300444, 1.4842763, 0.0194964, -0.3687972, 2.4225301],
    ),
}
for name, (make, expected) in from_pytorch.items():
    parameters = [Tensor(value) for value in VALUES]
    optimizer = make(parameters)
    for given in GRADIENTS:
        for parameter, gradient in zip(parameters, given, strict=True):
            parameter.grad = None if gradient is None else Tensor(gradient)
        optimizer.step()
    got = np.concatenate([parameter.data.ravel() for parameter in parameters])
    print(f"{name:24} largest difference to PyTorch {np.abs(got - expected).max():.1e}")

# %% [markdown]
# ### See it: four ways down
# The valley again, 80 steps each, learning rates that suit each one. Look at the *first* few steps: who goes straight
# down the wall, who goes diagonally, and why? And where does AdamW stop: at the cross?

# %%
ways = {
    "SGD, α = 0.07": lambda p: SGD(p, 0.07),
    "momentum 0.8, α = 0.02": lambda p: SGD(p, 0.02, momentum=0.8),
    "Adam, α = 0.3": lambda p: Adam(p, 0.3),
    "AdamW, α = 0.3, λ = 0.5": lambda p: AdamW(p, 0.3, weight_decay=0.5),
}
paths = {name: travel(make, 80) for name, make in ways.items()}
figure, panels = plt.subplots(2, 2, figsize=(7.5, 5.4), layout="constrained", sharex=True, sharey=True)
for axes, (name, path) in zip(panels.ravel(), paths.items(), strict=True):
    draw_path(axes, path, name)
    axes.label_outer()
for axes in panels[:, 0]:
    axes.set_ylabel("y (no unit)")
plt.show()

# %%
figure, axes = plt.subplots(figsize=(7, 3.5), layout="constrained")
for (name, path), style in zip(paths.items(), ("-", "--", "-.", ":"), strict=True):
    axes.semilogy([valley(*place) for place in path], style, label=name)
    print(f"{name:24} ends at ({path[-1][0]:.3f}, {path[-1][1]:.3f}), height {valley(*path[-1]):.1e}")
axes.set(title="The height on the way", xlabel="step", ylabel="height (no unit)")
axes.legend(fontsize=8)
plt.show()

# %% [markdown]
# SGD follows the gradient, so it jumps between the walls. Adam goes diagonally: each coordinate takes steps of about
# $\alpha$, the steepness is divided out. AdamW has a pull to $(0, 0)$ and balances before the cross; that is what you
# asked for with $\lambda$.

# %% [markdown]
# On this smooth valley plain SGD does well, if you know the limit 0.08. In a network nobody knows it, and it is another
# one for each layer. What if the loss were measured in other units, so that the valley is 1000 times as steep? Guess
# all three before you run it.

# %%
for name in ("SGD, α = 0.07", "momentum 0.8, α = 0.02", "Adam, α = 0.3"):
    with np.errstate(all="ignore"):  # some will overflow
        ends = [travel(ways[name], 80, scale)[-1] for scale in (1, 1000)]
    print(f"{name:24} ends at", "   1000 times as steep: ".join(f"({x:.3g}, {y:.3g})" for x, y in ends))

# %% [markdown]
# ## 6.6 A schedule — yours (12 points)
# Gradients from batches are noisy. Large steps get you near the floor fast, and then the noise throws you about, the
# farther the longer the step. So begin with large steps and shorten them:
#
# $$\alpha \leftarrow \gamma\, \alpha \quad \text{after every } n \text{ calls of } \texttt{scheduler.step()}$$
#
# With $n = 3$: calls 1 and 2 change nothing, call 3 does. The usual loop calls it once an epoch, after the optimizer's
# last step. The base, solved, to read:

# %% nbgrader={"grade": false, "grade_id": "lr-scheduler", "locked": true, "schema_version": 3, "solution": false, "task": false}
#| export
class LRScheduler(Stateful):
    """Base of schedules. A subclass defines `step()`, which counts the call and may change the optimizer's learning rate.

    Attributes:
        optimizer: whose learning rate it changes. That rate is the optimizer's, and saved there.
        step_count: how often `step` was called.

    Raises:
        TypeError: `optimizer` is none.
    """

    numbers = {"step_count": (int, 0, math.inf)}

    def __init__(self, optimizer: Optimizer):
        if not isinstance(optimizer, Optimizer):
            raise TypeError(f"{type(self).__name__} needs an optimizer, got a {type(optimizer).__name__}")
        self.optimizer = optimizer
        self.step_count = 0

    def step(self) -> None:
        raise NotImplementedError(f"{type(self).__name__} defines no step")

    def get_lr(self) -> float:
        """The learning rate with which the optimizer's next step will be taken."""
        return self.optimizer.learning_rate

    def get_last_lr(self) -> list:
        """The same as a list, as PyTorch has it (which allows several groups of parameters)."""
        return [self.get_lr()]

# %% [markdown]
# Now the schedule. Multiply what the optimizer has *now*: if somebody has changed the rate by hand, or a second
# schedule has, that is kept.

# %% nbgrader={"grade": false, "grade_id": "step-lr", "locked": false, "schema_version": 3, "solution": true, "task": false}
#| export
class StepLR(LRScheduler):
    """6.6 Multiply the learning rate by `gamma` after every `step_size` calls of `step`.

    Args:
        optimizer: whose learning rate it changes.
        step_size: number of calls between two changes, at least 1.
        gamma: the factor, >= 0.

    Example:
        with step_size 2, gamma 0.1 and the rate 1: after calls 1, 2, 3, 4 it is 1, 0.1, 0.1, 0.01
    """

    numbers = {**LRScheduler.numbers, "step_size": (int, 1, math.inf), "gamma": (float, 0.0, math.inf)}

    def __init__(self, optimizer, step_size, gamma=0.1):
        super().__init__(optimizer)
        self.step_size = step_size
        self.gamma = gamma

    def step(self):
        """Count this call in `step_count`, and change the optimizer's `learning_rate` when it is time."""
        ### BEGIN SOLUTION
        self.step_count += 1
        if self.step_count % self.step_size == 0:
            self.optimizer.learning_rate *= self.gamma
        ### END SOLUTION

# %% nbgrader={"grade": true, "grade_id": "test-step-lr", "locked": true, "points": 12, "schema_version": 3, "solution": false, "task": false}
def test_step_lr():
    """Is the rate changed after exactly `step_size` calls, again and again, and nothing else?"""
    print("🔬 Unit Test: StepLR...")

    def compare(rate, step_size, gamma, expected, what=""):
        optimizer = SGD([Tensor([1.0])], learning_rate=rate)
        schedule = StepLR(optimizer, step_size, gamma)
        rates = [schedule.get_lr()]
        for calls in range(1, len(expected)):
            schedule.step()
            rates.append(schedule.get_lr())
            assert schedule.step_count == calls, f"step_count is {schedule.step_count} after {calls} calls{what} (6.6)."
        setting = f"Rate {rate}, step_size {step_size}, gamma {gamma}"
        why = f"{setting}: the rates before the first call and after each one{what}. Reread 6.6."
        same(rates, expected, why)
        same(optimizer.learning_rate, expected[-1], f"{why} It is the optimizer's rate that should change.")
        same(schedule.get_last_lr(), [expected[-1]], f"{why} get_last_lr is a list.")

    compare(1.0, 3, 0.5, [1, 1, 1, 0.5, 0.5, 0.5, 0.25, 0.25, 0.25, 0.125])
    compare(0.1, 1, 0.1, [0.1, 0.01, 0.001, 0.0001])
    compare(0.4, 2, 1.5, [0.4, 0.4, 0.6, 0.6, 0.9])
    optimizer = SGD([Tensor([1.0])], learning_rate=1.0)
    schedule = StepLR(optimizer, step_size=2)
    schedule.step()
    optimizer.learning_rate = 8.0
    schedule.step()
    same(schedule.get_lr(), 0.8, "The rate was set to 8 by hand before the second call: it should become 0.8 (6.6).")
    optimizer, other = SGD([Tensor([1.0])], 1.0), SGD([Tensor([1.0])], 1.0)
    first, second = StepLR(optimizer, 2, 0.5), StepLR(other, 3, 0.5)
    for _ in range(4):
        first.step()
        second.step()
    same([first.get_lr(), second.get_lr()], [0.25, 0.5], "Two schedules, two optimizers, 2 and 3 calls apart (6.6).")
    ### BEGIN HIDDEN TESTS
    compare(2.0, 5, 0.2, [2.0] * 5 + [0.4] * 5 + [0.08] * 5 + [0.016], " (hidden test)")
    compare(3.0, 4, 1.0, [3.0] * 10, " (hidden test)")
    compare(1.0, 2, 0.0, [1.0, 1.0, 0.0, 0.0, 0.0], " (hidden test)")
    ### END HIDDEN TESTS
    print("📈 Progress: StepLR ✓")


test_step_lr()

# %% [markdown]
# ### See it: settling down
# Every gradient of the valley gets a random part. Left the learning rates, right the height. Until which step do the
# two curves fall alike? How large is the difference at the end?

# %%
def noisy_descent(step_size, steps=400):
    """Heights and learning rates on the way, with a schedule that halves every `step_size` steps."""
    manual_seed(6)
    place = Tensor([-3.0, 2.0])
    optimizer = SGD([place], 0.05)
    schedule = StepLR(optimizer, step_size, gamma=0.5)
    heights, rates = [], []
    for _ in range(steps):
        heights.append(valley(*place.data))
        rates.append(schedule.get_lr())
        place.grad = valley_gradient(place.data) + 3 * randn(2)
        optimizer.step()
        schedule.step()
    return heights, rates


figure, (left, right) = plt.subplots(1, 2, figsize=(7.5, 3.3), layout="constrained")
for name, step_size, style in (("the same all the time", 10_000, "--"), ("halved every 60 steps", 60, "-")):
    heights, rates = noisy_descent(step_size)
    left.plot(rates, style, label=name)
    right.semilogy(heights, style, linewidth=1, label=name)
    print(f"{name:22} mean height of the last 50 steps {np.mean(heights[-50:]):.4f}")
left.set(title="learning rate", xlabel="step", ylabel="α (no unit)", ylim=(0, 0.06))
right.set(title="height", xlabel="step", ylabel="height (no unit)")
left.legend(fontsize=8)
plt.show()

# %% [markdown]
# ## Use it: solve XOR
# The loop from the beginning, with one line for all weights. It is the training loop of every network from here to 20;
# only the machine that makes the gradients will change. First one start, then twenty: the seeds 0 to 19. A start counts
# as solved when all four answers are right and the loss is below 0.05.

# %%
def solve_xor(make, seed, limit=600):
    """Train until XOR is solved.

    Returns:
        the model, the loss before each step, whether it is solved.
    """
    model, losses = new_model(seed), []
    optimizer = make(model.parameters())
    for _ in range(limit):
        probabilities = model(xor_inputs)
        losses.append(criterion(probabilities, xor_targets).item())
        right = np.all((probabilities.data > 0.5) == (xor_targets.data > 0.5))
        if right and losses[-1] < 0.05:
            return model, losses, True
        optimizer.zero_grad()
        model.backward(criterion.backward())
        optimizer.step()
    return model, losses, False


contestants = {
    "SGD, α = 0.5": lambda p: SGD(p, 0.5),
    "momentum 0.9, α = 0.1": lambda p: SGD(p, 0.1, momentum=0.9),
    "Adam, α = 0.05": lambda p: Adam(p, 0.05),
}
solved_model, losses, solved = solve_xor(contestants["Adam, α = 0.05"], seed=0)
print("probabilities:", solved_model(xor_inputs).data[:, 0].round(3), f"after {len(losses) - 1} steps")

print("\nseeds 0 to 19            solved   steps: fewest  middle  most")
for name, make in contestants.items():
    runs = [solve_xor(make, seed) for seed in range(20)]
    steps = sorted(len(losses) - 1 for _, losses, _ in runs)
    count = sum(solved for _, _, solved in runs)
    print(f"{name:22} {count:4d} of 20 {steps[0]:14d} {steps[10]:7d} {steps[-1]:5d}")
    assert count == 20, f"{name} solved only {count} of 20 starts"

# %% [markdown]
# Twenty of twenty, with each of them. **You have trained networks with nothing but your own code.** (With 4 hidden
# units instead of 8, one of these twenty starts gets stuck. Which one? Try it.)
#
# ### See it
# Left the loss for seed 0. Right what the net has learned: the darker, the surer it is of a 1. Where are its two edges,
# and why must there be two?

# %%
figure, (left, right) = plt.subplots(1, 2, figsize=(7.5, 3.4), layout="constrained")
for (name, make), style in zip(contestants.items(), ("-", "--", "-."), strict=True):
    left.semilogy(solve_xor(make, seed=0)[1], style, label=name)
left.set(title="XOR, seed 0", xlabel="step", ylabel="cross-entropy (nats)", ylim=(0.04, 3))
left.legend(fontsize=8, loc="upper right")
x, y = np.meshgrid(np.linspace(-0.5, 1.5, 81), np.linspace(-0.5, 1.5, 81))
sure = solved_model(Tensor(np.stack([x, y], axis=-1))).data[..., 0]
image = right.contourf(x, y, sure, np.linspace(0, 1, 11), cmap="Greens")
for (a, b), target in zip(xor_inputs.data, xor_targets.data[:, 0], strict=True):
    right.text(a, b, f"{target:.0f}", ha="center", va="center", fontsize=11, bbox={"facecolor": "white", "pad": 2})
right.set(title="probability of 1", xlabel="first input", ylabel="second input")
figure.colorbar(image, ax=right)
plt.show()

# %% [markdown]
# ## Use it: stop and go on
# Training is interrupted: a machine is needed elsewhere, a laptop closes. Three runs of 60 steps: one straight through;
# one saved after 30 steps, loaded into new objects, and continued; one where only the *model* was saved. Which of them
# end at the same weights, to the last bit?

# %%
def train(model, optimizer, schedule, steps):
    """Take `steps` steps on XOR."""
    for _ in range(steps):
        optimizer.zero_grad()
        criterion(model(xor_inputs), xor_targets)
        model.backward(criterion.backward())
        optimizer.step()
        schedule.step()


def new_training(seed):
    """A model, its optimizer and its schedule."""
    model = new_model(seed)
    optimizer = Adam(model.parameters(), 0.05)
    return model, optimizer, StepLR(optimizer, 20, gamma=0.5)


straight = new_training(seed=0)
train(*straight, steps=60)

interrupted = new_training(seed=0)
train(*interrupted, steps=30)
files = []
for part in interrupted:  # three files, in memory here
    file = io.BytesIO()
    np.savez(file, **part.state_dict())
    files.append(file)

for name, count in (("all three loaded", 3), ("the model alone", 1)):
    resumed = new_training(seed=99)
    for part, file in list(zip(resumed, files, strict=True))[:count]:
        file.seek(0)
        with np.load(file) as state:
            part.load_state_dict(state)
    train(*resumed, steps=30)
    pairs = zip(straight[0].parameters(), resumed[0].parameters(), strict=True)
    difference = max(np.abs(a.data - b.data).max() for a, b in pairs)
    print(f"{name:18} largest difference to the run without a break: {difference:.1e}")
keys = interrupted[1].state_dict()
print("saved for the optimizer:", ", ".join(key for key in keys if not key.endswith((".1", ".2", ".3"))))
try:
    SGD(straight[0].parameters()).load_state_dict(interrupted[1].state_dict())
except ValueError as error:
    print("ValueError:", str(error)[:88], "...")

# %% [markdown]
# ## What it costs
# State is memory: an array of the parameter's size for momentum, two for Adam. And a step walks through all of them.
# Which row will be the slowest, and by what factor, if only the *memory walked through* counts? The network is the one
# for digits that you will train in 08; GPT-2's numbers are the same table, times 1200.

# %%
manual_seed(6)
mlp = Sequential(Linear(784, 128), Tanh(), Linear(128, 10))
count = sum(parameter.size for parameter in mlp.parameters())
for parameter in mlp.parameters():
    parameter.grad = 0.01 * randn(parameter.shape)
held = sum(array_memory(parameter.data) for parameter in mlp.parameters())
print(f"{count:,} parameters, {megabytes(held):.2f} MB, and as much for their gradients")
print("                state (MB)   step (µs)   ns a parameter   state for GPT-2's 124 million (MB)")
for name, make in {
    "SGD": lambda p: SGD(p, 1e-4),
    "SGD, momentum": lambda p: SGD(p, 1e-4, momentum=0.9),
    "Adam": lambda p: Adam(p, 1e-4),
    "AdamW": lambda p: AdamW(p, 1e-4),
}.items():
    optimizer = make(mlp.parameters())
    seconds = time_call(optimizer.step, repeats=20)
    state = sum(array_memory(value) for value in optimizer.state_dict().values() if isinstance(value, np.ndarray))
    times, gpt2 = f"{seconds * 1e6:11.0f} {seconds / count * 1e9:16.2f}", megabytes(state) * 124e6 / count
    print(f"{name:14} {megabytes(state):11.2f} {times} {gpt2:20.0f}")
batch = randn(64, 784)
seconds = time_call(lambda: mlp.backward(mlp(batch)))
print(f"forward and backward of 64 samples, for comparison: {seconds * 1e6:.0f} µs")

# %% [markdown]
# With Adam the optimizer holds twice the model, so training needs four times the memory of the weights (weights,
# gradients, $m$, $v$), before a single activation.
#
# Run the cell again: Adam's time may change several times over. Each operation of the formula makes a new array,
# fifteen in all, and when such memory is handed back to the system and asked for again, that costs more than the
# arithmetic. In 15 you will do it in place, in one walk.

# %% [markdown]
# ## What hurts now
# A better activation has come out: **Swish**, $f(x) = x \cdot \sigma(x)$. One line, from two operations that you have.
# We try it on rings: points in the plane that are 1 in every other ring.

# %%
def swish_forward(x):
    """x σ(x), and σ(x)."""
    share = 1 / (1 + (-x).exp())
    return x * share, share


class Swish(Layer):
    """x σ(x), just added to the model."""

    def forward(self, x):
        output, share = swish_forward(x)
        self.saved = x.data, share.data
        return output


manual_seed(11)
points = randn(200, 2) * 1.2
radius = np.sqrt((points.data**2).sum(axis=1, keepdims=True))
rings = Tensor((np.sin(3 * radius) > 0).astype(np.float32))


def train_on_rings(kind, seed=0, steps=300):
    """A net with two layers of `kind`, trained with Adam; the losses and the share of right answers at the end."""
    manual_seed(seed)
    model = Sequential(Linear(2, 16), kind(), Linear(16, 16), kind(), Linear(16, 1), Sigmoid())
    optimizer, losses = Adam(model.parameters(), 0.02), []
    for _ in range(steps):
        losses.append(criterion(model(points), rings).item())
        optimizer.zero_grad()
        model.backward(criterion.backward())
        optimizer.step()
    return losses, np.mean((model(points).data > 0.5) == (rings.data > 0.5))


try:
    train_on_rings(Swish)
except NotImplementedError as error:
    print("NotImplementedError:", error)

# %% [markdown]
# Of course: every layer of 04 came with a `backward` that you derived. So derive this one, product rule and all. A
# colleague was faster:

# %%
class ColleaguesSwish(Swish):
    """Swish with a gradient."""

    def backward(self, grad_output):
        x, share = self.recall()
        return grad_output * (share + x * (1 - share))


losses, right = train_on_rings(ColleaguesSwish)
print(f"loss {losses[0]:.3f} → {losses[-1]:.3f}, {right:.0%} right. So Swish is no good?")

# %% [markdown]
# The loss falls, nothing warns, nothing is `nan`. Do you publish that Swish is no good? Or do you check the colleague's
# derivative, by central differences as in 03? And what would have made you suspicious?

# %%
class RightSwish(Swish):
    """Swish with its gradient, checked: σ + x σ (1 - σ)."""

    def backward(self, grad_output):
        x, share = self.recall()
        return grad_output * (share + x * share * (1 - share))


at = Tensor([-2.0, -0.5, 1.0, 3.0])
numeric = (swish_forward(at + 0.01)[0] - swish_forward(at - 0.01)[0]).data / 0.02
print("central differences", numeric.round(2))
figure, axes = plt.subplots(figsize=(7, 3.3), layout="constrained")
for kind, style in ((ColleaguesSwish, "--"), (RightSwish, "-"), (Tanh, ":")):
    if kind is not Tanh:
        layer = kind()
        layer(at)
        print(f"{kind.__name__:19}", layer.backward(Tensor(np.ones(4))).data.round(2))
    losses, right = train_on_rings(kind)
    axes.semilogy(losses, style, label=f"{kind.__name__}: {right:.0%} right")
axes.set(title="Rings, the same start and the same optimizer", xlabel="step", ylabel="cross-entropy (nats)")
axes.legend(fontsize=8)
plt.show()

# %% [markdown]
# One factor was lost on paper. No optimizer can repair that: it goes where the gradient says. And this was *one*
# operation; the language model of 14 goes through thousands.

# %% [markdown]
# But look at what Swish is made of: `neg`, `exp`, `add`, `div`, `mul`. The slope of each is one line, and the chain
# rule that joins them is always the same. It is work for a machine.
#
# **Next, 07:** `loss.backward()`. You write how each *operation* passes a gradient on, and every layer that anybody
# will ever make of them has its gradient for nothing.
#
# | | remembers for each parameter | direction $d$ | weight decay |
# |---|---|---|---|
# | SGD | nothing | $g$ | added to $g$ |
# | with momentum | $v$ | $\mu v + g$ | added to $g$ |
# | Adam | $m$, $v$, $t$ | $\hat m / (\sqrt{\hat v} + \epsilon)$ | added to $g$ |
# | AdamW | $m$, $v$, $t$ | Adam's, and the decay | yours |
