"""Train a Keras model over several seeds and keep what a fair comparison needs."""

import logging
import math
import time
from dataclasses import dataclass, field

import numpy as np

from nbhelpers import _validate
from nbhelpers.errors import DatasetError, DtypeError, NaNError, ResultError, ShapeError

__all__ = [
    "Run",
    "compile_once",
    "describe_network",
    "distort_images",
    "fit_seeds",
    "hard_and_usual",
    "local_contrast",
    "named_weights",
    "rounded_to_half",
    "shift_images",
    "split_validation",
    "standardise_images",
    "warm_up_then_decay",
]

EVALUATION_BATCH = 200  # larger ones are no faster, and 64 feature maps of 1000 images take 200 MB


@dataclass(frozen=True)
class Run:
    """One training from one seed.

    Attributes
    ----------
    seed : int
        Seed of the initial weights, the order of the batches, and dropout.
    history : dict of str to list of float
        One value an epoch. ``loss`` and ``accuracy`` are Keras' running means *during* the epoch,
        dropout and augmentation included; ``test_*`` and ``val_*`` are measured after it.
    epoch_seconds : list of float
        Wall seconds of training, cumulative, after each epoch; evaluation is not in them.
    n_parameters : int
        Trainable parameters.
    model : keras.Model or None
        The model after the last epoch.
    settings : dict
        What was trained and how, read off the model and the call; goes with the results.
    """

    seed: int
    history: dict
    epoch_seconds: list = field(default_factory=list)
    n_parameters: int = 0
    model: object = None
    settings: dict = field(default_factory=dict)

    @property
    def seconds(self):
        """Wall seconds of the whole training, evaluation excluded."""
        return self.epoch_seconds[-1] if self.epoch_seconds else 0.0

    @property
    def epochs(self):
        """Number of epochs trained."""
        return len(self.epoch_seconds)

    def final(self, metric="test_accuracy"):
        """Return the value of ``metric`` after the last epoch, or raise a `ResultError`."""
        try:
            return self.history[metric][-1]
        except (KeyError, IndexError) as error:
            raise ResultError(
                f"the run from seed {self.seed} has no {metric}; expected one of "
                f"{', '.join(self.history)}. Training measures what it is given: test, validation."
            ) from error


def fit_seeds(build, train, *, seeds, epochs, batch_size, test=None, validation=None, augment=None,
              may_diverge=False):  # fmt: skip
    """Build and train one model per seed, evaluating after every epoch.

    Parameters
    ----------
    build : callable
        Takes nothing, returns a *compiled* Keras model that begins with an ``Input``, the same at
        every call but for its initial weights. It is called after each seed is set.
    train : tuple of ndarray
        ``x`` of shape (n, ...) and ``y`` of shape (n,) or (n, classes).
    seeds : sequence of int
        One training each.
    epochs, batch_size : int
        As in ``keras.Model.fit``.
    test, validation : tuple of ndarray, optional
        ``x, y`` to evaluate after each epoch, under ``test_*`` and ``val_*`` in the history.
    augment : callable, optional
        ``augment(x, rng)`` returns a changed copy of a batch, drawn anew in each epoch. Its time
        counts as training.
    may_diverge : bool, default=False
        Where it is the question whether training diverges: a run that does is trained to its end
        and kept. Its losses are NaN, and its answers no answers; the accuracy is what Keras makes
        of these, the share of the first class.

    Returns
    -------
    list of Run
        In the order of ``seeds``.

    Raises
    ------
    ShapeError
        If ``x`` and ``y`` differ in length, there is nothing to train on, or the model's input
        shape is unknown.
    SettingError
        If ``epochs`` or ``batch_size`` is no whole number from 1.
    NaNError
        If training diverges and may not; names the seed and the epoch.

    See Also
    --------
    compile_once : For the same network on several data sets.
    """
    return compile_once(build)(
        train, seeds=seeds, epochs=epochs, batch_size=batch_size, test=test,
        validation=validation, augment=augment, may_diverge=may_diverge,
    )  # fmt: skip


