"""A chapter that uses a method before the chapter that builds it says so.

What a chapter needs is what its "Before you start" names; what it borrows from a later one stands
in a box of the class "ahead". All other references to later chapters only say where a thread is
taken up. `-s` shows the graph.
"""

import re
from graphlib import TopologicalSorter

import pytest
from real_book import BOOK, ROOT

from nbhelpers.publish.plain.labels import read_labels, read_toc

HOMES = {  # what an admonition calls it: what using it looks like, and the chapter that builds it
    "intervals": (r"\bcomparing\.", "comparing"),
    "softmax": (r"softmax", "activations"),
    "cross-entropy": (r"cross[-_ ]?entropy", "losses"),
    "glorot": (r"glorot", "why-deep-is-hard"),
    "adam": (r"\badam\b", "training-well"),
    "momentum": (r"\bmomentum\b", "training-well"),
    "dropout": (r"\bdropout\b", "not-by-heart"),
    "batch normalisation": (r"batch ?normali[sz]ation", "not-by-heart"),
    "early stopping": (r"early ?stopping", "not-by-heart"),
    "augmentation": (r"\baugment(ation|ed)?\b", "not-by-heart"),
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


REFERENCE = re.compile(r"\{(ref|numref|eq)\}`(?:[^`<]*<)?([^`>]+)>?`")
NEEDS = re.compile(r"\*\*Before you start\*\*(.*?)\n\n", re.S)


def arrows(cells, home):
    """Return the chapters that one refers to: those it needs, borrows from, uses, points to.

    ``home`` gives the chapter of a label. A formula or a figure of another chapter is used where it
    is named; a chapter that is named is pointed to.
    """
    text = "\n\n".join(source for kind, source in cells if kind == "markdown")
    found = {"needs": set(), "borrows": set(), "uses": set(), "points to": set()}
    for part, key in ((NEEDS, "needs"), (AHEAD, "borrows")):
        for passage in part.findall(text):
            found[key] |= {home.get(label) for _, label in REFERENCE.findall(passage)}
        text = part.sub("", text)
    for role, label in REFERENCE.findall(text):
        found["points to" if role == "ref" else "uses"].add(home.get(label))
    return {key: chapters - {None} for key, chapters in found.items()}


ORDER = [name for name in read_toc(ROOT / "_toc.yml") if name in BOOK]


@pytest.mark.parametrize("name", [n for n in ORDER if BOOK[n].code_cells and "appendix" not in n])
def test_a_method_ahead_of_its_chapter_is_marked(name):
    page = BOOK[name]
    earlier = {BOOK[other].short_name for other in ORDER[: ORDER.index(name) + 1]}
    cells = [(cell.cell_type, cell.source) for cell in page.notebook.cells]
    assert shortcomings(cells, page.short_name, earlier) == []


MARK = ":::{admonition} Ahead of its chapter\n:class: ahead\n**Adam** (built in %s): steps.\n:::"


CHAPTERS = [name for name, number in read_toc(ROOT / "_toc.yml").items() if number]
HOME = {
    label: target.page
    for label, target in read_labels(BOOK, read_toc(ROOT / "_toc.yml")).items()
    if target.page in CHAPTERS
}


def graph():
    """Return the arrows of each chapter, in the book's order."""
    return {
        name: arrows([(cell.cell_type, cell.source) for cell in BOOK[name].notebook.cells], HOME)
        for name in CHAPTERS
    }


def forward(name, chapters):
    """Return those that come after a chapter."""
    return sorted(other for other in chapters if CHAPTERS.index(other) > CHAPTERS.index(name))


def test_no_arrow_points_forward_unless_it_is_marked():
    wrong = []
    for name, found in graph().items():
        late = {key: forward(name, chapters) for key, chapters in found.items()}
        print(f"{name} needs {', '.join(sorted(found['needs'])) or 'no other chapter'}")
        print(f"    borrows from {', '.join(late['borrows']) or 'none'}")
        print(f"    goes on in {', '.join(late['points to']) or 'none'}")
        wrong += [f"{name} {key} {other}" for key in ("needs", "uses") for other in late[key]]
    assert wrong == []


def test_the_prerequisites_are_a_graph_without_circles_from_one_start():
    needs = {name: found["needs"] for name, found in graph().items()}
    assert len(list(TopologicalSorter(needs).static_order())) == len(CHAPTERS)
    assert [name for name in CHAPTERS if not needs[name]] == CHAPTERS[:1]


@pytest.mark.parametrize(
    ("text", "key"),
    [
        ("**Before you start** {ref}`ch-b`.\n\nText.", "needs"),
        (MARK % "{ref}`ch-b`", "borrows"),
        ("By {eq}`eq-b` it follows.", "uses"),
        ("See {numref}`the picture <fig-b>`.", "uses"),
        ("That is {ref}`for later <ch-b>`.", "points to"),
    ],
)
def test_an_arrow_is_what_its_place_says(text, key):
    found = arrows([("markdown", text)], dict.fromkeys(("ch-b", "eq-b", "fig-b"), "b"))
    assert found == {name: {"b"} if name == key else set() for name in found}


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
