"""The glossary explains each word once, in order, and chapters and index lead to it."""

import re
from types import SimpleNamespace

import pytest
from docutils import nodes
from real_book import BOOK
from test_heads import LESSONS

from nbhelpers.publish.plain.myst import elements
from nbhelpers.publish.tasks import words

PROSE = "\n\n".join(cell.source for cell in BOOK["reference/glossary"].notebook.cells)
ENTRIES = [
    (word, " ".join(definition.split()))
    for _, found in elements(PROSE)
    if found and found.name == "glossary"
    for word, definition in re.findall(r"^(\S.*)\n((?:[ ]+\S.*\n?)+)", found.body, re.M)
]
USED = re.compile(r"\{term\}`(?:[^`<]*<)?([^`>]+)>?`")


def test_words_stand_in_order_and_once():
    listed = [word.lower() for word, _ in ENTRIES]
    assert len(listed) > 120
    assert listed == sorted(set(listed))


@pytest.mark.parametrize(("word", "definition"), ENTRIES)
def test_a_definition_is_short_enough_for_a_hover(word, definition):
    assert definition.endswith((".", "`."))
    assert len(definition.split()) <= 60


@pytest.mark.parametrize("name", LESSONS)
def test_a_chapter_explains_words_where_it_uses_them_first(name):
    text = "\n\n".join(
        cell.source for cell in BOOK[name].notebook.cells if cell.cell_type == "markdown"
    )
    used = [word.lower() for word in USED.findall(text)]
    assert len(used) >= 4
    assert len(used) == len(set(used)), "a link at the first use is enough"


def test_the_index_lists_the_pages_that_use_a_word_in_the_books_order():
    env = SimpleNamespace(
        words_on_pages={"b": {"adam"}, "a": {"adam", "relu"}, "words": {"adam"}, "gone": {"adam"}},
        titles={page: nodes.title("", page.upper()) for page in ("a", "b", "words")},
        collect_relations=lambda: ["b", "words", "a"],
    )
    builder = SimpleNamespace(get_relative_uri=lambda _, page: f"{page}.html")
    entries = [("Adam", [[("main", "words.html#term-Adam")], [], None])]
    context = {"genindexentries": [("A", entries)]}
    app = SimpleNamespace(env=env, builder=builder)
    words._fill_index(app, "genindex", "genindex.html", context, None)
    assert entries[0][1][1] == [("B", [("", "b.html")]), ("A", [("", "a.html")])]
