"""Plain loops over elements, axes and places: the formulas word for word."""


# %% to-array
#| export
def to_array(data, dtype=None):
    original = np.array(data)
    if original.dtype.kind == "f" and original.dtype.itemsize == 8 and dtype is None:
        dtype = "float32"
    if original.dtype.kind not in ("b", "i", "u", "f"):
        raise TypeError("only real numbers, not " + repr(data))
    result = np.empty(original.shape, dtype=original.dtype if dtype is None else dtype)
    for place in np.ndindex(original.shape):
        result[place] = original[place]
    return result


# %% elementwise
#| export
def places(*arrays):
    """The values of all arrays, place by place, and the shape that they have together."""
    together = np.broadcast(*arrays)
    return together.shape, [list(values) for values in together] if len(arrays) > 1 else [[v] for v in arrays[0].flat]


def loop(function, *arrays):
    shape, values = places(*arrays)
    dtype = np.result_type(*arrays) if not values else None
    return np.array([function(*value) for value in values], dtype=dtype).reshape(shape)


def sub_kernel(a, b):
    return loop(lambda x, y: x - y, a, b)


def mul_kernel(a, b):
    return loop(lambda x, y: x * y, a, b)


def div_kernel(a, b):
    return loop(lambda x, y: x / y, a, b)


def neg_kernel(a):
    return loop(lambda x: -x, a)


def pow_kernel(a, b):
    return loop(lambda x, y: x**y, a, b)


def clip_kernel(a, low=None, high=None):
    def clip(x):
        if low is not None and x < low:
            x = type(x)(low)
        if high is not None and x > high:
            x = type(x)(high)
        return x

    return loop(clip, a)


def where_kernel(condition, a, b):
    shape, values = places(condition, a, b)
    chosen = []
    for yes, x, y in values:
        chosen.append(x if yes else y)
    return np.array(chosen, dtype=np.result_type(a, b)).reshape(shape)


# %% broadcast-shapes
#| export
def broadcast_shapes(*shapes):
    lengths = []  # from the last axis to the first
    position = 1
    while any(len(shape) >= position for shape in shapes):
        length = 1
        for shape in shapes:
            if len(shape) < position or shape[-position] == 1:
                continue
            if length != 1 and shape[-position] != length:
                raise ValueError(f"cannot broadcast {shapes}: {length} against {shape[-position]}")
            length = shape[-position]
        lengths.append(length)
        position += 1
    return tuple(reversed(lengths))


# %% reductions
#| export
def groups(a, axis):
    """(place in the kept shape, the elements that fall together there), one after the other."""
    if axis is None:
        axis = tuple(range(a.ndim))
    if not isinstance(axis, tuple):
        axis = (axis,)
    axis = {i % a.ndim for i in axis}
    kept = tuple(1 if i in axis else n for i, n in enumerate(a.shape))
    for place in np.ndindex(kept):
        yield place, a[tuple(slice(None) if i in axis else p for i, p in enumerate(place))].ravel().tolist()


def reduce(function, a, axis, keepdims, dtype):
    result = np.zeros_like(sum_kernel(a, axis, keepdims=True), dtype=dtype)
    for place, values in groups(a, axis):
        result[place] = function(values)
    if keepdims:
        return result
    return result.reshape(sum_kernel(a, axis).shape)


def float_type(a):
    return a.dtype if a.dtype.kind == "f" else np.float64


def mean_of(values):
    total = 0.0
    for value in values:
        total += value
    return total / len(values)


def var_of(values):
    mean = mean_of(values)
    total = 0.0
    for value in values:
        total += (value - mean) ** 2
    return total / len(values)


def max_of(values):
    best = values[0]
    for value in values:
        if value != value:
            return value
        if value > best:
            best = value
    return best


def mean_kernel(a, axis=None, keepdims=False):
    return reduce(mean_of, a, axis, keepdims, float_type(a))


def var_kernel(a, axis=None, keepdims=False):
    return reduce(var_of, a, axis, keepdims, float_type(a))


def max_kernel(a, axis=None, keepdims=False):
    return reduce(max_of, a, axis, keepdims, a.dtype)


def min_kernel(a, axis=None, keepdims=False):
    return reduce(lambda values: -max_of([-value for value in values]), a, axis, keepdims, a.dtype)