def compile_once(build):
    """Return `fit_seeds` for one architecture, which is compiled once for all its trainings.

    Compiling takes a second or more. That is nothing beside one long training, and most of the
    time where the same small network learns from many variants of a data set.

    Parameters
    ----------
    build : callable
        As for `fit_seeds`.

    Returns
    -------
    callable
        ``fit(train, **how)`` returns a list of `Run`, the same as
        ``fit_seeds(build, train, **how)``.
    """
    import keras

    # Every model has its own graph to trace; TensorFlow would call that a mistake, on the page.
    logging.getLogger("tensorflow").setLevel(logging.ERROR)
    # One model does the work for all seeds: its graphs are traced once, which takes seconds, and
    # tens of MB that TensorFlow does not give back.
    worker = _with_optimizer_state(build())
    steps = _Steps(worker)

    def fit(train, *, seeds, epochs, batch_size, test=None, validation=None, augment=None,
            may_diverge=False):  # fmt: skip
        _validate.whole("epochs", epochs)
        _validate.whole("batch_size", batch_size)
        sets = {"test": test, "val": validation}
        for name, pair in {"train": train, **sets}.items():
            _require_pairs(name, pair)
        held_out = {name: pair for name, pair in sets.items() if pair is not None}
        settings = describe_network(worker) | {"batch_size": batch_size}
        settings |= {"trained_on": len(train[0]), "augmented": augment is not None}
        settings |= {"tested_on": len(test[0])} if test is not None else {}
        runs = []
        for seed in seeds:
            keras.utils.set_random_seed(seed)
            model = _with_optimizer_state(build())
            _copy_state(model, worker)
            history, epoch_seconds = _fit(
                steps, train, held_out, seed, epochs, batch_size, augment, may_diverge
            )
            _copy_state(worker, model)
            size = _count_trainable(model)
            runs.append(Run(seed, history, epoch_seconds, size, model, settings))
        return runs

    return fit


def describe_network(model):
    """Return what a compiled Keras model is made of, and how it learns, in words.

    Parameters
    ----------
    model : keras.Sequential
        Compiled.

    Returns
    -------
    dict
        ``"layers"``, a list of str such as ``"Conv2D(6, 5x5, relu, valid, GlorotUniform)"``;
        ``"loss"``, by Keras' name; ``"optimizer"``; and what that was given: ``"learning_rate"``
        (a number, or the schedule in words), ``"momentum"``, ``"nesterov"``, ``"weight_decay"``.
    """
    optimizer = model.optimizer.get_config()
    given = {name: optimizer.get(name) for name in ("momentum", "nesterov", "weight_decay")}
    rate = optimizer["learning_rate"]
    return {
        "layers": [_describe_layer(layer) for layer in model.layers],
        "loss": _name(model.loss),
        "optimizer": type(model.optimizer).__name__,
        "learning_rate": _in_words(rate) if isinstance(rate, dict) else _shortest(rate),
    } | {name: value for name, value in given.items() if value}


def _shortest(number):
    """Return the number as it was given: Keras keeps it in 32 bits, where 0.05 is 0.050000001."""
    return float(str(np.float32(number)))


def _describe_layer(layer):
    config, words = layer.get_config(), []
    words += [
        str(config[key]) for key in ("filters", "units", "output_dim", "rate") if key in config
    ]
    windows = (config.get(key) for key in ("kernel_size", "pool_size"))
    words += ["x".join(map(str, window)) for window in windows if window]
    words += [
        str(config[key]) for key in ("activation", "padding") if isinstance(config.get(key), str)
    ]
    words += [_in_words(config["kernel_initializer"])] if "kernel_initializer" in config else []
    words += [_in_words(config[key]) for key in ("kernel_regularizer",) if config.get(key)]
    return f"{type(layer).__name__}({', '.join(words)})"


def _in_words(config):
    """Return a serialised Keras object as a call, without what is None or only its name."""
    if isinstance(config["config"], str):  # a plain function
        return config["config"]
    given = {
        k: v for k, v in config["config"].items() if v is not None and k not in ("name", "seed")
    }
    shown = ", ".join(
        f"{key}={value:.6g}" if isinstance(value, float) else f"{key}={value}"
        for key, value in given.items()
    )
    return f"{config['class_name']}({shown})" if shown else config["class_name"]


def _name(loss):
    """Return a loss's name, however it was given to ``compile``."""
    return loss if isinstance(loss, str) else getattr(loss, "name", None) or loss.__name__


def _with_optimizer_state(model):
    if not model.built:
        raise ShapeError("build() returned a model of unknown input shape; begin it with an Input.")
    model.optimizer.build(model.trainable_variables)
    return model


def _copy_state(source, target):
    """Copy every number that training changes: weights, optimizer, random generators of layers."""
    pairs = zip(
        [*source.variables, *source.optimizer.variables],
        [*target.variables, *target.optimizer.variables],
        strict=True,
    )
    for value, variable in pairs:
        variable.assign(value)


