"""The README and the front page say what is so."""

import json
import re
import runpy
from collections import Counter

import pytest
from real_book import ROOT

README = (ROOT / "README.md").read_text("utf-8")


def test_the_readme_is_short():
    assert len(re.sub(r"<!-- badges -->.*?<!-- /badges -->", "", README, flags=re.S).split()) <= 500


def test_the_code_in_the_readme_runs(capsys):
    (code,) = re.findall(r"```python\n(.*?)```", README, re.S)
    names = {}
    exec(code, names)
    assert "simplifies to 0" in capsys.readouterr().out
    loss, gradients = names["loss_and_gradients"](
        x=[1, 2], y=[1], kernel_1=[[1, 2], [3, 4]], bias_1=[0, 0], kernel_2=[[1], [2]], bias_2=[0]
    )
    assert loss > 0
    assert gradients["kernel_1"].shape == (2, 2)


def test_every_command_in_the_readme_exists():
    targets = re.findall(r"^([a-z]+):", (ROOT / "Makefile").read_text(), re.M)
    used = re.findall(r"(?:^|`|DATA=~/data )make ([a-z]+)", README, re.M)
    assert len(used) > 5
    assert set(used) <= set(targets)


def test_the_sums_in_the_moving_picture_are_those_of_our_convolution(tmp_path):
    drawing = runpy.run_path(str(ROOT / "docs" / "sliding_window.py"))
    assert drawing["draw"]() == drawing["TARGET"].read_text("utf-8")


def test_the_front_page_counts_the_verdicts_of_the_reference_results():
    verdicts = {}
    for path in (ROOT / "nbhelpers" / "reference").glob("*.json"):
        for claim in json.loads(path.read_text("utf-8"))["claims"]:
            verdicts.setdefault(claim["id"], set()).add(claim["verdict"])
    if any(len(found) > 1 for found in verdicts.values()):
        pytest.fail(f"Two verdicts on one claim; the front page counts one: {verdicts}")
    count = Counter(verdict for (verdict,) in map(tuple, verdicts.values()))
    page = " ".join((ROOT / "book" / "index.md").read_text("utf-8").split())
    assert (
        f"Of {len(verdicts)} popular statements, {count['holds']} held on the real data as they "
        f"are usually said; {count['holds with a condition']} held only under a condition, "
        f"{count['does not hold']} did not hold, and on {count['not decided']} our measurements "
        "could not decide."
    ) in page
