"""The reader's own pictures: a folder for each person, or for each class of anything."""

import hashlib
import io
import os
import re
import stat
import warnings
import zlib
from collections import Counter
from contextlib import contextmanager
from mimetypes import guess_type

import numpy as np

from nbhelpers import _validate
from nbhelpers.datasets._dataset import (
    Pictures,
    Source,
    fingerprint,
)
from nbhelpers.datasets._pictures import check_room, check_size, grey_levels, warn_if_flat
from nbhelpers.datasets._places import CLOUD, appearance, is_system, natural_order
from nbhelpers.datasets._sources import bad_file, describe, in_home, listing, reading
from nbhelpers.errors import DatasetError

LAYOUT = "a folder that holds a folder for each person, or class, with the pictures in it"
PICTURE = "a picture that Pillow can open (JPEG, PNG, GIF, TIFF, BMP, WebP, PGM and others)"
NO_PICTURES = "files that are no pictures of a class"
TWICE = "raw files or originals of pictures that are there"
REPLACE = "Save it anew as PNG or JPEG with any picture program, or take it out of the folder."
# What cameras and programs lay beside a picture, besides what is no picture by its media type.
SIDECARS = {
    ".aae", ".xmp", ".thm", ".lrv", ".json", ".xml", ".ini", ".db", ".info", ".lnk", ".url", ".pp3",
    ".dop", ".cos", ".exif", ".ithmb", ".modd", ".moff", ".md5", ".sha256", ".bak", ".tmp", ".part",
    ".crdownload", ".npy", ".npz", ".mat", ".yaml", ".yml",
}  # fmt: skip
# What cameras write unprocessed, and what programs keep of a picture that they changed.
RAW = {
    ".3fr", ".arw", ".cr2", ".cr3", ".crw", ".dng", ".erf", ".kdc", ".mrw", ".nef", ".nrw", ".orf",
    ".pef", ".raf", ".raw", ".rw2", ".sr2", ".srf", ".srw", ".x3f",
}  # fmt: skip
ORIGINALS = {"originals", "picasa originals"}
RAW_ADVICE = "Develop it, that is, save it as JPEG with the camera's program, or take it away."
SIDE = re.compile(
    r"(x|my|data|images?|imgs?|set|split|[\W_\d])*(train|training|test|testing|tst|val|"
    r"valid|validation|dev|eval|evaluation|holdout|unseen)(data|images?|imgs?|set|split|[\W_\d])*"
)
UPRIGHT = {
    2: "FLIP_LEFT_RIGHT", 3: "ROTATE_180", 4: "FLIP_TOP_BOTTOM", 5: "TRANSPOSE", 6: "ROTATE_270",
    7: "TRANSVERSE", 8: "ROTATE_90",
}  # fmt: skip
PROGRAMS = {"EPS"}  # formats that Pillow has other programs draw
DENSEST = 10_000  # pixels a byte: deflate packs 1,032 bytes, of at most 8 pixels each, into one
ALWAYS = 2**22  # pixels that take little memory, whatever the file says
PNG = b"\x89PNG\r\n\x1a\n"
HEIC = (b"heic", b"heix", b"hevc", b"hevx", b"heim", b"heis", b"mif1", b"msf1")
HEIC_ADVICE = (
    "Save it as JPEG; iPhones do so by Settings, Camera, Formats, Most Compatible. Or install "
    "pillow-heif and run `import pillow_heif; pillow_heif.register_heif_opener()` first."
)
SHOWN = 10  # pictures in a message
NEAR = 2 / 255  # root mean square between pictures that were one before they were saved again


