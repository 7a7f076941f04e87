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
# # 02 · Tensor
#
# | difficulty | time | builds on | next |
# |---|---|---|---|
# | ●●●○ | 4 h | 01 setup, Python, a first look at numpy | 03 activations |
#
# You build the one object that everything after it is made of: an array that knows its shape, follows strict rules about
# its numbers, and does all its arithmetic through a single door.
#
# Run the next three cells first: a limit, the imports, and two helpers for the tests.

# %% nbgrader={"grade": false, "grade_id": "scope", "locked": true, "schema_version": 3, "solution": false, "task": false}
import os

os.environ["TINYTORCH_BELOW"] = "02"  # this notebook sees the modules before it and no later one, as the grader does

# %% nbgrader={"grade": false, "grade_id": "imports", "locked": true, "schema_version": 3, "solution": false, "task": false}
#| default_exp core.tensor
#| export
import math
import operator
import reprlib
from types import SimpleNamespace

import numpy as np

# %% nbgrader={"grade": false, "grade_id": "checks", "locked": true, "schema_version": 3, "solution": false, "task": false}
#| check
import warnings


def expect(actual, expected, why, dtype=None):
    """`actual` has the shape and the numbers of `expected` (to float32 precision), and the type `dtype` if given."""
    actual, expected = np.asarray(actual), np.asarray(expected)
    assert actual.shape == expected.shape, f"{why}\nExpected the shape {expected.shape}, got {actual.shape}."
    if dtype is not None:
        assert actual.dtype == dtype, f"{why}\nExpected the type {np.dtype(dtype)}, got {actual.dtype}."
    np.testing.assert_allclose(actual, expected, rtol=1e-5, atol=1e-6, err_msg=why)


def message_of(error, why, function, *arguments, **options):
    """The message with which the call fails; it must fail, and with this kind of error."""
    try:
        result = function(*arguments, **options)
    except error as caught:
        return str(caught)
    raise AssertionError(f"{why}\nExpected a {error.__name__}, got {result!r}.")

# %% [markdown]
# ## What hurts
# At the end of 01 a list of numbers was slow and had no shape. Run the next cell: the list does something, but not
# what you meant.

# %%
prices = [[1.0, 2.0], [3.0, 4.0]]
print("a list times 2: ", prices * 2)  # more rows, not larger numbers
print("a list plus one:", prices + [[1.0, 1.0]])  # one more row
# and which shape has [[1, 2], [3]]? A list does not even ask.

# %% [markdown]
# ## The plan
# A **kernel** is a plain function from arrays to an array: the arithmetic. A **Tensor** is the object around an array:
# shape, type, Python's operators. Between them stands one function, `apply`, that every operation passes.
#
# You write the kernels first (2.1–2.6), read the Tensor (2.7), then build `apply` (2.8) and all of it comes to life.

# %% [markdown]
# ## 2.1 From data to an array — yours (15 points)
# A Tensor starts from a number, nested lists or an array. Four rules decide what it holds:
#
# | you give | it holds | because |
# |---|---|---|
# | float64, Python floats | float32 | half the memory, and learning needs no more digits |
# | integers, booleans, other floats | the same type | ids and masks must stay exact |
# | any of these with `dtype=` | that type | you asked for it |
# | rows of unequal length, text, `None` | an error | nothing is silently reshaped |
#
# And always a **copy**: changing the array you passed in later must not change the Tensor.

# %% nbgrader={"grade": false, "grade_id": "to-array", "locked": false, "schema_version": 3, "solution": true, "task": false}
#| export
def to_array(data, dtype=None):
    """2.1 A new numpy array with the content of `data`.

    Args:
        data: a number, nested lists of numbers, or an array (of any shape, 0-d and empty ones included).
        dtype: the type of the result. By default that of `data`, but float32 for float64.

    Raises:
        ValueError: the rows of `data` have unequal lengths.
        TypeError: `data` holds what is not a real number (text, None, complex numbers); the message shows `data`.

    Example:
        >>> to_array([1, 2.5])
        array([1. , 2.5], dtype=float32)

    Hints: `np.array` copies and complains about unequal rows by itself. An array's `dtype.kind` is "b", "i", "u" or "f"
    for booleans, integers, unsigned integers and floats, and something else for all that a Tensor refuses.
    """
    ### BEGIN SOLUTION
    array = np.array(data)
    if array.dtype.kind not in "biuf":
        raise TypeError(f"a Tensor holds real numbers, got {data!r}")
    if dtype is None and array.dtype == np.float64:
        dtype = np.float32
    return array if dtype is None else array.astype(dtype)
    ### END SOLUTION

# %% nbgrader={"grade": true, "grade_id": "test-to-array", "locked": true, "points": 15, "schema_version": 3, "solution": false, "task": false}
def test_to_array():
    """Does each kind of data get the type that the table in 2.1 says, in memory of its own?"""
    print("🔬 Unit Test: from data to an array...")
    floats = "Floats become float32, numbers and shape unchanged (2.1)."
    expect(to_array([1, 2.5]), [1.0, 2.5], floats, np.float32)
    expect(to_array(-0.5), -0.5, floats, np.float32)
    expect(to_array([[[1.0], [2.0]]]), [[[1.0], [2.0]]], floats, np.float32)
    expect(to_array(np.zeros((0, 3))), np.zeros((0, 3)), floats, np.float32)
    kept = "Only float64 changes its type by itself; integers, booleans and other floats keep theirs (2.1)."
    for kind in (np.int64, np.int32, np.uint8, np.float16, np.float32, np.bool_):
        expect(to_array(np.array([[1], [0]], dtype=kind)), [[1], [0]], kept, kind)
    asked = "With dtype= the result has exactly that type (2.1)."
    expect(to_array([1, 2], dtype="float32"), [1.0, 2.0], asked, np.float32)
    expect(to_array(2.75, dtype="int64"), 2, asked, np.int64)
    exact = to_array([0.1], dtype="float64")
    assert exact.dtype == np.float64 and exact[0] == 0.1, f"{asked}\nExpected 0.1 in float64, got {exact!r}."
    for options in ({}, {"dtype": "float32"}):
        source = np.array([1.0, 2.0], dtype=np.float32)
        result = to_array(source, **options)
        source[0] = 9.0
        expect(result, [1.0, 2.0], "Changing the source afterwards changed the result: copy it (2.1).")
    message_of(ValueError, "Rows of unequal length are refused (2.1).", to_array, [[1, 2], [3]])
    for wrong in ("abc", None, [1.0, None], np.array([2j])):
        message = message_of(TypeError, f"{wrong!r} is not made of real numbers (2.1).", to_array, wrong)
        assert str(wrong) in message, f"The message should show the value {wrong!r}, got {message!r}."
    ### BEGIN HIDDEN TESTS
    expect(to_array(7), 7, f"{kept} (hidden test)", np.int64)
    expect(to_array([]), np.zeros(0), f"{floats} (hidden test)", np.float32)
    expect(to_array([[True, False]]), [[1, 0]], f"{kept} (hidden test)", np.bool_)
    expect(to_array(np.full((2, 1, 2), 1.5)), np.full((2, 1, 2), 1.5), f"{floats} (hidden test)", np.float32)
    expect(to_array(np.array([3, 4], dtype=np.uint16)), [3, 4], f"{kept} (hidden test)", np.uint16)
    expect(to_array([1.9, -1.9], dtype="int32"), [1, -1], f"{asked} (hidden test)", np.int32)
    expect(to_array([1.0, 0.0], dtype="bool"), [1, 0], f"{asked} (hidden test)", np.bool_)
    message_of(ValueError, "Rows of unequal length are refused (hidden test).", to_array, [[[1.0]], [[2.0, 3.0]]])
    message_of(TypeError, "Text in a list is refused (hidden test).", to_array, [["1", "2"]])
    ### END HIDDEN TESTS
    print("📈 Progress: from data to an array ✓")


test_to_array()

# %% [markdown]
# ## 2.2 Elementwise kernels — yours (10 points)
# The simplest operations treat each element on its own: $y_i = f(a_i)$ or $y_i = f(a_i, b_i)$. Numpy already loops over
# the elements in compiled code, so a kernel is short. The names are fixed here because everything later, a gradient or a
# faster version, is attached to an operation by its name. First six of them, solved, to read.

# %% nbgrader={"grade": false, "grade_id": "elementwise-solved", "locked": true, "schema_version": 3, "solution": false, "task": false}
#| export
def add_kernel(a, b):
    """a + b, element by element; the shapes broadcast (2.3)."""
    return a + b


def as_float(a):
    """`a` itself if it holds floats, else `a` as float32 (numpy alone would make float16 of 8-bit integers)."""
    return a if a.dtype.kind == "f" else a.astype(np.float32)


def exp_kernel(a):
    """e to the power of a."""
    return np.exp(as_float(a))


def log_kernel(a):
    """Natural logarithm; -inf at 0 and nan below, as PyTorch's."""
    return np.log(as_float(a))


def sqrt_kernel(a):
    """Square root; nan below 0."""
    return np.sqrt(as_float(a))


def tanh_kernel(a):
    """Hyperbolic tangent, in (-1, 1)."""
    return np.tanh(as_float(a))


def abs_kernel(a):
    """Absolute value."""
    return np.abs(a)

# %% [markdown]
# A kernel gets arrays of any shape and never changes them: in `a * a - a` the same array is used three times.

# %% nbgrader={"grade": false, "grade_id": "elementwise", "locked": false, "schema_version": 3, "solution": true, "task": false}
#| export
def sub_kernel(a, b):
    """2.2 a - b."""
    ### BEGIN SOLUTION
    return a - b
    ### END SOLUTION


def mul_kernel(a, b):
    """2.2 a * b, element by element."""
    ### BEGIN SOLUTION
    return a * b
    ### END SOLUTION


