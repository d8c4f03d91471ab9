"""A run's key changes with all that can change its outputs, and with nothing else."""

import ast
import json
from importlib import metadata
from pathlib import Path

import pytest
from toy_book import ToyBook, chapter

from nbhelpers.publish import kernels, keys
from nbhelpers.publish.chapters import read_book
from nbhelpers.publish.plan import make_plan
from nbhelpers.publish.project import Project, PublishError

ROOT = Path(__file__).parents[1]


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
        ("print(sum(range(n)), words)", "print( sum(range(n)),\n\n  (words) )  # why", None),
        ("import Path\n", "import Path\n# why\n", None),
        ("n = 30  # é, times", "n = 30  # times", None),
        ("print(sum(range(n)), words)", "print(sum(range(n)), words);", "code cell 3 changed"),
        ("print(sum(range(n)), words)", "print(sum(range(n)), words)  # ;", None),
        ("print(sum", "%precision 3\nprint(sum", "code cell 3 changed"),
        ("import Path\n", 'import Path\n\n"""Shown."""\n', "code cell 1 changed"),
        ("[nbval-check-output]", "[nbval-check-output, hide-input]", None),
        ("[nbval-check-output]", "[remove-input, nbval-check-output]", None),
        ("[nbval-check-output]", "[nbval-check-output, raises-exception]", "code cell 3 changed"),
        ("[nbval-check-output]", "[nbval-check-output, nbval-skip]", "code cell 3 changed"),
        ("[nbval-check-output]", "[nbval-check-output, skip-execution]", "code cell 3 changed"),
        ("quick: {n: 3}", "quick: {n: 4}", "parameter n was 3, is 4"),
        ("quick: {n: 3}", "quick: {}", "parameter n is gone"),
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


@pytest.mark.parametrize(
    ("before", "after", "same"),
    [
        ("x = 1", "x = 1  # one", True),
        ("x = f(1, 2)", "x = f(\n    1,\n    2,\n)", True),
        ('"""Old."""\nx = 1', '"""New."""\nx = 1', True),
        ('def f():\n    """Old."""', 'def f():\n    """New."""', True),
        ('class A:\n    """Old."""', 'class A:\n    """New."""', True),
        ("x = 1", "x = 2", False),
        ("x = 1", "x = 1.0", False),
        ("x = '1'", "x = b'1'", False),
        ("x = f'{y}'", "x = f'{y!r}'", False),
        ("x = f'{y:.2f}'", "x = f'{y:.3f}'", False),
        ("def f(a=1): ...", "def f(a=None): ...", False),
        ("def f(a, b): ...", "def f(a, *, b): ...", False),
        ("x = [1]\nx = []", "x = []\nx = [1]", False),
        ("if a:\n    b\n    c", "if a:\n    b\nc", False),
        ("x = {**a}", "x = {None: a}", False),
        ("x = a[1:]", "x = a[:1]", False),
        ("return_ = 'doc'\n'text'", "return_ = 'doc'\n'other'", False),
    ],
)
def test_of_a_module_only_comments_layout_and_docstrings_do_not_count(
    tmp_path, before, after, same
):
    path = tmp_path / "module.py"
    digests = []
    for text in (before, after):
        path.write_text(text)
        digests.append(keys.module_digest(path))
    assert (digests[0] == digests[1]) == same


def test_a_digest_is_the_same_from_every_python(tmp_path, monkeypatch):
    path = tmp_path / "module.py"
    path.write_text("def f(x, n):\n    return f'{x:{n}}'\n")
    expected = keys.module_digest(path)
    tree = ast.parse(path.read_bytes())
    function, text = tree.body[0], tree.body[0].body[0].value
    function.type_params = []  # as from Python 3.12 on
    text.values[0].format_spec.values.append(ast.Constant(""))  # as from Python 3.12 only
    monkeypatch.setattr(ast, "parse", lambda source: tree)
    keys._code_digest.cache_clear()
    assert keys.module_digest(path) == expected


def test_no_chapter_shows_what_a_digest_leaves_out():
    for chapter_ in read_book(ROOT / "book").values():
        for node in (node for tree in keys.syntax(chapter_) for node in ast.walk(tree)):
            name = getattr(node, "id", getattr(node, "attr", ""))
            assert name not in ("help", "inspect", "getsource", "getdoc", "__doc__"), chapter_.name


def test_settings_of_the_kernels_change_the_key(book, monkeypatch):
    before = runs(book)["part/one"]["parts"]
    monkeypatch.setitem(kernels.ENVIRONMENT, "OMP_NUM_THREADS", "2")
    monkeypatch.setattr(kernels, "SETTINGS", "")
    found = keys.differences(before, runs(book)["part/one"]["parts"])
    assert found == ["kernel setting ipython changed", "kernel setting OMP_NUM_THREADS changed"]


