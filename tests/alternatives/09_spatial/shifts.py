"""Module 09 by shifted pictures: what each place of the kernel meets is one slice, and all sums run over the places."""


# %% conv2d-loops
#| export
def conv2d_loops(x, weight, bias=None, stride=(1, 1), padding=(0, 0)):
    padded = pad2d(x, padding)
    height, width = output_shape(x.shape, weight.shape[2:], stride, padding)
    output = np.zeros((x.shape[0], weight.shape[0], height, width), x.dtype)
    if bias is not None:
        output += bias[:, None, None]
    for o, c, u, v in np.ndindex(*weight.shape):
        bottom, right = u + stride[0] * (height - 1) + 1, v + stride[1] * (width - 1) + 1
        output[:, o] += weight[o, c, u, v] * padded[:, c, u : bottom : stride[0], v : right : stride[1]]
    return output


# %% windows
#| export
def windows(x, kernel, stride=(1, 1)):
    across = np.lib.stride_tricks.sliding_window_view(x, kernel[1], axis=3)[:, :, :, :: stride[1]]
    both = np.lib.stride_tricks.sliding_window_view(across, kernel[0], axis=2)[:, :, :: stride[0]]
    return np.transpose(both, (0, 1, 5, 4, 2, 3))


# %% conv2d-kernel
#| export
def conv2d_kernel(x, weight, bias=None, stride=(1, 1), padding=(0, 0)):
    views = np.lib.stride_tricks.sliding_window_view(pad2d(x, padding), weight.shape[2:], axis=(2, 3))
    height, width = output_shape(x.shape, weight.shape[2:], stride, padding)
    output = np.zeros((len(x), len(weight), height * width), x.dtype)
    for u, v in np.ndindex(*weight.shape[2:]):
        picture = views[:, :, :: stride[0], :: stride[1], u, v].reshape(*x.shape[:2], height * width)
        output += weight[:, :, u, v] @ picture
    output = output.reshape(len(x), len(weight), height, width)
    if bias is not None:
        output += bias.reshape(-1, 1, 1)
    return output


# %% conv2d-weight-gradient
#| export
def conv2d_weight_gradient(gradient, x, kernel, stride=(1, 1), padding=(0, 0)):
    views = np.lib.stride_tricks.sliding_window_view(pad2d(x, padding), kernel, axis=(2, 3))
    views = views[:, :, :: stride[0], :: stride[1]]
    result = np.zeros((gradient.shape[1], x.shape[1], *kernel), gradient.dtype)
    for n, u, v in np.ndindex(len(x), *kernel):
        result[:, :, u, v] += np.tensordot(gradient[n], views[n, :, :, :, u, v], axes=((1, 2), (1, 2)))
    return result


# %% conv2d-input-gradient
#| export
def conv2d_input_gradient(gradient, weight, shape, stride=(1, 1), padding=(0, 0)):
    # spread the gradient out by the stride, frame it, and slide the filters over it, turned round
    kernel = weight.shape[2:]
    height, width = padded_shape(shape, padding)[2:]
    spread = np.zeros((*gradient.shape[:2], height + kernel[0] - 1, width + kernel[1] - 1), gradient.dtype)
    bottom = kernel[0] - 1 + stride[0] * (gradient.shape[2] - 1) + 1
    right = kernel[1] - 1 + stride[1] * (gradient.shape[3] - 1) + 1
    spread[:, :, kernel[0] - 1 : bottom : stride[0], kernel[1] - 1 : right : stride[1]] = gradient
    view = np.lib.stride_tricks.sliding_window_view(spread, kernel, axis=(2, 3))
    return crop2d(np.einsum("noijuv,ocuv->ncij", view, weight[:, :, ::-1, ::-1], optimize=True), padding)


# %% max-pool2d-kernel
#| export
def max_pool2d_kernel(x, kernel, stride, padding=(0, 0)):
    return np.stack(shifted(pad2d(x, padding, np.finfo(x.dtype).min), kernel, stride)).max(axis=0)


# %% max-pool2d-rule
#| export
def max_pool2d_rule(gradient, output, x, kernel, stride, padding=(0, 0)):
    padded = pad2d(x, padding, -np.inf)
    place = np.stack(shifted(padded, kernel, stride)).argmax(axis=0)
    result = np.zeros(padded.shape, gradient.dtype)
    for k, target in enumerate(shifted(result, kernel, stride)):
        target[...] += gradient * (place == k)
    return crop2d(result, padding)


# %% batch-norm-kernel
#| export
def batch_norm_kernel(x, weight, bias, mean, variance, epsilon, from_batch):
    output = x - per_channel(mean)
    output /= per_channel(np.sqrt(variance + epsilon))
    output *= per_channel(weight)
    output += per_channel(bias)
    return output


# %% batch-norm-gradients
#| export
def batch_norm_gradients(gradient, x, weight, mean, variance, epsilon):
    # the chain rule step by step: through the scale, the division, the variance, the mean
    axes, count = (0, 2, 3), x.size // x.shape[1]
    centred, inverse = x - per_channel(mean), 1 / np.sqrt(variance + epsilon)
    for_bias = gradient.sum(axis=axes)
    for_weight = (gradient * centred).sum(axis=axes) * inverse
    for_normal = gradient * per_channel(weight)
    for_variance = -0.5 * (for_normal * centred).sum(axis=axes) * inverse**3
    for_mean = -(for_normal.sum(axis=axes) * inverse)
    for_x = for_normal * per_channel(inverse)
    for_x += per_channel(for_variance) * 2 * centred / count
    for_x += per_channel(for_mean) / count
    return for_x, for_weight, for_bias


# %% running-statistics
#| export
def running_statistics(running_mean, running_var, mean, variance, count, momentum):
    keep = 1 - momentum
    return running_mean * keep + mean * momentum, running_var * keep + variance * momentum * count / (count - 1)