def div_kernel(a, b):
    """2.2 a / b; true division, also between integers: 7 / 2 is 3.5."""
    ### BEGIN SOLUTION
    return a / b
    ### END SOLUTION


def neg_kernel(a):
    """2.2 -a."""
    ### BEGIN SOLUTION
    return -a
    ### END SOLUTION


def pow_kernel(a, b):
    """2.2 a to the power of b, element by element; integers stay integers."""
    ### BEGIN SOLUTION
    return a**b
    ### END SOLUTION


def clip_kernel(a, low=None, high=None):
    """2.2 Every element moved into [low, high]. A bound that is None does not bind; integers stay integers."""
    ### BEGIN SOLUTION
    return np.clip(a, low, high)
    ### END SOLUTION


def where_kernel(condition, a, b):
    """2.2 The elements of `a` where `condition` is True, those of `b` elsewhere; all three broadcast."""
    ### BEGIN SOLUTION
    return np.where(condition, a, b)
    ### END SOLUTION

# %% nbgrader={"grade": true, "grade_id": "test-elementwise", "locked": true, "points": 10, "schema_version": 3, "solution": false, "task": false}
def test_elementwise():
    """Do the seven kernels give the right numbers for arrays that broadcast, and leave their inputs alone?"""
    print("🔬 Unit Test: elementwise kernels...")
    a = np.array([[1.0, -2.0, 4.0]], dtype=np.float32)
    b = np.array([[2.0], [0.5]], dtype=np.float32)
    read = "Look at the docstring of {} again (2.2)."
    expect(sub_kernel(a, b), [[-1, -4, 2], [0.5, -2.5, 3.5]], read.format("sub_kernel"), np.float32)
    expect(mul_kernel(a, b), [[2, -4, 8], [0.5, -1, 2]], read.format("mul_kernel"), np.float32)
    expect(div_kernel(a, b), [[0.5, -1, 2], [2, -4, 8]], read.format("div_kernel"), np.float32)
    expect(div_kernel(np.array([7, -7]), np.array(2)), [3.5, -3.5], "7 / 2 is 3.5, and -7 / 2 is -3.5 (2.2).")
    expect(neg_kernel(a), [[-1, 2, -4]], read.format("neg_kernel"), np.float32)
    expect(pow_kernel(np.abs(a), b), [[1, 4, 16], [1, 2**0.5, 2]], read.format("pow_kernel"), np.float32)
    bounds = "Below low becomes low, above high becomes high, a bound of None does not bind (2.2)."
    expect(clip_kernel(a, low=-1.0, high=2.0), [[1, -1, 2]], bounds, np.float32)
    expect(clip_kernel(a, low=0.0), [[1, 0, 4]], bounds, np.float32)
    expect(clip_kernel(a, high=0.0), [[0, -2, 0]], bounds, np.float32)
    expect(clip_kernel(a), a, bounds, np.float32)
    integers = np.array([-5, 0, 5])
    expect(clip_kernel(integers, high=1), [-5, 0, 1], "Integers stay integers in clip_kernel (2.2).", np.int64)
    expect(pow_kernel(integers, np.array(2)), [25, 0, 25], "Integers stay integers in pow_kernel (2.2).", np.int64)
    chosen = "where takes from a where the condition holds, from b elsewhere; all three broadcast (2.2)."
    expect(where_kernel(np.array([[True], [False]]), a, b), [[1, -2, 4], [0.5, 0.5, 0.5]], chosen, np.float32)
    expect(where_kernel(a > 0, a, -a), [[1, 2, 4]], chosen, np.float32)
    expect(a, [[1, -2, 4]], "A kernel changed its first input. Work on a new array (2.2).")
    expect(b, [[2], [0.5]], "A kernel changed its second input. Work on a new array (2.2).")
    ### BEGIN HIDDEN TESTS
    x = np.array([[[3.0]], [[-1.0]]], dtype=np.float32)
    y = np.array([[2.0, 4.0]], dtype=np.float32)
    expect(sub_kernel(x, y), [[[1, -1]], [[-3, -5]]], "sub_kernel with three axes (hidden test).", np.float32)
    expect(mul_kernel(x, y), [[[6, 12]], [[-2, -4]]], "mul_kernel with three axes (hidden test).", np.float32)
    expect(div_kernel(x, y), [[[1.5, 0.75]], [[-0.5, -0.25]]], "div_kernel, three axes (hidden test).", np.float32)
    expect(pow_kernel(x, y), [[[9, 81]], [[1, 1]]], "pow_kernel of negative numbers (hidden test).", np.float32)
    expect(pow_kernel(np.array([2, 3]), np.array(3)), [8, 27], "pow_kernel of integers (hidden test).", np.int64)
    expect(neg_kernel(np.array(5)), -5, "neg_kernel of an integer (hidden test).")
    expect(neg_kernel(np.zeros((0, 2))), np.zeros((0, 2)), "neg_kernel of an empty array (hidden test).")
    expect(clip_kernel(x, 0.0, 0.0), np.zeros((2, 1, 1)), "clip_kernel with low = high (hidden test).")
    expect(clip_kernel(np.array([-5, 5]), -1, 1), [-1, 1], "clip_kernel of integers (hidden test).", np.int64)
    expect(where_kernel(np.array(False), x, y), [y, y], "where_kernel with a 0-d condition (hidden test).")
    ### END HIDDEN TESTS
    print("📈 Progress: elementwise kernels ✓")


test_elementwise()

# %% [markdown]
# ## 2.3 Broadcasting — yours (15 points)
# Subtract the mean of each column from a (100, 3) table: the means have shape (3,). Writing a loop would bring back the
# pain of 01; copying the means a hundred times would waste memory. Broadcasting *acts as if* they had been copied.
#
# 1. Write the shapes one below the other, aligned **on the right**; fill the left with 1.
# 2. Column by column: equal lengths stay; a 1 stretches to the other length; anything else is an error.
#
# $$n_i = \begin{cases} a_i & b_i \in \{1, a_i\} \\ b_i & a_i = 1 \end{cases}$$

# %% [markdown]
# Three examples, solved, to read:
#
# ```
#   (100, 3)        (4, 1)         (2, 3)
#        (3)        (1, 5)            (2)
#   --------        ------         ------
#   (100, 3)        (4, 5)          error: 3 against 2, and neither is 1
# ```
#
# The last one hurts most people once: alignment is on the right, so a (2,) never fits the *rows* of a (2, 3).
# A (2, 1) does.

# %% nbgrader={"grade": false, "grade_id": "broadcast-shapes", "locked": false, "schema_version": 3, "solution": true, "task": false}
#| export
def broadcast_shapes(*shapes):
    """2.3 The shape that arrays of these shapes have together, worked out by the two rules (not by numpy).

    Args:
        shapes: any number of tuples of lengths >= 0. None at all give ().

    Raises:
        ValueError: two lengths differ and neither is 1; the message names the shapes.

    Example:
        >>> broadcast_shapes((100, 3), (3,))
        (100, 3)
        >>> broadcast_shapes((4, 1), (), (2, 1, 5))
        (2, 4, 5)

    Hint: fill all shapes to the same number of axes first; `zip(*...)` then walks through them column by column.
    A length of 0 is a length like any other.
    """
    ### BEGIN SOLUTION
    ndim = max(map(len, ((), *shapes)))
    aligned = [(1,) * (ndim - len(shape)) + shape for shape in shapes]
    result = []
    for lengths in zip(*aligned):
        stretched = {n for n in lengths if n != 1}
        if len(stretched) > 1:
            raise ValueError(f"the shapes {', '.join(map(str, shapes))} do not broadcast: align them on the right")
        result.append(stretched.pop() if stretched else 1)
    return tuple(result)
    ### END SOLUTION

# %% nbgrader={"grade": true, "grade_id": "test-broadcast-shapes", "locked": true, "points": 15, "schema_version": 3, "solution": false, "task": false}
def test_broadcast_shapes():
    """Do the two rules give the common shape, for any number of shapes, and an error where there is none?"""
    print("🔬 Unit Test: broadcasting...")
    for shapes, common in [
        ([(100, 3), (3,)], (100, 3)),
        ([(4, 1), (1, 5)], (4, 5)),
        ([(3,), (2, 1)], (2, 3)),
        ([(4, 1), (), (2, 1, 5)], (2, 4, 5)),
        ([(2, 3)], (2, 3)),
        ([(), ()], ()),
        ([], ()),
        ([(0,), (1,)], (0,)),
        ([(3, 1), (1, 0)], (3, 0)),
    ]:
        result = broadcast_shapes(*shapes)
        assert isinstance(result, tuple), f"Expected a tuple of lengths, got {result!r} (2.3)."
        rules = "Align on the right; only a 1 stretches (2.3)."
        assert result == common, f"For {shapes} expected {common}, got {result}. {rules}"
    for shapes in [[(2, 3), (2,)], [(4,), (3,)], [(0,), (2,)], [(2, 1), (8, 4, 3), (3, 1)], [(2, 0), (2, 2)]]:
        message = message_of(ValueError, f"{shapes} have no common shape (2.3).", broadcast_shapes, *shapes)
        named = all(str(shape) in message for shape in shapes)
        assert named, f"Name the shapes {shapes} in the message, got {message!r}."
    ### BEGIN HIDDEN TESTS
    for shapes, common in [
        ([(1,), (7, 1, 1), (5, 1), (1, 1, 6)], (7, 5, 6)),
        ([(2, 3, 4), (3, 1)], (2, 3, 4)),
        ([(1, 1, 1, 1), (2,)], (1, 1, 1, 2)),
        ([(0, 1), (5,)], (0, 5)),
        ([(3,), (3,), (3,)], (3,)),
        ([(1,), (1,)], (1,)),
    ]:
        result = broadcast_shapes(*shapes)
        assert result == common, f"For {shapes} expected {common}, got {result} (hidden test)."
    for shapes in [[(3,), (1, 2)], [(5, 1), (4, 1)], [(1,), (6,), (7,)], [(3, 4), (3,)], [(2,), (0,)]]:
        message_of(ValueError, f"{shapes} have no common shape (hidden test).", broadcast_shapes, *shapes)
    ### END HIDDEN TESTS
    print("📈 Progress: broadcasting ✓")


