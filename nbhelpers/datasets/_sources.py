"""The way in that all data sets share: find -> fetch -> verify -> decode.

A data set is described once, by a `Spec`. `find_real` looks for the real one: the reader's own
copy, then the cache, then the official download. Whatever it returns was verified by its content.
"""

import gzip
import hashlib
import io
import os
import re
import shutil
import tarfile
import tempfile
import time
import warnings
import zipfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath
from typing import Any

from nbhelpers._files import NO_HOME, check_zip, user_cache
from nbhelpers.errors import DatasetError

ONE_DAY = 24 * 60 * 60  # seconds
# What in a tar file only goes on with a member's header, and how many bytes of it may.
EXTRAS = {
    tarfile.GNUTYPE_LONGNAME,
    tarfile.GNUTYPE_LONGLINK,
    tarfile.XHDTYPE,
    tarfile.XGLTYPE,
    tarfile.SOLARIS_XHDTYPE,
}
LONGEST_EXTRAS = 2**20
TIMEOUT = (5, 20)  # seconds to connect, seconds between two pieces of an answer
PERIOD = 30  # seconds, over each of which an answer must come faster than SLOWEST
SLOWEST = 5_000  # bytes a second: at that rate MNIST takes half an hour


@dataclass(frozen=True)
class Copy:
    """A copy of a data set on this machine, in a layout that was recognised by its names.

    Attributes
    ----------
    layout : str
        The layout in words.
    paths : tuple of Path
        The files, or the folder that holds them.
    read : callable
        Decodes the copy and verifies what it decoded.
    sure : bool
        Whether its names say that it is meant to be this data set, so that a fault in it is an
        error. Otherwise it is taken only if its content is the right one.
    """

    layout: str
    paths: tuple[Path, ...]
    read: Callable[[], Any]
    sure: bool = True


@dataclass(frozen=True)
class Spec:
    """All that is known about a data set before it is opened.

    Attributes
    ----------
    name : str
        For people; in lower case the name of its folder and on the command line.
    size : tuple of int
        The numbers that give its shape; what they mean is the module's own matter.
    find : callable
        ``find(spec, folder)`` returns the `Copy` in a folder, or None. The folders in this one are
        other folders, but for those that belong to the layout.
    layouts : str
        The layouts that are read, in words.
    traces : re.Pattern
        What in a name, in lower case, suggests this data set.
    head : bytes, optional
        How a table of the set begins, in a file whose name tells nothing.
    others : re.Pattern, optional
        What in a name says that it is another set, in spite of `traces`.
    hints : tuple of (re.Pattern, str)
        What to say of things with such a name that cannot be read.
    embedded : callable
        Makes the default that needs no network, in the same form as `Copy.read`.
    embedded_detail : str
        What the default is, in words.
    embedded_version : callable
        Returns a text that changes when the default does.
    sha256 : mapping of str to str
        Of each part's decoded content, so that every layout is held to the same truth.
    mirrors : tuple of str
        Addresses of folders that hold the official files, tried in this order.
    files : mapping of str to (str or None)
        The official files' sha256; None where no official one is known.
    """

    name: str
    size: tuple[int, ...]
    find: Callable[["Spec", Path], Copy | None]
    embedded: Callable[[], Any]
    embedded_detail: str
    embedded_version: Callable[[], str]
    layouts: str
    traces: re.Pattern
    head: bytes = b""
    others: re.Pattern | None = None
    hints: tuple[tuple[re.Pattern, str], ...] = ()
    sha256: Mapping[str, str] = field(default_factory=dict)
    mirrors: tuple[str, ...] = ()
    files: Mapping[str, str | None] = field(default_factory=dict)

    @property
    def cache(self):
        """The folder in which the official files are kept; None for a user without a home."""
        folder = user_cache()
        return folder / self.name.lower() if folder else None


class DownloadError(DatasetError):
    """No mirror gave the right files."""


class TrickleError(DownloadError):
    """A mirror answers, but so slowly that nobody would wait."""


def read_first(spec, data_home=None, download=True):
    """Return ``(content, kind, detail)`` of the first source in order that has the data set."""
    real, problem = find_real(spec, data_home, download)
    if problem:
        warnings.warn(f"{problem} The embedded default is used.", stacklevel=3)
    content, kind, detail = real or (spec.embedded(), "embedded", spec.embedded_detail)
    if left := "" if kind == "own copy" else passed_over(spec, data_home):
        warnings.warn(left, stacklevel=3)
        detail += f". {left.removesuffix('.')}"
    return content, kind, detail


