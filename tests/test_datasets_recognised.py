"""Copies as other tools lay them down: read where their content can be verified, else named."""

import html
import os
import shutil
import zipfile
from dataclasses import replace

import numpy as np
import pytest
import tiny_datasets as tiny
from PIL import Image

from nbhelpers import datasets
from nbhelpers.datasets import _places, _sources
from nbhelpers.errors import DatasetError

EMBEDDED = {"orl": {"n_train": 2}, "feret": {"n_people": 2}, "yale": {"n_people": 2}}


@pytest.fixture(autouse=True)
def tiny_sets(monkeypatch):
    """Put tiny sets in the place of the real ones, and the network out of reach."""
    monkeypatch.setenv("NBHELPERS_OFFLINE", "1")
    monkeypatch.delenv("NBHELPERS_DATA", raising=False)
    for name, spec in tiny.specs().items():
        if name == "orl":  # the package's own pictures are not tiny
            spec = replace(spec, embedded=lambda: np.zeros(tiny.SIZES["orl"], np.uint8))
        monkeypatch.setattr(tiny.MODULES[name], "SPEC", spec)


@pytest.fixture
def home(tmp_path):
    """Return an empty folder whose own name suggests nothing."""
    folder = tmp_path / "home"
    folder.mkdir()
    return folder


def load(name, home, **arguments):
    loader = getattr(datasets, f"load_{name}")
    return loader(data_home=home, **(tiny.ARGUMENTS.get(name, {}) | arguments))


def usual(name, tmp_path, number=0):
    """Return the content of a set in a layout that has always been read."""
    folder = tmp_path / "usual"
    folder.mkdir()
    tiny.LAYOUTS[name][number](folder, tiny.SIZES[name])
    return load(name, folder).source.fingerprint


def moved(layout, name, place):
    """Write a copy, then rename what the layout calls its outermost folder to `place`."""
    layout(place.parent, tiny.SIZES[name])
    inner = {"orl": "orl_faces", "feret": "FERET_80_80", "yale": "yalefaces", "imdb": "aclImdb"}
    os.makedirs(place.parent, exist_ok=True)
    (place.parent / inner[name]).rename(place)
    return place


@pytest.mark.parametrize(
    ("name", "place"),
    [("orl", "ORL"), ("orl", "orl/ORL_Faces"), ("orl", "ORL/att_faces"), ("orl", "a/b/gesichter"),
     ("yale", "Yale"), ("yale", "yale/YaleFaces"), ("feret", "FERET/FERET_80_80"),
     ("feret", "feret/Feret_80_80"), ("imdb", "aclImdb_v1/aclImdb"), ("imdb", "ACLIMDB"),
     ("imdb", "datasets/aclImdb_v1_extracted/aclImdb"), ("imdb", "imdb/reviews")],
)  # fmt: skip
def test_other_capitals_and_one_folder_deeper(name, place, home, tmp_path):
    (home / place).parent.mkdir(parents=True, exist_ok=True)
    moved(tiny.LAYOUTS[name][0], name, home / place)
    found = load(name, home)
    assert found.source.kind == "own copy"
    assert found.source.fingerprint == usual(name, tmp_path)


@pytest.mark.parametrize("name", ["orl", "feret", "yale", "imdb"])
def test_the_sets_own_folder_given_as_data_folder(name, home, tmp_path):
    content = usual(name, tmp_path)
    (own,) = (tmp_path / "usual").iterdir()
    assert load(name, own).source.fingerprint == content


def test_what_torchvision_lays_down(home, tmp_path):
    content = usual("mnist", tmp_path)
    for ending in ("-ubyte", "-ubyte.gz"):  # it keeps both
        tiny.mnist_idx(home / "MNIST" / "raw", tiny.SIZES["mnist"], ending=ending)
    # FashionMNIST has files of the same names.
    fashion = home / "FashionMNIST" / "raw"
    tiny.mnist_idx(fashion, (20, 11))
    assert load("mnist", home).source.fingerprint == content
    shutil.rmtree(home / "MNIST")
    with pytest.warns(UserWarning, match="Fashion-MNIST is another set"):
        assert load("mnist", home).source.kind == "embedded"


def test_what_keras_lays_down(home, tmp_path):
    content = usual("mnist", tmp_path)
    (home / "datasets").mkdir()
    tiny.mnist_npz(home / "datasets", tiny.SIZES["mnist"])
    assert load("mnist", home).source.fingerprint == content


