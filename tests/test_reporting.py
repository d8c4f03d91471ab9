import base64
import json
import math
from importlib import metadata, resources
from types import SimpleNamespace

import jsonschema
import numpy as np
import pytest
from bs4 import BeautifulSoup

from nbhelpers import reporting
from nbhelpers.errors import ResultError
from nbhelpers.training import Run

SCHEMA = json.loads(resources.files("nbhelpers").joinpath("results.schema.json").read_text())


def make_dataset(*, comparable=True, name="mnist"):
    kind = "own copy" if comparable else "embedded"
    source = SimpleNamespace(kind=kind, detail="", fingerprint="0" * 64, comparable=comparable)
    return SimpleNamespace(name=name, x_train=range(8), x_test=range(4), source=source)


def make_runs(*accuracies):
    return [
        Run(seed, {"loss": [0.5, 0.4], "test_accuracy": [0.5, accuracy]}, [1.0, 2.5], 26)
        for seed, accuracy in enumerate(accuracies)
    ]


@pytest.fixture
def folder(tmp_path, monkeypatch):
    monkeypatch.setenv("NBHELPERS_RESULTS_DIR", str(tmp_path / "results"))
    return tmp_path / "results"


def test_what_is_written_meets_the_schema_and_keeps_every_number(folder):
    report = reporting.Report("one-kernel", make_dataset())
    published = reporting.Published(0.9922, "somebody")
    report.record("E6", "one kernel", make_runs(0.9, 0.92), published=published)
    report.claim("C33", "holds with a condition", "because we measured it")
    content = json.loads((folder / "one-kernel.json").read_text())
    jsonschema.validate(content, SCHEMA)
    (experiment,) = content["experiments"]
    assert [run["history"]["test_accuracy"][-1] for run in experiment["runs"]] == [0.9, 0.92]
    assert [run["seconds"] for run in experiment["runs"]] == [2.5, 2.5]
    assert content["data"]["n_train"] == 8
    assert [path.name for path in folder.iterdir()] == ["one-kernel.json"]


@pytest.mark.parametrize(
    "damage",
    [
        lambda content: content.pop("data"),
        lambda content: content["experiments"][0].update(id="E13"),
        lambda content: content["experiments"][0]["runs"][0]["history"].pop("test_accuracy"),
        lambda content: content.update(extra=1),
    ],
)
def test_the_schema_refuses_damaged_results(folder, damage):
    reporting.Report("x", make_dataset()).record("E6", "one kernel", make_runs(0.9))
    content = json.loads((folder / "x.json").read_text())
    damage(content)
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate(content, SCHEMA)


def test_what_is_recorded_again_takes_the_place_of_the_first(folder, capsys):
    report = reporting.Report("x", make_dataset())
    for label, accuracy in (("a", 0.9), ("b", 0.8), ("a", 0.95)):
        report.record("E6", label, make_runs(accuracy))
    report.claim("C1", "holds", "we counted")
    report.claim("C1", "not decided", "we counted again")
    content = json.loads((folder / "x.json").read_text())
    assert [one["label"] for one in content["experiments"]] == ["a", "b"]
    assert content["experiments"][0]["runs"][0]["history"]["test_accuracy"][-1] == 0.95
    assert [one["verdict"] for one in content["claims"]] == ["not decided"]
    assert report.table().loc["a", "test accuracy (%)"] == "95.00"
    assert "'a' was recorded before; this takes its place." in capsys.readouterr().out


BAD_RECORDS = {
    "a loss that is NaN": ({"runs": [Run(3, {"loss": [0.5, math.nan], "test_accuracy": [0.1]})]},
                           "loss of seed 3 is nan in epoch 2"),
    "an accuracy that is infinite": ({"runs": make_runs(math.inf)}, "test_accuracy of seed 0"),
    "an accuracy in per cent": ({"runs": make_runs(99.2)}, "seed 0 is 99.2; expected a fraction"),
    "nothing measured": ({"runs": [Run(0, {"loss": [0.5]})]}, "seed 0 has no test_accuracy"),
    "text": ({"runs": [Run(0, {"test_accuracy": ["0.5"]})]}, "is '0.5' in epoch 1"),
    "a number of NumPy's": ({"settings": {"rate": np.float32(0.5)}}, "float32 is not JSON"),
    "NaN in the settings": ({"settings": {"rate": math.nan}}, "not JSON compliant"),
    "an experiment that is none": ({"experiment": "E13"}, "expected E1 to E12"),
    "no label": ({"label": ""}, "expected a text"),
}  # fmt: skip


