"""First weights: random, with a spread that keeps signals alive through many layers.

``fan_in`` is how many inputs one unit sums up, ``fan_out`` how many units one input reaches; for a
convolution both count the pixels of the kernel. Normal distributions are cut off at two standard
deviations and widened so that the standard deviation is the stated one, as in Keras.
"""

import math

import numpy as np

from nbhelpers import _validate
from nbhelpers.errors import ShapeError

# Standard deviation of a standard normal distribution that is cut off at -2 and 2.
TRUNCATED_DEVIATION = 0.87962566103423978


def glorot_uniform(shape, rng, dtype="float32"):
    """Draw weights of variance ``2 / (fan_in + fan_out)``, uniformly; the default, as in Keras.

    Parameters
    ----------
    shape : tuple of int
        Of a kernel: (inputs, units) or (kernel_h, kernel_w, channels, filters).
    rng : numpy.random.Generator
    dtype : str, default="float32"

    Returns
    -------
    ndarray of the shape given

    References
    ----------
    Glorot and Bengio, "Understanding the difficulty of training deep feedforward neural networks",
    2010.
    """
    fan_in, fan_out = _fans(shape)
    limit = math.sqrt(6 / (fan_in + fan_out))
    return rng.uniform(-limit, limit, shape).astype(dtype)


def glorot_normal(shape, rng, dtype="float32"):
    """Draw weights of variance ``2 / (fan_in + fan_out)`` from a truncated normal distribution.

    Parameters
    ----------
    shape : tuple of int
        Of a kernel: (inputs, units) or (kernel_h, kernel_w, channels, filters).
    rng : numpy.random.Generator
    dtype : str, default="float32"

    Returns
    -------
    ndarray of the shape given
    """
    fan_in, fan_out = _fans(shape)
    return _truncated_normal(shape, math.sqrt(2 / (fan_in + fan_out)), rng, dtype)


def he_uniform(shape, rng, dtype="float32"):
    """Draw weights of variance ``2 / fan_in``, uniformly: for ReLU, which halves the variance.

    Parameters
    ----------
    shape : tuple of int
        Of a kernel: (inputs, units) or (kernel_h, kernel_w, channels, filters).
    rng : numpy.random.Generator
    dtype : str, default="float32"

    Returns
    -------
    ndarray of the shape given

    References
    ----------
    He, Zhang, Ren and Sun, "Delving deep into rectifiers", 2015.
    """
    limit = math.sqrt(6 / _fans(shape)[0])
    return rng.uniform(-limit, limit, shape).astype(dtype)


def he_normal(shape, rng, dtype="float32"):
    """Draw weights of variance ``2 / fan_in`` from a truncated normal distribution: for ReLU.

    Parameters
    ----------
    shape : tuple of int
        Of a kernel: (inputs, units) or (kernel_h, kernel_w, channels, filters).
    rng : numpy.random.Generator
    dtype : str, default="float32"

    Returns
    -------
    ndarray of the shape given

    References
    ----------
    He, Zhang, Ren and Sun, "Delving deep into rectifiers", 2015.
    """
    return _truncated_normal(shape, math.sqrt(2 / _fans(shape)[0]), rng, dtype)


def lecun_normal(shape, rng, dtype="float32"):
    """Draw weights of variance ``1 / fan_in`` from a truncated normal distribution.

    Parameters
    ----------
    shape : tuple of int
        Of a kernel: (inputs, units) or (kernel_h, kernel_w, channels, filters).
    rng : numpy.random.Generator
    dtype : str, default="float32"

    Returns
    -------
    ndarray of the shape given

    References
    ----------
    LeCun, Bottou, Orr and Müller, "Efficient BackProp", 1998.
    """
    return _truncated_normal(shape, math.sqrt(1 / _fans(shape)[0]), rng, dtype)


def random_normal(shape, rng, dtype="float32"):
    """Draw weights of standard deviation 0.05 from a normal distribution, whatever the shape.

    Parameters
    ----------
    shape : tuple of int
    rng : numpy.random.Generator
    dtype : str, default="float32"

    Returns
    -------
    ndarray of the shape given
    """
    return rng.normal(0, 0.05, shape).astype(dtype)


INITIALISERS = {
    initialiser.__name__: initialiser
    for initialiser in (
        glorot_uniform,
        glorot_normal,
        he_uniform,
        he_normal,
        lecun_normal,
        random_normal,
    )
}


def find_initialiser(initialiser):
    """Return the initialiser of that name; a function ``(shape, rng, dtype)`` is returned as is."""
    if callable(initialiser):
        return initialiser
    _validate.choice("kernel_initializer", initialiser, INITIALISERS)
    return INITIALISERS[initialiser]


def _fans(shape):
    """Return ``fan_in, fan_out`` of a kernel."""
    if len(shape) not in (2, 4):
        raise ShapeError(
            f"shape is {shape}; expected (inputs, units) or (kernel_h, kernel_w, channels, "
            "filters)."
        )
    *window, inputs, units = shape
    pixels = math.prod(window)
    return pixels * inputs, pixels * units


def _truncated_normal(shape, deviation, rng, dtype):
    """Draw normal numbers, those beyond two standard deviations again until none is left."""
    numbers = rng.standard_normal(shape)
    while (far := np.abs(numbers) > 2).any():
        numbers[far] = rng.standard_normal(far.sum())
    return (numbers * deviation / TRUNCATED_DEVIATION).astype(dtype)
