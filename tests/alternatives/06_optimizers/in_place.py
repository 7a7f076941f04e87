"""Everything in the memory that is there already, as the frameworks do it."""


# %% move-parameters
#| export
def move_parameters(parameters: list, direction, learning_rate: float) -> None:
    """numpy's `out` and `casting` instead of an operator."""
    for index in range(len(parameters)):
        if parameters[index].grad is None:
            continue
        data = parameters[index].data
        np.subtract(data, learning_rate * np.asarray(direction(index)), out=data, casting="same_kind")


# %% sgd
#| export
class SGD(Optimizer):
    """The velocity is scaled and added to where it stands, and handed out as it is."""

    numbers = {**Optimizer.numbers, "momentum": (float, 0.0, 1.0), "weight_decay": (float, 0.0, math.inf)}
    lists = ("momentum_buffers",)

    def __init__(self, parameters, learning_rate=None, momentum=0.0, weight_decay=0.0, *, lr=None):
        super().__init__(parameters, chosen_rate(learning_rate, lr, 0.01))
        self.momentum = momentum
        self.weight_decay = weight_decay
        self.momentum_buffers = self.zeros() if momentum else []

    def direction(self, index):
        gradient = self.gradient(index).copy()
        gradient += self.weight_decay * self.parameters[index].data
        if not self.momentum:
            return gradient
        velocity = self.momentum_buffers[index]
        velocity *= self.momentum
        velocity += gradient
        return velocity


# %% adam
#| export
class Adam(Optimizer):
    """The moments in place, one buffer for the rest."""

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
        count, first, second = self.update_counts[index], self.first_moment[index], self.second_moment[index]
        first *= self.beta1
        first += (1 - self.beta1) * gradient
        second *= self.beta2
        second += (1 - self.beta2) * gradient * gradient
        result = np.array(second)
        result /= 1 - self.beta2**count
        np.sqrt(result, out=result)
        result += self.epsilon
        np.divide(first, result, out=result)
        result /= 1 - self.beta1**count
        return result

    def direction(self, index):
        gradient = self.gradient(index).copy()
        gradient += self.weight_decay * self.parameters[index].data
        return self.adapt(index, gradient)


# %% adamw
#| export
class AdamW(Adam):
    """The pull is added to the adapted array."""

    def __init__(
        self, parameters, learning_rate=None, beta1=0.9, beta2=0.999, epsilon=1e-8, weight_decay=0.01, *, lr=None
    ):
        super().__init__(parameters, learning_rate, beta1, beta2, epsilon, weight_decay, lr=lr)

    def direction(self, index):
        result = np.array(self.adapt(index, self.gradient(index)))
        result += self.weight_decay * self.parameters[index].data
        return result


# %% step-lr
#| export
class StepLR(LRScheduler):
    """Counts down a remainder."""

    numbers = {**LRScheduler.numbers, "step_size": (int, 1, math.inf), "gamma": (float, 0.0, math.inf)}

    def __init__(self, optimizer, step_size, gamma=0.1):
        super().__init__(optimizer)
        self.step_size = step_size
        self.gamma = gamma

    def step(self):
        left = self.step_size - self.step_count % self.step_size
        self.step_count += 1
        if left > 1:
            return
        self.optimizer.learning_rate *= self.gamma
