"""Numpy's own functions wherever it has one."""


# %% to-array
#| export
def to_array(data, dtype=None):
    array = np.array(data, copy=True)
    if not (
        np.issubdtype(array.dtype, np.bool_)
        or np.issubdtype(array.dtype, np.integer)
        or np.issubdtype(array.dtype, np.floating)
    ):
        raise TypeError(f"cannot use {data!r}: it is of type {array.dtype.name}, not made of real numbers")
    if dtype is not None:
        return array.astype(dtype)
    return array.astype({np.dtype(np.float64): np.float32}.get(array.dtype, array.dtype))


# %% elementwise
#| export
sub_kernel = np.subtract
mul_kernel = np.multiply
div_kernel = np.true_divide
neg_kernel = np.negative
pow_kernel = np.power


def clip_kernel(a, low=None, high=None):
    if low is not None:
        a = np.maximum(a, low)
    if high is not None:
        a = np.minimum(a, high)
    return a


def where_kernel(condition, a, b):
    return np.choose(condition, (b, a))


# %% broadcast-shapes
#| export
def broadcast_shapes(*shapes):
    ndim = max(map(len, shapes), default=0)
    table = np.ones((len(shapes), ndim), dtype=int)
    for row, shape in zip(table, shapes):
        row[ndim - len(shape) :] = shape
    stretched = np.where(table == 1, -1, table).max(axis=0, initial=-1)
    if not np.all((table == 1) | (table == stretched)):
        raise ValueError(f"no common shape for {list(shapes)}")
    return tuple(int(n) for n in np.where(stretched == -1, 1, stretched))


# %% reductions
#| export
def mean_kernel(a, axis=None, keepdims=False):
    return np.mean(a, axis=axis, keepdims=keepdims)


def var_kernel(a, axis=None, keepdims=False):
    return np.var(a, axis=axis, keepdims=keepdims)


def max_kernel(a, axis=None, keepdims=False):
    return np.maximum.reduce(a, axis=axis, keepdims=keepdims)


def min_kernel(a, axis=None, keepdims=False):
    return np.minimum.reduce(a, axis=axis, keepdims=keepdims)


def argmax_kernel(a, axis=None, keepdims=False):
    return a.argmax(axis, keepdims=keepdims)


# %% matmul
#| export
def matmul_shape(a, b):
    try:
        if 0 in (len(a), len(b)):
            raise ValueError("a 0-d operand")
        # the product of arrays without memory of their own: strides of 0
        left, right = (np.broadcast_to(np.float32(0), shape) for shape in (a, b))
        columns, rows = ("k", "ik")[len(a) > 1], ("k", "kj")[len(b) > 1]
        kept = columns.replace("k", "") + rows.replace("k", "")
        if a[-1] != b[max(len(b) - 2, 0)]:
            raise ValueError("the inner lengths differ")
        return np.einsum(
            f"...{columns},...{rows}->...{kept}" if max(len(a), len(b)) > 1 else "k,k->", left, right
        ).shape
    except ValueError as error:
        raise ValueError(f"{a} @ {b} is impossible: {error}") from error


def matmul_kernel(a, b):
    matmul_shape(a.shape, b.shape)
    if b.ndim == 1:
        return np.tensordot(a, b, axes=1)
    if a.ndim == 1:
        return np.einsum("k,...kj->...j", a, b)
    return np.einsum("...ik,...kj->...ij", a, b)


# %% shape
#| export
def infer_shape(size, shape):
    shape = np.array(shape, dtype=int)
    rest = int(np.prod(shape[shape >= 0]))
    negative = shape[shape < 0].tolist()
    if negative == [] and rest == size:
        return tuple(shape.tolist())
    if negative == [-1] and rest > 0 and size % rest == 0:
        return tuple(np.where(shape == -1, size // rest, shape).tolist())
    raise ValueError(f"{size} elements do not fit into {tuple(shape.tolist())}")


def reshape_kernel(a, shape):
    return np.reshape(a, infer_shape(a.size, shape))


def transpose_kernel(a, axes):
    try:
        return np.transpose(a, axes)
    except ValueError as error:
        raise ValueError(f"cannot order the axes of {a.shape} as {axes}: {error}") from error


# %% apply
#| export
def find_kernel(op):
    table = KERNELS["numpy"] | KERNELS[ACTIVE.backend]
    try:
        return table[op]
    except KeyError:
        raise ValueError(f"{op!r} is not one of {list(table)}") from None


@np.errstate(all="ignore")
def compute(op, inputs, attributes):
    arrays = coerce(*inputs)
    result = np.asarray(find_kernel(op)(*arrays, **attributes))
    if has_double(inputs):
        return arrays, result
    return arrays, np.asarray(result, dtype={"float64": "float32"}.get(result.dtype.name, result.dtype))


def apply(op, *inputs, **attributes):
    arrays, result = compute(op, inputs, attributes)
    output = from_numpy(result)
    if ACTIVE.recorder is not None:
        ACTIVE.recorder(output, op, inputs, arrays, attributes)
    return output
