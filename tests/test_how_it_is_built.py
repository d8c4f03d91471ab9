"""The page on how the book is built tells of the builder that there is, whatever was measured."""

import json
import re
import shutil

import matplotlib as mpl
import pytest
from real_book import BOOK, ROOT

mpl.use("agg")

from nbhelpers import reporting, results  # noqa: E402  (the backend comes first)

PAGE = BOOK["appendix/how-it-is-built"]
STAGES = {"start": 1.0, "kernel": 0.5, "imports": 0.25, "saving": 0.25, "cells": 30.0}
CHAPTER = {
    "execute": {"seconds": 32.0, "stages": STAGES, "cpu_seconds": 30.0},
    "validate": {"seconds": 12.0, "stages": {"cells": 10.0}, "cpu_seconds": 10.0},
}
BUILT = {
    "quick": {
        "date": "2026-11-29",
        "profile": "quick",
        "cores": 2,
        "seconds": 60.0,
        "least_seconds": 48.0,
        "executed": ["networks/neurons"],
        "chapters": {"networks/neurons": CHAPTER},
    },
    "again": {"date": "2026-11-29", "cores": 2, "seconds": {"nothing": 4.5}},
    "rival": {
        "date": "2026-11-29",
        "cores": 2,
        "chapters": ["networks/neurons"],
        "jupyter_book": {"executed": 40.0},
        "ours": {"executed and validated": 30.0},
        "ratio": 0.75,
    },
}
CAMPAIGN = {
    "date": "2026-11-29",
    "faults": [
        {"fault": "killed", "times": 30, "held": 30, "note": ""},
        {"fault": "disk full", "times": 4, "held": 3, "note": "half a page"},
        {"fault": "no HOME", "times": 0, "held": 0, "note": "not tried: all is root's"},
    ],
}


@pytest.fixture
def read(tmp_path, monkeypatch):
    """Give a function that runs the page's cells, with these kept files, and returns its words."""
    said = []
    monkeypatch.setattr(results, "__file__", str(tmp_path / "results.py"))
    monkeypatch.setattr(reporting, "say", said.append)
    (tmp_path / "kept").mkdir()
    shutil.copy(ROOT / "nbhelpers/kept/bench.json", tmp_path / "kept")

    def run(**kept):
        for name, content in kept.items():
            (tmp_path / f"kept/{name}.json").write_text(json.dumps(content))
        names = {}
        for cell in PAGE.code_cells:
            exec(cell.source, names)
        return " ".join(said)

    return run


def test_its_steps_are_the_rules_of_the_builder(read, capsys):
    read()
    rules = re.findall(r"^rule (\w+):", (ROOT / "nbhelpers/publish/Snakefile").read_text(), re.M)
    assert capsys.readouterr().out.splitlines()[0] == " → ".join(["book/chapter.md", *rules])


def test_the_tests_that_it_names_exist():
    text = "\n".join(cell.source for cell in PAGE.notebook.cells)
    named = re.findall(r"`(test_\w+\.py|pages/|tests/[\w/]+\.py)`", text)
    assert len(named) > 5
    for name in named:
        assert (ROOT / "tests" / name.removeprefix("tests/")).exists(), name


def test_where_nothing_was_measured_it_says_so(read):
    said = read()
    assert said.count("yet.") == 4


def test_what_was_measured_is_shown_as_it_was(read, capsys):
    said = read(build=BUILT, campaign=CAMPAIGN)
    assert "1.0 minutes. The least was 0.8 minutes: 1.25 times" in said
    assert "cost 2.0 s on average (start 1.5 s, imports 0.2 s, saving 0.2 s)" in said
    assert "compares, 12.0 s" in said
    assert "validated them in 30 s, 0.75 times" in said
    assert "**33 of 34** trials of 2 faults" in said
    assert "*no HOME*: not tried: all is root's." in said
    assert "yet." not in said