test_broadcast_shapes()

# %% [markdown]
# ## 2.4 Reductions — yours (15 points)
# A reduction combines the elements along some axes into one. `axis=None` means all of them, a tuple means several.
#
# $$\bar x = \frac{1}{n} \sum_i x_i \qquad \operatorname{var}(x) = \frac{1}{n} \sum_i (x_i - \bar x)^2$$
#
# This is the *population* variance: it divides by $n$, not by $n - 1$.

# %% [markdown]
# The reduced axis disappears, unless `keepdims=True` keeps it with length 1. That is what makes the result broadcast
# against what it came from (2.3): `x - x.mean(axis=1, keepdims=True)` centres every row. The sum, solved, to read:

# %% nbgrader={"grade": false, "grade_id": "sum-solved", "locked": true, "schema_version": 3, "solution": false, "task": false}
#| export
def sum_kernel(a, axis=None, keepdims=False):
    """The sum along `axis` (an integer, a tuple of integers, or None for all)."""
    return np.sum(a, axis=axis, keepdims=keepdims)


def reduced_size(shape, axis=None):
    """How many elements of an array of this shape fall together into one result.

    Example:
        >>> reduced_size((2, 3, 4), axis=(0, -1))
        8
    """
    if axis is None:
        return math.prod(shape)
    axes = axis if isinstance(axis, tuple) else (axis,)
    return math.prod(shape[i] for i in axes)

# %% nbgrader={"grade": false, "grade_id": "reductions", "locked": false, "schema_version": 3, "solution": true, "task": false}
#| export
def mean_kernel(a, axis=None, keepdims=False):
    """2.4 The mean along `axis`. Use the two functions above."""
    ### BEGIN SOLUTION
    return sum_kernel(a, axis, keepdims) / reduced_size(a.shape, axis)
    ### END SOLUTION


def var_kernel(a, axis=None, keepdims=False):
    """2.4 The population variance along `axis`.

    Subtract the mean first, then square. The textbook shortcut (mean of squares minus square of mean) takes the
    difference of two large numbers and loses every digit when the mean is large.
    """
    ### BEGIN SOLUTION
    centred = a - mean_kernel(a, axis, keepdims=True)
    return mean_kernel(centred * centred, axis, keepdims)
    ### END SOLUTION


def max_kernel(a, axis=None, keepdims=False):
    """2.4 The largest element along `axis`; nan if there is one."""
    ### BEGIN SOLUTION
    return np.max(a, axis=axis, keepdims=keepdims)
    ### END SOLUTION


def min_kernel(a, axis=None, keepdims=False):
    """2.4 The smallest element along `axis`; nan if there is one."""
    ### BEGIN SOLUTION
    return np.min(a, axis=axis, keepdims=keepdims)
    ### END SOLUTION


def argmax_kernel(a, axis=None, keepdims=False):
    """2.4 Where the largest element stands along one axis: integers, the first place on a tie.

    With `axis=None` the place in the flattened array.
    """
    ### BEGIN SOLUTION
    return np.argmax(a, axis=axis, keepdims=keepdims)
    ### END SOLUTION

# %% nbgrader={"grade": true, "grade_id": "test-reductions", "locked": true, "points": 15, "schema_version": 3, "solution": false, "task": false}
def test_reductions():
    """Are mean, variance, max, min and argmax right along any axes, with and without keepdims?"""
    print("🔬 Unit Test: reductions...")
    x = np.array([[[1.0, 5.0, 3.0], [2.0, 2.0, 8.0]], [[-4.0, 0.0, -2.0], [6.0, 7.0, -1.0]]], dtype=np.float32)
    before = x.copy()
    mean = "The mean is the sum divided by the number of elements that fell together (2.4)."
    expect(mean_kernel(x), 2.25, mean)
    expect(mean_kernel(x, axis=2), [[3, 4], [-2, 4]], mean, np.float32)
    expect(mean_kernel(x, axis=(0, -1), keepdims=True), [[[0.5], [4]]], mean, np.float32)
    expect(mean_kernel(np.array([1, 2])), 1.5, "The mean of integers is not an integer (2.4).")
    var = "The variance is the mean of the squared distances from the mean, both along the same axis (2.4)."
    expect(var_kernel(x, axis=-1), [[8 / 3, 8], [8 / 3, 38 / 3]], var, np.float32)
    expect(var_kernel(x, axis=1, keepdims=True), [[[0.25, 2.25, 6.25]], [[25, 12.25, 0.25]]], var, np.float32)
    expect(var_kernel(x, axis=(0, 2)), [55 / 6 - 0.25, 158 / 6 - 16], var, np.float32)
    far = np.array([10000.0, 10001.0, 10002.0, 10003.0], dtype=np.float32)
    expect(
        var_kernel(far), 1.25, "The variance of 10000 ... 10003 is 1.25. Subtract the mean before you square (2.4)."
    )
    ends = "max and min keep the largest and smallest element along the axis (2.4)."
    expect(max_kernel(x), 8, ends)
    expect(max_kernel(x, axis=1), [[2, 5, 8], [6, 7, -1]], ends, np.float32)
    expect(max_kernel(x, axis=(0, 2), keepdims=True), [[[5], [8]]], ends, np.float32)
    expect(min_kernel(x), -4, ends)
    expect(min_kernel(x, axis=0, keepdims=True), [[[-4, 0, -2], [2, 2, -1]]], ends, np.float32)
    expect(min_kernel(x, axis=(1, 2)), [1, -4], ends, np.float32)
    expect(max_kernel(np.array([1.0, np.nan])), np.nan, "One nan makes the maximum nan (2.4).")
    place = "argmax gives the place of the largest element, the first one on a tie (2.4)."
    expect(argmax_kernel(x), 5, place)
    expect(argmax_kernel(x, axis=2), [[1, 2], [1, 1]], place, np.int64)
    expect(argmax_kernel(x, axis=0, keepdims=True), [[[0, 0, 0], [1, 1, 0]]], place, np.int64)
    expect(argmax_kernel(np.array([3, 7, 7])), 1, place)
    expect(x, before, "A reduction changed its input. Work on a new array (2.4).")
    ### BEGIN HIDDEN TESTS
    y = np.arange(24, dtype=np.float32).reshape(2, 3, 1, 4) ** 2
    total = y.sum(axis=(1, 3), dtype=np.float64)
    expect(mean_kernel(y, axis=(1, -1)), total / 12, "mean over two of four axes (hidden test).", np.float32)
    expect(
        mean_kernel(y, keepdims=True),
        np.full((1, 1, 1, 1), 4324 / 24),
        "mean with keepdims (hidden test).",
        np.float32,
    )
    expect(mean_kernel(np.float32([[2.0]]), axis=0), [2.0], "mean along an axis of length 1 (hidden test).")
    expect(
        var_kernel(y, axis=0), ((y[1] - y[0]) / 2) ** 2, "variance along the first axis (hidden test).", np.float32
    )
    expect(var_kernel(np.array([1, 3])), 1.0, "variance of integers (hidden test).")
    expect(var_kernel(np.float32([5.0]), keepdims=True), [0.0], "variance of one element (hidden test).")
    expect(max_kernel(-y, axis=3, keepdims=True), -y[..., :1], "max along the last axis (hidden test).", np.float32)
    expect(min_kernel(-y, axis=-1), -y[..., 3], "min along the last axis (hidden test).", np.float32)
    expect(min_kernel(np.array([2.0, np.nan])), np.nan, "One nan makes the minimum nan (hidden test).")
    expect(max_kernel(np.array([2, 9, 4])), 9, "max of integers (hidden test).")
    expect(min_kernel(y, keepdims=True), [[[[0]]]], "min with keepdims (hidden test).", np.float32)
    expect(argmax_kernel(-y, keepdims=True), [[[[0]]]], "argmax with keepdims (hidden test).", np.int64)
    expect(argmax_kernel(y, axis=-3), np.full((2, 1, 4), 2), "argmax along the axis -3 (hidden test).", np.int64)
    ### END HIDDEN TESTS
    print("📈 Progress: reductions ✓")


test_reductions()

# %% [markdown]
# ## 2.5 Matrix product — yours (15 points)
# The operation that learning spends its time on. Element $(i, j)$ is row $i$ of $A$ times column $j$ of $B$:
#
# $$C_{ij} = \sum_{k} A_{ik} B_{kj} \qquad (n, k) \times (k, m) \to (n, m)$$
#
# The inner lengths must agree, and they vanish. By hand, to read and run:

# %%
def matmul_by_hand(a, b):
    """The formula, as three loops. Right, and slow: we measure it in "What it costs"."""
    (n, inner), m = a.shape, b.shape[1]
    c = np.zeros((n, m), dtype=np.float32)
    for i in range(n):
        for j in range(m):
            for k in range(inner):
                c[i, j] += a[i, k] * b[k, j]
    return c


print(matmul_by_hand(np.array([[1, 2], [3, 4]]), np.array([[10, 0], [0, 100]])))

# %% [markdown]
# Three things are added to it:
#
# - **Batches.** All axes before the last two are a stack of matrices, and the stacks broadcast (2.3):
#   (8, 1, 4, 5) × (3, 5, 6) → (8, 3, 4, 6).
# - **Vectors.** A 1-d left operand counts as a row, a 1-d right operand as a column; the added axis is dropped again:
#   (5,) × (5, 6) → (6,), (4, 5) × (5,) → (4,), (5,) × (5,) → ().
# - **An error worth reading** when the lengths do not fit, since you will meet it more often than any other.

