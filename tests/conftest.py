"""What several test modules need."""

import os
import tempfile
from pathlib import Path

import pytest


@pytest.fixture
def open_folder():
    """Return a folder that everybody may read, unlike pytest's own."""
    with tempfile.TemporaryDirectory() as folder:
        os.chmod(folder, 0o755)
        yield Path(folder)


@pytest.fixture
def as_nobody():
    """Return functions to stop and to become root again, for whom no permission is missing."""
    root = os.geteuid() == 0
    yield lambda: os.seteuid(65534) if root else None
    if root:
        os.seteuid(0)
