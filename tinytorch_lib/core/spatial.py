# Module 09, spatial. Generated from source/09_spatial.py by `tito lib`: edits here are lost.


# cell: imports
import math
import operator

import numpy as np
from numpy.lib.stride_tricks import as_strided, sliding_window_view

from tinytorch_lib.core.activations import floating
from tinytorch_lib.core.autograd import register_gradient
from tinytorch_lib.core.layers import Layer, uniform_parameter
from tinytorch_lib.core.tensor import Tensor, apply, ones, register_kernel, zeros


# cell: sizes
def pair(value, name, smallest=1) -> tuple:
    """An integer, or one for rows and one for columns, as a tuple of two.

    Raises:
        TypeError: `value` is neither an integer nor a tuple or list of integers.
        ValueError: it has not two elements, or one is below `smallest`.

    Example:
        pair(3, "kernel_size") is (3, 3)
    """
    parts = tuple(value) if isinstance(value, (tuple, list)) else (value, value)
    try:
        numbers = tuple(operator.index(part) for part in parts if not isinstance(part, bool))
    except TypeError:
        numbers = ()
    if len(numbers) != len(parts):
        raise TypeError(f"{name} must be an integer or a pair of them (rows, columns), got {value!r}")
    if len(numbers) != 2 or min(numbers) < smallest:
        raise ValueError(f"{name} must be an integer >= {smallest} or a pair of them (rows, columns), got {value!r}")
    return numbers


def output_size(length, kernel, stride=1, padding=0) -> int:
    """How many windows of `kernel` pixels fit on a line of `length` pixels.

    Raises:
        ValueError: not a single one does.
    """
    padded = length + 2 * padding
    if kernel > padded:
        raise ValueError(f"a kernel of {kernel} pixels does not fit into {length} pixels with padding {padding}: {padded}")
    return (padded - kernel) // stride + 1


def output_shape(shape, kernel, stride=(1, 1), padding=(0, 0)) -> tuple:
    """`output_size` for the rows and the columns of images of shape (..., H, W)."""
    return tuple(map(output_size, shape[-2:], kernel, stride, padding))


def padded_shape(shape, padding) -> tuple:
    """The shape (..., H, W) with `padding` = (rows, columns) more on each side."""
    *leading, height, width = shape
    return (*leading, height + 2 * padding[0], width + 2 * padding[1])


def pad2d(x, padding, value=0) -> np.ndarray:
    """`x` (..., H, W) in a frame of `value`, `padding` = (rows, columns) wide; without padding `x` itself."""
    if padding == (0, 0):
        return x
    padded = np.full(padded_shape(x.shape, padding), value, x.dtype)
    crop2d(padded, padding)[...] = x
    return padded


def crop2d(padded, padding) -> np.ndarray:
    """`padded` without its frame: a view."""
    rows, columns = padding
    return padded[..., rows : padded.shape[-2] - rows, columns : padded.shape[-1] - columns]


# cell: conv1d-loops
def conv1d_loops(x, weight, bias=0.0, stride=1) -> np.ndarray:
    """A line (n,) and a filter (k,): the weighted sum of every window."""
    output = np.full(output_size(len(x), len(weight), stride), bias, x.dtype)
    for i in range(len(output)):
        for u in range(len(weight)):
            output[i] += weight[u] * x[i * stride + u]
    return output


