"""Compare accuracies by one set of rules: which differences the numbers carry, and which not.

The chapter "How we compare" derives each of these. Accuracies and differences are fractions of 1.
"""

import math
from dataclasses import dataclass
from statistics import NormalDist

import numpy as np

from nbhelpers import _validate
from nbhelpers.errors import NaNError, SettingError, ShapeError

__all__ = [
    "Difference",
    "Interval",
    "Paired",
    "both",
    "in_pairs",
    "judge",
    "mcnemar",
    "over_seeds",
    "over_splits",
    "right",
    "verdict",
    "wilson",
]


@dataclass(frozen=True)
class Interval:
    """Where a true value lies, as far as the numbers tell: in 95 of 100 such intervals, say.

    Attributes
    ----------
    low, high : float
        The two ends; infinite where the numbers tell nothing, as one seed does of the spread.

    Examples
    --------
    >>> print(Interval(0.9783, 0.9836).percent())
    97.83 to 98.36 %
    """

    low: float
    high: float

    def percent(self, unit="%"):
        """Return the interval of an accuracy as text in per cent.

        Parameters
        ----------
        unit : str, default="%"
            What stands behind it; "" in a column whose header says it.
        """
        text = f"{100 * self.low:.2f} to {100 * self.high:.2f}"
        return f"{text} {unit}" if unit else text

    def points(self):
        """Return the interval of a difference as text in points of a per cent, with signs."""
        if math.isinf(self.low):
            return "unknown"
        return f"{100 * self.low:+z.2f} to {100 * self.high:+z.2f}"


@dataclass(frozen=True)
class Difference:
    """The mean of a difference "first minus second", and its interval.

    Attributes
    ----------
    mean : float
    interval : Interval
    n : int
        Number of seeds.
    """

    mean: float
    interval: Interval
    n: int

    def points(self):
        """Return the difference as text, such as ``"+0.41 points (+0.12 to +0.70)"``."""
        return f"{100 * self.mean:+z.2f} points ({self.interval.points()})"


@dataclass(frozen=True)
class Paired:
    """Two classifiers on the same examples.

    Attributes
    ----------
    only_a, only_b : int
        How many examples only the first, only the second has right.
    difference : float
        Accuracy of the first minus that of the second.
    interval : Interval
        Of that difference.
    p_value : float
        Probability of a split as uneven, or more so, if each example on which the two disagree
        were a fair coin.
    """

    only_a: int
    only_b: int
    difference: float
    interval: Interval
    p_value: float

    def points(self):
        """Return the difference as text, such as ``"+0.41 points (+0.12 to +0.70)"``."""
        return f"{100 * self.difference:+z.2f} points ({self.interval.points()})"


def wilson(right, n, level=0.95):
    """Return the `Interval` of an accuracy: how far another test set of this size might put it.

    Parameters
    ----------
    right : float
        How many of the test examples are right; a mean over seeds need not be whole.
    n : int
        Number of test examples, taken to be independent.
    level : float, default=0.95
        Between 0 and 1.

    Returns
    -------
    Interval

    Raises
    ------
    SettingError
        If there is no example, more are right than there are, or ``level`` is out of range.

    References
    ----------
    Wilson, "Probable inference, the law of succession, and statistical inference", 1927.

    Examples
    --------
    >>> print(wilson(90, 100).percent())
    82.56 to 94.48 %
    """
    if n < 1 or not 0 <= right <= n:
        raise SettingError(f"right is {right} of n = {n}; expected 0 to n right, n at least 1.")
    z = _normal_quantile(level)
    p = right / n
    middle = p + z**2 / (2 * n)
    half = z * math.sqrt(p * (1 - p) / n + z**2 / (4 * n**2))
    low, high = (middle - half) / (1 + z**2 / n), (middle + half) / (1 + z**2 / n)
    return Interval(max(low, 0.0), min(high, 1.0))


