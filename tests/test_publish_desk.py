"""The book for the desk: printed, as one file. A book of two pages, written by hand."""

import os
import shutil
from pathlib import Path
from xml.etree import ElementTree
from zipfile import ZIP_STORED, ZipFile

import pikepdf
import pytest
from bs4 import BeautifulSoup

from nbhelpers.publish.desk import browser as desk
from nbhelpers.publish.desk import epub as epub_of
from nbhelpers.publish.desk.archive import write_zip
from nbhelpers.publish.desk.epub import write_epub
from nbhelpers.publish.desk.pages import Book
from nbhelpers.publish.desk.pdf import write_pdf
from nbhelpers.publish.desk.site import write_site
from nbhelpers.publish.project import PublishError

ROOT = Path(__file__).parents[1]
ADDRESS = "https://example.org/book/"
PAGE = """<!DOCTYPE html>
<html lang="en" data-theme="light"><head><meta charset="utf-8"><title>{title}</title>
<link rel="stylesheet" href="{root}_static/print.css"></head><body>
<div class="bd-sidebar-primary"><nav class="bd-links">
<p class="caption"><span>Neurons</span></p>
<ul><li><a href="part/one.html">1. One</a></li><li><a href="part/two.html">2. Two</a></li></ul>
</nav></div>
<main><article class="bd-article"><section>{body}</section></article></main></body></html>
"""
ONE = """<h1 id="one">1. One<a class="headerlink" href="#one">#</a></h1>
<p>See <a href="two.html#far">far</a>, <a href="#near">near</a>, <a href="two.html">two</a>,
<a href="../_sources/part/one.ipynb">file</a> and <a href="https://example.com/">elsewhere</a>.</p>
<table><thead><tr><th>head</th></tr></thead><tbody><tr><td>cell</td></tr></tbody></table>
<div class="cell"><details class="fold"><summary>Show the code</summary>
<div class="cell_input"><pre>folded = 1</pre></div></details><p>what it shows</p></div>
<pre>open = 1; long = "{long}"</pre>
<div class="solution" id="solved"><p>The solution.</p></div>
<fieldset class="quiz" id="quiz-1"><legend>Which?</legend><div class="quiz-choice"><label><input
type="radio"><span class="quiz-letter">A</span><span>This</span></label><details
class="quiz-answer"><summary>Is A right?</summary>
<div><strong>Right: </strong>so it is.</div></details></div></fieldset>
<p><span class="katex"><span class="katex-mathml"><math xmlns="http://www.w3.org/1998/Math/MathML">
<msub><mi>a</mi><mi>min</mi><mo>\N{FUNCTION APPLICATION}</mo></msub></math></span><span
class="katex-html">a</span></span><img style="width: 1cm" alt="A logo."
src="../_static/logo.svg"><br></p>
<h2 id="near" style="break-before: page">Near</h2>
<template id="definition-word">A definition.</template>"""
TWO = """<h1>2. Two</h1><p style="break-after: page">a</p><h2 id="far">Far</h2>
<table><thead><tr><th>head</th></tr></thead><tbody><tr><td>cell</td></tr></tbody></table>"""


@pytest.fixture(scope="module")
def book(tmp_path_factory):
    folder = tmp_path_factory.mktemp("html")
    (folder / "part").mkdir()
    (folder / "_static").mkdir()
    for name in ("print.css", "logo.svg"):
        shutil.copy(ROOT / "book/_static" / name, folder / "_static")
    colours = (
        'html[data-theme="light"] .highlight .k { color: #123 }\nhtml[data-theme="dark"] a {}\n'
    )
    (folder / "_static/pygments.css").write_text(colours)
    pages = {"index": "<h1>The book</h1>", "part/one": ONE.replace("{long}", "9" * 300)}
    for name, body in (pages | {"part/two": TWO}).items():
        text = PAGE.format(title=name, body=body, root="../" * name.count("/"))
        (folder / f"{name}.html").write_text(text, "utf-8")
    return Book.at(folder)


@pytest.fixture(scope="module")
def printed(book, tmp_path_factory):
    """Return the PDFs, the whole book first."""
    try:
        return write_pdf(book, tmp_path_factory.mktemp("desk"), ADDRESS)
    except PublishError as error:
        if str(error) != desk.MISSING:
            raise
        (pytest.fail if os.environ.get("CI") == "true" else pytest.skip)(f"NOT RUN: {error}")


