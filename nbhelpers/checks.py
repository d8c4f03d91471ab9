"""Check a reader's answer to an exercise, and help where it is not right yet."""

import numpy as np

from nbhelpers.errors import AnswerError

__all__ = ["check_close", "check_equal"]


def check_equal(answer, expected, hint=""):
    """Say that ``answer`` equals ``expected``, or raise with a hint.

    Parameters
    ----------
    answer, expected : object
        Compared with ``==``; arrays and tuples element by element.
    hint : str
        What to think about if the answer is wrong.

    Raises
    ------
    AnswerError
        If they differ. The message shows the answer and the hint, not the solution.

    Examples
    --------
    >>> check_equal(2 + 2, 4)
    'Right.'
    """
    if not np.array_equal(np.asarray(answer), np.asarray(expected)):
        _refuse(answer, hint)
    return "Right."


def check_close(answer, expected, hint="", *, rtol=1e-5, atol=1e-8):
    """Say that the numbers in ``answer`` are close to ``expected``, or raise with a hint.

    Parameters
    ----------
    answer, expected : array_like of float
        Of the same shape.
    hint : str
        What to think about if the answer is wrong.
    rtol, atol : float
        Relative and absolute tolerance, as in `numpy.allclose`.

    Raises
    ------
    AnswerError
        If shapes or values differ.

    Examples
    --------
    >>> check_close([0.1 + 0.2], [0.3])
    'Right.'
    """
    answer, expected = np.asarray(answer), np.asarray(expected)
    if answer.shape != expected.shape:
        _refuse(
            f"an array of shape {answer.shape}", f"The shape should be {expected.shape}. {hint}"
        )
    if not np.allclose(answer, expected, rtol=rtol, atol=atol):
        _refuse(answer, hint)
    return "Right."


def _refuse(answer, hint):
    raise AnswerError(f"Not yet: your answer is {answer}. {hint}".rstrip())
