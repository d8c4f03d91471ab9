"""Read back what chapters recorded: tidy tables for pages that sum up the others.

`nbhelpers.reporting` writes the files; the texts of the claims are in ``claims.json`` beside this
module, names and titles of the chapters in ``chapters.json``, which ``make notebooks`` writes.
"""

import json
from dataclasses import dataclass
from functools import cache
from html import escape
from importlib import resources
from pathlib import Path

from nbhelpers.comparing import wilson
from nbhelpers.errors import ResultError
from nbhelpers.reporting import (
    REFERENCE,
    VERDICTS,
    Published,
    Spread,
    claim_groups,
    mean_spread,
    pages_address,
    read_reference,
    results_folder,
)

__all__ = [
    "Link",
    "chapter_link",
    "claim_groups",
    "claims",
    "data_name",
    "networks",
    "read_kept",
    "read_references",
    "read_results",
    "recipes",
    "sortable_table",
]

GENERATED = ("FERET", "IMDB", "Yale")  # what a generator stands in for; others have real samples


@dataclass(frozen=True)
class Link:
    """Words and where they lead."""

    text: str
    address: str

    def __str__(self):
        return self.text

    def html(self):
        """Return the link as HTML."""
        return f'<a href="{escape(self.address)}">{escape(self.text)}</a>'

    def markdown(self):
        """Return the link as Markdown."""
        return f"[{self.text}]({self.address})"


def read_results(folder=None, *, without=()):
    """Return what chapters recorded last.

    Parameters
    ----------
    folder : path-like, optional
        By default `nbhelpers.reporting.results_folder`.
    without : sequence of str
        Names of chapters to leave out, such as that of the page that reads.

    Returns
    -------
    dict of str to dict
        The content of each file, by chapter, in the order of the book; empty if there are none.

    Raises
    ------
    ResultError
        If a file is damaged; names it.
    """
    folder = Path(folder) if folder else results_folder()
    names = {path.stem for path in folder.glob("*.json")} - set(without)
    return {name: _read(folder / f"{name}.json") for name in _in_order(names)}


def read_references():
    """Return what the chapters gave when the references were made last; by chapter, in order.

    Raises
    ------
    ResultError
        If a file is damaged; names it.
    """
    names = {path.stem for path in REFERENCE.glob("*.json")}
    return {name: read_reference(name) for name in _in_order(names)}


def read_kept(name):
    """Return measurements that took too long for a page, or data that the course may not bring.

    Parameters
    ----------
    name : {"long-runs", "frontier", "feret-own-copy", "bench"}
        A file of ``nbhelpers/kept``: the article's 5,000 epochs, by ``benchmarks/long_runs.py``;
        an hour of small networks, by ``benchmarks/frontier.py``; the FERET chapter on a reader's
        own copy; the speed of training, by ``benchmarks/bench.py --keep``.

    Returns
    -------
    dict

    Raises
    ------
    ResultError
        If there is no such file, or it is damaged.
    """
    path = Path(__file__).parent / "kept" / f"{name}.json"
    try:
        return json.loads(path.read_text("utf-8"))
    except (OSError, ValueError, RecursionError) as error:
        kept = sorted(file.stem for file in path.parent.glob("*.json"))
        raise ResultError(f"{path} cannot be read ({error}); expected one of {kept}.") from error


def _read(path):
    try:
        content = json.loads(path.read_text("utf-8"))
        networks({path.stem: content})
        claims({path.stem: content})
    except Exception as error:  # whatever may stand in a file that somebody else wrote
        raise ResultError(
            f"{path}: cannot be read as the results of a chapter ({type(error).__name__}: {error})"
            "; expected what `nbhelpers.reporting.Report` writes. Run that chapter again."
        ) from error
    return content


