"""Sphinx extension: ``{living-figure}``, a figure that a reader can touch.

Where scripts run it takes the place of the picture of an executed figure on the same page, which
stands below it otherwise, in print and in notebooks. ``book/live/figures.toml`` lists the figures;
a page loads the scripts of its own ones only, and each has a page of its own, ``live/<name>.html``.
Data that chapters export (`Report.export`) are scripts too, in ``live/data``.
"""

import shutil
from pathlib import Path

from docutils import nodes
from docutils.parsers.rst import directives
from sphinx.util import logging
from sphinx.util.docutils import SphinxDirective

from nbhelpers.publish.project import read_toml

FOLDER, LIST, STYLE = "live", "figures.toml", "live.css"
BASE = ("address.js", "base.js", "controls.js")
READER = "arrays.js"  # before the data
LOGGER = logging.getLogger(__name__)


class Living(nodes.General, nodes.Element):
    """A living figure: ``["name"]``, and in ``["figure"]`` the one whose place it takes."""


def _folder(env) -> Path:
    return Path(env.srcdir, FOLDER)


def listed(folder: Path) -> dict[str, dict]:
    """Return title, scripts and data of each figure, by its name; ``folder`` is ``book/live``."""
    path = folder / LIST
    return read_toml(path) if path.exists() else {}


def scripts(folder: Path, names: list[str]) -> list[str]:
    """Return the scripts of these figures in the order in which they have to be loaded."""
    known = listed(folder)
    own = [script for name in names for script in known[name]["scripts"]]
    exported = [f"data/{data}.js" for name in names for data in known[name].get("data", [])]
    return list(dict.fromkeys([*BASE, *([READER, *exported] if exported else []), *own]))


class LivingFigure(SphinxDirective):
    """The name of a living figure, and the executed figure whose picture it stands for."""

    required_arguments = 1
    option_spec = {"figure": directives.unchanged_required}

    def run(self):
        """Return the element, or nothing and a warning, which ends the build."""
        name, figure, folder = self.arguments[0], self.options.get("figure"), _folder(self.env)
        known = listed(folder)
        if name not in known or not figure:
            found = f"{name!r}" if figure else f"{name!r} without `:figure:`"
            expected = f"one of {', '.join(known)}, of {FOLDER}/{LIST}, and a figure's name"
            LOGGER.warning(
                f"living-figure: found {found}; expected {expected}", location=self.get_location()
            )
            return []
        needed = (LIST, STYLE, *scripts(folder, [name]))
        missing = [file for file in needed if not (folder / file).is_file()]
        if missing:
            expected = "files of book/live, and in data/ what a chapter exports"
            LOGGER.warning(
                f"living-figure: {name} lacks {', '.join(missing)}; expected {expected}",
                location=self.get_location(),
            )
            return []
        for file in needed:  # their checksums are in the page
            self.env.note_dependency(str(folder / file))
        # Sphinx keeps what is said of a page in step with the page.
        said = self.env.metadata[self.env.docname].setdefault("living_figures", {})
        said[name] = figure
        return [Living("", name=name, figure=figure)]


def _places(env) -> dict[str, tuple[str, str]]:
    """Return where each living figure stands first: page and figure, by its name."""
    places = {}
    for page in sorted(env.found_docs):
        for name, figure in env.metadata[page].get("living_figures", {}).items():
            places.setdefault(name, (page, figure))
    return places


def _check(_app, env):
    for page in sorted(env.found_docs):
        for name, figure in env.metadata[page].get("living_figures", {}).items():
            if env.get_domain("std").anonlabels.get(figure, ("",))[0] != page:
                expected = "the name of a figure on its page"
                LOGGER.warning(
                    f"living-figure: {name} found {figure!r}; expected {expected}", location=page
                )


def _open(translator, node: Living) -> None:
    page = translator.builder.get_relative_uri(
        translator.builder.current_docname, f"{FOLDER}/{node['name']}"
    )
    about = {"class": "living-figure", "data-figure": node["figure"], "data-page": page}
    translator.body.append(translator.starttag(node, f"living-{node['name']}", "", **about))


def _close(translator, node: Living) -> None:
    translator.body.append(f"</living-{node['name']}>\n")


def _copy(app):
    """Put the scripts where pages load them from, before a page asks for their checksums."""
    if app.builder.format == "html" and _folder(app).exists():
        target = Path(app.outdir, "_static", FOLDER)
        shutil.copytree(_folder(app), target, dirs_exist_ok=True)


def _load(app, _page, _template, context, doctree):
    names = [node["name"] for node in doctree.findall(Living)] if doctree else []
    if names:
        app.add_css_file(f"{FOLDER}/{STYLE}")
        for script in scripts(_folder(app), names):
            app.add_js_file(f"{FOLDER}/{script}", loading_method="defer")


def _own_pages(app):
    known = listed(_folder(app))
    for name, (page, figure) in _places(app.env).items():
        about = {"name": name, "page": page, "figure": figure}
        about["scripts"] = scripts(_folder(app), [name])
        yield f"{FOLDER}/{name}", {"title": known[name]["title"], "living": about}, "living.html"


def setup(app):
    """Make the directive known, and pages load what they need."""
    app.add_directive("living-figure", LivingFigure)
    app.add_node(Living, html=(_open, _close))
    app.connect("builder-inited", _copy)
    app.connect("env-check-consistency", _check)
    app.connect("html-page-context", _load)
    app.connect("html-collect-pages", _own_pages)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
