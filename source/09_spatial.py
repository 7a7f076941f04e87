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
# # 09 · Spatial
#
# | difficulty | time | builds on | next |
# |---|---|---|---|
# | ●●●○ | 3–4 h | 02 tensor, 04 layers, 07 autograd, 08 training | 10 dataloader |
#
# A picture is not a list of pixels: neighbours belong together, and an edge is an edge wherever it stands. Today you
# build layers that know this: convolution, first as loops and then a thousand times faster, pooling, batch
# normalization, and the gradients of all three. At the end they read digits that have slipped.

# %% nbgrader={"grade": false, "grade_id": "scope", "locked": true, "schema_version": 3, "solution": false, "task": false}
import os

os.environ["TINYTORCH_BELOW"] = "09"  # this notebook sees the modules before it and no later one, as the grader does

# %% nbgrader={"grade": false, "grade_id": "imports", "locked": true, "schema_version": 3, "solution": false, "task": false}
#| default_exp core.spatial
#| export
import math
import operator

import numpy as np
from numpy.lib.stride_tricks import as_strided, sliding_window_view

from tinytorch_lib.core.activations import floating
from tinytorch_lib.core.autograd import register_gradient
from tinytorch_lib.core.layers import Layer, uniform_parameter
from tinytorch_lib.core.tensor import Tensor, apply, ones, register_kernel, zeros

# %%
import matplotlib.pyplot as plt

from tinytorch_lib.core.activations import ReLU
from tinytorch_lib.core.autograd import gradcheck, no_grad
from tinytorch_lib.core.layers import Flatten, Linear, Sequential
from tinytorch_lib.core.losses import CrossEntropyLoss
from tinytorch_lib.core.optimizers import Adam
from tinytorch_lib.core.setup import megabytes, time_call
from tinytorch_lib.core.tensor import manual_seed, randn, use_backend
from tinytorch_lib.core.training import Trainer, accuracy, load_digits

# %% [markdown]
# ## What hurts
# 08 ended with a network that read 8 × 8 digits well, until they slipped by a pixel. (Scrambling their pixels did not
# trouble it at all.) Here is a small one of its kind, with its answers for five places. Keep its numbers in mind: the
# network at the end of today must do better.

# %%
images, labels = load_digits()
order = np.random.default_rng(0).permutation(len(images))
images, labels = np.float32(images[order]) / 16, labels[order]  # (1797, 1, 8, 8), from 0 (paper) to 1 (ink)
TRAIN, TEST = slice(0, 1400), slice(1400, None)
MOVES = {"in place": (0, 0), "right": (0, 1), "left": (0, -1), "down": (1, 0), "up": (-1, 0)}


def moved(images, rows, columns):
    """The images, moved by at most one pixel down and to the right; paper comes in from the other side."""
    height, width = images.shape[2:]
    framed = np.pad(images, [(0, 0), (0, 0), (1, 1), (1, 1)])
    return framed[:, :, 1 - rows : 1 - rows + height, 1 - columns : 1 - columns + width]


def train(model, images, epochs):
    """Train on the first 1400 images, 32 at a time."""
    batches = [(Tensor(images[k : k + 32]), Tensor(labels[k : k + 32])) for k in range(0, TRAIN.stop, 32)]
    Trainer(model, Adam(model.parameters(), learning_rate=0.005), CrossEntropyLoss()).fit(batches, epochs=epochs, quiet=True)
    return model.eval()


def read(model, images):
    """The share of the test images that the model reads rightly."""
    with no_grad():
        return accuracy(model(Tensor(images[TEST])), Tensor(labels[TEST]))


def new_mlp():
    manual_seed(0)
    return Sequential(Flatten(), Linear(64, 84), ReLU(), Linear(84, 10))


mlp = train(new_mlp(), images, epochs=10)
mlp_scores = [read(mlp, moved(images, *move)) for move in MOVES.values()]
for name, score in zip(MOVES, mlp_scores, strict=True):
    print(f"digits, {name:9} {score:.1%} right")
print("parameters:", sum(parameter.size for parameter in mlp.parameters()))

# %% [markdown]
# To an MLP a picture is 64 numbers in a row. Which of them are neighbours it never knew, and each hidden unit has a
# weight of its own for each pixel: what it learned about a stroke at pixel 20, it does not know about the same stroke
# at pixel 21.

# %% [markdown]
# ## The idea
# Two facts about pictures, and what follows from them:
#
# | fact | so |
# |---|---|
# | neighbours belong together | each output looks at a small **window** only |
# | a thing stays the same thing when it moves | every window is weighed with the **same** numbers |
#
# The small set of weights is a **filter**, the sliding weighted sum a **convolution**. Images are (N, C, H, W):
# samples, channels (red, green, blue, or what other filters found), rows, columns.

# %% [markdown]
# ## 9.1 Where windows fit — solved, to read
# A line of $n$ pixels, a kernel of $k$ weights. **Padding** $p$ puts zeros on both ends, so that the kernel can also
# stand at the edge. **Stride** $s$ moves it by $s$ pixels at a time. The first window starts at 0, the last one at
# most at $n + 2p - k$:
#
# $$m = \left\lfloor \frac{n + 2p - k}{s} \right\rfloor + 1$$
#
# With $k = 3,\ p = 1,\ s = 1$ the length stays. Remainders on the right are not looked at.

# %% nbgrader={"grade": false, "grade_id": "sizes", "locked": true, "schema_version": 3, "solution": false, "task": false}
#| export
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

# %%
for length, kernel, stride, padding in [(8, 3, 1, 0), (8, 3, 1, 1), (8, 2, 2, 0), (7, 2, 2, 0), (28, 5, 1, 0)]:
    found = output_size(length, kernel, stride, padding)
    print(f"{length:2d} pixels, kernel {kernel}, stride {stride}, padding {padding}: {found} windows")
try:
    output_size(2, 5, padding=1)
except ValueError as error:
    print("ValueError:", error)

# %% [markdown]
# ## How this module is tested
# Small cases are compared with numbers from PyTorch. Larger ones with a convolution that takes a wholly different
# road, a product of Fourier transforms (you need not know them): it cannot share a mistake with yours. Gradients are
# compared with central differences. You need not read the cell.

# %% nbgrader={"grade": false, "grade_id": "checks", "locked": true, "schema_version": 3, "solution": false, "task": false}
#| check
def correlate(x, weight, stride=(1, 1), padding=(0, 0)):
    """What `conv2d` of images (N, C, H, W) with filters (O, C, kh, kw) should be: by Fourier transforms, in float64."""
    size = [length + 2 * around for length, around in zip(x.shape[2:], padding, strict=True)]
    framed = np.pad(x, [(0, 0), (0, 0), *((around, around) for around in padding)])
    there = np.fft.rfft2(framed.astype(np.float64))
    filters = np.conj(np.fft.rfft2(weight.astype(np.float64), s=size))
    full = np.fft.irfft2(np.einsum("nchw,ochw->nohw", there, filters), s=size)
    last = [length - kernel + 1 for length, kernel in zip(size, weight.shape[2:], strict=True)]
    return full[:, :, : last[0] : stride[0], : last[1] : stride[1]]


def numeric_gradient(loss, x, step=1e-5):
    """The gradient of the number `loss(x)` for the float64 array x, by central differences."""
    gradient = np.zeros(x.shape)
    for index in np.ndindex(*x.shape):
        ends = []
        for sign in (1, -1):
            moved = x.copy()
            moved[index] += sign * step
            ends.append(loss(moved))
        gradient[index] = (ends[0] - ends[1]) / (2 * step)
    return gradient


def same(got, expected, why, tolerance=1e-6, dtype=None):
    """`got` is an array with the shape and the numbers of `expected`, and of type `dtype` if given."""
    assert got is not None, f"{why}\nGot None: is there a `return`?"
    assert np.shape(got) == np.shape(expected), f"{why}\nExpected the shape {np.shape(expected)}, got {np.shape(got)}."
    if dtype is not None:
        assert np.asarray(got).dtype == dtype, f"{why}\nExpected {np.dtype(dtype)}, got {np.asarray(got).dtype}."
    np.testing.assert_allclose(got, expected, rtol=tolerance, atol=tolerance, err_msg=why)


def twice(function, arrays, expected, why):
    """`function` of the arrays is `expected` in float64 and in float32, twice in a row, and changes none of them."""
    for dtype, tolerance in (("float64", 1e-8), ("float32", 1e-4)):
        given = [array.astype(dtype) for array in arrays]
        for _ in range(2):  # a buffer that was not cleaned would show the second time
            same(function(*given), expected, f"{why} ({dtype})", tolerance, dtype)
        for array, before in zip(given, arrays, strict=True):
            message = f"{why}\nAn input was changed: work on a new array."
            np.testing.assert_array_equal(array, before.astype(dtype), err_msg=message)

# %% [markdown]
# ## 9.2 Convolution as loops — yours (12 points)
# First one channel in one dimension, solved, to read. Output $i$ is the weighted sum of the window that starts at $i
# s$:
#
# $$y_i = b + \sum_{u=0}^{k-1} w_u\, x_{i s + u}$$

# %% nbgrader={"grade": false, "grade_id": "conv1d-loops", "locked": true, "schema_version": 3, "solution": false, "task": false}
#| export
def conv1d_loops(x, weight, bias=0.0, stride=1) -> np.ndarray:
    """A line (n,) and a filter (k,): the weighted sum of every window."""
    output = np.full(output_size(len(x), len(weight), stride), bias, x.dtype)
    for i in range(len(output)):
        for u in range(len(weight)):
            output[i] += weight[u] * x[i * stride + u]
    return output

# %%
step_up = np.float32([0, 0, 0, 1, 1, 1])
print("differences:", conv1d_loops(step_up, np.float32([-1, 1])), " where does the line rise?")
print("means of 3: ", conv1d_loops(step_up, np.float32([1, 1, 1]) / 3).round(2))