class _Steps:
    """Train or test a model on batches, one compiled step a batch.

    ``model.fit`` would keep two batches of every generator that it is given: gigabytes, in a
    chapter of three hundred epochs. ``train_on_batch`` would fetch the metrics after each batch,
    which takes longer than the training of a small network.
    """

    def __init__(self, model):
        import tensorflow as tf

        self._model = model
        self._train_step = tf.function(model.train_step, reduce_retracing=True)
        self._test_step = tf.function(model.test_step, reduce_retracing=True)
        self._has_metrics = False

    def train(self, batches):
        """Train on each batch once; return the means over the samples of loss and metrics."""
        return self._run(self._train_step, batches)

    def test(self, x, y):
        """Return the same means without training."""
        starts = range(0, len(x), EVALUATION_BATCH)
        slices = (slice(start, start + EVALUATION_BATCH) for start in starts)
        return self._run(self._test_step, ((x[part], y[part]) for part in slices))

    def _run(self, step, batches):
        self._model.reset_metrics()
        for batch in batches:
            if not self._has_metrics:
                self._make_metrics(*batch)
            step(batch)
        return {name: float(value) for name, value in self._model.get_metrics_result().items()}

    def _make_metrics(self, x, y):
        """Have the metrics make their variables: a step that has to is traced a second time."""
        self._model.compute_metrics(x[:1], y[:1], self._model(x[:1]))
        self._model.reset_metrics()
        self._has_metrics = True


def _fit(steps, train, held_out, seed, epochs, batch_size, augment, may_diverge=False):
    from tqdm import trange  # tqdm.auto warns where ipywidgets is missing

    rng = np.random.default_rng(seed)
    history, epoch_seconds, seconds = {}, [], 0.0
    for epoch in trange(1, epochs + 1, desc=f"seed {seed}", unit="epoch", leave=False):
        start = time.perf_counter()
        scores = steps.train(_batches(*train, batch_size, augment, rng))
        seconds += time.perf_counter() - start
        epoch_seconds.append(seconds)
        for name, pair in held_out.items():
            scores |= {f"{name}_{metric}": value for metric, value in steps.test(*pair).items()}
        for metric, value in scores.items():
            if not (may_diverge or math.isfinite(value)):
                raise NaNError(
                    f"training from seed {seed} stopped in epoch {epoch}: {metric} is {value}; "
                    "expected a finite number. Look for a learning rate so large that training "
                    "diverged, or for missing data."
                )
            history.setdefault(metric, []).append(value)
    return history, epoch_seconds


def _batches(x, y, batch_size, augment, rng):
    """Yield every sample once, in an order drawn from ``rng``.

    Given whole arrays instead, Keras copies them into TensorFlow's memory: half a gigabyte for
    60,000 images, which Binder has not to spare.
    """
    order = rng.permutation(len(x))
    for start in range(0, len(x), batch_size):
        chosen = order[start : start + batch_size]
        yield (x[chosen] if augment is None else augment(x[chosen], rng)), y[chosen]


def split_validation(x, y, *, fraction=0.1, seed=0, names=None):
    """Hold out a stratified part of the training set, for choices that must not see the test set.

    Parameters
    ----------
    x : ndarray of shape (n, ...)
    y : ndarray of shape (n,)
        Class indices.
    fraction : float, default=0.1
        Part to hold out, between 0 and 1.
    seed : int, default=0
    names : sequence of str, optional
        Of the classes, for a message; by default their indices.

    Returns
    -------
    (x_fit, y_fit), (x_val, y_val) : tuples of ndarray

    Raises
    ------
    DatasetError
        If a class has one sample only, or a side would have fewer samples than there are classes.
    """
    from sklearn.model_selection import train_test_split

    _check_stratified(np.asarray(y), fraction, names)
    x_fit, x_val, y_fit, y_val = train_test_split(
        x, y, test_size=fraction, stratify=y, random_state=seed
    )
    return (x_fit, y_fit), (x_val, y_val)


