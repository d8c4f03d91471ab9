"""Pooling: each window of an image becomes one number, channel by channel."""

import math
from itertools import repeat

import numpy as np

from nbhelpers.nn._checks import IMAGES, check_array, check_dout
from nbhelpers.nn._windows import batch_innermost, batch_outermost, place_windows


def max_pool2d_forward(x, pool_size=2, strides=None, padding="valid"):
    """Keep the largest number of each window.

    Parameters
    ----------
    x : ndarray of shape (batch, height, width, channels)
        float32 or float64.
    pool_size : int or tuple of int, default=2
        Height and width of a window, in pixels.
    strides : int or tuple of int, optional
        Step between windows; None means ``pool_size``: windows touch and do not overlap.
    padding : {"valid", "same"}, default="valid"
        Padding of ``"same"`` is never the largest number.

    Returns
    -------
    out : ndarray of shape (batch, out_h, out_w, channels)
        Sizes as in `conv2d_forward`.
    cache : tuple
        What `max_pool2d_backward` needs; treat it as opaque.

    Notes
    -----
    Where a window holds its maximum more than once, the first one, row by row, gets the gradient,
    as in TensorFlow.

    Examples
    --------
    >>> out, cache = max_pool2d_forward(np.arange(16.0).reshape(1, 4, 4, 1))
    >>> out[0, :, :, 0]
    array([[ 5.,  7.],
           [13., 15.]])
    """
    windows = _pool_windows(x, pool_size, strides, padding)
    first, *others = windows.views(windows.pad(batch_innermost(x), value=-np.inf))
    numbers = np.arange(1 + len(others), dtype=np.min_scalar_type(len(others)))
    out, winner = first.copy(), np.zeros(first.shape, numbers.dtype)
    for number, pixel in zip(numbers[1:], others, strict=True):
        larger = pixel > out  # ">", not ">=": the first of equals wins
        # Numbers grow, so the last one is the largest; writing them where a mask says takes longer.
        np.maximum(winner, number * larger, out=winner)
        np.maximum(out, pixel, out=out)
    return batch_outermost(out), (x.shape, windows, winner)


def max_pool2d_backward(dout, cache):
    """Return ``dx``: each window hands its gradient to the pixel that won.

    Parameters
    ----------
    dout : ndarray of shape (batch, out_h, out_w, channels)
    cache : tuple
        From `max_pool2d_forward`.

    Returns
    -------
    dx : ndarray of shape (batch, height, width, channels)
    """
    (batch, _, _, channels), windows, winner = cache
    check_dout(dout, (batch, *windows.out_size, channels))
    dout = batch_innermost(dout)
    pixels = range(math.prod(windows.window_size))
    dx = windows.spread(dout * (winner == number) for number in pixels)
    return batch_outermost(dx)


def average_pool2d_forward(x, pool_size=2, strides=None, padding="valid"):
    """Take the mean of each window.

    Parameters
    ----------
    x : ndarray of shape (batch, height, width, channels)
        float32 or float64.
    pool_size : int or tuple of int, default=2
        Height and width of a window, in pixels.
    strides : int or tuple of int, optional
        Step between windows; None means ``pool_size``: windows touch and do not overlap.
    padding : {"valid", "same"}, default="valid"
        Padding of ``"same"`` is not counted: a window at the border is divided by the number of
        its pixels that lie in the image, as in TensorFlow.

    Returns
    -------
    out : ndarray of shape (batch, out_h, out_w, channels)
        Sizes as in `conv2d_forward`.
    cache : tuple
        What `average_pool2d_backward` needs; treat it as opaque.

    Examples
    --------
    >>> out, cache = average_pool2d_forward(np.arange(16.0).reshape(1, 4, 4, 1))
    >>> out[0, :, :, 0]
    array([[ 2.5,  4.5],
           [10.5, 12.5]])
    """
    windows = _pool_windows(x, pool_size, strides, padding)
    scale = (1 / _pixels(windows)).astype(x.dtype)
    out = _window_sums(windows.pad(batch_innermost(x)), windows)
    out *= scale
    return batch_outermost(out), (x.shape, windows, scale)


def average_pool2d_backward(dout, cache):
    """Return ``dx``: each window shares its gradient equally among its pixels.

    Parameters
    ----------
    dout : ndarray of shape (batch, out_h, out_w, channels)
    cache : tuple
        From `average_pool2d_forward`.

    Returns
    -------
    dx : ndarray of shape (batch, height, width, channels)
    """
    (batch, _, _, channels), windows, scale = cache
    check_dout(dout, (batch, *windows.out_size, channels))
    share = batch_innermost(dout) * scale
    pixels = math.prod(windows.window_size)
    return batch_outermost(windows.spread(repeat(share, pixels)))


def _pool_windows(x, pool_size, strides, padding):
    """Check the images and place the windows."""
    check_array("x", x, IMAGES)
    strides = pool_size if strides is None else strides
    return place_windows(x.shape[1:3], pool_size, strides, padding, "pool_size")


def _window_sums(inner, windows):
    """Sum every window of (height, channels, width, batch)."""
    first, *others = windows.views(inner)
    sums = first.copy()
    for pixel in others:
        sums += pixel
    return sums


def _pixels(windows):
    """Count the pixels of each window that lie in the image: shape (out_h, 1, out_w, 1), or one."""
    if not windows.padded:
        return np.float64(math.prod(windows.window_size))
    height, width = windows.image_size
    return _window_sums(windows.pad(np.ones((height, 1, width, 1))), windows)
