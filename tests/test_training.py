import math
from types import SimpleNamespace

import numpy as np
import pytest

from nbhelpers import training
from nbhelpers.errors import (
    DatasetError,
    DtypeError,
    NaNError,
    ResultError,
    SettingError,
    ShapeError,
)


@pytest.fixture(scope="module")
def blobs():
    rng = np.random.default_rng(0)
    y = np.arange(60) % 2
    return (rng.normal(size=(60, 3)) + 4 * y[:, None]).astype("float32"), y


def build():
    import keras

    model = keras.Sequential([keras.layers.Input((3,)), keras.layers.Dense(2, "softmax")])
    model.compile("sgd", "sparse_categorical_crossentropy", metrics=["accuracy"])
    return model


def test_history_has_one_value_an_epoch_and_set(blobs):
    (run,) = training.fit_seeds(
        build, blobs, seeds=[3], epochs=2, batch_size=20, test=blobs, validation=blobs
    )
    assert set(run.history) == {
        *("loss", "accuracy", "test_loss", "test_accuracy", "val_loss", "val_accuracy")
    }
    assert {len(values) for values in run.history.values()} == {2}
    assert run.n_parameters == 3 * 2 + 2
    assert run.epochs == 2
    assert 0 < run.epoch_seconds[0] < run.seconds


def test_the_test_accuracy_is_the_models_own(blobs):
    (run,) = training.fit_seeds(build, blobs, seeds=[0], epochs=3, batch_size=10, test=blobs)
    predicted = run.model.predict(blobs[0], verbose=0).argmax(axis=1)
    assert run.final("test_accuracy") == pytest.approx((predicted == blobs[1]).mean())


def test_a_seed_decides_everything_and_seeds_differ(blobs):
    first, again, other = (
        training.fit_seeds(build, blobs, seeds=[seed], epochs=2, batch_size=10)[0].history["loss"]
        for seed in (1, 1, 2)
    )
    assert first == again
    assert first != other


def test_a_seed_decides_everything_whatever_seeds_come_before_it(blobs):
    def build_with_state_of_every_kind():
        import keras
        from keras import layers

        hidden = [layers.Dense(4), layers.BatchNormalization(), layers.Dropout(0.5)]
        model = keras.Sequential([layers.Input((3,)), *hidden, layers.Dense(2, "softmax")])
        rate = training.warm_up_then_decay(60, epochs=2, batch_size=10, peak=0.1)
        adam = keras.optimizers.Adam(rate)
        model.compile(adam, "sparse_categorical_crossentropy", metrics=["accuracy"])
        return model

    settings = {"epochs": 2, "batch_size": 10, "test": blobs}
    (alone,) = training.fit_seeds(build_with_state_of_every_kind, blobs, seeds=[2], **settings)
    first, after = training.fit_seeds(
        build_with_state_of_every_kind, blobs, seeds=[1, 2], **settings
    )
    assert after.history == alone.history != first.history
    predictions = [run.model.predict(blobs[0], verbose=0) for run in (alone, first, after)]
    np.testing.assert_array_equal(predictions[2], predictions[0])
    assert not np.allclose(predictions[1], predictions[0])


def test_a_model_without_input_shape_is_refused(blobs):
    def unbuilt():
        import keras

        model = keras.Sequential([keras.layers.Dense(2, "softmax")])
        model.compile("sgd", "sparse_categorical_crossentropy")
        return model

    with pytest.raises(ShapeError, match="Input"):
        training.fit_seeds(unbuilt, blobs, seeds=[0], epochs=1, batch_size=10)


def test_epochs_go_on_from_the_epoch_before(blobs):
    (run,) = training.fit_seeds(build, blobs, seeds=[0], epochs=8, batch_size=10, test=blobs)
    losses = run.history["test_loss"]
    assert losses[-1] < losses[0]
    assert run.model.optimizer.iterations == 8 * 6


def test_augmentation_is_drawn_anew_for_each_epoch(blobs):
    seen = []

    def jitter(x, rng):
        seen.append(rng.normal(size=x.shape).astype("float32"))
        return x + seen[-1]

    training.fit_seeds(build, blobs, seeds=[0], epochs=2, batch_size=30, augment=jitter)
    assert len({noise.tobytes() for noise in seen}) == 2 * 2  # epochs times batches


