"""A question with its choices, as chapters write it: one a line, with an explanation each.

.. code-block:: none

   :::{quiz} A sigmoid's slope is largest at
   - [ ] $z = 1$ -- There it is $s(1-s)$ with $s = 0.731$.
   - [x] $z = 0$ -- $s(1 - s)$ with $s = 1/2$ gives $1/4$.
   :::
"""

import re
from dataclasses import dataclass

FORM = "a line such as `- [ ] a choice -- what is wrong with it`, `[x]` for a right one"

SEVERAL = "(several are right)"


@dataclass(frozen=True)
class Choice:
    """One answer to a question.

    Attributes
    ----------
    right : bool
    text, explanation : str
        Markdown for a single line.
    line : int
        Where it stands below the question, from 0.
    """

    right: bool
    text: str
    explanation: str
    line: int


class QuizError(ValueError):
    """A question cannot be asked: what was found on which line of it, and what was expected."""

    def __init__(self, line: int, found: str, expected: str):
        super().__init__(f"found {found}; expected {expected}.")
        self.line, self.found, self.expected = line, found, expected


def read_choices(body: str) -> list[Choice]:
    """Return the choices of a question; a line that is indented goes on with the one above it.

    Raises
    ------
    QuizError
        If a line is no choice, a choice has no explanation or stands there twice, there are fewer
        than two, or none is right.
    """
    rows = []
    for number, line in enumerate(body.split("\n")):
        if rows and re.match(r"\s+\S", line):
            rows[-1] = (rows[-1][0], f"{rows[-1][1]} {line.strip()}")
        elif line.strip():
            rows.append((number, line.strip()))
    choices = [_choice(*row) for row in rows]
    _check(choices)
    return choices


def several_are_right(choices: list[Choice]) -> bool:
    """Return whether a reader has to tick more than one, and should be told so."""
    return sum(choice.right for choice in choices) > 1


def _choice(line: int, text: str) -> Choice:
    match = re.fullmatch(r"[-*] \[([ xX])\] (.*)", text)
    if match is None:
        raise QuizError(line, repr(text), FORM)
    choice, _, explanation = (part.strip() for part in match[2].partition(" -- "))
    if not choice or not explanation:
        raise QuizError(line, f"{match[2]!r}, which explains nothing", FORM)
    return Choice(match[1] != " ", choice, explanation, line)


def _check(choices: list[Choice]) -> None:
    if len(choices) < 2:
        raise QuizError(0, f"{len(choices)} choices", "two or more")
    seen = set()
    for choice in choices:
        if choice.text in seen:
            raise QuizError(choice.line, f"the choice {choice.text!r} twice", "different ones")
        seen.add(choice.text)
    if not any(choice.right for choice in choices):
        raise QuizError(0, "no right choice", "`[x]` before at least one")
