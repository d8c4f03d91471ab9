"""The exercises' answers and what is said to them: one TOML file a chapter, one table an exercise.

`checks.check` is how readers ask. What a table may hold is what `Exercise` lists; CONTRIBUTING.md
shows one.
"""

import difflib
import tomllib
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import numpy as np

from nbhelpers.errors import AnswerError
from nbhelpers.exercises._values import equal, kind, kinds, plain, shown, written

__all__ = ["Exercise", "exercise", "read_exercises"]

FOLDER = Path(__file__).parent
FORMS = {"bool": "True or False", "number": "a number", "text": "a text", "list": "a list"}


@dataclass(frozen=True)
class Exercise:
    """One exercise's table: what is right, and what is said to anything else.

    Attributes
    ----------
    label : str
        The exercise's label in the chapter.
    answer : bool, int, float, str or list, optional
        What is right.
    within : float, optional
        Largest absolute difference allowed. By default whole numbers must be met exactly, others
        to 0.1 % of their size.
    any_order : bool
        Whether a list is right in every order.
    accept : list
        Further right answers.
    form : str
        What kind of thing to write.
    hint : str
        Said to an answer that is no known mistake.
    right_says : str
        Said after "Right."
    mistakes : list of dict
        Usual mistakes: ``answer`` (or ``code``, for functions) and what it ``says``.
    calls : list of dict
        Instead of ``answer``, where a function is asked for: ``arguments`` and what it ``returns``.
    right : str
        Code of a function that is right; only tests read it.
    criteria : list of str
        Instead of ``answer``, where no program can judge: what the reader compares with.
    """

    label: str
    answer: object = None
    within: float | None = None
    any_order: bool = False
    accept: tuple = ()
    form: str = ""
    hint: str = ""
    right_says: str = ""
    mistakes: tuple = ()
    calls: tuple = ()
    right: str = ""
    criteria: tuple = ()

    def judge(self, answer):
        """Return what is said to an answer; it begins with "Right." only if it is right."""
        if self.criteria:
            return self._for_the_reader(plain(answer))
        if self.calls:
            return self._judge_function(answer)
        if self.any_order and isinstance(answer, set | frozenset):
            answer = list(answer)
        return self._judge_value(plain(answer), self.answer, [m["answer"] for m in self.mistakes])

    def _judge_value(self, found, right, wrong, missed=""):
        if any(self._same(found, one) for one in (right, *self.accept)):
            return f"Right. {self.right_says}".strip()
        for mistake, value in zip(self.mistakes, wrong, strict=True):
            if self._same(found, value):
                return _not_yet(mistake["says"])
        if kinds(found) != kinds(right) and not self.calls:
            return self._other_form(shown(found))
        return _not_yet(missed or f"{written(found)} is not right.", self.hint)

    def _same(self, found, expected):
        return equal(found, expected, within=self.within, any_order=self.any_order)

    def _other_form(self, found):
        form = self.form or FORMS.get(kind(self.answer), "a function")
        return _not_yet(f"found {found}; expected {form}.")

    def _judge_function(self, answer):
        if not callable(answer):
            return self._other_form(shown(plain(answer)))
        found = []
        for call in self.calls:
            try:
                found.append(plain(answer(*_arguments(call))))
            except (Exception, SystemExit) as error:  # whatever a reader's function may do
                raised = f"{type(error).__name__}: {error}".split("\n")[0][:200]
                return _not_yet(f"{_call(call)} raised {raised}.", self.hint)
        right = [call["returns"] for call in self.calls]
        wrong = [self._returned(mistake["code"]) for mistake in self.mistakes]
        pairs = zip(self.calls, found, right, strict=True)
        missed = next((pair for pair in pairs if not self._same(*pair[1:])), None)
        said = missed and f"{_call(missed[0])} gives {written(missed[1])}, which is not right."
        return self._judge_value(found, right, wrong, said)

    def _returned(self, code):
        """Return what a function of the table, given as code, returns to each call."""
        function = eval(code, {"np": np})  # the package's own text
        return [plain(function(*_arguments(call))) for call in self.calls]

    def _for_the_reader(self, found):
        if kind(found) != "text" or len(found.split()) < 3:
            expected = self.form or "a sentence or more"
            return _not_yet(f"found {shown(found)}; expected {expected}.")
        listed = "\n".join(f"- {criterion}" for criterion in self.criteria)
        return f"No program can judge this. Compare what you wrote with these questions:\n{listed}"


def exercise(label):
    """Return the exercise with a label.

    Parameters
    ----------
    label : str

    Returns
    -------
    Exercise

    Raises
    ------
    AnswerError
        If there is none; names the nearest labels.
    """
    known = read_exercises(FOLDER)
    if not isinstance(label, str) or label not in known:
        near = difflib.get_close_matches(str(label), known, n=3, cutoff=0.4)
        raise AnswerError(
            f"Found the label {label!r}; expected an exercise's, such as "
            f"{', '.join(near or list(known)[:3]) or 'none, for no exercise has a check yet'}."
        )
    return known[label]


@cache
def read_exercises(folder, files="*.toml"):
    """Return every exercise of the TOML files in a folder, by label.

    Parameters
    ----------
    folder : Path
    files : str, default="*.toml"
        Which of the files.

    Returns
    -------
    dict of str to Exercise

    Raises
    ------
    AnswerError
        If a file is no TOML, a label stands twice, or a table holds what `Exercise` does not know.
    """
    found = {}
    for path in sorted(folder.glob(files)):
        try:
            tables = tomllib.loads(path.read_text("utf-8"))
            new = {label: Exercise(label, **table) for label, table in tables.items()}
        except (ValueError, TypeError, RecursionError) as error:  # no TOML, or no such table
            raise AnswerError(f"{path.name}: {error}; expected tables of exercises.") from error
        if twice := new.keys() & found.keys():
            raise AnswerError(f"{path.name}: found {', '.join(twice)} in another file, too.")
        found |= new
    return found


def _not_yet(*parts):
    return "Not yet: " + " ".join(filter(None, parts))


def _arguments(call):
    """Return a call's arguments, lists as arrays: new ones, for a function may change them."""
    return [np.array(one) if isinstance(one, list) else one for one in call["arguments"]]


def _call(call):
    return f"answer({', '.join(map(repr, call['arguments']))})"
