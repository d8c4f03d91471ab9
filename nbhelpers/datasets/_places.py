"""Where in the reader's folder a copy may lie, and what is said of one that cannot be read."""

import os
import re
import unicodedata
import zipfile
from collections import deque

from nbhelpers.datasets._sources import listing, reading
from nbhelpers.errors import DatasetError

DEPTH = 3  # levels below the reader's folder, as for data/MNIST/raw
MOST = 3_000  # folders that are looked into; more is no folder of data but a whole disk
WIDEST = 300  # folders in a folder that may hold data sets; more are people or classes, as of LFW
NAMED = 5  # names in a message
# What file servers, systems and phones keep among pictures, besides what begins with a dot.
CLOUD = ".icloud"  # .IMG_1.jpg.icloud stands where macOS has left IMG_1.jpg in the cloud
SYSTEM = {
    "@eadir", "@__thumb", "@tmp", "@recycle", "@recently-snapshot", "@synoeastream", "#recycle",
    "#snapshot", "$recycle.bin", "recycler", "system volume information", "lost+found", "lost.dir",
    "found.000", "__macosx", "thumbnails", "thumbs.db", "ehthumbs.db", "ehthumbs_vista.db",
    "desktop.ini", "picasa.ini", "icon\r",
}  # fmt: skip


def is_system(name):
    """Say whether a file or folder is the system's own and not the reader's."""
    if name.endswith(CLOUD):
        return False
    return name.startswith(".") or name.casefold() in SYSTEM


def natural_order(name):
    """Return a key by which 2 comes before 10, and a before B."""
    parts = re.split(r"(\d{1,4000})", name)  # text and digits in turn; `int` takes no more digits
    return [int(p) if k % 2 else p.casefold() for k, p in enumerate(parts)], name


def appearance(name):
    """Return what is left of a name without capitals, spaces and signs that nobody sees.

    An é may be one sign or two, as macOS writes it, and looks the same.
    """
    signs = unicodedata.normalize("NFKC", name).casefold()
    return "".join(sign for sign in signs if sign.isprintable() and not sign.isspace())


def entry(folder, name):
    """Return the path of a file or folder whose name may differ in capitals."""
    same = [found for found in listing(folder) if found.casefold() == name.casefold()]
    return folder / (name if name in same or not same else same[0])


def series_in(folder, people, length):
    """Return the files of a folder of `people` folders of `length` files each, or None.

    All in natural order: what they are called does not matter, only how many they are.
    """
    folders = subfolders(folder)
    if len(folders) != people:
        return None
    files = [[inner / name for name in _readable_names(inner)] for inner in folders]
    return files if all(len(one) == length for one in files) else None


def subfolders(folder):
    """Return the folders in a folder, in natural order, without the system's own."""
    with reading(folder, "a folder that can be listed"):
        try:
            names = [item.name for item in os.scandir(folder) if item.is_dir()]
        except (FileNotFoundError, NotADirectoryError):
            return []
    return [folder / name for name in sorted(filter(_is_own, names), key=natural_order)]


def _is_own(name):
    return not is_system(name)


def _readable_names(folder):
    """Return the names in a folder, in natural order, or none where there is no permission."""
    try:
        return sorted(filter(_is_own, listing(folder)), key=natural_order)
    except DatasetError:
        return []


def below(spec, home):
    """Yield the folders in the reader's, the nearest first, and whether their names are the set's.

    The folder itself and the one that is called as the set come first.
    """
    own = home / spec.name.lower()
    yield home, True
    yield own, True
    waiting, seen = deque([(home, 0, False)]), 0
    while waiting and seen < MOST:
        folder, depth, named = waiting.popleft()
        seen += 1
        if folder not in (home, own):
            yield folder, named
        inner = _readable_subfolders(folder) if depth < DEPTH else []
        if depth == 0 or len(inner) <= WIDEST:
            waiting.extend(
                (one, depth + 1, _is_named(spec, one.name.lower(), named)) for one in inner
            )


def _is_named(spec, name, above):
    """Say whether a folder's name, or one above it, is the set's and not another one's."""
    is_other = bool(spec.others and spec.others.search(name))
    return not is_other and (above or bool(spec.traces.search(name)))


def _readable_subfolders(folder):
    try:
        return subfolders(folder)
    except DatasetError:  # no permission; a set that lies there is nobody's who reads this
        return []


def passed_over(spec, home):
    """Say what in the reader's folder looks like the set, in no layout that is read; or ``""``."""
    found = sorted(_traces(spec, home), key=natural_order)
    if not found:
        return ""
    names = ", ".join(os.fsencode(name).decode(errors="replace") for name in found[:NAMED])
    names += f" and {len(found) - NAMED} more" if len(found) > NAMED else ""
    hints = [hint for pattern, hint in spec.hints if any(pattern.search(f.lower()) for f in found)]
    return " ".join([
        f"The data folder holds {names}, but no whole {spec.name} in a layout that is read "
        f"({spec.layouts}). Nothing of it was used.", *hints,
    ])  # fmt: skip


def _traces(spec, home):
    """Yield what is called as the set is, or has its number of folders and files."""
    if _looks_like(spec, home):
        yield home.name
    named = []
    for folder, _ in below(spec, home):
        if any(above in folder.parents or above == folder for above in named):
            continue
        if folder != home and _looks_like(spec, folder):
            named.append(folder)
            yield folder.relative_to(home).as_posix()
            continue
        for name in _readable_names(folder):
            path = folder / name
            if spec.traces.search(name.lower()) or _in_zip(spec, path) or _in_table(spec, path):
                named.append(path)
                yield path.relative_to(home).as_posix()


def _looks_like(spec, folder):
    """Say whether a folder has the name, the layout or the numbers of the set."""
    if spec.traces.search(folder.name.lower()):
        return bool(_readable_names(folder))
    try:
        if spec.find(spec, folder):  # with other content, or it would have been taken
            return True
        return len(spec.size) == 4 and bool(series_in(folder, *spec.size[:2]))
    except DatasetError:  # no permission
        return False


def _in_zip(spec, path):
    """Say whether a zip file holds something that is called as the set is; it is not unpacked."""
    if path.suffix.lower() != ".zip":
        return False
    try:
        with zipfile.ZipFile(path) as archive:
            return any(spec.traces.search(name.lower()) for name in archive.namelist())
    except (OSError, zipfile.BadZipFile, NotImplementedError):
        return False


def _in_table(spec, path):
    """Say whether a table begins as those of the set do, whatever it is called."""
    if not spec.head or path.suffix.lower() != ".csv" or not path.is_file():
        return False
    try:
        with path.open("rb") as file:
            return file.read(len(spec.head)) == spec.head
    except OSError:
        return False
