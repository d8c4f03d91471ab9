"""Refuse a setting that is not what it must be: one check a kind, for all parts of the package.

Each names the setting, what was found and what was expected, and raises the error of the part that
asks, by default a `SettingError`.
"""

from numbers import Integral, Real

import numpy as np

from nbhelpers.errors import LabelError, SettingError, ShapeError


def whole(name, value, low=1, high=None, *, why="", error=SettingError):
    """Return a whole number from ``low`` to ``high`` as an int; True and False are none."""
    is_whole = isinstance(value, Integral) and not isinstance(value, bool)
    if not is_whole or value < low or (high is not None and value > high):
        to = "" if high is None else f" to {high}"
        because = f": {why}" if why else ""
        raise error(f"{name} is {value!r}; expected a whole number from {low}{to}{because}.")
    return int(value)


def pair(name, value, *, error=SettingError):
    """Return a positive whole number, or two of them, as ``(vertical, horizontal)``."""
    both = value if isinstance(value, tuple | list) else (value, value)
    if len(both) != 2:
        raise error(f"{name} is {value!r}; expected one whole number or two.")
    return whole(name, both[0], error=error), whole(name, both[1], error=error)


def between(name, value, low, high, *, error=SettingError):
    """Raise unless ``low <= value < high``."""
    if not isinstance(value, Real) or not low <= value < high:
        raise error(f"{name} is {value!r}; expected {low} <= {name} < {high}.")


def fraction(name, value, *, error=SettingError):
    """Raise unless ``0 < value < 1``."""
    if not isinstance(value, Real) or not 0 < value < 1:
        raise error(f"{name} is {value!r}; expected a number between 0 and 1.")


def choice(name, value, known, *, error=SettingError):
    """Raise unless ``value`` is among the ``known`` ones."""
    if value not in known:
        raise error(f"{name} is {value!r}; expected one of {', '.join(map(repr, known))}.")


def class_indices(name, y, n, classes):
    """Return the labels of ``n`` examples as indices, from such, a column of them or one-hot rows.

    NumPy would compare a column with a row of answers all with all, and labels that count from 1
    would pass for wrong answers.
    """
    y = np.asarray(y)
    if y.shape not in ((n,), (n, 1), (n, classes)):
        raise ShapeError(
            f"{name} has shape {y.shape}; expected {(n,)} class indices or {(n, classes)} one-hot "
            "rows, a label for each example."
        )
    if y.ndim == 2:
        y = y[:, 0] if y.shape[1] == 1 else y.argmax(axis=1)
    indices = np.arange(classes)
    if not np.isin(y, indices).all():
        wrong = y[~np.isin(y, indices)][0]
        raise LabelError(f"{name} holds {wrong!s}; expected class indices from 0 to {classes - 1}.")
    return y.astype(int)
