"""One buffer, changed step by step; positions counted in the flattened array."""


# %% squared-error
#| export
def mean_squared_error(pred, target) -> Tensor:
    pred, target = paired(pred, target)
    squares = (target - pred) ** 2
    return squares.sum() / squares.size


# %% squared-error-backward
#| export
def squared_error_backward(pred: np.ndarray, target: np.ndarray) -> np.ndarray:
    gradient = pred.copy()
    gradient -= target
    gradient /= pred.size
    gradient += gradient
    return gradient


# %% log-softmax
#| export
def log_softmax(x: Tensor, axis: int = -1) -> Tensor:
    x = floating(x)
    x = x - Tensor(x.data.max(axis=axis, keepdims=True), dtype=x.dtype)
    total = x.exp().sum(axis=axis, keepdims=True)
    x -= total.log()
    return x


# %% negative-log-likelihood
#| export
def negative_log_likelihood(log_probabilities: Tensor, classes: np.ndarray) -> Tensor:
    count = log_probabilities.shape[-1]
    places = np.arange(0, classes.size * count, count)
    places += classes.flatten()
    return log_probabilities.flatten()[places].mean() * -1.0


# %% cross-entropy-backward
#| export
def cross_entropy_backward(log_probabilities: np.ndarray, classes: np.ndarray) -> np.ndarray:
    gradient = log_probabilities.copy()
    np.exp(gradient, out=gradient)
    at = np.expand_dims(classes, -1)
    np.put_along_axis(gradient, at, np.take_along_axis(gradient, at, axis=-1) - 1, axis=-1)
    gradient /= classes.size
    return gradient


# %% binary-cross-entropy
#| export
def clamped_log(x: Tensor) -> Tensor:
    hopeless = x < 3e-44
    result = where(hopeless, 0.5, x).log()
    return where(hopeless, -100.0, result).clip(low=-100.0)


def binary_cross_entropy(probabilities: Tensor, targets: Tensor) -> Tensor:
    total = (targets * clamped_log(probabilities)).mean()
    total += ((1 - targets) * clamped_log(1 - probabilities)).mean()
    return -total


# %% binary-cross-entropy-backward
#| export
def binary_cross_entropy_backward(probabilities: np.ndarray, targets: np.ndarray) -> np.ndarray:
    slope = np.array(1 - probabilities)
    slope *= probabilities
    slope[slope < 1e-12] = 1e-12
    gradient = np.array(probabilities - targets)
    gradient /= slope
    gradient /= slope.size
    return gradient
