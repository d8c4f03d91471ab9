"""One task of the graph, in a process of its own: what the Snakefile's rules call."""

import json
import os
import sys
import threading
import time

import psutil

from nbhelpers.publish.build import PARENT, end_children
from nbhelpers.publish.chapters import read_book, read_chapter
from nbhelpers.publish.plan import html_stamp
from nbhelpers.publish.progress import told
from nbhelpers.publish.project import Project
from nbhelpers.publish.tasks.assemble import assemble
from nbhelpers.publish.tasks.execute import execute
from nbhelpers.publish.tasks.html import build_html
from nbhelpers.publish.tasks.validate import validate


def run_task(project, rule, profile, chapter=None):
    """Do one task as ``_build/plan.json`` wants it and tell the build how it gets on.

    Parameters
    ----------
    project : Project
    rule : {"execute", "validate", "assemble", "html"}
    profile : {"full", "quick"}
    chapter : str, optional
        Name of the chapter, for the first two.
    """
    _die_with_the_build()
    plan = json.loads((project.build / "plan.json").read_text("utf-8"))
    task = f"{rule} {chapter} ({profile})" if chapter else f"{rule} ({profile})"
    with told(project.scratch / "progress", task) as report:
        if rule == "html":
            build_html(project.site(profile), project.html(profile))
            html_stamp(project, profile, plan["pages"]).touch()
            return
        if rule == "assemble":
            assemble(project, plan, profile, read_book(project.book))
            return
        work = {"execute": execute, "validate": validate}[rule]
        report.facts = work(project, plan, profile, read_chapter(project.book, chapter), report)


def _die_with_the_build():
    """End this task when the build that started it is gone, even by SIGKILL."""
    parent = int(os.environ.get(PARENT, 0))  # unset on a cluster, where the build is elsewhere
    if not parent:
        return

    def watch():
        while psutil.pid_exists(parent):
            time.sleep(0.5)
        end_children()
        os._exit(1)

    threading.Thread(target=watch, daemon=True).start()


if __name__ == "__main__":
    run_task(Project.at("."), *sys.argv[1:])
