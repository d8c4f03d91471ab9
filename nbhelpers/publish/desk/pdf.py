"""The book as PDF: its built pages, printed by Chromium, joined with a cover and contents."""

import html
import io
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import unquote, urljoin, urlsplit

import pikepdf

from nbhelpers.publish.desk.article import article
from nbhelpers.publish.desk.browser import browser
from nbhelpers.publish.desk.pages import NAME, Book, Page, citation
from nbhelpers.publish.project import write_if_changed

PAPERS = ("A4", "Letter")
EDITIONS = ("reader", "complete")
FRONT = "front"  # cover and contents, a page of no file
# Fills a page with what is printed. Chromium gives names in the PDF to places that the page itself
# links to, so the places that other pages link to are linked here.
FILL = """({ article, edition, style, wanted }) => {
  document.documentElement.dataset.edition = edition;
  document.head.append(Object.assign(document.createElement("style"), { textContent: style }));
  const shown = document.querySelector("main article");
  shown.innerHTML = article;
  for (const id of wanted) {
    shown.append(Object.assign(document.createElement("a"), { href: `#${id}`, hidden: true }));
  }
  return document.fonts.ready.then(() => true);
}"""
PATIENCE = 300_000  # milliseconds, for a page on a busy machine


@dataclass
class Printed:
    """A printed page of the book.

    Attributes
    ----------
    page : Page
    pdf : pikepdf.Pdf
    first : int
        The number of its first sheet.
    """

    page: Page
    pdf: pikepdf.Pdf
    first: int

    @property
    def headings(self):
        """Outline items of the headings below the title."""
        with self.pdf.open_outline() as outline:
            found = list(outline.root)
        return list(found[0].children) if len(found) == 1 else found

    @property
    def sections(self):
        """Titles of its sections, each with the number of the sheet on which it begins."""
        sheets = {sheet.objgen: number for number, sheet in enumerate(self.pdf.pages, self.first)}
        return [(item.title, sheets[item.destination[0].objgen]) for item in self.headings]


def write_pdf(book: Book, out: Path, address: str, paper="A4", edition="reader"):
    """Print the whole book and each of its pages.

    Parameters
    ----------
    book : Book
    out : Path
        The folder of the PDFs. Each appears in it whole.
    address : str
        Where the book is published; what is not in a PDF is linked there.
    paper : {"A4", "Letter"}
    edition : {"reader", "complete"}
        Whether the code that the pages fold away is left out or printed.

    Returns
    -------
    list of Path
        The whole book, then its pages.

    Raises
    ------
    PublishError
        If there is no browser.
    """
    kind = ("" if edition == "reader" else f"-{edition}") + ("" if paper == "A4" else "-letter")
    with browser() as opened:
        press = Press(opened, book, paper, edition)
        printed, number = [], 1
        for page in book.pages:
            printed.append(Printed(page, press.print(page, number), number))
            number += len(printed[-1].pdf.pages)
        front = Printed(Page(FRONT, "Contents", ""), press.print_front(printed), 1)
    paths = [out / f"{NAME}{kind}.pdf"]
    write_if_changed(paths[0], joined([front, *printed], book, address))
    for one in printed:
        paths.append(out / "pages" / one.page.path.replace(".html", f"{kind}.pdf"))
        write_if_changed(paths[-1], joined([one], book, address))
    return paths


class Press:
    """Chromium, set up to print pages of a book as they are without scripts."""

    def __init__(self, browser, book, paper, edition):
        self.book, self.paper, self.edition = book, paper, edition
        context = browser.new_context(java_script_enabled=False, color_scheme="light")
        self.tab = context.new_page()
        self.tab.set_default_timeout(PATIENCE)
        self.said = {page.path: article(book, page.path) for page in book.pages}
        self.wanted = self._wanted()

    def print(self, page: Page, number: int) -> pikepdf.Pdf:
        """Return a page of the book as PDF whose sheets are numbered from `number`."""
        self.tab.goto((self.book.folder / page.path).as_uri())
        title = page.title.replace("\\", r"\\").replace('"', r"\"")
        head = f'@top-right {{ content: "{title}"; font: 8pt "Source Sans 3"; color: #4a5565; }}'
        first = "@page :first { @top-right { content: none; } }"
        style = f"html {{ counter-reset: page {number - 1}; }} @page {{ {head} }} {first}"
        said = self.said[page.path].decode_contents()
        pdf = self._print(said, style, sorted(self.wanted.get(page.path, ())))
        _name_tags_after(page, pdf)
        return pdf

    def print_front(self, printed: list[Printed]) -> pikepdf.Pdf:
        """Return the cover and the contents, numbered in Roman."""
        # By another address, or links to the front page would lead to the cover.
        self.tab.goto((self.book.folder / "index.html").as_uri() + "?cover")
        roman = "@page { @bottom-center { content: counter(page, lower-roman); } }"
        return self._print(
            _front(printed), roman + " @page :first { @bottom-center { content: none; } }", []
        )

    def _print(self, article, style, wanted):
        about = {"article": article, "edition": self.edition, "style": style, "wanted": wanted}
        self.tab.evaluate(FILL, about)
        about = {"outline": True, "tagged": True, "print_background": True}
        return pikepdf.open(io.BytesIO(self.tab.pdf(format=self.paper, **about)))

    def _wanted(self):
        """Return, for each page, the labels on it to which other pages link."""
        wanted = {}
        for path, said in self.said.items():
            here = (self.book.folder / path).as_uri()
            for link in said.select("a[href*='#']"):
                other, label = _target(urljoin(here, link["href"]), self.book)
                if other and other != path:
                    wanted.setdefault(other, set()).add(label)
        return wanted