def mcnemar(right_a, right_b, level=0.95):
    """Compare two classifiers on the same examples; where they agree, nothing is to be learned.

    Parameters
    ----------
    right_a, right_b : ndarray of shape (n,), bool
        Whether each has each example right.
    level : float, default=0.95

    Returns
    -------
    Paired
        Says something about these two trained classifiers, not about their training: for that,
        see `both`.

    Raises
    ------
    ShapeError
        If the two are not of one length, or empty.

    References
    ----------
    McNemar, "Note on the sampling error of the difference between correlated proportions", 1947.
    The interval: Agresti and Min, "Simple improved confidence intervals for comparing matched
    proportions", Statistics in Medicine 24, 2005 (half an example is added to each of the four
    cases).

    Examples
    --------
    >>> a, b = np.array([True] * 9 + [False]), np.array([True] * 6 + [False] * 4)
    >>> mcnemar(a, b).only_a, mcnemar(a, b).p_value
    (3, 0.25)
    """
    from scipy.stats import binomtest

    right_a, right_b = _rights(right_a, right_b, axes=1)
    n = len(right_a)
    only_a, only_b = int(np.sum(right_a & ~right_b)), int(np.sum(~right_a & right_b))
    p_value = float(binomtest(only_a, only_a + only_b).pvalue) if only_a + only_b else 1.0
    middle = (only_a - only_b) / (n + 2)
    variance = (only_a + only_b + 1) - (only_a - only_b) ** 2 / (n + 2)
    half = _normal_quantile(level) * math.sqrt(variance) / (n + 2)
    interval = Interval(max(middle - half, -1.0), min(middle + half, 1.0))
    return Paired(only_a, only_b, (only_a - only_b) / n, interval, p_value)


def over_seeds(a, b, metric="test_accuracy", level=0.95):
    """Compare two ways of training by their seeds, on the test set as it is.

    Parameters
    ----------
    a, b : sequence of Run or of float
        Paired: the same seed (or split) at the same place.
    metric : str, default="test_accuracy"
        Which number of a run.
    level : float, default=0.95

    Returns
    -------
    Difference
        Its interval is Student's t over the differences; unknown from a single seed. It does not
        know that another test set might decide otherwise: see `both`.

    Raises
    ------
    ShapeError, NaNError, SettingError
        If there are no values, or not as many of the one as of the other; if one is not finite; if
        ``level`` is out of range.

    Examples
    --------
    >>> print(over_seeds([0.97, 0.98, 0.99], [0.96, 0.97, 0.97]).points())
    +1.33 points (-0.10 to +2.77)
    """
    from scipy.stats import t

    a, b = ([_number(one, metric) for one in runs] for runs in (a, b))
    if len(a) != len(b) or not a:
        raise ShapeError(f"Found {len(a)} and {len(b)} runs; expected as many of each, paired.")
    _validate.fraction("level", level)
    if not np.isfinite([a, b]).all():
        raise NaNError(
            f"Found {a} and {b}; expected finite numbers. Of a run that diverged nothing is known: "
            "leave out the pair, and say so."
        )
    differences = np.subtract(a, b)
    mean, n = float(differences.mean()), len(a)
    if n == 1:
        return Difference(mean, Interval(-math.inf, math.inf), 1)
    half = float(t.ppf((1 + level) / 2, n - 1) * differences.std(ddof=1) / math.sqrt(n))
    return Difference(mean, Interval(mean - half, mean + half), n)


