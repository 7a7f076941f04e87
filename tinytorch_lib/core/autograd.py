# Module 07, autograd. Generated from source/07_autograd.py by `tito lib`: edits here are lost.


# cell: imports
import math
from contextlib import contextmanager
from types import SimpleNamespace

import numpy as np

from tinytorch_lib.core.tensor import Tensor, current_backend, from_numpy, install_engine, reduced_size


# cell: unbroadcast
def unbroadcast(gradient, shape):
    """7.1 The gradient for an array of this shape that was broadcast to the shape of `gradient`.

    Args:
        gradient: the gradient for the broadcast array.
        shape: a tuple, broadcastable to the shape of `gradient`.

    Returns:
        an array of this shape; where no element was copied, the elements of `gradient`.

    Example:
        >>> unbroadcast(np.ones((4, 3)), (3,))
        array([4., 4., 4.])

    Hint: two kinds of axes vanish: those that `shape` does not have (they stand on the left), and those that it has
    with length 1. The second kind must come back with length 1.
    """
    extra = tuple(range(gradient.ndim - len(shape)))
    gradient = gradient.sum(axis=extra)
    stretched = tuple(axis for axis, length in enumerate(shape) if length == 1)
    return gradient.sum(axis=stretched, keepdims=True)


# cell: arithmetic-solved
def add_rule(gradient, output, a, b):
    """a + b: each operand moves the sum one to one."""
    return gradient, gradient


def mul_rule(gradient, output, a, b):
    """a * b: each operand counts as often as the other is large."""
    return gradient * b, gradient * a


def neg_rule(gradient, output, a):
    """-a. A rule with one gradient may return it without a tuple."""
    return -gradient


def pow_rule(gradient, output, a, b):
    """a ** b, with the two functions of 7.2. The second is handed over unasked: see 7.4."""
    return pow_base_gradient(gradient, a, b), lambda: pow_exponent_gradient(gradient, output, a, b)


# cell: arithmetic
def sub_rule(gradient, output, a, b):
    """7.2 a - b: two gradients."""
    return gradient, -gradient


def div_rule(gradient, output, a, b):
    """7.2 a / b: two gradients. The second can use `output`."""
    return gradient / b, -gradient * output / b


def pow_base_gradient(gradient, a, b):
    """7.2 The gradient for `a` in a ** b. Where b is 0, a ** b is constant: the gradient is 0, even at a = 0."""
    return np.where(b == 0, 0, gradient * b * a ** (b - 1))


def pow_exponent_gradient(gradient, output, a, b):
    """7.2 The gradient for `b` in a ** b, for a >= 0. Where a is 0 and b >= 0 the gradient is 0."""
    flat = (a == 0) & (b >= 0)
    return np.where(flat, 0, gradient * output * np.log(a))


# cell: functions-solved
def exp_rule(gradient, output, a):
    """e to the power of a is its own slope."""
    return gradient * output


def tanh_rule(gradient, output, a):
    """tanh, as in 3.1."""
    return gradient * (1 - output * output)


# cell: functions
def log_rule(gradient, output, a):
    """7.3 The natural logarithm."""
    return gradient / a


def sqrt_rule(gradient, output, a):
    """7.3 The square root."""
    return gradient / (2 * output)


def abs_rule(gradient, output, a):
    """7.3 The absolute value; 0 at the corner."""
    return gradient * np.sign(a)


def clip_rule(gradient, output, a, low=None, high=None):
    """7.3 Clipping: the gradient passes where `a` stayed as it was, on the bounds too, and stops where it was moved."""
    return gradient * (output == a)


def where_rule(gradient, output, condition, a, b):
    """7.3 The choice: one gradient each for `condition` (None: it has no slope), `a` and `b`."""
    chosen = condition != 0
    return None, gradient * chosen, gradient * ~chosen  # a product takes a tenth of the time of np.where


