"""The same mathematics written otherwise: einsum, masks, one-hot matrices, logarithms."""


# %% unbroadcast
#| export
def unbroadcast(gradient, shape):
    aligned = (1,) * (gradient.ndim - len(shape)) + tuple(shape)
    letters = list(range(gradient.ndim))
    kept = [letter for letter, length in zip(letters, aligned) if length != 1]
    return np.einsum(gradient, letters, kept).reshape(shape)


# %% arithmetic
#| export
def sub_rule(gradient, output, a, b):
    return gradient, gradient * -1


def div_rule(gradient, output, a, b):
    for_a = gradient / b
    return for_a, -(for_a * a) / b


def pow_base_gradient(gradient, a, b):
    safe = np.where(b == 0, 1, b)
    return gradient * b * a ** (safe - 1)


def pow_exponent_gradient(gradient, output, a, b):
    flat = np.logical_and(a == 0, b >= 0)
    return gradient * output * np.log(np.where(flat, 1, a))


# %% functions
#| export
def log_rule(gradient, output, a):
    return (gradient * np.reciprocal(a),)


def sqrt_rule(gradient, output, a):
    return (gradient * a**-0.5 / 2,)


def abs_rule(gradient, output, a):
    return (np.where(a > 0, gradient, 0) - np.where(a < 0, gradient, 0),)


def clip_rule(gradient, output, a, low=None, high=None):
    low = -np.inf if low is None else low
    high = np.inf if high is None else high
    return (np.where((a >= low) & (a <= high), gradient, 0.0),)


def where_rule(gradient, output, condition, a, b):
    taken = np.asarray(condition).astype(bool)
    return None, gradient * taken, gradient * ~taken


# %% matmul
#| export
def matmul_left_gradient(gradient, b):
    return np.einsum("...nm,...km->...nk", gradient, b)


def matmul_right_gradient(gradient, a):
    return np.einsum("...nk,...nm->...km", a, gradient)


# %% reductions
#| export
def mean_rule(gradient, output, a, axis=None, keepdims=False):
    return sum_rule(gradient, output, a, axis) / reduced_size(a.shape, axis)


def var_rule(gradient, output, a, axis=None, keepdims=False):
    n = reduced_size(a.shape, axis)
    centred = a - sum_kernel(a, axis) / n
    return 2 / n * centred * sum_rule(gradient, output, a, axis)


def sum_kernel(a, axis):
    return np.add.reduce(a, axis=axis, keepdims=True)


def extreme_rule(gradient, output, a, axis=None, keepdims=False):
    best = np.broadcast_to(put_back(output, a.shape, axis), a.shape)
    winners = np.where(a == best, 1.0, 0.0)
    return sum_rule(gradient, output, a, axis) * winners / sum_kernel(winners, axis)


# %% shape
#| export
def transpose_rule(gradient, output, a, axes):
    back = [None] * a.ndim
    for i, axis in enumerate(axes):
        back[axis] = i
    return np.transpose(gradient, back)


def concatenate_rule(gradient, output, *arrays, axis=0):
    parts, end = [], 0
    for array in arrays:
        start, end = end, end + array.shape[axis]
        index = [slice(None)] * gradient.ndim
        index[axis] = slice(start, end)
        parts.append(gradient[tuple(index)])
    return parts


def scatter_add(gradient, shape, index):
    size = math.prod(shape)
    numbers = np.arange(size).reshape(shape)[index].reshape(-1)
    one_hot = (np.arange(size)[:, None] == numbers).astype(gradient.dtype)
    return (one_hot @ gradient.reshape(-1)).reshape(shape)


# %% record
#| export
def record(output, op, inputs, arrays, attributes):
    tracked = tuple(x if getattr(x, "requires_grad", False) else None for x in inputs)
    if RECORDING.on and output.dtype.kind == "f" and tracked.count(None) < len(tracked):
        output.node = Node(op, tracked, arrays, output.data, attributes, backend=current_backend())
        output.requires_grad = True


class no_grad:
    def __init__(self):
        self.former = []

    def __enter__(self):
        self.former.append(RECORDING.on)
        RECORDING.on = False
        return self

    def __exit__(self, kind, error, trace):
        RECORDING.on = self.former.pop()


# %% topological-order
#| export
def topological_order(tensor):
    """By height: the longest path down to a leaf. Whoever is higher comes first."""
    heights, tensors, todo = {}, {}, [tensor]
    while todo:
        current = todo[-1]
        below = parents(current)
        missing = [parent for parent in below if id(parent) not in heights]
        if missing:
            todo.extend(missing)
            continue
        todo.pop()
        tensors[id(current)] = current
        heights[id(current)] = 1 + max((heights[id(parent)] for parent in below), default=0)
    return sorted(tensors.values(), key=lambda one: -heights[id(one)])


# %% walk
#| export
def first_gradient(tensor, gradient=None):
    if gradient is None and tensor.size == 1:
        gradient = tensor.data * 0 + 1
    if gradient is None:
        raise ValueError(f"backward without a gradient starts from one number, not from {tensor.shape}")
    array = np.array(gradient, dtype=tensor.dtype)
    if array.shape == tensor.shape:
        return array
    raise ValueError(f"{array.shape} is not the shape {tensor.shape}")


def walk(order, gradient):
    """Each Tensor's place in the order is its place in a list of sums."""
    places = {id(tensor): i for i, tensor in enumerate(order)}
    sums = [gradient] + [None] * (len(order) - 1)
    for tensor, total in ((tensor, lambda i=i: sums[i]) for i, tensor in enumerate(order)):
        if total() is None:
            continue
        if tensor.node is None:
            before = 0 if tensor.grad is None else tensor.grad.data
            tensor.grad = Tensor(before + total(), dtype=tensor.dtype)
        else:
            for parent, part in input_gradients(tensor.node, total()):
                place = places[id(parent)]
                sums[place] = part if sums[place] is None else np.add(sums[place], part)


# %% gradcheck
#| export
def numeric_gradient(function, x, epsilon=1e-5):
    units = np.eye(x.size).reshape(x.size, *x.shape) * epsilon
    pairs = [(function(x + unit), function(x - unit)) for unit in units]
    return np.array([(above - below) / epsilon / 2 for above, below in pairs]).reshape(x.shape)


def close(gradient, numeric, tolerance=1e-5):
    flat, reference = np.ravel(gradient), np.ravel(numeric)
    difference = max(np.abs(flat - reference).tolist(), default=0.0)
    largest = max(np.abs(reference).tolist(), default=0.0)
    unsure = np.isnan(flat).any() or np.isnan(reference).any()
    return not unsure and difference <= tolerance * (largest + 1e-4)
