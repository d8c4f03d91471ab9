"""What has moved is found by its old address; the list of it leads to what there is."""

import re
import shutil

import pytest
from docutils.nodes import make_id
from real_book import BOOK, ROOT

from nbhelpers.publish.plain.labels import read_labels, read_toc
from nbhelpers.publish.project import PublishError
from nbhelpers.publish.tasks import moved
from nbhelpers.publish.tasks.html import build_html

TOC = "format: jb-book\nroot: index\nchapters:\n  - file: part/stays\n  - file: part/new\n"
MOVED = """\
"part/gone" = "part/new"
"part/gone#kept" = "part/stays"
"part/stays#taken" = "part/new"
"part/stays#equation-eq-taken" = "part/new"
"part/stays#a-heading" = "part/new"
"part/stays#old-name" = "part/new#taken"
"part/stays#was-kept" = "part/stays#kept"
"""
NEW = "# <New>\n\n(taken)=\n## A heading\n\n$$\na\n$$ (eq-taken)\n"
HEADING = re.compile(r"^#+ (.+)$", re.M)


def anchors():
    """Return the anchors of each page of the book: its labels', and its headings'."""
    found = {
        name: {
            make_id(heading)
            for cell in page.notebook.cells
            if cell.cell_type == "markdown"
            for heading in HEADING.findall(cell.source)
        }
        for name, page in BOOK.items()
    }
    for target in read_labels(BOOK, read_toc(ROOT / "_toc.yml")).values():
        found[target.page].add(target.address.partition("#")[2])
    return found


def test_what_moved_is_where_the_list_says_and_nowhere_else():
    assert moved.faults(moved.listed(ROOT / "book"), anchors()) == []


@pytest.mark.parametrize(
    ("address", "target", "fault"),
    [
        ("gone", "nowhere", "expected a page of the book"),
        ("new", "other", "new exists"),
        ("other#new", "new", None),
        ("other#b", "new", "no label b"),
        ("other#a", "new", "other#a exists"),
        ("gone#new", "new", "say where gone leads"),
        ("other#b", "new#new", None),
        ("other#b", "new#c", "no label c"),
        ("other#b", "nowhere#b", "expected a page of the book"),
    ],
)
def test_an_entry_that_leads_nowhere_or_away_from_what_exists_is_a_fault(address, target, fault):
    found = moved.faults({address: target}, {"new": {"a", "new"}, "other": {"a"}})
    assert any(fault in one for one in found) if fault else found == []


@pytest.fixture(scope="module")
def stage(tmp_path_factory):
    stage = tmp_path_factory.mktemp("moved") / "stage"
    for name in ("_static", "_templates"):
        shutil.copytree(ROOT / "book" / name, stage / name)
    shutil.copy(ROOT / "_config.yml", stage)
    shutil.copy(ROOT / "book/references.bib", stage)
    (stage / "part").mkdir()
    (stage / "_toc.yml").write_text(TOC)
    (stage / "index.md").write_text("# Front page\n")
    (stage / "part/stays.md").write_text("# Stays\n\n(kept)=\n## Kept\n\nText.\n")
    (stage / "part/new.md").write_text(NEW)
    (stage / moved.FILE).write_text(MOVED)
    return stage


@pytest.fixture(scope="module")
def pages(stage):
    out = stage.parent / "html"
    build_html(stage, out)
    return out


def test_only_pages_that_lost_something_load_the_script(pages):
    with_script = {path.name for path in pages.rglob("*.html") if "hashchange" in path.read_text()}
    assert with_script == {"stays.html", "gone.html"}


def test_a_list_that_is_wrong_ends_the_build(stage, pages):
    (stage / moved.FILE).write_text(MOVED + '"part/stays#kept" = "part/new"\n')
    with pytest.raises(PublishError, match=r"moved\.toml: part/stays#kept"):
        build_html(stage, stage.parent / "other")


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("part/gone.html", "part/new.html"),
        ("part/gone.html#taken", "part/new.html#taken"),
        ("part/gone.html#kept", "part/stays.html#kept"),
        ("part/stays.html#taken", "part/new.html#taken"),
        ("part/stays.html?q=1#equation-eq-taken", "part/new.html?q=1#equation-eq-taken"),
        ("part/stays.html#a-heading", "part/new.html#a-heading"),
        ("part/stays.html?q=1#old-name", "part/new.html?q=1#taken"),
        ("part/stays.html#was-kept", "part/stays.html#kept"),
        ("part/stays.html#kept", "part/stays.html#kept"),
        ("part/stays.html#__proto__", "part/stays.html#__proto__"),
    ],
)
def test_an_old_address_leads_to_the_new_one(old, new, pages, chromium):
    tab = chromium.new_page()
    tab.goto(f"{pages.resolve().as_uri()}/{old}")
    tab.wait_for_url(re.compile(re.escape(new) + "$"))
    if tab.url.endswith("new.html#taken"):
        assert tab.locator("#taken").count()
    tab.close()


def test_a_page_that_is_gone_leads_on_without_scripts_too(pages, chromium):
    context = chromium.new_context(java_script_enabled=False)
    tab = context.new_page()
    tab.goto(f"{pages.resolve().as_uri()}/part/gone.html")
    tab.wait_for_url("**/part/new.html")
    context.close()


def test_whoever_changes_the_label_in_the_address_is_sent_on(pages, chromium):
    tab = chromium.new_page()
    tab.goto(f"{pages.resolve().as_uri()}/part/stays.html#kept")
    tab.evaluate("location.hash = 'taken'")
    tab.wait_for_url("**/part/new.html#taken")
    tab.close()