def over_splits(a, b, test_to_train, metric="test_accuracy", level=0.95):
    """Compare two methods over random splits of one data set, which share examples.

    Parameters
    ----------
    a, b : sequence of Run or of float
        Paired: the same split at the same place.
    test_to_train : float
        How many test examples a split has for each that it trains on.
    metric : str, default="test_accuracy"
        Which number of a run.
    level : float, default=0.95

    Returns
    -------
    Difference
        Its interval is that of `over_seeds`, made wider; unknown from a single split.

    Raises
    ------
    ShapeError, NaNError, SettingError
        As `over_seeds`, and if the ratio is negative.

    Notes
    -----
    Splits that share examples are not independent, so the variance of the mean over ``J`` of them
    is not ``s**2 / J`` but about ``s**2 * (1 / J + test_to_train)``.

    References
    ----------
    Nadeau and Bengio, "Inference for the generalization error", Machine Learning 52, 2003.

    Examples
    --------
    >>> print(over_splits([0.97, 0.98, 0.99], [0.96, 0.97, 0.97], test_to_train=1).points())
    +1.33 points (-1.54 to +4.20)
    """
    if not test_to_train >= 0:
        raise SettingError(f"test_to_train is {test_to_train}; expected a ratio, 0 or more.")
    found = over_seeds(a, b, metric, level)
    if found.n == 1:
        return found
    half = (found.interval.high - found.mean) * math.sqrt(1 + found.n * test_to_train)
    return Difference(found.mean, Interval(found.mean - half, found.mean + half), found.n)


def both(rights_a, rights_b, level=0.95):
    """Compare two ways of training over several seeds and one test set, both taken as samples.

    Parameters
    ----------
    rights_a, rights_b : ndarray of shape (seeds, n), bool
        Whether each run has each test example right; the same seed in the same row.
    level : float, default=0.95

    Returns
    -------
    Difference
        Unknown from a single seed.

    Raises
    ------
    ShapeError, SettingError
        If the two differ in shape, or there are none; if ``level`` is out of range.

    Notes
    -----
    The difference of one seed on one example is the grand mean, plus what the seed adds, plus what
    the example adds, plus a rest. The mean over all has the variance ``(MS_seeds + MS_examples -
    MS_rest) / (seeds * n)``, where MS are the mean squares of a two-way analysis of variance, and
    about the degrees of freedom that Satterthwaite gives; MS_seeds and MS_examples count for at
    least MS_rest, which no variance can undercut. With three seeds the interval errs on the wide
    side (it held the true value in 97 to 100 of 100 simulated comparisons), where a bootstrap of
    three seeds would be too sure of itself.

    References
    ----------
    Dorfman, Berbaum and Metz, "Receiver operating characteristic rating analysis: generalization to
    the population of readers and patients", Investigative Radiology 27, 1992, where the seeds are
    readers and the examples patients.
    """
    from scipy.stats import t

    _validate.fraction("level", level)
    rights_a, rights_b = _rights(rights_a, rights_b, axes=2)
    d = rights_a.astype(float) - rights_b
    seeds, n = d.shape
    mean = float(d.mean())
    if seeds == 1 or n == 1:
        return Difference(mean, Interval(-math.inf, math.inf), seeds)
    by_seed, by_example = d.mean(axis=1, keepdims=True), d.mean(axis=0, keepdims=True)
    freedom = np.array([seeds - 1, n - 1, (seeds - 1) * (n - 1)])
    squares = np.array(
        [
            n * np.sum((by_seed - mean) ** 2),
            seeds * np.sum((by_example - mean) ** 2),
            np.sum((d - by_seed - by_example + mean) ** 2),
        ]
    )
    of_seeds, of_examples, rest = squares / freedom
    parts = np.array([max(of_seeds, rest), max(of_examples, rest), -rest])  # no negative variance
    variance = parts.sum() / (seeds * n)
    if variance == 0:
        return Difference(mean, Interval(mean, mean), seeds)
    effective = parts.sum() ** 2 / np.sum(parts**2 / freedom)
    half = float(t.ppf((1 + level) / 2, effective) * math.sqrt(variance))
    return Difference(mean, Interval(mean - half, mean + half), seeds)


