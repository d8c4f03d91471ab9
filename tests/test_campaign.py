"""A sample of the campaign: what it looks at would show half a book; its steps are those told."""

import datetime
import json
import os
import subprocess
import sys
import time
from pathlib import Path
from types import SimpleNamespace

import pytest

sys.path.insert(0, str(Path(__file__).with_name("campaign")))

import faults
import slurm

ROOT = Path(__file__).parents[1]


class Pages(faults.Trial):
    """A trial whose builds make pages without a builder."""

    def __init__(self, root):
        root.mkdir()
        self.root, self.edition = root, 0
        self.html.mkdir(parents=True)
        self.good_build()
        self.expected, _ = self.look()

    html = property(lambda self: self.root / "quick/html")

    def good_build(self):
        for name in ("index.html", "part.html"):
            (self.html / name).write_text(f"{name} of edition-{self.edition:04}")
        (self.html.parent / "html-1").mkdir(exist_ok=True)


@pytest.fixture
def trial(tmp_path):
    trial = Pages(tmp_path / "book")
    trial.edition = 1
    return trial


def test_a_whole_book_old_or_new_is_right(trial):
    assert trial.check() == "old edition"
    assert trial.check() == "new edition"


def test_pages_are_whole_before_they_are_stamped_and_after(trial):
    stamp = trial.html / f".made-from-{16 * 'a'}"
    stamp.touch()
    assert trial.check_seen() == "old edition"
    (trial.html / ".half").touch()
    with pytest.raises(AssertionError, match=r"half a book, or a wrong one: \['\.half'\]"):
        trial.check_seen()


@pytest.mark.parametrize("page", ["", "index.html", "index.html of edition-0001"])
def test_half_a_page_and_mixed_editions_are_found(trial, page):
    (trial.html / "index.html").write_text(page)
    with pytest.raises(AssertionError, match="readers see"):
        trial.check()


def test_what_is_gone_or_too_much_is_found(trial):
    (trial.html / "part.html").unlink()
    with pytest.raises(AssertionError, match="half a book"):
        trial.check()
    trial.good_build()
    (trial.html.parent / "html-2").mkdir()  # a copy that was never shown
    with pytest.raises(AssertionError, match="copies are left behind"):
        trial.check()


def said_by(*command):
    """Return a trial whose builds are another command."""

    def start(**how):
        pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.STDOUT}
        return subprocess.Popen(command, text=True, **pipes)

    return SimpleNamespace(start=start, seconds=0.1, environment={})


def test_a_fault_that_did_not_happen_or_was_not_noticed_is_found():
    with pytest.raises(AssertionError, match="they did not meet"):
        faults.built_twice(said_by("echo", "The book"))
    with pytest.raises(AssertionError):
        faults.built(said_by("false"))
    with pytest.raises(faults.Missed):
        faults.killed(said_by("true"), 50, whole=True)
    assert "after 0.0 of" in faults.killed(said_by("sleep", "60"), 0.1, whole=True)


def tried(fault, seen, end=faults.HELD):
    return {"fault": fault, "said": "a|b", "seen": seen, "end": end}


def test_what_came_of_a_fault_takes_the_place_of_what_was_kept_of_it(tmp_path):
    kept, page = tmp_path / "kept.json", tmp_path / f"{datetime.date.today()}.md"
    faults.keep("clock", [tried("clock", "old edition")], kept, tmp_path)
    faults.keep("kills", [tried("kill", "", "**half a book**")], kept, tmp_path)
    now = [tried("kill", "old edition"), tried("kill", "new edition"), tried("kill", "old edition")]
    faults.keep("kills", [*now, tried("kill", "", "not tried: why")], kept, tmp_path)
    clock, kills = json.loads(kept.read_text("utf-8"))["faults"]
    assert (clock["times"], clock["held"]) == (1, 1)
    assert (kills["times"], kills["held"]) == (3, 3)
    assert "the old edition, 2 times; readers saw the new edition; not tried: why" in kills["note"]
    assert "half a book" not in page.read_text("utf-8")


def test_wrong_ends_are_counted(tmp_path):
    kept, page = tmp_path / "kept.json", tmp_path / f"{datetime.date.today()}.md"
    wrong = [tried("kill", "old edition"), tried("kill", "", "**half a book**")]
    faults.keep("kills", wrong, kept, tmp_path)
    (kills,) = json.loads(kept.read_text("utf-8"))["faults"]
    assert (kills["times"], kills["held"]) == (2, 1)
    assert "half a book" in kills["note"]
    assert "2 faults, 1 with a wrong end" in page.read_text("utf-8")
    assert "| kill | a\\|b |  | **half a book** |" in page.read_text("utf-8")


def test_the_clock_of_a_toy_book_is_set(tmp_path):
    (tmp_path / "sitecustomize.py").write_text(faults.CLOCK)
    here = os.environ | {"PYTHONPATH": str(tmp_path), "TOY_CLOCK": "-400"}
    asked = [sys.executable, "-c", "import time; print(time.time())"]
    shown = subprocess.run(asked, env=here, capture_output=True, text=True, check=True).stdout
    assert float(shown) < time.time() - 399 * 86_400


def test_the_steps_on_a_cluster_are_those_that_the_script_runs():
    told = (ROOT / "CONTRIBUTING.md").read_text("utf-8")
    assert f"pip install {slurm.NEEDED}\n" in told
    assert f"python -m nbhelpers.publish build -- {' '.join(slurm.CLUSTER)}\n" in told
    assert f"`{' '.join(slurm.NO_DATABASE)}`" in told
