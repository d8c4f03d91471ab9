"""What the three sets of faces share: Matlab files, the split by person, the size of pictures."""

import hashlib
import warnings

import numpy as np

from nbhelpers import _validate
from nbhelpers.datasets._dataset import Pictures, Source, count, fingerprint
from nbhelpers.datasets._matlab import read_variables
from nbhelpers.datasets._sources import bad_file, reading
from nbhelpers.errors import DatasetError

LARGEST = 2**32  # bytes of all pictures of a set; they are held about three times while it is read
FORMATS = ("BMP", "GIF", "JPEG", "PNG", "PPM", "TIFF", "WEBP")  # none that runs another program


def split_faces(name, taken, *, n_train, n_test, n_people, seed, size, standard_train,
                standard_size, person, conditions=()):  # fmt: skip
    """Split each person's series of pictures, and bring the pictures to one size.

    Parameters
    ----------
    name : str
        Of the data set.
    taken : (ndarray, str, str)
        The faces, uint8 of shape (people, pictures, height, width), and where they come from, as
        `read_first` returns them.
    n_train, n_test, n_people, seed, size
        As the loaders say.
    standard_train : int
        How many pictures of each person are to train by default.
    standard_size : (int, int)
        Height and width by default.
    person : str
        Format of the people's names, filled with their number from 1.
    conditions : tuple of str
        What each picture of a series shows.

    Returns
    -------
    Pictures
    """
    faces, kind, detail = taken
    people, series = faces.shape[:2]
    check_room(name, people * series, *check_size(size))
    n_people = count("n_people", n_people, people)
    n_train = count("n_train", standard_train if n_train is None else n_train, series - 1)
    n_test = count("n_test", n_test, series - n_train)
    order = np.tile(np.arange(series), (n_people, 1))
    if seed is not None:
        seed = _validate.whole("seed", seed, 0, error=DatasetError)
        order = np.random.default_rng(seed).permuted(order, axis=1)
    sides = []
    for picked in (order[:, :n_train], order[:, n_train : n_train + n_test]):
        pictures = faces[np.arange(n_people)[:, np.newaxis], picked]
        labels = np.repeat(np.arange(n_people), picked.shape[1])
        sides.append((_resize(pictures.reshape(-1, *faces.shape[2:]), size), labels, picked + 1))
    (x_train, y_train, at_train), (x_test, y_test, at_test) = sides
    split = (n_people, n_train, n_train + n_test, tuple(size))
    if kind == "own copy":
        warn_if_flat(name, x_train)
    comparable = kind != "embedded" and split == (people, standard_train, series, standard_size)
    source = Source(kind, detail, fingerprint(x_train, y_train, x_test, y_test), comparable)
    names = tuple(person.format(number + 1) for number in range(n_people))
    return Pictures(name, x_train, y_train, x_test, y_test, names, source,
                   at_train.ravel(), at_test.ravel(), conditions)  # fmt: skip


def check_size(size):
    """Return `size` if it is (height, width) in pixels."""
    match size:
        case (int(height), int(width)) if height > 0 and width > 0:
            return height, width
    raise DatasetError(f"size is {size!r}; expected (height, width) in pixels.")


def check_room(name, n, height, width):
    """Raise if so many pictures of that size would not fit into the memory."""
    size = 4 * n * height * width  # as float32
    if size > LARGEST:
        found = (
            f"{n:,} pictures that take {size / 2**30:,.0f} GiB if {width} wide and {height} high"
        )
        raise bad_file(name, found, f"at most {LARGEST / 2**30:.0f} GiB", "Give a smaller size.")


def _resize(pictures, size):
    """Return (n, height, width, 1) in [0, 1]: area average to shrink, bilinear to enlarge."""
    from PIL import Image

    height, width = check_size(size)
    scaled = pictures.astype(np.float32)
    if pictures.shape[1:] != (height, width):
        shrinks = height <= pictures.shape[1] and width <= pictures.shape[2]
        how = Image.Resampling.BOX if shrinks else Image.Resampling.BILINEAR
        scaled = np.stack(
            [np.asarray(Image.fromarray(one).resize((width, height), how)) for one in scaled]
        )
    return scaled[..., np.newaxis] / np.float32(255)


