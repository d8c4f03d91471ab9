"""A verdict that a run decides has its rule on the same page, before the cell that says it."""

import re
from pathlib import Path

import pytest

from nbhelpers.publish.chapters import read_book
from nbhelpers.reporting import claim_texts

ROOT = Path(__file__).parents[1]
PROVED_OR_CITED = {  # no run decides: a proof, a definition, a count of steps, or sources
    *("C1", "C3", "C9", "C10", "C11", "C12", "C18", "C22", "C24"),
    *("C29", "C34", "C41", "C42", "C43", "C44"),
}
CLAIM = re.compile(r'\b(?:report\.claim|decide)\(\s*"(C\d+)"')
RULE = re.compile(  # not "rule" alone: the chain rule, Hebb's, and rules of thumb are others
    r"\b(?:the|our) rules?\b(?! of thumb)[^.]{0,60}?[:,*]"  # "The rule, before anything runs:"
    r"|\b(?:the|our) rule (?:for|asks)\b"
    r"|\bholds\*?\*?,? (?:so )?if\b",
    re.I,
)


def without_rule(cells):
    """Return the claims that come before their rule, or have none.

    ``cells`` are (kind, source) in their order. A rule that names claims, "**C5**", is theirs; one
    that names none serves one claim after it.
    """
    missing, named, unnamed = [], set(), 0
    for kind, source in cells:
        if kind == "markdown":
            for paragraph in filter(RULE.search, re.split(r"\n\s*\n", source)):
                ids = re.findall(r"\*\*(C\d+)\b", paragraph)
                named.update(ids)
                unnamed += not ids
            continue
        for claim in CLAIM.findall(source):
            if claim not in named | PROVED_OR_CITED:
                missing += [claim] if unnamed == 0 else []
                unnamed = max(0, unnamed - 1)
    return missing


CHAPTERS = {
    name: [(cell.cell_type, cell.source) for cell in page.notebook.cells]
    for name, page in sorted(read_book(ROOT / "book").items())
    if page.code_cells
}


@pytest.mark.parametrize(
    "name", [n for n, cells in CHAPTERS.items() if "report.claim" in str(cells)]
)
def test_each_verdict_follows_its_rule(name):
    assert without_rule(CHAPTERS[name]) == []


def test_every_claim_is_found_and_every_exemption_is_a_claim():
    found = {c for cells in CHAPTERS.values() for _, source in cells for c in CLAIM.findall(source)}
    assert found == claim_texts().keys()
    assert found > PROVED_OR_CITED


@pytest.mark.parametrize(
    ("text", "missing"),
    [
        ("The rule, before anything runs: it holds.", []),
        ("It **holds** if A is better.", []),
        ("The rule for **C5**: it holds.", []),
        ("The rule for **C6**: it holds.", ["C5"]),
        ("By the chain rule, slopes multiply.", ["C5"]),
        ("The rules of thumb ask for more.", ["C5"]),
        ("", ["C5"]),
    ],
)
def test_a_missing_rule_is_found(text, missing):
    judged = ("code", 'report.claim(\n    "C5",\n    "holds",\n    "It does.",\n)')
    assert without_rule([("markdown", text), judged]) == missing
    assert without_rule([judged, ("markdown", text)]) == ["C5"]


def test_one_rule_is_not_for_two_claims():
    judged = [("code", f'report.claim("{claim}", "holds", "It does.")') for claim in ("C5", "C6")]
    assert without_rule([("markdown", "The rule: it holds."), *judged]) == ["C6"]
    assert without_rule([("markdown", "The rules for **C5** and **C6**:"), *judged]) == []
