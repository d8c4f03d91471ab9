"""An hour of small networks goes on where it was stopped, and its page says what was kept."""

import json
import runpy
from types import SimpleNamespace

import numpy as np
import pytest
from real_book import BOOK, ROOT

from nbhelpers import checks, comparing, nn, plotting, reporting, results, training

PLAIN = {"batch_size": 20, "peak": 0.01, "warm_up": 0.2}
PLAIN |= {"rotation": 0.0, "shift": 0.0, "zoom": 0.0, "shear": 0.0}
NETWORKS = {
    "a": [(2, 5, True), "mean"],
    "b": [(2, 3, True), (3, 3, False), "flat"],
    "c": [(2, 3, False), (3, 1, True), "mean"],
}
PLAN = [("a", 1, PLAIN), ("b", 2, PLAIN | {"rotation": 10.0}), ("c", 1, PLAIN)]


class Killed(Exception):
    """What stops the script in the middle."""


@pytest.fixture
def script(monkeypatch, tmp_path):
    """Give the script's own names, for tiny networks and a hundred generated digits."""
    rng = np.random.default_rng(0)
    y = np.arange(100) % 10
    x = (rng.random((100, 28, 28, 1)) + y[:, None, None, None] / 10).astype("float32")
    digits = SimpleNamespace(x_train=x[:60], y_train=y[:60], x_test=x[60:], y_test=y[60:])
    noisy = lambda x, rng, **_: x + rng.random(x.shape, dtype="float32")  # noqa: E731
    monkeypatch.setattr(training, "distort_images", noisy)  # Keras takes seconds to be imported
    names = runpy.run_path(str(ROOT / "benchmarks" / "frontier.py"))
    space = names["main"].__globals__
    for name, value in {
        "NETWORKS": NETWORKS, "PLAN": PLAN, "SEEDS": (0, 1), "HELD_OUT": 20,
        "real_digits": lambda: digits, "KEPT": tmp_path / "kept.json",
    }.items():  # fmt: skip
        monkeypatch.setitem(space, name, value)
    return SimpleNamespace(space=space, **{n: v for n, v in names.items() if callable(v)})


def all_finals(script, folder, stop_after=None):
    """Train the whole plan as `final` does; or be killed inside the training after so many."""
    train, done = script.train, []

    def until_killed(*arguments):
        done.append(arguments)
        if stop_after is not None and len(done) > stop_after:
            raise Killed
        return train(*arguments)

    script.space["train"] = until_killed
    try:
        script.space["all_finals"](folder)
    finally:
        script.space["train"] = train
    return len(done)


def read(folder):
    """Return all results without what differs from run to run, the seconds."""
    found = {p.name: json.loads(p.read_text("utf-8")) for p in folder.glob("final/*.json")}
    return {name: {k: v for k, v in run.items() if k != "seconds"} for name, run in found.items()}


def test_killed_in_the_middle_it_goes_on_and_ends_the_same(script, tmp_path):
    assert all_finals(script, tmp_path / "whole") == 6
    with pytest.raises(Killed):
        all_finals(script, tmp_path / "killed", stop_after=4)
    assert len(read(tmp_path / "killed")) == 4
    assert all_finals(script, tmp_path / "killed") == 2, "what is finished is not trained again"
    assert read(tmp_path / "killed") == read(tmp_path / "whole")


def test_stopped_early_each_network_has_as_many_seeds(script, tmp_path):
    with pytest.raises(Killed):
        all_finals(script, tmp_path, stop_after=3)
    assert sorted(read(tmp_path)) == ["a-1-0.json", "b-2-0.json", "c-1-0.json"]


def test_choices_see_no_test_digit_and_no_held_out_one_is_trained_on(script, tmp_path):
    digits, seen = script.space["real_digits"](), []
    train = script.space["train"]
    script.space["train"] = lambda *told: seen.append(told) or train(*told)
    del digits.x_test, digits.y_test
    script.attempt(NETWORKS["a"], 1, PLAIN, tmp_path)
    assert len(seen[0][4]) == 40
    np.testing.assert_array_equal(seen[0][4], digits.x_train[:40])
    (path,) = tmp_path.glob("tried/*.json")
    tried = json.loads(path.read_text("utf-8"))
    assert 0 <= tried["wrong"] <= 20
    assert tried["recipe"] == PLAIN


def test_what_is_kept_counts_what_was_measured(script, tmp_path):
    with pytest.raises(SystemExit, match="No finished training of a, b, c"):
        script.keep(tmp_path)
    all_finals(script, tmp_path)
    script.attempt(NETWORKS["a"], 1, PLAIN, tmp_path)
    script.keep(tmp_path)
    kept = json.loads(script.space["KEPT"].read_text("utf-8"))
    assert [run["parameters"] for run in kept["runs"]] == [86, 3_727, 79]
    assert kept["runs"][0]["multiply_adds"] == 24 * 24 * 25 * 2 + 2 * 10
    assert len(kept["tried"]) == 1


def test_the_learning_rate_climbs_and_falls_to_zero(script):
    rates = [script.rate(part, PLAIN) for part in np.linspace(0, 1, 101)]
    assert np.argmax(rates) == 20
    assert max(rates) == pytest.approx(0.01)
    assert rates[-1] == pytest.approx(0)
    assert rates[0] == pytest.approx(0.0005)


MARKS = (
    "read_kept(",
    "def accuracy",
    "def soonest",
    "steps = []",
    "apart = 7",
    "def met",
    "aims =",
)
CELLS = [cell.source for cell in BOOK["case-studies/how-little-is-enough"].code_cells]


