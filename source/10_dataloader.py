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
# # 10 · Data loader
#
# | difficulty | time | builds on | next |
# |---|---|---|---|
# | ●●○○ | 2–3 h | 02 tensor; to try it out 04 to 08 | 11 tokenization |
#
# Between a file on disk and a training step stand four jobs: read, shuffle, change a little, stack. You build all of them, so
# that a model gets whole batches of real images, always the same ones for the same seed, and faster than it can use them.

# %% nbgrader={"grade": false, "grade_id": "scope", "locked": true, "schema_version": 3, "solution": false, "task": false}
import os

os.environ["TINYTORCH_BELOW"] = "10"  # this notebook sees the modules before it and no later one, as the grader does

# %% nbgrader={"grade": false, "grade_id": "imports", "locked": true, "schema_version": 3, "solution": false, "task": false}
#| default_exp core.dataloader
#| export
import math
import operator
import zlib
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view

from tinytorch_lib.core.tensor import Tensor, from_numpy, generator
from tinytorch_lib.core.training import load_digits

# %%
import matplotlib.pyplot as plt

from tinytorch_lib.core.setup import array_memory, time_call, time_once
from tinytorch_lib.core.tensor import randn

# %% nbgrader={"grade": false, "grade_id": "checks", "locked": true, "schema_version": 3, "solution": false, "task": false}
#| check
from tinytorch_lib.core.tensor import manual_seed


def check_array(got, expected, why, dtype=None):
    """`got` has the shape and the numbers of `expected`, and the type `dtype` if given."""
    assert got is not None, f"{why}\nGot None. Is there a `return`?"
    got, expected = np.asarray(got), np.asarray(expected)
    assert got.shape == expected.shape, f"{why}\nExpected the shape {expected.shape}, got {got.shape}."
    if dtype is not None:
        assert got.dtype == dtype, f"{why}\nExpected the type {np.dtype(dtype)}, got {got.dtype}."
    np.testing.assert_array_equal(got, expected, err_msg=why)


def check_refused(error, parts, why, function, *arguments):
    """The call fails with this kind of error, and its message holds all of `parts`."""
    try:
        got = function(*arguments)
    except error as caught:
        for part in parts:
            assert str(part) in str(caught), f"{why}\nThe message should show {part!r}, but says {str(caught)!r}."
        return
    raise AssertionError(f"{why}\nExpected a {error.__name__}, but the call gave {got!r}.")

# %% [markdown]
# A whole data set needs no file at all: 08's 1,797 scanned digits of 8×8 pixels. Look at a few.

# %%
images, labels = load_digits()
figure, panels = plt.subplots(2, 10, figsize=(7, 1.9), layout="constrained")
for panel, image, label in zip(panels.flat, images, labels):
    panel.imshow(image[0], cmap="gray_r", vmin=0, vmax=16)
    panel.set_title(str(label), fontsize=9)
    panel.axis("off")
figure.suptitle("20 of 1,797 digits, 8×8 pixels, 0 (paper) to 16 (ink)", fontsize=10)
plt.show()

# %% [markdown]
# ## What hurts
# One sample at a time is slow. Score every digit with the same 64×10 weights: once one by one, once all together. The
# arithmetic is the same to the last multiplication. Guess the factor before you run it.

# %%
manual_seed(0)
weights, pixels = randn(64, 10), Tensor(images.reshape(-1, 64) / 16)
one_by_one = time_call(lambda: [pixels[i] @ weights for i in range(len(pixels))], repeats=3)
together = time_call(lambda: pixels @ weights)
print(f"one by one {one_by_one * 1e3:7.2f} ms")
print(f"together   {together * 1e3:7.2f} ms, {one_by_one / together:.0f} times faster")

# %% [markdown]
# Each operation pays for its way through `apply` (02), whether it carries one sample or a thousand. So why not always all of
# them? Because training on all gives *one* step per pass, and because a million photographs do not fit into memory.
#
# The answer is the **batch**: some tens to hundreds of samples. But who picks, stacks and shuffles them, and where does the
# pass end?

# %% [markdown]
# ## The plan
# ```
# files ─▶ arrays ─▶ Dataset ─▶ indices of a batch ─▶ stack, transform ─▶ Batch(inputs, targets)
#  10.8,9            10.1       10.3, 10.4             10.2, 10.5–10.7
# ```
# A **Dataset** knows how many samples there are and what sample `i` is. A **DataLoader** decides in which order and how many at
# a time. Neither knows the other's business, so any of one goes with any of the other.

# %% [markdown]
# ## 10.1 A data set — yours (8 points)
# The protocol is two methods that you know from lists: `len(dataset)` and `dataset[i]`. A sample is a tuple: input first, then
# the target.
#
# A third, `fetch`, gives many samples at once. The base class does it the plain way, a loop; a data set that can do better
# replaces it. Remember the loop: it is the one we measure at the end.

# %% nbgrader={"grade": false, "grade_id": "dataset-base", "locked": true, "schema_version": 3, "solution": false, "task": false}
#| export
class Dataset:
    """Base of all data sets. A subclass defines two methods:

        __len__(): the number of samples.
        __getitem__(index): the sample at an integer index from 0 to len - 1: a tuple (input, target) of Tensors, arrays or numbers, of
            the same shapes for every index. IndexError beyond the end, as in a list.

    It may replace a third:
        fetch(indices, generator): the samples at these indices (an array of integers), stacked: a tuple of new arrays,
            one for each part of a sample, the batch along the first axis. What is random in it draws from `generator`.
            This one calls __getitem__ in a loop; what is random *there* draws from the course's generator (02).
    """

    def __len__(self):
        raise NotImplementedError(f"{type(self).__name__} defines no __len__")

    def __getitem__(self, index):
        raise NotImplementedError(f"{type(self).__name__} defines no __getitem__")

    def fetch(self, indices, generator):
        return stack_samples([self[int(index)] for index in indices])


def checked_index(index, length) -> int:
    """`index` as an integer from 0 to length - 1; negative ones count from the end.

    Raises:
        TypeError: it is no integer.
        IndexError: there is no such sample.
    """
    place = operator.index(index)
    if not -length <= place < length:
        raise IndexError(f"sample {place} is out of range: the data set has {length} samples")
    return place % length

# %% [markdown]
# The smallest data set that does something, solved, to read. It reads no file and stores no array:

# %%
class Multiples(Dataset):
    """Sample i: the input is the multiples i, 2i, 3i, the target their sum."""

    def __init__(self, length):
        self.length = length

    def __len__(self):
        return self.length

    def __getitem__(self, index):
        i = checked_index(index, self.length)
        return np.array([i, 2 * i, 3 * i]), 6 * i


print("length", len(Multiples(5)), " sample 4:", Multiples(5)[4])

# %% [markdown]
# Most data sets are arrays: images (N, C, H, W) and labels (N,), where row $i$ of each belongs to sample $i$. Two things go
# wrong in practice, and both are silent unless somebody looks: a file with images and one with labels that do not belong
# together, and something that is no array of numbers at all.

# %% nbgrader={"grade": false, "grade_id": "checked-arrays", "locked": false, "schema_version": 3, "solution": true, "task": false}
#| export
def checked_arrays(arrays) -> list:
    """10.1 The arrays, once it is sure that row i of each can be sample i.

    Args:
        arrays: Tensors, arrays or nested lists, each with the samples along its first axis. Their types may differ.

    Returns:
        a list of numpy arrays, in the same order, with content and types unchanged. No samples at all (length 0) is fine.

    Raises:
        ValueError: there is no array; one has no axis to hold samples (0-d); the lengths differ. The message shows all lengths.
        TypeError: an array does not hold real numbers (text, say); the message shows its dtype.

    Example:
        checked_arrays([np.zeros((5, 3)), [0, 1, 1, 0, 1]]) gives two arrays of length 5

    Hint: 2.1 sorted types by `dtype.kind`.
    """
    arrays = [array.data if isinstance(array, Tensor) else np.asarray(array) for array in arrays]
    ### BEGIN SOLUTION
    for array in arrays:
        if array.dtype.kind not in "biuf":
            raise TypeError(f"a data set holds real numbers, got an array of type {array.dtype}")
        if array.ndim == 0:
            raise ValueError(f"the first axis holds the samples, but this array has none: {array!r}")
    lengths = [len(array) for array in arrays]
    if len(set(lengths)) != 1:
        raise ValueError(f"expected arrays of one length, at least one, got the lengths {lengths}")
    return arrays
    ### END SOLUTION

# %% nbgrader={"grade": true, "grade_id": "test-checked-arrays", "locked": true, "points": 8, "schema_version": 3, "solution": false, "task": false}
def test_checked_arrays():
    """Do arrays that belong together pass unchanged, and is each kind of misfit refused with a message that helps?"""
    print("🔬 Unit Test: arrays of one length...")

    def accept(*arrays, section="10.1"):
        got = checked_arrays(arrays)
        why = f"These {len(arrays)} arrays belong together and should come back unchanged, in their order ({section})."
        assert got is not None and len(got) == len(arrays), f"{why}\nGot {got!r}."
        for given, back in zip(arrays, got, strict=True):
            expected = given.data if isinstance(given, Tensor) else np.array(given)
            assert isinstance(back, np.ndarray), f"{why}\nExpected an array, got {type(back).__name__}."
            check_array(back, expected, why, expected.dtype)

    def refuse(error, parts, why, *arrays):
        check_refused(error, parts, f"{why} (10.1).", checked_arrays, arrays)

    accept(np.arange(12.0).reshape(4, 3), np.array([0, 1, 1, 0]))
    accept(Tensor([[1.5], [2.5]]), [7, 8], np.array([True, False]))
    accept(np.zeros((3, 1, 2, 2), dtype=np.uint8))
    accept([[1.0, 2.0]])
    accept(np.zeros((0, 5)), np.zeros(0, dtype=np.int32))
    refuse(ValueError, [4, 3], "4 images and 3 labels do not belong together", np.zeros((4, 2)), [0, 1, 2])
    refuse(ValueError, [5, 6], "The third array is longer", np.zeros(5), np.zeros(5), np.zeros(6))
    refuse(ValueError, [], "Without arrays there is no data set")
    refuse(ValueError, [], "A single number has no axis for the samples", np.array(7.0))
    refuse(ValueError, [], "A single number has no axis for the samples", np.zeros(3), Tensor(7))
    refuse(TypeError, ["<U2"], "Text is not made of real numbers", ["to", "be"])
    refuse(TypeError, ["complex"], "Complex numbers are not real numbers", np.zeros(2), np.zeros(2, dtype=complex))
    ### BEGIN HIDDEN TESTS
    accept(np.ones((2, 3), dtype=np.float32), np.ones((2, 1, 1, 4), dtype=np.int16), section="10.1, hidden test")
    accept(Tensor([1, 2, 3]), section="10.1, hidden test")
    refuse(ValueError, [1, 2], "Hidden test: lengths 1 and 2", np.zeros((1, 2)), np.zeros((2, 1)))
    refuse(ValueError, [0, 3], "Hidden test: lengths 0 and 3", np.zeros(0), np.zeros(3))
    refuse(TypeError, ["object"], "Hidden test: objects", np.array([1, None]), np.zeros(2))
    refuse(TypeError, [], "Hidden test: dates", np.zeros(1), np.array(["2026-01-01"], dtype="datetime64[D]"))
    ### END HIDDEN TESTS
    print("📈 Progress: arrays of one length ✓")


