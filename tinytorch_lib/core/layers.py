# Module 04, layers. Generated from source/04_layers.py by `tito lib`: edits here are lost.


# cell: imports
import math

import numpy as np

from tinytorch_lib.core.activations import Activation, floating
from tinytorch_lib.core.tensor import Tensor, generator


# cell: layer
class Layer:
    """Base of all layers and models.

    A subclass assigns Tensors, layers and activations to attributes (or puts them in lists) and defines
        forward(x): the output, made by operations on Tensors. It leaves in `self.saved` what backward needs.
        backward(grad_output): given the loss's gradient for the output of the last forward, adds to the gradients
            of the layer's parameters and returns the gradient for the input of that forward.

    Attributes:
        training: True while learning, False while predicting.
        saved: what the last forward kept; None before the first one. No part of the model's state.
    """

    training = True
    saved = None

    def __call__(self, *inputs, **options):
        return self.forward(*inputs, **options)

    def forward(self, x):
        raise NotImplementedError(f"{type(self).__name__} defines no forward")

    def backward(self, grad_output):
        raise NotImplementedError(f"{type(self).__name__} defines no backward")

    def incoming(self, grad_output, shape) -> np.ndarray:
        """The array of `grad_output`, once it is sure that it fits the last forward, whose output had `shape`.

        Raises:
            ValueError: the gradient has another shape.
        """
        gradient = floating(grad_output).data
        if gradient.shape != tuple(shape):
            name = type(self).__name__
            raise ValueError(f"{name}.backward got a gradient of shape {gradient.shape}, its output had {tuple(shape)}")
        return gradient

    def recall(self):
        """What the last forward saved.

        Raises:
            RuntimeError: there was no forward yet.
        """
        if self.saved is None:
            name = type(self).__name__
            raise RuntimeError(f"{name}.backward was called before forward, which saves what backward needs")
        return self.saved

    def named_attributes(self) -> dict:
        """The attributes among which members are looked for, in order of assignment."""
        return {name: value for name, value in vars(self).items() if name != "saved"}

    def named_tensors(self) -> dict:
        """Every Tensor of the layer and of its parts, by dotted name, each once."""
        return {name: member for name, member in find_members(self) if isinstance(member, Tensor)}

    def parameters(self) -> list:
        """What an optimizer may change: the Tensors with `requires_grad`, each once."""
        return [tensor for tensor in self.named_tensors().values() if tensor.requires_grad]

    def zero_grad(self):
        """Forget all gradients. Do it before each backward that shall not be added to the one before."""
        for parameter in self.parameters():
            parameter.zero_grad()

    def train(self, mode=True):
        """Switch the layer and every part of it to learning (or, with `mode=False`, to predicting)."""
        self.training = bool(mode)
        for _, member in find_members(self):
            if not isinstance(member, Tensor):
                member.training = bool(mode)
        return self

    def eval(self):
        """Switch the layer and every part of it to predicting."""
        return self.train(False)

    def state_dict(self) -> dict:
        """Copies of all Tensors by name: all that must be saved to have this model again."""
        return {name: Tensor(tensor, dtype=tensor.dtype) for name, tensor in self.named_tensors().items()}

    def load_state_dict(self, state):
        """Take the numbers of a `state_dict` (Tensors or arrays) of a layer of the same build; they are copied.

        Raises:
            ValueError: a key is missing or unexpected, or a shape differs. Nothing has changed then.
        """
        load_tensors(self.named_tensors(), state)

    def __repr__(self):
        parts = [(name, part) for name, part in find_members(self) if not isinstance(part, Tensor) and "." not in name]
        lines = [f"({name}): {part if isinstance(part, Layer) else type(part).__name__}" for name, part in parts]
        inside = "".join("\n" + line for line in lines).replace("\n", "\n  ")
        return f"{type(self).__name__}({inside}\n)" if lines else f"{type(self).__name__}()"


# cell: unpack
def unpack(name: str, value) -> list:
    """The members that an attribute holds, as (name, member) pairs in order.

    A Tensor, a layer or an activation is a member. Lists, tuples and dictionaries are opened, however deep: what stands
    in the list `blocks` at place 0 is called `blocks.0`. Everything else (numbers, arrays, None) is no member.
    """
    if isinstance(value, (Tensor, Layer, Activation)):
        return [(name, value)]
    if not isinstance(value, (list, tuple, dict)):
        return []
    items = value.items() if isinstance(value, dict) else enumerate(value)
    return [pair for key, part in items for pair in unpack(f"{name}.{key}", part)]


# cell: find-members
def find_members(layer: Layer, prefix: str = "", seen: set | None = None) -> list:
    """4.1 Everything inside a layer, with its parts' parts.

    Args:
        layer: where to look.
        prefix: stands before each name.
        seen: the `id` of everything that was met before; None at the start of a search.

    Returns:
        (name, member) pairs. Each member (Tensor, layer, activation) is followed by its own members, whose names begin with
        its name and a dot. What is reached twice is listed where it was met first; `layer` itself is not listed.

    Example:
        for Linear(3, 2) in the attribute `head`: the names "head", "head.weight", "head.bias"
    """
    if seen is None:
        seen = {id(layer)}
    found = []
    for attribute, value in layer.named_attributes().items():
        for name, member in unpack(prefix + attribute, value):
            if id(member) not in seen:
                seen.add(id(member))
                found.append((name, member))
                if isinstance(member, Layer):
                    found += find_members(member, name + ".", seen)
    return found


