"""Do the gradients of every operation, activation, layer and loss of modules 02 to 09 agree with PyTorch's?

    /somewhere/bin/python benchmarks/gradients_against_pytorch.py
    /somewhere/bin/python benchmarks/gradients_against_pytorch.py --seed 7 --cases 200

Runs in a Python that has numpy and PyTorch; without PyTorch it says so and ends with status 2.

Every row of the table is many random cases in float32: shapes from 0-d to four axes, lengths of 1, operands that
broadcast, ties where there is a largest element. Inputs and arriving gradients lie in memory in several ways (row after
row, transposed, every second element, backwards), or the operation gets a transposed or sliced Tensor of the graph.
"by hand" is the `backward` that modules 03 to 05 write out, the other rows go through autograd.

The difference of a case is the largest |ours - PyTorch's| over the largest |PyTorch's| + 1e-6, for the worst input; a
gradient of another shape or type, nan, or a changed input counts as infinite. The limit is 1e-5. "noise" is how far
PyTorch's own float32 is from its float64, or how far its float64 moves when the arriving gradient is rounded another
way, whichever is more. Where that is above 2e-6, nearly all digits cancel (in 1 - tanh(x)² for a single large x, or in
a sum that is nearly 0) and PyTorch is no judge to 1e-5: another case is drawn, whatever ours gave, and the table counts
these. Ends with status 1 if a row is beyond the limit, or if a gradient rule or a class was met in no case.

Last results: with seed 0 and 40 cases, and with seed 1 and 400, all 62 rows are within the limit and all 27 rules met.
"""

from __future__ import annotations

import argparse
import inspect
import math
import platform
import sys
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

import numpy as np

sys.path.append(str(Path(__file__).resolve().parents[1]))

try:
    import torch
    import torch.nn.functional as F  # noqa: N812 (its usual name)
except ImportError:
    print(f"no PyTorch in {sys.executable}: run this program with a Python that has numpy and torch", file=sys.stderr)
    sys.exit(2)

from tinytorch_lib.core import activations, autograd, layers, losses, spatial
from tinytorch_lib.core.activations import GELU, ReLU, Sigmoid, Softmax, Tanh
from tinytorch_lib.core.layers import Dropout, Flatten, Linear, Sequential
from tinytorch_lib.core.losses import BinaryCrossEntropyLoss, CrossEntropyLoss, L1Loss, MSELoss, log_softmax
from tinytorch_lib.core.spatial import AvgPool2d, BatchNorm2d, Conv2d, MaxPool2d
from tinytorch_lib.core.tensor import Tensor, concatenate, from_numpy, where
from tinytorch_lib.core.training import clip_grad_norm

LIMIT, FLOOR, NOISE = 1e-5, 1e-6, 2e-6
Random = np.random.Generator


@dataclass
class Case:
    """One comparison.

    `ours` is a function of Tensors, or (with `by_hand`) one that takes arrays and the arriving gradient and gives the
    gradients as a list. `theirs` is a function of PyTorch's tensors.
    """

    inputs: list[np.ndarray]
    ours: Callable
    theirs: Callable
    by_hand: bool = False


@dataclass
class Row:
    """What was seen of one operation."""

    cases: int = 0
    redrawn: int = 0
    worst: float = -1.0
    noise: float = 0.0
    where: str = ""
    rules: set[str] = field(default_factory=set)


ROWS: dict[str, Callable[[Random], Case]] = {}


def row(name: str) -> Callable:
    """Put a function that makes a random case into the table."""

    def add(make: Callable[[Random], Case]) -> Callable:
        ROWS[name] = make
        return make

    return add


# --- random shapes, numbers and memory layouts -------------------------------------------------


def shape_of(rng: Random, low: int = 0, high: int = 4) -> tuple[int, ...]:
    """A shape of `low` to `high` axes with lengths 1 to 5."""
    return tuple(int(n) for n in rng.integers(1, 6, rng.integers(low, high + 1)))