@pytest.fixture
def whole(printed):
    with pikepdf.open(printed[0]) as pdf:
        yield pdf


def place(pdf, name):
    """Return the index of the sheet to which a name leads."""
    sheet = pikepdf.NameTree(pdf.Root.Names.Dests)[name][0]
    return [each.objgen for each in pdf.pages].index(sheet.objgen)


def links(pdf):
    """Return where links lead, as sheets and addresses."""
    found = [link for sheet in pdf.pages for link in sheet.get("/Annots", [])]
    return [place(pdf, str(a.Dest)) if "/Dest" in a else str(a.A.URI) for a in found]


def text(path, tmp_path):
    """Return the sheets' texts; skip where poppler is not installed."""
    if not shutil.which("pdftotext"):
        not_run = pytest.fail if os.environ.get("CI") == "true" else pytest.skip
        not_run("NOT RUN: pdftotext, of poppler-utils, is not installed")
    os.spawnlp(os.P_WAIT, "pdftotext", "pdftotext", "-layout", str(path), str(tmp_path / "text"))
    return (tmp_path / "text").read_text("utf-8").split("\f")


def test_pages_are_in_the_sidebars_order(book):
    assert [page.path for page in book.pages] == ["index.html", "part/one.html", "part/two.html"]
    assert [page.part for page in book.pages] == ["", "Neurons", "Neurons"]


def test_links_lead_to_sheets_and_what_is_not_printed_to_the_web(whole):
    # 0 cover, 1 contents, 2 front page, 3 and 4 one, 5 and 6 two; then the contents' own links.
    contents, rest = links(whole)[:6], links(whole)[6:]
    assert contents == [2, 3, 4, 4, 5, 6]
    notebook = f"{ADDRESS}_sources/part/one.ipynb"
    assert [link for link in rest if link not in (3,)] == [
        *(6, 4, 5, notebook, "https://example.com/")
    ]


def test_a_page_alone_links_to_the_published_book(printed):
    (one,) = [path for path in printed if path.name == "one.pdf"]
    with pikepdf.open(one) as pdf:
        assert f"{ADDRESS}part/two.html#far" in links(pdf)


def test_outline_has_parts_pages_and_headings(whole):
    with whole.open_outline() as outline:
        titles = [(i.title, [j.title for j in i.children]) for i in outline.root]
        (one, two) = outline.root[-1].children
        assert [item.title for item in one.children][:1] == ["Near"]
        assert [item.title for item in two.children] == ["Far"]
    assert titles[-1] == ("Neurons", ["1. One", "2. Two"])


def test_tags_of_all_pages_are_one_tree_whose_names_differ(whole):
    tree = whole.Root.StructTreeRoot
    assert len(tree.K) == 4  # front, index, one, two
    numbers = pikepdf.NumberTree(tree.ParentTree)
    used = [int(sheet.StructParents) for sheet in whole.pages]
    assert len(set(used)) == len(used)
    for sheet in whole.pages:
        for tag in numbers[int(sheet.StructParents)]:
            assert tag.get("/Pg", sheet.obj).objgen == sheet.objgen
    names = pikepdf.NameTree(tree.IDTree)
    heads = [one for tag in whole.objects if isinstance(tag, pikepdf.Dictionary)
             for one in (tag.get("/A") if isinstance(tag.get("/A"), pikepdf.Array) else [])
             if "/Headers" in one]  # fmt: skip
    assert len({str(name) for one in heads for name in one.Headers}) == 2
    assert all(str(name) in names for one in heads for name in one.Headers)


def test_sheets_are_numbered_in_the_book_and_described(whole, tmp_path, printed):
    assert [page.label for page in whole.pages] == ["i", "ii", *"12345"]
    with whole.open_metadata() as metadata:
        assert metadata["dc:title"].startswith("Neurons to Convolutions")
    bottoms = [sheet.split()[-1:] for sheet in text(printed[0], tmp_path)]
    assert bottoms[1:7] == [["ii"], *[[n] for n in "12345"]]


def test_readers_and_complete_edition(book, printed, tmp_path):
    readers = "".join(text(printed[0], tmp_path))
    complete = "".join(text(write_pdf(book, tmp_path, ADDRESS, "Letter", "complete")[0], tmp_path))
    assert "folded = 1" not in readers
    assert "folded = 1" in complete
    for edition in (readers, complete):
        assert "Show the code" not in edition
        assert "open = 1" in edition
        assert edition.count("9") >= 300, "long lines wrap, and nothing is cut"
        assert "what it shows" in edition
        assert edition.index("Solutions and answers") < edition.index("The solution.")
        assert edition.index("Solutions and answers") < edition.index("so it is.")
    assert (tmp_path / "neurons-to-convolutions-complete-letter.pdf").is_file()