def test_each_epoch_sees_every_sample_once_in_an_order_of_its_own(blobs):
    seen = []

    def watch(x, rng):
        seen.extend(x[:, 0])
        return x

    training.fit_seeds(build, blobs, seeds=[0], epochs=2, batch_size=25, augment=watch)
    first, second = seen[:60], seen[60:]
    assert sorted(first) == sorted(second) == sorted(blobs[0][:, 0])
    assert first != second


@pytest.mark.parametrize("n_labels", [0, 59])
def test_samples_and_labels_must_match(blobs, n_labels):
    with pytest.raises(ShapeError, match=f"60 samples and y has {n_labels}"):
        training.fit_seeds(
            build, (blobs[0], blobs[1][:n_labels]), seeds=[0], epochs=1, batch_size=10
        )


def test_validation_is_stratified_and_disjoint(blobs):
    x = np.arange(60)
    (x_fit, y_fit), (x_val, y_val) = training.split_validation(x, blobs[1], fraction=0.2)
    assert sorted([*x_fit, *x_val]) == list(x)
    assert y_val.mean() == y_fit.mean() == 0.5


def test_a_class_that_cannot_be_split_is_named_before_anything_is_trained():
    x, y = np.zeros((12, 2)), np.array([0] * 6 + [1] * 5 + [2])
    with pytest.raises(DatasetError, match="one sample only of 2; expected two"):
        training.split_validation(x, y)
    with pytest.raises(DatasetError, match="one sample only of rare; expected two"):
        training.split_validation(x, y, names=("often", "also", "rare"))
    many = np.arange(12)
    with pytest.raises(DatasetError, match="of 0, 1, 2, 3, 4, 5, 6, 7, 8, 9 and 2 more classes;"):
        training.split_validation(x, many)
    with pytest.raises(DatasetError, match="of 11 samples holds out 1; expected at least one of"):
        training.split_validation(x[:11], y[:11], fraction=0.05)
    assert len(training.split_validation(x[:11], y[:11], fraction=0.2)[1][1]) == 3


def test_shifts_move_whole_images_and_fill_with_zeros():
    x = np.zeros((200, 7, 7, 1), "float32")
    x[:, 3, 3] = 1
    shifted = training.shift_images(x, np.random.default_rng(0), max_shift=2)
    assert (shifted.sum(axis=(1, 2, 3)) == 1).all()
    places = set(zip(*np.nonzero(shifted)[1:3], strict=True))
    assert places == {(row, column) for row in range(1, 6) for column in range(1, 6)}


def test_a_shift_out_of_the_image_loses_what_left_it():
    x = np.ones((50, 2, 2, 1), "float32")
    shifted = training.shift_images(x, np.random.default_rng(1), max_shift=1)
    assert set(shifted.sum(axis=(1, 2, 3))) == {1, 2, 4}


def test_shift_wants_channels():
    with pytest.raises(ShapeError, match="channels"):
        training.shift_images(np.zeros((5, 4, 4)), np.random.default_rng(0))


def test_the_learning_rate_climbs_then_falls_to_nothing_over_the_whole_training():
    rate = training.warm_up_then_decay(1000, epochs=4, batch_size=100, peak=0.01)  # 40 steps
    values = np.array([float(rate(step)) for step in range(41)])
    assert values[0] == pytest.approx(0.0005)
    assert values.argmax() == 10
    assert values[10] == pytest.approx(0.01)
    assert np.all(np.diff(values[:11]) > 0)
    assert np.all(np.diff(values[10:]) < 0)
    assert values[40] == pytest.approx(0, abs=1e-9)


def test_a_training_of_a_single_step_still_has_a_learning_rate():
    rate = training.warm_up_then_decay(10, epochs=1, batch_size=100, peak=0.01)
    assert float(rate(0)) > 0


