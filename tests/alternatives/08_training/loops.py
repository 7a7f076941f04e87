"""One number at a time, plain Python, nothing clever."""


# %% train-step
#| export
def train_step(model, optimizer, loss_fn, inputs, targets, after_backward=None):
    """The gradients are forgotten at the last moment; a list of things to do."""
    outputs = model.forward(inputs)
    loss = loss_fn(outputs, targets)
    check_finite(loss)
    for parameter in optimizer.parameters:
        parameter.grad = None
    loss.backward()
    for action in [after_backward, optimizer.step]:
        if action:
            action()
    return [loss, outputs]


# %% accuracy
#| export
def accuracy(logits, targets) -> float:
    """Row by row, looking for the first largest score."""
    scores, classes = np.asarray(logits), np.asarray(targets)
    if scores.ndim == 0 or scores.shape[:-1] != classes.shape:
        raise ValueError(
            f"logits of shape (..., C) go with targets of shape (...), got {scores.shape} and {classes.shape}"
        )
    if scores.size == 0:
        raise ValueError(f"accuracy needs at least one answer, got logits of shape {scores.shape}")
    right = total = 0
    for index in np.ndindex(*classes.shape):
        answer = 0
        for candidate in range(scores.shape[-1]):
            if scores[index][candidate] > scores[index][answer]:
                answer = candidate
        total += 1
        if answer == classes[index]:
            right += 1
    return right / total


# %% averages
#| export
class Averages:
    """The batches are kept and averaged when somebody asks."""

    def __init__(self):
        self.batches = []
        self.counts = {}

    def add(self, values, count):
        self.batches.append((values, count))
        for name in values:
            if name not in self.counts:
                self.counts[name] = 0
            self.counts[name] += count

    def result(self):
        means = {}
        for name, count in self.counts.items():
            total = 0.0
            for values, size in self.batches:
                if name in values:
                    total += values[name] * size / count
            means[name] = total
        return means


# %% predicting
#| export
@contextmanager
def modes_kept(model: Layer):
    """Two lists side by side."""
    parts = parts_of(model)
    flags = []
    for part in parts:
        flags.append(part.training)
    try:
        yield
    finally:
        for place in range(len(parts)):
            parts[place].training = flags[place]


@contextmanager
def predicting(model: Layer):
    """Switches each part by itself."""
    with modes_kept(model):
        for part in parts_of(model):
            part.training = False
        with no_grad():
            yield


# %% clip-grad-norm
#| export
def grad_norm(parameters) -> float:
    """Python floats, which are float64."""
    total = 0.0
    for parameter in parameters:
        if parameter.grad is not None:
            for number in parameter.grad.data.ravel().tolist():
                total += number * number
    return total**0.5


def clip_grad_norm(parameters, max_norm) -> float:
    """Nothing is multiplied if nothing needs to be."""
    if isinstance(parameters, Tensor):
        raise TypeError("clip_grad_norm takes a list of Tensors, such as model.parameters(), got one Tensor")
    parameters, max_norm = list(parameters), checked_number("max_norm", max_norm, float, 0.0, math.inf)
    if max_norm == 0:
        raise ValueError("max_norm must be above 0, got 0: it would forbid all learning")
    norm = grad_norm(parameters)
    if not math.isfinite(norm):
        raise NotFinite(f"the gradient's norm is {norm}")
    if norm + 1e-6 > max_norm:
        for parameter in parameters:
            if parameter.grad is not None:
                for index in np.ndindex(*parameter.grad.shape):
                    parameter.grad.data[index] = float(parameter.grad.data[index]) * max_norm / (norm + 1e-6)
    return norm


# %% cosine
#| export
class CosineAnnealingLR(LRScheduler):
    """The cosine of half the angle, squared."""

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
        self.step_count = self.step_count + 1
        share = math.cos(math.pi / 2 * self.step_count / self.total_steps) ** 2
        self.optimizer.learning_rate = self.minimum * (1 - share) + self.base_rate * share


# %% early-stopping
#| export
class EarlyStopping(Callback):
    """The values are kept and counted from the end."""

    def __init__(self, patience=5, min_delta=0.0, monitor="validation_loss", larger_is_better=False, restore_best=True):
        self.patience = checked_number("patience", patience, int, 1, math.inf)
        self.min_delta = checked_number("min_delta", min_delta, float, 0.0, math.inf)
        self.monitor, self.larger_is_better, self.restore_best = monitor, larger_is_better, restore_best
        self.start(None)

    def start(self, trainer):
        self.best, self.waited = math.inf, 0
        self.best_epoch = self.best_weights = None

    def update(self, value):
        improved = self.best - value > self.min_delta
        self.waited = 0 if improved else self.waited + 1
        self.best = value if improved else self.best
        return not self.waited < self.patience

    def __call__(self, trainer, metrics):
        value = metrics[self.monitor]
        stop = self.update(-value if self.larger_is_better else value)
        if self.waited == 0:
            self.best_epoch = trainer.epoch
            if self.restore_best:
                self.best_weights = trainer.model.state_dict()
        return stop

    def finish(self, trainer):
        if self.best_weights is not None:
            trainer.model.load_state_dict(self.best_weights)


# %% pack
#| export
def pack_states(states: dict) -> dict:
    """Two loops; what a Tensor holds is taken out."""
    arrays = {}
    for part in states:
        for name in states[part]:
            value = states[part][name]
            if isinstance(value, Tensor):
                value = value.data
            arrays[part + "/" + name] = np.array(value)
    return arrays


def unpack_states(arrays: dict) -> dict:
    """Looks for the first slash, letter by letter."""
    states = {}
    for key in arrays:
        place = 0
        while key[place] != "/":
            place += 1
        part, name = key[:place], key[place + 1 :]
        if part not in states:
            states[part] = {}
        states[part][name] = arrays[key]
    return states


# %% load-parts
#| export
def load_parts(parts: dict, states: dict) -> None:
    """Remembers what has been done, and undoes that only, last part first."""
    if sorted(parts) != sorted(states):
        raise ValueError(f"expected a checkpoint of {', '.join(parts)}, got one of {', '.join(states) or 'nothing'}")
    done = []
    for name in parts:
        former = parts[name].state_dict()
        try:
            parts[name].load_state_dict(states[name])
        except Exception:
            for part, state in reversed(done):
                part.load_state_dict(state)
            raise
        done.append((parts[name], former))
