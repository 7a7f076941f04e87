# Module 06, optimizers. Generated from source/06_optimizers.py by `tito lib`: edits here are lost.


# cell: imports
import math

import numpy as np

from tinytorch_lib.core.tensor import Tensor


# cell: gradient-descent-step
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


# cell: move-parameters
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
    for index, parameter in enumerate(parameters):
        if parameter.grad is not None:
            parameter.data -= learning_rate * direction(index)


# cell: stateful
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


# cell: optimizer
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


# cell: sgd
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
        gradient = gradient + self.weight_decay * parameter.data
        if self.momentum == 0:
            return gradient
        velocity = self.momentum * self.momentum_buffers[index] + gradient
        self.momentum_buffers[index] = velocity
        return velocity


# cell: adam
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
        self.update_counts[index] += 1
        count, first, second = self.update_counts[index], self.first_moment[index], self.second_moment[index]
        first[...] = self.beta1 * first + (1 - self.beta1) * gradient
        second[...] = self.beta2 * second + (1 - self.beta2) * gradient**2
        corrected_first = first / (1 - self.beta1**count)
        corrected_second = second / (1 - self.beta2**count)
        return corrected_first / (np.sqrt(corrected_second) + self.epsilon)

    def direction(self, index):
        """d for parameters[index], which has a gradient: what `adapt` makes of the gradient with its decay."""
        parameter, gradient = self.parameters[index], self.gradient(index)
        return self.adapt(index, gradient + self.weight_decay * parameter.data)


# cell: adamw
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
        return self.adapt(index, gradient) + self.weight_decay * parameter.data


# cell: lr-scheduler
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


# cell: step-lr
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
        self.step_count += 1
        if self.step_count % self.step_size == 0:
            self.optimizer.learning_rate *= self.gamma


__all__ = [
    "Adam",
    "AdamW",
    "LRScheduler",
    "Optimizer",
    "SGD",
    "Stateful",
    "StepLR",
    "checked_number",
    "checked_parameters",
    "chosen_rate",
    "gradient_descent_step",
    "move_parameters",
]
