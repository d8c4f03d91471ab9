"""Decide what is to be made, and have Snakemake make it."""

import contextlib
import json
import os
import shutil
import signal
import subprocess
import sys
import time
from importlib.metadata import distributions
from pathlib import Path

import psutil
from filelock import FileLock, Timeout

from nbhelpers.publish.assemble import stamp_path
from nbhelpers.publish.chapters import MEMORY_LIMIT_MB, read_book
from nbhelpers.publish.errors import PublishError
from nbhelpers.publish.keys import differences, digest, file_digest, run_keys
from nbhelpers.publish.progress import Watcher
from nbhelpers.publish.project import PACKAGE, write_if_changed

HERE = Path(__file__).resolve().parent
MARGIN_MB = 500  # left to the rest of the machine
RUNS_KEPT = 3  # of each chapter and profile
LONG = 10**6  # seconds: what has never run may be the longest, so it goes first
PARENT = "NBHELPERS_BUILD_PID"


def build(project, profile="full", *, only=(), pages=True, cores=None, memory_mb=None, extra=()):
    """Bring the book of a profile up to date.

    Parameters
    ----------
    project : Project
    profile : {"full", "quick"}, default="full"
    only : sequence of str, optional
        Names, or last parts of names, of chapters to execute and validate; no pages are made then.
    pages : bool, default=True
        If False, stop when the chapters are executed and validated.
    cores : int, optional
        How many chapters may run side by side; default is the number of CPUs.
    memory_mb : int, optional
        What they may use together; default is what is free, but for a margin.
    extra : sequence of str, optional
        Arguments for Snakemake, such as ``["--executor", "slurm"]``. Its own messages are shown
        then.

    Raises
    ------
    PublishError
        If anything fails; what was built before stays in place.
    """
    with _lock(project.build), _dying_together():
        started = time.time()
        shutil.rmtree(project.scratch, ignore_errors=True)
        memory_mb = memory_mb or free_memory_mb()
        plan, chapters = make_plan(project, profile, memory_mb)
        targets = _targets(plan, _selected(chapters, only), pages and not only)
        todo = _missing(project, plan, targets)
        write_if_changed(project.build / "plan.json", json.dumps(plan, indent=1).encode())
        if todo:
            print(f"Profile {profile}: {len(todo)} tasks to do.", file=sys.stderr, flush=True)
            command = _snakemake(plan, targets, cores or os.cpu_count(), memory_mb, extra)
            _run(project, command, len(todo), extra)
        _prune(project, plan)
        _summarise(project, plan, todo)
        print(f"{'Built' if todo else 'Up to date'} in {time.time() - started:.0f} s.")
        if pages and not only and "--dry-run" not in extra:
            print(f"The book: {project.html(profile) / 'index.html'}")


def make_plan(project, profile, memory_mb):
    """Return what every task needs to know, and the chapters by name.

    The plan is written to ``_build/plan.json``, is Snakemake's configuration and reaches the tasks
    wherever they run: what is built was decided once, not again by each task.
    """
    chapters = read_book(project.book)
    executed = {name: chapter for name, chapter in chapters.items() if chapter.code_cells}
    profiles = ["quick", "full"] if profile == "full" else ["quick"]
    runs = run_keys(executed, profiles)
    for name, chapter in executed.items():
        validated = f"{_run_path('quick', name, runs)}/validated.json"
        for each in profiles:
            before = [f"{_run_path(each, other, runs)}/run.json" for other in chapter.after]
            runs[each][name] |= {
                # Seconds of the quick profile come before minutes of the full one.
                "needs": before + [validated] * (each == "full"),
                "memory_mb": min(chapter.memory_mb, memory_mb),
                "priority": _last_seconds(project, profile, name),
            }
    key = _site_key(project, profile, runs)
    pages_need = [f"{_run_path('quick', name, runs)}/validated.json" for name in executed]
    pages_need += [f"{_run_path(profile, name, runs)}/run.json" for name in executed]
    plan = {
        "profile": profile,
        "python": sys.executable,
        "runs": runs,
        "site": key,
        "pages_need": pages_need,
        "assembled": _in_build(project, stamp_path(project, profile, key)),
        "html": _in_build(project, html_stamp(project, profile, key)),
    }
    return plan, chapters


