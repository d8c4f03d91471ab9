"""Train the NumPy networks as the chapter "The road downhill" does, on several sets, from a seed.

The chapter builds each of these; later ones import them.
"""

import time
from collections import defaultdict

import numpy as np

from nbhelpers import _validate, nn
from nbhelpers.errors import NaNError, OrderError
from nbhelpers.training import Run

__all__ = ["Scheduled", "choose", "fit", "half_cosine", "measure", "one_epoch"]


def one_epoch(net, optimizer, x, y, batch_size, rng, augment=None):
    """Go once through all examples in a random order, one step a batch.

    Parameters
    ----------
    net : nbhelpers.nn.Sequential
        Ends with logits.
    optimizer : object
        Has ``update(params, grads)``, as `nbhelpers.nn.SGD`.
    x : ndarray of shape (n, ...)
        Each example has as many numbers as the network's input.
    y : ndarray of shape (n,)
        Class indices.
    batch_size : int
    rng : numpy.random.Generator
        Draws the order, and what ``augment`` draws.
    augment : callable, optional
        ``augment(x, rng)`` returns a changed copy of a batch.
    """
    _validate.whole("batch_size", batch_size)
    order = rng.permutation(len(x))
    for start in range(0, len(x), batch_size):
        chosen = order[start : start + batch_size]
        images = x[chosen] if augment is None else augment(x[chosen], rng)
        logits = net.forward(images.reshape(-1, *net.input_shape), training=True)
        _, cache = nn.categorical_crossentropy(logits, y[chosen])
        net.backward(nn.categorical_crossentropy_backward(cache))
        optimizer.update(net.params, net.grads)


def measure(net, **sets):
    """Return loss and accuracy on each set, with everything random switched off.

    Parameters
    ----------
    net : nbhelpers.nn.Sequential
    **sets : tuple of ndarray
        ``x, y`` as for `one_epoch`.

    Returns
    -------
    dict of str to float
        ``"<set>_loss"`` and ``"<set>_accuracy"``.
    """
    found = {}
    for name, (x, y) in sets.items():
        scores = net.evaluate(x.reshape(-1, *net.input_shape), y, loss="categorical_crossentropy")
        found |= {f"{name}_{metric}": value for metric, value in scores.items()}
    return found


def fit(layers, optimizer, seed, *, sets, epochs, batch_size, shape=(784,), augment=None,
        watch=True):  # fmt: skip
    """Train one network.

    Parameters
    ----------
    layers, optimizer : callable
        Take nothing, return new layers that end with logits, and a new optimizer.
    seed : int
        Of the first weights, of dropout, of the order of the examples and of ``augment``.
    sets : dict of str to tuple of ndarray
        ``x, y`` by name. The network trains on ``"train"`` and is measured on all.
    epochs, batch_size : int
    shape : tuple of int, default=(784,)
        Of the network's input, without the batch axis.
    augment : callable, optional
        As for `one_epoch`.
    watch : bool, default=True
        Whether to measure after each epoch, or only after the last.

    Returns
    -------
    nbhelpers.training.Run
    """
    net, optimizer = nn.Sequential(layers(), shape, seed=seed), optimizer()
    rng, history, seconds = np.random.default_rng(seed), defaultdict(list), [0.0]
    for epoch in range(1, epochs + 1):
        before = time.perf_counter()
        one_epoch(net, optimizer, *sets["train"], batch_size, rng, augment)
        seconds.append(seconds[-1] + time.perf_counter() - before)
        if watch or epoch == epochs:
            for name, value in measure(net, **sets).items():
                history[name].append(value)
    return Run(seed, dict(history), seconds[1:], net.count_params(), net)


def choose(candidates, metric="val_accuracy"):
    """Return the setting whose runs have the best mean; by default on the validation set.

    Parameters
    ----------
    candidates : dict of object to list of Run
        A setting without a run, or with one that is NaN, because it diverged, is passed over.
    metric : str, default="val_accuracy"
        Which number of a run; more is better.

    Raises
    ------
    NaNError
        If no setting is left.
    """
    means = {
        setting: np.mean([run.final(metric) for run in runs])
        for setting, runs in candidates.items()
        if runs
    }
    known = {setting: mean for setting, mean in means.items() if not np.isnan(mean)}
    if not known:
        raise NaNError(
            f"of {len(candidates)} settings none has runs with a number for {metric}; expected at "
            "least one. Try smaller learning rates, so that not all diverge."
        )
    return max(known, key=known.get)


class Scheduled:
    """An optimizer whose learning rate is set anew before each step.

    Parameters
    ----------
    optimizer : nbhelpers.nn.SGD or nbhelpers.nn.Adam
    rates : ndarray of shape (steps,)
    """

    def __init__(self, optimizer, rates):
        self.optimizer, self.rates = optimizer, iter(rates.tolist())

    def update(self, params, grads):
        """Take one step at the next rate; raise an `OrderError` if there is none left."""
        rate = next(self.rates, None)
        if rate is None:
            raise OrderError("no rate is left for this step; expected as many rates as steps.")
        self.optimizer.learning_rate = rate
        self.optimizer.update(params, grads)


def half_cosine(p):
    """Return the part of the highest rate after a part ``p`` of all steps: from 1 down to 0."""
    return (1 + np.cos(np.pi * p)) / 2
