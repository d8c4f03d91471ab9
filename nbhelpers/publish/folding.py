"""Folded code: what stands in its place on a page and in a notebook, and how a page shows it.

Code that draws, imports, sets up, records or says carries the tag `hide-input` in its chapter.
Where such a cell holds the idea itself, the tag `teaches` keeps it open.

The module is also a Sphinx extension: a page needs no script to unfold code.
"""

import re
from html import escape

FOLDED_TAG = "hide-input"
TEACHES_TAG = "teaches"


def prompt(cell):
    """Return what stands in place of a cell's code: what it made, or else what it defines."""
    outputs = cell.get("outputs", [])
    if cell.metadata.get("mystnb", {}).get("figure"):
        return "Show the code of this figure"
    if any("<table" in output.get("data", {}).get("text/html", "") for output in outputs):
        return "Show the code of this table"
    defined = [] if outputs else re.findall(r"^(?:def|class) (\w+)", cell.source, re.MULTILINE)
    return "Show the code" + " of " * bool(defined) + ", ".join(defined)


def _open(translator, node):
    # MyST-NB would give it the look of an admonition, and a name that hides from screen readers
    # what is folded.
    translator.body.append(
        f'<details class="fold"><summary>{escape(node["prompt_show"])}</summary>\n'
    )


def _close(translator, node):
    translator.body.append("</details>\n")


def setup(app):
    """Write folded code as a plain ``<details>``."""
    from myst_nb.sphinx_ import HideCodeCellNode  # a second to import; only pages need it

    app.add_node(HideCodeCellNode, override=True, html=(_open, _close))
    return {"parallel_read_safe": True, "parallel_write_safe": True}
