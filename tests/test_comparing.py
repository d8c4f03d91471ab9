"""Intervals hold what they promise, and verdicts follow from them alone."""

import math
import re

import numpy as np
import pytest
from scipy import stats

from nbhelpers import comparing
from nbhelpers.comparing import Interval
from nbhelpers.errors import LabelError, NaNError, SettingError, ShapeError
from nbhelpers.training import Run


@pytest.mark.parametrize(("right", "n", "level"), [(90, 100, 0.95), (0, 7, 0.9), (7, 7, 0.99)])
def test_wilson_is_scipys(right, n, level):
    expected = stats.binomtest(right, n).proportion_ci(level, method="wilson")
    found = comparing.wilson(right, n, level)
    assert np.allclose([found.low, found.high], [expected.low, expected.high])


def test_wilson_takes_a_mean_over_seeds():
    low, middle, high = (comparing.wilson(right, 200).low for right in (180, 180.5, 181))
    assert low < middle < high


def test_mcnemar_counts_only_where_the_two_disagree():
    a = np.array([True] * 60 + [False] * 40)
    b = np.array([True] * 50 + [False] * 10 + [True] * 2 + [False] * 38)
    paired = comparing.mcnemar(a, b)
    assert (paired.only_a, paired.only_b) == (10, 2)
    assert paired.difference == pytest.approx(0.08)
    assert paired.p_value == pytest.approx(stats.binomtest(10, 12).pvalue)
    assert paired.interval.low > 0


def test_the_interval_of_pairs_is_walds_with_half_an_example_more_in_each_case():
    a, b = np.array([True] * 6 + [False] * 4), np.array([False] * 3 + [True] * 4 + [False] * 3)
    cases = np.array([3, 1, 3, 3]) + 0.5  # only a, only b, both, neither
    n = cases.sum()
    only_a, only_b = cases[:2] / n
    half = stats.norm.ppf(0.9) * math.sqrt((only_a + only_b - (only_a - only_b) ** 2) / n)
    found = comparing.mcnemar(a, b, level=0.8).interval
    expected = [only_a - only_b - half, only_a - only_b + half]
    assert np.allclose([found.low, found.high], expected)


def test_mcnemar_of_the_same_answers_is_not_decided():
    a = np.ones(20, bool)
    paired = comparing.mcnemar(a, a)
    assert paired.p_value == 1
    assert paired.interval.low < 0 < paired.interval.high


def test_over_seeds_is_the_paired_t_test():
    a, b = [0.90, 0.92, 0.95, 0.91], [0.89, 0.93, 0.91, 0.90]
    expected = stats.ttest_rel(a, b).confidence_interval()
    runs = [Run(seed, {"test_accuracy": [0.1, value]}) for seed, value in enumerate(a)]
    found = comparing.over_seeds(runs, b)
    assert np.allclose([found.interval.low, found.interval.high], [expected.low, expected.high])
    assert found.n == 4


def test_splits_that_share_examples_say_less_than_seeds():
    a, b = [0.90, 0.92, 0.95, 0.91], [0.89, 0.93, 0.91, 0.90]
    seeds = comparing.over_seeds(a, b)
    assert comparing.over_splits(a, b, test_to_train=0).interval == seeds.interval
    scale = stats.t.ppf(0.975, 3) * np.std(np.subtract(a, b), ddof=1)
    splits = comparing.over_splits(a, b, test_to_train=2)
    assert math.isclose(splits.interval.high - splits.mean, scale * math.sqrt(1 / 4 + 2))
    assert splits.mean == seeds.mean
    with pytest.raises(SettingError, match="test_to_train"):
        comparing.over_splits(a, b, test_to_train=-1)


def test_one_seed_decides_nothing():
    ones = [comparing.over_seeds([0.99], [0.5]), comparing.over_splits([0.99], [0.5], 1)]
    rights = np.ones((1, 5), bool)
    for difference in (*ones, comparing.both(rights, ~rights)):
        assert math.isinf(difference.interval.high)
        assert comparing.judge(difference, margin=0.5) == "not decided"