def argmax_kernel(a, axis=None, keepdims=False):
    def place(values):
        best = 0
        for i in range(len(values)):
            if values[i] > values[best]:
                best = i
        return best

    return reduce(place, a, axis, keepdims, np.int64)


# %% matmul
#| export
def matmul_shape(a, b):
    problem = ValueError(f"matrix product of {a} and {b}: these shapes do not fit")
    if not a or not b:
        raise problem
    rows = [] if len(a) == 1 else [a[-2]]
    columns = [] if len(b) == 1 else [b[-1]]
    if a[-1] != (b[0] if len(b) == 1 else b[-2]):
        raise problem
    left, right = list(a[:-2]), list(b[:-2])
    while len(left) < len(right):
        left.insert(0, 1)
    while len(right) < len(left):
        right.insert(0, 1)
    stack = []
    for m, n in zip(left, right):
        if m != n and 1 not in (m, n):
            raise problem
        stack.append(n if m == 1 else m)
    return tuple(stack + rows + columns)


def matmul_kernel(a, b):
    shape = matmul_shape(a.shape, b.shape)
    left = a[None, :] if a.ndim == 1 else a
    right = b[:, None] if b.ndim == 1 else b
    stack = np.broadcast_shapes(left.shape[:-2], right.shape[:-2])
    left = np.broadcast_to(left, (*stack, *left.shape[-2:]))
    right = np.broadcast_to(right, (*stack, *right.shape[-2:]))
    c = np.zeros((*stack, left.shape[-2], right.shape[-1]), dtype=np.result_type(a, b))
    for place in np.ndindex(*stack):
        for i in range(c.shape[-2]):
            for j in range(c.shape[-1]):
                for k in range(left.shape[-1]):
                    c[(*place, i, j)] += left[(*place, i, k)] * right[(*place, k, j)]
    return c.reshape(shape)


# %% shape
#| export
def infer_shape(size, shape):
    result, open_at, product = [], None, 1
    for i, length in enumerate(shape):
        if length == -1 and open_at is None:
            open_at = i
        elif length < 0:
            raise ValueError(f"{shape} is no shape for {size} elements")
        else:
            product *= length
        result.append(length)
    if open_at is not None:
        candidates = [n for n in range(size + 2) if n * product == size]
        if len(candidates) != 1:
            raise ValueError(f"{shape} leaves no length for {size} elements")
        result[open_at] = candidates[0]
    elif product != size:
        raise ValueError(f"{shape} holds {product} elements, not {size}")
    return tuple(result)


def reshape_kernel(a, shape):
    full = infer_shape(a.size, shape)
    result = np.empty(full, dtype=a.dtype)
    for place, value in zip(np.ndindex(full), a.flat):
        result[place] = value
    return result


def transpose_kernel(a, axes):
    order = []
    for axis in axes:
        counted = axis if axis >= 0 else a.ndim + axis
        if counted in order or not 0 <= counted < a.ndim:
            raise ValueError(f"{axes} is no order of the axes of an array with the shape {a.shape}")
        order.append(counted)
    if len(order) != a.ndim:
        raise ValueError(f"{axes} leaves out an axis of the shape {a.shape}")
    result = np.empty([a.shape[axis] for axis in order], dtype=a.dtype)
    for place in np.ndindex(a.shape):
        result[tuple(place[axis] for axis in order)] = a[place]
    return result


# %% apply
#| export
def find_kernel(op):
    for backend in [ACTIVE.backend, "numpy"]:
        for name, kernel in KERNELS[backend].items():
            if name == op:
                return kernel
    known = ""
    for backend in {ACTIVE.backend, "numpy"}:
        for name in KERNELS[backend]:
            known += " " + name
    raise ValueError("no operation " + repr(op) + "; there are" + known)


def apply(op, *inputs, **attributes):
    kernel = find_kernel(op)
    double = False
    for x in inputs:
        if isinstance(x, Tensor) and x.dtype == "float64":
            double = True
    with np.errstate(divide="ignore", over="ignore", under="ignore", invalid="ignore"):
        arrays = coerce(*inputs)
        result = np.array(kernel(*arrays, **attributes))
        if not double and result.dtype == "float64":
            result = result.astype("float32")
    tensor = from_numpy(result)
    if ACTIVE.recorder:
        ACTIVE.recorder(tensor, op, inputs, arrays, attributes)
    return tensor
