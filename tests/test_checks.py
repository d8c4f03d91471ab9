import numpy as np
import pytest
import sympy as sp

from nbhelpers.checks import agree, check_close, check_equal, holds
from nbhelpers.errors import AnswerError, IdentityError


@pytest.mark.parametrize(
    ("answer", "expected"), [(26, 26), ((24, 24, 6), (24, 24, 6)), ("relu", "relu")]
)
def test_right_answers_are_accepted(answer, expected):
    assert check_equal(answer, expected) == "Right."


def test_a_wrong_answer_gets_the_hint_and_not_the_solution():
    with pytest.raises(AnswerError, match="Count the bias") as caught:
        check_equal(25, 26, hint="Count the bias, too.")
    assert "26" not in str(caught.value)


def test_a_number_of_the_wrong_shape_is_not_broadcast():
    with pytest.raises(AnswerError, match=r"\(3,\)"):
        check_close(1.0, np.ones(3))


def test_close_is_not_equal():
    check_close(1 / 3, 0.333333333)
    with pytest.raises(AnswerError):
        check_close(0.34, 1 / 3)


def test_nan_is_never_right():
    with pytest.raises(AnswerError):
        check_close(float("nan"), 0.5)


def test_what_agrees_is_said_with_the_promise_and_not_with_digits_of_a_machine(capsys):
    agree("ours", np.array([1.0, 2e6]), "theirs", np.array([1.0 + 1e-7, 2e6 + 1]), within=1e-6)
    agree("shapes", [(28, 28), (24, 24)], "Keras'", [(28, 28), (24, 24)])
    assert capsys.readouterr().out == "✓ ours = theirs, within 1e-06\n✓ shapes = Keras'\n"


def test_the_largest_difference_is_named_with_its_place():
    theirs = np.zeros((2, 3))
    ours = theirs.copy()
    ours[0, 1], ours[1, 2] = 0.25, -0.5
    with pytest.raises(IdentityError, match=r"\[1, 2\]: found -0.5 and 0.0.*2 of 6") as caught:
        agree("our layer", ours, "Keras' layer", theirs)
    assert "our layer and Keras' layer" in str(caught.value)


def test_the_tolerance_is_absolute_below_one_and_relative_above():
    agree("a", 0.0, "b", 1e-9)
    agree("a", 1e9, "b", 1e9 + 1)
    for off in (0.0, 1.0, 1e9):
        with pytest.raises(IdentityError):
            agree("a", off + 2e-8 * max(1, off), "b", off)


@pytest.mark.parametrize(
    ("value", "other"),
    [
        (np.nan, np.nan),
        ([1.0, np.inf], [1.0, np.inf]),
        ([1.0, 2.0], [1.0, np.nan]),
        (1.0, [1.0, 1.0]),
        ([], []),
        (np.zeros((0, 2)), np.zeros((0, 2))),
        (26, 25),
        (2**53 + 1, 2**53),
        ("relu", "tanh"),
        ([True, False], [True, True]),
        (sp.Symbol("x"), sp.Symbol("y")),
        ([np.ones(2), np.ones(3)], [np.ones(2), np.zeros(3)]),
        ([np.ones(2)], [np.ones(2), np.ones(2)]),
        ([np.ones(2), np.ones(3)], 1.0),
    ],
)
def test_what_differs_or_is_nothing_never_agrees(value, other):
    with pytest.raises(IdentityError):
        agree("the one", value, "the other", other)


def test_no_tolerance_means_equal():
    agree("a", 0.5, "b", 0.5, within=0)
    with pytest.raises(IdentityError):
        agree("a", 0.5, "b", 0.5 + 1e-16 * 2, within=0)


@pytest.mark.parametrize("value", [[np.ones(2), np.zeros((2, 2))], sp.Symbol("x") + 1, "relu", 3])
def test_lists_of_arrays_and_what_is_exact_agree_with_themselves(value):
    agree("it", value, "itself", value)


def test_what_holds_is_said(capsys):
    holds("all are positive", np.array([1, 2]) > 0)
    assert capsys.readouterr().out == "✓ all are positive\n"


@pytest.mark.parametrize(
    "condition", [False, [True, False], [], None, 1, np.nan, sp.Symbol("x") > 0, "True"]
)
def test_what_is_not_true_does_not_hold(condition):
    with pytest.raises(IdentityError, match="the sky is green"):
        holds("the sky is green", condition)


@pytest.mark.parametrize(
    ("answer", "expected"),
    [
        ((1, "a"), ("1", "a")),
        ([1, [2]], [1, 2]),
        ([[1, 2], [3]], [[1, 2], [3, 4]]),
        ([], [1]),
        (None, 1),
        (sp.Symbol("x"), 1),
        (np.ones(2), "a"),
        ("1", 1),
        ("0.5", 0.5),
        ([1, "a"], [1, 2]),
    ],
)
@pytest.mark.parametrize("check", [check_equal, check_close])
def test_what_is_of_another_kind_is_not_right(check, answer, expected):
    with pytest.raises(AnswerError, match="Not yet"):
        check(answer, expected)


@pytest.mark.parametrize(
    ("answer", "expected"),
    [((1, (2, 3)), [1, [2, 3]]), (np.ones(3) > 0, [True] * 3), (sp.Symbol("x") * 0, 0)],
)
def test_lists_tuples_and_arrays_of_equal_entries_are_equal(answer, expected):
    assert check_equal(answer, expected) == "Right."