def find_real(spec, data_home=None, download=True):
    """Look for the real data: own copy, cache, download.

    Returns
    -------
    real : (content, kind, detail) or None
    problem : str or None
        Why the download failed, if it was tried and failed.

    Raises
    ------
    DatasetError
        If there is a copy and it is wrong: another source would hide that.
    """
    copy = own_copy(spec, data_home)
    if copy:
        how_far = "verified" if spec.sha256 else "of which only the layout could be checked"
        detail = f"the reader's own copy ({copy.layout}), {how_far}"
        return (copy.read(), "own copy", detail), None
    may_download = bool(download and spec.mirrors and not offline())
    damage = None
    copy = cached(spec)
    if copy:
        try:
            return (copy.read(), "cache", f"the official files ({copy.layout}), verified"), None
        except DatasetError as error:
            if not may_download:
                raise
            damage = error
    if not may_download:
        return None, None
    try:
        content, layout = download_official(spec)
    except DownloadError as error:
        if damage:
            raise DatasetError(f"{damage} Fetching it again failed too: {error}") from None
        return None, str(error)
    return (content, "download", f"the official files ({layout}), verified"), None


def offline():
    """Say whether the reader asked for no network, by ``NBHELPERS_OFFLINE=1``."""
    return os.environ.get("NBHELPERS_OFFLINE", "") not in ("", "0")


def own_copy(spec, data_home=None):
    """Return the reader's own `Copy` in `data_home` or ``$NBHELPERS_DATA``, or None."""
    from nbhelpers.datasets._places import below

    home = _home(data_home)
    for folder, is_named in below(spec, home) if home else ():
        if copy := _copy_in(spec, folder, is_named):
            return copy
    return None


def _copy_in(spec, folder, is_named):
    """Return the copy in a folder; if no name says that it is one, only if its content is right."""
    try:
        copy = spec.find(spec, folder)
    except DatasetError:  # no permission to look into it
        if is_named:
            raise
        return None
    if copy and not (is_named and copy.sure):
        return copy if _is_right(spec, copy) else None
    return copy


def _is_right(spec, copy):
    """Say whether the content can be verified and is the right one."""
    if not spec.sha256:
        return False
    try:
        copy.read()
    except DatasetError:
        return False
    return True


def passed_over(spec, data_home=None):
    """Say what in the reader's folder looks like the set and is in no layout that is read."""
    from nbhelpers.datasets import _places

    home = _home(data_home)
    return _places.passed_over(spec, home) if home else ""


def _home(data_home):
    home = data_home or os.environ.get("NBHELPERS_DATA")
    if not home:
        return None
    home = in_home(home)
    if not os.path.isdir(home):
        raise bad_file(home, describe(home), "the folder that holds the reader's data sets",
                    "Correct NBHELPERS_DATA or data_home, or leave it out.")  # fmt: skip
    return home


def cached(spec):
    """Return the `Copy` in the cache if all its files are there, or None."""
    folder = spec.cache
    if not folder or not spec.files or not set(spec.files) <= set(listing(folder)):
        return None
    return spec.find(spec, folder)


def make_available(spec, data_home=None):
    """Fetch the data set unless there is a copy; warn if that fails."""
    if own_copy(spec, data_home) or cached(spec) or offline() or not spec.mirrors:
        return
    try:
        download_official(spec)
    except DownloadError as error:
        warnings.warn(f"{error} The embedded default will be used.", stacklevel=2)


def state(spec, data_home=None):
    """Describe what a loader would take now, without decoding it; changes when that changes."""
    copy, kind = own_copy(spec, data_home), "own copy"
    if not copy:
        copy, kind = cached(spec), "cache"
    if not copy:
        found = f"embedded {spec.embedded_version()}"
    else:
        found = "\n".join([f"{kind}: {copy.layout}", *map(_content, copy.paths)])
    # What is passed over is said on the page.
    left = "" if copy and kind == "own copy" else passed_over(spec, data_home)
    return f"{found}\n{left}" if left else found


def _content(path):
    """Return names and digests of a file, or of all files in a folder: neither place nor time."""
    lines = []
    for file in [path] if path.is_file() else sorted(_files_in(path)):
        with reading(file, "a file that can be read"), open(file, "rb") as content:
            digest = hashlib.file_digest(content, "sha256").hexdigest()
        lines.append(f"{file.relative_to(path).as_posix()} {digest}")
    return "\n".join(lines)


def _files_in(folder):
    """Yield all files of a folder, those in linked folders too; each folder is entered once."""
    seen = set()
    for above, folders, files in os.walk(folder, followlinks=True):
        status = os.stat(above)
        if (place := (status.st_dev, status.st_ino)) in seen:
            folders.clear()  # a link that leads back
            continue
        seen.add(place)
        yield from filter(Path.is_file, (Path(above, name) for name in files))


