"""A book that builds in seconds: chapters without TensorFlow, pages without Sphinx.

Everything but the HTML is the real builder, in real processes. Sphinx is replaced, by a
`sitecustomize` module that every task imports, with a copy of the assembled files; a task waits as
long as a file called ``pause-<point>`` lies at the top of the book, so that it can be killed there.
"""

import json
import os
import subprocess
import sys
import time
from pathlib import Path

import psutil

CHECKOUT = Path(__file__).parents[1]

HEADER = """---
jupytext:
  text_representation:
    extension: .md
    format_name: myst
kernelspec:
  display_name: Python 3
  language: python
  name: python3
nbhelpers: {settings}
---
# {title}

Prose of {title}.

```{{code-cell}} ipython3
from pathlib import Path
```

```{{code-cell}} ipython3
:tags: [parameters]

n = 30  # é, times
words = ["a",
         "b"]
```

```{{code-cell}} ipython3
:tags: [nbval-check-output]

print(sum(range(n)), words)
```
"""

RESULTS = {
    "schema": 1,
    "chapter": "first",
    "data": {
        "name": "toy",
        "kind": "embedded",
        "detail": "made up",
        "comparable": False,
        "fingerprint": "0" * 64,
        "n_train": 1,
        "n_test": 1,
    },
    "versions": {"python": "3.11", "tensorflow": "2", "keras": "3", "numpy": "2"},
    "experiments": [],
    "claims": [],
}

SITECUSTOMIZE = """
import sys

if "nbhelpers.publish.tasks" in sys.orig_argv:
    import os, shutil, time
    from pathlib import Path
    from nbhelpers.publish.tasks import assemble, html

    def pause(point):
        if Path(f"pause-{point}").exists():
            Path(f"reached-{point}").touch()
            while Path(f"pause-{point}").exists():
                time.sleep(0.1)

    def copy(stage, work):
        pages = work / "pages"
        shutil.rmtree(pages, ignore_errors=True)
        shutil.copytree(stage, pages)
        pause("html")
        (pages / "index.html").write_text("the book")
        return pages

    def swap(source, target, replace=os.replace):
        replace(source, target)
        if Path(target).name == "html":
            pause("swapped")

    def slow_write(path, content, write=assemble.write_if_changed):
        write(path, content)
        pause("assemble")

    html._run_jupyter_book = copy
    assemble.write_if_changed = slow_write
    os.replace = swap
    pause("start-" + sys.orig_argv[sys.orig_argv.index("nbhelpers.publish.tasks") + 1])
"""


def chapter(title, settings="{quick: {n: 3}}", *cells):
    """Return a chapter's text with these code cells behind the first three.

    Settings that name no values for the quick profile are given an empty set of them.
    """
    if "quick" not in settings:
        settings = settings.replace("{", "{quick: {}, ", 1)
    more = "".join(f"\n```{{code-cell}} ipython3\n{cell}\n```\n" for cell in cells)
    return HEADER.format(title=title, settings=settings) + more


class ToyBook:
    """A book in a folder.

    Parameters
    ----------
    root : Path
    **chapters : str
        Text of ``book/part/<name>.md``.
    """

    def __init__(self, root, **chapters):
        self.root = root
        (root / "book/part").mkdir(parents=True)
        (root / "_config.yml").write_text("title: Toy\n")
        (root / "_toc.yml").write_text("format: jb-book\nroot: index\n")
        (root / "book/index.md").write_text("# Front page\n")
        (root / "site").mkdir()
        (root / "site/sitecustomize.py").write_text(SITECUSTOMIZE)
        for name, text in chapters.items():
            self.write(name, text)

    def write(self, name, text):
        (self.root / f"book/part/{name}.md").write_text(text, "utf-8")

    def edit(self, name, old, new):
        path = self.root / f"book/part/{name}.md"
        text = path.read_text("utf-8")
        assert old in text
        path.write_text(text.replace(old, new), "utf-8")

    def start(self, *arguments, before=(), **environment):
        """Start a command of the builder, behind another one, where None takes a variable away."""
        paths = [self.root / "site", CHECKOUT, *filter(None, [os.environ.get("PYTHONPATH")])]
        environment = {"PYTHONPATH": os.pathsep.join(map(str, paths))} | environment
        return subprocess.Popen(
            [*before, sys.executable, "-m", "nbhelpers.publish", *arguments],
            cwd=self.root,
            env={k: v for k, v in (os.environ | environment).items() if v is not None},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )

    def run(self, *arguments, **how):
        """Run a command of the builder; return its exit status and what it said."""
        process = self.start(*arguments, **how)
        said, _ = process.communicate()
        return process.returncode, said

    def executed(self):
        """Return the runs that exist, as ``<chapter>/<key>``."""
        folder = self.root / "_build/runs/quick/part"
        return {path.parent.relative_to(folder).as_posix() for path in folder.rglob("run.json")}

    def page(self, name):
        """Return a page of the book that readers see: one with executed cells as a notebook."""
        text = (self.root / f"_build/quick/html/part/{name}.ipynb").read_text("utf-8")
        return json.loads(text)


def outputs(page):
    cells = (cell for cell in page["cells"] if cell["cell_type"] == "code")
    return [line for cell in cells for output in cell["outputs"] for line in output["text"]]


def descendants(process):
    return psutil.Process(process.pid).children(recursive=True)


def wait_for(condition, seconds=600):
    """Wait, on a busy machine too: the limit is for what never comes."""
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "waited in vain"
        time.sleep(0.1)


def gone(processes):
    return not any(
        process.is_running() and process.status() != psutil.STATUS_ZOMBIE for process in processes
    )
