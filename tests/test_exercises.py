"""What an answer to an exercise is told: the rules, on made-up tables and on the book's own."""

from fractions import Fraction

import numpy as np
import pandas as pd
import pytest
import sympy as sp

from nbhelpers import checks, exercises
from nbhelpers.errors import AnswerError
from nbhelpers.exercises import Exercise, read_exercises

ITSELF = []
ITSELF.append(ITSELF)


class Bad:
    """Raises whenever it is looked at."""

    def __getattr__(self, name):
        raise KeyError(name)

    def __float__(self):
        raise RuntimeError("no")

    __eq__ = __len__ = __iter__ = __repr__ = __float__


# Nothing here is an answer to any exercise.
JUNK = [
    None,
    ...,
    [],
    [[]],
    [[1, 2], [3]],
    [1, "a"],
    [None, 2],
    {},
    {1: 2},
    set(),
    float("nan"),
    np.nan,
    [np.nan],
    1j,
    10**5000,
    b"28",
    "",
    ITSELF,
    Bad(),
    Bad,
    len,
    lambda: 1 / 0,
    np.zeros((200, 200)),
    np.array(None),
    np.array([[1], [2, 3]], dtype=object),
    sp.Symbol("x"),
    sp.Symbol("x") + 1,
    sp.nan,
    pd.DataFrame({"a": [1, None], "b": ["x", "y"]}),
    pd.Series([], dtype=float),
    pd.NA,
    (number for number in [1, 2]),
]

COUNT = Exercise(
    "ex-count",
    answer=28,
    form="a whole number",
    hint="Count the places.",
    mistakes=[{"answer": 32, "says": "That is the picture's width."}],
)
SLOPE = Exercise("ex-slope", answer=0.25, hint="Half of a half.")
HALF = Exercise("ex-half", answer=0.5, within=0)
PAIRS = Exercise("ex-pairs", answer=[[0, 1], [2, 3]], any_order=True)
CHOICE = Exercise("ex-choice", answer="B", accept=["the second"])
TRUTHS = Exercise("ex-truths", answer=[True, False])
MINUS = Exercise(
    "ex-minus",
    calls=[{"arguments": [[3, 1], 2], "returns": [1.0, -1.0]}],
    right="lambda x, y: x - y",
    hint="Mind the sign.",
    mistakes=[{"code": "lambda x, y: y - x", "says": "The other way round."}],
)
PROJECT = Exercise("ex-project", criteria=["The same seeds?", "The same epochs?"])
MADE_UP = [COUNT, SLOPE, HALF, PAIRS, CHOICE, TRUTHS, MINUS, PROJECT]


@pytest.mark.parametrize(
    ("one", "answer"),
    [
        *[(COUNT, value) for value in (28, 28.0, np.int8(28), np.array(28), sp.Integer(28))],
        (COUNT, 280 * 0.1),  # 28.000000000000004
        *[(SLOPE, value) for value in (0.25, np.float32(0.25), sp.Rational(1, 4), Fraction(1, 4))],
        (SLOPE, 0.2502),
        (HALF, 0.5),
        *[(PAIRS, value) for value in ([[2, 3], [0, 1]], {(0, 1), (2, 3)})],
        (PAIRS, np.array([[0, 1], [2, 3]])),
        (PAIRS, pd.DataFrame({"from": [2, 0], "to": [3, 1]})),
        *[(CHOICE, value) for value in ("B", " b. ", "The second", np.str_("b"))],
        (TRUTHS, np.array([1, 0]) == 1),
        (TRUTHS, (True, np.False_)),
        (MINUS, lambda x, y: x - y),
        (MINUS, np.subtract),
    ],
)  # fmt: skip
def test_what_is_right_is_right_in_every_form(one, answer):
    assert one.judge(answer) == "Right."


