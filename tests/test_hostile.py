"""Whatever bytes a file holds, it costs little memory and ends in an error that is typed."""

import gzip
import io
import os
import tarfile
import tracemalloc
import zipfile
import zlib

import numpy as np
import pytest
import tiny_datasets as tiny
from parsers import REFUSED, parsers, read_members, right_checksums
from PIL import Image
from scipy.io import loadmat, savemat

from nbhelpers import exercises, nn, results
from nbhelpers.datasets import _image_folder, _mnist, _orl, _pictures
from nbhelpers.datasets._matlab import read_variables
from nbhelpers.errors import AnswerError, DatasetError, ResultError, WeightsError
from nbhelpers.publish.project import PublishError
from nbhelpers.publish.tasks import moved

MANY = 50_000_000  # bytes of zeros, which pack into 50 kB
TIMES = int(os.environ.get("NBHELPERS_FUZZ", 10))  # each good file is damaged
MOST = 20_000_000  # bytes that looking at them may take


def network():
    return nn.Sequential([nn.Dense(2)], (3,))


def zeros_in_npz(path, name="0.Dense.kernel.npy"):
    header = {"descr": "|u1", "fortran_order": False, "shape": (MANY,)}
    with (
        zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive,
        archive.open(name, "w") as file,
    ):
        np.lib.format.write_array_header_1_0(file, header)
        for _ in range(MANY // 10**6):
            file.write(bytes(10**6))


def zeros_in_zip(path):
    zeros_in_npz(path, "orl/s1/1.pgm")


def zeros_in_tar(path):
    """Write a member whose content is zeros."""
    member = tarfile.TarInfo("s1/1.pgm")
    member.size = MANY
    write_tar(path, member)


def zeros_in_the_header_of_tar(path):
    """Write a member whose name is said to be very long."""
    member = tarfile.TarInfo("././@LongLink")
    member.size, member.type = MANY, tarfile.GNUTYPE_LONGNAME
    write_tar(path, member)


def write_tar(path, member):
    with gzip.open(path, "wb") as file:
        file.write(member.tobuf(tarfile.GNU_FORMAT))
        for _ in range(MANY // 10**6):
            file.write(bytes(10**6))


def zeros_in_mat(path):
    """Write a Matlab file whose first variable is zeros, as Matlab packs them."""
    savemat(path, {"fea": np.zeros((4, 6), np.uint8), "gnd": np.arange(4)}, do_compression=True)
    header = path.read_bytes()[:128]
    packed = zlib.compress(np.array([14, MANY], "<u4").tobytes() + bytes(MANY))
    path.write_bytes(header + np.array([15, len(packed)], "<u4").tobytes() + packed)


READERS = {
    "weights": (zeros_in_npz, lambda path: network().load(path), WeightsError),
    "mnist.npz": (
        lambda path: zeros_in_npz(path, "x_train.npy"),
        lambda path: _mnist._read_npz(tiny.specs()["mnist"], path),
        DatasetError,
    ),
    "zip": (zeros_in_zip, read_members, DatasetError),
    "tar": (zeros_in_tar, read_members, DatasetError),
    "header of tar": (zeros_in_the_header_of_tar, read_members, DatasetError),
    "mat": (
        zeros_in_mat,
        lambda path: _pictures.read_mat(path, 2, 2, [(2, 3)]),
        DatasetError,
    ),
}


@pytest.mark.parametrize("name", READERS)
def test_what_unpacks_into_gigabytes_is_not_unpacked(name, tmp_path):
    write, read, error = READERS[name]
    path = tmp_path / "file.npz"
    write(path)
    assert path.stat().st_size < 100_000
    tracemalloc.start()
    try:
        with pytest.raises(error):
            read(path)
        assert tracemalloc.get_traced_memory()[1] < MOST
    finally:
        tracemalloc.stop()


def test_an_array_that_claims_to_be_large_is_not_made(tmp_path):
    path = tmp_path / "weights.npz"
    with zipfile.ZipFile(path, "w") as archive, archive.open("0.Dense.kernel.npy", "w") as file:
        header = {"descr": "<f4", "fortran_order": False, "shape": (10**6, 10**6)}
        np.lib.format.write_array_header_1_0(file, header)
    with pytest.raises(WeightsError, match="claims the shape"):
        network().load(path)


def test_no_picture_starts_another_program(tmp_path):
    path = tmp_path / "1.tif"
    Image.new("RGB", (4, 3)).save(path, "EPS")
    with pytest.raises(DatasetError, match="cannot identify"):
        _pictures.read_picture(path, 3, 4)


def test_sixteen_bits_are_read_as_their_upper_eight(tmp_path):
    ramp = np.linspace(0, 65535, 12).astype(np.uint16).reshape(3, 4)
    Image.fromarray(ramp).save(tmp_path / "1.tif")
    expected = np.rint(ramp / 257).astype(np.uint8)
    np.testing.assert_array_equal(_pictures.read_picture(tmp_path / "1.tif", 3, 4), expected)
    Image.fromarray(ramp.astype(np.float32)).save(tmp_path / "2.tif")
    with pytest.raises(DatasetError, match="numbers from 0 to "):
        _pictures.read_picture(tmp_path / "2.tif", 3, 4)


@pytest.fixture(scope="module")
def known(tmp_path_factory):
    return parsers(tmp_path_factory.mktemp("good"))


def test_all_parsers_read_their_good_files(known, tmp_path):
    path = tmp_path / "good"
    for parser in known.values():
        for good in parser.good:
            path.write_bytes(parser.pack(good))
            parser.read(path)


@pytest.mark.filterwarnings("ignore")
def test_damaged_bytes_end_in_typed_errors(known, tmp_path):
    rng, path = np.random.default_rng(0), tmp_path / "damaged"
    refused = dict.fromkeys(known, 0)
    for name, parser in known.items():
        for _ in range(TIMES):
            try:
                parser.read(parser.example(rng, path))
            except REFUSED:
                refused[name] += 1
    assert sum(refused.values()) > len(known), "the damage is noticed"


# What the campaign in `tests/campaign/fuzz.py` found, one case of each kind.


def small_mat(damage=lambda data: data, **content):
    file = io.BytesIO()
    savemat(file, {"fea": np.zeros((4, 6), np.uint8), "gnd": np.repeat([1, 2], 2)} | content)
    return damage(file.getvalue())


@pytest.mark.parametrize(
    ("damage", "said"),
    [
        (lambda data: data.replace(b"\2\0\0\0\x18\0\0\0", b"\2S\0\0\x18\0\0\0"), "21250"),
        (lambda data: data.replace(b"\4\0\0\0\6\0", b"\4\0\0\0\7\0"), "reshape"),
        (lambda data: data[:-20], "an element of"),
        (lambda data: data[:128], "fea"),
        (lambda data: data[:126] + b"??" + data[128:], "version 5 to 7"),
        (lambda data: b"", "version 5 to 7"),
    ],
)
def test_no_matlab_file_ends_the_process(damage, said, tmp_path):
    path = tmp_path / "1.mat"
    path.write_bytes(small_mat(damage))
    with pytest.raises(DatasetError, match=said):
        _pictures.read_mat(path, 2, 2, [(2, 3)])


def test_only_arrays_of_real_numbers_are_read_and_others_passed_over(tmp_path):
    path = tmp_path / "1.mat"
    path.write_bytes(small_mat(note={"by": "somebody"}, names=np.array(["a", "b"], object)))
    assert _pictures.read_mat(path, 2, 2, [(2, 3)]).shape == (2, 2, 2, 3)
    path.write_bytes(small_mat(fea=np.zeros((4, 6)) + 1j))
    with pytest.raises(DatasetError, match="real numbers"):
        _pictures.read_mat(path, 2, 2, [(2, 3)])


@pytest.mark.parametrize("packed", [False, True])
@pytest.mark.parametrize("kind", ["u1", "i2", ">u4", "f4", "f8"])
def test_matlab_files_are_read_as_scipy_reads_them(kind, packed, tmp_path):
    array = np.arange(12).reshape(3, 4).astype(kind)
    savemat(tmp_path / "1.mat", {"other": "text", "fea": array}, do_compression=packed)
    found = read_variables((tmp_path / "1.mat").read_bytes(), ("fea",), 10**6)["fea"]
    expected = loadmat(tmp_path / "1.mat")["fea"]
    np.testing.assert_array_equal(found, expected)
    assert found.dtype == expected.dtype


def test_a_picture_that_claims_more_than_its_bytes_can_hold_is_not_made(tmp_path):
    picture = bytearray(png())
    picture[16:24] = np.array([9_000, 9_000], ">u4").tobytes()
    path = tmp_path / "1.png"
    path.write_bytes(right_checksums(picture))
    tracemalloc.start()
    try:
        with pytest.raises(DatasetError, match="claim to be one"):
            _image_folder._read(path, 5, 6, "crop")
        assert tracemalloc.get_traced_memory()[1] < MOST
    finally:
        tracemalloc.stop()


def png():
    file = io.BytesIO()
    Image.new("L", (9, 8)).save(file, "PNG")
    return file.getvalue()


def test_no_picture_of_the_readers_own_starts_another_program(tmp_path):
    path = tmp_path / "1.jpg"
    Image.new("RGB", (4, 3)).save(path, "EPS")
    with pytest.raises(DatasetError, match="Pillow can open"):
        _image_folder._read(path, 3, 4, "crop")


def test_a_face_without_any_line_to_repair_is_left_as_it_is():
    header = b"P5\r\n4\r\n3\r\n255 "
    assert _orl.repair(header + bytes(11), (1, 1, 3, 4)) == header.replace(b"\r", b"") + bytes(11)


def test_an_answer_of_any_length_is_judged_at_once():
    assert exercises.exercise("ex-lenet5-border").judge(range(10**12)).startswith("Not yet")


@pytest.mark.parametrize("content", [b"\xff", b"[" * 5000, b"a = ", b"[a]\nsize = 3", b"a = 5"])
def test_no_toml_is_an_error_that_names_the_file(content, tmp_path):
    for name, read, error in (
        ("moved.toml", moved.listed, PublishError),
        ("exercises.toml", exercises.read_exercises, AnswerError),
    ):
        (tmp_path / name).write_bytes(content)
        exercises.read_exercises.cache_clear()
        with pytest.raises(error, match=name):
            read(tmp_path)
        (tmp_path / name).unlink()


@pytest.mark.parametrize("content", [b"[" * 100_000, b"\xff", b"null", b'{"experiments": 1e999}'])
def test_no_json_is_read_as_results(content, tmp_path):
    path = tmp_path / "lenet5.json"
    path.write_bytes(content)
    with pytest.raises(ResultError, match=r"lenet5\.json"):
        results.read_results(tmp_path)


def test_a_number_of_many_digits_is_no_size(tmp_path):
    spec = tiny.specs()["orl"]
    files = dict.fromkeys(np.ndindex(100, 100), b"P5 " + b"1" * 10_000 + b" 1 255\n")
    with pytest.raises(DatasetError, match="binary PGM file"):
        _orl._decode(spec, tmp_path, files)
