"""IMDB, the Large Movie Review Dataset."""

import hashlib
import os
import re
from functools import partial

import numpy as np

from nbhelpers.datasets import _reviews
from nbhelpers.datasets._dataset import Source, Texts, choose, fingerprint
from nbhelpers.datasets._sources import (
    Copy,
    Spec,
    bad_file,
    listing,
    read_first,
    read_members,
    reading,
)

SIDES = ("train", "test")
CLASSES = ("pos", "neg")  # the order in which the content is hashed
MEMBER = re.compile(r"(?:.*/)?(train|test)/(pos|neg)/(\d+)_(\d+)\.txt")
LONGEST_MEAN = 4096  # bytes a review; the mean of the real ones is a third
REVIEW = re.compile(r"(\d+)_\d+\.txt")
ARCHIVE = re.compile(r"aclImdb.*\.(tar|tar\.gz|tgz|tar\.xz|txz|zip)", re.IGNORECASE)


def load_imdb(*, n_train=None, n_test=None, seed=0, data_home=None, download=True):
    """Load the film reviews, or reviews that are generated to behave like them.

    =========  ==================================================
    Classes    2: negative (0), positive (1), half of each
    Samples    25,000 to train, 25,000 to test
    Texts      tuple of str, with ``<br />`` tags as on the site
    =========  ==================================================

    The stored reviews are sorted by class, so they are always shuffled here. Of the 50,000 texts
    49,582 are distinct; 123 stand in both train and test. The embedded default is `make_reviews`
    with 5,000 to train and 5,000 to test.

    Parameters
    ----------
    n_train, n_test : int, optional
        How many reviews to draw by `seed`; by default all.
    seed : int, default=0
        Decides the order, and which reviews are drawn.
    data_home : path-like, optional
        Folder with the reader's own copy: ``aclImdb/``, ``aclImdb_v1.tar.gz`` or another tar file
        or zip file of that layout, in it or up to three folders below, as in Keras'
        ``aclImdb_v1/aclImdb/``. By default ``$NBHELPERS_DATA``.
    download : bool, default=True
        Whether the official archive (84 MB) may be fetched; ``NBHELPERS_OFFLINE=1`` forbids it.

    Returns
    -------
    Texts

    Raises
    ------
    DatasetError
        If a copy is damaged or incomplete, or more reviews are asked for than there are.

    References
    ----------
    Maas, Daly, Pham, Huang, Ng and Potts, "Learning word vectors for sentiment analysis",
    ACL (2011), https://ai.stanford.edu/~amaas/data/sentiment/.
    """
    sides, kind, detail = read_first(SPEC, data_home, download)
    drawn, whole = [], True
    for (texts, labels), what, n in zip(sides, SIDES, (n_train, n_test), strict=True):
        chosen = choose(f"n_{what}", n, len(texts), seed, always_shuffle=True)
        whole = whole and len(chosen) == len(texts)
        drawn += [tuple(texts[i] for i in chosen), labels[chosen]]
    source = Source(kind, detail, fingerprint(*drawn), comparable=whole and kind != "embedded")
    return Texts("IMDB", *drawn, ("negative", "positive"), source)


def find(spec, folder):
    """Recognise aclImdb's two folders of folders, or an archive of them, in `folder`."""
    if all(set(CLASSES) <= set(listing(folder / side)) for side in SIDES):
        read = partial(_read, spec, folder, _in_folder)
        sure = folder.name.lower() in ("aclimdb", "imdb")
        return Copy("the folder aclImdb", (folder,), read, sure)
    for path in (folder / name for name in listing(folder) if ARCHIVE.fullmatch(name)):
        if path.is_file():
            read = partial(_read, spec, path, _in_archive)
            return Copy(f"the archive {path.name}", (path,), read)
    return None


def _in_folder(path):
    for side in SIDES:
        for sort in CLASSES:
            folder = path / side / sort
            for name in listing(folder):
                if match := REVIEW.fullmatch(name):
                    with reading(folder / name, "a review"), open(folder / name, "rb") as file:
                        yield (side, sort, int(match[1]), name), file.read()


def _in_archive(path):
    def wanted(name):
        match = MEMBER.fullmatch(name)
        return match and (match[1], match[2], int(match[3]), os.path.basename(name))

    limit = 4 * SPEC.size[0] * LONGEST_MEAN + 2**20
    return read_members(path, "a tar file of aclImdb", wanted, limit)


def _read(spec, path, reviews_in):
    """Return ``((texts, labels), (texts, labels))`` for train and test, by class and id."""
    (per_class,) = spec.size
    reviews = dict(reviews_in(path))
    digest = hashlib.sha256()
    content = []
    for side in SIDES:
        keys = []
        for sort in CLASSES:
            found = sorted(key for key in reviews if key[:2] == (side, sort))
            if [key[2] for key in found] != list(range(per_class)):
                raise bad_file(
                    path,
                    f"{len(found):,} reviews in {side}/{sort}",
                    f"{per_class:,}, numbered from 0",
                )
            keys += found
        for key in keys:
            digest.update(f"{side}/{key[1]}/{key[3]}\0".encode() + reviews[key] + b"\0")
        content.append((keys, np.repeat(np.array([1, 0], np.int64), per_class)))
    if digest.hexdigest() != spec.sha256["reviews"]:
        raise bad_file(
            path,
            "the right number of reviews but other content (their sha256 differs)",
            "the reviews as they were published",
        )
    return [([reviews[key].decode() for key in keys], labels) for keys, labels in content]


def embedded():
    """Generate 10,000 reviews; the first half is there to train."""
    reviews = _reviews.make_reviews(10_000)
    half = len(reviews.texts) // 2
    return [
        (reviews.texts[side], reviews.labels[side]) for side in (slice(half), slice(half, None))
    ]


SPEC = Spec(
    name="IMDB",
    size=(12_500,),  # reviews of each class on each side
    find=find,
    embedded=embedded,
    embedded_detail="no real reviews but 10,000 that were put together by make_reviews",
    embedded_version=_reviews.version,
    layouts="aclImdb/train/pos/0_9.txt and so on, or a tar or zip file of it called aclImdb",
    traces=re.compile(r"imdb"),
    hints=(
        (
            re.compile(r"imdb.*\.(npz|pkl)$"),
            "Keras' imdb.npz holds numbers of words, no texts, and opening it runs code (pickle).",
        ),
        (
            re.compile(r"imdb.*\.csv$"),
            "Kaggle's table does not say which reviews are to train and which to test; "
            "read_text_table reads it as a set of your own.",
        ),
    ),
    sha256={"reviews": "a300eecdfcb196400fcb0ea3d6e262192e3bca7eb5402e6ce6b09735713193f9"},
    mirrors=("https://ai.stanford.edu/~amaas/data/sentiment/",),
    files={"aclImdb_v1.tar.gz": "c40f74a18d3b61f90feba1e17730e0d38e8b97c05fde7008942e91923d1658fe"},
)