def test_training_loss_is_the_mean_over_samples_not_over_batches(blobs):
    import keras

    def frozen():
        model = build()
        model.compile(keras.optimizers.SGD(0.0), model.loss, metrics=["accuracy"])
        return model

    (run,) = training.fit_seeds(frozen, blobs, seeds=[0], epochs=1, batch_size=25, test=blobs)
    for metric in ("loss", "accuracy"):
        assert run.final(metric) == pytest.approx(run.final(f"test_{metric}"), rel=1e-5)


def test_images_are_distorted_by_what_was_asked_for_and_nothing_else():
    rng = np.random.default_rng(0)
    x = rng.random((8, 21, 21, 1), dtype=np.float32)
    np.testing.assert_allclose(training.distort_images(x, rng), x, atol=1e-6)
    mirrored = training.distort_images(x, np.random.default_rng(1), flip=True)
    same = [np.allclose(a, b, atol=1e-5) for a, b in zip(mirrored, x, strict=True)]
    turned = [np.allclose(a, b[:, ::-1], atol=1e-5) for a, b in zip(mirrored, x, strict=True)]
    assert all(a != b for a, b in zip(same, turned, strict=True))
    assert 0 < sum(turned) < 8


def centres(pictures):
    """Return how far right and down of the middle the mass of each square picture is, in pixels."""
    grid = np.arange(pictures.shape[1]) - pictures.shape[1] // 2
    mass = pictures.sum(axis=(1, 2))
    return (pictures * grid).sum((1, 2)) / mass, (pictures * grid[:, None]).sum((1, 2)) / mass


def test_a_distorted_dot_goes_where_the_draw_says():
    """A dot right of the middle, turned by up to 90 degrees, stays at its distance."""
    x = np.zeros((200, 41, 41, 1), np.float32)
    x[:, 18:23, 28:33] = 1  # ten pixels to the right
    turned = training.distort_images(x, np.random.default_rng(0), rotation=90)[..., 0]
    right, down = centres(turned)
    np.testing.assert_allclose(np.hypot(right, down), 10, atol=0.3)
    assert down.min() < -8
    assert down.max() > 8
    zoomed = training.distort_images(x, np.random.default_rng(0), zoom=0.5)[..., 0]
    area = zoomed.sum(axis=(1, 2))
    assert 5 < area.min() < 10
    assert 40 < area.max() < 60
    shifted = training.distort_images(x, np.random.default_rng(0), shift=0.2)[..., 0]
    moves = centres(shifted)[0] - 10
    assert -8.3 < moves.min() < -6
    assert 6 < moves.max() < 8.3


def test_a_shear_moves_what_is_above_to_one_side_and_leaves_its_height():
    x = np.zeros((200, 41, 41, 1), np.float32)
    x[:, 9:12, 19:22] = 1  # ten pixels above the middle
    sheared = training.distort_images(x, np.random.default_rng(0), shear=0.5)[..., 0]
    right, down = centres(sheared)
    np.testing.assert_allclose(down, -10, atol=0.1)
    assert -5.1 < right.min() < -4.5
    assert 4.5 < right.max() < 5.1


def test_turned_and_sheared_at_once_a_picture_keeps_its_area():
    x = np.zeros((200, 61, 61, 1), np.float32)
    x[:, 23:38, 23:38] = 1
    rng = np.random.default_rng(0)
    moved = training.distort_images(x, rng, rotation=90, shear=0.5)[..., 0]
    np.testing.assert_allclose(moved.sum(axis=(1, 2)), 15 * 15, rtol=0.02)


def test_distorting_what_is_no_batch_of_images_is_refused():
    with pytest.raises(ShapeError, match="expected"):
        training.distort_images(np.zeros((3, 28, 28)), np.random.default_rng(0))


def test_what_is_compiled_once_gives_the_same_for_every_data_set(blobs):
    fit = training.compile_once(build)
    few = blobs[0][:25], blobs[1][:25]  # the last batch of 10 is short, unlike that of 60
    for train, epochs in ((blobs, 2), (few, 3), (blobs, 1)):
        settings = {"seeds": [0, 1], "epochs": epochs, "batch_size": 10, "test": blobs}
        alone = training.fit_seeds(build, train, **settings)
        assert [run.history for run in fit(train, **settings)] == [run.history for run in alone]