# %% nbgrader={"grade": false, "grade_id": "matmul", "locked": false, "schema_version": 3, "solution": true, "task": false}
#| export
def matmul_shape(a, b):
    """2.5 The shape of the matrix product of arrays with the shapes `a` and `b`.

    Raises:
        ValueError: an operand is 0-d, the inner lengths differ, or the stacks do not broadcast; the message names both
            shapes.

    Example:
        >>> matmul_shape((8, 1, 4, 5), (3, 5, 6))
        (8, 3, 4, 6)
        >>> matmul_shape((5,), (5, 6))
        (6,)

    Hint: `np.broadcast_shapes` does for the stacks what you built in 2.3.
    """
    ### BEGIN SOLUTION
    message = f"matmul: the shapes {tuple(a)} and {tuple(b)} do not fit"
    if len(a) == 0 or len(b) == 0:
        raise ValueError(f"{message}: a number has no rows, use * instead")
    inner = b[-2:][0]  # the last but one, or the only one of a vector
    if a[-1] != inner:
        raise ValueError(f"{message}: the inner lengths {a[-1]} and {inner} differ")
    try:  # numpy's own, so that a mistake in 2.3 stays in 2.3
        stack = np.broadcast_shapes(a[:-2], b[:-2])
    except ValueError:
        raise ValueError(f"{message}: the stacks {tuple(a[:-2])} and {tuple(b[:-2])} do not broadcast") from None
    return (*stack, *a[-2:-1], *b[-1:]) if len(b) > 1 else (*stack, *a[-2:-1])
    ### END SOLUTION


def matmul_kernel(a, b):
    """2.5 The matrix product. Check the shapes first, then let numpy multiply (look for `np.matmul`).

    Raises:
        ValueError: as `matmul_shape`.
    """
    ### BEGIN SOLUTION
    matmul_shape(a.shape, b.shape)
    return np.matmul(a, b)
    ### END SOLUTION

# %% nbgrader={"grade": true, "grade_id": "test-matmul", "locked": true, "points": 15, "schema_version": 3, "solution": false, "task": false}
def test_matmul():
    """Are shape and numbers right for matrices, stacks and vectors, and is a misfit explained?"""
    print("🔬 Unit Test: matrix product...")
    for a, b, shape in [
        ((2, 3), (3, 4), (2, 4)),
        ((8, 1, 4, 5), (3, 5, 6), (8, 3, 4, 6)),
        ((5,), (5, 6), (6,)),
        ((4, 5), (5,), (4,)),
        ((5,), (5,), ()),
        ((7, 2, 3), (3,), (7, 2)),
        ((3,), (7, 3, 2), (7, 2)),
        ((2, 0), (0, 3), (2, 3)),
    ]:
        result = matmul_shape(a, b)
        assert tuple(result) == shape, f"{a} times {b} has the shape {shape}, got {result} (2.5)."
        product = matmul_kernel(np.ones(a, dtype=np.float32), np.ones(b, dtype=np.float32))
        expect(product, np.full(shape, a[-1]), f"{a} times {b}, all ones, gives {a[-1]} (2.5).", np.float32)
    a = np.array([[1.0, 2.0, 0.0], [-1.0, 0.5, 3.0]], dtype=np.float32)
    b = np.array([[2.0, 1.0], [0.0, 4.0], [1.0, -1.0]], dtype=np.float32)
    rows = "Row i of the first times column j of the second, summed (2.5)."
    expect(matmul_kernel(a, b), [[2, 9], [1, -2]], rows, np.float32)
    expect(matmul_kernel(b, a), [[1, 4.5, 3], [-4, 2, 12], [2, 1.5, -3]], rows, np.float32)
    expect(matmul_kernel(a, b[:, 1]), [9, -2], "A 1-d right operand is a column (2.5).", np.float32)
    expect(matmul_kernel(a[1], b), [1, -2], "A 1-d left operand is a row (2.5).", np.float32)
    stack = np.stack([a, 2 * a])[:, None]
    pairs = matmul_kernel(stack, np.stack([b, -b, b + 1]))
    multiplied = "Stacks of matrices broadcast, and each pair is multiplied (2.5)."
    expect(pairs[1, 1], [[-4, -18], [-2, 4]], multiplied, np.float32)
    expect(pairs[0, 2], [[5, 12], [3.5, 0.5]], multiplied, np.float32)
    for a, b in [((2, 3), (2, 3)), ((2, 3), (2,)), ((3,), (2, 3)), ((), (3,)), ((3, 2), ()), ((2, 4, 5), (3, 5, 6))]:
        for function, arguments in ((matmul_shape, (a, b)), (matmul_kernel, (np.ones(a), np.ones(b)))):
            message = message_of(ValueError, f"{a} times {b} does not fit (2.5).", function, *arguments)
            named = str(a) in message and str(b) in message
            assert named, f"Name the shapes {a} and {b} in the message, got {message!r}."
    ### BEGIN HIDDEN TESTS
    p = np.sin(np.arange(2 * 1 * 3 * 4, dtype=np.float32)).reshape(2, 1, 3, 4)
    q = np.cos(np.arange(5 * 4 * 2, dtype=np.float32)).reshape(5, 4, 2)
    expected = np.zeros((2, 5, 3, 2))
    for i, j, n, m in np.ndindex(2, 5, 3, 2):
        expected[i, j, n, m] = sum(float(p[i, 0, n, k]) * float(q[j, k, m]) for k in range(4))
    expect(matmul_kernel(p, q), expected, "Stacks (2, 1) and (5,) of matrices (hidden test).", np.float32)
    for a, b, shape in [
        ((2, 1, 3, 4), (5, 4, 2), (2, 5, 3, 2)),
        ((6, 1), (1, 7), (6, 7)),
        ((1, 2), (9, 2, 1), (9, 1, 1)),
    ]:
        result = matmul_shape(a, b)
        assert tuple(result) == shape, f"{a} times {b} has the shape {shape}, got {result} (hidden test)."
    expect(matmul_kernel(np.arange(3), np.arange(3)), 5, "Product of two integer vectors (hidden test).")
    weighted = q[..., 0] + 2 * q[..., 1]
    expect(matmul_kernel(q, np.float32([1, 2])), weighted, "A stack times a vector (hidden test).", np.float32)
    for a, b in [((1, 3), (1, 3)), ((4,), (3,)), ((), ()), ((2, 2, 3), (4, 3, 2)), ((3, 1), (3, 1)), ((2, 5), (1, 2, 5))]:
        why = f"{a} times {b} does not fit (hidden test)."
        message_of(ValueError, why, matmul_shape, a, b)
        message_of(ValueError, why, matmul_kernel, np.ones(a), np.ones(b))
    ### END HIDDEN TESTS
    print("📈 Progress: matrix product ✓")


test_matmul()

# %% [markdown]
# ## 2.6 Shape — yours (10 points)
# An array is one long row of numbers in memory plus a shape that says how to read it. Reading it otherwise moves nothing.
#
# - **reshape** keeps the order of the elements. One length may be left open as $-1$: what is missing follows from the size,
#   $n_{\text{open}} = \text{size} / \prod_{i \ne \text{open}} n_i$.
# - **transpose** reorders the axes: axis $i$ of the result is axis `axes[i]` of the array.

# %% [markdown]
# Both give a *view*: new shape, same memory. Joining arrays cannot be a view, it must copy. Joining and picking,
# solved, to read:

# %% nbgrader={"grade": false, "grade_id": "joining-solved", "locked": true, "schema_version": 3, "solution": false, "task": false}
#| export
def concatenate_kernel(*arrays, axis=0):
    """The arrays one after the other along `axis`; all other lengths must agree."""
    return np.concatenate(arrays, axis=axis)


def getitem_kernel(a, index):
    """The part of `a` that `index` names: a view for integers and slices, a copy for arrays of integers or booleans."""
    return a[index]

