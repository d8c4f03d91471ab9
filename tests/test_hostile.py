"""Whatever bytes a file holds, it costs little memory and ends in an error that is typed."""

import gzip
import io
import json
import os
import tarfile
import tracemalloc
import zipfile
import zlib
from contextlib import suppress

import numpy as np
import pytest
import tiny_datasets as tiny
from PIL import Image
from scipy.io import loadmat, savemat

from nbhelpers import nn, results
from nbhelpers.datasets import _imdb, _mnist, _orl, _pictures, _sources
from nbhelpers.errors import DatasetError, NbHelpersError, ResultError, WeightsError

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


def read_members(path):
    return dict(_sources.read_members(path, "the faces", lambda name: name, limit=10**6))


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


def good_files(folder):
    """Return one good file of each kind, by its reader."""
    rng = np.random.default_rng(0)
    picture = Image.fromarray(rng.integers(256, size=(3, 4), dtype=np.uint8))
    files = {}
    for ending in ("png", "tif", "gif", "bmp", "jpg"):
        path = folder / f"1.{ending}"
        picture.save(path)
        files[path.read_bytes()] = lambda path: _pictures.read_picture(path, 3, 4)
    for packed in (False, True):
        content = {"fea": np.zeros((4, 6), np.uint8), "gnd": np.repeat([1, 2], 2)}
        savemat(folder / "1.mat", content, do_compression=packed)
        assert set(content) < set(loadmat(folder / "1.mat"))
        files[(folder / "1.mat").read_bytes()] = lambda path: _pictures.read_mat(
            path, 2, 2, [(2, 3)]
        )
    network().save(folder / "1.npz")
    files[(folder / "1.npz").read_bytes()] = lambda path: network().load(path)
    spec = tiny.specs()["orl"]
    pgm = b"P5 %d %d 255\n" % (spec.size[3], spec.size[2]) + bytes(spec.size[2] * spec.size[3])
    files[pgm] = lambda path: _orl._decode(
        spec,
        path,
        dict.fromkeys(np.ndindex(100, 100), path.read_bytes()),
    )
    for kind in ("w", "w:gz", "w:xz"):
        with tarfile.open(folder / "1.tar", kind) as archive:
            member = tarfile.TarInfo("aclImdb/train/pos/0_9.txt")
            member.size = 4
            archive.addfile(member, io.BytesIO(b"good"))
        files[(folder / "1.tar").read_bytes()] = lambda path: _imdb._read(
            tiny.specs()["imdb"], path, _imdb._in_archive
        )
    with zipfile.ZipFile(folder / "1.zip", "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("orl/s1/1.pgm", b"good" * 9)
    files[(folder / "1.zip").read_bytes()] = read_members
    idx = np.array([2051, 2, 28, 28], ">i4").tobytes() + bytes(2 * 28 * 28)
    files[gzip.compress(idx)] = lambda path: _mnist._read_idx(
        path, "train-images-idx3", tiny.specs()["mnist"]
    )
    one = {"data": None, "experiments": [], "claims": [{"id": "C1", "verdict": "holds"}]}
    files[json.dumps(one).encode()] = lambda path: results._read(path)
    return files


def mutate(data, rng):
    """Return the bytes with a few of them changed, some cut out or said twice."""
    data = bytearray(data)
    for _ in range(rng.integers(1, 6)):
        at, length = rng.integers(len(data) + 1), int(rng.geometric(0.2))
        how = rng.integers(4)
        if how == 0:
            data[at : at + 1] = bytes([rng.integers(256)])
        elif how == 1:
            del data[at : at + length]
        elif how == 2:
            data[at:at] = data[at : at + length]
        else:
            data[at : at + length] = bytes([rng.choice([0, 127, 128, 255])]) * length
    return bytes(data)


@pytest.mark.filterwarnings("ignore::UserWarning")
def test_damaged_bytes_end_in_typed_errors(tmp_path):
    rng = np.random.default_rng(0)
    path = tmp_path / "damaged"
    for data, read in good_files(tmp_path).items():
        for _ in range(TIMES):
            path.write_bytes(mutate(data, rng))
            with suppress(NbHelpersError):
                read(path)


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
