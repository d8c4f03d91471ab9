"""A run's key changes with all that can change its outputs, and with nothing else."""

import ast
import json

import pytest
from toy_book import ToyBook, chapter

from nbhelpers.publish import keys
from nbhelpers.publish.chapters import read_book
from nbhelpers.publish.errors import PublishError


@pytest.fixture
def book(tmp_path):
    return ToyBook(tmp_path, one=chapter("One"), two=chapter("Two", "{after: [part/one]}"))


def runs(book, profile="quick"):
    chapters = read_book(book.root / "book")
    return keys.run_keys({n: c for n, c in chapters.items() if c.code_cells}, profile)


@pytest.mark.parametrize(
    ("old", "new", "reason"),
    [
        ("Prose of", "Better prose of", None),
        (":tags: [nbval-check-output]", ":tags: [nbval-check-output]\n:name: fig-x", None),
        ("print(sum", "print(1, sum", "code cell 3 changed"),
        ("[nbval-check-output]", "[nbval-check-output, hide-input]", "code cell 3 changed"),
        ("quick: {n: 3}", "quick: {n: 4}", "parameter n was 3, is 4"),
        ("quick: {n: 3}", "memory_mb: 100", "parameter n is gone"),
        ("import Path\n", "import Path\nfrom nbhelpers import checks\n", "code cell 1 changed"),
    ],
)
def test_only_what_matters_changes_the_key(book, old, new, reason):
    before = runs(book)
    book.edit("one", old, new)
    after = runs(book)
    found = keys.differences(before["part/one"]["parts"], after["part/one"]["parts"])
    assert (reason in found) if reason else not found
    changed = {name for name in before if before[name]["key"] != after[name]["key"]}
    assert changed == ({"part/one", "part/two"} if reason else set())  # two comes after one


def test_profiles_differ_where_a_parameter_differs(book):
    assert runs(book)["part/one"]["key"] != runs(book, "full")["part/one"]["key"]
    assert runs(book, "full")["part/one"]["parts"]["parameters"] == {}


def test_data_sets_are_found_and_asked_for_their_fingerprint(book, monkeypatch):
    asked = []
    monkeypatch.setattr(keys, "_fingerprints", lambda names: asked.extend(names) or {"orl": "f"})
    load = "from nbhelpers import datasets\nfaces = datasets.load_orl()\ndatasets.make_faces(1)"
    book.edit("one", "from pathlib import Path", load)
    assert runs(book)["part/one"]["parts"]["data"] == {"orl": "f"}
    assert asked == ["orl"]


@pytest.mark.parametrize(
    ("fingerprint", "known", "one_depends"),
    [("embedded-f", "own copy", True), ("embedded-f", "embedded", False), ("f", "cache", False)],
)
def test_embedded_runs_and_those_that_sum_up_depend_on_references(
    book, monkeypatch, tmp_path, fingerprint, known, one_depends
):
    monkeypatch.setattr(keys, "_fingerprints", lambda names: dict.fromkeys(names, fingerprint))
    monkeypatch.setattr(keys, "REFERENCE", tmp_path / "reference")
    book.edit("one", "from pathlib import Path", "from nbhelpers.datasets import load_orl")
    before = runs(book)
    (tmp_path / "reference").mkdir()
    (tmp_path / "reference/one.json").write_text(json.dumps({"data": {"kind": known}}))
    after = runs(book)
    parts = (before["part/one"]["parts"], after["part/one"]["parts"])
    assert keys.differences(*parts) == ["reference result one is new"] * one_depends
    found = keys.differences(before["part/two"]["parts"], after["part/two"]["parts"])
    assert "reference result one is new" in found, "it comes after one"


def test_library_versions_cover_what_chapters_stand_on(book):
    versions = runs(book)["part/one"]["parts"]["libraries"]
    assert {"python", "numpy", "keras", "tensorflow"} <= versions.keys()
    newer = versions | {"numpy": "99"}
    change = keys.differences({"libraries": versions}, {"libraries": newer})
    assert change == [f"library numpy was {versions['numpy']}, is 99"]


def test_chapters_that_wait_for_each_other_are_refused(book):
    book.edit("one", "quick: {n: 3}", "after: [part/two]")
    with pytest.raises(PublishError, match="wait for each other"):
        runs(book)


def test_a_syntax_error_is_told_before_anything_runs(book):
    book.edit("one", "print(sum(", "print((sum(")
    with pytest.raises(PublishError, match=r"part/one, cell 3 of 3 \(.*one\.md:\d+\)"):
        runs(book)


PACKAGE = {
    "__init__.py": "",
    "plain.py": "",
    "user.py": "def f():\n    from nbh.lazy import g\n    return 'words.txt'",
    "lazy.py": "from . import sub",
    "words.txt": "",
    "other.txt": "",
    "sub/__init__.py": "from .deep import x",
    "sub/deep.py": "from ..plain import y",
    "unused.py": "import nbh.user",
}


@pytest.mark.parametrize(
    ("code", "reached"),
    [
        ("import os", set()),
        ("import nbh.plain", {"__init__.py", "plain.py"}),
        ("from nbh import plain", {"__init__.py", "plain.py"}),
        ("from nbh.sub import deep", {"__init__.py", "sub/__init__.py", "sub/deep.py", "plain.py"}),
        ("from nbh import user", PACKAGE.keys() - {"other.txt", "unused.py"}),
    ],
)
def test_imports_are_followed_through_functions_and_relative_names(tmp_path, code, reached):
    package = tmp_path / "nbh"
    for name, content in PACKAGE.items():
        (package / name).parent.mkdir(parents=True, exist_ok=True)
        (package / name).write_text(content)
    found = keys.reachable_files([ast.parse(code)], package)
    assert {path.relative_to(package).as_posix() for path in found} == set(reached)


def test_a_run_depends_on_the_kept_measurements_that_its_code_names(tmp_path, monkeypatch):
    code = "from nbhelpers import results\nresults.read_kept('long-runs')"
    book = ToyBook(tmp_path, one=chapter("One", "{quick: {n: 3}}", code), two=chapter("Two"))
    monkeypatch.setattr(keys, "KEPT", tmp_path)
    before = runs(book)
    (tmp_path / "long-runs.json").write_text("{}")
    after = runs(book)
    assert before["part/two"]["key"] == after["part/two"]["key"]
    parts = (found["part/one"]["parts"] for found in (before, after))
    assert keys.differences(*parts) == ["reference result kept long-runs is new"]
