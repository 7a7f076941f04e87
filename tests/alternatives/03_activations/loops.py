# %% relu
#| export
def relu(x: Tensor) -> Tensor:
    """3.2 Element after element."""
    from tinytorch_lib.core.tensor import concatenate

    x = floating(x)
    if x.size == 0:
        return x * 1.0
    flat, kept = x.reshape(-1), []
    for i in range(x.size):
        element = flat[i : i + 1]
        kept.append(element if float(element.data[0]) > 0 else element * 0.0)
    return concatenate(kept).reshape(*x.shape)


# %% relu-backward
#| export
def relu_backward(gradient: np.ndarray, positive: np.ndarray) -> np.ndarray:
    """3.3 Element after element."""
    result = np.zeros_like(gradient)
    for index in np.ndindex(*gradient.shape):
        if positive[index]:
            result[index] = gradient[index]
    return result


# %% sigmoid-backward
#| export
def sigmoid_backward(gradient: np.ndarray, output: np.ndarray) -> np.ndarray:
    """3.5 Element after element."""
    result = np.empty_like(gradient)
    for index, y in np.ndenumerate(output):
        result[index] = gradient[index] * (y - y * y)
    return result


# %% gelu-backward
#| export
def gelu_backward(gradient: np.ndarray, x: np.ndarray) -> np.ndarray:
    """3.7 Element after element, with the math module."""
    c = (2 / math.pi) ** 0.5
    result = np.empty_like(gradient)
    for index in np.ndindex(*x.shape):
        v = float(x[index])
        t = math.tanh(c * (v + 0.044715 * v**3))
        inner = c * (1 + 0.134145 * v**2)
        result[index] = gradient[index] * (0.5 + 0.5 * t + 0.5 * v * (1 - t) * (1 + t) * inner)
    return result


# %% softmax
#| export
def softmax(x: Tensor, axis: int = -1) -> Tensor:
    """3.8 The axis in front, then place after place along it."""
    from tinytorch_lib.core.tensor import concatenate

    x = floating(x)
    order = list(range(x.ndim))
    order[0], order[axis] = order[axis], order[0]
    front = x.permute(*order)
    largest = front[0]
    for k in range(1, len(front)):
        largest = where(front[k] > largest, front[k], largest)
    powers = [(front[k] - largest).exp() for k in range(len(front))]
    total = powers[0]
    for power in powers[1:]:
        total = total + power
    rows = [(power / total).reshape(1, *total.shape) for power in powers]
    return concatenate(rows, axis=0).permute(*order)


# %% softmax-backward
#| export
def softmax_backward(gradient: np.ndarray, output: np.ndarray, axis: int = -1) -> np.ndarray:
    """3.9 The double sum as two loops along the axis."""
    g, y = np.moveaxis(gradient, axis, 0), np.moveaxis(output, axis, 0)
    result = np.zeros_like(g)
    for i in range(len(y)):
        for j in range(len(y)):
            result[i] += g[j] * y[j] * ((1 if i == j else 0) - y[i])
    return np.moveaxis(result, 0, axis)


# %% backward-through
#| export
def backward_through(activations: list, grad_output: Tensor) -> Tensor:
    """3.10 Counting down."""
    i = len(activations) - 1
    while i >= 0:
        grad_output = activations[i].backward(grad_output)
        i -= 1
    return grad_output
