"""What the person who waits for the book sees.

Each task writes a small file that says how far it is; the build reads them. That works for tasks
that run side by side and for tasks that a cluster runs elsewhere.
"""

import json
import os
import sys
import time
import traceback
from contextlib import contextmanager

import psutil
from tqdm import tqdm

from nbhelpers.publish.project import PublishError

BAR = "{desc} {bar:20} {n_fmt}/{total_fmt} {elapsed}"
QUIET_SECONDS = 10  # where lines cannot be overwritten, say no more often how far a chapter is


@contextmanager
def told(folder, task):
    """Tell the build how a task gets on; yields ``report(done, total)``.

    What the task leaves in ``report.facts`` is shown when it is done. An error is told as well,
    and ends the process with status 1.

    Parameters
    ----------
    folder : Path
        Where the build reads.
    task : str
        What the user sees, such as ``"execute case-studies/lenet5 (quick)"``.
    """
    folder.mkdir(parents=True, exist_ok=True)
    report = _Report(folder / f"{task.replace('/', '.')}.json", task)
    try:
        report(0, 0)
        yield report
        report.tell("done")
    except PublishError as error:
        report.tell("failed", message=str(error))
        sys.exit(f"{error}")
    except BaseException:
        report.tell("failed", message=f"{task}:\n{traceback.format_exc()}")
        raise


class Clock:
    """Where the time of this process goes, from its beginning.

    Attributes
    ----------
    stages : dict of str to float
        Stage -> seconds of wall time. A stage that comes again adds to its first time.
    """

    def __init__(self):
        self.stages = {}
        self.since = psutil.Process().create_time()

    def end(self, stage):
        """Count the time since the last stage ended."""
        now = time.time()
        self.stages[stage] = round(self.stages.get(stage, 0) + now - self.since, 3)
        self.since = now


class _Report:
    def __init__(self, path, task):
        self.path = path
        self.facts = {}
        self.state = {"task": task, "began": time.time()}
        self.clock = Clock()

    def __call__(self, done, total):
        self.tell("running", done=done, total=total)

    def tell(self, state, **more):
        self.clock.end("task")
        spent = self.clock.stages["task"]
        self.state |= {"state": state, "facts": self.facts, "seconds": spent} | more
        fresh = self.path.with_suffix(".new")
        fresh.write_text(json.dumps(self.state), "utf-8")
        os.replace(fresh, self.path)


class Watcher:
    """Show the tasks that write into a folder, as bars on a terminal and as lines elsewhere.

    Parameters
    ----------
    folder : Path
        The one that was given to `told`.
    total : int
        Number of tasks that are to be done.
    """

    def __init__(self, folder, total):
        self.folder = folder
        self.total = total
        self.live = sys.stderr.isatty()
        self.seen = {}
        self.said = {}
        self.bars = {}
        if self.live:
            self.bars["book"] = tqdm(desc="book", total=total, leave=False, bar_format=BAR)

    @property
    def failed(self):
        return [state for state in self.seen.values() if state["state"] == "failed"]

    @property
    def unfinished(self):
        return [state for state in self.seen.values() if state["state"] == "running"]

    @property
    def seconds(self):
        """What each finished task took, by its name, from the start of its process."""
        done = (state for state in self.seen.values() if state["state"] == "done")
        return {state["task"]: state["seconds"] for state in done}

    @property
    def _done(self):
        return sum(state["state"] == "done" for state in self.seen.values())

    def look(self):
        """Show what is new since the last look."""
        for path in sorted(self.folder.glob("*.json"), key=lambda path: path.stat().st_mtime):
            state = json.loads(path.read_text("utf-8"))
            if state != self.seen.get(path.name):
                before = self.seen.get(path.name, {}).get("state")
                self.seen[path.name] = state
                self._show(path.name, state, before)
        if "book" in self.bars:
            self.bars["book"].n = self._done
        for bar in self.bars.values():
            bar.refresh()  # the clock goes on

    def close(self):
        for name in list(self.bars):
            self.bars.pop(name).close()

    def _show(self, name, state, before):
        if state["state"] == "running":
            self._advance(name, state, started=before is None)
            return
        if name in self.bars:
            self.bars.pop(name).close()
        if state["state"] == "failed":
            self._line(f"FAILED {state['task']}\n{state['message']}\n")
        else:
            peak = state["facts"].get("peak_mb")
            memory = f", {peak} MB" if peak else ""
            self._line(f"done  {state['task']}: {time.time() - state['began']:.0f} s{memory}")

    def _advance(self, name, state, started):
        done, total, task = state.get("done", 0), state.get("total", 0), state["task"]
        if self.live:
            if started:
                self.bars[name] = tqdm(desc=task, leave=False, bar_format=BAR)
            self.bars[name].total = total or None
            self.bars[name].n = done
        elif started:
            self._line(f"start {task}")
        elif total and time.time() - self.said.get(name, state["began"]) >= QUIET_SECONDS:
            self._line(f"      {task}: cell {done} of {total}")
            self.said[name] = time.time()

    def _line(self, text):
        tqdm.write(f"[{self._done}/{self.total}] {text}", file=sys.stderr)
        sys.stderr.flush()
