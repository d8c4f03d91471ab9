"""The set for a class: the chapters as notebooks without solutions, and the teacher's with them."""

import shutil
import tempfile
from pathlib import Path

import nbformat

from nbhelpers.publish.chapters import read_book, with_code
from nbhelpers.publish.plain.notebooks import plain_notebook
from nbhelpers.publish.plain.references import Book

SETS = {"students": False, "teachers": True}  # folder -> are the solutions in it?


def write_class(project):
    """Write ``_build/class`` anew from the sources: all of it, or nothing.

    Parameters
    ----------
    project : Project

    Returns
    -------
    Path
        The folder, with a notebook for each numbered chapter in ``students`` and ``teachers``.

    Raises
    ------
    PublishError
        If a chapter cannot be said in plain Markdown.
    """
    chapters = read_book(project.book)
    executed = with_code(chapters)
    book = Book(chapters, project.book, project.root / "_toc.yml", project.root)
    project.build.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=project.build, prefix="class-") as folder:
        whole = Path(folder) / "whole"
        for name in (name for name, number in book.toc.items() if number and name in executed):
            for part, solutions in SETS.items():
                path = whole / part / f"{name}.ipynb"
                path.parent.mkdir(parents=True, exist_ok=True)
                notebook = plain_notebook(book, name, solutions)
                path.write_text(nbformat.writes(notebook) + "\n", "utf-8")
        return _put(whole, project.build / "class")


def _put(folder, place):
    """Move a folder to where an older one may stand, and return the place."""
    if place.exists():
        place.rename(folder.with_name("old"))  # goes with the temporary folder
    return Path(shutil.move(folder, place))
