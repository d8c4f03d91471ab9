"""Exercises in notebooks: a cell for the answer behind each, the solutions together at the end.

`lower` marks in the text where exercises and solutions begin and end; `arranged` takes the marks
out again and moves what stands between them.
"""

import re

from nbformat import NotebookNode
from nbformat.v4 import new_code_cell, new_markdown_cell

EXERCISE, ANSWER, SOLUTION, SOLVED = MARKS = ("exercise", "answer", "solution", "solved")
CUT = re.compile(rf"^<!-- ({'|'.join(MARKS)}) (\S*) -->$|^(?=## References$)", re.MULTILINE)
INVITATION = "*Write your answer into the cell below and run it.*"
AT_THE_END = " *The solution stands at the end of this notebook.*"
ANSWER_CELL = """\
from nbhelpers import checks

answer = ...  # yours, in place of the dots
checks.check("{label}", answer)"""


def mark(kind: str, label: str = "") -> str:
    """Return the line that says to `arranged` what begins or ends here."""
    return f"<!-- {kind} {label} -->"


def arranged(cells: list[NotebookNode], solutions: bool = True) -> list[NotebookNode]:
    """Return a notebook's cells as a reader works through them.

    Parameters
    ----------
    cells : list of NotebookNode
        In plain Markdown with marks, as `lower` leaves it.
    solutions : bool
        Whether the solutions stand before the references, or are left out.
    """
    text, solved = [], []
    here, label = text, ""
    for cell in cells:
        if cell.cell_type == "code":
            here.append(cell)
            continue
        source = cell.source if solutions else cell.source.replace(AT_THE_END, "")
        before, *rest = CUT.split(source)
        _add_prose(here, before)
        for kind, named, prose in zip(rest[::3], rest[1::3], rest[2::3], strict=True):
            here = solved if kind == SOLUTION else text
            label = named or label
            if kind == ANSWER:
                text.append(_answer_cell(label))
            _add_prose(here, prose)
    if solved and solutions:
        at = [cell.source.startswith("## References") for cell in text].index(True)
        text[at:at] = [new_markdown_cell("## Solutions"), *solved]
    return text


def _add_prose(cells, text):
    if text.strip():
        cells.append(new_markdown_cell(text.strip()))


def _answer_cell(label):
    about = {"tags": ["answer"], "exercise": label}
    return new_code_cell(ANSWER_CELL.format(label=label), metadata=about)
