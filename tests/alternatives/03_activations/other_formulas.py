# %% relu
#| export
def relu(x: Tensor) -> Tensor:
    """3.2 The mean of x and |x|."""
    x = floating(x)
    return (x + x.abs()) * 0.5


# %% relu-backward
#| export
def relu_backward(gradient: np.ndarray, positive: np.ndarray) -> np.ndarray:
    """3.3 Pick."""
    return np.where(positive, gradient, np.zeros_like(gradient))


# %% sigmoid
#| export
def sigmoid(x: Tensor) -> Tensor:
    """3.4 Two formulas, each kept on its own side of 0."""
    x = floating(x)
    right = 1 / (1 + (-x.clip(low=0.0)).exp())
    left_power = x.clip(high=0.0).exp()
    return where(x >= 0, right, left_power / (1 + left_power))


# %% sigmoid-backward
#| export
def sigmoid_backward(gradient: np.ndarray, output: np.ndarray) -> np.ndarray:
    """3.5 A quarter less the squared distance from a half."""
    return gradient * (0.25 - (output - 0.5) ** 2)


# %% gelu
#| export
def gelu(x: Tensor) -> Tensor:
    """3.6 x times a sigmoid: (1 + tanh u) / 2 = 1 / (1 + exp(-2u))."""
    x = floating(x)
    double = 2 * np.sqrt(2 / np.pi) * x * (1 + 0.044715 * x**2)
    return x / (1 + (-double.clip(-80, 80)).exp())


# %% gelu-backward
#| export
def gelu_backward(gradient: np.ndarray, x: np.ndarray) -> np.ndarray:
    """3.7 The derivative of x s(2u), where s is the sigmoid, written with tanh so that nothing overflows."""
    k = math.sqrt(8 / math.pi)
    s = 0.5 + 0.5 * np.tanh(0.5 * k * (x + 0.044715 * x**3))
    return gradient * (s + x * s * (1 - s) * k * (1 + 0.134145 * x**2))


# %% softmax
#| export
def softmax(x: Tensor, axis: int = -1) -> Tensor:
    """3.8 The exponential of log-softmax."""
    x = floating(x)
    top = x.max(axis=axis, keepdims=True).detach()
    log_total = top + (x - top).exp().sum(axis=axis, keepdims=True).log()
    return (x - log_total).exp()


# %% softmax-backward
#| export
def softmax_backward(gradient: np.ndarray, output: np.ndarray, axis: int = -1) -> np.ndarray:
    """3.9 With the whole table of derivatives."""
    g, y = np.moveaxis(gradient, axis, -1), np.moveaxis(output, axis, -1)
    table = y[..., :, None] * (np.eye(y.shape[-1], dtype=y.dtype) - y[..., None, :])
    return np.moveaxis(np.einsum("...j,...ji->...i", g, table), -1, axis)


# %% backward-through
#| export
def backward_through(activations: list, grad_output: Tensor) -> Tensor:
    """3.10 The last one, then the rest."""
    if len(activations) == 0:
        return grad_output
    return backward_through(activations[:-1], activations[-1].backward(grad_output))
