"""The set for a class: the chapters as notebooks without solutions, and the teacher's with them."""

import shutil
import tempfile
from pathlib import Path

import nbformat

from nbhelpers.publish.chapters import read_book, with_code
from nbhelpers.publish.plain.nbgrader import CONFIG, sheet
from nbhelpers.publish.plain.notebooks import plain_notebook
from nbhelpers.publish.plain.references import Book
from nbhelpers.publish.project import PACKAGE, PublishError, read_toml


def write_class(project, nbgrader=False):
    """Write ``_build/class`` anew from the sources: all of it, or nothing.

    Parameters
    ----------
    project : Project
    nbgrader : bool
        Whether to add a course for nbgrader: its settings, and an assignment for each chapter.

    Returns
    -------
    Path
        The folder, with a notebook for each numbered chapter in ``students`` and ``teachers``.

    Raises
    ------
    PublishError
        If a chapter cannot be said in plain Markdown, or has no table of answers.
    """
    chapters = read_book(project.book)
    book = Book(chapters, project.book, project.root / "_toc.yml", project.root)
    executed = with_code(chapters)
    project.build.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=project.build, prefix="class-") as folder:
        whole = Path(folder) / "whole"
        for name in (name for name, number in book.toc.items() if number and name in executed):
            students, teachers = (plain_notebook(book, name, solved) for solved in (False, True))
            _write(students, whole / "students" / f"{name}.ipynb")
            _write(teachers, whole / "teachers" / f"{name}.ipynb")
            if nbgrader:
                last = chapters[name].short_name
                assignment = sheet(students, _judged_by_hand(project, last))
                _write(assignment, whole / "nbgrader/source" / last / f"{last}.ipynb")
        if nbgrader:
            (whole / "nbgrader/nbgrader_config.py").write_text(CONFIG, "utf-8")
        return _put(whole, project.build / "class")


def _write(notebook, path):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(nbformat.writes(notebook) + "\n", "utf-8")


def _judged_by_hand(project, last):
    """Return the labels of a chapter's exercises that have criteria and no answer."""
    path = project.root / PACKAGE.name / "exercises" / f"{last}.toml"
    if not path.is_file():
        raise PublishError(f"Found no {path}; expected the answers to the chapter's exercises.")
    tables = read_toml(path)
    return {label for label, table in tables.items() if "criteria" in table}


def _put(folder, place):
    """Move a folder to where an older one may stand, and return the place."""
    if place.exists():
        place.rename(folder.with_name("old"))  # goes with the temporary folder
    return Path(shutil.move(folder, place))