def broadcastable(rng: Random, count: int) -> list[tuple[int, ...]]:
    """Shapes that broadcast with each other: axes missing on the left, or of length 1."""
    whole = shape_of(rng)
    shapes = []
    for _ in range(count):
        kept = whole[int(rng.integers(0, len(whole) + 1)) if rng.random() < 0.5 else 0 :]
        shapes.append(tuple(1 if rng.random() < 0.25 else n for n in kept))
    return shapes


def normal(rng: Random, shape: tuple[int, ...]) -> np.ndarray:
    return np.asarray(rng.standard_normal(shape), np.float32)


def positive(rng: Random, shape: tuple[int, ...]) -> np.ndarray:
    return np.asarray(rng.uniform(0.3, 3, shape), np.float32)


def arriving_at(rng: Random, shape: tuple[int, ...]) -> np.ndarray:
    """Numbers of both signs between 0.5 and 1.5: none so near 0 that only rounding errors are left."""
    return np.asarray(rng.uniform(0.5, 1.5, shape) * rng.choice([-1, 1], shape), np.float32)


def with_ties(rng: Random, shape: tuple[int, ...]) -> np.ndarray:
    """Normal numbers; in every second call whole ones, so that many are equal or 0."""
    return normal(rng, shape) if rng.random() < 0.5 else np.asarray(rng.integers(-2, 3, shape), np.float32)


def wide(rng: Random, shape: tuple[int, ...]) -> np.ndarray:
    """Numbers up to about 10, where activations are flat, ties among them; one is moderate: not all are flat."""
    x = np.asarray(3 * with_ties(rng, shape))
    x[np.unravel_index(rng.integers(x.size), shape)] = rng.uniform(0.3, 1.5)
    return x


def laid_out(rng: Random, array: np.ndarray) -> np.ndarray:
    """The same numbers in another memory layout."""
    if array.ndim == 0:
        return array
    way = rng.integers(4)
    if way == 0:
        return np.array(array, order="C")
    if way == 1:
        return np.array(array, order="F")
    if way == 2:
        return np.repeat(array, 2, axis=-1)[..., ::2]
    return np.array(array[::-1])[::-1]


def view_in_graph(rng: Random, case: Case) -> Case:
    """The case as it is, or with a transposition or a slice between the inputs and the operation."""
    way = rng.integers(3)
    if case.by_hand or way == 0:
        return case
    if way == 1:
        inputs = [array.T for array in case.inputs]
        ours = lambda *xs: case.ours(*(x.T for x in xs))  # noqa: E731
        theirs = lambda *xs: case.theirs(*(x.permute(tuple(reversed(range(x.ndim)))) for x in xs))  # noqa: E731
    else:
        inputs = [np.repeat(array[None], 3, axis=0) for array in case.inputs]
        ours = lambda *xs: case.ours(*(x[1] for x in xs))  # noqa: E731
        theirs = lambda *xs: case.theirs(*(x[1] for x in xs))  # noqa: E731
    return Case(inputs, ours, theirs)


# --- operations of 02 and 07 -------------------------------------------------------------------


def elementwise(name: str, numbers: tuple[Callable, ...], ours: Callable, theirs: Callable | None = None) -> None:
    """A row for an operation on operands that broadcast, each with its own kind of numbers."""

    def make(rng: Random) -> Case:
        shapes = broadcastable(rng, len(numbers))
        return Case([kind(rng, shape) for kind, shape in zip(numbers, shapes, strict=True)], ours, theirs or ours)

    ROWS[name] = make


