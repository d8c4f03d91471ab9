"""What a chapter's text may name, and where that is on the web."""

from pathlib import Path, PurePosixPath
from urllib.parse import quote

from nbhelpers.publish.chapters import Chapter
from nbhelpers.publish.plain.citations import author_and_year, read_bibliography
from nbhelpers.publish.plain.labels import Target, read_labels, read_toc
from nbhelpers.publish.project import BRANCH, PublishError, pages_url, repository_url


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
        Folder of `pyproject.toml`, which has the repository's address.
    """

    def __init__(self, chapters: dict[str, Chapter], folder: Path, toc: Path, root: Path):
        self.chapters = chapters
        self.folder = folder
        self.toc = read_toc(toc)
        self.labels = read_labels(chapters, self.toc)
        self.bibliography = read_bibliography(folder / "references.bib")
        self.repository = repository_url(root)
        self.pages = pages_url(root)


class Page:
    """One chapter among the others.

    Every method takes the line of the source at which something is named, for the `PublishError`
    that it raises where there is no such thing.
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
        return author_and_year(self.book.bibliography, key.strip())

    def link(self, text: str, target: Target) -> str:
        """Return a link to the published page, or the text alone if it is on this one."""
        here = target.page == self.chapter.name
        return text if here else f"[{text}]({self.book.pages}{target.address})"

    def address(self, link: str, line: int) -> str:
        """Return where a link of the book leads on the web."""
        path, _, anchor = link.partition("#")
        if path and not path.endswith(".md"):
            return self.file_address(path, line)
        page = self.page(path, line) if path else self.chapter.name
        if anchor in self.book.labels:
            return self.book.pages + self.book.labels[anchor].address
        return f"{self.book.pages}{page}.html" + f"#{anchor}" * bool(anchor)

    def page(self, path: str, line: int) -> str:
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
        parts = []
        start = PurePosixPath() if path.startswith("/") else PurePosixPath(self.chapter.name).parent
        for part in (start / path.lstrip("/")).parts:
            parts = parts[:-1] if part == ".." else [*parts, part]
        return "/".join(parts)
