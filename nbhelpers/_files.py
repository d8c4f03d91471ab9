"""Write a file whole or not at all."""

import os
import tempfile
from contextlib import contextmanager
from pathlib import Path


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
        except BaseException:
            os.unlink(file.name)
            raise
    os.chmod(file.name, 0o644)
    os.replace(file.name, path)
