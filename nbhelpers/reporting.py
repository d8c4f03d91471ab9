"""Record what a chapter measured, compare it with published numbers, show it.

A chapter's results go to ``<results folder>/<chapter>.json``; the format is documented and checked
by ``results.schema.json`` beside this module; `results_folder` says where the folder is. What a
chapter gave on the real data is in the package, as
``reference/<chapter>.json``, so that a page built on embedded data can show it beside its own.
"""

import base64
import json
import math
import os
import platform
import re
from dataclasses import dataclass
from functools import cache
from importlib import metadata
from numbers import Real
from pathlib import Path

import numpy as np

from nbhelpers._files import NO_HOME, user_cache, written_whole
from nbhelpers._markdown import plain
from nbhelpers.comparing import wilson
from nbhelpers.errors import ResultError

__all__ = [
    "Published",
    "Report",
    "Spread",
    "claim_groups",
    "claim_texts",
    "mean_spread",
    "plain",
    "results_folder",
    "say",
    "show_source",
    "test_interval",
    "train_and_test",
]

VERDICTS = ("holds", "holds with a condition", "does not hold", "not decided")
ROLES = ("recipe", "improved", "baseline", "step")
NO_BREAK = "\N{NO-BREAK SPACE}"
REFERENCE = Path(__file__).with_name("reference")
LIBRARIES = ("keras", "numpy", "scikit-learn", "tensorflow")
EXPORTED = ("float16", "uint8")  # what a page can carry, and scripts in a browser can read


@dataclass(frozen=True)
class Spread:
    """Mean and sample standard deviation over seeds.

    Attributes
    ----------
    mean, std : float
        ``std`` divides by n - 1; it is 0 for a single value.
    n : int
        Number of values.

    Examples
    --------
    >>> print(mean_spread([0.97, 0.98, 0.99]))
    0.980 ± 0.010
    >>> print(mean_spread([0.97, 0.98, 0.99]).percent())
    98.00 ± 1.00 %

    The spaces in these texts are such that no line breaks at them.
    """

    mean: float
    std: float
    n: int

    def __str__(self):
        return self._text(1, 3, "")

    def percent(self, unit="%"):
        """Return the spread of a fraction as text in per cent, two decimals.

        Parameters
        ----------
        unit : str, default="%"
            What stands behind it; "" in a column whose header says it.
        """
        return self._text(100, 2, unit)

    def seconds(self, unit="s"):
        """Return the spread of a duration in seconds as text, one decimal.

        Parameters
        ----------
        unit : str, default="s"
            As in `percent`.
        """
        return self._text(1, 1, unit)

    def _text(self, factor, digits, unit):
        mean, std = (f"{factor * value:.{digits}f}" for value in (self.mean, self.std))
        parts = [mean, *(["±", std] if self.n > 1 else []), *([unit] if unit else [])]
        return NO_BREAK.join(parts)


def mean_spread(values, metric="test_accuracy"):
    """Return the `Spread` of numbers, or of the final ``metric`` of runs.

    Parameters
    ----------
    values : sequence of float or of Run
    metric : str, default="test_accuracy"
        Which number of each run; ``"seconds"`` is the training time.
    """
    numbers = [_number(value, metric) for value in values]
    if not numbers or not all(map(math.isfinite, numbers)):
        raise ResultError(f"Expected at least one value, all of them finite; found {numbers}.")
    std = float(np.std(numbers, ddof=1)) if len(numbers) > 1 else 0.0
    return Spread(float(np.mean(numbers)), std, len(numbers))


