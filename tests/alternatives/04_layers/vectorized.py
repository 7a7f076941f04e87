"""numpy does the work: einsum, tensordot, set arithmetic on names."""


# %% load-tensors
#| export
def load_tensors(tensors: dict, state: dict) -> None:
    if set(tensors) != set(state):
        raise ValueError(f"names in only one of the two: {sorted(set(tensors) ^ set(state))}")
    arrays = {name: np.asarray(state[name]) for name in state}
    shapes = {name: (arrays[name].shape, tensors[name].shape) for name in tensors}
    if any(given != wanted for given, wanted in shapes.values()):
        raise ValueError(f"given and wanted shapes: {shapes}")
    for name, array in arrays.items():
        tensors[name].data[...] = array


# %% linear
#| export
def linear(x: Tensor, weight: Tensor, bias: Tensor | None = None) -> Tensor:
    if x.ndim == 0 or x.shape[-1] != weight.shape[1]:
        raise ValueError(f"linear: the last axis of x must have length {weight.shape[1]}, got x of shape {x.shape}")
    rows = x.reshape(math.prod(x.shape[:-1]), weight.shape[1])
    product = weight @ rows.transpose(0, 1)
    if bias is not None:
        product = product + bias.reshape(-1, 1)
    return product.permute(1, 0).reshape(*x.shape[:-1], weight.shape[0])


# %% linear-backward
#| export
def linear_backward(gradient: np.ndarray, x: np.ndarray, weight: np.ndarray) -> tuple:
    samples = list(range(x.ndim - 1))
    return (
        np.einsum("...o,oi->...i", gradient, weight),
        np.tensordot(gradient, x, axes=(samples, samples)),
        gradient.sum(axis=tuple(samples)) if samples else gradient.copy(),
    )


# %% accumulate
#| export
def accumulate(parameter: Tensor, gradient: np.ndarray) -> None:
    if gradient.shape != parameter.shape:
        raise ValueError(f"a parameter of shape {parameter.shape} cannot get a gradient of shape {gradient.shape}")
    if parameter.requires_grad:
        before = np.zeros_like(parameter.data) if parameter.grad is None else parameter.grad.data
        parameter.grad = Tensor(np.add(before, gradient), dtype=parameter.data.dtype)


# %% uniform-parameter
#| export
def uniform_parameter(shape: tuple, fan_in: int) -> Tensor:
    unit = generator().random(shape, dtype=np.float32)
    parameter = Tensor((2 * unit - 1) / np.sqrt(np.float32(fan_in)))
    parameter.requires_grad = True
    return parameter


# %% dropout
#| export
class Dropout(Layer):
    def __init__(self, p: float = 0.5):
        if not 0 <= p <= 1:
            raise ValueError(f"Dropout needs a probability p between 0 and 1, got {p!r}")
        self.p = p

    def draw_mask(self, shape) -> np.ndarray:
        kept = generator().binomial(1, 1 - self.p, size=shape)
        return kept / max(1 - self.p, 1e-300)

    def forward(self, x):
        x = floating(x)
        # a mask of ones while predicting: one path for both
        mask = self.draw_mask(x.shape) if self.training else np.ones(x.shape)
        self.saved = x.shape, np.asarray(mask, dtype=x.dtype)
        return self.saved[1] * x

    def backward(self, grad_output):
        shape, mask = self.recall()
        gradient = self.incoming(grad_output, shape)
        gradient = np.multiply(mask, gradient)
        return Tensor(gradient, dtype=gradient.dtype)
