"""LeNet-5, forward and backward, in loops over single numbers: what NumPy saves us from.

One image at a time, lists of lists, no library. Images are ``x[row][column][channel]``, kernels
``kernel[i][j][channel][filter]``, as everywhere in this project.
"""

import math


def gradients(image, label, weights):
    """Return the loss of one image and the gradient of every weight.

    Parameters
    ----------
    image : list of list of list of float
        28 rows of 28 pixels of 1 channel.
    label : int
    weights : list
        Kernel and bias of each of the five layers, in order, as nested lists.

    Returns
    -------
    loss : float
    gradients : list
        Shaped like ``weights``.
    """
    kernel_1, bias_1, kernel_2, bias_2, *dense = weights
    conv_1 = conv2d(image, kernel_1, bias_1)
    pool_1 = average_pool(conv_1)
    conv_2 = conv2d(pool_1, kernel_2, bias_2)
    pool_2 = average_pool(conv_2)
    inputs = [[pixel for row in pool_2 for channels in row for pixel in channels]]
    for kernel, bias in zip(dense[::2], dense[1::2], strict=True):
        inputs.append(dense_layer(inputs[-1], kernel, bias, last=kernel is dense[-2]))
    loss, dout = cross_entropy(inputs.pop(), label)

    grads = []
    for kernel, x in zip(dense[-2::-2], inputs[::-1], strict=True):
        dout, dkernel = dense_gradients(x, kernel, dout)
        grads[:0] = dkernel
    channels = len(pool_2[0][0])
    dpool_2 = [
        [dout[(row * 4 + col) * channels :][:channels] for col in range(4)] for row in range(4)
    ]
    dpool_1, *dconv_2 = conv2d_gradients(pool_1, kernel_2, spread(dpool_2, conv_2))
    _, *dconv_1 = conv2d_gradients(image, kernel_1, spread(dpool_1, conv_1), skip_image=True)
    return loss, [*dconv_1, *dconv_2, *grads]


def conv2d(x, kernel, bias):
    """Return ``relu(x convolved with kernel + bias)``."""
    size = len(x) - len(kernel) + 1
    out = [[list(bias) for _ in range(size)] for _ in range(size)]
    for row in range(size):
        for col in range(size):
            for f in range(len(bias)):
                total = bias[f]
                for i, taps in enumerate(kernel):
                    for j, tap in enumerate(taps):
                        for c, weight in enumerate(tap):
                            total += x[row + i][col + j][c] * weight[f]
                out[row][col][f] = max(total, 0.0)
    return out


def conv2d_gradients(x, kernel, dz, skip_image=False):
    """Return ``dx, dkernel, dbias``."""
    dx = [[[0.0] * len(pixel) for pixel in row] for row in x]
    dkernel = [[[[0.0] * len(w) for w in tap] for tap in taps] for taps in kernel]
    dbias = [0.0] * len(dz[0][0])
    for row, dz_row in enumerate(dz):
        for col, dz_pixel in enumerate(dz_row):
            for f, value in enumerate(dz_pixel):
                dbias[f] += value
                for i, taps in enumerate(kernel):
                    for j, tap in enumerate(taps):
                        for c, weight in enumerate(tap):
                            dkernel[i][j][c][f] += x[row + i][col + j][c] * value
                            if not skip_image:
                                dx[row + i][col + j][c] += weight[f] * value
    return dx, dkernel, dbias


def average_pool(x):
    """Return the means of windows of 2 x 2 pixels."""
    half = range(len(x) // 2)
    return [
        [
            [
                (x[2 * r][2 * c][k] + x[2 * r][2 * c + 1][k] + x[2 * r + 1][2 * c][k]
                 + x[2 * r + 1][2 * c + 1][k]) / 4
                for k in range(len(x[0][0]))
            ]
            for c in half
        ]
        for r in half
    ]  # fmt: skip


def spread(dout, activated):
    """Return the gradient before pooling and ReLU."""
    return [
        [
            [dout[row // 2][col // 2][k] / 4 if value > 0 else 0.0 for k, value in enumerate(pixel)]
            for col, pixel in enumerate(pixels)
        ]
        for row, pixels in enumerate(activated)
    ]


def dense_layer(x, kernel, bias, last):
    """Return ``x @ kernel + bias``, and its ReLU unless the layer is the last."""
    out = list(bias)
    for unit in range(len(bias)):
        for value, row in zip(x, kernel, strict=True):
            out[unit] += value * row[unit]
        if not last:
            out[unit] = max(out[unit], 0.0)
    return out


def dense_gradients(x, kernel, dz):
    """Return the gradient before the ReLU that made ``x``, and ``[dkernel, dbias]``."""
    dkernel = [[value * d for d in dz] for value in x]
    dx = [
        sum(weight * d for weight, d in zip(row, dz, strict=True)) if value > 0 else 0.0
        for value, row in zip(x, kernel, strict=True)
    ]
    return dx, [dkernel, list(dz)]


def cross_entropy(logits, label):
    """Return the loss and its gradient."""
    powers = [math.exp(z - max(logits)) for z in logits]
    probs = [power / sum(powers) for power in powers]
    return -math.log(probs[label]), [p - (k == label) for k, p in enumerate(probs)]
