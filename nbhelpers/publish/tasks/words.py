"""Sphinx extension: each page carries the definitions of the glossary's words that it uses.

`book/_static/words.js` shows one where its word is pointed at, focused or tapped. A page from disk
could not fetch it.
"""

from collections.abc import Iterator
from html import escape

from docutils import nodes


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


def setup(app):
    """Add the definitions when a page is written."""
    app.connect("html-page-context", _carry)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