def download_official(spec):
    """Download the official files, verify what is in them, and only then let them into the cache.

    Returns
    -------
    content, layout
        As `Copy.read` and `Copy.layout` give them.

    Raises
    ------
    DownloadError
        If no mirror gave the right files.
    DatasetError
        If the cache cannot be written, or there is none.
    """
    import pooch
    import requests
    import urllib3

    if not spec.cache:
        raise DatasetError(f"{NO_HOME}, or NBHELPERS_OFFLINE=1 to do without a download.")
    pooch.get_logger().setLevel("WARNING")  # the progress bar says enough
    reasons = []
    for mirror in spec.mirrors:
        try:
            return _fetch_from(mirror, spec)
        except TrickleError as error:
            reasons.append(f"{mirror} ({error})")
        except (requests.RequestException, urllib3.exceptions.HTTPError) as error:
            reasons.append(f"{mirror} ({type(error).__name__})")
        except OSError as error:
            raise bad_file(
                spec.cache,
                f"no way to write there ({error.strerror or error})",
                f"a folder for the files of {spec.name}",
                "Free some space or mend the permissions, set HOME to a folder of yours, or "
                "NBHELPERS_OFFLINE=1 to do without a download.",
            ) from error
        except ValueError:  # pooch's for a wrong checksum, ours for what is in the file
            reasons.append(f"{mirror} (other files than the official ones, perhaps a web page)")
    raise DownloadError(f"{spec.name} could not be downloaded from " + ", ".join(reasons) + ".")


def _fetch_from(mirror, spec):
    import pooch

    spec.cache.mkdir(parents=True, exist_ok=True)
    for left in spec.cache.glob("fetch-*"):  # by a process that was killed
        with suppress(FileNotFoundError):  # by one that has just finished
            if time.time() - left.stat().st_mtime > ONE_DAY:
                shutil.rmtree(left, ignore_errors=True)
    # A folder of its own for each process, on the disk of the cache so that renaming is atomic.
    with tempfile.TemporaryDirectory(dir=spec.cache, prefix="fetch-") as folder:
        for file, sha256 in spec.files.items():
            pooch.retrieve(mirror + file, sha256, file, folder, downloader=_download)
        copy = spec.find(spec, Path(folder))
        content = copy.read()
        for file in spec.files:
            os.replace(Path(folder, file), spec.cache / file)
    return content, copy.layout


def _download(url, output_file, _):
    """Write a file as pooch's own downloader does, but give up on a network that trickles.

    No time-out sees that: each byte comes in time. `read1` returns what is there instead of waiting
    for all that it was asked for.
    """
    import requests
    from tqdm import tqdm  # tqdm.auto warns where ipywidgets is missing

    with requests.get(url, stream=True, timeout=TIMEOUT) as answer, open(output_file, "wb") as file:
        answer.raise_for_status()
        total = int(answer.headers.get("content-length", 0))
        with tqdm(total=total, unit="B", unit_scale=True) as bar:
            before, start = 0, time.monotonic()
            while piece := answer.raw.read1(2**16, decode_content=True):
                bar.update(file.write(piece))
                if (seconds := time.monotonic() - start) > PERIOD:
                    _check_rate(bar.n - before, seconds)
                    before, start = bar.n, time.monotonic()


def _check_rate(n_bytes, seconds):
    if n_bytes < SLOWEST * seconds:
        raise TrickleError(
            f"{n_bytes:,} bytes in {seconds:.0f} s; expected {SLOWEST:,} a second at least. Try "
            "again in another network, or put a copy into the folder that NBHELPERS_DATA names"
        )


def bad_file(path, found, expected, advice="Replace it by a fresh copy, or delete it."):
    """Return the `DatasetError` that says which file, what is in it, what should be, what to do."""
    return DatasetError(f"{path}: found {found}; expected {expected}. {advice}")


def in_home(path):
    """Return a path with the reader's home in the place of ``~``."""
    try:
        return Path(path).expanduser()
    except RuntimeError:
        found, expected = "no home folder to put in its place", "~/ and the path from your home"
        advice = "Is a / missing after the ~? If not, write the whole path, or set HOME."
        raise bad_file(path, found, expected, advice) from None


