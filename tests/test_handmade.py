"""What the chapter "The road downhill" builds is what `nbhelpers.handmade` gives to later ones."""

import time
from collections import defaultdict

import numpy as np
import pytest
from real_book import BOOK

from nbhelpers import handmade, nn, training
from nbhelpers.errors import LabelError, NaNError, OrderError, SettingError

rng = np.random.default_rng(0)
X, Y = rng.random((40, 28, 28, 1), dtype="float32"), np.arange(40) % 10
SETS = {"train": (X[:30], Y[:30]), "test": (X[30:], Y[30:])}


def layers():
    return [nn.Dense(5, "relu"), nn.Dense(10)]


def taught():
    """Return what the cells of the chapter define that define something of the same name."""
    names = {"np": np, "nn": nn, "time": time, "training": training, "defaultdict": defaultdict}
    names |= {"sets": SETS, "epochs": 3, "batch_size": 8}
    names |= {"by_scale": {}, "limits": {}, "epochs_choose": 1}
    for cell in BOOK["networks/training-well"].code_cells:
        definitions = cell.source.partition("\n\n\nby_scale")[0].partition("\n\n\nshapes = ")[0]
        if any(f"{word} {name}(" in cell.source or f"{word} {name}:" in cell.source
               for name in handmade.__all__ for word in ("def", "class")):  # fmt: skip
            exec(definitions, names)  # the cells are our own
    return names


def test_the_chapter_defines_all_of_it():
    assert handmade.__all__ == sorted(handmade.__all__)
    assert handmade.__all__ == [name for name in handmade.__all__ if name in taught()]


def test_both_train_the_same_network_and_measure_the_same():
    rates = 0.1 * handmade.half_cosine(np.arange(12) / 12)
    ours, theirs = (
        fit(
            layers,
            lambda maker=maker: maker(nn.SGD(momentum=0.9), rates),
            seed=3,
            sets=SETS,
            epochs=3,
            batch_size=8,
        )
        for fit, maker in (
            (handmade.fit, handmade.Scheduled),
            (taught()["fit"], taught()["Scheduled"]),
        )
    )
    assert ours.history == theirs.history
    assert list(ours.history) == ["train_loss", "train_accuracy", "test_loss", "test_accuracy"]
    assert len(ours.history["test_loss"]) == ours.epochs == 3
    for name, weights in ours.model.params.items():
        assert np.array_equal(weights, theirs.model.params[name])
    assert np.array_equal(handmade.half_cosine(rates), taught()["half_cosine"](rates))


def test_both_choose_by_the_mean_of_the_runs_and_pass_over_what_diverged():
    runs = {
        rate: [training.Run(0, {"val_accuracy": [0.9, score]}) for score in scores]
        for rate, scores in {0.1: (0.5, 0.9), 0.2: (0.8, 0.7), 0.3: ()}.items()
    }
    assert handmade.choose(runs) == taught()["choose"](runs) == 0.2


def test_a_setting_that_is_nan_is_not_the_best():
    nan, good = ([training.Run(0, {"val_accuracy": [value]})] for value in (np.nan, 0.9))
    assert handmade.choose({"first": nan, "second": good}) == "second"
    with pytest.raises(NaNError, match="of 2 settings none has runs with a number"):
        handmade.choose({"first": nan, "second": []})


def test_a_schedule_that_ends_before_training_says_so():
    optimizer = handmade.Scheduled(nn.SGD(), np.array([0.1]))
    optimizer.update({}, {})
    with pytest.raises(OrderError, match="expected as many rates as steps"):
        optimizer.update({}, {})


def test_a_batch_of_no_size_does_not_pass_for_training():
    with pytest.raises(SettingError, match="batch_size is -1"):
        handmade.fit(layers, nn.Adam, 0, sets=SETS, epochs=1, batch_size=-1)


def test_each_batch_is_changed_on_its_way_in_and_the_rest_is_not():
    seen = []

    def darken(images, rng):
        seen.append(rng.random())
        return 0 * images

    dark = {"train": (0 * X[:30], Y[:30])}
    how = {"epochs": 1, "batch_size": 8, "watch": False}
    changed = handmade.fit(layers, nn.Adam, 0, sets=SETS, augment=darken, **how)
    first = changed.model.params["0.Dense.kernel"]
    untouched = nn.Sequential(layers(), (784,), seed=0).params["0.Dense.kernel"]
    assert np.array_equal(first, untouched), "black images leave the first kernel alone"
    assert len(set(seen)) == 4
    assert handmade.measure(changed.model, **dark) != handmade.measure(changed.model, **SETS)


def test_labels_of_another_kind_are_refused():
    with pytest.raises(LabelError):
        handmade.fit(layers, nn.Adam, 0, sets={"train": (X, Y + 5)}, epochs=1, batch_size=8)
