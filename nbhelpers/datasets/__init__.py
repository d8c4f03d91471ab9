"""The data sets of the course, and generators for where they may not be handed on.

Five loaders return one `Dataset` each. Every loader looks for the reader's own copy, the cache, the
official download and an embedded default, in this order, and says in ``source`` what it took. Two
readers make a `Dataset` of anything: of a folder of pictures and of a table of texts.
"""

from nbhelpers.datasets import _feret, _imdb, _mnist, _orl, _yale
from nbhelpers.datasets._dataset import Dataset, Pictures, Source, Texts, from_arrays
from nbhelpers.datasets._faces import FERET, YALE, Condition, Faces, make_faces
from nbhelpers.datasets._feret import load_feret
from nbhelpers.datasets._image_folder import read_image_folder
from nbhelpers.datasets._imdb import load_imdb
from nbhelpers.datasets._mnist import load_mnist, load_packaged_mnist
from nbhelpers.datasets._orl import load_orl
from nbhelpers.datasets._reviews import Reviews, make_reviews
from nbhelpers.datasets._sources import find_real, make_available, passed_over, state
from nbhelpers.datasets._text_table import read_text_table
from nbhelpers.datasets._yale import load_yale
from nbhelpers.errors import DatasetError

__all__ = [
    "FERET",
    "YALE",
    "Condition",
    "Dataset",
    "Pictures",
    "Texts",
    "Faces",
    "Reviews",
    "Source",
    "fetch",
    "fingerprints",
    "from_arrays",
    "load_feret",
    "load_imdb",
    "load_mnist",
    "load_orl",
    "load_packaged_mnist",
    "load_yale",
    "make_faces",
    "make_reviews",
    "read_image_folder",
    "read_text_table",
]

_MODULES = {"mnist": _mnist, "orl": _orl, "feret": _feret, "yale": _yale, "imdb": _imdb}


def fingerprints(names=None, data_home=None, download=False):
    """Return for each data set a text that changes when a loader would take something else.

    Nothing is decoded: it is the contents of the files that count, not their times or their place.

    Parameters
    ----------
    names : iterable of {"mnist", "orl", "feret", "yale", "imdb"}, optional
        By default all.
    data_home : path-like, optional
        As for the loaders.
    download : bool, default=False
        Whether to fetch first what is neither there nor in the cache; what cannot be fetched is
        warned of.

    Returns
    -------
    dict of str to str
        Hexadecimal, by name; with ``embedded-`` before it where the embedded default would be
        taken.
    """
    import hashlib

    specs = _specs(names)
    for _, spec in specs if download else ():
        make_available(spec, data_home)
    states = {name: state(spec, data_home) for name, spec in specs}
    return {
        name: "embedded-" * text.startswith("embedded ") + hashlib.sha256(text.encode()).hexdigest()
        for name, text in states.items()
    }


def fetch(names=None, data_home=None):
    """Download what is neither there nor in the cache, and say of each data set what was found.

    Parameters
    ----------
    names, data_home
        As for `fingerprints`.

    Returns
    -------
    dict of str to str
        One line for each data set, by name.
    """
    found = {}
    for name, spec in _specs(names):
        real, problem = find_real(spec, data_home)
        found[name] = f"{spec.name}: {real[2] if real else spec.embedded_detail}."
        if problem:
            found[name] += f" {problem}"
        if not real or real[1] != "own copy":
            found[name] = f"{found[name]} {passed_over(spec, data_home)}".rstrip()
    return found


def _specs(names):
    unknown = set(names or ()) - _MODULES.keys()
    if unknown:
        raise DatasetError(f"No data set {sorted(unknown)}; expected some of {list(_MODULES)}.")
    return [(name, _MODULES[name].SPEC) for name in names or _MODULES]
