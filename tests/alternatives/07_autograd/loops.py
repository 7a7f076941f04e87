"""Plain loops over places, axes and inputs: the sums over paths word for word."""


# %% unbroadcast
#| export
def unbroadcast(gradient, shape):
    result = np.zeros(shape, gradient.dtype)
    missing = gradient.ndim - len(shape)
    for place in np.ndindex(gradient.shape):
        source = tuple(0 if length == 1 else i for i, length in zip(place[missing:], shape))
        result[source] += gradient[place]
    return result


# %% arithmetic
#| export
def sub_rule(gradient, output, a, b):
    return [gradient, 0 - gradient]


def div_rule(gradient, output, a, b):
    return [gradient / b, 0 - gradient * a / (b * b)]


def pow_base_gradient(gradient, a, b):
    gradient, a, b = np.broadcast_arrays(gradient, a, b)
    result = np.zeros(gradient.shape)
    for place in np.ndindex(result.shape):
        if b[place] != 0:
            result[place] = gradient[place] * b[place] * a[place] ** (b[place] - 1)
    return result


def pow_exponent_gradient(gradient, output, a, b):
    gradient, output, a, b = np.broadcast_arrays(gradient, output, a, b)
    result = np.zeros(gradient.shape)
    for place in np.ndindex(result.shape):
        if a[place] != 0 or b[place] < 0:
            result[place] = gradient[place] * output[place] * np.log(a[place])
    return result


# %% functions
#| export
def log_rule(gradient, output, a):
    return [gradient * (1 / a)]


def sqrt_rule(gradient, output, a):
    return [gradient * 0.5 / np.sqrt(a)]


def abs_rule(gradient, output, a):
    result = np.zeros(np.shape(a))
    for place in np.ndindex(result.shape):
        if a[place] > 0:
            result[place] = gradient[place]
        elif a[place] < 0:
            result[place] = -gradient[place]
    return [result]


def clip_rule(gradient, output, a, low=None, high=None):
    result = np.zeros(a.shape)
    for place in np.ndindex(result.shape):
        if (low is None or a[place] >= low) and (high is None or a[place] <= high):
            result[place] = gradient[place]
    return [result]


def where_rule(gradient, output, condition, a, b):
    taken = np.broadcast_to(condition, gradient.shape)
    for_a, for_b = np.zeros(gradient.shape), np.zeros(gradient.shape)
    for place in np.ndindex(gradient.shape):
        (for_a if taken[place] else for_b)[place] = gradient[place]
    return [None, for_a, for_b]


# %% matmul
#| export
def matmul_left_gradient(gradient, b):
    stack = np.broadcast_shapes(gradient.shape[:-2], b.shape[:-2])
    gradient, b = np.broadcast_to(gradient, stack + gradient.shape[-2:]), np.broadcast_to(b, stack + b.shape[-2:])
    result = np.zeros((*stack, gradient.shape[-2], b.shape[-2]))
    for i in range(result.shape[-2]):
        for k in range(result.shape[-1]):
            result[..., i, k] = (gradient[..., i, :] * b[..., k, :]).sum(axis=-1)
    return result


def matmul_right_gradient(gradient, a):
    stack = np.broadcast_shapes(gradient.shape[:-2], a.shape[:-2])
    gradient, a = np.broadcast_to(gradient, stack + gradient.shape[-2:]), np.broadcast_to(a, stack + a.shape[-2:])
    result = np.zeros((*stack, a.shape[-1], gradient.shape[-1]))
    for k in range(result.shape[-2]):
        for j in range(result.shape[-1]):
            result[..., k, j] = (a[..., :, k] * gradient[..., :, j]).sum(axis=-1)
    return result


# %% reductions
#| export
def _groups(shape, axis):
    """For each place of the array: the place of its group in what `put_back` gives."""
    axes = range(len(shape)) if axis is None else axis if isinstance(axis, tuple) else (axis,)
    axes = {i % len(shape) for i in axes}
    return {place: tuple(0 if i in axes else n for i, n in enumerate(place)) for place in np.ndindex(shape)}


def mean_rule(gradient, output, a, axis=None, keepdims=False):
    g = put_back(gradient, a.shape, axis)
    result = np.zeros(a.shape)
    for place, group in _groups(a.shape, axis).items():
        result[place] = g[group] / reduced_size(a.shape, axis)
    return [result]


def var_rule(gradient, output, a, axis=None, keepdims=False):
    g, mean = put_back(gradient, a.shape, axis), a.mean(axis=axis, keepdims=True)
    result = np.zeros(a.shape)
    for place, group in _groups(a.shape, axis).items():
        result[place] = g[group] * 2 * (a[place] - mean[group]) / reduced_size(a.shape, axis)
    return [result]


