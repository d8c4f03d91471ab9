"""The book for e-readers: an EPUB of the built pages, with formulas as MathML."""

import html
import mimetypes
import re
from pathlib import Path
from urllib.parse import urljoin, urlsplit

from bs4 import Tag

from nbhelpers.publish.desk.archive import zipped
from nbhelpers.publish.desk.article import article
from nbhelpers.publish.desk.pages import NAME, Book, Page, citation
from nbhelpers.publish.project import write_if_changed

LANGUAGE = "en-GB"
FORM = """<?xml version="1.0" encoding="utf-8"?>
<!DOCTYPE html>
<html xmlns="http://www.w3.org/1999/xhtml" xmlns:epub="http://www.idpf.org/2007/ops" lang="{lang}"
 xml:lang="{lang}"><head><title>{title}</title><link rel="stylesheet" href="{root}book.css"/></head>
<body>{body}</body></html>
"""
CONTAINER = """<?xml version="1.0"?>
<container version="1.0" xmlns="urn:oasis:names:tc:opendocument:xmlns:container"><rootfiles>
<rootfile full-path="book/book.opf" media-type="application/oebps-package+xml"/>
</rootfiles></container>
"""
PACKAGE = """<?xml version="1.0" encoding="utf-8"?>
<package xmlns="http://www.idpf.org/2007/opf" version="3.0" unique-identifier="id"
 xml:lang="{lang}">
<metadata xmlns:dc="http://purl.org/dc/elements/1.1/"><dc:identifier id="id">{id}</dc:identifier>
<dc:title>{title}</dc:title><dc:creator>{authors}</dc:creator><dc:language>{lang}</dc:language>
<dc:rights>Text and figures: CC BY 4.0. Code: BSD 3-Clause.</dc:rights>
<meta property="dcterms:modified">{date}T00:00:00Z</meta></metadata>
<manifest>{manifest}</manifest><spine>{spine}</spine></package>
"""
COVER = "_static/logo.svg"
TAGS = {"mathml": b"<math", "svg": b"<svg"}
LEFT_OUT = ".katex-html, .sd-octicon, details.fold"  # the last: code that is folded
OLD_FORM = ("align", "border", "scoped", "target", "valign")  # attributes that XHTML has no more


def write_epub(book: Book, out: Path, address: str) -> Path:
    """Write the book as EPUB 3 into a folder; return its path.

    Parameters
    ----------
    book : Book
    out : Path
    address : str
        Where the book is published; what is not in the EPUB is linked there.
    """
    files = {"book.css": _style(book)}
    for page in book.pages:
        said, pictures = _page(book, page, address)
        files[_renamed(page.path)] = said.encode("utf-8")
        files |= {picture: (book.folder / picture).read_bytes() for picture in pictures}
    files |= {"nav.xhtml": _nav(book), COVER: (book.folder / COVER).read_bytes()}
    files["book.opf"] = _package(book, files, address)
    whole = {"mimetype": b"application/epub+zip", "META-INF/container.xml": CONTAINER.encode()}
    whole |= {f"book/{name}": content for name, content in files.items()}
    write_if_changed(out / f"{NAME}.epub", zipped(whole, stored={"mimetype"}))
    return out / f"{NAME}.epub"


def _page(book: Book, page: Page, address: str) -> tuple[str, set[str]]:
    """Return a page as XHTML, and the pictures on it."""
    body = article(book, page.path)
    for each in body.select(LEFT_OUT):
        each.extract()
    for formula in body.select("math"):
        _mend(formula)
    for drawing in body.select("svg"):
        _redraw(drawing)
    for each in body.find_all(True):
        for name in OLD_FORM:
            del each[name]
    inside = {one.path for one in book.pages}
    for link in body.select("a[href]"):
        link["href"] = _link(link["href"], page.path, inside, address)
    pictures = {urljoin(page.path, picture["src"]) for picture in body.select("img[src]")}
    return _form(page.path, page.title, body.decode_contents()), pictures