def test_a_step_is_traced_once_for_whole_batches_and_once_for_all_others(blobs):
    import keras

    traced = []

    class Watched(keras.layers.Layer):
        def call(self, x):
            traced.append(x.shape[0])
            return x

    def build_watched():
        layers = [keras.layers.Input((3,)), Watched(), keras.layers.Dense(2, "softmax")]
        model = keras.Sequential(layers)
        model.compile("sgd", "sparse_categorical_crossentropy", metrics=["accuracy"])
        traced.clear()  # what building the model asked for
        return model

    settings = {"seeds": [0], "epochs": 2, "batch_size": 25, "test": blobs}
    training.fit_seeds(build_watched, blobs, **settings)
    assert traced == [1, 25, None, 60], "one sample for the metrics, then training, then testing"


def test_a_network_is_described_in_keras_words():
    import keras
    from keras import layers

    def own_start(shape, dtype=None):
        return keras.ops.zeros(shape, dtype)

    normal = keras.initializers.RandomNormal(stddev=0.05)
    schedule = keras.optimizers.schedules.InverseTimeDecay(0.05, 1, 1e-6)
    model = keras.Sequential(
        [
            keras.Input((8, 8, 1)),
            layers.Conv2D(4, 3, activation="tanh"),
            layers.MaxPooling2D(2),
            layers.Flatten(),
            layers.Dense(3, kernel_initializer=own_start),
            layers.Dropout(0.2),
            layers.Dense(
                2, kernel_initializer=normal, kernel_regularizer=keras.regularizers.L2(0.001)
            ),
        ]
    )
    loss = keras.losses.CategoricalCrossentropy(from_logits=True)
    model.compile(keras.optimizers.SGD(schedule, momentum=0.9, nesterov=True), loss)
    described = training.describe_network(model)
    assert described["layers"] == [
        "Conv2D(4, 3x3, tanh, valid, GlorotUniform)",
        "MaxPooling2D(2x2, valid)",
        "Flatten()",
        "Dense(3, linear, own_start)",
        "Dropout(0.2)",
        "Dense(2, linear, RandomNormal(mean=0, stddev=0.05), L2(l2=0.001))",
    ]
    assert described["loss"] == "categorical_crossentropy"
    assert described["optimizer"] == "SGD"
    assert described["learning_rate"].startswith("InverseTimeDecay(initial_learning_rate=0.05")
    assert (described["momentum"], described["nesterov"]) == (0.9, True)


def test_a_run_knows_what_it_was_trained_on():
    import keras
    from keras import layers

    def build():
        model = keras.Sequential([keras.Input((2,)), layers.Dense(2)])
        model.compile(keras.optimizers.Adam(0.05), "mse", metrics=["accuracy"])
        return model

    x, y = np.zeros((6, 2), "float32"), np.eye(2, dtype="float32")[[0, 1] * 3]
    (run,) = training.fit_seeds(
        build, (x, y), seeds=[0], epochs=1, batch_size=3, test=(x[:4], y[:4])
    )
    expected = {"batch_size": 3, "trained_on": 6, "tested_on": 4, "augmented": False}
    assert expected.items() <= run.settings.items()
    assert run.settings["learning_rate"] == 0.05  # Keras keeps 0.050000001


def test_a_run_that_diverges_stops_at_its_epoch():
    losses = iter([0.5, 0.4, math.nan, math.nan])
    steps = SimpleNamespace(train=lambda batches: {"loss": next(losses)})
    with pytest.raises(NaNError, match="seed 7 stopped in epoch 3: loss is nan"):
        training._fit(steps, ([0], [0]), {}, seed=7, epochs=9, batch_size=1, augment=None)
    assert next(losses) is math.nan, "no epoch is trained for nothing"


def test_where_it_is_the_question_a_run_that_diverges_is_kept():
    losses = iter([0.5, math.nan, math.nan])
    steps = SimpleNamespace(train=lambda batches: {"loss": next(losses)})
    history, _ = training._fit(steps, ([0], [0]), {}, 7, 3, 1, None, may_diverge=True)
    assert np.isnan(history["loss"]).tolist() == [False, True, True]


