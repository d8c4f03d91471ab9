"""Run an executed notebook a second time with nbval and compare what must not change.

The second run has the values of the quick profile. So it takes seconds, whatever the first one
took, and shows more than a repetition would: what is tagged does not depend on how much is trained.
"""

import contextlib
import io
import json
import os
import re
import time

import nbformat
import pytest

from nbhelpers.publish.chapters import VALIDATED_TAG, parameters_source, tagged_cells
from nbhelpers.publish.kernels import kernel_use
from nbhelpers.publish.progress import Clock
from nbhelpers.publish.project import PublishError, write_if_changed
from nbhelpers.publish.tasks.execute import workplace

FAILURE_TAG = "nbval-shows-failure"  # False or NaN is what the reader of this cell is to see
SHOWN = ("text/plain", "text/html", "text/markdown", "text/latex")
# On a busy machine a kernel may take long to start, which nbval would report as a difference.
OPTIONS = ["--nbval-lax", "--nbval-kernel-startup-timeout=600", "--maxfail=3"]
OPTIONS += ["-p", "no:cacheprovider"]


def validate(project, plan, chapter, report):
    """Compare a run's outputs, in cells tagged ``nbval-check-output``, with a quick run's.

    Leaves the file that the plan names, ``validated-<digest of the quick values>.json`` (seconds
    and where they went, peak memory in MB, CPU seconds of the kernel), in the folder of the run.

    Parameters
    ----------
    project : Project
    plan : dict
        What `nbhelpers.publish.plan` decided.
    chapter : Chapter
    report : callable
        ``report(done, total)`` is called after each code cell.

    Raises
    ------
    PublishError
        If an output differs, or if nothing would be compared.
    """
    stamp, clock = project.build / plan["runs"][chapter.name]["validated"], Clock()
    notebook = nbformat.read(stamp.with_name("notebook.ipynb"), as_version=4)
    _check_outputs(chapter, notebook)
    _make_quick(chapter, notebook)
    _end_with_what_is_compared(notebook)
    started = time.monotonic()
    results = project.scratch / f"nbval-{os.getpid()}"
    project.scratch.mkdir(parents=True, exist_ok=True)
    with workplace(project, plan, chapter, results) as desk:
        place = desk / "cwd"
        copy = place / f"{chapter.short_name}.ipynb"
        nbformat.write(notebook, copy)
        os.environ["PYTEST_DISABLE_PLUGIN_AUTOLOAD"] = "1"  # nbval alone: nothing else is wanted
        for more in ("PYTEST_ADDOPTS", "PYTEST_PLUGINS"):
            os.environ.pop(more, None)
        os.environ["MPLBACKEND"] = "agg"  # make figures, draw none: they are not compared
        watch = _Watch(report, clock)
        options = [*OPTIONS, "-p", "nbval.plugin", "-c", os.devnull, "--rootdir", str(place)]
        with contextlib.redirect_stdout(io.StringIO()) as log:
            code = pytest.main([*options, str(copy)], plugins=[watch])
        facts = {"seconds": round(time.monotonic() - started, 1)} | kernel_use(desk)
        facts["stages"] = clock.stages
    if code != pytest.ExitCode.OK:
        complaints = "\n".join(watch.complaints) or log.getvalue()
        raise PublishError(
            f"{chapter.name}: a second run gives other outputs than the first. (It has the values "
            f"of the quick profile.) Seed what is random, or take the tag `{VALIDATED_TAG}` from "
            f"what may differ or depends on parameters.\n{complaints}"
        )
    write_if_changed(stamp, json.dumps(facts).encode())
    return facts


def _check_outputs(chapter, notebook):
    """Refuse tagged cells that show nothing, or show that something failed and do not say so."""
    injected = tagged_cells(notebook, "injected-parameters")
    code = [c for c in notebook.cells if c.cell_type == "code" and c not in injected]
    for cell in tagged_cells(notebook, VALIDATED_TAG):
        for line in [] if FAILURE_TAG in cell.metadata.tags else _failures(cell):
            raise PublishError(
                f"{chapter.name}, {chapter.where(code.index(cell) + 1)}: shows False or NaN, in "
                f"the line {line.strip()!r}. Mend what failed, and let `checks.agree` or "
                f"`checks.holds` state it; if it is meant, tag the cell `{FAILURE_TAG}`."
            )
        if not cell.outputs:
            raise PublishError(
                f"{chapter.source}: a cell tagged `{VALIDATED_TAG}` shows nothing that could be "
                f"compared:\n{cell.source}"
            )


def _failures(cell):
    """Yield the lines of a cell's outputs, as text, that hold the word False or nan."""
    for output in cell.outputs:
        shown = [output.get("text", "")]
        shown += [text for kind, text in output.get("data", {}).items() if kind in SHOWN]
        for line in "\n".join(shown).splitlines():
            if re.search(r"\b(False|nan|NaN)\b", line):
                yield line


def _make_quick(chapter, notebook):
    """Give an executed notebook the quick profile's values."""
    (parameters,) = tagged_cells(notebook, "parameters")
    parameters.source = parameters_source(chapter, "quick")
    for injected in tagged_cells(notebook, "injected-parameters"):
        notebook.cells.remove(injected)


def _end_with_what_is_compared(notebook):
    """Drop the cells after the last one that is compared: the first run has shown that they run."""
    last = tagged_cells(notebook, VALIDATED_TAG)[-1]
    del notebook.cells[notebook.cells.index(last) + 1 :]


class _Watch:
    """A pytest plugin that counts and times the cells and keeps what nbval complains about."""

    def __init__(self, report, clock):
        self.report = report
        self.clock = clock
        self.complaints = []
        self.done = self.total = 0

    def pytest_collection_finish(self, session):
        self.total = len(session.items)
        self.clock.end("start")

    def pytest_runtest_logreport(self, report):
        self.clock.end({"setup": "kernel", "call": "cells", "teardown": "saving"}[report.when])
        if report.when == "call":
            self.done += 1
            self.report(self.done, self.total)
        if report.failed:
            self.complaints.append(re.sub(r"\x1b\[[0-9;]*m", "", report.longreprtext))
