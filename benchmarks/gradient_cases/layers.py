"""Activations of module 03, layers of 04 and 09, and the clipping of 08."""

from __future__ import annotations

import math
from collections.abc import Callable
from functools import partial

import numpy as np
import torch
import torch.nn.functional as F  # noqa: N812 (its usual name)

from gradient_cases.drawing import normal, positive, shape_of, wide, with_ties
from gradient_cases.table import ROWS, Case, Random, leaf, row
from tinytorch_lib.core.activations import GELU, ReLU, Sigmoid, Softmax, Tanh
from tinytorch_lib.core.layers import Dropout, Flatten, Layer, Linear, Sequential
from tinytorch_lib.core.losses import log_softmax
from tinytorch_lib.core.spatial import AvgPool2d, BatchNorm2d, Conv2d, MaxPool2d
from tinytorch_lib.core.tensor import Tensor, from_numpy
from tinytorch_lib.core.training import clip_grad_norm

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


def without_parameters(rng: Random, by_hand: bool, layer: Layer, theirs: Callable) -> Case:
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