# cell: matmul
def matmul_left_gradient(gradient, b):
    """7.4 The gradient for A in A @ B.

    Args:
        gradient: (..., n, m), for the product.
        b: the right operand, (..., k, m).

    Returns:
        (..., n, k)

    Hint: of an array with more than two axes `.T` reverses them all. Look for `.mT`, or for `swapaxes`.
    """
    return gradient @ b.mT


def matmul_right_gradient(gradient, a):
    """7.4 The gradient for B in A @ B.

    Args:
        gradient: (..., n, m), for the product.
        a: the left operand, (..., n, k).

    Returns:
        (..., k, m)
    """
    return a.mT @ gradient


# cell: matmul-rule
def below_each_other(stack):
    """A stack of matrices (..., n, m) as one matrix of all their rows."""
    return stack.reshape(math.prod(stack.shape[:-1]), stack.shape[-1])


def matmul_rule(gradient, output, a, b):
    """The matrix product of arrays as in 2.5: matrices, stacks that broadcast, and vectors."""
    if b.ndim == 1:  # a column
        gradient = np.expand_dims(gradient, -1)
    if a.ndim == 1:  # a row
        gradient = np.expand_dims(gradient, -2)
    rows = a[None, :] if a.ndim == 1 else a
    columns = b[:, None] if b.ndim == 1 else b

    def for_a():
        result = matmul_left_gradient(gradient, columns)
        return result[..., 0, :] if a.ndim == 1 else result

    def for_b():
        if columns.ndim == 2:  # one matrix for a whole stack: as if all rows of the stack stood below each other
            above, left = below_each_other(gradient), below_each_other(rows)
            if columns.flags.f_contiguous:  # B is a view as weight.T: its gradient shall lie as the weight does
                result = matmul_right_gradient(left, above).T
            else:
                result = matmul_right_gradient(above, left)
        else:
            result = matmul_right_gradient(gradient, rows)
        return result[..., 0] if b.ndim == 1 else result

    return for_a, for_b


# cell: reductions-solved
def put_back(reduced, shape, axis):
    """`reduced` with the axes that a reduction of an array of this shape took away, as axes of length 1.

    Example:
        put_back(np.ones(3), (3, 5), axis=1) has the shape (3, 1), with keepdims or without
    """
    axes = range(len(shape)) if axis is None else axis if isinstance(axis, tuple) else (axis,)
    lengths = list(shape)
    for i in axes:
        lengths[i] = 1
    return reduced.reshape(lengths)


def sum_rule(gradient, output, a, axis=None, keepdims=False):
    """The sum: every element counts once, so each gets the whole gradient of the sum that it went into."""
    return np.broadcast_to(put_back(gradient, a.shape, axis), a.shape)


# cell: reductions
def mean_rule(gradient, output, a, axis=None, keepdims=False):
    """7.5 The mean along `axis`."""
    share = put_back(gradient, a.shape, axis) / reduced_size(a.shape, axis)
    return np.broadcast_to(share, a.shape)


def var_rule(gradient, output, a, axis=None, keepdims=False):
    """7.5 The population variance along `axis`."""
    centred = a - a.mean(axis=axis, keepdims=True)
    return put_back(gradient, a.shape, axis) * 2 * centred / reduced_size(a.shape, axis)


def extreme_rule(gradient, output, a, axis=None, keepdims=False):
    """7.5 The largest or the smallest element along `axis`: elements that tie share the gradient evenly."""
    winners = a == put_back(output, a.shape, axis)
    share = put_back(gradient, a.shape, axis) / winners.sum(axis=axis, keepdims=True)
    return winners * share


# cell: shape-solved
def reshape_rule(gradient, output, a, shape):
    """Reading in another shape: read the gradient in the old one."""
    return gradient.reshape(a.shape)


