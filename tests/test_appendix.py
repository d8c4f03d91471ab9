"""The scoreboard and the audit make sense of whatever the chapters recorded, or did not."""

from dataclasses import replace
from types import SimpleNamespace

import matplotlib as mpl
import pytest
from bs4 import BeautifulSoup
from real_book import BOOK

mpl.use("agg")

from nbhelpers import plotting, reporting, results  # noqa: E402  (the backend comes first)
from nbhelpers.training import Run  # noqa: E402

PUBLISHED = reporting.Published(0.98, "somebody")
DATA = {"E2": "MNIST", "E7": "ORL", "E8": "FERET", "E9": "Yale", "E10": "IMDB"}


KNOWN = {
    "date": "2026-11-21",
    "data": {"name": "ORL", "kind": "own copy", "comparable": True, "n_train": 1, "n_test": 1},
    "experiments": [
        {"id": "E7", "label": "recipe", "role": "recipe", "settings": {}, "parameters": 1000,
         "published": None,
         "runs": [{"epochs": 1, "seconds": 1.0, "final": {"test_accuracy": 0.88}}]},
    ],
    "claims": [{"id": "C4", "verdict": "does not hold", "because": "x"}],
}  # fmt: skip


def dataset(name, kind):
    source = SimpleNamespace(
        kind=kind, detail="", fingerprint="0" * 64, comparable=kind != "embedded"
    )
    return SimpleNamespace(name=name, x_train=range(8), x_test=range(1000), source=source)


def runs(train, test, parameters=1000):
    history = {"accuracy": [train], "test_accuracy": [test]}
    return [
        Run(k, history | {"test_accuracy": [test + k / 1000]}, [1.0, 2.0], parameters)
        for k in range(2)
    ]


def record(kind="own copy", **test_accuracies):
    """Record a recipe, an improved network and a baseline for each data set; FERET's is drawn."""
    for experiment, name in DATA.items():
        source = "embedded" if name == "FERET" else kind
        report = reporting.Report(f"{name.lower()}-faces", dataset(name, source))
        test = test_accuracies.get(name, 0.5 if name == "FERET" else 0.97)
        recipe = runs(1.0, test)
        report.record(experiment, "recipe", recipe, role="recipe", published=PUBLISHED)
        report.record(experiment, "best", runs(1.0, 0.98, 300), role="improved")
        report.record(experiment, "pixels", runs(1.0, 0.9, 0), role="baseline")
        if name == "FERET":
            for cause in ("dark picture", "too few pictures", "noise"):
                report.record(experiment, cause, runs(1.0, 0.6), settings={"explanation": cause})
                report.record(
                    experiment, f"less {cause}", runs(1.0, 0.4), settings={"explanation": cause}
                )
        report.claim(
            "C4",
            "holds",
            "We counted all of them, one by one, and then once more. So it is.",
        )


@pytest.fixture
def page(tmp_path, monkeypatch):
    """Give a function that runs a page's cells and returns its names and what it said."""
    monkeypatch.setenv("NBHELPERS_RESULTS_DIR", str(tmp_path / "results"))
    monkeypatch.setattr(reporting, "REFERENCE", tmp_path / "reference")
    monkeypatch.setattr(results, "REFERENCE", tmp_path / "reference")
    said = []
    monkeypatch.setattr(reporting, "say", said.append)

    def run(name):
        names = {"__name__": "page"}
        for cell in BOOK[f"appendix/{name}"].code_cells:
            exec(compile(cell.source, name, "exec"), names)  # the cells are our own
        return SimpleNamespace(**names, said="\n".join(said))

    yield run
    plotting.plt.close("all")


def heads(shown):
    return [
        head.get_text() for head in BeautifulSoup(shown.data, "html.parser").select("th[scope=col]")
    ]


def column(shown, name):
    rows = BeautifulSoup(shown.data, "html.parser").select("tbody tr")
    return [row.select("th, td")[heads(shown).index(name)].get_text() for row in rows]


@pytest.mark.parametrize("name", ["scoreboard", "audit"])
def test_pages_run_where_nothing_was_recorded(page, name):
    assert "package brings" not in page(name).said


@pytest.mark.parametrize("name", ["scoreboard", "audit"])
def test_what_was_not_run_here_comes_from_the_package(page, monkeypatch, name):
    audit = KNOWN | {"data": None, "experiments": []}
    known = {"lenet5": KNOWN, "imdb-faces": KNOWN, "audit": audit}
    monkeypatch.setattr(results, "read_references", lambda: known)
    record()
    shown = page(name)
    assert "brings, from the published book: *LeNet-5: a network" in shown.said
    paragraph = next(text for text in shown.said.split("\n") if "package brings" in text)
    assert "imdb faces" not in paragraph
    assert "Audit" not in paragraph


