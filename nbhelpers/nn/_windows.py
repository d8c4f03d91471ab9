"""Windows that slide over images: where they lie, and the memory layout that makes them fast.

Public images are ``(batch, height, width, channels)``. In memory ours are ``(height, channels,
width, batch)``. The *batch* is innermost: the pixel of a window that lies ``i`` down and ``j`` to
the right, for all windows of all images at once, is then a slice made of long runs of neighbouring
numbers, which NumPy copies and adds at the speed of memory. Channels last, a grey image gives runs
of a single number, and training LeNet-5 takes more than twice as long. The *rows* are outermost:
those that a window covers are one piece of memory, which a convolution multiplies where it lies.

`batch_innermost` goes from the public axes to the inner ones, and `batch_outermost` back. Between
our own layers both only rename axes, because what one layer returns already lies as the next one
wants it; images from elsewhere are copied once.
"""

import math
from itertools import chain, product
from typing import NamedTuple

import numpy as np

from nbhelpers import _validate
from nbhelpers.errors import ShapeError


def batch_innermost(images):
    """Return images as (height, channels, width, batch), contiguous in memory."""
    return np.ascontiguousarray(images.transpose(1, 3, 2, 0))


def batch_outermost(inner):
    """Return (height, channels, width, batch) as images; a view."""
    return inner.transpose(3, 0, 2, 1)


class Windows(NamedTuple):
    """Where the windows lie on an image; each field is a pair: vertical, horizontal."""

    image_size: tuple
    window_size: tuple
    strides: tuple
    out_size: tuple
    before: tuple  # rows of padding above, columns of padding to the left
    after: tuple  # below, to the right

    def views(self, inner):
        """Yield each pixel of a window, for all windows at once: (out_h, channels, out_w, batch).

        They are views of (height, channels, width, batch), row by row of a window.
        """
        (stride_h, stride_w), (out_h, out_w) = self.strides, self.out_size
        for i, j in product(range(self.window_size[0]), range(self.window_size[1])):
            rows = slice(i, i + stride_h * (out_h - 1) + 1, stride_h)
            cols = slice(j, j + stride_w * (out_w - 1) + 1, stride_w)
            yield inner[rows, :, cols]

    def spread(self, gradients):
        """Give gradients of windows back to the pixels; a pixel of many windows gets their sum.

        Parameters
        ----------
        gradients : iterable of ndarray of shape (out_h, channels, out_w, batch)
            For each pixel of a window, in the order of `views`.

        Returns
        -------
        ndarray of shape (height, channels, width, batch)
        """
        gradients = iter(gradients)
        first = next(gradients)
        (top, left), (height, width) = self.before, self.image_size
        padded_height, padded_width = self.padded_size
        _, channels, _, batch = first.shape
        empty = np.empty if self.tile else np.zeros
        dx = empty((padded_height, channels, padded_width, batch), first.dtype)
        for view, gradient in zip(self.views(dx), chain([first], gradients), strict=True):
            if self.tile:  # writing takes half the time of adding to zeros
                view[...] = gradient
            else:
                view += gradient
        return dx[top : top + height, :, left : left + width]

    @property
    def tile(self):
        """Whether every pixel, of the padding too, has exactly one window."""
        covered = tuple(map(math.prod, zip(self.out_size, self.strides, strict=True)))
        return self.strides == self.window_size and covered == self.padded_size

    @property
    def of_one_row(self):
        """These windows cut into their rows: one pixel high, and on every row of the image."""
        return self._replace(
            window_size=(1, self.window_size[1]),
            strides=(1, self.strides[1]),
            out_size=(self.padded_size[0], self.out_size[1]),
        )

    @property
    def padded_size(self):
        """Height and width of an image with its padding."""
        return tuple(map(sum, zip(self.before, self.image_size, self.after, strict=True)))

    @property
    def padded(self):
        """Whether there is any padding."""
        return any(self.before + self.after)

    def pad(self, inner, value=0.0):
        """Surround (height, channels, width, batch) with ``value``."""
        if not self.padded:
            return inner
        vertical, horizontal = zip(self.before, self.after, strict=True)
        return np.pad(inner, [vertical, (0, 0), horizontal, (0, 0)], constant_values=value)


def place_windows(image_size, window_size, strides, padding, name):
    """Lay windows on an image as TensorFlow does.

    With ``padding="valid"`` every window lies inside the image, ``out = (size - window) // stride
    + 1``. With ``"same"``, ``out = ceil(size / stride)``, and the padding that this takes is split
    evenly; an odd row or column goes below or to the right.

    Parameters
    ----------
    image_size : tuple of int
        Height and width.
    window_size, strides : int or tuple of int
    padding : {"valid", "same"}
    name : str
        What messages call the window: ``"kernel_size"`` or ``"pool_size"``.

    Returns
    -------
    Windows

    Raises
    ------
    ShapeError
        If a window is larger than the image and ``padding="valid"``.
    SettingError
        If a size, a stride or the padding is none.
    """
    _validate.choice("padding", padding, ("valid", "same"))
    window_size, strides = _validate.pair(name, window_size), _validate.pair("strides", strides)
    if padding == "valid" and (window_size[0] > image_size[0] or window_size[1] > image_size[1]):
        raise ShapeError(
            f"{name} is {window_size}, larger than the images of {image_size}; expected at most "
            'their size. Take a smaller one, or padding="same".'
        )
    axes = zip(image_size, window_size, strides, strict=True)
    placed = [_place_along_axis(*axis, padding) for axis in axes]
    return Windows(image_size, window_size, strides, *zip(*placed, strict=True))


def _place_along_axis(size, window, stride, padding):
    """Return the number of windows, and the padding before and after the image."""
    if padding == "valid":
        return (size - window) // stride + 1, 0, 0
    out = -(-size // stride)  # rounded up
    missing = max((out - 1) * stride + window - size, 0)
    return out, missing // 2, missing - missing // 2
