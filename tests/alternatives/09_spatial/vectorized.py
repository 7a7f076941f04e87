"""Module 09 without a visible loop: einsum over all windows of the batch at once, argmax, scatter by index."""


# %% conv2d-loops
#| export
def conv2d_loops(x, weight, bias=None, stride=(1, 1), padding=(0, 0)):
    view = sliding_window_view(pad2d(x, padding), weight.shape[2:], axis=(2, 3))[:, :, :: stride[0], :: stride[1]]
    result = np.einsum("ncijuv,ocuv->noij", view, weight)
    return result if bias is None else result + bias[:, None, None]


# %% windows
#| export
def windows(x, kernel, stride=(1, 1)):
    n, c, h, w = x.strides
    height = (x.shape[2] - kernel[0]) // stride[0] + 1
    width = (x.shape[3] - kernel[1]) // stride[1] + 1
    return np.lib.stride_tricks.as_strided(
        x, (x.shape[0], x.shape[1], kernel[0], kernel[1], height, width), (n, c, h, w, stride[0] * h, stride[1] * w)
    )


# %% conv2d-kernel
#| export
def conv2d_kernel(x, weight, bias=None, stride=(1, 1), padding=(0, 0)):
    view = sliding_window_view(pad2d(x, padding), weight.shape[2:], axis=(2, 3))[:, :, :: stride[0], :: stride[1]]
    result = np.tensordot(weight, view, axes=((1, 2, 3), (1, 4, 5))).swapaxes(0, 1)
    return result if bias is None else result + bias.reshape(1, -1, 1, 1)


# %% conv2d-weight-gradient
#| export
def conv2d_weight_gradient(gradient, x, kernel, stride=(1, 1), padding=(0, 0)):
    view = sliding_window_view(pad2d(x, padding), kernel, axis=(2, 3))[:, :, :: stride[0], :: stride[1]]
    return np.tensordot(gradient, view, axes=((0, 2, 3), (0, 2, 3)))


# %% conv2d-input-gradient
#| export
def conv2d_input_gradient(gradient, weight, shape, stride=(1, 1), padding=(0, 0)):
    shares = np.einsum("noij,ocuv->uvncij", gradient, weight)
    padded = np.zeros(padded_shape(shape, padding), gradient.dtype)
    for u, v in np.ndindex(*weight.shape[2:]):
        bottom, right = u + stride[0] * gradient.shape[2], v + stride[1] * gradient.shape[3]
        padded[:, :, u : bottom : stride[0], v : right : stride[1]] += shares[u, v]
    return crop2d(padded, padding)


# %% max-pool2d-kernel
#| export
def max_pool2d_kernel(x, kernel, stride, padding=(0, 0)):
    view = sliding_window_view(pad2d(x, padding, -np.inf), kernel, axis=(2, 3))
    return view[:, :, :: stride[0], :: stride[1]].max(axis=(4, 5))


# %% max-pool2d-rule
#| export
def max_pool2d_rule(gradient, output, x, kernel, stride, padding=(0, 0)):
    padded = pad2d(x, padding, -np.inf)
    view = sliding_window_view(padded, kernel, axis=(2, 3))[:, :, :: stride[0], :: stride[1]]
    u, v = np.divmod(view.reshape(*view.shape[:4], -1).argmax(axis=-1), kernel[1])
    n, c, i, j = np.indices(output.shape)
    result = np.zeros(padded.shape, gradient.dtype)
    np.add.at(result, (n, c, i * stride[0] + u, j * stride[1] + v), gradient)
    return crop2d(result, padding)


# %% batch-norm-kernel
#| export
def batch_norm_kernel(x, weight, bias, mean, variance, epsilon, from_batch):
    scale = weight * (variance + epsilon) ** -0.5
    return x * scale[:, None, None] + (bias - mean * scale)[:, None, None]


# %% batch-norm-gradients
#| export
def batch_norm_gradients(gradient, x, weight, mean, variance, epsilon):
    samples, channels = x.shape[:2]
    g = gradient.swapaxes(0, 1).reshape(channels, -1)
    centred = x.swapaxes(0, 1).reshape(channels, -1) - mean[:, None]
    inverse = 1 / np.sqrt(variance + epsilon)[:, None]
    along = np.einsum("ci,ci->c", g, centred)[:, None]
    for_x = weight[:, None] * inverse * (g - g.mean(axis=1, keepdims=True) - centred * inverse**2 * along / g.shape[1])
    for_x = for_x.reshape(channels, samples, *x.shape[2:]).swapaxes(0, 1)
    return for_x, (along * inverse)[:, 0], g.sum(axis=1)


# %% running-statistics
#| export
def running_statistics(running_mean, running_var, mean, variance, count, momentum):
    old = np.stack([running_mean, running_var])
    new = np.stack([mean, variance * count / (count - 1)])
    return tuple(old + momentum * (new - old))
