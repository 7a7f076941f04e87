"""One number at a time, as on paper, in Python floats where that is simplest."""


# %% move-parameters
#| export
def move_parameters(parameters: list, direction, learning_rate: float) -> None:
    """Each element by itself; first all directions, then all moves."""
    directions = {}
    for index, parameter in enumerate(parameters):
        if parameter.grad is not None:
            directions[index] = np.array(direction(index))
    for index, along in directions.items():
        moved = parameters[index].data.copy()
        for place in np.ndindex(*moved.shape):
            moved[place] = moved[place] - learning_rate * along[place]
        parameters[index].data = moved


# %% sgd
#| export
class SGD(Optimizer):
    """Element by element."""

    numbers = {**Optimizer.numbers, "momentum": (float, 0.0, 1.0), "weight_decay": (float, 0.0, math.inf)}
    lists = ("momentum_buffers",)

    def __init__(self, parameters, learning_rate=None, momentum=0.0, weight_decay=0.0, *, lr=None):
        super().__init__(parameters, chosen_rate(learning_rate, lr, 0.01))
        self.momentum = momentum
        self.weight_decay = weight_decay
        self.momentum_buffers = self.zeros() if momentum else []

    def direction(self, index):
        gradient, data = self.gradient(index), self.parameters[index].data
        result = np.zeros_like(data)
        for place in np.ndindex(*data.shape):
            result[place] = gradient[place] + self.weight_decay * data[place]
            if self.momentum > 0:
                result[place] += self.momentum * self.momentum_buffers[index][place]
        if self.momentum > 0:
            self.momentum_buffers[index][...] = result
        return result


# %% adam
#| export
class Adam(Optimizer):
    """Element by element, the moments' old lists never touched but replaced."""

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
        self.update_counts = [count + (place == index) for place, count in enumerate(self.update_counts)]
        count = self.update_counts[index]
        first, second = np.empty_like(gradient), np.empty_like(gradient)
        result = np.empty_like(gradient)
        for place in np.ndindex(*gradient.shape):
            g = float(gradient[place])
            m = self.beta1 * float(self.first_moment[index][place]) + (1 - self.beta1) * g
            v = self.beta2 * float(self.second_moment[index][place]) + (1 - self.beta2) * g * g
            first[place], second[place] = m, v
            result[place] = m / (1 - self.beta1**count) / (math.sqrt(v / (1 - self.beta2**count)) + self.epsilon)
        self.first_moment = [*self.first_moment[:index], first, *self.first_moment[index + 1 :]]
        self.second_moment = [*self.second_moment[:index], second, *self.second_moment[index + 1 :]]
        return result

    def direction(self, index):
        parameter, gradient = self.parameters[index], self.gradient(index)
        return self.adapt(index, parameter.data * self.weight_decay + gradient)


# %% adamw
#| export
class AdamW(Adam):
    """The pull added element by element."""

    def __init__(
        self, parameters, learning_rate=None, beta1=0.9, beta2=0.999, epsilon=1e-8, weight_decay=0.01, *, lr=None
    ):
        super().__init__(parameters, learning_rate, beta1, beta2, epsilon, weight_decay, lr=lr)

    def direction(self, index):
        data, gradient = self.parameters[index].data, self.gradient(index)
        result = np.array(self.adapt(index, gradient))
        for place in np.ndindex(*data.shape):
            result[place] = result[place] + self.weight_decay * data[place]
        return result


# %% step-lr
#| export
class StepLR(LRScheduler):
    """Walks through the calls at which the rate changes."""

    numbers = {**LRScheduler.numbers, "step_size": (int, 1, math.inf), "gamma": (float, 0.0, math.inf)}

    def __init__(self, optimizer, step_size, gamma=0.1):
        super().__init__(optimizer)
        self.step_size = step_size
        self.gamma = gamma

    def step(self):
        self.step_count = self.step_count + 1
        if self.step_count in range(self.step_size, self.step_count + 1, self.step_size):
            self.optimizer.learning_rate = self.get_lr() * self.gamma