def write_csv(path, which, header):
    parts = list(tiny._mnist_parts(tiny.SIZES["mnist"]).values())[2 * which :]
    rows = np.column_stack([parts[1], parts[0].reshape(len(parts[0]), -1)])
    names = ",".join(["label", *(f"{r}x{c}" for r in range(1, 29) for c in range(1, 29))])
    np.savetxt(path, rows, "%d", ",", header=names if header else "", comments="")


@pytest.mark.parametrize("header", [True, False])
def test_the_two_csv_files_of_mnist(header, home, tmp_path):
    for which, name in enumerate(["mnist_train.csv", "mnist_test.csv"]):
        write_csv(home / name, which, header)
    assert load("mnist", home).source.fingerprint == usual("mnist", tmp_path)
    text = (home / "mnist_test.csv").read_text().splitlines()
    for wrong in (text[:-1], [*text, text[-1]], [line + ",0" for line in text], ["oops"]):
        (home / "mnist_test.csv").write_text("\n".join(wrong))
        with pytest.raises(DatasetError, match="mnist_test.csv"):
            load("mnist", home)


@pytest.mark.parametrize("name_of", ["s{:02}/{:02}.PGM", "{}/{}.png", "人{}/脸{}.bmp"])
def test_orl_under_other_names_and_in_other_formats(name_of, home, tmp_path):
    people = tiny.random_pixels(*tiny.SIZES["orl"])
    for (person, number), _ in np.ndenumerate(people[..., 0, 0]):
        path = home / "faces" / name_of.format(person + 1, number + 1)
        path.parent.mkdir(parents=True, exist_ok=True)
        kind = path.suffix[1:].upper().replace("PGM", "PPM")
        Image.fromarray(people[person, number]).save(path, kind)
    assert load("orl", home).source.fingerprint == usual("orl", tmp_path)
    # One pixel less, and nothing shows that these are the faces of ORL.
    people[1, 1, 1, 1] ^= 1
    Image.fromarray(people[1, 1]).save(home / "faces" / name_of.format(2, 2), kind)
    with pytest.warns(UserWarning, match="Nothing of it was used"):
        assert "faces, but no whole ORL" in html.unescape(load("orl", home).notice())


@pytest.mark.parametrize("name_of", ["Subject{:02}.{}.GIF", "subject{:02}.{}.png"])
def test_yale_in_other_formats(name_of, home, tmp_path):
    for person, pictures in enumerate(tiny.random_pixels(*tiny.SIZES["yale"]), 1):
        for kind, pixels in zip(tiny._yale.KINDS, pictures, strict=True):
            Image.fromarray(pixels).save(home / name_of.format(person, kind))
    assert load("yale", home).source.fingerprint == usual("yale", tmp_path)


def test_yale_is_cut_to_the_shape_of_the_aligned_pictures_from_its_middle(home):
    tiny.yale_folder(home, tiny.SIZES["yale"])
    faces = load("yale", home, n_train=10, size=(20, 16))
    whole = tiny.random_pixels(*tiny.SIZES["yale"])[0, faces.position_train[0] - 1]
    np.testing.assert_array_equal(faces.x_train[0, :, :, 0] * 255, whole[1:21, 7:23])


@pytest.mark.parametrize(
    ("name", "seen", "hint"),
    [("mnist", "MNIST/processed/training.pt", "idx files"),
     ("mnist", "EMNIST/raw/emnist-letters-train-images-idx3-ubyte.gz", "stored transposed"),
     ("mnist", "digit-recognizer/train.csv", "42,000 labelled digits"),
     ("mnist", "mnist_train.csv", "mnist_test.csv"),
     ("mnist", "sub/mnist.zip", "Unpack"),
     ("orl", "ORL_64x64.mat", "other crops"), ("orl", "olivetti_py3.pkz", "other crops"),
     ("orl", "ORL/s1_1.jpg", "orl_faces/s1/1.pgm"), ("orl", "att_faces.tar.Z", "Unpack"),
     ("yale", "Yale_64x64.mat", "another order"), ("yale", "CroppedYale/yaleB01/a.pgm", "another"),
     ("yale", "sub/yalefaces.zip", "Unpack"), ("feret", "FERET/00001/a.ppm.bz2", "no checksum"),
     ("feret", "fa/colorferet.tar", "no checksum"),
     ("imdb", "imdb.npz", "pickle"), ("imdb", "IMDB Dataset.csv", "read_text_table"),
     ("imdb", "datasets/stanford-imdb/train.parquet", "aclImdb/train/pos")],
)  # fmt: skip
def test_what_cannot_be_read_is_named_and_not_used(name, seen, hint, home):
    (home / seen).parent.mkdir(parents=True, exist_ok=True)
    (home / seen).write_bytes(b"something")
    with pytest.warns(UserWarning, match="Nothing of it was used") as caught:
        data = getattr(datasets, f"load_{name}")(data_home=home, **EMBEDDED.get(name, {}))
    said = str(caught[0].message)
    for text in (said, html.unescape(data.notice()), datasets.fetch([name], home)[name]):
        assert "The data folder holds " + seen.split("/")[0] in text
        assert hint in text
        assert str(home) not in text
    assert data.source.kind == "embedded"
    assert data.notice().count("not comparable") == 1