@pytest.mark.parametrize("name", BAD_RECORDS)
def test_one_bad_record_spoils_no_other(folder, name):
    change, message = BAD_RECORDS[name]
    report = reporting.Report("x", make_dataset())
    report.record("E6", "first", make_runs(0.9))
    with pytest.raises(ResultError, match=message):
        report.record(**{"experiment": "E6", "label": "bad", "runs": make_runs(0.9)} | change)
    assert list(report.table().index) == ["first"]
    report.record("E6", "last", make_runs(0.8))
    content = json.loads((folder / "x.json").read_text())
    jsonschema.validate(content, SCHEMA)
    assert [one["label"] for one in content["experiments"]] == ["first", "last"]


@pytest.mark.parametrize("runs", [[], make_runs(float("nan"))])
def test_nothing_and_nan_are_not_results(folder, runs):
    report = reporting.Report("x", make_dataset())
    with pytest.raises(ResultError, match="finite"):
        report.record("E6", "one kernel", runs)
    assert json.loads((folder / "x.json").read_text())["experiments"] == []


@pytest.mark.parametrize("accuracy", [99.2, -0.1, math.nan, None, "0.99"])
def test_a_published_number_is_a_fraction_too(accuracy):
    with pytest.raises(ResultError, match="expected a fraction of 1, 0.99 for 99 %"):
        reporting.Published(accuracy, "somebody")


def test_an_unknown_verdict_is_refused(folder):
    with pytest.raises(ResultError, match="holds with a condition"):
        reporting.Report("x", make_dataset()).claim("C1", "maybe", "")


@pytest.mark.parametrize("comparable", [True, False])
def test_published_numbers_show_only_beside_comparable_data(folder, comparable):
    report = reporting.Report("x", make_dataset(comparable=comparable))
    report.record(
        "E6", "net", make_runs(0.9, 0.92), published=reporting.Published(0.99, "somebody")
    )
    table = report.table()
    assert ("published" in table.columns) is comparable
    assert table.loc["net", "test accuracy (%)"] == "91.00\xa0±\xa01.41"


def test_no_line_breaks_inside_a_spread():
    spread = reporting.mean_spread([0.9, 0.92])
    for text in (str(spread), spread.percent(), spread.seconds(), spread.percent(unit="")):
        assert "±" in text
        assert " " not in text


def test_a_table_has_one_row_of_headers(folder):
    report = reporting.Report("x", make_dataset())
    report.record("E6", "net", make_runs(0.9))
    page = BeautifulSoup(report.table().to_html(), "html.parser")
    (row,) = page.select("thead tr")
    assert [head.get_text() for head in row.select("th")][:2] == ["network", "parameters"]


def test_the_spread_of_one_run_claims_no_spread():
    assert "±" not in reporting.mean_spread([0.5]).percent()


def test_a_role_that_no_network_can_have_is_refused(folder):
    with pytest.raises(ResultError, match="expected one of"):
        reporting.Report("x", make_dataset()).record("E6", "a", make_runs(0.9), role="best")


def test_a_page_that_sums_up_others_has_no_data_but_each_network_has(folder):
    report = reporting.Report("audit")
    report.claim("C38", "holds", "because we counted")
    with pytest.raises(ResultError, match="name a dataset"):
        report.record("E11", "a", make_runs(0.9))
    report.record("E11", "a", make_runs(0.9), dataset=make_dataset(name="ORL"))
    content = json.loads((folder / "audit.json").read_text())
    jsonschema.validate(content, SCHEMA)
    assert content["data"] is None
    assert content["experiments"][0]["data"]["name"] == "ORL"


def make_reference(folder, kind="own copy"):
    run = {"seed": 0, "epochs": 1, "seconds": 1.0, "final": {"test_accuracy": 0.97}}
    content = {
        "date": "2026-11-21",
        "data": {"kind": kind},
        "experiments": [{"label": "net", "runs": [run, run]}],
    }
    folder.mkdir(exist_ok=True)
    (folder / "x.json").write_text(json.dumps(content))


@pytest.mark.parametrize(
    ("own_is_real", "reference_kind", "shown"),
    [(False, "own copy", True), (True, "own copy", False), (False, "embedded", False)],
)
def test_embedded_data_stand_beside_what_the_real_data_gave(
    folder, tmp_path, monkeypatch, own_is_real, reference_kind, shown
):
    monkeypatch.setattr(reporting, "REFERENCE", tmp_path / "reference")
    report = reporting.Report("x", make_dataset(comparable=own_is_real))
    report.record("E6", "net", make_runs(0.9))
    report.record("E6", "a net without a reference", make_runs(0.8))
    plain = report.table()
    make_reference(tmp_path / "reference", reference_kind)
    table = report.table()
    assert ("on the real data (2026-11, %)" in table.columns) is shown
    if shown:
        assert list(table["on the real data (2026-11, %)"]) == ["97.00\xa0±\xa00.00", ""]
    else:
        assert table.equals(plain)


