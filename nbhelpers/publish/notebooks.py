"""What is generated from the chapters and committed.

`notebooks/`, the README's badges, and the names and titles that pages of results link to.
"""

import json
import re
import shutil
from pathlib import Path

import nbformat

from nbhelpers.publish.chapters import read_book
from nbhelpers.publish.errors import PublishError
from nbhelpers.publish.labels import title
from nbhelpers.publish.lower import Lowering
from nbhelpers.publish.project import PACKAGE, write_if_changed
from nbhelpers.publish.repository import BRANCH, pages_url, repository_url

MINE = "my-notebooks"
BADGES = re.compile(r"(?<=<!-- badges -->\n).*?(?=<!-- /badges -->)", re.DOTALL)


def write_notebooks(project):
    """Bring `notebooks/`, the README's badges and the list of chapters in step with the sources.

    Parameters
    ----------
    project : Project

    Returns
    -------
    list of str
        What had to change, relative to the checkout.
    """
    wanted = _wanted(project)
    changes = _out_of_step(project, wanted)
    for path, content in wanted.items():
        write_if_changed(path, content)
    for path in _committed(project) - wanted.keys():
        path.unlink()
    return changes


def check_notebooks(project):
    """Raise `PublishError` that lists every file that `write_notebooks` would change."""
    changes = _out_of_step(project, _wanted(project))
    if changes:
        listed = "\n".join(f"  {path}" for path in changes)
        raise PublishError(f"Not in step with book/; run `make notebooks`:\n{listed}")


def copy_notebooks(project):
    """Give the reader copies of `notebooks/` to work in, and leave alone those that are there.

    They lie in `my-notebooks/`, which git ignores and no command deletes.

    Parameters
    ----------
    project : Project

    Returns
    -------
    list of str
        The copies whose cells are not the course's: the reader or the course has changed them.
    """
    different = []
    for path in sorted(_committed(project)):
        copy = project.root / MINE / path.relative_to(project.root / "notebooks")
        if not copy.exists():
            copy.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(path, copy)
        elif _sources(copy) != _sources(path):
            different.append(copy.relative_to(project.root).as_posix())
    return different


def _sources(path):
    """Return what stands in the cells of a notebook; nothing if it is damaged."""
    try:
        return [cell.source for cell in nbformat.read(path, as_version=4).cells]
    except (ValueError, AttributeError, nbformat.ValidationError):
        return []


def _wanted(project) -> dict[Path, bytes]:
    """Return every generated file with its content."""
    chapters = read_book(project.book)
    lowering = Lowering(chapters, project.book, project.root / "_toc.yml", project.root)
    names = [name for name in lowering.toc if chapters[name].code_cells]
    wanted = {project.root / "README.md": _readme(project, names[0])}
    if (project.root / PACKAGE.name).is_dir():
        pages = [{"name": name, "title": title(chapters[name])} for name in names]
        listed = json.dumps(pages, indent=1, ensure_ascii=False) + "\n"
        wanted[project.root / PACKAGE.name / "chapters.json"] = listed.encode()
    for name in names:
        text = nbformat.writes(lowering.notebook(name)) + "\n"
        wanted[project.root / "notebooks" / f"{name}.ipynb"] = text.encode()
    return wanted


def _readme(project, first: str) -> bytes:
    """Return the README with badges that lead to this repository and its first chapter."""
    notebook = f"notebooks/{first}.ipynb"
    slug = repository_url(project.root).removeprefix("https://github.com/")
    colab, binder = "https://colab.research.google.com", "https://mybinder.org"
    badges = (
        f"[![Read the book](https://img.shields.io/badge/read-the_book-2563c9)]"
        f"({pages_url(project.root)})\n"
        f"[![Open in Colab]({colab}/assets/colab-badge.svg)]"
        f"({colab}/github/{slug}/blob/{BRANCH}/{notebook})\n"
        f"[![Open in Binder]({binder}/badge_logo.svg)]"
        f"({binder}/v2/gh/{slug}/{BRANCH}?urlpath=lab/tree/{notebook})\n"
    )
    text = (project.root / "README.md").read_text("utf-8")
    return BADGES.sub(badges, text).encode()


def _committed(project) -> set[Path]:
    return set((project.root / "notebooks").rglob("*.ipynb"))


def _out_of_step(project, wanted: dict[Path, bytes]) -> list[str]:
    different = {path for path, new in wanted.items() if not _has(path, new)}
    changed = different | (_committed(project) - wanted.keys())
    return sorted(path.relative_to(project.root).as_posix() for path in changed)


def _has(path: Path, content: bytes) -> bool:
    return path.is_file() and path.read_bytes() == content