def networks(contents, references=None):
    """Return one row for each network that was recorded.

    Parameters
    ----------
    contents : dict of str to dict
        What `read_results` or `read_references` returned.
    references : dict of str to dict, optional
        Where a network was run on embedded data, its row says what the reference has for it on the
        real data.

    Returns
    -------
    pandas.DataFrame
        With the columns ``experiment``, ``chapter``, ``label``, ``role``, ``data``, ``kind``,
        ``comparable``, ``n_train``, ``n_test`` (of the data set, or those that the network was
        asked), ``trained_on`` (examples; None where a chapter did not record it), ``parameters``,
        ``epochs``, ``truncated`` (the epochs that its source states, where these are fewer; else
        None), ``seeds``, ``seconds``, ``accuracy``,
        ``train_accuracy`` (each a `Spread`; the last may be None), ``interval`` (Wilson's
        `Interval` of the mean accuracy for the size of the test set),
        ``published`` (`Published`; None beside data that are not comparable), ``settings``,
        ``date`` (of a reference), ``real`` (`Spread` or None) and ``real_date``. In the order of
        the experiments.
    """
    import pandas as pd

    rows = list(_rows_of(contents))
    real = {}
    for row in _rows_of(references or {}):
        if row["kind"] != "embedded":
            real[row["chapter"], row["label"]] = row["accuracy"], row["date"]
    for row in rows:
        known = real.get((row["chapter"], row["label"])) if row["kind"] == "embedded" else None
        row["real"], row["real_date"] = known or (None, None)
    rows.sort(key=lambda row: int(row["experiment"][1:]))
    return pd.DataFrame(rows, columns=[*COLUMNS, "real", "real_date"], dtype=object)


def recipes(contents):
    """Return every setting of every recipe beside what was run.

    Parameters
    ----------
    contents : dict of str to dict
        What `read_results` or `read_references` returned.

    Returns
    -------
    pandas.DataFrame
        With the columns ``experiment``, ``setting``, ``stated`` (by the source: ``recipes.json``),
        ``ours`` (what the run recorded) and ``why`` they differ; all texts, the last one "" where
        they do not.
    """
    import pandas as pd

    stated = json.loads(resources.files("nbhelpers").joinpath("recipes.json").read_text("utf-8"))
    rows = []
    for experiment, recipe in stated.items():
        ours = _recipe_as_run(contents.get(recipe["chapter"]), experiment)
        for setting, value in recipe["stated"].items() if ours else ():
            row = {"experiment": experiment, "setting": setting.replace("_", " ")}
            row |= {"stated": _text(value, "not stated"), "ours": _text(ours.get(setting), "none")}
            rows.append(row | {"why": recipe["why"].get(setting, "")})
    return pd.DataFrame(rows, columns=["experiment", "setting", "stated", "ours", "why"])


def _recipe_as_run(content, experiment):
    """Return the settings that a chapter recorded for its recipe; None if it recorded none."""
    for one in (content or {"experiments": []})["experiments"]:
        if one["id"] == experiment and one["role"] == "recipe":
            return one["settings"] | {"epochs": one["runs"][0]["epochs"]}
    return None


def _text(value, nothing):
    if value is None:
        return nothing
    if isinstance(value, float):
        return f"{value:.6g}"  # 0.0 and 0 are one setting, whoever wrote it
    return " · ".join(value) if isinstance(value, list) else str(value)


COLUMNS = [
    *("experiment", "chapter", "label", "role", "data", "kind", "comparable", "n_train", "n_test"),
    *("trained_on", "parameters", "epochs", "truncated", "seeds", "seconds"),
    *("accuracy", "interval", "train_accuracy", "published", "settings", "date"),
]


def _rows_of(contents):
    for name, content in contents.items():
        for experiment in content["experiments"]:
            yield _row(name, content, experiment)


def _row(name, content, experiment):
    data, runs = experiment.get("data") or content["data"], experiment["runs"]
    published = experiment["published"] if data["comparable"] else None
    settings, accuracy = experiment["settings"], mean_spread(_last(runs, "test_accuracy"))
    n_test = settings.get("tested_on", data["n_test"])
    return {
        "experiment": experiment["id"],
        "chapter": name,
        "label": experiment["label"],
        "role": experiment["role"],
        "data": data["name"],
        **{key: data[key] for key in ("kind", "comparable", "n_train")},
        "n_test": n_test,
        "trained_on": settings.get("trained_on"),
        "parameters": experiment["parameters"],
        "epochs": runs[0]["epochs"],
        "truncated": experiment.get("stated_epochs"),
        "seeds": len(runs),
        "seconds": mean_spread([run["seconds"] for run in runs]),
        "accuracy": accuracy,
        "interval": wilson(accuracy.mean * n_test, n_test),
        "train_accuracy": _spread(runs, "train_accuracy") or _spread(runs, "accuracy"),
        "published": published and Published(published["accuracy"], published["by"]),
        "settings": settings,
        "date": content.get("date"),
    }


def _spread(runs, metric):
    """Return the `Spread` of a metric's last values, or None where it was not measured."""
    try:
        return mean_spread(_last(runs, metric))
    except KeyError:
        return None


