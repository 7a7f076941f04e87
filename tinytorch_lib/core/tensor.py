# Module 02, tensor. Generated from source/02_tensor.py by `tito lib`: edits here are lost.


# cell: imports
import math
import operator
import reprlib
from types import SimpleNamespace

import numpy as np


# cell: to-array
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
    array = np.array(data)
    if array.dtype.kind not in "biuf":
        raise TypeError(f"a Tensor holds real numbers, got {data!r}")
    if dtype is None and array.dtype == np.float64:
        dtype = np.float32
    return array if dtype is None else array.astype(dtype)


# cell: elementwise-solved
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


# cell: elementwise
def sub_kernel(a, b):
    """2.2 a - b."""
    return a - b


def mul_kernel(a, b):
    """2.2 a * b, element by element."""
    return a * b


def div_kernel(a, b):
    """2.2 a / b; true division, also between integers: 7 / 2 is 3.5."""
    return a / b


def neg_kernel(a):
    """2.2 -a."""
    return -a


def pow_kernel(a, b):
    """2.2 a to the power of b, element by element; integers stay integers."""
    return a**b


def clip_kernel(a, low=None, high=None):
    """2.2 Every element moved into [low, high]. A bound that is None does not bind; integers stay integers."""
    return np.clip(a, low, high)


def where_kernel(condition, a, b):
    """2.2 The elements of `a` where `condition` is True, those of `b` elsewhere; all three broadcast."""
    return np.where(condition, a, b)


# cell: broadcast-shapes
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
    ndim = max(map(len, ((), *shapes)))
    aligned = [(1,) * (ndim - len(shape)) + shape for shape in shapes]
    result = []
    for lengths in zip(*aligned):
        stretched = {n for n in lengths if n != 1}
        if len(stretched) > 1:
            raise ValueError(f"the shapes {', '.join(map(str, shapes))} do not broadcast: align them on the right")
        result.append(stretched.pop() if stretched else 1)
    return tuple(result)


# cell: sum-solved
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


# cell: reductions
def mean_kernel(a, axis=None, keepdims=False):
    """2.4 The mean along `axis`. Use the two functions above."""
    return sum_kernel(a, axis, keepdims) / reduced_size(a.shape, axis)


def var_kernel(a, axis=None, keepdims=False):
    """2.4 The population variance along `axis`.

    Subtract the mean first, then square. The textbook shortcut (mean of squares minus square of mean) takes the
    difference of two large numbers and loses every digit when the mean is large.
    """
    centred = a - mean_kernel(a, axis, keepdims=True)
    return mean_kernel(centred * centred, axis, keepdims)


def max_kernel(a, axis=None, keepdims=False):
    """2.4 The largest element along `axis`; nan if there is one."""
    return np.max(a, axis=axis, keepdims=keepdims)


def min_kernel(a, axis=None, keepdims=False):
    """2.4 The smallest element along `axis`; nan if there is one."""
    return np.min(a, axis=axis, keepdims=keepdims)


def argmax_kernel(a, axis=None, keepdims=False):
    """2.4 Where the largest element stands along one axis: integers, the first place on a tie.

    With `axis=None` the place in the flattened array.
    """
    return np.argmax(a, axis=axis, keepdims=keepdims)


# cell: matmul
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


def matmul_kernel(a, b):
    """2.5 The matrix product. Check the shapes first, then let numpy multiply (look for `np.matmul`).

    Raises:
        ValueError: as `matmul_shape`.
    """
    matmul_shape(a.shape, b.shape)
    return np.matmul(a, b)


# cell: joining-solved
def concatenate_kernel(*arrays, axis=0):
    """The arrays one after the other along `axis`; all other lengths must agree."""
    return np.concatenate(arrays, axis=axis)


def getitem_kernel(a, index):
    """The part of `a` that `index` names: a view for integers and slices, a copy for arrays of integers or booleans."""
    return a[index]


# cell: shape
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
    message = f"cannot give {size} elements the shape {tuple(shape)}"
    known = math.prod(n for n in shape if n != -1)
    if any(n < -1 for n in shape) or shape.count(-1) > 1:
        raise ValueError(f"{message}: at most one length may be open (-1), the others are >= 0")
    if -1 not in shape and known != size:
        raise ValueError(f"{message}: it has room for {known}")
    if -1 in shape and (known == 0 or size % known != 0):
        raise ValueError(f"{message}: {size} is no multiple of {known}")
    return tuple(size // known if n == -1 else n for n in shape)


def reshape_kernel(a, shape):
    """2.6 The elements of `a`, in the same order, in another shape (with at most one -1).

    Raises:
        ValueError: as `infer_shape`.
    """
    return a.reshape(infer_shape(a.size, shape))


def transpose_kernel(a, axes):
    """2.6 The axes of `a` in the order `axes`, which names each once; negative ones count from the end.

    Raises:
        ValueError: `axes` is not a reordering of the axes of `a`; the message names `axes`.
    """
    if sorted(axis + a.ndim if axis < 0 else axis for axis in axes) != list(range(a.ndim)):
        raise ValueError(f"transpose: {tuple(axes)} is no order of the {a.ndim} axes of the shape {a.shape}")
    return a.transpose(axes)


# cell: tensor-operations
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


# cell: tensor
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


# cell: coerce-solved
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


# cell: registry
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


# cell: apply
def find_kernel(op):
    """2.8 The kernel for the operation `op`: that of the active backend or, where it has none, that of "numpy".

    Raises:
        ValueError: neither has it; the message names `op` and the operations of both.
    """
    kernel = KERNELS[ACTIVE.backend].get(op, KERNELS["numpy"].get(op))
    if kernel is None:
        known = ", ".join({**KERNELS["numpy"], **KERNELS[ACTIVE.backend]})
        raise ValueError(f"unknown operation {op!r}; known: {known}")
    return kernel


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


# cell: creation
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


__all__ = [
    "ACTIVE",
    "KERNELS",
    "Tensor",
    "TensorOperations",
    "abs_kernel",
    "add_kernel",
    "apply",
    "arange",
    "argmax_kernel",
    "as_float",
    "as_tuple",
    "broadcast_shapes",
    "clip_kernel",
    "coerce",
    "compare_elementwise",
    "concatenate",
    "concatenate_kernel",
    "current_backend",
    "div_kernel",
    "exp_kernel",
    "find_kernel",
    "from_numpy",
    "full",
    "generator",
    "getitem_kernel",
    "has_double",
    "infer_shape",
    "install_engine",
    "log_kernel",
    "manual_seed",
    "matmul_kernel",
    "matmul_shape",
    "max_kernel",
    "mean_kernel",
    "min_kernel",
    "mul_kernel",
    "neg_kernel",
    "number_as_array",
    "ones",
    "plain_index",
    "pow_kernel",
    "randn",
    "reduced_size",
    "register_kernel",
    "reshape_kernel",
    "shares_memory",
    "sqrt_kernel",
    "sub_kernel",
    "sum_kernel",
    "tanh_kernel",
    "to_array",
    "transpose_kernel",
    "use_backend",
    "var_kernel",
    "where",
    "where_kernel",
    "zeros",
]
