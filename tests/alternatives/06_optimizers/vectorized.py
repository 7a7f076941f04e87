"""New arrays in every line, from the definitions written another way round; rebinding instead of in-place."""


# %% move-parameters
#| export
def move_parameters(parameters: list, direction, learning_rate: float) -> None:
    """A new array for each parameter, of the old type; 0-d results are made arrays again."""
    moving = [(index, parameter) for index, parameter in enumerate(parameters) if parameter.grad is not None]
    for index, parameter in moving:
        moved = parameter.data - np.multiply(learning_rate, direction(index))
        parameter.data = np.asarray(moved, dtype=parameter.data.dtype)


# %% sgd
#| export
class SGD(Optimizer):
    """The velocity as a weighted sum, with the branches where PyTorch has them."""

    numbers = {**Optimizer.numbers, "momentum": (float, 0.0, 1.0), "weight_decay": (float, 0.0, math.inf)}
    lists = ("momentum_buffers",)

    def __init__(self, parameters, learning_rate=None, momentum=0.0, weight_decay=0.0, *, lr=None):
        super().__init__(parameters, chosen_rate(learning_rate, lr, 0.01))
        self.momentum = momentum
        self.weight_decay = weight_decay
        self.momentum_buffers = self.zeros() if momentum else []

    def direction(self, index):
        gradient = self.gradient(index)
        if self.weight_decay != 0:
            gradient = gradient + self.parameters[index].data * self.weight_decay
        if self.momentum_buffers:
            gradient = gradient + self.momentum_buffers[index] * self.momentum
            self.momentum_buffers[index] = np.array(gradient)
        return gradient


# %% adam
#| export
class Adam(Optimizer):
    """The means as interpolations, and the corrections gathered in two numbers, as in the paper's last remark."""

    numbers = {
        **Optimizer.numbers,
        "beta1": (float, 0.0, 1.0),
        "beta2": (float, 0.0, 1.0),
        "epsilon": (float, 0.0, math.inf),
        "weight_decay": (float, 0.0, math.inf),
    }
    lists = ("first_moment", "second_moment", "update_counts")

    def __init__(
        self, parameters, learning_rate=None, beta1=0.9, beta2=0.999, epsilon=1e-8, weight_decay=0.0, *, lr=None
    ):
        super().__init__(parameters, chosen_rate(learning_rate, lr, 0.001))
        self.beta1 = beta1
        self.beta2 = beta2
        self.epsilon = epsilon
        self.weight_decay = weight_decay
        self.first_moment = self.zeros()
        self.second_moment = self.zeros()
        self.update_counts = [0] * len(self.parameters)

    def adapt(self, index, gradient):
        self.update_counts[index] += 1
        t = self.update_counts[index]
        m, v = self.first_moment[index], self.second_moment[index]
        m = m + (gradient - m) * (1 - self.beta1)
        v = v + (np.square(gradient) - v) * (1 - self.beta2)
        self.first_moment[index], self.second_moment[index] = m, v
        root = math.sqrt(1 - self.beta2**t)
        return m * (root / (1 - self.beta1**t)) / (np.sqrt(v) + self.epsilon * root)

    def direction(self, index):
        gradient = self.gradient(index)
        if self.weight_decay:
            gradient = gradient + self.weight_decay * self.parameters[index].data
        return self.adapt(index, gradient)


# %% adamw
#| export
class AdamW(Adam):
    """Adam's own direction, asked without decay."""

    def __init__(
        self, parameters, learning_rate=None, beta1=0.9, beta2=0.999, epsilon=1e-8, weight_decay=0.01, *, lr=None
    ):
        super().__init__(parameters, learning_rate, beta1, beta2, epsilon, weight_decay, lr=lr)

    def direction(self, index):
        pull = self.weight_decay * self.parameters[index].data
        decay, self.weight_decay = self.weight_decay, 0.0
        adapted = super().direction(index)
        self.weight_decay = decay
        return pull + adapted


# %% step-lr
#| export
class StepLR(LRScheduler):
    """Compares whole periods before and after the call."""

    numbers = {**LRScheduler.numbers, "step_size": (int, 1, math.inf), "gamma": (float, 0.0, math.inf)}

    def __init__(self, optimizer, step_size, gamma=0.1):
        super().__init__(optimizer)
        self.step_size = step_size
        self.gamma = gamma

    def step(self):
        before, self.step_count = self.step_count, self.step_count + 1
        periods = self.step_count // self.step_size - before // self.step_size
        self.optimizer.learning_rate = self.optimizer.learning_rate * self.gamma**periods