def test_without_a_browser_nothing_is_written_and_one_line_says_why(book, tmp_path, monkeypatch):
    monkeypatch.setattr(desk, "BROWSERS", ["no-such-browser"])
    with pytest.raises(PublishError, match="No browser is installed"):
        write_pdf(book, tmp_path, ADDRESS)
    assert list(tmp_path.iterdir()) == []


def test_without_pages_one_line_says_what_to_do(tmp_path):
    with pytest.raises(PublishError, match="make book"):
        Book.at(tmp_path)


@pytest.fixture
def epub(book, tmp_path):
    with ZipFile(write_epub(book, tmp_path, ADDRESS)) as archive:
        yield archive


def test_an_epub_says_first_what_it_is_and_lists_what_it_holds(epub):
    assert epub.infolist()[0].filename == "mimetype"
    assert epub.infolist()[0].compress_type == ZIP_STORED
    package = ElementTree.fromstring(epub.read("book/book.opf"))
    listed = {f"book/{item.get('href')}" for item in package.findall(".//{*}item")}
    assert listed | {"mimetype", "META-INF/container.xml", "book/book.opf"} == set(epub.namelist())
    assert len(list(package.findall(".//{*}itemref"))) == 3


def test_drawings_in_an_epub_have_a_role_that_it_knows_and_links_with_titles():
    found = '<svg viewbox="0 0 9 9" role="group"><a href="two.html"><text>2.</text></a></svg>'
    drawing = BeautifulSoup(found, "html.parser").svg
    epub_of._redraw(drawing)
    svg = ElementTree.fromstring(str(drawing))
    assert (svg.get("role"), svg.get("viewBox")) == ("document", "0 0 9 9")
    assert svg.find("{*}a/{*}title").text == "2."


def test_pages_of_an_epub_are_xhtml_with_mathml_and_links_within(epub):
    one = ElementTree.fromstring(epub.read("book/part/one.xhtml"))
    assert [link.get("href") for link in one.findall(".//{*}a")] == [
        "two.xhtml#far",
        "#near",
        "two.xhtml",
        f"{ADDRESS}_sources/part/one.ipynb",
        "https://example.com/",
    ]
    (sub,) = one.findall(".//{*}msub")
    assert [part.text for part in sub] == ["a", "min"], "the base and what stands below it"
    text = " ".join(one.itertext())
    assert "folded = 1" not in text
    assert "A definition." not in text, "which a script shows"
    assert text.index("Solutions and answers") < text.index("The solution.")
    choice, reason = one.findall(".//{*}ol[@type='A']/{*}li")
    assert "".join(choice.itertext()).strip() == "This"
    assert "Right: so it is." in "".join(reason.itertext())
    assert b".highlight .k" in epub.read("book/book.css")


def test_the_archive_has_all_that_pages_load_and_the_same_bytes_each_time(book, tmp_path):
    first = write_zip(book, tmp_path)
    before = first.read_bytes()
    os.utime(book.folder / "index.html")
    assert write_zip(book, tmp_path).read_bytes() == before
    with ZipFile(first) as archive:
        files = {path.relative_to(book.folder).as_posix() for path in book.folder.rglob("*.*")}
        assert set(archive.namelist()) == {f"neurons-to-convolutions/{name}" for name in files}


def test_the_front_page_offers_what_was_made_and_nothing_else(book, tmp_path):
    desk = tmp_path / "desk"
    assert write_site(book, desk, tmp_path / "bare") == []
    bare = (tmp_path / "bare/index.html").read_text("utf-8")
    assert bare == (book.folder / "index.html").read_text("utf-8")
    made = [write_epub(book, desk, ADDRESS), write_zip(book, desk)]
    assert write_site(book, desk, tmp_path / "site") == [path.name for path in made]
    front = Book.at(tmp_path / "site").parsed("index.html")
    offered = [link["href"] for link in front.select("article .downloads a[download]")]
    assert offered == [path.name for path in made]
    assert all((tmp_path / "site" / name).is_file() for name in offered)
    with pytest.raises(PublishError, match="there already"):
        write_site(book, desk, tmp_path / "site")
