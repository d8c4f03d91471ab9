"""What a build took, beside the least that it could have taken.

The least is what the kernels computed, in seconds of CPU, divided by the cores that the build had:
no order of tasks, no cache and no other way to start kernels gets below that.
"""

import json
from datetime import date

from nbhelpers.publish.project import write_if_changed

BESIDE = ("start", "kernel", "imports", "saving")  # stages in which a chapter computes nothing


def measure_costs(project, plan, tasks, cores, seconds):
    """Return what a build took, and leave it in ``costs.json`` beside the pages.

    Parameters
    ----------
    project : Project
    plan : dict
        See `nbhelpers.publish.plan.make_plan`.
    tasks : dict of str to float
        The tasks that this build did -> seconds, from the start of their processes.
    cores : int
    seconds : float
        What the whole build took.

    Returns
    -------
    dict
        ``date``, ``profile``, ``cores``, ``seconds``, ``least_seconds``, ``pages`` (task ->
        seconds), ``executed`` and ``chapters``. The last holds, for each chapter, its two runs,
        ``execute`` and ``validate``, as far as this build did them: ``seconds``, those of the
        stages, ``cpu_seconds`` of the kernel.
    """
    profile, chapters = plan["profile"], {}
    for name, entry in plan["runs"].items():
        files = {"execute": f"{entry['folder']}/run.json", "validate": entry["validated"]}
        done = {rule: f"{rule} {name} ({profile})" for rule in files}
        chapters[name] = {
            rule: _measured(project.build / files[rule]) | {"seconds": round(tasks[task], 1)}
            for rule, task in done.items()
            if task in tasks
        }
    computed = sum(run["cpu_seconds"] for runs in chapters.values() for run in runs.values())
    costs = {
        "date": date.today().isoformat(),
        "profile": profile,
        "cores": cores,
        "seconds": round(seconds, 1),
        "least_seconds": round(computed / cores, 3),
        "executed": [name for name, runs in chapters.items() if "execute" in runs],
        "pages": {rule: tasks.get(f"{rule} ({profile})") for rule in ("assemble", "html")},
        "chapters": {name: runs for name, runs in chapters.items() if runs},
    }
    file = project.html(profile).with_name("costs.json")
    write_if_changed(file, json.dumps(costs, indent=1).encode())
    return costs


def _measured(file):
    facts = json.loads(file.read_text("utf-8"))
    facts.pop("contents", None)  # a digest
    return facts


def beside_the_cells(run):
    """Return what an execution took beside the cells that compute, in seconds."""
    return sum(run["stages"].get(stage, 0) for stage in BESIDE)


def lines_on_costs(costs):
    """Return what the person who waited for a build reads about it."""
    runs = [runs["execute"] for runs in costs["chapters"].values() if "execute" in runs]
    if not runs:
        return []
    ratio = costs["seconds"] / costs["least_seconds"]
    beside = sum(map(beside_the_cells, runs)) / len(runs)
    parts = ", ".join(
        f"{stage} {sum(run['stages'].get(stage, 0) for run in runs) / len(runs):.1f} s"
        for stage in BESIDE
    )
    return [
        f"The kernels' CPU time on {costs['cores']} cores is {costs['least_seconds']:.0f} s, the "
        f"least that this could take; it took {ratio:.2f} times as long.",
        f"Beside its cells, a chapter's execution took {beside:.1f} s: {parts}.",
    ]
