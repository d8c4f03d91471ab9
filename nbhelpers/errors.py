"""Exceptions of the package, each also a builtin so that callers can catch either."""


class NbHelpersError(Exception):
    """Parent of every error that nbhelpers raises on purpose."""


class DatasetError(NbHelpersError, ValueError):
    """A data set is missing, damaged or not in a layout that is known."""


class ShapeError(NbHelpersError, ValueError):
    """An array has the wrong number of axes or a wrong axis length."""


class AnswerError(NbHelpersError, AssertionError):
    """An answer to an exercise is not right yet; the message holds a hint."""


class ResultError(NbHelpersError, ValueError):
    """A result cannot be recorded as it was given, or read as it was found."""


class DtypeError(NbHelpersError, TypeError):
    """An array holds the wrong kind of number, integers for example."""


class NaNError(NbHelpersError, ValueError):
    """An array holds NaN ("not a number")."""


class LabelError(NbHelpersError, ValueError):
    """A label names no class."""


class SettingError(NbHelpersError, ValueError):
    """A layer, loss or optimizer was given a setting that it does not know."""


class GradientError(NbHelpersError, AssertionError):
    """A gradient differs from the one that finite differences give."""


class OrderError(NbHelpersError, RuntimeError):
    """A step was taken before the one that it needs."""


class WeightsError(NbHelpersError, ValueError):
    """Saved weights are missing, damaged or made for another network."""


class DerivationError(NbHelpersError, ValueError):
    """A derivation cannot be made as asked for, or a step of it is wrong."""


class IdentityError(NbHelpersError, AssertionError):
    """Something that a page says is equal, or holds, is not so."""
