"""FERET, the part with 200 people and 7 pictures each that teaching material uses."""

import re
from functools import partial

import numpy as np

from nbhelpers.datasets import _faces
from nbhelpers.datasets._pictures import read_mat, read_picture, split_faces
from nbhelpers.datasets._places import entry
from nbhelpers.datasets._sources import Copy, Spec, listing, read_first

SIDES = (80, 64, 40, 32)  # pixels; Matlab files of these are about
MAT = re.compile(r".*feret.*\.mat", re.IGNORECASE)
CONDITIONS = tuple(condition.name for condition in _faces.FERET)


def load_feret(*, n_train=4, n_test=None, n_people=None, seed=None, size=(80, 80), data_home=None,
               download=True):  # fmt: skip
    """Load the FERET faces, or faces that are generated to behave like them.

    =========  ====================================================================
    Classes    200 people
    Samples    7 pictures each; by default the first 4 to train, the last 3 to test
    Series     1 frontal, 2-5 turned, 6 another expression, 7 in much darker light
    Images     80 x 80, one grey channel
    Values     float32 in [0, 1] (stored as 0-255)
    =========  ====================================================================

    The release agreement forbids passing the pictures on, so there is nothing to download: each
    reader applies to NIST for Colour FERET. The embedded default is `make_faces`, which says what
    of FERET it shows, and in kind only: its accuracies are no forecast of FERET's. A reader's copy
    is checked for its layout, number and size of pictures; no checksum is known.

    Parameters
    ----------
    n_train, n_test : int, optional
        Pictures of each person on each side; `n_test` is by default all the others.
    n_people : int, optional
        Take only the first people.
    seed : int, optional
        Draw each person's pictures at random; by default they are taken in their order.
    size : (int, int), default=(80, 80)
        Height and width in pixels.
    data_home : path-like, optional
        Folder with the reader's own copy: ``FERET_80_80/FERET-001/01.tif`` and so on, or a Matlab
        file with FERET in its name, in it or up to three folders below. By default
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
    Phillips, Moon, Rizvi and Rauss, "The FERET evaluation methodology for face-recognition
    algorithms", IEEE Transactions on Pattern Analysis and Machine Intelligence 22 (2000).
    """
    return split_faces(
        SPEC.name, read_first(SPEC, data_home, download), n_train=n_train, n_test=n_test,
        n_people=n_people, seed=seed, size=size, standard_train=4, standard_size=(80, 80),
        person="FERET-{:03d}", conditions=CONDITIONS,
    )  # fmt: skip


def find(spec, folder):
    """Recognise the folder of folders, or a Matlab file, in `folder`."""
    for home in (entry(folder, "FERET_80_80"), folder):
        if entry(home, "FERET-001").is_dir():
            return Copy("folders of TIFF files", (home,), partial(_read_folder, spec, home))
    for path in (folder / name for name in listing(folder) if MAT.fullmatch(name)):
        return Copy(f"Matlab file {path.name}", (path,), partial(_read_mat, spec, path))
    return None


def _read_folder(spec, folder):
    people, series, height, width = spec.size
    persons = [entry(folder, f"FERET-{person:03d}") for person in range(1, people + 1)]
    return np.array([
        [read_picture(entry(person, f"{n:02d}.tif"), height, width) for n in range(1, series + 1)]
        for person in persons
    ])  # fmt: skip


def _read_mat(spec, path):
    return read_mat(path, *spec.size[:2], [(side, side) for side in SIDES])


SPEC = Spec(
    name="FERET",
    size=(200, 7, 80, 80),
    find=find,
    embedded=lambda: _faces.make_faces(200, conditions=_faces.FERET).images,
    embedded_detail="no real faces but drawn ones (made by make_faces), of 200 people, 7 each",
    embedded_version=_faces.version,
    layouts="FERET_80_80/FERET-001/01.tif and so on, or a Matlab file with FERET in its name",
    traces=re.compile("feret"),
    hints=(
        (
            re.compile("feret"),
            "As no checksum of these pictures is known, they are read under these names alone.",
        ),
    ),
)