@pytest.mark.parametrize(
    ("recorded", "verdict"),
    [
        ({}, "holds with a condition"),  # FERET's faces are generated ones
        ({"ORL": 0.85}, "does not hold"),  # far from the training accuracy, below the baseline
        ({"ORL": 0.895}, "not decided"),  # far from it; the baseline's lead may be the test set's
        ({"ORL": 0.94}, "holds with a condition"),  # far from it, but above the baseline
        ({"FERET": 0.99}, "does not hold"),
        ({"kind": "embedded"}, "not decided"),
    ],
    ids=str,
)
def test_the_claim_about_the_recipes_is_decided_by_its_rule(page, recorded, verdict):
    record(**recorded)
    audit = page("audit")
    assert audit.verdict == verdict
    causes = ["dark picture", "too few pictures", "noise"]
    assert audit.explained == ([] if "FERET" in recorded else causes)


def test_an_explanation_is_judged_over_the_seeds_that_both_have(page):
    report = reporting.Report("feret-faces", dataset("FERET", "embedded"))
    start = [Run(k, {"test_accuracy": [0.5 + k / 100]}, [1.0], 1) for k in range(8)]
    report.record("E8", "recipe", start, role="recipe")
    gains = {"noise": (0.02, 0.021), "dark picture": (0.4, -0.1), "too few pictures": (0.3,)}
    for cause, points in gains.items():
        less = [
            replace(run, history={"test_accuracy": [run.final() + gain]})
            for run, gain in zip(start[2:], points, strict=False)
        ]
        report.record("E8", f"less {cause}", less, settings={"explanation": cause})
    found = page("audit")
    assert found.shares["noise"].mean == pytest.approx(0.0205), "not by means over other seeds"
    assert found.words == {"noise": "better", "dark picture": "not decided"}, (
        "one seed says nothing"
    )


def test_the_audit_shows_every_claim_every_chapter_and_what_nobody_decided(page):
    record()
    said = page("audit").said
    assert said.count("The rest of the reason for C4") == len(DATA), "one for each chapter"
    assert "**C5.** *A CNN is robust to noise.*" in said
    texts = reporting.claim_texts()
    assert f"**{len(texts)} claims**" in said
    assert said.count("no chapter has recorded a verdict") == len(texts) - len({"C4", "C38"})
    assert said.count('<span id="c') == len(texts), "chapters link to each"
    assert "No chapter has recorded a verdict on C1, C2, C3, C5," in said


def test_a_recipe_that_was_cut_short_is_named_and_answers_nothing(page):
    report = reporting.Report("lenet5", dataset("MNIST", "own copy"))
    recipe = [replace(run, settings={"trained_on": 6}) for run in runs(1.0, 0.5)]
    report.record("E4", "cut", recipe, role="recipe", stated_epochs=5000)
    report.record("E4", "best", runs(1.0, 0.98, 300), role="improved")
    board = page("scoreboard")
    costs = board.table_of(board.shown, board.spent, "Costs")
    assert column(costs, "epochs stated") == ["5,000", ""]
    assert column(costs, "to train") == ["6", "8"], "what was trained on, else what there is"
    assert list(board.rows_to_draw("MNIST").role) == ["improved"], "it is in no picture"
    assert board.gains.empty
    assert "fewer epochs than stated: E4 (MNIST)" in board.said
    audit = page("audit")
    assert not audit.judged
    assert "E4 (cut; 2 of 5,000 epochs)" in audit.said


@pytest.mark.parametrize(("finished", "fits"), [(1.0, True), (0.9, False)])
def test_a_recipe_fits_by_its_accuracy_after_training(page, finished, fits):
    recipe = runs(0.93, 0.9)  # Keras' mean over the epoch would say no
    for run in recipe:
        run.history["train_accuracy"] = [finished]
    reporting.Report("orl-faces", dataset("ORL", "own copy")).record(
        "E7", "recipe", recipe, role="recipe"
    )
    ((_, found, *_),) = page("audit").judged
    assert found is fits


def test_every_row_of_the_board_has_the_interval_of_its_test_set(page):
    record()
    board = page("scoreboard")
    low, high = board.shown.interval[0].low, board.shown.interval[0].high
    assert low < board.shown.accuracy[0].mean < high
    shown = board.table_of(board.shown, board.reached, "Scoreboard")
    assert heads(shown)[:3] == ["network", "test accuracy (%)", "test set's interval (%)"]


def test_embedded_rows_show_what_the_real_data_gave_and_nothing_published(page, monkeypatch):
    record(kind="embedded", ORL=0.8)
    monkeypatch.setattr(results, "read_references", lambda: {"orl-faces": KNOWN})
    board = page("scoreboard")
    shown = board.table_of(board.shown, board.reached, "Scoreboard")
    assert set(column(shown, "on the real data (2026-11, %)")) == {"88.00", ""}
    assert {"drawn for FERET", "ORL", "MNIST"} < set(column(shown, "data"))
    assert "published" not in heads(board.table_of(board.shown, board.spent, "Costs"))
    said = page("audit").said
    assert said.count("*On the real data (2026-11)*") == 1


def test_the_whole_real_data_stand_beside_published_numbers(page):
    record()
    board = page("scoreboard")
    assert "published" in heads(board.table_of(board.shown, board.spent, "Costs"))
    assert not any(
        "real data" in head for head in heads(board.table_of(board.shown, board.reached, ""))
    )
    assert board.shown.published.notna().sum() == len(DATA) - 1, "not beside drawn faces"
    assert list(board.gains.experiment) == list(DATA)
    assert board.gains.parameters[0] == pytest.approx(0.3)