def describe(path):
    """Describe in a few words what really is at `path`, as people would when they look."""
    try:
        if path.is_dir():
            return "a folder"
        with open(path, "rb") as file:
            start = file.read(512)
        size = path.stat().st_size
    except FileNotFoundError:
        return "nothing"
    except OSError as error:
        return f"something that cannot be read ({error.strerror})"
    except ValueError:
        return "a path that no file can have"
    if not start:
        return "an empty file"
    if start.lstrip(b"\xef\xbb\xbf \t\r\n").lower().startswith((b"<!doctype", b"<html", b"<?xml")):
        return "a web page saved in place of the data"
    return f"{size:,} bytes that begin with {start[:12]!r}"


@contextmanager
def reading(path, expected):
    """Turn whatever goes wrong while `path` is read and decoded into a `DatasetError`."""
    try:
        yield
    except DatasetError:
        raise
    except PermissionError as error:
        raise bad_file(
            path, "no permission to read it", expected, "Mend its permissions."
        ) from error
    except Exception as error:  # decoders raise nearly anything on damaged bytes
        raise bad_file(
            path, f"{describe(path)} ({type(error).__name__}: {error})", expected
        ) from error


def listing(folder):
    """Return the names in a folder, sorted; none if there is no such folder."""
    with reading(folder, "a folder that can be listed"):
        try:
            return sorted(os.listdir(folder))
        except (FileNotFoundError, NotADirectoryError):
            return []


def read_bytes(path, expected, limit):
    """Return the content of a file, unzipped if it is zipped; at most ``limit`` + 1 bytes."""
    with reading(path, expected), open(path, "rb") as file:
        # By content, not by name: browsers unzip and keep the name.
        zipped = file.read(2) == b"\x1f\x8b"
        file.seek(0)
        content = gzip.GzipFile(fileobj=file) if zipped else file
        # In pieces: asked for all that is allowed, Python would set so much memory aside.
        whole = io.BytesIO()
        while whole.tell() <= limit and (
            piece := content.read(min(2**20, limit + 1 - whole.tell()))
        ):
            whole.write(piece)
        return whole.getvalue()


def read_members(path, expected, wanted, limit) -> Iterator[tuple[Any, bytes]]:
    """Read an archive's wanted members into memory; nothing is ever unpacked to the disk.

    Parameters
    ----------
    path : Path
        A zip file or a tar file with any compression.
    expected : str
        What the archive should be, for the error message.
    wanted : callable
        Maps a member's name to what the caller calls it, or to None if it is not wanted.
    limit : int
        Bytes that the wanted members may take altogether. What they declare is looked at before
        anything is unpacked, and none gives more than it declares.

    Yields
    ------
    what `wanted` returned, content : bytes

    Raises
    ------
    DatasetError
        If the archive is damaged or holds more than ``limit``, or a member climbs out of the
        archive's folder, or a wanted one is a link: an archive that does such things is not the one
        that was published.
    """
    with reading(path, expected):
        if zipfile.is_zipfile(path):
            yield from _in_zip(path, wanted, limit)
        else:
            yield from _in_tar(path, wanted, limit)


def _in_zip(path, wanted, limit):
    with zipfile.ZipFile(path) as archive:
        chosen = []
        for info in archive.infolist():
            is_link = info.external_attr >> 28 == 0xA
            if _safe(path, info.filename, is_link) and (key := wanted(info.filename)):
                chosen.append((key, info))
        check_zip([info for _, info in chosen], limit)
        for key, info in chosen:
            yield key, archive.read(info)


def _in_tar(path, wanted, limit):
    with tarfile.open(path, "r|*", tarinfo=_TarInfo) as archive:
        for member in archive:
            archive.members.clear()  # or it would remember each of a million empty files
            is_link = not (member.isfile() or member.isdir())
            if _safe(path, member.name, is_link) and (key := wanted(member.name)):
                limit -= member.size
                if limit < 0:
                    raise ValueError("its members are far larger than they should be")
                yield key, archive.extractfile(member).read()


class _TarInfo(tarfile.TarInfo):
    """A member's header. What goes on with a long name or extras is read whole by `tarfile`."""

    @classmethod
    def frombuf(cls, buf, encoding, errors):
        """Read a header, and refuse one whose extras would fill the memory."""
        member = super().frombuf(buf, encoding, errors)
        if member.size < 0 or (member.type in EXTRAS and member.size > LONGEST_EXTRAS):
            raise tarfile.ReadError(f"a header of type {member.type} with {member.size:,} bytes")
        return member


def _safe(path, name, is_link):
    parts = PurePosixPath(name.replace("\\", "/"))
    if parts.is_absolute() or ".." in parts.parts or is_link:
        kind = "a link or device" if is_link else "a member outside of the archive's folder"
        raise bad_file(path, f"{kind} ({name!r})", "plain files and folders only")
    return True
