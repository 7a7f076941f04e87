"""Tables instead of indices: zeros with a one at the right class; and the formulas in another order."""


# %% squared-error
#| export
def mean_squared_error(pred, target) -> Tensor:
    """A dot product of the differences with themselves."""
    pred, target = paired(pred, target)
    difference = (pred - target).flatten()
    return difference @ difference / difference.size


# %% squared-error-backward
#| export
def squared_error_backward(pred: np.ndarray, target: np.ndarray) -> np.ndarray:
    mean_gradient = np.full_like(pred, 1 / pred.size)
    return mean_gradient * (pred - target) * 2


# %% log-softmax
#| export
def log_softmax(x: Tensor, axis: int = -1) -> Tensor:
    """x minus its log-sum-exp, c outside the sum as on paper, and a constant."""
    x = floating(x)
    c = x.max(axis=axis, keepdims=True).detach()
    log_sum_exp = c + (x - c).exp().sum(axis=axis, keepdims=True).log()
    return x - log_sum_exp


# %% checked-classes
#| export
def checked_classes(logits: Tensor, classes) -> np.ndarray:
    classes = classes.data if isinstance(classes, Tensor) else np.asarray(classes)
    *rows, count = logits.shape or (None, None)
    if tuple(rows) != classes.shape:
        raise ValueError(f"{logits.shape} and {classes.shape} do not belong together")
    if 0 in classes.shape:
        raise ValueError("empty batch")
    if classes.dtype.name.strip("u0123456789") != "int":
        raise TypeError(f"{classes.dtype} is no type for classes")
    lowest, highest = classes.min(), classes.max()
    if lowest < 0:
        raise ValueError(f"{lowest} is below 0; expected 0 to {count - 1}, for {count} classes")
    if highest > count - 1:
        raise ValueError(f"{highest} is too high; expected 0 to {count - 1}, for {count} classes")
    return classes


# %% negative-log-likelihood
#| export
def negative_log_likelihood(log_probabilities: Tensor, classes: np.ndarray) -> Tensor:
    """where keeps what is right; a product would turn -inf into nan."""
    is_right = np.arange(log_probabilities.shape[-1]) == classes[..., None]
    return where(is_right, -log_probabilities, 0.0).sum() / is_right.sum()


# %% cross-entropy-backward
#| export
def cross_entropy_backward(log_probabilities: np.ndarray, classes: np.ndarray) -> np.ndarray:
    one_hot = np.eye(log_probabilities.shape[-1], dtype=log_probabilities.dtype)[classes]
    return (np.exp(log_probabilities) - one_hot) * (1 / classes.size)


# %% binary-cross-entropy
#| export
def clamped_log(x: Tensor) -> Tensor:
    return where(x > 1e-44, x, 1e-44).log().clip(-100.0, 0.0)


def binary_cross_entropy(probabilities: Tensor, targets: Tensor) -> Tensor:
    """The surprise of no, and what yes would change about it."""
    no = clamped_log(1 - probabilities)
    change = clamped_log(probabilities) - no
    return (no + targets * change).sum() / -probabilities.size


# %% binary-cross-entropy-backward
#| export
def binary_cross_entropy_backward(probabilities: np.ndarray, targets: np.ndarray) -> np.ndarray:
    spread = probabilities - probabilities**2
    spread = np.where(spread < 1e-12, np.asarray(1e-12, dtype=spread.dtype), spread)
    return (probabilities - targets) / (probabilities.size * spread)