# %% nbgrader={"grade": false, "grade_id": "shape", "locked": false, "schema_version": 3, "solution": true, "task": false}
#| export
def infer_shape(size, shape):
    """2.6 `shape` as a tuple, with the length that is -1 worked out so that `size` elements fit exactly.

    Raises:
        ValueError: more than one length is open, a length is below -1, or the elements do not fit. The message names
            `size` and `shape`.

    Example:
        >>> infer_shape(12, (2, -1, 3))
        (2, 2, 3)

    Hint: with another length of 0, nothing can be worked out: that is an error too.
    """
    ### BEGIN SOLUTION
    message = f"cannot give {size} elements the shape {tuple(shape)}"
    known = math.prod(n for n in shape if n != -1)
    if any(n < -1 for n in shape) or shape.count(-1) > 1:
        raise ValueError(f"{message}: at most one length may be open (-1), the others are >= 0")
    if -1 not in shape and known != size:
        raise ValueError(f"{message}: it has room for {known}")
    if -1 in shape and (known == 0 or size % known != 0):
        raise ValueError(f"{message}: {size} is no multiple of {known}")
    return tuple(size // known if n == -1 else n for n in shape)
    ### END SOLUTION


def reshape_kernel(a, shape):
    """2.6 The elements of `a`, in the same order, in another shape (with at most one -1).

    Raises:
        ValueError: as `infer_shape`.
    """
    ### BEGIN SOLUTION
    return a.reshape(infer_shape(a.size, shape))
    ### END SOLUTION


def transpose_kernel(a, axes):
    """2.6 The axes of `a` in the order `axes`, which names each once; negative ones count from the end.

    Raises:
        ValueError: `axes` is not a reordering of the axes of `a`; the message names `axes`.
    """
    ### BEGIN SOLUTION
    if sorted(axis + a.ndim if axis < 0 else axis for axis in axes) != list(range(a.ndim)):
        raise ValueError(f"transpose: {tuple(axes)} is no order of the {a.ndim} axes of the shape {a.shape}")
    return a.transpose(axes)
    ### END SOLUTION

# %% nbgrader={"grade": true, "grade_id": "test-shape", "locked": true, "points": 10, "schema_version": 3, "solution": false, "task": false}
def test_shape():
    """Is the open length worked out, does each element land where it should, and is a misfit refused?"""
    print("🔬 Unit Test: reshape and transpose...")
    for size, shape, full_shape in [
        (12, (2, -1, 3), (2, 2, 3)),
        (12, (-1,), (12,)),
        (12, (3, 4), (3, 4)),
        (1, (), ()),
        (0, (-1, 3), (0, 3)),
        (0, (0, 5), (0, 5)),
    ]:
        result = infer_shape(size, shape)
        assert tuple(result) == full_shape, f"{size} elements as {shape} are {full_shape}, got {result} (2.6)."
    impossible = [(12, (5, -1)), (12, (3, 3)), (0, (0, -1)), (6, ()), (12, (-1, -1)), (12, (-2, -6))]
    for size, shape in [*impossible, (12, (-1, -2)), (12, (-3, -1))]:
        why = f"{size} elements cannot have the shape {shape} (2.6)."
        message = message_of(ValueError, why, infer_shape, size, shape)
        named = str(size) in message and str(shape) in message
        assert named, f"Name {size} and {shape} in the message, got {message!r}."
    x = np.array([[1, 2, 3], [4, 5, 6]])
    expect(reshape_kernel(x, (3, 2)), [[1, 2], [3, 4], [5, 6]], "reshape keeps the order of the elements (2.6).")
    expect(reshape_kernel(x, (-1, 1, 2)), [[[1, 2]], [[3, 4]], [[5, 6]]], "reshape with an open length (2.6).")
    message_of(ValueError, "Six elements cannot have the shape (4,) (2.6).", reshape_kernel, x, (4,))
    message_of(ValueError, "At most one length may be open, and as -1 (2.6).", reshape_kernel, x, (-2, 3))
    moved = "Axis i of the result is axis axes[i] of the array (2.6)."
    expect(transpose_kernel(x, (1, 0)), [[1, 4], [2, 5], [3, 6]], moved)
    y = np.arange(24).reshape(2, 3, 4)
    for axes in [(2, 0, 1), (1, 2, 0), (0, 1, 2), (-1, 0, -2)]:
        result = transpose_kernel(y, axes)
        shape = tuple(y.shape[axis] for axis in axes)
        assert result.shape == shape, f"{moved} For {axes} expected the shape {shape}, got {result.shape}."
        for place in [(1, 2, 3), (1, 0, 0), (0, 2, 1)]:
            there = tuple(place[axis] for axis in axes)
            assert result[there] == y[place], f"{moved} For {axes} the element at {place} belongs at {there}."
    for axes in [(0, 1), (0, 1, 1), (0, 1, 3), (0, 1, 2, 2), (0, 1, -2), (0, 1, -4)]:
        message = message_of(ValueError, f"{axes} is no order of three axes (2.6).", transpose_kernel, y, axes)
        assert str(axes) in message, f"Name {axes} in the message, got {message!r}."
    ### BEGIN HIDDEN TESTS
    for size, shape, full_shape in [(30, (5, 2, -1), (5, 2, 3)), (7, (1, -1, 1), (1, 7, 1)), (4, (-1, 4), (1, 4))]:
        result = infer_shape(size, shape)
        assert tuple(result) == full_shape, f"{size} elements as {shape} are {full_shape}, got {result} (hidden test)."
    for size, shape in [(30, (4, -1)), (7, (7, 7)), (0, (0, 0, -1)), (1, (2,)), (8, (-1, 2, -1)), (4, (4, -2, -2))]:
        why = f"{size} elements cannot have the shape {shape} (hidden test)."
        message_of(ValueError, why, infer_shape, size, shape)
    expect(reshape_kernel(np.array(3), (1, 1)), [[3]], "reshape of a 0-d array (hidden test).", np.int64)
    second_half = [2, 14, 6, 18, 10, 22, 3, 15, 7, 19, 11, 23]
    expect(reshape_kernel(y.T, (2, -1))[1], second_half, "reshape of a transposed array (hidden test).")
    z = np.arange(120).reshape(2, 3, 4, 5)
    result = transpose_kernel(z, (3, -3, 0, 2))
    assert result.shape == (5, 3, 2, 4), f"Shape after transposing four axes: got {result.shape} (hidden test)."
    found = [result[4, 2, 0, 1], result[1, 0, 1, 3]]
    expect(found, [z[0, 2, 1, 4], z[1, 0, 3, 1]], "Elements after transposing four axes (hidden test).")
    expect(transpose_kernel(np.array(5), ()), 5, "transpose of a 0-d array (hidden test).")
    message_of(ValueError, "No order of four axes (hidden test).", transpose_kernel, z, (0, 1, 2, -5))
    ### END HIDDEN TESTS
    print("📈 Progress: reshape and transpose ✓")


test_shape()

# %% [markdown]
# ## 2.7 The Tensor — solved, to read
# Your kernels know arrays only. Now the object. Its first half is what can be *computed*, and every method there is
# one call of `apply`, which you write in 2.8. Nothing goes around it, and that is the most important line of this module:
# who controls `apply` controls all arithmetic. Module 07 listens there to learn gradients, 15 makes it faster there.
# Read `__add__`, `__radd__`, `sum` and `__getitem__`; the others are built alike.

# %% nbgrader={"grade": false, "grade_id": "tensor-operations", "locked": true, "schema_version": 3, "solution": false, "task": false}
#| export
class TensorOperations:
    """What can be computed with a Tensor. Each method names an operation and leaves the work to `apply`."""

    def __add__(self, other):
        return apply("add", self, other)

    def __radd__(self, other):  # called for 1 + tensor, when the left side does not know how
        return apply("add", other, self)

    def __sub__(self, other):
        return apply("sub", self, other)

    def __rsub__(self, other):
        return apply("sub", other, self)

    def __mul__(self, other):
        return apply("mul", self, other)

    def __rmul__(self, other):
        return apply("mul", other, self)

    def __truediv__(self, other):
        return apply("div", self, other)

    def __rtruediv__(self, other):
        return apply("div", other, self)

    def __neg__(self):
        return apply("neg", self)

    def __pow__(self, exponent):
        if getattr(exponent, "requires_grad", False):
            raise ValueError(f"an exponent may not require gradients, except in number ** tensor; got {exponent!r}")
        return apply("pow", self, exponent)

    def __rpow__(self, base):
        if self.requires_grad and not isinstance(base, (bool, int, float)):
            raise ValueError(
                f"an exponent may not require gradients, except in number ** tensor; the base is {base!r}"
            )
        return apply("pow", base, self)

    def __matmul__(self, other):
        return apply("matmul", self, other)

    def __rmatmul__(self, other):
        return apply("matmul", other, self)

    def exp(self):
        return apply("exp", self)

    def log(self):
        return apply("log", self)

    def sqrt(self):
        return apply("sqrt", self)

    def tanh(self):
        return apply("tanh", self)

    def abs(self):
        return apply("abs", self)

    __abs__ = abs

    def clip(self, low=None, high=None):
        """Every element moved into [low, high]; None does not bind."""
        return apply("clip", self, low=low, high=high)

    def sum(self, axis=None, keepdims=False):
        return apply("sum", self, axis=axis, keepdims=keepdims)

    def mean(self, axis=None, keepdims=False):
        return apply("mean", self, axis=axis, keepdims=keepdims)

    def var(self, axis=None, keepdims=False):
        """Population variance: divides by n (PyTorch's default divides by n - 1)."""
        return apply("var", self, axis=axis, keepdims=keepdims)

    def max(self, axis=None, keepdims=False):
        """The largest values; `argmax` says where they stand."""
        return apply("max", self, axis=axis, keepdims=keepdims)

    def min(self, axis=None, keepdims=False):
        return apply("min", self, axis=axis, keepdims=keepdims)

    def argmax(self, axis=None, keepdims=False):
        return apply("argmax", self, axis=axis, keepdims=keepdims)

    def reshape(self, *shape):
        """The same elements in another shape, given as lengths or as one tuple; one length may be -1."""
        return apply("reshape", self, shape=as_tuple(shape))

    def permute(self, *axes):
        """The axes in another order, given as integers or as one tuple."""
        return apply("transpose", self, axes=as_tuple(axes))

    def transpose(self, a, b):
        """Axes `a` and `b` swapped."""
        axes = list(range(self.ndim))
        axes[a], axes[b] = axes[b], axes[a]
        return self.permute(*axes)

    @property
    def T(self):  # noqa: N802 (the name that mathematics and PyTorch use)
        """All axes in reverse order."""
        return self.permute(*reversed(range(self.ndim)))

    def flatten(self, start_dim=0, end_dim=-1):
        """The axes from `start_dim` to `end_dim` (included) as one."""
        shape = self.shape or (1,)
        start, end = range(len(shape))[start_dim], range(len(shape))[end_dim]
        if start > end:
            raise ValueError(f"flatten: start_dim {start_dim} comes after end_dim {end_dim} in the shape {shape}")
        return self.reshape(*shape[:start], math.prod(shape[start : end + 1]), *shape[end + 1 :])

    def __getitem__(self, index):
        """Integers, slices, None, ..., arrays or Tensors of integers or booleans, and tuples of these."""
        return apply("getitem", self, index=plain_index(index))


def as_tuple(arguments):
    """The lengths or axes of a call, written as f(2, 3) or as f((2, 3))."""
    if len(arguments) == 1 and isinstance(arguments[0], (tuple, list)):
        return tuple(arguments[0])
    return tuple(arguments)


def plain_index(index):
    """`index` with arrays in place of Tensors."""
    if isinstance(index, tuple):
        return tuple(plain_index(part) for part in index)
    return index.data if isinstance(index, Tensor) else index

# %% [markdown]
# The second half is what a Tensor *is*: an array, perhaps a gradient (from module 05 on), and good manners in Python.
# Two of them surprise:
#
# - `a == b` compares element by element, so it cannot say whether two Tensors are the same *object*. Ask with `a is b`.
#   The hash is the identity, so that a Tensor can be a key in a dict all the same.
# - `__array_ufunc__ = None` tells numpy to keep out: without it, `array * tensor` would never reach the Tensor.

# %% nbgrader={"grade": false, "grade_id": "tensor", "locked": true, "schema_version": 3, "solution": false, "task": false}
#| export
class Tensor(TensorOperations):
    """An array with a shape, a type, and room for a gradient.

    Args:
        data: a number, nested lists, an array or a Tensor; copied.
        requires_grad: whether `backward` (module 07) shall compute a gradient for it.
        dtype: the type of the elements; by default that of `data`, but float32 for float64.

    Attributes:
        data: the numpy array.
        grad: None, or a Tensor with the gradient of some result with respect to this one.
        requires_grad: see above.

    Raises:
        ValueError: `data` is ragged, or `requires_grad` is asked of integers or booleans.
        TypeError: `data` holds something that is not a real number.

    Example:
        >>> Tensor([[1, 2], [3, 4]]) + 0.5
        tensor([[1.5, 2.5],
                [3.5, 4.5]])
    """

    __array_ufunc__ = None  # array + tensor: numpy lets the Tensor answer
    node = None  # module 07 keeps here which operation made this Tensor

    def __init__(self, data, requires_grad=False, dtype=None):
        try:
            with np.errstate(all="ignore"):  # 1e300 becomes inf in float32, silently, as in PyTorch
                self.data = to_array(data.data if isinstance(data, Tensor) else data, dtype)
        except ValueError as error:
            raise ValueError(f"no Tensor of {reprlib.repr(data)}: are all rows equally long?") from error
        if self.data.dtype.kind not in "biuf":
            raise TypeError(f"a Tensor holds real numbers, not {self.data.dtype}")
        if requires_grad and self.data.dtype.kind != "f":
            raise ValueError(f"only floats can require gradients, got {self.data.dtype}: write 1.0 or pass dtype=")
        self.grad = None
        self.requires_grad = bool(requires_grad)

    @property
    def shape(self):
        return self.data.shape

    @property
    def ndim(self):
        return self.data.ndim

    @property
    def size(self):
        """The number of elements."""
        return self.data.size

    @property
    def dtype(self):
        return self.data.dtype

    def item(self):
        """The only element, as a Python number.

        Raises:
            ValueError: there is not exactly one element.
        """
        if self.size != 1:
            raise ValueError(f"only a Tensor with one element is a number, this one has the shape {self.shape}")
        return self.data.item()

    def numpy(self):
        """The array itself, not a copy."""
        return self.data

    def tolist(self):
        """Nested lists of Python numbers."""
        return self.data.tolist()

    def detach(self):
        """A Tensor around the same array that takes no part in gradients."""
        return from_numpy(self.data)

    def zero_grad(self):
        """Forget the gradient."""
        self.grad = None

    def backward(self, gradient=None):
        """Compute the gradients of this Tensor with respect to all that it was made from (module 07).

        Raises:
            RuntimeError: no engine is installed.
        """
        if ACTIVE.backward is None:
            raise RuntimeError("no engine for backward is installed: autograd comes in module 07")
        ACTIVE.backward(self, gradient)

    def __eq__(self, other):
        return compare_elementwise(operator.eq, self, other)

    def __ne__(self, other):
        return compare_elementwise(operator.ne, self, other)

    def __lt__(self, other):
        return compare_elementwise(operator.lt, self, other)

    def __le__(self, other):
        return compare_elementwise(operator.le, self, other)

    def __gt__(self, other):
        return compare_elementwise(operator.gt, self, other)

    def __ge__(self, other):
        return compare_elementwise(operator.ge, self, other)

    __hash__ = object.__hash__  # identity: __eq__ would have removed it

    def __contains__(self, value):
        return bool(np.any(self == value))

    def __bool__(self):
        return bool(self.item())

    def __float__(self):
        return float(self.item())

    def __int__(self):
        return int(self.item())

    def __index__(self):
        if self.dtype.kind not in "iu" or self.size != 1:
            raise TypeError(f"only a Tensor with one integer is an index, got {self!r}")
        return int(self.item())

    def __len__(self):
        if self.ndim == 0:
            raise TypeError("a 0-d Tensor has no length")
        return len(self.data)

    def __iter__(self):
        return (self[i] for i in range(len(self)))

    def __array__(self, dtype=None, copy=None):
        return np.array(self.data, dtype=dtype, copy=copy)

    def __repr__(self):
        parts = [np.array2string(self.data, precision=4, separator=", ", prefix="tensor(")]
        if self.size == 0 and self.ndim != 1:
            parts.append(f"size={self.shape}")
        if self.dtype not in (np.float32, np.int64, np.bool_):
            parts.append(f"dtype={self.dtype}")
        if self.requires_grad:
            parts.append("requires_grad=True")
        return f"tensor({', '.join(parts)})"


def from_numpy(array):
    """A Tensor around this very array: nothing is copied, nothing is converted."""
    tensor = Tensor.__new__(Tensor)
    tensor.data, tensor.grad, tensor.requires_grad = array, None, False
    return tensor


def compare_elementwise(relation, a, b):
    """relation(a, b) element by element, as a boolean array; NotImplemented for what is no operand, such as None."""
    if not isinstance(b, (Tensor, np.ndarray, np.generic, bool, int, float, list, tuple)):
        return NotImplemented
    with np.errstate(all="ignore"):
        return np.asarray(relation(*coerce(a, b)))

# %% [markdown]
# ## 2.8 The dispatch point — yours (20 points)
# Which type has `tensor + 2.5`? A Python number is *weak*: it takes the type of the Tensors beside it. `coerce`, solved,
# to read, makes arrays of all operands:
#
# | operands | result |
# |---|---|
# | float32 Tensor, 2.5 | float32 |
# | int64 Tensor, 2 | int64 |
# | int64 Tensor, 0.5 | float32 |
# | float32 Tensor, float64 array | float32 |
# | float64 Tensor, anything | float64 |

# %% nbgrader={"grade": false, "grade_id": "coerce-solved", "locked": true, "schema_version": 3, "solution": false, "task": false}
#| export
def has_double(operands):
    """Whether one of the operands is a float64 Tensor: only a Tensor may bring float64 in."""
    return any(isinstance(x, Tensor) and x.data.dtype == np.float64 for x in operands)


def coerce(*operands):
    """The operands (Tensors, arrays, numbers) as a list of arrays; Python numbers take the type of the others.

    Raises:
        TypeError: an operand is not made of real numbers.
    """
    arrays = []
    for operand in operands:
        array = operand.data if isinstance(operand, Tensor) else operand
        if not isinstance(operand, (Tensor, bool, int, float)):
            array = np.asarray(operand)
            if array.dtype.kind not in "biuf":
                raise TypeError(f"expected a Tensor, an array or a number, got {reprlib.repr(operand)}")
            if array.dtype == np.float64 and not has_double(operands):
                array = array.astype(np.float32)
        arrays.append(array)
    types = [x.dtype for x in arrays if isinstance(x, np.ndarray)]
    return [x if isinstance(x, np.ndarray) else number_as_array(x, types) for x in arrays]


def number_as_array(number, types):
    """A Python number as a 0-d array of the type that the `types` beside it ask for (int64 if it does not fit)."""
    dtype = np.result_type(*types, number)
    if dtype.kind in "iu" and not np.iinfo(dtype).min <= number <= np.iinfo(dtype).max:
        dtype = np.int64
    return np.asarray(number, dtype)

# %% [markdown]
# The table of kernels comes next, solved, to read. A *backend* is a set of kernels under one name. Yours is `"numpy"`;
# module 15 registers faster ones under other names, and what they lack falls back to yours.
#
# If you change a kernel above later on, run the next cell again: the table holds the functions, not their names.

# %% nbgrader={"grade": false, "grade_id": "registry", "locked": true, "schema_version": 3, "solution": false, "task": false}
#| export
KERNELS = {"numpy": {}}  # backend -> operation -> kernel
ACTIVE = SimpleNamespace(backend="numpy", recorder=None, backward=None)


def register_kernel(op, kernel, backend="numpy"):
    """Make `kernel(*arrays, **attributes) -> array` the way in which `backend` computes the operation `op`."""
    KERNELS.setdefault(backend, {})[op] = kernel


class use_backend:  # noqa: N801 (called like a function)
    """Compute with the kernels of backend `name` from now on, or in a `with` block for as long as the block runs.

    Raises:
        ValueError: nothing was ever registered under that name.
    """

    def __init__(self, name):
        if name not in KERNELS:
            raise ValueError(f"unknown backend {name!r}; known: {', '.join(sorted(KERNELS))}")
        self.former, ACTIVE.backend = ACTIVE.backend, name

    def __enter__(self):
        return self

    def __exit__(self, *error):
        ACTIVE.backend = self.former


def current_backend():
    """The name of the backend in use."""
    return ACTIVE.backend


def install_engine(recorder, backward):
    """Let module 07 listen. None for both takes the engine out again.

    Args:
        recorder: called after each operation as recorder(output, op, inputs, arrays, attributes).
        backward: called by `Tensor.backward` as backward(tensor, gradient).
    """
    ACTIVE.recorder, ACTIVE.backward = recorder, backward


for _op, _kernel in {
    "add": add_kernel, "sub": sub_kernel, "mul": mul_kernel, "div": div_kernel, "neg": neg_kernel, "pow": pow_kernel,
    "exp": exp_kernel, "log": log_kernel, "sqrt": sqrt_kernel, "tanh": tanh_kernel, "abs": abs_kernel,
    "clip": clip_kernel, "where": where_kernel, "matmul": matmul_kernel,
    "sum": sum_kernel, "mean": mean_kernel, "var": var_kernel, "max": max_kernel, "min": min_kernel,
    "argmax": argmax_kernel, "reshape": reshape_kernel, "transpose": transpose_kernel,
    "concatenate": concatenate_kernel, "getitem": getitem_kernel,
}.items():  # fmt: skip
    register_kernel(_op, _kernel)

# %% [markdown]
# Now the door itself. One operation is five steps:
#
# 1. find the kernel: the active backend's, else numpy's, else an error that lists what exists;
# 2. `coerce` the inputs;
# 3. call the kernel;
# 4. if the result is float64 and no Tensor brought float64 in, make it float32; wrap it (`from_numpy`);
# 5. tell the recorder, if there is one, what happened.
#
# Steps 2 to 4 run with numpy's warnings off: `log(0)` is $-\infty$, not a message.

# %% nbgrader={"grade": false, "grade_id": "apply", "locked": false, "schema_version": 3, "solution": true, "task": false}
#| export
def find_kernel(op):
    """2.8 The kernel for the operation `op`: that of the active backend or, where it has none, that of "numpy".

    Raises:
        ValueError: neither has it; the message names `op` and the operations of both.
    """
    ### BEGIN SOLUTION
    kernel = KERNELS[ACTIVE.backend].get(op, KERNELS["numpy"].get(op))
    if kernel is None:
        known = ", ".join({**KERNELS["numpy"], **KERNELS[ACTIVE.backend]})
        raise ValueError(f"unknown operation {op!r}; known: {known}")
    return kernel
    ### END SOLUTION


def apply(op, *inputs, **attributes):
    """2.8 Run one operation. All arithmetic on Tensors passes here.

    Args:
        op: the name of the operation.
        inputs: Tensors, arrays and numbers: what a gradient could flow to.
        attributes: the rest, passed on to the kernel (`axis`, `shape`, ...).

    Returns:
        A new Tensor, with `requires_grad` False.

    Example:
        >>> apply("sum", Tensor([[1.0, 2.0], [3.0, 4.0]]), axis=0)
        tensor([4., 6.])

    Hints: a kernel may return a numpy scalar where the result is 0-d: `np.asarray` makes an array of it. `np.errstate`
    turns numpy's warnings off inside a `with` block. `has_double` (above) answers step 4, `ACTIVE` and `install_engine`
    step 5.
    """
    ### BEGIN SOLUTION
    kernel = find_kernel(op)
    with np.errstate(all="ignore"):
        arrays = coerce(*inputs)
        array = np.asarray(kernel(*arrays, **attributes))
        if array.dtype == np.float64 and not has_double(inputs):
            array = array.astype(np.float32)
    output = from_numpy(array)
    if ACTIVE.recorder is not None:
        ACTIVE.recorder(output, op, inputs, arrays, attributes)
    return output
    ### END SOLUTION

# %% nbgrader={"grade": true, "grade_id": "test-apply", "locked": true, "points": 20, "schema_version": 3, "solution": false, "task": false}
def test_apply():
    """Does every operation find its kernel, get the right types, stay silent, and reach the recorder?"""
    print("🔬 Unit Test: the dispatch point...")
    t = from_numpy(np.array([[1.0, 2.0], [3.0, 4.0]], dtype=np.float32))
    n = from_numpy(np.array([1, 2]))
    double = from_numpy(np.array([0.1, 0.2]))
    five = "Look through the five steps again (2.8)."
    expect(apply("add", t, t).data, [[2, 4], [6, 8]], five, np.float32)
    expect((1.5 + t).data, [[2.5, 3.5], [4.5, 5.5]], five, np.float32)
    expect(apply("sum", t, axis=1, keepdims=True).data, [[3], [7]], f"Pass the attributes on. {five}", np.float32)
    expect(apply("concatenate", t, t, axis=1).data[0], [1, 2, 1, 2], f"Pass all inputs on. {five}", np.float32)
    total = apply("sum", t).data
    assert isinstance(total, np.ndarray) and total.shape == (), f"A 0-d result is an array too, got {total!r} (2.8)."
    types = "The type of the result is not that of the table in 2.8."
    for result, dtype in [
        (apply("add", n, 2), np.int64),
        (apply("add", n, 0.5), np.float32),
        (apply("exp", n), np.float32),
        (apply("add", n, t), np.float32),
        (apply("add", t, np.array([0.5, 0.5])), np.float32),
        (apply("add", double, 0.5), np.float64),
        (apply("add", t, double), np.float64),
    ]:
        found = result.data.dtype
        assert found == dtype, f"{types} Expected {np.dtype(dtype)}, got {found}."
    with warnings.catch_warnings():
        warnings.simplefilter("error")  # a numpy warning would fail this test
        logarithms = apply("log", from_numpy(np.array([0.0, -1.0, 1.0]))).data
        expect(logarithms, [-np.inf, np.nan, 0], "log(0) is -inf, log(-1) nan (2.8).", np.float64)
        expect(apply("add", t, 1e300).data, np.full((2, 2), np.inf), "1e300 is inf in float32 (2.8).")
        expect(apply("exp", from_numpy(np.array([200]))).data, [np.inf], "exp(200) is inf in float32 (2.8).")
    expect(t.data, [[1, 2], [3, 4]], "apply changed an input (2.8).")

    register_kernel("test-scale", lambda array, by=1.0: array * by, backend="test")
    register_kernel("exp", lambda array: array + 100, backend="test")
    found = "The active backend's kernel comes first, numpy's when it has none (2.8)."
    with use_backend("test"):
        expect(apply("test-scale", t, by=3.0).data, [[3, 6], [9, 12]], found, np.float32)
        expect(apply("exp", t).data, [[101, 102], [103, 104]], found, np.float32)
        expect(apply("add", t, 1).data, [[2, 3], [4, 5]], found, np.float32)
        message = message_of(ValueError, "There is no such operation (2.8).", apply, "test-nothing", t)
        for name in ("test-nothing", "matmul", "test-scale"):
            assert name in message, f"The message should name {name!r}, asked for or known; got {message!r}."
    expect(apply("exp", t).data, np.exp(t.data), f"{found} Outside the block numpy's is active again.", np.float32)
    message_of(ValueError, "Outside the block test-scale is unknown (2.8).", apply, "test-scale", t)

    calls = []
    install_engine(lambda output, op, *rest: calls.append((output.data, op, *rest)), None)
    try:
        apply("add", t, 0.25)
        apply("sum", n, axis=0)
    finally:
        install_engine(None, None)
    apply("exp", t)  # the engine is out: nobody is told
    heard = f"The recorder is told once about each operation: expected add, sum; got {[call[1] for call in calls]} (2.8)."
    assert [call[1] for call in calls] == ["add", "sum"], heard
    output, _, inputs, arrays, attributes = calls[0]
    told = "The recorder gets the result, the name, the inputs as passed, the kernel's arrays and the attributes (2.8)."
    expect(output, [[1.25, 2.25], [3.25, 4.25]], told, np.float32)
    assert len(inputs) == 2 and isinstance(inputs[1], float), f"{told} The second input was 0.25, it got {inputs[1]!r}."
    assert len(arrays) == 2, f"{told} The kernel had two arrays, it got {len(arrays)}."
    expect(arrays[1], 0.25, told, np.float32)  # the number became an array beside a float32 Tensor
    heard = [dict(attributes), dict(calls[1][4])]
    assert heard == [{}, {"axis": 0}], f"{told} The attributes were none and axis=0, it got {heard}."
    ### BEGIN HIDDEN TESTS
    again = apply("add", apply("add", t, -1), apply("exp", 0.0)).data
    expect(again, t.data, "Results are inputs of the next operation (hidden test).", np.float32)
    expect(apply("sqrt", 4).data, 2, "A number alone (hidden test).", np.float32)
    expect(apply("add", double, np.float64([1, 1])).data, [1.1, 1.2], "float64 stays (hidden test).", np.float64)
    expect(apply("getitem", n, index=1).data, 2, "An element of integers (hidden test).", np.int64)
    half = from_numpy(np.array([1.5], dtype=np.float16))
    expect(apply("add", half, 1.0).data, [2.5], "float16 stays float16 (hidden test).", np.float16)
    register_kernel("add", lambda a, b: a - b, backend="test-other")
    use_backend("test-other")
    try:
        expect((t + t).data, np.zeros((2, 2)), "Operators use the active backend (hidden test).", np.float32)
    finally:
        use_backend("numpy")
    expect((t + t).data, 2 * t.data, "Back to numpy (hidden test).", np.float32)
    ### END HIDDEN TESTS
    print("📈 Progress: the dispatch point ✓")


test_apply()

# %% [markdown]
# All of it comes to life:

# %%
t = Tensor([[1, 2], [3, 4]])
print(t / 2 + 0.25)
print(t @ t.T)
print(2**t, t.mean(axis=0), t[t > 2])

# %% [markdown]
# ## 2.9 The rest of the house — solved, to read
# Functions that make Tensors, and the course's only source of chance. It is one generator, so that one call of
# `manual_seed` makes a whole experiment repeatable.

# %% nbgrader={"grade": false, "grade_id": "creation", "locked": true, "schema_version": 3, "solution": false, "task": false}
#| export
def where(condition, a, b):
    """The elements of `a` where `condition` is True, those of `b` elsewhere."""
    return apply("where", condition, a, b)


def concatenate(tensors, axis=0):
    """The Tensors one after the other along `axis`."""
    return apply("concatenate", *tensors, axis=axis)


def zeros(*shape, requires_grad=False, dtype=np.float32):
    """A Tensor of zeros: zeros(2, 3) or zeros((2, 3))."""
    return Tensor(np.zeros(as_tuple(shape), dtype), requires_grad, dtype)


def ones(*shape, requires_grad=False, dtype=np.float32):
    """A Tensor of ones: ones(2, 3) or ones((2, 3))."""
    return Tensor(np.ones(as_tuple(shape), dtype), requires_grad, dtype)


def full(shape, value, requires_grad=False, dtype=None):
    """A Tensor with `value` everywhere; its type is that of `Tensor(value)` unless `dtype` says otherwise."""
    return Tensor(np.full(shape, value), requires_grad, dtype)


def arange(start, stop=None, step=1, requires_grad=False, dtype=None):
    """start, start + step, ... below stop; arange(stop) starts at 0. Integers unless an argument is a float."""
    if stop is None:
        start, stop = 0, start
    return Tensor(np.arange(start, stop, step), requires_grad, dtype)


_GENERATOR = np.random.default_rng(0)


def generator():
    """The numpy generator that everything random in the course draws from."""
    return _GENERATOR


def manual_seed(seed):
    """Start the generator anew: the same `seed` (an integer >= 0) gives the same numbers again."""
    _GENERATOR.bit_generator.state = np.random.PCG64(seed).state


def randn(*shape, requires_grad=False, dtype=np.float32):
    """A Tensor of independent numbers from the standard normal distribution: randn(2, 3) or randn((2, 3))."""
    return Tensor(generator().standard_normal(as_tuple(shape)), requires_grad, dtype)


def shares_memory(a, b):
    """Whether two Tensors look at the same memory, at least in part: then one is a view of the other."""
    return bool(np.shares_memory(a.data, b.data))

# %% [markdown]
# ## Use it: a photograph is a tensor
# Rear Admiral Grace Hopper, who gave programming its first compiler, comes with matplotlib as a sample picture:
# 600 rows, 512 columns, 3 colours. Every line below is one idea of this module.

# %%
import matplotlib.pyplot as plt
from matplotlib.cbook import get_sample_data

with get_sample_data("grace_hopper.jpg") as file:
    photo = Tensor(plt.imread(file)) / 255  # integers 0 ... 255 become floats 0 ... 1 (2.8)

face = photo[20:340, 120:400]  # slices: a view, nothing is copied
grey = face @ Tensor(
    [0.299, 0.587, 0.114]
)  # (320, 280, 3) @ (3,) -> (320, 280): how bright the eye sees r, g, b (2.5)
standard = (grey - grey.mean()) / grey.var().sqrt()  # mean 0, variance 1 (2.4)
contrast = (0.5 + 0.3 * standard).clip(0, 1)
warm = (face * Tensor([1.15, 1.0, 0.7])).clip(0, 1)  # (320, 280, 3) times (3,): broadcast (2.3)
edges = (grey[1:, :-1] - grey[:-1, :-1]).abs() + (grey[:-1, 1:] - grey[:-1, :-1]).abs()  # against its neighbours

for name in ("photo", "face", "grey", "edges"):
    print(f"{name:6}", globals()[name].shape, globals()[name].dtype)

# %% [markdown]
# Before you run the next cell: in the last picture a pixel is dark where it differs from its neighbours. Which will be
# drawn more clearly, the embroidery on the cap or the soft shadow beside the nose?

# %%
figure, panels = plt.subplots(1, 4, figsize=(9, 3), layout="constrained")
for panel, title, picture in zip(
    panels,
    ("a view: face", "broadcast: warm", "mean, var, clip: contrast", "shifted views: edges"),
    (face, warm, contrast, 1 - (3 * edges).clip(0, 1)),
):
    panel.imshow(picture.numpy(), cmap="gray", vmin=0, vmax=1)
    panel.set_title(title, fontsize=10)
    panel.set_xlabel("column")
panels[0].set_ylabel("row")
plt.show()

# %% [markdown]
# ## What it costs: arithmetic
# A matrix product of $n \times n$ matrices takes $n^3$ multiplications and as many additions: $2 n^3$ operations. On
# logarithmic axes that is a straight line of slope 3. Look for two things: do both curves have that slope, and how many
# times faster is the kernel than three Python loops over the same formula?

# %%
from tinytorch_lib.core.setup import array_memory, time_call

loop_sizes, kernel_sizes = [8, 16, 32, 64], [8, 16, 32, 64, 128, 256, 512]
square = {n: randn(n, n) for n in kernel_sizes}
loop_times = [time_call(matmul_by_hand, square[n].data, square[n].data, repeats=1) for n in loop_sizes]
kernel_times = [time_call(operator.matmul, square[n], square[n]) for n in kernel_sizes]

figure, axes = plt.subplots(figsize=(7, 3.5), layout="constrained")
axes.loglog(loop_sizes, loop_times, "o-", label="three Python loops")
axes.loglog(kernel_sizes, kernel_times, "s-", label="Tensor @ Tensor")
axes.set_xticks(kernel_sizes, kernel_sizes, minor=False)
axes.minorticks_off()
axes.set_xlabel("n (matrices of n × n)")
axes.set_ylabel("time (s)")
axes.grid(alpha=0.3)
axes.legend()
plt.show()
print(f"n = 64: the kernel is {loop_times[-1] / kernel_times[3]:,.0f} times faster")
print(f"n = 512: {2 * 512**3 / kernel_times[-1] / 1e9:.1f} billion operations a second")

# %% [markdown]
# On the left the kernel's curve is flat: below $n \approx 64$ you pay for passing the door, not for arithmetic. `apply`
# costs a few millionths of a second a call. That is nothing beside a large product and everything beside a small one,
# so give a tensor library large pieces of work.

# %% [markdown]
# ## What it costs: memory
# An array is one row of bytes. **Strides** say how many bytes to move on for the next element along each axis: element
# $(i, j)$ stands at byte $i\,s_0 + j\,s_1$. A view is new strides over old bytes. Before you run it: which of these seven
# have to copy? And what can a stride of 0 mean?

# %%
x = randn(1000, 1000)
mask = x > 0
print(f"{'':24}{'shape':>14}{'strides (bytes)':>18}{'memory':>8}{'time':>12}")
for name, make in {
    "x": lambda: x,
    "x.T": lambda: x.T,
    "x[::2, 5:]": lambda: x[::2, 5:],
    "x.reshape(500, 2000)": lambda: x.reshape(500, 2000),
    "x.T.reshape(500, 2000)": lambda: x.T.reshape(500, 2000),
    "x[mask]": lambda: x[mask],
    "broadcast of x[0]": lambda: from_numpy(np.broadcast_to(x[0].data, (1000, 1000))),
}.items():
    view = make()
    memory = "shared" if shares_memory(x, view) else "own"
    microseconds = 1e6 * time_call(make)
    print(f"{name:24}{view.shape!s:>14}{view.data.strides!s:>18}{memory:>8}{microseconds:>9,.0f} µs")
print(f"\nx holds {array_memory(x.data):,} bytes")

# %% [markdown]
# A stride of 0 reads the same bytes again and again: that is how broadcasting acts as if it had copied. And
# `x.T.reshape(...)` looks harmless but must copy, because no strides can describe that order.
#
# Sharing has a price. Writing through a view writes into what it was taken from:

# %%
original = zeros(2, 3)
column = original[:, 1]  # a view
column.data[...] = 7
print(original)

# %% [markdown]
# Not every view is equally fast to read. Most processors fetch memory in lines of 64 bytes, 16 float32 numbers.
# We now sum the same number of elements, lying 1, 2, 4 ... elements apart. Look for a bend: at which stride does
# it get expensive, and why there?

# %%
count = 2**17
line = ones(count * 64)
strides = [1, 2, 4, 8, 16, 32, 64]
nanoseconds = [1e9 / count * time_call(line[::stride][:count].sum) for stride in strides]

figure, axes = plt.subplots(figsize=(7, 3.5), layout="constrained")
axes.semilogx(strides, nanoseconds, "o-", base=2)
axes.axvline(16, color="gray", linestyle=":", label="64 bytes: one element a line")
axes.set_xticks(strides, strides)
axes.set_ylim(bottom=0)
axes.set_xlabel("distance between neighbours (elements of 4 bytes)")
axes.set_ylabel("time an element (ns)")
axes.grid(alpha=0.3)
axes.legend()
plt.show()

# %% [markdown]
# With small steps one fetched line serves several elements. From 16 on every element needs a line of its own, and beyond
# it the steps outrun the processor's other helpers too (it guesses the next line, and remembers the last pages): the same
# additions, many times the price. Fast code keeps together what it uses together; module 15 comes back to this.

# %% [markdown]
# ## What hurts now
# Your Tensor can multiply by a matrix. So stack such maps, as a deep network does: three of them, two with 64 hidden
# numbers. The four points of XOR are a modest test: the answer is 1 where exactly one input is 1.

# %%
manual_seed(0)
corners = Tensor([[0.0, 0.0], [0.0, 1.0], [1.0, 0.0], [1.0, 1.0]])
w1, w2, w3 = randn(2, 64), randn(64, 64), randn(64, 1)
deep = ((corners @ w1) @ w2) @ w3
single = corners @ (w1 @ w2 @ w3)  # multiplied out beforehand: one matrix of shape (2, 1)
print("numbers in the stack:", w1.size + w2.size + w3.size, " in the one matrix:", (w1 @ w2 @ w3).size)
print("largest difference:", abs(deep - single).max().item(), "beside values up to", abs(deep).max().item())

# %% [markdown]
# 4288 numbers do what 2 can do: $((x W_1) W_2) W_3 = x (W_1 W_2 W_3)$, up to rounding. And what can one linear map do at
# best? Least squares finds its best answer, with a constant added to help:

# %%
xor = Tensor([[0.0], [1.0], [1.0], [0.0]])
inputs = concatenate([corners, ones(4, 1)], axis=1)
best = Tensor(np.linalg.lstsq(inputs.data, xor.data, rcond=None)[0])
print("wanted:", xor.flatten().tolist())
print("best:  ", [round(value, 3) for value in (inputs @ best).flatten().tolist()])

# %% [markdown]
# It says one half to everything. No depth helps: **stacked linear maps are one linear map.** What is missing is a bend
# between them. That is module 03.