def getitem_rule(gradient, output, a, index):
    """a[index], with the function of 7.6 where an element may have been picked twice."""
    parts = index if isinstance(index, tuple) else (index,)
    if any(isinstance(part, (list, np.ndarray)) for part in parts):
        return scatter_add(gradient, a.shape, index)
    result = np.zeros(a.shape, gradient.dtype)  # integers and slices: each element at most once, a plain write will do
    result[index] = gradient
    return result


# cell: shape
def transpose_rule(gradient, output, a, axes):
    """7.6 The axes in another order: back to the old one. An axis may be negative."""
    order = [axis % a.ndim for axis in axes]
    return gradient.transpose(np.argsort(order))


def concatenate_rule(gradient, output, *arrays, axis=0):
    """7.6 Arrays one after the other: to each its part, in a list or a tuple."""
    ends = np.cumsum([array.shape[axis] for array in arrays])
    return np.split(gradient, ends[:-1], axis=axis)


def scatter_add(gradient, shape, index):
    """7.6 Zeros of this shape, with each element of `gradient` added where `index` had picked it.

    Example:
        >>> scatter_add(np.array([1.0, 2.0, 4.0]), (3,), np.array([0, 2, 0]))
        array([5., 0., 2.])

    Hint: `result[index] += gradient` keeps only the last of two writes to one place. Look for `np.add.at`.
    """
    result = np.zeros(shape, gradient.dtype)
    np.add.at(result, index, gradient)
    return result


# cell: rules
GRADIENTS = {"numpy": {}}  # backend -> operation -> rule


def register_gradient(op, rule, backend="numpy"):
    """Make `rule` the way in which gradients go back through the operation `op`.

    Args:
        op: the name that `apply` knows.
        rule: called as rule(gradient, output, *arrays, **attributes) with the gradient for the output, the output's
            array, and what the kernel got; numpy's warnings are off. It changes none of them. For each input it gives
            an array, None (no gradient), or a function without arguments that computes the array and is called only
            if that input needs it: all in a tuple or list, which may be left out around a single one. An array has
            the input's shape, or one that the input broadcasts to.
        backend: whose kernel the rule belongs to. What a backend lacks is looked up under "numpy".
    """
    GRADIENTS.setdefault(backend, {})[op] = rule


def find_rule(op, backend):
    """The rule for the operation `op`, recorded while `backend` was active.

    Raises:
        ValueError: there is none.
    """
    rule = GRADIENTS.get(backend, {}).get(op, GRADIENTS["numpy"].get(op))
    if rule is None:
        raise ValueError(f"the operation {op!r} has no gradient rule: register_gradient({op!r}, rule) adds one")
    return rule


for _op, _rule in {
    "add": add_rule, "sub": sub_rule, "mul": mul_rule, "div": div_rule, "neg": neg_rule, "pow": pow_rule,
    "exp": exp_rule, "log": log_rule, "sqrt": sqrt_rule, "tanh": tanh_rule, "abs": abs_rule,
    "clip": clip_rule, "where": where_rule, "matmul": matmul_rule,
    "sum": sum_rule, "mean": mean_rule, "var": var_rule, "max": extreme_rule, "min": extreme_rule,
    "reshape": reshape_rule, "transpose": transpose_rule, "concatenate": concatenate_rule, "getitem": getitem_rule,
}.items():  # fmt: skip
    register_gradient(_op, _rule)


# cell: node
class Node:
    """One recorded operation. The Tensor that it made holds it in `node`, so both go when nobody needs that Tensor.

    Attributes:
        op, attributes: as `apply` got them.
        inputs: a tuple with each input that is a Tensor with `requires_grad`, and None in place of all others.
        arrays: what the kernel got.
        output: the array that it made. (Not the Tensor: a circle of references would keep memory longer than needed.)
        backend: the name of the active one.
    """

    __slots__ = ("arrays", "attributes", "backend", "inputs", "op", "output")

    def __init__(self, op, inputs, arrays, output, attributes, backend="numpy"):
        self.op, self.inputs, self.arrays, self.output = op, tuple(inputs), arrays, output
        self.attributes, self.backend = attributes, backend

    def free(self):
        """Let go of everything: no second backward through here."""
        self.inputs = self.arrays = self.output = self.attributes = None

    def __repr__(self):
        return f"Node({self.op!r}{', freed' if self.inputs is None else ''})"


