"""Results written into arrays made beforehand, step by step."""


# %% to-array
#| export
def to_array(data, dtype=None):
    raw = np.asarray(data)
    if raw.dtype.kind in "OUScmMVT":
        raise TypeError(f"{data!r} cannot be stored in a Tensor")
    if dtype is None:
        dtype = np.float32 if raw.dtype.char == "d" else raw.dtype
    array = np.empty(raw.shape, dtype)
    np.copyto(array, raw, casting="unsafe")
    return array


# %% elementwise
#| export
def buffer(*arrays, dtype=None):
    """An array with the shape and type that these have together, to write into."""
    return np.empty(np.broadcast_shapes(*(a.shape for a in arrays)), dtype or np.result_type(*arrays))


def sub_kernel(a, b):
    out = buffer(a, b)
    out[...] = a
    out -= b
    return out


def mul_kernel(a, b):
    out = buffer(a, b)
    out[...] = a
    out *= b
    return out


def div_kernel(a, b):
    out = buffer(a, b, dtype=None if np.result_type(a, b).kind == "f" else np.float64)
    out[...] = a
    out /= b
    return out


def neg_kernel(a):
    out = np.zeros_like(a)
    out -= a
    return out


def pow_kernel(a, b):
    out = buffer(a, b)
    np.power(a, b, out=out)
    return out


def clip_kernel(a, low=None, high=None):
    out = a.copy()
    if low is not None:
        out[a < low] = low
    if high is not None:
        out[out > high] = high
    return out


def where_kernel(condition, a, b):
    out = np.empty(np.broadcast_shapes(condition.shape, a.shape, b.shape), np.result_type(a, b))
    out[...] = b
    np.copyto(out, a, where=condition)
    return out


# %% broadcast-shapes
#| export
def broadcast_shapes(*shapes):
    result = [1] * max([len(shape) for shape in shapes], default=0)
    for shape in shapes:
        for i in range(-len(shape), 0):
            if result[i] == 1:
                result[i] = shape[i]
            elif shape[i] != 1 and shape[i] != result[i]:
                raise ValueError("incompatible shapes: " + " and ".join(str(s) for s in shapes))
    return tuple(result)


# %% reductions
#| export
def mean_kernel(a, axis=None, keepdims=False):
    total = np.asarray(sum_kernel(a, axis, keepdims), dtype=a.dtype if a.dtype.kind == "f" else np.float64)
    total = total.copy()
    total /= reduced_size(a.shape, axis)
    return total


def var_kernel(a, axis=None, keepdims=False):
    work = a.astype(a.dtype if a.dtype.kind == "f" else np.float64)
    work -= mean_kernel(work, axis, True)
    work **= 2
    return mean_kernel(work, axis, keepdims)


def moved_last(a, axis):
    """The reduced axes as one last axis, and the shape of the result with keepdims."""
    axes = range(a.ndim) if axis is None else axis if isinstance(axis, tuple) else (axis,)
    axes = [i % a.ndim for i in axes]
    rest = [i for i in range(a.ndim) if i not in axes]
    kept = [1 if i in axes else n for i, n in enumerate(a.shape)]
    return a.transpose(rest + axes).reshape([a.shape[i] for i in rest] + [-1]), kept


def extreme(ufunc, a, axis, keepdims):
    rows, kept = moved_last(a, axis)
    out = rows[..., 0].copy()
    for i in range(1, rows.shape[-1]):
        ufunc(out, rows[..., i], out=out)
    return out.reshape(kept) if keepdims else out


def max_kernel(a, axis=None, keepdims=False):
    return extreme(np.maximum, a, axis, keepdims)


def min_kernel(a, axis=None, keepdims=False):
    return extreme(np.minimum, a, axis, keepdims)


def argmax_kernel(a, axis=None, keepdims=False):
    rows, kept = moved_last(a, axis)
    best, out = rows[..., 0].copy(), np.zeros(rows.shape[:-1], dtype=np.int64)
    for i in range(1, rows.shape[-1]):
        larger = rows[..., i] > best
        best = np.where(larger, rows[..., i], best)
        out = np.where(larger, i, out)
    return out.reshape(kept) if keepdims else out


# %% matmul
#| export
def matmul_shape(a, b):
    a, b = tuple(a), tuple(b)
    text = f"shapes {a} and {b} cannot be multiplied"
    if a == () or b == ():
        raise ValueError(text)
    left = (1, *a) if len(a) == 1 else a
    right = (*b, 1) if len(b) == 1 else b
    if left[-1] != right[-2]:
        raise ValueError(text)
    try:
        result = list(np.broadcast_shapes(left[:-2], right[:-2]))
    except ValueError as error:
        raise ValueError(text) from error
    result += [left[-2], right[-1]]
    if len(b) == 1:
        del result[-1]
    if len(a) == 1:
        del result[-1 if len(b) == 1 else -2]
    return tuple(result)


def matmul_kernel(a, b):
    shape = matmul_shape(a.shape, b.shape)
    a = a if a.ndim > 1 else a[None]
    b = b if b.ndim > 1 else b[:, None]
    stack = np.broadcast_shapes(a.shape[:-2], b.shape[:-2])
    c = np.zeros((*stack, a.shape[-2], b.shape[-1]), dtype=np.result_type(a, b))
    for k in range(a.shape[-1]):  # a sum of outer products
        c += a[..., :, k, None] * b[..., k, None, :]
    return c.reshape(shape)


# %% shape
#| export
def infer_shape(size, shape):
    result = list(shape)
    if any(n < -1 for n in result):
        raise ValueError(f"negative length in {shape} for {size} elements")
    if -1 in result:
        place = result.index(-1)
        result[place] = 1
        if -1 in result:
            raise ValueError(f"two open lengths in {shape} for {size} elements")
        if math.prod(result) == 0:
            raise ValueError(f"anything would do for the open length in {shape} for {size} elements")
        result[place] = size // math.prod(result)
    if math.prod(result) != size:
        raise ValueError(f"{size} elements are not as many as {shape} holds")
    return tuple(result)


def reshape_kernel(a, shape):
    result = np.ascontiguousarray(a).copy()
    result.shape = infer_shape(a.size, shape)
    return result


def transpose_kernel(a, axes):
    order = [range(a.ndim)[axis] if -a.ndim <= axis < a.ndim else None for axis in axes]
    if set(order) != set(range(a.ndim)) or len(order) != a.ndim:
        raise ValueError(f"axes {axes} do not fit {a.ndim} dimensions")
    view = a
    for i in range(a.ndim):  # bring the wanted axis to its place, one after the other
        view = np.moveaxis(view, order[i], i)
        order[i + 1 :] = [axis + 1 if i <= axis < order[i] else axis for axis in order[i + 1 :]]
    return view


# %% apply
#| export
def find_kernel(op):
    kernels = dict(KERNELS["numpy"])
    kernels.update(KERNELS[ACTIVE.backend])
    if op in kernels:
        return kernels[op]
    raise ValueError(f"apply({op!r}): unknown, I know {tuple(kernels)}")


def apply(op, *inputs, **attributes):
    former = np.seterr(all="ignore")
    try:
        arrays = coerce(*inputs)
        array = find_kernel(op)(*arrays, **attributes)
        if not isinstance(array, np.ndarray):
            array = np.array(array)
        if array.dtype.char == "d" and not has_double(inputs):
            array = array.astype(np.float32)
    finally:
        np.seterr(**former)
    output = Tensor.__new__(Tensor)
    output.data = array
    output.grad = None
    output.requires_grad = False
    if ACTIVE.recorder is not None:
        ACTIVE.recorder(output, op, inputs, arrays, attributes)
    return output