@pytest.mark.parametrize(
    ("name", "missing"), [("orl", "s2"), ("orl", "s2/1.pgm"), ("imdb", "train/pos/0_8.txt")]
)
def test_a_copy_that_is_not_whole_is_named_by_its_layout_alone(name, missing, home):
    place = moved(tiny.LAYOUTS[name][0], name, home / "data" / "things")
    gone = place / missing
    shutil.rmtree(gone) if gone.is_dir() else gone.unlink()
    with pytest.warns(UserWarning, match=f"holds data/things, but no whole {name.upper()}"):
        data = load(name, home, **EMBEDDED.get(name, {}))
    assert data.source.kind == "embedded"


@pytest.mark.parametrize("place", ["zz/MNIST/raw", "zz/digits"])
def test_thousands_of_people_beside_a_set_do_not_hide_it(place, home, tmp_path, monkeypatch):
    monkeypatch.setattr(_places, "MOST", 30)
    for person in range(_places.WIDEST + 1):
        (home / "lfw" / f"Person_{person}").mkdir(parents=True)
    (home / place).mkdir(parents=True)
    tiny.mnist_idx(home / place, tiny.SIZES["mnist"])
    assert load("mnist", home).source.fingerprint == usual("mnist", tmp_path)


def test_a_zip_file_is_looked_into(home):
    with zipfile.ZipFile(home / "archive.zip", "w") as archive:
        archive.writestr("s1/1.pgm", b"")
    with pytest.warns(UserWarning, match=r"holds archive\.zip"):
        load("orl", home)


@pytest.mark.parametrize("name", ["train.csv", "digits/a.CSV"])
def test_a_table_is_known_by_its_first_line_whatever_it_is_called(name, home):
    (home / name).parent.mkdir(exist_ok=True)
    (home / name).write_text("label,pixel0,pixel1\n7,0,255\n")
    with pytest.warns(UserWarning, match=f"holds {name}, but no whole MNIST"):
        data = load("mnist", home)
    assert data.source.kind == "embedded"
    (home / name).write_text("label,text\n7,seven\n")
    assert "holds" not in load("mnist", home).notice()


def test_what_is_passed_over_is_part_of_the_fingerprint(home):
    before = datasets.fingerprints(["orl"], home)["orl"]
    (home / "ORL_64x64.mat").write_bytes(b"something")
    after = datasets.fingerprints(["orl"], home)["orl"]
    assert before != after
    assert after.startswith("embedded-")


def test_what_lies_behind_a_linked_folder_is_part_of_the_fingerprint(home, tmp_path):
    picture = tiny.orl_folder(home, tiny.SIZES["orl"])
    person = picture.parent
    person.rename(tmp_path / "elsewhere")
    person.symlink_to(tmp_path / "elsewhere")
    before = datasets.fingerprints(["orl"], home)["orl"]
    picture.write_bytes(picture.read_bytes() + b"more")
    assert datasets.fingerprints(["orl"], home)["orl"] != before
    (home / "loop").symlink_to(home)
    assert _sources._content(home).count("1.pgm") == tiny.SIZES["orl"][0], "each folder once"


@pytest.mark.filterwarnings("error")
def test_other_sets_and_locked_folders_do_not_matter(open_folder, as_nobody, monkeypatch):
    monkeypatch.setenv("XDG_CACHE_HOME", str(open_folder / "cache"))
    for name in ("world", "mnist", "locked"):
        (open_folder / name).mkdir()
    tiny.mnist_idx(open_folder / "mnist", tiny.SIZES["mnist"])
    (open_folder / "world" / "s1").mkdir()
    (open_folder / "locked").chmod(0)
    load("yale", open_folder, n_people=1)  # imports what is imported late
    as_nobody()
    try:
        for name in ("orl", "feret", "yale", "imdb"):
            data = getattr(datasets, f"load_{name}")(
                data_home=open_folder, **EMBEDDED.get(name, {})
            )
            assert "data folder" not in data.notice()
    finally:
        if os.getuid() == 0:
            os.seteuid(0)
        (open_folder / "locked").chmod(0o755)
