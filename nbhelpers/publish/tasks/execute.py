"""Execute a chapter with papermill and keep what it computed."""

import contextlib
import json
import os
import re
import shutil
import tempfile
import time
from pathlib import Path

import nbformat
import papermill
from nbclient.exceptions import DeadKernelError
from papermill.exceptions import PapermillExecutionError

from nbhelpers.publish.kernels import kernel_use, prepare_kernels
from nbhelpers.publish.keys import code_parts
from nbhelpers.publish.progress import Clock
from nbhelpers.publish.project import PACKAGE, PublishError
from nbhelpers.publish.whole import RUN, tree_digest


def execute(project, plan, chapter, report):
    """Run a chapter's cells with the values of the plan's profile.

    Leaves ``_build/runs/<profile>/<chapter>/<key>/``, whole or not at all, with ``notebook.ipynb``
    as executed, ``results/``, ``key.json`` (what the run depends on) and ``run.json`` (seconds and
    where they went, peak memory in MB, CPU seconds of the kernel, number of code cells, and a
    digest of the other files).

    Parameters
    ----------
    project : Project
    plan : dict
        What `nbhelpers.publish.plan` decided.
    chapter : Chapter
    report : callable
        ``report(done, total)`` is called before each code cell.

    Raises
    ------
    PublishError
        If a cell fails, the kernel dies, or the sources change meanwhile.
    """
    entry, profile, clock = plan["runs"][chapter.name], plan["profile"], Clock()
    _check_unchanged(chapter, profile, entry["parts"])
    project.scratch.mkdir(parents=True, exist_ok=True)
    folder = Path(tempfile.mkdtemp(dir=project.scratch))
    with workplace(project, plan, chapter, folder / "results") as desk:
        clock.end("start")
        started = time.monotonic()
        _run_papermill(project, chapter, profile, folder / "notebook.ipynb", desk, report, clock)
        facts = {"seconds": round(time.monotonic() - started, 1)} | kernel_use(desk)
        facts |= {"cells": len(chapter.code_cells), "stages": clock.stages}
    _check_unchanged(chapter, profile, entry["parts"])
    for file in (folder / "results").iterdir():
        if not file.name.startswith(f"{chapter.short_name}."):  # those of other chapters
            file.unlink()
    (folder / "key.json").write_text(json.dumps(entry["parts"], indent=1), "utf-8")
    sealed = facts | {"contents": tree_digest(folder, RUN)}
    (folder / "run.json").write_text(json.dumps(sealed), "utf-8")
    keep(folder, project.build / entry["folder"])
    return facts


def keep(folder, place):
    """Move a finished run to its place, unless the same run is there already."""
    if (place / "run.json").exists():
        shutil.rmtree(folder)
        return
    shutil.rmtree(place, ignore_errors=True)
    place.parent.mkdir(parents=True, exist_ok=True)
    folder.chmod(0o755)
    os.replace(folder, place)


@contextlib.contextmanager
def workplace(project, plan, chapter, results):
    """Set up where a kernel runs: a folder that holds an empty one, ``cwd``, to work in.

    ``results`` becomes the folder for results and holds, to begin with, those of the chapters that
    this one comes after.
    """
    results.mkdir()
    for name in chapter.after:
        for file in (project.build / plan["runs"][name]["folder"] / "results").glob("*.json"):
            shutil.copy(file, results)
    paths = [str(PACKAGE.parent), os.environ.get("PYTHONPATH", "")]
    os.environ["PYTHONPATH"] = os.pathsep.join(filter(None, paths))
    os.environ["NBHELPERS_RESULTS_DIR"] = str(results)
    with tempfile.TemporaryDirectory(dir=project.scratch, prefix="kernel-") as folder:
        desk = Path(folder)
        (desk / "cwd").mkdir()
        prepare_kernels(desk)
        yield desk


def _check_unchanged(chapter, profile, parts):
    now = code_parts(chapter, profile)
    if any(now[kind] != parts[kind] for kind in now):
        raise PublishError(
            f"{chapter.name}: the chapter or the package changed while the build was under way, "
            "so it would be unclear what the page shows. Build again."
        )


def _run_papermill(project, chapter, profile, output, desk, report, clock):
    """Execute the chapter's cells; the clock tells the cells that import from the others."""
    source = output.with_name("source.ipynb")
    nbformat.write(chapter.notebook, source)
    current, last_import = 0, chapter.code_cells.index(chapter.parameters_cell)

    def on_cell_start(cell, cell_index):
        nonlocal current
        clock.end("saving" if cell_index else "kernel")
        if cell.cell_type == "code" and "injected-parameters" not in cell.metadata.get("tags", []):
            current += 1
            report(current - 1, len(chapter.code_cells))

    def on_cell_executed(cell, cell_index, execute_reply):
        clock.end("imports" if current <= last_import else "cells")

    try:
        papermill.execute_notebook(
            source,
            output,
            parameters=chapter.overrides(profile),
            cwd=desk / "cwd",
            progress_bar=False,
            request_save_on_cell_execute=False,  # a hundred times a notebook full of figures
            start_timeout=600,  # on a busy machine
            on_cell_start=on_cell_start,
            on_cell_executed=on_cell_executed,
        )
    except PapermillExecutionError as error:
        raise PublishError(_failure(project, chapter, current, output, error)) from None
    except DeadKernelError:
        peak_mb = kernel_use(desk)["peak_mb"]
        raise PublishError(
            f"{chapter.name}, {chapter.where(max(current, 1))}: the kernel died. Most often there "
            f"was too little memory: the run had taken up to {peak_mb} MB, and `memory_mb` "
            f"in its front matter promises at most {chapter.memory_mb} MB."
        ) from None
    clock.end("saving")
    source.unlink()


def _failure(project, chapter, number, output, error):
    """Say where a cell failed, with its traceback, and keep the notebook to look at."""
    traceback = re.sub(r"\x1b\[[0-9;]*m", "", "\n".join(error.traceback))
    line = re.search(r"Cell In\[\d+\], line (\d+)", traceback)
    place = chapter.where(number, int(line[1]) if line else 1)
    failed = project.build / "failed" / f"{chapter.short_name}.ipynb"
    failed.parent.mkdir(parents=True, exist_ok=True)
    os.replace(output, failed)
    return (
        f"{chapter.name}, {place}: {error.ename}: {error.evalue}\n{traceback}\n"
        f"The notebook as far as it came: {failed}"
    )