def test_a_second_run_depends_on_the_quick_values_too(book):
    project = Project.at(book.root)
    before = make_plan(project, "full", 1000)["runs"]
    book.edit("one", "quick: {n: 3}", "quick: {n: 4}")
    after = make_plan(project, "full", 1000)["runs"]
    assert {name: run["folder"] for name, run in before.items()} == {
        name: run["folder"] for name, run in after.items()
    }, "the full run stays"
    assert before["part/one"]["validated"] != after["part/one"]["validated"]
    assert before["part/two"]["validated"] == after["part/two"]["validated"]


@pytest.mark.parametrize(
    ("code", "found"),
    [
        ("from nbhelpers import datasets\ndatasets.load_orl()\ndatasets.make_faces(1)", ["orl"]),
        ("from nbhelpers import datasets as d\nf = d.load_mnist", ["mnist"]),
        ("import nbhelpers\nnbhelpers.datasets.load_orl(n_train=1)", ["orl"]),
        ("import nbhelpers as nb\nnb.datasets.load_orl()", ["orl"]),
        ("import nbhelpers.datasets\nnbhelpers.datasets.load_yale()", ["yale"]),
        ("import nbhelpers.datasets as ds\nds.load_imdb().x_train", ["imdb"]),
        ("from nbhelpers.datasets import load_mnist as f\nf()", ["mnist"]),
        ("def f():\n    from nbhelpers.datasets import load_feret, load_orl", ["feret", "orl"]),
        ("from nbhelpers.datasets import *\nload_orl()", ["orl"]),
        ("from sklearn import datasets\ndatasets.load_digits()", []),
        ("import sklearn.datasets as datasets\ndatasets.load_iris()", []),
        ("from sklearn import datasets as ours\nfrom nbhelpers import datasets\n"
         "ours.load_iris()\ndatasets.load_orl()", ["orl"]),
        ("datasets = {}\ndatasets.load_orl", []),
    ],
)  # fmt: skip
def test_data_sets_are_found_whatever_the_package_is_called(book, monkeypatch, code, found):
    monkeypatch.setattr(keys, "_fingerprints", lambda names, fetch: dict.fromkeys(names, "f"))
    book.edit("one", "from pathlib import Path", code)
    assert list(runs(book)["part/one"]["parts"]["data"]) == found


@pytest.mark.parametrize(
    ("fingerprint", "known", "one_depends"),
    [("embedded-f", "own copy", True), ("embedded-f", "embedded", False), ("f", "cache", False)],
)
def test_embedded_runs_and_those_that_sum_up_depend_on_references(
    book, monkeypatch, tmp_path, fingerprint, known, one_depends
):
    monkeypatch.setattr(
        keys, "_fingerprints", lambda names, fetch: dict.fromkeys(names, fingerprint)
    )
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


def test_a_reference_that_is_half_there_is_named(book, monkeypatch, tmp_path):
    monkeypatch.setattr(keys, "_fingerprints", lambda names, fetch: {"orl": "embedded-f"})
    monkeypatch.setattr(keys, "REFERENCE", tmp_path)
    book.edit("one", "from pathlib import Path", "from nbhelpers.datasets import load_orl")
    for half in ("", '{"data": {'):
        (tmp_path / "one.json").write_text(half)
        with pytest.raises(PublishError, match=r"one\.json: found no JSON.*Put back"):
            runs(book)


def test_library_versions_cover_what_chapters_stand_on(book):
    versions = runs(book)["part/one"]["parts"]["libraries"]
    assert {"python", "numpy", "keras", "tensorflow"} <= versions.keys()
    newer = versions | {"numpy": "99"}
    change = keys.differences({"libraries": versions}, {"libraries": newer})
    assert change == [f"library numpy was {versions['numpy']}, is 99"]


def test_tensorflow_may_be_shipped_under_another_name(monkeypatch):
    def version(name):
        if name == "tensorflow":
            raise metadata.PackageNotFoundError(name)
        return "2.99" if name == "tensorflow-cpu" else "1"

    monkeypatch.setattr(metadata, "version", version)
    owners = {"tensorflow": ["tensorflow-cpu"]}
    monkeypatch.setattr(metadata, "packages_distributions", lambda: owners)
    assert keys.library_versions()["tensorflow"] == "2.99"
    owners.clear()
    with pytest.raises(PublishError, match="tensorflow is not installed; `make env`"):
        keys.library_versions()


def test_chapters_that_wait_for_each_other_are_refused(book):
    book.edit("one", "quick: {n: 3}", "quick: {}, after: [part/two]")
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
