"""JupyterLab saves each chapter as it was, with all that this build's run of it brought."""

import nbformat
import pytest
from built import CHAPTERS, ROOT, SITE
from lab import book_in_lab

from nbhelpers.publish.project import Project

PROFILE = "quick" if SITE.parent.name == "quick" else "full"
EXECUTED = Project.at(ROOT).site(PROFILE)  # what the pages were made from


@pytest.fixture(scope="module")
def lab(tmp_path_factory):
    with book_in_lab(tmp_path_factory.mktemp("lab")) as opened:
        yield opened


def code_cells(notebook):
    return [cell for cell in notebook.cells if cell.cell_type == "code"]


@pytest.mark.parametrize("page", CHAPTERS)
def test_a_chapter_that_was_opened_run_and_saved_is_as_it_was(lab, page):
    name = page.removesuffix(".html")
    ran = nbformat.read(EXECUTED / f"{name}.ipynb", as_version=4)
    notebook = lab.open(f"book/{name}.md")
    for cell, done in zip(code_cells(notebook), code_cells(ran), strict=True):
        cell.outputs, cell.execution_count = done.outputs, done.execution_count
        cell.metadata["execution"] = {"iopub.execute_input": "2026-01-01T00:00:00Z"}
    assert any(cell.outputs for cell in code_cells(notebook))
    lab.save(f"book/{name}.md", notebook)
    assert not lab.changed()