def _check_stratified(y, fraction, names):
    """Refuse labels that cannot be split by class, before anything is trained."""
    classes, counts = np.unique(y, return_counts=True)
    lonely = [str(k if names is None else names[k]) for k in classes[counts < 2]]
    if lonely:
        raise DatasetError(
            f"y has one sample only of {', '.join(lonely[:10])}"
            f"{f' and {len(lonely) - 10} more classes' if len(lonely) > 10 else ''}; expected two "
            "at least, one to learn from and one to hold out. Add some, or leave such classes out."
        )
    held_out = math.ceil(fraction * len(y))  # as scikit-learn rounds
    if min(held_out, len(y) - held_out) < len(classes):
        raise DatasetError(
            f"fraction {fraction:g} of {len(y)} samples holds out {held_out}; expected at least "
            f"one of each of the {len(classes)} classes on both sides. Choose another fraction, "
            "or bring more samples."
        )


def shift_images(x, rng, *, max_shift=2):
    """Shift each image by up to ``max_shift`` whole pixels down and right, filling with zeros.

    Parameters
    ----------
    x : ndarray of shape (batch, height, width, channels)
    rng : numpy.random.Generator
    max_shift : int, default=2
        Pixels; each image draws its two shifts from ``-max_shift..max_shift``.

    Returns
    -------
    ndarray
        Like ``x``.
    """
    if x.ndim != 4:
        raise ShapeError(f"x has shape {x.shape}; expected (batch, height, width, channels).")
    height, width = x.shape[1:3]
    size = 2 * max_shift + 1
    padded = np.pad(x, [(0, 0), (max_shift, max_shift), (max_shift, max_shift), (0, 0)])
    top, left = np.divmod(rng.integers(size * size, size=len(x)), size)
    windows = np.lib.stride_tricks.sliding_window_view(padded, (height, width), axis=(1, 2))
    return np.moveaxis(windows[np.arange(len(x)), top, left], 1, -1)


def distort_images(x, rng, *, rotation=0.0, shift=0.0, zoom=0.0, shear=0.0, flip=False):
    """Turn, shift, zoom, shear and mirror each image at random, reading between its pixels.

    Parameters
    ----------
    x : ndarray of shape (batch, height, width, channels), float32
    rng : numpy.random.Generator
    rotation : float, default=0.0
        Largest angle, in degrees, to either side.
    shift : float, default=0.0
        Largest shift along each axis, as a part of the image's height or width.
    zoom, shear : float, default=0.0
        Sizes are drawn from ``1 - zoom .. 1 + zoom`` and slants from ``-shear .. shear``.
    flip : bool, default=False
        Whether every second image, on average, is mirrored left to right.

    Returns
    -------
    ndarray
        Like ``x``; what comes in from outside repeats the nearest pixel of the edge.

    Raises
    ------
    ShapeError
        If ``x`` has no four axes.
    """
    import keras

    if x.ndim != 4:
        raise ShapeError(f"x has shape {x.shape}; expected (batch, height, width, channels).")
    n, height, width = x.shape[:3]
    angle = np.deg2rad(rng.uniform(-rotation, rotation, n))
    size = rng.uniform(1 - zoom, 1 + zoom, n) if zoom else np.ones(n)
    mirror = rng.choice([-1, 1], n) if flip else np.ones(n)
    slant = rng.uniform(-shear, shear, n)
    # Where a pixel (column, row) of the new image is read in the old one, both from the middle.
    a, b = np.cos(angle) / size, -np.sin(angle) / size
    matrix = np.array([[mirror * a, mirror * (b + slant * a)], [-b, a - slant * b]])
    middle = np.array([(width - 1) / 2, (height - 1) / 2])
    moved = rng.uniform(-shift, shift, (n, 2)) * [width, height]
    offset = middle + moved - np.einsum("ijn,j->ni", matrix, middle)
    (a, b), (c, d) = matrix
    zero = np.zeros(n)
    transform = np.stack([a, b, offset[:, 0], c, d, offset[:, 1], zero, zero], axis=1)
    moved = keras.ops.image.affine_transform(
        x, transform.astype("float32"), fill_mode="nearest", data_format="channels_last"
    )
    return keras.ops.convert_to_numpy(moved)


def standardise_images(x):
    """Bring each image to mean 0 and standard deviation 1: one factor of light is forgotten.

    Parameters
    ----------
    x : ndarray of shape (batch, height, width, channels)

    Returns
    -------
    ndarray
        Like ``x``; an image without any contrast becomes 0.
    """
    x = x - x.mean(axis=(1, 2, 3), keepdims=True)
    return x / (x.std(axis=(1, 2, 3), keepdims=True) + 1e-6)


