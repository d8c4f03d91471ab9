"""Refuse a setting that is not what it must be: one check a kind, for all parts of the package.

Each names the setting, what was found and what was expected, and raises the error of the part that
asks, by default a `SettingError`.
"""

from numbers import Integral, Real

from nbhelpers.errors import SettingError


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
