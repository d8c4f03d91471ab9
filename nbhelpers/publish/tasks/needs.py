"""Sphinx extension: the directive ``{chapter-map}``, a picture of which chapter needs which.

What a chapter needs is what its paragraph "Before you start" refers to, so the picture cannot be of
another book. A chapter stands below all that it needs; an arrow that others imply is left out. One
that passes rows has a lane of its own between their boxes, which all arrows of its chapter share.
"""

from html import escape
from textwrap import wrap

from docutils import nodes
from sphinx import addnodes
from sphinx.util.docutils import SphinxDirective

OPENING = "Before you start"
ACROSS, DOWN, WIDE, HIGH = 172, 122, 156, 78  # from box to box; size of a box
LINE, LETTERS = 17, 21  # between lines of a box; letters that fit into one
LANE = 20  # the width of a lane


class Map(nodes.General, nodes.Element):
    """The place of the picture, until all chapters are known."""


class ChapterMap(SphinxDirective):
    """Takes nothing: the picture is of the whole book."""

    def run(self):
        """Return a place for it, and remember on which page."""
        self.env.map_pages = {*getattr(self.env, "map_pages", ()), self.env.docname}
        return [Map()]


def reduced(needs: dict[str, set[str]]) -> dict[str, set[str]]:
    """Return what each chapter needs, without what the others of these need already."""

    def below(name):
        return needs[name].union(*(below(other) for other in needs[name]))

    return {
        name: {one for one in direct if not any(one in below(other) for other in direct)}
        for name, direct in needs.items()
    }


def rows(needs: dict[str, set[str]]) -> list[list[str]]:
    """Return the chapters in rows: each in the first row below all that it needs."""
    depth, placed = {}, []
    for name, others in needs.items():  # in the book's order, so what it needs is known
        depth[name] = 1 + max((depth[other] for other in others), default=-1)
        placed += [[]] * (depth[name] == len(placed))
        placed[depth[name]] = [*placed[depth[name]], name]
    return placed


def with_lanes(needs: dict[str, set[str]]) -> dict:
    """Return the needs with lanes, so that each arrow leads to the next row only.

    A lane is ``(chapter, row)``: there the arrows of this chapter pass that row.
    """
    row_of = {name: number for number, row in enumerate(rows(needs)) for name in row}
    found = {}
    for name, others in needs.items():
        last = dict.fromkeys(others)
        for other in others:
            last[other] = other
            for row in range(row_of[other] + 1, row_of[name]):
                found[other, row] = {last[other]}
                last[other] = other, row
        found[name] = set(last.values())
    return found


def places(needs: dict) -> dict:
    """Return the middle of each chapter's box and of each lane; in a row, as its parents stand."""
    found = {}
    for number, row in enumerate(rows(needs)):

        def parents(name):
            above = [found[other][0] for other in needs[name]]
            return sum(above) / len(above) if above else 0

        widths = {name: _wide(name) for name in sorted(row, key=parents)}
        left = -sum(widths.values()) / 2
        for name, width in widths.items():
            found[name] = left + width / 2, DOWN * (number + 0.5)
            left += width
    return found


def _wide(name):
    return ACROSS if isinstance(name, str) else LANE


def _arrow(start, end, lane):
    """Return the way from the foot of a box or lane: to the head of a box, or all along a lane."""
    (x0, y0), (x1, y1) = (start[0], start[1] + HIGH / 2), (end[0], end[1] - HIGH / 2)
    half = (y0 + y1) / 2
    curve = f"M{x0:g} {y0:g}C{x0:g} {half:g} {x1:g} {half:g} {x1:g} "
    # Every arrow arrives from above.
    curve += f"{y1:g}v{HIGH}" if lane else f"{y1 - 2:g}m-5 -9l5 9l5 -9"
    return f'<path d="{curve}" fill="none" stroke="currentColor"/>'


def _box(place, title, address):
    x, y = place
    lines = wrap(title, LETTERS)
    top = y - LINE * (len(lines) - 1) / 2 + 5
    text = "".join(
        f'<tspan x="{x:g}" y="{top + LINE * number:g}">{escape(line)} </tspan>'
        for number, line in enumerate(lines)
    )
    frame = f'x="{x - WIDE / 2:g}" y="{y - HIGH / 2:g}" width="{WIDE}" height="{HIGH}" rx="8"'
    frame += ' fill="none" stroke="currentColor"'  # for readers that know none of our styles
    return (
        f'<a href="{escape(address)}"><rect {frame}/><text text-anchor="middle">{text}</text></a>'
    )


def picture(needs, titles, addresses):
    """Return the map as SVG with a link to each chapter."""
    ways = with_lanes(reduced(needs))
    at = places(ways)
    left = min(x - _wide(name) / 2 for name, (x, _) in at.items())
    size = f"{left:g} 0 {-2 * left:g} {max(y for _, y in at.values()) + DOWN / 2:g}"
    arrows = [
        _arrow(at[other], at[name], lane=name not in needs)
        for name in ways
        for other in sorted(ways[name], key=str)
    ]
    boxes = [_box(at[name], titles[name], addresses[name]) for name in needs]
    about = "Chapters; an arrow leads from each to those that need it"
    drawn = f'<svg viewBox="{size}" role="group" fill="currentColor" font-size="14"'
    drawn += f' aria-label="{about}">{"".join(arrows + boxes)}</svg>'
    return f'<div class="chapter-map">{drawn}</div>'


def _keep(app, doctree):
    """Keep the labels that a page's opening names."""
    if not hasattr(app.env, "needed_labels"):
        app.env.needed_labels = {}
    app.env.needed_labels[app.env.docname] = {
        link["reftarget"]
        for paragraph in doctree.findall(nodes.paragraph)
        if paragraph.astext().startswith(OPENING)
        for link in paragraph.findall(addnodes.pending_xref)
    }


def _collect(app, env, _pages, other):
    """Take over what another process has read."""
    env.needed_labels = getattr(env, "needed_labels", {}) | getattr(other, "needed_labels", {})
    env.map_pages = {*getattr(env, "map_pages", ()), *getattr(other, "map_pages", ())}


def _needs(env):
    """Return what each numbered chapter needs, in the book's order."""
    numbers = {page: env.toc_secnumbers.get(page, {}).get("") for page in env.found_docs}
    order = sorted((page for page in numbers if numbers[page]), key=numbers.get)
    labels = env.get_domain("std").labels
    homes = {
        page: {labels[label][0] for label in env.needed_labels[page] if label in labels}
        for page in order
    }
    return {page: homes[page] & set(order[: order.index(page)]) for page in order}


def _draw(app, doctree, page):
    for place in list(doctree.findall(Map)):
        needs = _needs(app.env)
        titles = {
            name: f"{number}. " + app.env.titles[name].astext().partition(":")[0]
            for number, name in enumerate(needs, 1)
        }
        addresses = {name: app.builder.get_relative_uri(page, name) for name in needs}
        place.replace_self(nodes.raw("", picture(needs, titles, addresses), format="html"))


def _again(app, env):
    """Draw the map anew whenever a page was read: its opening may name others now."""
    return sorted(env.found_docs & getattr(env, "map_pages", set()))


def setup(app):
    """Make the directive known."""
    app.add_directive("chapter-map", ChapterMap)
    app.connect("doctree-read", _keep)
    app.connect("env-merge-info", _collect)
    app.connect("env-updated", _again)
    app.connect("doctree-resolved", _draw)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
