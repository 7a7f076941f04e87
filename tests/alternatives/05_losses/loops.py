"""One element or one row after the other: the formulas word for word."""


# %% squared-error
#| export
def mean_squared_error(pred, target) -> Tensor:
    pred, target = paired(pred, target)
    total = 0.0
    for place in np.ndindex(*pred.shape):
        miss = target[place] - pred[place]
        total = total + miss * miss
    return total / pred.size


# %% squared-error-backward
#| export
def squared_error_backward(pred: np.ndarray, target: np.ndarray) -> np.ndarray:
    gradient = np.empty_like(pred)
    for place in np.ndindex(*pred.shape):
        gradient[place] = (pred[place] - target[place]) * (2 / pred.size)
    return gradient


# %% log-softmax
#| export
from tinytorch_lib.core.tensor import concatenate


def log_softmax(x: Tensor, axis: int = -1) -> Tensor:
    """Row by row, with the axis moved to the end and back."""
    x = floating(x)
    order = list(range(x.ndim))
    order.append(order.pop(axis))
    moved = x.permute(*order)
    rows = moved.reshape(-1, x.shape[axis])
    done = []
    for i in range(len(rows)):
        row = rows[i : i + 1] - rows[i].max()
        done.append(row - row.exp().sum().log())
    return concatenate(done).reshape(moved.shape).permute(*np.argsort(order))


# %% checked-classes
#| export
def checked_classes(logits: Tensor, classes) -> np.ndarray:
    classes = classes.data if isinstance(classes, Tensor) else np.asarray(classes)
    shapes = "logits " + str(logits.shape) + " against classes " + str(classes.shape)
    if len(logits.shape) == 0:
        raise ValueError("no classes to choose from: " + shapes)
    if len(classes.shape) != len(logits.shape) - 1:
        raise ValueError("the numbers of axes do not fit: " + shapes)
    for a, b in zip(classes.shape, logits.shape):
        if a != b:
            raise ValueError("the lengths do not fit: " + shapes)
        if a == 0:
            raise ValueError("nothing to do: " + shapes)
    if classes.dtype.kind == "b" or not np.issubdtype(classes.dtype, np.integer):
        raise TypeError("expected whole numbers, got " + classes.dtype.name)
    for place in np.ndindex(*classes.shape):
        if not 0 <= classes[place] < logits.shape[-1]:
            raise ValueError("expected 0 ... below " + str(logits.shape[-1]) + ", got " + str(classes[place]))
    return classes


# %% negative-log-likelihood
#| export
def negative_log_likelihood(log_probabilities: Tensor, classes: np.ndarray) -> Tensor:
    total = 0.0
    for row in np.ndindex(*classes.shape):
        total = total - log_probabilities[(*row, int(classes[row]))]
    return total / classes.size


# %% cross-entropy-backward
#| export
def cross_entropy_backward(log_probabilities: np.ndarray, classes: np.ndarray) -> np.ndarray:
    gradient = np.zeros_like(log_probabilities)
    for place in np.ndindex(*log_probabilities.shape):
        truth = 1.0 if classes[place[:-1]] == place[-1] else 0.0
        gradient[place] = (math.exp(log_probabilities[place]) - truth) / classes.size
    return gradient


# %% binary-cross-entropy
#| export
def clamped_log(x: Tensor) -> Tensor:
    """Two clips: the first keeps the logarithm finite, the second sets it to -100."""
    return x.clip(low=1e-44).log().clip(low=-100.0)


def binary_cross_entropy(probabilities: Tensor, targets: Tensor) -> Tensor:
    total = 0.0
    for place in np.ndindex(*probabilities.shape):
        p, y = probabilities[place], targets[place]
        total = total - y * clamped_log(p) - (1.0 - y) * clamped_log(1.0 - p)
    return total / probabilities.size


# %% binary-cross-entropy-backward
#| export
def binary_cross_entropy_backward(probabilities: np.ndarray, targets: np.ndarray) -> np.ndarray:
    gradient = np.empty_like(probabilities)
    for place in np.ndindex(*probabilities.shape):
        p, y = float(probabilities[place]), float(targets[place])
        gradient[place] = (p - y) / max(p * (1 - p), 1e-12) / probabilities.size
    return gradient