# cell: load-tensors
def load_tensors(tensors: dict, state: dict) -> None:
    """4.2 Give every Tensor the numbers that `state` has under its name: copies, in the Tensor's own dtype.

    Args:
        tensors: Tensors by name; they stay the same objects and get new data.
        state: Tensors or arrays by name.

    Raises:
        ValueError: a name stands in only one of the two, or two shapes differ. The message names every such name, and for
            a shape both shapes. No Tensor has changed then.
    """
    missing = [name for name in tensors if name not in state]
    unexpected = [name for name in state if name not in tensors]
    if missing or unexpected:
        raise ValueError(f"the state does not fit: missing {missing}, unexpected {unexpected}")
    loaded = {name: Tensor(state[name], dtype=tensor.dtype) for name, tensor in tensors.items()}
    wrong = [f"{name} {loaded[name].shape}, expected {tensors[name].shape}" for name in tensors
             if loaded[name].shape != tensors[name].shape]
    if wrong:
        raise ValueError(f"the state has wrong shapes: {'; '.join(wrong)}")
    for name, tensor in tensors.items():
        tensor.data = loaded[name].data


# cell: flatten
class Flatten(Layer):
    """(N, any axes) to (N, product of the axes): images to rows. Saves the input's shape.

    Raises:
        ValueError: the input has less than two axes.
    """

    def forward(self, x):
        x = floating(x)
        if x.ndim < 2:
            raise ValueError(f"Flatten needs an input of shape (N, ...), got {x.shape}")
        self.saved = x.shape
        return x.flatten(start_dim=1)

    def backward(self, grad_output):
        shape = self.recall()
        gradient = self.incoming(grad_output, (shape[0], math.prod(shape[1:])))
        return Tensor(gradient.reshape(shape), dtype=gradient.dtype)


# cell: linear
def linear(x: Tensor, weight: Tensor, bias: Tensor | None = None) -> Tensor:
    """4.4 y = x W^T + b along the last axis, through operations of 02.

    Args:
        x: (..., in), any number of leading axes, none included.
        weight: (out, in).
        bias: (out,), or None for no bias.

    Returns:
        (..., out)

    Raises:
        ValueError: the last axis of `x` is not `in` long.
    """
    if x.ndim == 0 or x.shape[-1] != weight.shape[1]:
        raise ValueError(f"linear: the last axis of x must have length {weight.shape[1]}, got x of shape {x.shape}")
    product = x @ weight.T
    return product if bias is None else product + bias


# cell: linear-backward
def linear_backward(gradient: np.ndarray, x: np.ndarray, weight: np.ndarray) -> tuple:
    """4.5 The three gradients of a linear layer.

    Args:
        gradient: the loss's gradient for the output, (..., out).
        x: forward's input, (..., in), with the same leading axes.
        weight: (out, in).

    Returns:
        the loss's gradients for x (..., in), weight (out, in) and bias (out,): new arrays; the arguments stay unchanged.
    """
    rows = gradient.reshape(-1, weight.shape[0])
    inputs = x.reshape(-1, weight.shape[1])
    return gradient @ weight, rows.T @ inputs, rows.sum(axis=0)


# cell: accumulate
def accumulate(parameter: Tensor, gradient: np.ndarray) -> None:
    """4.6 Add `gradient` to `parameter.grad`.

    Afterwards `parameter.grad` is a Tensor of the parameter's dtype in memory of its own. A parameter without
    `requires_grad` is frozen: it gets no gradient.

    Raises:
        ValueError: `gradient` has not the parameter's shape.
    """
    if gradient.shape != parameter.shape:
        raise ValueError(f"a parameter of shape {parameter.shape} cannot get a gradient of shape {gradient.shape}")
    if not parameter.requires_grad:
        return
    if parameter.grad is not None:
        gradient = parameter.grad.data + gradient
    parameter.grad = Tensor(gradient, dtype=parameter.dtype)


# cell: uniform-parameter
def uniform_parameter(shape: tuple, fan_in: int) -> Tensor:
    """4.7 A new parameter: independent numbers, uniform between -1/sqrt(fan_in) and 1/sqrt(fan_in).

    Args:
        shape: of the parameter.
        fan_in: how many inputs each output sums over.

    Returns:
        a float32 Tensor that requires gradients, drawn from the course's `generator()`.
    """
    bound = 1 / math.sqrt(fan_in)
    return Tensor(generator().uniform(-bound, bound, shape), requires_grad=True)


