"""The reader's own pictures: a folder for each person, or for each class of anything."""

import os
import re
import stat
import warnings
from mimetypes import guess_type
from pathlib import Path

import numpy as np

from nbhelpers import _validate
from nbhelpers.datasets._dataset import (
    Pictures,
    Source,
    fingerprint,
)
from nbhelpers.datasets._pictures import check_size
from nbhelpers.datasets._sources import bad_file, describe, listing, reading
from nbhelpers.errors import DatasetError

LAYOUT = "a folder that holds a folder for each person, or class, with the pictures in it"
PICTURE = "a picture that Pillow can open (JPEG, PNG, GIF, TIFF, BMP, WebP, PGM and others)"
REPLACE = "Save it anew as PNG or JPEG with any picture program, or take it out of the folder."
# What systems and file managers leave behind, besides what begins with a dot.
LITTER = {"thumbs.db", "desktop.ini", "__macosx"}
SIDES = {"train", "training", "test", "testing", "val", "valid", "validation"}


def read_image_folder(folder, *, size=(56, 46), fit="crop", n_train=None, train_fraction=0.5,
                      seed=None, min_pictures=2, too_few="raise", name=None):  # fmt: skip
    """Read pictures from a folder that holds one folder for each person, or class.

    =========  =========================================================================
    Classes    one for each folder, at least two, in natural order (s2 comes before s10)
    Samples    of each class the first pictures to train, the others to test
    Images     one grey channel, all of one size, never distorted
    Values     float32 in [0, 1]
    =========  =========================================================================

    Any format that Pillow opens will do; it is recognised by its content. Folders within a person's
    folder belong to that person, and all pictures are taken in the natural order of their paths.
    Left aside are hidden files, ``Thumbs.db`` and the like, and files that are no pictures by their
    ending, such as notes or films.

    A picture is turned upright as its EXIF mark says. Of several frames the first is taken. Colour
    becomes grey, and what is transparent becomes white.

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
    min_pictures : int, default=2
        How many pictures a class must have; at least 2, and more than `n_train`.
    too_few : {"raise", "drop"}, default="raise"
        What happens to classes with fewer.
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
        If pictures that are equal to the pixel are on both sides, or in two classes.

    Raises
    ------
    DatasetError
        If there is no such folder, a picture cannot be read, a class has too few pictures, or an
        argument makes no sense. The message names the file and says what to do.
    """
    folder = Path(folder).expanduser().absolute()
    height, width = check_size(size)
    least = _check_split(n_train, train_fraction, min_pictures)
    _validate.choice("fit", fit, ("crop", "pad"), error=DatasetError)
    _validate.choice("too_few", too_few, ("raise", "drop"), error=DatasetError)
    classes, aside = _listed(folder)
    classes, dropped = _large_enough(folder, classes, least, too_few)
    rng = None if seed is None else np.random.default_rng(seed)
    sides = [], []
    for label, paths in enumerate(classes.values()):
        pictures = np.stack([_read(path, height, width, fit) for path in paths])
        order = np.arange(len(paths)) if rng is None else rng.permutation(len(paths))
        n = n_train or min(max(round(train_fraction * len(paths)), 1), len(paths) - 1)
        for side, chosen in zip(sides, (order[:n], order[n:]), strict=True):
            side.append((pictures[chosen], np.full(len(chosen), label, np.int64), chosen + 1))
    train, test = ([np.concatenate(parts) for parts in zip(*side, strict=True)] for side in sides)
    names = tuple(os.fsencode(label).decode(errors="replace") for label in classes)
    _warn_of_twins(train, test, names)
    detail = f"{sum(map(len, classes.values())):,} pictures from {len(classes)} folders, "
    detail += "the middle of each" if fit == "crop" else "each with bars where it does not fill"
    detail += f" brought to {width} wide and {height} high"
    detail += f"; left aside: {aside} files that are no pictures of a class" if aside else ""
    detail += f"; left aside for fewer than {least} pictures: {dropped}" if dropped else ""
    (x_train, y_train, at_train), (x_test, y_test, at_test) = train, test
    source = Source("own copy", detail, fingerprint(x_train, y_train, x_test, y_test), False)
    return Pictures(name or folder.name, x_train, y_train, x_test, y_test, names, source,
                   at_train, at_test)  # fmt: skip


