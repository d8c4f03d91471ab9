"""Sphinx extension: each picture of a figure can be saved, under the figure's number.

And each picture says how large it is, so that a page does not jump while it loads, and is loaded
when a reader comes near it: a chapter's pictures together weigh more than all else on the page.
What is loaded is the same picture as WebP, dot for dot, in half the bytes; the PNG is what readers
save, and what old browsers and e-readers show.
"""

import re
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from PIL import Image

FIGURE = re.compile(
    r'<figure [^>]*>\s*<img [^>]*?src="(?P<file>[^"]+\.(?P<kind>png|svg))"[^>]*>\s*<figcaption>\s*'
    r'<p><span class="caption-number">(?P<number>[^<]+?)\s*</span>.*?(?=</figcaption>)',
    re.DOTALL,
)
PICTURE = re.compile(
    r'<img (?P<rest>(?:(?!width=)[^>])*?src="[^"]*_images/(?P<name>[^"/]+\.png)"[^>]*>)'
)
ON_SCREEN = 96  # pixels an inch: CSS' own
LOSSLESS = {"lossless": True, "quality": 75, "method": 4}  # more effort saves one byte in fifty


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


def with_sizes(body: str, files: dict[str, Path]) -> str:
    """Return a page's HTML in which pictures have their sizes, and are loaded small, when needed.

    Parameters
    ----------
    body : str
    files : dict of str to Path
        The picture's name -> where it is.
    """

    def add(found):
        with Image.open(files[found["name"]]) as picture:
            inch = round(picture.info.get("dpi", (ON_SCREEN,))[0])
            wide, high = (round(pixels * ON_SCREEN / inch) for pixels in picture.size)
        img = f'<img width="{wide}" height="{high}" loading="lazy" {found["rest"]}'
        small = re.search(r'src="([^"]+)\.png"', img)[1]
        return f'<picture><source srcset="{small}.webp" type="image/webp">{img}</picture>'

    return PICTURE.sub(add, body)


def write_small(png: Path) -> None:
    """Write a picture beside itself as WebP, with the same dots."""
    with Image.open(png) as picture:
        picture.save(png.with_suffix(".webp"), **LOSSLESS)


def _add(app, _page, _template, context, _doctree):
    if "body" in context:
        images = app.builder.images  # source -> name in the book
        files = {name: Path(app.srcdir, source) for source, name in images.items()}
        context["body"] = with_sizes(with_links(context["body"]), files)


def _write_small(app, failure):
    if failure is None:
        pictures = Path(app.outdir, app.builder.imagedir).glob("*.png")  # named by their content
        new = [png for png in pictures if not png.with_suffix(".webp").exists()]
        with ThreadPoolExecutor() as pool:
            list(pool.map(write_small, new))


def setup(app):
    """Add the links when a page is written, and the small pictures when all are."""
    app.connect("html-page-context", _add)
    app.connect("build-finished", _write_small)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