def parents(tensor):
    """The Tensors that `tensor` was made from, as far as they require gradients; none for a leaf.

    Raises:
        RuntimeError: a backward has freed the graph here.
    """
    if tensor.node is None:
        return []
    if tensor.node.inputs is None:
        raise RuntimeError(
            f"backward has been through this graph (at {tensor.node.op!r}) and has freed it: compute the output again"
        )
    return [parent for parent in tensor.node.inputs if parent is not None]


RECORDING = SimpleNamespace(on=True)  # no_grad turns it off


# cell: record
def record(output, op, inputs, arrays, attributes):
    """7.7 Called by `apply` after each operation: note on `output` how it was made, if a gradient can flow there.

    That is so if recording is on, the output holds floats, and at least one input is a Tensor with `requires_grad`.
    Then `output.requires_grad` becomes True and `output.node` a Node. Otherwise the output stays as it is.

    Hint: `any` asks a Tensor for its truth value, and a Tensor of two elements has none (2.7).
    """
    tracked = [x if isinstance(x, Tensor) and x.requires_grad else None for x in inputs]
    if RECORDING.on and output.dtype.kind == "f" and any(x is not None for x in tracked):
        output.requires_grad = True
        output.node = Node(op, tracked, arrays, output.data, attributes, current_backend())


@contextmanager
def no_grad():
    """7.7 A `with` block in which nothing is recorded. Afterwards recording is what it was before, error or not.

    Hint: what stands before `yield` happens at the start of the block, what stands after it at its end. `finally`.
    """
    former = RECORDING.on
    RECORDING.on = False
    try:
        yield
    finally:
        RECORDING.on = former


# cell: topological-order
def topological_order(tensor):
    """7.8 All Tensors of the graph behind `tensor`, each exactly once and each before its own parents.

    Returns:
        a list; `tensor` itself comes first. Leaves are included.

    Raises:
        RuntimeError: as `parents`, which says for one Tensor what comes next.

    Hint: Tensors cannot be compared for identity with `==` or `in`; `id(tensor)` is a number that can. No recursion: a
    list of what is still to do, with `append` and `pop`, goes as deep as memory.
    """
    order, seen, todo = [], set(), [(tensor, False)]
    while todo:
        current, parents_done = todo.pop()
        if parents_done:
            order.append(current)
        elif id(current) not in seen:
            seen.add(id(current))
            todo.append((current, True))
            todo.extend((parent, False) for parent in parents(current))
    return order[::-1]


# cell: chain-rule
def input_gradients(node, gradient):
    """The chain rule for one operation.

    Args:
        node: the operation.
        gradient: the array that arrives at its output.

    Returns:
        a list of (Tensor, array): what goes on to which input, in the input's shape and dtype. Inputs that need no
        gradient are left out; one that was used twice stands there twice.

    Raises:
        ValueError: there is no rule, or it gave too few or too many gradients, or one of a wrong shape.
    """
    rule = find_rule(node.op, node.backend)
    with np.errstate(all="ignore"):
        results = rule(gradient, node.output, *node.arrays, **node.attributes)
        if not isinstance(results, (tuple, list)):
            results = (results,)
        if len(results) != len(node.inputs):
            counts = f"{len(results)} gradients for {len(node.inputs)} inputs"
            raise ValueError(f"the gradient rule of {node.op!r} gave {counts}")
        pairs = zip(node.inputs, results)
        return [(x, fit(result, x, node.op)) for x, result in pairs if x is not None and result is not None]