def _check_split(n_train, train_fraction, min_pictures):
    """Return how many pictures a class must have."""
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
    if labels and {label.lower() for label in labels} <= SIDES:
        advice = "Read one of them, or put the pictures of each person together: the split is made "
        raise bad_file(folder, f"folders named {', '.join(labels)}", LAYOUT, advice + "here.")
    if not labels:
        found = f"{len(entries)} files and no folder"
        advice = "Make a folder for each person in it, and put the pictures there."
        raise bad_file(folder, found, LAYOUT, advice)
    classes, aside = {}, len(entries) - len(labels)
    for label in labels:
        paths = list(_files(folder / label, ()))
        classes[label] = [path for path in paths if not _is_no_picture(path)]
        aside += len(paths) - len(classes[label])
    return classes, aside


def _entries(folder):
    names = [name for name in listing(folder) if not name.startswith(".")]
    return sorted((name for name in names if name.lower() not in LITTER), key=natural_order)


def natural_order(name):
    """Return a key by which 2 comes before 10, and a before B."""
    parts = re.split(r"(\d+)", name)  # text and digits in turn
    return [int(p) if k % 2 else p.casefold() for k, p in enumerate(parts)], name


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
    kind = guess_type(path.name)[0]
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


def _read(path, height, width, fit):
    """Read one picture as float32 of shape (height, width, 1) in [0, 1]."""
    from PIL import Image, ImageOps, UnidentifiedImageError

    try:
        # Pillow refuses at twice the size from which on it warns; here the warning is enough.
        with reading(path, PICTURE), warnings.catch_warnings():
            warnings.simplefilter("error", Image.DecompressionBombWarning)
            with Image.open(path) as picture:
                # A JPEG can be decoded at an eighth of its size, which takes far less time.
                picture.draft("L", (2 * max(height, width),) * 2)
                grey = _grey(ImageOps.exif_transpose(picture), path)
    except DatasetError as error:
        cause = error.__cause__
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


def _grey(picture, path):
    """Return a picture as a grey one of floats from 0 to 255."""
    from PIL import Image

    if picture.mode[0] in "IF":  # convert("L") would cut these off at 255
        values = np.asarray(picture, np.float32)
        if picture.mode == "F" or values.min() < 0 or values.max() > 65535:
            found = f"a picture of numbers from {values.min():g} to {values.max():g}"
            raise bad_file(path, found, "8 or 16 bits for each pixel and channel", REPLACE)
        return Image.fromarray(values / np.float32(257))
    if picture.mode in ("LA", "La", "PA", "RGBA", "RGBa") or "transparency" in picture.info:
        coloured = picture.convert("RGBA")
        picture = Image.new("RGBA", coloured.size, "white")
        picture.alpha_composite(coloured)
    return picture.convert("L").convert("F")


def _warn_of_twins(train, test, names):
    """Warn of pictures that are equal to the pixel and are on both sides, or in two classes."""
    seen = {}
    for side, (x, y, position) in (("train", train), ("test", test)):
        for one, label, at in zip(x, y, position, strict=True):
            seen.setdefault(one.tobytes(), []).append((side, names[label], int(at)))
    twins = [same for same in seen.values() if len({place[:2] for place in same}) > 1]
    if twins:
        places = ", ".join(f"picture {at} of {label} ({side})" for side, label, at in twins[0])
        warnings.warn(
            f"{len(twins)} pictures stand more than once, on both sides of the split or in two "
            f"classes; results will mislead. The first: {places}.",
            stacklevel=3,
        )
