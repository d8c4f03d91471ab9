"""What JupyterLab does to a chapter that is opened, run and saved: nothing."""

import os
import re
import subprocess
import sys

import nbclient
import nbformat
import pytest
from lab import NEW, book_in_lab
from real_book import BOOK, ROOT

from nbhelpers.publish.chapters import with_code

CHAPTERS = [*with_code(BOOK), NEW]
WIDGET = "application/vnd.jupyter.widget-view+json"
FORM = "not in the form that JupyterLab saves: run .venv/bin/jupytext --to md:myst book/*/*.md"


@pytest.fixture(scope="module")
def lab(tmp_path_factory):
    with book_in_lab(tmp_path_factory.mktemp("lab")) as opened:
        yield opened


OUTPUTS = [  # one of each kind that a kernel sends
    nbformat.v4.new_output("stream", name="stdout", text="---\n```\n:::\n"),
    nbformat.v4.new_output("stream", name="stderr", text="warned\n"),
    nbformat.v4.new_output("display_data", {"image/png": "iVBORw0KGgo=", "text/plain": "<Figure>"}),
    nbformat.v4.new_output("display_data", {"text/latex": "$x$", "text/markdown": "# x"}),
    nbformat.v4.new_output("display_data", {WIDGET: {"model_id": "7", "version_major": 2}}),
    nbformat.v4.new_output(
        "execute_result", {"text/html": "<b>1</b>"}, execution_count=1, metadata={"isolated": True}
    ),
    nbformat.v4.new_output("error", ename="E", evalue="e", traceback=["\x1b[31mE\x1b[0m"]),
]


def as_after_a_run(notebook):
    """Return a notebook with what JupyterLab keeps of a run: outputs, numbers, times, widgets."""
    for number, cell in enumerate(notebook.cells):
        if cell.cell_type == "code":
            cell.execution_count = number
            cell.metadata["execution"] = {"iopub.execute_input": "2026-01-01T00:00:00Z"}
            cell.metadata |= {"scrolled": True, "collapsed": False}
            cell.outputs = OUTPUTS
        else:
            cell.metadata["jp-MarkdownHeadingCollapsed"] = True
    state = {
        "7": {"model_module": "m", "model_module_version": "2", "model_name": "n", "state": {}}
    }
    notebook.metadata["widgets"] = {
        WIDGET.replace("view", "state"): {"state": state, "version_major": 2, "version_minor": 0}
    }
    return notebook


@pytest.mark.parametrize("name", CHAPTERS)
def test_a_chapter_that_was_opened_and_run_is_saved_as_it_was(lab, name):
    path = f"book/{name}.md"
    notebook = lab.open(path)
    lab.save(path, notebook)  # what autosave does
    assert not lab.changed(path), f"{path} is {FORM}"
    lab.save(path, as_after_a_run(notebook))
    assert not lab.changed(path)


def test_what_the_server_runs_leaves_nothing_in_the_repository(lab, tmp_path, monkeypatch):
    monkeypatch.setenv("NBHELPERS_RESULTS_DIR", str(tmp_path))
    monkeypatch.setenv("PYTHONPATH", str(ROOT))
    path = "book/appendix/scoreboard.md"
    notebook = lab.open(path)
    lab.run(path, notebook)
    assert any(cell.get("outputs") for cell in notebook.cells)
    lab.save(path, notebook)
    assert not lab.changed()


def test_an_edit_changes_the_lines_that_were_edited_and_no_others(lab):
    path = f"book/{NEW}.md"
    before = (lab.root / path).read_text("utf-8").splitlines()
    notebook = lab.open(path)
    last = [cell for cell in notebook.cells if cell.cell_type == "code"][-1]
    last.source += "\nnew = 'é'"
    lab.save(path, notebook)
    after = (lab.root / path).read_text("utf-8").splitlines()
    assert [line for line in after if line not in before] == ["new = 'é'"]
    assert len(after) == len(before) + 1


# A reader's notebook ----------------------------------------------------------------------------


