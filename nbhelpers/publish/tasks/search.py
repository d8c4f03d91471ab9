"""Sphinx extension: a search that works from disk, and finds first what says most about a word.

Sphinx' search asks the server for each page that it found, to quote it, and from disk there is no
server. And it counts a page that is about a word like one that mentions it, in the order of their
titles. So the page of the search loads the words of all pages, as a script beside the index.
"""

import html
import json
from pathlib import Path

from docutils import nodes
from sphinx.util.index_entries import split_index_msg

SCRIPT = Path(__file__).with_suffix(".js")
LEFT_OUT = (nodes.math, nodes.math_block, nodes.literal_block, nodes.raw, nodes.comment)


def words(node: nodes.Node) -> str:
    """Return the words of a page as HTML whose sections and glossary entries keep their names."""
    if isinstance(node, LEFT_OUT):
        return ""
    if isinstance(node, nodes.Text):
        return html.escape(node.astext(), quote=False)
    inner = "".join(words(child) for child in node.children)
    for name in _names(node):
        inner = f'<section id="{name}">{inner}</section>'
    return inner if isinstance(node, nodes.Inline) else f"{inner} "


def _names(node):
    """Return the names by which a search leads to a section or to an entry of the glossary."""
    if isinstance(node, nodes.section):
        return node["ids"][:1]
    if isinstance(node, nodes.definition_list_item):
        return [name for term in node.findall(nodes.term) for name in term["ids"]]
    return []


def _keep(app, doctree):
    if not hasattr(app.env, "words_of_pages"):
        app.env.words_of_pages = {}
    app.env.words_of_pages[app.env.docname] = " ".join(words(doctree).split())


def _collect(app, env, _pages, other):
    """Take over what another process has read."""
    env.words_of_pages = getattr(env, "words_of_pages", {}) | getattr(other, "words_of_pages", {})


def _remember(app, _builder):
    """Give Sphinx the index entries of all pages: it forgets those of pages that stay as they are.

    `IndexBuilder.load` restores all of a search index but these (Sphinx 7.4).
    """
    for page, entries in app.env.get_domain("index").entries.items():
        found = {
            (word, target or "", main)
            for kind, value, target, main, _ in entries
            for word in split_index_msg(kind, value)
        }
        app.env._search_index_index_entries[page] = sorted(found)


def _write(app, problem):
    if problem is None and app.builder.format == "html":
        kept = getattr(app.env, "words_of_pages", {})
        pages = {page: kept[page] for page in sorted(app.env.found_docs & kept.keys())}
        said = json.dumps(pages, ensure_ascii=False, separators=(",", ":"))
        script = SCRIPT.read_text("utf-8").replace("PAGES", said, 1)
        Path(app.outdir, "searchwords.js").write_text(script, "utf-8")


def setup(app):
    """Keep the words of each page that is read; write them when the pages are made."""
    app.connect("doctree-read", _keep)
    app.connect("env-merge-info", _collect)
    app.connect("write-started", _remember)
    app.connect("build-finished", _write)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