def fit(result, tensor, op):
    """What a rule gave for `tensor`, computed if need be, as an array of the Tensor's shape and dtype."""
    array = np.asarray(result() if callable(result) else result)
    if array.shape != tensor.shape:
        found = array.shape
        array = np.asarray(unbroadcast(array, tensor.shape)) if len(found) >= tensor.ndim else array
        if array.shape != tensor.shape:
            raise ValueError(f"the gradient rule of {op!r} gave the shape {found} for an input of shape {tensor.shape}")
    return array.astype(tensor.dtype, copy=False)


def own_gradient(array, dtype):
    """A Tensor around a new copy of `array`, row after row in memory: what `grad` may hold."""
    return from_numpy(np.array(array, dtype=dtype, order="C"))


# cell: walk
def first_gradient(tensor, gradient=None):
    """7.9 What arrives at the Tensor from which backward starts.

    Args:
        tensor: the start, floats.
        gradient: a Tensor, array, lists or number of the Tensor's shape; None for 1, if there is one element only.

    Returns:
        an array of the Tensor's shape and dtype.

    Raises:
        ValueError: None for a Tensor that is not one number, or another shape; the message shows the Tensor's shape.
    """
    if gradient is None:
        if tensor.size != 1:
            raise ValueError(f"backward from the shape {tensor.shape} needs a gradient: it is not one number")
        gradient = np.ones(tensor.shape)
    array = np.asarray(gradient.data if isinstance(gradient, Tensor) else gradient, tensor.dtype)
    if array.shape != tensor.shape:
        raise ValueError(f"backward from the shape {tensor.shape} got a gradient of shape {array.shape}")
    return array


def walk(order, gradient):
    """7.9 Hand gradients from the first Tensor of `order` on to the leaves, and add them to `grad` there.

    Args:
        order: Tensors, each before its parents (7.8).
        gradient: the array that arrives at the first one.

    A Tensor's gradient is complete when its turn comes: all that was made from it stood before it. Only leaves (`node`
    is None) get a `grad`: what arrived there, added to what it held already. Its memory belongs to it alone
    (`own_gradient`), and no array that a rule gave is changed, since two inputs may have been given the same one.
    Where no gradient arrives, `grad` stays as it was.
    """
    arrived = {id(order[0]): gradient}
    for tensor in order:
        total = arrived.pop(id(tensor), None)
        if total is None:  # no rule had a gradient for it
            continue
        if tensor.node is None:
            total = total if tensor.grad is None else tensor.grad.data + total
            tensor.grad = own_gradient(total, tensor.dtype)
            continue
        for parent, part in input_gradients(tensor.node, total):
            others = arrived.get(id(parent))
            arrived[id(parent)] = part if others is None else others + part


# cell: engine
def backward(tensor, gradient=None):
    """Add to the `grad` of every leaf behind `tensor` its gradient, then free the graph. `Tensor.backward` calls it.

    Args:
        tensor: where to start, usually a loss.
        gradient: the gradient for `tensor`, of its shape; not needed for a single number.

    Raises:
        RuntimeError: `tensor` does not require gradients, or its graph has been freed. No `grad` has changed then.
        ValueError: `gradient` does not fit, or an operation has no rule.
    """
    if not tensor.requires_grad:
        raise RuntimeError("backward needs a Tensor made from one with requires_grad=True, outside of no_grad()")
    start = first_gradient(tensor, gradient)
    order = topological_order(tensor)
    walk(order, start)
    for each in order:
        if each.node is not None:
            each.node.free()


def Variable(data, requires_grad=True):  # noqa: N802 (the name that PyTorch once used)
    """A Tensor by its older name: of floats (integers become float32), and it requires gradients by default."""
    tensor = Tensor(data)
    dtype = tensor.dtype if tensor.dtype.kind == "f" else np.float32
    return Tensor(tensor, requires_grad, dtype)


install_engine(record, backward)