def train_and_test(groups, **more):
    """Return what groups of runs reach on the training set and on the test set, side by side.

    Parameters
    ----------
    groups : dict of str to list of Run
        Their histories hold ``train_loss``, ``train_accuracy`` and ``test_accuracy``.
    **more : dict
        Further columns, first: by their name, each group's value.

    Returns
    -------
    pandas.DataFrame
        A row a group: training loss, both accuracies, and their gap; mean and spread over the
        seeds.
    """
    import pandas as pd

    rows = {}
    for name, runs in groups.items():
        gap = [run.final("train_accuracy") - run.final() for run in runs]
        rows[name] = {key: values[name] for key, values in more.items()} | {
            "training loss": str(mean_spread(runs, "train_loss")),
            "training accuracy": mean_spread(runs, "train_accuracy").percent(),
            "test accuracy": mean_spread(runs).percent(),
            "gap": mean_spread(gap).percent(),
        }
    return pd.DataFrame.from_dict(rows, orient="index")


def test_interval(runs, n_test):
    """Return Wilson's `Interval` of the mean test accuracy of runs.

    Parameters
    ----------
    runs : list of Run
    n_test : int
        Test examples of the data set; a run that knows its own number is asked for that.
    """
    n = runs[0].settings.get("tested_on", n_test)
    return wilson(mean_spread(runs).mean * n, n)


def _number(value, metric):
    if not hasattr(value, "history"):
        return float(value)
    return float(value.seconds if metric == "seconds" else value.final(metric))


@dataclass(frozen=True)
class Published:
    """A number that somebody published: a test accuracy in 0..1 and who says so."""

    accuracy: float
    source: str

    def __post_init__(self):
        _check_share("a published accuracy", self.accuracy)

    def __str__(self):
        return f"{100 * self.accuracy:.2f} % ({self.source})"


