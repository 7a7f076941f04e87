"""As much as possible in one numpy call each, on one long vector."""


# %% accuracy
#| export
def accuracy(logits, targets) -> float:
    """The target's score against the largest one before it and behind it."""
    scores, classes = np.asarray(logits), np.asarray(targets)
    if scores.ndim == 0 or scores.shape[:-1] != classes.shape:
        raise ValueError(
            f"logits of shape (..., C) go with targets of shape (...), got {scores.shape} and {classes.shape}"
        )
    if scores.size == 0:
        raise ValueError(f"accuracy needs at least one answer, got logits of shape {scores.shape}")
    rows = scores.reshape(-1, scores.shape[-1])
    right = np.count_nonzero(np.argmax(rows, axis=1) == classes.reshape(-1))
    return float(right / rows.shape[0])


# %% averages
#| export
class Averages:
    """A list of values and one of weights for each metric; np.average does the rest."""

    def __init__(self):
        self.values = {}
        self.counts = {}

    def add(self, values, count):
        for name, value in values.items():
            self.values.setdefault(name, []).append(value)
            self.counts.setdefault(name, []).append(count)

    def result(self):
        return {name: float(np.average(self.values[name], weights=self.counts[name])) for name in self.values}


# %% clip-grad-norm
#| export
def grad_norm(parameters) -> float:
    """One long vector."""
    flat = [parameter.grad.data.astype(np.float64).ravel() for parameter in parameters if parameter.grad is not None]
    return float(np.linalg.norm(np.concatenate([*flat, np.zeros(1)])))


def clip_grad_norm(parameters, max_norm) -> float:
    """New gradients in place of the old ones."""
    if isinstance(parameters, Tensor):
        raise TypeError("clip_grad_norm takes a list of Tensors, such as model.parameters(), got one Tensor")
    parameters, max_norm = list(parameters), checked_number("max_norm", max_norm, float, 0.0, math.inf)
    if max_norm == 0:
        raise ValueError("max_norm must be above 0, got 0: it would forbid all learning")
    norm = grad_norm(parameters)
    if not math.isfinite(norm):
        raise NotFinite(f"the gradient's norm is {norm}")
    factor = np.clip(max_norm / (norm + 1e-6), 0.0, 1.0)
    for parameter in parameters:
        if parameter.grad is not None:
            gradient = parameter.grad
            parameter.grad = Tensor(gradient.data * np.asarray(factor, gradient.dtype), dtype=gradient.dtype)
    return norm


# %% cosine
#| export
class CosineAnnealingLR(LRScheduler):
    """All rates of one period in a table, made at the first call."""

    numbers = {
        **LRScheduler.numbers,
        "total_steps": (int, 1, math.inf),
        "minimum": (float, 0.0, math.inf),
        "base_rate": (float, 0.0, math.inf),
    }

    def __init__(self, optimizer, total_steps, minimum=0.0):
        super().__init__(optimizer)
        self.total_steps = total_steps
        self.minimum = minimum
        self.base_rate = optimizer.learning_rate

    def step(self):
        self.step_count += 1
        angles = np.linspace(0.0, 2 * np.pi, 2 * self.total_steps + 1)
        middle, height = (self.base_rate + self.minimum) / 2, (self.base_rate - self.minimum) / 2
        table = np.maximum(middle + height * np.cos(angles), 0.0)
        self.optimizer.learning_rate = float(table[self.step_count % (2 * self.total_steps)])


# %% pack
#| export
def pack_states(states: dict) -> dict:
    """Pairs into dict()."""
    pairs = [(part, name, value) for part, state in states.items() for name, value in state.items()]
    return dict(zip(map("{0[0]}/{0[1]}".format, pairs), (np.array(value) for _, _, value in pairs), strict=True))


def unpack_states(arrays: dict) -> dict:
    """First the parts, then each part's share."""
    parts = dict.fromkeys(key.split("/", 1)[0] for key in arrays)
    return {part: {key[len(part) + 1 :]: arrays[key] for key in arrays if key.startswith(part + "/")} for part in parts}