test_checked_arrays()

# %% [markdown]
# The class around it, to read. Look at `fetch`: `array[indices]` picks a whole batch in one call (02's indexing), where the base
# class needs a loop.

# %% nbgrader={"grade": false, "grade_id": "tensor-dataset", "locked": true, "schema_version": 3, "solution": false, "task": false}
#| export
class TensorDataset(Dataset):
    """Samples that lie in arrays: sample i is row i of each.

    Args:
        arrays: Tensors, arrays or lists of one length: inputs, then targets. They are not copied, so leave them alone. Bytes stay
            bytes until a batch is made.
        transform: None, or what shall become of the inputs: a `Transform` (10.5), which gets whole batches, or any function of
            one sample's input (an array), which is called sample by sample.

    Raises:
        ValueError, TypeError: as `checked_arrays`; TypeError also if `transform` cannot be called.

    Example:
        dataset = TensorDataset(images, labels)
        image, label = dataset[0]  # two new Tensors, of shapes (1, 8, 8) and ()
    """

    def __init__(self, *arrays, transform=None):
        if transform is not None and not callable(transform):
            raise TypeError(f"transform must be a function or None, got {transform!r}")
        self.arrays = checked_arrays(arrays)
        self.transform = transform

    def __len__(self):
        return len(self.arrays[0])

    def __getitem__(self, index):
        """Sample `index` as a tuple of Tensors. A random transform draws from the course's generator (02)."""
        place = checked_index(index, len(self))
        first, *rest = [array[place] for array in self.arrays]
        if self.transform is not None:
            first = self.transform(first)
        return tuple(Tensor(part) for part in (first, *rest))

    def fetch(self, indices, generator):
        first, *rest = [array[indices] for array in self.arrays]
        if self.transform is not None:
            first = transform_batch(self.transform, first, generator)
        return (first, *rest)

# %% [markdown]
# ## 10.2 From samples to a batch — yours (12 points)
# The loop of the base class ends with a list of samples, and a model wants one array for each part. $B$ samples of shape
# $(C, H, W)$ become one array $(B, C, H, W)$: a **new** axis comes first.
#
# $$\underbrace{(x_1, y_1), \dots, (x_B, y_B)}_{\text{a list of } B \text{ tuples}} \;\to\; \underbrace{(X, Y)}_{\text{a tuple of 2 arrays}} \qquad X_b = x_b,\; Y_b = y_b$$
#
# It is a transposition of Python objects: rows become columns.

# %% nbgrader={"grade": false, "grade_id": "stack-samples", "locked": false, "schema_version": 3, "solution": true, "task": false}
#| export
def stack_samples(samples) -> tuple:
    """10.2 Samples side by side.

    Args:
        samples: a list of at least one sample, each a tuple with the same number of parts (Tensors, arrays or numbers).
            What is no tuple counts as a sample with one part.

    Returns:
        a tuple of new arrays, one for each part, with the samples along a new first axis.

    Raises:
        ValueError: there are no samples, or they differ in the number of parts; the message shows the numbers.
        ValueError: a part has another shape in one sample than in another; the message shows both shapes.

    Example:
        stack_samples([(np.array([1, 2]), 0), (np.array([3, 4]), 1)]) gives (array([[1, 2], [3, 4]]), array([0, 1]))

    Hints: `zip(*rows)` turns rows into columns. `np.asarray` takes Tensors too. `np.stack` or `np.concatenate`: which one makes an axis?
    """
    rows = [sample if isinstance(sample, tuple) else (sample,) for sample in samples]
    ### BEGIN SOLUTION
    counts = {len(row) for row in rows}
    if len(counts) != 1:
        raise ValueError(f"a batch needs samples with equally many parts, got {len(rows)} samples with {sorted(counts)}")
    parts = []
    for column in zip(*rows):
        arrays = [np.asarray(value) for value in column]
        shapes = {array.shape for array in arrays}
        if len(shapes) > 1:
            raise ValueError(f"samples of different shapes make no batch, got {sorted(shapes)}: pad or crop them first")
        parts.append(np.stack(arrays))
    return tuple(parts)
    ### END SOLUTION

# %% nbgrader={"grade": true, "grade_id": "test-stack-samples", "locked": true, "points": 12, "schema_version": 3, "solution": false, "task": false}
def test_stack_samples():
    """Does every part get a new first axis, and is what does not fit together refused?"""
    print("🔬 Unit Test: from samples to a batch...")

    def compare(samples, *expected, section="10.2"):
        got = stack_samples(samples)
        why = f"{len(samples)} samples become one array for each part, the samples along a new first axis ({section})."
        assert isinstance(got, tuple), f"{why}\nExpected a tuple, got {type(got).__name__}."
        assert len(got) == len(expected), f"{why}\nExpected {len(expected)} arrays, got {len(got)}."
        for back, truth in zip(got, expected, strict=True):
            assert isinstance(back, np.ndarray), f"{why}\nExpected arrays, got {type(back).__name__}."
            check_array(back, truth, why)

    compare([(np.array([1, 2]), 0), (np.array([3, 4]), 1), (np.array([5, 6]), 0)], [[1, 2], [3, 4], [5, 6]], [0, 1, 0])
    compare([(Tensor([[0.5], [1.5]]), Tensor(3))], [[[0.5], [1.5]]], [3])
    compare([np.array([1.0, -1.0]), np.array([2.0, -2.0])], [[1, -1], [2, -2]])
    compare([7, 8, 9], [7, 8, 9])
    compare([(1, [2, 3], 4.5), (5, [6, 7], 8.5)], [1, 5], [[2, 3], [6, 7]], [4.5, 8.5])
    small = stack_samples([(np.uint8([200, 100]), 1), (np.uint8([50, 0]), 0)])[0]
    check_array(small, [[200, 100], [50, 0]], "Bytes stay bytes (10.2).", np.uint8)
    one = np.array([1.0, 2.0])
    batch = stack_samples([(one, 0)])[0]
    one[0] = 9.0
    check_array(batch, [[1.0, 2.0]], "Changing a sample afterwards changed the batch: stack into new arrays (10.2).")
    for bad, shapes in (
        ([(np.zeros(3), 0), (np.zeros(3), 0), (np.zeros(2), 0)], [(3,), (2,)]),
        ([(np.zeros(2), np.zeros((1, 4))), (np.zeros(2), np.zeros((4, 1)))], [(1, 4), (4, 1)]),
        ([(np.zeros((2, 2)),), (np.zeros(2),)], [(2, 2), (2,)]),
    ):
        check_refused(ValueError, shapes, f"The shapes {shapes} make no batch (10.2).", stack_samples, bad)
    check_refused(ValueError, [1, 2], "One sample has a target, the other has none (10.2).", stack_samples, [(1.0, 2.0), (1.0,)])
    check_refused(ValueError, [0], "No samples make no batch (10.2).", stack_samples, [])
    ### BEGIN HIDDEN TESTS
    blocks = np.arange(2 * 3 * 1 * 4).reshape(2, 3, 1, 4)
    compare([(blocks[0], -1), (blocks[1], -2)], blocks, [-1, -2], section="10.2, hidden test")
    compare([(np.zeros((0, 2)), True)], np.zeros((1, 0, 2)), [True], section="10.2, hidden test")
    why = "Hidden test: the second part differs in shape."
    check_refused(ValueError, [(3,), ()], why, stack_samples, [(1, np.zeros(3)), (1, np.zeros(())), (1, np.zeros(3))])
    check_refused(ValueError, [3, 2], "Hidden test: parts 2 and 3.", stack_samples, [(1, 2, 3), (1, 2)])
    ### END HIDDEN TESTS
    print("📈 Progress: from samples to a batch ✓")


test_stack_samples()

# %% [markdown]
# ## 10.3 Whose turn is it? — yours (12 points)
# One pass through all samples is an **epoch**. In every epoch each sample comes exactly once, but always in a new order: if
# neighbours always came together, the model would learn the order as well.
#
# And yet tomorrow's run should repeat today's, number by number. So the order must be a *function*:
#
# $$\text{order} = f(\text{seed}, \text{epoch})$$

# %% [markdown]
# A global generator cannot do that: how far it has advanced depends on everything that ran before. We give each purpose a
# generator of its own, made from numbers that name the purpose. Solved, to read:

# %% nbgrader={"grade": false, "grade_id": "stream", "locked": true, "schema_version": 3, "solution": false, "task": false}
#| export
def stream(seed, *keys):
    """A numpy generator of its own for every list of numbers: the same ones give the same randomness, others unrelated one.

    Args:
        seed: an integer >= 0.
        keys: integers from 0 to 2**32 - 1.

    The loader uses stream(seed, epoch) for the order and stream(seed, epoch, k) for what is random in batch k. So a batch depends on
    nothing that ran before it: several workers could make the batches of an epoch in any order, each from its
    number alone, and together they would give what one gives.
    """
    return np.random.default_rng(np.random.SeedSequence(seed, spawn_key=keys))

