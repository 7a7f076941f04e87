# Module 05, losses. Generated from source/05_losses.py by `tito lib`: edits here are lost.


# cell: imports
import math

import numpy as np

from tinytorch_lib.core.activations import floating
from tinytorch_lib.core.tensor import Tensor, where


# cell: loss-base
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


# cell: absolute-error
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


# cell: squared-error
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
    difference = pred - target
    return (difference * difference).mean()


# cell: squared-error-backward
def squared_error_backward(pred: np.ndarray, target: np.ndarray) -> np.ndarray:
    """5.3 The gradient of the mean squared error for the prediction.

    Args:
        pred: the predictions, floats of any shape with at least one element.
        target: of the same shape.

    Returns:
        the loss's gradient for `pred`, a new array of the same shape and dtype.
    """
    return 2 * (pred - target) / pred.size


# cell: mse-class
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


# cell: log-softmax
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
    shifted = x - x.max(axis=axis, keepdims=True)
    return shifted - shifted.exp().sum(axis=axis, keepdims=True).log()


# cell: checked-classes
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


# cell: negative-log-likelihood
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
    table = log_probabilities.reshape(classes.size, -1)
    return -table[np.arange(classes.size), classes.ravel()].mean()


# cell: cross-entropy-backward
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
    rows = np.exp(log_probabilities).reshape(classes.size, -1)
    rows[np.arange(classes.size), classes.ravel()] -= 1
    return (rows / classes.size).reshape(log_probabilities.shape)


# cell: cross-entropy-class
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


# cell: binary-cross-entropy
def clamped_log(x: Tensor) -> Tensor:
    """5.8 max(log x, -100) for each element, through operations of 02, none of which gives inf or nan.

    Args:
        x: floats from 0 to 1, any shape.

    Returns:
        a Tensor of the same shape and dtype, from -100 to 0.

    Example:
        clamped_log(Tensor([0.0, 1.0])) holds [-100, 0]
    """
    small = x <= math.exp(-100)
    return where(small, -100.0, where(small, 1.0, x).log())


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
    yes = targets * clamped_log(probabilities)
    no = (1 - targets) * clamped_log(1 - probabilities)
    return -(yes + no).mean()


# cell: binary-cross-entropy-backward
def binary_cross_entropy_backward(probabilities: np.ndarray, targets: np.ndarray) -> np.ndarray:
    """5.9 The gradient of the mean binary cross-entropy for the probabilities.

    The denominator p (1 - p) counts as 1e-12 where it is smaller.

    Args:
        probabilities: p, floats from 0 to 1, any shape with at least one element.
        targets: y, from 0 to 1, of the same shape.

    Returns:
        the loss's gradient for the probabilities, a new array of the same shape and dtype.
    """
    slope = np.maximum(probabilities * (1 - probabilities), 1e-12)
    return (probabilities - targets) / slope / probabilities.size


# cell: binary-cross-entropy-class
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


__all__ = [
    "BinaryCrossEntropyLoss",
    "CrossEntropyLoss",
    "L1Loss",
    "Loss",
    "MSELoss",
    "absolute_error_backward",
    "between_0_and_1",
    "binary_cross_entropy",
    "binary_cross_entropy_backward",
    "checked_classes",
    "clamped_log",
    "cross_entropy_backward",
    "log_softmax",
    "mean_absolute_error",
    "mean_squared_error",
    "negative_log_likelihood",
    "paired",
    "squared_error_backward",
]
