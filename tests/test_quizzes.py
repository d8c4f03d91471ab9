"""Questions with choices: what is read, what is refused, and that each chapter asks enough."""

import re

import pytest
from real_book import BOOK, ROOT

from nbhelpers.publish.plain.labels import read_toc
from nbhelpers.publish.plain.myst import elements
from nbhelpers.publish.plain.quiz import QuizError, read_choices, several_are_right

QUESTIONS = 6
NUMBERED = [name for name, number in read_toc(ROOT / "_toc.yml").items() if number]


def test_choices_are_read_with_their_lines():
    wrong, right = read_choices("- [ ] $a -b$ -- No -- never.\n\n- [x] b\n  or c -- Yes.\n")
    assert (wrong.right, wrong.text, wrong.explanation) == (False, "$a -b$", "No -- never.")
    assert (right.right, right.text, right.explanation) == (True, "b or c", "Yes.")
    assert (wrong.line, right.line) == (0, 2)
    assert not several_are_right([wrong, right])
    assert several_are_right([right, right])


@pytest.mark.parametrize(
    ("body", "line", "complaint"),
    [
        ("", 0, "found 0 choices; expected two or more"),
        ("- [x] a -- Yes.", 0, "found 1 choices"),
        ("- [ ] a -- No.\n- [ ] b -- No.", 0, r"no right choice; expected `\[x\]`"),
        ("- [x] a -- Yes.\n\n- [ ] a -- No.", 2, "the choice 'a' twice"),
        ("- [x] a -- Yes.\n- [ ] b", 1, "'b', which explains nothing; expected a line such as"),
        ("- [x] a -- Yes.\n- [ ]  -- No.", 1, "which explains nothing"),
        ("- [x] a -- Yes.\n- b -- No.", 1, "'- b -- No.'"),
        ("A word before.\n- [x] a -- Yes.\n- [ ] b -- No.", 0, "'A word before.'"),
    ],
)
def test_a_question_that_cannot_be_answered_is_refused_with_its_line(body, line, complaint):
    with pytest.raises(QuizError, match=complaint) as refused:
        read_choices(body)
    assert refused.value.line == line


def quizzes(name):
    """Return the questions in a chapter's section of that name, and those anywhere else."""
    text = "\n\n".join(c.source for c in BOOK[name].notebook.cells if c.cell_type == "markdown")
    section = re.split(r"^## Quiz$", text, flags=re.M)[-1].partition("\n## ")[0]
    asked = [found for _, found in elements(section) if found and found.name == "quiz"]
    everywhere = [found for _, found in elements(text) if found and found.name == "quiz"]
    return asked, [found for found in everywhere if found not in asked]


@pytest.mark.parametrize("name", NUMBERED)
def test_each_chapter_asks_six_questions_at_its_end_and_explains_every_choice(name):
    asked, elsewhere = quizzes(name)
    assert len(asked) >= QUESTIONS
    assert elsewhere == [], "a quiz stands in the section of that name"
    assert len({found.argument for found in asked}) == len(asked), "each is asked once"
    for found in asked:
        assert found.argument, "the question stands on the first line"
        read_choices(found.body)  # raises where one is not explained
