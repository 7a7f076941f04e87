# %% relu
#| export
def relu(x: Tensor) -> Tensor:
    """3.2 Straight at the dispatch point."""
    from tinytorch_lib.core.tensor import apply

    x = floating(x)
    return apply("mul", x, x.data > 0)


# %% sigmoid
#| export
def sigmoid(x: Tensor) -> Tensor:
    """3.4 exp(x) / (1 + exp(x)), mirrored on the right: s(x) = 1 - s(-x) would cancel, so divide both ways."""
    from tinytorch_lib.core.tensor import apply

    x = floating(x)
    power = apply("exp", apply("clip", x, low=-85.0, high=85.0))
    return apply("div", power, apply("add", power, 1.0))


# %% gelu
#| export
def gelu(x: Tensor) -> Tensor:
    """3.6 With a matrix of powers: (x, x**3) @ (1, 0.044715)."""
    from tinytorch_lib.core.tensor import apply, concatenate

    x = floating(x)
    column = x.reshape(-1, 1)
    powers = concatenate([column, column * column * column], axis=1)
    weights = Tensor([[math.sqrt(2 / math.pi)], [math.sqrt(2 / math.pi) * 0.044715]], dtype=x.data.dtype)
    u = apply("matmul", powers, weights).reshape(x.shape)
    return apply("mul", x, apply("add", 0.5, apply("mul", 0.5, apply("tanh", u))))


# %% softmax
#| export
def softmax(x: Tensor, axis: int = -1) -> Tensor:
    """3.8 One division a slice, then a product."""
    from tinytorch_lib.core.tensor import apply

    x = floating(x)
    low = apply("neg", apply("max", x, axis=axis, keepdims=True))
    power = apply("exp", apply("add", x, low))
    share = apply("div", 1.0, apply("sum", power, axis=axis, keepdims=True))
    return apply("mul", power, share)
