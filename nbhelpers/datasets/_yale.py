"""The Yale faces."""

import re
from functools import partial

import numpy as np

from nbhelpers.datasets import _faces
from nbhelpers.datasets._pictures import read_mat, read_picture, split_faces, verified
from nbhelpers.datasets._places import entry
from nbhelpers.datasets._sources import Copy, Spec, bad_file, listing, read_first

KINDS = tuple(condition.name for condition in _faces.YALE)
ENDINGS = ("", ".gif", ".pgm", ".png", ".bmp", ".tif", ".tiff")
ALIGNED = (100, 80)  # height and width of the crop in Yale_100x80.mat


def load_yale(*, n_train=6, n_test=None, n_people=None, seed=None, size=ALIGNED, data_home=None,
              download=True):  # fmt: skip
    """Load the Yale faces, or faces that are generated to behave like them.

    =========  =======================================================================
    Classes    15 people
    Samples    11 pictures each; by default the first 6 to train, the last 5 to test
    Series     centerlight, glasses, happy, leftlight, noglasses, normal, rightlight,
               sad, sleepy, surprised, wink
    Images     80 wide x 100 high, aligned by the eyes, one grey channel
    Values     float32 in [0, 1] (stored as 0-255)
    =========  =======================================================================

    Only 156 of the 165 real pictures are distinct: subject04.sad equals subject04.normal, noglasses
    equals normal for subjects 02 03 06 07 09 12 14, glasses equals normal for 08. In the aligned
    crop five of these nine pairs are equal to the byte (06 07 08 09 14); the others were cut a bit
    differently. A split that has twins on both sides leaks.

    The official pages are gone and the terms forbid handing the pictures on, so there is nothing to
    download. The embedded default is `make_faces`.

    Parameters
    ----------
    n_train, n_test : int, optional
        Pictures of each person on each side; `n_test` is by default all the others.
    n_people : int, optional
        Take only the first people.
    seed : int, optional
        Draw each person's pictures at random; by default they are taken in their order.
    size : (int, int), default=(100, 80)
        Height and width in pixels.
    data_home : path-like, optional
        Folder with the reader's own copy, in it or up to three folders below: ``Yale_100x80.mat``
        or, if that is not there, files ``subject01.happy`` and so on, with or without the ending of
        a format, from which the middle 192 x 240 pixels are cut, which aligns nothing. By default
        ``$NBHELPERS_DATA``.
    download : bool, default=True
        Without effect; all loaders take the same arguments.

    Returns
    -------
    Dataset

    Raises
    ------
    DatasetError
        If a copy is damaged or incomplete, or more pictures are asked for than there are.

    References
    ----------
    Belhumeur, Hespanha and Kriegman, "Eigenfaces vs. Fisherfaces: recognition using class specific
    linear projection", IEEE Transactions on Pattern Analysis and Machine Intelligence 19 (1997).
    Terms: for research; acknowledge the Yale Face Database.
    """
    return split_faces(
        SPEC.name, read_first(SPEC, data_home, download), n_train=n_train, n_test=n_test,
        n_people=n_people, seed=seed, size=size, standard_train=6, standard_size=ALIGNED,
        person="subject{:02d}", conditions=KINDS,
    )  # fmt: skip


def find(spec, folder):
    """Recognise the Matlab file or the original pictures in `folder`."""
    path = entry(folder, "Yale_100x80.mat")
    if path.is_file():
        return Copy("Yale_100x80.mat", (path,), partial(_read_mat, spec, path))
    if any(name.lower().startswith("subject01.") for name in listing(folder)):
        layout = "the original pictures, cut to their middle and not aligned"
        return Copy(layout, (folder,), partial(_read_folder, spec, folder))
    return None


def _read_mat(spec, path):
    faces = read_mat(path, *spec.size[:2], [ALIGNED])
    return verified(faces, path, spec.sha256["aligned"])


def _read_folder(spec, folder):
    people, series, height, width = spec.size
    names = {name.lower(): name for name in listing(folder)}
    faces = np.empty(spec.size, np.uint8)
    for person in range(people):
        for number, kind in enumerate(KINDS[:series]):
            path = folder / _file_name(names, f"subject{person + 1:02d}", kind, folder)
            faces[person, number] = read_picture(path, height, width)
    verified(faces, folder, spec.sha256["pixels"])
    # The first and last row hold a border line; 4 : 5 is the shape of the aligned crop.
    crop_height = height - 3
    crop_width = crop_height * ALIGNED[1] // ALIGNED[0]
    left = (width - crop_width) // 2
    return faces[:, :, 1 : 1 + crop_height, left : left + crop_width]


def _file_name(names, subject, kind, folder):
    # The official archive calls subject01's centerlight picture subject01.gif; its stray
    # subject01.glasses.gif stands beside subject01.glasses, which comes first.
    candidates = [f"{subject}.{kind}{ending}" for ending in ENDINGS]
    if kind == KINDS[0]:
        candidates.append(f"{subject}.gif")
    for name in candidates:
        if name in names:
            return names[name]
    raise bad_file(folder, f"no {candidates[0]}", f"one picture for each of {', '.join(KINDS)}")


SPEC = Spec(
    name="Yale",
    size=(15, 11, 243, 320),
    find=find,
    embedded=lambda: _faces.make_faces(15, *ALIGNED, conditions=_faces.YALE).images,
    embedded_detail="no real faces but drawn ones (made by make_faces), of 15 people, 11 each",
    embedded_version=_faces.version,
    layouts="the original pictures, subject01.happy and so on, or Yale_100x80.mat",
    traces=re.compile(r"yale|^(.*/)?subject\d+\."),
    hints=(
        (
            re.compile(r"yale_?b|cropped|extended"),
            "The Extended Yale Face Database B is another set.",
        ),
        (
            re.compile(r"yale_?\d+x?\d*\.mat"),
            "Other Matlab files than Yale_100x80.mat hold other crops, and each person's pictures "
            "in another order.",
        ),
        (re.compile(r"\.(zip|rar|7z|tar|tgz|z)\b"), "Unpack the archive first."),
    ),
    sha256={
        "aligned": "9b608e1654e039b4f8a2c0cf08891175c444b5aacaf641c239beecfcfa9e888f",
        "pixels": "12c22b116b46688b9fa15e4857bde5ec5d987b1b70839e5a162aaff88b3e0b69",
    },
)
