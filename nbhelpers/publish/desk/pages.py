"""What the built pages say about the book: their order, titles and parts; and who wrote it."""

from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import yaml
from bs4 import BeautifulSoup

from nbhelpers.publish.project import PACKAGE, PublishError

NAME = "neurons-to-convolutions"


@dataclass(frozen=True)
class Page:
    """A page of the book.

    Attributes
    ----------
    path : str
        Relative to the folder of the pages, such as ``networks/losses.html``.
    title : str
        With the chapter's number, as in the sidebar.
    part : str
        The caption above it in the sidebar; empty for the front page.
    """

    path: str
    title: str
    part: str


@dataclass(frozen=True)
class Book:
    """The built pages of the book in a folder.

    Attributes
    ----------
    folder : Path
    """

    folder: Path

    @classmethod
    def at(cls, folder):
        """Return the book in a folder, or raise `PublishError` if there are no pages."""
        folder = Path(folder).resolve()
        if not (folder / "index.html").is_file():
            raise PublishError(
                f"There are no pages in {folder}: index.html is missing. Build the book first "
                "(`make book`), or name the folder of its pages with --pages."
            )
        return cls(folder)

    def parsed(self, path):
        """Return the HTML of a page."""
        return BeautifulSoup((self.folder / path).read_text("utf-8"), "html.parser")

    @cached_property
    def pages(self):
        """All pages in the order in which they are read, as the front page's sidebar has them."""
        front, part = self.parsed("index.html"), ""
        pages = [Page("index.html", front.h1.find(string=True).strip(), "")]
        for item in front.select("nav.bd-links p.caption, nav.bd-links li > a[href$='.html']"):
            if item.name == "p":
                part = item.get_text(strip=True)
            else:
                pages.append(Page(item["href"], item.get_text(strip=True), part))
        return pages


def citation():
    """Return what `CITATION.cff` says: title, authors, version, date."""
    return yaml.safe_load((PACKAGE.parent / "CITATION.cff").read_text("utf-8"))
