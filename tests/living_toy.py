"""A book with every living figure on one page, below a picture of its own: built in seconds."""

import base64
import shutil
import tomllib
from pathlib import Path

import living_nets
import nbformat

from nbhelpers.publish.tasks import html

ROOT = Path(__file__).parents[1]
LIVE = ROOT / "book/live"
FIGURES = tomllib.loads((LIVE / "figures.toml").read_text("utf-8"))
PIXEL = base64.b64encode(
    base64.b64decode(
        "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="
    )
).decode()
TOC = """\
format: jb-book
root: index
parts:
  - caption: Part
    numbered: true
    chapters:
      - file: part/living
"""


def _executed(name):
    """Return a cell whose output is a figure, and a text with the living figure and a reference."""
    about = {"figure": {"caption": f"Caption of {name}.", "name": f"fig-{name}"}}
    about["image"] = {"alt": f"The picture that stands for {name}."}
    picture = nbformat.v4.new_output("display_data", {"image/png": PIXEL, "text/plain": "picture"})
    cell = nbformat.v4.new_code_cell("draw()", outputs=[picture], metadata={"mystnb": about})
    text = f":::{{living-figure}} {name}\n:figure: fig-{name}\n:::\n\nSee {{numref}}`fig-{name}`."
    return [cell, nbformat.v4.new_markdown_cell(text)]


def stage(folder, names=tuple(FIGURES)):
    """Write the assembled book into a folder."""
    (folder / "part").mkdir(parents=True)
    for name in ("_static", "_templates", "live"):
        shutil.copytree(ROOT / "book" / name, folder / name)
    living_nets.export(folder / "live/data")
    shutil.copy(ROOT / "_config.yml", folder)
    shutil.copy(ROOT / "book/references.bib", folder)
    (folder / "_toc.yml").write_text(TOC)
    (folder / "index.md").write_text("# Front page\n\nText.\n")
    cells = [nbformat.v4.new_markdown_cell("# Living\n\nText.")]
    cells += [cell for name in names for cell in _executed(name)]
    spec = {"name": "python3", "display_name": "Python 3", "language": "python"}
    notebook = nbformat.v4.new_notebook(cells=cells, metadata={"kernelspec": spec})
    nbformat.write(notebook, folder / "part/living.ipynb")
    return folder


def build(folder, out):
    """Build it; return the folder of the pages."""
    html.build_html(stage(folder), out)
    return out