def html_stamp(project, profile, key):
    """Return the file among the pages that says from what they were made."""
    return project.html(profile) / f".made-from-{key}"


def why(project, profile, name):
    """Return what a chapter's next run will find changed since its last one, line by line."""
    chapters = read_book(project.book)
    chapter = _selected(chapters, [name])[0]
    executed = {name: chapter for name, chapter in chapters.items() if chapter.code_cells}
    now = run_keys(executed, [profile])[profile][chapter]
    folder = project.runs(profile, chapter)
    if (folder / now["key"] / "run.json").exists():
        return [f"{chapter} ({profile}) is up to date: run {now['key']}."]
    runs = _finished(folder)
    if not runs:
        return [f"{chapter} ({profile}) has never run."]
    old = json.loads((runs[-1] / "key.json").read_text("utf-8"))
    return [f"{chapter} ({profile}) will run again:", *differences(old, now["parts"])]


def free_memory_mb():
    """Return what chapters may use together, in MB: what is free here, but for a margin."""
    free = psutil.virtual_memory().available
    limit = Path("/sys/fs/cgroup/memory.max")  # a container's
    with contextlib.suppress(OSError, ValueError):
        free = min(free, int(limit.read_text()))
    return max(free // 10**6 - MARGIN_MB, 1)


def _run_path(profile, name, runs):
    return f"runs/{profile}/{name}/{runs[profile][name]['key']}"


def _in_build(project, path):
    return path.relative_to(project.build).as_posix()


def _site_key(project, profile, runs):
    """Return the key of the pages: all runs, all sources, the builder and its libraries."""
    files = [path for path in project.book.rglob("*") if path.is_file()]
    files += [project.root / "_config.yml", project.root / "_toc.yml"]
    files += [path for path in HERE.iterdir() if path.is_file()]
    files += [PACKAGE.parent / "pyproject.toml"]
    keys = {p: {name: run["key"] for name, run in runs[p].items()} for p in {"quick", profile}}
    contents = [[os.path.relpath(path, project.root), file_digest(path)] for path in sorted(files)]
    return digest([keys, contents, sorted(f"{d.name} {d.version}" for d in distributions())])[:16]


def _selected(chapters, only):
    """Return the full names of the chapters with code that were asked for; all by default."""
    names = [name for name, chapter in chapters.items() if chapter.code_cells]
    chosen = [name for name in names if name in only or name.rpartition("/")[2] in only]
    unknown = [one for one in only if not any(n == one or n.endswith(f"/{one}") for n in names)]
    if unknown:
        raise PublishError(f"No chapter with code is called {unknown[0]}; expected one of {names}.")
    return chosen if only else names


def _targets(plan, names, pages):
    if pages:
        return [plan["html"]]
    profile, runs = plan["profile"], plan["runs"]
    validated = [f"{_run_path('quick', name, runs)}/validated.json" for name in names]
    return validated + [f"{_run_path(profile, name, runs)}/run.json" for name in names]


def _missing(project, plan, targets):
    """Return the files that the targets need and that do not exist: one for each task."""
    needs = {plan["html"]: [plan["assembled"]], plan["assembled"]: plan["pages_need"]}
    for profile, runs in plan["runs"].items():
        for name, run in runs.items():
            path = _run_path(profile, name, plan["runs"])
            needs[f"{path}/run.json"] = run["needs"]
            needs[f"{path}/validated.json"] = [f"{path}/run.json"]
    missing, todo = set(), list(targets)
    while todo:
        file = todo.pop()
        if file not in missing and not (project.build / file).exists():
            missing.add(file)
            todo += needs[file]
    return missing


def _snakemake(plan, targets, cores, memory_mb, extra):
    options = ["--snakefile", str(HERE / "Snakefile"), "--directory", "_build"]
    options += ["--configfile", "_build/plan.json", "--scheduler", "greedy", "--keep-going"]
    if "--executor" not in extra:  # another executor has its own machines and knows their limits
        options += ["--cores", str(cores), "--resources", f"mem_mb={memory_mb}"]
    # A file that exists is whole and up to date, whatever happened to the build that made it:
    # Snakemake's own book-keeping and lock would only get in the way after a kill.
    options += ["--nolock", "--ignore-incomplete", "--drop-metadata", "--rerun-triggers", "input"]
    options += [] if extra else ["--quiet", "all"]
    return [sys.executable, "-m", "snakemake", *options, *extra, "--", *targets]


def _run(project, command, total, extra):
    """Run Snakemake and show how its tasks get on."""
    environment = os.environ | {"PYTHONPATH": _python_path()}
    if "--executor" not in extra:
        environment[PARENT] = str(os.getpid())
    log = project.build / "logs" / "snakemake.log"
    log.parent.mkdir(parents=True, exist_ok=True)
    watcher = Watcher(project.scratch / "progress", total)
    with log.open("w") as file:
        output = None if extra else file
        engine = subprocess.Popen(
            command,
            cwd=project.root,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT if output else None,
            start_new_session=True,  # Ctrl-C reaches us alone; we end the others in order
        )
        try:
            while engine.poll() is None:
                watcher.look()
                time.sleep(0.2)
            watcher.look()
        finally:
            watcher.close()
    if engine.returncode:
        raise PublishError(_what_failed(watcher, log))


def _python_path():
    return os.pathsep.join(filter(None, [str(PACKAGE.parent), os.environ.get("PYTHONPATH")]))


def _what_failed(watcher, log):
    lines = [f"  {state['task']}" for state in watcher.failed]
    lines += [f"  {state['task']}: ended without a word" for state in watcher.unfinished]
    lines = lines or [log.read_text("utf-8", "replace")[-3000:]]
    return "\n".join(["The book was not built; the last good one stays. Failed:", *lines])


@contextlib.contextmanager
def _lock(folder):
    """Let one build work at a time; the system frees the lock when its holder dies."""
    folder.mkdir(parents=True, exist_ok=True)
    lock = FileLock(folder / "lock")
    try:
        lock.acquire(timeout=0)
    except Timeout:
        print("Another build is at work here; waiting for it to end.", file=sys.stderr, flush=True)
        lock.acquire()
    try:
        yield
    finally:
        lock.release()


@contextlib.contextmanager
def _dying_together():
    """End every process below this one when the build ends, also by SIGTERM or Ctrl-C."""

    def stop(signum, frame):
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


def _finished(folder):
    """Return the folders of a chapter's finished runs, oldest first."""
    runs = [path.parent for path in folder.glob("*/run.json")]
    return sorted(runs, key=lambda run: (run / "run.json").stat().st_mtime)


def _last_seconds(project, profile, name):
    runs = _finished(project.runs(profile, name))
    return round(_facts(runs[-1])["seconds"]) if runs else LONG


def _facts(run):
    return json.loads((run / "run.json").read_text("utf-8"))


def _prune(project, plan):
    """Remove all but the last runs of each chapter."""
    for profile, runs in plan["runs"].items():
        for name, entry in runs.items():
            for run in _finished(project.runs(profile, name))[:-RUNS_KEPT]:
                if run.name != entry["key"]:
                    shutil.rmtree(run)


def _summarise(project, plan, done):
    """Print what each run took, and warn where it took more memory than Binder has."""
    paths = [
        _run_path(profile, n, plan["runs"])
        for profile in plan["runs"]
        for n in plan["runs"][profile]
    ]
    rows = [
        (path, project.build / path)
        for path in paths
        if (project.build / path / "run.json").exists()
    ]
    print(f"\n{'chapter':44} {'profile':8} {'cells':>5} {'seconds':>8} {'peak MB':>8}")
    for path, run in rows:
        _, profile, name = path.rpartition("/")[0].split("/", 2)
        facts = _facts(run)
        note = "" if f"{path}/run.json" in done else "  (kept)"
        if facts["peak_mb"] > MEMORY_LIMIT_MB:
            note += f"  WARNING: more than the {MEMORY_LIMIT_MB} MB that Binder gives"
        print(
            f"{name:44} {profile:8} {facts['cells']:5} {facts['seconds']:8} "
            f"{facts['peak_mb']:8}{note}"
        )
