"""JupyterLab without its window: its server's own objects open, run and save chapters."""

import asyncio
import contextlib
import shutil
import subprocess
from concurrent.futures import ThreadPoolExecutor

import pytest
from jupyter_client.kernelspec import KernelSpecManager
from jupyter_server.serverapp import ServerApp
from nbclient import NotebookClient
from real_book import ROOT

from nbhelpers.publish.chapters import new_chapter
from nbhelpers.publish.project import Project

NEW = "case-studies/a-new-chapter"

LANGUAGE = {  # what ipykernel answers when JupyterLab asks
    "codemirror_mode": {"name": "ipython", "version": 3},
    "file_extension": ".py",
    "mimetype": "text/x-python",
    "name": "python",
    "nbconvert_exporter": "python",
    "pygments_lexer": "ipython3",
    "version": "3.12.1",
}


class Lab:
    """What a running JupyterLab asks of its server.

    Parameters
    ----------
    root : Path
        The folder that it shows. It becomes a repository, with all that is in it committed.
    """

    def __init__(self, root):
        self.root = root
        self._git("init", "--quiet")
        self._git("add", ".")
        self._git("commit", "--quiet", "--message", "Before")
        self._app = ServerApp()
        self._app.initialize(argv=[f"--ServerApp.root_dir={root}"], new_httpserver=False)
        self._contents = self._app.contents_manager  # with every extension that is installed

    def open(self, path):
        """Return a chapter with what JupyterLab adds when a kernel has started."""
        model = _done(self._contents.get(path, content=True, type="notebook"))
        assert "message" not in model, model["message"]  # such as "Notebook validation failed"
        notebook = model["content"]
        spec = KernelSpecManager().get_kernel_spec("python3")
        kernel = {"display_name": spec.display_name, "language": spec.language, "name": "python3"}
        notebook.metadata |= {"kernelspec": kernel, "language_info": LANGUAGE}
        for cell in notebook.cells:
            cell.metadata["trusted"] = True
        return notebook

    def run(self, path, notebook):
        """Run all cells in a kernel that the server starts for this file."""

        async def in_a_session():
            sessions = self._app.session_manager
            session = await sessions.create_session(path, path, "notebook", "python3")
            kernel = self._app.kernel_manager.get_kernel(session["kernel"]["id"])
            await NotebookClient(notebook, km=kernel).async_execute()
            await sessions.delete_session(session["id"])

        _done(in_a_session())

    def save(self, path, notebook):
        model = {"type": "notebook", "format": "json", "content": notebook}
        _done(self._contents.save(model, path))
        _done(self._contents.create_checkpoint(path))

    def changed(self, *paths):
        """Return what differs from what was committed, as git says it: nothing is ''."""
        return self._git("status", "--porcelain", "--untracked-files=all", "--", *paths)

    def _git(self, *arguments):
        identity = ["-c", "user.name=A", "-c", "user.email=a@example.org"]
        command = ["git", *identity, *arguments]
        return subprocess.run(
            command, cwd=self.root, check=True, stdout=subprocess.PIPE, text=True
        ).stdout


def _done(work):
    """Return what a coroutine gives, in a thread of its own: a browser keeps a loop in this one."""
    with ThreadPoolExecutor(1) as thread:
        return thread.submit(asyncio.run, work).result()


@contextlib.contextmanager
def book_in_lab(folder):
    """Open a copy of the book, with a new chapter in it, all of it committed."""
    root = folder / "checkout"
    shutil.copytree(ROOT / "book", root / "book")
    for name in ("jupytext.toml", "_config.yml", "_toc.yml", ".gitignore"):
        shutil.copy(ROOT / name, root)
    new_chapter(Project.at(root), NEW, "A new chapter")
    with pytest.MonkeyPatch.context() as patch:
        for kind in ("CONFIG", "DATA", "RUNTIME"):  # none of the developer's own settings
            patch.setenv(f"JUPYTER_{kind}_DIR", str(folder / kind))
        yield Lab(root)
        ServerApp.clear_instance()
