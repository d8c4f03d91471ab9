"""A chapter's head says in one form what the reader gets, needs, waits for and reads."""

import re

import jupytext
import nbformat
import pytest
from real_book import BOOK, ROOT

from nbhelpers.publish.chapters import TEMPLATE, with_code
from nbhelpers.publish.folding import FOLDED_TAG
from nbhelpers.publish.plain.labels import read_toc

LESSONS = [
    name
    for name in read_toc(ROOT / "_toc.yml")
    if name in with_code(BOOK) and not name.startswith(("appendix/", "reference/"))
]
MARKS = ["You will be able to", "Before you start", "Data", "Time"]
TIME = re.compile(r"\*\*Time\*\* to read: about (\d+) minutes; to run: \S", re.S)
WORDS = 200  # a minute, of prose that is read to be understood
FORMULA, FIGURE, LINE = 1 / 4, 1 / 4, 1 / 30  # minutes for each that stands open
OFF = 0.2  # how far what is said may be from what is counted


def minutes(cells):
    """Return how long a chapter takes to read, without its exercises and what follows them."""
    words = formulas = figures = lines = 0
    for cell in cells:
        if cell.cell_type == "code":
            tags = cell.metadata.get("tags", [])
            lines += 0 if FOLDED_TAG in tags else len(cell.source.split("\n"))
            figures += "figure" in cell.metadata.get("mystnb", {})
            continue
        text, exercises, _ = cell.source.partition("\n## Exercises")
        if cell.source.startswith("## Exercises"):
            break
        formulas += text.count("$$") // 2
        words += len(re.sub(r"\$\$.*?\$\$|\$[^$]*\$", " x ", text, flags=re.S).split())
        if exercises:
            break
    return words / WORDS + formulas * FORMULA + figures * FIGURE + lines * LINE


def shortcomings(cells):
    """Return what is wrong with the head of a chapter."""
    head = cells[0].source
    found = re.findall(r"(?:^|\n\n)\*\*([^*]+)\*\*", head)
    if found != MARKS:
        return [f"its paragraphs begin with {found}; expected {MARKS}"]
    said, counted = TIME.search(head), minutes(cells)
    if not said:
        return ["expected `**Time** to read: about ... minutes; to run: ...`"]
    rounded = max(5, 5 * round(counted / 5))
    if abs(int(said[1]) - counted) > max(5, OFF * counted):
        return [f"says {said[1]} minutes to read; counted {counted:.0f}, so write {rounded}"]
    return []


@pytest.mark.parametrize("name", LESSONS)
def test_the_head_has_one_form_and_its_reading_time_is_right(name):
    assert shortcomings(BOOK[name].notebook.cells) == []


def test_so_it_is_in_a_new_chapter():
    assert shortcomings(jupytext.read(TEMPLATE.with_suffix(".md"), fmt="md:myst").cells) == []


GOOD = """# Title

**You will be able to** read.

**Before you start** begin.

**Data** none.

**Time** to read: about 10 minutes; to run: no time.
"""
LONG = "word " * 2_000


@pytest.mark.parametrize(
    ("head", "text", "complaint"),
    [
        (GOOD, LONG, None),
        (GOOD, f"## Summary\n\n{LONG}\n## Exercises\n{LONG}", None),
        (GOOD.replace("**Data** none.", ""), LONG, "expected ['You will"),
        (GOOD.replace("to read:", "about"), LONG, "to read: about ..."),
        (GOOD, 2 * LONG, "counted 20, so write 20"),
        (GOOD, f"{LONG}\n" + "$$\nx\n$$\n\n" * 40, "counted 20"),
    ],
)
def test_each_shortcoming_is_found(head, text, complaint):
    cells = [nbformat.v4.new_markdown_cell(source) for source in (head, text)]
    found = shortcomings(cells)
    assert (complaint is None and not found) or complaint in found[0]
