"""The repository's address and the release, which stand in `pyproject.toml`."""

import tomllib
from pathlib import Path

from nbhelpers.publish.errors import PublishError

BRANCH = "main"


def repository_url(root: Path) -> str:
    """Return the repository's address, without a slash at its end.

    Raises
    ------
    PublishError
        If ``[project.urls] Repository`` in `pyproject.toml` is not a GitHub address, which
        the launch buttons need.
    """
    url = _project(root).get("urls", {}).get("Repository", "").rstrip("/")
    if not url.startswith("https://github.com/") or url.count("/") != 4:
        msg = (
            f"pyproject.toml: [project.urls] Repository is {url!r}; expected "
            "'https://github.com/<owner>/<name>'. Colab and Binder open the chapters from there."
        )
        raise PublishError(msg)
    return url


def pages_url(root: Path) -> str:
    """Return the address at which GitHub Pages shows the book, with a slash at its end."""
    *_, owner, name = repository_url(root).split("/")
    return f"https://{owner.lower()}.github.io/{name}/"


def release_tag(root: Path) -> str:
    """Return the tag that notebooks install the package from, such as ``v0.1.0``."""
    return f"v{_project(root)['version']}"


def _project(root: Path) -> dict:
    return tomllib.loads((root / "pyproject.toml").read_text("utf-8"))["project"]