def _target(address, book):
    """Return the file of the book's folder that an address leads to, and the label on it."""
    start, parts = book.folder.as_uri() + "/", urlsplit(address)
    if not address.startswith(start):
        return "", ""
    file = unquote(parts._replace(query="", fragment="").geturl().removeprefix(start))
    return file, unquote(parts.fragment)


def _front(printed):
    """Return the HTML of the cover and the contents."""
    about = citation()
    book, _, motto = about["title"].partition(": ")
    authors = ", ".join(author["name"] for author in about["authors"])
    standing = Counter(title for one in printed for title, _ in one.sections)
    rows, part = [], ""
    for one in printed:
        if one.page.part != part:
            part = one.page.part
            rows.append(f"<h2>{html.escape(part)}</h2>")
        rows.append(_row("p", one.page.path, one.page.title, one.first))
        rows += [
            _row("div", one.page.path, title, number)
            for title, number in one.sections
            if standing[title] <= len(printed) / 2  # else it says nothing: Summary, Exercises
        ]
    cover = [f"{motto[:1].upper()}{motto[1:]}.", authors, f"Version {about['version']}"]
    lines = "".join(f"<p>{html.escape(line)}</p>" for line in cover)
    logo = '<img src="_static/logo.svg" alt="">'
    return (
        f'<section class="cover">{logo}<h1>{html.escape(book)}</h1>{lines}</section>'
        f'<section class="contents"><h1>Contents</h1>{"".join(rows)}</section>'
    )


def _row(tag, path, title, number):
    return (
        f'<{tag}><a href="{path}#sheet={number}"><span>{html.escape(title)}</span>'
        f"<span>{number}</span></a></{tag}>"
    )


def joined(printed: list[Printed], book: Book, address: str) -> bytes:
    """Return one PDF of several: linked, tagged, with an outline, numbered as they are printed."""
    pdf = pikepdf.new()
    places, tags = pikepdf.NameTree.new(pdf), Tags(pdf)
    starts = [_add(pdf, one, places, tags) for one in printed]
    links = Links(book, address, places, {one.page.path for one in printed})
    for one, start in zip(printed, starts, strict=True):
        for sheet in pdf.pages[start : start + len(one.pdf.pages)]:
            for link in sheet.get("/Annots", []):
                links.mend(link, one.page.path)
    pdf.Root.Names = pikepdf.Dictionary(Dests=places.obj)
    tags.close()
    _outline(pdf, printed, starts)
    _describe(pdf, printed, starts)
    file = io.BytesIO()
    small = pikepdf.ObjectStreamMode.generate  # tags are many small objects: half of the bytes
    pdf.save(file, object_stream_mode=small, deterministic_id=True)
    return file.getvalue()


def _add(pdf, one, places, tags):
    """Add the sheets of a printed page, the places on it, and its tags; return its first index."""
    start = len(pdf.pages)
    for sheet in one.pdf.pages:  # alone: places, outline and tags are added below
        pdf.pages.append(sheet)
    new = {old.objgen: pdf.pages[start + i].obj for i, old in enumerate(one.pdf.pages)}
    for number, sheet in enumerate(new.values(), one.first):
        places[f"{one.page.path}#sheet={number}"] = _place(sheet, "/Fit")
    places[f"{one.page.path}#"] = _place(pdf.pages[start].obj, "/Fit")
    for label, (sheet, *where) in one.pdf.Root.get("/Dests", {}).items():
        if label != "/":
            places[f"{one.page.path}#{unquote(label[1:])}"] = _place(new[sheet.objgen], *where)
    tags.add(one.pdf, pdf.pages[start:])
    return start


def _place(sheet, kind, *where):
    return pikepdf.Array([sheet, pikepdf.Name(str(kind)), *where])


class Links:
    """What becomes of the links of printed pages: to a sheet of the same PDF, or to the web."""

    def __init__(self, book, address, places, inside):
        self.book, self.address, self.places, self.inside = book, address, places, inside

    def mend(self, link, path):
        """Change a link on page `path`, in place."""
        if "/Dest" in link:
            self._lead(link, path, unquote(str(link.Dest)[1:]))
        elif "/URI" in link.get("/A", {}):
            file, label = _target(str(link.A.URI), self.book)
            if file in self.inside:
                del link.A
                self._lead(link, file, label)
            elif file:
                link.A.URI = pikepdf.String(urljoin(self.address, file) + f"#{label}" * bool(label))

    def _lead(self, link, path, label):
        name = f"{path}#{label}"
        link.Dest = pikepdf.String(name if name in self.places else f"{path}#")