# %%
print("stream(7, 0)   ", stream(7, 0).random(3))
print("stream(7, 0)   ", stream(7, 0).random(3), "again")
print("stream(7, 1)   ", stream(7, 1).random(3))
print("stream(7, 0, 0)", stream(7, 0, 0).random(3))

# %% [markdown]
# A tempting shortcut is one generator from `seed + epoch`. Then seed 1 starts with the order that seed 0 has in its second
# epoch: two runs that you take for independent share nearly all of their orders.
#
# *Where to look:* a numpy generator has a method for exactly this.

# %% nbgrader={"grade": false, "grade_id": "epoch-order", "locked": false, "schema_version": 3, "solution": true, "task": false}
#| export
def epoch_order(length, shuffle, seed, epoch) -> np.ndarray:
    """10.3 In which order the samples come in one epoch.

    Args:
        length: number of samples, >= 0.
        shuffle: whether the order is random; otherwise it is 0, 1, 2, ... in every epoch.
        seed, epoch: integers >= 0 that decide the order, and nothing else does. Each pair has an order of its own.

    Returns:
        an array of `length` integers in which each of 0 ... length - 1 stands once; every order is equally likely.

    Example:
        epoch_order(3, False, seed=0, epoch=5) gives array([0, 1, 2])
    """
    ### BEGIN SOLUTION
    if not shuffle:
        return np.arange(length)
    return stream(seed, epoch).permutation(length)
    ### END SOLUTION

# %% nbgrader={"grade": true, "grade_id": "test-epoch-order", "locked": true, "points": 12, "schema_version": 3, "solution": false, "task": false}
def test_epoch_order():
    """Does each sample come once, is the order fixed by seed and epoch alone, and is no order preferred?"""
    print("🔬 Unit Test: the order of an epoch...")

    def order(*arguments):
        got = epoch_order(*arguments)
        why = f"epoch_order{arguments} should be an array of {arguments[0]} integers (10.3)."
        assert isinstance(got, np.ndarray) and got.ndim == 1 and got.dtype.kind in "iu", f"{why}\nGot {got!r}."
        return got.tolist()

    def check_grid(length, seeds, epochs, section):
        seen = {}
        for seed in seeds:
            for epoch in epochs:
                got = order(length, True, seed, epoch)
                why = f"Seed {seed}, epoch {epoch}: each of 0 ... {length - 1} should stand once ({section})."
                assert sorted(got) == list(range(length)), f"{why}\nGot {got}."
                assert order(length, True, seed, epoch) == got, f"The same seed and epoch gave another order ({section})."
                before = seen.setdefault(tuple(got), (seed, epoch))
                message = f"Seed and epoch {before} and {seed, epoch} have the same order ({section}). Does each number count for itself?"
                assert before == (seed, epoch), message

    check_grid(40, range(5), range(5), "10.3")
    for length in (0, 1, 6):
        for seed, epoch in ((0, 0), (3, 4)):
            why = f"Without shuffle the order is 0, 1, 2, ... in every epoch (10.3); length {length}, epoch {epoch}."
            assert order(length, False, seed, epoch) == list(range(length)), why
    assert order(0, True, 0, 0) == [] and order(1, True, 0, 0) == [0], "No samples, or one, can be shuffled too (10.3)."
    np.random.seed(1)
    manual_seed(1)
    first = order(30, True, 11, 2)
    np.random.seed(2)
    manual_seed(2)
    assert order(30, True, 11, 2) == first, "Something beside seed and epoch decides the order: a global generator (10.3)?"
    counts = {}
    for epoch in range(480):
        got = tuple(order(4, True, 5, epoch))
        counts[got] = counts.get(got, 0) + 1
    message = f"In 480 epochs all 24 orders of 4 samples should come, each about 20 times; {len(counts)} came (10.3)."
    assert len(counts) == 24 and max(counts.values()) < 60, message
    ### BEGIN HIDDEN TESTS
    check_grid(60, (0, 1, 7, 123456), (0, 1, 2, 90), "10.3, hidden test")
    assert order(17, False, 99, 3) == list(range(17)), "Hidden test: no shuffle."
    assert order(2, True, 0, 0) in ([0, 1], [1, 0]), "Hidden test: two samples."
    ### END HIDDEN TESTS
    print("📈 Progress: the order of an epoch ✓")


test_epoch_order()

# %% [markdown]
# ## 10.4 Cutting into batches — yours (13 points)
# $n$ samples in batches of $B$ make
#
# $$\left\lceil \frac{n}{B} \right\rceil \text{ batches} \qquad \text{or} \qquad \left\lfloor \frac{n}{B} \right\rfloor \text{ with drop\_last}$$
#
# The last batch may be smaller. When every batch must have the same size (batch normalization does not like a last batch of
# one), `drop_last` leaves it out: for this epoch only, since the next order puts other samples at the end.
#
# *Where to look:* Python's `//` rounds down, also below zero.

# %% nbgrader={"grade": false, "grade_id": "split-batches", "locked": false, "schema_version": 3, "solution": true, "task": false}
#| export
def count_batches(length, batch_size, drop_last) -> int:
    """10.4 How many batches `length` samples make, an integer.

    Args:
        length: number of samples, >= 0.
        batch_size: samples in a batch, >= 1.
        drop_last: whether a last batch that is not full is left out.

    Example:
        count_batches(10, 4, False) is 3, count_batches(10, 4, True) is 2
    """
    ### BEGIN SOLUTION
    return length // batch_size if drop_last else -(-length // batch_size)
    ### END SOLUTION


def split_batches(order, batch_size, drop_last) -> list:
    """10.4 The order cut into batches.

    Args:
        order: an array of indices, one for each sample; it is not changed.
        batch_size, drop_last: as above.

    Returns:
        a list of arrays of indices: full batches, and at the end what is left over, unless `drop_last`. Never an empty batch.

    Example:
        split_batches(np.array([2, 0, 4, 1, 3]), 2, False) gives [array([2, 0]), array([4, 1]), array([3])]
    """
    ### BEGIN SOLUTION
    starts = range(0, count_batches(len(order), batch_size, drop_last) * batch_size, batch_size)
    return [order[start : start + batch_size] for start in starts]
    ### END SOLUTION

# %% nbgrader={"grade": true, "grade_id": "test-split-batches", "locked": true, "points": 13, "schema_version": 3, "solution": false, "task": false}
def test_split_batches():
    """Are there as many batches as promised, each as long as it should be, with every index in its place?"""
    print("🔬 Unit Test: cutting into batches...")

    def compare(length, batch_size, sizes, section="10.4"):
        full = [size for size in sizes if size == batch_size]
        for drop_last, expected in ((False, sizes), (True, full)):
            call = f"{length} samples in batches of {batch_size}, drop_last={drop_last}"
            count = count_batches(length, batch_size, drop_last)
            assert isinstance(count, (int, np.integer)), f"{call}: the count should be an integer, got {count!r} ({section})."
            assert count == len(expected), f"{call}: expected {len(expected)} batches, got {count} ({section})."
            order = np.arange(length) * 7 % 1000 + 3
            batches = split_batches(order, batch_size, drop_last)
            assert batches is not None, f"{call}: split_batches gave None. Is there a `return` ({section})?"
            got = [len(batch) for batch in batches]
            assert got == expected, f"{call}: expected batches of {expected} samples, got {got} ({section})."
            joined = [int(index) for batch in batches for index in batch]
            why = f"{call}: one after the other, the batches should be the order itself ({section})."
            check_array(joined, [i * 7 % 1000 + 3 for i in range(sum(expected))], why)
            check_array(order, [i * 7 % 1000 + 3 for i in range(length)], f"{call}: the order was changed ({section}).")

    compare(10, 4, [4, 4, 2])
    compare(8, 4, [4, 4])
    compare(9, 4, [4, 4, 1])
    compare(3, 1, [1, 1, 1])
    compare(5, 5, [5])
    compare(1, 1, [1])
    compare(0, 3, [])
    compare(2, 5, [2])
    ### BEGIN HIDDEN TESTS
    compare(11, 3, [3, 3, 3, 2], "10.4, hidden test")
    compare(100, 33, [33, 33, 33, 1], "10.4, hidden test")
    compare(64, 8, [8] * 8, "10.4, hidden test")
    compare(7, 8, [7], "10.4, hidden test")
    ### END HIDDEN TESTS
    print("📈 Progress: cutting into batches ✓")


test_split_batches()

# %% [markdown]
# The loader puts your four pieces together. To read; find in `batches` where each of them stands.
#
# `epoch` counts the passes that were begun. Set it, and the next pass is the one with that number: that is all that a
# training run needs to go on tomorrow where it stopped today.

# %% nbgrader={"grade": false, "grade_id": "data-loader", "locked": true, "schema_version": 3, "solution": false, "task": false}
#| export
class Batch(NamedTuple):
    """What a loader gives: `for inputs, targets in loader`, or `batch.inputs`, `batch.targets`.

    inputs: a Tensor, the samples along the first axis.
    targets: a Tensor, None when samples have one part, or a tuple of Tensors when they have more than two.
    """

    inputs: Tensor
    targets: Tensor | tuple | None = None


