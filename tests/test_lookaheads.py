"""A chapter that uses a method before the chapter that builds it says so."""

import re

import pytest
from real_book import BOOK, ROOT

from nbhelpers.publish.plain.labels import read_toc

HOMES = {  # what an admonition calls it: what using it looks like, and the chapter that builds it
    "intervals": (r"\bcomparing\.", "comparing"),
    "softmax": (r"softmax", "activations"),
    "cross-entropy": (r"cross[-_ ]?entropy", "losses"),
    "glorot": (r"glorot", "why-deep-is-hard"),
    "adam": (r"\badam\b", "training-well"),
    "momentum": (r"\bmomentum\b", "training-well"),
    "dropout": (r"\bdropout\b", "training-well"),
    "batch normalisation": (r"batch ?normali[sz]ation", "training-well"),
    "early stopping": (r"early ?stopping", "training-well"),
    "augmentation": (r"\baugment(ation|ed)?\b", "training-well"),
    "convolution": (r"\bconv2d\b", "convolution"),
    "pooling": (r"(max|average)pooling2d", "convolution"),
}
AHEAD = re.compile(r":::\{admonition\}[^\n]*\n:class: ahead\n(.*?)\n:::", re.S)
BOLD = re.compile(r"\*\*(.+?)\*\*", re.S)


def shortcomings(cells, label, earlier):
    """Return what is wrong with a chapter's look-aheads.

    ``cells`` are (kind, source) in their order; ``earlier`` the chapters up to and with this one.
    """
    found, named, body = [], {}, ""
    for kind, source in cells:
        if kind == "markdown":
            for text in AHEAD.findall(source):
                for term, (_, home) in HOMES.items():
                    if any(term in bold.lower() for bold in BOLD.findall(text)):
                        named[term] = f"ch-{home}" in text
            source = AHEAD.sub("", source)
        else:
            source = re.sub(r"#.*", "", source)  # a comment uses nothing
            for term, (use, home) in HOMES.items():
                if home not in earlier and re.search(use, source, re.I) and term not in named:
                    found.append(f"{label}: code uses {term} before ch-{home} builds it, unmarked")
                    named[term] = True
        body += source
    found += [
        f"{label}: {term}'s look-ahead has no ref to its home" for term in named if not named[term]
    ]
    found += [
        f"{label}: marks {term}, which it does not use"
        for term in named
        if not re.search(HOMES[term][0], body, re.I)
    ]
    return sorted(set(found))


ORDER = [name for name in read_toc(ROOT / "_toc.yml") if name in BOOK]


@pytest.mark.parametrize("name", [n for n in ORDER if BOOK[n].code_cells and "appendix" not in n])
def test_a_method_ahead_of_its_chapter_is_marked(name):
    page = BOOK[name]
    earlier = {BOOK[other].short_name for other in ORDER[: ORDER.index(name) + 1]}
    cells = [(cell.cell_type, cell.source) for cell in page.notebook.cells]
    assert shortcomings(cells, page.short_name, earlier) == []


MARK = ":::{admonition} Ahead of its chapter\n:class: ahead\n**Adam** (built in %s): steps.\n:::"
GOOD = MARK % "{ref}`ch-training-well`"
CODE = ("code", "nn.Adam(0.1)")


@pytest.mark.parametrize(
    ("cells", "complaint"),
    [
        ([("markdown", GOOD), CODE], None),
        ([CODE], "unmarked"),
        ([CODE, ("markdown", GOOD)], "unmarked"),
        ([("markdown", MARK % "a later chapter"), CODE], "no ref"),
        ([("markdown", GOOD), ("code", "1 + 1")], "does not use"),
    ],
)
def test_the_check_finds_each_shortcoming(cells, complaint):
    found = shortcomings(cells, "x", {"neurons"})
    assert (complaint is None and not found) or any(complaint in text for text in found)


def test_nothing_is_ahead_once_its_chapter_is_read():
    assert shortcomings([CODE], "x", {"neurons", "training-well"}) == []


def test_every_home_is_a_chapter():
    assert {home for _, home in HOMES.values()} <= {BOOK[name].short_name for name in ORDER}
