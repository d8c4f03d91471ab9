"""The repository's address, which stands in `pyproject.toml` and nowhere else."""

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
    project = tomllib.loads((root / "pyproject.toml").read_text("utf-8"))["project"]
    url = project.get("urls", {}).get("Repository", "").rstrip("/")
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
