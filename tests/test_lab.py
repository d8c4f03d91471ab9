"""What JupyterLab does to a chapter that is opened, run and saved: nothing."""

import asyncio
import os
import re
import shutil
import subprocess
import sys

import nbclient
import nbformat
import pytest
from jupyter_client.kernelspec import KernelSpecManager
from jupyter_server.serverapp import ServerApp
from real_book import BOOK, ROOT

from nbhelpers.publish.chapters import new_chapter, with_code
from nbhelpers.publish.project import Project

NEW = "case-studies/a-new-chapter"
CHAPTERS = [*with_code(BOOK), NEW]
LANGUAGE = {  # what ipykernel answers when JupyterLab asks
    "codemirror_mode": {"name": "ipython", "version": 3},
    "file_extension": ".py",
    "mimetype": "text/x-python",
    "name": "python",
    "nbconvert_exporter": "python",
    "pygments_lexer": "ipython3",
    "version": "3.12.1",
}
FORM = "not in the form that JupyterLab saves: run .venv/bin/jupytext --to md:myst book/*/*.md"


class Lab:
    """The part of a running JupyterLab that reads and writes files.

    Parameters
    ----------
    root : Path
        The folder that it shows.
    """

    def __init__(self, root):
        app = ServerApp()
        app.initialize(argv=[f"--ServerApp.root_dir={root}"], new_httpserver=False)
        self._contents = app.contents_manager  # with every extension that is installed

    def open(self, path):
        """Return a chapter with what JupyterLab adds when a kernel has started."""
        model = asyncio.run(self._contents.get(path, content=True, type="notebook"))
        assert "message" not in model, model["message"]  # such as "Notebook validation failed"
        notebook = model["content"]
        spec = KernelSpecManager().get_kernel_spec("python3")
        kernel = {"display_name": spec.display_name, "language": spec.language, "name": "python3"}
        notebook.metadata |= {"kernelspec": kernel, "language_info": LANGUAGE}
        for cell in notebook.cells:
            cell.metadata["trusted"] = True
        return notebook

    def save(self, path, notebook):
        model = {"type": "notebook", "format": "json", "content": notebook}
        asyncio.run(self._contents.save(model, path))


@pytest.fixture(scope="module")
def checkout(tmp_path_factory):
    """Return a copy of the book, with a new chapter in it."""
    root = tmp_path_factory.mktemp("checkout")
    shutil.copytree(ROOT / "book", root / "book")
    for name in ("jupytext.toml", "_config.yml", "_toc.yml"):
        shutil.copy(ROOT / name, root)
    new_chapter(Project.at(root), NEW, "A new chapter")
    return root


@pytest.fixture(scope="module")
def lab(checkout, tmp_path_factory):
    with pytest.MonkeyPatch.context() as patch:
        for variable in ("JUPYTER_CONFIG_DIR", "JUPYTER_DATA_DIR", "JUPYTER_RUNTIME_DIR"):
            patch.setenv(variable, str(tmp_path_factory.mktemp("jupyter")))
        yield Lab(checkout)
        ServerApp.clear_instance()


def as_after_a_run(notebook):
    """Return a notebook with what JupyterLab keeps of a run: outputs, numbers and times."""
    for number, cell in enumerate(notebook.cells):
        if cell.cell_type == "code":
            cell.execution_count = number
            cell.metadata["execution"] = {"iopub.execute_input": "2026-01-01T00:00:00Z"}
            cell.metadata |= {"scrolled": True, "collapsed": False}
            picture = {"image/png": "iVBORw0KGgo=", "text/plain": "<Figure>"}
            cell.outputs = [
                nbformat.v4.new_output("stream", text="---\n```\n"),
                nbformat.v4.new_output("display_data", picture),
            ]
        else:
            cell.metadata["jp-MarkdownHeadingCollapsed"] = True
    notebook.metadata["widgets"] = {"state": {}}
    return notebook


@pytest.mark.parametrize("name", CHAPTERS)
def test_a_chapter_that_was_opened_and_run_is_saved_as_it_was(checkout, lab, name):
    path = f"book/{name}.md"
    before = (checkout / path).read_bytes()
    notebook = lab.open(path)
    lab.save(path, notebook)  # what autosave does
    assert (checkout / path).read_bytes() == before, f"{path} is {FORM}"
    lab.save(path, as_after_a_run(notebook))
    assert (checkout / path).read_bytes() == before


def test_a_chapter_that_really_ran_is_saved_as_it_was(checkout, lab, tmp_path, monkeypatch):
    monkeypatch.setenv("NBHELPERS_RESULTS_DIR", str(tmp_path))
    monkeypatch.setenv("PYTHONPATH", str(ROOT))
    path = "book/appendix/scoreboard.md"
    before = (checkout / path).read_bytes()
    notebook = lab.open(path)
    nbclient.NotebookClient(notebook, resources={"metadata": {"path": tmp_path}}).execute()
    assert any(cell.get("outputs") for cell in notebook.cells)
    lab.save(path, notebook)
    assert (checkout / path).read_bytes() == before


def test_an_edit_changes_the_lines_that_were_edited_and_no_others(checkout, lab):
    path = f"book/{NEW}.md"
    before = (checkout / path).read_text("utf-8").splitlines()
    notebook = lab.open(path)
    last = [cell for cell in notebook.cells if cell.cell_type == "code"][-1]
    last.source += "\nnew = 'é'"
    lab.save(path, notebook)
    after = (checkout / path).read_text("utf-8").splitlines()
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
