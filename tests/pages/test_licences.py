"""What others made and the pages hand on is known, with its licence."""

import sys
from pathlib import Path

from built import SITE

sys.path.insert(0, str(Path(__file__).parents[2] / "docs"))

import licences


def test_every_file_of_others_on_the_pages_comes_from_where_a_licence_is_stated():
    known = licences.packages()
    traced = licences.on_pages(SITE, known)
    assert len(traced) > 50
    assert [file for file, owner in traced.items() if not owner] == []
    owners = {name for owner in traced.values() for name in owner.split(", ")}
    stated = licences.BESIDE | {name: said for name, (said, _, _) in known.items()}
    assert [name for name in owners if stated[name] in ("", "none stated")] == []
    for folder in licences.BESIDE:
        assert list((SITE / "_static" / folder).glob("LICENSE*"))


def test_a_file_that_nobody_has_is_found(tmp_path):
    (tmp_path / "_static").mkdir()
    (tmp_path / "_static/somebodys.js").touch()
    assert licences.on_pages(tmp_path, licences.packages()) == {"somebodys.js": ""}
