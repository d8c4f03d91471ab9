"""A convolutional and a dense network, trained alike and compared by one rule.

The chapter "CNN against dense" builds each of these; what comes after it imports them.
"""

import time

import numpy as np

from nbhelpers import _validate, comparing, nn, reporting, training

__all__ = [
    "convolutional",
    "dense",
    "difference",
    "fit",
    "gap_difference",
    "is_right",
    "overview",
    "own_rate",
    "train",
]


def convolutional(filters=8):
    """Return the layers of a small CNN for digits.

    Parameters
    ----------
    filters : int, default=8
        Kernels of the first convolution; the second has twice as many.

    Returns
    -------
    list of Layer
    """
    return [
        nn.Conv2D(filters, 5, activation="relu"), nn.MaxPooling2D(2),
        nn.Conv2D(2 * filters, 5, activation="relu"), nn.MaxPooling2D(2),
        nn.Flatten(), nn.Dense(10),
    ]  # fmt: skip


def dense(units):
    """Return the layers of a dense network for digits.

    Parameters
    ----------
    units : int
        Hidden units, in one layer.

    Returns
    -------
    list of Layer
    """
    return [nn.Flatten(), nn.Dense(units, "relu"), nn.Dense(10)]


def train(net, x, y, *, steps, seed, rate, augment=None):
    """Take steps of Adam on batches of 32, whatever the network is made of.

    Parameters
    ----------
    net : nn.Sequential
        Ends in logits; changed in place.
    x : ndarray of shape (n, *input_shape)
    y : ndarray of shape (n,)
        Class indices.
    steps : int
    seed : int
        Seed of the order of the examples and of ``augment``.
    rate : float
        Learning rate of the first step; it falls to 0 in a straight line.
    augment : callable, optional
        ``augment(x, rng)`` returns a changed copy of a batch.
    """
    rng, adam, order = np.random.default_rng(seed), nn.Adam(rate), []
    for step in range(steps):
        adam.learning_rate = rate * (1 - step / steps)
        if len(order) < min(32, len(x)):
            order = rng.permutation(len(x))
        batch, order = order[:32], order[32:]
        x_batch = x[batch] if augment is None else augment(x[batch], rng)
        _, cache = nn.categorical_crossentropy(net.forward(x_batch, training=True), y[batch])
        net.backward(nn.categorical_crossentropy_backward(cache))
        adam.update(net.params, net.grads)


def is_right(net, x, y):
    """Return which pictures the network puts into the right class.

    Parameters
    ----------
    net : nn.Sequential
    x : ndarray of shape (n, *input_shape)
    y : ndarray of shape (n,)
        Class indices.

    Returns
    -------
    ndarray of shape (n,), bool
    """
    logits = net.predict(x)
    return logits.argmax(axis=1) == _validate.class_indices("y", y, *logits.shape)


def fit(build, data, held_out, *, seed, rate, steps, augment=None):
    """Build a network, train it, and measure it once it is trained.

    Parameters
    ----------
    build : callable
        Takes nothing, returns a list of layers.
    data, held_out : tuple of ndarray
        ``x, y`` to train on and to measure on.
    seed, rate, steps, augment
        As for `train`; the seed draws the initial weights, too.

    Returns
    -------
    training.Run
        With ``accuracy``, ``test_accuracy``, and ``right``, which of the held-out pictures are.
    """
    net = nn.Sequential(build(), data[0].shape[1:], seed=seed)
    before = time.perf_counter()
    train(net, *data, steps=steps, seed=seed, rate=rate, augment=augment)
    seconds = time.perf_counter() - before
    known, new = is_right(net, *data), is_right(net, *held_out)
    scores = {"accuracy": [known.mean()], "test_accuracy": [new.mean()], "right": [new]}
    return training.Run(seed, scores, [seconds], net.count_params(), net)


def own_rate(build, data, rates, *, seed, steps):
    """Return the learning rate with the best accuracy on a fifth of the training data.

    Parameters
    ----------
    build : callable
        As for `fit`.
    data : tuple of ndarray
        The training data ``x, y``, of which a fifth is held out.
    rates : sequence of float
        The learning rates to choose from; of equally good ones the first.
    seed, steps : int
        As for `train`.

    Returns
    -------
    float
    """
    part, validation = training.split_validation(*data, fraction=0.2)
    how = {"seed": seed, "steps": steps}
    return max(rates, key=lambda rate: fit(build, part, validation, rate=rate, **how).final())


def difference(ours, theirs):
    """Return the difference in test accuracy, with an interval for other seeds and digits.

    Parameters
    ----------
    ours, theirs : list of training.Run
        As `fit` returns them, from the same seeds and measured on the same pictures.

    Returns
    -------
    comparing.Difference
    """
    rights = ([run.final("right") for run in runs] for runs in (ours, theirs))
    return comparing.both(*map(np.array, rights))


def gap_difference(ours, theirs):
    """Return how much larger our gap between train and test is, with an interval over seeds.

    Parameters
    ----------
    ours, theirs : list of training.Run

    Returns
    -------
    comparing.Difference
    """
    gaps = ([run.final("accuracy") - run.final() for run in runs] for runs in (ours, theirs))
    return comparing.over_seeds(*gaps)


def overview(groups):
    """Return a table of networks: size, accuracies, the gap between them, and time.

    Parameters
    ----------
    groups : dict of str to list of training.Run
        Name of a network to its runs.

    Returns
    -------
    pandas.DataFrame
        One row a network; means and standard deviations over the seeds, as text.
    """
    import pandas as pd

    rows = {}
    for name, runs in groups.items():
        gaps = [run.final("accuracy") - run.final() for run in runs]
        rows[name] = {
            "parameters": f"{runs[0].n_parameters:,}",
            "train": reporting.mean_spread(runs, "accuracy").percent(),
            "test": reporting.mean_spread(runs).percent(),
            "gap": f"{100 * np.mean(gaps):.1f} points",
            "training time": reporting.mean_spread(runs, "seconds").seconds(),
        }
    return pd.DataFrame(rows).T.rename_axis("network")
