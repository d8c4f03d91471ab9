"""What a chapter's text may refer to, and where that is on the web: labels, pages, files, works."""

import posixpath
import re
from pathlib import Path
from urllib.parse import quote

from pybtex.backends.markdown import Backend as Markdown
from pybtex.backends.plaintext import Backend as PlainText
from pybtex.database import BibliographyData, Person, parse_file
from pybtex.exceptions import PybtexError
from pybtex.style.formatting.plain import Style

from nbhelpers.publish.chapters import Chapter
from nbhelpers.publish.plain.labels import Target, read_labels, read_toc, title
from nbhelpers.publish.plain.myst import elements
from nbhelpers.publish.project import BRANCH, PublishError, pages_url, release_tag, repository_url


class Book:
    """What all pages share.

    Parameters
    ----------
    chapters : dict of str to Chapter
        All pages, by name. Executed ones keep their outputs.
    folder : Path
        Where `references.bib` and the pictures are.
    toc : Path
        `_toc.yml`.
    root : Path
        Folder of `pyproject.toml`, which has the repository's address and the release.
    """

    def __init__(self, chapters: dict[str, Chapter], folder: Path, toc: Path, root: Path):
        self.chapters = chapters
        self.folder = folder
        self.toc = read_toc(toc)
        self.labels = read_labels(chapters, self.toc)
        self.bibliography = _read_bibliography(folder / "references.bib")
        self.repository = repository_url(root)
        self.pages = pages_url(root)
        self.tag = release_tag(root)


class Page:
    """One chapter among the others.

    ``line`` is where in the source something is named: the `PublishError` that a method raises, if
    there is no such thing, says it.
    """

    def __init__(self, book: Book, chapter: Chapter):
        self.book = book
        self.chapter = chapter

    def error(self, line: int, found: str, expected: str = "what CONTRIBUTING.md lists"):
        return PublishError(f"{self.chapter.source}:{line}: found {found}; expected {expected}.")

    def target(self, label: str, line: int, kinds: tuple[str, ...]) -> Target:
        """Return what a label names, which must be of one of these kinds."""
        target = self.book.labels.get(label)
        if target is None or target.kind not in kinds:
            raise self.error(line, f"the label {label!r}", f"the label of a {' or '.join(kinds)}")
        return target

    def citation(self, key: str, line: int) -> tuple[str, str]:
        """Return authors and year of what is cited."""
        if key.strip() not in self.book.bibliography.entries:
            raise self.error(line, f"a citation of {key.strip()!r}", "keys of references.bib")
        return _author_and_year(self.book.bibliography, key.strip())

    def bibliography(self) -> str:
        """Return what this chapter cites, as a Markdown list in the order of the authors."""
        formatted = Style().format_bibliography(
            self.book.bibliography, sorted(_cited(self.chapter))
        )
        return "\n".join(f"- {_one_line(entry.text.render(Markdown()))}" for entry in formatted)

    def link(self, text: str, target: Target) -> str:
        """Return a link to the published page, or the text alone if it is on this one."""
        here = target.page == self.chapter.name
        return text if here else f"[{text}]({self.book.pages}{target.address})"

    def address(self, link: str, line: int) -> str:
        """Return where a link of the book leads on the web."""
        path, _, anchor = link.partition("#")
        if path and not path.endswith(".md"):
            return self.file_address(path, line)
        page = self._page(path, line) if path else self.chapter.name
        if anchor in self.book.labels:
            return self.book.pages + self.book.labels[anchor].address
        return f"{self.book.pages}{page}.html" + f"#{anchor}" * bool(anchor)

    def link_to_page(self, text: str, path: str, line: int) -> str:
        """Return a link to the page at a path; its text is the page's title if none is given."""
        name = self._page(path, line)
        return f"[{text or title(self.book.chapters[name])}]({self.book.pages}{name}.html)"

    def _page(self, path: str, line: int) -> str:
        """Return the name of the page at a path that is relative to this one."""
        page = self._relative(path.removesuffix(".md"))
        if page not in self.book.chapters:
            raise self.error(line, f"the page {path!r}", f"a page of the book; {page} is none")
        return page

    def file_address(self, path: str, line: int) -> str:
        """Return where a file of the book lies on the web."""
        inner = self._relative(path)
        if not (self.book.folder / inner).is_file():
            raise self.error(line, f"the file {path!r}", f"a file; book/{inner} is none")
        raw = self.book.repository.replace("github.com", "raw.githubusercontent.com")
        return f"{raw}/{BRANCH}/book/{quote(inner)}"

    def _relative(self, path: str) -> str:
        folder = "" if path.startswith("/") else posixpath.dirname(self.chapter.name)
        return posixpath.normpath(posixpath.join(folder, path.lstrip("/")))


def _read_bibliography(path: Path) -> BibliographyData:
    """Return the entries of a BibTeX file, or raise `PublishError` if it is not one."""
    try:
        return parse_file(str(path), bib_format="bibtex")
    except PybtexError as error:
        raise PublishError(f"{path}: {error}") from error


def _author_and_year(bibliography: BibliographyData, key: str) -> tuple[str, str]:
    """Return an entry's authors in short, such as ``LeCun et al.``, and its year."""
    entry = bibliography.entries[key]
    people = entry.persons.get("author") or entry.persons.get("editor") or []
    names = [_last_name(person) for person in people]
    short = f"{names[0]} et al." if len(names) > 2 else " and ".join(names)
    return short or key, entry.fields.get("year", "n.d.")


def _last_name(person: Person) -> str:
    parts = [*person.rich_prelast_names, *person.rich_last_names]
    return " ".join(part.render(PlainText()) for part in parts)


def _one_line(text: str) -> str:
    """Join the lines of an entry and drop escapes that Markdown does not need within one."""
    return re.sub(r"\\([.:()-])", r"\1", " ".join(text.split()))


def _cited(chapter: Chapter) -> set[str]:
    """Return the keys of what a chapter cites, in its text and below its figures."""
    texts = [cell.source for cell in chapter.notebook.cells if cell.cell_type != "code"]
    for cell in chapter.code_cells:
        texts.append(cell.metadata.get("mystnb", {}).get("figure", {}).get("caption", ""))
    return {
        key.strip()
        for text in texts
        for token, _ in elements(text)
        for child in token.children or []
        if child.type == "myst_role" and child.meta["name"].startswith("cite")
        for key in child.content.split(",")
    }