elementwise("add", (normal, normal), lambda a, b: a + b)
elementwise("sub", (normal, normal), lambda a, b: a - b)
elementwise("mul", (normal, normal), lambda a, b: a * b)
elementwise("div", (normal, positive), lambda a, b: a / b)
elementwise("a * a + a / b: used twice", (normal, positive), lambda a, b: a * a + a / b)
elementwise("number - a, number / a", (positive,), lambda a: (2 - a) + (3 / a))
elementwise("neg", (normal,), lambda a: -a)
elementwise("exp", (normal,), lambda a: a.exp())
elementwise("log", (positive,), lambda a: a.log())
elementwise("sqrt", (positive,), lambda a: a.sqrt())
elementwise("tanh", (wide,), lambda a: a.tanh())
elementwise("abs", (with_ties,), lambda a: a.abs())
elementwise("number ** a", (normal,), lambda a: 1.7**a)
elementwise("0 ** a", (positive,), lambda a: 0.0**a)


@row("a ** array")
def power(rng: Random) -> Case:
    one, other = broadcastable(rng, 2)
    exponent = normal(rng, other)
    return Case([positive(rng, one)], lambda a: a**exponent, lambda a: a ** torch.tensor(exponent, dtype=a.dtype))


@row("a ** whole number")
def whole_power(rng: Random) -> Case:
    exponent = int(rng.integers(0, 4))
    return Case([with_ties(rng, shape_of(rng))], lambda a: a**exponent, lambda a: a**exponent)


@row("clip")
def clip(rng: Random) -> Case:
    low, high = ((-1.0, 1.0), (None, 0.5), (-1.0, None))[rng.integers(3)]
    x = with_ties(rng, shape_of(rng))
    return Case([x], lambda a: a.clip(low, high), lambda a: a.clamp(low, high))


@row("where")
def choice(rng: Random) -> Case:
    one, two, three = broadcastable(rng, 3)
    condition = rng.random(one) < 0.5
    theirs = lambda a, b: torch.where(torch.tensor(condition), a, b)  # noqa: E731
    return Case([normal(rng, two), normal(rng, three)], lambda a, b: where(condition, a, b), theirs)


@row("matmul")
def matmul(rng: Random) -> Case:
    n, k, m = (int(size) for size in rng.integers(1, 9, 3))
    left, right = broadcastable(rng, 2)
    a = (k,) if rng.random() < 0.2 else (*left[-2:], n, k)
    b = (k,) if rng.random() < 0.2 else (k, m) if rng.random() < 0.3 else (*right[-2:], k, m)
    return Case([normal(rng, a), normal(rng, b)], lambda a, b: a @ b, lambda a, b: a @ b)


def reduction(name: str, numbers: Callable, theirs: Callable) -> None:
    """A row for a method that reduces along no, one or several axes; `theirs` gets (x, axes, keepdims)."""

    def make(rng: Random) -> Case:
        x = numbers(rng, shape_of(rng))
        axes = tuple(int(axis) for axis in rng.permutation(x.ndim)[: rng.integers(1, 4)])
        axes = tuple(axis - x.ndim if rng.random() < 0.5 else axis for axis in axes)
        axis = None if not axes or rng.random() < 0.2 else axes[0] if len(axes) == 1 else axes
        everything = tuple(range(x.ndim))
        dims = everything if axis is None else axes
        keepdims = bool(rng.random() < 0.5)
        return Case([x], lambda a: getattr(a, name)(axis, keepdims), lambda a: theirs(a, dims, keepdims))

    ROWS[name] = make


reduction("sum", normal, lambda x, axes, keep: x.sum(dim=axes, keepdim=keep))
reduction("mean", normal, lambda x, axes, keep: x.mean(dim=axes, keepdim=keep))
reduction("var", normal, lambda x, axes, keep: x.var(dim=axes, correction=0, keepdim=keep))
reduction("max", with_ties, lambda x, axes, keep: x.amax(dim=axes, keepdim=keep))
reduction("min", with_ties, lambda x, axes, keep: x.amin(dim=axes, keepdim=keep))