def read_image_folder(folder, *, size=(56, 46), fit="crop", n_train=None, train_fraction=0.5,
                      seed=None, split=None, min_pictures=2, too_few="raise",
                      bad_pictures="raise", name=None):  # fmt: skip
    """Read pictures from a folder that holds one folder for each person, or class.

    =========  =========================================================================
    Classes    one for each folder, at least two, in natural order (s2 comes before s10)
    Samples    of each class the first pictures to train, the others to test
    Images     one grey channel, all of one size, never distorted
    Values     float32 in [0, 1]
    =========  =========================================================================

    Any format that Pillow opens will do; it is recognised by its content. Folders within a person's
    folder belong to that person, and all pictures are taken in the natural order of their paths.
    Left aside are hidden files, ``Thumbs.db``, ``@eaDir`` and whatever else systems and file
    servers keep there, and, counted, files that are no pictures by their ending, such as notes,
    films and sidecars; and what is there twice: a camera's raw file beside the picture of the same
    name, and Picasa's folder ``Originals`` with the pictures as they were before.

    A picture is turned upright as its EXIF mark says; a mark that cannot be read says nothing. Of
    several frames the first is taken. Colour becomes grey, and what is transparent becomes white.
    White is 255 of 8 bits, 65,535 of 16, and 1.0 of floating-point numbers.

    Parameters
    ----------
    folder : path-like
        The folder that holds the folders.
    size : (int, int), default=(56, 46)
        Height and width in pixels. Pictures shrink by area average and grow bilinearly.
    fit : {"crop", "pad"}, default="crop"
        What is done with a picture of another shape than `size`: the largest middle part that has
        this shape is taken, or the whole picture, with black bars beside it.
    n_train : int, optional
        How many pictures of each class are to train; by default the part `train_fraction`.
    train_fraction : float, default=0.5
        Part of each class that is to train, rounded; at least one picture stays on each side.
    seed : int, optional
        Draw the pictures to train at random; by default they are the first ones. Where pictures
        were taken in a row, a random draw puts near twins on both sides.
    split : (str, str), optional
        The folders of a ready-made split, such as ``("train", "test")``: the first holds a folder
        of each class to train, the second one of the same classes to test. Other folders beside
        them are left aside. By default the split is made here.
    min_pictures : int, default=2
        How many pictures a class must have; at least 2, and more than `n_train`.
    too_few : {"raise", "drop"}, default="raise"
        What happens to classes with fewer.
    bad_pictures : {"raise", "drop"}, default="raise"
        What happens to pictures that cannot be read; ``source.detail`` lists what was dropped.
    name : str, optional
        What to call the data set; by default as the folder.

    Returns
    -------
    Pictures
        ``position_train`` and ``position_test`` count each class's pictures from 1 in their natural
        order. ``source.kind`` is "own copy", and ``source.comparable`` is False.

    Warns
    -----
    UserWarning
        If pictures that are equal, or nearly so, as after saving them again, are on both sides, or
        equal ones in two classes; if nearly all pixels are black, or white; if two classes have
        names that look alike; or if two or three folders hold folders of the same names, as a
        ready-made split does.

    Raises
    ------
    DatasetError
        If there is no such folder, pictures cannot be read, a class has too few pictures, folders
        are called as those of a ready-made split, or an argument makes no sense. The message names
        the files and says what to do.
    """
    folder = in_home(folder).absolute()
    height, width = check_size(size)
    least = _check_split(n_train, train_fraction, min_pictures, seed)
    _validate.choice("fit", fit, ("crop", "pad"), error=DatasetError)
    _validate.choice("too_few", too_few, ("raise", "drop"), error=DatasetError)
    _validate.choice("bad_pictures", bad_pictures, ("raise", "drop"), error=DatasetError)
    if split is None:
        classes, aside = _listed(folder)
        classes, dropped = _large_enough(folder, classes, least, too_few)
        in_train = None
    else:
        _check_ready_split(split, n_train, seed)
        classes, in_train, aside = _listed_split(folder, split)
        dropped = ""
    _warn_of_equal_names(folder, classes)
    check_room(folder, sum(map(len, classes.values())), height, width)
    pictures, bad = _read_all(classes, height, width, fit, bad_pictures)
    if bad and split is None:  # some classes may be too small now
        pictures, small = _large_enough(folder, pictures, least, too_few)
        dropped = ", ".join(filter(None, [dropped, small]))
    rng = None if seed is None else np.random.default_rng(seed)
    train, test = _sides(folder, pictures, in_train, n_train, train_fraction, rng)
    names = tuple(os.fsencode(label).decode(errors="replace") for label in pictures)
    _warn_of_twins(train, test, names)
    warn_if_flat(name or folder.name, train[0])
    detail = f"{sum(map(len, pictures.values())):,} pictures from {len(pictures)} folders, "
    detail += "the middle of each" if fit == "crop" else "each with bars where it does not fill"
    detail += f" brought to {width} wide and {height} high"
    detail += f"; split as the folders {split[0]} and {split[1]} say" if split else ""
    detail += "".join(f"; left aside: {count} {kind}" for kind, count in aside.items() if count)
    detail += f"; left aside because they cannot be read: {_some(folder, bad)}" if bad else ""
    detail += f"; left aside for fewer than {least} pictures: {dropped}" if dropped else ""
    (x_train, y_train, at_train), (x_test, y_test, at_test) = train, test
    source = Source("own copy", detail, fingerprint(x_train, y_train, x_test, y_test), False)
    return Pictures(name or folder.name, x_train, y_train, x_test, y_test, names, source,
                   at_train, at_test)  # fmt: skip


