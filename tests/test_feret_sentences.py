"""The FERET chapter's sentences read right whichever way a number comes out."""

import ast
from pathlib import Path

import jupytext
import pytest

from nbhelpers import comparing
from nbhelpers.comparing import Difference, Interval

CHAPTER = Path(__file__).parents[1] / "book" / "case-studies" / "feret-faces.md"
OUTCOMES = [
    (Difference(0.08, Interval(0.05, 0.11), 3), "better"),
    (Difference(-0.08, Interval(-0.11, -0.05), 3), "worse"),
    (Difference(0.001, Interval(-0.01, 0.012), 3), "the same"),
    (Difference(-0.08, Interval(-0.3, 0.14), 3), "not decided"),
]


@pytest.fixture(scope="module")
def written():
    """Take the three functions and the margin out of the chapter's own text."""
    names, space = {"moved", "effect", "compared"}, {"comparing": comparing, "MARGIN": 0.02}
    for cell in jupytext.read(CHAPTER).cells:
        if cell.cell_type == "code" and any(f"def {name}(" in cell.source for name in names):
            exec(compile(ast.parse(cell.source), "chapter", "exec"), space)  # noqa: S102
    return space


@pytest.mark.parametrize(("difference", "outcome"), OUTCOMES)
def test_each_sentence_says_which_way_it_went(written, difference, outcome):
    said = {
        "better": ("gains", "narrows the gap: by", "A is better than B"),
        "worse": ("loses", "widens the gap", "A is worse than B"),
        "the same": ("within two points", "as it was", "do the same"),
        "not decided": ("not decided", "not decided", "not decided"),
    }[outcome]
    texts = (
        written["moved"](difference),
        written["effect"](difference),
        written["compared"]("A", "B", difference),
    )
    for text, expected in zip(texts, said, strict=True):
        assert expected in text
        assert difference.points() in text
