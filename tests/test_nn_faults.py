"""What used to be silently wrong in networks: weights redrawn, memories mixed, infinite logits."""

import copy
import pickle

import numpy as np
import pytest

from nbhelpers import nn
from nbhelpers.errors import (
    DtypeError,
    NaNError,
    OrderError,
    SettingError,
    WeightsError,
)

RNG = np.random.default_rng(0)
X, Y = RNG.normal(size=(40, 3)), RNG.integers(2, size=40)
CLASSES, SQUARED = {"loss": "categorical_crossentropy"}, {"loss": "mean_squared_error"}


def trained(epochs=3):
    net = nn.Sequential(
        [nn.Dense(4, "tanh"), nn.BatchNormalization(), nn.Dropout(0.2), nn.Dense(2)],
        (3,),
        dtype="float64",
    )
    net.fit(X, Y, optimizer=nn.Adam(0.05), epochs=epochs, **CLASSES)
    return net


def test_a_network_that_is_built_on_a_trained_one_goes_on_with_its_weights():
    old = trained()
    before = old.get_weights()
    new = nn.Sequential([*old.layers[:-1], nn.Dense(5)], (3,), seed=1, dtype="float64")
    for mine, theirs in zip(new.get_weights(), before[:6], strict=False):
        np.testing.assert_array_equal(mine, theirs)
    new.fit(X, Y, optimizer=nn.SGD(0.1), **CLASSES)
    for array, kept in zip(old.get_weights(), before, strict=True):
        np.testing.assert_array_equal(array, kept)
    features = nn.Sequential(old.layers[:-1], (3,), dtype="float64")
    expected = old.layers[1].forward(old.layers[0].forward(X))
    np.testing.assert_array_equal(features.predict(X), expected)
    with pytest.raises(WeightsError, match=r"kernel that Dense has learned has shape \(3, 4\)"):
        nn.Sequential(old.layers[:1], (7,))


def test_a_network_that_comes_back_from_another_process_goes_on_alike():
    here = nn.Sequential(
        [nn.Conv2D(2, 2, activation="relu"), nn.MaxPooling2D(2), nn.Flatten(), nn.PReLU(),
         nn.BatchNormalization(), nn.Dropout(0.2), nn.Dense(2), nn.Activation("tanh")],
        (5, 5, 1),
    )  # fmt: skip
    x, adam = RNG.normal(size=(8, 5, 5, 1)), nn.Adam()
    here.fit(x, Y[:8], optimizer=adam, **CLASSES)
    there, theirs = pickle.loads(pickle.dumps((here, adam)))
    for net, optimizer in ((here, adam), (there, theirs)):
        net.fit(x, Y[:8], optimizer=optimizer, epochs=2, **CLASSES)
    for mine, other in zip(here.get_weights(), there.get_weights(), strict=True):
        np.testing.assert_array_equal(mine, other)


def test_weights_that_were_set_count_as_learned():
    old = nn.Sequential([nn.Dense(4), nn.Dense(2)], (3,))
    old.set_weights([np.full_like(array, 0.5) for array in old.get_weights()])
    new = nn.Sequential([old.layers[0], nn.Dense(1)], (3,))
    assert (new.layers[0].params["kernel"] == 0.5).all()


def test_layers_are_for_one_network():
    layers = [nn.Dense(4), nn.Dense(2)]
    net = nn.Sequential(layers, (3,))
    before = net.get_weights()
    with pytest.raises(SettingError, match=r"layers\[1\], Dense, is in another network"):
        nn.Sequential([nn.Dense(4), layers[1]], (3,), seed=1)
    net.fit(X, Y, optimizer=nn.SGD(), **CLASSES)
    with pytest.raises(SettingError, match="all the layers of another network"):
        nn.Sequential(layers, (3,), seed=1)  # as in a loop over seeds
    for array, kept in zip(before, copy.deepcopy(net).get_weights(), strict=True):
        assert array.shape == kept.shape


@pytest.mark.parametrize("make", [nn.Adam, lambda: nn.SGD(momentum=0.9)])
def test_an_optimizer_that_remembers_is_for_one_network(make):
    optimizer = make()
    first, second = (nn.Sequential([nn.Dense(2)], (3,), seed=seed) for seed in range(2))
    first.fit(X, Y, optimizer=optimizer, epochs=2, **CLASSES)
    before = second.get_weights()
    with pytest.raises(SettingError, match=r"taken steps for another 0\.Dense\.kernel"):
        second.fit(X, Y, optimizer=optimizer, **CLASSES)
    for array, kept in zip(second.get_weights(), before, strict=True):
        np.testing.assert_array_equal(array, kept)


def test_plain_sgd_remembers_nothing_and_serves_several():
    optimizer = nn.SGD()
    for seed in range(2):
        nn.Sequential([nn.Dense(2)], (3,), seed=seed).fit(X, Y, optimizer=optimizer, **CLASSES)


def test_labels_that_are_probabilities_can_be_met():
    net = nn.Sequential([nn.Dense(1)], (1,), dtype="float64")
    net.set_weights([np.array([[4.0]]), np.zeros(1)])
    measured = net.evaluate(
        np.array([[1.0], [-1.0], [2.0]]),
        np.array([[0.9], [0.1], [0.2]]),
        loss="binary_crossentropy",
    )
    assert measured["accuracy"] == pytest.approx(2 / 3)


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_a_masked_class_costs_nothing_and_gets_no_gradient(dtype):
    logits = np.array([[1.0, 2.0, -np.inf], [0.0, -np.inf, 1.0]], dtype)
    loss, cache = nn.categorical_crossentropy(logits, np.array([1, 0]))
    expected = np.log1p(np.exp([-1.0, 1.0])).mean()
    assert loss == pytest.approx(expected, rel=1e-6)
    slopes = nn.categorical_crossentropy_backward(cache)
    assert slopes.dtype == dtype
    assert slopes[0, 2] == slopes[1, 1] == 0
    np.testing.assert_allclose(slopes.sum(axis=1), 0, atol=1e-7)
    assert nn.categorical_crossentropy(logits, np.array([2, 0]))[0] == np.inf