class Report:
    """The results of one chapter, on disk after every call.

    Parameters
    ----------
    chapter : str
        The last part of the chapter's path; names the file.
    dataset : nbhelpers.datasets.Dataset, optional
        What the chapter was run on; None for a page that sums up other chapters.
    """

    def __init__(self, chapter, dataset=None):
        self._runs = {}
        self._content = {
            "schema": 1,
            "chapter": chapter,
            "data": _describe_data(dataset) if dataset is not None else None,
            "versions": _versions(),
            "experiments": [],
            "claims": [],
        }
        self._write(self._content)
        if "NBHELPERS_RESULTS_DIR" not in os.environ:
            print(f"The results of this notebook go to {results_folder()}.")

    def record(
        self,
        experiment,
        label,
        runs,
        *,
        role="step",
        settings=None,
        published=None,
        dataset=None,
        stated_epochs=None,
    ):
        """Record the runs of one network.

        Parameters
        ----------
        experiment : str
            Id of the experiment, ``"E1"`` to ``"E12"``.
        label : str
            What the reader sees; unique in the chapter. Recorded again, as by a cell that is run
            again, it replaces what was there, and a line says so.
        runs : list of Run
            One a seed.
        role : {"recipe", "improved", "baseline", "step"}
            The network as the recipe states it; the best one that the chapter builds from it; a
            method without a network; or anything between. The scoreboard shows the first three.
        settings : dict, optional
            What somebody needs to repeat it and what `Run.settings` does not say already.
        published : Published, optional
            The number to compare with.
        dataset : nbhelpers.datasets.Dataset, optional
            What this network was run on, where it is not the report's.
        stated_epochs : int, optional
            How long its source trains, where the page trains less: the run is a truncated one, and
            is not called the recipe "exactly as stated".

        Raises
        ------
        ResultError
            If there is no run, a number is not finite, an accuracy is no share from 0 to 1,
            something cannot be written down, or it is not known what the runs were made on. What
            was recorded before stays as it was.
        """
        if not (isinstance(label, str) and label):
            raise ResultError(f"label is {label!r}; expected a text.")
        if not (isinstance(experiment, str) and re.fullmatch("E([1-9]|1[0-2])", experiment)):
            raise ResultError(f"experiment is {experiment!r}; expected E1 to E12.")
        if role not in ROLES:
            raise ResultError(f"role is {role!r}; expected one of {ROLES}.")
        _check_measured(label, runs)
        data = _describe_data(dataset) if dataset is not None else self._content["data"]
        if data is None:
            raise ResultError(f"{label!r} has no data; name a dataset here or in the Report.")
        entry = {
            "id": experiment,
            "label": label,
            "role": role,
            "settings": (settings or {}) | runs[0].settings,
            "parameters": runs[0].n_parameters,
            "published": published and {"accuracy": published.accuracy, "by": published.source},
            "runs": [_describe_run(run) for run in runs],
        }
        entry |= {"data": data} if dataset is not None else {}
        entry |= {"stated_epochs": stated_epochs} if stated_epochs is not None else {}
        self._commit("experiments", "label", entry)
        if label in self._runs:
            print(f"{label!r} was recorded before; this takes its place.")
        self._runs[label] = (runs, published, data)

    def claim(self, claim, verdict, because):
        """Record the verdict on a popular claim.

        Parameters
        ----------
        claim : str
            Id of the claim, such as ``"C1"``; its sentence is in ``claims.json``. A verdict that
            the chapter gave before is replaced.
        verdict : {"holds", "holds with a condition", "does not hold", "not decided"}
        because : str
            One line: the evidence, and the condition if there is one.

        Raises
        ------
        ResultError
            If there is no such claim, or no such verdict.
        """
        sentence = claim_texts().get(claim)
        if sentence is None:
            raise ResultError(f"claim is {claim!r}; expected an id of nbhelpers/claims.json.")
        if verdict not in VERDICTS:
            raise ResultError(f"verdict is {verdict!r}; expected one of {VERDICTS}.")
        if not (isinstance(because, str) and because):
            raise ResultError(f"because is {because!r}; expected a line that says why.")
        entry = {"id": claim, "verdict": verdict, "because": because}
        self._commit("claims", "id", entry)
        address = f"{pages_address()}appendix/audit.html#{claim.lower()}"
        say(f"[**{claim}**]({address}): *{sentence}*\n\n**{verdict.capitalize()}.** {because}")

    def export(self, name, **arrays):
        """Write arrays as a script that a living figure loads, beside the results.

        ``book/live/arrays.js`` reads them. What a page computes with them must be what the chapter
        computed, so floats have to be float16 already: round a network's weights *before* it is
        evaluated.

        Parameters
        ----------
        name : str
            What ``book/live/figures.toml`` calls these data; unique in the book.
        **arrays : ndarray of float16 or uint8, or list of str
            Any shape; a text for each row or column, say.

        Raises
        ------
        ResultError
            If the name is no file's name, or an array cannot be exported or is not finite.
        """
        if not re.fullmatch("[a-z0-9]+(-[a-z0-9]+)*", name):
            raise ResultError(f"name is {name!r}; expected words of a-z and 0-9, joined by '-'.")
        table = {key: _exported(key, value) for key, value in arrays.items()}
        content = f"arrays.add({json.dumps(name)}, {json.dumps(table, ensure_ascii=False)});\n"
        _record(f"{self._content['chapter']}.{name}.js", content)

    def table(self, *labels):
        """Return the recorded networks as a `pandas.DataFrame`, one row each.

        Parameters
        ----------
        *labels : str
            Which networks, in this order; all by default. Published numbers have a column only
            where the data are the published ones; where they are embedded ones, what the real data
            gave has a column, if the package knows it.
        """
        import pandas as pd

        real = _on_real_data(self._content["chapter"])
        rows = {label: self._row(label, real) for label in labels or self._runs}
        frame = pd.DataFrame.from_dict(rows, orient="index")
        # as the columns' name, "network" stands in the header's own row, and not in one below it
        return frame.dropna(axis="columns", how="all").fillna("").rename_axis(columns="network")

    def _row(self, label, real):
        runs, published, data = self._runs[label]
        embedded = data["kind"] == "embedded"
        return {
            "parameters": f"{runs[0].n_parameters:,}",
            "epochs": runs[0].epochs,
            "training time (s)": mean_spread(runs, "seconds").seconds(unit=""),
            "test accuracy (%)": mean_spread(runs).percent(unit=""),
            "test set's interval (%)": test_interval(runs, data["n_test"]).percent(unit=""),
            "seeds": len(runs),
            "published": str(published) if published and data["comparable"] else None,
        } | (real.get(label, {}) if embedded else {})

    def _commit(self, part, key, entry):
        """Write the content with ``entry`` in the place of the one of the same name, or last."""
        entries = list(self._content[part])
        names = [one[key] for one in entries]
        place = names.index(entry[key]) if entry[key] in names else len(names)
        entries[place : place + 1] = [entry]
        content = self._content | {part: entries}
        self._write(content)
        self._content = content

    def _write(self, content):
        try:
            text = json.dumps(content, indent=1, allow_nan=False) + "\n"
        except (TypeError, ValueError, RecursionError) as error:
            raise ResultError(
                f"This cannot be written down as JSON ({error}); expected texts, truth values and "
                "finite numbers of Python: float(x) makes one of NumPy's."
            ) from error
        _record(f"{content['chapter']}.json", text)