def _sides(folder, pictures, in_train, n_train, train_fraction, rng):
    """Return (pictures, labels, positions) to train and to test."""
    sides = [], []
    for label, (name, read) in enumerate(pictures.items()):
        if in_train:  # which come first
            n = sum(path in in_train for path, _ in read)
            if not 0 < n < len(read):
                found = f"{n} pictures of {name} to train and {len(read) - n} to test"
                advice = "Add some, or take this class away on both sides."
                raise bad_file(folder, found, "at least one of each class on both sides", advice)
        else:
            n = n_train or min(max(round(train_fraction * len(read)), 1), len(read) - 1)
        stack = np.stack([pixels for _, pixels in read])
        order = np.arange(len(read)) if rng is None else rng.permutation(len(read))
        for side, chosen in zip(sides, (order[:n], order[n:]), strict=True):
            side.append((stack[chosen], np.full(len(chosen), label, np.int64), chosen + 1))
    return [[np.concatenate(parts) for parts in zip(*side, strict=True)] for side in sides]


def _check_split(n_train, train_fraction, min_pictures, seed):
    """Return how many pictures a class must have."""
    if seed is not None:
        _validate.whole("seed", seed, 0, error=DatasetError)
    if n_train is not None:
        _validate.whole("n_train", n_train, error=DatasetError)
    _validate.whole("min_pictures", min_pictures, error=DatasetError)
    _validate.fraction("train_fraction", train_fraction, error=DatasetError)
    return max(2, min_pictures, (n_train or 1) + 1)


def _listed(folder):
    """Return each class's pictures, by name in natural order, and the number of other files."""
    if not os.path.isdir(folder):
        advice = "Correct the path. An archive has to be unpacked first."
        raise bad_file(folder, describe(folder), LAYOUT, advice)
    entries = _entries(folder)
    labels = [name for name in entries if _is_folder(folder / name)]
    _refuse_ready_split(folder, labels)
    if not labels:
        found = f"{len(entries)} files and no folder"
        advice = "Make a folder for each person in it, and put the pictures there."
        raise bad_file(folder, found, LAYOUT, advice)
    classes, aside = _pictures_in(folder, labels)
    aside[NO_PICTURES] += len(entries) - len(labels)
    return classes, aside


def _pictures_in(folder, labels):
    """Return the pictures of each of the folders, by name, and the number of other files."""
    classes, aside = {}, Counter()
    for label in labels:
        paths = list(_files(folder / label, ()))
        pictures = [path for path in paths if not _is_no_picture(path)]
        classes[label] = _once(pictures)
        aside[NO_PICTURES] += len(paths) - len(pictures)
        aside[TWICE] += len(pictures) - len(classes[label])
    return classes, aside


def _once(paths):
    """Leave out raw files and originals of pictures that are there themselves."""
    pictures = {path.with_suffix("") for path in paths if path.suffix.lower() not in RAW}
    there = set(paths)

    def is_twice(path):
        raw = path.suffix.lower() in RAW and path.with_suffix("") in pictures
        kept = path.parent.name.casefold() in ORIGINALS and path.parent.parent / path.name in there
        return raw or kept

    return [path for path in paths if not is_twice(path)]


def _refuse_ready_split(folder, labels):
    """Refuse folders that are called as sides of a split; warn of others that could be."""
    sides = [label for label in labels if SIDE.fullmatch(label.lower())]
    inner = {label: frozenset(_folders(folder / label)) for label in labels}
    same = {label for label in labels if inner[label] and inner[label] == inner[labels[0]]}
    equal = len(sides) > 1 and len({inner[side] for side in sides}) == 1 and bool(inner[sides[0]])
    if sides and (len(sides) == len(labels) or equal):
        advice = (
            'If they are a ready-made split, say which is which, as in split=("train", "test"). '
            "Or put the pictures of each person together: the split is then made here."
        )
        raise bad_file(folder, f"folders named {', '.join(labels)}", LAYOUT, advice)
    if 2 <= len(labels) <= 3 and len(same) == len(labels) and len(inner[labels[0]]) > len(labels):
        warnings.warn(
            f"{', '.join(labels)} hold folders of the same names. If these are the classes, and "
            f'those the sides of a ready-made split, say so: split=("{labels[0]}", "{labels[1]}").',
            stacklevel=4,
        )


