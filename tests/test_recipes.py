"""Recipes are run as their sources state them; where they are not, the table says why."""

import json
from importlib import resources

import pytest

from nbhelpers import results

STATED = json.loads(resources.files("nbhelpers").joinpath("recipes.json").read_text("utf-8"))


@pytest.fixture(scope="module")
def table():
    """Stated, ours, why: from what the published book measured. Shown by `pytest -s`."""
    table = results.recipes(results.read_references())
    print(table.to_string(max_colwidth=60))
    return table


def test_every_recipe_was_run(table):
    assert set(table.experiment) == STATED.keys()


def test_a_setting_differs_if_and_only_if_the_table_says_why(table):
    unsaid = table[(table.stated != table.ours) & (table.why == "")]
    assert unsaid.empty, f"Differs from its source without a reason:\n{unsaid.to_string()}"
    idle = table[(table.stated == table.ours) & (table.why != "")]
    assert idle.empty, f"A reason for a difference that is none:\n{idle.to_string()}"


def test_every_reason_belongs_to_a_setting():
    for name, recipe in STATED.items():
        assert recipe["why"].keys() <= recipe["stated"].keys(), name


def test_a_run_shorter_than_its_source_says_is_recorded_as_truncated():
    rows = results.networks(results.read_references())
    for row in rows[rows.role == "recipe"].itertuples():
        stated = STATED[row.experiment]["stated"].get("epochs", row.epochs)
        assert row.truncated == (stated if row.epochs < stated else None), row.experiment


def test_a_network_of_the_scoreboard_says_how_much_it_was_trained_on():
    # Where a row does not, the scoreboard shows the whole training set. `fit_seeds` says it by
    # itself; a machine on features, say, must.
    rows = results.networks(results.read_references())
    ours = rows[rows.role.isin(["recipe", "improved"])]
    silent = ours[ours.trained_on.isna()]
    assert silent.empty, f"No trained_on:\n{silent[['chapter', 'label']].to_string()}"