def _record(name, text):
    """Write a file of the folder for results."""
    folder = results_folder()
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with written_whole(folder / name) as file:
            file.write(text.encode())
    except OSError as error:
        raise ResultError(
            f"{folder}: no way to write there ({error.strerror}); expected a folder for results. "
            "Free some space or mend the permissions, or name another by NBHELPERS_RESULTS_DIR."
        ) from error


def results_folder():
    """Return the folder where notebooks record results and look for one another's.

    Returns
    -------
    Path
        ``$NBHELPERS_RESULTS_DIR``, which a build sets; or ``_build/results`` of the checkout that
        the current folder is in (or of ``$NBHELPERS_BUILD``, where builds then are); or, outside of
        any, ``results`` in the course's cache folder.

    Raises
    ------
    ResultError
        If there is none of them.
    """
    if "NBHELPERS_RESULTS_DIR" in os.environ:
        return Path(os.environ["NBHELPERS_RESULTS_DIR"])
    here = Path.cwd()
    for folder in (here, *here.parents):
        if (folder / "_toc.yml").is_file() and (folder / "book").is_dir():
            return Path(os.environ.get("NBHELPERS_BUILD") or folder).absolute() / "_build/results"
    cache = user_cache()
    if not cache:
        raise ResultError(f"{NO_HOME}, or NBHELPERS_RESULTS_DIR to one for results.")
    return cache / "results"


def _exported(key, value):
    """Return what stands for an array, or a list of texts, in a script."""
    if isinstance(value, list) and all(isinstance(text, str) for text in value):
        return value
    array = np.asarray(value)
    if array.dtype.name not in EXPORTED:
        raise ResultError(
            f"{key} holds {array.dtype}; expected float16 (round the weights before they are "
            "evaluated), uint8 or a list of texts."
        )
    if not np.isfinite(array).all():
        raise ResultError(f"{key} holds NaN or infinity; expected finite numbers.")
    little = array.astype(array.dtype.newbyteorder("<"))
    content = base64.b64encode(little.tobytes()).decode("ascii")
    return {"shape": array.shape, "dtype": array.dtype.name, "base64": content}


def _describe_data(dataset):
    return {
        "name": dataset.name,
        "kind": dataset.source.kind,
        "detail": dataset.source.detail,
        "comparable": dataset.source.comparable,
        "fingerprint": dataset.source.fingerprint,
        "n_train": len(dataset.x_train),
        "n_test": len(dataset.x_test),
    }


