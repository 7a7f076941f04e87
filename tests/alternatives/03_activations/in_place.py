# %% relu
#| export
def relu(x: Tensor) -> Tensor:
    """3.2 One operation."""
    return floating(x).clip(low=0)


# %% relu-backward
#| export
def relu_backward(gradient: np.ndarray, positive: np.ndarray) -> np.ndarray:
    """3.3 A copy with holes."""
    result = gradient.copy()
    result[~positive] = 0
    return result


# %% sigmoid
#| export
def sigmoid(x: Tensor) -> Tensor:
    """3.4 Clipped on both sides; += makes a new Tensor each time."""
    x = floating(x)
    result = (x.clip(-85.0, 85.0) * -1).exp()
    result += 1
    return result**-1


# %% sigmoid-backward
#| export
def sigmoid_backward(gradient: np.ndarray, output: np.ndarray) -> np.ndarray:
    """3.5 In a buffer of its own."""
    result = np.subtract(1, output)
    result *= output
    result *= gradient
    return result


# %% gelu
#| export
def gelu(x: Tensor) -> Tensor:
    """3.6 Term by term."""
    x = floating(x)
    u = x**3
    u *= 0.044715
    u += x
    u *= math.sqrt(2 / math.pi)
    result = u.tanh()
    result += 1
    result *= x
    result /= 2
    return result


# %% gelu-backward
#| export
def gelu_backward(gradient: np.ndarray, x: np.ndarray) -> np.ndarray:
    """3.7 In buffers."""
    squares = np.square(x)
    t = np.multiply(squares, 0.044715)
    t += 1
    t *= x
    t *= math.sqrt(2 / math.pi)
    np.tanh(t, out=t)
    result = np.multiply(squares, 3 * 0.044715)
    result += 1
    result *= math.sqrt(2 / math.pi)
    result *= x
    result *= 1 - np.square(t)
    result += t
    result += 1
    result *= gradient
    result /= 2
    return result


# %% softmax
#| export
def softmax(x: Tensor, axis: int = -1) -> Tensor:
    """3.8 The shift from numpy: any constant will do, so nothing of it needs a gradient."""
    x = floating(x)
    result = (x - np.max(x.data, axis=axis, keepdims=True)).exp()
    result *= result.sum(axis=axis, keepdims=True) ** -1
    return result


# %% softmax-backward
#| export
def softmax_backward(gradient: np.ndarray, output: np.ndarray, axis: int = -1) -> np.ndarray:
    """3.9 In one buffer."""
    result = gradient * output
    result -= output * np.sum(result, axis=axis, keepdims=True)
    return result


# %% backward-through
#| export
def backward_through(activations: list, grad_output: Tensor) -> Tensor:
    """3.10 A fold over the list from the back."""
    from functools import reduce

    return reduce(lambda gradient, activation: activation.backward(gradient), activations[::-1], grad_output)
