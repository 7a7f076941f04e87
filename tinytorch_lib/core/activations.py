# Module 03, activations. Generated from source/03_activations.py by `tito lib`: edits here are lost.


# cell: imports
import math

import numpy as np

from tinytorch_lib.core.tensor import Tensor, where


# cell: activation-base
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


# cell: tanh
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


# cell: relu
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
    return where(x <= 0, 0.0, x)


# cell: relu-backward
def relu_backward(gradient: np.ndarray, positive: np.ndarray) -> np.ndarray:
    """3.3 The gradient for ReLU's input.

    Args:
        gradient: the loss's gradient for the output, floats of any shape.
        positive: where the input was > 0, booleans of the same shape.

    Returns:
        the loss's gradient for the input, a new array of the gradient's shape and dtype.
    """
    return gradient * positive


# cell: relu-class
class ReLU(Activation):
    """max(0, x) for each element. Saves one byte an element: whether it was positive."""

    def forward(self, x):
        output = relu(x)
        self.saved = output.data > 0
        return output

    def backward(self, grad_output):
        gradient = relu_backward(self.incoming(grad_output), self.saved)
        return Tensor(gradient, dtype=gradient.dtype)


# cell: sigmoid
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
    return 1 / (1 + (-x.clip(low=-80.0)).exp())


# cell: sigmoid-backward
def sigmoid_backward(gradient: np.ndarray, output: np.ndarray) -> np.ndarray:
    """3.5 The gradient for sigmoid's input.

    Args:
        gradient: the loss's gradient for the output, floats of any shape.
        output: what forward gave, of the same shape.

    Returns:
        the loss's gradient for the input, a new array of the same shape and dtype.
    """
    return gradient * output * (1 - output)


# cell: sigmoid-class
class Sigmoid(Activation):
    """1 / (1 + exp(-x)) for each element. Saves its output."""

    def forward(self, x):
        output = sigmoid(x)
        self.saved = output.data
        return output

    def backward(self, grad_output):
        gradient = sigmoid_backward(self.incoming(grad_output), self.saved)
        return Tensor(gradient, dtype=gradient.dtype)


# cell: gelu
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
    u = math.sqrt(2 / math.pi) * (x + 0.044715 * (x * x * x))
    return 0.5 * x * (1 + u.tanh())


# cell: gelu-backward
def gelu_backward(gradient: np.ndarray, x: np.ndarray) -> np.ndarray:
    """3.7 The gradient for GELU's input.

    Args:
        gradient: the loss's gradient for the output, floats of any shape.
        x: forward's input, of the same shape, |x| at most 10,000.

    Returns:
        the loss's gradient for the input, a new array of the same shape and dtype.
    """
    scale = math.sqrt(2 / math.pi)
    t = np.tanh(scale * (x + 0.044715 * x * x * x))
    du_dx = scale * (1 + 3 * 0.044715 * x * x)
    slope = 0.5 * (1 + t) + 0.5 * x * (1 - t * t) * du_dx
    return gradient * slope


# cell: gelu-class
class GELU(Activation):
    """The Gaussian error linear unit in its tanh form. Saves its input and computes the rest again."""

    def forward(self, x):
        x = floating(x)
        self.saved = x.data
        return gelu(x)

    def backward(self, grad_output):
        gradient = gelu_backward(self.incoming(grad_output), self.saved)
        return Tensor(gradient, dtype=gradient.dtype)


# cell: softmax
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
    shifted = x - x.max(axis=axis, keepdims=True)
    exponentials = shifted.exp()
    return exponentials / exponentials.sum(axis=axis, keepdims=True)


# cell: softmax-backward
def softmax_backward(gradient: np.ndarray, output: np.ndarray, axis: int = -1) -> np.ndarray:
    """3.9 The gradient for softmax's input.

    Args:
        gradient: the loss's gradient for the output, floats of any shape with at least one dimension.
        output: what forward gave, of the same shape.
        axis: along which the output sums to 1.

    Returns:
        the loss's gradient for the input, a new array of the same shape and dtype.
    """
    common = (gradient * output).sum(axis=axis, keepdims=True)
    return output * (gradient - common)


# cell: softmax-class
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


# cell: backward-through
def backward_through(activations: list, grad_output: Tensor) -> Tensor:
    """3.10 Hand a gradient back through a chain of activations.

    Args:
        activations: objects with `backward`, in the order in which forward went through them; the list is not changed.
        grad_output: the loss's gradient for the output of the last one.

    Returns:
        the loss's gradient for the input of the first one; `grad_output` itself if the list is empty.
    """
    for activation in reversed(activations):
        grad_output = activation.backward(grad_output)
    return grad_output


__all__ = [
    "Activation",
    "GELU",
    "ReLU",
    "Sigmoid",
    "Softmax",
    "Tanh",
    "backward_through",
    "floating",
    "gelu",
    "gelu_backward",
    "relu",
    "relu_backward",
    "sigmoid",
    "sigmoid_backward",
    "softmax",
    "softmax_backward",
    "tanh",
    "tanh_backward",
]
