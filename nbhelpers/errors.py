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
    """A result cannot be recorded as it was given."""
