"""What chapters recorded is read back, with errors that name the file, and shown as tables."""

from pathlib import Path
from types import SimpleNamespace

import pytest
from bs4 import BeautifulSoup

from nbhelpers import comparing, reporting, results
from nbhelpers.errors import ResultError
from nbhelpers.reporting import Spread
from nbhelpers.training import Run


def dataset(name, kind="own copy"):
    source = SimpleNamespace(
        kind=kind, detail="", fingerprint="0" * 64, comparable=kind != "embedded"
    )
    return SimpleNamespace(name=name, x_train=range(8), x_test=range(4), source=source)


def runs(*accuracies, parameters=26):
    return [
        Run(k, {"accuracy": [0.5, 1.0], "test_accuracy": [0.5, accuracy]}, [1.0, 2.0], parameters)
        for k, accuracy in enumerate(accuracies)
    ]


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """Results of three chapters, one of them on two data sets, one a page that sums up."""
    monkeypatch.setenv("NBHELPERS_RESULTS_DIR", str(tmp_path))
    published = reporting.Published(0.98, "somebody")
    report = reporting.Report("orl-faces", dataset("ORL", "embedded"))
    report.record("E7", "64 kernels", runs(0.8, 0.9), role="recipe", published=published)
    report.record("E11", "features", runs(0.7), dataset=dataset("MNIST"), published=published)
    report = reporting.Report("lenet5", dataset("MNIST"))
    report.record("E4", "LeNet-5", runs(0.99), role="recipe", settings={"batch_size": 128})
    report.claim("C4", "holds", "we counted")
    reporting.Report("audit").claim("C4", "does not hold", "we counted again")
    return tmp_path


def reference(chapter, label, *, kind="own copy", accuracy=0.95):
    """Return what `make reference` keeps of one network."""
    data = {"name": "x", "kind": kind, "comparable": True, "n_train": 8, "n_test": 4}
    run = {"seed": 0, "epochs": 2, "seconds": 2.0, "final": {"test_accuracy": accuracy}}
    experiment = {"id": "E7", "label": label, "role": "recipe", "settings": {}, "parameters": 26}
    experiment |= {"published": None, "runs": [run]}
    return {chapter: {"date": "2026-11-21", "data": data, "experiments": [experiment]}}


def test_every_notebook_of_a_checkout_has_one_place_for_results_and_says_it(
    tmp_path, monkeypatch, capsys
):
    for variable in ("NBHELPERS_RESULTS_DIR", "NBHELPERS_BUILD"):
        monkeypatch.delenv(variable, raising=False)
    for folder in ("book", "notebooks/networks", "mine/case-studies"):
        (tmp_path / folder).mkdir(parents=True)
    (tmp_path / "_toc.yml").touch()
    monkeypatch.chdir(tmp_path / "notebooks/networks")
    reporting.Report("lenet5", dataset("MNIST"))
    place = tmp_path / "_build/results"
    assert capsys.readouterr().out == f"The results of this notebook go to {place}.\n"
    assert (place / "lenet5.json").exists()
    monkeypatch.chdir(tmp_path / "mine/case-studies")
    assert list(results.read_results()) == ["lenet5"]
    monkeypatch.setenv("NBHELPERS_BUILD", str(tmp_path / "elsewhere"))
    assert reporting.results_folder() == tmp_path / "elsewhere/_build/results"


def test_outside_a_checkout_results_go_to_the_cache(tmp_path, monkeypatch):
    monkeypatch.delenv("NBHELPERS_RESULTS_DIR", raising=False)
    monkeypatch.setattr("pooch.os_cache", lambda project: tmp_path / "cache" / project)
    monkeypatch.chdir(tmp_path)
    reporting.Report("lenet5", dataset("MNIST"))
    assert [path.name for path in tmp_path.iterdir()] == ["cache"]
    assert list(results.read_results()) == ["lenet5"]


def test_a_folder_that_takes_no_results_is_named(tmp_path, monkeypatch):
    monkeypatch.setenv("NBHELPERS_RESULTS_DIR", str(tmp_path / "file/results"))
    (tmp_path / "file").touch()
    with pytest.raises(ResultError, match=r"file.results: no way to write there.*another by NBH"):
        reporting.Report("lenet5", dataset("MNIST"))
    monkeypatch.delenv("NBHELPERS_RESULTS_DIR")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("pooch.os_cache", lambda project: Path("~/.cache", project))
    with pytest.raises(ResultError, match="no home folder.*NBHELPERS_RESULTS_DIR"):
        reporting.Report("lenet5", dataset("MNIST"))


def test_a_build_names_the_folder_and_nothing_is_said(folder, capsys):
    assert reporting.results_folder() == folder
    assert capsys.readouterr().out == ""


def test_one_row_a_network_in_the_order_of_the_experiments(folder):
    table = results.networks(results.read_results())
    assert list(table.experiment) == ["E4", "E7", "E11"]
    assert list(table.data) == ["MNIST", "ORL", "MNIST"]
    assert table.accuracy[1] == reporting.mean_spread([0.8, 0.9])
    assert table.train_accuracy[0] == Spread(1.0, 0.0, 1)
    assert table.settings[0] == {"batch_size": 128}
    assert list(table.published) == [
        None,
        None,
        reporting.Published(0.98, "somebody"),
    ], "embedded faces have no published number"


