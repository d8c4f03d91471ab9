"""A chapter's exercises as an assignment for nbgrader: the questions alone, ready to be marked.

Its format: https://nbgrader.readthedocs.io/en/stable/contributor_guide/metadata.html
"""

import nbformat
from nbformat import NotebookNode
from nbformat.v4 import new_code_cell, new_markdown_cell

SETUP = "import numpy as np\n\nfrom nbhelpers import checks"
ANSWER = "answer = ...  # yours, in place of the dots"
CONFIG = f"""\
# `nbgrader generate_assignment` puts this into every cell of an answer.
c = get_config()
c.CourseDirectory.course_id = "neurons-to-convolutions"
c.ClearSolutions.code_stub = {{"python": "{ANSWER}"}}
"""
POINTS = 1


def sheet(students: NotebookNode, judged_by_hand: set[str]) -> NotebookNode:
    """Return the exercises of a chapter with cells that nbgrader knows.

    Parameters
    ----------
    students : NotebookNode
        The chapter in plain Markdown, without solutions.
    judged_by_hand : set of str
        The labels of the exercises that no program can judge.
    """
    title = next(c.source for c in students.cells if c.cell_type == "markdown").partition("\n")[0]
    cells = [new_markdown_cell(title), new_code_cell(SETUP, metadata=_known("setup", locked=True))]
    question = []
    for cell in students.cells:
        if cell.source.startswith("### Exercise "):
            question = []
        if "answer" in cell.metadata.get("tags", []):
            cells += question + _answer(cell.metadata["exercise"], judged_by_hand)
            question = []
        question.append(cell)
    notebook = nbformat.v4.new_notebook(cells=cells, metadata=students.metadata)
    for number, cell in enumerate(cells):
        cell.id = f"cell-{number}"
    nbformat.validate(notebook)
    return notebook


def _answer(label, judged_by_hand):
    by_hand = label in judged_by_hand
    answer = new_code_cell(ANSWER, metadata=_known(label, solution=True, grade=by_hand))
    check = f'checks.check_answer("{label}", answer)'
    marked = _known(f"check-{label}", grade=True, locked=True)
    return [answer] if by_hand else [answer, new_code_cell(check, metadata=marked)]


def _known(name, *, solution=False, grade=False, locked=False):
    """Return a cell's metadata; what is graded has points."""
    about = {"grade_id": name, "schema_version": 3, "task": False}
    about |= {"solution": solution, "grade": grade, "locked": locked}
    return {"nbgrader": about | ({"points": POINTS} if grade else {})}