def _folders(folder):
    return [name for name in _entries(folder) if os.path.isdir(folder / name)]


def _check_ready_split(split, n_train, seed):
    match split:
        case (str(), str()) if split[0] != split[1]:
            pass
        case _:
            raise DatasetError(f"split is {split!r}; expected the names of two folders.")
    if n_train is not None or seed is not None:
        raise DatasetError("split was given with n_train or seed; expected one way to split only.")


def _listed_split(folder, split):
    """Return each class's pictures, those to train first, which they are, and the other files."""
    for side in split:
        if not os.path.isdir(folder / side):
            raise bad_file(folder / side, describe(folder / side), LAYOUT, "Correct `split`.")
    train, test = (set(_folders(folder / side)) for side in split)
    if train != test or len(train) < 2:
        found = f"{len(train)} and {len(test)} classes"
        found += f"; on one side only: {', '.join(sorted(train ^ test, key=natural_order)[:SHOWN])}"
        expected = f"the same classes in {split[0]} and {split[1]}, two at least"
        raise bad_file(folder, found, expected, "Rename folders, or take those of one side away.")
    labels = sorted(train, key=natural_order)
    (first, aside), (second, more) = (_pictures_in(folder / side, labels) for side in split)
    classes = {label: first[label] + second[label] for label in labels}
    return classes, {path for paths in first.values() for path in paths}, aside + more


def _entries(folder):
    names = (name for name in listing(folder) if not is_system(name))
    return sorted(names, key=natural_order)


def _is_folder(path):
    """Say whether it is a folder; refuse links to nowhere, and what is no ordinary file."""
    advice = "Delete it, or put what it should lead to in its place."
    try:
        mode = os.stat(path).st_mode
    except FileNotFoundError:
        raise bad_file(path, "a link that leads nowhere", PICTURE, advice) from None
    except OSError as error:  # no permission, or links that lead to each other
        found = f"something that cannot be opened ({error.strerror})"
        raise bad_file(path, found, PICTURE, "Mend its permissions, or delete it.") from error
    if not (stat.S_ISDIR(mode) or stat.S_ISREG(mode)):
        raise bad_file(path, "no ordinary file", PICTURE, advice)
    return stat.S_ISDIR(mode)


def _files(folder, above):
    """Yield all files of a folder and of its folders, those behind links included."""
    status = os.stat(folder)
    here = status.st_dev, status.st_ino
    if here in above:
        found = "a link that leads back to a folder that it is in"
        raise bad_file(folder, found, "folders that end somewhere", "Delete the link.")
    for name in _entries(folder):
        path = folder / name
        if _is_folder(path):
            yield from _files(path, (*above, here))
        else:
            yield path


def _is_no_picture(path):
    if path.suffix.lower() in SIDECARS:
        return True
    kind = guess_type(path.name.removesuffix(CLOUD))[0]
    return kind is not None and not kind.startswith("image/")


def _large_enough(folder, classes, least, too_few):
    """Return the classes that have enough pictures, and the others in words."""
    small = {label: len(paths) for label, paths in classes.items() if len(paths) < least}
    dropped = ", ".join(f"{label} ({count})" for label, count in small.items())
    if small and too_few == "raise":
        advice = 'Add pictures, or leave such folders out by too_few="drop".'
        expected = f"at least {least} pictures in each folder"
        raise bad_file(folder, f"fewer pictures in {dropped}", expected, advice)
    classes = {label: paths for label, paths in classes.items() if label not in small}
    if len(classes) < 2:
        found = f"{len(classes)} folder(s) with at least {least} pictures"
        found += f", and fewer in {dropped}" if dropped else ""
        advice = "Nothing can be told apart by one class; add a folder with pictures of another."
        for label in [*classes, *small]:  # archives often unpack into a folder in a folder
            if any(_is_folder(folder / label / name) for name in _entries(folder / label)):
                advice += f" Or is {folder / label} the folder that you mean?"
        raise bad_file(folder, found, LAYOUT, advice)
    return classes, dropped


