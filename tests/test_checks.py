import numpy as np
import pytest

from nbhelpers.checks import check_close, check_equal
from nbhelpers.errors import AnswerError


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
