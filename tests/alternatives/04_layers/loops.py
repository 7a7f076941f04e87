"""Plain loops: an explicit stack for the search, a sample at a time for the gradients."""


# %% find-members
#| export
def find_members(layer: Layer, prefix: str = "", seen: set | None = None) -> list:
    met = {id(layer)}
    found = []
    waiting = []

    def push(holder, start):
        below = []
        for attribute, value in holder.named_attributes().items():
            below.extend(unpack(start + attribute, value))
        while below:
            waiting.append(below.pop())

    push(layer, prefix)
    while waiting:
        name, member = waiting.pop()
        if id(member) in met:
            continue
        met.add(id(member))
        found.append((name, member))
        if isinstance(member, Layer):
            push(member, name + ".")
    return found


# %% load-tensors
#| export
def load_tensors(tensors: dict, state: dict) -> None:
    problems = []
    for name in tensors:
        if name not in state:
            problems.append("no numbers for " + name)
    for name in state:
        if name not in tensors:
            problems.append("nobody is called " + name)
        else:
            wanted, given = tensors[name].shape, np.shape(state[name])
            if wanted != given:
                problems.append(name + ": " + str(given) + " instead of " + str(wanted))
    if problems:
        raise ValueError(", ".join(problems))
    for name in tensors:
        tensors[name].data = np.array(state[name], dtype=tensors[name].dtype)


# %% linear
#| export
def linear(x: Tensor, weight: Tensor, bias: Tensor | None = None) -> Tensor:
    if x.ndim == 0 or x.shape[-1] != weight.shape[1]:
        raise ValueError(f"linear: the last axis of x must have length {weight.shape[1]}, got x of shape {x.shape}")
    from tinytorch_lib.core.tensor import apply

    outputs = []
    for o in range(weight.shape[0]):
        outputs.append((x * weight[o]).sum(axis=-1, keepdims=True))
    y = apply("concatenate", *outputs, axis=-1)
    if bias is not None:
        y = bias + y
    return y


# %% linear-backward
#| export
def linear_backward(gradient: np.ndarray, x: np.ndarray, weight: np.ndarray) -> tuple:
    outputs, inputs = weight.shape
    for_x, for_weight, for_bias = np.zeros_like(x), np.zeros_like(weight), np.zeros(outputs, dtype=weight.dtype)
    for sample in np.ndindex(*x.shape[:-1]):
        for o in range(outputs):
            g = gradient[sample][o]
            for_bias[o] += g
            for i in range(inputs):
                for_x[(*sample, i)] += g * weight[o, i]
                for_weight[o, i] += g * x[sample][i]
    return for_x, for_weight, for_bias


# %% accumulate
#| export
def accumulate(parameter: Tensor, gradient: np.ndarray) -> None:
    if gradient.shape != parameter.shape:
        raise ValueError(f"a parameter of shape {parameter.shape} cannot get a gradient of shape {gradient.shape}")
    if parameter.requires_grad:
        if parameter.grad is None:
            parameter.grad = Tensor(np.zeros(parameter.shape), dtype=parameter.dtype)
        total = parameter.grad.data
        for index in np.ndindex(*gradient.shape):
            total[index] = total[index] + gradient[index]


# %% uniform-parameter
#| export
def uniform_parameter(shape: tuple, fan_in: int) -> Tensor:
    numbers = []
    for _ in range(math.prod(shape)):
        numbers.append((generator().random() - 0.5) * 2 / fan_in**0.5)
    return Tensor(np.reshape(numbers, shape), requires_grad=True)


# %% sequential
#| export
class Sequential(Layer):
    def __init__(self, *layers):
        if len(layers) == 1 and isinstance(layers[0], (list, tuple)):
            layers = layers[0]
        for layer in layers:
            if not isinstance(layer, (Layer, Activation)):
                raise TypeError(f"Sequential takes layers and activations, got {layer!r}")
        self.layers = list(layers)

    def forward(self, x):
        place = 0
        while place < len(self.layers):
            x = self.layers[place].forward(x)
            place += 1
        return x

    def backward(self, grad_output):
        if len({id(layer) for layer in self.layers}) < len(self.layers):
            raise RuntimeError("a layer stands in this Sequential twice, but remembers only its last call")
        for place in range(len(self.layers) - 1, -1, -1):
            grad_output = self.layers[place].backward(grad_output)
        return grad_output

    def named_attributes(self):
        rest = super().named_attributes()
        del rest["layers"]
        return {**{str(place): layer for place, layer in enumerate(self.layers)}, **rest}

    def __len__(self):
        return len(self.layers)

    def __getitem__(self, place):
        return Sequential(self.layers[place]) if isinstance(place, slice) else self.layers[place]

    def __iter__(self):
        return iter(self.layers)
