"""Arrays and lists filled where they stand; the search writes into one shared list."""


# %% find-members
#| export
def find_members(layer: Layer, prefix: str = "", seen: set | None = None) -> list:
    found = []
    met = [layer]

    def visit(holder, start):
        for attribute, value in holder.named_attributes().items():
            for name, member in unpack(start + attribute, value):
                if any(member is other for other in met):
                    continue
                met.append(member)
                found.append((name, member))
                if isinstance(member, Layer):
                    visit(member, f"{name}.")

    visit(layer, prefix)
    return found


# %% load-tensors
#| export
def load_tensors(tensors: dict, state: dict) -> None:
    """Change at once, and put everything back when something does not fit."""
    before = {name: tensor.data.copy() for name, tensor in tensors.items()}
    left = dict(state)
    complaints = []
    for name, tensor in tensors.items():
        if name not in left:
            complaints.append(f"{name} is missing")
            continue
        array = np.asarray(left.pop(name))
        if array.shape == tensor.shape:
            np.copyto(tensor.data, array, casting="unsafe")
        else:
            complaints.append(f"{name} has shape {array.shape} and should have {tensor.shape}")
    complaints += [f"{name} is unexpected" for name in left]
    if complaints:
        for name, tensor in tensors.items():
            tensor.data = before[name]
        raise ValueError("; ".join(complaints))


# %% linear-backward
#| export
def linear_backward(gradient: np.ndarray, x: np.ndarray, weight: np.ndarray) -> tuple:
    for_x = np.empty_like(x)
    np.matmul(gradient, weight, out=for_x)
    count = math.prod(x.shape[:-1])
    for_weight = np.zeros_like(weight)
    for_weight += (x.reshape(count, -1 if count else weight.shape[1]).T @ gradient.reshape(count, weight.shape[0])).T
    for_bias = np.ones(count, dtype=gradient.dtype) @ gradient.reshape(count, weight.shape[0])
    return for_x, for_weight, for_bias


# %% accumulate
#| export
def accumulate(parameter: Tensor, gradient: np.ndarray) -> None:
    if gradient.shape != parameter.shape:
        raise ValueError(f"a parameter of shape {parameter.shape} cannot get a gradient of shape {gradient.shape}")
    if not parameter.requires_grad:
        return
    if parameter.grad is None:
        parameter.grad = Tensor(gradient, dtype=parameter.dtype)
    else:
        parameter.grad.data += gradient.astype(parameter.dtype)


# %% uniform-parameter
#| export
def uniform_parameter(shape: tuple, fan_in: int) -> Tensor:
    numbers = generator().random(shape)
    numbers *= 2
    numbers -= 1
    numbers /= math.sqrt(fan_in)
    return Tensor(numbers, requires_grad=True, dtype="float32")


# %% dropout
#| export
class Dropout(Layer):
    def __init__(self, p: float = 0.5):
        if not 0 <= p <= 1:
            raise ValueError(f"Dropout needs a probability p between 0 and 1, got {p!r}")
        self.p = p

    def draw_mask(self, shape) -> np.ndarray:
        mask = np.full(shape, 0.0 if self.p == 1 else 1 / (1 - self.p))
        mask[generator().random(shape) < self.p] = 0.0
        return mask

    def forward(self, x):
        x = floating(x)
        self.saved = x.shape, None
        if not self.training:
            return x
        mask = Tensor(self.draw_mask(x.shape), dtype=x.dtype)
        self.saved = x.shape, mask.data
        return x * mask

    def backward(self, grad_output):
        shape, mask = self.recall()
        gradient = self.incoming(grad_output, shape)
        gradient = gradient.copy()
        if mask is not None:
            gradient *= mask
        return Tensor(gradient, dtype=gradient.dtype)