def _read_all(classes, height, width, fit, bad_pictures):
    """Return each class's pictures as (path, pixels), and the paths that cannot be read."""
    read, errors = {}, {}
    for label, paths in classes.items():
        read[label] = []
        for path in paths:
            try:
                read[label].append((path, _read(path, height, width, fit)))
            except DatasetError as error:
                errors[path] = error
    if errors and bad_pictures == "raise":
        _refuse_all(list(errors.values()))
    return read, list(errors)


def _refuse_all(errors):
    """Raise one error for all pictures that cannot be read."""
    if len(errors) == 1:
        raise errors[0]
    lines = [str(error) for error in errors[:SHOWN]]
    lines += [f"and {len(errors) - SHOWN} more."] if len(errors) > SHOWN else []
    raise DatasetError(
        f"{len(errors)} pictures cannot be read:\n" + "\n".join(lines)
        + '\nMend them, or leave them out by bad_pictures="drop".'
    )  # fmt: skip


def _some(folder, paths):
    names = [path.relative_to(folder).as_posix() for path in paths]
    shown = ", ".join(os.fsencode(name).decode(errors="replace") for name in names[:SHOWN])
    return shown + (f" and {len(names) - SHOWN} more" if len(names) > SHOWN else "")


def _read(path, height, width, fit):
    """Read one picture as float32 of shape (height, width, 1) in [0, 1]."""
    from PIL import Image, ImageOps, UnidentifiedImageError

    if path.suffix.lower() in RAW:  # some of which Pillow opens, and takes their thumbnail
        raise bad_file(path, "a camera's raw file", PICTURE, RAW_ADVICE)
    if path.name.endswith(CLOUD):
        found = "a picture that is in iCloud and not on this disk"
        raise bad_file(path, found, PICTURE, "Download it, by the cloud beside it in the Finder.")
    try:
        # Pillow refuses at twice the size from which on it warns; here the warning is enough.
        with reading(path, PICTURE), warnings.catch_warnings():
            warnings.filterwarnings("ignore", module="PIL")  # of broken tags, which we do not need
            warnings.simplefilter("error", Image.DecompressionBombWarning)
            with _opened(path) as picture:
                _check_claim(picture, path)
                # A JPEG can be decoded at an eighth of its size, which takes far less time.
                picture.draft("L", (2 * max(height, width),) * 2)
                grey = _grey(_upright(picture), path)
    except DatasetError as error:
        cause = error.__cause__
        if isinstance(cause, UnidentifiedImageError) and _is_heic(path):
            raise bad_file(
                path, "a HEIC picture, as phones take them", PICTURE, HEIC_ADVICE
            ) from cause
        if isinstance(cause, UnidentifiedImageError):  # its message only repeats the path
            raise bad_file(path, describe(path), PICTURE, REPLACE) from cause
        if isinstance(cause, Image.DecompressionBombError | Image.DecompressionBombWarning):
            found = f"a huge picture, or a few bytes that claim to be one ({cause})"
            raise bad_file(path, found, PICTURE, "Save it smaller.") from cause
        raise
    shrinks = height <= grey.height and width <= grey.width
    how = Image.Resampling.BOX if shrinks else Image.Resampling.BILINEAR
    bring = ImageOps.fit if fit == "crop" else ImageOps.pad
    return np.asarray(bring(grey, (width, height), how))[..., np.newaxis] / np.float32(255)


@contextmanager
def _opened(path):
    """Open a picture; a PNG without those of its tags that are damaged."""
    from PIL import Image, UnidentifiedImageError

    Image.init()  # or only the usual formats are known
    formats = [kind for kind in Image.ID if kind not in PROGRAMS]
    # Given the path, Pillow maps the file into memory, and garbles a grey TIFF that a mark turns.
    with open(path, "rb") as file:
        try:
            picture = Image.open(file, formats=formats)
        except UnidentifiedImageError:
            file.seek(0)
            data = file.read()
            if not data.startswith(PNG):
                raise
            picture = Image.open(io.BytesIO(_whole_chunks(data)))
        yield picture


def _check_claim(picture, path):
    """Raise if a picture claims more pixels than its bytes can hold, before room is made for it."""
    from PIL import Image

    pixels, size = picture.width * picture.height, path.stat().st_size
    if pixels > max(ALWAYS, DENSEST * size):
        raise Image.DecompressionBombError(f"{pixels:,} pixels in {size:,} bytes")


