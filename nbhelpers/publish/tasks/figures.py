"""Sphinx extension: each picture of a figure can be saved, under the figure's number."""

import re

FIGURE = re.compile(
    r'<figure [^>]*>\s*<img [^>]*?src="(?P<file>[^"]+\.(?P<kind>png|svg))"[^>]*>\s*<figcaption>\s*'
    r'<p><span class="caption-number">(?P<number>[^<]+?)\s*</span>.*?(?=</figcaption>)',
    re.DOTALL,
)


def with_links(body: str) -> str:
    """Return a page's HTML in which captions of figures end with a link to the picture."""

    def add(found):
        number, kind = found["number"], found["kind"]
        name = f"{number.lower().replace(' ', '-').replace('.', '-')}.{kind}"
        return (
            f'{found[0]}<a class="figure-download" href="{found["file"]}" download="{name}">'
            f'Save<span class="visually-hidden"> {number}</span> as {kind.upper()}</a>\n'
        )

    return FIGURE.sub(add, body)


def _add(_app, _page, _template, context, _doctree):
    if "body" in context:
        context["body"] = with_links(context["body"])


def setup(app):
    """Add the links when a page is written."""
    app.connect("html-page-context", _add)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