# cell: conv2d-loops
def conv2d_loops(x, weight, bias=None, stride=(1, 1), padding=(0, 0)) -> np.ndarray:
    """9.2 The convolution as its formula says, number by number. Slow, and plainly right.

    Args:
        x: images (N, C, H, W).
        weight: filters (O, C, kh, kw).
        bias: (O,), or None for no bias.
        stride: (rows, columns) from one window to the next.
        padding: (rows, columns) of zeros on each side.

    Returns:
        (N, O, OH, OW), of the type of `x`.

    Example:
        >>> conv2d_loops(np.ones((1, 1, 3, 3)), np.ones((1, 1, 2, 2)))
        array([[[[4., 4.],
                 [4., 4.]]]])
    """
    padded = pad2d(x, padding)
    output = np.zeros((len(x), len(weight), *output_shape(x.shape, weight.shape[2:], stride, padding)), x.dtype)
    for n, o, i, j in np.ndindex(*output.shape):
        for c, u, v in np.ndindex(*weight.shape[1:]):
            output[n, o, i, j] += weight[o, c, u, v] * padded[n, c, i * stride[0] + u, j * stride[1] + v]
        if bias is not None:
            output[n, o, i, j] += bias[o]
    return output


# cell: windows1d
def windows1d(x, kernel, stride=1) -> np.ndarray:
    """All windows of a line (n,), one a column: a view (kernel, m) with [u, i] = x[i * stride + u]."""
    (step,) = x.strides  # bytes from one pixel to the next
    shape = (kernel, output_size(len(x), kernel, stride))
    return as_strided(x, shape, (step, step * stride))


# cell: windows
def windows(x, kernel, stride=(1, 1)) -> np.ndarray:
    """9.3 All windows of all images.

    Args:
        x: images (N, C, H, W), padded already; in any memory layout (`x.strides` knows).
        kernel: (kh, kw).
        stride: (rows, columns) from one window to the next.

    Returns:
        a view (N, C, kh, kw, OH, OW) with [n, c, u, v, i, j] = x[n, c, i * stride[0] + u, j * stride[1] + v]
    """
    sample, channel, row, column = x.strides
    shape = (*x.shape[:2], *kernel, *output_shape(x.shape, kernel, stride))
    strides = (sample, channel, row, column, row * stride[0], column * stride[1])
    return as_strided(x, shape, strides)


