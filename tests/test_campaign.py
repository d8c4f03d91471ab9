"""A sample of the campaign: what it looks at would show half a book; its steps are those told."""

import sys
from pathlib import Path

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
    assert trial.check() == "old"
    assert trial.check() == "new"


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


def test_wrong_ends_are_counted_in_the_table():
    rows = [("a fault", "words", "old", "as it should be"), ("another", "a|b", "", "**wrong**")]
    page = faults.table(rows, 1)
    assert "2 faults, 1 with a wrong end" in page
    assert "| another | a\\|b |  | **wrong** |" in page


def test_the_steps_on_a_cluster_are_those_that_the_script_runs():
    told = (ROOT / "CONTRIBUTING.md").read_text("utf-8")
    assert f"pip install {slurm.NEEDED}\n" in told
    assert f"python -m nbhelpers.publish build -- {' '.join(slurm.CLUSTER)}\n" in told
    assert f"`{' '.join(slurm.NO_DATABASE)}`" in told