@row("reshape")
def reshape(rng: Random) -> Case:
    x = normal(rng, shape_of(rng))
    rest = [int(n) for n in rng.permutation(x.shape)]
    shape = (-1, *rest[1:], 1) if rng.random() < 0.5 else tuple(rest)
    return Case([x], lambda a: a.reshape(shape), lambda a: a.reshape(shape))


@row("permute, transpose")
def permute(rng: Random) -> Case:
    x = normal(rng, shape_of(rng, low=2))
    order = tuple(int(axis) - (x.ndim if rng.random() < 0.5 else 0) for axis in rng.permutation(x.ndim))
    return Case([x], lambda a: a.permute(*order).transpose(0, -1), lambda a: a.permute(*order).transpose(0, -1))


@row("concatenate")
def joined(rng: Random) -> Case:
    shape = shape_of(rng, low=1)
    axis = int(rng.integers(-len(shape), len(shape)))
    parts = []
    for length in rng.integers(1, 5, rng.integers(1, 4)):
        lengths = list(shape)
        lengths[axis] = int(length)
        parts.append(normal(rng, tuple(lengths)))
    return Case(parts, lambda *xs: concatenate(xs, axis), lambda *xs: torch.cat(xs, axis))


@row("getitem")
def getitem(rng: Random) -> Case:
    x = normal(rng, (6, *shape_of(rng, low=1, high=2), 5))
    mask = rng.random(x.shape) < 0.5
    repeated = rng.integers(-6, 6, (2, 4))
    pair = rng.integers(0, 6, 7), Ellipsis, rng.integers(0, 5, 7)
    indices = (2, slice(1, None, 2), (..., -1), (None, slice(2, 4)), (slice(None), 0, ..., None), mask, repeated, pair)
    index = indices[rng.integers(len(indices))]
    same = lambda part: torch.tensor(part) if isinstance(part, np.ndarray) else part  # noqa: E731
    theirs = tuple(map(same, index)) if isinstance(index, tuple) else same(index)
    return Case([x], lambda a: a[index], lambda a: a[theirs])


@row("getitem backwards")
def reversed_rows(rng: Random) -> Case:
    return Case([normal(rng, shape_of(rng, low=1))], lambda a: a[::-1], lambda a: a.flip(0))


# --- activations -------------------------------------------------------------------------------


def activation(new: Callable, theirs: Callable, low: int = 0) -> None:
    """Two rows, through autograd and by hand. `new` and `theirs` get the axis, which all but Softmax ignore."""

    def make(rng: Random, by_hand: bool) -> Case:
        x = (with_ties if low else wide)(rng, shape_of(rng, low))  # far apart, softmax's digits cancel in both
        axis = int(rng.integers(-x.ndim, x.ndim)) if x.ndim else 0
        part = new(axis)

        def backward(array: np.ndarray, gradient: np.ndarray) -> list[np.ndarray]:
            part(from_numpy(array))
            return [part.backward(from_numpy(gradient)).data]

        return Case([x], backward if by_hand else part, lambda a: theirs(a, axis), by_hand)

    name = type(new(0)).__name__
    ROWS[name], ROWS[f"{name}, by hand"] = partial(make, by_hand=False), partial(make, by_hand=True)


activation(lambda axis: Tanh(), lambda x, axis: torch.tanh(x))  # noqa: ARG005
activation(lambda axis: ReLU(), lambda x, axis: torch.relu(x))  # noqa: ARG005
activation(lambda axis: Sigmoid(), lambda x, axis: torch.sigmoid(x))  # noqa: ARG005
activation(lambda axis: GELU(), lambda x, axis: F.gelu(x, approximate="tanh"))  # noqa: ARG005
activation(Softmax, torch.softmax, low=1)


@row("log_softmax")
def log_of_softmax(rng: Random) -> Case:
    x = 3 * with_ties(rng, shape_of(rng, low=1))
    axis = int(rng.integers(-x.ndim, x.ndim))
    return Case([x], lambda a: log_softmax(a, axis), lambda a: torch.log_softmax(a, axis))