def simulated(rng, seeds, n, seed_scale):
    """Return the right answers of two networks that are truly equally good."""
    example = rng.normal(0, 2, n)
    logits = 2 + example + rng.normal(0, seed_scale, (2, seeds, 1)) + rng.normal(0, 1, (2, 1, n))
    return rng.random((2, seeds, n)) < 1 / (1 + np.exp(-logits))


@pytest.mark.parametrize("seed_scale", [0.0, 0.2])
def test_both_holds_the_true_difference_often_enough(seed_scale):
    rng = np.random.default_rng(0)
    intervals = [comparing.both(*simulated(rng, 3, 400, seed_scale)) for _ in range(400)]
    held = np.mean([one.interval.low <= 0 <= one.interval.high for one in intervals])
    assert held >= 0.95


def test_both_sees_what_each_half_alone_does_not():
    """Examples that all seeds share widen it beyond the spread over seeds."""
    rng = np.random.default_rng(1)
    a, b = np.repeat(rng.random((2, 1, 200)) < 0.8, 3, axis=1)
    alone = comparing.over_seeds(a.mean(axis=1), b.mean(axis=1)).interval
    assert alone.low == alone.high
    together = comparing.both(a, b).interval
    assert together.high - together.low > 0.1


@pytest.mark.parametrize("shares", [[0.9, 0.5, 0.8, 0.7], [0.7] * 4])  # seeds that differ, or not
def test_both_is_the_two_way_analysis_of_variance(shares):
    rng = np.random.default_rng(3)
    a, b = rng.random((2, 4, 30)) < np.array([shares, [0.6] * 4])[..., np.newaxis]
    d = a.astype(float) - b
    means = [np.full((k, k), 1 / k) for k in d.shape]
    (seed, example), (no_seed, no_example) = means, (np.eye(len(m)) - m for m in means)
    pairs = [(no_seed, example), (seed, no_example), (no_seed, no_example)]
    freedom = [3, 29, 3 * 29]
    squares = [np.sum((one @ d @ other) ** 2) for one, other in pairs]
    of_seeds, of_examples, rest = np.divide(squares, freedom)
    parts = [max(of_seeds, rest), max(of_examples, rest), -rest]
    effective = sum(parts) ** 2 / sum(part**2 / f for part, f in zip(parts, freedom, strict=True))
    half = stats.t.ppf(0.95, effective) * math.sqrt(sum(parts) / d.size)
    found = comparing.both(a, b, level=0.9).interval
    assert np.allclose([found.low, found.high], [d.mean() - half, d.mean() + half])


def test_pairs_of_one_seed_are_compared_by_their_examples():
    rng = np.random.default_rng(2)
    a, b = rng.random((2, 3, 80)) < 0.8
    assert comparing.in_pairs(a, b) == comparing.both(a, b)
    assert comparing.in_pairs(a[:1], b[:1]) == comparing.mcnemar(a[0], b[0])
    with pytest.raises(ShapeError, match="one shape"):
        comparing.in_pairs(a[:1], b)


@pytest.mark.parametrize(
    ("low", "high", "margin", "word"),
    [
        (0.01, 0.02, None, "better"),
        (-0.02, -0.01, None, "worse"),
        (-0.01, 0.02, None, "not decided"),
        (-0.01, 0.02, 0.015, "not decided"),
        (-0.01, 0.01, 0.015, "the same"),
        (0.001, 0.01, 0.015, "the same"),
        (0.001, 0.02, 0.015, "better"),
        (-0.015, 0.015, 0.015, "not decided"),
    ],
)
def test_the_word_follows_from_the_interval(low, high, margin, word):
    assert comparing.judge(Interval(low, high), margin) == word


class Model:
    def __init__(self, outputs):
        self.outputs = outputs

    def predict(self, x, **_):
        return self.outputs[: len(x)]


