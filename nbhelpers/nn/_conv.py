"""Convolution: one small kernel, used at every place of an image."""

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view

from nbhelpers.nn._checks import IMAGES, check_array, check_dout, check_shape
from nbhelpers.nn._windows import batch_innermost, batch_outermost, place_windows

SMALL_PRODUCT = 1_000_000  # multiplications; see `_multiply`


def conv2d_forward(x, kernel, bias, strides=1, padding="valid"):
    """Slide ``filters`` kernels over a batch of images.

    As is usual in deep learning this is cross-correlation: no kernel is flipped. Windows are laid
    side by side as columns of a matrix, so that one matrix product does a row of all images.

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
    out_h, out_w = windows.out_size
    out = np.empty((out_h, filters, out_w * batch), np.result_type(x, kernel))
    _multiply(kernel.reshape(-1, filters).T, patches, out)
    out += bias[:, np.newaxis]
    out = out.reshape(out_h, filters, out_w, batch)
    return batch_outermost(out), (x.shape, kernel, windows, patches)


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
    (batch, *_, channels), filters = x_shape, kernel.shape[-1]
    out_h, out_w = windows.out_size
    check_dout(dout, (batch, out_h, out_w, filters))
    dout = batch_innermost(dout).reshape(out_h, filters, out_w * batch)
    dbias = np.einsum("hfp->f", dout)  # dout.sum(axis=(0, 2)) takes three times as long
    dkernel = (patches @ dout.swapaxes(1, 2)).sum(axis=0).reshape(kernel.shape)
    if not input_gradient:
        return None, dkernel, dbias
    drows = _row_gradients(dout, kernel, windows)
    drows = drows.reshape(len(drows), -1, channels, out_w, batch)
    dx = windows.of_one_row.spread(drows.swapaxes(0, 1))
    return batch_outermost(dx), dkernel, dbias


def _patches(inner, windows):
    """Return one matrix for each row of windows, a column for each window.

    A pixel lies in up to ``kernel_h * kernel_w`` windows, but is copied ``kernel_w`` times only.
    First every row of the images gets ``kernel_w * channels`` lines: line ``(j, channel)`` is what
    stands in column ``j`` of each window, for all windows along that row and all images. The lines
    of a row follow those of the row above in memory. The ``kernel_h`` rows that a window covers
    thus are one matrix, whose line ``(i, j, channel)`` belongs to that entry of the kernel; and the
    matrix of the next windows below is the same memory, begun ``strides`` rows further down: a
    view, no copy.

    Returns
    -------
    ndarray of shape (out_h, kernel_h * kernel_w * channels, out_w * batch)
        Its matrices share memory: to be read, not written.
    """
    height, channels, _, batch = inner.shape
    (kernel_h, kernel_w), (out_h, out_w) = windows.window_size, windows.out_size
    rows = np.empty((height, kernel_w, channels, out_w, batch), inner.dtype)
    for column, view in enumerate(windows.of_one_row.views(inner)):
        rows[:, column] = view
    rows = rows.reshape(height, kernel_w * channels, out_w * batch)
    below = sliding_window_view(rows, kernel_h, axis=0)[:: windows.strides[0]]
    return np.moveaxis(below, -1, 1).reshape(out_h, -1, out_w * batch)


def _row_gradients(dout, kernel, windows):
    """Return the gradient of the rows that `_patches` lays out and its matrices share.

    Row ``r`` is line ``i = r - strides * w`` of the windows in row ``w``, and so gets ``kernel[i] @
    dout[w]`` from each ``w`` that covers it. With those ``kernel[i]`` side by side and those
    ``dout[w]`` one below the other, a single product does the sum as well.

    Returns
    -------
    ndarray of shape (padded height, kernel_w * channels, out_w * batch)
        0 in rows that no window covers, as they lie between windows far apart.
    """
    (kernel_h, kernel_w, channels, filters), stride = kernel.shape, windows.strides[0]
    out_h, _, places = dout.shape
    shape = (windows.padded_size[0], kernel_w * channels, places)
    drows = np.empty(shape, np.result_type(dout, kernel))
    for row, drow in enumerate(drows):
        first = max(0, -(-(row - kernel_h + 1) // stride))  # rounded up
        over = range(out_h)[first : row // stride + 1]  # rows of windows that cover this one
        side_by_side = kernel[[row - stride * window for window in over]].transpose(1, 2, 0, 3)
        left = side_by_side.reshape(kernel_w * channels, len(over) * filters)
        _multiply(left, dout[over.start : over.stop].reshape(-1, places), drow)
    return drows


def _multiply(left, right, out):
    """Write ``left @ right`` to ``out``, some columns at a time.

    A kernel of few filters is a flat matrix. Libraries copy both matrices into an order of their
    own before they multiply, and for a flat one that takes as long as the product. OpenBLAS, which
    NumPy comes with, leaves it out where a product is small, so it gets small ones. A large matrix
    on the left is worth the copy, and gets all columns at once.
    """
    columns = out.shape[-1]
    step = SMALL_PRODUCT // max(left.size, 1) // 64 * 64 or columns
    for start in range(0, columns, step):
        piece = slice(start, start + step)
        np.matmul(left, right[..., piece], out=out[..., piece])