def _check_measured(label, runs):
    """Raise unless there are runs, what was measured is finite, and accuracies are shares."""
    if not runs:
        raise ResultError(f"{label!r} has no run; expected at least one, with finite numbers.")
    for run in runs:
        if not run.history.get("test_accuracy"):
            raise ResultError(f"{label!r}: seed {run.seed} has no test_accuracy; expected one.")
        for metric, values in run.history.items():
            for epoch, value in enumerate(values, 1):
                if not (isinstance(value, Real) and math.isfinite(value)):
                    raise ResultError(
                        f"{label!r}: {metric} of seed {run.seed} is {value!r} in epoch {epoch}; "
                        "expected finite numbers. A run that diverged has no result: train it "
                        "again with a smaller learning rate, or leave it out and say so."
                    )
        for share in run.history["test_accuracy"]:
            _check_share(f"{label!r}: test_accuracy of seed {run.seed}", share)


def _check_share(name, value):
    """Raise unless an accuracy is a fraction of 1: in per cent it would be shown as 9,920 %."""
    if not (isinstance(value, Real) and 0 <= value <= 1):
        raise ResultError(f"{name} is {value!r}; expected a fraction of 1, 0.99 for 99 %.")


def _describe_run(run):
    return {
        "seed": run.seed,
        "epochs": run.epochs,
        "seconds": run.seconds,
        "epoch_seconds": run.epoch_seconds,
        "history": run.history,
    }


def read_reference(chapter):
    """Return what a chapter gave when the references were made last, or None.

    Parameters
    ----------
    chapter : str
        The last part of the chapter's path.

    Raises
    ------
    ResultError
        If the file is damaged.
    """
    path = REFERENCE / f"{chapter}.json"
    if not path.exists():
        return None
    try:
        return json.loads(path.read_text("utf-8"))
    except (OSError, ValueError, RecursionError) as error:
        raise ResultError(
            f"{path}: found no JSON ({error}); expected what `make reference` writes. Install the "
            "package anew, or run `make reference`."
        ) from error


def _on_real_data(chapter):
    """Return a cell for each network that the reference has on data that are not embedded."""
    reference = read_reference(chapter) or {"experiments": []}
    cells = {}
    for experiment in reference["experiments"]:
        data = experiment.get("data") or reference["data"]
        if data["kind"] != "embedded":
            spread = mean_spread([run["final"]["test_accuracy"] for run in experiment["runs"]])
            column = f"on the real data ({reference['date'][:7]}, %)"
            cells[experiment["label"]] = {column: spread.percent(unit="")}
    return cells


def _versions():
    return {"python": platform.python_version()} | {name: _version(name) for name in LIBRARIES}


def _version(name):
    """Return a library's version, also where it is shipped as tensorflow-cpu or the like."""
    try:
        return metadata.version(name)
    except metadata.PackageNotFoundError:
        return metadata.version(metadata.packages_distributions()[name][0])


@cache
def claim_texts():
    """Return the sentence of every claim that the course puts to the test, by id."""
    return {claim: text for texts in claim_groups().values() for claim, text in texts.items()}


def claim_groups():
    """Return the claims that the course puts to the test: group -> id -> text."""
    text = Path(__file__).with_name("claims.json").read_text("utf-8")
    return {entry["group"]: entry["claims"] for entry in json.loads(text)}


@cache
def pages_address():
    """Return the published book's address: what `pyproject.toml` said when this was installed."""
    urls = metadata.metadata("nbhelpers").get_all("Project-URL") or []
    repository = next(url.split(", ")[1] for url in urls if url.startswith("Repository"))
    *_, owner, name = repository.rstrip("/").split("/")
    return f"https://{owner.lower()}.github.io/{name}/"


def say(markdown):
    """Display a sentence that holds computed numbers.

    Parameters
    ----------
    markdown : str
        What comes from data, such as a name or a review, goes in as ``{plain(name)}``: see `plain`.
    """
    from IPython.display import Markdown, display

    display(Markdown(markdown))


def show_source(dataset):
    """Display where the numbers of a page come from.

    Parameters
    ----------
    dataset : nbhelpers.datasets.Dataset
    """
    say(dataset.notice())