class DataLoader:
    """Batches of a data set, epoch after epoch.

    Args:
        dataset: a Dataset, or whatever has a length and samples at 0 ... length - 1, such as a list of tuples.
        batch_size: samples in a batch, from 1 to len(dataset).
        shuffle: a new random order in every epoch, or always 0, 1, 2, ...
        drop_last: leave a last batch out that is not full.
        seed: an integer >= 0 that all randomness of the loader is made from, together with the epoch. None takes one from the
            course's generator, which `manual_seed` sets; read it in `loader.seed`.

    Attributes:
        epoch: the number of the next epoch, 0 at the start; every new `iter(loader)`, and so every `for`, counts one on. Set it to resume.

    Raises:
        TypeError: `dataset` has no length or no samples, `batch_size` or `seed` is not an integer.
        ValueError: the data set is empty, `batch_size` is out of range, `seed` or `epoch` is negative.

    Example:
        loader = DataLoader(TensorDataset(images, labels), batch_size=64, shuffle=True, seed=0)
        for inputs, targets in loader: ...  # inputs (64, 1, 8, 8), targets (64,); at the end what is left over
    """

    def __init__(self, dataset, batch_size=1, shuffle=False, drop_last=False, seed=None):
        if not (hasattr(dataset, "__len__") and hasattr(dataset, "__getitem__")):
            raise TypeError(f"a data set has __len__ and __getitem__, got {type(dataset).__name__}")
        if len(dataset) == 0:
            raise ValueError("the data set is empty: expected at least one sample")
        batch_size = whole_number("batch_size", batch_size)
        if not 1 <= batch_size <= len(dataset):
            raise ValueError(f"batch_size must be from 1 to {len(dataset)}, the length of the data set; got {batch_size}")
        self.dataset, self.batch_size = dataset, batch_size
        self.shuffle, self.drop_last = bool(shuffle), bool(drop_last)
        self.seed = int(generator().integers(2**32)) if seed is None else not_negative("seed", seed)
        self.epoch = 0

    @property
    def epoch(self):
        return self._epoch

    @epoch.setter
    def epoch(self, epoch):
        self._epoch = not_negative("epoch", epoch)

    def __len__(self):
        """The number of batches in an epoch."""
        return count_batches(len(self.dataset), self.batch_size, self.drop_last)

    def __iter__(self):
        epoch = self.epoch
        self.epoch += 1
        return self.batches(epoch)

    def batches(self, epoch):
        """The batches of one epoch, whichever it is; `loader.epoch` stays."""
        order = epoch_order(len(self.dataset), self.shuffle, self.seed, epoch)
        for k, indices in enumerate(split_batches(order, self.batch_size, self.drop_last)):
            yield make_batch(fetch_samples(self.dataset, indices, stream(self.seed, epoch, k)))


def fetch_samples(dataset, indices, generator) -> tuple:
    """The samples at `indices` by the data set's own `fetch`, or by the base's if it is a list or the like."""
    if hasattr(dataset, "fetch"):
        return dataset.fetch(indices, generator)
    return Dataset.fetch(dataset, indices, generator)


def make_batch(parts) -> Batch:
    """Arrays as a Batch of Tensors; float64 becomes float32, as in 2.1."""
    inputs, *rest = [as_tensor(part) for part in parts]
    return Batch(inputs, rest[0] if len(rest) == 1 else tuple(rest) or None)


def as_tensor(array) -> Tensor:
    """A Tensor around an array that nobody else keeps.

    Raises:
        TypeError: it does not hold real numbers.
    """
    if array.dtype.kind not in "biuf":
        raise TypeError(f"a batch holds real numbers, got samples of type {array.dtype}")
    return from_numpy(array.astype(np.float32) if array.dtype == np.float64 else array)


def whole_number(name, value) -> int:
    """`value` as an integer; TypeError for True, 2.0, "2" and the like."""
    if isinstance(value, (bool, np.bool_)) or not hasattr(value, "__index__"):
        raise TypeError(f"{name} must be an integer, got {value!r}")
    return operator.index(value)


def not_negative(name, value) -> int:
    """`value` as an integer, if it is at least 0."""
    if whole_number(name, value) < 0:
        raise ValueError(f"{name} must be at least 0, got {value}")
    return operator.index(value)

# %%
loader = DataLoader(TensorDataset(images, labels), batch_size=256, shuffle=True, seed=0)
for epoch in range(2):
    for inputs, targets in loader:
        print(f"epoch {epoch}: inputs {inputs.shape} {inputs.dtype}, targets {targets.shape}, first {targets.tolist()[:6]}")

# %% [markdown]
# ### See it
# Many data sets come sorted by class. Below, a column is a batch of 64 and a colour is a class. Before you run it: what would a
# model learn from the first ten batches on the left, and what has it forgotten by the last?

# %%
by_class = np.argsort(labels, kind="stable")
dataset = TensorDataset(images[by_class], labels[by_class])
figure, panels = plt.subplots(1, 2, figsize=(7, 3.2), layout="constrained", sharey=True)
for panel, shuffle in zip(panels, (False, True), strict=True):
    columns = [batch.targets.data for batch in DataLoader(dataset, 64, shuffle=shuffle, drop_last=True, seed=0)]
    picture = panel.imshow(np.stack(columns, axis=1), cmap="tab10", vmin=-0.5, vmax=9.5, aspect="auto")
    panel.set(title=f"shuffle={shuffle}", xlabel="batch")
panels[0].set_ylabel("place in the batch")
figure.colorbar(picture, ax=panels, label="class", ticks=range(10))
plt.show()

# %% [markdown]
# ## Transforms
# A picture of a cat, mirrored or shifted by a few pixels, is still a cat. So show the model another version in every epoch: as
# if there were more data, and no version can be learned by heart.
#
# A transform here takes images $(C, H, W)$ or a batch $(N, C, H, W)$. What is random is drawn *first*, a number for each image; the
# moving of pixels is then a plain function of these numbers, and that is what you write.

# %% nbgrader={"grade": false, "grade_id": "transform-base", "locked": true, "schema_version": 3, "solution": false, "task": false}
#| export
class Transform:
    """Base of what changes images. A subclass defines one method:

        batch(images, generator): new images from an array (N, C, H, W), each changed on its own. The array stays as it is. What is
            random draws from the numpy generator.

    A transform is called as transform(images) with an array or a Tensor of shape (C, H, W) or (N, C, H, W) and gives the same
    kind back. It then draws from the course's generator (02); a DataLoader hands over one that seed, epoch and batch decide.

    Raises (when called):
        ValueError: the images have another number of axes.
    """

    def __call__(self, images, generator=None):
        if isinstance(images, Tensor):
            return from_numpy(self(images.data, generator))
        images = np.asarray(images)
        if images.ndim == 3:
            return transform_batch(self, images[None], generator)[0]
        return transform_batch(self, images, generator)

    def batch(self, images, generator):
        raise NotImplementedError(f"{type(self).__name__} defines no batch")


def transform_batch(transform, images, source=None) -> np.ndarray:
    """A batch of images, transformed: at once by a `Transform`, one by one by any other function."""
    if not isinstance(transform, Transform):
        return stack_samples([np.asarray(transform(image)) for image in images])[0]
    if images.ndim != 4:
        name, shape = type(transform).__name__, images.shape
        raise ValueError(f"{name} takes images (C, H, W) or (N, C, H, W), got a batch of the shape {shape}")
    return transform.batch(images, generator() if source is None else source)

# %% [markdown]
# ## 10.5 Normalize — solved, to read
# Weights start out right for inputs with mean 0 and variance 1 (04). Pixels are not like that, so for each channel:
#
# $$y = \frac{x - \mu_c}{\sigma_c}$$
#
# Mean and deviation are measured once, on the *training* images. And beware of bytes: in uint8, $3 - 5 = 254$. So floats first.
# All pixels of all images go through one line of numpy: that is what "a batch at once" means.

# %% nbgrader={"grade": false, "grade_id": "normalize", "locked": true, "schema_version": 3, "solution": false, "task": false}
#| export
def pixel_statistics(images) -> tuple:
    """Mean and standard deviation of each channel of images (N, C, H, W), two float64 arrays (C,), in the images' unit.

    It goes through the images a thousand at a time: 50,000 colour images of 32×32 as float64 at once would take 1.2 GB.
    """
    images = np.asarray(images)
    if images.ndim != 4 or images.size == 0:
        raise ValueError(f"expected at least one image, (N, C, H, W), got the shape {images.shape}")
    parts = [images[i : i + 1000] for i in range(0, len(images), 1000)]
    count = images.size / images.shape[1]
    mean = sum(part.sum(axis=(0, 2, 3), dtype=np.float64) for part in parts) / count
    squares = sum(np.square(part - mean.reshape(-1, 1, 1)).sum(axis=(0, 2, 3)) for part in parts)
    return mean, np.sqrt(squares / count)


class Normalize(Transform):
    """(image - mean) / std for each channel, as float32 (float64 for float64 images).

    Args:
        mean, std: a number, or one for each channel, in the unit of the pixels (0 to 255 for bytes).

    Raises:
        ValueError: they are not finite, a std is not > 0, or (when called) their number is not that of the channels.
    """

    def __init__(self, mean, std):
        self.mean, self.std = (np.array(value, dtype=np.float64).reshape(-1, 1, 1) for value in (mean, std))
        if not (np.all(np.isfinite(self.mean)) and np.all(np.isfinite(self.std)) and np.all(self.std > 0)):
            raise ValueError(f"mean must be finite and std > 0, got mean {mean} and std {std}")

    def batch(self, images, generator):
        for value in (self.mean, self.std):
            if len(value) not in (1, images.shape[1]):
                raise ValueError(f"expected images with {len(value)} channels, got the shape {images.shape}")
        dtype = np.float64 if images.dtype == np.float64 else np.float32
        result = images.astype(dtype)
        result -= self.mean.astype(dtype)
        result /= self.std.astype(dtype)
        return result

# %%
mean, std = pixel_statistics(images)
bright = Normalize(mean, std)(images)
print(f"before: mean {images.mean():6.3f}, deviation {images.std():.3f}   after: mean {bright.mean():6.3f}, deviation {bright.std():.3f}")

# %% [markdown]
# ## 10.6 Mirror — yours (10 points)
# A horizontal flip reads each row backwards. In a batch every image decides for itself: `chosen[n]` says whether image $n$ is
# mirrored.
#
# $$y_{nchw} = \begin{cases} x_{nch,\,W-1-w} & \text{chosen}_n \\ x_{nchw} & \text{else} \end{cases}$$
#
# *Where to look:* slices with a negative step, and an array of booleans as an index (02). Mind that the batch you get must stay
# as it is.

# %% nbgrader={"grade": false, "grade_id": "flip-images", "locked": false, "schema_version": 3, "solution": true, "task": false}
#| export
def flip_images(images: np.ndarray, chosen: np.ndarray) -> np.ndarray:
    """10.6 The images, some of them mirrored left to right.

    Args:
        images: an array of shape (N, C, H, W), any type; it stays unchanged.
        chosen: N booleans, which images to mirror.

    Returns:
        a new array of the same shape and type.

    Example:
        flip_images(np.array([[[[1, 2, 3]]], [[[4, 5, 6]]]]), np.array([True, False])) has the rows [3, 2, 1] and [4, 5, 6]
    """
    ### BEGIN SOLUTION
    flipped = images.copy()
    flipped[chosen] = images[chosen][..., ::-1]
    return flipped
    ### END SOLUTION