# --- layers ------------------------------------------------------------------------------------


def grads(x: Tensor, *parameters: Tensor) -> list[np.ndarray]:
    """The arrays of a gradient and of what parameters hold."""
    return [x.data, *(parameter.grad.data for parameter in parameters)]


def leaf(array: np.ndarray) -> Tensor:
    """A Tensor around this very array, in its memory layout, that requires gradients."""
    tensor = from_numpy(array)
    tensor.requires_grad = True
    return tensor


def linear(rng: Random, by_hand: bool) -> Case:
    inside, outside = (int(n) for n in rng.integers(1, 9, 2))
    arrays = [normal(rng, (*shape_of(rng, high=3), inside)), normal(rng, (outside, inside))]
    if rng.random() < 0.7:
        arrays.append(normal(rng, (outside,)))
    layer = Linear(inside, outside, bias=len(arrays) == 3)

    def forward(x: Tensor, *parameters: Tensor) -> Tensor:
        layer.weight, layer.bias = (*parameters, None)[:2]
        return layer(x)

    def backward(*given: np.ndarray) -> list[np.ndarray]:
        parameters = [leaf(array) for array in given[1:-1]]
        forward(from_numpy(given[0]), *parameters)
        return grads(layer.backward(from_numpy(given[-1])), *parameters)

    return Case(arrays, backward if by_hand else forward, F.linear, by_hand)


def sequential(rng: Random, by_hand: bool) -> Case:
    inside, hidden, outside = (int(n) for n in rng.integers(1, 9, 3))
    batch, height = (int(n) for n in rng.integers(1, 6, 2))
    first, second = (height * inside, hidden), (hidden, outside)
    arrays = [normal(rng, (batch, height, inside))]
    for fan_in, fan_out in (first, second):
        arrays += [normal(rng, (fan_out, fan_in)) / np.float32(math.sqrt(fan_in)), normal(rng, (fan_out,))]
    model = Sequential(Flatten(), Linear(*first), Tanh(), Linear(*second))

    def forward(x: Tensor, *parameters: Tensor) -> Tensor:
        model[1].weight, model[1].bias, model[3].weight, model[3].bias = parameters
        return model(x)

    def backward(*given: np.ndarray) -> list[np.ndarray]:
        parameters = [leaf(array) for array in given[1:-1]]
        forward(from_numpy(given[0]), *parameters)
        return grads(model.backward(from_numpy(given[-1])), *parameters)

    theirs = lambda x, w, b, v, c: F.linear(torch.tanh(F.linear(x.flatten(1), w, b)), v, c)  # noqa: E731
    return Case(arrays, backward if by_hand else forward, theirs, by_hand)


def without_parameters(rng: Random, by_hand: bool, layer: layers.Layer, theirs: Callable) -> Case:
    def backward(x: np.ndarray, gradient: np.ndarray) -> list[np.ndarray]:
        layer(from_numpy(x))
        return grads(layer.backward(from_numpy(gradient)))

    x = normal(rng, shape_of(rng, low=2))
    return Case([x], backward if by_hand else layer, theirs, by_hand)


def flatten(rng: Random, by_hand: bool) -> Case:
    return without_parameters(rng, by_hand, Flatten(), lambda x: x.flatten(1))


def dropout(rng: Random, by_hand: bool) -> Case:
    """PyTorch multiplies with the mask that ours has drawn."""
    layer = Dropout(float(rng.choice([0.0, 0.3, 0.5, 1.0]))).train(bool(rng.random() < 0.8))

    def theirs(x: torch.Tensor) -> torch.Tensor:
        mask = layer.saved[1] if layer.saved else None  # None before ours has run: then only the shape is asked for
        return x * 1 if mask is None else x * torch.tensor(mask)

    return without_parameters(rng, by_hand, layer, theirs)