def in_pairs(rights_a, rights_b):
    """Compare two ways of training on one test set, with however many seeds there are.

    Parameters
    ----------
    rights_a, rights_b : ndarray of shape (seeds, n), bool
        As for `both`.

    Returns
    -------
    Difference or Paired
        What `both` gives; from a single seed, where that is unknown, what `mcnemar` says of the two
        trained classifiers.

    Raises
    ------
    ShapeError
        If the two differ in shape, or there are no examples.
    """
    if np.shape(rights_a)[:1] == np.shape(rights_b)[:1] == (1,):
        return mcnemar(rights_a[0], rights_b[0])
    return both(rights_a, rights_b)


def judge(interval, margin=None):
    """Say in a word what an interval of a difference "first minus second" carries.

    Parameters
    ----------
    interval : Interval, Difference or Paired
    margin : float, optional
        The smallest difference that would matter, as a fraction; named before the numbers are
        seen. Without it nothing can be called the same.

    Returns
    -------
    {"better", "worse", "the same", "not decided"}
        Of the first. "The same" if the whole interval lies inside the margin, also where it leaves
        out zero; else "better" or "worse" if it leaves out zero.

    Raises
    ------
    SettingError
        If the margin is not positive.

    Examples
    --------
    >>> judge(Interval(0.001, 0.02)), judge(Interval(-0.001, 0.02))
    ('better', 'not decided')
    >>> judge(Interval(-0.001, 0.002), margin=0.005)
    'the same'
    """
    if margin is not None and not margin > 0:
        raise SettingError(f"margin is {margin}; expected a positive fraction, 0.005 for a half %.")
    interval = getattr(interval, "interval", interval)
    if margin is not None and -margin < interval.low and interval.high < margin:
        return "the same"
    if interval.low > 0:
        return "better"
    return "worse" if interval.high < 0 else "not decided"


def verdict(*, holds=False, condition=False, fails=False):
    """Return what rules that were fixed before say of a claim.

    Parameters
    ----------
    holds, condition, fails : bool
        Whether the rule is met that confirms the claim, limits it, refutes it. What refutes counts
        most, then what limits.

    Returns
    -------
    {"holds", "holds with a condition", "does not hold", "not decided"}
        The last if no rule is met.

    Examples
    --------
    >>> verdict(holds=True, condition=True), verdict()
    ('holds with a condition', 'not decided')
    """
    rules = {"does not hold": fails, "holds with a condition": condition, "holds": holds}
    return next((name for name, met in rules.items() if met), "not decided")


def right(model, x, y):
    """Return which examples a Keras model gets right.

    Parameters
    ----------
    model : keras.Model or Run
        With one output a class, or a single one that is the probability of class 1.
    x : ndarray of shape (n, ...)
    y : ndarray of shape (n,), (n, 1) or (n, classes)
        Class indices or one-hot rows.

    Returns
    -------
    ndarray of shape (n,), bool

    Raises
    ------
    ShapeError, LabelError
        If there is not one label for each example, or one names no class of the model.
    """
    outputs = np.asarray(getattr(model, "model", model).predict(x, batch_size=200, verbose=0))
    single = outputs.shape[-1] == 1
    chosen = outputs.ravel() > 0.5 if single else outputs.argmax(axis=-1)
    classes = 2 if single else outputs.shape[-1]
    return chosen == _validate.class_indices("y", y, len(outputs), classes)


def _number(value, metric):
    return float(value.final(metric) if hasattr(value, "history") else value)


def _rights(a, b, axes):
    a, b = np.asarray(a), np.asarray(b)
    if a.shape != b.shape or a.ndim != axes or a.size == 0 or a.dtype != bool or b.dtype != bool:
        expected = "(n,)" if axes == 1 else "(seeds, n)"
        raise ShapeError(
            f"Found {a.dtype} of shape {a.shape} and {b.dtype} of shape {b.shape}; expected bools "
            f"of one shape {expected}, True where an answer is right."
        )
    return a, b


def _normal_quantile(level):
    _validate.fraction("level", level)
    return NormalDist().inv_cdf((1 + level) / 2)
