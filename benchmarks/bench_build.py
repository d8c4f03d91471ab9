"""What building the book costs; kept in ``nbhelpers/kept/build.json`` for the page that says so.

    python benchmarks/bench_build.py keep                       # what the last builds measured
    python benchmarks/bench_build.py again                      # after small changes, on a copy
    python benchmarks/bench_build.py rival family other-uses    # beside Jupyter Book by itself

Each replaces its own part of the file. Nothing but the build should run on the machine meanwhile.
"""

import argparse
import json
import os
import re
import shutil
import subprocess
import sys
import sysconfig
import tempfile
import time
from datetime import date
from pathlib import Path

import yaml
from joblib import cpu_count

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from nbhelpers.publish.chapters import parameters_source, read_book, with_code  # noqa: E402
from nbhelpers.publish.kernels import ENVIRONMENT  # noqa: E402
from nbhelpers.publish.plan import full_names  # noqa: E402
from nbhelpers.publish.project import PROFILES, Project, write_if_changed  # noqa: E402
from nbhelpers.publish.tasks.html import book_config  # noqa: E402

KEPT = ROOT / "nbhelpers/kept/build.json"
BUILD = (sys.executable, "-m", "nbhelpers.publish", "build", "--profile", "quick")
RIVAL = str(Path(sysconfig.get_path("scripts"), "jupyter-book"))
CHAPTER = "book/convolution/other-uses.md"  # cheap, and few pages depend on it
IMPORT = r"(\n```{code-cell} ipython3\n(?::tags:.*\n)?\n?(?:# .*\n)?)(import|from)"
CHANGES = {  # what is edited -> the text that is replaced, and by what
    "nothing": None,
    "prose of one page": (r"\n## Summary\n", r"\n## Summary\n\nSo far, so good.\n"),
    "a comment in a cell": (IMPORT, r"\1# first\n\2"),
    "one cell": (IMPORT, r"\1import this\n\2"),
    "a title": (r"\n# (.+)\n", r"\n# \1 again\n"),
}


def main():
    """Measure one thing and keep it."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("what", choices=("keep", "again", "rival"))
    parser.add_argument("chapters", nargs="*", help="for rival: names; default is all")
    options = parser.parse_args()
    found = {"keep": last_builds, "again": after_changes, "rival": beside_jupyter_book}
    measured = found[options.what](options.chapters)
    kept = json.loads(KEPT.read_text("utf-8")) if KEPT.exists() else {}
    for name, part in measured.items():
        kept[name] = part
        print(f"{name}: {json.dumps(part)[:300]}")
    write_if_changed(KEPT, (json.dumps(kept, indent=1) + "\n").encode())


def last_builds(_):
    """Return what the last build of each profile measured, if it executed every chapter."""
    project, found = Project.at(ROOT), {}
    for profile in PROFILES:
        file = project.html(profile).with_name("costs.json")
        costs = json.loads(file.read_text("utf-8")) if file.exists() else {"executed": []}
        lacking = with_code(read_book(project.book)).keys() - set(costs["executed"])
        if lacking:
            print(f"{profile}: {len(lacking)} chapters were not executed by the last build.")
        else:
            found[profile] = costs
    return found


def after_changes(_):
    """Return how many seconds a build of a copy takes after each change, one upon the other."""
    with tempfile.TemporaryDirectory(prefix="book-") as folder:
        copy = Path(folder, "copy")
        shutil.copytree(
            ROOT, copy, symlinks=True, ignore=shutil.ignore_patterns(".git", ".venv", "_build")
        )
        runs = Project.at(ROOT).build / "runs/quick"
        if runs.exists():
            shutil.copytree(runs, copy / "_build/runs/quick")
        seconds(BUILD, copy)  # the pages, and what has not run yet
        path, times = copy / CHAPTER, {}
        for name, change in CHANGES.items():
            if change:
                text, n = re.subn(*change, path.read_text("utf-8"), count=1)
                assert n == 1, f"{CHAPTER} has no place for {name}"
                path.write_text(text, "utf-8")
            times[name] = seconds(BUILD, copy)
    return {"again": {"date": date.today().isoformat(), "cores": cpu_count(), "seconds": times}}


def beside_jupyter_book(names):
    """Return the seconds in which Jupyter Book and our builder execute the same chapters.

    Jupyter Book executes them by ``execute_notebooks: cache``, with the values of the quick profile
    written into the sources. Its second run has the cache, so it makes pages alone; the difference
    is what it executed. Our builder executes each chapter and validates it by a second run.
    """
    chapters = with_code(read_book(ROOT / "book"))
    names = full_names(chapters, names)
    with tempfile.TemporaryDirectory(prefix="book-") as folder:
        book = Path(folder, "book")
        shutil.copytree(ROOT / "book", book)
        write_rival(book, chapters, names)
        command = (RIVAL, "build", "--all", "--quiet", str(book))
        rival = {"executed and pages": seconds(command), "pages": seconds(command)}
        ours = seconds((*BUILD, "--only", *names), NBHELPERS_BUILD=folder)
    rival["executed"] = round(rival["executed and pages"] - rival["pages"], 1)
    part = {"date": date.today().isoformat(), "cores": cpu_count(), "chapters": names}
    part |= {"jupyter_book": rival, "ours": {"executed and validated": ours}}
    return {"rival": part | {"ratio": round(ours / rival["executed"], 3)}}


def write_rival(book, chapters, names):
    """Make a folder of sources a book that Jupyter Book executes, of these chapters alone."""
    for name in names:
        path, old = book / f"{name}.md", chapters[name].parameters_cell.source
        new = parameters_source(chapters[name], "quick")
        path.write_text(path.read_text("utf-8").replace(old, new), "utf-8")
    shutil.copy(ROOT / "_config.yml", book)
    config = yaml.safe_load(book_config(book))
    config["execute"] |= {"execute_notebooks": "cache", "timeout": 3600}
    config["only_build_toc_files"] = True
    toc = {"format": "jb-book", "root": "index", "chapters": [{"file": name} for name in names]}
    (book / "_config.yml").write_text(yaml.safe_dump(config), "utf-8")
    (book / "_toc.yml").write_text(yaml.safe_dump(toc), "utf-8")


def seconds(command, checkout=ROOT, **environment):
    """Run a command that must succeed in a checkout; return how long it took."""
    environment = os.environ | ENVIRONMENT | {"PYTHONPATH": str(checkout)} | environment
    started = time.monotonic()
    done = subprocess.run(command, cwd=checkout, env=environment, capture_output=True, text=True)
    if done.returncode:
        raise SystemExit(f"{' '.join(command)} failed:\n{(done.stdout + done.stderr)[-3000:]}")
    return round(time.monotonic() - started, 1)


if __name__ == "__main__":
    main()
