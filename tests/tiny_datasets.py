"""Tiny data sets in every layout that the loaders know, made on the fly: random pixels and words.

Each function of `LAYOUTS` writes one copy into a folder and returns a file that a test can damage.
`specs` describes the tiny sets as `nbhelpers.datasets` describes the real ones.
"""

import gzip
import hashlib
import io
import lzma
import struct
import tarfile
import zipfile
from dataclasses import replace

import numpy as np
from PIL import Image
from scipy.io import savemat

from nbhelpers.datasets import _feret, _imdb, _mnist, _orl, _yale

MODULES = {"mnist": _mnist, "orl": _orl, "feret": _feret, "yale": _yale, "imdb": _imdb}
SIZES = {
    "mnist": (20, 10),
    "orl": (3, 4, 16, 12),
    "feret": (3, 7, 20, 20),
    "yale": (2, 11, 23, 30),
    "imdb": (3,),
}
ARGUMENTS = {"orl": {"n_train": 2, "size": (16, 12)}, "feret": {"size": (20, 20)}}


def random_pixels(*shape):
    return np.random.default_rng(1).integers(0, 256, shape, dtype=np.uint8)


def _sha(data):
    return hashlib.sha256(data).hexdigest()


def _mnist_parts(size):
    n_train, n_test = size
    return {
        "train-images-idx3": random_pixels(n_train, 28, 28),
        "train-labels-idx1": random_pixels(n_train) % 10,
        "t10k-images-idx3": random_pixels(n_test, 28, 28),
        "t10k-labels-idx1": random_pixels(n_test) % 10,
    }


def _reviews(size):
    for side in ("train", "test"):
        for sort in ("pos", "neg"):
            for number in range(size[0]):
                rating = 8 if sort == "pos" else 2
                yield (
                    f"{side}/{sort}/{number}_{rating}.txt",
                    f"{side} {sort} {number} ".encode() * 9,
                )


def mat_pixels(name, size):
    return random_pixels(*size[:2], *((100, 80) if name == "yale" else (32, 32)))


def specs():
    """Return the specification of each tiny set, by name."""
    digest = hashlib.sha256()
    for name, data in _reviews(SIZES["imdb"]):
        digest.update(name.encode() + b"\0" + data + b"\0")
    sha256 = {
        "mnist": {part: _sha(array) for part, array in _mnist_parts(SIZES["mnist"]).items()},
        "orl": {"pixels": _sha(random_pixels(*SIZES["orl"]))},
        "feret": {},
        "yale": {
            "pixels": _sha(random_pixels(*SIZES["yale"])),
            "aligned": _sha(mat_pixels("yale", SIZES["yale"])),
        },
        "imdb": {"reviews": digest.hexdigest()},
    }
    return {
        name: replace(module.SPEC, size=SIZES[name], sha256=sha256[name])
        for name, module in MODULES.items()
    }


def mnist_idx(folder, size, drop=False, ending="-ubyte.gz"):
    folder.mkdir(parents=True, exist_ok=True)
    for part, array in list(_mnist_parts(size).items())[int(drop) :]:
        data = struct.pack(f">{array.ndim + 1}i", 2048 + array.ndim, *array.shape) + array.tobytes()
        zipped = gzip.compress(data, mtime=0) if ending.endswith(".gz") else data
        (folder / (part + ending)).write_bytes(zipped)
    return folder / ("t10k-images-idx3" + ending)


def mnist_plain(folder, size, drop=False):
    return mnist_idx(folder, size, drop, ending="-ubyte")


def mnist_npz(folder, size, drop=False):
    parts = _mnist_parts(size)
    names = list(_mnist.NPZ_PARTS.items())[int(drop) :]
    np.savez(folder / "mnist.npz", **{name: parts[part] for name, part in names})
    return folder / "mnist.npz"


def orl_members(size, drop=False):
    height, width = size[2:]
    for person, pictures in enumerate(random_pixels(*size), 1):
        for number, pixels in enumerate(pictures, 1):
            if not (drop and (person, number) == (2, 3)):
                header = f"P5\n{width} {height}\n255\n".encode()
                yield f"orl_faces/s{person}/{number}.pgm", header + pixels.tobytes()


