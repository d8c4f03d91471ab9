"""Sphinx extension: addresses of the book go on working when a page or a label moves.

``book/moved.toml`` says where to. A page that is gone leaves a small one at its old address; a page
that only lost labels sends on whoever asks it for one of these, by a few lines of script.
"""

import json
from collections import defaultdict
from pathlib import Path

from docutils import nodes
from sphinx.util import logging

from nbhelpers.publish.project import PublishError, read_toml

FILE = "moved.toml"
LOGGER = logging.getLogger(__name__)

# `replace` and no other way, or the button "back" would lead here again.
SCRIPT = """\
(() => {
  const labels = new Map(LABELS), elsewhere = PAGE;
  const follow = () => {
    const target = labels.get(location.hash.slice(1)) ?? elsewhere;
    if (!target) return;
    const [page, anchor] = target.split("#");
    location.replace(page + location.search + (anchor ? "#" + anchor : location.hash));
  };
  addEventListener("hashchange", follow);
  follow();
})();"""


def listed(folder: Path) -> dict[str, str]:
    """Return for each old address the new one, both ``page`` or ``page#anchor``.

    A new address without an anchor keeps the old one.
    """
    path = folder / FILE
    moved = read_toml(path) if path.exists() else {}
    if wrong := [address for address, target in moved.items() if not isinstance(target, str)]:
        raise PublishError(f"{path}: found no page for {', '.join(wrong)}; expected a text each.")
    return moved


def by_page(moved: dict[str, str]) -> dict[str, dict[str, str]]:
    """Return for each old page where its anchors are now; the anchor ``""`` is the page itself."""
    pages = defaultdict(dict)
    for address, target in moved.items():
        page, _, anchor = address.partition("#")
        pages[page][anchor] = target
    return dict(pages)


def faults(moved: dict[str, str], anchors: dict[str, set[str]]) -> list[str]:
    """Return what is wrong with the list.

    Parameters
    ----------
    moved : dict
        As `listed` returns it.
    anchors : dict
        The anchors of each page that exists.
    """
    found = []
    for address, target in moved.items():
        page, _, anchor = address.partition("#")
        new, _, renamed = target.partition("#")
        label = renamed or anchor
        if new not in anchors:
            found.append(f"{address} leads to {new}; expected a page of the book")
        elif label and label not in anchors[new]:
            found.append(f"{address} leads to {new}, where no label {label} is")
        if page in anchors and (not anchor or anchor in anchors[page]):
            found.append(f"{address} exists; expected an address that is gone")
        if page not in anchors and page not in moved:
            found.append(f"{address} was on a page that is gone; say where {page} leads, too")
    return found


def script(labels: dict[str, str], page: str | None = None) -> str:
    """Return the script of an old address: anchors and their pages, and the page of all others."""
    pairs = json.dumps(sorted(labels.items())).replace("<", r"\u003c")
    return SCRIPT.replace("LABELS", pairs).replace("PAGE", json.dumps(page))


def _anchors(env, page):
    elements = env.get_doctree(page).findall(nodes.Element)
    return {name for element in elements for name in element.get("ids", ())}


def _check(app, env):
    moved = listed(Path(app.srcdir))
    concerned = {address.partition("#")[0] for address in [*moved, *moved.values()]}
    anchors = {page: _anchors(env, page) for page in concerned & env.found_docs}
    for fault in faults(moved, anchors):
        LOGGER.warning(f"{FILE}: {fault}")


def _addresses(app, page):
    """Return the new addresses of what was on a page, as they are written on it."""
    moved = by_page(listed(Path(app.srcdir))).get(page, {})
    targets = {anchor: target.partition("#") for anchor, target in moved.items()}
    return {
        anchor: app.builder.get_relative_uri(page, new) + sign + renamed
        for anchor, (new, sign, renamed) in targets.items()
    }


def _send_on(app, page, _template, _context, doctree):
    labels = _addresses(app, page) if doctree else {}
    if labels:
        app.add_js_file(None, body=script(labels))


def _old_pages(app):
    moved = listed(Path(app.srcdir))
    for page in by_page(moved).keys() & moved.keys():
        labels = _addresses(app, page)
        title = app.env.titles[moved[page].partition("#")[0]].astext()
        about = {"address": labels.pop(""), "title": title}
        about["script"] = script(labels, about["address"])
        yield page, {"title": title, "moved": about}, "moved.html"


def setup(app):
    """Check the list when all pages are read; keep the addresses when they are written."""
    app.connect("env-check-consistency", _check)
    app.connect("html-page-context", _send_on)
    app.connect("html-collect-pages", _old_pages)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
