"""The book's exercises: each has a level, a kind and a check that knows right from wrong."""

import re

import numpy as np
import pytest
from real_book import BOOK, ROOT
from test_exercises import JUNK

from nbhelpers.exercises import FOLDER, Exercise, read_exercises
from nbhelpers.publish.plain.labels import read_toc

LEVELS = ["pencil", "predict, then run", "open project"]
KINDS = ["by hand", "predict", "find the bug", "spot the leak", "which conclusion?", "design"]
AT_LEAST = 8
GATED = re.compile(
    r"^```\{exercise-start\} *([^\n]*)\n:label: (\S+)\n```\n(.*?)^```\{exercise-end\}", re.M | re.S
)
CHAPTERS = [name for name, number in read_toc(ROOT / "_toc.yml").items() if number]
TABLES = read_exercises(FOLDER)
ASKED = {
    label: text
    for name in CHAPTERS
    for _, label, text in GATED.findall(BOOK[name].path.read_text("utf-8"))
}
CHECKED = (
    "In the notebook, a cell behind each exercise checks your answer; {ref}`how-to-use` says how."
)
# A small number of the task itself that happens to be the answer, too: label -> why.
EXEMPT = {}


def in_chapter(name):
    """Return title, label and text of a chapter's exercises."""
    return GATED.findall(BOOK[name].path.read_text("utf-8"))


@pytest.mark.parametrize("name", CHAPTERS)
def test_a_chapter_has_exercises_on_all_levels_and_of_several_kinds(name):
    titles = [title.split(" · ") for title, *_ in in_chapter(name)]
    assert [title for title in titles if len(title) != 2] == [], "expected: level · kind"
    levels, kinds = zip(*titles, strict=True)
    assert set(levels) == set(LEVELS)
    assert set(kinds) <= set(KINDS)
    assert len(set(kinds)) >= 3
    assert len(titles) >= AT_LEAST


@pytest.mark.parametrize("name", CHAPTERS)
def test_a_chapter_says_where_an_answer_is_checked(name):
    assert f"\n## Exercises\n\n{CHECKED}\n" in BOOK[name].path.read_text("utf-8")


@pytest.mark.parametrize("name", CHAPTERS)
def test_every_exercise_has_a_table_in_the_chapters_file(name):
    tables = read_exercises(FOLDER, f"{BOOK[name].short_name}.toml")
    assert sorted(tables) == sorted(label for _, label, _ in in_chapter(name))


def test_no_table_is_of_a_chapter_that_is_gone():
    chapters = {BOOK[name].short_name for name in CHAPTERS}
    assert {path.stem for path in FOLDER.glob("*.toml")} <= chapters


@pytest.fixture(params=TABLES.values(), ids=TABLES)
def one(request):
    return request.param


@pytest.fixture(params=[t for t in TABLES.values() if not t.criteria], ids=lambda one: one.label)
def checked(request):
    """Give an exercise that a program can judge."""
    return request.param


def right(one):
    return eval(one.right, {"np": np}) if one.calls else one.answer


def wrong(one):
    """Return the usual mistakes with what is said to them."""
    return [
        (eval(m["code"], {"np": np}) if one.calls else m["answer"], m["says"]) for m in one.mistakes
    ]


def test_an_exercise_is_judged_in_one_way_and_helps(one):
    assert sum(map(bool, [one.answer is not None, one.calls, one.criteria])) == 1
    if one.criteria:
        assert 3 <= len(one.criteria) <= 6
        assert all(criterion.endswith("?") for criterion in one.criteria)
    else:
        assert one.hint
        assert one.form
        assert len(one.mistakes) >= 2
        assert bool(one.calls) == bool(one.right)


def test_the_right_answer_is_right(checked):
    for answer in (right(checked), *checked.accept):
        assert checked.judge(answer).startswith("Right.")
        if isinstance(answer, list):
            assert checked.judge(tuple(answer)).startswith("Right.")
            in_any_order = checked.any_order or answer == answer[::-1]
            assert checked.judge(answer[::-1]).startswith("Right.") == in_any_order


def test_each_usual_mistake_is_told_its_own_words(checked):
    said = [(checked.judge(answer), f"Not yet: {says}") for answer, says in wrong(checked)]
    assert [pair for pair in said if pair[0] != pair[1]] == []


@pytest.mark.parametrize(
    "mistakes",
    [
        [{"answer": 28, "says": "This is right, but called a mistake."}],
        [{"answer": 32, "says": "One."}, {"answer": 32.0, "says": "Never said."}],
    ],
)
def test_a_mistake_that_is_right_or_another_is_found(mistakes):
    with pytest.raises(AssertionError):
        test_each_usual_mistake_is_told_its_own_words(Exercise("ex", 28, mistakes=mistakes))


def test_junk_is_not_yet_right(one):
    said = [one.judge(junk) for junk in JUNK]
    assert [text for text in said if not text.startswith("Not yet: ")] == []


def given_away(answer, text):
    """Return whether a text holds the answer word for word, as a whole word or number."""
    if isinstance(answer, bool) or not isinstance(answer, int | float | str):
        return isinstance(answer, list) and str(answer).strip("[]") in text
    forms = {str(answer)}
    if isinstance(answer, int | float):
        forms |= {f"{answer:,}", f"{answer:g}", f"{answer:.3g}"}
    return any(
        re.search(rf"(?<![\w.,−-]){re.escape(form)}(?![\w%]|[.,]\d)", text) for form in forms
    )


def test_nothing_gives_the_answer_away(checked):
    answer, texts = checked.answer, [checked.hint, *(says for _, says in wrong(checked))]
    if answer == "A":
        answer = "**A**"  # any sentence may begin with the article
    if not isinstance(answer, str):  # "one of the letters A to D" gives nothing away
        texts.append(checked.form)
    for text in texts:
        assert not given_away(answer, text), text
    if isinstance(answer, int | float) and abs(answer) > 10 or isinstance(answer, float):
        assert not given_away(answer, ASKED[checked.label]) or checked.label in EXEMPT


@pytest.mark.parametrize(
    ("answer", "text", "gives"),
    [
        (28, "It is 28.", True),
        (28, "In 28 %", True),
        (28, "From 28.5 to 128, or 28 × 28", True),
        (28, "From 28.5 to 128, x28 and 28,000", False),
        (1900, "1,900 pictures", True),
        (0.25, "a share of 0.25", True),
        (0.25, "10.25 or 0.253", False),
        ("B", "Look at B again", True),
        ("B", "Look at Bayes", False),
        ([2, 3], "the numbers 2, 3", True),
        ([2, 3], "3 of 2", False),
        (True, "It is True", False),
    ],
)
def test_an_answer_in_a_text_is_found(answer, text, gives):
    assert given_away(answer, text) == gives
