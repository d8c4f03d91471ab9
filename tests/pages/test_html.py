"""What stands in the pages' HTML: links, pictures, headings, buttons. Needs no browser."""

import copy
import json
import re
import tomllib
from urllib.parse import unquote, urlsplit

import pytest
from built import CHAPTERS, PAGES, ROOT, SITE, parsed

REPOSITORY = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["urls"]["Repository"]
SLUG = REPOSITORY.removeprefix("https://github.com/")
GROUPS = json.loads((ROOT / "nbhelpers" / "claims.json").read_text("utf-8"))
CLAIMS = {claim for group in GROUPS for claim in group["claims"]}
PROSE_PAGES = [page for page in PAGES if page not in CHAPTERS]


def links(page):
    return [link["href"] for link in parsed(page).select("a[href]")]


@pytest.mark.parametrize("page", PAGES)
def test_links_within_the_book_lead_somewhere(page):
    broken = []
    for href in links(page):
        parts = urlsplit(href)
        if parts.scheme or href == "#":
            continue
        path = ((SITE / page).parent / unquote(parts.path)).resolve() if parts.path else SITE / page
        if not path.is_file():
            broken.append(href)
        elif parts.fragment and path.suffix == ".html":
            target = parsed(path.relative_to(SITE).as_posix())
            if not target.find(id=unquote(parts.fragment)):
                broken.append(href)
    assert broken == []


@pytest.mark.parametrize("page", PAGES)
def test_one_title_and_one_search_box(page):
    assert len(parsed(page).select("h1")) == 1
    boxes = 2 if page == "search.html" else 1  # that page is a search box itself
    assert len(parsed(page).select("input[type=search]")) == boxes


@pytest.mark.parametrize("page", CHAPTERS)
def test_each_picture_has_a_caption_and_an_alternative_text(page):
    pictures = parsed(page).select("article img")
    assert pictures, "a chapter shows something"
    for picture in pictures:
        assert len(picture.get("alt", "")) > 10, picture
        assert picture.find_parent("figure").figcaption.get_text(strip=True), picture


@pytest.mark.parametrize("page", PAGES)
def test_formulas_are_typeset(page):
    article = copy.copy(parsed(page).article)  # other tests look at the same page
    assert not article or not article.select(".katex-error")
    for literal in article.select("pre, code, annotation, script") if article else []:
        literal.extract()
    text = article.get_text() if article else ""
    assert not re.search(r"\$[^$\n]+\$|\\\(|\\\[|\\begin\{", text)


@pytest.mark.parametrize("page", CHAPTERS)
def test_buttons_lead_to_files_of_the_repository(page):
    name = page.removesuffix(".html")
    assert (ROOT / f"notebooks/{name}.ipynb").is_file()
    assert (ROOT / f"book/{name}.md").is_file()
    notebook = f"notebooks/{name}.ipynb"
    expected = {
        f"https://colab.research.google.com/github/{SLUG}/blob/main/{notebook}",
        f"https://mybinder.org/v2/gh/{SLUG}/main?urlpath=lab/tree/{notebook}",
        f"{REPOSITORY}/edit/main/book/{name}.md",
    }
    assert expected <= set(links(page))


@pytest.mark.parametrize("page", CHAPTERS)
def test_the_download_is_the_executed_notebook_without_myst(page):
    (download,) = parsed(page).select("a.btn-download-source-button")
    path = ((SITE / page).parent / download["href"]).resolve()
    cells = json.loads(path.read_text("utf-8"))["cells"]
    assert any(cell.get("outputs") for cell in cells)
    prose = "".join("".join(cell["source"]) for cell in cells if cell["cell_type"] == "markdown")
    assert not re.search(r"^\(\S+\)=|^(```|:::)\{|\{\w+(:\w+)?\}`", prose, re.MULTILINE)


@pytest.mark.parametrize("page", CHAPTERS)
def test_what_is_folded_says_what_it_is_and_shows_its_output(page):
    download = SITE / "_sources" / page.replace(".html", ".ipynb")
    cells = json.loads(download.read_text("utf-8"))["cells"]
    code = [
        cell for cell in cells[1:] if cell["cell_type"] == "code"
    ]  # the first is not the page's
    folded = [cell for cell in code if "hide-input" in cell["metadata"].get("tags", [])]
    folds = parsed(page).select("details.fold")
    assert len(folds) == len(folded)
    for fold, cell in zip(folds, folded, strict=True):
        assert fold.summary.get_text().startswith("Show the code")
        title, _, source = "".join(cell["source"]).partition("\n")
        assert title == f"# @title {fold.summary.get_text()}"
        assert fold.pre.get_text().strip() == source.strip()
        assert bool(fold.find_next_sibling(class_="cell_output")) == bool(cell["outputs"])
        assert not fold.select(".cell_output")


@pytest.mark.parametrize("page", PROSE_PAGES)
def test_pages_without_code_have_no_launch_buttons(page):
    assert not parsed(page).select(".dropdown-launch-buttons")


@pytest.mark.parametrize("page", PAGES)
def test_nothing_is_loaded_from_elsewhere(page):
    soup = parsed(page)
    loaded = [tag.get("src") for tag in soup.select("[src]")]
    loaded += [tag["href"] for tag in soup.select("link[href]") if tag.get("rel") != ["canonical"]]
    assert [address for address in loaded if re.match("(https?:)?//", address)] == []


def test_every_claim_of_the_audit_is_decided_by_a_chapter():
    results = [json.loads(path.read_text("utf-8")) for path in SITE.parent.glob("results/*.json")]
    decided = {claim["id"] for result in results for claim in result["claims"]}
    assert decided == CLAIMS


def test_the_scoreboard_has_a_row_for_every_experiment():
    rows = parsed("appendix/scoreboard.html").select("table.sortable tbody th")
    found = {row.get_text().partition(" ")[0] for row in rows}
    assert found == {f"E{number}" for number in range(1, 13)}


def test_every_claim_stands_on_the_audit_with_its_verdict():
    text = parsed("appendix/audit.html").article.get_text()
    listed = re.findall(r"^C\d+(?=\. )", text, re.MULTILINE)
    assert listed == [claim for group in GROUPS for claim in group["claims"]]
    assert "no chapter has recorded a verdict" not in text


@pytest.mark.parametrize("page", [page for page in CHAPTERS if page.startswith("appendix/")])
def test_what_code_links_to_is_a_page_of_this_book(page):
    inner = [href for href in links(page) if re.match(r"\.\./[\w-]+/[\w-]+\.html$", href)]
    assert len(inner) > 5
    outer = [href for href in links(page) if re.match(r"https://[\w.-]+\.github\.io/", href)]
    assert outer == []
