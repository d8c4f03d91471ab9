"""Networks of the shapes that chapters export for living figures, made in seconds.

Their hidden weights are random, the output is fitted by least squares: they read most digits.
"""

import os
from unittest import mock

import numpy as np

from nbhelpers import datasets, nn, reporting, text

SHARPNESS = 8  # logits for a target of 1: so probabilities are far from even


def _half(array):
    return array.astype("float16").astype("float32")


def _normalised(x, place, rng):
    """Return what a normalisation makes of activations, and its weights."""
    channels = x.shape[-1]
    flat = x.reshape(-1, channels)
    table = {"gamma": np.ones(channels), "beta": rng.normal(scale=0.1, size=channels)}
    table |= {"moving_mean": flat.mean(axis=0), "moving_variance": flat.var(axis=0) + 0.01}
    table = {name: _half(array) for name, array in table.items()}
    scale = table["gamma"] / np.sqrt(table["moving_variance"] + 1e-3)
    out = (x - table["moving_mean"]) * scale + table["beta"]
    return out, {f"{place}_{name}": array for name, array in table.items()}


def _summed(x, place, units, rng, padding="valid"):
    """Return what a random convolution or dense layer makes of ``x``, and its weights."""
    conv = x.ndim == 4
    shape = (5, 5, x.shape[-1], units) if conv else (x.shape[-1], units)
    kernel = _half(rng.normal(scale=np.sqrt(2 / np.prod(shape[:-1])), size=shape))
    bias = _half(rng.normal(scale=0.1, size=units))
    out = nn.conv2d_forward(x, kernel, bias, padding=padding)[0] if conv else x @ kernel + bias
    return np.maximum(out, 0), {f"{place}_kernel": kernel, f"{place}_bias": bias}


def _convolved(x, place, units, size, rng, strides=1):
    """Return the sums of a random convolution without bias or bend, and its weights."""
    shape = (size, size, x.shape[-1], units)
    kernel = _half(rng.normal(scale=np.sqrt(2 / np.prod(shape[:-1])), size=shape))
    out = nn.conv2d_forward(x, kernel, np.zeros(units, "float32"), strides=strides)[0]
    return out, {f"{place}_kernel": kernel}


def _output(x, y, place):
    """Return the output layer that least squares finds for one-hot targets."""
    design = np.hstack([x, np.ones((len(x), 1))])
    penalty = 0.1 * len(x) / x.shape[1] * np.eye(design.shape[1])
    solved = np.linalg.solve(design.T @ design + penalty, design.T @ np.eye(10)[y])
    return {f"{place}_kernel": SHARPNESS * solved[:-1], f"{place}_bias": SHARPNESS * solved[-1]}


def lenet5(x, y, rng):
    """Return the weights of the improved LeNet-5, by place and name."""
    table = {}

    def keep(pair):
        table.update(pair[1])
        return pair[0]

    x = nn.average_pool2d_forward(keep(_summed(x, 0, 6, rng, "same")), 2)[0]
    x = keep(_summed(keep(_normalised(x, 2, rng)), 3, 16, rng))
    x = keep(_normalised(nn.average_pool2d_forward(x, 2)[0], 5, rng)).reshape(len(x), -1)
    x = keep(_normalised(keep(_summed(x, 7, 120, rng)), 8, rng))
    x = keep(_normalised(keep(_summed(x, 9, 84, rng)), 10, rng))
    return table | _output(x, y, 11)


def compact(x, y, rng):
    """Return the weights of the compact network of three convolutions."""
    table = {}

    def keep(pair):
        table.update(pair[1])
        return pair[0]

    def bent(x, place):
        return np.maximum(keep(_normalised(x, place, rng)), 0)

    x = bent(keep(_convolved(x, 0, 16, 5, rng, strides=2)), 1)
    x = bent(nn.max_pool2d_forward(keep(_convolved(x, 3, 32, 3, rng)), 2)[0], 5)
    x = bent(keep(_convolved(x, 7, 32, 3, rng)), 8)
    return table | _output(x.reshape(len(x), -1), y, 11)


def one_kernel(x, y, rng):
    """Return the weights of the network with one kernel, a blur."""
    kernel = _half(rng.uniform(0.05, 0.15, (3, 3, 1, 1)))
    x = nn.max_pool2d_forward(nn.conv2d_forward(x, kernel, np.zeros(1, "float32"))[0], 2)[0]
    hidden = {"0_kernel": kernel, "0_bias": np.zeros(1)}
    return hidden | _output(x.reshape(len(x), -1), y, 3)


SCORES = {"great": 6, "good": 5, "bad": -6, "dull": -5, "not": -2, "triumph": 4, "failure": -4}
TURNED = {"not great": -5, "not good": -4, "not bad": 6}


def words_and_pairs():
    """Return the tables of an average of words and of words and pairs, as a chapter exports them.

    Both know the words of generated reviews. The second knows what "not" does to three of them.
    """
    rng = np.random.default_rng(0)
    found = text.Vocabulary.from_texts(datasets.make_reviews(300, seed=0).texts, size=400).words[2:]
    words = ["", "[UNK]", *dict.fromkeys([*found, *SCORES])]
    pairs = ["", *words[2:], *TURNED]
    tables = []
    for entries, scores in ((words, SCORES), (pairs, SCORES | TURNED)):
        small = rng.normal(scale=0.1, size=len(entries))
        worth = [scores.get(entry, value) for entry, value in zip(entries, small, strict=True)]
        worth[0] = 0
        tables.append({"entries": entries, "contribution": np.float16(worth)})
        tables[-1]["bias"] = np.float16([0.05])
    tables[1]["ratio"] = np.float16(rng.normal(size=len(pairs)))
    tables[1]["ratio"][0] = 0
    return tables


def too_sure():
    """Return logits and labels of a network that is surer than it is right, as a chapter does."""
    rng = np.random.default_rng(0)
    logits = np.float16(rng.normal(scale=2.5, size=(400, 10)))
    softer = np.exp(np.float64(logits) / 2.5)
    chances = (softer / softer.sum(axis=1, keepdims=True)).cumsum(axis=1)
    labels = np.minimum((chances < rng.random((400, 1))).sum(axis=1), 9)
    return {"logits": logits, "labels": labels.astype("uint8")}


def export(folder):
    """Write networks, and what they show, where a build puts what chapters export."""
    folder.mkdir(parents=True)
    digits = datasets.load_packaged_mnist()
    x, y = digits.x_train[::4], digits.y_train[::4]
    with mock.patch.dict(os.environ, {"NBHELPERS_RESULTS_DIR": str(folder)}):
        for name, made, shown in (
            ("lenet5", lenet5, slice(0, 30)),
            ("one-kernel", one_kernel, slice(20, 50)),
            ("compact", compact, None),
        ):
            table = {"accuracy": ["some"]}
            if shown:
                table["pictures"] = np.rint(255 * digits.x_test[shown, :, :, 0]).astype("uint8")
                table["labels"] = digits.y_test[shown].astype("uint8")
            weights = made(x, y, np.random.default_rng(0)).items()
            table |= {key: array.astype("float16") for key, array in weights}
            reporting.Report("toy").export(name, **table)
        for name, table in zip(("imdb-words", "imdb-pairs"), words_and_pairs(), strict=True):
            reporting.Report("toy").export(name, **table)
        reporting.Report("toy").export("calibration", **too_sure())
    for script in folder.glob("toy.*.js"):
        script.rename(folder / script.name.removeprefix("toy."))
