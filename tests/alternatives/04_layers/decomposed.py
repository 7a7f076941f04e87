"""Cut differently: generators, folds, and the mask kept as booleans."""


# %% find-members
#| export
def _walk(layer, prefix, seen):
    direct = [pair for name, value in layer.named_attributes().items() for pair in unpack(prefix + name, value)]
    for name, member in direct:
        if id(member) in seen:
            continue
        seen.add(id(member))
        yield name, member
        if isinstance(member, Layer):
            yield from _walk(member, name + ".", seen)


def find_members(layer: Layer, prefix: str = "", seen: set | None = None) -> list:
    return list(_walk(layer, prefix, {id(layer)}))


# %% load-tensors
#| export
def _fitted(name, tensor, state):
    """The new array for one Tensor, or why there is none."""
    if name not in state:
        return f"{name}: missing"
    new = state[name].data if isinstance(state[name], Tensor) else state[name]
    new = np.array(new, dtype=tensor.dtype)
    return new if new.shape == tensor.shape else f"{name}: {new.shape} is not {tensor.shape}"


def load_tensors(tensors: dict, state: dict) -> None:
    fitted = {name: _fitted(name, tensor, state) for name, tensor in tensors.items()}
    reasons = [new for new in fitted.values() if isinstance(new, str)]
    reasons += [f"{name}: unexpected" for name in state.keys() - tensors.keys()]
    if reasons:
        raise ValueError("; ".join(reasons))
    for name, new in fitted.items():
        tensors[name].data = new


# %% linear
#| export
def linear(x: Tensor, weight: Tensor, bias: Tensor | None = None) -> Tensor:
    if x.ndim == 0 or x.shape[-1] != weight.shape[1]:
        raise ValueError(f"linear: the last axis of x must have length {weight.shape[1]}, got x of shape {x.shape}")
    if bias is not None:
        return linear(x, weight) + bias
    column = x.reshape(*x.shape, 1)
    return (weight @ column).reshape(*x.shape[:-1], weight.shape[0])


# %% linear-backward
#| export
def linear_backward(gradient: np.ndarray, x: np.ndarray, weight: np.ndarray) -> tuple:
    for_x = np.matmul(weight.T, gradient[..., None])[..., 0]
    outer = gradient[..., :, None] * x[..., None, :]
    for_weight, for_bias = outer, gradient.copy()
    while for_bias.ndim > 1:
        for_weight, for_bias = for_weight.sum(axis=0), for_bias.sum(axis=0)
    return for_x, for_weight, for_bias


# %% accumulate
#| export
def accumulate(parameter: Tensor, gradient: np.ndarray) -> None:
    if gradient.shape != parameter.shape:
        raise ValueError(f"a parameter of shape {parameter.shape} cannot get a gradient of shape {gradient.shape}")
    share = Tensor(gradient, dtype=parameter.dtype)
    if parameter.requires_grad:
        parameter.grad = share if parameter.grad is None else parameter.grad + share


# %% uniform-parameter
#| export
def uniform_parameter(shape: tuple, fan_in: int) -> Tensor:
    return Tensor(generator().uniform(-1, 1, size=shape) * fan_in**-0.5, requires_grad=True, dtype=np.float32)


# %% dropout
#| export
class Dropout(Layer):
    def __init__(self, p: float = 0.5):
        if not 0 <= p <= 1:
            raise ValueError(f"Dropout needs a probability p between 0 and 1, got {p!r}")
        self.p = p

    def draw_mask(self, shape) -> np.ndarray:
        scale = 1 / (1 - self.p) if self.p < 1 else 0.0
        return np.where(generator().uniform(0, 1, shape) < 1 - self.p, scale, 0.0)

    def forward(self, x):
        x = floating(x)
        self.saved = x.shape, 1.0
        if self.training:
            self.saved = x.shape, Tensor(self.draw_mask(x.shape), dtype=x.dtype)
        return x * self.saved[1]

    def backward(self, grad_output):
        shape, mask = self.recall()
        gradient = self.incoming(grad_output, shape)
        if isinstance(mask, Tensor):
            gradient = gradient * mask.data
        return Tensor(gradient, dtype=gradient.dtype)


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
        if not self.layers:
            return x
        *before, last = self.layers
        return last(Sequential(before).forward(x))

    def backward(self, grad_output):
        if len({id(layer) for layer in self.layers}) < len(self.layers):
            raise RuntimeError("a layer stands in this Sequential twice, but remembers only its last call")
        if not self.layers:
            return grad_output
        *before, last = self.layers
        return Sequential(before).backward(last.backward(grad_output))

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
