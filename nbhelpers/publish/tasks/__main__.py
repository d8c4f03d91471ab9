"""One task of the graph, in a process of its own: what the Snakefile's rules call."""

import json
import os
import sys
import threading
import time

import psutil

from nbhelpers.publish.build import PARENT, end_children
from nbhelpers.publish.chapters import read_book, read_chapter
from nbhelpers.publish.progress import told
from nbhelpers.publish.project import Project
from nbhelpers.publish.whole import tree_digest


def run_task(project, rule, name=None):
    """Do one task as ``_build/plan.json`` wants it and tell the build how it gets on.

    Parameters
    ----------
    project : Project
    rule : {"execute", "validate", "assemble", "html"}
    name : str, optional
        Of the chapter, for the first two.
    """
    _die_with_the_build()
    plan = json.loads((project.build / "plan.json").read_text("utf-8"))
    task = " ".join(filter(None, [rule, name, f"({plan['profile']})"]))
    with told(project.scratch / "progress", task) as report:
        # Each imports what it needs: papermill, pytest or Sphinx, a second for what is not used.
        if rule == "execute":
            from nbhelpers.publish.tasks.execute import execute

            report.facts = execute(project, plan, read_chapter(project.book, name), report)
        elif rule == "validate":
            from nbhelpers.publish.tasks.validate import validate

            report.facts = validate(project, plan, read_chapter(project.book, name), report)
        elif rule == "assemble":
            from nbhelpers.publish.tasks.assemble import assemble

            assemble(project, plan, read_book(project.book))
        else:
            from nbhelpers.publish.tasks.html import build_html

            pages = project.html(plan["profile"])
            build_html(project.site(plan["profile"]), pages)
            (project.build / plan["html"]).write_text(tree_digest(pages), "utf-8")


def _die_with_the_build():
    """End this task when the build that started it is gone, even by SIGKILL."""
    if PARENT not in os.environ:  # on a cluster, where the build is elsewhere
        return
    try:
        build = psutil.Process(int(os.environ[PARENT]))
    except psutil.NoSuchProcess:
        sys.exit("The build is gone.")

    def watch():
        while build.is_running() and not _ended(build):
            time.sleep(0.5)
        end_children()
        os._exit(1)

    threading.Thread(target=watch, daemon=True).start()


def _ended(process):
    """Return whether a process has ended, also if nobody has asked how: in a container few do."""
    try:
        return process.status() == psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return True


if __name__ == "__main__":
    run_task(Project.at("."), *sys.argv[1:])