# cell: linear-class
class Linear(Layer):
    """y = x W^T + b along the last axis. Saves its input (the array itself, not a copy).

    Args:
        in_features: length of the input's last axis, at least 1.
        out_features: length of the output's last axis, at least 1.
        bias: whether there is a b.

    Attributes:
        weight: (out_features, in_features), at first uniform in ±1/sqrt(in_features) as in PyTorch.
        bias: (out_features,), the same, or None.

    Raises:
        ValueError: a size is less than 1.

    Example:
        Linear(784, 10)(images) gives (N, 10) for images of shape (N, 784)
    """

    def __init__(self, in_features: int, out_features: int, bias: bool = True):
        if not all(isinstance(size, (int, np.integer)) for size in (in_features, out_features)):
            raise TypeError(f"Linear needs whole numbers of inputs and outputs, got {in_features!r} and {out_features!r}")
        if in_features < 1 or out_features < 1:
            raise ValueError(f"Linear needs at least one input and one output, got {in_features} and {out_features}")
        self.in_features = in_features
        self.out_features = out_features
        self.weight = uniform_parameter((out_features, in_features), in_features)
        self.bias = uniform_parameter((out_features,), in_features) if bias else None

    def forward(self, x):
        x = floating(x)
        output = linear(x, self.weight, self.bias)
        self.saved = x.data
        return output

    def backward(self, grad_output):
        x = self.recall()
        gradient = self.incoming(grad_output, (*x.shape[:-1], self.out_features))
        for_x, for_weight, for_bias = linear_backward(gradient, x, self.weight.data)
        accumulate(self.weight, for_weight)
        if self.bias is not None:
            accumulate(self.bias, for_bias)
        return Tensor(for_x, dtype=for_x.dtype)

    def __repr__(self):
        return f"Linear({self.in_features}, {self.out_features}{', bias=False' if self.bias is None else ''})"


Dense = Linear  # the same layer by its older name


# cell: dropout
class Dropout(Layer):
    """4.8 While training, each number becomes 0 with probability p, and the others grow by 1 / (1 - p).

    While predicting (after `eval()`) it changes nothing, but remembers that for backward all the same.
    Saves the input's shape and the mask.

    Args:
        p: the share to drop, from 0 (nothing) to 1 (everything).

    Raises:
        ValueError: p is not between 0 and 1.
    """

    def __init__(self, p: float = 0.5):
        if not 0 <= p <= 1:
            raise ValueError(f"Dropout needs a probability p between 0 and 1, got {p!r}")
        self.p = p

    def draw_mask(self, shape) -> np.ndarray:
        """The factors for one forward, an array of `shape`: 0 with probability p, else 1 / (1 - p), each drawn by itself.

        They come from the course's `generator()`. With p = 1 all are 0.
        """
        if self.p == 1:
            return np.zeros(shape)
        return (generator().random(shape) >= self.p) / (1 - self.p)

    def forward(self, x):
        """x times a new mask while training, through operations of 02; x itself while predicting.

        Leaves in `self.saved` a pair for backward: x's shape, and the mask in x's dtype (None while predicting).
        """
        x = floating(x)
        mask = self.draw_mask(x.shape).astype(x.dtype) if self.training else None
        self.saved = x.shape, mask
        return x if mask is None else x * mask

    def backward(self, grad_output):
        """The gradient for the input of the last forward, with the mask of that forward.

        `gradient` is the incoming one, an array: give it its new value in the gap.
        """
        shape, mask = self.recall()
        gradient = self.incoming(grad_output, shape)
        gradient = gradient if mask is None else gradient * mask
        return Tensor(gradient, dtype=gradient.dtype)

    def __repr__(self):
        return f"Dropout({self.p})"


# cell: sequential
class Sequential(Layer):
    """4.9 A chain: the output of each layer is the input of the next.

    Args:
        layers: layers and activations in order, one by one or as one list.

    Attributes:
        layers: the list of them.

    Raises:
        TypeError: one of them is neither a layer nor an activation.

    Example:
        Sequential(Linear(2, 4), Tanh(), Linear(4, 1)); its Tensors are called 0.weight, 0.bias, 2.weight, 2.bias
    """

    def __init__(self, *layers):
        if len(layers) == 1 and isinstance(layers[0], (list, tuple)):
            layers = layers[0]
        for layer in layers:
            if not isinstance(layer, (Layer, Activation)):
                raise TypeError(f"Sequential takes layers and activations, got {layer!r}")
        self.layers = list(layers)

    def forward(self, x):
        """The output of the last layer; `x` itself if there is none."""
        for layer in self.layers:
            x = layer(x)
        return x

    def backward(self, grad_output):
        """The gradient for the chain's input; every layer on the way adds to its parameters' gradients.

        Raises:
            RuntimeError: a layer stands in the chain twice. It remembers only its last call, so its first one is lost;
                the machine that you build in 07 keeps both.
        """
        if len({id(layer) for layer in self.layers}) < len(self.layers):
            raise RuntimeError("a layer stands in this Sequential twice, but remembers only its last call")
        for layer in reversed(self.layers):
            grad_output = layer.backward(grad_output)
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


__all__ = [
    "Dense",
    "Dropout",
    "Flatten",
    "Layer",
    "Linear",
    "Sequential",
    "accumulate",
    "find_members",
    "linear",
    "linear_backward",
    "load_tensors",
    "uniform_parameter",
    "unpack",
]