def _mend(formula: Tag) -> None:
    """Correct what KaTeX writes and MathML has not: formulas in a letter, three parts of two."""
    for letter in formula.select("mi, mo, mn"):
        if letter.find(True):
            letter.name = "mrow"
    for sign in formula.select(":is(msub, msup, msubsup, munder, mover, munderover) > mo"):
        if sign.get_text() == "\N{FUNCTION APPLICATION}":
            sign.extract()


def _redraw(drawing: Tag) -> None:
    """Give a drawing what XHTML asks for, and EPUB: a role that it knows, links with a title."""
    drawing["xmlns"] = "http://www.w3.org/2000/svg"
    if "viewbox" in drawing.attrs:  # the parser has no capitals
        drawing["viewBox"] = drawing.attrs.pop("viewbox")
    if drawing.get("role") == "group":
        drawing["role"] = "document"
    for link in drawing.select("a"):
        title = Tag(name="title")
        title.string = link.get_text(" ", strip=True)
        link.insert(0, title)


def _link(href: str, path: str, inside: set[str], address: str) -> str:
    """Return where a link of a page leads to in the EPUB, or else on the web."""
    parts = urlsplit(href)
    if parts.scheme or not parts.path:
        return href
    if urljoin(path, parts.path) in inside:
        return parts._replace(path=_renamed(parts.path)).geturl()
    return urljoin(urljoin(address, path), href)


def _renamed(path: str) -> str:
    return re.sub(r"\.html$", ".xhtml", path)


def _form(path: str, title: str, body: str) -> str:
    root = "../" * path.count("/")
    return FORM.format(lang=LANGUAGE, title=html.escape(title), root=root, body=body)


def _style(book: Book) -> bytes:
    """Return our style, and the colours that code has on the pages when they are light."""
    colours = (book.folder / "_static/pygments.css").read_text("utf-8")
    light = re.findall(r'^html\[data-theme="light"\] (\.highlight .*)$', colours, re.MULTILINE)
    return "\n".join([Path(__file__).with_suffix(".css").read_text("utf-8"), *light]).encode()


def _nav(book: Book) -> bytes:
    """Return the contents: parts, and the pages in each."""
    rows, part = [], ""
    for page in book.pages:
        if page.part != part:
            rows.append(
                "</ol></li>" * bool(part) + f"<li><span>{html.escape(page.part)}</span><ol>"
            )
            part = page.part
        rows.append(f'<li><a href="{_renamed(page.path)}">{html.escape(page.title)}</a></li>')
    rows.append("</ol></li>" * bool(part))
    body = f'<nav epub:type="toc"><h1>Contents</h1><ol>{"".join(rows)}</ol></nav>'
    return _form("nav.xhtml", "Contents", body).encode("utf-8")


def _package(book: Book, files: dict[str, bytes], address: str) -> bytes:
    """Return what the EPUB says of itself: who wrote it, what is in it, in which order."""
    about = citation()
    number = {name: f"file{i}" for i, name in enumerate(files)}
    items = [_item(number[name], name, content) for name, content in files.items()]
    spine = [f'<itemref idref="{number[_renamed(page.path)]}"/>' for page in book.pages]
    return PACKAGE.format(
        lang=LANGUAGE,
        id=address,
        title=html.escape(about["title"]),
        authors=html.escape(", ".join(author["name"] for author in about["authors"])),
        date=about["date-released"],
        manifest="".join(items),
        spine="".join(spine),
    ).encode("utf-8")


def _item(number: str, name: str, content: bytes) -> str:
    """Return the line of a file in the list of all, with what a reader has to know beforehand."""
    xhtml = name.endswith(".xhtml")
    kind = "application/xhtml+xml" if xhtml else mimetypes.guess_type(name)[0]
    about = {"nav.xhtml": ["nav"], COVER: ["cover-image"]}.get(name, [])
    if xhtml:
        about = about + [word for word in ("mathml", "svg") if TAGS[word] in content]
    properties = f' properties="{" ".join(about)}"' if about else ""
    return f'<item id="{number}" href="{name}" media-type="{kind}"{properties}/>'
