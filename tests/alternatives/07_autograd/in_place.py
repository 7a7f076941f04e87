"""Results written into arrays made beforehand, and arrays changed where they belong to nobody else."""


# %% unbroadcast
#| export
def unbroadcast(gradient, shape):
    while gradient.ndim > len(shape):
        gradient = gradient.sum(axis=0)
    for axis in range(len(shape)):
        if shape[axis] == 1:
            total = np.empty([*gradient.shape[:axis], 1, *gradient.shape[axis + 1 :]], gradient.dtype)
            np.sum(gradient, axis=axis, keepdims=True, out=total)
            gradient = total
    return gradient


# %% arithmetic
#| export
def sub_rule(gradient, output, a, b):
    for_b = np.array(gradient)
    np.negative(for_b, out=for_b)
    return gradient, for_b


def div_rule(gradient, output, a, b):
    for_a = np.empty(np.shape(gradient), np.result_type(gradient, b, 1.0))
    np.divide(gradient, b, out=for_a)
    for_b = for_a.copy()
    for_b *= output
    np.negative(for_b, out=for_b)
    return for_a, for_b


def pow_base_gradient(gradient, a, b):
    slope = np.array(np.broadcast_to(b * np.power(a, b - 1), np.shape(gradient)))
    slope[np.broadcast_to(b, slope.shape) == 0] = 0
    slope *= gradient
    return slope


def pow_exponent_gradient(gradient, output, a, b):
    logarithm = np.array(np.broadcast_to(np.log(a), np.shape(gradient)))
    logarithm *= output
    logarithm[np.broadcast_to((a == 0) & (b >= 0), logarithm.shape)] = 0
    logarithm *= gradient
    return logarithm


# %% functions
#| export
def log_rule(gradient, output, a):
    result = np.array(gradient)
    result /= a
    return result


def sqrt_rule(gradient, output, a):
    result = np.array(gradient)
    result /= output
    result /= 2
    return result


def abs_rule(gradient, output, a):
    result = np.array(gradient)
    result[a < 0] *= -1
    result[a == 0] = 0
    return result


def clip_rule(gradient, output, a, low=None, high=None):
    result = np.array(gradient)
    if low is not None:
        result[a < low] = 0
    if high is not None:
        result[a > high] = 0
    return result


def where_rule(gradient, output, condition, a, b):
    taken = np.array(np.broadcast_to(condition, np.shape(gradient)))
    for_a, for_b = np.array(gradient), np.array(gradient)
    for_a[~taken] = 0
    for_b[taken] = 0
    return None, for_a, for_b


# %% reductions
#| export
def mean_rule(gradient, output, a, axis=None, keepdims=False):
    result = np.empty(a.shape, gradient.dtype)
    result[...] = put_back(gradient, a.shape, axis)
    result /= reduced_size(a.shape, axis)
    return result


def var_rule(gradient, output, a, axis=None, keepdims=False):
    result = np.array(a)
    result -= a.mean(axis=axis, keepdims=True)
    result *= 2 / reduced_size(a.shape, axis)
    result *= put_back(gradient, a.shape, axis)
    return result


def extreme_rule(gradient, output, a, axis=None, keepdims=False):
    result = np.zeros(a.shape, gradient.dtype)
    result[a == put_back(output, a.shape, axis)] = 1
    result /= result.sum(axis=axis, keepdims=True)
    result *= put_back(gradient, a.shape, axis)
    return result


# %% shape
#| export
def transpose_rule(gradient, output, a, axes):
    result = np.empty(a.shape, gradient.dtype)
    result.transpose(axes)[...] = gradient
    return result


def concatenate_rule(gradient, output, *arrays, axis=0):
    rest, parts = np.moveaxis(gradient, axis, 0), []
    for array in arrays:
        parts.append(np.moveaxis(rest[: array.shape[axis]], 0, axis))
        rest = rest[array.shape[axis] :]
    return tuple(parts)


def scatter_add(gradient, shape, index):
    numbers = np.arange(np.prod(shape)).reshape(shape)[index]
    sums = np.bincount(numbers.ravel(), weights=np.ravel(gradient), minlength=int(np.prod(shape)))
    return sums.reshape(shape).astype(gradient.dtype)


# %% record
#| export
def record(output, op, inputs, arrays, attributes):
    needed = [isinstance(x, Tensor) and x.requires_grad for x in inputs]
    if not (RECORDING.on and True in needed and np.issubdtype(output.dtype, np.floating)):
        return
    output.requires_grad = True
    output.node = Node(op, inputs, arrays, output.numpy(), attributes, current_backend())
    output.node.inputs = tuple(x if need else None for x, need in zip(inputs, needed))


_FORMER = []


@contextmanager
def no_grad():
    _FORMER.append(RECORDING.on)
    RECORDING.on = False
    try:
        yield
    finally:
        RECORDING.on = _FORMER.pop()


# %% topological-order
#| export
def topological_order(tensor):
    """A search that keeps, for each Tensor on the way down, an iterator over what is left to visit."""
    done, seen = [], {id(tensor)}
    path = [(tensor, iter(parents(tensor)))]
    while path:
        current, rest = path[-1]
        for parent in rest:
            if id(parent) not in seen:
                seen.add(id(parent))
                path.append((parent, iter(parents(parent))))
                break
        else:
            done.append(current)
            path.pop()
    done.reverse()
    return done


# %% walk
#| export
def first_gradient(tensor, gradient=None):
    result = np.empty_like(tensor.data)
    if gradient is None and tensor.size != 1:
        raise ValueError(f"say which gradient arrives at the {tensor.size} elements of shape {tensor.shape}")
    given = 1 if gradient is None else gradient.data if isinstance(gradient, Tensor) else gradient
    if gradient is not None and np.shape(given) != tensor.shape:
        raise ValueError(f"a gradient of shape {np.shape(given)} does not fit {tensor.shape}")
    result[...] = given
    return result


def walk(order, gradient):
    sums = {id(order[0]): np.array(gradient)}
    for tensor in order:
        if id(tensor) not in sums:
            continue
        total = sums[id(tensor)]
        if tensor.node is None:
            if tensor.grad is None:
                tensor.grad = own_gradient(total, tensor.dtype)
            else:
                tensor.grad.data += total  # its memory is its own
            continue
        for parent, part in input_gradients(tensor.node, total):
            if id(parent) in sums:
                sums[id(parent)] += part  # a copy, so nobody else sees it
            else:
                sums[id(parent)] = np.array(part)


# %% gradcheck
#| export
def numeric_gradient(function, x, epsilon=1e-5):
    moved, gradient = np.array(x), np.empty(x.shape)
    for place in np.ndindex(*x.shape):
        moved[place] = x[place] + epsilon
        gradient[place] = function(moved)
        moved[place] = x[place] - epsilon
        gradient[place] -= function(moved)
        moved[place] = x[place]
    gradient /= 2 * epsilon
    return gradient


def close(gradient, numeric, tolerance=1e-5):
    if gradient.size == 0:
        return True
    bound = tolerance * (max(numeric.max(), -numeric.min()) + 1e-4)
    return bool(np.all(np.abs(gradient - numeric) <= bound))