@pytest.mark.parametrize(
    ("one", "answer", "says"),
    [
        (COUNT, 32, "Not yet: That is the picture's width."),
        (COUNT, 27, "Not yet: 27 is not right. Count the places."),
        (COUNT, 28.01, "Not yet: 28.01 is not right. Count the places."),
        (COUNT, "28", "Not yet: found the text '28'; expected a whole number."),
        (COUNT, [28], "Not yet: found a list of numbers; expected a whole number."),
        (COUNT, ..., "Not yet: found the dots alone; expected a whole number."),
        (SLOPE, True, "Not yet: found True; expected a number."),
        (SLOPE, 0.26, "Not yet: 0.26 is not right. Half of a half."),
        (PAIRS, [[0, 1], [0, 1]], "Not yet: [[0, 1], [0, 1]] is not right."),
        (PAIRS, [[1, 0], [2, 3]], "Not yet: [[1, 0], [2, 3]] is not right."),
        (PAIRS, [], "Not yet: found an empty list; expected a list."),
        (TRUTHS, [1, 0], "Not yet: found a list of numbers; expected a list."),
        (CHOICE, "C", "Not yet: 'C' is not right."),
        (MINUS, lambda x, y: y - x, "Not yet: The other way round."),
        (MINUS, [1.0, -1.0], "Not yet: found a list of numbers; expected a function."),
        (
            MINUS,
            lambda x, y: x * y,
            "Not yet: answer([3, 1], 2) gives [6, 2], which is not right. Mind the sign.",
        ),
        (
            MINUS,
            lambda x: x,
            "Not yet: answer([3, 1], 2) raised TypeError: <lambda>() takes 1 positional argument "
            "but 2 were given. Mind the sign.",
        ),
        (PROJECT, "done", "Not yet: found the text 'done'; expected a sentence or more."),
    ],
)
def test_what_is_not_right_is_told_what_to_think_about(one, answer, says):
    assert one.judge(answer) == says


def test_a_project_is_given_what_to_compare_with():
    said = PROJECT.judge("I trained both over three seeds.")
    assert said.startswith("No program can judge this.")
    assert said.endswith("- The same seeds?\n- The same epochs?")


@pytest.mark.parametrize("one", MADE_UP, ids=lambda one: one.label)
@pytest.mark.parametrize("junk", range(len(JUNK)))
def test_junk_is_not_yet_right_and_raises_nothing(one, junk):
    said = one.judge(JUNK[junk])
    assert said.startswith("Not yet: ")
    assert len(said) < 400


def test_a_tensor_is_an_answer():
    import tensorflow as tf

    assert SLOPE.judge(tf.constant(0.25)) == "Right."
    assert PAIRS.judge(tf.constant([[0, 1], [2, 3]])) == "Right."
    assert COUNT.judge(tf.constant(["a"])).startswith("Not yet: ")


def test_an_argument_that_a_function_changes_is_new_for_each_call():
    def change(x, y):
        x -= y
        return x

    twice = Exercise("ex-twice", calls=MINUS.calls * 2)
    assert twice.judge(change) == "Right."


# Tables ---------------------------------------------------------------------------------------


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """Give a folder of tables that `checks.check` reads."""
    monkeypatch.setattr(exercises, "FOLDER", tmp_path)
    (tmp_path / "one.toml").write_text(
        '[ex-one-count]\nanswer = 3\nright_says = "And so on."\n[ex-one-more]\nanswer = 4\n'
    )
    return tmp_path


def test_check_prints_what_it_has_to_say(folder, capsys):
    assert checks.check("ex-one-count", 3) is None
    checks.check("ex-one-count", ...)
    said = "Right. And so on.\nNot yet: found the dots alone; expected a number.\n"
    assert capsys.readouterr().out == said


@pytest.mark.parametrize("label", ["ex-one-cuont", None, 3])
def test_an_unknown_label_names_the_nearest(folder, label):
    with pytest.raises(AnswerError, match="expected an exercise's, such as ex-one-"):
        checks.check(label, 3)


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("[ex-two\n", "two.toml: "),
        ("[ex-two]\nanwser = 3\n", "two.toml: .*anwser"),
        ("[ex-one-count]\nanswer = 3\n", "two.toml: found ex-one-count in another file"),
    ],
)
def test_a_table_that_is_none_is_refused(folder, text, complaint):
    (folder / "two.toml").write_text(text)
    with pytest.raises(AnswerError, match=complaint):
        read_exercises(folder)


def test_a_program_that_marks_is_stopped_by_what_is_not_right(folder):
    assert checks.check_answer("ex-one-count", 3) is None
    with pytest.raises(AnswerError, match="Not yet: 4 is not right"):
        checks.check_answer("ex-one-count", 4)
    (folder / "two.toml").write_text('[ex-two-project]\ncriteria = ["Why?"]\n')
    read_exercises.cache_clear()
    with pytest.raises(AnswerError, match="No program can judge this"):
        checks.check_answer("ex-two-project", "I did as I was told.")
