"""Where things are: the sources, and everything that is generated from them."""

import json
import os
import tempfile
import tomllib
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

PACKAGE = Path(__file__).resolve().parents[1]
PROFILES = ("full", "quick")
BRANCH = "main"


class PublishError(Exception):
    """The book cannot be built as it stands; the message says what to change."""


@dataclass(frozen=True)
class Project:
    """A checkout: ``book/``, ``_config.yml``, ``_toc.yml``, and ``_build/`` for what is generated.

    A build writes nothing outside ``_build``, and that is in ``$NBHELPERS_BUILD`` where this is
    set. The full profile makes the published book, so its pages and results stand at the top of
    ``_build``; those of the quick profile stand in ``_build/quick`` and never replace them.

    Attributes
    ----------
    root : Path
        The folder that holds ``book/``.
    """

    root: Path

    @classmethod
    def at(cls, root):
        """Return the project in a folder, or raise `PublishError` if there is no book in it."""
        root = Path(root).resolve()
        for needed in ("book", "_config.yml", "_toc.yml"):
            if not (root / needed).exists():
                raise PublishError(
                    f"There is no book in {root}: {needed} is missing. Run the command at the top "
                    "of the checkout, or name it with --root."
                )
        return cls(root)

    @cached_property
    def book(self):
        return self.root / "book"

    @cached_property
    def build(self):
        # A folder of its own also there, for a build deletes what it finds in it.
        folder = Path(os.environ.get("NBHELPERS_BUILD") or self.root).expanduser()
        return folder.absolute() / "_build"

    @cached_property
    def scratch(self):
        """Everything half-done; emptied when a build begins."""
        return self.build / "tmp"

    def runs(self, profile, chapter):
        return self.build / "runs" / profile / chapter

    def site(self, profile):
        return self.build / "site" / profile

    def html(self, profile):
        return self._published(profile) / "html"

    def desk(self, profile):
        """Where the PDF, the EPUB and the archive of the pages are."""
        return self._published(profile) / "desk"

    def results(self, profile):
        return self._published(profile) / "results"

    def _published(self, profile):
        return self.build if profile == "full" else self.build / profile


def write_if_changed(path, content):
    """Put bytes in a file in one step, unless they are there: Sphinx rereads what is newer.

    What a power cut takes of it is noticed by `nbhelpers.publish.whole`.
    """
    if path.is_file() and path.read_bytes() == content:
        return
    path.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.NamedTemporaryFile(dir=path.parent, prefix=".", delete=False) as file:
        try:
            file.write(content)
            file.flush()
        except OSError:  # the disk is full: leave it no fuller
            os.unlink(file.name)
            raise
    os.chmod(file.name, 0o644)
    os.replace(file.name, path)


def repository_url(root: Path) -> str:
    """Return the repository's address, without a slash at its end.

    It stands in `pyproject.toml` and nowhere else.

    Raises
    ------
    PublishError
        If ``[project.urls] Repository`` in `pyproject.toml` is not a GitHub address, which
        the launch buttons need.
    """
    url = pyproject(root).get("urls", {}).get("Repository", "").rstrip("/")
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
    return f"v{pyproject(root)['version']}"


def pyproject(root: Path) -> dict:
    """Return what `pyproject.toml` says under ``[project]``."""
    return read_toml(root / "pyproject.toml")["project"]


def read_json(path: Path) -> dict:
    """Return the content of a JSON file; a `PublishError` names it if it is none."""
    try:
        return json.loads(path.read_text("utf-8"))
    except (ValueError, RecursionError) as error:
        raise PublishError(
            f"{path}: found no JSON ({error}); expected a file in it. Put back the one that was "
            "there, or delete it if a command wrote it."
        ) from error


def read_toml(path: Path) -> dict:
    """Return the content of a TOML file; a `PublishError` names it if it is none."""
    try:
        return tomllib.loads(path.read_text("utf-8"))
    except (ValueError, RecursionError) as error:
        raise PublishError(f"{path}: found no TOML ({error}); expected a file in it.") from error
