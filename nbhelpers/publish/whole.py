"""Whether what tasks left is still what they left.

A file that exists is taken for whole, for everything is moved into place when it is. That holds for
builds that are killed. But a machine that loses its power may keep an empty file, a copy of
``_build`` may be broken off, somebody may edit a page. So runs and pages carry a digest of their
files; what differs from it is made again.
"""

import json
import shutil
import sys

from nbhelpers.publish.keys import digest, file_digest

RUN = ("key.json", "notebook.ipynb", "results/**/*")  # what does not change once a run is finished


def tree_digest(folder, patterns=("**/*",)):
    """Return a digest of the names and contents of a folder's files, but for hidden ones."""
    found = {path for pattern in patterns for path in folder.glob(pattern) if path.is_file()}
    names = {path.relative_to(folder).as_posix(): path for path in found}
    return digest({n: file_digest(p) for n, p in names.items() if not p.name.startswith(".")})


def drop_damaged(project, profile):
    """Remove runs, and the stamps of pages, that are not as they were made, and say so."""
    for facts in sorted(project.runs(profile, "").rglob("run.json")):
        run = facts.parent
        if not _run_is_whole(facts):
            _say(run)
            shutil.rmtree(run)
        for second in run.glob("validated-*.json"):
            if _read(second) is None:
                _say(second)
                second.unlink()
    stamps = {project.site(profile): ".assembled-*", project.html(profile): ".made-from-*"}
    for folder, stamp in stamps.items():
        for found in folder.glob(stamp):
            if found.read_text("utf-8", "replace") != tree_digest(folder):
                _say(folder)
                found.unlink()


def _run_is_whole(facts):
    found = _read(facts)
    if found is None:
        return False
    # An older builder left no digest.
    return found.get("contents") in (None, tree_digest(facts.parent, RUN))


def _read(path):
    """Return what a file says in JSON, or None if it is damaged."""
    try:
        return json.loads(path.read_text("utf-8"))
    except ValueError:
        return None


def _say(path):
    print(f"{path} is not as it was made: it is made again.", file=sys.stderr, flush=True)