def _whole_chunks(data):
    """Return a PNG without the chunks that are not needed and whose checksum is wrong."""
    kept, at = [PNG], len(PNG)
    while at + 12 <= len(data):
        length = int.from_bytes(data[at : at + 4])
        kind, end = data[at + 4 : at + 8], at + 12 + length
        needed = kind[:1].isupper()
        if needed or zlib.crc32(data[at + 4 : end - 4]) == int.from_bytes(data[end - 4 : end]):
            kept.append(data[at:end])
        at = end
    return b"".join(kept)


def _is_heic(path):
    with open(path, "rb") as file:
        start = file.read(12)
    return start[4:8] == b"ftyp" and start[8:] in HEIC


def _upright(picture):
    """Turn a picture as its mark says; the other tags, broken or not, are left alone."""
    from PIL import ExifTags, Image

    picture.load()  # which turns a TIFF by itself
    try:
        how = UPRIGHT.get(picture.getexif().get(ExifTags.Base.Orientation))
    except Exception:  # Pillow raises nearly anything on broken tags
        how = None
    return picture.transpose(Image.Transpose[how]) if how else picture


def _grey(picture, path):
    """Return a picture as a grey one of floats from 0 to 255."""
    from PIL import Image

    if picture.mode[0] in "IF":
        return Image.fromarray(grey_levels(picture, path))
    if picture.mode in ("LA", "La", "PA", "RGBA", "RGBa") or "transparency" in picture.info:
        coloured = picture.convert("RGBA")
        picture = Image.new("RGBA", coloured.size, "white")
        picture.alpha_composite(coloured)
    return picture.convert("L").convert("F")


def _warn_of_equal_names(folder, labels):
    """Warn of folders of one class, most likely, that two systems wrote in two ways."""
    alike = {}
    for label in labels:
        alike.setdefault(appearance(label), []).append(label)
    twins = [" and ".join(map(ascii, group)) for group in alike.values() if len(group) > 1]
    if twins:
        warnings.warn(
            f"{folder}: folders whose names look alike or differ only in capitals count as "
            f"different classes: {', '.join(twins[:SHOWN])}. If they mean the same, put their "
            "pictures into one.",
            stacklevel=3,
        )


def _warn_of_twins(train, test, names):
    """Warn of pictures that are equal to the pixel and are on both sides, or in two classes."""
    seen = {}
    for side, (x, y, position) in (("train", train), ("test", test)):
        for one, label, at in zip(x, y, position, strict=True):
            seen.setdefault(hashlib.sha256(one).digest(), []).append((side, names[label], int(at)))
    twins = [same for same in seen.values() if len({place[:2] for place in same}) > 1]
    how = "equal" if twins else "nearly equal"
    twins = twins or [_places(train, test, names, *pair) for pair in _near_twins(train[0], test[0])]
    if twins:
        places = ", ".join(f"picture {at} of {label} ({side})" for side, label, at in twins[0])
        warnings.warn(
            f"{len(twins)} pictures stand more than once ({how}), on both sides of the split or in "
            f"two classes; results will mislead. The first: {places}.",
            stacklevel=3,
        )


def _places(train, test, names, at_train, at_test):
    return [
        (side, names[y[k]], int(position[k]))
        for side, (_, y, position), k in (("train", train, at_train), ("test", test, at_test))
    ]


def _near_twins(x_train, x_test):
    """Yield test pictures that are a training picture but for a new compression: (train, test)."""
    from scipy.spatial import KDTree

    # The means of parts differ by no more than the root mean square of the differences in them.
    (train, pixels), (test, _) = map(_means_of_parts, (x_train, x_test))
    farthest = NEAR * np.sqrt(x_train[0].size / pixels) + 1e-4
    for k, near in enumerate(KDTree(train).query_ball_point(test, farthest)):
        distances = [np.sqrt(np.mean((x_train[one] - x_test[k]) ** 2)) for one in near]
        if distances and min(distances) < NEAR:
            yield near[np.argmin(distances)], k


def _means_of_parts(x, side=4):
    """Return the means of 4 x 4 parts of each picture, and how many pixels a part has."""
    height, width = (max(length // side, 1) for length in x.shape[1:3])
    x = x[:, : side * height, : side * width]
    parts = x.reshape(len(x), x.shape[1] // height, height, -1, width)
    return parts.mean(axis=(2, 4)).reshape(len(x), -1), height * width
