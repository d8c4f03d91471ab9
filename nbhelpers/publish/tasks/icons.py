"""Sphinx extension: of the theme's 2,000 icons a page loads those that the book shows.

The two fonts are 270 kB, more than all else that the first page of a reader needs; the few icons in
use are 3 kB. An icon is a letter of a font, from the ranges of Unicode that are for private use.
"""

import re
from pathlib import Path

import pydata_sphinx_theme
from fontTools import subset
from fontTools.ttLib import TTFont

FONTS = "vendor/fontawesome/webfonts"
WHOLE = Path(pydata_sphinx_theme.__file__).parent / "theme/pydata_sphinx_theme/static" / FONTS
RULE = re.compile(r'((?:\.fa-[a-z0-9-]+:+before,?)+)\{content:"(\\[0-9a-f]+|.)"\}')
LETTER = re.compile("\\\\([ef][0-9a-f]{3})\\b|([\ue000-\uf8ff])")
NAME = re.compile(r"\bfa-[a-z0-9-]+")


def shown(html: Path) -> set[int]:
    """Return the letters of all icons that pages, scripts and style sheets of a folder may show."""
    styles = "\n".join(path.read_text("utf-8") for path in sorted(html.rglob("*.css")))
    used = {
        name
        for kind in ("html", "js")
        for path in html.rglob(f"*.{kind}")
        for name in NAME.findall(path.read_text("utf-8"))
    }
    # A rule for each icon that there is says nothing; all other rules show theirs.
    letters = _letters(RULE.sub("", styles))
    for names, content in RULE.findall(styles):
        if used & set(NAME.findall(names)):
            letters |= _letters(content)
    return letters


def _letters(text):
    return {int(code, 16) if code else ord(letter) for code, letter in LETTER.findall(text)}


def cut(whole: Path, path: Path, letters: set[int]) -> None:
    """Write a font with these of its letters and no others."""
    font = TTFont(whole, recalcTimestamp=False)  # the same pages each time
    cutter = subset.Subsetter()
    cutter.populate(unicodes=letters)
    cutter.subset(font)
    font.save(path)


def _cut_fonts(app, problem):
    if problem is None and app.builder.format == "html":
        html = Path(app.outdir)
        letters = shown(html)
        for whole in sorted(WHOLE.glob("*.woff2")):
            cut(whole, html / "_static" / FONTS / whole.name, letters)


def setup(app):
    """Register with Sphinx."""
    app.connect("build-finished", _cut_fonts)
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