def test_a_standardised_image_forgets_one_factor_of_light_and_only_its_own():
    x = np.random.default_rng(0).random((3, 9, 7, 1)) + 0.1
    bright, dark = training.standardise_images(x), training.standardise_images(0.2 * x)
    np.testing.assert_allclose(bright.mean((1, 2, 3)), 0, atol=1e-9)
    np.testing.assert_allclose(bright.std((1, 2, 3)), 1, rtol=1e-4)
    np.testing.assert_allclose(dark, bright, rtol=1e-4)
    np.testing.assert_array_equal(training.standardise_images(x[:1]), bright[:1])
    assert not training.standardise_images(np.ones((1, 4, 4, 1))).any()


def test_local_contrast_forgets_slow_light_and_keeps_images_apart():
    rng = np.random.default_rng(0)
    face, ramp = rng.random((2, 60, 60, 1)), np.linspace(0, 3, 60).reshape(1, 60, 1, 1)
    lit, plain = (training.local_contrast(z, 4)[:, 20:40, 20:40] for z in (face + ramp, face))
    np.testing.assert_allclose(lit, plain, atol=0.02)
    assert abs(plain.std() - 1) < 0.1
    np.testing.assert_array_equal(
        training.local_contrast(face[:1]), training.local_contrast(face)[:1]
    )
    np.testing.assert_allclose(training.local_contrast(np.full((1, 5, 5, 1), 0.25)), 0, atol=1e-12)
    differ = training.local_contrast(face, edges="reflect") != training.local_contrast(face)
    assert differ[:, :4].any()
    assert training.local_contrast(face.astype("float32")).dtype == np.float32
    grey = np.rint(200 * face)
    for kind in ("uint8", "int64"):  # of which a difference below 0 would go round, or be cut off
        found = training.local_contrast(grey.astype(kind))
        np.testing.assert_allclose(found, training.local_contrast(grey), atol=1e-3)


def test_a_rounded_network_is_what_its_exported_weights_are_and_the_first_stays_as_it_was(blobs):
    (run,) = training.fit_seeds(build, blobs, seeds=[0], epochs=1, batch_size=20)
    before = run.model.get_weights()
    rounded = training.rounded_to_half(run.model)
    assert all(map(np.array_equal, before, run.model.get_weights()))
    assert not all(map(np.array_equal, before, rounded.get_weights()))
    with pytest.raises(
        DtypeError, match="0_kernel is not rounded; expected what `rounded_to_half`"
    ):
        training.named_weights(run.model)
    named = training.named_weights(rounded)
    assert [name.split("_")[1] for name in named] == ["kernel", "bias"] * (len(named) // 2)
    for weight, exported in zip(rounded.get_weights(), named.values(), strict=True):
        assert exported.dtype == np.float16
        assert np.array_equal(weight, exported)
    assert rounded.predict(blobs[0], verbose=0) == pytest.approx(
        run.model.predict(blobs[0], verbose=0), abs=0.01
    )


def test_the_hardest_examples_and_some_of_each_class_are_shown():
    model = SimpleNamespace(predict=lambda x, verbose: np.array([0.9, 0.8, 0.1, 0.7, 0.6])[:, None])
    y = np.zeros(5, int)
    assert list(training.hard_and_usual(model, np.ones(5), y, n_hard=2, n_each=1)) == [0, 2, 4]


@pytest.mark.parametrize("bad", [{"epochs": 0}, {"batch_size": -1}, {"batch_size": None}])
def test_no_training_does_not_pass_for_one(blobs, bad):
    with pytest.raises(SettingError, match="expected a whole number from 1"):
        training.fit_seeds(build, blobs, **({"seeds": [0], "epochs": 1, "batch_size": 8} | bad))


def test_what_was_not_measured_is_named_with_what_was():
    run = training.Run(3, {"loss": [0.5], "accuracy": [0.9]})
    with pytest.raises(ResultError, match="seed 3 has no val_accuracy; expected one of loss, acc"):
        run.final("val_accuracy")