class Tags:
    """The trees of tags of several PDFs as one: what a screen reader reads in which order.

    A sheet knows its tags by a number, under which the tree lists them; the numbers of each
    further PDF begin behind those of the last.
    """

    def __init__(self, pdf):
        self.pdf = pdf
        self.root = pdf.make_indirect(pikepdf.Dictionary(Type=pikepdf.Name.StructTreeRoot))
        self.tops, self.numbered, self.free = pikepdf.Array(), pikepdf.Array(), 0
        self.named = pikepdf.NameTree.new(pdf)

    def add(self, source, sheets):
        """Add the tags of a PDF whose pages have become `sheets`."""
        tree = self.pdf.copy_foreign(source.Root.StructTreeRoot)
        tree.K.P = self.root
        self.tops.append(tree.K)
        for sheet in sheets:
            self._renumber(sheet.obj, "/StructParents")
            for link in sheet.get("/Annots", []):
                self._renumber(link, "/StructParent")
        for number, tags in pikepdf.NumberTree(tree.ParentTree).items():
            self.numbered.extend([number + self.free, tags])
        self.free += int(tree.ParentTreeNextKey)
        if "/IDTree" in tree:
            for tag in pikepdf.NameTree(tree.IDTree).values():
                self.named[str(tag.ID)] = tag

    def _renumber(self, thing, key):
        if key in thing:
            thing[key] = int(thing[key]) + self.free

    def close(self):
        """Put the tree in its PDF."""
        self.root.K = self.tops
        self.root.ParentTree = self.pdf.make_indirect(pikepdf.Dictionary(Nums=self.numbered))
        self.root.ParentTreeNextKey = self.free
        self.root.IDTree = self.named.obj
        self.pdf.Root.StructTreeRoot = self.root
        self.pdf.Root.MarkInfo = pikepdf.Dictionary(Marked=True)


def _name_tags_after(page, pdf):
    """Make the names of tags those of this page alone: header cells, and cells that name them."""
    for thing in pdf.objects:
        if isinstance(thing, pikepdf.Dictionary) and thing.get("/Type") == "/StructElem":
            if "/ID" in thing:
                thing.ID = pikepdf.String(f"{page.path} {thing.ID}")
            about = thing.get("/A", [])
            for one in about if isinstance(about, pikepdf.Array) else [about]:
                if "/Headers" in one:
                    one.Headers = [pikepdf.String(f"{page.path} {name}") for name in one.Headers]


def _outline(pdf, printed, starts):
    """Write the outline: parts, pages, and the headings on them."""
    with pdf.open_outline() as outline:
        level, part = outline.root, ""
        for one, start in zip(printed, starts, strict=True):
            if one.page.part != part:
                part = one.page.part
                outline.root.append(pikepdf.OutlineItem(part, start, "Fit"))
                level = outline.root[-1].children
            item = pikepdf.OutlineItem(one.page.title, start, "Fit")
            item.children.extend(_headings(one.headings, _renewed(pdf, one, start)))
            level.append(item)


def _renewed(pdf, one, start):
    return {old.objgen: pdf.pages[start + i].obj for i, old in enumerate(one.pdf.pages)}


def _headings(items, new):
    """Return outline items that lead to the same places on new sheets."""
    found = []
    for item in items:
        sheet, *where = item.destination
        found.append(pikepdf.OutlineItem(item.title, _place(new[sheet.objgen], *where)))
        found[-1].children.extend(_headings(item.children, new))
    return found


def _describe(pdf, printed, starts):
    """Write title, authors, language, and the numbers that viewers show for the sheets."""
    about = citation()
    whole = printed[0].page.path == FRONT
    with pdf.open_metadata() as metadata:
        title = about["title"] if whole else f"{printed[0].page.title} ({about['title']})"
        metadata["dc:title"] = title
        metadata["dc:creator"] = [author["name"] for author in about["authors"]]
        metadata["dc:language"] = ["en-GB"]
        metadata["dc:rights"] = "Text and figures: CC BY 4.0. Code: BSD 3-Clause."
    pdf.Root.Lang = pikepdf.String("en-GB")
    pdf.Root.ViewerPreferences = pikepdf.Dictionary(DisplayDocTitle=True)
    pdf.Root.PageMode = pikepdf.Name.UseOutlines
    numbers = pikepdf.Array()
    for one, start in zip(printed, starts, strict=True):
        style = pikepdf.Name.r if one.page.path == FRONT else pikepdf.Name.D
        numbers.extend([start, pikepdf.Dictionary(S=style, St=one.first)])
    pdf.Root.PageLabels = pikepdf.Dictionary(Nums=numbers)
