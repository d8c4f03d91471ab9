"""Dropout and batch normalisation: two layers that behave differently while training."""

from typing import NamedTuple

import numpy as np

from nbhelpers import _validate
from nbhelpers.errors import NaNError, ShapeError
from nbhelpers.nn._checks import check_array, check_dout, check_shape


def dropout_forward(x, rate, rng):
    """Set a random share of the numbers to zero and scale the others up, for training.

    Parameters
    ----------
    x : ndarray
        float32 or float64, any shape with at least one axis.
    rate : float
        Chance of each number to become zero, in [0, 1). The others are divided by ``1 - rate``, so
        that the mean stays and nothing need be done at test time ("inverted" dropout, as in Keras).
    rng : numpy.random.Generator

    Returns
    -------
    out : ndarray, shaped like ``x``
    cache : ndarray
        What `dropout_backward` needs; treat it as opaque.

    References
    ----------
    Srivastava et al., "Dropout: a simple way to prevent neural networks from overfitting", 2014.
    """
    check_array("x", x)
    _validate.between("rate", rate, 0, 1)
    factor = (rng.random(x.shape) >= rate) / x.dtype.type(1 - rate)
    return x * factor, factor


def dropout_backward(dout, cache):
    """Return ``dx``: what was kept gets its gradient, scaled up alike.

    Parameters
    ----------
    dout : ndarray
        Gradient of the loss with respect to ``out``.
    cache : ndarray
        From `dropout_forward`.

    Returns
    -------
    dx : ndarray, shaped like ``x``
    """
    check_dout(dout, cache.shape)
    return dout * cache


class BatchNormCache(NamedTuple):
    """What `batch_norm_backward` needs; the layer reads the two statistics."""

    mean: np.ndarray
    variance: np.ndarray
    normalised: np.ndarray
    scale: np.ndarray  # 1 / standard deviation
    gamma: np.ndarray


def batch_norm_forward(x, gamma, beta, epsilon=1e-3):
    """Give each channel mean ``beta`` and standard deviation ``gamma`` over the batch.

    Parameters
    ----------
    x : ndarray of shape (batch, ..., channels)
        float32 or float64. Statistics are taken over all axes but the last.
    gamma, beta : ndarray of shape (channels,)
    epsilon : float, default=1e-3
        Added to the variance, so that a constant channel is not divided by zero. Keras' default.

    Returns
    -------
    out : ndarray, shaped like ``x``
    cache : BatchNormCache
        What `batch_norm_backward` needs; also the batch's ``mean`` and (biased) ``variance``.

    References
    ----------
    Ioffe and Szegedy, "Batch normalization: accelerating deep network training by reducing internal
    covariate shift", 2015.
    """
    axes = check_batch_norm(x, gamma, beta)
    mean = x.mean(axis=axes)
    centred = x - mean
    with np.errstate(over="ignore"):
        variance = np.square(centred).mean(axis=axes)
    if not np.isfinite(variance).all():  # dividing by it would make 0 of everything
        raise NaNError(
            f"x of shape {x.shape} holds numbers up to {np.abs(x).max():.0e}, whose variance "
            f"overflows {x.dtype}; expected smaller ones. Look for a learning rate so large that "
            "training diverged, or for data that are not scaled."
        )
    scale = 1 / np.sqrt(variance + x.dtype.type(epsilon))
    normalised = np.multiply(centred, scale, out=centred)
    out = gamma * normalised
    out += beta
    return out, BatchNormCache(mean, variance, normalised, scale, gamma)


def batch_norm_backward(dout, cache):
    """Return the gradients of `batch_norm_forward`.

    Mean and variance depend on ``x`` too, so ``dx`` loses its mean and its component along the
    normalised ``x``: no step in those two directions changes the output.

    Parameters
    ----------
    dout : ndarray
        Gradient of the loss with respect to ``out``.
    cache : BatchNormCache
        From `batch_norm_forward`.

    Returns
    -------
    dx, dgamma, dbeta : ndarray
        Shaped like ``x``, ``gamma`` and ``beta``.
    """
    normalised = cache.normalised
    check_dout(dout, normalised.shape)
    axes = tuple(range(dout.ndim - 1))
    count = dout.size // dout.shape[-1]
    dbeta = dout.sum(axis=axes)
    dgamma = (dout * normalised).sum(axis=axes)
    dx = dout - dbeta / count
    dx -= normalised * (dgamma / count)
    dx *= cache.gamma * cache.scale
    return dx, dgamma, dbeta


def check_batch_norm(x, gamma, beta):
    """Check the arrays and return the axes that statistics are taken over."""
    check_array("x", x)
    if x.ndim < 2:
        raise ShapeError(f"x has shape {x.shape}; expected (batch, ..., channels).")
    for name, array in (("gamma", gamma), ("beta", beta)):
        check_shape(name, array, x.shape[-1:], "one number a channel")
    return tuple(range(x.ndim - 1))
