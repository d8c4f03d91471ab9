"""Decide what is to be made: the runs with their keys, the pages, and what is missing."""

import os
import sys
from importlib.metadata import distributions
from pathlib import Path

from nbhelpers.publish.chapters import read_book, with_code
from nbhelpers.publish.keys import differences, digest, file_digest, run_keys
from nbhelpers.publish.project import PACKAGE, PublishError, read_json

EXECUTED = ("run.json", "key.json", "notebook.ipynb", "results")  # what an execution leaves


def make_plan(project, profile, memory_mb):
    """Return what the tasks need to know.

    The plan is written to ``_build/plan.json``, is Snakemake's configuration and reaches the tasks
    wherever they run: what is built was decided once, not again by each task.

    Parameters
    ----------
    project : Project
    profile : {"full", "quick"}
    memory_mb : int
        No task may ask for more than the machine has.

    Returns
    -------
    dict
        ``runs`` (chapter -> key, parts of the key, folder, the file that says that it is validated,
        memory, seconds), the files that say that the pages are ``assembled`` and turned into
        ``html``, and what each task ``needs``; paths are relative to ``_build``.
    """
    chapters = with_code(read_book(project.book))
    runs = run_keys(chapters, profile, fetch=True)
    for name, entry in runs.items():
        entry["folder"] = f"runs/{profile}/{name}/{entry['key']}"
        second = digest(chapters[name].overrides("quick"))[:8]  # what the second run has of its own
        entry["validated"] = f"{entry['folder']}/validated-{second}.json"
        entry["promised_mb"] = chapters[name].memory_mb
        entry["memory_mb"] = min(chapters[name].memory_mb, memory_mb)
        entry["seconds"] = _expected_seconds(project, profile, chapters[name])
    key = _pages_key(project, runs)
    assembled = _in_build(project, project.site(profile) / f".assembled-{key}")
    html = _in_build(project, project.html(profile) / f".made-from-{key}")
    return {
        "profile": profile,
        "root": str(project.root),
        "build": str(project.build),
        "python": sys.executable,
        "runs": runs,
        "assembled": assembled,
        "html": html,
        "needs": _needs(runs, assembled, html),
    }


def _needs(runs, assembled, html):
    """Return the graph of tasks: the file that a task ends with -> what it needs of other tasks."""
    executed = {
        name: [f"{entry['folder']}/{file}" for file in EXECUTED] for name, entry in runs.items()
    }
    needs = {html: [assembled], assembled: []}
    for name, entry in runs.items():
        before = [file for other in entry["after"] for file in executed[other]]
        needs[executed[name][0]] = before
        needs[entry["validated"]] = executed[name] + before
        needs[assembled] += [*executed[name], entry["validated"]]
    return needs


def missing_tasks(project, needs, targets):
    """Return what must be done before all targets are there: the file that each task ends with."""
    missing, todo = set(), list(targets)
    while todo:
        file = todo.pop()
        if file in needs and file not in missing and not (project.build / file).exists():
            missing.add(file)
            todo += needs[file]
    return missing


def full_names(names, asked):
    """Return the chapters that are meant by names or last parts of names; all if none is asked."""
    meant = {name.rpartition("/")[2]: name for name in names} | {name: name for name in names}
    for name in asked:
        if name not in meant:
            raise PublishError(f"No chapter with code is called {name}; expected of {list(names)}.")
    return [meant[name] for name in asked] or list(names)


def finished_runs(folder):
    """Return the folders of a chapter's finished runs, oldest first."""
    runs = [path.parent for path in folder.glob("*/run.json")]
    return sorted(runs, key=lambda run: (run / "run.json").stat().st_mtime)


def run_facts(run):
    """Return what was measured in a run: ``seconds``, ``peak_mb``, ``cells``."""
    return read_json(run / "run.json")


def peak_of_runs(project, entry):
    """Return the most memory that a run and its second run took, as far as they are done, in MB."""
    files = [project.build / entry["folder"] / "run.json", project.build / entry["validated"]]
    return max(read_json(file)["peak_mb"] for file in files if file.exists())


def why(project, profile, asked):
    """Return what a chapter's next run will find changed since its last one, line by line."""
    chapters = with_code(read_book(project.book))
    name = full_names(chapters, [asked])[0]
    now = run_keys(chapters, profile)[name]
    folder = project.runs(profile, name)
    if (folder / now["key"] / "run.json").exists():
        return [f"{name} ({profile}) is up to date."]
    runs = finished_runs(folder)
    if not runs:
        return [f"{name} ({profile}) has never run."]
    old = read_json(runs[-1] / "key.json")
    return [f"{name} ({profile}) will run again:", *differences(old, now["parts"])]


def _in_build(project, path):
    return path.relative_to(project.build).as_posix()


def _pages_key(project, runs):
    """Return the key of the pages: all runs, all sources, the builder and all libraries."""
    files = [path for path in project.book.rglob("*") if path.is_file()]
    files += [project.root / "_config.yml", project.root / "_toc.yml"]
    builder = (path for path in Path(__file__).parent.rglob("*") if path.is_file())
    files += [path for path in builder if path.suffix != ".pyc"]
    files += [PACKAGE.parent / "pyproject.toml", PACKAGE / "results.schema.json"]
    contents = {os.path.relpath(path, project.root): file_digest(path) for path in files}
    keys = [[name, run["key"]] for name, run in runs.items()]
    return digest([keys, contents, sorted(f"{d.name} {d.version}" for d in distributions())])[:16]


def _expected_seconds(project, profile, chapter):
    """Return how long a run will take, about: the longest starts first."""
    runs = finished_runs(project.runs(profile, chapter.name))
    return round(run_facts(runs[-1])["seconds"]) if runs else chapter.seconds