def extreme_rule(gradient, output, a, axis=None, keepdims=False):
    g, best = put_back(gradient, a.shape, axis), put_back(output, a.shape, axis)
    groups, winners = _groups(a.shape, axis), {}
    for place, group in groups.items():
        if a[place] == best[group]:
            winners.setdefault(group, []).append(place)
    result = np.zeros(a.shape)
    for group, places in winners.items():
        for place in places:
            result[place] = g[group] / len(places)
    return [result]


# %% shape
#| export
def transpose_rule(gradient, output, a, axes):
    result = np.zeros(a.shape, gradient.dtype)
    for place in np.ndindex(gradient.shape):
        source = [0] * a.ndim
        for i, axis in zip(place, axes):
            source[axis] = i
        result[tuple(source)] = gradient[place]
    return [result]


def concatenate_rule(gradient, output, *arrays, axis=0):
    parts, start = [], 0
    for array in arrays:
        length = array.shape[axis]
        parts.append(np.take(gradient, range(start, start + length), axis=axis))
        start += length
    return parts


def scatter_add(gradient, shape, index):
    numbers = np.arange(np.prod(shape, dtype=int)).reshape(shape)[index]
    result = np.zeros(numbers.max(initial=-1) + 1 if shape == () else int(np.prod(shape)), gradient.dtype)
    for number, part in zip(numbers.flat, gradient.flat):
        result[number] += part
    return result.reshape(shape)


# %% record
#| export
def record(output, op, inputs, arrays, attributes):
    if not RECORDING.on or output.data.dtype.kind != "f":
        return
    tracked, found = [], False
    for one in inputs:
        if getattr(one, "requires_grad", False):
            tracked.append(one)
            found = True
        else:
            tracked.append(None)
    if found:
        output.node = Node(op, tracked, arrays, output.data, attributes, backend=current_backend())
        output.requires_grad = True


class no_grad:
    def __enter__(self):
        self.former = RECORDING.on
        RECORDING.on = False

    def __exit__(self, *error):
        RECORDING.on = self.former
        return False


# %% topological-order
#| export
def topological_order(tensor):
    """Count how often each Tensor is used; one is ready when all its users have had their turn."""
    uses, todo = {id(tensor): 0}, [tensor]
    while todo:
        for parent in parents(todo.pop()):
            if id(parent) not in uses:
                uses[id(parent)] = 0
                todo.append(parent)
            uses[id(parent)] += 1
    order, ready = [], [tensor]
    while ready:
        current = ready.pop()
        order.append(current)
        for parent in parents(current):
            uses[id(parent)] -= 1
            if uses[id(parent)] == 0:
                ready.append(parent)
    return order


# %% walk
#| export
def first_gradient(tensor, gradient=None):
    if gradient is None:
        if tensor.size == 1:
            return np.full(tensor.shape, 1, tensor.dtype)
        raise ValueError(f"{tensor.shape} is not a single number: backward needs a gradient of that shape")
    result = Tensor(gradient, dtype=tensor.dtype)
    if result.shape != tensor.shape:
        raise ValueError(f"expected a gradient of shape {tensor.shape}, got {result.shape}")
    return result.data


def walk(order, gradient):
    parts = {id(tensor): [] for tensor in order}
    parts[id(order[0])].append(gradient)
    for tensor in order:
        if not parts[id(tensor)]:
            continue
        total = np.zeros(tensor.shape, tensor.dtype)
        for part in parts[id(tensor)]:
            total = total + part
        if tensor.node is not None:
            for parent, part in input_gradients(tensor.node, total):
                parts[id(parent)].append(part)
        elif tensor.grad is None:
            tensor.grad = own_gradient(total, tensor.dtype)
        else:
            tensor.grad = own_gradient(total + tensor.grad.data, tensor.dtype)


# %% gradcheck
#| export
def numeric_gradient(function, x, epsilon=1e-5):
    gradient = np.zeros(x.shape)
    for place in np.ndindex(x.shape):
        up, down = x.copy(), x.copy()
        up[place] += epsilon
        down[place] -= epsilon
        gradient[place] = (function(up) - function(down)) / (up[place] - down[place])
    return gradient


def close(gradient, numeric, tolerance=1e-5):
    largest = 0.0
    for value in numeric.flat:
        largest = max(largest, abs(value))
    for one, other in zip(gradient.flat, numeric.flat):
        if not abs(one - other) <= tolerance * (largest + 1e-4):
            return False
    return True
