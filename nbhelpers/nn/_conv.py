"""Convolution: one small kernel, used at every place of an image."""

import numpy as np

from nbhelpers.nn._checks import IMAGES, check_array, check_dout, check_shape
from nbhelpers.nn._windows import batch_innermost, place_windows


def conv2d_forward(x, kernel, bias, strides=1, padding="valid"):
    """Slide ``filters`` kernels over a batch of images.

    As is usual in deep learning this is cross-correlation: no kernel is flipped. All windows are
    laid side by side as columns of a matrix, so that one matrix product does the whole layer.

    Parameters
    ----------
    x : ndarray of shape (batch, height, width, channels)
        float32 or float64.
    kernel : ndarray of shape (kernel_h, kernel_w, channels, filters)
    bias : ndarray of shape (filters,)
    strides : int or tuple of int, default=1
        Step between windows, in pixels; a pair is vertical, horizontal.
    padding : {"valid", "same"}, default="valid"
        ``"same"`` surrounds the images with zeros as TensorFlow does.

    Returns
    -------
    out : ndarray of shape (batch, out_h, out_w, filters)
        ``out_h = (height - kernel_h) // strides + 1`` if "valid", ``ceil(height / strides)`` if
        "same"; ``out_w`` likewise.
    cache : tuple
        What `conv2d_backward` needs; treat it as opaque.

    Raises
    ------
    ShapeError, DtypeError, NaNError, SettingError
        If the channels differ, a kernel is larger than the images, and so on.

    References
    ----------
    Chellapilla, Puri and Simard, "High performance convolutional neural networks for document
    processing", 2006: convolution as one matrix product.

    Examples
    --------
    >>> x = np.arange(9.0).reshape(1, 3, 3, 1)
    >>> out, cache = conv2d_forward(x, np.ones((2, 2, 1, 1)), np.zeros(1))
    >>> out[0, :, :, 0]
    array([[ 8., 12.],
           [20., 24.]])
    """
    check_array("x", x, IMAGES)
    check_array("kernel", kernel, ("kernel_h", "kernel_w", "channels", "filters"))
    batch, height, width, _ = x.shape
    *kernel_size, channels, filters = kernel.shape
    check_shape("x", x, (batch, height, width, channels), f"as kernel has shape {kernel.shape}")
    check_shape("bias", bias, (filters,), "one number a filter")
    windows = place_windows((height, width), kernel_size, strides, padding, "kernel_size")

    patches = _patches(windows.pad(batch_innermost(x)), windows)
    out = kernel.reshape(-1, filters).T @ patches  # (filters, places)
    out += bias[:, np.newaxis]
    out = out.reshape(filters, *windows.out_size, batch)
    return out.swapaxes(0, 3), (x.shape, kernel, windows, patches)


def conv2d_backward(dout, cache, input_gradient=True):
    """Return the gradients of `conv2d_forward`.

    Parameters
    ----------
    dout : ndarray of shape (batch, out_h, out_w, filters)
        Gradient of the loss with respect to ``out``.
    cache : tuple
        From `conv2d_forward`.
    input_gradient : bool
        False skips ``dx``, which a network's first layer need not compute; it is then None.

    Returns
    -------
    dx, dkernel, dbias : ndarray
        Shaped like ``x``, ``kernel`` and ``bias``.
    """
    x_shape, kernel, windows, patches = cache
    filters = kernel.shape[-1]
    check_dout(dout, (x_shape[0], *windows.out_size, filters))
    dout = batch_innermost(dout).reshape(filters, -1)  # (filters, places)
    dbias = dout.sum(axis=1)
    dkernel = (patches @ dout.T).reshape(kernel.shape)
    if not input_gradient:
        return None, dkernel, dbias
    dpatches = kernel.reshape(-1, filters) @ dout
    batch, _, _, channels = x_shape
    dx = windows.spread(dpatches.reshape(-1, channels, *windows.out_size, batch))
    return dx.swapaxes(0, 3), dkernel, dbias


def _patches(inner, windows):
    """Copy every window into a column of a matrix (kernel_h * kernel_w * channels, places).

    The rows are in the order of the kernel's axes, the columns in that of (out_h, out_w, batch).
    """
    channels, _, _, batch = inner.shape
    kernel_h, kernel_w = windows.window_size
    shape = (kernel_h * kernel_w, channels, *windows.out_size, batch)
    patches = np.empty(shape, inner.dtype)
    for patch, view in zip(patches, windows.views(inner), strict=True):
        patch[...] = view
    return patches.reshape(kernel_h * kernel_w * channels, -1)