def _last(runs, metric):
    return [run["final"][metric] if "final" in run else run["history"][metric][-1] for run in runs]


def claims(contents):
    """Return one row for each verdict that a chapter recorded.

    Parameters
    ----------
    contents : dict of str to dict
        What `read_results` or `read_references` returned.

    Returns
    -------
    pandas.DataFrame
        With the columns ``claim``, ``chapter``, ``verdict``, ``because``, ``data`` and ``kind``.
        A claim that two chapters decided has two rows.

    Raises
    ------
    ResultError
        If a verdict is none of the four.
    """
    import pandas as pd

    rows = []
    for name, content in contents.items():
        data = content["data"] or {"name": None, "kind": None}
        for claim in content["claims"]:
            if claim["verdict"] not in VERDICTS:
                raise ResultError(f"{name}: {claim['id']} has the verdict {claim['verdict']!r}.")
            row = {"claim": claim["id"], "chapter": name, "verdict": claim["verdict"]}
            rows.append(
                row | {"because": claim["because"], "data": data["name"], "kind": data["kind"]}
            )
    columns = ["claim", "chapter", "verdict", "because", "data", "kind"]
    return pd.DataFrame(rows, columns=columns)


def chapter_link(chapter):
    """Return a `Link` to a chapter in the published book, with its title.

    Parameters
    ----------
    chapter : str
        The last part of its path.
    """
    page = _chapters().get(chapter)
    if page is None:
        return Link(chapter.replace("-", " "), f"{pages_address()}index.html")
    return Link(page["title"], f"{pages_address()}{page['name']}.html")


@cache
def _chapters():
    text = resources.files("nbhelpers").joinpath("chapters.json").read_text("utf-8")
    return {page["name"].rpartition("/")[2]: page for page in json.loads(text)}


def data_name(name, kind):
    """Return what to call data where people see it: generated ones have no right to the real name.

    Parameters
    ----------
    name : str
        Of the data set.
    kind : str
        Where they came from, such as ``"own copy"``.

    Examples
    --------
    >>> data_name("FERET", "embedded"), data_name("FERET", "own copy"), data_name("ORL", "embedded")
    ('drawn for FERET', 'FERET', 'ORL')
    """
    return f"drawn for {name}" if kind == "embedded" and name in GENERATED else name


def _in_order(names):
    book = list(_chapters())
    return sorted(names, key=lambda name: (book.index(name) if name in book else len(book), name))


def sortable_table(frame, label, *, formats=None, filter_by=None):
    """Return a table that readers of the book can sort by its header cells.

    Where no script runs, it is a table as any other.

    Parameters
    ----------
    frame : pandas.DataFrame
        One row a row, the index left out; the first column names the rows. A cell may be a number,
        a `Spread`, which sorts by its mean, a `Published` number, a `Link`, a text, or None.
    label : str
        What the table shows, for screen readers.
    formats : dict of str to callable, optional
        Column to a function that turns its values into text.
    filter_by : str, optional
        A column by whose values rows can be chosen.

    Returns
    -------
    IPython.display.HTML
    """
    from IPython.display import HTML

    formats = formats or {}
    heads = [
        f'<th scope="col"{" data-filter" if name == filter_by else ""}>{escape(name)}</th>'
        for name in frame.columns
    ]
    rows = [
        "".join(
            _cell("td" if place else 'th scope="row"', value, formats.get(name))
            for place, (name, value) in enumerate(zip(frame.columns, row, strict=True))
        )
        for row in frame.itertuples(index=False, name=None)
    ]
    body = "\n".join(f"<tr>{row}</tr>" for row in rows)
    return HTML(
        f'<div class="table-box" role="region" tabindex="0" aria-label="{escape(label)}">\n'
        f'<table class="dataframe sortable">\n<thead><tr>{"".join(heads)}</tr></thead>\n'
        f"<tbody>\n{body}\n</tbody>\n</table>\n</div>"
    )


def _cell(tag, value, form):
    end = tag.partition(" ")[0]
    if value is None or value != value:  # NaN
        return f'<{tag} data-value=""></{end}>'
    key = value
    if isinstance(value, Spread):
        key = value.mean
    elif isinstance(value, Published):
        key = value.accuracy
    text = value.html() if isinstance(value, Link) else escape(form(value) if form else str(value))
    words = ' class="words"' if isinstance(value, Link | Published) else ""  # may take more lines
    return f'<{tag}{words} data-value="{escape(str(key))}">{text}</{end}>'