# %% [markdown]
# ### Now you: two dimensions, many channels
# A filter of the output channel $o$ has one $k_h \times k_w$ table for *each* input channel, and all of them add up
# to one number:
#
# $$y_{n o i j} = b_o + \sum_{c} \sum_{u} \sum_{v} w_{o c u v}\; \hat x_{n, c,\; i s_h + u,\; j s_w + v}$$
#
# $\hat x$ is $x$ in its frame of zeros. Mathematicians would turn the filter round first and call this a
# *cross-correlation*; in deep learning nobody does.
#
# *Where to look:* `pad2d` and `output_shape` in 9.1. `np.ndindex(2, 3)` gives all six pairs of indices: seven loops
# can be two lines.

# %% nbgrader={"grade": false, "grade_id": "conv2d-loops", "locked": false, "schema_version": 3, "solution": true, "task": false}
#| export
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
    ### BEGIN SOLUTION
    padded = pad2d(x, padding)
    output = np.zeros((len(x), len(weight), *output_shape(x.shape, weight.shape[2:], stride, padding)), x.dtype)
    for n, o, i, j in np.ndindex(*output.shape):
        for c, u, v in np.ndindex(*weight.shape[1:]):
            output[n, o, i, j] += weight[o, c, u, v] * padded[n, c, i * stride[0] + u, j * stride[1] + v]
        if bias is not None:
            output[n, o, i, j] += bias[o]
    return output
    ### END SOLUTION

# %% nbgrader={"grade": true, "grade_id": "test-conv2d-loops", "locked": true, "points": 12, "schema_version": 3, "solution": false, "task": false}
def test_conv2d_loops():
    """Is every output the weighted sum of its window over all channels, for any stride and padding?"""
    print("🔬 Unit Test: Convolution as loops...")
    x = np.arange(1.0, 10.0).reshape(1, 1, 3, 3)
    weight = np.array([[[[1.0, 10.0], [100.0, 1000.0]]]])
    why = "The image 1 ... 9 and the filter [[1, 10], [100, 1000]]: each output is its window, weighed and added up (9.2)."
    same(conv2d_loops(x, weight), [[[[5421, 6532], [8754, 9865]]]], why)
    same(conv2d_loops(x, weight, np.array([0.5])), [[[[5421.5, 6532.5], [8754.5, 9865.5]]]], f"{why} The bias is 0.5.")
    why = "The same with padding (1, 0): a row of zeros above and one below (9.2)."
    expected = [[[[2100, 3200], [5421, 6532], [8754, 9865], [87, 98]]]]
    same(conv2d_loops(x, weight, padding=(1, 0)), expected, why)
    why = "The same with stride (1, 2) and padding (0, 1): how far apart are two windows (9.2)?"
    same(conv2d_loops(x, weight, stride=(1, 2), padding=(0, 1)), [[[[4010, 6532], [7040, 9865]]]], why)
    colours = np.stack([x[0, 0], 10 * x[0, 0]])[None]
    both = np.array([[[[1.0]], [[0.0]]], [[[0.0]], [[1.0]]], [[[1.0]], [[1.0]]]])
    why = "Two channels in, three filters of one pixel: the first channel, the second, their sum (9.2)."
    expected = np.stack([x[0, 0], 10 * x[0, 0], 11 * x[0, 0]])[None]
    same(conv2d_loops(colours, both, np.array([1.0, 2.0, 3.0])), expected + np.array([[[1]], [[2]], [[3]]]), why)

    def compare(shape, filters, stride, padding, what=""):
        draw = np.random.default_rng(92)
        arrays = [draw.standard_normal(shape), draw.standard_normal(filters), draw.standard_normal(filters[0])]
        why = f"Images {shape}, filters {filters}, stride {stride}, padding {padding}{what}. Reread 9.2."
        expected = correlate(arrays[0], arrays[1], stride, padding)
        twice(lambda x, w: conv2d_loops(x, w, stride=stride, padding=padding), arrays[:2], expected, why)
        expected = expected + arrays[2][:, None, None]
        twice(lambda x, w, b: conv2d_loops(x, w, b, stride, padding), arrays, expected, f"{why} With a bias.")

    compare((2, 2, 4, 5), (3, 2, 2, 3), (1, 1), (0, 0))
    compare((1, 3, 5, 4), (2, 3, 3, 2), (2, 1), (1, 2))
    compare((2, 1, 3, 3), (1, 1, 3, 3), (1, 1), (0, 0))
    ### BEGIN HIDDEN TESTS
    compare((1, 2, 7, 6), (2, 2, 3, 1), (3, 2), (0, 1), " (hidden test)")
    compare((3, 1, 1, 4), (2, 1, 1, 1), (1, 3), (2, 0), " (hidden test)")
    ### END HIDDEN TESTS
    print("📈 Progress: Convolution as loops ✓")


test_conv2d_loops()

# %% [markdown]
# ### What that costs
# Before you run it, count: one digit of 8 × 8, sixteen filters of 3 × 3, padding 1. How many multiplications? And
# MNIST has 60,000 images of 28 × 28.

# %%
filters = np.random.default_rng(0).standard_normal((16, 1, 3, 3)).astype(np.float32)
seconds = time_call(conv2d_loops, images[:1], filters, None, (1, 1), (1, 1), repeats=1)
products = 16 * 8 * 8 * 9
print(f"{products:,} multiplications in {seconds * 1e3:.1f} ms: {seconds / products * 1e9:.0f} ns each")
print(f"all of MNIST, one layer, forward only: {60_000 * 16 * 28 * 28 * 9 * seconds / products / 3600:.1f} hours")

# %% [markdown]
# ## 9.3 Windows that cost nothing — yours (10 points)
# The loops are slow because Python touches each number by itself. Numpy wants whole arrays: all windows in one.
# Copied out, nine overlapping $3 \times 3$ windows would take nine times the memory. But 02 ended with strides: a
# view is new strides over old bytes. One dimension, solved, to read:

# %% nbgrader={"grade": false, "grade_id": "windows1d", "locked": true, "schema_version": 3, "solution": false, "task": false}
#| export
def windows1d(x, kernel, stride=1) -> np.ndarray:
    """All windows of a line (n,), one a column: a view (kernel, m) with [u, i] = x[i * stride + u]."""
    (step,) = x.strides  # bytes from one pixel to the next
    shape = (kernel, output_size(len(x), kernel, stride))
    return as_strided(x, shape, (step, step * stride))

# %%
line = np.arange(10, 17)
print(windows1d(line, 3, stride=2))
print("bytes from pixel to pixel:", line.strides, " strides of the view:", windows1d(line, 3, stride=2).strides)

# %% [markdown]
# One more along the axis $u$ is the next pixel; one more along $i$ is `stride` pixels further. Both walk over the
# same bytes.
#
# ### Now you: two dimensions
# Images have four axes; rows and columns become two axes each: where in the window ($u, v$), and which window ($i,
# j$). Write down all six strides: each is one of `x.strides`, or a multiple.
#
# **Careful:** `as_strided` believes you. A wrong shape or stride reads foreign memory: garbage or a dead kernel. And
# never write into windows. `sliding_window_view` does the same safely; with it, look at the order of the axes.

# %% nbgrader={"grade": false, "grade_id": "windows", "locked": false, "schema_version": 3, "solution": true, "task": false}
#| export
def windows(x, kernel, stride=(1, 1)) -> np.ndarray:
    """9.3 All windows of all images.

    Args:
        x: images (N, C, H, W), padded already; in any memory layout (`x.strides` knows).
        kernel: (kh, kw).
        stride: (rows, columns) from one window to the next.

    Returns:
        a view (N, C, kh, kw, OH, OW) with [n, c, u, v, i, j] = x[n, c, i * stride[0] + u, j * stride[1] + v]
    """
    ### BEGIN SOLUTION
    sample, channel, row, column = x.strides
    shape = (*x.shape[:2], *kernel, *output_shape(x.shape, kernel, stride))
    strides = (sample, channel, row, column, row * stride[0], column * stride[1])
    return as_strided(x, shape, strides)
    ### END SOLUTION

# %% nbgrader={"grade": false, "grade_id": "windows-shared", "locked": true, "schema_version": 3, "solution": false, "task": false}
def windows_cost_nothing():
    """For the test of 9.3: do the windows share the memory of the image?"""
    x = np.zeros((1, 2, 5, 5))
    return bool(np.shares_memory(x, windows(x, (3, 3))))

