"""What the chapter "CNN against dense" builds is what `nbhelpers.duel` holds for later pages."""

from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest
from real_book import BOOK

from nbhelpers import duel

CELLS = [cell.source for cell in BOOK["convolution/cnn-against-dense"].code_cells]
TAUGHT = (
    *("def convolutional(", "def train(", "def is_right(", "def by_rate(", "def over_seeds("),
    *("NETS = {", "def overview(", "def difference("),
)


@pytest.fixture(scope="module")
def digits():
    rng = np.random.default_rng(0)
    y = np.arange(60) % 10
    x = rng.random((60, 28, 28, 1)) + y[:, None, None, None] / 10
    return (x.astype("float32"), y), (x[:20].astype("float32"), y[:20])


@pytest.fixture(scope="module")
def chapter(digits):
    """Return what the chapter's own cells define, for small data."""
    train_set, test_set = digits
    names = {"train_set": train_set, "test_set": test_set, "steps": 4, "seeds": [0, 1]}
    names |= {"rates": [0.0001, 0.01]}
    exec(CELLS[0], names)  # its imports
    for cell in CELLS:
        if any(name in cell for name in TAUGHT):
            exec(cell, names)
    return SimpleNamespace(**names)


def test_the_same_networks_come_out_bit_by_bit(chapter, digits):
    how = {"seed": 3, "rate": 0.01, "steps": 4, "augment": lambda x, rng: x + rng.random()}
    for ours, theirs in (
        (duel.convolutional, chapter.convolutional),
        (lambda: duel.dense(8), lambda: chapter.dense(8)),
    ):
        run, taught = duel.fit(ours, *digits, **how), chapter.fit(theirs, *digits, **how)
        for a, b in zip(run.model.get_weights(), taught.model.get_weights(), strict=True):
            np.testing.assert_array_equal(a, b)
        assert run.final() == taught.final()
        assert run.final("right").tolist() == taught.final("right").tolist()


def test_the_same_rate_is_chosen(chapter, digits):
    how = {"seed": chapter.seeds[0], "steps": chapter.steps // 2}
    assert chapter.rate_of == {
        name: duel.own_rate(build, digits[0], chapter.rates, **how)
        for name, build in chapter.NETS.items()
    }


def test_the_same_is_said_of_two_networks(chapter):
    ours, theirs = chapter.trained["CNN"], chapter.trained["dense, 8 units"]
    assert duel.difference(ours, theirs) == chapter.difference(ours, theirs)
    assert duel.gap_difference(ours, theirs) == chapter.gap_difference(ours, theirs)
    pd.testing.assert_frame_equal(duel.overview(chapter.trained), chapter.overview(chapter.trained))
