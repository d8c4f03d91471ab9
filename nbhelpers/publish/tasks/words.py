"""Sphinx extension: each page carries the definitions of the glossary's words that it uses.

`book/_static/words.js` shows one where its word is pointed at, focused or tapped. A page from disk
could not fetch it. In the index, each word leads to the pages that use it as well.
"""

from collections.abc import Iterator
from html import escape

from docutils import nodes
from sphinx import addnodes


def definitions(env) -> dict[str, nodes.definition]:
    """Return what the glossary says of each word, by the word's anchor."""
    objects = env.get_domain("std").objects
    pages = sorted({page for (kind, _), (page, _) in objects.items() if kind == "term"})
    return {
        anchor: term.parent.children[-1]
        for page in pages
        for term in env.get_doctree(page).findall(nodes.term)
        for anchor in term["ids"]
    }


def _used(doctree: nodes.document) -> Iterator[str]:
    """Yield the anchor of each word that a page refers to."""
    for link in doctree.findall(nodes.reference):
        if any("std-term" in part.get("classes", ()) for part in link.findall(nodes.inline)):
            yield link.get("refid") or link["refuri"].partition("#")[2]


def _html(app, page: str, text: nodes.document, definition: nodes.definition) -> str:
    """Return a definition as it reads on a page, without links: nobody can reach into a tooltip.

    ``text`` is an empty document of the page.
    """
    text += [child.deepcopy() for child in definition.children]
    app.env.resolve_references(text, page, app.builder)
    for link in list(text.findall(nodes.reference)):
        link.replace_self(link.children)
    return app.builder.render_partial(nodes.compound("", *text.children))["fragment"]


def _carry(app, pagename, templatename, context, doctree):
    used = sorted(set(_used(doctree))) if doctree else []
    known = definitions(app.env) if used else {}
    for anchor in used:
        text = _html(app, pagename, doctree.copy(), known[anchor])
        context["body"] += f'<template id="definition-{escape(anchor)}">{text}</template>\n'


def _keep(app, doctree):
    """Keep which words a page refers to, in small letters as its references have them."""
    if not hasattr(app.env, "words_on_pages"):
        app.env.words_on_pages = {}
    links = doctree.findall(addnodes.pending_xref)
    used = {link["reftarget"].lower() for link in links if link["reftype"] == "term"}
    app.env.words_on_pages[app.env.docname] = used


def _collect(app, env, _pages, other):
    """Take over what another process has read."""
    env.words_on_pages = getattr(env, "words_on_pages", {}) | getattr(other, "words_on_pages", {})


def _fill_index(app, pagename, templatename, context, doctree):
    """List below each word of the index the pages that use it, in the book's order."""
    pages = [page for page in app.env.collect_relations() if page in app.env.words_on_pages]
    for _, entries in context.get("genindexentries", []):
        for word, (links, below, _) in entries:
            defined = {link.partition("#")[0] for _, link in links}
            for page in pages:
                link = app.builder.get_relative_uri(pagename, page)
                if word.lower() in app.env.words_on_pages[page] and link not in defined:
                    below.append((app.env.titles[page].astext(), [("", link)]))


def setup(app):
    """Add the definitions when a page is written, and where words are used to the index."""
    app.connect("doctree-read", _keep)
    app.connect("env-merge-info", _collect)
    app.connect("html-page-context", _carry)
    app.connect("html-page-context", _fill_index)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
