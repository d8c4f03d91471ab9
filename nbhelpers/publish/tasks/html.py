"""Turn the assembled chapters into HTML pages: all of them, or none."""

import contextlib
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
from importlib.metadata import distributions
from pathlib import Path

import yaml

from nbhelpers.publish import folding
from nbhelpers.publish.keys import digest, file_digest
from nbhelpers.publish.plain import quiz as plain_quiz
from nbhelpers.publish.plain.notebooks import write_downloads
from nbhelpers.publish.project import PACKAGE, PublishError, pages_url, repository_url
from nbhelpers.publish.tasks import (
    figures,
    icons,
    living,
    moved,
    needs,
    quiz,
    search,
    typeset,
    words,
)
from nbhelpers.publish.whole import tree_digest

ROOT = PACKAGE.parent
# Ours, which Sphinx loads besides those of `_config.yml`.
EXTENSIONS = (typeset, quiz, living, words, needs, folding, search, figures, moved, icons)


def build_html(stage: Path, out: Path) -> None:
    """Build the pages of an assembled book and put them in place in one step.

    Parameters
    ----------
    stage : Path
        The assembled book: pages as ``.md`` and executed ``.ipynb``, `_config.yml`, `_toc.yml`,
        `references.bib`, `_static`.
    out : Path
        Where the pages are to be seen. A symbolic link, so that exchanging the old book for the
        new one is a single step: whenever a build is killed, `out` shows a whole book.

    Raises
    ------
    PublishError
        If Sphinx warns about anything, or a formula cannot be typeset; lists every complaint.
    """
    out = out.absolute()
    work = out.with_name(f"{out.name}.work")
    pages = _run_jupyter_book(stage.absolute(), work)
    _swap_in(pages, out)


def _run_jupyter_book(stage: Path, work: Path) -> Path:
    """Build in `work`, reusing what the last complete build left there; return the pages."""
    complete = work / "complete"
    look = _look(stage)
    left = complete.read_text("utf-8") if complete.exists() else ""
    complete.unlink(missing_ok=True)
    if left != digest([look, tree_digest(work)]):
        # After a build that failed or was killed Sphinx would take half-written pages for
        # finished ones, and not repeat its warnings.
        shutil.rmtree(work, ignore_errors=True)
    _typeset(stage, work)
    pages = work / "_build" / "html"
    write_downloads(stage, work / "downloads", pages / "_sources")
    complete.write_text(digest([look, tree_digest(work)]), "utf-8")
    return pages


def _typeset(stage: Path, work: Path) -> None:
    work.mkdir(parents=True, exist_ok=True)
    config = work / "_config.yml"
    config.write_text(book_config(stage), "utf-8")
    command = [sys.executable, "-m", typeset.__name__, "build", str(stage)]
    command += ["--config", str(config), "--path-output", str(work)]
    command += ["-W", "-n", "--keep-going", "-q"]
    _run(command, work / "log")


def _look(stage: Path) -> str:
    """Return a key of all that shapes every page; Sphinx alone would miss a change of it.

    What pages show of one another is not in it: `typeset.shown_elsewhere` knows that.
    """
    files = [stage / name for name in ("_config.yml", "_toc.yml", moved.FILE)]
    files += [ROOT / "pyproject.toml"]
    files += [Path(module) for module in (__file__, plain_quiz.__file__)]
    files += [search.SCRIPT, *(Path(extension.__file__) for extension in EXTENSIONS)]
    files += [path for name in ("_static", "_templates") for path in (stage / name).rglob("*")]
    versions = sorted(f"{d.name} {d.version}" for d in distributions())
    contents = sorted([str(path), file_digest(path)] for path in files if path.is_file())
    return digest([versions, contents])


def book_config(stage: Path) -> str:
    """Return `_config.yml` with the repository's address, which it must not hold itself."""
    config = yaml.safe_load((stage / "_config.yml").read_text("utf-8"))
    config["repository"]["url"] = repository_url(ROOT)
    config["html"]["baseurl"] = pages_url(ROOT)
    config["sphinx"]["config"]["extensions"] += [extension.__name__ for extension in EXTENSIONS]
    return yaml.safe_dump(config)


def _run(command: list[str], log: Path) -> None:
    """Run a command to its end, and end what it leaves behind; raise what it complains of."""
    with log.open("w") as file:
        process = subprocess.Popen(
            command, stdout=file, stderr=subprocess.STDOUT, start_new_session=True
        )
        try:
            status = process.wait()
        finally:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)  # Node, where Python did not get to it
    if status:
        raise PublishError(_complaints(log.read_text("utf-8", "replace")))


def _complaints(log: str) -> str:
    """Return what the log complains about, or its end where it says so in no known form."""
    lines = re.sub(r"\x1b\[[0-9;]*m", "", log).splitlines()
    sign = re.compile(r"\b(WARNING|ERROR|SEVERE|CRITICAL)\b|^[\w.]+Error: \S")
    found = list(dict.fromkeys(line for line in lines if sign.search(line)))
    return "\n".join(["The HTML was not built:", *(found or lines[-30:])])


def _swap_in(pages: Path, out: Path) -> None:
    """Show a copy of `pages` at `out`, in one step, then remove older copies."""
    _remove_copies(out, but=out.resolve())  # half ones, of builds that were killed or had no room
    copy = Path(tempfile.mkdtemp(prefix=f"{out.name}-", dir=out.parent))
    copy.chmod(0o755)
    shutil.copytree(pages, copy, dirs_exist_ok=True)
    link = out.with_name(f"{out.name}.link")
    link.unlink(missing_ok=True)
    try:
        link.symlink_to(copy.name)
    except OSError as error:
        shutil.rmtree(copy)
        raise PublishError(
            f"{link}: {error.strerror}; expected a disk with symbolic links, by which the new book "
            "takes the place of the old one in one step. FAT and exFAT, as on many memory sticks, "
            "have none: name a folder on another disk by NBHELPERS_BUILD."
        ) from None
    if out.is_dir() and not out.is_symlink():
        shutil.rmtree(out)  # a book that something else put there
    os.replace(link, out)
    _remove_copies(out, but=copy)


def _remove_copies(out: Path, but: Path) -> None:
    for old in out.parent.glob(f"{out.name}-*"):
        if old.resolve() != but.resolve():
            shutil.rmtree(old)