for _name, _make in {"Linear": linear, "Sequential": sequential, "Flatten": flatten, "Dropout": dropout}.items():
    ROWS[_name], ROWS[f"{_name}, by hand"] = partial(_make, by_hand=False), partial(_make, by_hand=True)


def image_sizes(rng: Random) -> tuple:
    """Kernel and stride as pairs, and a shape (H, W) into which the kernel fits."""
    kernel, stride = (tuple(int(n) for n in rng.integers(1, 4, 2)) for _ in range(2))
    return kernel, stride, tuple(size + int(n) for size, n in zip(kernel, rng.integers(0, 6, 2), strict=True))


@row("Conv2d")
def convolution(rng: Random) -> Case:
    kernel, stride, size = image_sizes(rng)
    padding = tuple(int(n) for n in rng.integers(0, 3, 2))
    batch, inside, outside = (int(n) for n in rng.integers(1, 5, 3))
    arrays = [normal(rng, (batch, inside, *size)), normal(rng, (outside, inside, *kernel))]
    if rng.random() < 0.7:
        arrays.append(normal(rng, (outside,)))

    def ours(x: Tensor, *parameters: Tensor) -> Tensor:
        layer = Conv2d(inside, outside, kernel, stride, padding, bias=len(parameters) == 2)
        layer.weight, layer.bias = (*parameters, None)[:2]
        return layer(x)

    return Case(arrays, ours, partial(F.conv2d, stride=stride, padding=padding))


