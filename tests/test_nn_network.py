"""Initialisers, optimizers, layers and Sequential of nn, beside Keras'."""

import platform
import subprocess
import sys

import keras
import numpy as np
import pytest
import tensorflow as tf
from sklearn.datasets import load_digits

from nbhelpers import nn
from nbhelpers.errors import ShapeError, WeightsError

SHAPE = (8, 8, 1)
LOGITS = {"loss": "categorical_crossentropy"}


@pytest.fixture(scope="module")
def digits():
    """1,797 real digits of 8 x 8 pixels, in [0, 1]."""
    x, y = load_digits(return_X_y=True)
    return (x / 16).reshape(-1, *SHAPE).astype("float32"), y


def ours(dtype="float64", seed=0):
    """Return a network with every kind of layer that training does not make random."""
    layers = [
        nn.Conv2D(4, 3, padding="same", activation="relu"),
        nn.AveragePooling2D(2),
        nn.Conv2D(6, (2, 3), strides=2, padding="same"),
        nn.BatchNormalization(),
        nn.PReLU(shared_axes=(1, 2)),
        nn.MaxPooling2D(2, strides=1),
        nn.Flatten(),
        nn.Dense(12, "tanh", "he_normal"),
        nn.BatchNormalization(momentum=0.9, epsilon=1e-2),
        nn.Activation("elu"),
        nn.Dense(10),
    ]
    return nn.Sequential(layers, SHAPE, seed=seed, dtype=dtype)


def theirs():
    """Return the same network in Keras, in float64."""
    layers = keras.layers
    model = keras.Sequential(
        [
            keras.Input(SHAPE, dtype="float64"),
            layers.Conv2D(4, 3, padding="same", activation="relu", dtype="float64"),
            layers.AveragePooling2D(2, dtype="float64"),
            layers.Conv2D(6, (2, 3), strides=2, padding="same", dtype="float64"),
            layers.BatchNormalization(dtype="float64"),
            layers.PReLU(shared_axes=(1, 2), dtype="float64"),
            layers.MaxPooling2D(2, strides=1, dtype="float64"),
            layers.Flatten(dtype="float64"),
            layers.Dense(12, activation="tanh", dtype="float64"),
            layers.BatchNormalization(momentum=0.9, epsilon=1e-2, dtype="float64"),
            layers.Activation("elu", dtype="float64"),
            layers.Dense(10, dtype="float64"),
        ]
    )
    loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    model.compile(keras.optimizers.SGD(1 / 16, momentum=0.75), loss, metrics=["accuracy"])
    return model


def test_a_network_with_keras_weights_gives_keras_outputs_gradients_and_curve(digits):
    x, y = digits[0][:96].astype("float64"), digits[1][:96]
    mine, keras_model = ours(), theirs()
    keras_model.set_weights(mine.get_weights())
    np.testing.assert_allclose(mine.predict(x), keras_model(x).numpy(), atol=1e-12)

    with tf.GradientTape() as tape:
        losses = tf.nn.sparse_softmax_cross_entropy_with_logits(y, keras_model(x, training=True))
        loss = tf.reduce_mean(losses)
    gradients = tape.gradient(loss, keras_model.trainable_variables)
    keras_model.set_weights(mine.get_weights())  # the forward pass moved the averages
    twin = ours()
    twin.set_weights(mine.get_weights())
    value, cache = nn.categorical_crossentropy(twin.forward(x, training=True), y)
    twin.backward(nn.categorical_crossentropy_backward(cache))
    np.testing.assert_allclose(value, float(loss), atol=1e-12)
    for gradient, expected in zip(twin.grads.values(), gradients, strict=True):
        np.testing.assert_allclose(gradient, expected.numpy(), atol=1e-12)

    settings = {"batch_size": 20, "epochs": 3, "shuffle": False}  # 20 does not divide 96
    history = mine.fit(
        x, y, optimizer=nn.SGD(1 / 16, momentum=0.75), validation=(x, y), **LOGITS, **settings
    )
    expected = keras_model.fit(x, y, validation_data=(x, y), verbose=0, **settings).history
    assert set(history) == set(expected)
    for name, values in expected.items():  # Keras sums its metrics up in float32
        np.testing.assert_allclose(history[name], values, rtol=1e-5)
    for weight, other in zip(mine.get_weights(), keras_model.get_weights(), strict=True):
        np.testing.assert_allclose(weight, other, atol=1e-7)