def local_contrast(x, width=4, *, edges="nearest"):
    """Subtract from each pixel the mean around it and divide by the standard deviation around it.

    Parameters
    ----------
    x : ndarray of shape (batch, height, width, channels)
        For light that multiplies, the logarithm of the images.
    width : float, default=4
        Standard deviation of the bell curve that says what is around, in pixels.
    edges : {"nearest", "reflect"}
        What stands for the pixels outside: the edge's own, or the image mirrored.

    Returns
    -------
    ndarray
        Like ``x``, of floats; where there is no contrast, 0.
    """
    from scipy.ndimage import gaussian_filter

    x = np.asarray(x, np.result_type(x, "float32"))  # bytes would go round below 0
    around = (0, width, width, 0)  # pixels; no mixing of images or channels
    detail = x - gaussian_filter(x, around, mode=edges)
    return detail / np.sqrt(gaussian_filter(detail**2, around, mode=edges) + 1e-3)


def warm_up_then_decay(n_train, *, epochs, batch_size, peak, warm_up=0.25):
    """Return a learning rate that climbs to ``peak`` along a line, then falls to 0 along a cosine.

    Parameters
    ----------
    n_train : int
        Images in an epoch; with ``epochs`` and ``batch_size`` it gives the number of steps.
    epochs, batch_size : int
        As they will be given to `fit_seeds`.
    peak : float
        The highest learning rate; the first step takes a twentieth of it.
    warm_up : float, default=0.25
        Part of all steps that climb, between 0 and 1.

    Returns
    -------
    keras.optimizers.schedules.LearningRateSchedule
        For one optimizer's ``learning_rate``.
    """
    from keras.optimizers.schedules import CosineDecay

    steps = epochs * math.ceil(n_train / batch_size)
    climb = max(1, round(warm_up * steps))
    return CosineDecay(peak / 20, max(1, steps - climb), warmup_target=peak, warmup_steps=climb)


def rounded_to_half(model):
    """Return a copy of a Keras model whose weights are numbers that float16 can hold.

    A living figure gets its weights as float16. What is said of its network has to be measured on
    this copy, which computes in float32 as before.

    Parameters
    ----------
    model : keras.Model

    Returns
    -------
    keras.Model
        Not compiled.
    """
    import keras

    copy = keras.models.clone_model(model)
    copy.set_weights(
        [weight.astype("float16").astype(weight.dtype) for weight in model.get_weights()]
    )
    return copy


def named_weights(model):
    """Return a Keras model's weights as float16, for `reporting.Report.export`.

    Parameters
    ----------
    model : keras.Model
        As `rounded_to_half` returns it, so that nothing is lost here.

    Returns
    -------
    dict of str to ndarray
        The place of the layer in the model and Keras' name, ``"0_kernel"`` say, to the weight.

    Raises
    ------
    DtypeError
        If a weight is no number that float16 can hold: the figure would compute with another one.
    """
    named = {
        f"{place}_{weight.name}": np.asarray(weight)
        for place, layer in enumerate(model.layers)
        for weight in layer.weights
    }
    for name, weight in named.items():
        if not np.array_equal(weight, weight.astype("float16")):
            raise DtypeError(f"{name} is not rounded; expected what `rounded_to_half` returns.")
    return {name: weight.astype("float16") for name, weight in named.items()}


def hard_and_usual(model, x, y, *, n_hard=20, n_each=4):
    """Return which examples to show of a classifier: its hardest, and some of each class.

    Parameters
    ----------
    model : keras.Model
        Its outputs are probabilities, one a class.
    x : ndarray of shape (n, ...)
    y : ndarray of shape (n,)
        Class indices.
    n_hard : int, default=20
        Of those to whose right answer the model gives the least probability.
    n_each : int, default=4
        The first of each class.

    Returns
    -------
    ndarray of shape (m,), int
        Places in ``x``, rising and none twice.
    """
    probs = model.predict(x, verbose=0)
    y = _validate.class_indices("y", y, *probs.shape)
    given = probs[np.arange(len(y)), y]
    usual = [np.flatnonzero(y == label)[:n_each] for label in np.unique(y)]
    return np.unique(np.concatenate([np.argsort(given)[:n_hard], *usual]))


def _count_trainable(model):
    return int(sum(np.prod(weight.shape) for weight in model.trainable_weights))


def _require_pairs(name, pair):
    if pair is None:
        return
    x, y = pair
    if len(x) != len(y) or len(x) == 0:
        msg = f"{name}: x has {len(x)} samples and y has {len(y)}; expected the same, at least one."
        raise ShapeError(msg)
