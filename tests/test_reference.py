"""Reference results: made from full runs on real data only, and not older than the code."""

import json
import warnings
from pathlib import Path

import pytest
from toy_book import RESULTS, ToyBook, chapter

import nbhelpers.datasets
from nbhelpers.publish import keys
from nbhelpers.publish.__main__ import main
from nbhelpers.publish.chapters import read_book
from nbhelpers.publish.project import Project, PublishError
from nbhelpers.publish.reference import DOWNLOADABLE, stale, write_references

ROOT = Path(__file__).parents[1]
REPORT = "from nbhelpers import datasets, reporting\nreporting.Report('one')\ndatasets.load_orl()"
RUN = {"seed": 0, "epochs": 2, "seconds": 3.14159265, "epoch_seconds": [1.0, 3.14159265]}
EXPERIMENT = {
    "id": "E7",
    "label": "net",
    "role": "recipe",
    "settings": {},
    "parameters": 5,
    "published": None,
    "runs": [RUN | {"history": {"accuracy": [0.5, 1.0], "test_accuracy": [0.5, 0.987654321]}}],
}


@pytest.fixture
def book(tmp_path):
    return ToyBook(tmp_path, one=chapter("One", "{quick: {n: 3}}", REPORT), two=chapter("Two"))


@pytest.fixture
def references(tmp_path):
    return tmp_path / "nbhelpers/reference"


def planned(book, fingerprint="f" * 64, profile="full"):
    """Return a plan whose runs are finished, one of them with results."""
    project, chapters = Project.at(book.root), read_book(book.root / "book")
    plan = {"profile": profile, "runs": {}}
    for name in ("part/one", "part/two"):
        parts = keys.code_parts(chapters[name], "full")
        parts["data"] = {"orl": fingerprint} if name == "part/one" else {}
        run = project.build / f"runs/full/{name}/key"
        (run / "results").mkdir(parents=True, exist_ok=True)
        (run / "run.json").write_text("{}")
        folder = run.relative_to(project.build).as_posix()
        plan["runs"][name] = {"folder": folder, "parts": parts}
    results = RESULTS | {"chapter": "one", "experiments": [EXPERIMENT]}
    run = project.build / "runs/full/part/one/key"
    (run / "results/one.json").write_text(json.dumps(results))
    return project, plan


def test_a_reference_keeps_the_last_values_and_what_it_was_made_from(book, references):
    project, plan = planned(book)
    assert write_references(project, plan) == ["one.json"]
    content = json.loads((references / "one.json").read_text())
    (run,) = content["experiments"][0]["runs"]
    assert run["final"] == {"accuracy": 1.0, "test_accuracy": 0.987654}
    assert "history" not in run
    assert content["made_from"]["modules"]["nbhelpers/reporting.py"]
    assert content["data"] == RESULTS["data"]
    assert write_references(project, plan) == [], "the same run, the same file"


def test_what_no_chapter_records_any_more_goes(book, references):
    references.mkdir(parents=True)
    (references / "gone.json").write_text("{}")
    assert write_references(*planned(book)) == ["gone.json", "one.json"]
    assert [path.name for path in references.iterdir()] == ["one.json"]


@pytest.mark.parametrize(
    ("wrong", "said"),
    [({"fingerprint": "embedded-" + "f" * 64}, "part/one: orl"), ({"profile": "quick"}, "quick")],
)
def test_embedded_data_and_quick_runs_are_refused(book, references, wrong, said):
    with pytest.raises(PublishError, match=said):
        write_references(*planned(book, **wrong))
    assert not references.exists()


def test_publishing_refuses_embedded_data_of_what_can_be_downloaded(book, monkeypatch, capsys):
    known = {"orl": "embedded-f", "feret": "embedded-f", "yale": "embedded-f"}
    load = "from nbhelpers.datasets import load_feret, load_orl, load_yale\n"
    book.edit("one", "from pathlib import Path", load)
    monkeypatch.setattr(keys, "_fingerprints", lambda names, fetch: known)
    monkeypatch.setattr("nbhelpers.publish.build._run", lambda *arguments: None)
    publish = ["--root", str(book.root), "build", "--require-real"]
    assert main(publish) == 1
    said = capsys.readouterr().err
    assert "  part/one: orl" in said
    assert "by their nature, so allowed: feret, yale" in said
    assert main(publish[:-1]) == 0, "a book of one's own may show embedded data"
    known["orl"] = "f"
    capsys.readouterr()
    assert main(publish) == 0
    assert "All data are real but for feret, yale." in capsys.readouterr().out


def test_what_must_be_real_is_what_has_mirrors():
    modules = nbhelpers.datasets._MODULES
    assert sorted(DOWNLOADABLE) == sorted(n for n, module in modules.items() if module.SPEC.mirrors)


def test_the_published_book_requires_real_data():
    assert "make book ARGS=--require-real" in (ROOT / ".github/workflows/publish.yml").read_text()


def test_what_changed_since_is_told_apart(book, references):
    project, plan = planned(book)
    assert stale(project) == ([], {}, ["part/one"])
    write_references(project, plan)
    assert stale(project) == ([], {}, [])
    path = references / "one.json"
    older = path.read_text().replace('"nbhelpers/reporting.py": "', '"nbhelpers/reporting.py": "x')
    path.write_text(older)
    assert stale(project) == ([], {"part/one": ["nbhelpers/reporting.py"]}, [])
    book.edit("one", "Prose of", "Better prose of")
    assert stale(project)[0] == []
    book.edit("one", "print(sum", "print(2, sum")
    assert stale(project)[0] == ["part/one"]


def test_the_command_builds_the_full_book_first(book, references, monkeypatch, capsys):
    command = ["--root", str(book.root), "reference"]
    monkeypatch.setattr(
        keys, "_fingerprints", lambda names, fetch: dict.fromkeys(names, "embedded-f")
    )
    monkeypatch.setattr("nbhelpers.publish.build._run", lambda *arguments: pytest.fail("in vain"))
    assert main(command) == 1
    assert "part/one: orl" in capsys.readouterr().err
    monkeypatch.setattr(
        "nbhelpers.publish.build.build",
        lambda project, profile, **options: planned(book, profile=profile)[1],
    )
    assert main(command) == 0
    assert capsys.readouterr().out == "one.json\n"
    assert (references / "one.json").exists()


# The real book --------------------------------------------------------------------------------


def test_the_references_were_made_with_the_code_that_is_here():
    code, modules, _ = stale(Project.at(ROOT))
    if modules:
        listed = "; ".join(f"{name}: {', '.join(files)}" for name, files in modules.items())
        warnings.warn(f"Package files changed since `make reference`: {listed}", stacklevel=1)
    assert code == [], "these chapters changed since; run `make reference` on the real data"


def test_every_chapter_that_records_results_has_a_reference():
    missing = stale(Project.at(ROOT))[2]
    assert missing == [], "run `make reference` on the real data"
