"""Module 09 with plain loops: over samples, filters, windows and channels."""


# %% conv2d-loops
#| export
def conv2d_loops(x, weight, bias=None, stride=(1, 1), padding=(0, 0)):
    samples, channels, height, width = x.shape
    filters, _, rows, columns_ = weight.shape
    result = np.zeros((samples, filters, *output_shape(x.shape, (rows, columns_), stride, padding)), dtype=x.dtype)
    for n in range(samples):
        for o in range(filters):
            for i in range(result.shape[2]):
                for j in range(result.shape[3]):
                    total = 0.0 if bias is None else float(bias[o])
                    for c in range(channels):
                        for u in range(rows):
                            for v in range(columns_):
                                row = i * stride[0] + u - padding[0]
                                column = j * stride[1] + v - padding[1]
                                if 0 <= row < height and 0 <= column < width:  # no frame is built
                                    total += float(weight[o, c, u, v]) * float(x[n, c, row, column])
                    result[n, o, i, j] = total
    return result


# %% windows
#| export
def windows(x, kernel, stride=(1, 1)):
    view = sliding_window_view(x, kernel, axis=(2, 3))
    view = view[:, :, :: stride[0], :: stride[1], :, :]
    return np.moveaxis(view, (4, 5), (2, 3))


# %% conv2d-kernel
#| export
def conv2d_kernel(x, weight, bias=None, stride=(1, 1), padding=(0, 0)):
    parts = []
    for _, matrices in columns(x, weight.shape[2:], stride, padding):
        for matrix in matrices:
            parts.append(weight.reshape(len(weight), -1) @ matrix)
    result = np.array(parts).reshape(len(x), len(weight), *output_shape(x.shape, weight.shape[2:], stride, padding))
    if bias is not None:
        for o in range(len(weight)):
            result[:, o] += bias[o]
    return result


# %% conv2d-weight-gradient
#| export
def conv2d_weight_gradient(gradient, x, kernel, stride=(1, 1), padding=(0, 0)):
    padded = pad2d(x, padding)
    height, width = gradient.shape[2:]
    result = np.empty((gradient.shape[1], x.shape[1], *kernel), gradient.dtype)
    for o in range(result.shape[0]):
        for c in range(result.shape[1]):
            for u, v in np.ndindex(*kernel):
                met = padded[:, c, u : u + height * stride[0] : stride[0], v : v + width * stride[1] : stride[1]]
                result[o, c, u, v] = np.sum(gradient[:, o] * met[:, :height, :width])
    return result


# %% conv2d-input-gradient
#| export
def conv2d_input_gradient(gradient, weight, shape, stride=(1, 1), padding=(0, 0)):
    padded = np.zeros(padded_shape(shape, padding), gradient.dtype)
    rows, columns_ = weight.shape[2:]
    for i in range(gradient.shape[2]):
        for j in range(gradient.shape[3]):
            top, left = i * stride[0], j * stride[1]
            share = np.tensordot(gradient[:, :, i, j], weight, axes=1)
            padded[:, :, top : top + rows, left : left + columns_] += share
    return crop2d(padded, padding).copy()


# %% max-pool2d-kernel
#| export
def max_pool2d_kernel(x, kernel, stride, padding=(0, 0)):
    padded = pad2d(x, padding, -np.inf)
    result = np.empty((*x.shape[:2], *output_shape(x.shape, kernel, stride, padding)), x.dtype)
    for i in range(result.shape[2]):
        for j in range(result.shape[3]):
            top, left = i * stride[0], j * stride[1]
            result[:, :, i, j] = padded[:, :, top : top + kernel[0], left : left + kernel[1]].max(axis=(2, 3))
    return result


# %% max-pool2d-rule
#| export
def max_pool2d_rule(gradient, output, x, kernel, stride, padding=(0, 0)):
    padded = pad2d(x, padding, -np.inf)
    result = np.zeros(padded.shape, gradient.dtype)
    for n, c, i, j in np.ndindex(*output.shape):
        top, left = i * stride[0], j * stride[1]
        window = padded[n, c, top : top + kernel[0], left : left + kernel[1]]
        u, v = np.unravel_index(window.argmax(), kernel)
        result[n, c, top + u, left + v] += gradient[n, c, i, j]
    return crop2d(result, padding)


# %% batch-norm-kernel
#| export
def batch_norm_kernel(x, weight, bias, mean, variance, epsilon, from_batch):
    result = np.empty_like(x)
    for c in range(x.shape[1]):
        result[:, c] = weight[c] * (x[:, c] - mean[c]) / math.sqrt(variance[c] + epsilon) + bias[c]
    return result


# %% batch-norm-gradients
#| export
def batch_norm_gradients(gradient, x, weight, mean, variance, epsilon):
    for_x, for_weight, for_bias = np.empty_like(gradient), np.empty_like(weight), np.empty_like(weight)
    for c in range(x.shape[1]):
        g, count = gradient[:, c], x[:, c].size
        spread = math.sqrt(variance[c] + epsilon)
        normal = (x[:, c] - mean[c]) / spread
        for_bias[c], for_weight[c] = np.sum(g), np.sum(g * normal)
        for_x[:, c] = weight[c] / (spread * count) * (count * g - for_bias[c] - normal * for_weight[c])
    return for_x, for_weight, for_bias


# %% running-statistics
#| export
def running_statistics(running_mean, running_var, mean, variance, count, momentum):
    means, variances = np.empty_like(running_mean), np.empty_like(running_var)
    for c in range(len(running_mean)):
        means[c] = running_mean[c] + momentum * (mean[c] - running_mean[c])
        variances[c] = running_var[c] + momentum * (variance[c] * count / (count - 1) - running_var[c])
    return means, variances
