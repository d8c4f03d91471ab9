"""Refuse bad arrays before NumPy broadcasts it into something that looks right."""

import numpy as np

from nbhelpers.errors import DtypeError, NaNError, ShapeError

IMAGES = ("batch", "height", "width", "channels")


def check_array(name, array, axes=None):
    """Raise unless ``array`` is a non-empty float array without NaN, with an axis for each name.

    Parameters
    ----------
    name : str
        What the message calls the array.
    array : ndarray
    axes : tuple of str, optional
        Names of the expected axes; None accepts any rank but 0.
    """
    check_floats(name, array)
    if axes is None and array.ndim == 0:
        raise ShapeError(f"{name} is a single number; expected an array (batch, ...).")
    if axes is not None and array.ndim != len(axes):
        raise ShapeError(
            f"{name} has shape {array.shape}; expected {len(axes)} axes ({', '.join(axes)})."
        )
    if array.size == 0:
        raise ShapeError(
            f"{name} has shape {array.shape}; expected at least one element along every axis."
        )
    if np.isnan(array.min()):  # the minimum of anything and NaN is NaN: one pass, no mask
        where = tuple(int(i) for i in np.argwhere(np.isnan(array))[0])
        raise NaNError(
            f"{name} of shape {array.shape} holds NaN, first at {where}; expected numbers only. "
            "Look for missing data, or for a learning rate so large that training diverged."
        )


def check_floats(name, array):
    """Raise unless ``array`` is an ndarray of floating-point numbers."""
    if not isinstance(array, np.ndarray):
        raise DtypeError(f"{name} is a {type(array).__name__}; expected an ndarray of floats.")
    if array.dtype.kind != "f":
        raise DtypeError(
            f"{name} of shape {array.shape} holds {array.dtype}; expected float32 or float64. "
            f'Convert it with {name}.astype("float32").'
        )


def check_shape(name, array, expected, because):
    """Raise unless ``array`` holds floats and has the ``expected`` shape."""
    check_floats(name, array)
    if array.shape != expected:
        raise ShapeError(f"{name} has shape {array.shape}; expected {expected}, {because}.")


def check_dout(dout, out_shape):
    """Raise unless ``dout`` fits the output whose gradient it is."""
    check_shape("dout", dout, out_shape, "the shape of the forward pass's output")
