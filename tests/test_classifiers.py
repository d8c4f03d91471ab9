"""`nbhelpers.classifiers` builds what the chapter on one kernel writes, and asks it rightly."""

import keras
import numpy as np
import pytest
from keras import layers
from real_book import BOOK

from nbhelpers import classifiers, training
from nbhelpers.errors import LabelError

X = np.random.default_rng(0).random((40, 28, 28, 1), dtype="float32")
Y = np.arange(40) % 10


@pytest.fixture(scope="module")
def taught():
    """Return what the chapter's own cell defines."""
    names = {"keras": keras, "layers": layers}
    (cell,) = (
        cell.source
        for cell in BOOK["case-studies/one-kernel"].code_cells
        if "def classifier(" in cell.source
    )
    exec(cell, names)
    return names


def test_the_same_network_comes_out_and_learns_the_same(taught):
    ours = classifiers.classifier(taught["one_kernel"], (28, 28, 1), 10, rate=0.003)
    theirs = taught["classifier"](taught["one_kernel"], rate=0.003)
    one, other = (
        training.fit_seeds(build, (X, Y), seeds=[1], epochs=2, batch_size=16)[0]
        for build in (ours, theirs)
    )
    assert one.history == other.history
    assert one.settings == other.settings
    assert one.settings["learning_rate"] == 0.003
    for a, b in zip(one.model.get_weights(), other.model.get_weights(), strict=True):
        np.testing.assert_array_equal(a, b)


def test_shape_and_number_of_classes_are_the_callers(taught):
    net = classifiers.classifier(list, (5, 4, 2), 3)()
    assert net.input_shape == (None, 5, 4, 2)
    assert net.output_shape == (None, 3)
    assert net.count_params() == (5 * 4 * 2 + 1) * 3


def test_a_few_at_a_time_are_the_same_answers_in_the_same_order(taught):
    net = taught["classifier"](taught["one_kernel"])()
    whole = net.predict(X, verbose=0)
    parts = classifiers.outputs(net, X, batch_size=7)
    np.testing.assert_allclose(parts, whole, atol=1e-6)
    assert len(parts) == len(X)


def test_dropout_and_normalisation_are_as_in_service():
    net = keras.Sequential([keras.Input((28, 28, 1)), layers.Flatten(), layers.Dropout(0.5)])
    np.testing.assert_array_equal(classifiers.outputs(net, X), X.reshape(40, -1))


def test_the_share_right_counts_the_largest_answer():
    net = keras.Sequential([keras.Input((2, 1, 1)), layers.Flatten()])
    x = np.array([[1, 0], [0, 1], [0, 1], [1, 0], [3, 2]], "float32").reshape(5, 2, 1, 1)
    y = np.array([0, 1, 0, 0, 0])
    for labels in (y, y[:, None], np.eye(2)[y]):  # NumPy would compare a column all with all
        assert classifiers.share_right(net, x, labels, batch_size=2) == 0.8
    with pytest.raises(LabelError, match="y holds 2; expected class indices from 0 to 1"):
        classifiers.share_right(net, x, y + 1)
