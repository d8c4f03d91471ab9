"""Gradients by finite differences: slow, simple, and independent of every derivation."""

import numpy as np

from nbhelpers.errors import DtypeError, GradientError, ShapeError
from nbhelpers.nn._checks import check_floats, check_shape


def numerical_gradient(f, x, step=1e-5):
    """Estimate the gradient of ``f`` at ``x`` by central differences.

    Each number of ``x`` is moved a little up and a little down: ``(f(x + step) - f(x - step)) /
    (2 * step)``. The error of the formula shrinks with ``step**2``, that of rounding grows with
    ``1 / step``; in float64 the default balances them at about 1e-10.

    Parameters
    ----------
    f : callable
        Takes an array like ``x``, returns one number.
    x : ndarray
        Of floats; float32 has too few digits for a useful estimate. It is not changed.
    step : float, default=1e-5

    Returns
    -------
    ndarray, shaped like ``x``

    Raises
    ------
    DtypeError
        If ``x`` holds no floats.
    ShapeError
        If ``f`` returns an array.

    Examples
    --------
    >>> numerical_gradient(lambda x: (x**2).sum(), np.array([1.0, 3.0])).round(6)
    array([2., 6.])
    """
    check_floats("x", x)
    gradient = np.zeros(x.shape)
    moved = x.copy()
    for place in np.ndindex(x.shape):
        moved[place] = x[place] + step
        above = f(moved)
        if np.ndim(above):
            raise ShapeError(
                f"f returned an array of shape {np.shape(above)}; expected one number, such as the "
                "sum of that array."
            )
        moved[place] = x[place] - step
        gradient[place] = (above - f(moved)) / (2 * step)
        moved[place] = x[place]
    return gradient


def check_gradient(f, x, gradient, step=1e-5, tolerance=1e-6):
    """Raise unless ``gradient`` is the gradient of ``f`` at ``x``.

    Parameters
    ----------
    f : callable
        Takes an array like ``x``, returns one number.
    x : ndarray
        float64.
    gradient : ndarray, shaped like ``x``
        To be checked.
    step : float, default=1e-5
        As in `numerical_gradient`.
    tolerance : float, default=1e-6
        Largest difference allowed, relative to the largest number in either gradient, or absolute
        where that is below 1.

    Returns
    -------
    float
        The largest absolute difference.

    Raises
    ------
    DtypeError
        If ``x`` or ``gradient`` has fewer digits than float64.
    GradientError
        If they differ by more; the message names the place of the largest difference.

    Examples
    --------
    >>> x = np.array([1.0, 3.0])
    >>> check_gradient(lambda x: (x**2).sum(), x, 2 * x) < 1e-9
    True
    """
    check_shape("gradient", gradient, x.shape, "the shape of x")
    for name, array in (("x", x), ("gradient", gradient)):
        if array.dtype.itemsize < 8:
            raise DtypeError(
                f"{name} holds {array.dtype}, whose digits are too few for finite differences to "
                'judge a gradient; expected float64. Compute both in it: x.astype("float64"), and '
                'dtype="float64" for a network.'
            )
    expected = numerical_gradient(f, x, step)
    difference = np.abs(gradient - expected)
    place = tuple(int(i) for i in np.unravel_index(np.argmax(difference), x.shape))
    allowed = tolerance * max(1.0, np.abs(expected).max(), np.abs(gradient).max())
    if not difference[place] <= allowed:
        raise GradientError(
            f"The gradient at {place} is {gradient[place]:.8g}, but finite differences give "
            f"{expected[place]:.8g}; expected a difference of at most {allowed:.1g}. "
            "Look for a missing factor, a sign or a transpose in the backward pass; at a kink, as "
            "that of relu at 0, finite differences give no gradient."
        )
    return float(difference[place])