def test_what_the_real_data_gave_stands_only_beside_embedded_data(folder):
    references = reference("orl-faces", "64 kernels") | reference("lenet5", "LeNet-5")
    table = results.networks(results.read_results(), references)
    assert list(table.real) == [None, Spread(0.95, 0.0, 1), None]
    assert list(table.real_date) == [None, "2026-11-21", None]
    embedded = reference("orl-faces", "64 kernels", kind="embedded")
    assert set(results.networks(results.read_results(), embedded).real) == {None}


def test_references_make_a_table_by_themselves():
    (row,) = results.networks(reference("orl-faces", "64 kernels")).itertuples()
    assert row.accuracy.mean == 0.95
    assert row.train_accuracy is None


def test_nothing_recorded_is_an_empty_table(tmp_path):
    assert len(results.networks(results.read_results(tmp_path / "none"))) == 0
    assert len(results.claims({})) == 0


def test_two_chapters_may_decide_one_claim_and_a_page_leaves_itself_out(folder):
    table = results.claims(results.read_results())
    assert list(table.chapter) == ["lenet5", "audit"], "in the order of the book"
    assert list(results.claims(results.read_results(without=["audit"])).chapter) == ["lenet5"]


@pytest.mark.parametrize(
    "damage",
    [
        lambda text: text[:-40],
        lambda text: "[]",
        lambda text: text.replace('"role"', '"part"'),
        lambda text: text.replace('"test_accuracy"', '"accuracy"'),
        lambda text: text.replace('"holds"', '"perhaps"'),
        lambda text: text.replace('"runs": [', '"runs": [], "more": ['),
    ],
)
def test_a_damaged_file_is_named(folder, damage):
    path = folder / "lenet5.json"
    path.write_text(damage(path.read_text()))
    with pytest.raises(ResultError, match=r"lenet5\.json.*Run that chapter again"):
        results.networks(results.read_results())


def test_a_row_says_how_sure_its_accuracy_is_and_what_was_trained_on(folder):
    row = results.networks(results.read_results()).iloc[0]
    assert row.interval == comparing.wilson(0.99 * 4, 4)
    assert row.trained_on is None
    assert row.truncated is None


def test_a_truncated_run_says_what_its_source_states(folder):
    report = reporting.Report("mnist-dense-squared-error", dataset("MNIST"))
    settings = {"trained_on": 6, "tested_on": 3}
    one = Run(0, {"test_accuracy": [1.0]}, [1.0], 26, settings=settings)
    report.record("E2", "dense", [one], role="recipe", stated_epochs=5000)
    row = results.networks(results.read_results()).iloc[0]
    assert (row.truncated, row.trained_on) == (5000, 6)
    assert row.n_test == 3
    assert row.interval == comparing.wilson(3, 3)


def test_what_is_not_kept_is_named():
    with pytest.raises(ResultError, match="nothing-of-this.json cannot be read"):
        results.read_kept("nothing-of-this")


def test_claims_are_numbered_without_a_gap():
    ids = [claim for group in results.claim_groups().values() for claim in group]
    assert sorted(ids, key=lambda id: int(id[1:])) == [f"C{n}" for n in range(1, len(ids) + 1)]


def test_links_lead_to_the_chapter_or_at_least_to_the_book():
    link = results.chapter_link("lenet5")
    assert link.address.endswith("/case-studies/lenet5.html")
    assert link.markdown() == f"[{link.text}]({link.address})"
    assert results.chapter_link("not-there-yet").text == "not there yet"


def test_cells_of_a_sortable_table_hold_what_they_sort_by():
    import pandas as pd

    rows = [
        ["a < b", Spread(0.5, 0.1, 2), 1200, None, results.Link("x & y", "z.html")],
        ["b", Spread(0.25, 0.0, 1), 9, float("nan"), results.Link("y", "z.html")],
    ]
    frame = pd.DataFrame(rows, columns=["name", "acc", "n", "none", "link"], dtype=object)
    shown = results.sortable_table(
        frame, "Two rows", formats={"acc": Spread.percent, "n": "{:,}".format}, filter_by="name"
    )
    html = BeautifulSoup(shown.data, "html.parser")
    cells = html.select("tbody tr:first-child > *")
    assert [cell.get_text() for cell in cells] == [
        "a < b",
        "50.00\xa0±\xa010.00\xa0%",
        "1,200",
        "",
        "x & y",
    ]
    assert [cell["data-value"] for cell in cells] == ["a < b", "0.5", "1200", "", "x & y"]
    assert [head.name for head in cells] == ["th", "td", "td", "td", "td"]
    assert html.select_one("th[data-filter]").get_text() == "name"
    assert html.select_one("[role=region][tabindex='0']")["aria-label"] == "Two rows"