# %% nbgrader={"grade": true, "grade_id": "test-flip-images", "locked": true, "points": 10, "schema_version": 3, "solution": false, "task": false}
def test_flip_images():
    """Are the chosen images mirrored left to right, in every channel and row, and the others left alone?"""
    print("🔬 Unit Test: mirrored images...")

    def compare(images, chosen, section="10.6"):
        images, chosen = np.asarray(images), np.array(chosen, dtype=bool)
        expected = images.tolist()
        for n in range(len(expected)):
            if chosen[n]:
                expected[n] = [[list(reversed(row)) for row in channel] for channel in expected[n]]
        expected = np.array(expected, dtype=images.dtype).reshape(images.shape)
        before = images.copy()
        why = f"Images {images.shape}, chosen {chosen.tolist()}: each row of a chosen image is read backwards ({section})."
        check_array(flip_images(images, chosen), expected, why, images.dtype)
        check_array(images, before, f"The batch that was handed in has changed. Work on a copy ({section}).")

    compare(np.arange(24).reshape(2, 2, 2, 3), [True, False])
    compare(np.arange(24).reshape(2, 2, 2, 3), [False, True])
    compare(np.arange(48, dtype=np.uint8).reshape(4, 1, 3, 4), [True, False, True, True])
    compare(np.arange(48, dtype=np.uint8).reshape(4, 1, 3, 4), [False] * 4)
    compare(np.linspace(-1, 1, 12, dtype=np.float32).reshape(1, 3, 1, 4), [True])
    compare(np.array([[[[1], [2]]]]), [True])
    compare(np.arange(27.0).reshape(3, 1, 3, 3), [True, True, False])
    source = np.array([[[[1.0, 2.0]]]])
    result = flip_images(source, np.array([False]))
    source[...] = 9.0
    check_array(result, [[[[1.0, 2.0]]]], "Changing the batch afterwards changed the result: give back a new array (10.6).")
    ### BEGIN HIDDEN TESTS
    pixels = np.random.default_rng(106).integers(0, 256, (6, 3, 4, 5), dtype=np.uint8)
    compare(pixels, [True, False, False, True, True, False], "10.6, hidden test")
    compare(pixels[:, :, ::2, ::2], [True] * 6, "10.6, hidden test")
    compare(np.zeros((0, 3, 4, 4)), [], "10.6, hidden test")
    ### END HIDDEN TESTS
    print("📈 Progress: mirrored images ✓")


test_flip_images()

# %% [markdown]
# ## 10.7 Crop — yours (15 points)
# Put a frame of `padding` zeros around the image, then cut a window of the wished size out of it, its corner at a place of its
# own for every image. With $p$ the padding and $x$ zero outside of the image:
#
# $$y_{nchw} = x_{n,\,c,\;h + \text{top}_n - p,\;w + \text{left}_n - p}$$

# %% [markdown]
# With padding 4, and a window as large as the image, the content moves by up to 4 pixels each way, and top = left = 4 changes
# nothing.
#
# *Where to look:* `np.pad` frames all images at once. For the windows a loop over the images is fine. Faster, and harder to
# read: `sliding_window_view` shows *every* window of an array as a view, without copying a single pixel, and one index picks
# the right ones.

# %% nbgrader={"grade": false, "grade_id": "crop-images", "locked": false, "schema_version": 3, "solution": true, "task": false}
#| export
def crop_images(images: np.ndarray, tops: np.ndarray, lefts: np.ndarray, size: tuple, padding: int) -> np.ndarray:
    """10.7 A window of each image, framed with zeros before.

    Args:
        images: an array of shape (N, C, H, W), any type; it stays unchanged.
        tops: N integers, the window's first row in the framed image, 0 to H + 2 padding - height.
        lefts: N integers, its first column, 0 to W + 2 padding - width.
        size: (height, width) of the window.
        padding: how many rows and columns of zeros to put on each of the four sides, >= 0.

    Returns:
        a new array of shape (N, C, height, width) and of the same type.

    Example:
        images of one row [1, 2, 3], padding 1: tops [1], lefts [0], size (1, 3) give the row [0, 1, 2]
    """
    ### BEGIN SOLUTION
    padded = np.pad(images, [(0,), (0,), (padding,), (padding,)])  # as much before as after, for each axis
    windows = sliding_window_view(padded, size, axis=(2, 3))  # (N, C, all tops, all lefts, height, width)
    return windows[np.arange(len(images)), :, tops, lefts]
    ### END SOLUTION

# %% nbgrader={"grade": true, "grade_id": "test-crop-images", "locked": true, "points": 15, "schema_version": 3, "solution": false, "task": false}
def test_crop_images():
    """Is every window cut at its own place out of the framed image, for any size and padding?"""
    print("🔬 Unit Test: cropped images...")

    def compare(images, tops, lefts, size, padding, section="10.7"):
        images = np.asarray(images)
        expected = np.zeros(images.shape[:2] + size, dtype=images.dtype)
        for n, c, h, w in np.ndindex(*expected.shape):
            row, column = h + tops[n] - padding, w + lefts[n] - padding
            if 0 <= row < images.shape[2] and 0 <= column < images.shape[3]:
                expected[n, c, h, w] = images[n, c, row, column]
        before = images.copy()
        got = crop_images(images, np.array(tops, dtype=int), np.array(lefts, dtype=int), size, padding)
        why = f"Images {images.shape}, size {size}, padding {padding}, tops {tops}, lefts {lefts}: reread {section}."
        check_array(got, expected, why, images.dtype)
        check_array(images, before, f"The batch that was handed in has changed. Work on a copy ({section}).")

    row = np.array([[[[1, 2, 3]]]])
    check_array(crop_images(row, np.array([1]), np.array([0]), (1, 3), 1), [[[[0, 1, 2]]]], "The example of 10.7.")
    numbers = np.arange(1, 49).reshape(2, 2, 3, 4)
    compare(numbers, [1, 1], [1, 1], (3, 4), 1)
    compare(numbers, [0, 2], [2, 0], (3, 4), 1)
    compare(numbers, [0, 4], [4, 0], (3, 4), 2)
    compare(numbers, [0, 1], [2, 0], (2, 2), 0)
    compare(numbers, [1, 0], [3, 2], (1, 1), 0)
    compare(numbers, [0, 0], [0, 1], (5, 5), 1)
    compare(np.arange(1, 37, dtype=np.uint8).reshape(3, 1, 3, 4), [0, 3, 6], [5, 2, 0], (2, 3), 3)
    compare(np.linspace(1, 2, 9, dtype=np.float32).reshape(1, 1, 3, 3), [0], [0], (3, 3), 0)
    source = np.array([[[[1.0, 2.0]]]])
    result = crop_images(source, np.array([0]), np.array([0]), (1, 2), 0)
    source[...] = 9.0
    check_array(result, [[[[1.0, 2.0]]]], "Changing the batch afterwards changed the result: give back a new array (10.7).")
    ### BEGIN HIDDEN TESTS
    generator = np.random.default_rng(107)
    pixels = generator.integers(1, 256, (7, 3, 6, 5), dtype=np.uint8)
    compare(pixels, generator.integers(0, 9, 7), generator.integers(0, 9, 7), (6, 5), 4, "10.7, hidden test")
    compare(pixels, generator.integers(0, 5, 7), generator.integers(0, 2, 7), (4, 6), 1, "10.7, hidden test")
    compare(pixels[:1], [0], [0], (10, 9), 2, "10.7, hidden test")
    compare(np.zeros((0, 3, 4, 4)), [], [], (4, 4), 1, "10.7, hidden test")
    ### END HIDDEN TESTS
    print("📈 Progress: cropped images ✓")


test_crop_images()

# %% [markdown]
# The classes around your two functions draw the numbers. `Compose` runs one transform after the other.
#
# A rule of thumb: mirror and crop *bytes*, normalize last. A byte is a quarter of a float, and the frame of zeros is black only
# before the mean was subtracted.

# %% nbgrader={"grade": false, "grade_id": "transforms", "locked": true, "schema_version": 3, "solution": false, "task": false}
#| export
class RandomHorizontalFlip(Transform):
    """Each image mirrored left to right with probability `p`; not for digits and letters, of course.

    Raises:
        ValueError: p is not from 0 to 1.
    """

    def __init__(self, p=0.5):
        if not 0 <= p <= 1:
            raise ValueError(f"p must be a probability, from 0 to 1, got {p!r}")
        self.p = p

    def batch(self, images, generator):
        return flip_images(images, generator.random(len(images)) < self.p)


class RandomCrop(Transform):
    """A window of each image, at a random place.

    Args:
        size: of the window, in pixels: a number for a square, or (height, width).
        padding: rows and columns of zeros put on each side before, >= 0.

    Raises:
        ValueError: a number is out of range, or (when called) the window is larger than image and padding.
        TypeError: a number is not an integer.
    """

    def __init__(self, size, padding=0):
        pair = tuple(size) if isinstance(size, (tuple, list)) else (size, size)
        self.size = tuple(whole_number("size", length) for length in pair)
        if len(self.size) != 2 or min(self.size) < 1:
            raise ValueError(f"size must be a number of pixels >= 1 or (height, width), got {size!r}")
        self.padding = not_negative("padding", padding)

    def batch(self, images, generator):
        room = [length + 2 * self.padding for length in images.shape[2:]]
        if self.size[0] > room[0] or self.size[1] > room[1]:
            raise ValueError(
                f"a window of {self.size} does not fit into images of the shape {images.shape} with padding {self.padding}"
            )
        tops, lefts = (generator.integers(r - s + 1, size=len(images)) for r, s in zip(room, self.size, strict=True))
        return crop_images(images, tops, lefts, self.size, self.padding)


class Compose(Transform):
    """One transform after the other. Functions that are no `Transform` are called image by image.

    Raises:
        TypeError: what is in the list cannot be called.
    """

    def __init__(self, transforms):
        self.transforms = list(transforms)
        for transform in self.transforms:
            if not callable(transform):
                raise TypeError(f"Compose takes a list of transforms, got {transform!r} in it")

    def batch(self, images, generator):
        for transform in self.transforms:
            images = transform_batch(transform, images, generator)
        return images