@pytest.mark.parametrize(
    ("name", "settings"),
    [
        ("SGD", {"learning_rate": 0.1}),
        ("SGD", {"learning_rate": 0.1, "momentum": 0.9}),
        ("SGD", {"learning_rate": 0.1, "momentum": 0.9, "nesterov": True}),
        ("SGD", {"learning_rate": 0.1, "nesterov": True}),
        ("Adam", {}),
        ("Adam", {"learning_rate": 0.1, "beta_1": 0.5, "beta_2": 0.9, "epsilon": 0.01}),
    ],
)
def test_optimizers_step_by_step_as_keras(name, settings):
    rng = np.random.default_rng(0)
    params = {"kernel": rng.normal(size=(3, 2)), "bias": rng.normal(size=2)}
    variables = [keras.Variable(array, dtype="float64") for array in params.values()]
    mine, keras_optimizer = (
        getattr(nn, name)(**settings),
        getattr(keras.optimizers, name)(**settings),
    )
    for _ in range(10):
        grads = {key: rng.normal(size=array.shape) for key, array in params.items()}
        mine.update(params, grads)
        keras_optimizer.apply([tf.constant(grad) for grad in grads.values()], variables)
        for param, variable in zip(params.values(), variables, strict=True):
            # Keras takes its settings to float32 first.
            np.testing.assert_allclose(param, variable.numpy(), rtol=1e-6, atol=1e-7)


@pytest.mark.parametrize(
    ("name", "variance"),
    [
        ("glorot_uniform", 2 / (3 * 3 * (20 + 30))),
        ("glorot_normal", 2 / (3 * 3 * (20 + 30))),
        ("he_uniform", 2 / (3 * 3 * 20)),
        ("he_normal", 2 / (3 * 3 * 20)),
        ("lecun_normal", 1 / (3 * 3 * 20)),
        ("random_normal", 0.05**2),
    ],
)
def test_initialisers_have_their_variance_and_keras_range(name, variance):
    shape = (3, 3, 20, 30)
    weights = getattr(nn, name)(shape, np.random.default_rng(0))
    assert weights.dtype == "float32"
    assert weights.var() == pytest.approx(variance, rel=0.05)
    keras_name = {"random_normal": "RandomNormal"}.get(name, name)
    expected = np.asarray(keras.initializers.get(keras_name)(shape))
    assert weights.var() == pytest.approx(expected.var(), rel=0.08)
    if name != "random_normal":  # the others end somewhere
        assert np.abs(weights).max() == pytest.approx(np.abs(expected).max(), rel=0.01)


def test_digits_are_learned(digits):
    x, y = digits
    layers = [
        nn.Conv2D(8, 3, activation="relu"),
        nn.MaxPooling2D(2),
        nn.Flatten(),
        nn.Dropout(0.1),
        nn.Dense(10),
    ]
    model = nn.Sequential(layers, SHAPE)
    history = model.fit(
        x[:1400],
        y[:1400],
        optimizer=nn.Adam(0.01),
        batch_size=50,
        epochs=6,
        validation=(x[1400:], y[1400:]),
        **LOGITS,
    )
    assert history["loss"][-1] < 0.25 < 0.75 < history["loss"][0]
    assert history["val_accuracy"][-1] > 0.85
    measured = model.evaluate(x[1400:], y[1400:], **LOGITS)
    assert measured["accuracy"] == history["val_accuracy"][-1]
    onehot = model.evaluate(x[1400:], np.eye(10)[y[1400:]], **LOGITS)
    assert onehot == pytest.approx(measured)


@pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="other allocators do as they like")
def test_a_batch_gets_the_memory_of_the_one_before():
    code = """
import resource
import numpy as np
from nbhelpers import nn

layers = [nn.Conv2D(6, 5, activation="relu"), nn.AveragePooling2D(), nn.Flatten(), nn.Dense(10)]
model = nn.Sequential(layers, (28, 28, 1))
x, y = np.ones((128, 28, 28, 1), "float32"), np.zeros(128, int)

def faults(batches):
    before = resource.getrusage(resource.RUSAGE_SELF)
    for _ in range(batches):
        model.train_on_batch(x, y, loss="categorical_crossentropy", optimizer=nn.SGD())
    return resource.getrusage(resource.RUSAGE_SELF).ru_minflt - before.ru_minflt

faults(5)
print(faults(20))
"""
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert int(run.stdout) < 20 * 20  # pages; its arrays take thousands


def test_below_the_first_parameters_no_gradient_is_computed():
    class Unneeded(nn.Flatten):
        def backward(self, dout, input_gradient=True):
            raise AssertionError("nobody needs the gradient of the images")

    class First(nn.Dense):
        def backward(self, dout, input_gradient=True):
            assert not input_gradient
            return super().backward(dout, input_gradient)

    model = nn.Sequential([Unneeded(), First(3, "tanh"), nn.Dense(2)], (4, 4, 1))
    model.forward(np.ones((5, 4, 4, 1), "float32"), training=True)
    model.backward(np.ones((5, 2), "float32"))
    assert set(model.grads) == set(model.params)


def test_what_a_network_returned_stays_as_it_was(digits):
    model = ours()
    first = model.forward(digits[0][:8].astype("float64"), training=True)
    kept = first.copy()
    model.backward(np.ones_like(first))
    grads = {name: (grad, grad.copy()) for name, grad in model.grads.items()}
    with pytest.raises(ShapeError):
        model.forward(np.ones((8, 3, 3, 2)), training=True)
    model.backward(np.ones_like(model.forward(np.ones((8, *SHAPE)), training=True)))
    np.testing.assert_array_equal(first, kept)
    for grad, before in grads.values():
        np.testing.assert_array_equal(grad, before)


def test_sigmoid_and_squared_error_learn_too():
    x = np.array([[0.0, 0.0], [0.0, 1.0], [1.0, 0.0], [1.0, 1.0]])
    y = np.array([[0], [1], [1], [0]])
    for loss in ("binary_crossentropy", "mean_squared_error"):
        model = nn.Sequential([nn.Dense(8, "tanh"), nn.Dense(1)], (2,), dtype="float64")
        history = model.fit(x, y, loss=loss, optimizer=nn.Adam(0.05), batch_size=4, epochs=200)
        assert history["loss"][-1] < 0.02
        assert ("accuracy" in history) == (loss != "mean_squared_error")


def test_a_seed_decides_everything(digits):
    x, y = digits[0][:100], digits[1][:100]

    def run(seed):
        model = nn.Sequential([nn.Flatten(), nn.Dropout(0.5), nn.Dense(10)], SHAPE, seed=seed)
        return model.fit(x, y, optimizer=nn.SGD(0.1), epochs=2, **LOGITS)

    assert run(1) == run(1)
    assert run(1) != run(2)


def test_dropout_does_nothing_when_predicting():
    layer = nn.Dropout(0.5)
    layer.build((3,), np.random.default_rng(0))
    x = np.ones((2, 3))
    assert layer.forward(x) is x
    assert (layer.forward(x, training=True) != 1).all()


def test_predictions_come_in_batches_of_any_size(digits):
    model = ours("float32")
    x = digits[0][:10]
    assert model.predict(x).dtype == "float32"
    np.testing.assert_allclose(model.predict(x, batch_size=3), model.predict(x), atol=1e-5)


