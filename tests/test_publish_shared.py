"""A build that keeps pages shows what a build from nothing shows: titles, numbers, labels."""

import re
import shutil
from pathlib import Path

import nbformat
import pytest

from nbhelpers.publish.tasks import html

ROOT = Path(__file__).parents[1]
TOC = """format: jb-book
root: index
parts:
  - caption: First part
    numbered: 1
    chapters:
      - file: a
      - file: b
      - file: c
"""
A = """# Alpha

{ref}`beta`, {numref}`second`, {ref}`first`, {eq}`square`, {ref}`try-it`, {cite}`someone`,
{term}`logit`.

```{bibliography}
:filter: docname in docnames
```
"""
BIB = """@book{someone,
  author = {Some One}, title = {Book}, publisher = {Press}, year = {1998}
}
"""
B = """(beta)=
# Beta

Prose.

## A part of beta

```{figure} dot.svg
:name: first
The first caption.
```

```{figure} dot.svg
:name: second
The second caption.
```

$$ a^2 $$ (square)

```{exercise} Try it
:label: try-it
Do.
```

```{glossary}
logit
  What goes into softmax.
```

See {cite}`someone`.

```{bibliography}
:filter: docname in docnames
```
"""
C = "# Last\n\n```{index} single: found by the search, too\n```\n"
SHARED = {  # what is edited on page B -> by what it is replaced
    "title": ("# Beta", "# Gamma"),
    "figure's number": ("## A", "```{figure} dot.svg\n:name: new\nNew.\n```\n\n## A"),
    "caption": ("The first caption", "Another caption"),
    "equation's number": ("$$ a^2", "$$ c^2 $$ (new-one)\n\n$$ a^2"),
    "exercise's number": ("```{exercise}", "```{exercise} New\nDo.\n```\n\n```{exercise}"),
    "word's definition": ("goes into softmax", "comes before softmax"),
    "exercise's title": ("{exercise} Try it", "{exercise} Solve it"),
}
OWN = {"b.md": ("Prose.", "*Other* $b^2$."), "references.bib": ("1998", "1999")}


@pytest.fixture(scope="module")
def stage(tmp_path_factory):
    """Return an assembled book of four pages, two of which refer to each other."""
    stage = tmp_path_factory.mktemp("book") / "my stage"
    stage.mkdir()
    for folder in ("_static", "_templates"):
        shutil.copytree(ROOT / "book" / folder, stage / folder)
    shutil.copy(ROOT / "_config.yml", stage)
    (stage / "dot.svg").write_text('<svg xmlns="http://www.w3.org/2000/svg"/>')
    pages = {"_toc.yml": TOC, "index.md": "# Front\n", "a.md": A, "b.md": B, "c.md": C}
    pages["references.bib"] = BIB
    for name, text in pages.items():
        (stage / name).write_text(text)
    return stage


def edit(path, old, new):
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new))


def shown(work):
    """Return the files that readers get, but for two traces of the build that nobody sees."""
    files = {}
    for path in (work / "_build/html").rglob("*.*"):
        content = path.read_bytes()
        content = re.sub(rb"\.css\?v=[0-9a-f]+", b".css", content)  # missing in a first build
        content = re.sub(rb'(, )?"\w+": \[\](?(1)|,? ?)', b"", content)  # no longer found
        files[path.relative_to(work / "_build/html").as_posix()] = content
    return files


def test_what_other_pages_show_is_noticed_and_prose_is_not(stage, tmp_path):
    kept, anew = tmp_path / "kept", tmp_path / "anew"
    html._run_jupyter_book(stage, kept)
    other, before = kept / "_build/html/c.html", set()
    for what, change in SHARED.items():
        edit(stage / "b.md", *change)
        before.add(other.stat().st_mtime_ns)
        html._run_jupyter_book(stage, kept)
        assert other.stat().st_mtime_ns not in before, what
    for name, change in OWN.items():
        edit(stage / name, *change)
    before = other.stat().st_mtime_ns
    html._run_jupyter_book(stage, kept)
    assert other.stat().st_mtime_ns == before
    html._run_jupyter_book(stage, anew)
    assert [path for path, content in shown(anew).items() if content != shown(kept).get(path)] == []
    assert shown(kept).keys() == shown(anew).keys()
    for page in ("a.html", "c.html", "index.html"):
        assert b"Gamma" in shown(kept)[page]
        assert b"Beta" not in shown(kept)[page]


def test_the_order_of_pages_and_the_names_of_pictures_shape_every_page(stage):
    before = html._look(stage)
    edit(stage / "_toc.yml", "First part", "Only part")
    edited = html._look(stage)
    (stage / "_static/logo.svg").rename(stage / "_static/name.svg")
    assert len({before, edited, html._look(stage)}) == 3


def test_a_notebook_for_readers_is_kept_until_something_that_it_shows_changes(tmp_path):
    stage, kept, out = (tmp_path / name for name in ("stage", "kept", "out"))
    for folder in (stage, out):
        folder.mkdir()
    spec = {"name": "python3", "display_name": "Python 3"}
    cells = [nbformat.v4.new_markdown_cell("# One\n\nSee {ref}`two` and {cite:t}`someone`.")]
    chapter = nbformat.v4.new_notebook(cells=cells, metadata={"kernelspec": spec})
    nbformat.write(chapter, stage / "one.ipynb")
    (stage / "two.md").write_text("(two)=\n# Two\n")
    (stage / "references.bib").write_text(BIB)
    (stage / "_toc.yml").write_text(
        "format: jb-book\nroot: one\nparts: [{chapters: [{file: two}]}]\n"
    )

    def made():
        html.write_downloads(stage, kept, out)
        (file,) = kept.iterdir()
        assert (out / "one.ipynb").read_bytes() == file.read_bytes()
        return file, file.stat().st_mtime_ns, file.read_text()

    first = made()
    (out / "one.ipynb").write_text("as Sphinx copies it")
    assert made() == first
    edit(stage / "two.md", "# Two", "# Second")
    assert "[Second](" in made()[2]
    edit(stage / "references.bib", "Some One", "Some Body")
    assert "Body" in made()[2]
    edit(stage / "one.ipynb", "See", "Read")
    assert "Read [Second](" in made()[2]