def orl_folder(folder, size, drop=False):
    for name, data in orl_members(size, drop):
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(data)
    return folder / "orl_faces" / "s2" / "1.pgm"


def orl_zip(folder, size, drop=False):
    with zipfile.ZipFile(folder / "att_faces.zip", "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in orl_members(size, drop):
            archive.writestr(name.removeprefix("orl_faces/"), data)
    return folder / "att_faces.zip"


def write_tar(path, members):
    content = io.BytesIO()
    with tarfile.open(fileobj=content, mode="w") as archive:
        for name, data in members:
            member = tarfile.TarInfo(name)
            member.size = len(data)
            archive.addfile(member, io.BytesIO(data))
    zipped = path.suffix == ".xz" and lzma.compress(content.getvalue())
    path.write_bytes(zipped or gzip.compress(content.getvalue(), mtime=0))
    return path


def orl_tar(folder, size, drop=False):
    return write_tar(folder / "orl_faces.tar.gz", orl_members(size, drop))


def feret_folder(folder, size, drop=False):
    for person, pictures in enumerate(random_pixels(*size), 1):
        inner = folder / "FERET_80_80" / f"FERET-{person:03d}"
        inner.mkdir(parents=True)
        for number, pixels in enumerate(pictures, 1):
            Image.fromarray(pixels).save(inner / f"{number:02d}.tif")
    if drop:
        (inner / "03.tif").unlink()
    return inner / "02.tif"


def _mat(name, path, size, drop):
    pixels = mat_pixels(name, size)
    fea = pixels.swapaxes(2, 3).reshape(size[0] * size[1], -1)
    gnd = np.repeat(np.arange(1, size[0] + 1), size[1])[:, np.newaxis]
    savemat(path, {"fea": fea} | ({} if drop else {"gnd": gnd}), do_compression=True)
    return path


def feret_mat(folder, size, drop=False):
    return _mat("feret", folder / "FERET_32.mat", size, drop)


def yale_mat(folder, size, drop=False):
    return _mat("yale", folder / "Yale_100x80.mat", size, drop)


def yale_folder(folder, size, drop=False, official=False):
    """Write the pictures; `official` has the quirks of the official archive."""
    inner = folder / "yalefaces"
    inner.mkdir()
    for person, pictures in enumerate(random_pixels(*size), 1):
        for kind, pixels in zip(_yale.KINDS, pictures, strict=True):
            Image.fromarray(pixels).save(inner / f"subject{person:02d}.{kind}", "GIF")
    if official:
        (inner / "subject01.centerlight").rename(inner / "subject01.gif")
        (inner / "subject01.glasses.gif").write_bytes(b"not even a picture")
        (inner / "Readme.txt").write_text("The Yale Face Database")
    if drop:
        (inner / "subject02.sad").unlink()
    return inner / "subject02.happy"


def imdb_members(size, drop=False):
    return [(f"aclImdb/{name}", data) for name, data in _reviews(size)][int(drop) :]


def imdb_folder(folder, size, drop=False):
    for name, data in imdb_members(size, drop):
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(data)
    return folder / "aclImdb" / "test" / "neg" / "1_2.txt"


def imdb_gz(folder, size, drop=False):
    return write_tar(folder / "aclImdb_v1.tar.gz", imdb_members(size, drop))


def imdb_xz(folder, size, drop=False):
    return write_tar(folder / "aclImdb_part.tar.xz", imdb_members(size, drop))


LAYOUTS = {
    "mnist": (mnist_idx, mnist_plain, mnist_npz),
    "orl": (orl_folder, orl_zip, orl_tar),
    "feret": (feret_folder, feret_mat),
    "yale": (yale_folder, yale_mat),
    "imdb": (imdb_folder, imdb_gz, imdb_xz),
}
# What the mirrors hold of the sets that can be downloaded.
OFFICIAL = {"mnist": mnist_idx, "orl": orl_zip, "imdb": imdb_gz}
