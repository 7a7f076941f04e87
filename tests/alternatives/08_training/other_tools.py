"""Other tools of the language: classes for `with`, ExitStack, copies made early."""


# %% train-step
#| export
def train_step(model, optimizer, loss_fn, inputs, targets, after_backward=None):
    """Forgets the gradients of everything that the optimizer and the model know."""
    optimizer.zero_grad()
    model.zero_grad()
    outputs = model(inputs)
    loss = loss_fn(outputs, targets)
    if not np.all(np.isfinite(loss.data)):
        raise NotFinite("no step along a loss that is no number")
    loss.backward(Tensor(np.ones(loss.shape), dtype=loss.dtype))
    (after_backward or (lambda: None))()
    optimizer.step()
    return loss, outputs


# %% averages
#| export
class Averages:
    """Running means: each batch moves the mean by its share."""

    def __init__(self):
        self.means = {}
        self.counts = {}

    def add(self, values, count):
        for name, value in values.items():
            self.counts[name] = self.counts.get(name, 0) + count
            former = self.means.get(name, value)
            self.means[name] = former + (value - former) * count / self.counts[name]

    def result(self):
        return dict(self.means)


# %% predicting
#| export
class modes_kept:
    """A class with __enter__ and __exit__."""

    def __init__(self, model):
        self.model = model

    def __enter__(self):
        self.flags = {part: part.training for part in parts_of(self.model)}

    def __exit__(self, *error):
        for part in self.flags:
            part.training = self.flags[part]


class predicting:
    """Keeps both blocks on a stack."""

    def __init__(self, model):
        self.kept, self.silent, self.model = modes_kept(model), no_grad(), model

    def __enter__(self):
        self.kept.__enter__()
        self.model.train(False)
        self.silent.__enter__()

    def __exit__(self, *error):
        self.silent.__exit__(None, None, None)
        self.kept.__exit__(*error)


# %% clip-grad-norm
#| export
def grad_norm(parameters) -> float:
    """The norm of norms, each made safe from overflow by its largest number."""
    norms = [0.0]
    for gradient in (parameter.grad for parameter in parameters):
        if gradient is not None and gradient.size:
            largest = float(np.abs(gradient.data).max())
            scaled = gradient.data / largest if 0 < largest < math.inf else gradient.data
            norms.append(largest if largest in (0.0, math.inf) else largest * float(np.sqrt(np.vdot(scaled, scaled))))
    return math.hypot(*norms)


def clip_grad_norm(parameters, max_norm) -> float:
    """np.multiply into the gradient's own memory."""
    if isinstance(parameters, Tensor):
        raise TypeError("clip_grad_norm takes a list of Tensors, such as model.parameters(), got one Tensor")
    parameters, max_norm = list(parameters), checked_number("max_norm", max_norm, float, 0.0, math.inf)
    if max_norm == 0:
        raise ValueError("max_norm must be above 0, got 0: it would forbid all learning")
    norm = grad_norm(parameters)
    if not math.isfinite(norm):
        raise NotFinite(f"the gradient's norm is {norm}")
    for gradient in filter(lambda gradient: gradient is not None, [parameter.grad for parameter in parameters]):
        np.multiply(gradient.data, min(max_norm / (norm + 1e-6), 1.0), out=gradient.data)
    return norm


# %% early-stopping
#| export
class EarlyStopping(Callback):
    """The goal to beat is moved when it is beaten."""

    def __init__(self, patience=5, min_delta=0.0, monitor="validation_loss", larger_is_better=False, restore_best=True):
        self.patience = checked_number("patience", patience, int, 1, math.inf)
        self.min_delta = checked_number("min_delta", min_delta, float, 0.0, math.inf)
        self.monitor, self.larger_is_better, self.restore_best = monitor, larger_is_better, restore_best
        self.start(None)

    def start(self, trainer):
        self.best, self.waited, self.goal = math.inf, 0, math.inf
        self.best_epoch = self.best_weights = None

    def update(self, value):
        if not value < self.goal:
            self.waited += 1
            return self.waited == self.patience or self.waited > self.patience
        self.best, self.goal, self.waited = value, value - self.min_delta, 0
        return False

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


# %% load-parts
#| export
def load_parts(parts: dict, states: dict) -> None:
    """An ExitStack that puts everything back unless it is told that all went well."""
    from contextlib import ExitStack

    if sorted(parts) != sorted(states):
        raise ValueError(f"expected a checkpoint of {', '.join(parts)}, got one of {', '.join(states) or 'nothing'}")
    with ExitStack() as undo:
        for part in parts.values():
            undo.callback(part.load_state_dict, part.state_dict())
        for name, part in parts.items():
            part.load_state_dict(states[name])
        undo.pop_all()