def read_mat(path, people, series, shapes):
    """Read the Matlab file in which such sets are handed round.

    Parameters
    ----------
    path : Path
    people, series : int
        How many people, and pictures of each.
    shapes : iterable of (int, int)
        The heights and widths that are right.

    Returns
    -------
    ndarray of shape (people, series, height, width), uint8
    """
    shapes = {height * width: (height, width) for height, width in shapes}
    expected = f"fea: {people * series} x {' or '.join(map(str, shapes))} uint8, gnd: 1..{people}"
    limit = 2 * people * series * max(shapes) + 2**20
    with reading(path, "a Matlab file with " + expected), open(path, "rb") as file:
        content = read_variables(file.read(limit + 1), ("fea", "gnd"), limit)
        fea, gnd = content["fea"], content["gnd"].ravel()
    if fea.dtype != np.uint8 or fea.ndim != 2 or fea.shape[1] not in shapes:
        raise bad_file(path, f"fea: {fea.dtype} of shape {fea.shape}", expected)
    if not np.array_equal(gnd, np.repeat(np.arange(1, people + 1), series)):
        different = len(set(map(str, gnd.tolist())))
        found = f"gnd of {len(gnd)} numbers, {different} different ones"
        raise bad_file(path, found, expected + f", {series} rows each in order")
    height, width = shapes[fea.shape[1]]
    columns = fea.reshape(people, series, width, height)  # Matlab stores column after column
    return np.ascontiguousarray(columns.swapaxes(2, 3))


def read_picture(path, height, width):
    """Read one grey picture of a known size as uint8 of shape (height, width)."""
    from PIL import Image

    expected = f"a grey picture, {width} wide and {height} high"
    with reading(path, expected), Image.open(path, formats=FORMATS) as picture:
        if picture.size == (width, height):  # so nothing larger is ever decoded
            if picture.mode[0] in "IF":
                return np.rint(grey_levels(picture, path)).astype(np.uint8)
            return np.asarray(picture.convert("L"))
        found = f"a picture {picture.width} wide and {picture.height} high"
    raise bad_file(path, found, expected)


def grey_levels(picture, path):
    """Return the levels of a grey picture of more than 8 bits as floats from 0 to 255."""
    values = np.asarray(picture, np.float32)
    # convert("L") would cut these off at 255.
    if picture.mode != "F" and values.min() >= 0 and values.max() <= 65535:
        return values / np.float32(257)
    if picture.mode == "F" and values.min() >= 0 and values.max() <= 1:
        return values * np.float32(255)
    found = f"a picture of numbers from {values.min():g} to {values.max():g}"
    expected = "8 or 16 bits for each pixel and channel, or numbers from 0 to 1"
    raise bad_file(path, found, expected, "Save it anew as PNG or JPEG with any picture program.")


def warn_if_flat(name, pictures):
    """Warn where a whole set is nearly black or nearly white: it was read or scaled wrongly."""
    darkest, brightest = np.quantile(pictures[:, ::2, ::2], [0.01, 0.99])
    if brightest < 0.1 or darkest > 0.9:
        shade = "black" if darkest < 0.5 else "white"
        warnings.warn(
            f"{name}: nearly all pixels of all pictures are {shade} "
            f"(between {darkest:.2f} and {brightest:.2f} on a scale from 0 to 1). Perhaps they use "
            "a part of their 16 bits only; look at some, and save them anew with their full range.",
            stacklevel=4,
        )


def verified(faces, path, sha256):
    """Return the pictures if their pixels are the known ones."""
    if hashlib.sha256(faces).hexdigest() != sha256:
        raise bad_file(path, "pixels that differ from the known ones (sha256)", "an unchanged copy")
    return faces
