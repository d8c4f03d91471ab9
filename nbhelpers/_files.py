"""Write a file whole or not at all; read one only as far as it may be large."""

import io
import math
import os
import tempfile
import zipfile
from contextlib import contextmanager
from pathlib import Path

import numpy as np

NO_HOME = (
    "This user has no home folder to keep files in: HOME is not set, and the system does not know "
    "the user, as in some containers. Set HOME to a folder of yours"
)


def user_cache():
    """Return the folder in which the course keeps what it fetched; None for a user without a home.

    Returns
    -------
    Path or None
    """
    import pooch

    try:
        folder = Path(pooch.os_cache("nbhelpers"))
    except RuntimeError:
        return None
    return None if folder.parts[0] == "~" else folder  # as older versions of platformdirs have it


@contextmanager
def written_whole(path):
    """Give a binary file to write into, which takes the place of ``path`` when all went well.

    Parameters
    ----------
    path : path-like
        In a folder that exists.

    Yields
    ------
    file object
        On the same disk, so that taking the place is one step; it is deleted if anything fails.
    """
    path = Path(path)
    with tempfile.NamedTemporaryFile(dir=path.parent, prefix=".", delete=False) as file:
        try:
            yield file
            file.flush()
            os.fsync(file.fileno())  # or a power cut may leave the name with nothing behind it
        except BaseException:
            os.unlink(file.name)
            raise
    os.chmod(file.name, 0o644)
    os.replace(file.name, path)


def check_zip(members, limit):
    """Raise unless a zip file's members are packed as usual and small enough once unzipped.

    Parameters
    ----------
    members : list of zipfile.ZipInfo
        Those that will be read; `zipfile` never reads more than they declare.
    limit : int
        Bytes that they may take altogether.

    Raises
    ------
    ValueError
        If they declare more, or are packed in a way whose steps have no limit.
    """
    declared = sum(member.file_size for member in members)
    if declared > limit:
        raise ValueError(f"it would take {declared:,} bytes once unzipped, over {limit:,}")
    if any(one.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED) for one in members):
        raise ValueError("it is packed neither as stored nor as deflated")


def read_npz(path, limit):
    """Return the arrays of an .npz file by name, after a look at the sizes that it declares.

    Parameters
    ----------
    path : path-like
    limit : int
        Bytes that the arrays may take altogether.

    Returns
    -------
    dict of str to ndarray

    Raises
    ------
    Exception
        Of nearly any kind, if the file is damaged, too large, or holds pickled objects.
    """
    with zipfile.ZipFile(path) as archive:
        members = archive.infolist()
        check_zip(members, limit)
        return {one.filename.removesuffix(".npy"): _read_npy(archive.read(one)) for one in members}


def _read_npy(data):
    """Return an array, for which NumPy would make room before it sees how much there is."""
    file = io.BytesIO(data)
    version = np.lib.format.read_magic(file)
    headers = {
        (1, 0): np.lib.format.read_array_header_1_0,
        (2, 0): np.lib.format.read_array_header_2_0,
    }
    shape, _, dtype = headers[version](file)
    if not dtype.hasobject and math.prod(shape) * dtype.itemsize != len(data) - file.tell():
        raise ValueError(f"an array claims the shape {shape} and has not as many bytes")
    return np.load(io.BytesIO(data), allow_pickle=False)
