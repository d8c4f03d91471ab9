"""Figures are legible on a phone: one width, few panels in a row, no small letters."""

import ast

import pytest
from real_book import BOOK

from nbhelpers.publish.chapters import with_code

CHAPTERS = with_code(BOOK)
WIDTH = 6.5  # inches, a page's text at its natural size
SMALLEST = 10  # points: 6.7 pixels where the figure is 312 pixels wide
ROW = 2  # panels with axes side by side; pictures without axes may be more


def calls(chapter):
    """Yield the cell and the call, of every call in a chapter's code."""
    for cell in chapter.code_cells:
        source = "\n".join(line for line in cell.source.splitlines() if not line.startswith("%"))
        for node in ast.walk(ast.parse(source)):
            if isinstance(node, ast.Call):
                yield cell, node


def value(node):
    return node.value if isinstance(node, ast.Constant) else None


def writes(call):
    """Return whether a call puts a text into a figure, so that its ``size`` is that of letters."""
    return isinstance(call.func, ast.Attribute) and call.func.attr in ("text", "annotate", "legend")


def keywords(call):
    return {word.arg: word.value for word in call.keywords}


@pytest.mark.parametrize("name", sorted(CHAPTERS))
def test_one_width(name):
    found = [keywords(call).get("figsize") for _, call in calls(CHAPTERS[name])]
    widths = [ast.unparse(size.elts[0]) for size in found if isinstance(size, ast.Tuple)]
    assert [width for width in widths if float(width) != WIDTH] == []


@pytest.mark.parametrize("name", sorted(CHAPTERS))
def test_no_small_letters(name):
    sizes = [
        value(size)
        for _, call in calls(CHAPTERS[name])
        for word, size in keywords(call).items()
        if word in ("fontsize", "labelsize") or (word == "size" and writes(call))
    ]
    assert [size for size in sizes if isinstance(size, int | float) and size < SMALLEST] == []