def test_progress_is_shown_on_request_only(capsys):
    for progress in (False, True):
        model = nn.Sequential([nn.Dense(2)], (3,))
        x, y = np.ones((8, 3)), np.zeros(8, int)
        model.fit(x, y, optimizer=nn.SGD(), batch_size=4, epochs=3, progress=progress, **LOGITS)
        printed = capsys.readouterr()
        assert printed.out == ""
        assert ("6/6" in printed.err) == progress


def test_summary_lists_layers_shapes_and_parameters():
    summary = nn.Sequential([nn.Conv2D(6, 5), nn.Flatten(), nn.Dense(10)], (28, 28, 1)).summary()
    assert [line.split() for line in summary.splitlines()[1:]] == [
        ["Conv2D", "(24,", "24,", "6)", "156"],
        ["Flatten", "(3456,)", "0"],
        ["Dense", "(10,)", "34,570"],
        ["34,726"],
    ]


def test_saved_weights_come_back_with_the_moving_averages(tmp_path, digits):
    x, y = digits[0][:50], digits[1][:50]
    model = ours("float32")
    model.fit(x, y, optimizer=nn.SGD(0.1), **LOGITS)
    model.save(tmp_path / "weights.npz")
    assert [path.name for path in tmp_path.iterdir()] == ["weights.npz"]
    other = ours("float32", seed=1)
    other.load(tmp_path / "weights.npz")
    np.testing.assert_array_equal(other.predict(x), model.predict(x))


def test_a_failed_save_keeps_the_old_file(tmp_path, monkeypatch):
    path = tmp_path / "weights.npz"
    model = nn.Sequential([nn.Dense(2)], (3,))
    model.save(path)
    before = path.read_bytes()

    def fail(file, **arrays):
        file.write(b"half")
        raise OSError("disk full")

    monkeypatch.setattr(np, "savez", fail)
    with pytest.raises(OSError, match="disk full"):
        model.save(path)
    assert path.read_bytes() == before
    assert list(tmp_path.iterdir()) == [path]


def test_weights_that_do_not_fit_are_refused(tmp_path):
    path = tmp_path / "weights.npz"
    model = nn.Sequential([nn.Dense(2)], (3,))
    before = model.get_weights()
    nn.Sequential([nn.Dense(4)], (3,)).save(path)
    with pytest.raises(WeightsError, match=r"found .*float32\[3, 4\].*expected .*float32\[3, 2\]"):
        model.load(path)
    nn.Sequential([nn.Dense(2), nn.Dense(1)], (3,)).save(path)
    with pytest.raises(WeightsError, match="1.Dense.kernel"):
        model.load(path)
    nn.Sequential([nn.Dense(2)], (3,), dtype="float64").save(path)
    with pytest.raises(WeightsError, match="float64"):
        model.load(path)
    for content in (b"", b"<html>not found</html>", path.read_bytes()[:100]):
        path.write_bytes(content)
        with pytest.raises(WeightsError, match="holds no weights"):
            model.load(path)
    with pytest.raises(WeightsError, match="holds no weights"):
        model.load(tmp_path / "missing.npz")
    with pytest.raises(WeightsError, match=r"does not end in \.npz"):
        model.save(tmp_path / "weights.h5")
    with pytest.raises(WeightsError, match=r"shapes \[\(3, 2\)\]; expected \[\(3, 2\), \(2,\)\]"):
        model.set_weights(before[:1])
    for array, other in zip(before, model.get_weights(), strict=True):
        np.testing.assert_array_equal(array, other)


def test_pickled_objects_are_never_loaded(tmp_path):
    path = tmp_path / "weights.npz"
    np.savez(path, **{"0.Dense.kernel": np.array([{}], object)})
    with pytest.raises(WeightsError, match="allow_pickle=False"):
        nn.Sequential([nn.Dense(2)], (3,)).load(path)
