"""The pages under test: those of ``$NBHELPERS_HTML``, by default the quick profile's."""

import os
from functools import cache
from pathlib import Path

from bs4 import BeautifulSoup

ROOT = Path(__file__).parents[2]
BUILD = Path(os.environ.get("NBHELPERS_BUILD") or ROOT) / "_build"
SITE = Path(os.environ.get("NBHELPERS_HTML") or BUILD / "quick/html").resolve()
PAGES = sorted(
    path.relative_to(SITE).as_posix()
    for path in SITE.rglob("*.html")
    if not path.relative_to(SITE).parts[0].startswith("_")
    and path.relative_to(SITE).parts[0] != "live"  # a figure each; tests/test_living.py has them
    and "This page has moved" not in path.read_text("utf-8")  # tests/test_moved.py has those
)
CHAPTERS = [  # those with code, which can be downloaded as notebooks
    page for page in PAGES if (SITE / "_sources" / page).with_suffix(".ipynb").is_file()
]


@cache
def parsed(page):
    """Return the HTML of a page."""
    return BeautifulSoup((SITE / page).read_text("utf-8"), "html.parser")
