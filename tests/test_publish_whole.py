"""Files that are not as a task left them, after a power cut or a copy that was broken off."""

import json
import os
import shutil

import pytest
from toy_book import RESULTS, ToyBook, chapter

from nbhelpers.publish.project import Project
from nbhelpers.publish.whole import drop_damaged, tree_digest

RECORD = f"""import os
folder = Path(os.environ['NBHELPERS_RESULTS_DIR'])
_ = (folder / 'first.json').write_text({json.dumps(RESULTS)!r})
_ = (folder / 'first.a-net.js').write_text('arrays.add()')"""
BUILD = ("build", "--profile", "quick")
# What a task trusts that finds it. Other files are written anew by each build that needs them.
PAGES, SITE = "quick/html/part/first.ipynb", "site/quick/part/first.ipynb"
RUN = ("run.json", "key.json", "notebook.ipynb", "results/first.json", "results/first.a-net.js")


@pytest.fixture(scope="module")
def built(tmp_path_factory):
    """Return a book that was built, and what its build said."""
    root = tmp_path_factory.mktemp("built") / "book"
    root.mkdir()
    book = ToyBook(root, first=chapter("First", "{quick: {n: 3}}", RECORD))
    status, said = book.run(*BUILD)
    assert status == 0, said
    return book


@pytest.fixture
def copy(built, tmp_path):
    """Return a copy of that book."""
    shutil.copytree(built.root, tmp_path / "book", symlinks=True)
    book = object.__new__(ToyBook)
    book.root = tmp_path / "book"
    return book


def content(book):
    """Return what readers and later builds read, by name, but for what was measured."""
    build = book.root / "_build"
    names = [PAGES, "quick/results/first.json", SITE, "site/quick/live/data/a-net.js"]
    return {name: (build / name).read_bytes() for name in names}


def run_of(book):
    (facts,) = (book.root / "_build/runs/quick/part/first").glob("*/run.json")
    return facts.parent


def stamps(book):
    """Return the files that say that the pages are assembled, and made."""
    build = book.root / "_build"
    return [*(build / "site/quick").glob(".ass*"), *(build / "quick/html").glob(".made*")]


def cut(path, part):
    os.truncate(path, int(part * path.stat().st_size))


@pytest.mark.parametrize("part", [0, 0.5], ids=["empty", "half"])
@pytest.mark.parametrize("name", RUN)
def test_a_run_that_is_not_whole_is_dropped(name, part, copy, capsys):
    run, project = run_of(copy), Project.at(copy.root)
    drop_damaged(project, "quick")
    assert capsys.readouterr().err == ""
    cut(run / name, part)
    drop_damaged(project, "quick")
    assert not run.exists()
    assert capsys.readouterr().err == f"{run} is not as it was made: it is made again.\n"


def test_a_run_that_lacks_a_file_is_dropped(copy):
    run = run_of(copy)
    (run / "results/first.a-net.js").unlink()
    drop_damaged(Project.at(copy.root), "quick")
    assert not run.exists()


def test_a_run_of_an_older_builder_is_kept(copy):
    run = run_of(copy)
    facts = json.loads((run / "run.json").read_text())
    del facts["contents"]
    (run / "run.json").write_text(json.dumps(facts))
    drop_damaged(Project.at(copy.root), "quick")
    assert run.exists()


def test_the_word_of_the_second_run_is_dropped_alone(copy):
    run = run_of(copy)
    (second,) = run.glob("validated-*.json")
    cut(second, 0.5)
    drop_damaged(Project.at(copy.root), "quick")
    assert run.exists()
    assert not second.exists()


def test_after_a_power_cut_the_next_build_makes_the_right_book(copy, built):
    """All at once: what was written last is empty or half there, and all names are."""
    wanted, build = content(built), copy.root / "_build"
    names = [PAGES, SITE, "quick/results/first.json", "plan.json", "quick/costs.json"]
    for part, path in enumerate([run_of(copy) / "notebook.ipynb", *(build / n for n in names)]):
        cut(path, 0.5 * (part % 2))
    status, said = copy.run(*BUILD)
    assert status == 0, said
    assert said.count("is not as it was made") == 3  # the run, the site, the pages
    assert content(copy) == wanted
    status, said = copy.run(*BUILD)
    assert "to do" not in said, "and then it is up to date"


@pytest.mark.parametrize("name", [PAGES, SITE])
def test_a_page_that_is_not_as_it_was_made_is_made_again(name, copy, built):
    path = copy.root / "_build" / name
    path.write_text(path.read_text("utf-8").replace("First", "Edited"), "utf-8")
    drop_damaged(Project.at(copy.root), "quick")
    left = {stamp.name.rpartition("-")[0] for stamp in stamps(copy)}
    assert left == ({".assembled"} if name == PAGES else {".made-from"})


def test_a_digest_is_of_names_and_contents_and_of_no_hidden_file(tmp_path):
    def made(name, text):
        (tmp_path / name).write_text(text)
        return tree_digest(tmp_path)

    one = made("one", "a")
    assert made(".DS_Store", "x") == one
    assert len({one, made("one", "b"), made("two", "a")}) == 3
    (tmp_path / "two").unlink()
    assert made("one", "a") == one
