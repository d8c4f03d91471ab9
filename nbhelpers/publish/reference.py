"""Keep what the full profile gave on real data: small files that are part of the package.

``nbhelpers/reference/<chapter>.json`` holds a chapter's results without the histories, when and
from what they were made. Pages built on embedded data show them beside their own numbers.
"""

import ast
import json
from datetime import UTC, datetime

from nbhelpers.publish.chapters import read_book, with_code
from nbhelpers.publish.keys import EMBEDDED, REFERENCE, code_parts, digest, syntax
from nbhelpers.publish.project import PACKAGE, PublishError, read_json, write_if_changed

# Sets that anybody can download. Nobody may hand on Yale's or FERET's faces: a published book shows
# drawn ones. A copy of Yale is easily had, so references are of it; one of FERET is not.
DOWNLOADABLE = ("imdb", "mnist", "orl")
MUST_BE_REAL = (*DOWNLOADABLE, "yale")
DIGITS = 6  # of a metric


def write_references(project, plan):
    """Write the references from the full runs of a plan.

    Parameters
    ----------
    project : Project
    plan : dict
        What `nbhelpers.publish.plan` decided; its runs are finished.

    Returns
    -------
    list of str
        Names of the files that changed.

    Raises
    ------
    PublishError
        If the plan is not of the full profile, or a run took embedded data where there are real
        ones; nothing is written then.
    """
    if plan["profile"] != "full":
        raise PublishError(
            f"Found a plan of the {plan['profile']} profile; references are made from full runs."
        )
    runs = plan["runs"]
    check_real(runs, MUST_BE_REAL)
    folder, wanted = _folder(project), {}
    for name, entry in runs.items():
        run = project.build / entry["folder"]
        file = f"{name.rpartition('/')[2]}.json"
        if (run / "results" / file).exists():
            text = json.dumps(_reference(run, file, entry["parts"]), indent=1, ensure_ascii=False)
            wanted[file] = f"{text}\n".encode()
    before = {path.name: path.read_bytes() for path in folder.glob("*.json")}
    for file, content in wanted.items():
        write_if_changed(folder / file, content)
    for gone in before.keys() - wanted.keys():
        (folder / gone).unlink()
    both = before.keys() | wanted.keys()
    return sorted(file for file in both if before.get(file) != wanted.get(file))


def stale(project):
    """Return what has changed since the references were made.

    Parameters
    ----------
    project : Project

    Returns
    -------
    code : list of str
        Chapters whose code cells or parameters are other ones now.
    modules : dict of str to list of str
        Of the other chapters: files of the package that are other ones now, or new, or gone.
    missing : list of str
        Chapters that make a `Report` and have no reference.
    """
    folder = _folder(project)
    code, modules, missing = [], {}, []
    for name, chapter in with_code(read_book(project.book)).items():
        path = folder / f"{chapter.short_name}.json"
        if not path.exists():
            missing += [name] * _reports(chapter)
            continue
        made_from = read_json(path)["made_from"]
        now = _made_from(code_parts(chapter, "full"))
        if now["code"] != made_from["code"]:
            code.append(name)
        elif now["modules"] != made_from["modules"]:
            changed = set(now["modules"].items()) ^ set(made_from["modules"].items())
            modules[name] = sorted({file for file, _ in changed})
    return code, modules, missing


def _folder(project):
    """Return where a checkout keeps its references."""
    return project.root / REFERENCE.relative_to(PACKAGE.parent)


def check_real(runs, names):
    """Raise `PublishError` if runs take embedded data where they must take real ones.

    Parameters
    ----------
    runs : dict of str to dict
        What `nbhelpers.publish.keys.run_keys` returned.
    names : sequence of str
        The data sets that must be real.

    Returns
    -------
    list of str
        The other data sets of which runs take the embedded default, sorted.
    """
    taken = {name: _embedded(entry["parts"]["data"]) for name, entry in runs.items()}
    wrong = {name: sorted(sets.intersection(names)) for name, sets in taken.items()}
    allowed = sorted(set().union(*taken.values()).difference(names))
    listed = [f"  {name}: {', '.join(sets)}" for name, sets in wrong.items() if sets]
    if listed:
        raise PublishError(
            f"Of {', '.join(names)} the real data are needed, but these chapters would take "
            "embedded ones; put the real sets where NBHELPERS_DATA says, or run `python -m "
            f"nbhelpers.datasets fetch`, which says what is wrong (embedded by their nature, so "
            f"allowed: {', '.join(allowed) or 'none'}):\n" + "\n".join(listed)
        )
    return allowed


def _embedded(data):
    return {name for name, fingerprint in data.items() if fingerprint.startswith(EMBEDDED)}


def _reference(run, file, parts):
    """Return a chapter's results with the last value of each metric in place of the histories."""
    results = json.loads((run / "results" / file).read_text("utf-8"))
    made = datetime.fromtimestamp((run / "run.json").stat().st_mtime, UTC)
    for experiment in results["experiments"]:
        experiment["runs"] = [_final(one) for one in experiment["runs"]]
    return {
        **{key: results[key] for key in ("schema", "chapter")},
        "date": made.date().isoformat(),
        "made_from": _made_from(parts),
        **{key: results[key] for key in ("data", "versions", "experiments", "claims")},
    }


def _final(run):
    final = {metric: round(values[-1], DIGITS) for metric, values in run["history"].items()}
    return {
        "seed": run["seed"],
        "epochs": run["epochs"],
        "seconds": round(run["seconds"], 3),
        "final": final,
    }


def _made_from(parts):
    return {"code": digest([parts["cells"], parts["parameters"]])[:16], "modules": parts["modules"]}


def _reports(chapter):
    """Return whether a chapter calls `Report`, which is what makes a results file."""
    nodes = (node for tree in syntax(chapter) for node in ast.walk(tree))
    called = (node.func for node in nodes if isinstance(node, ast.Call))
    return any("Report" in (getattr(f, "attr", ""), getattr(f, "id", "")) for f in called)
