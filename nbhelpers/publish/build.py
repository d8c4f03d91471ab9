"""Decide what is to be made, and have Snakemake make it."""

import contextlib
import fcntl
import gc
import json
import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import psutil
from joblib import cpu_count  # os.cpu_count knows neither affinity nor a container's quota

from nbhelpers.publish.costs import beside_the_cells, lines_on_costs, measure_costs
from nbhelpers.publish.kernels import kernels_waiting
from nbhelpers.publish.plan import (
    finished_runs,
    full_names,
    make_plan,
    missing_tasks,
    peak_of_runs,
    run_facts,
)
from nbhelpers.publish.progress import Watcher
from nbhelpers.publish.project import PACKAGE, PublishError, write_if_changed
from nbhelpers.publish.reference import check_real
from nbhelpers.publish.whole import drop_damaged

SNAKEFILE = Path(__file__).with_name("Snakefile")
MARGIN_MB = 500  # left to the rest of the machine
RUNS_KEPT = 3  # of each chapter and profile
DRY = {"-n", "--dry-run", "--dryrun"}
PARENT = "NBHELPERS_BUILD_PID"


def build(project, profile="full", *, only=(), pages=True, must_be_real=(), cores=None,
          memory_mb=None, extra=()):  # fmt: skip
    """Bring the book of a profile up to date.

    Parameters
    ----------
    project : Project
    profile : {"full", "quick"}, default="full"
    only : sequence of str, optional
        Names, or last parts of names, of chapters to execute and validate; no pages are made then.
    pages : bool, default=True
        If False, stop when the chapters are executed and validated.
    must_be_real : sequence of str, optional
        Data sets of which embedded data are refused, before anything is executed.
    cores : int, optional
        How many chapters may run side by side; default is the number of CPUs that may be used.
    memory_mb : int, optional
        What they may use together; default is what is free, but for a margin.
    extra : sequence of str, optional
        Arguments for Snakemake, such as ``["--executor", "slurm"]``. Its own messages are shown
        then.

    Returns
    -------
    dict
        The plan: see `nbhelpers.publish.plan.make_plan`.

    Raises
    ------
    PublishError
        If anything fails; what was built before stays in place.
    """
    started = time.time()
    with _lock(project.build) as lock, _dying_together():
        shutil.rmtree(project.scratch, ignore_errors=True)
        drop_damaged(project, profile)
        memory_mb = memory_mb or free_memory_mb()
        with _uncollected():
            plan = make_plan(project, profile, memory_mb)
        if must_be_real:
            allowed = check_real(plan["runs"], must_be_real)
            print(f"All data are real but for {', '.join(allowed) or 'none'}.", flush=True)
        write_if_changed(project.build / "plan.json", json.dumps(plan, indent=1).encode())
        names = full_names(plan["runs"], only)
        pages = pages and not only
        targets = [plan["html"]] if pages else [plan["runs"][name]["validated"] for name in names]
        todo, tasks = missing_tasks(project, plan["needs"], targets), {}
        if todo:
            print(f"Profile {profile}: {len(todo)} tasks to do.", file=sys.stderr, flush=True)
            command = _snakemake(project, targets, cores, memory_mb, extra)
            tasks = _run(project, command, todo, extra, lock)
        if DRY.isdisjoint(extra):
            _prune(project, plan)
            _summarise(project, plan, todo)
            seconds = time.time() - started
            print(f"{'Built' if todo else 'Up to date'} in {seconds:.0f} s.")
            if tasks and "--executor" not in extra:  # whose cores are another's
                costs = measure_costs(project, plan, tasks, cores or cpu_count(), seconds)
                for line in lines_on_costs(costs):
                    print(line)
            if pages:
                print(f"The book: {project.html(profile) / 'index.html'}")
    return plan


@contextlib.contextmanager
def _uncollected():
    """Let Python not look for rubbish among syntax trees that are in use: a quarter faster."""
    gc.disable()
    try:
        yield
    finally:
        gc.enable()


