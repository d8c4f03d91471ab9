"""The dense layer: every output sees every input."""

import numpy as np

from nbhelpers.nn._checks import check_array, check_dout, check_shape


def dense_forward(x, kernel, bias):
    """Multiply a batch of feature vectors by a matrix and add a bias.

    Parameters
    ----------
    x : ndarray of shape (batch, inputs)
        float32 or float64.
    kernel : ndarray of shape (inputs, units)
    bias : ndarray of shape (units,)

    Returns
    -------
    out : ndarray of shape (batch, units)
        ``x @ kernel + bias``.
    cache : tuple
        What `dense_backward` needs; treat it as opaque.

    Raises
    ------
    ShapeError, DtypeError, NaNError
        If an array has the wrong shape, holds no floats, or ``x`` holds NaN.

    Examples
    --------
    >>> out, cache = dense_forward(np.array([[1.0, 2.0]]), np.array([[3.0], [4.0]]), np.ones(1))
    >>> out
    array([[12.]])
    """
    check_array("x", x, ("batch", "inputs"))
    check_array("kernel", kernel, ("inputs", "units"))
    inputs, units = kernel.shape
    check_shape("x", x, (len(x), inputs), f"as kernel has shape {kernel.shape}")
    check_shape("bias", bias, (units,), "one number a unit")
    out = x @ kernel
    out += bias  # in place: no second array of this size
    return out, (x, kernel)


def dense_backward(dout, cache, input_gradient=True):
    """Return the gradients of `dense_forward`.

    Parameters
    ----------
    dout : ndarray of shape (batch, units)
        Gradient of the loss with respect to ``out``.
    cache : tuple
        From `dense_forward`.
    input_gradient : bool
        False skips ``dx``, which a network's first layer need not compute; it is then None.

    Returns
    -------
    dx, dkernel, dbias : ndarray
        Shaped like ``x``, ``kernel`` and ``bias``.
    """
    x, kernel = cache
    check_dout(dout, (len(x), kernel.shape[1]))
    dkernel = x.T @ dout
    dbias = dout.sum(axis=0)
    dx = dout @ kernel.T if input_gradient else None
    return dx, dkernel, dbias


def flatten_forward(x):
    """Lay each image out as one row, as Keras' Flatten does: height, width, then channels.

    Parameters
    ----------
    x : ndarray of shape (batch, ...)

    Returns
    -------
    out : ndarray of shape (batch, features)
    cache : tuple
        What `flatten_backward` needs; treat it as opaque.
    """
    check_array("x", x)
    return x.reshape(len(x), -1), x.shape


def flatten_backward(dout, cache):
    """Return ``dx``, the rows of ``dout`` folded back into images.

    Parameters
    ----------
    dout : ndarray of shape (batch, features)
    cache : tuple
        From `flatten_forward`.

    Returns
    -------
    dx : ndarray of shape (batch, ...)
    """
    check_dout(dout, (cache[0], int(np.prod(cache[1:]))))
    return dout.reshape(cache)