def made_up(n_wrong, n_seeds=5, **more):
    """Return a row of the kept file whose seeds all misread the first so many digits."""
    seed = {"wrong": [[place, 0] for place in range(n_wrong)], "loss": [0.1], "seconds": [10.0]}
    row = {"network": "x", "parameters": 15_000, "multiply_adds": 1, "epochs": 1}
    return row | {"recipe": {"rotation": 10}, "seeds": [seed] * n_seeds} | more


def all_limits(**n_wrong):
    """Return six rows of the kept file, one below each limit of size."""
    limits = {"1k": 900, "2.5k": 2_400, "5k": 4_900, "10k": 9_900, "20k": 19_000, "35k": 34_000}
    wrong = dict.fromkeys(limits, 70) | {name.strip("_"): n for name, n in n_wrong.items()}
    return [made_up(wrong[name], network=name, parameters=n) for name, n in limits.items()]


def hurried(n_wrong, seconds):
    run = made_up(n_wrong, recipe={"rotation": 0.0})
    run["seeds"] = [seed | {"seconds": [seconds]} for seed in run["seeds"]]
    return run


@pytest.fixture
def page(monkeypatch):
    """Give a function that says what the page says of these measurements."""
    said = []
    monkeypatch.setattr(reporting, "say", said.append)

    def run(runs):
        kept = {"runs": runs, "tried": [], "date": "2026-11-29", "machine": {"cores": 2}}
        kept["versions"] = {"numpy": "2"}
        monkeypatch.setattr(results, "read_kept", {"frontier": kept}.__getitem__)
        names = {"np": np, "pd": pytest.importorskip("pandas")}
        names |= {"results": results, "reporting": reporting, "comparing": comparing}
        for cell in CELLS:
            if any(mark in cell for mark in MARKS):
                exec(cell, names)
        return "\n".join(said)

    return run


@pytest.mark.parametrize(
    ("n_wrong", "verdict", "interval"),
    [
        (50, "**reached**", "includes the aim"),
        (56, "**missed by 0.06 points**", "includes the aim"),
        (30, "**reached**", "lies above the aim"),
        (80, "**missed by 0.30 points**", "lies below the aim"),
    ],
)
def test_an_aim_is_reached_or_missed_as_the_file_says(page, n_wrong, verdict, interval):
    said = page([*all_limits(_20k=n_wrong, _35k=39), hurried(100, 2.0)]).split("\n")
    (line,) = [line for line in said if "| 20,000 parameters | 99.5 %" in line]
    assert verdict in line
    assert interval in line
    assert "**reached**" in next(line for line in said if "| 35,000 parameters | 99.6 %" in line)
    assert next(line for line in said if "| 1,000 parameters |" in line).endswith("|  |")


def test_the_soonest_is_the_shortest_that_reaches_the_goal(page):
    said = page([*all_limits(_20k=60, _35k=59), hurried(150, 2.0), hurried(90, 4.0)]).replace(
        "\N{NO-BREAK SPACE}", " "
    )
    assert "**98.0 %**: 2.0 ± 0.0 s" in said
    assert "**99.0 %**: 4.0 ± 0.0 s" in said
    assert "**99.4 %**: 10.0 ± 0.0 s" in said
    assert "**99.4 %**: none of them" in page([*all_limits(), hurried(99, 1.0)])


def test_whether_seven_digits_can_be_told_follows_how_many_are_in_dispute(page):
    few = [*all_limits(_20k=45, _35k=38), hurried(100, 2.0)]
    assert "**can** tell 99.55 from 99.62 %" in page(few)
    many = [*all_limits(_20k=45, _35k=38), hurried(100, 2.0)]
    for seed in many[5]["seeds"]:
        seed["wrong"] = [[place, 0] for place in range(100, 138)]
    said = page(many)
    assert "**cannot** tell 99.55 from 99.62 %" in said
    assert "p = 0.51" in said


def test_the_network_and_the_recipe_of_the_page_are_those_of_the_script(script):
    names = {"np": np, "nn": nn, "checks": checks, "plotting": plotting, "peak": PLAIN["peak"]}
    for cell in CELLS:
        if "def smallest(" in cell or "def rate(" in cell:
            exec(cell, names)
    original = runpy.run_path(str(ROOT / "benchmarks" / "frontier.py"))
    (parameters,) = (cell for cell in CELLS if "n_train = None" in cell)
    exec(parameters, chosen := {})
    assert {name: chosen[name] for name in ("peak", "batch_size")}.items() <= original[
        "RECIPE"
    ].items()
    ours, theirs = names["smallest"](3), original["build"](original["NETWORKS"]["1k"], 3)
    for a, b in zip(ours.get_weights(), theirs.get_weights(), strict=True):
        np.testing.assert_array_equal(a, b)
    for part in np.linspace(0, 1, 21):
        assert names["rate"](part) == pytest.approx(script.rate(part, PLAIN))


def test_the_file_that_is_kept_is_of_the_script_as_it_is():
    original = runpy.run_path(str(ROOT / "benchmarks" / "frontier.py"))
    kept = results.read_kept("frontier")
    plan = [(run["network"], run["epochs"], run["recipe"]) for run in kept["runs"]]
    assert plan == original["PLAN"]
    for run in kept["runs"]:
        model = original["build"](original["NETWORKS"][run["network"]])
        assert run["parameters"] == model.count_params()
        assert run["multiply_adds"] == original["multiply_adds"](model)
        assert [seed["seed"] for seed in run["seeds"]] == list(original["SEEDS"])
        for seed in run["seeds"]:
            places, said = zip(*seed["wrong"], strict=True)
            assert sorted(set(places)) == list(places)
            assert set(places) <= set(range(10_000))
            assert set(said) <= set(range(10))
            assert len(seed["seconds"]) == len(seed["loss"]) == run["epochs"]
    assert all(0 < trial["wrong"] < kept["held_out"] for trial in kept["tried"])
