"""What every loader returns, and the small decisions that all loaders share."""

import hashlib
from dataclasses import dataclass

import numpy as np

from nbhelpers import _validate
from nbhelpers._markdown import plain
from nbhelpers.errors import DatasetError


@dataclass(frozen=True)
class Source:
    """Where the samples of a `Dataset` came from.

    Attributes
    ----------
    kind : {"own copy", "cache", "download", "embedded"}
    detail : str
        The same in words, for a reader.
    fingerprint : str
        sha256, in hex, over the arrays (or texts) as they were loaded.
    comparable : bool
        Whether numbers may stand beside published ones: the real data set, all of it.
    """

    kind: str
    detail: str
    fingerprint: str
    comparable: bool


@dataclass(frozen=True, eq=False, repr=False)
class Dataset:
    """Samples to train and to test on. Nothing in it can be changed by accident.

    Attributes
    ----------
    name : str
        "MNIST", "ORL", "FERET", "Yale" or "IMDB", or what readers and chapters call their own.
    x_train, x_test : ndarray of shape (n, features), or as `Pictures` and `Texts` say
        The samples; arrays are read-only.
    y_train, y_test : ndarray of shape (n,), int64
        Class indices, from 0.
    label_names : tuple of str
        What each class index means.
    source : Source
    """

    name: str
    x_train: np.ndarray | tuple[str, ...]
    y_train: np.ndarray
    x_test: np.ndarray | tuple[str, ...]
    y_test: np.ndarray
    label_names: tuple[str, ...]
    source: Source

    def __post_init__(self):
        for value in vars(self).values():
            if isinstance(value, np.ndarray):
                value.setflags(write=False)

    def __repr__(self):
        sizes = f"{len(self.y_train)} to train, {len(self.y_test)} to test"
        return f"<Dataset {self.name}: {sizes}; {self.source.kind}>"

    def notice(self):
        """Say in one Markdown paragraph where the numbers of a page come from."""
        text = (
            f"**Data:** {plain(self.name)}, {len(self.y_train):,} samples to train and "
            f"{len(self.y_test):,} to test: {plain(self.source.detail)}."
        )
        if self.source.comparable:
            return text
        if self.source.kind != "embedded":
            text += " This is not the whole data set of a publication in its usual split."
        return text + " The numbers on this page are **not comparable with published results**."


@dataclass(frozen=True, eq=False, repr=False)
class Pictures(Dataset):
    """Pictures: ``x_train`` and ``x_test`` of shape (n, height, width, 1), float32 in [0, 1].

    Attributes
    ----------
    position_train, position_test : ndarray of shape (n,), int64, or None
        Where pictures come in series, as faces do: the number of each in its class's, from 1.
    conditions : tuple of str
        Where known: what picture 1, 2, ... of each series shows.
    """

    position_train: np.ndarray | None = None
    position_test: np.ndarray | None = None
    conditions: tuple[str, ...] = ()


@dataclass(frozen=True, eq=False, repr=False)
class Texts(Dataset):
    """Texts: ``x_train`` and ``x_test`` are tuples of str."""


def from_arrays(name, train, test, *, label_names, detail):
    """Wrap points that a chapter generated itself, so that a report can say what they are.

    Parameters
    ----------
    name : str
        What the reader sees, such as "two moons".
    train, test : pair of ndarray
        Samples of shape (n, features) and their class indices of shape (n,).
    label_names : sequence of str
        What each class index means.
    detail : str
        In words, how the points came about, the seed included.

    Returns
    -------
    Dataset
        With copies of the arrays; never comparable with published numbers.

    Raises
    ------
    DatasetError
        If samples and class indices differ in number, or an index has no name.
    """
    for x, y in (train, test):
        if len(x) != len(y) or not np.isin(y, range(len(label_names))).all():
            raise DatasetError(
                f"{name}: found {len(x)} samples and {len(y)} class indices, {np.unique(y)}; "
                f"expected as many of both, and indices from 0 to {len(label_names) - 1}."
            )
    arrays = [np.array(part) for part in (*train, *test)]
    source = Source("embedded", detail, fingerprint(*arrays), comparable=False)
    return Dataset(name, *arrays, tuple(label_names), source)


def fingerprint(*parts):
    """Return the sha256, in hex, of arrays and tuples of texts, their shapes included."""
    digest = hashlib.sha256()
    for part in parts:
        if isinstance(part, np.ndarray):
            digest.update(f"{part.dtype} {part.shape}".encode())
            digest.update(np.ascontiguousarray(part))
        else:
            for text in part:
                data = text.encode()
                digest.update(f"{len(data)}:".encode() + data)
    return digest.hexdigest()


def count(name, value, available):
    """Return ``value``, or ``available`` for None; refuse more than there are."""
    if value is None:
        return available
    why = "what this source holds; leave it out (None) to take all"
    return _validate.whole(name, value, 1, available, why=why, error=DatasetError)


def choose(what, value, available, seed, always_shuffle=False):
    """Return which samples to take: all in their order, or `value` of them drawn by `seed`."""
    number = count(what, value, available)
    seed = _validate.whole("seed", seed, 0, error=DatasetError)
    if value is None and not always_shuffle:
        return slice(None)
    # The name goes into the seed so that train and test are drawn independently.
    generator = np.random.default_rng([seed, *what.encode()])
    return generator.permutation(available)[:number]