# %% [markdown]
# ### See it
# A colour picture of 32×32 pixels, as in CIFAR-10 (02's photograph, averaged over blocks). Above, left: the picture. All others
# are what a loader gives for it. Which of them are mirrored? And what does the model see where the window left the picture?

# %%
from matplotlib.cbook import get_sample_data

with get_sample_data("grace_hopper.jpg") as file:
    photo = plt.imread(file)[20:468, 30:478]  # 448 rows, 448 columns, 3 colours
small = photo.reshape(32, 14, 32, 14, 3).mean(axis=(1, 3)).astype(np.uint8).transpose(2, 0, 1)  # (3, 32, 32)
augment = Compose([RandomHorizontalFlip(0.5), RandomCrop(32, padding=4)])
versions = DataLoader(TensorDataset(np.stack([small] * 13), transform=augment), batch_size=13, seed=1)

figure, panels = plt.subplots(2, 7, figsize=(8.5, 2.8), layout="constrained")
for number, (panel, image) in enumerate(zip(panels.flat, [small, *next(iter(versions)).inputs.data], strict=True)):
    panel.imshow(image.transpose(1, 2, 0))
    panel.set_title("original" if number == 0 else f"version {number}", fontsize=9)
    panel.axis("off")
plt.show()

# %% [markdown]
# ## Reading files
# Real data comes in files, and files break: a download stops half-way, a proxy sends an error page under the right name, a disk
# fills up. A reader that guesses turns that into a model which is a little worse than it should be, and nobody ever learns why.
# Ours believes only what adds up.
#
# Files are read as bytes, given, to read. A packed (gzip) file carries its own checksum and length; both must agree:

# %% nbgrader={"grade": false, "grade_id": "read-bytes", "locked": true, "schema_version": 3, "solution": false, "task": false}
#| export
def read_bytes(path) -> np.ndarray:
    """The content of a file as an array of bytes (uint8), unpacked if it is a gzip file, whatever its name.

    Raises:
        FileNotFoundError: there is no such file.
        ValueError: the gzip data is damaged, ends too early, or is followed by something.
    """
    path = Path(path)
    if not path.is_file():
        raise FileNotFoundError(f"{path} is {'a folder' if path.is_dir() else 'missing'}: expected a data file")
    content = path.read_bytes()
    if content[:2] == b"\x1f\x8b":  # how every gzip file begins
        content = unpack_gzip(content, path)
    return np.frombuffer(content, dtype=np.uint8)


def unpack_gzip(content, path) -> bytes:
    """What is packed in `content`, checked against the checksum and the length at its end."""
    unpacker = zlib.decompressobj(wbits=31)
    try:
        unpacked = unpacker.decompress(content)
    except zlib.error as error:
        raise ValueError(f"{path}: the packed data is damaged ({error}); fetch the file again") from None
    if not unpacker.eof:
        raise ValueError(f"{path}: the packed data ends too early, after {len(content)} bytes; fetch the file again")
    if unpacker.unused_data:
        raise ValueError(f"{path}: {len(unpacker.unused_data)} bytes follow the packed data; fetch the file again")
    return unpacked

# %% [markdown]
# ## 10.8 IDX — yours (18 points)
# MNIST and Fashion-MNIST come as IDX, a format that explains itself:
#
# | bytes | what |
# |---|---|
# | 0, 1 | zero, both |
# | 2 | type of the elements, see `IDX_TYPES` |
# | 3 | number of axes $d$ |
# | next $4d$ | the length of each axis, 4 bytes each |
# | the rest | the elements, last axis fastest |
#
# All numbers have their most significant byte *first*: $256^3 b_0 + 256^2 b_1 + 256\, b_2 + b_3$.

# %% nbgrader={"grade": false, "grade_id": "idx-types", "locked": true, "schema_version": 3, "solution": false, "task": false}
#| export
IDX_TYPES = {8: ">u1", 9: ">i1", 11: ">i2", 12: ">i4", 13: ">f4", 14: ">f8"}  # > says: most significant byte first


def big_endian(four_bytes) -> int:
    """The integer in four bytes, most significant first, as a Python int, which cannot overflow.

    Example:
        big_endian(np.array([0, 0, 234, 96], dtype=np.uint8)) is 60000
    """
    return int.from_bytes(bytes(four_bytes), "big")

# %% [markdown]
# The lengths say exactly how many bytes must follow. One byte less: the file is torn off. One more: it is not what it says.
# Neither gives an array. And mind uint8 when you count: `raw[3]` is a byte, and bytes overflow.

# %% nbgrader={"grade": false, "grade_id": "parse-idx", "locked": false, "schema_version": 3, "solution": true, "task": false}
#| export
def parse_idx(raw: np.ndarray) -> np.ndarray:
    """10.8 The array in the bytes of an IDX file.

    Args:
        raw: the whole file, an array (uint8) with one axis.

    Returns:
        an array with the shape and the type that the file states, in this machine's byte order (float32, not ">f4").

    Raises:
        ValueError: it does not begin with 0, 0 and a known type; the message shows the first four bytes, as a list.
        ValueError: there are fewer or more bytes than the lengths ask for, or too few to hold the lengths. The message shows
            how many there are, and how many were expected if the lengths are there.

    Example:
        parse_idx(np.array([0, 0, 8, 1, 0, 0, 0, 2, 70, 71], dtype=np.uint8)) gives array([70, 71], dtype=uint8)

    Hints: `np.frombuffer(bytes, dtype)` reads bytes as numbers. `dtype.itemsize` says how many bytes an element has,
    `dtype.newbyteorder("=")` is the same type in this machine's order. `math.prod` multiplies Python integers.
    """
    ### BEGIN SOLUTION
    start = raw[:4].tolist()
    if start[:2] != [0, 0] or len(start) < 4 or start[2] not in IDX_TYPES:
        raise ValueError(f"no IDX file: it begins with {start}, expected 0, 0, one of {list(IDX_TYPES)}, number of axes")
    header = 4 + 4 * start[3]
    shape = tuple(big_endian(raw[4 + 4 * axis : 8 + 4 * axis]) for axis in range(start[3]))
    dtype = np.dtype(IDX_TYPES[start[2]])
    expected = header + math.prod(shape) * dtype.itemsize  # more than there is, too, when the lengths are cut off
    if len(raw) != expected:
        raise ValueError(f"got {len(raw)} bytes, expected {expected} for an array of the shape {shape}")
    elements = np.frombuffer(raw[header:].tobytes(), dtype).reshape(shape)
    return elements.astype(dtype.newbyteorder("="))
    ### END SOLUTION

# %% [markdown]
# The reader itself only puts the two together, and says which file it was:

# %% nbgrader={"grade": false, "grade_id": "load-idx", "locked": true, "schema_version": 3, "solution": false, "task": false}
#| export
def read_with(parse, path):
    """What `parse` makes of the bytes of a file; its ValueError names the file."""
    try:
        return parse(read_bytes(path))
    except ValueError as error:
        raise ValueError(str(error) if str(path) in str(error) else f"{path}: {error}") from error


def load_idx(path) -> np.ndarray:
    """The array in an IDX file, packed (gzip) or not: MNIST, Fashion-MNIST and others.

    MNIST's images come as (60000, 28, 28), bytes. A model wants channels: `images[:, None]` is (60000, 1, 28, 28).

    Raises:
        FileNotFoundError: there is no such file.
        ValueError: it is no IDX file, or a damaged or incomplete one.
    """
    return read_with(parse_idx, path)

# %% nbgrader={"grade": false, "grade_id": "through-a-file", "locked": true, "schema_version": 3, "solution": false, "task": false}
import gzip
import tempfile


def through_a_file(reader, name, content, packed=False):
    """Write bytes to a file called `name` in a temporary folder and give what `reader` makes of its path (a string)."""
    content = np.array(content, dtype=np.uint8).tobytes()
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / name
        path.write_bytes(gzip.compress(content) if packed else content)
        return reader(str(path))