# cell: gradcheck
def numeric_gradient(function, x, epsilon=1e-5):
    """7.10 The gradient of a number, by central differences.

    Args:
        function: takes an array like `x`, gives a float.
        x: a float64 array of any shape. Afterwards it holds what it held before.
        epsilon: how far each element is moved, up and down.

    Returns:
        an array of the shape of `x`.

    Hint: `np.ndindex(x.shape)` goes through all places, also the single one of a 0-d array.
    """
    slopes = []
    for index in np.ndindex(x.shape):
        step = np.zeros(x.shape)
        step[index] = epsilon
        slopes.append((function(x + step) - function(x - step)) / (2 * epsilon))
    return np.array(slopes).reshape(x.shape)


def close(gradient, numeric, tolerance=1e-5):
    """7.10 Whether the largest difference is at most `tolerance` times (the largest |numeric| + 1e-4); never with nan.

    Args:
        gradient, numeric: float64 arrays of one shape, perhaps empty.

    Returns:
        a bool.
    """
    difference = np.max(np.abs(gradient - numeric), initial=0.0)
    largest = np.max(np.abs(numeric), initial=0.0)
    return bool(difference <= tolerance * (largest + 1e-4))


# cell: gradcheck-whole
def gradcheck(function, inputs, epsilon=1e-5, tolerance=1e-5):
    """Whether backward through `function` agrees with central differences, in float64, for every float input.

    Args:
        function: of as many Tensors as there are `inputs`; gives a Tensor of any shape.
        inputs: a list of Tensors or arrays. They are copied; integers are passed on and not checked.
        epsilon, tolerance: see above.

    The output is projected on fixed random weights: its plain sum would be blind for softmax, which always sums to 1.

    Example:
        gradcheck(lambda a, b: a * b, [randn(2, 3), randn(3)]) is True
    """
    tensors = []
    for x in inputs:
        array = np.asarray(x.data if isinstance(x, Tensor) else x)
        floats = array.dtype.kind == "f"
        tensors.append(Tensor(array, requires_grad=floats, dtype=np.float64 if floats else None))
    output = function(*tensors)
    weights = np.random.default_rng(0).uniform(0.5, 1.5, output.shape)
    if output.requires_grad:
        output.backward(weights)

    def projected(array, place):  # detached Tensors: nothing is recorded
        moved = [from_numpy(array) if i == place else tensor.detach() for i, tensor in enumerate(tensors)]
        return float(np.sum(weights * function(*moved).data))

    for place, tensor in enumerate(tensors):
        if tensor.requires_grad:
            gradient = np.zeros(tensor.shape) if tensor.grad is None else tensor.grad.data
            numeric = numeric_gradient(lambda array, place=place: projected(array, place), tensor.data, epsilon)
            if not close(gradient, numeric, tolerance):
                return False
    return True


__all__ = [
    "GRADIENTS",
    "Node",
    "RECORDING",
    "Variable",
    "abs_rule",
    "add_rule",
    "backward",
    "below_each_other",
    "clip_rule",
    "close",
    "concatenate_rule",
    "div_rule",
    "exp_rule",
    "extreme_rule",
    "find_rule",
    "first_gradient",
    "fit",
    "getitem_rule",
    "gradcheck",
    "input_gradients",
    "log_rule",
    "matmul_left_gradient",
    "matmul_right_gradient",
    "matmul_rule",
    "mean_rule",
    "mul_rule",
    "neg_rule",
    "no_grad",
    "numeric_gradient",
    "own_gradient",
    "parents",
    "pow_base_gradient",
    "pow_exponent_gradient",
    "pow_rule",
    "put_back",
    "record",
    "register_gradient",
    "reshape_rule",
    "scatter_add",
    "sqrt_rule",
    "sub_rule",
    "sum_rule",
    "tanh_rule",
    "topological_order",
    "transpose_rule",
    "unbroadcast",
    "var_rule",
    "walk",
    "where_rule",
]