def test_right_reads_classes_one_hot_rows_and_single_outputs():
    outputs = np.array([[0.9, 0.1], [0.2, 0.8], [0.6, 0.4]])
    x, y = np.zeros(3), np.array([0, 1, 1])
    expected = [True, True, False]
    assert comparing.right(Model(outputs), x, y).tolist() == expected
    assert comparing.right(Run(0, {}, model=Model(outputs)), x, np.eye(2)[y]).tolist() == expected
    assert comparing.right(Model(outputs[:, 1:]), x, y).tolist() == expected


def test_right_takes_a_column_of_labels_as_keras_data_sets_have_it():
    outputs, y = np.eye(3)[[0, 1, 2, 2]], np.array([[0], [1], [2], [0]])
    assert comparing.right(Model(outputs), np.zeros(4), y).tolist() == [True] * 3 + [False]
    single = Model(np.array([[0.9], [0.2], [0.8], [0.1]]))
    assert comparing.right(single, np.zeros(4), y > 0).tolist() == [False, False, True, True]


@pytest.mark.parametrize(
    ("y", "error", "message"),
    [
        ([1, 2, 3], LabelError, "y holds 3; expected class indices from 0 to 2"),
        ([-1, 1, 1], LabelError, "y holds -1"),
        ([0.5, 1, 1], LabelError, "y holds 0.5"),
        ([0, 1, np.nan], LabelError, "y holds nan"),
        (["cat", "dog", "cat"], LabelError, "y holds cat"),
        ([1], ShapeError, "y has shape (1,); expected (3,) class indices or (3, 3) one-hot rows"),
        (np.eye(3)[:2], ShapeError, "y has shape (2, 3)"),
    ],
)
def test_labels_of_no_class_are_no_wrong_answers(y, error, message):
    with pytest.raises(error, match=re.escape(message)):
        comparing.right(Model(np.eye(3)), np.zeros(3), np.array(y))


@pytest.mark.parametrize("low", [-1, 1])
def test_a_single_output_knows_0_and_1_only(low):
    with pytest.raises(LabelError, match="expected class indices from 0 to 1"):
        comparing.right(Model(np.ones((2, 1))), np.zeros(2), np.array([low, low + 1]))


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (lambda: comparing.wilson(3, 2), SettingError, "right is 3 of n = 2"),
        (lambda: comparing.wilson(0, 0), SettingError, "n at least 1"),
        (lambda: comparing.wilson(1, 2, level=95), SettingError, "level is 95"),
        (lambda: comparing.over_seeds([1, 2], [0, 0], level=95), SettingError, "level is 95"),
        (lambda: comparing.both(*np.ones((2, 2, 3), bool), level=95), SettingError, "level is 95"),
        (lambda: comparing.over_splits([1, 2], [0, 0], np.nan), SettingError, "is nan"),
        (lambda: comparing.over_seeds([0.5, np.nan], [0, 0]), NaNError, "Found [0.5, nan] and"),
        (lambda: comparing.over_seeds([0.5], [np.inf]), NaNError, "expected finite numbers"),
        (lambda: comparing.judge(Interval(0, 1), margin=0), SettingError, "margin is 0"),
        (lambda: comparing.over_seeds([0.1], [0.1, 0.2]), ShapeError, "1 and 2 runs"),
        (lambda: comparing.over_seeds([], []), ShapeError, "0 and 0 runs"),
        (lambda: comparing.mcnemar(np.ones(3), np.ones(3)), ShapeError, "expected bools"),
        (lambda: comparing.both(np.ones(3, bool), np.ones(3, bool)), ShapeError, "(seeds, n)"),
    ],
)
def test_errors_say_what_was_expected(call, error, message):
    with pytest.raises(error) as raised:
        call()
    assert message in str(raised.value)


@pytest.mark.parametrize(
    ("holds", "condition", "fails", "word"),
    [
        (True, True, True, "does not hold"),
        (True, True, False, "holds with a condition"),
        (True, False, False, "holds"),
        (False, False, False, "not decided"),
    ],
)
def test_what_refutes_counts_more_than_what_limits_and_that_more_than_what_confirms(
    holds, condition, fails, word
):
    assert comparing.verdict(holds=holds, condition=condition, fails=fails) == word