# %% nbgrader={"grade": true, "grade_id": "test-parse-idx", "locked": true, "points": 18, "schema_version": 3, "solution": false, "task": false}
def test_parse_idx():
    """Are shape, type and numbers those of the file, and is a file that does not add up refused?"""
    print("🔬 Unit Test: IDX files...")

    def raw(*numbers):
        return np.array(numbers, dtype=np.uint8)

    def compare(content, expected, dtype, section="10.8"):
        content = raw(*content)
        why = f"The bytes {content.tolist()} are an IDX file: reread the table in {section}."
        check_array(parse_idx(content), np.array(expected, dtype=dtype), why, dtype)
        for length in range(len(content)):
            why = f"The same file, torn off after {length} of {len(content)} bytes, is no array ({section})."
            check_refused(ValueError, [length] if length > 3 else [], why, parse_idx, content[:length])
        why = f"The same file with a byte too many is not what its header says ({section})."
        check_refused(ValueError, [len(content) + 1, len(content)], why, parse_idx, np.append(content, np.uint8(0)))

    def refuse(parts, why, *numbers):
        check_refused(ValueError, parts, f"{why} (10.8).", parse_idx, raw(*numbers))

    compare([0, 0, 8, 1, 0, 0, 0, 2, 70, 71], [70, 71], np.uint8)
    compare([0, 0, 8, 2, 0, 0, 0, 2, 0, 0, 0, 3, 1, 2, 3, 250, 251, 252], [[1, 2, 3], [250, 251, 252]], np.uint8)
    compare([0, 0, 8, 3, *[0, 0, 0, 2], *[0, 0, 0, 1], *[0, 0, 0, 2], 9, 8, 7, 6], [[[9, 8]], [[7, 6]]], np.uint8)
    compare([0, 0, 9, 1, 0, 0, 0, 3, 255, 0, 127], [-1, 0, 127], np.int8)
    compare([0, 0, 11, 1, 0, 0, 0, 2, 1, 2, 255, 254], [258, -2], np.int16)
    compare([0, 0, 12, 2, 0, 0, 0, 1, 0, 0, 0, 1, 0, 1, 0, 5], [[65541]], np.int32)
    compare([0, 0, 13, 1, 0, 0, 0, 2, 63, 192, 0, 0, 192, 32, 0, 0], [1.5, -2.5], np.float32)
    long = parse_idx(raw(0, 0, 8, 2, 0, 0, 1, 4, 0, 0, 0, 3, *[k % 251 for k in range(780)]))
    check_array(long, np.arange(780).reshape(260, 3) % 251, "260 rows: the length has two bytes, 1 and 4 (10.8).", np.uint8)
    check_array(parse_idx(raw(0, 0, 8, 2, 0, 0, 0, 0, 0, 0, 0, 4)), np.zeros((0, 4)), "No rows is an array too (10.8).", np.uint8)
    refuse([[60, 33, 68, 79]], "An error page instead of data", *b"<!DOCTYPE html>")
    refuse([[0, 0, 10, 1]], "10 is none of the types", 0, 0, 10, 1, 0, 0, 0, 1, 5)
    refuse([[0, 1, 8, 1]], "The second byte is not 0", 0, 1, 8, 1, 0, 0, 0, 1, 5)
    refuse([[1, 0, 8, 1]], "The first byte is not 0", 1, 0, 8, 1, 0, 0, 0, 1, 5)
    refuse([9], "200 axes need 804 bytes of header, and 4 * 200 is too much for a byte", 0, 0, 8, 200, 0, 0, 0, 0, 0)
    refuse([13, 12 + 2**40], "A million rows of a million bytes are not here", 0, 0, 8, 2, 0, 16, 0, 0, 0, 16, 0, 0, 1)
    for packed in (False, True):
        why = f"load_idx reads a {'packed' if packed else 'plain'} file through parse_idx (10.8)."
        got = through_a_file(load_idx, "labels-idx1-ubyte", [0, 0, 8, 1, 0, 0, 0, 3, 5, 0, 4], packed)
        check_array(got, [5, 0, 4], why, np.uint8)
    ### BEGIN HIDDEN TESTS
    compare([0, 0, 14, 1, 0, 0, 0, 1, 191, 240, 0, 0, 0, 0, 0, 0], [-1.0], np.float64, "10.8, hidden test")
    shape = [0, 0, 0, 1] * 3 + [0, 0, 0, 2]
    compare([0, 0, 11, 4, *shape, 0, 7, 3, 0], [[[[7, 768]]]], np.int16, "10.8, hidden test")
    check_array(parse_idx(raw(0, 0, 8, 1, 0, 0, 0, 0)), np.zeros(0), "Hidden test: no elements.", np.uint8)
    refuse([[0, 0, 0, 0]], "Hidden test: a file of zeros", *[0] * 64)
    refuse([[0, 0, 15, 1]], "Hidden test: type 15", 0, 0, 15, 1, 0, 0, 0, 1, 5)
    refuse([16 + 2**93], "Hidden test: lengths whose product needs 94 bits", 0, 0, 8, 3, *[128, 0, 0, 0] * 3)
    refuse([[31, 139, 8, 0]], "Hidden test: a packed file that nobody unpacked", 31, 139, 8, 0, 0, 0, 0, 0)
    ### END HIDDEN TESTS
    print("📈 Progress: IDX files ✓")


test_parse_idx()

# %% [markdown]
# ## 10.9 CIFAR-10 — yours (12 points)
# 60,000 colour photographs of 32×32 pixels in ten classes. Its binary files have no header, only records of
#
# $$1 + 3 \cdot 32 \cdot 32 = 3073 \text{ bytes}$$
#
# one after the other: the label, then all of red, all of green, all of blue, each row by row. What can be checked without a header?
# Two things: the length, and the labels.

# %% nbgrader={"grade": false, "grade_id": "cifar-classes", "locked": true, "schema_version": 3, "solution": false, "task": false}
#| export
CIFAR10_CLASSES = ("airplane", "automobile", "bird", "cat", "deer", "dog", "frog", "horse", "ship", "truck")

# %% nbgrader={"grade": false, "grade_id": "parse-cifar10", "locked": false, "schema_version": 3, "solution": true, "task": false}
#| export
def parse_cifar10(raw: np.ndarray) -> tuple:
    """10.9 Images and labels in the bytes of one of CIFAR-10's binary files.

    Args:
        raw: the whole file, an array (uint8) with one axis.

    Returns:
        images: uint8 array of shape (N, 3, 32, 32); labels: int64 array of shape (N,), from 0 to 9.

    Raises:
        ValueError: the file is empty or does not end with a whole record; the message shows its length in bytes, and 3073.
        ValueError: a label is above 9; the message shows one such label and the number of its record, counted from 0.

    Example:
        the bytes of two records give images (2, 3, 32, 32); images[1, 2, 0, 0] is the blue of the second one's first pixel

    Hint: once the records are rows of a table, labels and pixels are columns.
    """
    ### BEGIN SOLUTION
    if len(raw) == 0 or len(raw) % 3073 != 0:
        raise ValueError(f"got {len(raw)} bytes, expected whole records of 3073 bytes, at least one")
    records = raw.reshape(-1, 3073)
    labels = records[:, 0].astype(np.int64)
    wrong = np.flatnonzero(labels > 9)
    if wrong.size > 0:
        raise ValueError(f"record {wrong[0]} has the label {labels[wrong[0]]}, expected 0 to 9")
    return records[:, 1:].reshape(-1, 3, 32, 32), labels
    ### END SOLUTION

# %% nbgrader={"grade": false, "grade_id": "load-cifar10", "locked": true, "schema_version": 3, "solution": false, "task": false}
#| export
def load_cifar10(folder, records=10_000) -> tuple:
    """CIFAR-10 from its "binary version", the folder cifar-10-batches-bin or the one that holds it.

    Args:
        folder: where data_batch_1.bin ... data_batch_5.bin and test_batch.bin lie.
        records: how many images each file must hold. CIFAR-10's hold 10,000; tests write smaller ones.

    Returns:
        (train_images, train_labels), (test_images, test_labels): uint8 (50000, 3, 32, 32) and int64 (50000,), then 10,000 of each.
        `CIFAR10_CLASSES` names the labels.

    Raises:
        FileNotFoundError: a file is missing.
        ValueError: a file is damaged or incomplete.
    """
    folder = Path(folder)
    inner = folder / "cifar-10-batches-bin"
    place = inner if inner.is_dir() else folder
    names = [*(f"data_batch_{number}.bin" for number in range(1, 6)), "test_batch.bin"]
    missing = [name for name in names if not (place / name).is_file()]
    if missing:
        raise FileNotFoundError(f"{place} lacks {', '.join(missing)}: expected the six files of CIFAR-10's binary version")
    files = [read_with(parse_cifar10, place / name) for name in names]
    for name, (_, labels) in zip(names, files, strict=True):
        if len(labels) != records:
            raise ValueError(f"{place / name} holds {len(labels)} images, expected {records}; fetch it again")
    images, labels = zip(*files, strict=True)
    return (np.concatenate(images[:5]), np.concatenate(labels[:5])), (images[5].copy(), labels[5])

# %% nbgrader={"grade": true, "grade_id": "test-parse-cifar10", "locked": true, "points": 12, "schema_version": 3, "solution": false, "task": false}
def test_parse_cifar10():
    """Does every byte of a record land in its place, and is a file that cannot be right refused?"""
    print("🔬 Unit Test: CIFAR-10 files...")

    def records(labels, start):
        """A file whose pixel bytes count on from `start`, in another rhythm than 256."""
        table = (np.arange(len(labels) * 3073) + start) % 251
        table[::3073] = labels
        return table.astype(np.uint8)

    def compare(labels, start, section="10.9"):
        raw = records(labels, start)
        got_images, got_labels = parse_cifar10(raw)
        check_array(got_labels, labels, f"The first byte of each record is its label ({section}).", np.int64)
        expected = np.zeros((len(labels), 3, 32, 32), dtype=int)
        for n, c, h in np.ndindex(len(labels), 3, 32):
            first = 3073 * n + 1 + 1024 * c + 32 * h
            expected[n, c, h] = (np.arange(first, first + 32) + start) % 251
        why = f"{len(labels)} records: after the label come red, green and blue, each row by row ({section})."
        check_array(got_images, expected, why, np.uint8)

    def refuse(parts, why, raw):
        check_refused(ValueError, parts, f"{why} (10.9).", parse_cifar10, raw)

    compare([3, 9], 0)
    compare([0, 1, 2, 9, 4], 100)
    compare([7], 17)
    got = through_a_file(lambda path: parse_cifar10(read_bytes(path))[1], "data_batch_1.bin", records([6, 0, 2], 5))
    check_array(got, [6, 0, 2], "The labels of three records, read from a file (10.9).", np.int64)
    refuse([0, 3073], "An empty file holds no images", np.zeros(0, dtype=np.uint8))
    refuse([6145, 3073], "The last byte of the second record is missing", records([1, 2], 0)[:-1])
    refuse([3074, 3073], "One byte follows the only record", np.append(records([1], 0), np.uint8(0)))
    refuse([1024, 3073], "A torn file", records([1], 0)[:1024])
    refuse([10, 1], "The second of three records has the label 10", records([9, 10, 9], 0))
    refuse([255, 0], "The only record has the label 255", records([255], 0))
    refuse([77, 2], "The third record has the label 77", records([0, 0, 77], 3))
    ### BEGIN HIDDEN TESTS
    compare([9, 8, 7, 6, 5, 4, 3], 200, "10.9, hidden test")
    refuse([1, 3073], "Hidden test: a file of one byte", np.array([5], dtype=np.uint8))
    refuse([9218, 3073], "Hidden test: the last of three records is one byte short", records([1, 2, 3], 0)[:-1])
    refuse([128, 3], "Hidden test: label 128 in the last record", records([1, 2, 3, 128], 0))
    ### END HIDDEN TESTS
    print("📈 Progress: CIFAR-10 files ✓")


test_parse_cifar10()

# %% [markdown]
# Now break a file on purpose. Six tiny files in a temporary folder are a whole CIFAR-10 for our reader, told to expect 2 images
# each. Then half of the test file gets lost, at a place that no record length betrays:

# %%
with tempfile.TemporaryDirectory() as folder:
    for name in ("data_batch_1", "data_batch_2", "data_batch_3", "data_batch_4", "data_batch_5", "test_batch"):
        Path(folder, f"{name}.bin").write_bytes(bytes([3] + [100] * 3072) * 2)
    (train_images, train_labels), (test_images, test_labels) = load_cifar10(folder, records=2)
    print("train", train_images.shape, train_labels.tolist(), " test", test_images.shape)
    Path(folder, "test_batch.bin").write_bytes(bytes([3] + [100] * 3072))
    try:
        load_cifar10(folder, records=2)
    except ValueError as error:
        print("refused:", str(error).replace(folder, "..."))

# %% [markdown]
# *The real ones:* `tito data fetch mnist`, or `cifar10`, gets the files and says where they are. Everything in this notebook
# runs without them. With them:
#
# ```python
# images = load_idx(f"{folder}/train-images-idx3-ubyte.gz")[:, None]  # (60000, 1, 28, 28)
# (images, labels), (test_images, test_labels) = load_cifar10(folder)
# ```

# %% [markdown]
# ## Use it: the shifted digits of 08
# In 08 a network read digits well, and fell when they moved by one pixel. It had only ever seen them in one place. Now you can
# show it other places: train the same network twice, once on the digits as they are, once through `RandomCrop(8, padding=1)`.
# Will the second be better on the shifted ones? What will it cost on the others?

# %%
from tinytorch_lib.core.activations import ReLU
from tinytorch_lib.core.layers import Flatten, Linear, Sequential
from tinytorch_lib.core.losses import CrossEntropyLoss
from tinytorch_lib.core.optimizers import Adam

order = epoch_order(len(images), True, seed=0, epoch=0)  # the same writers' digits stand together: shuffle, then split
train, test = order[:1300], order[1300:]
mean, std = pixel_statistics(images[train])
place = Normalize(mean, std)
places = Compose([RandomCrop(8, padding=1), place])


def new_network():
    """The same start at every call."""
    manual_seed(0)
    return Sequential(Flatten(), Linear(64, 64), ReLU(), Linear(64, 10))


def train_epoch(network, optimizer, loader):
    """One pass: a step for each batch."""
    criterion = CrossEntropyLoss()
    for inputs, targets in loader:
        optimizer.zero_grad()
        criterion(network(inputs), targets).backward()
        optimizer.step()


def share_right(network, top, left):
    """The share of test digits read right when they are moved down by 1 - top and to the right by 1 - left pixels."""
    count = len(test)
    moved = crop_images(images[test], np.full(count, top), np.full(count, left), (8, 8), 1)
    return np.mean(network(Tensor(place(moved))).argmax(axis=1).data == labels[test])


networks = {}
for name, transform in (("one place", place), ("random places", places)):
    networks[name] = network = new_network()
    optimizer = Adam(network.parameters(), learning_rate=0.003)
    loader = DataLoader(TensorDataset(images[train], labels[train], transform=transform), 64, shuffle=True, seed=0)
    for _ in range(30):
        train_epoch(network, optimizer, loader)
    print(f"trained on {name}: {share_right(network, 1, 1):.1%} of the test digits right where they are")

# %% [markdown]
# Now move the test digits by one pixel in each of eight directions; the middle is the original. How dark do the outer fields get?

# %%
figure, panels = plt.subplots(1, 2, figsize=(7, 3.2), layout="constrained", sharey=True)
for panel, (name, network) in zip(panels, networks.items(), strict=True):
    shares = np.array([[share_right(network, 1 - down, 1 - right) for right in (-1, 0, 1)] for down in (-1, 0, 1)])
    picture = panel.imshow(100 * shares, cmap="gray", vmin=0, vmax=100, extent=(-1.5, 1.5, 1.5, -1.5))
    for (down, right), share in np.ndenumerate(shares):
        panel.text(right - 1, down - 1, f"{share:.0%}", ha="center", va="center", color="white" if share < 0.5 else "black")
    panel.set(title=f"trained on {name}", xlabel="moved right (pixels)", xticks=(-1, 0, 1), yticks=(-1, 0, 1))
panels[0].set_ylabel("moved down (pixels)")
figure.colorbar(picture, ax=panels, label="test digits read right (%)")
plt.show()

# %% [markdown]
# The same network, the same 1,300 images. What 09 built into the layers, a convolution that looks everywhere alike, can to a
# good part be *shown* as well. The price stands in the middle field: a network as small as before now has nine places to learn
# instead of one.

# %% [markdown]
# ## What it costs: memory
# A byte holds a pixel of a photograph exactly. As float32 the same pixel takes four bytes, as float64 eight. So the set stays
# in bytes and only the batch in hand becomes floats. Which lines below fit into your machine's memory (1.2)?

# %%
print("                         bytes (uint8)      float32      float64")
sizes = {"digits": images.shape, "MNIST": (70_000, 1, 28, 28), "CIFAR-10": (60_000, 3, 32, 32), "ImageNet, small": (1_281_167, 3, 224, 224)}
for name, shape in sizes.items():
    print(f"{name:16}" + "".join(f"{math.prod(shape) * size / 1e6:18,.1f} MB"[-18:] for size in (1, 4, 8)))
batch = next(iter(loader))
print(f"measured: digits {array_memory(images):,} bytes, a batch of 64 as float32 {array_memory(batch.inputs.data):,} bytes")

# %% [markdown]
# ## What it costs: one at a time, measured
# Both ways are there now. `TensorDataset` answers `fetch` with one indexing, and every transform moves a whole batch. The class
# below hides that: the loader falls back on the loop of 10.1. Same pictures, same mirroring and cropping. The data are random
# bytes in CIFAR-10's shape.

# %%
class OneByOne(Dataset):
    """A data set that gives its samples only one at a time."""

    def __init__(self, dataset):
        self.dataset = dataset

    def __len__(self):
        return len(self.dataset)

    def __getitem__(self, index):
        return self.dataset[index]


photos = stream(0).integers(0, 256, (256, 3, 32, 32), dtype=np.uint8)
augment = Compose([RandomHorizontalFlip(), RandomCrop(32, padding=4), Normalize(120.0, 60.0)])
photo_set = TensorDataset(photos, np.zeros(256, dtype=int), transform=augment)


def throughput(dataset, batch_size, use):
    """Samples per second, when each batch goes through `use`; at most 32 batches are taken."""
    loader = DataLoader(dataset, batch_size, shuffle=True, seed=0)
    count = min(len(loader), 32)
    seconds = time_call(lambda: [use(batch) for _, batch in zip(range(count), loader)], repeats=3)
    return count * batch_size / seconds


network = new_network()
optimizer = Adam(network.parameters())
digit_set = TensorDataset(images[train], labels[train], transform=place)
batch_sizes = [1, 4, 16, 64, 256]
rates = {
    "load 32×32×3, one by one": [throughput(OneByOne(photo_set), size, id) for size in batch_sizes],
    "load 32×32×3, batched": [throughput(photo_set, size, id) for size in batch_sizes],
    "load and train digits": [throughput(digit_set, size, lambda b: train_epoch(network, optimizer, [b])) for size in batch_sizes],
}

# %% [markdown]
# Look for three things: which curve does not rise at all, how much the second gains over the first, and from which batch size
# on it is hardly worth going further. Both axes are logarithmic.

# %%
figure, axes = plt.subplots(figsize=(7, 3.7), layout="constrained")
for (name, values), style in zip(rates.items(), ("o-", "s-", "^--"), strict=True):
    axes.loglog(batch_sizes, values, style, label=name)
axes.set_xticks(batch_sizes, batch_sizes)
axes.minorticks_off()
axes.set(xlabel="batch size (samples)", ylabel="throughput (samples/s)")
axes.grid(alpha=0.3)
axes.legend()
plt.show()
slow, fast, steps = (values[batch_sizes.index(64)] for values in rates.values())
print(f"one epoch of CIFAR-10's 50,000 images, loading only: {50_000 / slow:.1f} s one by one, {50_000 / fast:.1f} s batched")
print(f"training a digit network: {steps / rates['load and train digits'][0]:.0f} times faster at batch size 64 than at 1")

# %% [markdown]
# One by one, every sample pays for every call, whatever the batch size. Batched, a call's price is shared: that is the whole
# trick, and it is the same one for loading, for layers and later for GPUs.
#
# So is larger always better? A step on 512 samples is hardly better than one on 64, and there are eight times fewer of them.
# Time per *sample* is not time to a *good network*:

# %%
print("batch size   steps   seconds   test digits right")
for batch_size in (1, 8, 64, 512):
    network, loader = new_network(), DataLoader(digit_set, batch_size, shuffle=True, seed=0)
    optimizer = Adam(network.parameters())
    seconds = time_once(train_epoch, network, optimizer, loader)
    print(f"{batch_size:10} {len(loader):7} {seconds:9.2f} {share_right(network, 1, 1):19.1%}")

# %% [markdown]
# One epoch each. The right size lies between: large enough that calls cost nothing, small enough for many steps.
#
# ## What hurts now: text is not an array
# Images came as numbers. The other half of the course reads Shakespeare. Everything above works for any data set, so let us put
# two lines into one:

# %%
lines = ["to be or not to be", "that is the question"]
attempts = {
    "the lines themselves": lambda: TensorDataset(lines, [0, 1]),
    "letters by their number": lambda: next(iter(DataLoader([([ord(c) for c in line], 0) for line in lines], batch_size=2))),
    "words by their place in a list": lambda: ["to", "be", "or", "not", "that", "is", "the", "question"].index("whether"),
}
for name, attempt in attempts.items():
    try:
        attempt()
    except (TypeError, ValueError) as error:
        print(f"{name}:\n    {type(error).__name__}: {error}")

# %% [markdown]
# Text is no array of numbers; its lines have no common shape; and if words get numbers, which number has a word that nobody has
# seen before? With letters nothing is unknown, but a short line is twenty numbers long, and each says next to nothing.
#
# **Next, 11:** a tokenizer cuts any text into pieces of a useful size, turns them into integers, and back, without losing a byte.

# %% [markdown]
# | what | where | rule |
# |---|---|---|
# | sample | `dataset[i]` | a tuple, input first |
# | batch | `for inputs, targets in loader` | a new first axis |
# | order | `epoch_order` | a function of seed and epoch |
# | chance | `stream(seed, epoch, k)` | drawn first, then pixels are moved |
# | files | `load_idx`, `load_cifar10` | what does not add up is an error |