def free_memory_mb():
    """Return what chapters may use together, in MB: what is free here, but for a margin."""
    free = psutil.virtual_memory().available
    limit = Path("/sys/fs/cgroup/memory.max")  # a container's
    with contextlib.suppress(OSError, ValueError):
        free = min(free, int(limit.read_text()))
    return max(free // 10**6 - MARGIN_MB, 1)


def _snakemake(project, targets, cores, memory_mb, extra):
    options = ["--snakefile", str(SNAKEFILE), "--directory", str(project.build)]
    options += ["--configfile", str(project.build / "plan.json")]
    options += ["--scheduler", "greedy", "--keep-going"]
    if "--executor" not in extra:  # another executor has its own machines and knows their limits
        options += ["--cores", str(cores or cpu_count()), "--resources", f"mem_mb={memory_mb}"]
    elif "local" not in extra and " " in sys.executable:
        raise PublishError(
            f"{sys.executable}: a path with a space, which Snakemake writes unquoted into the "
            "jobs of a cluster; expected none. Make the environment in another folder."
        )
    # A file that exists is whole and up to date, whatever happened to the build that made it:
    # Snakemake's own book-keeping and lock would only get in the way after a kill.
    options += ["--nolock", "--ignore-incomplete", "--drop-metadata", "--rerun-triggers", "input"]
    settings = sorted(name for name in os.environ if name.startswith("NBHELPERS_"))
    options += ["--envvars", *settings] if settings else []
    return [sys.executable, "-m", "snakemake", *options, *extra, "--", *targets]


def _run(project, command, todo, extra, lock):
    """Run Snakemake and show how its tasks get on; return what each took, in seconds.

    It holds the lock, too. Where a build is killed alone, Snakemake lives until its tasks have
    ended, and removes what they were making: the next build waits for that.
    """
    here = "--executor" not in extra and DRY.isdisjoint(extra)
    environment = os.environ | {"PYTHONPATH": _python_path()}
    if here:
        environment[PARENT] = str(os.getpid())
    log = project.build / "logs" / "snakemake.log"
    log.parent.mkdir(parents=True, exist_ok=True)
    watcher = Watcher(project.scratch / "progress", len(todo))
    n_kernels = sum(file.startswith("runs/") for file in todo) if here else 0
    with log.open("w") as file, kernels_waiting(n_kernels, environment) as address:
        output = None if extra else file
        engine = subprocess.Popen(
            command,
            cwd=project.root,
            env=environment | address,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT if output else None,
            pass_fds=[lock.fileno()],
            start_new_session=True,  # Ctrl-C reaches us alone; we end the others in order
        )
        try:
            while engine.poll() is None:
                watcher.look()
                time.sleep(0.2)
            watcher.look()
        except SystemExit:  # by Ctrl-C, perhaps since a cell does not end
            watcher.look()
            print("\n".join(["Was at work:", *_at_work(watcher)]), file=sys.stderr, flush=True)
            raise
        finally:
            watcher.close()
    if engine.returncode:
        raise PublishError(_what_failed(watcher, log))
    return watcher.seconds


def _python_path():
    return os.pathsep.join(filter(None, [str(PACKAGE.parent), os.environ.get("PYTHONPATH")]))


def _at_work(watcher):
    """Return the tasks that have not ended, with the cell that each had reached, as lines."""
    return [
        f"  {state['task']}"
        + f", cell {state['done'] + 1} of {state['total']}" * bool(state["total"])
        for state in watcher.unfinished
    ]


def _what_failed(watcher, log):
    lines = [f"  {state['task']}" for state in watcher.failed]
    lines += [f"{line}: ended without a word" for line in _at_work(watcher)]
    lines = lines or [log.read_text("utf-8", "replace")[-3000:]]
    return "\n".join(["The book was not built; the last good one stays. Failed:", *lines])


@contextlib.contextmanager
def _lock(folder):
    """Let one build work at a time; the system frees the lock when all its holders are gone."""
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / "lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            print(
                "Another build is at work here; waiting for it to end.", file=sys.stderr, flush=True
            )
            fcntl.flock(lock, fcntl.LOCK_EX)
        yield lock


@contextlib.contextmanager
def _dying_together():
    """End every process below this one when the build ends, also by SIGTERM or Ctrl-C."""

    def stop(signum, frame):
        print("Stopped; the last good book stays in place.", file=sys.stderr, flush=True)
        raise SystemExit(128 + signum)

    before = {number: signal.signal(number, stop) for number in (signal.SIGTERM, signal.SIGINT)}
    try:
        yield
    finally:
        end_children()
        for number, handler in before.items():
            signal.signal(number, handler)


def end_children():
    """End all processes below this one, first kindly, then not."""
    children = psutil.Process().children(recursive=True)
    for child in children:
        with contextlib.suppress(psutil.NoSuchProcess):
            child.terminate()
    for child in psutil.wait_procs(children, timeout=2)[1]:
        with contextlib.suppress(psutil.NoSuchProcess):
            child.kill()


def _prune(project, plan):
    """Remove all but the last runs of each chapter."""
    for name, entry in plan["runs"].items():
        for run in finished_runs(project.runs(plan["profile"], name))[:-RUNS_KEPT]:
            if run.name != entry["key"]:
                shutil.rmtree(run)


def _summarise(project, plan, made):
    """Print what each run took, and warn where it took more memory than its chapter promises.

    ``seconds`` are those of the execution, ``beside`` what it took beside the cells that compute,
    ``second`` those of the second run.
    """
    heads = f"{'cells':>5} {'seconds':>8} {'beside':>7} {'second':>7} {'peak MB':>8}"
    print(f"\n{plan['profile'] + ' profile':44} {heads}")
    for name, entry in plan["runs"].items():
        file = f"{entry['folder']}/run.json"
        if not (project.build / file).exists():
            continue
        facts = run_facts(project.build / entry["folder"])
        validated = project.build / entry["validated"]  # not there where that failed
        second = json.loads(validated.read_text("utf-8"))["seconds"] if validated.exists() else ""
        beside = f"{beside_the_cells(facts):.1f}" if "stages" in facts else ""  # an older builder's
        peak = peak_of_runs(project, entry)
        note = "" if file in made else "  (kept)"
        if peak > entry["promised_mb"]:
            note += f"  WARNING: more than the {entry['promised_mb']} MB of its `memory_mb`"
        times = f"{facts['seconds']:8} {beside:>7} {second:>7}"
        print(f"{name:44} {facts['cells']:5} {times} {peak:8}{note}")