def test_a_damaged_reference_is_named(tmp_path, monkeypatch):
    monkeypatch.setattr(reporting, "REFERENCE", tmp_path)
    (tmp_path / "x.json").write_text("{")
    with pytest.raises(ResultError, match=r"x\.json.*make reference"):
        reporting.read_reference("x")


def test_a_verdict_says_what_it_judges(folder):
    shown = []
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(reporting, "say", shown.append)
        reporting.Report("x").claim("C12", "holds", "Multiplied out.")
    (text,) = shown
    assert reporting.claim_texts()["C12"] in text
    assert "appendix/audit.html#c12" in text
    assert "**Holds.** Multiplied out." in text


def test_an_unknown_claim_is_refused_and_nothing_is_written(folder):
    report = reporting.Report("x")
    with pytest.raises(ResultError, match="C99"):
        report.claim("C99", "holds", "because")
    assert json.loads((folder / "x.json").read_text())["claims"] == []


def test_what_a_run_knows_of_itself_is_recorded_before_what_was_typed(folder):
    run = Run(0, {"test_accuracy": [0.5]}, [1.0], 3, settings={"loss": "mean_squared_error"})
    report = reporting.Report("x", make_dataset())
    report.record("E2", "net", [run], settings={"loss": "cross-entropy", "split": "first five"})
    (experiment,) = json.loads((folder / "x.json").read_text())["experiments"]
    assert experiment["settings"] == {"loss": "mean_squared_error", "split": "first five"}


def test_the_table_gives_the_test_sets_interval(folder):
    report = reporting.Report("x", make_dataset())
    report.record("E6", "net", make_runs(0.75))
    expected = reporting.test_interval(make_runs(0.75), 4).percent(unit="")
    assert report.table().loc["net", "test set's interval (%)"] == expected


def test_arrays_for_a_living_figure_are_a_script_beside_the_results(folder):
    report = reporting.Report("x", make_dataset())
    kernel = np.array([[0.5, -2.0]], np.float16)
    report.export("a-net", kernel=kernel, digit=np.array([7], np.uint8), words=["good", "naïve"])
    script = (folder / "x.a-net.js").read_text("utf-8")
    name, table = json.loads("[" + script.removeprefix("arrays.add(").removesuffix(");\n") + "]")
    assert name == "a-net"
    assert table["words"] == ["good", "naïve"]
    assert table["kernel"]["shape"] == [1, 2]
    assert base64.b64decode(table["kernel"]["base64"]) == b"\x00\x38\x00\xc0"  # little-endian
    assert base64.b64decode(table["digit"]["base64"]) == b"\x07"


@pytest.mark.parametrize(
    ("name", "value", "message"),
    [
        ("net", np.array([0.1]), "kernel holds float64; expected float16"),
        ("net", np.array([np.inf], np.float16), "kernel holds NaN or infinity"),
        ("net", ["a", 1], "kernel holds"),
        ("../net", np.array([1], np.uint8), "name is '../net'"),
    ],
)
def test_what_cannot_be_exported_is_named_and_no_file_is_left(name, value, message, folder):
    report = reporting.Report("x", make_dataset())
    with pytest.raises(ResultError, match=message):
        report.export(name, kernel=value)
    assert not list(folder.glob("*.js"))


def test_train_and_test_stand_side_by_side_with_their_gap():
    def run(train, test):
        history = {"train_loss": [9.0, 0.25], "train_accuracy": [0.0, train]}
        return Run(0, history | {"test_accuracy": [0.0, test]})

    groups = {"one": [run(1.0, 0.8), run(0.9, 0.8)], "two": [run(0.5, 0.75)]}
    table = reporting.train_and_test(groups, rate={"one": 3, "two": 4})
    assert list(table.columns) == [
        "rate", "training loss", "training accuracy", "test accuracy", "gap"
    ]  # fmt: skip
    assert list(table.rate) == [3, 4]
    assert table.loc["two", "gap"].startswith("-25.00")
    assert table.loc["one", "gap"].startswith("15.00")
    assert "7.07" in table.loc["one", "gap"], "the spread of the gaps, seed by seed"


def test_tensorflow_may_be_shipped_under_another_name(monkeypatch):
    def version(name):
        if name == "tensorflow":
            raise metadata.PackageNotFoundError(name)
        return "2.99" if name == "tensorflow-cpu" else "1"

    monkeypatch.setattr(metadata, "version", version)
    owners = {"tensorflow": ["tensorflow-cpu"]}
    monkeypatch.setattr(metadata, "packages_distributions", lambda: owners)
    assert reporting._versions()["tensorflow"] == "2.99"
