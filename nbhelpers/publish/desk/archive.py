"""All pages in one file: unpacked, it reads without a network."""

import io
from pathlib import Path
from zipfile import ZIP_DEFLATED, ZIP_STORED, ZipFile, ZipInfo

from nbhelpers.publish.desk.pages import NAME, Book
from nbhelpers.publish.project import write_if_changed

FIRST_DAY = (1980, 1, 1, 0, 0, 0)  # the earliest that a ZIP file can say
NEEDLESS = {".map", ".inv", ".buildinfo"}  # what no reader's browser opens


def write_zip(book: Book, out: Path) -> Path:
    """Write the archive of the pages into a folder; return its path. Same pages, same bytes."""
    files = [path for path in sorted(book.folder.rglob("*")) if path.is_file()]
    files = [path for path in files if not NEEDLESS & {path.suffix, path.name}]
    named = {f"{NAME}/{path.relative_to(book.folder).as_posix()}": path for path in files}
    archive = out / f"{NAME}.zip"
    write_if_changed(archive, zipped({name: path.read_bytes() for name, path in named.items()}))
    return archive


def zipped(files: dict[str, bytes], stored=()) -> bytes:
    """Return a ZIP file that depends on nothing but what is in it.

    Parameters
    ----------
    files : dict
        What each file holds, by its name.
    stored : collection of str
        Files that are not compressed.
    """
    made = io.BytesIO()
    with ZipFile(made, "w") as archive:
        for name, content in files.items():
            about = ZipInfo(name, FIRST_DAY)
            about.external_attr = 0o644 << 16
            about.compress_type = ZIP_STORED if name in stored else ZIP_DEFLATED
            archive.writestr(about, content)
    return made.getvalue()