def pooling(rng: Random, layer: type, theirs: Callable) -> Case:
    kernel, stride, size = image_sizes(rng)
    padding = tuple(int(rng.integers(0, n // 2 + 1)) for n in kernel)
    x = with_ties(rng, (*(int(n) for n in rng.integers(1, 4, 2)), *size))
    return Case([x], layer(kernel, stride, padding), lambda a: theirs(a, kernel, stride, padding))


ROWS["MaxPool2d"] = partial(pooling, layer=MaxPool2d, theirs=F.max_pool2d)
ROWS["AvgPool2d"] = partial(pooling, layer=AvgPool2d, theirs=F.avg_pool2d)


def batch_norm(rng: Random, training: bool) -> Case:
    channels, height, width = (int(n) for n in rng.integers(1, 6, 3))
    x = normal(rng, (int(rng.integers(4, 7)), channels, height, width))
    mean, variance = normal(rng, (channels,)), positive(rng, (channels,))

    def ours(x: Tensor, weight: Tensor, bias: Tensor) -> Tensor:
        layer = BatchNorm2d(channels).train(training)
        layer.weight, layer.bias = weight, bias
        layer.running_mean, layer.running_var = from_numpy(mean), from_numpy(variance)
        return layer(x)

    def theirs(x: torch.Tensor, weight: torch.Tensor, bias: torch.Tensor) -> torch.Tensor:
        running = (torch.tensor(array, dtype=x.dtype) for array in (mean, variance))
        return F.batch_norm(x, *running, weight, bias, training=training)

    return Case([x, positive(rng, (channels,)), normal(rng, (channels,))], ours, theirs)


ROWS["BatchNorm2d, learning"] = partial(batch_norm, training=True)
ROWS["BatchNorm2d, predicting"] = partial(batch_norm, training=False)


@row("clip_grad_norm")
def clipped(rng: Random) -> Case:
    """Gradients already there, shortened by both; the arriving gradient is put in as the parameters' own."""
    x, longest = normal(rng, shape_of(rng, low=1)), float(rng.uniform(0.1, 3))

    def ours(array: np.ndarray, gradient: np.ndarray) -> list[np.ndarray]:
        parameter = leaf(array)
        parameter.grad = from_numpy(np.array(gradient))
        clip_grad_norm([parameter], longest)
        return [parameter.grad.data]

    def theirs(x: torch.Tensor) -> torch.Tensor:
        def shorten(parameter: torch.Tensor) -> None:
            torch.nn.utils.clip_grad_norm_([parameter], longest)

        x.register_post_accumulate_grad_hook(shorten)
        return x * 1

    return Case([x], ours, theirs, by_hand=True)


# --- losses ------------------------------------------------------------------------------------


def loss(rng: Random, by_hand: bool, new: type, theirs: Callable) -> Case:
    """The loss of random predictions; it is multiplied by the arriving gradient, which is 0-d."""
    criterion = new()
    pred, target = with_ties(rng, shape_of(rng)), with_ties(rng, ())
    if new is CrossEntropyLoss:
        pred = 3 * with_ties(rng, shape_of(rng, low=1))
        target = rng.integers(0, pred.shape[-1], pred.shape[:-1])
    elif new is BinaryCrossEntropyLoss:
        pred, target = np.asarray(rng.uniform(0.01, 0.99, pred.shape), np.float32), rng.random(pred.shape)
        target = np.asarray(np.round(target) if rng.random() < 0.5 else target, np.float32)
    else:
        target = with_ties(rng, pred.shape)

    def backward(array: np.ndarray, gradient: np.ndarray) -> list[np.ndarray]:
        criterion(from_numpy(array), from_numpy(target))
        return [criterion.backward().data * gradient]

    def other(x: torch.Tensor) -> torch.Tensor:
        goal = torch.tensor(target)
        if new is CrossEntropyLoss:
            return theirs(x.reshape(-1, x.shape[-1]), goal.reshape(-1))
        return theirs(x, goal.to(x.dtype))

    ours = backward if by_hand else lambda x: criterion(x, from_numpy(target))
    return Case([pred], ours, other, by_hand)


for _new, _theirs in (
    (L1Loss, F.l1_loss),
    (MSELoss, F.mse_loss),
    (CrossEntropyLoss, F.cross_entropy),
    (BinaryCrossEntropyLoss, F.binary_cross_entropy),
):
    for _by_hand in (False, True):
        _name = f"{_new.__name__}{', by hand' if _by_hand else ''}"
        ROWS[_name] = partial(loss, by_hand=_by_hand, new=_new, theirs=_theirs)


# --- the comparison ----------------------------------------------------------------------------


def our_gradients(case: Case, arrays: list[np.ndarray], arriving: np.ndarray, rules: set[str]) -> list[np.ndarray]:
    """The gradients for all inputs. `rules` gets the names of the operations that backward went through."""
    if case.by_hand:
        return case.ours(*arrays, arriving)
    leaves = [leaf(array) for array in arrays]
    output = case.ours(*leaves)
    rules |= {tensor.node.op for tensor in autograd.topological_order(output) if tensor.node is not None}
    output.backward(arriving)
    return [np.zeros(each.shape, np.float32) if each.grad is None else each.grad.data for each in leaves]


def torch_gradients(case: Case, arriving: np.ndarray, dtype: torch.dtype) -> list[np.ndarray]:
    """PyTorch's, computed in `dtype`."""
    leaves = [torch.tensor(np.array(array), dtype=dtype, requires_grad=True) for array in case.inputs]
    output = case.theirs(*leaves)
    output.backward(torch.tensor(np.array(arriving), dtype=dtype))
    return [(torch.zeros_like(each) if each.grad is None else each.grad).numpy() for each in leaves]


def output_shape(case: Case) -> tuple[int, ...]:
    """The shape of PyTorch's output: that of the gradient that arrives."""
    leaves = [torch.tensor(np.array(array), requires_grad=True) for array in case.inputs]
    return tuple(case.theirs(*leaves).shape)


def difference(found: np.ndarray, expected: np.ndarray) -> float:
    """How far `found` is from `expected`, over the largest number there; infinite if it cannot be compared."""
    if found.shape != expected.shape or not np.all(np.isfinite(found)):
        return math.inf
    largest = np.max(np.abs(expected), initial=0.0)
    return float(np.max(np.abs(found - expected), initial=0.0) / (largest + FLOOR))


def judge(case: Case, arriving: np.ndarray, rng: Random) -> tuple[list[np.ndarray], float]:
    """PyTorch's gradients in float32, and how far they can be trusted."""
    single, double = (torch_gradients(case, arriving, dtype) for dtype in (torch.float32, torch.float64))
    rounding = np.finfo(np.float32).eps / 2 * rng.choice([-1, 1], arriving.shape)
    moved = torch_gradients(case, arriving * (1 + rounding), torch.float64)
    return single, max(
        difference(each, right) for kind in (single, moved) for each, right in zip(kind, double, strict=True)
    )


def compare(make: Callable[[Random], Case], rng: Random, seen: Row) -> None:
    """Make one random case and note in `seen` how it went."""
    case = view_in_graph(rng, make(rng))
    arrays = [laid_out(rng, array) for array in case.inputs]
    before = [array.copy() for array in arrays]
    arriving = laid_out(rng, arriving_at(rng, output_shape(case)))
    ours = our_gradients(case, arrays, arriving, seen.rules)
    single, noise = judge(case, arriving, rng)
    if noise > NOISE:
        seen.redrawn += 1
        return
    worst = max(difference(*pair) for pair in zip(ours, single, strict=True))
    if any(np.asarray(each).dtype != np.float32 for each in ours) or not all(map(np.array_equal, arrays, before)):
        worst = math.inf
    seen.cases += 1
    seen.noise = max(seen.noise, noise)
    if worst > seen.worst:
        seen.worst = worst
        seen.where = ", ".join(f"{array.shape} strides {array.strides}" for array in arrays)


def classes() -> set[str]:
    """The names of all activations, layers and losses of the modules that are no mere base of others."""
    bases = (activations.Activation, layers.Layer, losses.Loss)
    found = set()
    for module in (activations, layers, losses, spatial):
        own = [each for _, each in inspect.getmembers(module, inspect.isclass) if issubclass(each, bases)]
        found |= {each.__name__ for each in own if not each.__subclasses__()}
    return found


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--cases", type=int, default=40, help="random cases of each row (default 40)")
    given = parser.parse_args()
    if given.seed < 0 or given.cases < 1:
        parser.error(f"--seed is at least 0 and --cases at least 1, got {given.seed} and {given.cases}")
    torch.set_num_threads(1)
    print(f"Python {platform.python_version()}, numpy {np.__version__}, PyTorch {torch.__version__}", end="")
    print(f", float32, seed {given.seed}, {given.cases} cases a row, limit {LIMIT:g}\n")
    print("| gradient of | worst difference | noise | redrawn | |\n|---|---|---|---|---|")
    rules, beyond = set(), []
    for place, (name, make) in enumerate(ROWS.items()):
        seen, rng = Row(), np.random.default_rng((given.seed, place))
        while seen.cases < given.cases:
            compare(make, rng, seen)
            if seen.redrawn > 10 * given.cases:
                raise SystemExit(f"{name}: PyTorch's noise is above {NOISE:g} in {seen.redrawn} cases")
        rules |= seen.rules
        beyond += [] if seen.worst <= LIMIT else [f"{name}: {seen.worst:.1e} for {seen.where}"]
        verdict = "" if seen.worst <= LIMIT else "BEYOND"
        print(f"| {name} | {seen.worst:.1e} | {seen.noise:.1e} | {seen.redrawn} | {verdict} |", flush=True)
    missing = sorted(set(autograd.GRADIENTS["numpy"]) - rules)
    missing += sorted(name for name in classes() if not any(each.split(",")[0] == name for each in ROWS))
    print(f"\n{len(ROWS)} rows, {len(rules)} gradient rules met, {len(beyond)} rows beyond the limit")
    for line in beyond:
        print(f"beyond the limit: {line}")
    if missing:
        print(f"met in no case: {', '.join(missing)}")
    return int(bool(beyond or missing))


if __name__ == "__main__":
    sys.exit(main())
