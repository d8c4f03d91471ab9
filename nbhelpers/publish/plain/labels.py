"""What a reference can name, with the number and title that the page shows for it."""

import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from unicodedata import normalize

import yaml
from docutils.nodes import make_id

from nbhelpers.publish.chapters import Chapter
from nbhelpers.publish.plain.myst import elements, tokens
from nbhelpers.publish.project import PublishError


@dataclass(frozen=True)
class Target:
    """A place that a label names.

    Attributes
    ----------
    kind : {"section", "figure", "equation", "exercise", "term"}
    page : str
        Name of the page.
    label : str
    number : str
        As on the page, such as ``2.1``; empty for sections.
    title : str
        Heading or caption, as Markdown.
    """

    kind: str
    page: str
    label: str
    number: str = ""
    title: str = ""

    @property
    def text(self) -> str:
        """What a reference to it says."""
        named = self.kind in ("section", "term")
        return self.title if named else f"{self.kind.capitalize()} {self.number}"

    @property
    def address(self) -> str:
        """Page and anchor, relative to the book."""
        anchor = {
            "equation": f"equation-{make_id(self.label)}",
            "exercise": self.label,
            "term": _anchor_of_word(self.title),
        }.get(self.kind, make_id(self.label))
        return f"{self.page}.html#{anchor}"


def title(chapter: Chapter) -> str:
    """Return a page's first heading, or its name if it has none."""
    for cell in chapter.notebook.cells:
        found = tokens(cell.source) if cell.cell_type == "markdown" else []
        for opening, text in pairwise(found):
            if opening.type == "heading_open":
                return text.content
    return chapter.name


def read_toc(path: Path) -> dict[str, int | None]:
    """Return the pages in the order of `_toc.yml`; with numbers where their part has them."""
    toc = yaml.safe_load(path.read_text("utf-8"))
    pages, count = {toc["root"]: None}, 0
    for part in toc.get("parts", []):
        for entry in part["chapters"]:
            count += bool(part.get("numbered"))
            pages[entry["file"]] = count if part.get("numbered") else None
    return pages


def read_labels(chapters: dict[str, Chapter], toc: dict[str, int | None]) -> dict[str, Target]:
    """Return every label of the book.

    Figures, equations and exercises count from 1 within a numbered chapter, as Sphinx does it.

    Raises
    ------
    PublishError
        If a page of the table of contents does not exist, or two places have the same label.
    """
    labels = {}
    counts = Counter()
    for page, number in toc.items():
        if page not in chapters:
            raise PublishError(f"_toc.yml: there is no book/{page}.md.")
        for kind, label, title in _places(chapters[page]):
            if kind != "section":
                counts[kind, number] += 1
            count = f"{number}." * bool(number) + str(counts[kind, number])
            if label in labels:
                raise PublishError(f"{chapters[page].source}: the label {label!r} exists twice.")
            if label:
                labels[label] = Target(kind, page, label, count, title)
    return labels


def _places(chapter: Chapter) -> Iterator[tuple[str, str | None, str]]:
    """Yield kind, label and title of what can be named, in the order of the page."""
    for cell in chapter.notebook.cells:
        if cell.cell_type == "code":
            figure = cell.metadata.get("mystnb", {}).get("figure")
            if figure:
                yield "figure", figure.get("name"), figure.get("caption", "")
        else:
            yield from _places_in_prose(cell.source)


def label_of_word(word: str) -> str:
    """Return the label of a word of the glossary, which may be written large or small."""
    return f"term {word.lower()}"


def _anchor_of_word(word: str) -> str:
    """Return where Sphinx puts a word of the glossary on its page."""
    plain = normalize("NFKD", f"term-{word}").encode("ascii", "ignore").decode()
    return re.sub(r"[^a-zA-Z0-9._]+", "-", plain).strip("-")


def _places_in_prose(text: str) -> Iterator[tuple[str, str | None, str]]:
    label, heading = None, False
    for token, found in elements(text):
        if token.type == "myst_target":
            label = token.content
        elif token.type == "heading_open":
            heading = True
        elif token.type == "inline" and heading:
            if label:
                yield "section", label, token.content
            label, heading = None, False
        elif token.type == "math_block_label":
            yield "equation", token.info, ""
        elif found and found.name == "math" and "label" in found.options:
            yield "equation", found.options["label"], ""
        elif found and found.name == "figure":
            yield "figure", found.options.get("name"), found.body
        elif found and found.name == "glossary":
            for word in re.findall(r"^\S.*", found.body, re.MULTILINE):
                yield "term", label_of_word(word), word
        elif found and found.name == "exercise-start":
            yield "exercise", found.options.get("label"), found.argument