def test_an_answer_that_is_given_for_sure_is_right_or_infinitely_wrong():
    sure = np.array([[np.inf, 0.0]])
    assert nn.categorical_crossentropy(sure, np.array([0]))[0] == 0
    assert nn.categorical_crossentropy(sure, np.array([1]))[0] == np.inf
    np.testing.assert_array_equal(nn.softmax_forward(sure)[0], [[1, 0]])
    both = np.array([[np.inf, -np.inf]])
    loss, cache = nn.binary_crossentropy(both, np.array([[1, 0]]))
    assert loss == 0
    np.testing.assert_array_equal(nn.binary_crossentropy_backward(cache), [[0, 0]])
    assert nn.binary_crossentropy(both, np.array([[0, 0]]))[0] == np.inf
    with pytest.raises(NaNError, match="row 1 .* nothing but -inf"):
        nn.softmax_forward(np.array([[0.0, 1.0], [-np.inf, -np.inf]]))


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize("name", ["sigmoid", "tanh", "relu", "leaky_relu", "elu", "softplus",
                                  "gelu", "silu", "softmax"])  # fmt: skip
def test_huge_numbers_overflow_nowhere(name):
    z = np.array([[1e20, -1e20, 0]], "float32")
    out, cache = getattr(nn, f"{name}_forward")(z)
    dz = getattr(nn, f"{name}_backward")(np.ones_like(z), cache)
    assert np.isfinite(out).all()
    assert np.isfinite(dz).all()


@pytest.mark.filterwarnings("error")
def test_a_squared_error_beyond_float32_is_still_a_number():
    loss, _ = nn.mean_squared_error(np.full((1, 2), 1e20, "float32"), np.zeros((1, 2)))
    assert loss == pytest.approx(1e40)


def test_a_variance_beyond_float32_is_not_silently_infinite():
    x = np.array([[1e20], [-1e20]], "float32")
    with pytest.raises(NaNError, match="variance overflows float32"):
        nn.batch_norm_forward(x, np.ones(1, "float32"), np.zeros(1, "float32"))


def test_a_gradient_is_not_blamed_for_the_digits_of_float32():
    x = np.array([1.0, 3.0])
    for name, one, gradient in (
        ("x", x.astype("float32"), 2 * x),
        ("gradient", x, (2 * x).astype("float32")),
    ):
        with pytest.raises(DtypeError, match=f"^{name} holds float32"):
            nn.check_gradient(lambda x: (x**2).sum(), one, gradient)


LAYERS = {
    "Dense": lambda: nn.Dense(2),
    "Activation": lambda: nn.Activation("tanh"),
    "linear": lambda: nn.Activation("linear"),
    "Conv2D": lambda: nn.Conv2D(2, 2),
    "MaxPooling2D": lambda: nn.MaxPooling2D(2),
    "AveragePooling2D": lambda: nn.AveragePooling2D(2),
    "Flatten": nn.Flatten,
    "PReLU": nn.PReLU,
    "Dropout": lambda: nn.Dropout(0.5),
    "BatchNormalization": nn.BatchNormalization,
}


@pytest.mark.parametrize("name", LAYERS)
def test_backward_says_that_no_forward_came_before_it(name):
    layer = LAYERS[name]()
    shape = (3,) if name == "Dense" else (4, 4, 2)
    layer.build(shape, np.random.default_rng(0), "float64")
    x = np.ones((2, *shape))
    out = layer.forward(x, training=True)
    layer.backward(np.ones_like(out))
    layer.forward(x)
    if name == "linear":  # needs nothing
        return
    with pytest.raises(OrderError, match=r"expected forward\(x, training=True\)"):
        layer.backward(np.ones_like(out))


def test_an_output_that_is_needed_for_the_gradient_cannot_be_changed():
    out, _ = nn.sigmoid_forward(X)
    with pytest.raises(ValueError, match="read-only"):
        out *= 2


@pytest.mark.parametrize("bad", ["a", None, [1, [2]], np.array([1j, 2j])])
def test_weights_are_set_all_or_not_at_all(bad):
    net = nn.Sequential([nn.Dense(2)], (3,))
    before = net.get_weights()
    with pytest.raises(WeightsError):
        net.set_weights([np.ones((3, 2)), bad])
    with pytest.raises(WeightsError, match="expected real numbers"):
        net.set_weights([np.ones((3, 2)), np.array(["a", "b"])])
    for array, kept in zip(net.get_weights(), before, strict=True):
        np.testing.assert_array_equal(array, kept)


@pytest.mark.filterwarnings("ignore::RuntimeWarning")
def test_training_that_diverges_stops_at_its_epoch():
    net = nn.Sequential([nn.Dense(8, "relu"), nn.Dense(1)], (3,))
    with pytest.raises(NaNError, match=r"training stopped in epoch \d"):
        net.fit(X, X[:, :1], optimizer=nn.SGD(1e6), epochs=9, **SQUARED)
    net = nn.Sequential([nn.Dense(1)], (3,))
    with pytest.raises(NaNError, match=r"epoch 1: 0\.Dense\.kernel holds"):
        net.fit(
            X, 1e10 * X[:, :1], loss="mean_squared_error", optimizer=nn.SGD(1e38), batch_size=40
        )