# cell: columns
def blocks(samples, numbers) -> list:
    """Slices that cut a batch into blocks of at most 2**18 numbers (a megabyte of float32), at least a sample each.

    Args:
        samples: in the batch.
        numbers: that one sample needs.
    """
    step = max(1, 2**18 // numbers)
    return [slice(start, min(start + step, samples)) for start in range(0, samples, step)]


def columns(x, kernel, stride=(1, 1), padding=(0, 0)):
    """Block after block of the batch, the windows of each sample as columns.

    Args:
        x: images (N, C, H, W).
        kernel, stride, padding: pairs, as in 9.2.

    Yields:
        part: a slice, which samples these are: x[part].
        matrices: (samples in the block, C * kh * kw, OH * OW). Column i * OW + j of a sample is its window (i, j), in the
            order of a filter's weights. It is always the same memory: use it before you ask for the next block.
    """
    view = sliding_window_view(pad2d(x, padding), kernel, axis=(2, 3))[:, :, :: stride[0], :: stride[1]]
    view = view.transpose(0, 1, 4, 5, 2, 3)  # (N, C, kh, kw, OH, OW), as in 9.3
    cuts = blocks(len(x), math.prod(view.shape[1:]))
    buffer = np.empty((cuts[0].stop, *view.shape[1:]), x.dtype)
    matrices = buffer.reshape(len(buffer), math.prod(view.shape[1:4]), math.prod(view.shape[4:]))  # the same memory
    for part in cuts:
        count = part.stop - part.start
        buffer[:count] = view[part]
        yield part, matrices[:count]


# cell: conv2d-kernel
def conv2d_kernel(x, weight, bias=None, stride=(1, 1), padding=(0, 0)) -> np.ndarray:
    """9.4 The same numbers as `conv2d_loops`, with one matrix product a sample and no loop over pixels or channels.

    Args:
        x: images (N, C, H, W).
        weight: filters (O, C, kh, kw).
        bias: (O,), or None.
        stride, padding: pairs (rows, columns).

    Returns:
        (N, O, OH, OW), of the type of `x`.
    """
    filters = weight.reshape(len(weight), math.prod(weight.shape[1:]))
    height, width = output_shape(x.shape, weight.shape[2:], stride, padding)
    output = np.empty((len(x), len(weight), height * width), x.dtype)
    for part, matrices in columns(x, weight.shape[2:], stride, padding):
        np.matmul(filters, matrices, out=output[part])
    if bias is not None:
        output += bias[:, None]
    return output.reshape(len(x), len(weight), height, width)


# cell: conv2d-bias-gradient
def conv2d_bias_gradient(gradient) -> np.ndarray:
    """The loss's gradient for the bias (O,), from the one for the output (N, O, OH, OW)."""
    return gradient.sum(axis=(0, 2, 3))


# cell: conv2d-weight-gradient
def conv2d_weight_gradient(gradient, x, kernel, stride=(1, 1), padding=(0, 0)) -> np.ndarray:
    """9.5 The loss's gradient for the filters.

    Args:
        gradient: the loss's gradient for the output, (N, O, OH, OW).
        x: forward's images (N, C, H, W).
        kernel: (kh, kw).
        stride, padding: as in the forward.

    Returns:
        (O, C, kh, kw), of the type of `gradient`.
    """
    samples, outputs, *size = gradient.shape
    rows = gradient.reshape(samples, outputs, math.prod(size))
    total = np.zeros((outputs, x.shape[1] * math.prod(kernel)), gradient.dtype)
    for part, matrices in columns(x, kernel, stride, padding):
        total += (rows[part] @ matrices.transpose(0, 2, 1)).sum(axis=0)
    return total.reshape(outputs, x.shape[1], *kernel)


# cell: shifted
def shifted(padded, kernel, stride=(1, 1)) -> list:
    """For each place (u, v) of the kernel, row after row, the pixels that it meets.

    Args:
        padded: an array (..., H, W).
        kernel, stride: pairs (rows, columns).

    Returns:
        kh * kw views (..., OH, OW): number u * kw + v has [..., i, j] = padded[..., i * stride[0] + u, j * stride[1] + v]
    """
    rows, across = padded.shape[-2] - kernel[0] + 1, padded.shape[-1] - kernel[1] + 1
    return [padded[..., u : u + rows : stride[0], v : v + across : stride[1]] for u, v in np.ndindex(*kernel)]


# cell: conv2d-input-gradient
def conv2d_input_gradient(gradient, weight, shape, stride=(1, 1), padding=(0, 0)) -> np.ndarray:
    """9.6 The loss's gradient for the images.

    Args:
        gradient: the loss's gradient for the output, (N, O, OH, OW).
        weight: filters (O, C, kh, kw).
        shape: of the images, (N, C, H, W).
        stride, padding: as in the forward.

    Returns:
        an array of this shape, of the type of `gradient`.
    """
    outputs, channels, *kernel = weight.shape
    samples, _, *size = gradient.shape
    filters = weight.reshape(outputs, channels * math.prod(kernel))
    shares = filters.T @ gradient.reshape(samples, outputs, math.prod(size))
    shares = shares.reshape(samples, channels, math.prod(kernel), *size)
    padded = np.zeros(padded_shape(shape, padding), gradient.dtype)
    for place, view in enumerate(shifted(padded, kernel, stride)):
        view += shares[:, :, place]
    return crop2d(padded, padding)


# cell: conv2d
def conv2d_rule(gradient, output, x, weight, bias=None, stride=(1, 1), padding=(0, 0)):
    """The gradients for x, weight and bias (if there was one), each computed when it is asked for."""
    gradient = np.ascontiguousarray(gradient)  # once here, not once in each

    def for_x():
        result = np.empty(x.shape, gradient.dtype)
        for part in blocks(len(x), weight[0].size * math.prod(gradient.shape[2:])):  # as in 9.4: a megabyte at a time
            result[part] = conv2d_input_gradient(gradient[part], weight, x[part].shape, stride, padding)
        return result

    for_weight = lambda: conv2d_weight_gradient(gradient, x, weight.shape[2:], stride, padding)  # noqa: E731
    for_bias = lambda: conv2d_bias_gradient(gradient)  # noqa: E731
    return (for_x, for_weight) if bias is None else (for_x, for_weight, for_bias)


register_kernel("conv2d", conv2d_kernel)
register_kernel("conv2d", conv2d_loops, backend="loops")
register_gradient("conv2d", conv2d_rule)


def image_batch(x, name, channels=None) -> Tensor:
    """`x` as a Tensor of floats, once it is sure that it is a batch of images.

    Raises:
        TypeError: `x` does not hold numbers.
        ValueError: it has not four axes, nothing in it, or not as many channels as expected.
    """
    x = floating(x)
    if x.ndim != 4:
        raise ValueError(f"{name} needs images of shape (N, C, H, W), got the shape {x.shape}")
    if x.size == 0:
        raise ValueError(f"{name} needs at least one image with at least one pixel, got the shape {x.shape}")
    if channels is not None and x.shape[1] != channels:
        raise ValueError(f"{name} needs images with {channels} channels, got {x.shape[1]} in the shape {x.shape}")
    return x


def at_least_one(value, name) -> int:
    """`value`, once it is sure that it is a whole number from 1 on."""
    if isinstance(value, bool) or not isinstance(value, (int, np.integer)):
        raise TypeError(f"{name} must be an integer, got {value!r}")
    if value < 1:
        raise ValueError(f"{name} must be at least 1, got {value!r}")
    return int(value)


class Conv2d(Layer):
    """Filters slide over images: (N, in_channels, H, W) to (N, out_channels, OH, OW).

    Args:
        in_channels, out_channels: at least 1.
        kernel_size: of the filters, in pixels; an integer or a pair (rows, columns).
        stride: pixels from one window to the next; an integer >= 1 or a pair.
        padding: zeros on each side; an integer >= 0 or a pair.
        bias: whether a number is added to each output channel.

    Attributes:
        weight: (out_channels, in_channels, kh, kw), at first uniform in ±1/sqrt(in_channels * kh * kw) as in PyTorch.
        bias: (out_channels,), the same, or None.

    Raises:
        TypeError, ValueError: an argument is not what is said above; images have another number of axes or channels, are none
            at all, or are smaller than the kernel.

    Example:
        Conv2d(3, 16, kernel_size=3, padding=1)(photos) gives (N, 16, 32, 32) for photos of shape (N, 3, 32, 32)
    """

    def __init__(self, in_channels, out_channels, kernel_size, stride=1, padding=0, bias=True):
        self.in_channels = at_least_one(in_channels, "in_channels")
        self.out_channels = at_least_one(out_channels, "out_channels")
        self.kernel_size = pair(kernel_size, "kernel_size")
        self.stride = pair(stride, "stride")
        self.padding = pair(padding, "padding", smallest=0)
        fan_in = self.in_channels * math.prod(self.kernel_size)
        self.weight = uniform_parameter((self.out_channels, self.in_channels, *self.kernel_size), fan_in)
        self.bias = uniform_parameter((self.out_channels,), fan_in) if bias else None

    def forward(self, x):
        x = image_batch(x, "Conv2d", self.in_channels)
        output_shape(x.shape, self.kernel_size, self.stride, self.padding)  # an image that is too small is refused here
        inputs = (x, self.weight) if self.bias is None else (x, self.weight, self.bias)
        return apply("conv2d", *inputs, stride=self.stride, padding=self.padding)

    def __repr__(self):
        bias = "" if self.bias is not None else ", bias=False"
        sizes = f"kernel_size={self.kernel_size}, stride={self.stride}, padding={self.padding}"
        return f"Conv2d({self.in_channels}, {self.out_channels}, {sizes}{bias})"


# cell: avg-pool2d
def avg_pool2d_kernel(x, kernel, stride, padding=(0, 0)) -> np.ndarray:
    """The mean of every window of images (N, C, H, W)."""
    views = shifted(pad2d(x, padding), kernel, stride)
    total = np.zeros(views[0].shape, x.dtype)
    for view in views:
        total += view
    return total / len(views)


def avg_pool2d_rule(gradient, output, x, kernel, stride, padding=(0, 0)) -> np.ndarray:
    """Each pixel of a window has the same share in its mean."""
    share = gradient / math.prod(kernel)
    padded = np.zeros(padded_shape(x.shape, padding), gradient.dtype)
    for view in shifted(padded, kernel, stride):
        view += share
    return crop2d(padded, padding)


# cell: max-pool2d-kernel
def max_pool2d_kernel(x, kernel, stride, padding=(0, 0)) -> np.ndarray:
    """9.7 The largest value of every window.

    Args:
        x: images (N, C, H, W), floats.
        kernel, stride, padding: pairs (rows, columns). Padding never wins.

    Returns:
        a new array (N, C, OH, OW), of the type of `x`.
    """
    views = shifted(pad2d(x, padding, -np.inf), kernel, stride)
    best = np.full((*x.shape[:2], *output_shape(x.shape, kernel, stride, padding)), -np.inf, x.dtype)
    for view in views:
        np.maximum(best, view, out=best)
    return best


# cell: max-pool2d-rule
def max_pool2d_rule(gradient, output, x, kernel, stride, padding=(0, 0)) -> np.ndarray:
    """9.8 The loss's gradient for the images: each window's goes to its winner, the first of equals.

    Args:
        gradient: the loss's gradient for the output, (N, C, OH, OW).
        output: what `max_pool2d_kernel` gave, (N, C, OH, OW).
        x: the images (N, C, H, W).
        kernel, stride, padding: as in the forward.

    Returns:
        (N, C, H, W), of the type of `gradient`. A pixel that won several windows has the sum of their gradients.

    Hint: two lists of `shifted` views, one of the images, one of the result, go side by side.
    """
    padded = pad2d(x, padding, np.nan)  # nan is equal to nothing, so the frame wins nothing
    result = np.zeros(padded.shape, gradient.dtype)
    open_windows = np.ones(output.shape, dtype=bool)
    for view, target in zip(shifted(padded, kernel, stride), shifted(result, kernel, stride)):
        winner = open_windows & (view == output)
        target += gradient * winner
        open_windows &= ~winner
    return crop2d(result, padding)


# cell: pooling
register_kernel("avg_pool2d", avg_pool2d_kernel)
register_gradient("avg_pool2d", avg_pool2d_rule)
register_kernel("max_pool2d", max_pool2d_kernel)
register_gradient("max_pool2d", max_pool2d_rule)


class Pool2d(Layer):
    """Base of the pooling layers: (N, C, H, W) to (N, C, OH, OW). A subclass names its operation in `op`.

    Args:
        kernel_size: of the windows, in pixels; an integer >= 1 or a pair (rows, columns).
        stride: pixels from one window to the next; `kernel_size` if None.
        padding: an integer >= 0 or a pair, at most half of `kernel_size`.

    Raises:
        TypeError, ValueError: an argument is not what is said above; images have not four axes, are none at all, or are
            smaller than the window.
    """

    op = None

    def __init__(self, kernel_size, stride=None, padding=0):
        self.kernel_size = pair(kernel_size, "kernel_size")
        self.stride = self.kernel_size if stride is None else pair(stride, "stride")
        self.padding = pair(padding, "padding", smallest=0)
        if any(2 * around > size for around, size in zip(self.padding, self.kernel_size, strict=True)):
            raise ValueError(f"padding must be at most half of kernel_size {self.kernel_size}, got {padding!r}")

    def forward(self, x):
        x = image_batch(x, type(self).__name__)
        output_shape(x.shape, self.kernel_size, self.stride, self.padding)  # an image that is too small is refused here
        return apply(self.op, x, kernel=self.kernel_size, stride=self.stride, padding=self.padding)

    def __repr__(self):
        sizes = f"kernel_size={self.kernel_size}, stride={self.stride}, padding={self.padding}"
        return f"{type(self).__name__}({sizes})"


class MaxPool2d(Pool2d):
    """The largest value of every window; padding never wins, and of equal pixels the first gets the gradient.

    Example:
        MaxPool2d(2) halves height and width
    """

    op = "max_pool2d"


class AvgPool2d(Pool2d):
    """The mean of every window; the zeros of the padding count.

    Example:
        AvgPool2d(8) of (N, C, 8, 8) gives (N, C, 1, 1), the mean of each channel
    """

    op = "avg_pool2d"


# cell: statistics
def per_channel(numbers) -> np.ndarray:
    """One number a channel (C,), in the shape (C, 1, 1) that broadcasts over images (N, C, H, W)."""
    return numbers.reshape(-1, 1, 1)


def batch_statistics(x) -> tuple:
    """Mean and population variance of each channel of images (N, C, H, W), over samples and pixels: (C,) and (C,)."""
    return x.mean(axis=(0, 2, 3)), x.var(axis=(0, 2, 3))


def channel_sums(x) -> np.ndarray:
    """The sum of each channel of images (N, C, H, W), over samples and pixels: (C,)."""
    return x.sum(axis=(0, 2, 3))


# cell: batch-norm-kernel
def batch_norm_kernel(x, weight, bias, mean, variance, epsilon, from_batch) -> np.ndarray:
    """9.9 Every channel normalized with the statistics given, then scaled and moved.

    Args:
        x: images (N, C, H, W).
        weight, bias: γ and β, (C,) each.
        mean, variance: of each channel, (C,) each.
        epsilon: > 0, added to the variance, so that a constant channel does not divide by 0.
        from_batch: whether mean and variance are those of `x`. Only the rule asks.

    Returns:
        a new array of the shape and type of `x`.
    """
    scale = weight / np.sqrt(variance + epsilon)
    return (x - per_channel(mean)) * per_channel(scale) + per_channel(bias)


# cell: batch-norm-gradients
def batch_norm_gradients(gradient, x, weight, mean, variance, epsilon) -> tuple:
    """9.10 The gradients while learning: mean and variance are those of `x` and move with it.

    Args:
        gradient: the loss's gradient for the output, (N, C, H, W).
        x: the images (N, C, H, W).
        weight: γ, (C,).
        mean, variance: of each channel of `x`, (C,).
        epsilon: as in the forward.

    Returns:
        the loss's gradients for x (N, C, H, W), weight (C,) and bias (C,), of the type of `gradient`.
    """
    deviation = per_channel(np.sqrt(variance + epsilon))
    normal = x - per_channel(mean)
    normal /= deviation  # in place from here on: new arrays of the batch's size cost more than the arithmetic
    count = len(x) * math.prod(x.shape[2:])
    for_weight, for_bias = channel_sums(gradient * normal), channel_sums(gradient)
    normal *= per_channel(for_weight) / count
    for_x = gradient - per_channel(for_bias) / count
    for_x -= normal
    for_x *= per_channel(weight) / deviation
    return for_x, for_weight, for_bias


# cell: running-statistics
def running_statistics(running_mean, running_var, mean, variance, count, momentum) -> tuple:
    """9.11 What is remembered after one more batch.

    Args:
        running_mean, running_var: what was remembered so far, (C,) each; not changed.
        mean, variance: of the batch, (C,) each; the population variance (divided by `count`).
        count: how many numbers a channel of the batch has, at least 2.
        momentum: share of the new, in [0, 1].

    Returns:
        the new mean and the new variance, new arrays (C,).
    """
    unbiased = variance * (count / (count - 1))
    new_mean = (1 - momentum) * running_mean + momentum * mean
    return new_mean, (1 - momentum) * running_var + momentum * unbiased


# cell: batch-norm
def batch_norm_rule(gradient, output, x, weight, bias, mean, variance, epsilon, from_batch) -> tuple:
    """The gradients for x, weight and bias: 9.10 if the statistics are those of x, else a line through each channel."""
    if from_batch:
        return batch_norm_gradients(gradient, x, weight, mean, variance, epsilon)
    spread = np.sqrt(variance + epsilon)
    normal = (x - per_channel(mean)) / per_channel(spread)
    return gradient * per_channel(weight / spread), channel_sums(gradient * normal), channel_sums(gradient)


register_kernel("batch_norm", batch_norm_kernel)
register_gradient("batch_norm", batch_norm_rule)


class BatchNorm2d(Layer):
    """Every channel of images (N, C, H, W) normalized, then scaled by `weight` and moved by `bias`.

    While learning with the statistics of the batch, while predicting (`eval()`) with the running ones.

    Args:
        num_features: channels C, at least 1.
        epsilon: > 0, added to the variance.
        momentum: share of the newest batch in the running statistics, in [0, 1].

    Attributes:
        weight, bias: (C,), 1 and 0 at first.
        running_mean, running_var: (C,), 0 and 1 at first; no parameters, but part of `state_dict`.

    Raises:
        TypeError, ValueError: an argument is not what is said above; images have another number of axes or channels, are none
            at all, or (while learning) give only one number a channel, which has no variance.
    """

    def __init__(self, num_features, epsilon=1e-5, momentum=0.1):
        self.num_features = at_least_one(num_features, "num_features")
        if not 0 < epsilon < math.inf:
            raise ValueError(f"epsilon must be > 0 and finite, got {epsilon!r}")
        if not 0 <= momentum <= 1:
            raise ValueError(f"momentum must be in [0, 1], got {momentum!r}")
        self.epsilon, self.momentum = epsilon, momentum
        self.weight = ones(self.num_features, requires_grad=True)
        self.bias = zeros(self.num_features, requires_grad=True)
        self.running_mean = zeros(self.num_features)
        self.running_var = ones(self.num_features)

    def forward(self, x):
        x = image_batch(x, "BatchNorm2d", self.num_features)
        if self.training:
            mean, variance = batch_statistics(x.data)
            self.remember(mean, variance, x.size // self.num_features, x.shape)
        else:
            mean, variance = self.running_mean.data, self.running_var.data
        options = {"mean": mean, "variance": variance, "epsilon": self.epsilon, "from_batch": self.training}
        return apply("batch_norm", x, self.weight, self.bias, **options)

    def remember(self, mean, variance, count, shape):
        """Move the running statistics towards those of a batch of this shape."""
        if count < 2:
            raise ValueError(f"BatchNorm2d learns from more than one number a channel, got images of shape {shape}")
        running = self.running_mean, self.running_var
        news = running_statistics(*(tensor.data for tensor in running), mean, variance, count, self.momentum)
        for tensor, new in zip(running, news, strict=True):
            tensor.data = new.astype(tensor.dtype)

    def __repr__(self):
        return f"BatchNorm2d({self.num_features})"


__all__ = [
    "AvgPool2d",
    "BatchNorm2d",
    "Conv2d",
    "MaxPool2d",
    "Pool2d",
    "at_least_one",
    "avg_pool2d_kernel",
    "avg_pool2d_rule",
    "batch_norm_gradients",
    "batch_norm_kernel",
    "batch_norm_rule",
    "batch_statistics",
    "blocks",
    "channel_sums",
    "columns",
    "conv1d_loops",
    "conv2d_bias_gradient",
    "conv2d_input_gradient",
    "conv2d_kernel",
    "conv2d_loops",
    "conv2d_rule",
    "conv2d_weight_gradient",
    "crop2d",
    "image_batch",
    "max_pool2d_kernel",
    "max_pool2d_rule",
    "output_shape",
    "output_size",
    "pad2d",
    "padded_shape",
    "pair",
    "per_channel",
    "running_statistics",
    "shifted",
    "windows",
    "windows1d",
]
