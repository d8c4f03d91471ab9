"""Check what a page claims, and a reader's answer to an exercise.

`agree` and `holds` print a line that is true, or raise: no page can show an identity that fails.
`check` says whether a reader's answer to an exercise is right, and helps where it is not yet,
without ever raising; `check_equal` and `check_close` raise, since solutions use them.
"""

import numpy as np

from nbhelpers.errors import AnswerError, IdentityError
from nbhelpers.exercises import exercise

__all__ = ["agree", "check", "check_answer", "check_close", "check_equal", "holds"]


def check(label, answer):
    """Say whether an answer to an exercise is right, or what to think about.

    Parameters
    ----------
    label : str
        The exercise's label, such as ``"ex-lenet5-border"``; it stands in the cell below it.
    answer : object
        Anything. What is no answer gets "Not yet" and no error.

    Raises
    ------
    AnswerError
        If no exercise has this label.
    """
    print(exercise(label).judge(answer))


def check_answer(label, answer):
    """Raise unless an answer to an exercise is right, for programs that mark.

    Parameters
    ----------
    label : str
    answer : object

    Raises
    ------
    AnswerError
        If it is not right yet, with what `check` would print; also for open projects, which no
        program can judge; and if no exercise has this label.
    """
    said = exercise(label).judge(answer)
    if not said.startswith("Right."):
        raise AnswerError(said)


def agree(name, value, other_name, other, *, within=1e-8):
    """Print that two things are the same and how closely, or raise.

    Parameters
    ----------
    name : str
        What the first is called, such as ``"our convolution"``.
    value : array_like, or list of arrays
        Floating-point numbers agree within a tolerance; whole numbers, truth values, texts and
        symbols only if they are equal. Lists of arrays (the gradients of a network) are compared
        one by one.
    other_name : str
        What the second is called, such as ``"Keras' convolution"``.
    other : array_like, or list of arrays
        Of the same shape.
    within : float, default=1e-8
        The largest difference allowed: absolute where the number in ``other`` is at most 1 in
        size, relative to it where it is larger. 0 demands equality.

    Raises
    ------
    IdentityError
        If shapes or values differ, with place and size of the largest difference; if a number is
        NaN or infinite, which agrees with nothing; or if there is nothing to compare.

    Notes
    -----
    The line shows the tolerance, which was promised, and not the difference, whose digits depend
    on the machine.

    Examples
    --------
    >>> agree("the sum", 0.1 + 0.2, "three tenths", 0.3)
    ✓ the sum = three tenths, within 1e-08
    >>> agree("by hand", 5 * 5 + 1, "Keras' count", 26)
    ✓ by hand = Keras' count
    """
    names = f"{name} and {other_name}"
    rounded = [_compare(*pair, within) for pair in _pairs(names, value, other)]
    print(f"✓ {name} = {other_name}" + (f", within {within:g}" if any(rounded) else ""))


def holds(statement, condition):
    """Print a statement that is true, or raise.

    Parameters
    ----------
    statement : str
    condition : bool or array_like of bool
        All must be true. What is no truth value is refused: an unevaluated expression, None, NaN.

    Raises
    ------
    IdentityError
        If the condition is false anywhere, empty, or no truth value.

    Examples
    --------
    >>> holds("the energy never rises", np.diff([3.0, 2.0, 2.0]) <= 0)
    ✓ the energy never rises
    """
    truth = np.asarray(condition)
    if truth.dtype != bool or not truth.size:
        raise IdentityError(
            f"{statement!r}: found {condition!r}; expected one or more truth values, True or False."
        )
    if not truth.all():
        raise IdentityError(
            f"{statement!r} does not hold: found {truth.size - truth.sum()} of {truth.size} false"
            f"{_at(np.argwhere(~truth)[0])}; expected all true. Mend the statement or what it "
            "states."
        )
    print(f"✓ {statement}")


def _pairs(names, value, other):
    """Return what is compared one by one, named: the entries of two lists of arrays, or the two."""
    lists = [v for v in (value, other) if isinstance(v, list | tuple) and any(map(np.ndim, v))]
    if not lists:
        return [(names, value, other)]
    lengths = [len(v) if np.iterable(v) else "no" for v in (value, other)]
    if lengths[0] != lengths[1]:
        raise IdentityError(f"{names}: found {lengths[0]} and {lengths[1]} arrays; expected pairs.")
    pairs = enumerate(zip(value, other, strict=True))
    return [(f"{names}, entry {k}", *pair) for k, pair in pairs]


def _compare(names, value, other, within):
    """Raise if two arrays differ; return whether they were compared by rounded numbers."""
    value, other = np.asarray(value), np.asarray(other)
    if value.shape != other.shape or not value.size:
        raise IdentityError(
            f"{names}: found the shapes {value.shape} and {other.shape}; expected two that are "
            "equal and not empty. Nothing is broadcast here: reshape one of them."
        )
    rounded = {value.dtype.kind, other.dtype.kind} & set("fc") and within > 0
    if rounded:
        with np.errstate(invalid="ignore"):
            size = np.abs(value - other) / np.maximum(1, np.abs(other))
        size = np.where(np.isfinite(size), size, np.inf)  # NaN agrees with nothing
        agrees = size <= within
    else:
        size = agrees = np.asarray(value == other, dtype=bool)
    if not agrees.all():
        at = np.unravel_index(size.argmax() if rounded else size.argmin(), size.shape)
        raise IdentityError(
            f"{names} differ{_at(at)}: found {value[at]} and {other[at]}; expected them "
            + (f"within {within:g}. It is the largest difference; " if rounded else "equal; ")
            + f"{np.sum(~agrees)} of {agrees.size} differ. Correct one of the two."
        )
    return bool(rounded)


def _at(index):
    return f" at [{', '.join(map(str, index))}]" if len(index) else ""


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
    if not _equal(answer, expected):
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
    answer, expected = _numbers(answer, hint), np.asarray(expected)
    if answer.shape != expected.shape:
        _refuse(
            f"an array of shape {answer.shape}", f"The shape should be {expected.shape}. {hint}"
        )
    if not np.allclose(answer, expected, rtol=rtol, atol=atol):
        _refuse(answer, hint)
    return "Right."


def _equal(answer, expected):
    """Compare entry by entry, since an array would make one kind of different ones."""
    entries = [_entries(value) for value in (answer, expected)]
    if None in entries:
        try:
            return entries[0] is entries[1] and bool(answer == expected)
        except Exception:  # whatever a reader's object does when it is compared
            return False
    return len(entries[0]) == len(entries[1]) and all(map(_equal, *entries))


def _entries(value):
    """Return what a list, a tuple or an array holds, or None for anything else."""
    if isinstance(value, list | tuple):
        return list(value)
    try:
        array = np.asarray(value) if hasattr(value, "__array__") else np.zeros(())
    except Exception:  # a reader's object may raise when it is looked at
        return None
    return list(array) if array.ndim else None


def _numbers(answer, hint):
    try:
        numbers = np.asarray(answer)
    except Exception:  # a ragged list, or whatever a reader's object raises
        numbers = np.asarray(None)
    if numbers.dtype.kind not in "biufc":
        _refuse(answer, f"Numbers are expected, in even rows if in any. {hint}")
    return numbers


def _refuse(answer, hint):
    raise AnswerError(f"Not yet: your answer is {answer}. {hint}".rstrip())