# %% nbgrader={"grade": true, "grade_id": "test-windows", "locked": true, "points": 10, "schema_version": 3, "solution": false, "task": false}
def test_windows():
    """Does each element stand where the docstring says, in any memory layout, without a copy?"""
    print("🔬 Unit Test: Windows...")
    x = np.arange(12.0).reshape(1, 1, 3, 4)
    why = "The image 0 ... 11 in 3 rows, kernel (2, 3): axes u, v say where in the window, i, j which window (9.3)."
    expected = [[[[0, 1], [4, 5]], [[1, 2], [5, 6]], [[2, 3], [6, 7]]], [[[4, 5], [8, 9]], [[5, 6], [9, 10]], [[6, 7], [10, 11]]]]
    same(windows(x, (2, 3)), [[expected]], why)

    def compare(shape, kernel, stride, what=""):
        count = math.prod(shape)
        sizes = [(length - k) // s + 1 for length, k, s in zip(shape[2:], kernel, stride, strict=True)]
        # in 0, 1, 2, ... a number says where it stands
        n, c, u, v, i, j = np.indices((*shape[:2], *kernel, *sizes))
        expected = ((n * shape[1] + c) * shape[2] + i * stride[0] + u) * shape[3] + j * stride[1] + v
        layouts = {
            "plain": np.arange(count, dtype=np.float32).reshape(shape),
            "float64": np.arange(count, dtype=np.float64).reshape(shape),
            "columns first": np.asfortranarray(np.arange(count, dtype=np.float32).reshape(shape)),
            "every second of": np.repeat(np.arange(count, dtype=np.float32).reshape(shape), 2, axis=3)[..., ::2],
        }
        for name, array in layouts.items():
            why = f"Images {shape} (memory: {name}), kernel {kernel}, stride {stride}{what}: is every stride right (9.3)?"
            same(windows(array, kernel, stride), expected, why, dtype=array.dtype)

    compare((2, 3, 4, 5), (2, 3), (1, 1))
    compare((2, 2, 7, 8), (3, 2), (2, 3))
    compare((1, 1, 3, 3), (3, 3), (1, 1))
    compare((3, 1, 5, 4), (1, 1), (3, 2))
    assert windows_cost_nothing(), "The windows were copied. They should be a view of the image's memory (9.3)."
    ### BEGIN HIDDEN TESTS
    compare((2, 4, 6, 9), (5, 2), (1, 4), " (hidden test)")
    compare((1, 2, 8, 3), (2, 3), (5, 1), " (hidden test)")
    ### END HIDDEN TESTS
    print("📈 Progress: Windows ✓")


test_windows()

# %% [markdown]
# ### What that is worth
# The view of a batch holds nine times as many numbers as the batch, in the same bytes. Compare the two sizes:

# %%
batch = np.zeros((32, 32, 34, 34), np.float32)
view = windows(batch, (3, 3))
print("the batch:", f"{batch.nbytes:,} bytes", " the view would be", f"{view.nbytes:,} bytes, if it were copied")
print("strides:", batch.strides, "→", view.strides)

# %% [markdown]
# ## 9.4 Convolution as a matrix product — yours (14 points)
# Number the windows of one image $1 \dots L$, and lay each out as a column of $C k_h k_w$ numbers. Lay each filter
# out as a row. Then the weighted sums of *all* windows with *all* filters are one matrix product, and that is what
# processors do best:
#
# $$Y_{(O \times L)} = W_{(O \times C k_h k_w)}\; X^{\text{cols}}_{(C k_h k_w \times L)}$$

# %% [markdown]
# Such a product needs its matrix in one piece, so here we must copy. Not the whole batch: its columns would fill 38
# MB in the example above. `columns`, solved, to read, copies **a few samples at a time into one buffer**, about a
# megabyte that stays in the processor's cache. It is a generator: at each `yield` your loop uses the buffer, then the
# next samples are written over it.
#
# (It takes numpy's own windows, so that a mistake in 9.3 costs you nothing here.)

# %% nbgrader={"grade": false, "grade_id": "columns", "locked": true, "schema_version": 3, "solution": false, "task": false}
#| export
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

# %%
image = np.arange(1.0, 10.0).reshape(1, 1, 3, 3)
for part, matrices in columns(image, (2, 2)):
    print(part, matrices.shape)
    print(matrices[0])  # which column is the window in the lower left corner?

# %% [markdown]
# ### Now you
# *Where to look:* `weight.reshape(...)` gives the matrix of filters; a product of it with (B, ...) matrices is B
# products (2.5). Make the output once, as (N, O, L), write each block's products into their place (`np.matmul` has an
# argument `out` that spares a copy), and give it its four axes at the end. The bias has one number a channel: which
# shape broadcasts over (N, O, L)?

# %% nbgrader={"grade": false, "grade_id": "conv2d-kernel", "locked": false, "schema_version": 3, "solution": true, "task": false}
#| export
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
    ### BEGIN SOLUTION
    filters = weight.reshape(len(weight), math.prod(weight.shape[1:]))
    height, width = output_shape(x.shape, weight.shape[2:], stride, padding)
    output = np.empty((len(x), len(weight), height * width), x.dtype)
    for part, matrices in columns(x, weight.shape[2:], stride, padding):
        np.matmul(filters, matrices, out=output[part])
    if bias is not None:
        output += bias[:, None]
    return output.reshape(len(x), len(weight), height, width)
    ### END SOLUTION

# %% nbgrader={"grade": true, "grade_id": "test-conv2d-kernel", "locked": true, "points": 14, "schema_version": 3, "solution": false, "task": false}
def test_conv2d_kernel():
    """Are the numbers those of the formula in 9.2, for any shape, stride, padding and type?"""
    print("🔬 Unit Test: Convolution as a matrix product...")
    # made with PyTorch
    x = np.array([[[[1.0, -2.0, 0.0], [3.0, 1.0, 2.0], [0.0, -1.0, 4.0]], [[2.0, 0.0, 1.0], [-1.0, 3.0, 0.0], [1.0, 2.0, -2.0]]]])
    weight = np.array([[[[1.0, 0.0], [2.0, -1.0]], [[0.0, 1.0], [1.0, 1.0]]], [[[-1.0, 2.0], [0.0, 1.0]], [[3.0, 0.0], [-2.0, 1.0]]]])
    bias = np.array([0.5, -1.0])
    why = "Two channels in, two filters of 2 x 2, made with PyTorch (9.4)."
    expected = [[[[8.5, 2.5], [10.5, -4.5]], [[6.0, -3.0], [-6.0, 9.0]]]]
    same(conv2d_kernel(x, weight, bias), expected, why)
    same(conv2d_kernel(x, weight), np.array(expected) - bias[:, None, None], f"{why} Without a bias.")
    why = "The same with stride (2, 1) and padding (1, 0), made with PyTorch (9.4)."
    expected = [[[[6.5, -2.5], [10.5, -4.5]], [[-7.0, 0.0], [-6.0, 9.0]]]]
    same(conv2d_kernel(x, weight, bias, (2, 1), (1, 0)), expected, why)

    def compare(shape, filters, stride, padding, what=""):
        draw = np.random.default_rng(94)
        arrays = [draw.standard_normal(shape), draw.standard_normal(filters), draw.standard_normal(filters[0])]
        why = f"Images {shape}, filters {filters}, stride {stride}, padding {padding}{what}. Reread 9.4."
        expected = correlate(arrays[0], arrays[1], stride, padding)
        twice(lambda x, w: conv2d_kernel(x, w, stride=stride, padding=padding), arrays[:2], expected, why)
        expected = expected + arrays[2][:, None, None]
        twice(lambda x, w, b: conv2d_kernel(x, w, b, stride, padding), arrays, expected, f"{why} With a bias.")

    compare((2, 3, 6, 5), (4, 3, 3, 2), (1, 1), (0, 0))
    compare((3, 2, 9, 8), (2, 2, 3, 3), (2, 3), (1, 2))
    compare((1, 1, 4, 4), (1, 1, 4, 4), (1, 1), (0, 0))
    compare((5, 4, 3, 2), (3, 4, 1, 1), (1, 1), (0, 0))
    compare((3, 8, 60, 50), (2, 8, 5, 5), (1, 1), (0, 1), " (so large that `columns` yields one sample at a time)")
    compare((7, 4, 50, 50), (2, 4, 3, 3), (1, 1), (1, 0), " (`columns` yields two or three samples at a time)")
    ### BEGIN HIDDEN TESTS
    compare((2, 5, 12, 7), (6, 5, 5, 2), (3, 1), (2, 1), " (hidden test)")
    compare((4, 1, 1, 6), (2, 1, 1, 3), (1, 2), (0, 1), " (hidden test)")
    ### END HIDDEN TESTS
    print("📈 Progress: Convolution as a matrix product ✓")


test_conv2d_kernel()

# %% [markdown]
# ### The same numbers, how much faster?
# Four photographs of 16 × 16 in three colours, eight filters. Guess the factor:

# %%
draw = np.random.default_rng(4)
few = [draw.standard_normal(shape).astype(np.float32) for shape in ((4, 3, 16, 16), (8, 3, 3, 3), (8,))]
options = {"stride": (1, 1), "padding": (1, 1)}
difference = np.abs(conv2d_kernel(*few, **options) - conv2d_loops(*few, **options)).max()
slow = time_call(lambda: conv2d_loops(*few, **options), repeats=1)
fast = time_call(lambda: conv2d_kernel(*few, **options))
print(f"largest difference {difference:.1e}; loops {slow * 1e3:,.0f} ms, matrix product {fast * 1e3:.2f} ms: {slow / fast:,.0f} times")

# %% [markdown]
# ### See it: filters made by hand
# Grace Hopper, once more. Four filters that somebody thought up, long before anyone learned one. Positive answers are
# dark, negative ones bright. Before you run it: which picture will show the braid on the cap, and which the edges of
# the face?

# %%
from matplotlib.cbook import get_sample_data

with get_sample_data("grace_hopper.jpg") as file:
    photo = plt.imread(file)[20:340, 120:400].astype(np.float32).mean(axis=2)[None, None] / 255
by_hand = {
    "mean of 9 × 9": np.ones((9, 9)) / 81,
    "left against right": [[-1, 0, 1], [-2, 0, 2], [-1, 0, 1]],
    "above against below": [[-1, -2, -1], [0, 0, 0], [1, 2, 1]],
    "pixel against neighbours": [[-1, -1, -1], [-1, 8, -1], [-1, -1, -1]],
}
figure, panels = plt.subplots(1, 4, figsize=(9, 3), layout="constrained")
for panel, (name, table) in zip(panels, by_hand.items(), strict=True):
    answer = conv2d_kernel(photo, np.float32(table)[None, None])[0, 0]
    limit = 1 if name.startswith("mean") else 1.5
    panel.imshow(answer, cmap="gray" if limit == 1 else "gray_r", vmin=0 if limit == 1 else -limit, vmax=limit)
    panel.set(title=name, xlabel="column (pixels)")
    panel.title.set_fontsize(9)
panels[0].set_ylabel("row (pixels)")
plt.show()

# %% [markdown]
# ## 9.5 The gradient for the filters — yours (12 points)
# 07 wants a rule for the new operation: one output gradient $g$ arrives, three leave. The first, solved, to read. The
# bias $b_o$ is added to every output of its channel, so
#
# $$\frac{\partial L}{\partial b_o} = \sum_{n, i, j} g_{n o i j}$$

# %% nbgrader={"grade": false, "grade_id": "conv2d-bias-gradient", "locked": true, "schema_version": 3, "solution": false, "task": false}
#| export
def conv2d_bias_gradient(gradient) -> np.ndarray:
    """The loss's gradient for the bias (O,), from the one for the output (N, O, OH, OW)."""
    return gradient.sum(axis=(0, 2, 3))

# %% [markdown]
# ### Now you
# In 9.4 each sample was a product $Y = W X^{\text{cols}}$. Linear layers (04) and `matmul` (07) had the same: what is
# $\partial L / \partial W$ for *one* sample, given $g$ for its $Y$? All samples used the same filters, so their
# gradients add up.
#
# *Where to look:* make the columns again with `columns`. Keeping them since the forward would save this copy and cost
# nine times the input's memory, in every layer, until the backward. *Check:* a gradient has the shape of what it
# belongs to.

# %% nbgrader={"grade": false, "grade_id": "conv2d-weight-gradient", "locked": false, "schema_version": 3, "solution": true, "task": false}
#| export
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
    ### BEGIN SOLUTION
    samples, outputs, *size = gradient.shape
    rows = gradient.reshape(samples, outputs, math.prod(size))
    total = np.zeros((outputs, x.shape[1] * math.prod(kernel)), gradient.dtype)
    for part, matrices in columns(x, kernel, stride, padding):
        total += (rows[part] @ matrices.transpose(0, 2, 1)).sum(axis=0)
    return total.reshape(outputs, x.shape[1], *kernel)
    ### END SOLUTION

# %% nbgrader={"grade": true, "grade_id": "test-conv2d-weight-gradient", "locked": true, "points": 12, "schema_version": 3, "solution": false, "task": false}
def test_conv2d_weight_gradient():
    """Does the gradient for every weight agree with numbers by hand and with central differences?"""
    print("🔬 Unit Test: The gradient for the filters...")
    x = np.arange(1.0, 10.0).reshape(1, 1, 3, 3)
    gradient = np.array([[[[1.0, 0.0], [0.0, 0.0]]]])
    why = "Only output (0, 0) matters to the loss: each weight's gradient is the pixel that it met there (9.5)."
    same(conv2d_weight_gradient(gradient, x, (2, 2)), [[[[1, 2], [4, 5]]]], why)
    gradient = np.array([[[[1.0, 0.0], [0.0, 10.0]]]])
    why = "Outputs (0, 0) and (1, 1) matter, the second ten times as much: the gradients add up (9.5)."
    same(conv2d_weight_gradient(gradient, x, (2, 2)), [[[[51, 62], [84, 95]]]], why)
    why = "The same for two equal samples: the gradients of the samples add up (9.5)."
    both = np.concatenate([gradient, gradient]), np.concatenate([x, x])
    same(conv2d_weight_gradient(*both, (2, 2)), [[[[102, 124], [168, 190]]]], why)

    def compare(shape, filters, stride, padding, what=""):
        draw = np.random.default_rng(95)
        x, weight = draw.standard_normal(shape), draw.standard_normal(filters)
        gradient = draw.standard_normal(correlate(x, weight, stride, padding).shape)
        # the output is linear in the weight, so differences are exact with any step
        expected = numeric_gradient(lambda w: np.sum(gradient * correlate(x, w, stride, padding)), weight, step=0.5)
        why = f"Images {shape}, filters {filters}, stride {stride}, padding {padding}{what}. Reread 9.5."
        twice(lambda g, x: conv2d_weight_gradient(g, x, filters[2:], stride, padding), [gradient, x], expected, why)

    compare((2, 3, 4, 5), (2, 3, 3, 2), (1, 1), (0, 0))
    compare((3, 1, 6, 5), (2, 1, 2, 3), (2, 3), (1, 2))
    compare((1, 2, 3, 3), (1, 2, 3, 3), (1, 1), (0, 0))
    for samples, channels, size, kernel in ((3, 8, 60, 5), (7, 4, 50, 3)):  # `columns` yields several blocks
        draw = np.random.default_rng(95)
        x = draw.standard_normal((samples, channels, size, size))
        gradient = draw.standard_normal((samples, 2, size - kernel + 1, size - kernel + 1))
        # at stride 1 it is a convolution itself: the gradient slides over the image, samples take the part of channels
        expected = correlate(x.swapaxes(0, 1), gradient.swapaxes(0, 1)).swapaxes(0, 1)
        why = f"Images {x.shape}, a kernel of {kernel}: more than fits into one block. Reread 9.5."
        twice(lambda g, x, k=kernel: conv2d_weight_gradient(g, x, (k, k)) / 100, [gradient, x], expected / 100, why)
    ### BEGIN HIDDEN TESTS
    compare((2, 2, 7, 3), (4, 2, 3, 1), (3, 1), (2, 0), " (hidden test)")
    compare((4, 3, 1, 5), (2, 3, 1, 2), (1, 2), (0, 1), " (hidden test)")
    ### END HIDDEN TESTS
    print("📈 Progress: The gradient for the filters ✓")


test_conv2d_weight_gradient()

# %% [markdown]
# ## 9.6 The gradient for the image — yours (14 points)
# A pixel lies in many windows, and each of them sends a share of gradient back. It helps to look at windows the other
# way round. So far we asked: which pixels does window $(i, j)$ see? Now: **which pixels does weight $(u, v)$ meet**,
# as the filter slides over the whole image? All but a border: the image, shifted by $(u, v)$ and thinned out by the
# stride. `shifted`, solved, to read, gives these $k_h k_w$ pictures as plain slices:

# %% nbgrader={"grade": false, "grade_id": "shifted", "locked": true, "schema_version": 3, "solution": false, "task": false}
#| export
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

# %%
board = np.zeros((4, 4))
for view in shifted(board, (2, 2)):  # views: what is added to one of them is added to `board`
    view += 1
print(board)  # in how many windows of 2 x 2 does each pixel lie?

# %% [markdown]
# ### Now you
# Start with one sample, $Y = W X^{\text{cols}}$: the gradient for its columns is a matrix product again. Its row $(c,
# u, v)$ belongs to the pixels of channel $c$ that weight $(u, v)$ met: *add* it there. The frame gets gradients too;
# nobody wants them, so crop it.
#
# *Where to look:* `padded_shape` and `crop2d` in 9.1, and the cell above. Take all samples at once: the rule below
# calls you with one block of them at a time.

# %% nbgrader={"grade": false, "grade_id": "conv2d-input-gradient", "locked": false, "schema_version": 3, "solution": true, "task": false}
#| export
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
    ### BEGIN SOLUTION
    outputs, channels, *kernel = weight.shape
    samples, _, *size = gradient.shape
    filters = weight.reshape(outputs, channels * math.prod(kernel))
    shares = filters.T @ gradient.reshape(samples, outputs, math.prod(size))
    shares = shares.reshape(samples, channels, math.prod(kernel), *size)
    padded = np.zeros(padded_shape(shape, padding), gradient.dtype)
    for place, view in enumerate(shifted(padded, kernel, stride)):
        view += shares[:, :, place]
    return crop2d(padded, padding)
    ### END SOLUTION

# %% nbgrader={"grade": true, "grade_id": "test-conv2d-input-gradient", "locked": true, "points": 14, "schema_version": 3, "solution": false, "task": false}
def test_conv2d_input_gradient():
    """Does the gradient for every pixel agree with numbers by hand and with central differences?"""
    print("🔬 Unit Test: The gradient for the image...")
    weight = np.array([[[[1.0, 2.0], [3.0, 4.0]]]])
    gradient = np.array([[[[1.0, 0.0], [0.0, 0.0]]]])
    why = "Only output (0, 0) matters: each pixel's gradient is the weight that it met there (9.6)."
    same(conv2d_input_gradient(gradient, weight, (1, 1, 3, 3)), [[[[1, 2, 0], [3, 4, 0], [0, 0, 0]]]], why)
    gradient = np.array([[[[1.0, 0.0], [0.0, 10.0]]]])
    why = "Outputs (0, 0) and (1, 1) matter, the second ten times as much: the pixel in the middle lies in both windows (9.6)."
    same(conv2d_input_gradient(gradient, weight, (1, 1, 3, 3)), [[[[1, 2, 0], [3, 14, 20], [0, 30, 40]]]], why)
    why = "The same with padding 1 of an image of one pixel: what fell on the frame is cropped (9.6)."
    same(conv2d_input_gradient(gradient, weight, (1, 1, 1, 1), padding=(1, 1)), [[[[14]]]], why)
    why = "Stride 2 on 4 x 5 pixels: windows do not overlap, and the last column is in none (9.6)."
    expected = [[[[1, 2, 0, 0, 0], [3, 4, 0, 0, 0], [0, 0, 10, 20, 0], [0, 0, 30, 40, 0]]]]
    same(conv2d_input_gradient(gradient, weight, (1, 1, 4, 5), stride=(2, 2)), expected, why)

    def compare(shape, filters, stride, padding, what=""):
        draw = np.random.default_rng(96)
        x, weight = draw.standard_normal(shape), draw.standard_normal(filters)
        gradient = draw.standard_normal(correlate(x, weight, stride, padding).shape)
        expected = numeric_gradient(lambda v: np.sum(gradient * correlate(v, weight, stride, padding)), x, step=0.5)
        why = f"Images {shape}, filters {filters}, stride {stride}, padding {padding}{what}. Reread 9.6."
        twice(lambda g, w: conv2d_input_gradient(g, w, shape, stride, padding), [gradient, weight], expected, why)

    compare((2, 3, 4, 5), (2, 3, 3, 2), (1, 1), (0, 0))
    compare((3, 1, 6, 5), (2, 1, 2, 3), (2, 3), (1, 2))
    compare((1, 2, 3, 3), (1, 2, 3, 3), (1, 1), (0, 0))
    ### BEGIN HIDDEN TESTS
    compare((2, 2, 7, 3), (4, 2, 3, 1), (3, 1), (2, 0), " (hidden test)")
    compare((4, 3, 1, 5), (2, 3, 1, 2), (1, 2), (0, 1), " (hidden test)")
    ### END HIDDEN TESTS
    print("📈 Progress: The gradient for the image ✓")


test_conv2d_input_gradient()

# %% [markdown]
# ### Put together: an operation and its layer, solved, to read
# The rule hands each gradient over as a *function*: 07 calls only those it needs. The first layer of a network never
# pays for 9.6, since nobody asks for the gradient of the photographs.
#
# The kernel goes into the table of 02 twice: yours under `"numpy"`, and the loops under `"loops"`.
#
# Look at what the layer does *not* have: a `backward`. From here on 07 derives it.

# %% nbgrader={"grade": false, "grade_id": "conv2d", "locked": true, "schema_version": 3, "solution": false, "task": false}
#| export
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

# %% [markdown]
# ### Is the whole right?
# Central differences from 07 for images, filters and bias at once. Then the same layer with the loops of 9.2 as
# kernel: no line of the layer changes, `apply` looks into another table.

# %%
arrays = [randn(2, 3, 5, 4), randn(4, 3, 3, 2), randn(4)]
print("gradcheck:", gradcheck(lambda x, w, b: apply("conv2d", x, w, b, stride=(2, 1), padding=(1, 0)), arrays))

manual_seed(9)
layer, few_digits = Conv2d(1, 4, kernel_size=3, padding=1), Tensor(images[:2])
answer = layer(few_digits)
with use_backend("loops"):
    difference = (layer(few_digits) - answer).abs().max().item()
print(f"{layer}: with loops it gives the same, largest difference {difference:.1e}")

# %% [markdown]
# ### Move the picture, and the answer moves
# The promise of "the same numbers everywhere": let $S$ move a picture by a pixel. Then
#
# $$\text{conv}(S x) = S\, \text{conv}(x)$$
#
# This is called **equivariance**. A linear layer with 64 inputs and outputs knows nothing of it. Measured, away from
# the border (where paper comes in), in parts of the largest answer:

# %%
inside = (slice(None), slice(None), slice(2, -2), slice(2, -2))
linear = Linear(64, 64)
maps = {
    "Conv2d": lambda x: layer(Tensor(x)).data,
    "Linear": lambda x: linear(Tensor(x.reshape(-1, 64))).data.reshape(-1, 1, 8, 8),
}
for name, function in maps.items():
    first_moved, then_moved = function(moved(images, 1, 1)), moved(function(images), 1, 1)
    gap = np.abs(first_moved[inside] - then_moved[inside]).max() / np.abs(then_moved).max()
    print(f"{name}: move, then compute, against compute, then move: they differ by {gap:.1e}")

# %% [markdown]
# ### What sharing saves
# From a colour photograph of 32 × 32 to 16 pictures of 32 × 32. If every output had weights of its own, and for all
# pixels; if it had its own, but for its window only; and if all windows share:

# %%
pixels, window = 32 * 32, 3 * 3 * 3
print(f"Linear, everything with everything: {pixels * 3 * pixels * 16 + pixels * 16:12,d} parameters")
print(f"a window each, not shared:          {pixels * 16 * (window + 1):12,d}")
print(f"{sum(p.size for p in Conv2d(3, 16, 3).parameters()):48,d}: Conv2d(3, 16, 3)")

# %% [markdown]
# ## 9.7 Pooling: the largest of a window — yours (6 points)
# Whether a stroke ends at pixel 11 or 12 seldom matters. **Pooling** makes a small picture of a large one, channel by
# channel, with no weights: of every window it keeps the mean, or the largest value. The pictures of 9.6 make it
# short: do not visit the windows, lay $k_h k_w$ shifted pictures on each other.
#
# The mean, with its rule, solved, to read. As in PyTorch the frame's zeros count as pixels:

# %% nbgrader={"grade": false, "grade_id": "avg-pool2d", "locked": true, "schema_version": 3, "solution": false, "task": false}
#| export
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

# %% [markdown]
# ### Now you: the largest value
# *Think:* what must stand in the frame, so that it never wins? (All pixels of an image may be negative.) `np.maximum`
# compares two arrays element by element.

# %% nbgrader={"grade": false, "grade_id": "max-pool2d-kernel", "locked": false, "schema_version": 3, "solution": true, "task": false}
#| export
def max_pool2d_kernel(x, kernel, stride, padding=(0, 0)) -> np.ndarray:
    """9.7 The largest value of every window.

    Args:
        x: images (N, C, H, W), floats.
        kernel, stride, padding: pairs (rows, columns). Padding never wins.

    Returns:
        a new array (N, C, OH, OW), of the type of `x`.
    """
    ### BEGIN SOLUTION
    views = shifted(pad2d(x, padding, -np.inf), kernel, stride)
    best = np.full((*x.shape[:2], *output_shape(x.shape, kernel, stride, padding)), -np.inf, x.dtype)
    for view in views:
        np.maximum(best, view, out=best)
    return best
    ### END SOLUTION

# %% nbgrader={"grade": true, "grade_id": "test-max-pool2d-kernel", "locked": true, "points": 6, "schema_version": 3, "solution": false, "task": false}
def test_max_pool2d_kernel():
    """Is the largest value of every window kept, negative ones too, and does the frame never win?"""
    print("🔬 Unit Test: Max pooling...")
    x = np.array([[[[1.0, 5.0, 2.0, 0.0], [3.0, -4.0, 7.0, 1.0], [-1.0, -2.0, -3.0, -9.0], [-6.0, -5.0, -8.0, -7.0]]]])
    why = "4 x 4 pixels, windows of 2 x 2 side by side: the largest of each (9.7)."
    twice(lambda x: max_pool2d_kernel(x, (2, 2), (2, 2)), [x], [[[[5, 7], [-1, -3]]]], why)
    why = "Windows of 3 x 2, stride (1, 2): overlapping windows (9.7)."
    twice(lambda x: max_pool2d_kernel(x, (3, 2), (1, 2)), [x], [[[[5, 7], [3, 7]]]], why)
    why = "Windows of 3 x 3, stride 2, padding 1: may a frame of zeros win over -2 (9.7)?"
    twice(lambda x: max_pool2d_kernel(x, (3, 3), (2, 2), (1, 1)), [x - 8], [[[[-3, -1], [-5, -1]]]], why)
    why = "A window of one pixel with stride (3, 1): nothing but thinning out (9.7)."
    twice(lambda x: max_pool2d_kernel(x, (1, 1), (3, 1)), [x], x[:, :, ::3], why)
    both = np.concatenate([np.stack([x[0, 0], -x[0, 0]])[None], np.stack([10 * x[0, 0], x[0, 0].T])[None]])
    why = "Two samples of two channels: each is pooled by itself (9.7)."
    expected = [[[[5, 7], [-1, -3]], [[4, 0], [6, 9]]], [[[50, 70], [-10, -30]], [[5, -1], [7, -3]]]]
    twice(lambda x: max_pool2d_kernel(x, (2, 2), (2, 2)), [both], expected, why)
    ### BEGIN HIDDEN TESTS
    draw = np.random.default_rng(97)
    for shape, kernel, stride, padding in [
        ((2, 3, 7, 6), (2, 3), (2, 1), (1, 1)),
        ((1, 2, 5, 9), (4, 5), (1, 3), (2, 0)),
        ((3, 1, 6, 4), (3, 2), (3, 2), (0, 1)),
    ]:
        x = draw.standard_normal(shape) - 3
        framed = np.pad(x, [(0, 0), (0, 0), *((p, p) for p in padding)], constant_values=-1e9)
        places = [np.arange(0, n - k + 1, s) for n, k, s in zip(framed.shape[2:], kernel, stride, strict=True)]
        expected = np.array(
            [[framed[:, :, i : i + kernel[0], j : j + kernel[1]].max(axis=(2, 3)) for j in places[1]] for i in places[0]]
        ).transpose(2, 3, 0, 1)
        why = f"Images {shape}, kernel {kernel}, stride {stride}, padding {padding} (hidden test). Reread 9.7."
        twice(lambda x: max_pool2d_kernel(x, kernel, stride, padding), [x], expected, why)  # noqa: B023
    ### END HIDDEN TESTS
    print("📈 Progress: Max pooling ✓")


test_max_pool2d_kernel()

# %% [markdown]
# ## 9.8 Who won? — yours (10 points)
# Only the largest pixel of a window moves its output, so it gets the whole gradient and the others none:
#
# $$\frac{\partial L}{\partial x_p} = \sum_{\text{windows that } p \text{ won}} g$$
#
# Two pixels of a window may tie; after a ReLU whole windows of zeros do. As in PyTorch **the first one wins**, in the
# order of reading: `shifted` has the same order. So remember for every window whether its winner was found.

# %% nbgrader={"grade": false, "grade_id": "max-pool2d-rule", "locked": false, "schema_version": 3, "solution": true, "task": false}
#| export
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
    ### BEGIN SOLUTION
    padded = pad2d(x, padding, np.nan)  # nan is equal to nothing, so the frame wins nothing
    result = np.zeros(padded.shape, gradient.dtype)
    open_windows = np.ones(output.shape, dtype=bool)
    for view, target in zip(shifted(padded, kernel, stride), shifted(result, kernel, stride)):
        winner = open_windows & (view == output)
        target += gradient * winner
        open_windows &= ~winner
    return crop2d(result, padding)
    ### END SOLUTION

# %% nbgrader={"grade": true, "grade_id": "test-max-pool2d-rule", "locked": true, "points": 10, "schema_version": 3, "solution": false, "task": false}
def test_max_pool2d_rule():
    """Does the gradient reach the winner of each window and no one else, the first of equals, and add up?"""
    print("🔬 Unit Test: Max pooling, backward...")
    x = np.array([[[[1.0, 5.0, 2.0, 0.0], [3.0, -4.0, 7.0, 1.0], [-1.0, -2.0, -3.0, -9.0], [-6.0, -5.0, -8.0, -7.0]]]])
    gradient = np.array([[[[10.0, 20.0], [30.0, 40.0]]]])
    rule = lambda *options: lambda g, y, x: max_pool2d_rule(g, y, x, *options)  # noqa: E731
    why = "4 x 4 pixels, windows of 2 x 2 side by side: 5, 7, -1 and -3 won (9.8)."
    expected = [[[[0, 10, 0, 0], [0, 0, 20, 0], [30, 0, 40, 0], [0, 0, 0, 0]]]]
    twice(rule((2, 2), (2, 2)), [gradient, np.array([[[[5.0, 7.0], [-1.0, -3.0]]]]), x], expected, why)
    why = "Windows of 3 x 3, stride 1: 7 won all four, so their gradients add up (9.8)."
    expected = np.where(x == 7, 100, 0)
    twice(rule((3, 3), (1, 1)), [gradient, np.full((1, 1, 2, 2), 7.0), x], expected, why)
    why = "Equal pixels: the first of each window wins, row after row (9.8)."
    expected = [[[[10, 20, 0], [30, 40, 0], [0, 0, 0]]]]
    twice(rule((2, 2), (1, 1)), [gradient, np.zeros((1, 1, 2, 2)), np.zeros((1, 1, 3, 3))], expected, why)
    tie = np.array([[[[0.0, 1.0, 0.0], [1.0, 1.0, 0.0], [0.0, 0.0, 0.0]]]])
    expected = [[[[0, 30, 0], [30, 40, 0], [0, 0, 0]]]]
    twice(rule((2, 2), (1, 1)), [gradient, np.ones((1, 1, 2, 2)), tie], expected, f"{why} Here 1 stands at three places.")
    why = "One image of 2 x 3 pixels, all negative, stride 2, padding 1: the frame wins nothing and is cropped (9.8)."
    x = np.array([[[[-4.0, -1.0, -3.0], [-2.0, -6.0, -5.0]]]])
    gradient = np.array([[[[1.0, 2.0], [3.0, 4.0]]]])
    twice(rule((2, 2), (2, 2), (1, 1)), [gradient, np.array([[[[-4.0, -1.0], [-2.0, -5.0]]]]), x],
          [[[[1, 2, 0], [3, 0, 4]]]], why)

    def compare(shape, kernel, stride, padding, what=""):
        draw = np.random.default_rng(98)
        x = draw.permutation(math.prod(shape)).reshape(shape) - 5.0  # all different: no ties, no corner nearby
        framed = [(0, 0), (0, 0), *((p, p) for p in padding)]
        sizes = [(n + 2 * p - k) // s + 1 for n, k, s, p in zip(shape[2:], kernel, stride, padding, strict=True)]

        def pooled(x):
            wide, result = np.pad(x, framed, constant_values=-1e9), np.zeros((*shape[:2], *sizes))
            for i, j in np.ndindex(*sizes):
                top, left = i * stride[0], j * stride[1]
                result[:, :, i, j] = wide[:, :, top : top + kernel[0], left : left + kernel[1]].max(axis=(2, 3))
            return result

        gradient = draw.standard_normal((*shape[:2], *sizes))
        expected = numeric_gradient(lambda v: np.sum(gradient * pooled(v)), x, step=0.25)
        why = f"Images {shape}, kernel {kernel}, stride {stride}, padding {padding}{what}. Reread 9.8."
        twice(rule(kernel, stride, padding), [gradient, pooled(x), x], expected, why)

    compare((2, 3, 4, 6), (2, 3), (2, 3), (0, 0))
    compare((2, 2, 5, 4), (3, 2), (1, 2), (1, 1))
    ### BEGIN HIDDEN TESTS
    compare((1, 2, 7, 5), (2, 2), (3, 1), (0, 1), " (hidden test)")
    compare((3, 1, 4, 4), (4, 3), (1, 1), (2, 0), " (hidden test)")
    ### END HIDDEN TESTS
    print("📈 Progress: Max pooling, backward ✓")


test_max_pool2d_rule()

# %% [markdown]
# ### Put together: two layers without weights, solved, to read
# Without a `stride`, windows stand side by side. Padding is at most half of the kernel, as in PyTorch: a window of
# nothing but frame would have no largest pixel.

# %% nbgrader={"grade": false, "grade_id": "pooling", "locked": true, "schema_version": 3, "solution": false, "task": false}
#| export
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

# %% [markdown]
# ### What pooling forgives
# A convolution's answer moves with the picture. Pooling makes it *stay*, as long as the largest value does not leave
# its window. We move all digits by one pixel and measure how much the answer changes, in parts of its size. What do
# you expect for windows of 1, 2, 4 and 8 pixels?

# %%
manual_seed(3)
features = Sequential(Conv2d(1, 16, kernel_size=3, padding=1), ReLU())
print("window   largest   mean")
for size in (1, 2, 4, 8):
    changes = []
    for pool in (MaxPool2d(size), AvgPool2d(size)):
        here, there = (pool(features(Tensor(x))).data for x in (images, moved(images, 0, 1)))
        changes.append(np.linalg.norm(there - here) / np.linalg.norm(here))
    print(f"{size} × {size}    {changes[0]:7.0%} {changes[1]:7.0%}")

# %% [markdown]
# ### See it: how far does an output see?
# One output of a 3 × 3 convolution sees 9 pixels. And after several layers? No need to reason: **ask autograd**.
# Start `backward` at one pixel in the middle of the output; the input pixels with a gradient are those that it saw,
# its *receptive field*. All weights are 1 here, so dark also means: on many ways.
#
# Before you look: how wide are the four fields?

# %%
def receptive_field(*layers):
    """Which of 32 × 32 input pixels one output in the middle sees, and on how many ways."""
    x, model = zeros(1, 1, 32, 32, requires_grad=True), Sequential(*layers)
    for parameter in model.parameters():
        parameter.data = np.ones_like(parameter.data)
    output = model(x)
    pick = np.zeros(output.shape, np.float32)
    pick[0, 0, output.shape[2] // 2, output.shape[3] // 2] = 1
    output.backward(pick)
    return x.grad.data[0, 0]


conv = lambda: Conv2d(1, 1, kernel_size=3, padding=1, bias=False)  # noqa: E731
fields = {
    "1 convolution": receptive_field(conv()),
    "3 convolutions": receptive_field(conv(), conv(), conv()),
    "conv, pool, conv": receptive_field(conv(), AvgPool2d(2), conv()),
    "(conv, pool) twice, conv": receptive_field(conv(), AvgPool2d(2), conv(), AvgPool2d(2), conv()),
}
figure, panels = plt.subplots(1, 4, figsize=(9, 2.7), layout="constrained")
for panel, (name, field) in zip(panels, fields.items(), strict=True):
    panel.imshow(field / field.max(), cmap="Blues")
    rows = np.flatnonzero(field.any(axis=1))
    panel.set(title=f"{name}:\n{rows[-1] - rows[0] + 1} pixels wide", xlabel="column (pixels)")
    panel.title.set_fontsize(9)
panels[0].set_ylabel("row (pixels)")
plt.show()

# %% [markdown]
# Each convolution adds 2 pixels of *its* input, and a pixel behind a pooling is two pixels wide: so networks for
# images get small quickly, and by doing so see far.

# %% [markdown]
# ## Batch normalization
# In a deep network the numbers drift: a little too large in each layer, and after ten layers they have exploded.
# Starting weights (04) help on the first day only. **Batch normalization** puts every channel right again, in every
# step: subtract its mean $\mu_c$ over the batch *and* all pixels, divide by its standard deviation. Then let two
# learned numbers a channel, $\gamma_c$ and $\beta_c$, choose another scale if that is better:
#
# $$y = \gamma_c\, \hat x + \beta_c \qquad \hat x = \frac{x - \mu_c}{\sqrt{\sigma_c^2 + \epsilon}}$$

# %% [markdown]
# From operations of 02 this would be half a dozen walks through memory, and autograd would keep four arrays of the
# batch's size until the backward. So it becomes **one operation** with a rule of its own, which keeps only its input.
#
# Its statistics are attributes, not inputs. While learning they come from the batch itself (the rule must know that
# they move with $x$: `from_batch=True`), while predicting from memory, as constants. `per_channel` and the sums,
# solved, to read:

# %% nbgrader={"grade": false, "grade_id": "statistics", "locked": true, "schema_version": 3, "solution": false, "task": false}
#| export
def per_channel(numbers) -> np.ndarray:
    """One number a channel (C,), in the shape (C, 1, 1) that broadcasts over images (N, C, H, W)."""
    return numbers.reshape(-1, 1, 1)


def batch_statistics(x) -> tuple:
    """Mean and population variance of each channel of images (N, C, H, W), over samples and pixels: (C,) and (C,)."""
    return x.mean(axis=(0, 2, 3)), x.var(axis=(0, 2, 3))


def channel_sums(x) -> np.ndarray:
    """The sum of each channel of images (N, C, H, W), over samples and pixels: (C,)."""
    return x.sum(axis=(0, 2, 3))

# %% [markdown]
# ## 9.9 Normalize — yours (5 points)
# The formula above, with statistics that somebody hands you. Which shape must they have, to meet the right axis?

# %% nbgrader={"grade": false, "grade_id": "batch-norm-kernel", "locked": false, "schema_version": 3, "solution": true, "task": false}
#| export
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
    ### BEGIN SOLUTION
    scale = weight / np.sqrt(variance + epsilon)
    return (x - per_channel(mean)) * per_channel(scale) + per_channel(bias)
    ### END SOLUTION

# %% nbgrader={"grade": true, "grade_id": "test-batch-norm-kernel", "locked": true, "points": 5, "schema_version": 3, "solution": false, "task": false}
def test_batch_norm_kernel():
    """Has every channel the mean and the spread that it should, for any statistics given?"""
    print("🔬 Unit Test: Normalize...")
    x = np.array([[[[1.0, 3.0]], [[10.0, 10.0]]], [[[5.0, 7.0]], [[10.0, 10.0]]]])
    run = lambda epsilon: lambda *arrays: batch_norm_kernel(*arrays, epsilon, True)  # noqa: E731
    statistics = [np.array([4.0, 10.0]), np.array([5.0, 0.0])]
    why = "Channel 0 holds 1, 3, 5, 7 (mean 4, variance 5), channel 1 only 10; epsilon 4, weight 1, bias 0 (9.9)."
    expected = [[[[-1, -1 / 3]], [[0, 0]]], [[[1 / 3, 1]], [[0, 0]]]]
    twice(run(4.0), [x, np.ones(2), np.zeros(2), *statistics], expected, why)
    why = "The same with weight [6, 2] and bias [0.5, -3] (9.9)."
    expected = [[[[-5.5, -1.5]], [[-3, -3]]], [[[2.5, 6.5]], [[-3, -3]]]]
    twice(run(4.0), [x, np.array([6.0, 2.0]), np.array([0.5, -3.0]), *statistics], expected, why)
    why = "Statistics that are not the image's own: use those that are given (9.9)."
    given = [np.array([0.0, 9.0]), np.array([0.75, 3.75])]
    expected = [[[[1, 3]], [[0.5, 0.5]]], [[[5, 7]], [[0.5, 0.5]]]]
    twice(run(0.25), [x, np.ones(2), np.zeros(2), *given], expected, why)
    ### BEGIN HIDDEN TESTS
    draw = np.random.default_rng(99)
    x, weight, bias = draw.standard_normal((3, 4, 2, 5)) * 3 + 1, draw.standard_normal(4), draw.standard_normal(4)
    mean, variance, expected = draw.standard_normal(4), draw.uniform(0.5, 2, 4), x.copy()
    for c in range(4):
        expected[:, c] = weight[c] * (x[:, c] - mean[c]) / (variance[c] + 0.1) ** 0.5 + bias[c]
    twice(run(0.1), [x, weight, bias, mean, variance], expected, "Four channels (hidden test). Reread 9.9.")
    ### END HIDDEN TESTS
    print("📈 Progress: Normalize ✓")


test_batch_norm_kernel()

# %% [markdown]
# ## 9.10 Batch normalization, backward — yours (10 points)
# While predicting, mean and variance are constants: a line through each channel, so $\partial L / \partial x =
# g\,\gamma / \sigma$ with $\sigma = \sqrt{\sigma_c^2 + \epsilon}$. While learning, every pixel also moves the mean
# and the variance of its channel, and with them all other pixels. Worked out, with means over the samples and pixels
# of a channel:
#
# $$\frac{\partial L}{\partial x} = \frac{\gamma}{\sigma} \Big( g - \overline{g} - \hat x\; \overline{g\, \hat x} \Big)$$

# %% [markdown]
# It reads well: of the gradient you may keep neither the part that would move the whole channel ($\overline{g}$: the
# mean is taken out anyway) nor the part that would stretch it ($\hat x\, \overline{g \hat x}$). For $\gamma$ and
# $\beta$, look at $y = \gamma \hat x + \beta$ and sum over all that they touched.
#
# *Where to look:* $\hat x$ is not kept; compute it again from $x$. `channel_sums` adds up a channel; how many numbers
# has it?

# %% nbgrader={"grade": false, "grade_id": "batch-norm-gradients", "locked": false, "schema_version": 3, "solution": true, "task": false}
#| export
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
    ### BEGIN SOLUTION
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
    ### END SOLUTION

# %% nbgrader={"grade": true, "grade_id": "test-batch-norm-gradients", "locked": true, "points": 10, "schema_version": 3, "solution": false, "task": false}
def test_batch_norm_gradients():
    """Do all three gradients agree with numbers by hand and with central differences?"""
    print("🔬 Unit Test: Batch normalization, backward...")
    names = ("x", "the weight", "the bias")
    # four numbers, mean 0, variance 1: x̂ is x itself, and with epsilon 0 the spread is 1
    x = np.array([[[[-1.0, 1.0]]], [[[1.0, -1.0]]]])
    gradient = np.array([[[[4.0, 0.0]]], [[[0.0, 8.0]]]])
    got = batch_norm_gradients(gradient, x, np.array([2.0]), np.zeros(1), np.ones(1), 0.0)
    assert got is not None and len(got) == 3, f"batch_norm_gradients returns three gradients, got {got!r} (9.10)."
    expected = [[[[-4, 0]]], [[[0, 4]]]], [-12], [12]
    for name, one, right in zip(names, got, expected, strict=True):
        same(one, right, f"x = ∓1, ±1, gradient 4, 0, 0, 8, weight 2: the gradient for {name} is wrong (9.10).")

    def compare(shape, epsilon, what=""):
        draw = np.random.default_rng(910)
        x, weight, bias = draw.standard_normal(shape) * 2 + 1, draw.standard_normal(shape[1]), draw.standard_normal(shape[1])
        gradient = draw.standard_normal(shape)

        def loss(x, weight, bias):
            total = 0.0
            for c in range(shape[1]):  # one channel after the other, as a plain list of numbers
                values = x[:, c].ravel()
                spread = (np.mean((values - np.mean(values)) ** 2) + epsilon) ** 0.5
                total += gradient[:, c].ravel() @ (weight[c] * (values - np.mean(values)) / spread + bias[c])
            return total

        expected = [
            numeric_gradient(lambda v: loss(v, weight, bias), x),
            numeric_gradient(lambda v: loss(x, v, bias), weight),
            numeric_gradient(lambda v: loss(x, weight, v), bias),
        ]
        statistics = [np.array([part(x[:, c].ravel()) for c in range(shape[1])]) for part in (np.mean, np.var)]
        for dtype, tolerance in (("float64", 1e-6), ("float32", 1e-4)):
            given = [array.astype(dtype) for array in (gradient, x, weight, *statistics)]
            copies = [array.copy() for array in given]
            for name, one, right in zip(names, batch_norm_gradients(*given, epsilon), expected, strict=True):
                why = f"Images {shape}, epsilon {epsilon}: the gradient for {name}{what} ({dtype}). Reread 9.10."
                same(one, right, why, tolerance, dtype)
            for array, copy in zip(given, copies, strict=True):
                np.testing.assert_array_equal(array, copy, err_msg=f"An input was changed{what} (9.10).")

    compare((3, 2, 2, 2), 1e-5)
    compare((2, 3, 1, 3), 0.5)
    compare((4, 1, 1, 1), 0.1)
    ### BEGIN HIDDEN TESTS
    compare((1, 4, 3, 2), 0.01, " (hidden test)")
    compare((5, 2, 2, 1), 2.0, " (hidden test)")
    ### END HIDDEN TESTS
    print("📈 Progress: Batch normalization, backward ✓")


test_batch_norm_gradients()

# %% [markdown]
# ## 9.11 What to remember — yours (7 points)
# While predicting there may be a single image, and its answer must not depend on who else is in the batch. So while
# learning the layer keeps **running statistics**, and predicts with them. After each batch, with momentum $m$ (0.1: a
# tenth from the newest batch):
#
# $$r \leftarrow (1 - m)\, r + m\, s$$
#
# $s$ is the batch's mean, or its variance. But a batch is a sample, and the variance of $n$ numbers around *their
# own* mean is too small, by the factor $(n - 1)/n$ on average. What is remembered is corrected for that, as in
# PyTorch. (What normalizes the batch itself is not.)

# %% nbgrader={"grade": false, "grade_id": "running-statistics", "locked": false, "schema_version": 3, "solution": true, "task": false}
#| export
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
    ### BEGIN SOLUTION
    unbiased = variance * (count / (count - 1))
    new_mean = (1 - momentum) * running_mean + momentum * mean
    return new_mean, (1 - momentum) * running_var + momentum * unbiased
    ### END SOLUTION

# %% nbgrader={"grade": true, "grade_id": "test-running-statistics", "locked": true, "points": 7, "schema_version": 3, "solution": false, "task": false}
def test_running_statistics():
    """Do both statistics move by the share that momentum says, towards the corrected variance, over several batches?"""
    print("🔬 Unit Test: Running statistics...")
    start = [np.array([0.0, 8.0]), np.array([1.0, 2.0])]
    batch = [np.array([4.0, 0.0]), np.array([3.0, 6.0])]
    why = "From mean [0, 8], variance [1, 2]; the batch of 4 numbers a channel has [4, 0] and [3, 6] ({}) (9.11)."
    for momentum, expected in (
        (0.25, ([1, 6], [1.75, 3.5])),  # 3 * 4 / 3 is 4, 6 * 4 / 3 is 8
        (1.0, ([4, 0], [4, 8])),
        (0.0, ([0, 8], [1, 2])),
    ):
        for k, name in enumerate(("mean", "variance")):
            one = lambda *arrays, k=k, momentum=momentum: running_statistics(*arrays, 4, momentum)[k]  # noqa: E731
            twice(one, [*start, *batch], expected[k], why.format(f"momentum {momentum}, the {name}"))
    # equal batches of the numbers 1, 2, 3, whose unbiased variance is 1: after k of them 0.9 ** k of the start is left
    mean, variance = np.array([10.0]), np.array([5.0])
    for k in range(1, 6):
        mean, variance = running_statistics(mean, variance, np.array([2.0]), np.array([2 / 3]), 3, 0.1)
        why = f"The batch 1, 2, 3, seen {k} times with momentum 0.1, from mean 10 and variance 5 (9.11): the "
        same(mean, [2 + 8 * 0.9**k], why + "mean")
        same(variance, [1 + 4 * 0.9**k], why + "variance")
    ### BEGIN HIDDEN TESTS
    values = np.random.default_rng(911).standard_normal((7, 3)) * 2 + 1
    got = running_statistics(np.zeros(3), np.ones(3), values.mean(axis=0), values.var(axis=0), 7, 0.3)
    same(got[0], 0.3 * values.sum(axis=0) / 7, "Seven numbers a channel: the mean (hidden test). Reread 9.11.")
    expected = 0.7 + 0.3 * values.var(axis=0, ddof=1)
    same(got[1], expected, "Seven numbers a channel: the variance (hidden test). Reread 9.11.")
    same(running_statistics(np.zeros(1), np.zeros(1), np.ones(1), np.ones(1), 2, 0.5)[1], [1.0], "Two numbers (hidden test).")
    ### END HIDDEN TESTS
    print("📈 Progress: Running statistics ✓")


test_running_statistics()

# %% [markdown]
# ### Put together: the layer, solved, to read
# `running_mean` and `running_var` are Tensors without `requires_grad`: no optimizer moves them, but `state_dict`
# saves them. A model that is loaded without them would predict nonsense.
#
# The first line of `forward` that matters is the `if`: forget `eval()` before predicting, and each answer depends on
# the rest of the batch.

# %% nbgrader={"grade": false, "grade_id": "batch-norm", "locked": true, "schema_version": 3, "solution": false, "task": false}
#| export
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

# %%
manual_seed(6)
arrays = [randn(3, 2, 2, 3), randn(2), randn(2)]


def learning(x, weight, bias):
    """BatchNorm2d while learning, as a function of all three."""
    mean, variance = batch_statistics(x.data)
    return apply("batch_norm", x, weight, bias, mean=mean, variance=variance, epsilon=1e-5, from_batch=True)


print("gradcheck:", gradcheck(learning, arrays))
norm, batch = BatchNorm2d(3), randn(64, 3, 4, 4) * 5 + 20
learned = norm(batch)
print("while learning:  mean", learned.data.mean().round(3), " standard deviation", learned.data.std().round(3))
for _ in range(60):
    norm(batch)
print("remembered:      mean", norm.running_mean.data.round(1), " variance", norm.running_var.data.round(1))
print("predicting one:  mean", norm.eval()(batch[:1]).data.mean().round(3), "(with what is remembered)")

# %% [markdown]
# ### See it: through twelve layers
# Twelve convolutions with ReLU, 16 channels, started as in `Conv2d`; then the same weights four times as large. How
# large are the numbers after each layer? The vertical axis is logarithmic. Which two curves do you expect on top of
# each other?

# %%
figure, axes = plt.subplots(figsize=(7, 3.5), layout="constrained")
for factor, colour, width in ((1, "tab:blue", 9), (4, "tab:orange", 4)):
    for normalize, style in ((False, "o-"), (True, "s--")):
        manual_seed(12)
        value, sizes = randn(16, 16, 8, 8), [1.0]
        for _ in range(12):
            layer = Conv2d(16, 16, kernel_size=3, padding=1, bias=False)
            layer.weight.data *= factor
            value = layer(value)
            if normalize:
                value = BatchNorm2d(16)(value)
            value = ReLU()(value).detach()
            sizes.append(value.data.std())
        name = f"weights × {factor}, {'with' if normalize else 'without'} batch normalization"
        axes.semilogy(range(13), sizes, style, color=colour, markersize=width, label=name)
        print(f"{name}: after 12 layers {sizes[-1]:.1e}")
axes.set(xlabel="layers passed", ylabel="standard deviation (no unit)")
axes.grid(alpha=0.3)
axes.legend(fontsize=8)
plt.show()

# %% [markdown]
# Without it, a factor in *each* layer is a power in the end, up or down. With it the scale of the weights does not
# matter at all. (So the bias of a convolution right before it is lost work: the mean is taken out. Write `bias=False`
# there.)

# %% [markdown]
# ## Use it: digits that slip
# A convolutional network for the digits: convolution, normalization, ReLU, three times; once a pooling on the way, at
# the end the largest value of each of 32 channels, wherever it stands. It is trained on digits *in place* only, as
# the MLP was. What will happen when they slip?

# %%
def block(inputs, outputs):
    """Convolution, batch normalization, ReLU."""
    return [Conv2d(inputs, outputs, kernel_size=3, padding=1, bias=False), BatchNorm2d(outputs), ReLU()]


def new_cnn():
    manual_seed(0)
    return Sequential(*block(1, 8), *block(8, 16), MaxPool2d(2), *block(16, 32), MaxPool2d(4), Flatten(), Linear(32, 10))


cnn = train(new_cnn(), images, epochs=6)
cnn_scores = [read(cnn, moved(images, *move)) for move in MOVES.values()]
print(f"{'':10} {'MLP':>6} {'CNN':>6}")
for name, *scores in zip(MOVES, mlp_scores, cnn_scores, strict=True):
    print(f"{name:10} {scores[0]:6.1%} {scores[1]:6.1%}")
print("parameters", *(sum(p.size for p in model.parameters()) for model in (mlp, cnn)))

# %% [markdown]
# Nobody told it that digits may slip; it is *built* so that it matters less. Not at all it would be only without
# borders and with a pooling that does not care about even and odd pixels. (A network that has *seen* slipped digits
# does better still: module 10 shifts its training images at random.)

# %% [markdown]
# ### See it: what did it learn?
# Above, the eight filters of the first layer (black adds, red subtracts). Below, what each answers to one digit after
# its ReLU. Compare with the filters made by hand in 9.4: which of them did the network invent again, and where on the
# digit does each answer?

# %%
first = cnn[:3]
which = TEST.start + 2
answers = first(Tensor(images[which : which + 1])).data[0]
figure, panels = plt.subplots(2, 9, figsize=(9, 2.5), layout="constrained")
limit = np.abs(cnn[0].weight.data).max()
panels[0, 0].axis("off")
panels[1, 0].imshow(images[which, 0], cmap="gray_r")
panels[1, 0].set_title(f"a {labels[which]}", fontsize=9)
for k in range(8):
    panels[0, k + 1].imshow(cnn[0].weight.data[k, 0], cmap="RdGy", vmin=-limit, vmax=limit)
    panels[0, k + 1].set_title(f"filter {k}", fontsize=9)
    panels[1, k + 1].imshow(answers[k], cmap="Blues", vmin=0)
for panel in panels.flat:
    panel.set(xticks=[], yticks=[])
panels[0, 1].set_ylabel("weights\n3 × 3", fontsize=8)
panels[1, 0].set_ylabel("8 × 8 pixels", fontsize=8)
plt.show()

# %% [markdown]
# ## What it costs
# A convolution multiplies $N \cdot O \cdot H \cdot W \cdot C\, k_h k_w$ times: each weight is used at every pixel.
# Few parameters, much arithmetic. For 32 images of 32 × 32, a block as in networks for photographs: which row needs
# the most time, and does it multiply the most? How much memory waits for backward?

# %%
manual_seed(7)
stage = [Conv2d(3, 16, 3, padding=1), BatchNorm2d(16), ReLU(), Conv2d(16, 32, 3, padding=1), MaxPool2d(2)]
value = randn(32, 3, 32, 32)
print(f"{'':12} {'parameters':>10} {'multiplications':>16} {'output (MB)':>12} {'forward (ms)':>13} {'backward (ms)':>14}")
for layer in stage:
    x = Tensor(value, requires_grad=True)
    there = time_call(layer, x)
    output = layer(x)
    pull = np.ones(output.shape, np.float32)
    both = time_call(lambda layer=layer, x=x, pull=pull: layer(x).backward(pull))
    held = sum(parameter.size for parameter in getattr(layer, "parameters", list)())
    work = output.size * layer.weight.size // layer.out_channels if isinstance(layer, Conv2d) else 0
    milliseconds = f"{there * 1e3:13.1f} {(both - there) * 1e3:14.1f}"
    print(f"{type(layer).__name__:12} {held:10,d} {work:16,d} {megabytes(output.data.nbytes):12.1f} {milliseconds}")
    value = output.detach()

# %% [markdown]
# Backward is two convolutions (9.5 and 9.6), so it costs two to three times the forward. The *outputs* wait for
# backward and cost far more memory than parameters. If we had kept the columns, each convolution would hold nine
# times its input as well.

# %% [markdown]
# ## What hurts now
# Everything above was fed with batches that we cut by hand. Are they worth it? Here is one epoch of training over 128
# digits, in batches of different sizes. The network, the digits and the arithmetic for each of them are the same.
# What does a digit cost?

# %%
sizes, rates = [1, 2, 4, 8, 16, 32, 64], []
for size in sizes:
    model = new_cnn()
    cut = [(Tensor(images[k : k + size]), Tensor(labels[k : k + size])) for k in range(0, 128, size)]
    trainer = Trainer(model, Adam(model.parameters()), CrossEntropyLoss())
    seconds = time_call(lambda trainer=trainer, cut=cut: trainer.fit(cut, epochs=1, quiet=True), repeats=1)
    rates.append(128 / seconds)
figure, axes = plt.subplots(figsize=(7, 3.2), layout="constrained")
axes.semilogx(sizes, rates, "o-", base=2)
axes.set(xlabel="digits in a batch", ylabel="digits a second", xticks=sizes, xticklabels=sizes, ylim=(0, None))
axes.grid(alpha=0.3)
plt.show()
print(f"one at a time: {rates[0]:,.0f} digits a second; {sizes[-1]} at a time: {rates[-1]:,.0f}, {rates[-1] / rates[0]:.1f} times as many")

# %% [markdown]
# One at a time every call through `apply` is paid for a single digit, and the matrices are too small to be worth a
# product. So batches it is. But look at how ours were made:

# %%
last = labels[0 : TRAIN.stop][1376:]
print("the last batch of each epoch has", len(last), "digits, not 32")
print("the batches of the first epoch begin with", labels[0:160:32], " those of the second with", labels[0:160:32])
try:
    BatchNorm2d(32)(randn(1, 32, 1, 1))
except ValueError as error:
    print("and a batch of one is not even welcome everywhere:", error)

# %% [markdown]
# Slices by hand, the same order in every epoch, a rest that does not fit, and all images in memory at once: for 1,797
# digits that was bearable, for 60,000 photographs it is not.
#
# **Next, 10:** a loader that shuffles, cuts, shifts and flips, and reads files of real images.
#
# | operation | parameters | for backward it keeps | its gradient for the image |
# |---|---|---|---|
# | convolution | $O\,C\,k_h k_w + O$ | its input, its filters | yours: shares of each weight, added where it stood |
# | mean pooling | none | its input | the same share for all |
# | max pooling | none | its input, its output | yours: all to the first winner |
# | batch normalization | $2\,C$ | its input, 2 numbers a channel | yours: less what moves or stretches the channel |
