"""What is published: the pages, and beside them what can be taken to the desk."""

import re
import shutil
from pathlib import Path

from nbhelpers.publish.desk.pages import NAME, Book
from nbhelpers.publish.project import PublishError

KINDS = {
    "pdf": "to print (PDF",
    "epub": "for an e-reader (EPUB",
    "zip": "all pages, to read offline (ZIP",
}


def write_site(book: Book, desk: Path, out: Path) -> list[str]:
    """Copy the pages and what was made of them; the front page offers what there is.

    Parameters
    ----------
    book : Book
    desk : Path
        The folder where PDF, EPUB and archive are, if they were made.
    out : Path
        A new folder.

    Returns
    -------
    list of str
        The files that the front page offers.

    Raises
    ------
    PublishError
        If `out` is there already.
    """
    if out.exists():
        raise PublishError(f"{out} is there already; expected a new folder. Remove it first.")
    names = [f"{NAME}.{kind}" for kind in KINDS if (desk / f"{NAME}.{kind}").is_file()]
    shutil.copytree(book.folder, out)
    for name in names:
        shutil.copy(desk / name, out)
    front = out / "index.html"
    front.write_text(_offered(front.read_text("utf-8"), [out / name for name in names]), "utf-8")
    return names


def _offered(page: str, files: list[Path]) -> str:
    """Return the front page with links to files, before its first heading but the title."""
    if not files:
        return page
    links = [
        f'<a href="{file.name}" download>{KINDS[file.suffix[1:]]}, {_size(file)})</a>'
        for file in files
    ]
    line = f'<p class="downloads">Take the book with you: {"; ".join(links)}.</p>\n'
    before = re.search(r"<section[^>]*>\s*(<span[^>]*></span>)*\s*<h2|</article>", page)
    return page[: before.start()] + line + page[before.start() :]


def _size(file: Path) -> str:
    return f"{max(file.stat().st_size / 1e6, 0.1):.2g} MB"
