"""Code is folded where it draws, imports, sets up, records or says, and open where it teaches."""

import ast
import re

import jupytext
import nbformat
import pytest
from real_book import BOOK
from toy_book import ToyBook, chapter

from nbhelpers.publish.chapters import TEMPLATE, read_book, with_code
from nbhelpers.publish.folding import FOLDED_TAG, TEACHES_TAG, prompt
from nbhelpers.publish.plain.notebooks import plain_notebook
from nbhelpers.publish.plain.references import Book
from nbhelpers.publish.tasks import assemble

OTHERWISE = {"parameters", "remove-input"}  # what readers change; what no page shows
SAYS = re.compile(r"\breporting\.(say|show_source|Report)\b|\breport\.\w|\bdecide\(\s*\"C")
NAMES = sorted(with_code(BOOK))


def is_plumbing(cell):
    """Return whether a cell is to be folded unless it is tagged that it teaches."""
    draws = bool(cell.metadata.get("mystnb", {}).get("figure"))
    return draws or bool(SAYS.search(cell.source)) or imports_alone(cell.source)


def imports_alone(source):
    statements = ast.parse(re.sub(r"^%.*$", "", source, flags=re.M)).body
    return bool(statements) and all(
        isinstance(statement, ast.Import | ast.ImportFrom) for statement in statements
    )


def outside_solutions(cells):
    """Return the code cells that are not in a solution, which is folded as a whole."""
    found, inside = [], False
    for cell in cells:
        if cell.cell_type == "code":
            found += [] if inside else [cell]
        for edge in re.findall(r"^`{3,}\{solution-(start|end)\}", cell.source, re.M):
            inside = edge == "start"
    return found


def misfolded(cells):
    """Return the cells whose tags are not what the rule asks for."""
    wrong = []
    for cell in outside_solutions(cells):
        tags = set(cell.metadata.get("tags", []))
        if FOLDED_TAG in tags:
            wrong += [cell.source] if tags & {TEACHES_TAG, *OTHERWISE} else []
        elif is_plumbing(cell) != (TEACHES_TAG in tags) and not tags & OTHERWISE:
            wrong += [cell.source]
    return wrong


@pytest.mark.parametrize("name", NAMES)
def test_code_that_draws_records_or_says_is_folded_unless_it_teaches(name):
    assert misfolded(BOOK[name].notebook.cells) == []


def test_a_new_chapter_begins_with_the_right_tags():
    assert misfolded(jupytext.read(TEMPLATE.with_suffix(".md"), fmt="md:myst").cells) == []


def code(source, *tags, **mystnb):
    metadata = {"tags": list(tags)} | ({"mystnb": mystnb} if mystnb else {})
    return nbformat.v4.new_code_cell(source, metadata=metadata)


@pytest.mark.parametrize(
    "cell",
    [
        code("reporting.say('It is so.')"),
        code("report.record('E1', scores)", "nbval-check-output"),
        code("report = reporting.Report('toy', digits)"),
        code("draw()", figure={"caption": "A picture."}),
        code("import numpy as np\nfrom pathlib import Path"),
        code("x = 1", FOLDED_TAG, TEACHES_TAG),
        code("x = 1", FOLDED_TAG, "parameters"),
        code("x = 1", TEACHES_TAG),
    ],
)
def test_a_cell_with_the_wrong_tag_is_found(cell):
    assert misfolded([cell]) == [cell.source]
    start = nbformat.v4.new_markdown_cell("```{solution-start} ex-toy\n```")
    assert misfolded([start, cell]) == []
    end = nbformat.v4.new_markdown_cell("```{solution-end}\n```")
    assert misfolded([start, end, cell]) == [cell.source]


@pytest.mark.parametrize(
    "cell",
    [
        code("x = report_of(y)"),
        code("draw()", FOLDED_TAG, figure={"caption": "A picture."}),
        code("z = x @ w + b\nreporting.say(f'{z}')", TEACHES_TAG),
        code("def plot_it(ax): ...", FOLDED_TAG),
        code("n = 3", "parameters"),
        code("report.summary()", "remove-input"),
    ],
)
def test_a_cell_with_the_right_tag_is_left_alone(cell):
    assert misfolded([cell]) == []


def test_what_stands_in_place_of_code_says_what_the_code_made():
    table = nbformat.v4.new_output("display_data", {"text/html": "<style></style><table></table>"})
    said = nbformat.v4.new_output("display_data", {"text/markdown": "It is so."})
    cell = code("def draw(ax): ...\n\n\nclass Grid:\n    def show(self): ...\n\n\ndraw(1)")
    assert prompt(cell) == "Show the code of draw, Grid"
    cell.outputs = [said]
    assert prompt(cell) == "Show the code"
    assert prompt(code("n = 3")) == "Show the code"
    cell.outputs = [said, table]
    assert prompt(cell) == "Show the code of this table"
    cell.metadata.mystnb = {"figure": {"caption": "A table, drawn."}}
    assert prompt(cell) == "Show the code of this figure"


@pytest.fixture
def project(tmp_path):
    """Return a toy book with an open cell, a folded one and one without a trace on the page."""
    folded = ":tags: [hide-input, nbval-check-output]\n\nprint(n)  # é\nprint(2)"
    cells = ("print('open')", folded, ":tags: [remove-input]\n\nprint(3)")
    book = ToyBook(tmp_path, one=chapter("One", "{quick: {n: 3}}", *cells))
    toc = "format: jb-book\nroot: index\nchapters:\n  - file: part/one\n"
    (book.root / "_toc.yml").write_text(toc)
    (book.root / "book/references.bib").touch()
    return book.root


def test_notebooks_fold_the_same_cells_in_jupyterlab_and_colab(project):
    chapters = read_book(project / "book")
    book = Book(chapters, project / "book", project / "_toc.yml", assemble.PACKAGE.parent)
    cells = [cell for cell in plain_notebook(book, "part/one").cells if cell.cell_type == "code"]
    shown, folded, removed = cells[-3:]
    assert shown.source == "print('open')"
    assert shown.metadata == {}
    assert folded.source == "# @title Show the code\nprint(n)  # é\nprint(2)"
    for cell in (folded, removed):
        assert cell.metadata.jupyter.source_hidden
        assert cell.metadata.cellView == "form"
    assert chapters["part/one"].code_cells[-2].source == "print(n)  # é\nprint(2)", "as written"


def test_a_page_says_what_is_folded_and_the_chapter_does_not_change(project):
    one = read_book(project / "book")["part/one"]
    ran = nbformat.from_dict(one.notebook)
    ran.metadata.language_info = {"name": "python"}
    for cell in ran.cells:
        if cell.cell_type == "code":
            cell.outputs = [nbformat.v4.new_output("display_data", {"text/html": "<table>"})]
    page = assemble.merged(one, "quick", ran)
    shown, folded, removed = [cell for cell in page.cells if cell.cell_type == "code"][-3:]
    assert folded.metadata["mystnb"]["code_prompt_show"] == "Show the code of this table"
    assert "mystnb" not in shown.metadata | removed.metadata
    assert "mystnb" not in one.code_cells[-2].metadata