def first_cell(name):
    return nbformat.read(ROOT / "notebooks" / f"{name}.ipynb", as_version=4).cells[0].source


# As text, so that it does not depend on the parser that made the notebooks: roles, options,
# directives, labels, block breaks, comments.
MYST = re.compile(
    r"\{[\w:-]+\}`.*|^:[\w-]+:.*|^\s*(?:```|:::)+\s*\{.*|^:{3,}.*|^\([\w-]+\)=$|^\+\+\+.*|^% .*",
    re.M,
)
ROLE = re.compile(r"\{(?:ref|numref|eq|doc|cite|cite:[pt]|math)\}`.*")
CODE = re.compile(r"^```\w*$.*?^```$|(?<![}`])(`+)[^`]+\1", re.M | re.S)


def test_no_myst_is_left_in_a_notebook():
    left = []
    for path in sorted((ROOT / "notebooks").rglob("*.ipynb")):
        for cell in nbformat.read(path, as_version=4).cells:
            if cell.cell_type == "code":
                found = ROLE.findall(cell.source)  # in a sentence that code displays
            else:
                found = MYST.findall(CODE.sub("", cell.source))
            left += [f"{path.stem}: {piece}" for piece in found]
    assert left == []


def test_what_is_myst_is_recognised():
    pieces = ["See {numref}`fig-x`.", ":label: x", ":filter: docname in docnames", "(ch-x)="]
    pieces += ["```{note} Mind", ":::{tip}", ":::", "+++", "% hidden"]
    assert [piece for piece in pieces if not MYST.search(CODE.sub("", piece))] == []


def test_without_the_package_and_a_network_the_first_cell_says_so_and_stops():
    run = (
        "import sys; sys.modules['nbhelpers'] = None  # as if it were not installed\n"
        "from IPython.core.interactiveshell import InteractiveShell\n"
        "result = InteractiveShell.instance().run_cell(sys.argv[1])\n"
        "print(repr(result.error_in_exec))\n"
    )
    nowhere = {f"{kind}_proxy": "http://127.0.0.1:9" for kind in ("http", "https", "all")}
    done = subprocess.run(
        [sys.executable, "-c", run, first_cell("networks/neurons")],
        env=os.environ | nowhere | {"PIP_NO_INDEX": "1", "PIP_RETRIES": "0"},
        capture_output=True,
        text=True,
    )
    assert done.stdout.splitlines()[-1].startswith("ModuleNotFoundError(\"The course's package")
    complaints = [line for line in done.stdout.splitlines() if "error" in line.lower()]
    assert all("ModuleNotFoundError" in line for line in complaints), done.stdout
    assert "error" not in done.stderr.lower()


TRAIN = """
import numpy as np
from keras import layers
from nbhelpers import training

def build():
    model = keras.Sequential([layers.Input((3,)), layers.Dense(2, activation="softmax")])
    model.compile("sgd", "sparse_categorical_crossentropy", metrics=["accuracy"])
    return model

pair = np.zeros((4, 3), "float32"), np.zeros(4, int)
runs = training.fit_seeds(build, pair, test=pair, seeds=[0], epochs=1, batch_size=2)
"""


def test_no_message_of_a_library_greets_the_reader(tmp_path, monkeypatch):
    monkeypatch.delenv("TF_CPP_MIN_LOG_LEVEL", raising=False)
    monkeypatch.delenv("PYTEST_CURRENT_TEST")  # with it, kernels leave the error stream alone
    monkeypatch.setenv("PYTHONPATH", str(ROOT))
    code = [first_cell("networks/neurons"), "import keras", TRAIN]
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(cell) for cell in code])
    nbclient.NotebookClient(notebook, resources={"metadata": {"path": tmp_path}}).execute()
    first, second, training = (
        "".join(output.text for output in cell.outputs if output.get("name") == "stderr")
        for cell in notebook.cells
    )
    assert first + second == ""
    assert "epoch" in training, "the progress bar"
    assert "Warning" not in training
